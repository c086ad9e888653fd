"""The same weather in two warehouses: loaded once into a lake, and from it into a file and into the emulated account."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from ingestion.load import load
from ingestion.registry import SOURCES
from isobar.health.snapshot import publish_health
from isobar.jobs.build import Built, build_and_publish
from isobar.settings import Budget, Settings, SnowflakeAccount
from isobar.warehouse import dbt
from simulator.archive import write_archive
from simulator.climatology import write_climatology
from simulator.openweather import OpenWeather, openweather_server
from simulator.server import SimulatorServer
from simulator.vigilance import Vigilance
from tests import own
from tests.warehouse.simulated import CITIES, SEED, STATIONS

KEY = "any-text"
DATABASE = "WEATHER"
"""Not ISOBAR: the emulator, whose DuckDB takes `isobar.runs` for a table of a database of that name, cannot have both."""

FIRST_DAY, FIRST_NOW, LAST_NOW = date(2026, 2, 24), datetime(2026, 3, 1, 6, 30), datetime(2026, 3, 2, 9, 30)


@dataclass
class Houses:
    """A DuckDB file and a Snowflake database over copies of one lake."""

    local: Settings
    snowflake: Settings

    @classmethod
    def made(cls, folder: Path, account: SnowflakeAccount) -> Houses:
        folder.mkdir(parents=True, exist_ok=True)
        cities = folder / "cities.csv"
        cities.write_text(CITIES, encoding="utf-8")
        local = own.meteofrance(
            own.openweather(
                Settings(data_dir=folder / "local", clock=FIRST_NOW),
                cities=cities,
                environment_key=KEY,
                budget=Budget(),
            ),
            environment_key=KEY,
            budget=Budget(),
        )
        return cls(local, replace(local, data_dir=folder / "snowflake", target="snowflake", snowflake=account))

    def at(self, moment: datetime) -> None:
        self.local, self.snowflake = (replace(each, clock=moment) for each in (self.local, self.snowflake))

    def load(self, land: Callable[[Settings], None]) -> None:
        """Load with `land` into the file, then from a copy of its lake into the database."""
        land(self.local)
        shutil.copytree(self.local.lake, self.snowflake.lake, dirs_exist_ok=True)
        for source in SOURCES.values():
            load(source, self.snowflake, replay=True, run_id="replayed")

    def build(self, run_id: str | None = None) -> tuple[Built, Built]:
        built = []
        for settings in (self.local, self.snowflake):
            with dbt.project_environment(settings, run_id):
                built.append(build_and_publish(settings, run_id=run_id))
            publish_health(settings)
        return built[0], built[1]

    def public_models(self) -> list[dbt.PublicModel]:
        """The marts that weather is published in; those of health tell of each warehouse's own runs."""
        with dbt.project_environment(self.local):
            return [model for model in dbt.Project(self.local).public_models() if model.published_in == "marts"]


def simulated_days(settings: Settings) -> None:
    """Six days of three stations and four cities up to the clock: reports with faults and corrections, polls, maps, daily files.

    A later clock rewrites the last archive and the station list, as a provider does.
    """
    now = settings.now()
    archive = settings.data_dir / f"archive_{now:%d%H}"
    write_archive(
        archive,
        FIRST_DAY,
        now.date(),
        SEED,
        stations=STATIONS,
        compress=False,
        revisions=True,
        fault_rate=0.01,
        as_of=now,
    )
    if now > FIRST_NOW:
        stations = archive / "postesSynop.csv"
        stations.write_text(stations.read_text().replace("TOULOUSE", "TOULOUSE "), encoding="utf-8")
    load(SOURCES["synop"], settings, str(archive))
    clock = now

    with openweather_server(OpenWeather(SEED, lambda: clock)) as url:
        asked = own.openweather(settings, url=url)
        load(SOURCES["openweather"], asked)
        load(SOURCES["openweather"], asked, start=FIRST_DAY, end=FIRST_DAY)
    climatology = settings.data_dir / f"climatology_{now:%d%H}"
    write_climatology(climatology, date(2026, 1, 1), date(now.year, now.month, now.day), SEED)
    load(SOURCES["climatology"], settings, str(climatology))
    with SimulatorServer({"/": Vigilance(SEED, lambda: clock, KEY)}) as server:
        load(SOURCES["meteofrance_vigilance"], settings, server.url)
