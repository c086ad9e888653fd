"""Warehouses for tests: a folder of data, loads and builds as the command does them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from ingestion.load import load
from ingestion.registry import SOURCES
from isobar import dbt
from isobar.build import Built, build_and_publish
from isobar.settings import Settings
from tests.ingestion.archives import year

SYNOP = SOURCES["synop"]


class Warehouse:
    """One data folder of a test."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.data_dir = settings.data_dir

    def at(self, moment: datetime) -> None:
        """Set the one clock."""
        self.settings = replace(self.settings, clock=moment)

    def load(self, origin: Path | str) -> None:
        load(SYNOP, self.settings, str(origin))

    def build(self, run_id: str | None = None) -> Built:
        return build_and_publish(self.settings, run_id=run_id)


@pytest.fixture(scope="session", autouse=True)
def dbt_ready() -> Iterator[None]:
    """dbt's packages, or their stubs, are there. Its tests run where they are what is tested, not in each of these builds: all
    of them in test_dbt_build.py, data tests on real archives and where one is to fail."""
    dbt.ensure_packages(Settings.from_environment())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DBT_EXCLUDE_RESOURCE_TYPES", "unit_test test")
        yield


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Warehouse]:
    """`warehouse("name")`: a data folder of that name, empty at first."""

    def made(name: str) -> Warehouse:
        settings = Settings(data_dir=tmp_path / name)
        for variable, value in settings.environment().items():
            monkeypatch.setenv(variable, value)
        return Warehouse(settings)

    return made


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, dbt_ready: None) -> Path:
    """A data folder with five days of one station, 2020-01-01 to 05, loaded and published. Copied, never changed."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("built") / "data")
    archive = year(tmp_path_factory.mktemp("archive"), 2020)
    with dbt.project_environment(settings):
        load(SYNOP, settings, str(archive.parent))
        build_and_publish(settings)
    return settings.data_dir


@pytest.fixture
def house(built: Path, warehouse: Callable[[str], Warehouse]) -> Warehouse:
    """A copy of `built` to go on with."""
    made = warehouse("house")
    shutil.copytree(built, made.data_dir)
    return made
