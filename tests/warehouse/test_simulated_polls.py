"""Several polls of a simulated OpenWeather beside its stations: scores, air quality indices, one build or many."""

from __future__ import annotations

import json
import shutil
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import duckdb
import numpy as np
import pytest
import scores
import xarray as xr

from ingestion.load import load
from isobar.jobs.build import build_and_publish
from isobar.settings import Settings
from isobar.warehouse import dbt
from tests.page_figures import ENOUGH
from tests.pages import assert_every_page_is_sound_and_true, assert_figures_are_true
from tests.warehouse.conftest import SYNOP
from tests.warehouse.published import assert_same, count, marts
from tests.warehouse.simulated import (
    ARCHIVE_END,
    MARCHES,
    POLLS,
    past_air_quality,
    poll,
    settings_of,
    write_archives,
)

PAST_AIR_UNTIL = POLLS[1].date() + timedelta(days=2)
ORLY, ORLY_AT_GRENOBLE = ";48.720000;2.380000;89", ";45.200000;5.700000;89"
"""Position in the station list."""
RAIN_EVENT_MM, MEASURABLE_RAIN_MM = 1.0, 0.1
"""As the vars of the same names in dbt_project.yml."""


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_archives(tmp_path_factory.mktemp("archives"))


@pytest.fixture(scope="module")
def at_once(tmp_path_factory: pytest.TempPathFactory, archives: Path, dbt_ready: None) -> Path:
    """A data folder with all that these tests load, in one build."""
    settings = settings_of(tmp_path_factory.mktemp("once") / "data")
    with dbt.project_environment(settings):
        load(SYNOP, settings, str(archives))
        poll(settings, POLLS)
        past_air_quality(settings, POLLS[0].date(), PAST_AIR_UNTIL)
        build_and_publish(settings)
    return settings.data_dir


@pytest.fixture(scope="module")
def session(at_once: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute(f"attach '{at_once / 'marts.duckdb'}' as published (read_only); use published")
        yield opened


def test_figures_of_each_page_of_the_app(at_once):
    counts = assert_figures_are_true(at_once, ARCHIVE_END)
    assert all(count >= ENOUGH for page, count in counts.items() if page != "health"), counts


@pytest.mark.long
def test_every_page_of_the_app_over_it(at_once):
    assert_every_page_is_sound_and_true(at_once, ARCHIVE_END)


# --- aggregates ------------------------------------------------------------------------------------------------------


def test_aggregates_are_the_figures_of_the_marts_they_are_made_of(session):
    found = session.execute("from gold_weather_aggregates").fetch_df()
    keys = ["location_id", "weather_date"]
    daily = session.execute("from fct_daily_weather").fetch_df().set_index(keys).sort_index()
    weather = found[found["observation_count"] > 0].set_index(keys).sort_index()
    same = [column for column in weather if column in daily and not column.startswith("precipitation")]
    assert len(same) >= 9 and len(weather) > 300
    assert weather[same].equals(daily[same].astype(weather[same].dtypes))
    covered = daily["precipitation_mm"].where(daily["precipitation_hours"] == 24)
    assert weather["precipitation_mm"].equals(covered)
    assert covered.loc["wmo:07149"].notna().sum() > 300 and covered.loc["city:paris-fr"].isna().all()
    air = session.execute("from fct_air_quality").fetch_df()
    air["weather_date"] = air["observed_at"].dt.floor("D")
    air["hour"] = air["observed_at"].dt.hour
    measures = ["pm2_5_ugm3", "pm10_ugm3", "o3_ugm3", "no2_ugm3"]
    hours = air.groupby([*keys, "hour"])[measures].mean().groupby(keys)
    expected = hours.mean().where(hours.count() >= 18)
    assert expected["pm2_5_ugm3"].notna().sum() > 10 and expected["pm2_5_ugm3"].isna().any()
    mine = found[found["air_quality_hour_count"] > 0].set_index(keys).sort_index()
    assert list(mine.index) == list(expected.index)
    for measure in measures:
        average = mine[measure.replace("_ugm3", "_mean_ugm3")]
        assert np.allclose(average, expected[measure], rtol=0, atol=0.0051, equal_nan=True), measure


# --- forecasts -------------------------------------------------------------------------------------------------------


def test_every_score_equals_that_of_the_scores_library(session):
    pairs = session.execute(
        "select *, strftime(valid_at, '%Y-%m') as month, ceil(lead_hours / 3) * 3 as lead_bucket_hours"
        " from fct_forecast_verification"
    ).fetch_df()
    # one place and month, and all of them; that the others are grouped alike is a unit test of the model
    rows = session.execute(
        "select * from agg_forecast_skill where (location_id, month) in (('all', 'all'), ('city:paris-fr', '2026-03'))"
    ).fetch_df()
    compared = dict.fromkeys(expected(pairs.iloc[:1]), 0)
    for row in rows.to_dict("records"):
        of_row = (pairs["element"] == row["element"]) & (pairs["lead_bucket_hours"] == row["lead_bucket_hours"])
        for column in ("location_id", "month"):
            if row[column] != "all":
                of_row &= pairs[column] == row[column]
        group = pairs[of_row]
        assert row["pair_count"] == len(group) > 0
        for name, value in expected(group).items():
            is_compared = not np.isnan(value)
            assert is_compared == (row[name] is not None and not np.isnan(row[name])), (name, row)
            if is_compared:
                assert row[name] == pytest.approx(value, rel=1e-9, abs=1e-9), (name, row)
            compared[name] += is_compared
    assert len(rows) > 400
    assert min(compared.values()) > 20, compared


def expected(pairs) -> dict[str, float]:
    """The same scores by `scores` (skill by its MSE), nan where they are not defined."""
    forecast, observed, persisted, climate, probability = (
        xr.DataArray(pairs[column].to_numpy(dtype=float))
        for column in (
            "forecast_value",
            "observed_value",
            "persistence_value",
            "climatology_value",
            "forecast_probability",
        )
    )
    found = {
        "bias": scores.continuous.additive_bias(forecast, observed),
        "mae": scores.continuous.mae(forecast, observed),
        "rmse": scores.continuous.rmse(forecast, observed),
        "skill_persistence": skill(forecast, observed, persisted),
        "skill_climatology": skill(forecast, observed, climate),
    }
    names = {"pod": "probability_of_detection", "far": "false_alarm_ratio", "csi": "critical_success_index"}
    if pairs["element"].iloc[0] == "precipitation_3h_mm":
        events = scores.categorical.ThresholdEventOperator(default_event_threshold=RAIN_EVENT_MM)
        table = events.make_contingency_manager(forecast, observed).transform()
        found |= {name: getattr(table, method)() for name, method in names.items()}
        outcome = (observed >= MEASURABLE_RAIN_MM).astype(float)
        found["brier"] = scores.probability.brier_score(probability, outcome)
    else:
        found |= dict.fromkeys((*names, "brier"), np.nan)
    return {name: float(value) for name, value in found.items()}


def skill(forecast: xr.DataArray, observed: xr.DataArray, reference: xr.DataArray) -> float:
    has_reference = reference.notnull()
    if not has_reference.any():
        return np.nan
    of_reference = float(scores.continuous.mse(reference[has_reference], observed[has_reference]))
    of_forecast = float(scores.continuous.mse(forecast[has_reference], observed[has_reference]))
    return 1 - of_forecast / of_reference if of_reference else np.nan


def test_pairs_are_measurements_of_the_station_beside_the_city(session):
    assert session.execute(
        "select location_id, station_id, distance_km, altitude_difference_m, min(gap_minutes), max(gap_minutes)"
        " from fct_forecast_verification group by all order by all"
    ).fetchall() == [
        ("city:nantes-fr", "wmo:07222", 8.6, 6.0, 0, 0),
        ("city:paris-fr", "wmo:07149", 15.0, 54.0, 0, 0),
        ("city:toulouse-fr", "wmo:07630", 5.4, 5.0, 0, 0),
    ]
    # what the pairs say is what the marts beside them say
    assert session.execute(
        """
        select count(*) from fct_forecast_verification as pairs
        left join fct_observations as observations
            on pairs.station_id = observations.location_id and pairs.valid_at = observations.observed_at
        left join fct_forecasts as forecasts
            on pairs.location_id = forecasts.location_id and pairs.issued_at = forecasts.issued_at
            and pairs.valid_at = forecasts.valid_at
        where pairs.element = 'temperature_c' and not (
            pairs.observed_value = observations.temperature_c and pairs.forecast_value = forecasts.temperature_c)
        """
    ).fetchall() == [(0,)]
    # 40 steps a poll; those up to the end of the archive have an outcome
    outcomes = sum(min(40, (ARCHIVE_END - moment) // timedelta(hours=3)) for moment in POLLS)
    assert 0.97 * outcomes * 3 <= count_of(session, "temperature_c") <= outcomes * 3


def count_of(session: duckdb.DuckDBPyConnection, element: str) -> int:
    sql = "select count(*) from fct_forecast_verification where element = ?"
    return int(session.execute(sql, [element]).fetchall()[0][0])


def test_the_climate_of_a_month_and_hour_is_the_mean_of_earlier_years(session):
    (stated, years), *others = session.execute(
        "select distinct climatology_value, climatology_year_count from fct_forecast_verification"
        " where location_id = 'city:toulouse-fr' and element = 'temperature_c' and hour(valid_at) = 15"
        " and month(valid_at) = 3"
    ).fetchall()
    assert others == []
    assert years == len(MARCHES)
    (mean,) = session.execute(
        "select round(avg(cast(temperature_c as decimal(9, 2))), 2) from fct_observations where location_id = 'wmo:07630'"
        " and quality_flag = 'ok' and hour(observed_at) = 15 and month(observed_at) = 3 and year(observed_at) < 2026"
    ).fetchone()
    assert stated == pytest.approx(
        mean, abs=0.011
    )  # a suspect humidity costs the report here its flag, not its temperature


# --- air quality -----------------------------------------------------------------------------------------------------

# weather-domain B and A1: upper bounds of classes 1 to 5 (OpenWeather: 1 to 4), ug/m3
EAQI = {
    "pm2_5": (5, 15, 50, 90, 140),
    "pm10": (15, 45, 120, 195, 270),
    "no2": (10, 25, 60, 100, 150),
    "o3": (60, 100, 120, 160, 180),
    "so2": (20, 40, 125, 190, 275),
}
ATMO = {
    "pm2_5": (10, 20, 25, 50, 75),
    "pm10": (20, 40, 50, 100, 150),
    "no2": (40, 90, 120, 230, 340),
    "o3": (50, 100, 130, 240, 380),
    "so2": (100, 200, 350, 500, 750),
}
OPENWEATHER = {
    "so2": (20, 80, 250, 350),
    "no2": (40, 70, 150, 200),
    "pm10": (20, 50, 100, 200),
    "pm2_5": (10, 25, 50, 75),
    "o3": (60, 100, 140, 180),
    "co": (4400, 9400, 12400, 15400),
}
PPB_UGM3 = {"no2": 46.006 / 24.45, "o3": 47.997 / 24.45, "so2": 64.06 / 24.45, "co": 28.010 / 24.45}
US_AQI = {
    # ug/m3; 12.0 and 35.4 are the golden values of weather-domain B
    "pm2_5": {9.0: 50, 9.09: 50, 9.1: 51, 12.0: 56, 35.4: 100, 35.5: 101, 55.4: 150, 125.4: 200, 225.4: 300, 400: 649},
    "pm10": {54.9: 50, 55: 51, 154.9: 100, 254.9: 150, 354.9: 200, 424.9: 300, 604.9: 500, 700: 607},
    # ppb; half a unit more is cut off. Ozone and sulphur dioxide go from one averaging period to the next.
    "no2": {53.5: 50, 54.5: 51, 100.5: 100, 360.5: 150, 649.5: 200, 1249.5: 300, 2049.5: 500},
    "o3": {54.5: 50, 55.5: 51, 70.5: 100, 71.5: 101, 85.5: 150, 105.5: 200, 200.5: 300, 250.5: 300, 405.5: 301, 604.5: 500},
    "so2": {35.5: 50, 36.5: 51, 75.5: 100, 185.5: 150, 304.5: 200, 350.5: 216, 604.5: 300, 1004.5: 500},
    "co": {4450: 50, 4550: 51, 9450: 100, 12450: 150, 15450: 200, 30450: 300, 50450: 500},
}  # fmt: skip
DAY_H = 24

Found = dict[tuple[str, str], tuple[int, str]]


@pytest.fixture
def indices_of(at_once: Path, tmp_path: Path) -> Callable[[dict[str, dict[str, float]]], Found]:
    """`indices_of({place: concentrations})`: (place, index) -> (value, worst pollutant) by the SQL as it was built, after a day
    of that air."""
    model = (
        at_once / "target" / "compiled" / "isobar" / "models" / "marts" / "air_quality" / "fct_air_quality_indices.sql"
    )
    shutil.copy(at_once / "warehouse.duckdb", tmp_path / "warehouse.duckdb")

    def found(airs: dict[str, dict[str, float]]) -> Found:
        with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as opened:
            opened.execute("delete from marts.fct_air_quality")
            for place, air in airs.items():
                columns = ", ".join(f"{pollutant}_ugm3" for pollutant in air)
                opened.execute(
                    f"insert into marts.fct_air_quality (location_id, source, observed_at, observed_date, {columns})"
                    f" select ?, 'openweather', hour_at, cast(hour_at as date), {', '.join('?' * len(air))}"
                    f" from range(timestamp '2026-01-01', timestamp '2026-01-02', interval 1 hour) as hours (hour_at)",
                    [place, *air.values()],
                )
            rows = opened.execute(
                f"select location_id, index_name, index_value, worst_pollutant from ({model.read_text()})"
                " where observed_at = timestamp '2026-01-01 23:00'"
            ).fetchall()
        return {(place, index): (value, worst) for place, index, value, worst in rows}

    return found


def test_classes_begin_and_end_at_their_bounds(indices_of):
    airs, expected_values = {}, {}
    for index, table, rank in (
        ("eaqi_2025", EAQI, bisect_left),  # a bound is the last value of its class
        ("atmo_2021", ATMO, bisect_left),
        ("openweather", OPENWEATHER, bisect_right),  # and here the first of the next
    ):
        for pollutant, bounds in table.items():
            for value in (0, *(bound + step for bound in bounds for step in (-0.01, 0, 0.01))):
                airs[f"{pollutant} {value}"] = {pollutant: value}
                expected_values[f"{pollutant} {value}", index] = (rank(bounds, value) + 1, pollutant)
    found = indices_of(airs)
    assert {key: found[key] for key in expected_values} == expected_values
    assert len(expected_values) == 2 * 5 * 16 + 6 * 13


def test_the_us_index_is_interpolated_between_its_breakpoints(indices_of):
    airs, expected_values = {}, {}
    for pollutant, values in US_AQI.items():
        for value, index in values.items():
            airs[f"{pollutant} {value}"] = {pollutant: value * PPB_UGM3.get(pollutant, 1)}
            expected_values[f"{pollutant} {value}", "us_aqi_2024"] = (index, pollutant)
    found = indices_of(airs)
    assert {key: found[key] for key in expected_values} == expected_values


def test_openweathers_own_index_is_found_again_in_real_answers(indices_of, real_data):
    bodies = [
        json.loads(path.read_text()) for path in sorted((real_data("openweather") / "air_pollution").glob("*.json"))
    ]
    answers = {str(number): body["list"][0] for number, body in enumerate(bodies)}
    indexed = set(OPENWEATHER)
    found = indices_of(
        {
            place: {name: value for name, value in answer["components"].items() if name in indexed}
            for place, answer in answers.items()
        }
    )
    assert len(answers) == 4
    assert {place: found[place, "openweather"][0] for place in answers} == {
        place: answer["main"]["aqi"] for place, answer in answers.items()
    }


def test_openweathers_own_index_is_found_again_over_days(session):
    compared, equal = session.execute(
        "select count(*), count(case when index_value = openweather_aqi then 1 end) from fct_air_quality_indices"
        " inner join fct_air_quality using (location_id, observed_at, source) where index_name = 'openweather'"
    ).fetchall()[0]
    assert compared == equal >= 3 * DAY_H


def test_the_index_of_a_day_is_of_means_and_maxima_over_its_hours(session):
    """ATMO by pandas: means of particles, maxima of gases, over 24 clock hours of which 18 are there."""
    air = session.execute(
        "select * from fct_air_quality where location_id = 'city:paris-fr' order by observed_at"
    ).fetch_df()
    hourly = air.groupby(air["observed_at"].dt.floor("h"))[[f"{name}_ugm3" for name in ATMO]].mean().asfreq("h")
    window = hourly.rolling(DAY_H, min_periods=DAY_H * 3 // 4)
    classes = {}
    for name, bounds in ATMO.items():
        column = f"{name}_ugm3"
        values = window[column].mean() if name.startswith("pm") else window[column].max()
        classes[name] = values.map(
            lambda value, bounds=bounds: np.nan if np.isnan(value) else bisect_left(bounds, value) + 1
        )
    worst = {at: max(by_pollutant) for at, *by_pollutant in zip(hourly.index, *classes.values(), strict=True)}
    found = session.execute(
        "select observed_at, index_value from fct_air_quality_indices"
        " where location_id = 'city:paris-fr' and index_name = 'atmo_2021' order by 1"
    ).fetchall()
    expected_values = {at: worst[at.floor("h")] for at in air["observed_at"] if not np.isnan(worst[at.floor("h")])}
    assert dict(found) == expected_values
    # the first 17 hours have none, nor has the last poll, days after the others
    assert len(expected_values) == len(air) - (DAY_H * 3 // 4 - 1) - 1


# --- one build or many -----------------------------------------------------------------------------------------------


@pytest.mark.long
def test_forecasts_measurements_and_lists_in_two_builds_equal_one(at_once, archives, tmp_path, monkeypatch):
    """What arrives late bears on pairs that were there: at Toulouse a March of the climatology, at Nantes a report before an
    issue; Orly's station comes to Paris from Grenoble; everywhere the outcomes of the last days, another poll, and the air of
    the days before those whose air was known."""
    monkeypatch.setenv("DBT_EXCLUDE_RESOURCE_TYPES", "unit_test test")  # they pass on the same rows in `at_once`
    early = tmp_path / "early"
    shutil.copytree(archives, early)
    without(early / "synop.201903.csv", lambda line: line.startswith("07630;"))
    without(early / "synop.202603.csv", lambda line: line.startswith("07222;20260302060000"))
    without(early / "synop.202603.csv", lambda line: line.split(";")[1] >= "20260306120000")
    stations = early / "postesSynop.csv"
    listed = stations.read_text(encoding="utf-8")
    assert listed.count(ORLY) == 1
    stations.write_text(listed.replace(ORLY, ORLY_AT_GRENOBLE), encoding="utf-8")
    settings: Settings = settings_of(tmp_path / "steps")
    with dbt.project_environment(settings):
        load(SYNOP, settings, str(early))
        poll(settings, POLLS[:2])
        past_air_quality(settings, PAST_AIR_UNTIL - timedelta(days=1), PAST_AIR_UNTIL)
        build_and_publish(settings)
        grenoble = "select count(*) from fct_forecast_verification where location_id = 'city:grenoble-fr'"
        assert count(settings.data_dir, grenoble) > 0
        load(SYNOP, settings, str(archives))
        poll(settings, POLLS[2:])
        past_air_quality(settings, POLLS[0].date(), PAST_AIR_UNTIL - timedelta(days=2))
        second = build_and_publish(settings)
        assert second.dbt.rebuilt == []
    # lists and files came in another order: that is what these two tell
    assert_same(marts(settings.data_dir), marts(at_once), but=("dim_location_history", "fct_observation_revisions"))


def without(archive: Path, is_missing: Callable[[str], bool]) -> None:
    """The archive as it was before those lines were in it."""
    header, *lines = archive.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not is_missing(line)]
    assert len(kept) < len(lines)
    archive.write_text(header + "".join(kept), encoding="utf-8")
