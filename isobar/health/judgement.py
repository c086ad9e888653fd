"""What is wrong now, judged once: `isobar status` and `isobar alerts` render these findings and have no rule of their own.

The health marts judge what the last build saw, and name the moments from which on something is overdue. Here these meet the
clock, the damaged files and what the ledger holds since: loads, calls, and builds that could write no mart. What cannot be judged
(a run under way, a station of a source that is overdue as a whole, a test that was skipped) is unknown: neither wrong nor fine.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

import duckdb

from ingestion.http.budget import budget_variable, periods
from isobar.health.damage import DamagedFile, damaged_files
from isobar.health.outlets import OutletStatus, outlets
from isobar.publish import snowflake as swap
from isobar.runs.last import RunState, run_state
from isobar.runs.ledger import Ledger
from isobar.settings import Settings


class Kind(StrEnum):
    """What a finding is about; each has a section of the runbook."""

    FAILED_RUN = "failed_run"
    OVERDUE_SOURCE = "overdue_source"
    OVERDUE_PUBLICATION = "overdue_publication"
    SILENT_STATION = "silent_station"
    ANOMALY = "anomaly"
    FAILED_TEST = "failed_test"
    BUDGET = "budget"
    VIGILANCE = "vigilance"
    DAMAGED_FILE = "damaged_file"
    OUTLET = "outlet"


DELIVERY = "deliver"
"""The command whose failed runs are told store by store."""


class Severity(StrEnum):
    """Critical: no good data reaches its readers, or people are in danger. Warning: look at it by daylight."""

    CRITICAL = "critical"
    WARNING = "warning"


class Verdict(StrEnum):
    """Of one subject. Unknown is neither new nor over."""

    WRONG = "wrong"
    FINE = "fine"
    UNKNOWN = "unknown"


class JudgementError(Exception):
    """What is judged by cannot be read."""


Row = dict[str, Any]


@dataclass(frozen=True)
class Finding:
    """The verdict on one subject. `subject` names it among those of its kind, the same in every call. Times are UTC."""

    kind: Kind
    subject: str
    verdict: Verdict
    figures: Any = None  # what it was judged by: a row of a health mart, a LastRun, a DamagedFile, an Unpublished
    severity: Severity = Severity.WARNING
    since: datetime | None = None  # from when on it is wrong; to come where it is fine as yet
    until: datetime | None = None  # when it is over by itself
    last_good_at: datetime | None = None
    remedy: str = ""

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.subject}"

    @property
    def is_wrong(self) -> bool:
        return self.verdict is Verdict.WRONG


@dataclass(frozen=True)
class Judgement:
    """The findings of one moment, and what they were judged by.

    A subject that a kind of `judged` has no finding of is watched no more; of other kinds not every subject could be looked at.
    """

    findings: dict[str, Finding]  # by key
    judged: frozenset[Kind]
    health: dict[str, list[Row]]
    runs: RunState

    @property
    def build(self) -> Row:
        """The health file's row about the last build; empty where there is none."""
        return next(iter(self.health.get("build", [])), {})

    def of(self, kind: Kind) -> list[Finding]:
        return [found for found in self.findings.values() if found.kind is kind]

    def wrong(self, *kinds: Kind) -> list[Finding]:
        """What is wrong, of these kinds or of any."""
        return [found for found in self.findings.values() if found.is_wrong and (not kinds or found.kind in kinds)]


HEALTH = {
    "build": "select written_at, build_outcome, warehouse_kind, published_at from health",
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
        select unique_id, node_name, node_type, model_name, status, message, is_anomaly, is_failure, is_warning
        from fct_pipeline_tests order by unique_id
    """,
    "budgets": """
        select api, key_hash, period, call_limit, low_calls_left
        from agg_api_budgets where low_calls_left is not null order by api, key_hash, period
    """,
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

COLOURS = {"orange": Severity.WARNING, "red": Severity.CRITICAL}
"""Of vigilance, that are told."""


def judge(settings: Settings, *, with_vigilance: bool = False, passes_over: bool = False) -> Judgement:
    """Everything that can be judged now.

    Args:
        with_vigilance: what Météo-France says now of the departments of the settings too.
        passes_over: judge by the rest where the health file cannot be read.

    Raises:
        JudgementError: the health file or the marts are whole, and not as this version writes them.
    """
    now, runs, damaged = settings.now(), run_state(settings), damaged_files(settings)
    files = {each.file.split("/")[0] for each in damaged}
    # of what a damaged file told, nothing can be judged until it is written again
    try:
        health = {} if settings.health.name in files else _read(settings.health, HEALTH, [])
    except JudgementError:
        if not passes_over:
            raise
        health = {}
    judged = {Kind.DAMAGED_FILE, Kind.FAILED_RUN, Kind.OVERDUE_PUBLICATION, Kind.OUTLET}
    findings = [*_files(damaged), *_runs(runs), _publication(runs, now), *_outlets(outlets(settings), now)]
    sources = [*_sources(health.get("sources", []), runs, now)]
    overdue = {found.subject for found in sources if found.is_wrong}
    findings += [*sources, *_stations(health.get("stations", []), overdue)]
    if "tests" in health:
        (build,) = health["build"]
        findings += _tests(health["tests"], build["published_at"])
        # a test that did not run (skipped behind a failure, or the build never came so far) is as it was
        judged |= {Kind.ANOMALY, Kind.FAILED_TEST} if build["build_outcome"] == "done" else set()
    findings += _budgets(health.get("budgets", []), Ledger(settings), now)
    tables = (("sources", Kind.OVERDUE_SOURCE), ("stations", Kind.SILENT_STATION), ("budgets", Kind.BUDGET))
    judged |= {kind for table, kind in tables if table in health}
    if with_vigilance and not files & {settings.marts.name, settings.published.name}:
        in_force = read_vigilance(settings)
        findings += _vigilance(in_force or [])
        judged |= {Kind.VIGILANCE} if in_force is not None else set()
    return Judgement({found.key: found for found in findings}, frozenset(judged), health, runs)


def read_vigilance(settings: Settings) -> list[Row] | None:
    """What Météo-France says now of the departments of the settings; None where nothing is published.

    Raises:
        JudgementError: marts are published and cannot be read.
    """
    if not settings.alert_departments:
        return []
    now = settings.now()
    query = VIGILANCE.format(departments=", ".join("?" * len(settings.alert_departments)))
    parameters = [*settings.alert_departments, now, now]
    if settings.target == "snowflake":
        return swap.read_published(settings, query, parameters)
    return _read(settings.marts, {"vigilance": query}, parameters).get("vigilance")


def _read(path: Path, queries: dict[str, str], parameters: Sequence[object]) -> dict[str, list[Row]]:
    """The answers of the tables that there are; nothing where there is no file."""
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
        raise JudgementError(
            f"{path.name} cannot be read ({type(error).__name__}), so nothing was judged or sent: run `isobar build`, which"
            " writes it anew"
        ) from error
    return found


# --- one rule a kind -------------------------------------------------------------------------------------------------


def _verdict(*, is_wrong: bool, is_unknown: bool = False) -> Verdict:
    return Verdict.UNKNOWN if is_unknown else Verdict.WRONG if is_wrong else Verdict.FINE


def _files(damaged: list[DamagedFile]) -> Iterator[Finding]:
    for each in damaged:
        severity = Severity.CRITICAL if each.is_critical else Severity.WARNING
        yield Finding(Kind.DAMAGED_FILE, each.file, Verdict.WRONG, each, severity, remedy=each.remedy)


def _runs(runs: RunState) -> Iterator[Finding]:
    for run in runs.last:
        speaks = run.outcome == "running" or (run.outcome != "done" and bool(run.part_of))  # the rebuild, for its steps
        told = run.outcome == "failed" and bool((run.finished or {}).get("outlets"))  # store by store
        speaks |= run.command == DELIVERY and told
        yield Finding(
            Kind.FAILED_RUN,
            run.words.replace(" ", ":"),
            _verdict(is_wrong=run.has_failed, is_unknown=speaks),
            run,
            # what it brought before is there, and it is overdue in its time
            Severity.WARNING if run.lacks_a_setting else Severity.CRITICAL,
            since=run.started_at,
            last_good_at=run.last_done_at,
            remedy=run.remedy,
        )


def _publication(runs: RunState, now: datetime) -> Finding:
    """Builds that stop while loads go on: no run has failed and no source is overdue, and readers see old numbers."""
    waiting = runs.unpublished
    due = waiting.overdue_at if waiting else None
    return Finding(
        Kind.OVERDUE_PUBLICATION,
        "marts",
        _verdict(is_wrong=due is not None and now > due),
        waiting,
        Severity.CRITICAL,
        since=due,
        last_good_at=waiting.last_built_at if waiting else None,
        remedy="Run `isobar build` and read what it says; if it is done, see why the scheduler did not run it.",
    )


def _sources(rows: list[Row], runs: RunState, now: datetime) -> Iterator[Finding]:
    """As health has it, unless a load since has added rows: loads may be more frequent than builds."""
    for row in rows:
        source, due, newer = row["source"], row["overdue_at"], None
        load = runs.of("load", source)
        if due is not None and load and row["overdue_table"] in load.appended:
            newer, _ = load.appended[row["overdue_table"]]
            due = max(due, newer + timedelta(hours=row["overdue_after_hours"]))
        yield Finding(
            Kind.OVERDUE_SOURCE,
            source,
            _verdict(is_wrong=due is not None and now > due),
            row,
            Severity.CRITICAL,
            since=due,
            last_good_at=newer or row["last_new_rows_at"],  # of its other tables something may have come since
            remedy=f"Run `isobar load {source}` and read what it says, then `isobar build`.",
        )


def _stations(rows: list[Row], overdue: set[str]) -> Iterator[Finding]:
    for row in rows:
        # of an overdue source it is said once, of the source; who of them is silent shows when it is back
        is_unknown = row["is_silent"] and row["source"] in overdue
        yield Finding(
            Kind.SILENT_STATION,
            f"{row['source']}:{row['location_id']}",
            _verdict(is_wrong=row["is_silent"], is_unknown=is_unknown),
            row,
            since=row["silent_after_at"],
            last_good_at=row["newest_observed_at"],
            remedy="Nothing to repair here: see whether the provider announces it, and what relies on this station.",
        )


def _tests(rows: list[Row], published_at: datetime | None) -> Iterator[Finding]:
    """Of each test whether it failed, and whether it found something out of the ordinary; models are the build's to tell of."""
    for row in rows:
        if row["node_type"] not in ("test", "unit_test"):
            continue
        skipped, anomaly = row["status"] == "skipped", row["is_anomaly"]
        failed = row["is_failure"] and not anomaly
        yield Finding(
            Kind.ANOMALY,
            row["unique_id"],
            _verdict(is_wrong=anomaly, is_unknown=skipped or failed),
            row,
            remedy="Compare the table with the days before: rare weather and a broken feed both look like this.",
        )
        yield Finding(
            Kind.FAILED_TEST,
            row["unique_id"],
            _verdict(is_wrong=failed, is_unknown=skipped),
            row,
            Severity.CRITICAL,
            last_good_at=published_at,
            remedy="Nothing is published until it passes, readers keep what they had: look at the rows that it finds.",
        )


def _budgets(rows: list[Row], ledger: Ledger, now: datetime) -> Iterator[Finding]:
    """By the limits of health and the calls of the ledger: those of loads after the last build count too."""
    for row in rows:
        begin, end = periods(now)[row["period"]]
        left, last_good_at = row["call_limit"], begin
        for at, count in ledger.calls(row["api"], row["key_hash"]):
            if at >= begin:
                left -= count
                last_good_at = at if left > row["low_calls_left"] else last_good_at
        yield Finding(
            Kind.BUDGET,
            f"{row['api']}:{row['key_hash']}:{row['period']}",
            _verdict(is_wrong=left <= row["low_calls_left"]),
            row | {"calls_left": left},
            until=end,
            last_good_at=last_good_at,
            remedy=f"Poll fewer cities or less often, or raise {budget_variable(row['api'])} if the key's plan allows more.",
        )


def _outlets(stores: list[OutletStatus], now: datetime) -> Iterator[Finding]:
    """Each by itself: a store that is down is no reason to look at another."""
    for each in stores:
        yield Finding(
            Kind.OUTLET,
            each.outlet,
            _verdict(is_wrong=bool(each.error) or each.is_late(now)),
            each,
            since=datetime.fromisoformat(each.behind_since) if each.behind_since else None,
            last_good_at=datetime.fromisoformat(each.published_at) if each.published_at else None,
            remedy="Do what it says, then run `isobar deliver`: it sends what the store lacks.",
        )


def _vigilance(in_force: list[Row]) -> Iterator[Finding]:
    """Of each domain and phenomenon, for each colour that is told, whether it is the one in force."""
    for row in {(row["domain_id"], row["phenomenon_id"]): row for row in in_force}.values():
        for colour, severity in COLOURS.items():
            yield Finding(
                Kind.VIGILANCE,
                f"{row['domain_id']}:{row['phenomenon_id']}:{colour}",
                _verdict(is_wrong=row["colour"] == colour),
                row,
                severity,
                until=row["valid_to_at"],
                last_good_at=row["updated_at"],
                remedy="Follow what vigilance.meteofrance.fr and the authorities say; Isobar only repeats the map.",
            )
