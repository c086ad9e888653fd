"""Polls of past days in one file a day: a year of hourly polls of four tables is 70,000 small files, of which a backup, a cache
and a listing have to take each."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta

from ingestion.lake import FileVersion, Lake, open_lake
from ingestion.lake.packing import alone, pack, unpacked_days
from ingestion.registry import SOURCES
from isobar.settings import Settings
from isobar.warehouse.bookkeeping import judged_versions

PACKED_AFTER_DAYS = 2
"""Days that a poll's files are left alone: a poll that was broken off is completed within hours, and a load looks at the last
ones."""

Progress = Callable[[str, int, int], None]


@dataclass
class Compacted:
    """What was packed, or could be. `waiting` names days that stay as they are, each with its reason."""

    is_applied: bool
    days: int = 0
    landings: int = 0
    waiting: list[dict[str, str]] = field(default_factory=list)
    seconds: float = 0.0

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def compact(settings: Settings, progress: Progress, *, apply: bool = False) -> Compacted:
    """Pack every past day whose polls the warehouse has loaded or refused. Only for the holder of the data folder's lock.

    Raises:
        WarehouseError, duckdb.Error: the warehouse cannot say what it has loaded.
    """
    started = time.monotonic()
    lake, judged = open_lake(settings), judged_versions(settings)
    done = Compacted(apply)
    before = settings.now().date() - timedelta(days=PACKED_AFTER_DAYS - 1)
    days = [*_days(lake, before)]
    for number, (source, table, day) in enumerate(days):
        progress("packing", number, len(days))
        came = alone(lake, source, table, day)
        known: set[FileVersion] = judged.get(source, set())
        unjudged = [landing for landing in came if landing.key not in known]
        if unjudged:
            reason = f"{len(unjudged):,} polls are not loaded yet (isobar load {source} --replay)"
            done.waiting.append({"day": f"{source}/{table}/{day}", "reason": reason})
            continue
        count = pack(lake, source, table, day, came) if apply else len(came)
        done.days += bool(count)
        done.landings += count
    progress("packing", len(days), len(days))
    done.seconds = round(time.monotonic() - started, 2)
    return done


def _days(lake: Lake, before: date) -> Iterator[tuple[str, str, date]]:
    for source in lake.sources():
        for table in SOURCES[source].tables if source in SOURCES else ():
            for day in unpacked_days(lake, source, table.name, before):
                yield source, table.name, day
