"""How often each source brings something new, by its folder in `ingestion/sources`, and how often what it brought is published.

`agg_pipeline_health`, `isobar status` and `isobar alerts` read it. A source is only ever overdue once it has been fetched over
the network: recorded archives are old by nature.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ingestion.registry import SOURCES

PUBLICATION_CADENCE_HOURS = 24
"""What loads have fetched is to be published so often: a build a day is the least that daily figures want."""

PUBLICATION_OVERDUE_AFTER_HOURS = 36
"""Counted from the first load that waits: one build may fail."""


@dataclass(frozen=True)
class Schedule:
    """When a raw table is given new rows, and from when on it is overdue; hours."""

    source: str
    table: str
    cadence_hours: int
    overdue_after_hours: int


@dataclass(frozen=True)
class Unpublished:
    """What loads have fetched and no build has published since. Times are UTC."""

    sources: tuple[str, ...]
    first_loaded_at: datetime  # end of the first of those loads
    last_loaded_at: datetime
    last_built_at: datetime | None  # end of the last build that was done; None before the first
    cadence_hours: int
    overdue_at: datetime


def schedules() -> list[Schedule]:
    """Every scheduled raw table; tables without a schedule, lists of stations among them, may stay as they are for years."""
    return [
        Schedule(source.name, table.name, table.schedule.cadence_hours, table.schedule.overdue_after_hours)
        for source in SOURCES.values()
        for table in source.tables
        if table.schedule
    ]


def overdue_at(by_health: datetime, overdue_after_hours: int, new_rows_at: datetime | None) -> datetime:
    """From when on a table is overdue: as health has it, which is of the last build, unless a load since has added rows."""
    return max(by_health, new_rows_at + timedelta(hours=overdue_after_hours)) if new_rows_at else by_health


def unpublished(events: list[dict[str, Any]]) -> Unpublished | None:
    """Whether fetched rows wait for a build, by the ledger's events in the order written; None when none do.

    By the ledger and not by health, which is written by the very builds that are missed. Recorded files wait for nobody: whoever
    loads them is there to build. One run at a time has the data folder, so that a build has seen every load that ended before it.
    """
    fetched = {
        event["run_id"]: event["source"] for event in events if event["event"] == "started" and event.get("is_fetched")
    }
    waiting: list[tuple[str, datetime]] = []
    built_at = None
    for event in events:
        if event["event"] != "finished" or event["outcome"] != "done":
            continue
        at = datetime.fromisoformat(event["at"])
        if event["command"] == "build":
            waiting, built_at = [], at
        elif event["run_id"] in fetched and _has_new_rows(event["tables"], built_at):
            waiting.append((fetched[event["run_id"]], at))
    if not waiting:
        return None
    first, last = waiting[0][1], waiting[-1][1]
    return Unpublished(
        tuple(dict.fromkeys(source for source, _ in waiting)),
        first,
        last,
        built_at,
        PUBLICATION_CADENCE_HOURS,
        first + timedelta(hours=PUBLICATION_OVERDUE_AFTER_HOURS),
    )


def _has_new_rows(tables: dict[str, dict[str, Any]], built_at: datetime | None) -> bool:
    """Whether a load has added rows, or found some that a killed one has added since the last build."""
    return any(
        table["appended_row_count"] > 0
        or (
            (landed_at := table.get("last_new_rows_at")) is not None
            and (built_at is None or datetime.fromisoformat(landed_at) > built_at)
        )
        for table in tables.values()
    )
