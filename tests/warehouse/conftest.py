"""Warehouses for tests: a folder of data, loads and builds as the command does them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ingestion.load import load
from ingestion.registry import SOURCES
from isobar import dbt
from isobar.build import Built, build_and_publish
from isobar.settings import Settings

SYNOP = SOURCES["synop"]


class Warehouse:
    """One data folder of a test."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.data_dir = settings.data_dir

    def load(self, origin: Path | str) -> None:
        load(SYNOP, self.settings, str(origin))

    def build(self) -> Built:
        return build_and_publish(self.settings)


@pytest.fixture(scope="session", autouse=True)
def dbt_ready() -> Iterator[None]:
    """dbt's packages, or their stubs, are there; its unit tests run once (test_dbt_build.py), not in each of these builds."""
    dbt.ensure_packages(Settings.from_environment())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DBT_EXCLUDE_RESOURCE_TYPES", "unit_test")
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
