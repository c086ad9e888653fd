"""Climatology: the daily BASE files of Météo-France, post by post since the beginnings (see README.md)."""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from ingestion.archives import PublishedFiles, Wanted
from ingestion.feed import Visit
from ingestion.lake import Incoming
from ingestion.source import LICENCE_OUVERTE, Period, Schedule, Source, Table
from ingestion.sources.climatology.columns import OTHER_PARAMETERS, RAIN_TEMPERATURE_WIND, STATIONS
from ingestion.sources.climatology.settings import ClimatologySettings

NAME = "climatology"
DAILY = re.compile(r"Q_(\d{2,3})_(?:previous-|latest-)?(\d{4})-(\d{4})_(RR-T-Vent|autres-parametres)\.csv(\.gz)?")
"""'Q_33_previous-1950-2023_RR-T-Vent.csv.gz': department, first and last year, kind."""
STATION_LIST = re.compile(r"liste-stations.*\.csv(\.gz)?", re.IGNORECASE)

TABLE_OF_KIND = {"RR-T-Vent": "daily_rr_t_vent", "autres-parametres": "daily_autres_parametres"}

FIRST_NAMED_YEAR = 1950
"""Files of the years before bear the first year of their department, which no rule tells."""

DAILY_FILES = Schedule(cadence_hours=24, overdue_after_hours=72)
"""The files of the running years are rewritten once a day and end the day before yesterday."""

LIVE_DAYS = 92
"""A load without --start takes the last quarter, as SYNOP's does: the files of the running and the last year."""


def _kind(file: str) -> str | None:
    found = DAILY.fullmatch(file)
    return TABLE_OF_KIND[found[4]] if found else None


def _table_of(file: str) -> str | None:
    return "stations" if STATION_LIST.fullmatch(file) else _kind(file)


def _period(file: str) -> Period | None:
    found = DAILY.fullmatch(file)
    return (date(int(found[2]), 1, 1), date(int(found[3]), 12, 31)) if found and found[2] <= found[3] else None


def _wanted(start: date, end: date, departments: Sequence[str], today: date) -> Sequence[Wanted]:
    """Both kinds of every department. Names roll in January, sooner or later: first those of this year, else of the last."""
    year = today.year
    periods = []
    if start.year <= year - 2 and end.year >= FIRST_NAMED_YEAR:
        periods.append((f"previous-1950-{year - 2}", f"previous-1950-{year - 3}"))
    if end.year >= year - (2 if today.month == 1 else 1):
        periods.append((f"latest-{year - 1}-{year}", f"latest-{year - 2}-{year - 1}"))
    return [
        Wanted(table, tuple((f"Q_{department}_{period}_{kind}.csv.gz",) for period in names))
        for department in departments
        for names in periods
        for kind, table in TABLE_OF_KIND.items()
    ]


@dataclass(frozen=True)
class BaseFiles:
    """See :class:`ingestion.feed.Feed`: the files of the configured departments."""

    def fetch(self, visit: Visit) -> Generator[Incoming, None, None]:
        """Every file of the period; one that does not come costs only itself."""
        own = visit.settings.of(ClimatologySettings)
        wanted = partial(_wanted, departments=own.departments, today=visit.settings.now().date())
        if visit.start and visit.start.year < FIRST_NAMED_YEAR:
            visit.notes.append(
                f"files of years before {FIRST_NAMED_YEAR} cannot be asked for by name: download them, then --from FOLDER"
            )
        files = PublishedFiles(
            source=NAME,
            wanted=wanted,
            table_of=_table_of,
            base_url=lambda settings: settings.of(ClimatologySettings).url,
            default_days=LIVE_DAYS,
        )
        yield from files.fetch(visit)


SOURCE = Source(
    name=NAME,
    display_name="Météo-France, climatologie de base",
    has_days=True,
    licence=LICENCE_OUVERTE,
    tables=(
        Table(name="stations", layout=STATIONS, claims=lambda file: bool(STATION_LIST.fullmatch(file))),
        Table(
            name="daily_rr_t_vent",
            layout=RAIN_TEMPERATURE_WIND,
            claims=lambda file: _kind(file) == "daily_rr_t_vent",
            period=_period,
            time_column="aaaammjj",
            schedule=DAILY_FILES,
        ),
        Table(
            name="daily_autres_parametres",
            layout=OTHER_PARAMETERS,
            claims=lambda file: _kind(file) == "daily_autres_parametres",
            period=_period,
            time_column="aaaammjj",
            schedule=DAILY_FILES,
        ),
    ),
    feed=BaseFiles(),
)
