"""The page of a place's period."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path

import marts_fixture as fixture
import pandas as pd
import pytest
from apptest import Environment, address, metrics, run, sentences, sound

from components import marts
from repository import DuckDBRepository
from services import days
from services.translations import text


def test_place_sums_up_the_period(published: Path, environment: Environment) -> None:
    environment(published)
    app = sound(run("place", lang="en", station="wmo:07510", period="30d"))
    shown = metrics(app)
    rows = [r for r in fixture.weather().tables["fct_daily_weather"] if r["location_id"] == "wmo:07510"][-30:]
    lowest = min(r["temperature_min_c"] for r in rows)  # type: ignore[type-var]
    rain = sum(r["precipitation_mm"] or 0 for r in rows)  # type: ignore[misc]
    assert shown["Lowest"][0] == f"{lowest:.1f}\u00a0°C"
    assert shown["Rain in all"][0] == f"{rain:.1f}\u00a0mm"
    assert shown["Observations"] == ("236", "30 of 30 days")
    assert text("en", "incomplete", temperature=1, rain=1) in sentences(app)
    assert len(app.dataframe[0].value) == 30


def test_place_downloads_exactly_what_is_shown(published: Path, environment: Environment) -> None:
    environment(published)
    app = sound(
        run("place", lang="en", station="wmo:07222", period="custom", **{"from": "2026-11-01", "to": "2026-11-12"})
    )
    table = app.dataframe[0].value
    period = days.Period(pd.Timestamp("2026-11-01").date(), pd.Timestamp("2026-11-12").date())
    rows = marts.daily_weather(DuckDBRepository(published / "marts.duckdb"), "pub-shared", "wmo:07222", "synop", period)
    from_csv = pd.read_csv(io.BytesIO(days.as_csv(rows)))
    from_parquet = pd.read_parquet(io.BytesIO(days.as_parquet(rows)))
    assert list(table["Day"]) == list(from_csv["weather_date"]) == [str(d) for d in from_parquet["weather_date"]]
    assert len(table) == 10, "two of the twelve days are missing, and are not made up"
    assert list(from_csv["temperature_min_c"]) == list(from_parquet["temperature_min_c"]) == list(table["Minimum (°C)"])


@pytest.mark.parametrize("period", ["7d", "30d", "90d", "1y", "all"])
def test_every_period(published: Path, environment: Environment, period: str) -> None:
    environment(published)
    app = sound(run("place", lang="fr", station="wmo:07510", period=period))
    expected = {"7d": 7, "30d": 30}.get(period, fixture.DAY_COUNT)
    assert len(app.dataframe[0].value) == expected


def test_choosing_dates_writes_the_address(published: Path, environment: Environment) -> None:
    environment(published)
    app = sound(run("place", lang="en", station="wmo:07510"))
    app.segmented_control(key="address_period").set_value("custom").run()
    app.date_input(key="address_from").set_value(fixture.LAST_DAY - timedelta(days=3)).run()
    sound(app)
    assert address(app, "from") == str(fixture.LAST_DAY - timedelta(days=3))
    assert len(app.dataframe[0].value) == 4
    app.segmented_control(key="address_period").set_value("7d").run()
    assert "from" not in app.query_params


def test_silent_station_is_said_to_be_silent(published: Path, environment: Environment) -> None:
    environment(published)
    said = sentences(sound(run("place", lang="en", station=fixture.SILENT_STATION)))
    assert (
        text("en", "state_stale", station="STRASBOURG-ENTZHEIM", age="3 days ago", newest="20 Nov 2026 09:00") in said
    )


def test_period_without_data_names_the_days_there_are(published: Path, environment: Environment) -> None:
    environment(published)
    query = {"from": "1999-01-01", "to": "1999-02-01"}
    said = sentences(sound(run("place", lang="fr", station="wmo:07510", period="custom", **query)))
    assert "Aucune journée de BORDEAUX-MERIGNAC entre le 1er janv. 1999 et le 1er févr. 1999" in said
    assert "du 7 oct. 2026 au 20 nov. 2026" in said


def test_reversed_period(published: Path, environment: Environment) -> None:
    environment(published)
    query = {"from": "2026-11-10", "to": "2026-11-01"}
    said = sentences(sound(run("place", lang="en", station="wmo:07510", period="custom", **query)))
    assert text("en", "state_reversed") in said


def test_station_without_days(published: Path, environment: Environment) -> None:
    environment(published)
    said = sentences(sound(run("place", lang="en", station=fixture.NO_DAYS_STATION)))
    assert text("en", "state_no_daily", station="DUMONT D'URVILLE") in said


def test_measure_never_reported(published: Path, environment: Environment) -> None:
    environment(published)
    said = sentences(sound(run("place", lang="en", station=fixture.NO_PRESSURE_STATION)))
    assert said.count(text("en", "no_measure_in_period")) == 1


def test_unknown_station_is_said_and_another_shown(published: Path, environment: Environment) -> None:
    environment(published)
    app = sound(run("place", lang="en", station="wmo:00000"))
    assert text("en", "state_unknown_station", station="wmo:00000") in sentences(app)
    assert address(app, "station") == "wmo:07761", "the first by name"
