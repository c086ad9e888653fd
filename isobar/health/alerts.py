"""What is wrong now, and what of it is new since the last call: read from the health file, the ledger and the published marts.

    judge    every subject that can be judged now: an alert of it, or that it is fine
    compare  with `alerts.json`: what is new, what is resolved, what is said again
    send     one message (isobar/health/messages.py), then remember it

What cannot be judged (no build yet, a run under way, a station of a source that is overdue as a whole, a test that was
skipped) is neither new nor resolved. The state is written after the message was taken: a crash between the two says one
message again, and loses none. Two calls at once may do the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

import duckdb

from ingestion.http.budget import budget_variable, calls_left
from isobar.files import write_whole
from isobar.health.damage import DamagedFile, damaged_files
from isobar.publish import snowflake as swap
from isobar.runs.last import LastRun, last_runs
from isobar.runs.ledger import Ledger
from isobar.runs.schedules import overdue_at, unpublished
from isobar.settings import Budget, Settings

BUDGET_SHARE_LEFT = 0.1
"""Of a day's or a month's calls: enough is left to finish a poll of the cities and to slow down, not to go on as before."""

MESSAGES_AN_HOUR = 6
"""One in ten minutes. A channel that fills faster is muted by those who should read it; a later call sends what is held back."""

REMINDER = timedelta(hours=24)
"""What is critical and still open is said again once a day, to whoever is on duty then; a warning is said once."""

RUNBOOK = "docs/runbook.md"


class Kind(StrEnum):
    """What an alert is about; each has a section of the runbook."""

    FAILED_RUN = "failed_run"
    OVERDUE_SOURCE = "overdue_source"
    OVERDUE_PUBLICATION = "overdue_publication"
    SILENT_STATION = "silent_station"
    ANOMALY = "anomaly"
    FAILED_TEST = "failed_test"
    BUDGET = "budget"
    VIGILANCE = "vigilance"
    DAMAGED_FILE = "damaged_file"

    @property
    def section(self) -> str:
        return f"{RUNBOOK}#{self.value.replace('_', '-')}"


class Severity(StrEnum):
    """Critical: no good data reaches its readers, or people are in danger. Warning: look at it by daylight."""

    CRITICAL = "critical"
    WARNING = "warning"


class AlertsError(Exception):
    """What alerts are judged by cannot be read, or the message was not taken; what was sent before stays known."""


@dataclass(frozen=True)
class Station:
    """The place an alert is about."""

    location_id: str
    location_name: str


@dataclass(frozen=True)
class Alert:
    """One thing that is wrong. `subject` names it among those of its kind, the same in every call."""

    kind: Kind
    subject: str
    severity: Severity
    title: str
    text: str  # what is known
    action: str  # what to do
    group: str = ""  # alerts of a kind and a group are told as one when there are many
    name: str = ""  # what it is called in such a list
    source: str | None = None
    table: str | None = None
    station: Station | None = None
    last_good_at: datetime | None = None

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.subject}"


@dataclass(frozen=True)
class Opened:
    """An alert as the last call saw it. `sent_at` is None while the rate limit holds it back."""

    alert: Alert
    first_seen_at: datetime
    sent_at: datetime | None


@dataclass
class State:
    """What earlier calls have sent: `alerts.json`. `passed_at`: when the last build that ran all its tests was written."""

    opened: dict[str, Opened] = field(default_factory=dict)
    messages: list[datetime] = field(default_factory=list)
    passed_at: datetime | None = None


@dataclass
class Judgement:
    """What is known of every subject. A subject that is neither wrong, fine nor unknown is watched no more."""

    wrong: dict[str, Alert] = field(default_factory=dict)
    fine: dict[str, str] = field(default_factory=dict)  # key: what to say of it if it was wrong before
    unknown: set[str] = field(default_factory=set)
    judged: set[Kind] = field(default_factory=set)  # kinds of which every subject was looked at

    def add(self, alert: Alert) -> None:
        self.wrong[alert.key] = alert

    def resolution(self, key: str, kind: Kind) -> str | None:
        """Why the alert with this key is over; None when it is not, or nobody can say."""
        if key in self.wrong or key in self.unknown:
            return None
        if key in self.fine:
            return self.fine[key]
        return GONE.get(kind, "Watched no more.") if kind in self.judged else None


GONE = {
    Kind.DAMAGED_FILE: "It is whole again.",
    Kind.VIGILANCE: "No map that is in force says anything of it now: the colour is unknown, which is not green.",
}


# --- what is read ----------------------------------------------------------------------------------------------------

HEALTH = {
    "build": "select written_at, build_outcome, build_error, warehouse_kind, published_at from health",
    "sources": """
        select
            source, is_scheduled, cadence_hours, overdue_after_hours, last_load_at, last_load_outcome, last_new_rows_at,
            newest_observed_at, overdue_table, overdue_at
        from agg_pipeline_health order by source
    """,
    "stations": """
        select
            location_id, coalesce(location_name, location_id) as location_name, source, newest_observed_at, silent_after_at,
            is_silent
        from agg_location_freshness order by source, location_id
    """,
    "tests": """
        select unique_id, node_name, model_name, status, message, is_monitor
        from fct_pipeline_tests where node_type in ('test', 'unit_test') order by unique_id
    """,
    "budgets": "select api, key_hash, period, call_limit from agg_api_budgets order by api, key_hash, period",
}
"""All that is asked of the health file, here and nowhere else. When the very first build fails it may hold the build alone."""

VIGILANCE = """
    select
        domain_id, domain_kind, department_code, phenomenon_id, phenomenon_name_en, colour, updated_at, valid_to_at
    from fct_vigilance
    where department_code in ({departments}) and valid_from_at <= ? and valid_to_at > ?
    -- the worst of a domain and phenomenon last, where two stretches should be in force at once
    order by domain_id, phenomenon_id, colour_number, valid_to_at
"""

Row = dict[str, Any]


def read_health(settings: Settings) -> dict[str, list[Row]]:
    """What there is of the tables that alerts are judged by; nothing before the first build.

    Raises:
        AlertsError: it is there and cannot be read.
    """
    return _read(settings.health, HEALTH, [])


def read_vigilance(settings: Settings) -> list[Row] | None:
    """What Météo-France says now of the departments of the settings; None where nothing is published.

    Raises:
        AlertsError: marts are published and cannot be read.
    """
    if not settings.alert_departments:
        return []
    now = settings.now()
    query = VIGILANCE.format(departments=", ".join("?" * len(settings.alert_departments)))
    parameters = [*settings.alert_departments, now, now]
    if settings.target == "snowflake":
        return swap.read_published(settings, query, parameters)
    return _read(settings.marts, {"vigilance": query}, parameters).get("vigilance")


def _read(path: Path, queries: dict[str, str], parameters: list[object]) -> dict[str, list[Row]]:
    if not path.exists():
        return {}
    found = {}
    try:
        with duckdb.connect() as session:
            session.execute("attach ? as found (read_only)", [str(path)])
            session.execute("use found")
            for name, query in queries.items():
                try:
                    answer = session.execute(query, parameters)
                except duckdb.CatalogException:  # no such table yet; what is there must be as it should
                    continue
                columns = [column[0] for column in answer.description]
                found[name] = [dict(zip(columns, row, strict=True)) for row in answer.fetchall()]
    except duckdb.Error as error:
        raise AlertsError(
            f"{path.name} cannot be read ({type(error).__name__}), so nothing was judged or sent: run `isobar build`, which"
            " writes it anew"
        ) from error
    return found


# --- judge -----------------------------------------------------------------------------------------------------------


def judge(settings: Settings, state: State) -> tuple[Judgement, dict[str, list[Row]]]:
    """Everything that can be judged now, and the tables of health by which it was.

    Raises:
        AlertsError: the health file or the marts are whole, and not as this version writes them.
    """
    judgement, runs, damaged = Judgement(), last_runs(settings), damaged_files(settings)
    _judge_files(judgement, damaged)
    files = {each.file.split("/")[0] for each in damaged}
    # of what a damaged file told, nothing can be judged until it is written again
    health = {} if settings.health.name in files else read_health(settings)
    _judge_runs(judgement, runs)
    _judge_publication(judgement, settings)
    overdue: set[str] = set()
    if "sources" in health:
        appended = {run.source: run.appended_at for run in runs if run.command == "load" and run.source}
        overdue = _judge_sources(judgement, health["sources"], appended, settings.now())
    if "stations" in health:
        _judge_stations(judgement, health["stations"], overdue, state)
    if "tests" in health:
        _judge_tests(judgement, health["tests"], health["build"][0], state)
    if "budgets" in health:
        _judge_budgets(judgement, health["budgets"], settings)
    in_force = None if files & {settings.marts.name, settings.published.name} else read_vigilance(settings)
    if in_force is not None:
        _judge_vigilance(judgement, in_force)
    return judgement, health


def _judge_files(judgement: Judgement, damaged: list[DamagedFile]) -> None:
    judgement.judged.add(Kind.DAMAGED_FILE)
    for each in damaged:
        judgement.add(
            Alert(
                Kind.DAMAGED_FILE,
                each.file,
                Severity.CRITICAL if each.is_critical else Severity.WARNING,
                f"{each.file} is damaged",
                f"{each.file}: {each.reason}. {each.meaning}",
                each.remedy,
                table=each.file,
            )
        )


def _judge_runs(judgement: Judgement, runs: list[LastRun]) -> None:
    judgement.judged.add(Kind.FAILED_RUN)
    for run in runs:
        words, subject = run.words, run.words.replace(" ", ":")
        key = f"{Kind.FAILED_RUN}:{subject}"
        if run.outcome == "running" or (run.outcome != "done" and run.part_of):  # the rebuild speaks for its steps
            judgement.unknown.add(key)
        elif run.outcome == "done":
            judgement.fine[key] = f"`isobar {words}` was done at {moment(run.ended_at)}."
        elif run.is_not_in_use:
            judgement.fine[key] = f"`isobar {words}` lacks a setting and nothing was ever fetched: not in use."
        else:
            is_build = run.command == "build"
            because = f": {run.reason.rstrip('.')}" if run.reason else f" ({run.error})" if run.error else ""
            judgement.add(
                Alert(
                    Kind.FAILED_RUN,
                    subject,
                    # what it brought before is there, and it is overdue in its time
                    Severity.WARNING if run.lacks_a_setting else Severity.CRITICAL,
                    f"{words} {run.outcome}",
                    f"The last `isobar {words}` began at {moment(run.started_at)} and"
                    f" {'was killed' if run.outcome == 'killed' else run.outcome}{because}."
                    + (" Nothing was published; readers keep what they had." if is_build else ""),
                    run.remedy,
                    source=run.source,
                    table="marts.duckdb" if is_build else f"raw_{run.source}" if run.source else "warehouse.duckdb",
                    last_good_at=run.last_done_at,
                )
            )


def _judge_publication(judgement: Judgement, settings: Settings) -> None:
    """Builds that stop while loads go on: no run has failed and no source is overdue, and readers see old numbers."""
    judgement.judged.add(Kind.OVERDUE_PUBLICATION)
    subject = "marts"
    waiting = unpublished(Ledger(settings).events())
    if waiting is None:
        judgement.fine[f"{Kind.OVERDUE_PUBLICATION}:{subject}"] = "What was loaded is published."
    elif settings.now() > waiting.overdue_at:
        judgement.add(
            Alert(
                Kind.OVERDUE_PUBLICATION,
                subject,
                Severity.CRITICAL,
                "publication is overdue",
                f"Loads have brought rows of {', '.join(waiting.sources)} since {moment(waiting.first_loaded_at)}, the last at"
                f" {moment(waiting.last_loaded_at)}, and no build has published them. A build should follow every"
                f" {waiting.cadence_hours} h; it is overdue since {moment(waiting.overdue_at)}. Readers see what they had.",
                "Run `isobar build` and read what it says; if it is done, see why the scheduler did not run it.",
                table="marts.duckdb",
                last_good_at=waiting.last_built_at,
            )
        )


def _judge_sources(
    judgement: Judgement, sources: list[Row], appended: dict[str, dict[str, datetime]], now: datetime
) -> set[str]:
    """By health, unless a load since has added rows (where loads are more frequent than builds). Returns who is overdue."""
    judgement.judged.add(Kind.OVERDUE_SOURCE)
    overdue = set()
    for row in sources:
        source, key, table = row["source"], f"{Kind.OVERDUE_SOURCE}:{row['source']}", row["overdue_table"]
        if not row["is_scheduled"] or row["overdue_at"] is None:
            judgement.fine[key] = "It is not scheduled any more."
            continue
        newer = appended.get(source, {}).get(table)
        overdue_since = overdue_at(row["overdue_at"], row["overdue_after_hours"], newer)
        if now <= row["overdue_at"]:
            judgement.fine[key] = f"New rows came at {moment(row['last_new_rows_at'])}."
        elif now <= overdue_since:
            judgement.fine[key] = f"New rows came at {moment(newer)}, and wait for `isobar build`."
        else:
            overdue.add(source)
            last = f"{moment(row['last_load_at'])} ({row['last_load_outcome']})" if row["last_load_at"] else "never"
            judgement.add(
                Alert(
                    Kind.OVERDUE_SOURCE,
                    source,
                    Severity.CRITICAL,
                    f"{source} is overdue",
                    f"raw_{source}.{table} should have new rows every {row['cadence_hours']} h; it is overdue since"
                    f" {moment(overdue_since)}. Last load: {last}; newest observation: {moment(row['newest_observed_at'])}.",
                    f"Run `isobar load {source}` and read what it says, then `isobar build`.",
                    source=source,
                    table=f"raw_{source}.{table}",
                    # of its other tables something may have come since
                    last_good_at=newer or row["last_new_rows_at"],
                )
            )
    return overdue


def _judge_stations(judgement: Judgement, stations: list[Row], overdue: set[str], state: State) -> None:
    judgement.judged.add(Kind.SILENT_STATION)
    for row in stations:
        source, newest = row["source"], row["newest_observed_at"]
        key = f"{Kind.SILENT_STATION}:{source}:{row['location_id']}"
        if not row["is_silent"]:
            before = state.opened[key].alert.last_good_at if key in state.opened else None
            judgement.fine[key] = (
                f"The newest observation is of {moment(newest)}."
                if before is None or (newest and newest > before)
                else f"No report since {moment(newest)}: taken for closed."
            )
        elif source in overdue:  # said once, of the source; who of them is silent shows when it is back
            judgement.unknown.add(key)
        else:
            name = f"{row['location_name']} ({row['location_id']})"
            judgement.add(
                Alert(
                    Kind.SILENT_STATION,
                    f"{source}:{row['location_id']}",
                    Severity.WARNING,
                    f"{name} is silent",
                    f"Its newest observation from {source} is of {moment(newest)}; by its own rhythm the next was expected until"
                    f" {moment(row['silent_after_at'])}, and other stations have reported since.",
                    "Nothing to repair here: see whether the provider announces it, and what relies on this station.",
                    group=source,
                    name=name,
                    source=source,
                    table="fct_observations",
                    station=Station(row["location_id"], row["location_name"]),
                    last_good_at=newest,
                )
            )


FAILED = ("fail", "error", "runtime error")


def _judge_tests(judgement: Judgement, tests: list[Row], build: Row, state: State) -> None:
    """A test that did not run (skipped behind a failure, or the build never came so far) is as it was."""
    if build["build_outcome"] == "done":
        judgement.judged.update((Kind.ANOMALY, Kind.FAILED_TEST))
    of_build = f"the build of {moment(build['written_at'])}"
    for row in tests:
        status = row["status"]
        anomaly, failed = (f"{kind}:{row['unique_id']}" for kind in (Kind.ANOMALY, Kind.FAILED_TEST))
        if status == "skipped":
            judgement.unknown.update((anomaly, failed))
        elif row["is_monitor"] and status in ("warn", "fail"):
            judgement.fine[failed] = f"Ran in {of_build}."
            judgement.add(
                _test_alert(
                    Kind.ANOMALY,
                    row,
                    Severity.WARNING,
                    f"In {of_build} the monitor {row['node_name']} finds something out of the ordinary",
                    "Compare the table with the days before: rare weather and a broken feed both look like this.",
                    state.opened[anomaly].alert.last_good_at if anomaly in state.opened else state.passed_at,
                )
            )
        elif status in FAILED:
            judgement.unknown.add(anomaly)
            judgement.add(
                _test_alert(
                    Kind.FAILED_TEST,
                    row,
                    Severity.CRITICAL,
                    f"In {of_build} the test {row['node_name']} {'failed' if status == 'fail' else 'could not run'}",
                    "Nothing is published until it passes, readers keep what they had: look at the rows that it finds.",
                    build["published_at"],
                )
            )
        else:  # passed, or warns without being a monitor: the build says so, and goes on
            judgement.fine[anomaly] = judgement.fine[failed] = f"Ended with {status} in {of_build}."


def _test_alert(
    kind: Kind, row: Row, severity: Severity, known: str, action: str, last_good_at: datetime | None
) -> Alert:
    message = f": {one_line(row['message']).rstrip('.')}" if row["message"] else ""
    what = "anomaly" if kind is Kind.ANOMALY else "failed test"
    return Alert(
        kind,
        row["unique_id"],
        severity,
        f"{what} in {row['model_name'] or 'no single table'}: {row['node_name']}",
        f"{known}{message}.",
        action,
        name=f"{row['node_name']} ({row['model_name']})" if row["model_name"] else row["node_name"],
        table=row["model_name"],
        last_good_at=last_good_at,
    )


def _judge_budgets(judgement: Judgement, budgets: list[Row], settings: Settings) -> None:
    """By the limits of health and the calls of the ledger: those of loads after the last build count too."""
    judgement.judged.add(Kind.BUDGET)
    now, ledger = settings.now(), Ledger(settings)
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    begins = {"day": today, "month": today.replace(day=1)}
    ends = {"day": today + timedelta(days=1), "month": (today.replace(day=1) + timedelta(days=32)).replace(day=1)}
    for row in budgets:
        api, period, limit = row["api"], row["period"], row["call_limit"]
        if period not in begins:  # a minute's calls are paced, not spent
            continue
        made = ledger.calls(api, row["key_hash"])
        left = getattr(calls_left(Budget(**{period: limit}), made, now), period)
        subject = f"{api}:{row['key_hash']}:{period}"
        known = f"{max(left, 0):,} of {limit:,} calls are left this {period}"
        if left > limit * BUDGET_SHARE_LEFT:
            judgement.fine[f"{Kind.BUDGET}:{subject}"] = f"{known}."
            continue
        judgement.add(
            Alert(
                Kind.BUDGET,
                subject,
                Severity.WARNING,
                f"calls of {api} this {period} near their end",
                f"{known} for key {row['key_hash']}. A load that needs more is refused as a whole until {moment(ends[period])}.",
                f"Poll fewer cities or less often, or raise {budget_variable(api)} if the key's plan allows more.",
                source=api,  # an API has the name of its source
                table=f"raw_{api}",
                last_good_at=_enough_until(made, begins[period], limit),
            )
        )


def _enough_until(made: list[tuple[datetime, int]], begin: datetime, limit: int) -> datetime:
    """The last call of a period after which more than the share was still left; its begin when there was none."""
    last, used = begin, 0
    for at, count in made:
        if at >= begin:
            used += count
            if limit - used > limit * BUDGET_SHARE_LEFT:
                last = at
    return last


def _judge_vigilance(judgement: Judgement, in_force: list[Row]) -> None:
    judgement.judged.add(Kind.VIGILANCE)
    worst = {(row["domain_id"], row["phenomenon_id"]): row for row in in_force}
    for row in worst.values():
        colour, phenomenon = row["colour"], row["phenomenon_name_en"] or f"phenomenon {row['phenomenon_id']}"
        subject = f"{row['domain_id']}:{row['phenomenon_id']}"
        for other in {"orange", "red"} - {colour}:
            judgement.fine[f"{Kind.VIGILANCE}:{subject}:{other}"] = (
                f"By the map of {moment(row['updated_at'])} the colour is {colour} now."
            )
        if colour in ("orange", "red"):
            department = row["department_code"]
            is_coast = row["domain_kind"] == "coast"
            place = f"coast of department {department}" if is_coast else f"department {department}"
            judgement.add(
                Alert(
                    Kind.VIGILANCE,
                    f"{subject}:{colour}",
                    Severity.CRITICAL if colour == "red" else Severity.WARNING,
                    f"{colour} vigilance, {phenomenon}: {place}",
                    f"Météo-France's map of {moment(row['updated_at'])} has {place} {colour} for {phenomenon} now, until"
                    f" {moment(row['valid_to_at'])} at least.",
                    "Follow what vigilance.meteofrance.fr and the authorities say; Isobar only repeats the map.",
                    group=f"{colour} vigilance, {phenomenon}",
                    name=f"{department} (coast)" if is_coast else department,
                    source="meteofrance_vigilance",
                    table="fct_vigilance",
                    last_good_at=row["updated_at"],
                )
            )


# --- compare ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Change:
    """One alert and what is said of it: new, resolved, or open as before (a reminder, or all that is open)."""

    state: str
    alert: Alert
    text: str
    first_seen_at: datetime


@dataclass
class Outcome:
    """What a call says, and how much of what it found is left for a later one: by the rate limit, or for want of room."""

    changes: list[Change]
    open_count: int
    held_back: int = 0
    warehouse_kind: str | None = None


Send = Callable[[Outcome], list[Change]]
"""Tells an outcome and returns the changes that found room in the message; raises where none was taken."""


def send_new(settings: Settings, send: Send) -> Outcome:
    """Judge, send what is new as one message, remember what was said. Where `send` raises, nothing is changed.

    Raises:
        AlertsError: what alerts are judged by cannot be read, or the message was not taken.
    """
    now, state = settings.now(), read_state(settings)
    judgement, health = judge(settings, state)
    changes = [*_new(judgement, state, now), *_resolved(judgement, state), *_reminders(judgement, state, now)]
    recent = [at for at in state.messages if now - timedelta(hours=1) < at <= now]
    outcome = Outcome([], len(judgement.wrong), len(changes), _warehouse_kind(health))
    if changes and len(recent) < MESSAGES_AN_HOUR:
        said = send(replace(outcome, changes=changes, held_back=0))
        outcome = replace(outcome, changes=said, held_back=len(changes) - len(said))
        recent.append(now)
    known = {change.alert.key for change in outcome.changes}
    after = State(_opened_after(judgement, state, known, now), recent, _passed_at(health) or state.passed_at)
    if after != state:
        _write_state(settings, after)
    return outcome


def all_open(settings: Settings) -> Outcome:
    """Everything that is wrong now, whether it was sent or not; changes nothing.

    Raises:
        AlertsError: what alerts are judged by cannot be read.
    """
    state = read_state(settings)
    judgement, health = judge(settings, state)
    changes = [
        Change("open", alert, alert.text, _first_seen(state, alert, settings.now()))
        for alert in judgement.wrong.values()
    ]
    return Outcome(changes, len(changes), warehouse_kind=_warehouse_kind(health))


def _new(judgement: Judgement, state: State, now: datetime) -> Iterable[Change]:
    for key, alert in judgement.wrong.items():
        before = state.opened.get(key)
        if before is None or before.sent_at is None:
            yield Change("new", alert, alert.text, _first_seen(state, alert, now))


def _resolved(judgement: Judgement, state: State) -> Iterable[Change]:
    for key, before in state.opened.items():
        why = judgement.resolution(key, before.alert.kind)
        if why is not None and before.sent_at is not None:  # what nobody was told of needs no end
            yield Change("resolved", before.alert, why, before.first_seen_at)


def _reminders(judgement: Judgement, state: State, now: datetime) -> Iterable[Change]:
    for key, alert in judgement.wrong.items():
        before = state.opened.get(key)
        if alert.severity is Severity.CRITICAL and before and before.sent_at and now - before.sent_at >= REMINDER:
            yield Change("open", alert, alert.text, before.first_seen_at)


def _first_seen(state: State, alert: Alert, now: datetime) -> datetime:
    return state.opened[alert.key].first_seen_at if alert.key in state.opened else now


def _opened_after(judgement: Judgement, state: State, said: set[str], now: datetime) -> dict[str, Opened]:
    """What is open once the keys of `said` were sent: resolutions held back stay, what nobody was told of goes quietly."""
    opened = {}
    for key, before in state.opened.items():
        is_over = judgement.resolution(key, before.alert.kind) is not None
        if key not in judgement.wrong and not (is_over and (key in said or before.sent_at is None)):
            opened[key] = before
    for key, alert in judgement.wrong.items():
        sent_at = now if key in said else state.opened[key].sent_at if key in state.opened else None
        opened[key] = Opened(alert, _first_seen(state, alert, now), sent_at)
    return opened


def _warehouse_kind(health: dict[str, list[Row]]) -> str | None:
    return health["build"][0]["warehouse_kind"] if health else None


def _passed_at(health: dict[str, list[Row]]) -> datetime | None:
    """When the health of a build that ran all its tests was written."""
    build = health["build"][0] if health else {}
    return build["written_at"] if build.get("build_outcome") == "done" else None


# --- state -----------------------------------------------------------------------------------------------------------


def read_state(settings: Settings) -> State:
    """`alerts.json`. One that cannot be read is taken for none: everything that is open is sent again."""
    try:
        found = json.loads(settings.alerts.read_text(encoding="utf-8"))
        return State(
            {key: _opened(entry) for key, entry in found["opened"].items()},
            [datetime.fromisoformat(at) for at in found["messages"]],
            _time(found["passed_at"]),
        )
    except FileNotFoundError:
        return State()
    except (ValueError, KeyError, TypeError, AttributeError):
        return State()


def _opened(entry: Row) -> Opened:
    told = dict(entry["alert"])
    told |= {"kind": Kind(told["kind"]), "severity": Severity(told["severity"])}
    told |= {"station": Station(**told["station"]) if told["station"] else None}
    told |= {"last_good_at": _time(told["last_good_at"])}
    return Opened(Alert(**told), datetime.fromisoformat(entry["first_seen_at"]), _time(entry["sent_at"]))


def _time(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None


def _write_state(settings: Settings, state: State) -> None:
    write_whole(settings.alerts, json.dumps(asdict(state), default=lambda value: value.isoformat(), indent=1))


# --- words -----------------------------------------------------------------------------------------------------------

LONGEST_MESSAGE = 200
"""Characters of a tool's own message: enough to know it again in the log."""


def moment(value: datetime | None) -> str:
    """A time as messages write it."""
    return f"{value:%Y-%m-%d %H:%M} UTC" if value else "an unknown time"


def one_line(text: str) -> str:
    """A tool's message on one line, without control characters."""
    words = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return words if len(words) <= LONGEST_MESSAGE else f"{words[: LONGEST_MESSAGE - 1]}…"
