"""A small published file, built from code with the columns that the contract promises: views over Parquet, one publication.

Invented weather at real places: smooth curves that differ by latitude, so that every figure can be computed in a test.
"""

from __future__ import annotations

import math
import os
from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import fixture_climate
import fixture_decide
import fixture_forecasts
import fixture_now
import pandas as pd
import yaml

from isobar.publish.base import SOURCES_COLUMNS, described_sources

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "streamlit" / "app.py"

NOW = datetime(2026, 11, 20, 10, 0)
NEWEST = datetime(2026, 11, 20, 9, 0)
LAST_DAY = date(2026, 11, 20)
DAY_COUNT = 45
TERM_HOURS = 3
BEAUFORT = (0.3, 1.6, 3.4, 5.5, 8.0, 10.8, 13.9)
"""m/s: the lower bounds of Beaufort 1 to 7."""

# id, name, latitude, longitude, altitude: rounded positions of public stations.
STATIONS = (
    ("wmo:07015", "LILLE-LESQUIN", 50.57, 3.10, 47.0),
    ("wmo:07110", "BREST-GUIPAVAS", 48.44, -4.41, 94.0),
    ("wmo:07149", "ORLY", 48.72, 2.38, 89.0),
    ("wmo:07190", "STRASBOURG-ENTZHEIM", 48.55, 7.64, 150.0),
    ("wmo:07222", "NANTES-BOUGUENAIS", 47.15, -1.61, 26.0),
    ("wmo:07481", "LYON-ST EXUPERY", 45.73, 5.08, 235.0),
    ("wmo:07510", "BORDEAUX-MERIGNAC", 44.83, -0.69, 47.0),
    ("wmo:07630", "TOULOUSE-BLAGNAC", 43.62, 1.38, 151.0),
    ("wmo:07650", "MARIGNANE", 43.44, 5.22, 9.0),
    ("wmo:07761", "AJACCIO", 41.92, 8.79, 5.0),
    ("wmo:61980", "GILLOT-AEROPORT", -20.89, 55.53, 8.0),
    ("wmo:78897", "LE RAIZET AERO", 16.26, -61.52, 11.0),
    ("wmo:89642", "DUMONT D'URVILLE", -66.66, 140.00, 43.0),
)
TIMEZONES = {"wmo:07": "Europe/Paris", "wmo:61": "Indian/Reunion", "wmo:78": "America/Guadeloupe"}
"""By the beginning of a station's id; the last station has none."""
SILENT_STATION = "wmo:07190"
SILENT_SINCE = NEWEST - timedelta(days=3)
GAP_STATION = "wmo:07222"
GAP_DAYS = (LAST_DAY - timedelta(days=12), LAST_DAY - timedelta(days=11))
NO_PRESSURE_STATION = "wmo:07481"
NO_DAYS_STATION = "wmo:89642"

MODELS = ROOT / "dbt_project" / "models" / "marts"


def published_columns() -> dict[str, str]:
    """Each published mart's columns with their types, as its YAML promises them; health has a file of its own."""
    columns = {}
    for file in sorted(MODELS.glob("*/_*__models.yml")):
        if file.parent.name != "health":
            for model in yaml.safe_load(file.read_text(encoding="utf-8"))["models"]:
                columns[model["name"]] = ", ".join(f"{c['name']} {c['data_type']}" for c in model["columns"])
    return columns


COLUMNS = published_columns()
LATEST_COLUMNS = (
    "location_id, source, observed_at, temperature_c, dew_point_c, relative_humidity_pct, pressure_sea_level_hpa, "
    "wind_speed_ms, wind_direction_deg, wind_gust_ms, visibility_m, cloud_cover_pct, precipitation_1h_mm, "
    "precipitation_3h_mm, precipitation_24h_mm, snow_depth_m, condition_code, quality_flag"
)

Row = dict[str, object]


@dataclass
class Weather:
    """The rows of each table, by column; columns left out are null."""

    tables: dict[str, list[Row]] = field(default_factory=lambda: {name: [] for name in COLUMNS})


def temperature(latitude: float, moment: datetime) -> float:
    """°C: cooler towards the poles, warmest at 15 UTC, a slow wave of eleven days."""
    days = (moment - NOW) / timedelta(days=1)
    mean = 27 - 0.0085 * latitude**2
    return round(mean + 4 * math.cos((moment.hour - 15) * math.pi / 12) + 3 * math.sin(days * 2 * math.pi / 11), 1)


def rain(index: int, day: date) -> float:
    """mm: two wet days in five, in turn by station."""
    return (0.0, 0.0, 3.4, 12.6, 0.0)[(day.toordinal() + index) % 5]


def weather() -> Weather:
    made = Weather()
    made.tables["dim_weather_conditions"] = [
        {"condition_code": "clear", "condition_name_en": "clear", "condition_name_fr": "ciel clair", "severity": 0},
        {"condition_code": "rain", "condition_name_en": "rain", "condition_name_fr": "pluie", "severity": 2},
    ]
    first = datetime.combine(LAST_DAY - timedelta(days=DAY_COUNT - 1), datetime.min.time())
    for index, (location_id, name, latitude, longitude, altitude) in enumerate(STATIONS):
        last = SILENT_SINCE if location_id == SILENT_STATION else NEWEST
        made.tables["dim_locations"].append(
            {
                "location_id": location_id,
                "location_kind": "station",
                "location_name": name,
                "latitude": latitude,
                "longitude": longitude,
                "altitude_m": altitude,
                "country_code": "FR",
                "timezone": TIMEZONES.get(location_id[:6]),
                "first_observed_at": first,
                "last_observed_at": last,
            }
        )
        gap = GAP_DAYS if location_id == GAP_STATION else ()
        moment = first
        while moment <= last:
            if moment.date() not in gap:
                made.tables["fct_observations"].append(observation(index, location_id, latitude, moment))
            moment += timedelta(hours=TERM_HOURS)
        if location_id == NO_DAYS_STATION:
            continue
        for number in range(DAY_COUNT):
            day = first.date() + timedelta(days=number)
            if day <= last.date() and day not in gap:
                made.tables["fct_daily_weather"].append(day_row(index, location_id, latitude, day))
    fixture_now.add(made)
    fixture_climate.add(made.tables)
    fixture_decide.add(made.tables)
    fixture_forecasts.add(made)
    return made


def observation(index: int, location_id: str, latitude: float, moment: datetime) -> Row:
    celsius, millimetres = temperature(latitude, moment), rain(index, moment.date())
    return {
        "location_id": location_id,
        "observed_at": moment,
        "observed_date": moment.date(),
        "source": "synop",
        "temperature_c": celsius,
        "dew_point_c": round(celsius - 3.2, 1),
        "relative_humidity_pct": 80.0 - index,
        "pressure_sea_level_hpa": None
        if location_id == NO_PRESSURE_STATION
        else round(1013 + 12 * math.sin(moment.toordinal() / 3 + index / 4), 1),
        "wind_speed_ms": (index * 1.7) % 12,
        "wind_direction_deg": 0.0 if index == 0 else (index * 40.0) % 360,
        "beaufort": bisect_right(BEAUFORT, (index * 1.7) % 12),
        "wind_gust_ms": (index * 1.7) % 12 * 1.6,
        "precipitation_1h_mm": 0.0,
        "precipitation_3h_mm": round(millimetres / 4, 1),
        "precipitation_24h_mm": millimetres,
        "is_trace": False,
        "condition_code": "rain" if millimetres else "clear",
        "quality_flag": "ok",
        "loaded_at": NOW,
    }


def day_row(index: int, location_id: str, latitude: float, day: date) -> Row:
    terms = [datetime.combine(day, datetime.min.time()) + timedelta(hours=h) for h in range(0, 24, TERM_HOURS)]
    values = [temperature(latitude, term) for term in terms]
    is_last = day == LAST_DAY
    return {
        "location_id": location_id,
        "weather_date": day,
        "source": "synop",
        "temperature_min_c": min(values),
        "temperature_max_c": max(values),
        "temperature_mean_c": round(sum(values) / len(values), 2),
        "precipitation_mm": None if is_last else rain(index, day),
        "is_trace": False,
        "wind_speed_mean_ms": 4 + 3 * math.sin(day.toordinal() / 2 + index),
        "wind_direction_deg": (index * 40.0) % 360,
        "wind_gust_max_ms": 9 + 5 * math.sin(day.toordinal() / 2 + index),
        "pressure_sea_level_mean_hpa": None
        if location_id == NO_PRESSURE_STATION
        else round(1013 + 12 * math.sin(day.toordinal() / 3 + index / 4), 1),
        "relative_humidity_mean_pct": 80.0 - index,
        "observation_count": 4 if is_last else 8,
        "is_temperature_complete": not is_last,
        "is_precipitation_complete": not is_last,
    }


def publish(
    folder: Path,
    *,
    made: Weather | None = None,
    kind: str = "simulated",
    publication_id: str = "pub-1",
    published_at: datetime = NOW - timedelta(minutes=30),
    without: tuple[str, ...] = (),
) -> Path:
    """Write `folder/marts.duckdb` as the publish step does: Parquet first, then the file of views by an atomic rename."""
    made = made or weather()
    parquet = folder / "published" / publication_id
    parquet.mkdir(parents=True, exist_ok=True)
    temporary = folder / f"marts.{publication_id}.tmp"
    temporary.unlink(missing_ok=True)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{temporary}' as publication")
        connection.execute("create schema publication.isobar")
        for name, columns in COLUMNS.items():
            connection.execute(f"create table {name} ({columns})")
            rows = pd.DataFrame(made.tables[name])
            if len(rows):
                connection.execute(f"insert into {name} by name select * from rows")
        if not made.tables["agg_latest_conditions"]:
            connection.execute(
                f"""insert into agg_latest_conditions by name select {LATEST_COLUMNS} from fct_observations
                    qualify row_number() over (partition by location_id order by observed_at desc) = 1"""
            )
        for name in COLUMNS:
            file = parquet / f"{name}.parquet"
            connection.execute(f"copy {name} to '{file}' (format parquet)")
            if name not in without:
                connection.execute(f"create view publication.{name} as select * from read_parquet('{file}')")
        connection.execute(
            """create table publication.isobar.publication (publication_id text, published_at timestamp,
               warehouse_kind text, build_id text, isobar_version text)"""
        )
        connection.execute(
            "insert into publication.isobar.publication values (?, ?, ?, 'build-1', '0.1.0')",
            [publication_id, published_at, kind],
        )
        if "sources" not in without:
            connection.execute(f"create table publication.isobar.sources ({SOURCES_COLUMNS})")
            connection.executemany(
                "insert into publication.isobar.sources values (?, ?, ?, ?, ?, ?, ?)", described_sources()
            )
        connection.execute("detach publication")
    marts = folder / "marts.duckdb"
    os.replace(temporary, marts)
    return marts
