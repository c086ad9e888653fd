"""Real archives of Météo-France, from the folder to published marts, against what is known of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingestion.load import load
from isobar.build import build_and_publish
from isobar.settings import Settings
from tests import accuracy, quality_rates
from tests.warehouse.conftest import SYNOP
from tests.warehouse.published import count


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory, real_data) -> Path:
    """All real SYNOP archives, loaded and built once."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("real"))
    summary = load(SYNOP, settings, str(real_data("synop")))
    observations = summary.tables["observations"]
    assert (observations.files, observations.row_count, summary.refused) == (18, 211_986, [])
    build_and_publish(settings)
    return settings.data_dir


def test_every_observation_is_there_once(real):
    assert count(real, "select count(*) from fct_observations") == 200_359
    assert count(real, "select count(distinct location_id) from fct_observations") == 62
    assert count(real, "select count(*) from dim_locations where country_code is null or timezone is null") == 0


@pytest.mark.parametrize(
    ("place", "time", "measure", "value"),
    [
        ("wmo:07117", "1996-01-07 06:00", "temperature_c", 96.0),
        ("wmo:61997", "1996-01-15 12:00", "temperature_c", 90.5),
        ("wmo:07510", "1996-03-09 15:00", "temperature_c", 60.8),
        ("wmo:61968", "1996-01-21 03:00", "precipitation_24h_mm", 994.7),
        ("wmo:81415", "1996-01-19 21:00", "pressure_sea_level_hpa", 1070.3),
        # the dew point of a report whose sign was lost, and of one whose hygrometer failed
        ("wmo:78894", "1996-06-23 09:00", "dew_point_c", -24.2),
        ("wmo:07471", "2020-06-23 18:00", "dew_point_c", -35.5),
    ],
)
def test_absurd_values_are_rejected_with_a_finding(real, place, time, measure, value):
    key = f"location_id = '{place}' and observed_at = timestamp '{time}'"
    assert count(
        real,
        f"select count(*) from fct_quality_findings where {key} and measure = '{measure}' and verdict = 'rejected'"
        f" and abs(value - {value}) < 0.001",
    )
    assert count(
        real, f"select count(*) from fct_observations where {key} and {measure} is null and quality_flag = 'rejected'"
    )


def test_cold_that_is_real_is_kept(real):
    coldest = "select round(min(temperature_c) * 100) from fct_observations where location_id = 'wmo:89642'"
    assert count(real, coldest) == -3030  # 242.85 K, Dumont d'Urville
    rejected = "select count(*) from fct_quality_findings where location_id = 'wmo:89642' and verdict = 'rejected'"
    assert count(real, f"{rejected} and measure = 'temperature_c'") == 0


def test_dew_points_above_the_temperature_are_found(real):
    contradictions = "select count(*) from fct_quality_findings where check_name = 'dew_point_above_temperature'"
    assert count(real, f"{contradictions} and measure = 'dew_point_c' and verdict = 'rejected'") == 10
    assert count(real, f"{contradictions} and measure = 'temperature_c' and verdict = 'suspect'") == 10


@pytest.mark.parametrize(
    ("check", "place", "time", "measure"),
    [
        ("step", "wmo:61968", "1996-03-03 06:00", "temperature_c"),  # 26.9, 10.1, 31.1
        ("step", "wmo:07280", "1996-04-11 06:00", "pressure_station_hpa"),  # 988.5, 998.7, 988.9
        ("persistence", "wmo:61997", "2020-06-01 12:00", "relative_humidity_pct"),  # 14 % for three weeks
        ("persistence", "wmo:61997", "2020-06-01 12:00", "dew_point_c"),  # and what was reckoned from it
        ("neighbours", "wmo:07117", "1996-02-27 12:00", "temperature_c"),  # -9.6 among 9.3 to 10.0
        ("neighbours", "wmo:78890", "1996-05-30 18:00", "pressure_sea_level_hpa"),  # 992.8 among 1014
    ],
)
def test_errors_in_time_and_place_are_suspect_and_stay(real, check, place, time, measure):
    key = f"location_id = '{place}' and observed_at = timestamp '{time}'"
    found = (
        f"select count(*) from fct_quality_findings where {key} and measure = '{measure}' and check_name = '{check}'"
    )
    assert count(real, f"{found} and verdict = 'suspect'") == 1
    assert count(real, f"select count(*) from fct_observations where {key} and {measure} is not null") == 1


def test_storms_of_the_archives_are_no_steps(real):
    # Egon at Lille, and the eye of Herold over Tromelin: their tendencies confirm the fall
    lows = "('wmo:07015', timestamp '2017-01-12 21:00'), ('wmo:61976', timestamp '2020-03-16 09:00')"
    found = "select count(*) from fct_quality_findings where check_name = 'step' and (location_id, observed_at) in"
    assert count(real, f"{found} ({lows})") == 0


def test_no_pressure_of_a_mountain_station_is_rejected(real):
    high = "location_id in (select location_id from dim_locations where altitude_m > 500)"
    assert (
        count(real, f"select count(*) from fct_observations where {high} and pressure_station_hpa is not null") > 5000
    )
    rejected = "select count(*) from fct_quality_findings where verdict = 'rejected' and measure like 'pressure%'"
    assert count(real, f"{rejected} and {high}") == 0


def test_few_values_are_condemned_and_those_that_are_were_examined(real):
    marts = real / "marts.duckdb"
    assert 0 < quality_rates.condemned_share(marts) < 0.002
    lines = "\n".join(quality_rates.archive_lines(marts))
    assert lines in quality_rates.REPORT.read_text(encoding="utf-8"), "run `make quality`"


def test_temperatures_outside_the_extremes_of_climat_have_a_finding(real, real_data):
    witness = quality_rates.climat_witness(real / "marts.duckdb", real_data("climat"))
    assert witness["values"] > 50_000
    assert witness["outside_found"] == witness["outside"] > 0
    assert witness["inside_found"] == 0


def test_monthly_figures_agree_with_climat(real, real_data, capsys):
    compared = accuracy.pairs(real / "marts.duckdb", real_data("climat"))
    found = accuracy.shares(compared)
    with capsys.disabled():
        for name, (close, total) in found.items():
            print(f"\nCLIMAT: {name}: {close} of {total} station-months close ({close / total:.2%})", end="")  # noqa: T201
    for element in accuracy.ELEMENTS:
        close, total = found[element.name]
        assert total > 100 and close / total >= element.share, element.name
    assert accuracy.report(compared) == accuracy.REPORT.read_text(encoding="utf-8"), "run `make accuracy`"


def test_known_revisions_of_november_2020(real):
    revised = "select count(*) from fct_observation_revisions where version > 1"
    assert count(real, f"{revised} and observed_at >= '2020-11-01'") == 184
    assert count(real, revised) == 184
    # README of the data: the wind speed changed in 56 of them; each version was said until the next one was
    changed = (
        "select count(*) from fct_observation_revisions as before join fct_observation_revisions as after"
        " using (location_id, source, observed_at) where before.version = 1 and after.version = 2"
        " and before.known_to_at = after.known_from_at"
    )
    assert count(real, changed) == 184
    assert count(real, f"{changed} and before.wind_speed_ms is distinct from after.wind_speed_ms") == 56
