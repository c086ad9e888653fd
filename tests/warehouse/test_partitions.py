"""Which files a publication writes: years of days, months of hours in the newest year, and only those that changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from isobar.publish import duckdb as publish
from isobar.settings import Settings
from isobar.warehouse.models import PublicModel

Publish = Callable[[dict[str, str]], dict[tuple[str, str], str]]

MODELS = [
    PublicModel(name, "observations", f"marts.{name}", column, "marts", None, name, ())
    for name, column in (("fct_hours", "observed_at"), ("fct_days", "weather_date"), ("dim_places", None))
]


@pytest.fixture
def published(tmp_path: Path) -> Publish:
    """Publishes rows of these moments, each with the build that wrote it. Returns (mart, partition) -> file."""
    settings = Settings(data_dir=tmp_path, clock=datetime(2026, 3, 1))

    def publish_rows(builds: dict[str, str]) -> dict[tuple[str, str], str]:
        rows = ", ".join(f"('a', timestamp '{at}', '{build}')" for at, build in builds.items())
        with duckdb.connect(str(settings.warehouse)) as warehouse:
            warehouse.execute("create schema if not exists isobar; create schema if not exists marts")
            warehouse.execute("create or replace table isobar.warehouse as select 'simulated' as kind")
            given = f"(values {rows}) as given (location_id, observed_at, build_id)"
            warehouse.execute(f"create or replace table marts.fct_hours as select * from {given}")
            days = "location_id, cast(observed_at as date) as weather_date, build_id"
            warehouse.execute(f"create or replace table marts.fct_days as select {days} from {given}")
            warehouse.execute("create or replace table marts.dim_places as select 'a' as location_id")
        publish.publish(settings, MODELS, "build")
        with duckdb.connect(str(settings.marts), read_only=True) as marts:
            assert marts.execute("select count(*) from fct_hours").fetchall() == [(len(builds),)]
        return {(each.model, each.partition): each.file for each in publish.published_partitions(settings)}

    return publish_rows


FIRST = {"2024-05-01 03:00": "1", "2025-11-30 21:00": "1", "2025-12-31 23:00": "1"}


def test_hours_of_the_newest_year_are_published_by_the_month(published: Publish) -> None:
    assert sorted(published(FIRST)) == [
        ("dim_places", "all"),
        ("fct_days", "2024"),
        ("fct_days", "2025"),
        ("fct_hours", "2024"),
        ("fct_hours", "2025-11"),
        ("fct_hours", "2025-12"),
    ]


def test_a_poll_writes_its_month_alone(published: Publish) -> None:
    before = published(FIRST)
    after = published({**FIRST, "2025-12-31 22:00": "2"})
    changed = {key for key in after if after[key] != before.get(key)}
    assert changed == {("fct_hours", "2025-12"), ("fct_days", "2025")}


def test_months_become_a_year_when_a_newer_one_begins(published: Publish) -> None:
    before = published(FIRST)
    after = published({**FIRST, "2026-01-01 00:00": "2"})
    hours = {partition: file for (mart, partition), file in after.items() if mart == "fct_hours"}
    assert sorted(hours) == ["2024", "2025", "2026-01"]
    assert hours["2024"] == before["fct_hours", "2024"]
