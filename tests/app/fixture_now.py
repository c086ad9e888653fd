"""Rows for the pages Now and Place: vigilance, normals, records, a city, and one station's Novembers of ten years before."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from marts_fixture import Row, Weather

CITY = "city:montreal-ca"
USUAL_STATION = "wmo:07510"
"""Has the standard normal, and a record near."""
LONG_STATION = "wmo:07630"
"""Has the years there are, of another source, and ten earlier Novembers of its own."""
LONG_YEARS = range(2010, 2020)
NORMAL_MEAN_C, NORMAL_HALF_RANGE_C, NORMAL_RAIN_MM = 10.0, 4.0, 62.0
"""The same in every month, so that what is usual on a day is known without interpolation."""
RECORD_ABOVE_C = 0.6
"""How far the record of the month lies above the maximum of the newest complete day."""

RED, ORANGE, YELLOW = 4, 3, 2
MAP_MADE = datetime(2026, 11, 20, 5, 0)
MAP_ENDS = datetime(2026, 11, 21, 23, 0)
TODAY_ENDS = datetime(2026, 11, 20, 23, 0)
WARNINGS = (
    # domain, kind, phenomenon, colour, from, to
    ("33", "department", "1", RED, MAP_MADE, TODAY_ENDS),
    ("40", "department", "1", ORANGE, MAP_MADE, TODAY_ENDS),
    ("64", "department", "1", ORANGE, MAP_MADE, TODAY_ENDS),
    ("64", "department", "2", YELLOW, MAP_MADE, TODAY_ENDS),
    ("1310", "coast", "9", YELLOW, MAP_MADE, TODAY_ENDS),
    ("2A", "department", "2", ORANGE, TODAY_ENDS, MAP_ENDS),
)
GREENS = ("75", "59", "2A", "13")
PHENOMENA = {
    "1": ("violent wind", "vent violent"),
    "2": ("rain and flood", "pluie-inondation"),
    "9": ("coastal waves and flood", "vagues-submersion"),
}


def add(made: Weather) -> None:
    """The rows, beside those of `marts_fixture.weather`."""
    _vigilance(made)
    _normals(made)
    _city(made)
    _novembers(made)
    _record(made)


def _vigilance(made: Weather) -> None:
    greens = [(code, "department", "1", 1, MAP_MADE, TODAY_ENDS) for code in GREENS]
    for domain, kind, phenomenon, colour, begins, ends in (*WARNINGS, *greens):
        made.tables["fct_vigilance"].append(
            {
                "product": f"{MAP_MADE.isoformat()}Z",
                "domain_id": domain,
                "domain_kind": kind,
                "department_code": domain[:2],
                "phenomenon_id": phenomenon,
                "phenomenon_name_en": PHENOMENA[phenomenon][0],
                "phenomenon_name_fr": PHENOMENA[phenomenon][1],
                "colour_number": colour,
                "colour": ("green", "yellow", "orange", "red")[colour - 1],
                "begins_at": begins,
                "ends_at": ends,
                "valid_from_at": begins,
                "valid_to_at": ends,
                "updated_at": MAP_MADE,
                "updated_date": MAP_MADE.date(),
                "is_current": True,
            }
        )


def _normals(made: Weather) -> None:
    for location_id, source, reference, is_standard, years in (
        (USUAL_STATION, "synop", "available 2014-2026", False, 13),
        (USUAL_STATION, "climatology", "1991-2020", True, 28),
        (LONG_STATION, "climat", "available 1990-2014", False, 25),
    ):
        for month in range(1, 13):
            made.tables["dim_climate_normals"].append(
                {
                    "location_id": location_id,
                    "month_number": month,
                    "source": source,
                    "reference_period": reference,
                    "is_standard_normal": is_standard,
                    "year_count": years,
                    "temperature_mean_normal_c": NORMAL_MEAN_C,
                    "temperature_min_normal_c": NORMAL_MEAN_C - NORMAL_HALF_RANGE_C,
                    "temperature_max_normal_c": NORMAL_MEAN_C + NORMAL_HALF_RANGE_C,
                    "precipitation_normal_mm": NORMAL_RAIN_MM,
                    "temperature_mean_year_count": years,
                    "precipitation_year_count": years,
                    "is_temperature_established": True,
                    "is_precipitation_established": True,
                }
            )


def _city(made: Weather) -> None:
    newest = datetime(2026, 11, 20, 8, 30)
    made.tables["dim_locations"].append(
        {
            "location_id": CITY,
            "location_kind": "city",
            "location_name": "Montreal",
            "latitude": 45.5,
            "longitude": -73.57,
            "country_code": "CA",
            "first_observed_at": newest,
            "last_observed_at": newest,
        }
    )
    made.tables["fct_observations"].append(
        {
            "location_id": CITY,
            "observed_at": newest,
            "observed_date": newest.date(),
            "source": "openweather",
            "temperature_c": 1.5,
            "wind_speed_ms": 0.1,
            "wind_direction_deg": 200.0,
            "beaufort": 0,
            "quality_flag": "ok",
        }
    )
    made.tables["fct_daily_weather"].append(
        {
            "location_id": CITY,
            "weather_date": newest.date(),
            "source": "openweather",
            "temperature_min_c": 1.5,
            "temperature_max_c": 1.5,
            "temperature_mean_c": 1.5,
            "observation_count": 1,
            "is_temperature_complete": False,
            "is_precipitation_complete": False,
        }
    )


def _novembers(made: Weather) -> None:
    """Daily means of 9 and 11 °C in turn: their standard deviation is near 1 °C."""
    for year in LONG_YEARS:
        for number in range(30):
            made.tables["fct_daily_weather"].append(
                {
                    "location_id": LONG_STATION,
                    "weather_date": date(year, 11, 1) + timedelta(days=number),
                    "source": "synop",
                    "temperature_min_c": 6.0,
                    "temperature_max_c": 14.0,
                    "temperature_mean_c": 9.0 + 2 * (number % 2),
                    "precipitation_mm": 25.0 if number == 0 else 0.0,
                    "is_trace": False,
                    "observation_count": 8,
                    "is_temperature_complete": True,
                    "is_precipitation_complete": True,
                }
            )


def _record(made: Weather) -> None:
    day = newest_complete(made, USUAL_STATION)
    made.tables["fct_weather_records"].append(
        {
            "location_id": USUAL_STATION,
            "source": "synop",
            "element": "highest_temperature_max_c",
            "season": "11",
            "record_value": day["temperature_max_c"] + RECORD_ABOVE_C,  # type: ignore[operator]
            "recorded_date": date(2015, 11, 7),
            "previous_value": 20.0,
            "previous_date": date(2014, 11, 1),
            "first_date": date(2010, 1, 1),
            "value_count": 300,
            "year_count": 16,
            "covered_year_count": 16,
            "is_established": True,
        }
    )


def newest_complete(made: Weather, location_id: str) -> Row:
    """The day that is held against normals and records."""
    days = [
        row
        for row in made.tables["fct_daily_weather"]
        if row["location_id"] == location_id and row["is_temperature_complete"]
    ]
    return max(days, key=lambda row: row["weather_date"])  # type: ignore[arg-type, return-value]
