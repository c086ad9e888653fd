"""A publication of made-up rows in the shape of the marts' contracts, for what reads gold: delivered to a real PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import duckdb
import yaml

from isobar.publish.duckdb import publish
from isobar.settings import PROJECT_ROOT, Settings
from isobar.warehouse.models import BUILD_COLUMN, Column, PublicModel
from tests.serving.publisher import PUBLISHED_AT

TYPES = {"text": "varchar"}
"""A contract's type -> DuckDB's, where they differ."""

PLACES = (
    "(values ('city:a', 'L''Haÿ'), ('city:b', 'Orléans'), ('wmo:1', 'ORLY')) as places (location_id, location_name)"
)
DAYS = "range(timestamp '2026-02-10', timestamp '2026-03-01', interval 1 day) as days (day)"
HOURS = "range(timestamp '2026-02-26', timestamp '2026-03-01 06:00', interval 1 hour) as hours (hour)"


def number(at: str, seed: int) -> str:
    """A number of a row, null in one of five, 0 in another; the same each time."""
    drawn = f"(hash(location_id, {at}, {seed}) % 1000)"
    return f"case {drawn} % 5 when 0 then null when 1 then 0.0 else {drawn} / 10.0 end"


def numbers(at: str, *names: str) -> str:
    return ", ".join(f"{number(at, seed)} as {name}" for seed, name in enumerate(names))


ROWS = {
    "dim_locations": f"select location_id, location_name, 'city' as location_kind from {PLACES}",
    "dim_dates": f"select day::date as date_day from {DAYS}",
    "gold_weather_aggregates": "select location_id, location_name, 'city' as location_kind, 'synop' as source,"
    " day::date as weather_date, 8 as observation_count, 24 as air_quality_hour_count, (day(day) % 6 + 1)::bigint as eaqi_max, "
    + numbers(
        "day",
        "temperature_mean_c",
        "temperature_min_c",
        "temperature_max_c",
        "pressure_sea_level_mean_hpa",
        "wind_speed_mean_ms",
        "wind_speed_max_ms",
        "wind_gust_max_ms",
        "relative_humidity_mean_pct",
        "precipitation_mm",
        "pm2_5_mean_ugm3",
    )
    + f" from {PLACES}, {DAYS} where not (location_id = 'city:b' and day(day) in (15, 16))",
    "agg_latest_conditions": "select location_id, 'synop' as source, timestamp '2026-03-01 03:00' as observed_at, "
    + numbers("location_id", "temperature_c", "pressure_sea_level_hpa", "wind_speed_ms", "relative_humidity_pct")
    + f" from {PLACES}",
    "fct_observations": "select location_id, 'synop' as source, hour as observed_at, hour::date as observed_date, "
    + numbers("hour", "temperature_c")
    + f" from {PLACES}, {HOURS} where hour(hour) % 3 = 0",
    "fct_forecasts": "select location_id, 'openweather' as source, hour as issued_at, hour::date as issued_date,"
    " hour + to_hours(lead) as valid_at, lead::double as lead_hours, "
    + numbers(
        "hour + to_hours(lead)", "temperature_c", "precipitation_probability", "precipitation_3h_mm", "wind_speed_ms"
    )
    + f" from {PLACES}, {HOURS}, range(3, 30, 3) as leads (lead) where hour(hour) % 6 = 0",
    "agg_forecast_skill": "select 'openweather' as source, element, lead as lead_bucket_hours, place as location_id,"
    " month, lead / 10.0 as mae, case when lead > 20 then null else lead / -20.0 end as bias"
    " from range(3, 30, 3) as leads (lead), (values ('temperature_c'), ('wind_speed_ms')) as elements (element),"
    " (values ('all'), ('city:a')) as spots (place), (values ('all'), ('2026-02')) as months (month)",
    "fct_air_quality": "select location_id, 'openweather' as source, hour + to_minutes(minute) as observed_at,"
    " hour::date as observed_date, "
    + numbers("hour + to_minutes(minute)", "pm2_5_ugm3", "pm10_ugm3", "o3_ugm3", "no2_ugm3")
    + f" from {PLACES}, {HOURS}, (values (0), (31)) as polls (minute) where minute = 0 or hour(hour) % 6 = 0",
    "fct_air_quality_indices": "select location_id, 'openweather' as source, hour as observed_at, hour::date as observed_date,"
    " name as index_name, (hour(hour) % 5 + 1)::bigint as index_value, 'class ' || hour(hour) as index_label,"
    " 'classe ' || hour(hour) as index_label_fr"
    f" from {PLACES}, {HOURS}, (values ('eaqi_2025'), ('us_aqi_2024')) as names (name)",
    "agg_station_completeness": "select location_id, 'synop' as source, month::date as month_start_date,"
    " 248::bigint as expected_count, (200 + month(month) + length(location_name))::bigint as observed_count"
    f" from {PLACES}, range(timestamp '2025-10-01', timestamp '2026-03-02', interval 1 month) as months (month)",
    "fct_quality_findings": "select location_id, 'synop' as source, hour as observed_at, hour::date as observed_date,"
    " 'temperature_c' as measure, case when hour(hour) % 2 = 0 then 'step' else 'neighbours' end as check_name,"
    f" 1.0 as value, 'suspect' as verdict from {PLACES}, {HOURS} where hash(hour) % 3 = 0",
    "fct_observation_gaps": "select location_id, 'synop' as source, timestamp '2026-02-27' as gap_start_at,"
    f" 3::bigint as missing_count, location_id <> 'city:a' as is_open from {PLACES}",
}
"""Mart -> rows of some of its columns; the others are null."""


def contracts() -> dict[str, dict[str, Any]]:
    """The marts as the dbt project declares them, by name."""
    paths = (PROJECT_ROOT / "dbt_project" / "models" / "marts").rglob("*.yml")
    declared = (yaml.safe_load(path.read_text(encoding="utf-8")).get("models", []) for path in paths)
    return {model["name"]: model for models in declared for model in models}


def published_gold(settings: Settings) -> Settings:
    """Publish `ROWS`."""
    settings = replace(settings, clock=PUBLISHED_AT)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    models, declared = [], contracts()
    with duckdb.connect(str(settings.warehouse)) as warehouse:
        warehouse.execute("create schema isobar; create schema marts")
        warehouse.execute("create table isobar.warehouse as select 'simulated' as kind")
        for name, rows in ROWS.items():
            columns = [
                Column(each["name"], TYPES.get(each["data_type"], each["data_type"]), f"What {each['name']} is.")
                for each in declared[name]["columns"]
                if each["name"] != BUILD_COLUMN
            ]
            typed = ", ".join(f"{column.name} {column.data_type}" for column in columns)
            warehouse.execute(f"create table marts.{name} ({typed})")
            warehouse.execute(f"insert into marts.{name} by name {rows}")
            models.append(PublicModel(name, "test", f"marts.{name}", None, "marts", None, name, tuple(columns)))
    publish(settings, models, "build")
    return settings
