"""How often each source brings something new, by its folder in `ingestion/sources`, and how often what it brought is published.

`agg_pipeline_health`, `isobar status` and `isobar alerts` read it. A source is only ever overdue once it has been fetched over
the network: recorded archives are old by nature.
"""

from __future__ import annotations

from dataclasses import dataclass

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


def schedules() -> list[Schedule]:
    """Every scheduled raw table; tables without a schedule, lists of stations among them, may stay as they are for years."""
    return [
        Schedule(source.name, table.name, table.schedule.cadence_hours, table.schedule.overdue_after_hours)
        for source in SOURCES.values()
        for table in source.tables
        if table.schedule
    ]
