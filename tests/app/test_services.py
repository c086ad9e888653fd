"""What the app computes and says, each alone: no Streamlit, no file where none is needed."""

from __future__ import annotations

import json
import re
import string
import tomllib
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import duckdb
import fixture_now
import marts_fixture as fixture
import pandas as pd
import pytest
from marts_fixture import APP

from now import data as now_data
from now import parameters
from now.unusual import data as unusual
from now.vigilance import data as vigilance
from now.vigilance import departments
from place import data as place_data
from place.wind_rose import data as wind_rose
from repository import DuckDBRepository
from shared import (
    colours,
    conditions,
    days,
    exports,
    formats,
    names,
    normals,
    places,
    sources,
    territories,
    translations,
    units,
)
from shared.frame import PAGES

TEMPERATURE = parameters.BY_KEY["temperature"]


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
        (timedelta(minutes=-30), "30 min ahead of the clock", "en avance de 30 min sur l'horloge"),
        (timedelta(hours=-3, minutes=-30), "3 h ahead of the clock", "en avance de 3 h sur l'horloge"),
        (timedelta(days=-3, hours=-5), "3 days ahead of the clock", "en avance de 3 jours sur l'horloge"),
    ],
)
def test_age(elapsed: timedelta, english: str, french: str) -> None:
    assert formats.age("en", elapsed) == english
    assert formats.age("fr", elapsed) == french


def test_dates_are_written_as_each_language_does() -> None:
    assert formats.day("en", date(2026, 3, 1)) == "1 Mar 2026"
    assert formats.day("fr", date(2026, 3, 1)) == "1er mars 2026"
    assert formats.moment("fr", datetime(2026, 8, 2, 6, 5)) == "2 août 2026 06:05 UTC"


@pytest.mark.parametrize(
    ("degrees", "point"), [(0, "N"), (11.2, "N"), (11.3, "NNE"), (225, "SO"), (348.7, "NNO"), (348.8, "N"), (360, "N")]
)
def test_compass(degrees: float, point: str) -> None:
    assert formats.compass("fr", degrees) == point


KMH, MS, KN = (units.WIND_UNITS[key] for key in ("kmh", "ms", "kn"))
PARIS = units.zone_named("Europe/Paris")


def test_files_name_unit_and_zone() -> None:
    rows = pd.DataFrame(
        {
            "weather_date": pd.to_datetime(["2026-07-01"]),
            "observed_at": pd.to_datetime(["2026-07-01 21:00"]),
            "wind_gust_max_ms": [5.1],
            "temperature_c": [20.0],
        }
    )
    header, line = exports.as_csv(exports.as_read(rows, KMH, PARIS)).decode().splitlines()
    assert header == "weather_date,observed_at (Europe/Paris),wind_gust_max_kmh,temperature_c"
    assert line == "2026-07-01,2026-07-01 23:00:00+02:00,18.36,20.0"
    header, line = exports.as_csv(exports.as_read(rows, MS)).decode().splitlines()
    assert header == "weather_date,observed_at (UTC),wind_gust_max_ms,temperature_c"
    assert line == "2026-07-01,2026-07-01 21:00:00+00:00,5.1,20.0"


def test_wind_calm_and_unknown_direction() -> None:
    assert formats.wind("en", 0.0, 0.0, KMH) == "calm"
    assert formats.wind("en", 5.14, 225, MS) == "5.1\u00a0m/s from SW"
    assert formats.wind("fr", 5.14, None, MS) == "5,1\u00a0m/s"
    assert formats.wind("en", None, 90, KMH) == "–"


@pytest.mark.parametrize(("unit", "written"), [(KMH, "36\u00a0km/h"), (MS, "10.0\u00a0m/s"), (KN, "19\u00a0kn")])
def test_units_of_wind(unit: units.WindUnit, written: str) -> None:
    assert formats.speed("en", 10.0, unit) == written
    assert formats.speed("en", None, unit) == "–"


@pytest.mark.parametrize(
    ("name", "moment", "written"),
    [
        ("Europe/Paris", datetime(2026, 3, 1, 6, 30), "1 Mar 2026 07:30 UTC+1"),
        ("Europe/Paris", datetime(2026, 8, 1, 23, 30), "2 Aug 2026 01:30 UTC+2"),
        ("Indian/Reunion", datetime(2026, 3, 1, 6), "1 Mar 2026 10:00 UTC+4"),
        ("America/Cayenne", datetime(2026, 3, 1, 1), "28 Feb 2026 22:00 UTC−3"),
        ("Pacific/Marquesas", datetime(2026, 3, 1, 6), "28 Feb 2026 20:30 UTC−9:30"),
        ("Europe/London", datetime(2026, 1, 1, 6), "1 Jan 2026 06:00 UTC"),
        ("Nowhere/Atlantis", datetime(2026, 3, 1, 6), "1 Mar 2026 06:00 UTC"),
        (None, datetime(2026, 3, 1, 6), "1 Mar 2026 06:00 UTC"),
    ],
)
def test_a_time_names_its_zone(name: str | None, moment: datetime, written: str) -> None:
    assert formats.moment("en", moment, units.zone_named(name)) == written


def test_columns_of_times_follow_the_clocks() -> None:
    times = pd.Series(pd.to_datetime(["2026-03-29 00:30", "2026-03-29 01:30"]))
    assert list(units.column_in_zone(times, PARIS).dt.hour) == [1, 3], "the clocks go forward at 01 UTC"


# --- names


@pytest.mark.parametrize(
    ("listed", "written"),
    [
        ("ALENCON", "Alençon"),
        ("BALE-MULHOUSE", "Bâle-Mulhouse"),
        ("ST GIRONS", "Saint-Girons"),
        ("RENNES-ST JACQUES", "Rennes-Saint-Jacques"),
        ("PTE DE LA HAGUE", "Pointe de la Hague"),
        ("BELLE ILE-LE TALUT", "Belle Île-Le Talut"),
        ("MONT-DE-MARSAN", "Mont-de-Marsan"),
        ("CLERMONT-FD", "Clermont-Ferrand"),
        ("L ILE D YEU", "L'Île d'Yeu"),
        ("DUMONT D'URVILLE", "Dumont d'Urville"),
        ("PLOUMANAC'H", "Ploumanac'h"),
        ("BEG_MEIL", "Beg Meil"),
        ("Arrondissement de Marseille", "Marseille"),
        ("Arrondissement d'Arles", "Arles"),
        ("New York", "New York"),
        ("Москва", "Москва"),
        ("07149", "07149"),
    ],
)
def test_names_are_written_as_a_reader_does(listed: str, written: str) -> None:
    assert names.display_name(listed) == written
    assert names.display_name(written) == written, "a name that is written stays"


@pytest.mark.parametrize(
    ("typed", "location_id"),
    [
        ("paris", "wmo:07149"),
        ("paris", "city:paris-fr"),
        ("bâle", "wmo:07299"),
        ("bale", "wmo:07299"),
        ("alencon", "wmo:07139"),
        ("alençon", "wmo:07139"),
        ("reunion", "wmo:61980"),
        ("réunion", "wmo:61980"),
        ("st girons", "wmo:07627"),
        ("saint girons", "wmo:07627"),
        ("marseille", "wmo:07650"),
        ("07149", "wmo:07149"),
    ],
)
def test_a_place_is_found_by_what_is_typed(typed: str, location_id: str) -> None:
    listed = {
        "wmo:07139": "ALENCON",
        "wmo:07149": "ORLY",
        "wmo:07299": "BALE-MULHOUSE",
        "wmo:07627": "ST GIRONS",
        "wmo:07650": "MARIGNANE",
        "wmo:61980": "GILLOT-AEROPORT",
        "city:paris-fr": "Paris",
    }
    labels = {key: f"{names.display_name(name)} ({key.partition(':')[2]})" for key, name in listed.items()}
    territory = {"wmo:61980": ["Réunion"]}
    others = {
        key: names.other_names(key, names.display_name(name), *territory.get(key, ())) for key, name in listed.items()
    }
    found = {
        key
        for lines in (labels, places.aliases(labels, others))
        for key, line in lines.items()
        if typed in line.lower()
    }
    assert location_id in found
    assert len(found) <= 2


# --- translations


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def texts_of(language: str) -> dict[str, list[str]]:
    """file: its keys, in their order."""
    files = sorted((translations.FOLDER / language).glob("*.toml"))
    return {file.name: list(tomllib.loads(file.read_text(encoding="utf-8"))) for file in files}


def test_each_language_has_the_same_sentences_in_the_same_files() -> None:
    assert {folder.name for folder in translations.FOLDER.iterdir()} == set(translations.LANGUAGES)
    (english, *others) = (texts_of(language) for language in translations.LANGUAGES)
    assert all(other == english for other in others)
    keys = [key for file in english.values() for key in file]
    assert len(keys) == len(set(keys)), "a key is in one file only"


def test_a_sentence_has_the_same_values_in_each_language() -> None:
    for key, english in translations.TEXTS["en"].items():
        french = translations.TEXTS["fr"][key]
        assert english and french, key
        assert placeholders(english) == placeholders(french), key


def test_every_sentence_is_used_and_every_used_one_exists() -> None:
    """A key is written whole in the code, or begins as one that is put together there (`f"period_{key}"`)."""
    code = "\n".join(p.read_text(encoding="utf-8") for p in APP.parent.rglob("*.py"))
    built = {f"territory_{t.key}" for t in territories.TERRITORIES}
    built |= {f"period_{p}" for p in days.PERIODS} | {p.key for p in parameters.PARAMETERS}
    built |= {f"{kind}_{page}" for kind in ("page", "title") for page in PAGES}
    assert built <= set(translations.TEXTS["en"])
    beginnings = tuple(re.findall(r'f"([a-z][a-z_]*_)\{', code))
    built |= {
        f"{labels}_{suffix}" for labels in re.findall(r'labels: str = "(\w+)"', code) for suffix in ("csv", "parquet")
    }
    literal = set(re.findall(r"""["']([a-z][a-z0-9_]*)["']""", code))
    unused = {key for key in translations.TEXTS["en"] if key not in literal and not key.startswith(beginnings)} - built
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
    assert rain.colour_at(0.4) == rain.colours[0] == "#ffffff", "a blue that reads 0 would be both dry and wet"
    assert rain.colour_at(0.5) == rain.colours[1], "a bound belongs to the class above it"
    assert [rain.figure_digits(value) for value in (0.0, 0.04, 0.2, 0.9, 1.0, 12.6)] == [0, 0, 1, 1, 0, 0]
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
    assert len(latest) == len(fixture.STATIONS) + 1, "and the city"
    assert list(latest.loc[latest["is_silent"], "location_id"]) == [fixture.SILENT_STATION]
    assert conditions.newest_observation(latest) == fixture.NEWEST
    assert now_data.territories_of(latest) == ["metropole", "antilles", "reunion", "adelie", "world"]


def made_conditions(ages_h: list[float], values: list[float | None]) -> pd.DataFrame:
    newest = fixture.NEWEST
    return pd.DataFrame(
        {
            "location_name": [f"S{i}" for i in range(len(values))],
            "temperature_c": pd.Series(values, dtype="float64"),
            "is_of_moment": [age == 0 for age in ages_h],
            "observed_at": [newest - timedelta(hours=age) for age in ages_h],
        }
    )


def test_extremes_are_of_the_moment() -> None:
    frame = made_conditions([0, 0, 0, 9], [3.0, None, 8.0, 40.0])
    assert now_data.extreme(frame, TEMPERATURE) == now_data.Extreme(8.0, "S2")
    assert now_data.extreme(frame, TEMPERATURE, largest=False) == now_data.Extreme(3.0, "S0")
    assert now_data.extreme(made_conditions([9], [1.0]), TEMPERATURE) is None


def test_the_map_has_no_value_for_another_moment_and_for_the_missing() -> None:
    shown = now_data.for_map(made_conditions([0, 0, 9], [15.0, None, 20.0]), parameters.BY_KEY["temperature"])
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

EXTENT = days.Extent("wmo:07510", "synop", date(2020, 1, 1), date(2020, 11, 24))


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
    period = days.period_of(key, [EXTENT])
    assert (period.first, period.last, period.day_count) == (first, EXTENT.last, count)


def test_the_period_of_several_places_ends_on_the_last_day_of_any() -> None:
    other = days.Extent("wmo:07015", "synop", date(2010, 1, 1), date(2020, 12, 1))
    assert days.period_of("7d", [EXTENT, other]) == days.Period(date(2020, 11, 25), date(2020, 12, 1))
    assert days.period_of("all", [EXTENT, other]) == days.Period(date(2010, 1, 1), date(2020, 12, 1))


def test_each_place_has_the_chosen_source_or_its_own() -> None:
    day = date(2020, 1, 1)
    found = [
        days.Extent(place, source, day, day)
        for place, source in (("a", "climatology"), ("a", "synop"), ("b", "openweather"), ("c", "climatology"))
    ]
    assert place_data.sources_of(found) == ["climatology", "synop", "openweather"]
    chosen = [each.series for each in place_data.of_source(found, ["c", "b", "a", "unheard"], "synop")]
    assert chosen == [("c", "climatology"), ("b", "openweather"), ("a", "synop")]


@pytest.mark.parametrize(
    ("years", "places", "grain"),
    [
        (1, 6, "day"),
        (2, 1, "day"),
        (2, 6, "month"),
        (30, 1, "month"),
        (30, 6, "month"),
        (150, 1, "month"),
        (150, 6, "year"),
    ],
)
def test_long_periods_of_many_places_are_drawn_coarser(years: int, places: int, grain: str) -> None:
    assert place_data.grain_of(days.Period(date(1870, 1, 1), date(1869 + years, 12, 31)), places) == grain


def test_day_from_the_address() -> None:
    default = date(2020, 1, 1)
    assert days.parse_day("2020-02-29", default) == date(2020, 2, 29)
    for nonsense in ("2021-02-29", "", None, "None"):
        assert days.parse_day(nonsense, default) == default


def test_missing_days_are_empty_and_not_interpolated(repository: DuckDBRepository) -> None:
    period = days.Period(fixture.GAP_DAYS[0] - timedelta(days=1), fixture.GAP_DAYS[1] + timedelta(days=1))
    series = [(fixture.GAP_STATION, "synop")]
    drawn = place_data.on_calendar(place_data.weather(repository, series, period, "day"), series, period, "day")
    assert list(drawn["temperature_mean_c"].isna()) == [False, True, True, False]
    rain = drawn["precipitation_mm"]
    summed = drawn["precipitation_sum_mm"]
    assert list(summed.isna()) == [False, True, True, False], "not drawn flat through days without a figure"
    assert (summed[0], summed[3]) == pytest.approx((rain[0], rain[0] + rain[3]))
    absent = place_data.absences(drawn, ["precipitation_mm"], "day")
    gap = (pd.Timestamp(fixture.GAP_DAYS[0]) - HALF_DAY, pd.Timestamp(fixture.GAP_DAYS[1]) + HALF_DAY)
    assert list(absent.itertuples(index=False, name=None)) == [gap]


HALF_DAY = pd.Timedelta(hours=12)


def test_months_and_years_without_a_day_are_absent(repository: DuckDBRepository) -> None:
    """Of ten Novembers: each stretch of eleven months between them."""
    series = [(fixture_now.LONG_STATION, "synop")]
    period = days.Period(date(2010, 11, 1), date(2012, 11, 30))
    drawn = place_data.on_calendar(place_data.weather(repository, series, period, "month"), series, period, "month")
    absent = place_data.absences(drawn, ["temperature_mean_c"], "month")
    assert [(str(b), str(e)) for b, e in absent.itertuples(index=False, name=None)] == [
        ("2010-11-30 12:00:00", "2011-10-31 12:00:00"),
        ("2011-11-30 12:00:00", "2012-10-31 12:00:00"),
    ]


def test_summary_of_a_period_with_gaps_and_unfinished_days(repository: DuckDBRepository) -> None:
    rows = [r for r in fixture.weather().tables["fct_daily_weather"] if r["location_id"] == fixture.GAP_STATION]
    period = days.Period(fixture.LAST_DAY - timedelta(days=fixture.DAY_COUNT - 1), fixture.LAST_DAY)
    (found,) = place_data.summaries(repository, [(fixture.GAP_STATION, "synop")], period)
    coldest = min(rows, key=lambda r: (r["temperature_min_c"], r["weather_date"]))
    assert found.lowest == place_data.Dated(coldest["temperature_min_c"], coldest["weather_date"])  # type: ignore[arg-type]
    assert found.temperature_mean_c == pytest.approx(sum(r["temperature_mean_c"] for r in rows) / len(rows))  # type: ignore[misc]
    known = [r["precipitation_mm"] for r in rows if r["precipitation_mm"] is not None]
    assert found.precipitation_total_mm == pytest.approx(sum(known))  # type: ignore[arg-type]
    assert found.rain_day_count == sum(mm >= 1 for mm in known)  # type: ignore[operator]
    assert (found.day_count, found.precipitation_day_count) == (fixture.DAY_COUNT - 2, fixture.DAY_COUNT - 3)
    assert (found.incomplete_temperature_days, found.incomplete_precipitation_days) == (1, 1)


def test_months_say_of_how_many_days_they_are(repository: DuckDBRepository) -> None:
    series = [(fixture_now.LONG_STATION, "synop")]
    period = days.Period(date(2010, 11, 1), date(2010, 11, 29))
    row = place_data.weather(repository, series, period, "month").iloc[0]
    assert (row["day_count"], row["calendar_day_count"]) == (29, 30)
    assert (row["temperature_min_c"], row["precipitation_mm"]) == (6.0, 25.0)
    assert row["temperature_mean_c"] == pytest.approx((15 * 9 + 14 * 11) / 29)
    assert not row["is_precipitation_complete"]
    # Eleven days missing make no mean; the rain that fell is drawn all the same.
    short = days.Period(date(2010, 11, 1), date(2010, 11, 19))
    drawn = place_data.on_calendar(place_data.weather(repository, series, short, "month"), series, short, "month")
    assert (drawn["temperature_mean_c"].isna().all(), drawn["precipitation_mm"][0]) == (True, 25.0)


def test_heavy_rain_is_from_the_threshold_on(repository: DuckDBRepository) -> None:
    period = (date(2010, 11, 1), date(2012, 12, 31))
    found = repository.heavy_rain([(fixture_now.LONG_STATION, "synop")], *period, 25.0)
    assert [str(day.date()) for day in found["weather_date"]] == ["2010-11-01", "2011-11-01", "2012-11-01"]
    assert repository.heavy_rain([(fixture_now.LONG_STATION, "synop")], *period, 25.1).empty


def test_file_name_says_what_is_in_it() -> None:
    period = days.Period(date(2020, 1, 1), date(2020, 1, 31))
    one, other = ("wmo:07510", "synop"), ("city:paris-fr", "openweather")
    assert place_data.file_name([one], period, "day") == "isobar_wmo-07510_synop_2020-01-01_2020-01-31_day"
    expected = "isobar_wmo-07510+city-paris-fr_2020-01-01_2020-01-31_month"
    assert place_data.file_name([one, other], period, "month") == expected


# --- what is usual


def made_normals(**columns: object) -> pd.DataFrame:
    month = range(1, 13)
    values = {
        "source": "climat",
        "reference_period": "1991-2020",
        "is_standard_normal": True,
        "month_number": month,
        "temperature_mean_normal_c": [float(number) for number in month],
        "temperature_mean_year_count": 28,
        "precipitation_normal_mm": 31.0,
    }
    return pd.DataFrame({**values, **columns})


def test_the_normal_of_a_day_lies_between_the_middles_of_the_months() -> None:
    normal = normals.choose(made_normals(), "synop")
    assert normal is not None
    when = pd.DatetimeIndex(["2021-01-16", "2021-03-16", "2021-03-01", "2021-01-01"])
    middle, march, turn, new_year = normal.on(when, "temperature_mean_normal_c")
    assert (middle, march) == (1.0, 3.0)
    assert turn == pytest.approx(2.5, abs=0.05)
    assert new_year == pytest.approx(6.5, abs=0.3), "December's twelve and January's one meet"


def test_which_reference_is_taken() -> None:
    own = made_normals(source="synop", reference_period="available 2010-2026", is_standard_normal=False)
    standard = made_normals()
    incomplete = made_normals().iloc[:11]
    found = normals.choose(pd.concat([own, standard]), "synop")
    assert found is not None
    assert (found.source, found.reference_period) == ("climat", "1991-2020")
    found = normals.choose(pd.concat([own, incomplete]), "synop")
    assert found is not None
    assert (found.source, found.reference_period) == ("synop", "available 2010-2026")
    assert normals.choose(incomplete, "synop") is None


def test_usual_rain_grows_by_a_months_rain_over_its_days() -> None:
    normal = normals.choose(made_normals(temperature_min_normal_c=1.0, temperature_max_normal_c=9.0), "climat")
    assert normal is not None
    by_day = place_data.usual(normal, days.Period(date(2021, 1, 1), date(2021, 1, 31)), "day")
    assert list(by_day["precipitation_sum_normal_mm"][[0, 30]]) == pytest.approx([1.0, 31.0])
    by_month = place_data.usual(normal, days.Period(date(2021, 1, 1), date(2021, 3, 31)), "month")
    assert list(by_month["precipitation_sum_normal_mm"]) == pytest.approx([31.0, 62.0, 93.0])


# --- the wind rose


def test_a_wind_rose_counts_calms_and_every_observation(repository: DuckDBRepository) -> None:
    first, last = fixture.LAST_DAY - timedelta(days=fixture.DAY_COUNT - 1), fixture.LAST_DAY
    calm = wind_rose.rose(repository, ("wmo:07015", "synop"), first, last)
    assert calm is not None
    assert (calm.calm_pct, calm.undirected_count, len(calm.petals)) == (100.0, 0, 0), "station 0 has no wind at all"
    # The station of index 3: 5.1 m/s from 120 degrees, always.
    strasbourg = wind_rose.rose(repository, (fixture.SILENT_STATION, "synop"), first, last)
    assert strasbourg is not None
    (petal,) = strasbourg.petals.itertuples()
    assert (petal.sector, petal.class_number, petal.inner, petal.outer) == (5, 1, 0.0, 100.0)
    expected = [r for r in fixture.weather().tables["fct_observations"] if r["location_id"] == fixture.SILENT_STATION]
    assert strasbourg.observation_count == petal.observation_count == len(expected)
    assert wind_rose.rose(repository, ("wmo:07015", "climatology"), first, last) is None


def test_sectors_are_centred_on_their_points(tmp_path: Path) -> None:
    made = fixture.Weather()
    for number, degrees in enumerate((0.0, 11.2, 11.3, 348.7, 348.8, 360.0, None)):
        made.tables["fct_observations"].append(
            {
                "location_id": "x",
                "source": "synop",
                "observed_at": fixture.NEWEST + timedelta(hours=number),
                "observed_date": fixture.NEWEST.date(),
                "wind_speed_ms": 4.0,
                "beaufort": 3,
                "wind_direction_deg": degrees,
            }
        )
    marts = fixture.publish(tmp_path, made=made, publication_id="pub-wind")
    found = wind_rose.rose(DuckDBRepository(marts), ("x", "synop"), fixture.LAST_DAY, fixture.LAST_DAY)
    assert found is not None
    assert dict(zip(found.petals["sector"], found.petals["observation_count"], strict=True)) == {0: 4, 1: 1, 15: 1}
    assert (found.calm_count, found.undirected_count) == (0, 1)


# --- vigilance and departments


def test_every_department_has_one_tile_and_a_name() -> None:
    codes = {f"{number:02}" for number in range(1, 96)} - {"20"} | {"2A", "2B"}
    assert set(departments.POSITIONS) == set(departments.NAMES) == codes
    assert len(set(departments.POSITIONS.values())) == len(codes)
    assert departments.name("974") == "974"
    # North of each other, west of each other.
    column, row = ({code: place[axis] for code, place in departments.POSITIONS.items()} for axis in (0, 1))
    assert row["59"] < row["75"] < row["63"] < row["66"]
    assert column["29"] < column["35"] < column["75"] < column["67"]


def test_colours_of_vigilance_differ_without_hue() -> None:
    """Each is at least a third darker than the one before: what is left when no hue is seen."""
    shades = [colours.luminance(vigilance.COLOURS[level]) for level in sorted(vigilance.COLOURS)[1:]]
    assert all(brighter > 1.5 * darker for brighter, darker in pairwise(shades)), shades


def test_vigilance_in_force_and_ahead(repository: DuckDBRepository) -> None:
    found = vigilance.situation(repository, fixture.NOW)
    by_department = found.by_department().set_index("department_code")["colour_number"]
    assert dict(by_department) == {"33": 4, "40": 3, "64": 3, "13": 2, "75": 1, "59": 1, "2A": 1}
    lines = vigilance.warnings(found.rows.assign(valid_from_at=fixture.NOW), "en")
    assert list(lines["departments"]) == [
        "Gironde (33)",
        "Landes (40), Pyrénées-Atlantiques (64)",
        "Bouches-du-Rhône (13)",
        "Pyrénées-Atlantiques (64)",
    ]
    assert list(vigilance.warnings(found.ahead, "fr")["departments"]) == ["Corse-du-Sud (2A)"]
    wind = found.of("1")
    assert set(wind.rows["phenomenon_id"]) == {"1"}
    assert vigilance.tiles(wind)["colour_number"].notna().sum() == 7


def test_vigilance_that_has_expired_is_unknown_and_not_green(repository: DuckDBRepository) -> None:
    found = vigilance.situation(repository, fixture_now.MAP_ENDS)
    assert found.rows.empty
    assert (found.updated_at, found.known_until) == (fixture_now.MAP_MADE, fixture_now.MAP_ENDS)
    assert vigilance.tiles(found)["colour_number"].isna().all()


# --- what is unusual


@pytest.mark.parametrize(("days", "years"), [(20, 10), (19, 9)])
def test_a_spread_is_of_the_years_that_cover_the_month(tmp_path: Path, days: int, years: int) -> None:
    """Ten Novembers, and this one of nineteen days, which is none: of the first, `days` are left."""
    made = fixture.weather()
    first = min(fixture_now.LONG_YEARS)
    made.tables["fct_daily_weather"] = [
        row
        for row in made.tables["fct_daily_weather"]
        if row["location_id"] != fixture_now.LONG_STATION
        or row["weather_date"] <= date(first, 11, days)  # type: ignore[operator]
        or row["weather_date"] > date(first, 11, 30)  # type: ignore[operator]
    ]
    fixture.publish(tmp_path, made=made, publication_id="pub-spread")
    spread = DuckDBRepository(tmp_path / "marts.duckdb").daily_spread(11).set_index("location_id")
    assert spread.at[fixture_now.LONG_STATION, "year_count"] == years


def test_an_anomaly_is_of_the_years_of_its_month(tmp_path: Path) -> None:
    made = fixture.weather()
    for row in made.tables["dim_climate_normals"]:
        if row["location_id"] == fixture_now.USUAL_STATION and row["month_number"] != 11:
            row["temperature_mean_year_count"] = 12
    fixture.publish(tmp_path, made=made, publication_id="pub-years")
    repository = DuckDBRepository(tmp_path / "marts.duckdb")
    found = unusual.unusual(repository)
    (bordeaux,) = [each for each in found.anomalies if each.location_id == fixture_now.USUAL_STATION]
    assert bordeaux.year_count == 28


def test_anomalies_name_their_reference_and_have_a_z_where_years_are_enough(repository: DuckDBRepository) -> None:
    found = unusual.unusual(repository)
    by_place = {each.location_id: each for each in found.anomalies}
    assert set(by_place) == {fixture_now.USUAL_STATION, fixture_now.LONG_STATION}, "no other has a normal"
    bordeaux = by_place[fixture_now.USUAL_STATION]
    assert bordeaux.anomaly_c == pytest.approx(bordeaux.value_c - fixture_now.NORMAL_MEAN_C)
    assert (bordeaux.reference_period, bordeaux.year_count, bordeaux.z) == ("1991-2020", 28, None)
    toulouse = by_place[fixture_now.LONG_STATION]
    # Ten Novembers of 9 and 11 °C, and the nineteen complete days of this one.
    rows = fixture.weather().tables["fct_daily_weather"]
    values = [
        r["temperature_mean_c"]
        for r in rows
        if r["location_id"] == fixture_now.LONG_STATION
        and r["weather_date"].month == 11
        and r["is_temperature_complete"]  # type: ignore[attr-defined]
    ]
    assert toulouse.z == pytest.approx(toulouse.anomaly_c / pd.Series(values).std())
    assert (toulouse.on, found.place_count) == (fixture.LAST_DAY - timedelta(days=1), 11)


def test_a_record_is_near_within_a_degree(repository: DuckDBRepository) -> None:
    found = unusual.unusual(repository)
    (near,) = found.records
    assert near.location_id == fixture_now.USUAL_STATION
    assert near.record_value is not None
    assert near.record_value - near.value == pytest.approx(fixture_now.RECORD_ABOVE_C)
    assert (near.season, near.first_year, near.year_count, near.is_broken) == ("11", 2010, 16, False)
    assert found.within({"wmo:07630"}).records == []


@pytest.mark.parametrize(
    ("element", "column", "value", "record", "is_near"),
    [
        ("highest_temperature_max_c", "temperature_max_c", 30.0, 31.0, True),
        ("highest_temperature_max_c", "temperature_max_c", 30.0, 31.1, False),
        ("lowest_temperature_min_c", "temperature_min_c", -5.0, -6.0, True),
        ("lowest_temperature_min_c", "temperature_min_c", -5.0, -6.1, False),
        ("highest_precipitation_mm", "precipitation_mm", 90.0, 100.0, True),
        ("highest_precipitation_mm", "precipitation_mm", 89.0, 100.0, False),
        ("highest_precipitation_mm", "precipitation_mm", None, 100.0, False),
    ],
)
def test_what_is_within_reach_of_a_record(
    tmp_path: Path, element: str, column: str, value: float | None, record: float, is_near: bool
) -> None:
    made = fixture.weather()
    made.tables["fct_weather_records"][0] |= {"element": element, "record_value": record}
    fixture_now.newest_complete(made, fixture_now.USUAL_STATION)[column] = value
    repository = DuckDBRepository(fixture.publish(tmp_path, made=made, publication_id="pub-near"))
    found = unusual.unusual(repository)
    assert bool(found.records) == is_near


@pytest.mark.parametrize(
    ("anomaly_c", "z", "is_unusual"),
    [
        (6.0, None, True),
        (-6.0, None, True),
        (5.9, None, False),
        (1.5, 2.0, True),
        (-1.5, -2.1, True),
        (8.0, 1.9, False),
    ],
)
def test_what_is_unusual_is_judged_by_the_spread_of_the_place(
    repository: DuckDBRepository, anomaly_c: float, z: float | None, is_unusual: bool
) -> None:
    found = unusual.unusual(repository)
    made = replace(found, anomalies=[replace(found.anomalies[0], anomaly_c=anomaly_c, z=z)])
    assert bool(made.far) == is_unusual


@pytest.mark.parametrize(
    ("record_count", "far_count", "listed"),
    [(0, 0, (0, 3)), (2, 0, (2, 1)), (5, 0, (5, 0)), (2, 9, (2, 6)), (9, 9, (8, 0)), (0, 1, (0, 1))],
)
def test_the_list_is_short(
    repository: DuckDBRepository, record_count: int, far_count: int, listed: tuple[int, int]
) -> None:
    found = unusual.unusual(repository)
    usual, near = found.anomalies[0], found.records[0]
    far = replace(usual, anomaly_c=-unusual.UNUSUAL_C, z=None)
    made = replace(found, records=[near] * record_count, anomalies=[far] * far_count + [usual] * 20)
    records, anomalies = made.listed()
    assert (len(records), len(anomalies)) == listed
    assert all(each is far for each in anomalies) == bool(far_count) or not anomalies


def test_a_record_of_the_day_itself_is_broken(tmp_path: Path) -> None:
    made = fixture.weather()
    day = fixture_now.newest_complete(made, fixture_now.USUAL_STATION)
    made.tables["fct_weather_records"][0] |= {
        "recorded_date": day["weather_date"],
        "record_value": day["temperature_max_c"],
    }
    repository = DuckDBRepository(fixture.publish(tmp_path, made=made, publication_id="pub-broken"))
    (broken,) = unusual.unusual(repository).records
    assert (broken.is_broken, broken.record_value, broken.record_date) == (True, 20.0, date(2014, 11, 1))


# --- sources


@pytest.mark.parametrize("is_moved", [False, True])
def test_attribution(tmp_path: Path, is_moved: bool) -> None:
    path = fixture.publish(tmp_path)
    with duckdb.connect(str(path)) as publication:
        publication.execute("update isobar.sources set name_fr = 'SYNOP de Météo-France' where source = 'synop'")
        if is_moved:  # the app then reads the views that it makes itself
            publication.execute("alter table isobar.publication add column folder text default '/elsewhere'")
            publication.execute("create table isobar.partitions (model text, file text)")
    repository = DuckDBRepository(path)
    real, simulated = sources.sources(repository, "real"), sources.sources(repository, "simulated")
    assert real.attribution("en", ["synop", "synop"]) == "Météo-France SYNOP (Licence Ouverte / Etalab 2.0)"
    assert real.name("fr", "synop") == "SYNOP de Météo-France"
    assert simulated.attribution("fr", ["synop"]) == "simulé à la manière de SYNOP de Météo-France"
    assert simulated.name("en", "synop") == "simulated Météo-France SYNOP"
    assert real.attribution("en", ["unheard"]) == "unheard"


def test_a_publication_of_before_it_described_sources_calls_them_by_their_key(tmp_path: Path) -> None:
    repository = DuckDBRepository(fixture.publish(tmp_path, without=("sources",)))
    assert sources.sources(repository, "real").attribution("en", ["synop", "climat"]) == "climat, synop"
