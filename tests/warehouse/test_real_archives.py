"""Real archives of Météo-France, from the folder to published marts, against what is known of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingestion.load import load
from isobar.jobs.build import build_and_publish
from isobar.settings import Settings
from tests.pages import assert_every_page_is_sound_and_true
from tests.warehouse.conftest import SYNOP
from tests.warehouse.published import count
from tools import accuracy, quality_rates


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory, real_data) -> Path:
    """All real SYNOP archives, loaded and built once."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("real"))
    summary = load(SYNOP, settings, str(real_data("synop")))
    observations = summary.tables["observations"]
    assert (observations.files, observations.row_count, summary.refused) == (18, 211_986, [])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DBT_EXCLUDE_RESOURCE_TYPES", "unit_test")  # with dbt's data tests
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


def test_every_page_of_the_app_over_them(real):
    assert_every_page_is_sound_and_true(real)


@pytest.fixture(scope="module")
def compared(real, real_data) -> list[accuracy.Pair]:
    """Complete station-months of metropolitan France, ours beside CLIMAT's."""
    return accuracy.pairs(real / "marts.duckdb", real_data("climat"))


@pytest.mark.parametrize("element", accuracy.ELEMENTS, ids=lambda element: element.name)
def test_monthly_figures_agree_with_climat(compared, capsys, element):
    close, total = accuracy.share(compared, element)
    with capsys.disabled():
        print(f"\nCLIMAT: {element.name}: {close} of {total} station-months close ({close / total:.2%})", end="")  # noqa: T201
    assert total > (110 if element is accuracy.RAIN else 200)
    assert close / total >= element.share
    if element.is_count:  # two zeros agree easily
        close, total = accuracy.share(compared, element, occurring=True)
        assert total > 30 and close / total >= element.share


def test_what_differs_from_climat_was_not_sent(compared):
    """Where every window is covered nothing differs but one rejected maximum; rain has reasons of its own."""
    for element in accuracy.ELEMENTS:
        close, total = accuracy.share(compared, element, sound=True)
        if element is accuracy.RAIN:
            assert total > 90 and close / total >= element.share
        else:
            assert total > 100 and close >= total - (element.name == "mean of Tx")


def test_rain_of_a_day_is_the_sum_of_its_parts(real):
    found = {verdict: days for verdict, (days, _) in accuracy.totals(real / "marts.duckdb").items()}
    assert sum(found.values()) > 14_000
    assert found["agree"] / sum(found.values()) >= accuracy.TOTALS_SHARE
    assert found["open"] <= accuracy.TOTALS_UNEXPLAINED


def test_the_report_on_accuracy_is_of_these_figures(real, compared):
    report = accuracy.report(compared, accuracy.totals(real / "marts.duckdb"))
    assert report == accuracy.REPORT.read_text(encoding="utf-8"), "run `make accuracy`"


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


@pytest.mark.parametrize(
    ("element", "value", "day", "tolerance", "share"),
    [
        ("highest_temperature_max_c", "TXAB", "TXDAT", 0.1, 0.97),
        ("lowest_temperature_min_c", "TNAB", "TNDAT", 0.1, 0.98),
        ("highest_precipitation_mm", "RRAB", "RRDAT", 0.5, 0.94),
    ],
)
def test_records_of_1996_are_the_extremes_that_climat_published(real, real_data, element, value, day, tolerance, share):
    """A record of a month of the year that was set in 1996 is the extreme of that month, which CLIMAT gives with its day."""
    of_1996 = (
        f"from fct_weather_records as ours join read_csv('{real_data('climat')}/climat.19960[1-6].csv.gz', delim = ';',"
        " all_varchar = true) as c on ours.location_id = 'wmo:' || c.NUM_POSTE"
        " and date_trunc('month', ours.recorded_date) = c.DAT::timestamp"
        f" where ours.element = '{element}' and ours.season != 'all' and c.NUM_POSTE like '07%' and c.{value} is not null"
    )
    total = count(real, f"select count(*) {of_1996}")
    assert total >= 80
    close = count(
        real, f"select count(*) {of_1996} and abs(ours.record_value - c.{value}::double) <= {tolerance} + 1e-6"
    )
    same_day = count(real, f"select count(*) {of_1996} and ours.recorded_date = c.{day}::timestamp::date")
    assert close / total >= share and same_day / total >= 0.96


def test_no_record_comes_from_a_mistyped_part_of_rain(real):
    # Glorieuses, 1996-02-04: 170 mm in a 3 h part, 48 mm in the total of the day
    suspicious = "select count(*) from fct_weather_records where location_id = 'wmo:61968' and record_value = 200"
    assert count(real, suspicious) == 0
    assert count(
        real, "select count(*) from fct_daily_weather where location_id = 'wmo:61968' and precipitation_mm = 200"
    )


def test_reports_are_counted_as_they_are_in_the_files(real, real_data):
    """Station-months, recounted from the text of the archives."""
    in_files = (
        "select 'wmo:' || numer_sta as location_id, strptime(left(date, 6), '%Y%m')::date as month_start_date,"
        " count(distinct date) as report_count"
        f" from read_csv('{real_data('synop')}/synop.*.csv.gz', delim = ';', all_varchar = true, union_by_name = true)"
        " group by all"
    )
    counted = "from agg_station_completeness where observed_count > 0"
    assert count(real, f"select count(*) {counted}") == 971
    compared = f"from ({in_files}) as files full join ({counted}) as ours using (location_id, month_start_date)"
    assert count(real, f"select count(*) {compared} where report_count is distinct from observed_count") == 0
    whole_months = "from agg_station_completeness where location_id = 'wmo:07005' and month_start_date"
    # 29 days of 8 in the February of 1996; to 2020-11-24 15 UTC, the newest report, 23 days of 8 and 6
    assert count(real, f"select expected_count {whole_months} = '1996-02-01'") == 232
    assert count(real, f"select expected_count {whole_months} = '2020-11-01'") == 190


def test_gaps_are_what_completeness_misses(real):
    missing = "select sum(missing_count) from fct_observation_gaps"
    assert count(real, missing) == count(
        real, "select sum(expected_count - observed_count) from agg_station_completeness"
    )
    of_the_network = "select sum(network_missing_count) from "
    assert count(real, f"{of_the_network} fct_observation_gaps") == count(
        real, f"{of_the_network} agg_station_completeness"
    )
    # no file of April 2020 is there: 240 slots that every station lacks
    april = "from agg_station_completeness where month_start_date = '2020-04-01'"
    assert count(real, f"select count(*) {april} and (observed_count > 0 or network_missing_count != 240)") == 0
    # Juan de Nova has said nothing since 2017-03-14
    silent = "select count(*) from fct_observation_gaps where location_id = 'wmo:61970' and is_open"
    assert count(real, f"{silent} and gap_start_at = '2017-03-14 03:00' and missing_count > network_missing_count") == 1


def test_two_years_make_no_normal(real):
    assert count(real, "select count(*) from dim_climate_normals where year_count > 2 or is_standard_normal") == 0
    assert count(real, "select count(*) from fct_climate_anomalies") == 971
    assert count(real, "select count(temperature_mean_anomaly_c) from fct_climate_anomalies") == 0
    assert count(real, "select count(*) from fct_weather_records where is_established") == 0


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
