"""How often each source brings something new, by its folder in `ingestion/sources`, and how often what it brought is published.

`agg_pipeline_health`, `isobar status` and `isobar alerts` read it. A source is only ever overdue once it has been fetched over
the network: recorded archives are old by nature.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

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


def unpublished(loads: list[tuple[str, datetime]], built_at: datetime | None) -> Unpublished | None:
    """When what loads have fetched is to be published; None when there are none.

    By the ledger and not by health, which is written by the very builds that are missed. Recorded files wait for nobody: whoever
    loads them is there to build. One run at a time has the data folder, so that a build has seen every load that ended before it.

    Args:
        loads: source and end of each load that brought new rows after the last build that was done, oldest first.
        built_at: end of that build.
    """
    if not loads:
        return None
    first, last = loads[0][1], loads[-1][1]
    return Unpublished(
        tuple(dict.fromkeys(source for source, _ in loads)),
        first,
        last,
        built_at,
        PUBLICATION_CADENCE_HOURS,
        first + timedelta(hours=PUBLICATION_OVERDUE_AFTER_HOURS),
    )
