"""What is known of each source: from the ledger and the published file, so that it answers while a build is running."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

import duckdb

from ingestion.budget import calls_left, key_hash
from ingestion.registry import SOURCES
from isobar.ledger import Ledger
from isobar.settings import Settings


@dataclass(frozen=True)
class SourceStatus:
    """One source. Times are ISO, UTC; None where nothing is known."""

    source: str
    last_load_at: str | None
    rows: int | None  # appended to raw by all loads
    last_rows: int | None  # by the last one
    newest_observed_at: str | None
    age_hours: float | None


@dataclass(frozen=True)
class BudgetStatus:
    """What a configured key may still call; None where there is no limit."""

    api: str
    key: str  # its hash
    minute_left: int | None
    day_left: int | None
    month_left: int | None


@dataclass(frozen=True)
class Status:
    """All sources, and the publication that readers see."""

    data_dir: str
    sources: list[SourceStatus]
    budgets: list[BudgetStatus]
    published_at: str | None
    warehouse_kind: str | None
    observations: int | None
    unfinished: str | None  # the last command, when it neither finished nor failed

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def status(settings: Settings) -> Status:
    """Read the ledger and the published file; neither needs the warehouse's lock."""
    ledger = Ledger(settings)
    published = _publication(settings)
    return Status(
        data_dir=str(settings.data_dir),
        sources=[_source(name, ledger, settings.now()) for name in SOURCES],
        budgets=_budgets(settings, ledger),
        published_at=published[0] if published else None,
        warehouse_kind=published[1] if published else None,
        observations=published[2] if published else None,
        unfinished=_unfinished(ledger),
    )


def _source(name: str, ledger: Ledger, now: datetime) -> SourceStatus:
    loads = [
        event
        for event in ledger.events()
        if (event["event"], event["command"], event.get("outcome")) == ("finished", "load", "done")
        and event.get("source") == name
    ]
    if not loads:
        return SourceStatus(name, None, None, None, None, None)
    appended = [sum(table["appended_row_count"] for table in load["tables"].values()) for load in loads]
    newest = loads[-1].get("newest_observed_at")
    age = (now - datetime.fromisoformat(newest)).total_seconds() / 3600 if newest else None
    return SourceStatus(
        name, loads[-1]["at"], sum(appended), appended[-1], newest, round(age, 1) if age is not None else None
    )


def _budgets(settings: Settings, ledger: Ledger) -> list[BudgetStatus]:
    key = settings.openweather_key()
    if key is None:
        return []
    api, hashed = "openweather", key_hash(key)
    left = calls_left(settings.openweather_budget, ledger.calls(api, hashed), settings.now())
    return [BudgetStatus(api, hashed, left.minute, left.day, left.month)]


def _publication(settings: Settings) -> tuple[str, str, int] | None:
    try:
        with duckdb.connect() as session:
            session.execute(f"attach '{settings.marts}' as marts (read_only)")
            published_at, kind, rows = session.execute(
                "select published_at, warehouse_kind, (select sum(row_count) from marts.isobar.partitions"
                " where model = 'fct_observations') from marts.isobar.publication"
            ).fetchall()[0]
    except duckdb.Error:
        return None
    return published_at.isoformat(), kind, int(rows or 0)


def _unfinished(ledger: Ledger) -> str | None:
    events = ledger.events()
    finished = {event["run_id"] for event in events if event["event"] == "finished"}
    open_runs = [event for event in events if event["event"] == "started" and event["run_id"] not in finished]
    if not open_runs or open_runs[-1] is not next((e for e in reversed(events) if e["event"] == "started"), None):
        return None
    return f"{open_runs[-1]['command']} started {open_runs[-1]['at']}"
