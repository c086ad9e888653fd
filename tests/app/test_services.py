"""The services, each alone: no Streamlit, no file where none is needed."""

from __future__ import annotations

import json
import re
import string
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import marts_fixture as fixture
import pandas as pd
import pytest
from marts_fixture import APP

from components.page import PAGES
from repository import DuckDBRepository
from services import conditions, days, formats, parameters, sources, territories, translations

TEXTS = APP.parent / "services" / "texts"


@pytest.fixture(scope="module")
def repository(published: Path) -> DuckDBRepository:
    return DuckDBRepository(published / "marts.duckdb")


# --- formats


@pytest.mark.parametrize(
    ("language", "value", "digits", "unit", "written"),
    [
        ("en", 12.34, 1, "°C", "12.3\u00a0°C"),
        ("fr", 12.34, 1, "°C", "12,3\u00a0°C"),
        ("en", -0.04, 1, "", "0.0"),
        ("fr", -7.25, 2, "", "\u22127,25"),
        ("en", 1013.4, 0, "hPa", "1013\u00a0hPa"),
        ("en", 12345, 0, "", "12,345"),
        ("fr", 12345.6, 1, "", "12\u202f345,6"),
        ("en", None, 1, "mm", "–"),
        ("en", float("nan"), 1, "mm", "–"),
    ],
)
def test_number(language: str, value: float | None, digits: int, unit: str, written: str) -> None:
    assert formats.number(language, value, digits, unit) == written


@pytest.mark.parametrize(
    ("elapsed", "english", "french"),
    [
        (timedelta(), "0 min ago", "il y a 0 min"),
        (timedelta(minutes=119, seconds=59), "119 min ago", "il y a 119 min"),
        (timedelta(hours=2), "2 h ago", "il y a 2 h"),
        (timedelta(hours=47, minutes=59), "47 h ago", "il y a 47 h"),
        (timedelta(days=2), "2 days ago", "il y a 2 jours"),
        (timedelta(days=61), "2 months ago", "il y a 2 mois"),
        (timedelta(days=2192), "6 years ago", "il y a 6 ans"),
        (timedelta(minutes=-30), "1 h ahead of the clock", "en avance de 1 h sur l'horloge"),
    ],
)
def test_age(elapsed: timedelta, english: str, french: str) -> None:
    assert formats.age("en", elapsed) == english
    assert formats.age("fr", elapsed) == french


def test_dates_are_written_as_each_language_does() -> None:
    assert formats.day("en", date(2026, 3, 1)) == "1 Mar 2026"
    assert formats.day("fr", date(2026, 3, 1)) == "1er mars 2026"
    assert formats.moment("fr", datetime(2026, 8, 2, 6, 5)) == "2 août 2026 06:05"


@pytest.mark.parametrize(
    ("degrees", "point"), [(0, "N"), (11.2, "N"), (11.3, "NNE"), (225, "SO"), (348.7, "NNO"), (348.8, "N"), (360, "N")]
)
def test_compass(degrees: float, point: str) -> None:
    assert formats.compass("fr", degrees) == point


def test_wind_calm_and_unknown_direction() -> None:
    assert formats.wind("en", 0.0, 0.0) == "calm"
    assert formats.wind("en", 5.14, 225) == "5.1\u00a0m/s from SW"
    assert formats.wind("fr", 5.14, None) == "5,1\u00a0m/s"
    assert formats.wind("en", None, 90) == "–"


# --- translations


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def test_every_sentence_has_both_languages_with_the_same_values() -> None:
    for key, (english, french) in translations.TEXTS.items():
        assert english, key
        assert french, key
        assert placeholders(english) == placeholders(french), key


def test_every_sentence_is_in_one_table_only() -> None:
    assert sum(map(len, translations.TABLES)) == len(translations.TEXTS)
    assert len(translations.TABLES) == len([p for p in TEXTS.glob("*.py") if p.name != "__init__.py"])


def test_every_sentence_is_used_and_every_used_one_exists() -> None:
    """A key is written whole in the code, or begins as one that is put together there (`f"period_{key}"`)."""
    code = "\n".join(p.read_text(encoding="utf-8") for p in APP.parent.rglob("*.py") if p.parent != TEXTS)
    built = {f"territory_{t.key}" for t in territories.TERRITORIES}
    built |= {f"period_{p}" for p in days.PERIODS} | {p.key for p in parameters.PARAMETERS}
    built |= {f"{kind}_{page}" for kind in ("page", "title") for page in PAGES}
    assert built <= set(translations.TEXTS)
    beginnings = tuple(re.findall(r'f"([a-z][a-z_]*_)\{', code))
    literal = set(re.findall(r"""["']([a-z][a-z0-9_]*)["']""", code))
    unused = {key for key in translations.TEXTS if key not in literal and not key.startswith(beginnings)} - built
    assert not unused


def test_language_from_address_then_browser_then_default() -> None:
    assert translations.language_of("fr", "en-GB") == "fr"
    assert translations.language_of(None, "fr-CA") == "fr"
    assert translations.language_of("xx", "de-DE") == "en"
    assert translations.language_of(None, None) == "en"


# --- parameters


@pytest.mark.parametrize("parameter", parameters.PARAMETERS, ids=lambda p: p.key)
def test_scales_are_whole(parameter: parameters.Parameter) -> None:
    assert list(parameter.stops) == sorted(set(parameter.stops))
    assert len(parameter.colours) == len(parameter.stops) + parameter.is_classed
    assert len(set(parameter.colours)) == len(parameter.colours)


def test_colour_between_at_and_beyond_the_stops() -> None:
    temperature = parameters.BY_KEY["temperature"]
    assert temperature.colour_at(-40) == temperature.colours[0]
    assert temperature.colour_at(60) == temperature.colours[-1]
    assert temperature.colour_at(15) == "#ffffbf"
    assert temperature.colour_at(12.5) == "#f0f9dc", "half way from #e0f3f8 to #ffffbf"
    rain = parameters.BY_KEY["rain_24h"]
    assert rain.colour_at(0.0) == rain.colours[0]
    assert rain.colour_at(0.1) == rain.colours[1], "a bound belongs to the class above it"
    assert rain.colour_at(400) == rain.colours[-1]


def relative_luminance(colour: str) -> float:
    """WCAG 2, written out apart from the code under test."""
    parts = []
    for start in (1, 3, 5):
        part = int(colour[start : start + 2], 16) / 255
        parts.append(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4)
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


@pytest.mark.parametrize("parameter", parameters.PARAMETERS, ids=lambda p: p.key)
def test_figures_can_be_read_on_every_colour(parameter: parameters.Parameter) -> None:
    low, high = parameter.stops[0], parameter.stops[-1]
    for step in range(101):
        value = low + (high - low) * step / 100
        bright, dark = sorted(
            map(relative_luminance, (parameter.colour_at(value), parameter.ink_at(value))), reverse=True
        )
        assert (bright + 0.05) / (dark + 0.05) >= 3.9, f"{parameter.key} {value}"


# --- territories


@pytest.mark.parametrize(
    ("longitude", "latitude", "key"),
    [
        (2.38, 48.72, "metropole"),
        (9.49, 42.54, "metropole"),
        (-61.0, 14.6, "antilles"),
        (-62.85, 17.9, "antilles"),
        (-52.37, 4.82, "guyane"),
        (55.53, -20.89, "reunion"),
        (45.28, -12.81, "mayotte"),
        (-56.18, 46.77, "saint_pierre"),
        (54.52, -15.89, "eparses"),
        (70.24, -49.35, "australes"),
        (140.0, -66.66, "adelie"),
        (166.45, -22.28, "nouvelle_caledonie"),
        (-149.61, -17.55, "polynesie"),
        (-176.17, -13.28, "wallis"),
        (-74.0, 40.7, "world"),
    ],
)
def test_territory_of_a_place(longitude: float, latitude: float, key: str) -> None:
    assert territories.territory_of(longitude, latitude) == key


def test_every_territory_has_land_to_draw_and_the_file_stays_small() -> None:
    for territory in territories.TERRITORIES:
        assert territories.outlines(territory.key), territory.key
    assert territories.OUTLINES.stat().st_size < 300_000


def test_outlines_are_closed_and_wound_so_that_the_land_is_inside() -> None:
    for feature in json.loads(territories.OUTLINES.read_text(encoding="utf-8"))["features"]:
        for polygon in feature["geometry"]["coordinates"]:
            exterior = polygon[0]
            assert exterior[0] == exterior[-1]
            assert len(exterior) >= 4
            twice = sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(exterior))
            assert twice < 0, "d3 fills the rest of the globe when an exterior is wound the other way"


def contains(polygon: list[list[list[float]]], x: float, y: float) -> bool:
    inside = False
    for (x1, y1), (x2, y2) in pairwise(polygon[0]):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside


@pytest.mark.parametrize(
    ("key", "role", "longitude", "latitude"),
    [
        ("metropole", "french", 2.35, 46.6),
        ("metropole", "french", 9.1, 42.2),
        ("metropole", "other", -3.7, 40.4),
        ("guyane", "french", -53.0, 4.0),
        ("reunion", "french", 55.5, -21.1),
        ("nouvelle_caledonie", "french", 165.5, -21.5),
        ("australes", "french", 69.5, -49.3),
        ("adelie", "other", 140.0, -68.5),
        ("world", "other", 20.0, 5.0),
    ],
)
def test_land_is_where_it_should_be(key: str, role: str, longitude: float, latitude: float) -> None:
    shapes = [
        p for f in territories.outlines(key) if f["properties"]["role"] == role for p in f["geometry"]["coordinates"]
    ]
    assert any(contains(shape, longitude, latitude) for shape in shapes)


# --- conditions


def test_latest_conditions_join_places_and_tell_silence(repository: DuckDBRepository) -> None:
    latest = conditions.latest_conditions(repository)
    assert len(latest) == len(fixture.STATIONS)
    assert list(latest.loc[latest["is_silent"], "location_id"]) == [fixture.SILENT_STATION]
    assert conditions.newest_observation(latest) == fixture.NEWEST
    assert conditions.territories_of(latest) == ["metropole", "antilles", "reunion", "adelie", "world"]


def made_conditions(ages_h: list[float], values: list[float | None]) -> pd.DataFrame:
    newest = fixture.NEWEST
    return pd.DataFrame(
        {
            "location_name": [f"S{i}" for i in range(len(values))],
            "temperature_c": pd.Series(values, dtype="float64"),
            "is_silent": [age > 6 for age in ages_h],
            "observed_at": [newest - timedelta(hours=age) for age in ages_h],
        }
    )


def test_extremes_leave_out_the_silent_and_the_missing() -> None:
    frame = made_conditions([0, 0, 0, 9], [3.0, None, 8.0, 40.0])
    assert conditions.extreme(frame, "temperature_c") == conditions.Extreme(8.0, "S2")
    assert conditions.extreme(frame, "temperature_c", largest=False) == conditions.Extreme(3.0, "S0")
    assert conditions.extreme(made_conditions([9], [1.0]), "temperature_c") is None


def test_the_map_has_no_value_for_the_silent_and_the_missing() -> None:
    shown = conditions.for_map(made_conditions([0, 0, 9], [15.0, None, 20.0]), parameters.BY_KEY["temperature"])
    assert list(shown["value"].isna()) == list(shown["ink"].isna()) == [False, True, True]


def test_silence_begins_after_two_missed_terms(tmp_path: Path) -> None:
    made = fixture.weather()
    kept = {"wmo:07110": 6, "wmo:07015": 9}  # hours behind the newest
    made.tables["fct_observations"] = [
        row
        for row in made.tables["fct_observations"]
        if row["observed_at"] <= fixture.NEWEST - timedelta(hours=kept.get(str(row["location_id"]), 0))  # type: ignore[operator]
    ]
    marts = fixture.publish(tmp_path, made=made, publication_id="pub-silence")
    latest = conditions.latest_conditions(DuckDBRepository(marts)).set_index("location_id")
    assert not latest.at["wmo:07110", "is_silent"]
    assert latest.at["wmo:07015", "is_silent"]


# --- days

EXTENT = days.Extent("synop", date(2020, 1, 1), date(2020, 11, 24))


@pytest.mark.parametrize(
    ("key", "first", "count"),
    [
        ("7d", date(2020, 11, 18), 7),
        ("30d", date(2020, 10, 26), 30),
        ("1y", date(2020, 1, 1), 329),
        ("all", date(2020, 1, 1), 329),
    ],
)
def test_periods_end_on_the_last_day(key: str, first: date, count: int) -> None:
    period = days.period_of(key, EXTENT)
    assert (period.first, period.last, period.day_count) == (first, EXTENT.last, count)


def test_day_from_the_address() -> None:
    default = date(2020, 1, 1)
    assert days.parse_day("2020-02-29", default) == date(2020, 2, 29)
    for nonsense in ("2021-02-29", "", None, "None"):
        assert days.parse_day(nonsense, default) == default


def test_missing_days_are_empty_and_not_interpolated(repository: DuckDBRepository) -> None:
    period = days.Period(fixture.GAP_DAYS[0] - timedelta(days=1), fixture.GAP_DAYS[1] + timedelta(days=1))
    rows = repository.daily_weather(fixture.GAP_STATION, "synop", period.first, period.last)
    assert list(days.on_calendar(rows, period)["temperature_mean_c"].isna()) == [False, True, True, False]


def test_summary_of_known_days() -> None:
    frame = pd.DataFrame(
        {
            "weather_date": pd.to_datetime(["2020-01-01", "2020-01-02", "2020-01-03"]),
            "temperature_min_c": [1.0, -2.5, None],
            "temperature_max_c": [9.0, 7.0, None],
            "temperature_mean_c": [5.0, 2.0, None],
            "precipitation_mm": [0.9, 1.0, 4.1],
            "wind_gust_max_ms": [None, None, None],
            "observation_count": [8, 8, 1],
            "is_temperature_complete": [True, True, False],
            "is_precipitation_complete": [True, None, True],
        }
    )
    summary = days.summarise(frame)
    assert summary.lowest == days.Dated(-2.5, date(2020, 1, 2))
    assert summary.highest == days.Dated(9.0, date(2020, 1, 1))
    assert summary.temperature_mean_c == pytest.approx(3.5)
    assert summary.temperature_day_count == 2
    assert summary.precipitation_total_mm == pytest.approx(6.0)
    assert summary.rain_day_count == 2
    assert summary.gust is None
    assert (summary.observation_count, summary.day_count) == (17, 3)
    assert (summary.incomplete_temperature_days, summary.incomplete_precipitation_days) == (1, 1)


def test_file_name_says_what_is_in_it() -> None:
    period = days.Period(date(2020, 1, 1), date(2020, 1, 31))
    assert days.file_name("wmo:07510", "synop", period, "csv") == "isobar_wmo-07510_synop_2020-01-01_2020-01-31.csv"


# --- sources


def test_attribution() -> None:
    assert sources.attribution("en", ["synop", "synop"], "real") == "Météo-France SYNOP (Licence Ouverte 2.0)"
    assert sources.attribution("fr", ["synop"], "simulated") == "simulé à la manière de Météo-France SYNOP"
    assert sources.attribution("en", ["unheard"], "real") == "unheard"
