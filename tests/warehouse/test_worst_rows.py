"""Whatever a provider sends, every source is published: the worst rows of each in one data folder, in one build."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from isobar.jobs.build import build_and_publish
from isobar.settings import Settings
from isobar.warehouse import dbt
from tests import own
from tests.warehouse import worst
from tests.warehouse.published import count, query


@pytest.fixture(scope="module")
def worst_built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the worst rows of every source, built with every data test."""
    folder = tmp_path_factory.mktemp("worst")
    (folder / "cities.csv").write_text(worst.CITIES)
    settings = own.openweather(Settings(data_dir=folder / "data", clock=worst.CLOCK), cities=folder / "cities.csv")
    with pytest.MonkeyPatch.context() as patch, dbt.project_environment(settings):
        patch.setenv("DBT_EXCLUDE_RESOURCE_TYPES", "unit_test")
        worst.load_worst(settings, folder / "in")
        build_and_publish(settings)  # raises when an error-level test fails
    return settings.data_dir


@pytest.mark.parametrize(
    ("source", "expected", "sql"),
    [
        (
            "synop",
            40,
            "from fct_observations where location_id = 'wmo:07005' and source = 'synop'"
            " and year(observed_at) = 2026 and minute(observed_at) = 0 and round(dew_point_c, 2) = 2.85",
        ),
        (
            "climat",
            1,
            "from fct_monthly_climate where location_id = 'wmo:07005' and source = 'climat' and temperature_mean_c = 5.1",
        ),
        ("climatology", 5, "from fct_daily_weather where location_id = 'insee:80002001' and precipitation_mm = 1.5"),
        ("vigilance", 1, "from fct_vigilance where updated_at = '2026-01-05 05:00:00' and colour = 'yellow'"),
        (
            "openweather",
            8,
            "from fct_observations where location_id = 'city:paris-fr' and observed_date = '2026-01-05'"
            " and relative_humidity_pct = 76",
        ),
        ("forecasts", 10, "from fct_forecasts where location_id = 'city:paris-fr' and precipitation_3h_mm = 1"),
        ("air quality", 1, "from fct_air_quality where location_id = 'city:paris-fr' and pm2_5_ugm3 > 0"),
        ("air forecasts", 5, "from fct_air_quality_forecasts where location_id = 'city:paris-fr'"),
    ],
)
def test_the_good_rows_of_every_source_are_published(worst_built, source, expected, sql):
    assert count(worst_built, f"select count(*) {sql}") == expected, source


def test_nothing_is_observed_after_the_clock(worst_built):
    for mart, column in {
        "fct_observations": "observed_at",
        "agg_latest_conditions": "observed_at",
        "fct_observation_gaps": "gap_end_at",
        "fct_daily_weather": "weather_date",
        "fct_monthly_climate": "month_start_date",
        "fct_vigilance": "updated_at",
        "fct_air_quality": "observed_at",
        "fct_forecasts": "issued_at",
        "fct_air_quality_forecasts": "issued_at",
    }.items():
        assert count(worst_built, f"select count(*) from {mart} where {column} > timestamp '{worst.CLOCK}'") == 0, mart


@pytest.mark.parametrize(
    ("table", "earlier", "later"),
    [
        ("synop.observations", "td = 275", "td = 276"),
        ("climat.months", "tmmoy = 5.2", "tmmoy = 5.1"),
        ("climatology.daily_rr_t_vent", "rr = 1.4", "rr = 1.5"),
        ("meteofrance_vigilance.phenomena", "color_id = 3", "color_id = 2"),
        ("openweather.current", "humidity = 75", "humidity = 76"),
    ],
)
def test_two_versions_of_a_file_may_come_with_one_load(worst_built, table, earlier, later):
    """Here both are in raw; the test of the good rows holds that the later one is published."""
    with duckdb.connect(str(worst_built / "warehouse.duckdb"), read_only=True) as warehouse:
        lines = f"select _dlt_load_id, source_file, source_row from raw_{table} where"
        assert warehouse.execute(f"{lines} {earlier} intersect {lines} {later}").fetchall()


def test_a_version_of_a_time_ahead_is_no_later_one(worst_built):
    assert query(
        worst_built, "select round(temperature_c, 2) from fct_observations where location_id = 'wmo:07030'"
    ) == [(7.85,)]


def test_unreadable_rain_is_unknown(worst_built):
    rain = dict(
        query(
            worst_built,
            "select hour(observed_at), precipitation_1h_mm from fct_observations"
            " where location_id = 'city:paris-fr' and observed_date = '2026-01-04'",
        )
    )
    assert rain[19] == 0.3 and rain[20] is None and rain[21] is None
    assert query(
        worst_built,
        "select precipitation_3h_mm from fct_forecasts where location_id like '%rome-it' and valid_at >= '2026-01-07'",
    ) == [(None,), (None,)]


@pytest.mark.parametrize(
    ("source", "file", "row", "reason"),
    [
        ("synop", "synop.202601.csv", 52, "no readable geo_id_wmo and validity_time"),
        ("synop", "synop.202601.csv", 54, "validity_time is later than the file: not an observation"),
        ("synop", "synop.202601.csv", 42, "not a number"),
        ("synop", "synop.202601.csv", 55, "no readable geo_id_wmo and validity_time"),  # of the year 1650
        ("synop", "synop.202601.csv", 47, "no readable geo_id_wmo and validity_time"),  # of station 0
        ("synop", "synop_2026.csv", 2, "insert_time is later than the file: not an observation"),
        ("synop", "postesSynop.csv", 4, "not a number from -90 to 90"),
        ("synop", "postesSynop.csv", 7, "no readable id"),
        ("climat", "climat.202512.csv", 3, "not a number from -1 to 31"),
        ("climat", "climat.202512.csv", 10, "dat is later than the file: not an observation"),
        (
            "climatology",
            "Q_80_latest-2025-2026_RR-T-Vent.csv",
            14,
            "aaaammjj is later than the file: not an observation",
        ),
        ("climatology", "Q_80_latest-2025-2026_RR-T-Vent.csv", 9, "not a number from -90 to 90"),
        ("meteofrance_vigilance", "ahead/CDP_CARTE_EXTERNE.json", 1, "update_time is later than the file"),
        ("meteofrance_vigilance", "no_domain/CDP_CARTE_EXTERNE.json", 1, "no readable product_domain_id"),
        ("openweather", "openweather/bad.json", 2, "not an object: /1/coord"),
        ("openweather", "openweather/bad.json", 20, "not a number not below 0: /19/rain/1h"),
        ("openweather", "openweather/bad.json", 22, "dt is later than the file: not an observation"),
        ("openweather", "openweather/bad.json", 23, "units not known"),
        ("openweather", "poll.2026-01-05T061000.jsonl", 13, "a step 23,372 days ahead of its issue"),
    ],
)
def test_a_bad_row_is_accounted_for(worst_built, source, file, row, reason):
    with duckdb.connect(str(worst_built / "warehouse.duckdb"), read_only=True) as warehouse:
        reasons = warehouse.execute(
            f"select reason from raw_{source}.rejects where source_file = ? and source_row = ?", [file, row]
        ).fetchall()
    assert any(reason in found for (found,) in reasons), reasons
