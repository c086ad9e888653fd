"""CLIMAT: the monthly figures of stations that Météo-France exchanges within WMO (see README.md)."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from datetime import date

from ingestion.archives import PublishedFiles, Wanted
from ingestion.feed import Visit
from ingestion.lake import Incoming
from ingestion.source import LICENCE_OUVERTE, Period, Schedule, Source, Table
from ingestion.sources.climat.columns import MONTHS
from ingestion.sources.climat.settings import ClimatSettings
from isobar.settings import SettingsError

MONTHLY = re.compile(r"climat\.(\d{4})(0[1-9]|1[0-2])(?!\d).*\.csv(\.gz)?")
"""'climat.199601.csv.gz'; whatever stands between the month and '.csv' names a capture of it."""

LIVE_DAYS = 92
"""A load without --start takes the last quarter, as SYNOP's does."""

NO_ADDRESS = (
    "no address is known that still publishes CLIMAT files: name a folder of climat.YYYYMM.csv.gz"
    " (isobar load climat --from FOLDER), or an address that has them (ISOBAR_CLIMAT_URL)."
)


def _period(file: str) -> Period | None:
    found = MONTHLY.fullmatch(file)
    if not found:
        return None
    year, month = int(found[1]), int(found[2])
    return date(year, month, 1), date(year, month, monthrange(year, month)[1])


def _wanted(start: date, end: date) -> Sequence[Wanted]:
    first, last = start.year * 12 + start.month - 1, end.year * 12 + end.month - 1
    months = ((month // 12, month % 12 + 1) for month in range(first, last + 1))
    return [Wanted("months", ((f"climat.{year}{month:02d}.csv.gz",),)) for year, month in months]


@dataclass(frozen=True)
class ClimatFiles:
    """See :class:`ingestion.feed.Feed`: published files, where their user names an address."""

    files: PublishedFiles

    def fetch(self, visit: Visit) -> Generator[Incoming, None, None]:
        """Every month wanted.

        Raises:
            SettingsError: no address is given.
        """
        if not (visit.url or visit.settings.of(ClimatSettings).url):
            raise SettingsError(NO_ADDRESS)
        yield from self.files.fetch(visit)


SOURCE = Source(
    name="climat",
    display_name="Météo-France CLIMAT",
    licence=LICENCE_OUVERTE,
    tables=(
        Table(
            name="months",
            layout=MONTHS,
            claims=lambda file: bool(MONTHLY.fullmatch(file)),
            period=_period,
            time_column="dat",
            # a month is published once, some days after its end
            schedule=Schedule(cadence_hours=744, overdue_after_hours=960),
        ),
    ),
    feed=ClimatFiles(
        PublishedFiles(
            source="climat",
            wanted=_wanted,
            table_of=lambda file: "months" if MONTHLY.fullmatch(file) else None,
            base_url=lambda settings: settings.of(ClimatSettings).url,
            default_days=LIVE_DAYS,
        )
    ),
)
