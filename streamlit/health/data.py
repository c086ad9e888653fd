"""Can today's numbers be trusted: what the health marts judge, against the clock, in words.

They hold no ages, but when something becomes overdue, so that what was written yesterday still answers today. No figure is
compared with a threshold here: the marts have them as columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from repository import HealthRepository
from shared import formats
from shared.translations import text

RUNS_SHOWN = 20
"""About a day of polls every three hours, with their builds."""
NAMES_SHOWN = 3
"""Of stations or tests in a sentence; the rest is in the tables."""
TILE_COLUMNS = 40
"""Places in a row of tiles: nine pixels each on a telephone, and 190 places are five rows."""

STATUS_WORDS = {
    "pass": "pass",
    "fail": "fail",
    "error": "error",
    "runtime error": "error",
    "warn": "warn",
    "skipped": "skipped",
}
"""dbt's words for what became of a test, and under which name they are counted."""
STATES = ("silent", "late", "unknown", "reporting", "archive")
"""Of a place, the worst first."""
SEVERITIES = ("yes", "care", "no")
"""Of the answer, the best first."""


@dataclass(frozen=True)
class Health:
    """All of it, for it is small. A table that is not there yet is empty, without columns."""

    build: pd.Series
    sources: pd.DataFrame
    stations: pd.DataFrame
    runs: pd.DataFrame
    unresolved_runs: pd.DataFrame
    tests: pd.DataFrame
    findings: pd.DataFrame
    budgets: pd.DataFrame

    @property
    def is_built(self) -> bool:
        return bool(self.build["build_outcome"] == "done")

    @property
    def test_count(self) -> int:
        return 0 if self.tests.empty else int(self.tests["test_count"].sum())


def read(repository: HealthRepository) -> Health:
    """All of it.

    Raises:
        RepositoryError: it cannot be read, or lacks a column.
    """
    return Health(
        build=repository.build().iloc[0],
        sources=repository.sources(),
        stations=repository.stations(),
        runs=repository.runs(RUNS_SHOWN),
        unresolved_runs=repository.unresolved_runs(),
        tests=repository.tests(),
        findings=repository.findings(),
        budgets=repository.budgets(),
    )


# --- the answer


@dataclass(frozen=True)
class Problem:
    """Something that makes the numbers less trustworthy, and what to do. `severity` is `care` or `no`."""

    severity: str
    phrase: str
    action: str


@dataclass(frozen=True)
class Verdict:
    """The answer in a sentence, with the worst of the problems; `severity` is one of `SEVERITIES`, or `archives` where nothing
    new is expected."""

    severity: str
    sentence: str
    problems: list[Problem]


def verdict(language: str, health: Health, now: datetime) -> Verdict:
    """No when the last build failed or a source is overdue; with care when something smaller is wrong; else yes."""
    problems = [
        *_build_problems(language, health, now),
        *_overdue_problems(language, health, now),
        *_run_problems(language, health, now),
        *_silence_problems(language, health, now),
        *_warning_problems(language, health),
        *_budget_problems(language, health, now),
    ]
    severity = max((problem.severity for problem in problems), key=SEVERITIES.index, default="yes")
    if problems:
        worst = [problem.phrase for problem in problems if problem.severity == severity]
        sentence = text(language, f"verdict_{severity}", problems="; ".join(worst))
        if len(worst) < len(problems):
            sentence = text(language, "verdict_and_smaller", sentence=sentence)
        return Verdict(severity, sentence, problems)
    age = formats.age(language, now - health.build["written_at"])
    scheduled = [] if health.sources.empty else health.sources[health.sources["is_scheduled"]]
    if not len(scheduled):
        return Verdict("archives", text(language, "verdict_archives", tests=health.test_count, age=age), [])
    states = station_states(health, now)
    return Verdict(
        "yes",
        text(
            language,
            "verdict_yes",
            tests=health.test_count,
            age=age,
            sources=len(scheduled),
            reporting=int((states["state"] == "reporting").sum()) if len(states) else 0,
        ),
        [],
    )


def _names(language: str, names: list[str]) -> str:
    shown = ", ".join(names[:NAMES_SHOWN])
    more = len(names) - NAMES_SHOWN
    return text(language, "and_more", names=shown, n=more) if more > 0 else shown


def _build_problems(language: str, health: Health, now: datetime) -> list[Problem]:
    if health.is_built:
        return []
    age = formats.age(language, now - health.build["written_at"])
    if pd.isna(health.build["published_at"]):
        phrase = text(language, "problem_first_build", age=age)
    else:
        published = formats.age(language, now - health.build["published_at"])
        phrase = text(language, "problem_build", age=age, published=published)
    if not health.findings.empty:
        failed = health.findings[health.findings["is_failure"]]
        if len(failed):
            names = _names(language, list(failed["node_name"]))
            phrase += text(language, "problem_build_nodes", names=names)
    return [Problem("no", phrase, text(language, "action_build"))]


def _overdue_problems(language: str, health: Health, now: datetime) -> list[Problem]:
    return [
        Problem(
            "no",
            text(
                language,
                "problem_overdue",
                source=row["source"],
                since=formats.moment(language, row["overdue_at"]),
                table=f"raw_{row['source']}.{row['overdue_table']}",
            ),
            text(language, "action_overdue", source=row["source"]),
        )
        for row in health.sources.to_dict("records")
        if is_overdue(row, now)
    ]


def is_overdue(source: Mapping[str, Any], now: datetime) -> bool:
    """New rows are expected of the source, and have not come in time."""
    return not pd.isna(source["overdue_at"]) and now > source["overdue_at"]


def _run_problems(language: str, health: Health, now: datetime) -> list[Problem]:
    """Of each command and source whose last run did not end well; the last build has its own sentence."""
    problems = []
    for row in health.unresolved_runs.to_dict("records"):
        if row["command"] == "build":
            continue
        words = run_words(row)
        age = formats.age(language, now - row["started_at"])
        ended = text(language, f"ended_{row['outcome']}")
        problems.append(
            Problem(
                "care",
                text(language, "problem_run", words=words, ended=ended, age=age),
                text(language, "action_run", words=words),
            )
        )
    return problems


def run_words(run: Mapping[str, Any]) -> str:
    """`load synop`, as it is typed."""
    return f"{run['command']} {run['source']}" if not pd.isna(run["source"]) else str(run["command"])


def _silence_problems(language: str, health: Health, now: datetime) -> list[Problem]:
    """By source; of one that is overdue as a whole nothing is said of its places."""
    overdue = {row["source"] for row in health.sources.to_dict("records") if is_overdue(row, now)}
    problems = []
    for source, places in health.stations.groupby("source") if len(health.stations) else ():
        silent = places[places["is_silent"]]
        if len(silent) and source not in overdue:
            names = _names(language, list(silent["location_name"]))
            phrase = text(language, "problem_silent", n=len(silent), total=len(places), source=source, names=names)
            problems.append(Problem("care", phrase, text(language, "action_silent")))
    return problems


def _warning_problems(language: str, health: Health) -> list[Problem]:
    warned = health.findings[~health.findings["is_failure"]] if len(health.findings) else health.findings
    if warned.empty:
        return []
    names = _names(language, list(warned["node_name"]))
    return [Problem("care", text(language, "problem_warning", names=names), text(language, "action_warning"))]


def _budget_problems(language: str, health: Health, now: datetime) -> list[Problem]:
    return [
        Problem(
            "care",
            text(
                language,
                "problem_budget",
                left=formats.number(language, row["calls_left"], 0),
                limit=formats.number(language, row["call_limit"], 0),
                api=row["api"],
                period=text(language, f"this_{row['period']}"),
            ),
            text(language, "action_budget"),
        )
        for row in health.budgets.to_dict("records")
        # a new period begins with no calls, and a minute's have neither end nor share
        if now < row["period_ends_at"] and row["calls_left"] <= row["low_calls_left"]
    ]


# --- tables


def source_rows(language: str, health: Health, now: datetime) -> pd.DataFrame:
    """Every source in words, overdue first: state, new_rows, expected, newest, load, places."""
    order = ("overdue", "on_time", "archive", "never")
    rows = []
    for row in health.sources.to_dict("records"):
        state = (
            "overdue"
            if is_overdue(row, now)
            else "on_time"
            if row["is_scheduled"]
            else "archive"
            if not pd.isna(row["last_load_at"])
            else "never"
        )
        expected = ""
        if row["is_scheduled"]:
            expected = text(language, "expected_every", n=int(row["cadence_hours"]))
        if row["is_scheduled"] and not pd.isna(row["overdue_at"]):
            until = formats.moment(language, row["overdue_at"])
            expected = text(language, "expected_until", every=expected, until=until)
        rows.append(
            {
                "order": order.index(state),
                "source": row["source"],
                "state": text(language, f"source_{state}"),
                "new_rows": _age_or_dash(language, row["last_new_rows_at"], now),
                "expected": expected,
                "newest": _age_or_dash(language, row["newest_observed_at"], now),
                "load": outcome_words(language, row["last_load_outcome"]),
                "places": f"{int(row['silent_location_count'])} / {int(row['location_count'])}"
                if row["location_count"]
                else "–",
            }
        )
    return pd.DataFrame(rows).sort_values(["order", "source"], ignore_index=True)


def _age_or_dash(language: str, moment: datetime, now: datetime) -> str:
    return "–" if pd.isna(moment) else formats.age(language, now - moment)


def outcome_words(language: str, outcome: object) -> str:
    """What became of a run; a dash where there was none."""
    return "–" if pd.isna(outcome) else text(language, f"outcome_{outcome}")


def station_states(health: Health, now: datetime) -> pd.DataFrame:
    """Every place with its `state`, the worst first: silent ones by how long, the others by how soon they would be.

    A place is late when its own time has come and nobody of its source has reported since, which only the source can be blamed
    for; of a source that nothing is expected from it is part of an archive.
    """
    if health.stations.empty:
        return health.stations
    scheduled = set(health.sources.loc[health.sources["is_scheduled"], "source"]) if len(health.sources) else set()
    states = [
        "silent"
        if row["is_silent"]
        else "archive"
        if row["source"] not in scheduled
        else "unknown"
        if pd.isna(row["silent_after_at"])
        else "late"
        if now > row["silent_after_at"]
        else "reporting"
        for row in health.stations.to_dict("records")
    ]
    ordered = health.stations.assign(state=states, order=[STATES.index(state) for state in states])
    return ordered.sort_values(
        ["order", "silent_after_at", "newest_observed_at", "location_name"], ignore_index=True
    ).drop(columns="order")


def tiles(language: str, states: pd.DataFrame, now: datetime) -> pd.DataFrame:
    """A square for each place, in the order of `states`: its column, its row, its state in words, its tooltip texts."""
    return pd.DataFrame(
        {
            "column": states.index % TILE_COLUMNS,
            "row": states.index // TILE_COLUMNS,
            "state": [text(language, f"state_{state}") for state in states["state"]],
            "mark": ["!" if state == "silent" else "" for state in states["state"]],
            "name": states["location_name"] + " (" + states["location_id"] + ")",
            "source": states["source"],
            "tip_newest": [
                f"{formats.age(language, now - at)} ({formats.moment(language, at)})"
                for at in states["newest_observed_at"]
            ],
            "tip_rhythm": [formats.number(language, hours, 1, "h") for hours in states["typical_gap_hours"]],
        }
    )


def test_sentences(language: str, health: Health) -> list[str]:
    """How many tests the last build ran, and what became of them."""
    if health.tests.empty:
        return []
    counts = health.tests.groupby("status")["test_count"].sum()
    if set(counts.index) == {"pass"}:
        said = [text(language, "tests_passed", n=health.test_count)]
    else:
        named: dict[str, int] = {}
        for status, count in counts.items():
            key = STATUS_WORDS.get(str(status), "other")
            named[key] = named.get(key, 0) + int(count)
        words = ", ".join(text(language, f"status_{key}", n=count) for key, count in named.items())
        said = [text(language, "tests_counts", counts=words, n=health.test_count)]
    monitors = int(health.tests.loc[health.tests["is_monitor"], "test_count"].sum())
    return [*said, text(language, "tests_monitors", n=monitors)] if monitors else said


def newest_report(folder: Path) -> Path | None:
    """The newest report of Elementary; None where none was made. Their names end in the day."""
    return max(folder.glob("elementary-*.html"), default=None)
