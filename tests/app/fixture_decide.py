"""Four years of invented days at a post that nobody observes by the hour: each month has one temperature, each day one rain.

From 1 September 2026 it is 1 °C warmer and rains half as much, so that the last season differs from the others by known sums.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

POST = "insee:31157001"
NAME = "TOULOUSE-FRANCAZAL"
FIRST, LAST = date(2022, 9, 1), date(2026, 11, 15)
MINIMUM_C = {1: -2, 2: -1, 3: 3, 4: 6, 5: 10, 6: 14, 7: 16, 8: 16, 9: 12, 10: 8, 11: 3, 12: -1}
RANGE_C = 10
RAIN_MM = 2.0
CHANGE = date(2026, 9, 1)
MISSING_DAY = date(2026, 10, 5)
INCOMPLETE_DAY = date(2026, 10, 6)

Tables = dict[str, list[dict[str, Any]]]


def add(tables: Tables) -> None:
    """Put the rows of the Decide page into `tables`, which hold those of the other pages."""
    tables["dim_locations"].append(
        {"location_id": POST, "location_kind": "station", "location_name": NAME, "latitude": 43.54, "longitude": 1.37}
    )
    day = FIRST
    while day <= LAST:
        if day != MISSING_DAY:
            tables["fct_daily_weather"].append(_day(day))
        day += timedelta(days=1)


def _day(day: date) -> dict[str, Any]:
    is_changed, is_complete = day >= CHANGE, day != INCOMPLETE_DAY
    low = MINIMUM_C[day.month] + (1.0 if is_changed else 0.0)
    return {
        "location_id": POST,
        "weather_date": day,
        "source": "climatology",
        "temperature_min_c": low,
        "temperature_max_c": low + RANGE_C,
        "precipitation_mm": RAIN_MM / 2 if is_changed else RAIN_MM,
        "is_temperature_complete": is_complete,
        "is_temperature_min_complete": is_complete,
        "is_precipitation_complete": True,
    }
