"""The unit of wind and the zone of times, as the reader chooses them; each is named wherever it stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pandas as pd


@dataclass(frozen=True)
class WindUnit:
    """A unit of speed: `per_ms` of it are a metre per second."""

    key: str
    symbol: str
    per_ms: float
    digits: int


WIND_UNITS = {
    unit.key: unit
    for unit in (
        WindUnit("kmh", "km/h", 3.6, 0),
        WindUnit("ms", "m/s", 1.0, 1),
        WindUnit("kn", "kn", 3600 / 1852, 0),  # a nautical mile of 1,852 m an hour
    )
}
"""By its key in the address; the first is the default."""

ZONES = ("local", "utc")
"""The place's own zone, or UTC; the first is the default."""


@cache
def zone_named(name: str | None) -> tzinfo:
    """The zone of an IANA name; UTC where there is none, or one that this machine does not know."""
    try:
        return ZoneInfo(name) if name else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def in_zone(moment: datetime, zone: tzinfo) -> datetime:
    """A UTC time without zone as one with `zone`."""
    return moment.replace(tzinfo=UTC).astimezone(zone)


def column_in_zone(times: pd.Series, zone: tzinfo) -> pd.Series:
    """UTC times without zone as the clocks of `zone` show them, again without zone."""
    return times.dt.tz_localize("UTC").dt.tz_convert(zone).dt.tz_localize(None)


def offset(moment: datetime, zone: tzinfo) -> str:
    """How far the clocks of `zone` are from UTC at a UTC time: `UTC+1`, `UTC−3`, `UTC+5:30`, `UTC`."""
    minutes = round((in_zone(moment, zone).utcoffset() or timedelta()).total_seconds() / 60)
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'+' if minutes > 0 else '−'}{hours}" + (f":{rest:02d}" if rest else "")
