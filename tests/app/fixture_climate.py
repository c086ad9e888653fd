"""Fifteen years of invented climate at Bordeaux, its records, and events: every figure can be computed by hand.

The year's curve is the same each year but for a step of a tenth of a degree, so the reference is the middle year.
"""

from __future__ import annotations

import math
from calendar import monthrange
from datetime import date, timedelta
from typing import Any

STATION = "wmo:07510"
FIRST_YEAR, LAST_YEAR = 2001, 2015
MIDDLE_YEAR = 2008
WARMING_C = 0.1
"""By which each year is warmer than the one before."""
INCOMPLETE_MONTH = date(2005, 3, 1)
MISSING_YEAR = 2009
REFERENCE = f"available {FIRST_YEAR}-{LAST_YEAR}"
YOUNG_STATION = "wmo:07015"
"""Two months of SYNOP: no reference."""
FROST = (date(2026, 11, 2), date(2026, 11, 8))
RAIN = date(2026, 10, 20)
HEAT = (date(2020, 8, 6), date(2020, 8, 13))
INDICATOR_STATIONS = 23

Tables = dict[str, list[dict[str, Any]]]


def usual_temperature(month: int) -> float:
    return round(13 - 8 * math.cos((month - 1) * math.pi / 6), 1)


def add(tables: Tables) -> None:
    """Put the rows of the Climate page into `tables`, which hold those of the other pages."""
    for year in range(FIRST_YEAR, LAST_YEAR + 1):
        if year != MISSING_YEAR:
            for month in range(1, 13):
                _month(tables, year, month)
    for month in range(1, 13):
        usual = usual_temperature(month)
        tables["dim_climate_normals"].append(
            {
                "location_id": STATION,
                "month_number": month,
                "source": "climat",
                "reference_period": REFERENCE,
                "is_standard_normal": False,
                "year_count": 14,
                "temperature_min_normal_c": usual - 5,
                "temperature_mean_normal_c": usual,
                "temperature_max_normal_c": usual + 5,
                "temperature_mean_year_count": 13 if month == INCOMPLETE_MONTH.month else 14,
                "precipitation_normal_mm": 80.0,
                "precipitation_p20_mm": 40.0,
                "precipitation_p80_mm": 120.0,
                "precipitation_year_count": 14,
                "is_temperature_established": True,
                "is_precipitation_established": True,
            }
        )
    for month in (9, 10):
        tables["fct_monthly_climate"].append(
            {
                "location_id": YOUNG_STATION,
                "month_start_date": date(2026, month, 1),
                "source": "synop",
                "temperature_mean_c": 15.0 - month,
                "hot_day_count": 1,
                "calendar_day_count": monthrange(2026, month)[1],
                "temperature_day_count": 28,
                "is_temperature_complete": True,
                "is_precipitation_complete": False,
            }
        )
    _records(tables)
    _events(tables)


def _month(tables: Tables, year: int, month: int) -> None:
    begins = date(year, month, 1)
    is_complete = begins != INCOMPLETE_MONTH
    days = monthrange(year, month)[1]
    mean = usual_temperature(month) + WARMING_C * (year - MIDDLE_YEAR)
    rain = 100.0 if year % 2 else 60.0
    common = {
        "location_id": STATION,
        "month_start_date": begins,
        "source": "climat",
        "temperature_mean_c": mean,
        "precipitation_total_mm": rain,
        "is_temperature_complete": is_complete,
        "is_precipitation_complete": True,
    }
    tables["fct_monthly_climate"].append(
        {
            **common,
            "hot_day_count": 10 if month in (7, 8) else 0,
            "frost_day_count": 5 if month in (1, 2) else 0,
            "rain_day_count": 9,
            "calendar_day_count": days,
            "temperature_day_count": days if is_complete else days - 12,
            "precipitation_day_count": days,
        }
    )
    tables["fct_climate_anomalies"].append(
        {
            **common,
            "reference_period": REFERENCE,
            "is_standard_normal": False,
            "temperature_mean_normal_c": usual_temperature(month),
            "temperature_mean_year_count": 14,
            "temperature_mean_anomaly_c": mean - usual_temperature(month) if is_complete else None,
            "precipitation_normal_mm": 80.0,
            "precipitation_year_count": 14,
            "precipitation_anomaly_mm": rain - 80,
            "precipitation_anomaly_pct": 100 * (rain - 80) / 80,
        }
    )


def _records(tables: Tables) -> None:
    for element, season, value, on, previous, before, is_complete in (
        ("highest_temperature_max_c", "all", 40.7, date(2012, 8, 18), 40.1, date(2003, 8, 4), False),
        ("highest_temperature_max_c", "8", 40.7, date(2012, 8, 18), 40.1, date(2003, 8, 4), False),
        ("lowest_temperature_min_c", "all", -9.5, date(2012, 2, 9), None, None, True),
        ("lowest_temperature_min_c", "2", -9.5, date(2012, 2, 9), None, None, True),
        ("highest_monthly_precipitation_mm", "all", 100.0, date(2001, 1, 1), None, None, True),
    ):
        tables["fct_weather_records"].append(
            {
                "location_id": STATION,
                "source": "climat",
                "element": element,
                "season": season,
                "record_value": value,
                "recorded_date": on,
                "is_complete": is_complete,
                "previous_value": previous,
                "previous_date": before,
                "first_date": date(FIRST_YEAR, 1, 1),
                "value_count": 168,
                "year_count": 14,
                "covered_year_count": 14,
                "is_established": True,
            }
        )


def _events(tables: Tables) -> None:
    for kind, scope, place, (first, last), element, peak, rule, series, is_end_certain in (
        ("heavy_rain", "location", STATION, (RAIN, RAIN), "precipitation_mm", 61.0, "local_heavy_rain", "synop", True),
        ("frost_spell", "location", STATION, FROST, "temperature_min_c", -6.1, "local_frost_spell", "synop", False),
        ("heat_wave", "national", None, HEAT, "temperature_tntx_mean_c", 27.4, "national_heat_wave", "available", True),
    ):
        tables["fct_weather_events"].append(
            {
                "event_id": f"{kind}:{place or 'national'}:{first}",
                "event_type": kind,
                "scope": scope,
                "location_id": place,
                "start_date": first,
                "end_date": last,
                "duration_days": (last - first).days + 1,
                "core_day_count": (last - first).days + 1,
                "element": element,
                "unit": "mm" if kind == "heavy_rain" else "degC",
                "peak_value": peak,
                "peak_date": first,
                "cumulative_excess": 12.5,
                "severity": "severe",
                "threshold_name": rule,
                "series": series,
                "is_start_certain": True,
                "is_end_certain": is_end_certain,
                "is_ongoing": False,
            }
        )
    day = HEAT[0] - timedelta(days=15)
    while day <= HEAT[1] + timedelta(days=15):
        tables["fct_thermal_indicators"].append(
            {
                "weather_date": day,
                "indicator": "available",
                "temperature_c": 26.0 if HEAT[0] <= day <= HEAT[1] else 21.0,
                "station_count": INDICATOR_STATIONS,
                "full_station_count": 24,
                "is_valid": True,
            }
        )
        day += timedelta(days=1)
