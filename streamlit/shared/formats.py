"""Numbers, dates and ages as a reader of each language writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo

import pandas as pd

from shared.translations import MONTH_NAMES, MONTHS, POINTS, text
from shared.units import WindUnit, in_zone, offset

THIN_SPACE = "\u202f"
MINUS = "\u2212"
MINUTES_OF_YEAR = 60 * 24 * 365.25
SHORT_AGES = (
    ("age_short_minutes", 1, 120),
    ("age_short_hours", 60, 48),
    ("age_short_days", 60 * 24, 61),
    ("age_short_months", MINUTES_OF_YEAR / 12, 24),
)
GROUPED_FROM = 10_000
"""Four figures stay together, as in 1013 hPa."""


def number(language: str, value: float | None, digits: int = 1, unit: str = "") -> str:
    """`12.3 °C` or `12,3 °C`; an en dash where there is no value."""
    if value is None or pd.isna(value):
        return "–"
    written = f"{value:,.{digits}f}" if abs(value) >= GROUPED_FROM else f"{value:.{digits}f}"
    if float(written.replace(",", "")) == 0:
        written = written.lstrip("-")  # no minus zero
    if language == "fr":
        written = written.replace(",", THIN_SPACE).replace(".", ",")
    return written.replace("-", MINUS) + (f"\u00a0{unit}" if unit else "")


def signed(language: str, value: float | None, digits: int = 1, unit: str = "") -> str:
    """`+1.2 °C` or `−1,2 °C`: a difference says which way."""
    written = number(language, value, digits, unit)
    return written if value is None or pd.isna(value) or written[0] == MINUS else f"+{written}"


def month(language: str, number_of_year: int) -> str:
    """`February`, `février`."""
    return MONTH_NAMES[language][number_of_year - 1]


def reference(language: str, period: str) -> str:
    """A reference period of the marts: `1991–2020`; `1990–2014, the years there are`, where no standard normal is."""
    years = period.rpartition(" ")[2].replace("-", "–")
    return text(language, "available_years", years=years) if period.startswith("available") else years


def day(language: str, value: date) -> str:
    """`20 Nov 2026`, `20 nov. 2026`, `1er mars 2026`."""
    ordinal = "1er" if language == "fr" and value.day == 1 else str(value.day)
    return f"{ordinal} {MONTHS[language][value.month - 1]} {value.year}"


def span(language: str, begin: date, grain: str) -> str:
    """The day, month or year that begins on `begin`: `20 Nov 2026`, `Nov 2026`, `2026`."""
    if grain == "day":
        return day(language, begin)
    return f"{MONTHS[language][begin.month - 1]} {begin.year}" if grain == "month" else str(begin.year)


def month_day(language: str, value: date) -> str:
    """`20 Nov`, `20 nov.`, `1er mars`: a day of any year."""
    return day(language, value).rpartition(" ")[0]


def moment(language: str, value: datetime, zone: tzinfo = UTC) -> str:
    """A UTC time as the clocks of `zone` show it, which it names: `20 Nov 2026 10:00 UTC+1`, `20 nov. 2026 09:00 UTC`."""
    return f"{clock(language, value, zone)} {offset(value, zone)}"


def clock(language: str, value: datetime, zone: tzinfo = UTC) -> str:
    """The same without the zone, for what names it once: a column, an axis."""
    shown = in_zone(value, zone)
    return f"{day(language, shown)} {shown:%H:%M}"


def speed(language: str, speed_ms: float | None, unit: WindUnit) -> str:
    """`18 km/h`; an en dash where there is no value."""
    return number(language, None if speed_ms is None else speed_ms * unit.per_ms, unit.digits, unit.symbol)


def age(language: str, elapsed: timedelta) -> str:
    """`3 h ago`: in the largest unit of which there are at least two, rounded down."""
    minutes = int(elapsed.total_seconds() // 60)
    if minutes <= -2 * 24 * 60:
        return text(language, "age_ahead_days", n=-minutes // (24 * 60))
    if minutes <= -120:
        return text(language, "age_ahead_hours", n=-minutes // 60)
    if minutes < 0:
        return text(language, "age_ahead_minutes", n=-minutes)
    for key, size, limit in (
        ("age_minutes", 1, 120),
        ("age_hours", 60, 48),
        ("age_days", 60 * 24, 61),
        ("age_months", 60 * 24 * 30.4375, 24),
    ):
        if minutes / size < limit:
            return text(language, key, n=int(minutes / size))
    return text(language, "age_years", n=int(minutes / (60 * 24 * 365.25)))


def short_age(language: str, elapsed: timedelta) -> str:
    """`3 h`, `2 d`, `6 y`, for where there is no room; in the unit that `age` has."""
    minutes = abs(int(elapsed.total_seconds() // 60))
    for key, size, limit in SHORT_AGES:
        if minutes / size < limit:
            return text(language, key, n=int(minutes / size))
    return text(language, "age_short_years", n=int(minutes / MINUTES_OF_YEAR))


def compass(language: str, degrees: float | None) -> str:
    """The compass point the wind comes from; empty where there is no direction."""
    if degrees is None or pd.isna(degrees):
        return ""
    return POINTS[language][int((degrees % 360) / 22.5 + 0.5) % 16]


def wind(language: str, speed_ms: float | None, degrees: float | None, unit: WindUnit) -> str:
    """`18 km/h from SW`. SYNOP codes a calm as direction 0 at speed 0."""
    if speed_ms is None or pd.isna(speed_ms):
        return "–"
    if speed_ms == 0:
        return text(language, "calm")
    point = compass(language, degrees)
    written = speed(language, speed_ms, unit)
    return f"{written} {text(language, 'from_direction', direction=point)}" if point else written
