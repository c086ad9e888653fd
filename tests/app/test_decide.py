"""The page of figures to decide by, and the service behind it."""

from __future__ import annotations

from datetime import UTC, date
from pathlib import Path

import fixture_decide as made
import marts_fixture as fixture
import numpy as np
import pandas as pd
import pytest
from apptest import LANGUAGES, Environment, address, metrics, run, sentences, sound

from decide import data as decide
from repository import DuckDBRepository
from shared.days import Period
from shared.translations import text
from shared.units import zone_named

POST = made.POST
NAME = made.NAME.title()
DAYS_ASKED = 46
"""1 October to 15 November 2026."""
HEATING = 29 * (18 - 14) + 15 * (18 - 9)
HEATING_BEFORE = 29 * (18 - 13) + 15 * (18 - 8)
"""On the same 44 days of any other season."""


@pytest.fixture(scope="module")
def days(published: Path) -> pd.DataFrame:
    return DuckDBRepository(published / "marts.duckdb").decision_days(POST, "climatology")


def one_day(low: float, high: float, **values: object) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "weather_date": [pd.Timestamp("2026-01-01")],
            "temperature_min_c": [low],
            "temperature_max_c": [high],
            "precipitation_mm": [3.0],
            "is_temperature_complete": [True],
            "is_temperature_min_complete": [True],
            "is_precipitation_complete": [True],
            **{name: [value] for name, value in values.items()},
        }
    )


# --- service


@pytest.mark.parametrize(
    ("figure", "threshold", "low", "high", "expected"),
    [
        ("heating", 18, 5, 15, 8),
        ("heating", 18, 15, 25, 0),
        ("heating", 15, 5, 15, 5),
        ("cooling", 18, 16, 30, 5),
        ("growing", 10, 8, 34, 10),  # the maximum held at 30 °C, the minimum raised to 10 °C
        ("growing", 10, -3, 5, 0),
        ("growing", 5, 3, 17, 6),
        ("frost", 0, 0, 8, 1),
        ("frost", -2, -1, 8, 0),
        ("rain", 0, 0, 8, 3),
    ],
)
def test_what_a_day_adds(figure: str, threshold: float, low: float, high: float, expected: float) -> None:
    assert list(decide.daily_values(one_day(low, high), figure, threshold)) == [expected]


@pytest.mark.parametrize("figure", ["heating", "cooling", "growing"])
def test_an_incomplete_day_adds_nothing_and_is_no_zero(figure: str) -> None:
    day = one_day(5, 15, is_temperature_complete=False)
    assert decide.daily_values(day, figure, 10).isna().all()


def test_an_incomplete_night_counts_only_when_it_froze_already() -> None:
    assert list(decide.daily_values(one_day(-1, 5, is_temperature_min_complete=False), "frost", 0)) == [1]
    assert decide.daily_values(one_day(1, 5, is_temperature_min_complete=False), "frost", 0).isna().all()
    assert decide.daily_values(one_day(1, 5, is_precipitation_complete=False), "rain", 0).isna().all()


def test_a_season_against_the_same_days_of_others(days: pd.DataFrame) -> None:
    summed = decide.accumulate(decide.daily_values(days, "heating", 18), 10, 2026)
    assert (summed.first, summed.last) == (date(2026, 10, 1), made.LAST)
    assert (summed.total, summed.known_count, summed.asked_count) == (HEATING, DAYS_ASKED - 2, DAYS_ASKED)
    assert summed.reference == decide.Comparison(HEATING, HEATING_BEFORE, DAYS_ASKED - 2)
    assert summed.previous == summed.reference
    assert (summed.reference_period, summed.reference_seasons) == (None, (2022, 2023, 2024, 2025))
    assert summed.year_counts == (4, 4)
    line = summed.curve.set_index("weather_date")
    assert len(line) == 365
    assert pd.isna(line.at[pd.Timestamp(made.MISSING_DAY), "total"]), "the line breaks"
    assert line.at[pd.Timestamp(made.LAST), "total"] == HEATING
    assert line.at[pd.Timestamp("2026-10-31"), "reference_total"] == 31 * 5, "the whole season, to look ahead"
    assert line["previous_total"].notna().all()


def test_a_season_with_29_february_is_compared_without_it(days: pd.DataFrame) -> None:
    summed = decide.accumulate(decide.daily_values(days, "frost", 0), 1, 2024)
    assert summed.total == 31 + 29 + 31
    assert summed.previous == decide.Comparison(90, 90, 365)
    assert summed.reference is not None
    assert summed.reference.day_count == 366, "29 February against the 28ths"
    assert summed.reference.other == 91


def test_a_line_with_many_holes_is_not_drawn_beside_others(days: pd.DataFrame) -> None:
    values = decide.daily_values(days, "rain", 0)
    values.loc["2025-10-01":"2025-11-10"] = np.nan  # type: ignore[misc]
    summed = decide.accumulate(values, 9, 2026)
    assert summed.curve["previous_total"].isna().all()
    assert summed.previous is not None
    assert summed.previous.day_count == 30 + 5, "the sum of the days that both know stays"
    assert summed.year_counts == (3, 4)


def test_nothing_known_is_no_sum(days: pd.DataFrame) -> None:
    values = decide.daily_values(days, "rain", 0) * np.nan
    summed = decide.accumulate(values, 9, 2026)
    assert summed.total is None
    assert summed.reference is None
    assert summed.previous is None


def test_the_standard_normal_has_its_name_only_with_24_seasons() -> None:
    def steady(first: int) -> pd.Series:
        index = pd.date_range(f"{first}-01-01", "2026-06-30", freq="D")
        return pd.Series(np.where(index.year == 2026, 3.0, 2.0), index)

    normal = decide.accumulate(steady(1995), 1, 2026)
    assert normal.reference_period == "1991-2020"
    assert normal.year_counts == (26, 26), "not the seasons since"
    young = decide.accumulate(steady(2000), 1, 2026)
    assert young.reference_period is None
    assert young.year_counts == (26, 26), "all other seasons"


def test_season_names() -> None:
    assert decide.seasons(date(2024, 3, 1), date(2026, 2, 1), 10) == [2025, 2024, 2023]
    assert decide.season_name(2025, 10) == "2025-26"
    assert decide.season_name(2099, 10) == "2099-00"
    assert decide.season_name(2025, 1) == "2025"


def test_the_fullest_season_lacks_the_fewest_days(days: pd.DataFrame) -> None:
    values = decide.daily_values(days, "heating", 18)
    assert decide.fullest_season(values, 10) == 2025, "whole as the leap year 2023 is, and newer"
    values.loc["2025-12-05"] = np.nan
    assert decide.fullest_season(values, 10) == 2024
    assert decide.fullest_season(values * np.nan, 10) == 2026, "none is known: the newest"


def test_frost_dates_of_complete_half_years(days: pd.DataFrame) -> None:
    table = decide.frost_years(decide.daily_values(days, "frost", 0)).set_index("year")
    assert list(table.index) == [2022, 2023, 2024, 2025, 2026]
    assert not table.at[2022, "is_spring_complete"]
    assert table.at[2024, "last_spring_date"] == pd.Timestamp("2024-02-29")
    assert table.at[2023, "first_autumn_date"] == pd.Timestamp("2023-12-01")
    assert not table.at[2026, "is_autumn_complete"], "December is to come"
    spring, autumn = (decide.frost_date(table.reset_index(), season) for season in ("spring", "autumn"))
    assert (spring.year_count, spring.frost_count, spring.median, spring.extreme) == (4, 4, 59, 59)
    assert (autumn.year_count, autumn.median) == (3, 335)
    assert spring.one_in_ten is None, "ten years are needed to say one in ten"


def test_one_year_in_ten() -> None:
    years = range(2001, 2012)
    table = pd.DataFrame(
        {
            "year": years,
            "last_spring_date": [pd.Timestamp(year, 4, 1) + pd.Timedelta(days=year - 2001) for year in years],
            "is_spring_complete": True,
        }
    )
    told = decide.frost_date(table, "spring")
    assert told.median is not None
    assert told.one_in_ten is not None
    assert told.extreme is not None
    assert decide.day_of_common_year(told.median).strftime("%m-%d") == "04-06"
    assert decide.day_of_common_year(told.one_in_ten).strftime("%m-%d") == "04-10"
    assert decide.day_of_common_year(told.extreme).strftime("%m-%d") == "04-11"


def test_no_frost_is_said() -> None:
    index = pd.date_range("2020-01-01", "2021-12-31", freq="D")
    told = decide.frost_date(decide.frost_years(pd.Series(0.0, index)), "autumn")
    assert (told.year_count, told.frost_count, told.median) == (2, 0, None)


def test_reports_are_counted_by_the_clocks_of_the_zone() -> None:
    """Paris is an hour before UTC until 29 March 2026 01:00 UTC, then two: the report of that day's evening is of the next."""
    rows = pd.DataFrame(
        {
            "observed_at": pd.to_datetime(
                ["2026-03-28 21:00", "2026-03-28 23:30", "2026-03-29 21:00", "2026-03-29 22:30"]
            ),
            "value": [5.0, 12.0, 11.0, 20.0],
        }
    )
    period = Period(date(2026, 3, 28), date(2026, 3, 29))
    local = decide.reports(rows, 10, period, zone_named("Europe/Paris"))
    assert local is not None
    assert list(local.cells["hour"]) == [0, 22, 23]
    assert (local.report_count, local.above_count, local.day_count, local.above_day_count) == (3, 2, 2, 1)
    assert local.highest_value == 12.0
    utc = decide.reports(rows, 10, period, UTC)
    assert utc is not None
    assert list(utc.cells["hour"]) == [21, 22, 23]
    assert (utc.report_count, utc.above_count, utc.day_count, utc.above_day_count) == (4, 3, 2, 2)
    assert utc.highest_value == 20.0


def test_reports_at_or_above(published: Path) -> None:
    repository = DuckDBRepository(published / "marts.duckdb")
    gust = 6 * 1.7 * 1.6
    bordeaux = [r for r in fixture.weather().tables["fct_observations"] if r["location_id"] == "wmo:07510"]
    first, last = date(2026, 1, 1), fixture.LAST_DAY

    def told(measure: str, threshold: float) -> decide.Reports | None:
        rows = repository.reports("wmo:07510", "synop", measure, first - decide.A_DAY, last + decide.A_DAY)
        return decide.reports(rows, threshold, Period(first, last), UTC)

    reached = told("gust", gust)
    assert reached is not None
    assert (reached.above_count, reached.report_count) == (len(bordeaux), len(bordeaux))
    assert reached.day_count == reached.above_day_count == fixture.DAY_COUNT
    assert reached.highest_value == pytest.approx(gust)
    assert reached.cells["report_count"].sum() == len(bordeaux)
    assert set(reached.cells["hour"]) == set(range(0, 24, fixture.TERM_HOURS))
    missed = told("gust", gust + 0.1)
    assert missed is not None
    assert (missed.above_count, missed.above_day_count) == (0, 0)
    cool = told("heat_index", 32)
    assert cool is not None, "too cool for an index is known to be below"
    assert (cool.above_count, cool.report_count, cool.highest_value) == (0, len(bordeaux), None)
    assert told("apparent_temperature", 30) is None, "never computed is not known"


# --- page


def test_energy_to_date(published: Path, environment: Environment) -> None:
    environment(published)
    app = sound(run("decide", lang="en", season="2026"))
    assert address(app, "station") == POST, "the longest series"
    assert (address(app, "at_heating"), address(app, "begins"), address(app, "season")) == ("18", "10", "2026")
    shown = metrics(app)
    assert shown["Since 1 Oct 2026"] == (f"≥ {HEATING}\u00a0°C·d", "44 of 46 days")
    difference = f"\u2212{HEATING_BEFORE - HEATING}\u00a0°C·d"
    assert shown["Against other seasons"] == shown["Against the season before"] == (difference, "same 44 days")
    assert [e.value for e in app.header] == [
        "Heating degree days: 15\u00a0% less than the average of 4 other seasons on the same days."
    ]
    said = sentences(app)
    assert app.title[0].value == f"Heating degree days, base 18\u00a0°C: {NAME}, 1 Oct 2026 to 15 Nov 2026"
    assert f"{NAME} · 1 Oct 2026 to 15 Nov 2026 · simulated in the form of" in said, "under the chart, too"
    assert text("en", "missing_days", n=2, total=46) in said
    assert "Published 20 Nov 2026 09:30 UTC" in said


def test_the_page_opens_on_the_fullest_season(published: Path, environment: Environment) -> None:
    environment(published)
    app = sound(run("decide", lang="en"))
    assert address(app, "season") == "2025"
    assert metrics(app)["Since 1 Oct 2025"][1] == "365 of 365 days"


def test_a_moved_threshold_is_in_the_address_and_in_the_figures(published: Path, environment: Environment) -> None:
    environment(published)
    app = sound(run("decide", lang="en", station=POST, season="2026", at_heating="14"))
    assert metrics(app)["Since 1 Oct 2026"][0] == f"≥ {15 * (14 - 9)}\u00a0°C·d"
    app.number_input(key="address_at_heating").set_value(9.0).run()
    assert address(sound(app), "at_heating") == "9"
    assert metrics(app)["Since 1 Oct 2026"][0] == "≥ 0\u00a0°C·d"


@pytest.mark.parametrize(
    ("wanted", "kept"), [("999", "25"), ("-4", "5"), ("abc", "18"), ("nan", "18"), ("16.5", "16.5")]
)
def test_a_threshold_from_the_address_is_held_within_bounds(
    published: Path, environment: Environment, wanted: str, kept: str
) -> None:
    environment(published)
    assert address(sound(run("decide", lang="en", at_heating=wanted)), "at_heating") == kept


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("use", "figure"), [(use, figure) for use in decide.USES for figure in decide.FIGURES[use]])
def test_every_figure(published: Path, environment: Environment, use: str, figure: str, language: str) -> None:
    environment(published)
    station = "wmo:07510" if use == "outdoor" else POST
    app = sound(run("decide", lang=language, use=use, figure=figure, station=station))
    assert text(language, f"basis_{figure}", threshold="").strip() in sentences(app)
    if figure == "apparent_temperature":
        assert text(language, "state_measure_untold", place="Bordeaux-Mérignac") in sentences(app)
    else:
        charts = app.get("vega_lite_chart")
        assert len(charts) == (2 if figure == "frost" else 1)
        assert all(chart.proto.alt for chart in charts)


def test_rain_deficit(published: Path, environment: Environment) -> None:
    environment(published)
    app = sound(run("decide", lang="fr", use="farming", figure="rain", station=POST, season="2026"))
    shown = metrics(app)
    assert shown["Depuis le 1er sept. 2026"] == ("≥ 75\u00a0mm", "75 jours sur 76")
    assert shown["Écart aux autres saisons"] == ("\u221275\u00a0mm", "mêmes 75 jours")
    assert "50\u00a0% de moins que la moyenne de 4 autres saisons" in app.header[0].value
    assert "at_heating" not in app.query_params


def test_frost_dates_are_said(published: Path, environment: Environment) -> None:
    environment(published)
    said = sentences(sound(run("decide", lang="en", use="farming", figure="frost", station=POST)))
    assert (
        "Last frost of spring: in half of the years by 28 Feb, at the latest 28 Feb (4 of 4 complete years had one)."
        in said
    )
    assert "First frost of autumn: in half of the years from 1 Dec on" in said


def test_outdoor_work(published: Path, environment: Environment) -> None:
    environment(published)
    app = sound(run("decide", lang="en", use="outdoor", figure="gust", station="wmo:07510", at_gust="16"))
    assert metrics(app)["Reports that reach it"][0] == "100.0\u00a0%"
    assert app.header[0].value.startswith("Gust ≥ 57.6\u00a0km/h: 100.0\u00a0% of the reports")
    assert metrics(app)["Highest"][0] == "58.8\u00a0km/h"
    threshold = app.number_input(key="address_at_gust")
    assert (threshold.value, threshold.label) == (57.6, "At or above (km/h)")
    threshold.set_value(36.0).run()
    assert address(app, "at_gust") == "10", "of the address: m/s"
    assert "Europe/Paris" in app.header[0].value
    assert (
        "Hour (Europe/Paris)"
        in sound(run("decide", "shown", lang="en", use="outdoor", figure="gust")).dataframe[0].value
    )
    other = run("decide", "shown", lang="en", use="outdoor", figure="gust", at_gust="10", wind="ms", zone="utc")
    assert sound(other).header[0].value.startswith("Gust ≥ 10\u00a0m/s: ")
    assert "Hour (UTC)" in other.dataframe[0].value
    app.segmented_control(key="address_period").set_value("30d").run()
    assert "Reports on 30 of the 30 days of the period." in sentences(sound(app))
    app.segmented_control(key="address_use").set_value("energy").run()
    assert not {"at_gust", "period"} & set(sound(app).query_params)


def test_a_place_without_reports_is_said_and_another_shown(published: Path, environment: Environment) -> None:
    environment(published)
    app = sound(run("decide", lang="en", use="outdoor", station=POST))
    assert text("en", "state_daily_only", place=NAME) in sentences(app)
    app = sound(run("decide", lang="fr", station="wmo:00000"))
    assert text("fr", "state_unknown_station", station="wmo:00000") in sentences(app)


def test_a_season_that_tells_nothing(published: Path, environment: Environment) -> None:
    environment(published)
    said = sentences(sound(run("decide", lang="en", use="farming", figure="frost", station="wmo:07510")))
    assert "No day of Bordeaux-Mérignac in this season tells this figure" in said


def test_a_few_common_days_are_no_headline(tmp_path: Path, environment: Environment) -> None:
    weather = fixture.weather()
    weather.tables["fct_daily_weather"] = [
        row
        for row in weather.tables["fct_daily_weather"]
        if row["location_id"] == POST and (row["weather_date"] >= date(2026, 10, 1) or row["weather_date"].day == 1)  # type: ignore[union-attr, operator]
    ]
    fixture.publish(tmp_path, made=weather, publication_id="pub-few-days")
    environment(tmp_path)
    app = sound(run("decide", lang="en", season="2026"))
    assert metrics(app)["Against other seasons"][1] == "same 2 days"
    assert not app.header


def test_no_day_published(tmp_path: Path, environment: Environment) -> None:
    weather = fixture.weather()
    weather.tables["fct_daily_weather"] = []
    fixture.publish(tmp_path, made=weather, publication_id="pub-no-days")
    environment(tmp_path)
    assert text("fr", "state_no_days") in sentences(sound(run("decide", lang="fr")))


def test_no_report_published(tmp_path: Path, environment: Environment) -> None:
    weather = fixture.weather()
    weather.tables["fct_daily_weather"] = [
        row for row in weather.tables["fct_daily_weather"] if row["location_id"] == POST
    ]
    fixture.publish(tmp_path, made=weather, publication_id="pub-no-reports")
    environment(tmp_path)
    assert text("en", "state_no_reports") in sentences(sound(run("decide", lang="en", use="outdoor")))
