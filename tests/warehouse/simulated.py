"""A simulated OpenWeather and the archives of stations beside its cities, from one weather."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

from ingestion.load import load
from ingestion.registry import SOURCES
from isobar.settings import Budget, Settings
from simulator.archive import write_archive
from simulator.openweather import OpenWeather, openweather_server
from simulator.stations import published_stations
from tests import own

SEED = 7
STATIONS = tuple(station for station in published_stations() if station.id in ("07149", "07222", "07630"))
"""15 km from Paris, 9 km from Nantes and 5 km from Toulouse. Grenoble has none: the nearest is 80 km away."""
CITIES = """city_key,name,country,latitude,longitude,altitude,openweather_id,timezone
paris-fr,Paris,FR,48.8534,2.3488,35,2988507,Europe/Paris
nantes-fr,Nantes,FR,47.2173,-1.5534,20,2990969,Europe/Paris
toulouse-fr,Toulouse,FR,43.6043,1.4437,146,2972315,Europe/Paris
grenoble-fr,Grenoble,FR,45.1715,5.7224,212,3014728,Europe/Paris
"""
POLLS = (
    datetime(2026, 3, 1, 23, 20),
    datetime(2026, 3, 2, 6, 20),
    datetime(2026, 3, 6, 6, 20),
)
ARCHIVE_END = datetime(2026, 3, 8, 21)
MARCHES = range(2015, 2026)
"""Eleven years before that of the polls: enough for a climatology, even where one lacks too many days."""


def settings_of(data_dir: Path) -> Settings:
    """Settings of a warehouse with those cities and a key that the simulator takes."""
    data_dir.mkdir(parents=True, exist_ok=True)
    cities = data_dir / "cities.csv"
    cities.write_text(CITIES, encoding="utf-8")
    return own.openweather(Settings(data_dir=data_dir), cities=cities, environment_key="simulated", budget=Budget())


def write_archives(folder: Path) -> Path:
    """SYNOP of the Marches of earlier years, and from the day before the first poll until `ARCHIVE_END`; not compressed."""
    for year in MARCHES:
        write_archive(folder, date(year, 3, 1), date(year, 3, 31), SEED, stations=STATIONS, compress=False)
    start = POLLS[0].date() - timedelta(days=1)
    write_archive(folder, start, ARCHIVE_END.date(), SEED, stations=STATIONS, compress=False, as_of=ARCHIVE_END)
    return folder


def poll(settings: Settings, moments: Iterable[datetime]) -> None:
    """Ask the simulated OpenWeather at those times."""
    clock = POLLS[0]
    with openweather_server(OpenWeather(SEED, lambda: clock)) as url:
        for clock in moments:
            load(SOURCES["openweather"], own.openweather(replace(settings, clock=clock), url=url))


def past_air_quality(settings: Settings, start: date, end: date) -> None:
    """Load the hours of those days, both included, as asked for two days after."""
    now = datetime(end.year, end.month, end.day) + timedelta(days=2)
    with openweather_server(OpenWeather(SEED, now)) as url:
        load(SOURCES["openweather"], own.openweather(replace(settings, clock=now), url=url), start=start, end=end)
