"""OpenWeather: current weather, forecasts and air quality of configured cities, and recorded responses (see README.md)."""

from __future__ import annotations

from ingestion.source import Licence, Schedule, Source, Table
from ingestion.sources.openweather.api import API, OpenWeatherApi, configured
from ingestion.sources.openweather.bodies import (
    AIR_POLLUTION,
    AIR_POLLUTION_FORECASTS,
    CITIES,
    CURRENT,
    FORECASTS,
    POSSIBLE_TEMPERATURES,
)
from ingestion.sources.openweather.cities import remarks

LICENCE = Licence("OpenWeather's terms", "https://openweathermap.org/terms", "OpenWeather", is_open=False)

POLLED = Schedule(cadence_hours=3, overdue_after_hours=12)
"""Every 3 hours; overdue after four polls missed in a row."""

SOURCE = Source(
    name=API,
    display_name="OpenWeather",
    licence=LICENCE,
    tables=(
        Table("cities", CITIES, is_configured=True),
        Table(
            "current", CURRENT, claims=lambda file: file.lower().endswith(".json"), time_column="dt", schedule=POLLED
        ),
        Table("forecasts", FORECASTS, schedule=POLLED),
        Table("air_pollution", AIR_POLLUTION, schedule=POLLED),
        Table("air_pollution_forecasts", AIR_POLLUTION_FORECASTS, schedule=POLLED),
    ),
    feed=OpenWeatherApi(),
    is_nested=True,
    is_polled=True,
    configured=configured,
    remarks=remarks,
    units=tuple(POSSIBLE_TEMPERATURES),
)
