"""Forecasts of two cities, one of which a station verifies, and the air quality of that one.

Errors follow a rule (`temperature_error`, `RAIN`), so that every score can be computed by hand.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from marts_fixture import Row, Weather

NOW = datetime(2026, 11, 20, 10, 0)
VERIFIED, UNVERIFIED, STATION = "city:bordeaux-fr", "city:grenoble-fr", "wmo:07510"
SOURCE = "openweather"
NEWEST_ISSUE = datetime(2026, 11, 20, 9, 0)
STEP_COUNT = 16

PAIR_COUNTS = {3: 40, 24: 40, 48: 12}
"""Pairs of each element by lead: at 48 h too few for a score."""
RAIN = ((2.0, 2.0, 0.8), (2.0, 0.0, 0.8), (0.0, 2.0, 0.2), (0.0, 0.0, 0.2))
"""Forecast mm, measured mm, forecast probability, in turn: a hit, a false alarm, a miss, neither."""
PERSISTENCE_SQUARED_ERROR = 4.0

AIR_HOURS = 5 * 24
AIR_NEWEST = datetime(2026, 11, 20, 9, 0)
AIR_GAP = (AIR_NEWEST - timedelta(hours=30), AIR_NEWEST - timedelta(hours=20))
"""No hour between the two."""
INDICES = {
    "openweather": (1, 1, "Good", "Bon", 6, True),
    "eaqi_2025": (2, 2, "Fair", "Moyen", 5, True),
    "atmo_2021": (3, 3, "Moderate", "Dégradé", 5, True),
    "us_aqi_2024": (37, 1, "Good", "Bon", 4, False),
}
"""Value, class, its names, pollutants that took part, whether those are all: of every hour."""


def temperature_error(lead: int, number: int) -> float:
    """Half a degree on either side of one degree a day: at 24 h the bias and the mean miss are 1 °C."""
    return lead / 24 + (0.5 if number % 2 else -0.5)


def add(made: Weather) -> None:
    for location_id, name in ((VERIFIED, "Bordeaux"), (UNVERIFIED, "Grenoble")):
        made.tables["dim_locations"].append(
            {
                "location_id": location_id,
                "location_kind": "city",
                "location_name": name,
                "latitude": 45.0,
                "longitude": 0.0,
                "nearest_station_id": STATION,
                "nearest_station_km": 8.7 if location_id == VERIFIED else 480.0,
            }
        )
        for step in range(1, STEP_COUNT + 1):
            made.tables["fct_forecasts"].append(
                {
                    "location_id": location_id,
                    "source": SOURCE,
                    "issued_at": NEWEST_ISSUE,
                    "issued_date": NEWEST_ISSUE.date(),
                    "valid_at": NEWEST_ISSUE + timedelta(hours=3 * step),
                    "lead_hours": 3.0 * step,
                    "temperature_c": 15.0,
                    "precipitation_3h_mm": 0.5,
                    "precipitation_probability": 0.4,
                    "condition_code": "rain",
                }
            )
    pairs = [pair for lead, count in PAIR_COUNTS.items() for number in range(count) for pair in _pairs(lead, number)]
    made.tables["fct_forecast_verification"] = pairs
    made.tables["agg_forecast_skill"] = _scores(pairs)
    _add_air_quality(made)


def _pairs(lead: int, number: int) -> list[Row]:
    """Temperature and rain of one step, twelve hours apart: they reach into two months."""
    valid_at = NEWEST_ISSUE - timedelta(hours=12 * number)
    forecast_mm, measured_mm, probability = RAIN[number % len(RAIN)]
    return [
        {
            "location_id": VERIFIED,
            "source": SOURCE,
            "issued_at": valid_at - timedelta(hours=lead),
            "valid_at": valid_at,
            "valid_date": valid_at.date(),
            "element": element,
            "lead_hours": float(lead),
            "forecast_value": forecast,
            "observed_value": measured,
            "error": forecast - measured,
            "forecast_probability": chance,
            "station_id": STATION,
            "distance_km": 8.7,
            "altitude_difference_m": 31.0,
            "observation_source": "synop",
            "observed_at": valid_at,
            "gap_minutes": 0.0,
        }
        for element, forecast, measured, chance in (
            ("temperature_c", 12.0 + temperature_error(lead, number), 12.0, None),
            ("precipitation_3h_mm", forecast_mm, measured_mm, probability),
        )
    ]


def _scores(pairs: list[Row]) -> list[Row]:
    """Of the place and of all places, of each month and of all months, as agg_forecast_skill has them."""
    groups: dict[tuple[str, int, str, str], list[Row]] = {}
    for pair in pairs:
        month = pair["valid_date"].strftime("%Y-%m")  # type: ignore[attr-defined]
        for location in (VERIFIED, "all"):
            for of in (month, "all"):
                key = (str(pair["element"]), int(pair["lead_hours"]), location, of)  # type: ignore[call-overload]
                groups.setdefault(key, []).append(pair)
    return [_score(*key, group) for key, group in groups.items()]


def _score(element: str, lead: int, location: str, month: str, group: list[Row]) -> Row:
    errors = [float(pair["error"]) for pair in group]  # type: ignore[arg-type]
    squares = sum(error**2 for error in errors) / len(errors)
    row: Row = {
        "source": SOURCE,
        "element": element,
        "lead_bucket_hours": lead,
        "location_id": location,
        "month": month,
        "pair_count": len(errors),
        "bias": sum(errors) / len(errors),
        "mae": sum(map(abs, errors)) / len(errors),
        "rmse": math.sqrt(squares),
        "skill_persistence": 1 - squares / PERSISTENCE_SQUARED_ERROR,
        "persistence_pair_count": len(errors),
        "climatology_pair_count": 0,
        "probability_pair_count": 0,
    }
    if element != "precipitation_3h_mm":
        return row
    seen = [(pair["forecast_value"] >= 1, pair["observed_value"] >= 1) for pair in group]  # type: ignore[operator]
    hits, misses, false_alarms = seen.count((True, True)), seen.count((False, True)), seen.count((True, False))
    chances = [(float(pair["forecast_probability"]), pair["observed_value"] >= 0.1) for pair in group]  # type: ignore
    return row | {
        "hit_count": hits,
        "miss_count": misses,
        "false_alarm_count": false_alarms,
        "correct_negative_count": seen.count((False, False)),
        "pod": hits / (hits + misses) if hits + misses else None,
        "far": false_alarms / (hits + false_alarms) if hits + false_alarms else None,
        "csi": hits / (hits + misses + false_alarms) if hits + misses + false_alarms else None,
        "brier": sum((chance - came) ** 2 for chance, came in chances) / len(chances),
        "probability_pair_count": len(chances),
    }


def _add_air_quality(made: Weather) -> None:
    place = {"location_id": VERIFIED, "source": SOURCE}
    for back in range(AIR_HOURS):
        at = AIR_NEWEST - timedelta(hours=back)
        if AIR_GAP[0] < at < AIR_GAP[1]:
            continue
        when = {"observed_at": at, "observed_date": at.date()}
        made.tables["fct_air_quality"].append(place | when | {"pm2_5_ugm3": 8.0, "o3_ugm3": 55.4, "co_ugm3": 227.0})
        for name, (value, index_class, english, french, count, is_complete) in INDICES.items():
            made.tables["fct_air_quality_indices"].append(
                place
                | when
                | {
                    "index_name": name,
                    "index_version": "1",
                    "index_value": value,
                    "index_class": index_class,
                    "index_label": english,
                    "index_label_fr": french,
                    "worst_pollutant": "o3" if name == "atmo_2021" else "pm2_5",
                    "pollutant_count": count,
                    "is_complete": is_complete,
                }
            )
    for ahead in range(1, 25):
        at = AIR_NEWEST + timedelta(hours=ahead)
        made.tables["fct_air_quality_forecasts"].append(
            place
            | {"issued_at": AIR_NEWEST, "issued_date": AIR_NEWEST.date(), "valid_at": at}
            | {"lead_hours": float(ahead), "pm2_5_ugm3": 9.0, "o3_ugm3": 60.0}
        )
