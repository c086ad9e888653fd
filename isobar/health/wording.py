"""Findings in words: what an alert says of one that is wrong, and of one that is over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from isobar.health.judgement import Finding, Judgement, Kind, Severity, Verdict
from isobar.runs.schedules import PUBLICATION_CADENCE_HOURS

RUNBOOK = "docs/runbook.md"

LONGEST_MESSAGE = 200
"""Characters of a tool's own message: enough to know it again in the log."""


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


def alert(found: Finding, judgement: Judgement) -> Alert:
    """A finding that is wrong."""
    words = WRONG[found.kind](found, judgement)
    return Alert(
        found.kind, found.subject, found.severity, action=found.remedy, last_good_at=found.last_good_at, **words
    )


def resolution(key: str, before: Alert, judgement: Judgement) -> str | None:
    """Why an alert of an earlier call is over; None when it is not, or nobody can say."""
    found = judgement.findings.get(key)
    if found is None:
        return GONE.get(before.kind, "Watched no more.") if before.kind in judgement.judged else None
    return FINE[found.kind](found, before, judgement) if found.verdict is Verdict.FINE else None


def section(kind: Kind) -> str:
    """Of the runbook."""
    return f"{RUNBOOK}#{kind.value.replace('_', '-')}"


def moment(value: datetime | None) -> str:
    """A time as messages write it."""
    return f"{value:%Y-%m-%d %H:%M} UTC" if value else "an unknown time"


def one_line(text: str) -> str:
    """A tool's message on one line, without control characters."""
    words = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return words if len(words) <= LONGEST_MESSAGE else f"{words[: LONGEST_MESSAGE - 1]}…"


Words = dict[str, Any]
"""Fields of an Alert."""


def _file(found: Finding, _: Judgement) -> Words:
    damaged = found.figures
    text = f"{damaged.file}: {damaged.reason}. {damaged.meaning}"
    return {"title": f"{damaged.file} is damaged", "text": text, "table": damaged.file}


def _run(found: Finding, _: Judgement) -> Words:
    run = found.figures
    is_build = run.command == "build"
    because = f": {run.reason.rstrip('.')}" if run.reason else f" ({run.error})" if run.error else ""
    return {
        "title": f"{run.words} {run.outcome}",
        "text": f"The last `isobar {run.words}` began at {moment(run.started_at)} and"
        f" {'was killed' if run.outcome == 'killed' else run.outcome}{because}."
        + (" Nothing was published; readers keep what they had." if is_build else ""),
        "source": run.source,
        "table": "marts.duckdb" if is_build else f"raw_{run.source}" if run.source else "warehouse.duckdb",
    }


def _fine_run(found: Finding, *_: object) -> str:
    run = found.figures
    if run.outcome == "done":
        return f"`isobar {run.words}` was done at {moment(run.last_done_at)}."
    return f"`isobar {run.words}` lacks a setting and nothing was ever fetched: not in use."


def _publication(found: Finding, _: Judgement) -> Words:
    waiting = found.figures
    return {
        "title": "publication is overdue",
        "text": f"Loads have brought rows of {', '.join(waiting.sources)} since {moment(waiting.first_loaded_at)}, the last at"
        f" {moment(waiting.last_loaded_at)}, and no build has published them. A build should follow every"
        f" {PUBLICATION_CADENCE_HOURS} h; it is overdue since {moment(found.since)}. Readers see what they had.",
        "table": "marts.duckdb",
    }


def _source(found: Finding, _: Judgement) -> Words:
    row, table = found.figures, f"raw_{found.subject}.{found.figures['overdue_table']}"
    last = f"{moment(row['last_load_at'])} ({row['last_load_outcome']})" if row["last_load_at"] else "never"
    return {
        "title": f"{found.subject} is overdue",
        "text": f"{table} should have new rows every {row['cadence_hours']} h; it is overdue since"
        f" {moment(found.since)}. Last load: {last}; newest observation: {moment(row['newest_observed_at'])}.",
        "source": found.subject,
        "table": table,
    }


def _fine_source(found: Finding, *_: object) -> str:
    if found.since is None:
        return "It is not scheduled any more."
    waits = ", and wait for `isobar build`" if found.since > found.figures["overdue_at"] else ""
    return f"New rows came at {moment(found.last_good_at)}{waits}."


def _station(found: Finding, _: Judgement) -> Words:
    row = found.figures
    name = f"{row['location_name']} ({row['location_id']})"
    return {
        "title": f"{name} is silent",
        "text": f"Its newest observation from {row['source']} is of {moment(row['newest_observed_at'])}; by its own rhythm the"
        f" next was expected until {moment(found.since)}, and other stations have reported since.",
        "group": row["source"],
        "name": name,
        "source": row["source"],
        "table": "fct_observations",
        "station": Station(row["location_id"], row["location_name"]),
    }


def _fine_station(found: Finding, before: Alert, _: Judgement) -> str:
    newest = found.last_good_at
    if before.last_good_at is None or (newest and newest > before.last_good_at):
        return f"The newest observation is of {moment(newest)}."
    return f"No report since {moment(newest)}: taken for closed."


def _test(found: Finding, judgement: Judgement) -> Words:
    row = found.figures
    name, table = row["node_name"], row["model_name"]
    message = f": {one_line(row['message']).rstrip('.')}" if row["message"] else ""
    if found.kind is Kind.ANOMALY:
        what, known = "anomaly", f"the monitor {name} finds something out of the ordinary"
    else:
        what, known = "failed test", f"the test {name} {'failed' if row['status'] == 'fail' else 'could not run'}"
    return {
        "title": f"{what} in {table or 'no single table'}: {name}",
        "text": f"In {_build(judgement)} {known}{message}.",
        "name": f"{name} ({table})" if table else name,
        "table": table,
    }


def _fine_test(found: Finding, _: Alert, judgement: Judgement) -> str:
    return f"Ended with {found.figures['status']} in {_build(judgement)}."


def _build(judgement: Judgement) -> str:
    return f"the build of {moment(judgement.build['written_at'])}"


def _budget(found: Finding, _: Judgement) -> Words:
    row = found.figures
    return {
        "title": f"calls of {row['api']} this {row['period']} near their end",
        "text": f"{_calls(found)} for key {row['key_hash']}. A load that needs more is refused as a whole until"
        f" {moment(found.until)}.",
        "source": row["api"],  # an API has the name of its source
        "table": f"raw_{row['api']}",
    }


def _calls(found: Finding) -> str:
    row = found.figures
    return f"{max(row['calls_left'], 0):,} of {row['call_limit']:,} calls are left this {row['period']}"


def _vigilance(found: Finding, _: Judgement) -> Words:
    row = found.figures
    colour, department, is_coast = row["colour"], row["department_code"], row["domain_kind"] == "coast"
    place = f"coast of department {department}" if is_coast else f"department {department}"
    phenomenon = row["phenomenon_name_en"] or f"phenomenon {row['phenomenon_id']}"
    warning = f"{colour} vigilance, {phenomenon}"
    return {
        "title": f"{warning}: {place}",
        "text": f"Météo-France's map of {moment(row['updated_at'])} has {place} {colour} for {phenomenon} now, until"
        f" {moment(found.until)} at least.",
        "group": warning,
        "name": f"{department} (coast)" if is_coast else department,
        "source": "meteofrance_vigilance",
        "table": "fct_vigilance",
    }


def _fine_vigilance(found: Finding, *_: object) -> str:
    return f"By the map of {moment(found.last_good_at)} the colour is {found.figures['colour']} now."


def _outlet(found: Finding, _: Judgement) -> Words:
    store = found.figures
    why = (
        f"Its last delivery failed: {one_line(store.error).rstrip('.')}."
        if store.error
        else "Nobody has sent it the rest."
    )
    has = f"the publication of {moment(found.last_good_at)}" if found.last_good_at else "no publication"
    return {
        "title": f"{store.outlet} lacks the newest publication",
        "text": f"It has {has}. {why}",
        "name": store.outlet,
    }


def _fine_outlet(found: Finding, *_: object) -> str:
    return f"It has the publication of {moment(found.last_good_at)}." if found.last_good_at else "Nothing is published."


WRONG: Mapping[Kind, Callable[[Finding, Judgement], Words]] = {
    Kind.FAILED_RUN: _run,
    Kind.OVERDUE_SOURCE: _source,
    Kind.OVERDUE_PUBLICATION: _publication,
    Kind.SILENT_STATION: _station,
    Kind.ANOMALY: _test,
    Kind.FAILED_TEST: _test,
    Kind.BUDGET: _budget,
    Kind.VIGILANCE: _vigilance,
    Kind.DAMAGED_FILE: _file,
    Kind.OUTLET: _outlet,
}

FINE: Mapping[Kind, Callable[[Finding, Alert, Judgement], str]] = {
    Kind.FAILED_RUN: _fine_run,
    Kind.OVERDUE_SOURCE: _fine_source,
    Kind.OVERDUE_PUBLICATION: lambda found, *_: (
        f"It is due at {moment(found.since)}." if found.since else "What was loaded is published."
    ),
    Kind.SILENT_STATION: _fine_station,
    Kind.ANOMALY: _fine_test,
    Kind.FAILED_TEST: _fine_test,
    Kind.BUDGET: lambda found, *_: f"{_calls(found)}.",
    Kind.VIGILANCE: _fine_vigilance,
    Kind.OUTLET: _fine_outlet,
}

GONE = {
    Kind.DAMAGED_FILE: "It is whole again.",
    Kind.VIGILANCE: "No map that is in force says anything of it now: the colour is unknown, which is not green.",
}
