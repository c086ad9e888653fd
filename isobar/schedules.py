"""How often each source brings something new: `schedules.yml`, the one place that says so."""

from __future__ import annotations

from dataclasses import dataclass

import yaml

from isobar.settings import PROJECT_ROOT

SCHEDULES = PROJECT_ROOT / "schedules.yml"


@dataclass(frozen=True)
class Schedule:
    """When a raw table is given new rows, and from when on it is overdue; hours."""

    source: str
    table: str
    cadence_hours: int
    overdue_after_hours: int


def schedules() -> list[Schedule]:
    """Every scheduled raw table, in the order of the file."""
    described = yaml.safe_load(SCHEDULES.read_text(encoding="utf-8"))["sources"]
    return [Schedule(source, table, **hours) for source, tables in described.items() for table, hours in tables.items()]
