"""Several polls of a simulated OpenWeather beside its stations: scores, air quality indices, one build or many."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import duckdb
import numpy as np
import pytest
import scores
import xarray as xr

from ingestion.load import load
from isobar import dbt
from isobar.build import build_and_publish
from isobar.settings import Settings
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
        past_air_quality(settings, POLLS[0].date(), POLLS[-1].date())
        build_and_publish(settings)
    return settings.data_dir


@pytest.fixture(scope="module")
def session(at_once: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute(f"attach '{at_once / 'marts.duckdb'}' as published (read_only); use published")
        yield opened


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
    assert 0.97 * outcomes * 2 <= count_of(session, "temperature_c") <= outcomes * 2


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


# --- one build or many -----------------------------------------------------------------------------------------------


def test_forecasts_measurements_and_lists_in_two_builds_equal_one(at_once, archives, tmp_path, monkeypatch):
    """The second brings a missing March of the climatology, the outcomes, the right position of a station, and polls."""
    monkeypatch.setenv("DBT_EXCLUDE_RESOURCE_TYPES", "unit_test test")  # they pass on the same rows in `at_once`
    early = write_archives(
        tmp_path / "early", [year for year in MARCHES if year != 2019], POLLS[0] + timedelta(hours=12)
    )
    listed = (early / "postesSynop.csv").read_text(encoding="utf-8")
    assert listed.count(";89\n") == 1
    (early / "postesSynop.csv").write_text(listed.replace(";89\n", ";489\n"), encoding="utf-8")
    settings: Settings = settings_of(tmp_path / "steps")
    with dbt.project_environment(settings):
        load(SYNOP, settings, str(early))
        poll(settings, POLLS[:2])
        past_air_quality(settings, POLLS[0].date(), POLLS[1].date())
        build_and_publish(settings)
        # 450 m above Paris, that station does not stand for it
        assert count(settings.data_dir, "select count(distinct location_id) from fct_forecast_verification") == 1
        load(SYNOP, settings, str(archives))
        poll(settings, POLLS[2:])
        past_air_quality(settings, POLLS[1].date(), POLLS[-1].date())
        second = build_and_publish(settings)
        assert second.dbt.rebuilt == []
    # lists and files came in another order: that is what these two tell
    assert_same(marts(settings.data_dir), marts(at_once), but=("dim_location_history", "fct_observation_revisions"))
