"""Numbers, dates and ages as a reader of each language writes them."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pandas as pd

from services.translations import MONTHS, POINTS, text

THIN_SPACE = "\u202f"
MINUS = "\u2212"
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
    """As `number`, with a plus where it is above zero: for differences."""
    written = number(language, value, digits, unit)
    return f"+{written}" if value is not None and round(value, digits) > 0 else written


def month(language: str, year: int, number_of_month: int) -> str:
    """`Nov 2026`, `nov. 2026`."""
    return f"{MONTHS[language][number_of_month - 1]} {year}"


def day(language: str, value: date) -> str:
    """`20 Nov 2026`, `20 nov. 2026`, `1er mars 2026`."""
    ordinal = "1er" if language == "fr" and value.day == 1 else str(value.day)
    return f"{ordinal} {MONTHS[language][value.month - 1]} {value.year}"


def moment(language: str, value: datetime) -> str:
    """`20 Nov 2026 09:00`; the caller says UTC."""
    return f"{day(language, value)} {value:%H:%M}"


def age(language: str, elapsed: timedelta) -> str:
    """`3 h ago`: in the largest unit of which there are at least two, rounded down."""
    minutes = int(elapsed.total_seconds() // 60)
    if minutes < 0:
        return text(language, "age_ahead", n=-(minutes // 60))
    for key, size, limit in (
        ("age_minutes", 1, 120),
        ("age_hours", 60, 48),
        ("age_days", 60 * 24, 61),
        ("age_months", 60 * 24 * 30.4375, 24),
    ):
        if minutes / size < limit:
            return text(language, key, n=int(minutes / size))
    return text(language, "age_years", n=int(minutes / (60 * 24 * 365.25)))


def compass(language: str, degrees: float | None) -> str:
    """The compass point the wind comes from; empty where there is no direction."""
    if degrees is None or pd.isna(degrees):
        return ""
    return POINTS[language][int((degrees % 360) / 22.5 + 0.5) % 16]


def wind(language: str, speed: float | None, degrees: float | None) -> str:
    """`5.1 m/s from SW`. SYNOP codes a calm as direction 0 at speed 0."""
    if speed is None or pd.isna(speed):
        return "–"
    if speed == 0:
        return text(language, "calm")
    point = compass(language, degrees)
    written = number(language, speed, 1, "m/s")
    return f"{written} {text(language, 'from_direction', direction=point)}" if point else written
