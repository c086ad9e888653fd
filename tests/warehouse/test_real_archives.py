"""Real archives of Météo-France, from the folder to published marts, against what is known of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingestion.load import load
from isobar.build import build_and_publish
from isobar.settings import Settings
from tests import accuracy
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


PUBLISHED_MEANS = {
    ("2020-01-01", "2020-01-31"): 7.4,
    ("2020-02-01", "2020-02-29"): 9.3,
    ("2020-05-01", "2020-05-31"): 16.6,
    ("2020-06-01", "2020-06-30"): 18.6,
    ("2020-07-01", "2020-07-15"): 20.5,
}
"""Mean temperature of France, °C, over the 30 stations of the national indicator: Météo-France's bulletins (docs/events.md)."""


@pytest.mark.parametrize(("period", "published"), PUBLISHED_MEANS.items())
def test_the_available_indicator_is_near_the_published_means(real, period, published):
    where = "indicator = 'available' and weather_date between '{}' and '{}'".format(*period)
    assert count(real, f"select count(*) from fct_thermal_indicators where {where} and not is_valid") == 0
    found = count(real, f"select round(avg(temperature_c) * 100) from fct_thermal_indicators where {where}") / 100
    assert found == pytest.approx(published, abs=0.2)


def test_no_archive_holds_a_national_wave_or_the_national_indicator(real):
    # January 2017 and June 2020 came near one; Météo-France counts neither as a wave. SYNOP alone is never the 30 stations.
    assert count(real, "select count(*) from fct_weather_events where scope = 'national'") == 0
    assert count(real, "select count(*) from fct_thermal_indicators where indicator = 'national_30'") == 0


@pytest.mark.parametrize(
    ("event_id", "peak"),
    [
        ("wind_storm:wmo:07027:2017-01-12", 36.3),  # Egon, Caen
        ("wind_storm:wmo:07222:2017-03-06", 30.2),  # Zeus, Nantes
        ("wind_storm:wmo:07015:2020-02-09", 32.5),  # Ciara, Lille
        ("heavy_rain:wmo:07747:2020-01-21", 68.0),  # Gloria, Perpignan
        ("heavy_rain:wmo:07510:2020-05-10", 71.0),  # the floods of Bordeaux
        ("heat_wave:wmo:07510:2020-07-29", 38.5),
        ("cold_wave:wmo:07190:2017-01-22", -4.9),
    ],
)
def test_events_that_are_known_are_found(real, event_id, peak):
    where = f"event_id = '{event_id}' and round(peak_value, 1) = {peak} and is_start_certain"
    assert count(real, f"select count(*) from fct_weather_events where {where}") == 1
