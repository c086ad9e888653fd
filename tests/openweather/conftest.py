"""A provider on loopback, and settings that call it with a marked key."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from isobar.settings import Settings
from tests import own
from tests.openweather.provider import KEY, Provider, cities_file, serving

NOW = datetime(2026, 3, 1, 6, 30)


@pytest.fixture
def provider() -> Iterator[Provider]:
    with serving(Provider()) as made:
        yield made


@pytest.fixture
def keyed(settings: Settings, provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Three cities, a key, the fixed clock, and no pause between retries."""
    monkeypatch.setattr("ingestion.http.client.BACKOFF_SECONDS", 0.0)
    return own.openweather(
        replace(settings, clock=NOW), url=provider.url, environment_key=KEY, cities=cities_file(tmp_path / "cities.csv")
    )


@pytest.fixture(autouse=True)
def no_secrets_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The developer's own key is nobody's here."""
    monkeypatch.setattr("isobar.settings.SECRETS", tmp_path / "secrets.toml")
    return tmp_path / "secrets.toml"


def query(settings: Settings, sql: str) -> list[tuple]:
    with duckdb.connect(str(settings.warehouse), read_only=True) as warehouse:
        return warehouse.execute(sql).fetchall()


@pytest.fixture
def data_dir(data_dir: Path, prepared: Path) -> Path:
    """A data folder that is set up: dlt makes its tables once for all tests, which is half the time of a first load."""
    shutil.copytree(prepared, data_dir)
    return data_dir
