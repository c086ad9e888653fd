"""The page of forecasts against what happened, and of air quality."""

from __future__ import annotations

import colorsys
import csv
import io
from dataclasses import replace
from datetime import timedelta
from html import unescape
from pathlib import Path

import fixture_forecasts as known
import marts_fixture as fixture
import pandas as pd
import pytest
import yaml
from apptest import LANGUAGES, Environment, address, metrics, run, sentences, sound
from streamlit.testing.v1 import AppTest

from forecasts import data as forecasts
from forecasts.air_quality import data as air_quality
from forecasts.air_quality.data import INDICES
from forecasts.data import ALL, Selection
from now.unusual.data import MIN_YEARS
from repository import LEAD_STEP_HOURS, MONTH_MAX_MISSING_DAYS, DuckDBRepository
from shared import exports
from shared.translations import text
from shared.units import WIND_UNITS

DBT = fixture.ROOT / "dbt_project"
TEMPERATURE, RAIN = forecasts.BY_KEY["temperature"], forecasts.BY_KEY["rain_3h"]
OF_BORDEAUX = Selection(known.VERIFIED, known.SOURCE, TEMPERATURE, ALL)


@pytest.fixture
def repository(published: Path) -> DuckDBRepository:
    return DuckDBRepository(published / "marts.duckdb")


def without(*tables: str) -> fixture.Weather:
    made = fixture.weather()
    for table in tables:
        made.tables[table] = []
    return made


def cards(app: AppTest) -> str:
    return unescape("\n".join(element.proto.body for element in app.get("html")))


# --- what the page says


def test_scores_of_a_place(published: Path, environment: Environment) -> None:
    environment(published)
    app = sound(run("forecasts", lang="en", place=known.VERIFIED, element="temperature", lead="24"))
    shown = metrics(app)
    # errors of 0.5 and 1.5 in turn
    assert shown["Average miss (MAE)"] == ("1.0\u00a0°C", "40 pairs")
    assert shown["Bias"] == ("+1.0\u00a0°C", "40 pairs")
    assert shown["RMSE"] == ("1.1\u00a0°C", "40 pairs")
    assert shown["Skill against persistence"] == ("+0.69", "40 pairs")
    said = sentences(app)
    assert "Bordeaux, 24 h ahead (1 day): the forecast of temperature was off by 1.0\u00a0°C on average**, 1.0" in said
    assert "too high (40 forecasts" in said
    assert "its mean square error is 69 % smaller than if the station's last measurement" in said
    assert text("en", "skill_climatology_none", needed=forecasts.MIN_PAIRS) in said
    assert "Skill against climatology" not in shown, "without pairs there is no figure, only the reason"
    assert "Measured at Bordeaux-Mérignac, 8.7 km away and 31 m higher, at the very time of the forecast." in said


def test_scores_of_rain_in_french(published: Path, environment: Environment) -> None:
    environment(published)
    app = sound(run("forecasts", lang="fr", place=known.VERIFIED, element="rain_3h", lead="24"))
    shown = metrics(app)
    assert shown["Pluie annoncée (POD)"] == ("0,50", "10 sur 20")
    assert shown["Fausses alertes (FAR)"] == ("0,50", "10 sur 20")
    assert shown["Succès (CSI)"] == ("0,33", "10 sur 30")
    assert shown["Score de Brier"] == ("0,340", "40 paires")
    assert "à 24 h (1 jour) : au moins 1 mm en 3 h mesuré 20 fois, et annoncé 10 fois sur celles-là" in sentences(app)


def test_too_few_pairs_are_said_with_how_many_it_takes(published: Path, environment: Environment) -> None:
    environment(published)
    app = sound(run("forecasts", lang="en", place=known.VERIFIED, lead="48"))
    expected = text("en", "state_too_few_pairs", place="Bordeaux", lead="48 h ahead (2 days)", n=12, needed=30)
    assert expected in sentences(app)
    assert not metrics(app)


def test_a_rate_of_few_events_is_not_shown(repository: DuckDBRepository) -> None:
    score = (
        forecasts.scores(repository, replace(OF_BORDEAUX, element=RAIN)).set_index("lead_bucket_hours").loc[24].copy()
    )
    score[["hit_count", "miss_count", "pod"]] = [1, 1, 0.5]
    pod = forecasts.figures("en", RAIN, score)[0]
    assert pod.value is None
    assert "measured 2 times, 1 mm or more in 3 h had been forecast 1 times; it takes 10" in pod.meaning


def test_the_newest_forecast_has_its_issue_time(published: Path, environment: Environment) -> None:
    environment(published)
    said = sentences(sound(run("forecasts", lang="en", place=known.VERIFIED)))
    assert "Newest forecast of Bordeaux, °C" in said
    assert text("en", "newest_forecast_issued", moment="20 Nov 2026 09:00 UTC", age="60 min ago") in said


def test_a_place_without_a_station_nearby(published: Path, environment: Environment) -> None:
    environment(published)
    app = sound(run("forecasts", lang="fr", place=known.UNVERIFIED))
    said = sentences(app)
    assert "la station la plus proche est Bordeaux-Mérignac, à 480 km" in said
    assert "à 30 km et 150 m d'altitude au plus" in said
    assert "Dernière prévision pour Grenoble" in said
    assert "Grenoble (sans vérification)" in app.selectbox(key="address_place").options
    assert not metrics(app)


def test_an_element_that_is_not_verified(published: Path, environment: Environment) -> None:
    environment(published)
    said = sentences(sound(run("forecasts", lang="en", place=known.VERIFIED, element="pressure")))
    assert text("en", "state_element_not_verified", place="Bordeaux") in said


@pytest.mark.parametrize("element", list(forecasts.BY_KEY))
@pytest.mark.parametrize("place", [ALL, known.VERIFIED, known.UNVERIFIED])
def test_every_selection(published: Path, environment: Environment, place: str, element: str) -> None:
    environment(published)
    app = sound(run("forecasts", lang="fr", place=place, element=element))
    assert address(app, "place") == place
    assert address(app, "element") == element


def test_the_address_holds_what_was_chosen(published: Path, environment: Environment) -> None:
    environment(published)
    app = sound(run("forecasts", lang="en"))
    assert address(app, "place") == known.VERIFIED, "the first by name that has pairs"
    app.selectbox(key="address_lead").set_value("3").run()
    app.selectbox(key="address_month").set_value("2026-10").run()
    assert (address(app, "lead"), address(app, "month")) == ("3", "2026-10")
    app.segmented_control(key="address_subject").set_value("air").run()
    sound(app)
    assert address(app, "subject") == "air"
    assert not {"lead", "month", "element"} & set(app.query_params), "they mean nothing to air quality"


def test_a_month_has_its_own_pairs(published: Path, environment: Environment) -> None:
    environment(published)
    app = sound(run("forecasts", "pairs", lang="en", place=known.VERIFIED, month="2026-11", lead="24"))
    pairs = app.dataframe[0].value
    assert len(pairs) == 39
    assert pairs["valid_at"].min() >= pd.Timestamp("2026-11-01")
    assert metrics(app)["Bias"][1] == "39 pairs"


def test_unknown_place_is_said_and_another_shown(published: Path, environment: Environment) -> None:
    environment(published)
    for subject in ("skill", "air"):
        app = sound(run("forecasts", lang="en", subject=subject, place="city:atlantis"))
        assert text("en", "state_unknown_place", place="city:atlantis") in sentences(app)
        assert address(app, "place") == known.VERIFIED


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_loaded_says_what_to_run(tmp_path: Path, environment: Environment, language: str) -> None:
    made = without(
        "fct_forecasts",
        "fct_forecast_verification",
        "agg_forecast_skill",
        "fct_air_quality",
        "fct_air_quality_indices",
        "fct_air_quality_forecasts",
    )
    fixture.publish(tmp_path, made=made, publication_id="pub-no-forecast")
    environment(tmp_path)
    for subject, key in (("skill", "state_no_forecast"), ("air", "state_no_air_quality")):
        said = sentences(sound(run("forecasts", lang=language, subject=subject)))
        assert text(language, key) in said
        assert "isobar load openweather" in said
        assert "make run" in said


def test_forecasts_without_any_measurement_yet(tmp_path: Path, environment: Environment) -> None:
    made = without("fct_forecast_verification", "agg_forecast_skill")
    fixture.publish(tmp_path, made=made, publication_id="pub-no-pair")
    environment(tmp_path)
    said = sentences(sound(run("forecasts", lang="en")))
    assert text("en", "state_no_pairs") in said
    assert text("en", "newest_forecast_plain", moment="20 Nov 2026 09:00 UTC", age="60 min ago") in said


def test_the_dots_say_when_they_are_a_sample(
    published: Path, environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment(published)
    assert text("en", "dots_all", n=40) in sentences(sound(run("forecasts", lang="en", place=ALL, lead="24")))
    monkeypatch.setattr(forecasts, "MAX_DOTS", 25)
    app = sound(run("forecasts", "pairs", lang="en", place=ALL, lead="3"))
    assert text("en", "dots_sampled", n=25, total=40) in sentences(app)
    assert len(app.dataframe[0].value) == 25


# --- the services alone


def test_a_sample_is_the_same_every_time_and_part_of_the_whole(repository: DuckDBRepository) -> None:
    whole = repository.forecast_pairs(*OF_BORDEAUX.pairs_key, 24, 1000)
    first, again = (repository.forecast_pairs(*OF_BORDEAUX.pairs_key, 24, 10) for _ in range(2))
    pd.testing.assert_frame_equal(first, again)
    assert len(first) == 10
    assert set(first["valid_at"]) < set(whole["valid_at"])
    assert list(first["valid_at"]) == sorted(first["valid_at"])
    assert set(first["valid_at"]) not in (set(whole["valid_at"][:10]), set(whole["valid_at"][-10:])), (
        "not an end of them"
    )


def test_the_range_of_the_newest_forecast(repository: DuckDBRepository) -> None:
    """Errors of 0.5 and 1.5 in turn at 24 h: a forecast of 15 °C was followed by 13.5 to 14.5."""
    found = forecasts.scores(repository, OF_BORDEAUX)
    newest = repository.newest_forecast(known.VERIFIED, None)
    ranged = forecasts.with_likely_range(newest, found, TEMPERATURE).set_index("lead_hours")
    assert ranged.loc[24.0, ["likely_low", "value", "likely_high"]].tolist() == [13.5, 15.0, 14.5]
    assert ranged.loc[[48.0, 6.0], "likely_low"].isna().all(), "too few pairs, or none"
    assert forecasts.with_likely_range(newest, found, RAIN)["likely_low"].isna().all()


def test_a_range_stays_within_what_the_element_can_be() -> None:
    newest = pd.DataFrame({"lead_hours": [2.5, 24.0], "relative_humidity_pct": [99.0, 3.0]})
    found = pd.DataFrame({"lead_bucket_hours": [3, 24], "error_p10": [-9.0, -9.0], "error_p90": [9.0, 9.0]})
    ranged = forecasts.with_likely_range(newest, found.assign(is_enough=True), forecasts.BY_KEY["humidity"])
    assert ranged["likely_low"].tolist() == [90.0, 0.0]
    assert ranged["likely_high"].tolist() == [100.0, 12.0]


@pytest.mark.parametrize(("bias", "side"), [(0.31, "0.3\u00a0°C too high"), (-0.31, "0.3\u00a0°C too low")])
def test_side(bias: float, side: str) -> None:
    score = pd.Series({"pair_count": 50, "mae": 1.0, "bias": bias})
    assert side in forecasts.headline("en", TEMPERATURE, score, "Paris", 24)


def test_a_bias_of_nothing_leans_to_neither_side() -> None:
    score = pd.Series({"pair_count": 50, "mae": 1.0, "bias": -0.04})
    assert text("fr", "side_none") in forecasts.headline("fr", TEMPERATURE, score, "Paris", 24)


def test_worse_than_the_reference_is_said() -> None:
    score = pd.Series(
        {
            "pair_count": 50,
            "mae": 1.0,
            "bias": 0.0,
            "rmse": 1.0,
            "skill_persistence": -0.3,
            "persistence_pair_count": 50,
        }
        | {"skill_climatology": float("nan"), "climatology_pair_count": 0}
    )
    figure = forecasts.figures("en", TEMPERATURE, score)[3]
    assert figure.value == "\u22120.30"
    assert "30 % larger than if the station's last measurement" in figure.meaning


@pytest.mark.parametrize(
    ("hours", "english"), [(3, "3 h ahead"), (24, "24 h ahead (1 day)"), (48, "48 h ahead (2 days)")]
)
def test_lead_name(hours: int, english: str) -> None:
    assert forecasts.lead_name("en", hours) == english


def test_limits_are_those_of_the_warehouse() -> None:
    limits = yaml.safe_load((DBT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]["isobar"]
    assert limits["verification_lead_bucket_hours"] == LEAD_STEP_HOURS
    assert limits["verification_max_distance_km"] == forecasts.MAX_STATION_KM
    assert limits["verification_max_altitude_difference_m"] == forecasts.MAX_STATION_ALTITUDE_M
    assert limits["month_max_missing_days"] == MONTH_MAX_MISSING_DAYS
    assert limits["climate_min_year_count"] == MIN_YEARS


# --- air quality


def test_four_indices_side_by_side(published: Path, environment: Environment) -> None:
    environment(published)
    app = sound(run("forecasts", lang="en", subject="air", place=known.VERIFIED))
    shown = cards(app)
    assert shown.count('class="index-card"') == 4
    for index in INDICES:
        assert text("en", f"index_{index.key}") in shown
        assert text("en", f"basis_{index.key}") in shown
    assert "<strong>37 of 500</strong>, decided by PM2.5" in shown
    assert "<strong>3 of 6</strong>, decided by O₃" in shown
    assert shown.count(text("en", "index_incomplete", n=4)) == 1, "only the index that lacks pollutants"
    said = sentences(app)
    assert "Bordeaux, 20 Nov 2026 09:00 UTC (60 min ago)" in said
    assert text("en", "air_modelled") in said
    assert metrics(app)["CO"][0] == "227"
    assert metrics(app)["NO₂"][0] == "–", "missing is not zero"


def test_labels_are_in_the_language(published: Path, environment: Environment) -> None:
    environment(published)
    shown = cards(sound(run("forecasts", lang="fr", subject="air", place=known.VERIFIED)))
    assert ">Dégradé</div>" in shown
    assert "37 sur 500" in shown


@pytest.mark.parametrize("pollutant", list(air_quality.POLLUTANTS))
def test_every_pollutant(published: Path, environment: Environment, pollutant: str) -> None:
    environment(published)
    app = sound(run("forecasts", lang="fr", subject="air", pollutant=pollutant))
    has_values = pollutant in ("pm2_5", "o3", "co")
    missing = text("fr", "state_no_pollutant", pollutant=air_quality.POLLUTANTS[pollutant], place="Bordeaux")
    assert (missing in sentences(app)) != has_values
    assert address(app, "pollutant") == pollutant


@pytest.mark.parametrize(("days", "count"), [("3d", 64), ("7d", 111), ("14d", 111)])
def test_every_period(published: Path, environment: Environment, days: str, count: int) -> None:
    environment(published)
    app = sound(run("forecasts", "concentrations", lang="en", subject="air", days=days))
    assert len(app.dataframe[0].value) == count
    assert address(app, "days") == days


def test_hours_without_an_index(tmp_path: Path, environment: Environment) -> None:
    fixture.publish(tmp_path, made=without("fct_air_quality_indices"), publication_id="pub-no-index")
    environment(tmp_path)
    app = sound(run("forecasts", lang="en", subject="air"))
    assert text("en", "state_no_index", place="Bordeaux") in sentences(app)


def test_a_line_breaks_where_hours_are_missing(repository: DuckDBRepository) -> None:
    found = air_quality.hours(repository, known.VERIFIED, known.SOURCE, known.AIR_NEWEST - timedelta(days=3))
    course = air_quality.course(found, "pm2_5")
    gaps = course.loc[course["value"].isna(), "at"]
    assert len(gaps) == 1
    assert known.AIR_GAP[0] < gaps.iloc[0] < known.AIR_GAP[1]
    assert course.loc[course["kind"] == "forecast", "at"].min() > known.AIR_NEWEST


def test_the_classes_are_those_of_the_warehouse() -> None:
    with (DBT / "seeds" / "air_quality_classes.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {index.key for index in INDICES} == {row["index_name"] for row in rows}
    for index in INDICES:
        assert index.class_count == sum(row["index_name"] == index.key for row in rows)


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("index", INDICES, ids=lambda index: index.key)
def test_classes_can_be_told_apart_and_read(index: air_quality.Index) -> None:
    assert len(set(index.colours)) == index.class_count
    for number in range(1, index.class_count + 1):
        bright, dark = sorted((luminance(index.colour(number)), luminance(index.ink(number))), reverse=True)
        assert (bright + 0.05) / (dark + 0.05) >= 3.9


def test_atmo_is_blue_green_yellow_red_purple_and_magenta() -> None:
    """As the decree of 10 July 2020 says, in this order."""

    def hue(colour: str) -> int:
        return round(360 * colorsys.rgb_to_hsv(*(int(colour[i : i + 2], 16) for i in (1, 3, 5)))[0])

    atmo = air_quality.BY_KEY["atmo_2021"]
    assert [hue(colour) for colour in atmo.colours] == [176, 164, 57, 0, 340, 304]


# --- files


def test_files_hold_exactly_the_pairs_shown(published: Path, environment: Environment) -> None:
    environment(published)
    app = sound(run("forecasts", "pairs", lang="en", place=known.VERIFIED, lead="24"))
    pairs = forecasts.pairs(DuckDBRepository(published / "marts.duckdb"), OF_BORDEAUX, 24)
    rows = exports.as_read(OF_BORDEAUX.element.named(pairs), WIND_UNITS["kmh"])
    shown = app.dataframe[0].value
    for written in (
        pd.read_csv(io.BytesIO(exports.as_csv(rows)), parse_dates=["valid_at (UTC)"]),
        pd.read_parquet(io.BytesIO(exports.as_parquet(rows))),
    ):
        at = written["valid_at (UTC)"]
        assert list(at.dt.tz_localize(None)) == list(shown["valid_at"])
        assert list(written["error_c"]) == list(shown["error"])
        assert set(written["element"]) == {"temperature_c"}


def test_errors_of_wind_are_in_the_readers_unit() -> None:
    wind = forecasts.BY_KEY["wind"].in_unit(WIND_UNITS["kmh"])
    rows = pd.DataFrame({"element": ["wind_speed_ms"], "mae": [1.5], "bias": [-0.5], "pair_count": [40], "pod": [None]})
    shown = wind.shown(rows)
    assert shown[["mae", "bias", "pair_count"]].iloc[0].tolist() == pytest.approx([5.4, -1.8, 40])
    assert list(wind.named(shown).columns) == ["element", "mae_kmh", "bias_kmh", "pair_count", "pod"]
    assert wind.named(shown)["element"].iloc[0] == "wind_speed_kmh"
    score = shown.assign(rmse=6.0, persistence_pair_count=0, climatology_pair_count=0, skill_persistence=None)
    score = score.assign(skill_climatology=None).iloc[0]
    assert [figure.value for figure in forecasts.figures("en", wind, score)][:2] == [
        "5.4\u00a0km/h",
        "\u22121.8\u00a0km/h",
    ]
    forecast = pd.DataFrame({"lead_hours": [3.0], "wind_speed_ms": [10.0]})
    errors = pd.DataFrame({"lead_bucket_hours": [3], "error_p10": [-3.6], "error_p90": [7.2], "is_enough": [True]})
    likely = forecasts.with_likely_range(forecast, errors, wind).iloc[0]
    assert likely[["value", "likely_low", "likely_high"]].tolist() == pytest.approx([36.0, 28.8, 39.6])
    humidity = forecasts.BY_KEY["humidity"]
    assert humidity.in_unit(WIND_UNITS["kmh"]) == humidity
    assert list(humidity.named(pd.DataFrame({"error": [1.0]}))) == ["error_pct"]


def test_file_names_say_what_is_in_them() -> None:
    assert exports.file_name("pairs", "openweather", "city:paris-fr") == "isobar_pairs_openweather_city-paris-fr"
