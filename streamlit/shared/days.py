"""Which days are meant: the extent of a series, and the period that the reader chooses of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from repository import Series
from shared import formats
from shared.translations import text

PERIOD_DAYS = {"7d": 7, "30d": 30, "90d": 90, "1y": 365}
PERIODS = (*PERIOD_DAYS, "all", "custom")
DEFAULT_PERIOD = "30d"


@dataclass(frozen=True)
class Extent:
    """The first and last day that one source has of a location."""

    location_id: str
    source: str
    first: date
    last: date

    @property
    def series(self) -> Series:
        return self.location_id, self.source


@dataclass(frozen=True)
class Period:
    """From `first` to `last`, both included."""

    first: date
    last: date

    @property
    def day_count(self) -> int:
        return (self.last - self.first).days + 1


def span(language: str, period: Period) -> str:
    """`1 Jan 2026 to 31 Jan 2026`, or the one day."""
    first, last = formats.day(language, period.first), formats.day(language, period.last)
    return first if first == last else text(language, "span", first=first, last=last)


def period_of(key: str, chosen: Sequence[Extent]) -> Period:
    """A named period, counted back from the last day of any of `chosen`, and never before the first of all."""
    first, last = min(extent.first for extent in chosen), max(extent.last for extent in chosen)
    if key == "all":
        return Period(first, last)
    return Period(max(last - timedelta(days=PERIOD_DAYS[key] - 1), first), last)


def parse_day(value: str | None, default: date) -> date:
    """An ISO day from the address; `default` when it is not one."""
    try:
        return date.fromisoformat(value or "")
    except ValueError:
        return default
