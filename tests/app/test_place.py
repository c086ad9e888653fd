"""The page of a place's period."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path

import altair as alt
import fixture_now
import marts_fixture as fixture
import pandas as pd
import pytest
from altair.utils.schemapi import SchemaValidationError
from apptest import Environment, address, metrics, run, sentences, sound

from place import data
from repository import DuckDBRepository
from shared import exports
from shared.days import Period
from shared.style import layered
from shared.translations import text
from shared.units import WIND_UNITS


def test_place_sums_up_the_period(published: Path, environment: Environment) -> None:
    environment(published)
    app = sound(run("place", "shown", lang="en", station="wmo:07510", period="30d"))
    shown = metrics(app)
    rows = [r for r in fixture.weather().tables["fct_daily_weather"] if r["location_id"] == "wmo:07510"][-30:]
    lowest = min(r["temperature_min_c"] for r in rows)  # type: ignore[type-var]
    rain = sum(r["precipitation_mm"] or 0 for r in rows)  # type: ignore[misc]
    assert shown["Lowest"][0] == f"{lowest:.1f}\u00a0°C"
    assert shown["Rain in all"][0] == f"{rain:.1f}\u00a0mm"
    assert shown["Observations"] == ("236", "30 of 30 days")
    said = sentences(app)
    assert text("en", "incomplete", temperature=1, rain=1) in said
    assert said.count(text("en", "paler")) == 1, "the last day has an incomplete range, and no rain to be drawn paler"
    assert len(app.dataframe[0].value) == 30


def test_place_downloads_exactly_what_is_shown(published: Path, environment: Environment) -> None:
    environment(published)
    app = sound(
        run(
            "place",
            "shown",
            lang="en",
            station="wmo:07222",
            period="custom",
            **{"from": "2026-11-01", "to": "2026-11-12"},
        )
    )
    table = app.dataframe[0].value
    period = Period(pd.Timestamp("2026-11-01").date(), pd.Timestamp("2026-11-12").date())
    repository = DuckDBRepository(published / "marts.duckdb")
    rows = exports.as_read(data.weather(repository, (("wmo:07222", "synop"),), period, "day"), WIND_UNITS["kmh"])
    from_csv = pd.read_csv(io.BytesIO(exports.as_csv(rows)))
    from_parquet = pd.read_parquet(io.BytesIO(exports.as_parquet(rows)))
    assert list(table["Day"]) == list(from_csv["weather_date"]) == [str(d) for d in from_parquet["weather_date"]]
    assert len(table) == 10, "two of the twelve days are missing, and are not made up"
    assert list(from_csv["temperature_min_c"]) == list(from_parquet["temperature_min_c"]) == list(table["Minimum (°C)"])
    assert list(from_csv["wind_gust_max_kmh"]) == pytest.approx(list(table["Gust (km/h)"]))


@pytest.mark.parametrize("period", ["7d", "30d", "90d", "1y", "all"])
def test_every_period(published: Path, environment: Environment, period: str) -> None:
    environment(published)
    app = sound(run("place", "shown", lang="fr", station="wmo:07510", period=period))
    expected = {"7d": 7, "30d": 30}.get(period, fixture.DAY_COUNT)
    assert len(app.dataframe[0].value) == expected


def test_choosing_dates_writes_the_address(published: Path, environment: Environment) -> None:
    environment(published)
    app = sound(run("place", "shown", lang="en", station="wmo:07510"))
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
        text("en", "state_stale", station="Strasbourg-Entzheim", age="3 days ago", newest="20 Nov 2026 10:00 UTC+1")
        in said
    )


def test_period_without_data_names_the_days_there_are(published: Path, environment: Environment) -> None:
    environment(published)
    query = {"from": "1999-01-01", "to": "1999-02-01"}
    said = sentences(sound(run("place", lang="fr", station="wmo:07510", period="custom", **query)))
    assert "Aucune journée de Bordeaux-Mérignac entre le 1er janv. 1999 et le 1er févr. 1999" in said
    assert "du 7 oct. 2026 au 20 nov. 2026" in said


def test_reversed_period(published: Path, environment: Environment) -> None:
    environment(published)
    query = {"from": "2026-11-10", "to": "2026-11-01"}
    said = sentences(sound(run("place", lang="en", station="wmo:07510", period="custom", **query)))
    assert text("en", "state_reversed") in said


def test_station_without_days(published: Path, environment: Environment) -> None:
    environment(published)
    said = sentences(sound(run("place", lang="en", station=fixture.NO_DAYS_STATION)))
    assert text("en", "state_no_daily", station="Dumont d'Urville") in said


def test_measure_never_reported(published: Path, environment: Environment) -> None:
    environment(published)
    said = sentences(sound(run("place", lang="en", station=fixture.NO_PRESSURE_STATION, view="all")))
    assert said.count(text("en", "no_measure_in_period")) == 1


def test_unknown_station_is_said_and_another_shown(published: Path, environment: Environment) -> None:
    environment(published)
    app = sound(run("place", lang="en", station="wmo:00000"))
    assert text("en", "state_unknown_station", station="wmo:00000") in sentences(app)
    assert address(app, "station") == "wmo:07761", "the first by name"


# --- several places

SIX = "wmo:07510,wmo:07222,wmo:07630,wmo:07015,wmo:07110,city:montreal-ca"


def test_six_places_on_the_same_axes(published: Path, environment: Environment) -> None:
    environment(published)
    app = sound(run("place", "shown", lang="en", station=SIX, period="30d", view="all"))
    assert address(app, "station") == SIX
    comparison = app.table[0].value
    assert list(comparison.index)[:2] == ["Bordeaux-Mérignac · synop", "Nantes-Bouguenais · synop"]
    assert list(comparison["Days of 30"]) == ["30", "28", "30", "30", "30", "1"]
    city = comparison.iloc[5]
    assert (city.name, city["Rain in all (mm)"], city["Days ≥ 1 mm"]) == ("Montreal · openweather", "–", "–")
    assert len(app.dataframe[0].value) == 30 * 4 + 28 + 1
    said = sentences(app)
    for key in ("chart_temperature_mean", "chart_pressure", "chart_wind_mean", "chart_humidity", "chart_rain_sum"):
        assert f"**{text('en', key, unit='km/h')}**" in said
    assert "**Days with at least 10\u00a0mm of rain" in said


def test_a_seventh_place_and_a_repeated_one_are_left_out(published: Path, environment: Environment) -> None:
    environment(published)
    app = sound(run("place", lang="en", station=f"wmo:07510,{SIX},wmo:07761,wmo:99999"))
    assert address(app, "station") == SIX
    assert text("en", "state_unknown_station", station="wmo:99999") in sentences(app)


def test_choosing_places_writes_the_address(published: Path, environment: Environment) -> None:
    environment(published)
    app = sound(run("place", lang="fr", station="wmo:07510"))
    app.multiselect(key="address_station").set_value(["wmo:07510", "wmo:07222"]).run()
    assert address(sound(app), "station") == "wmo:07510,wmo:07222"
    app.multiselect(key="address_station").set_value([]).run()
    assert address(sound(app), "station") == "wmo:07222", "the last one stays: the page is about a place"


def test_a_place_without_days_in_the_period_is_named_and_the_others_shown(
    published: Path, environment: Environment
) -> None:
    environment(published)
    query = {"from": "2026-10-10", "to": "2026-10-20"}
    app = sound(run("place", lang="en", station=f"wmo:07510,{fixture_now.CITY}", period="custom", **query))
    assert "No day of Montreal between 10 Oct 2026 and 20 Oct 2026" in sentences(app)
    assert metrics(app)["Observations"][1] == "11 of 11 days"


# --- one place, in depth


def test_the_normal_band_names_its_reference(published: Path, environment: Environment) -> None:
    environment(published)
    said = sentences(sound(run("place", lang="en", station=fixture_now.USUAL_STATION)))
    assert text("en", "normal_band", reference="CLIMATOLOGY 1991–2020 (28 years)") in said
    assert text("en", "rain_sum_note", n=29, total=30) + " " + text("en", "rain_sum_normal") in said
    assert text("en", "no_normal") in sentences(sound(run("place", lang="en", station="wmo:07015")))


def test_a_long_period_is_drawn_and_downloaded_by_month(published: Path, environment: Environment) -> None:
    environment(published)
    app = sound(run("place", "shown", lang="en", station=fixture_now.LONG_STATION, period="all"))
    said = sentences(app)
    assert text("en", "grain_month") in said
    assert f"**{text('en', 'chart_rain_month')}**" in said
    table = app.dataframe[0].value
    assert list(table["Month"]) == [f"{year}-11" for year in fixture_now.LONG_YEARS] + ["2026-10", "2026-11"]
    assert list(table["Days"]) == [30] * 10 + [25, 20]
    assert text("en", "rain_sum_normal") not in said, "344 of 5,863 days are no sum to hold against a normal"
    assert app.get("download_button")[0].proto.label == "Download CSV"


def test_the_wind_rose_counts_its_calms(published: Path, environment: Environment) -> None:
    environment(published)
    said = sentences(sound(run("place", lang="en", station="wmo:07015", period="7d", view="wind")))
    # Seven days of eight reports, the last with four; the first station has no wind at all.
    assert text("en", "rose_note", n="52", calm="52", below="1\u00a0km/h", undirected="0") in said


def test_heavy_rain_has_a_threshold_of_the_readers_choice(published: Path, environment: Environment) -> None:
    environment(published)
    app = sound(run("place", lang="en", station="wmo:07510", period="30d", view="heavy_rain"))
    rows = [r for r in fixture.weather().tables["fct_daily_weather"] if r["location_id"] == "wmo:07510"][-30:]
    heavy = sum((r["precipitation_mm"] or 0) >= 10 for r in rows)  # type: ignore[operator]
    assert text("en", "heavy_days", n=heavy, total=29) in sentences(app)
    app.segmented_control(key="address_heavy").set_value("50").run()
    assert address(sound(app), "heavy") == "50"
    assert text("en", "heavy_none") in sentences(app)
    app.segmented_control(key="address_view").set_value("wind").run()
    assert "heavy" not in sound(app).query_params, "it means nothing to the wind"


@pytest.mark.parametrize(("view", "charts"), [("weather", 3), ("heavy_rain", 1), ("wind", 2), ("air", 2), ("all", 8)])
def test_a_view_draws_its_own_charts(published: Path, environment: Environment, view: str, charts: int) -> None:
    environment(published)
    app = sound(run("place", lang="en", station="wmo:07510", period="30d", view=view))
    assert address(app, "view") == view
    assert len(app.get("vega_lite_chart")) == charts


def test_a_chart_against_the_schema_is_found() -> None:
    with pytest.raises(SchemaValidationError):
        layered([alt.Chart().mark_bar()], "en", "tall").to_dict()  # type: ignore[arg-type]


def test_a_table_is_made_once_it_is_opened(published: Path, environment: Environment) -> None:
    environment(published)
    assert not run("place", lang="en", station="wmo:07510", period="30d").dataframe
    assert len(run("place", "shown", lang="en", station="wmo:07510", period="30d").dataframe) == 1


def test_a_publication_of_monthly_figures_alone_has_a_sentence(tmp_path: Path, environment: Environment) -> None:
    made = fixture.Weather()
    location = next(row for row in fixture.weather().tables["dim_locations"] if row["location_id"] == "wmo:07510")
    made.tables["dim_locations"] = [location | {"first_observed_at": None, "last_observed_at": None}]
    made.tables["fct_monthly_climate"] = [{"location_id": "wmo:07510", "source": "climat"}]
    fixture.publish(tmp_path, made=made, publication_id="pub-months")
    environment(tmp_path)
    assert text("en", "state_no_daily", station="Bordeaux-Mérignac") in sentences(sound(run("place", lang="en")))
    assert text("en", "state_empty") in sentences(sound(run("now", lang="en")))
