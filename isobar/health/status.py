"""What is known of each source: from the ledger and the published file, so that it answers while a build is running."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime

import duckdb

from ingestion.http.budget import calls_left
from ingestion.providers import configured_keys
from ingestion.registry import SOURCES
from isobar.health.damage import DamagedFile, damaged_files
from isobar.publish.publication import published
from isobar.runs.last import LastRun, last_runs
from isobar.runs.ledger import Ledger
from isobar.runs.schedules import overdue_at, unpublished
from isobar.settings import Settings


@dataclass(frozen=True)
class SourceStatus:
    """One source. Times are ISO, UTC; None where nothing is known."""

    source: str
    last_load_at: str | None
    rows: int | None  # in raw, by all loads
    last_rows: int | None  # by the last one
    newest_observed_at: str | None
    age_hours: float | None
    overdue_at: str | None  # from then on, unless new rows come; None where nothing is expected
    is_overdue: bool
    silent_locations: list[str]  # names of places that fell silent while others reported


@dataclass(frozen=True)
class BudgetStatus:
    """What a configured key may still call; None where there is no limit."""

    api: str
    key: str  # its hash
    minute_left: int | None
    day_left: int | None
    month_left: int | None


@dataclass(frozen=True)
class RunStatus:
    """The last run of a command: `load synop`, `build` …"""

    command: str
    started_at: str
    outcome: str  # running, failed, stopped, killed
    reason: str | None  # of a failed one, in one line
    remedy: str


@dataclass(frozen=True)
class Status:
    """All sources, and the publication that readers see."""

    data_dir: str
    sources: list[SourceStatus]
    budgets: list[BudgetStatus]
    published_at: str | None
    warehouse_kind: str | None
    observations: int | None
    publication_due_at: str | None  # of what was fetched and waits for a build; None where nothing waits
    is_publication_overdue: bool
    running: RunStatus | None  # under way now
    failed_runs: list[RunStatus]  # commands whose last run failed, was stopped or was killed
    damaged_files: list[DamagedFile]  # of the data folder, but for the lake
    failing: list[str]  # what failed in the last build
    warning: list[str]  # what warned in it

    @property
    def is_overdue(self) -> bool:
        return self.is_publication_overdue or any(source.is_overdue for source in self.sources)

    @property
    def needs_attention(self) -> bool:
        """Something is overdue or damaged, or the last run of a command did not end well."""
        return self.is_overdue or bool(self.failed_runs) or bool(self.damaged_files)

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def status(settings: Settings) -> Status:
    """Read the ledger, the published marts and the health file; none needs the warehouse's lock."""
    ledger = Ledger(settings)
    found = published(settings)
    health = _Health.read(settings)
    waiting, runs = unpublished(ledger.events()), last_runs(settings)
    return Status(
        data_dir=str(settings.data_dir),
        sources=[_source(name, ledger, settings.now(), health, runs) for name in SOURCES],
        budgets=_budgets(settings, ledger),
        published_at=found.published_at.isoformat() if found else None,
        warehouse_kind=found.warehouse_kind if found else None,
        observations=found.observation_count if found else None,
        publication_due_at=waiting.overdue_at.isoformat() if waiting else None,
        is_publication_overdue=waiting is not None and settings.now() > waiting.overdue_at,
        running=next((_run(run) for run in runs if run.outcome == "running" and not run.part_of), None),
        failed_runs=[_run(run) for run in runs if run.has_failed],
        damaged_files=damaged_files(settings),
        failing=health.failing,
        warning=health.warning,
    )


@dataclass(frozen=True)
class _Health:
    """What the health file of the last build says; nothing before the first one."""

    expected: dict[str, tuple[str, int, datetime]] = field(default_factory=dict)  # by source: table, hours, overdue at
    silent_locations: dict[str, list[str]] = field(default_factory=dict)
    failing: list[str] = field(default_factory=list)
    warning: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, settings: Settings) -> _Health:
        try:
            with duckdb.connect() as session:
                session.execute("attach ? as health (read_only)", [str(settings.health)])
                session.execute("use health")
                expected = session.execute(
                    "select source, overdue_table, overdue_after_hours, overdue_at from agg_pipeline_health"
                    " where overdue_at is not null"
                ).fetchall()
                silent = session.execute(
                    "select source, list(coalesce(location_name, location_id) order by location_id)"
                    " from agg_location_freshness where is_silent group by source"
                ).fetchall()
                results = session.execute(
                    "select node_name, is_failure, is_warning from fct_pipeline_tests where is_failure or is_warning"
                    " order by node_name"
                ).fetchall()
        except duckdb.Error:
            return cls()
        return cls(
            {source: (table, hours, at) for source, table, hours, at in expected},
            dict(silent),
            [name for name, is_failure, _ in results if is_failure],
            [name for name, _, is_warning in results if is_warning],
        )


def _source(name: str, ledger: Ledger, now: datetime, health: _Health, runs: list[LastRun]) -> SourceStatus:
    due = None
    if name in health.expected:
        table, hours, by_health = health.expected[name]
        new_rows_at = next(
            (run.appended_at.get(table) for run in runs if (run.command, run.source) == ("load", name)), None
        )
        due = overdue_at(by_health, hours, new_rows_at)
    expected = (
        due.isoformat() if due else None,
        due is not None and now > due,
        health.silent_locations.get(name, []),
    )
    loads = [
        event
        for event in ledger.events()
        if (event["event"], event["command"], event.get("outcome")) == ("finished", "load", "done")
        and event.get("source") == name
    ]
    if not loads:
        return SourceStatus(name, None, None, None, None, None, *expected)
    appended = [sum(table["appended_row_count"] for table in load["tables"].values()) for load in loads]
    # as raw had it after the last load: a warehouse that was made anew has each row once. Older ledgers do not tell
    stored = [table.get("stored_row_count") for table in loads[-1]["tables"].values()]
    rows = sum(appended) if None in stored else sum(stored)
    newest = loads[-1].get("newest_observed_at")
    age = (now - datetime.fromisoformat(newest)).total_seconds() / 3600 if newest else None
    age = round(age, 1) if age is not None else None
    return SourceStatus(name, loads[-1]["at"], rows, appended[-1], newest, age, *expected)


def _run(run: LastRun) -> RunStatus:
    return RunStatus(run.words, run.started_at.isoformat(), run.outcome, run.reason, run.remedy)


def _budgets(settings: Settings, ledger: Ledger) -> list[BudgetStatus]:
    found = []
    for api, key, budget in configured_keys(settings):
        left = calls_left(budget, ledger.calls(api, key), settings.now())
        found.append(BudgetStatus(api, key, left.minute, left.day, left.month))
    return found
