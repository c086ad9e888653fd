"""Recorded responses: every wrapper that collectors use, types that change, and nothing silently wrong."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from ingestion.load import LoadError, load
from ingestion.readers.bodies import UNREAD
from ingestion.readers.reading import RefusedFile
from ingestion.registry import SOURCES
from ingestion.sources.openweather import dlt_source
from ingestion.sources.openweather.bodies import (
    AIR_POLLUTION,
    AIR_POLLUTION_FORECASTS,
    CURRENT,
    FORECASTS,
    units_of,
)
from isobar.settings import PROJECT_ROOT
from tests.openweather.conftest import query
from tests.openweather.provider import ISSUED, forecast, pollution
from tests.openweather.provider import recorded as weather

OPENWEATHER = SOURCES["openweather"]


def write(path: Path, document: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return path


def test_the_three_wrappers_give_the_same_rows(settings, tmp_path):
    write(tmp_path / "in/a/1.json", weather())
    write(tmp_path / "in/b/1.json", [weather()])
    write(tmp_path / "in/deep/er/1.json", {"Paris": weather(), "No where": weather(id=7, dt=1_700_000_000)})
    summary = load(OPENWEATHER, settings, str(tmp_path / "in"))
    assert (summary.tables["current"].files, summary.tables["current"].appended_row_count) == (3, 4)
    assert query(
        settings, "select source_file, source_row, openweather_id, city_key from raw_openweather.current order by 1, 2"
    ) == [
        ("a/1.json", 1, 2988507, "paris-fr"),
        ("b/1.json", 1, 2988507, "paris-fr"),
        ("deep/er/1.json", 1, 2988507, "paris-fr"),
        ("deep/er/1.json", 2, 7, None),
    ]
    assert query(
        settings,
        "select distinct units, fetched_at, temp, rain_1h, snow_1h, wind_gust, weather_id, weather_ids, country, timezone_s,"
        " lat, lon from raw_openweather.current",
    ) == [("standard", None, 285.15, 0.3, None, None, 500, "500", "FR", 3600, 48.85, 2.35)]
    assert summary.newest_observed_at == "2026-03-01 06:30:00"


def test_a_folder_named_itself_or_from_above_is_the_same_files(settings, tmp_path):
    write(tmp_path / "in/a/1.json", weather())
    load(OPENWEATHER, settings, str(tmp_path / "in"))
    for origin in ("in/a", "in/a/*.json", "in/**/*.json", "in/a/1.json"):
        again = load(OPENWEATHER, settings, str(tmp_path / origin))
        assert (again.tables["current"].files, again.tables["current"].unchanged) == (0, 1), origin
    assert [p.parent.name for p in settings.lake.glob("raw/openweather/current/**/000001.json")] == ["1.json"]


def test_a_file_that_grew_adds_only_its_new_bodies(settings, tmp_path):
    write(tmp_path / "a/1.json", [weather()])
    load(OPENWEATHER, settings, str(tmp_path / "a"))
    write(tmp_path / "a/1.json", [weather(), weather(dt=1_772_347_200)])
    assert load(OPENWEATHER, settings, str(tmp_path / "a")).tables["current"].appended_row_count == 1
    assert query(settings, "select count(*) from raw_openweather.current") == [(2,)]


def test_content_whose_hash_begins_with_digits_is_no_landing(settings, tmp_path):
    for number in range(12):  # 10 of 16 hashes begin with a digit
        write(tmp_path / f"a/{number}.json", weather(dt=1_772_346_600 + number))
    load(OPENWEATHER, settings, str(tmp_path / "a"))
    assert load(OPENWEATHER, settings, str(tmp_path / "a")).tables["current"].unchanged == 12


@pytest.mark.parametrize(
    ("change", "column", "value", "place"),
    [
        ({"main": {"temp": "12.5"}}, "temp", "12.5", "not a number: /Paris/main/temp"),
        ({"main": {"temp": True}}, "temp", "true", "not a number: /Paris/main/temp"),
        ({"wind": {"speed": [4]}}, "wind_speed", "[4]", "not a number: /Paris/wind/speed"),
        ({"clouds": 40}, "clouds_all", "40", "not an object: /Paris/clouds"),
        ({"timezone": 3600.5}, "timezone_s", "3600.5", "not a whole number from -43200 to 50400: /Paris/timezone"),
        ({"name": 12}, "name", "12", "not text: /Paris/name"),
        ({"id": "2988507"}, None, None, "no readable openweather_id or city_key at /Paris"),
        ({"dt": "2026-03-01"}, None, None, "no readable dt at /Paris"),
        ({"dt": 1_772_346_600_000}, None, None, "no readable dt at /Paris"),
        ({"id": 0}, None, None, "no readable openweather_id or city_key at /Paris"),
    ],
)
def test_a_value_of_another_type_is_rejected_with_its_place(settings, tmp_path, change, column, value, place):
    path = write(tmp_path / "1.json", {"Paris": weather(**change), "Lyon": weather(id=7)})
    read = CURRENT.open_reader(tmp_path, settings).read(path)
    (found,) = [reject for reject in read.rejects.to_pylist() if reject["column_name"] == column]
    assert (found["source_row"], found["reason"]) == (1, place)
    assert column is None or found["value"] == value
    rows = {row["source_row"]: row for row in read.rows.read_all().to_pylist()}
    assert list(rows) == ([1, 2] if column else [2]) and read.row_count == 2
    assert column is None or (rows[1][column] is None and rows[2][column] is not None)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"Paris": {"dt": 1', "not readable as JSON"),
        (json.dumps(weather()) + json.dumps(weather()), "not readable as JSON: Extra data"),
        ("<html>login</html>", "HTML instead of JSON"),
        ("", "the file is empty"),
        ("[" * 100_000, "nested too deeply"),
        ('{"dt": 1, "dt": 2}', "'dt' occurs twice"),
        (json.dumps(weather()).replace("1014", "NaN"), "NaN is not a number"),
        ('"text"', "not an object or an array"),
        ('{"a": 1, "b": 2}', "neither a body"),
        ("{}", "neither a body"),
        ('{"dt": ' + "9" * 5000 + "}", "not readable as JSON"),
    ],
    ids=["cut", "two", "html", "empty", "deep", "twice", "nan", "text", "other", "nothing", "digits"],
)
def test_a_file_that_cannot_be_used_is_refused_by_name(settings, tmp_path, text, reason):
    with pytest.raises(RefusedFile, match=re.escape(reason)):
        CURRENT.open_reader(tmp_path, settings).read(write(tmp_path / "bad.json", text))


def test_a_refused_file_costs_only_itself(settings, tmp_path):
    write(tmp_path / "a/bad.json", "{")
    write(tmp_path / "a/good.json", weather(main={"temp": "warm", "temp_max": 290, "humidity": 70}))
    summary = load(OPENWEATHER, settings, str(tmp_path / "a"))
    assert [refused["file"] for refused in summary.refused] == ["a/bad.json"]
    assert query(settings, "select source_file, column_name, value, reason from raw_openweather.rejects") == [
        ("a/good.json", "temp", "warm", "not a number: /main/temp")
    ]
    assert query(settings, "select temp, humidity from raw_openweather.current") == [(None, 70.0)]


@pytest.mark.parametrize(
    ("text", "column"),
    [(json.dumps(weather()).replace("1014", "1e999"), "pressure"), (json.dumps(weather(name="\ud800")), "name")],
)
def test_odd_but_valid_json_is_rejected_by_cell(settings, tmp_path, text, column):
    write(tmp_path / "a/1.json", text)
    load(OPENWEATHER, settings, str(tmp_path / "a"))
    assert query(settings, "select column_name from raw_openweather.rejects") == [(column,)]
    assert query(settings, f"select count(*), count({column}) from raw_openweather.current") == [(1, 0)]


def test_recorded_errors_and_gaps_are_rejected_one_by_one(settings, tmp_path):
    error = {"cod": "404", "message": "city not found"}
    write(tmp_path / "a/1.json", {"Paris": weather(), "Atlantis": error, "Lyon": None})
    load(OPENWEATHER, settings, str(tmp_path / "a"))
    reasons = query(settings, "select source_row, reason from raw_openweather.rejects order by 1")
    assert reasons == [(2, "an error, 404: city not found at /Atlantis"), (3, "no body at /Lyon")]


def test_the_cities_are_loaded_with_what_they_are_of(settings, tmp_path):
    write(tmp_path / "a/1.json", weather())
    load(OPENWEATHER, settings, str(tmp_path / "a"))
    assert query(
        settings,
        "select name, country, latitude, openweather_id from raw_openweather.cities where city_key = 'paris-fr'",
    ) == [("Paris", "FR", 48.8534, 2988507)]
    assert query(
        settings, "select count(*) = count(distinct openweather_id), count(*) from raw_openweather.cities"
    ) == [(True, 15)]


def test_only_a_bad_file_is_above_the_limit_though_the_cities_are_fine(settings, tmp_path):
    write(tmp_path / "a/1.json", "no")
    assert load(OPENWEATHER, settings, str(tmp_path / "a")).is_above_reject_limit


def test_files_that_are_no_json_are_told(settings, tmp_path):
    write(tmp_path / "a/1.txt", "mine")
    with pytest.raises(LoadError, match="none of 1 files is openweather's"):
        load(OPENWEATHER, settings, str(tmp_path / "a"))


def test_real_responses(settings, real_data, tmp_path):
    folder = real_data("openweather") / "current"
    summary = load(OPENWEATHER, settings, str(folder))
    current = summary.tables["current"]
    assert (current.files, current.row_count, current.appended_row_count, current.rejected_cell_count) == (
        192,
        1302,
        1302,
        0,
    )
    assert [refused["file"] for refused in summary.refused] == ["thierno774/2024-12-24T11-08-11.json"]
    assert query(
        settings,
        "select count(distinct (openweather_id, dt)), count(*) filter (weather_ids like '%,%'), min(visibility), max(visibility),"
        " count(distinct (source_file, source_row)) from raw_openweather.current",
    ) == [(882, 35, 32.0, 10000.0, 1302)]
    again = load(OPENWEATHER, settings, str(folder))
    assert (again.tables["current"].files, again.tables["current"].unchanged, len(again.refused)) == (0, 192, 1)


def test_real_responses_agree_with_a_plain_reading(settings, real_data):
    """Sums over the bodies, read here in four lines, against sums over raw."""
    folder = real_data("openweather") / "current"
    load(OPENWEATHER, settings, str(folder))
    bodies = []
    for path in folder.rglob("*.json"):
        if path.name != "2024-12-24T11-08-11.json":
            document = json.loads(path.read_bytes())
            bodies += document if isinstance(document, list) else [document] if "dt" in document else document.values()
    sums = [
        sum(body["main"]["temp"] for body in bodies),
        sum(body["wind"].get("gust", 0) for body in bodies),
        sum(body.get("rain", {}).get("1h", 0) for body in bodies),
        sum(body["dt"] for body in bodies),
        max(body["dt"] for body in bodies),
    ]
    (found,) = query(
        settings,
        "select sum(temp), sum(wind_gust), coalesce(sum(rain_1h), 0), sum(epoch(dt)), max(epoch(dt))"
        " from raw_openweather.current",
    )
    assert list(found) == pytest.approx(sums)


@pytest.mark.parametrize(("options", "code"), [([], 0), (["--strict"], 3)])
def test_a_refused_file_fails_the_command_only_when_strict(settings, tmp_path, options, code):
    write(tmp_path / "a/bad.json", "{")
    write(tmp_path / "a/good.json", weather())
    command = [sys.executable, "-m", "isobar.cli", "load", "openweather", "--from", str(tmp_path / "a"), *options]
    environment = {**os.environ, **settings.environment()}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=PROJECT_ROOT, check=False)
    assert done.returncode == code, done.stderr
    assert "a/bad.json" in done.stdout and "Traceback" not in done.stderr


MILD_C = {"temp": 12, "feels_like": 11.2, "temp_min": 11, "temp_max": 13.5, "pressure": 1014, "humidity": 76}
WARM_F = {"temp": 75.2, "feels_like": 74.1, "temp_min": 72, "temp_max": 78, "pressure": 1014, "humidity": 76}


@pytest.mark.parametrize(
    ("main", "named", "units"),
    [
        (weather()["main"], None, "standard"),
        (MILD_C, None, None),
        (MILD_C, "metric", "metric"),
        (MILD_C, "imperial", "imperial"),
        (WARM_F, None, "imperial"),
        (WARM_F, "metric", None),
        (weather()["main"], "imperial", None),
        ({**MILD_C, "temp_max": 291}, None, None),
        ({"humidity": 70}, None, None),
        ({"humidity": 70}, "imperial", "imperial"),
    ],
)
def test_units_are_what_temperatures_can_be_or_what_their_user_named(main, named, units):
    found, undecided = units_of(weather(main=main), named)
    assert found == units
    assert (undecided is None) == (units is not None)
    # what fits no units, or not the named ones, is named
    assert undecided is None or "--units" in undecided[1] or "temp 12 and temp_max 291" in undecided[1]
    assert not (named and undecided) or " 75.2" in undecided[1] or "temp 285.15" in undecided[1]


def test_named_units_are_kept_in_the_lake_and_give_the_same_rows_again(settings, tmp_path):
    write(tmp_path / "a/1.json", weather(main=MILD_C))
    first = load(OPENWEATHER, settings, str(tmp_path / "a"))
    assert [reject["place"] for reject in first.first_rejects] == ["a/1.json, row 1, units"]
    named = load(OPENWEATHER, settings, str(tmp_path / "a"), units="imperial")
    assert named.tables["current"].appended_row_count == 1, "the same bytes in units that are known are read anew"
    assert load(OPENWEATHER, settings, str(tmp_path / "a")).tables["current"].unchanged == 1
    rows = query(settings, "select units, temp, wind_speed from raw_openweather.current order by all")
    assert rows == [("imperial", 12.0, 4.1), (None, 12.0, 4.1)]
    settings.warehouse.unlink()
    load(OPENWEATHER, settings, replay=True)
    assert query(settings, "select units, temp, wind_speed from raw_openweather.current order by all") == rows


def test_an_amount_that_is_there_and_unreadable_is_named(settings, tmp_path):
    rains = [{}, {"1h": None}, {"1h": "x"}, {"1h": -1}, 4, None, {"6h": 3}, {"1H": 5}]
    bodies = [weather(dt=1_772_346_600 + n, rain=rain) for n, rain in enumerate(rains)]
    bodies.append({name: value for name, value in weather(dt=1_772_346_610).items() if name != "rain"})
    write(tmp_path / "a/1.json", bodies)
    load(OPENWEATHER, settings, str(tmp_path / "a"))
    both = "rain_1h,rain_3h"
    found = query(settings, "select rain_1h, unread_amounts from raw_openweather.current order by source_row")
    assert found == [
        (None, None),
        (None, "rain_1h"),
        (None, "rain_1h"),
        (None, "rain_1h"),
        (None, both),
        (None, both),
        (None, both),
        (None, both),
        (None, None),
    ]
    # an object of other lengths alone is shown as it is
    assert query(
        settings, "select value, reason from raw_openweather.rejects where reason like 'no %' order by all"
    ) == [
        ('{"1H": 5}', "no 1h or 3h: /7/rain"),
        ('{"1H": 5}', "no 1h or 3h: /7/rain"),
        ('{"6h": 3}', "no 1h or 3h: /6/rain"),
        ('{"6h": 3}', "no 1h or 3h: /6/rain"),
    ]


def test_a_changed_reason_is_told_again(settings, tmp_path):
    """The same value of the same row, which --units makes another fault."""
    write(tmp_path / "a/1.json", weather(main={**weather()["main"], "temp_max": 12}))
    places = []
    for units in (None, "metric", "imperial", "imperial"):
        summary = load(OPENWEATHER, settings, str(tmp_path / "a"), units=units)
        places.append([reject["reason"].split(":")[0] for reject in summary.first_rejects])
    assert places == [["units not known"], [], [], []], "no units fit it, whatever was named"
    write(tmp_path / "a/1.json", weather(main=MILD_C))
    load(OPENWEATHER, settings, str(tmp_path / "a"))
    wrong = load(OPENWEATHER, settings, str(tmp_path / "a"), units="standard")
    assert [reject["reason"] for reject in wrong.first_rejects] == [
        "not standard, as --units has it: temp 12 and feels_like 11.2 and temp_min 11 and temp_max 13.5"
    ]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        # latitude and longitude swapped, and a city of another list under the id of Paris
        ({"lat": 2.35, "lon": 48.85}, "id 2988507 is Paris in the list of cities, 6,"),
        (
            {"lat": 49.4, "lon": 2.35},
            "id 2988507 is Paris in the list of cities, 61 km from coord: correct one of the two at /0",
        ),
        ({"lat": 49.2, "lon": 2.35}, None),
        # an id that no list has is judged by nothing
        ({"lat": 2.35, "lon": 48.85, "id": 7}, None),
        ({"lat": 2.35, "lon": "48.85"}, None),
    ],
)
def test_a_recorded_body_of_another_place_than_its_city_is_rejected(settings, tmp_path, change, reason):
    read = CURRENT.open_reader(tmp_path, settings).read(write(tmp_path / "1.json", [weather(**change), weather()]))
    (*rejects,) = (each for each in read.rejects.to_pylist() if each["column_name"] is None)
    assert [each["source_row"] for each in rejects] == ([1] if reason else [])
    assert not reason or rejects[0]["reason"].startswith(reason)
    assert read.appended_row_count == (1 if reason else 2)


@pytest.mark.parametrize(
    ("layout", "endpoint", "body"),
    [
        (CURRENT, "weather", weather(lat=2.35, lon=48.85)),
        (FORECASTS, "forecast", forecast(2.35, 48.85, 2)),
        (AIR_POLLUTION, "air_pollution", pollution(2.35, 48.85, [ISSUED])),
        (AIR_POLLUTION_FORECASTS, "air_pollution/forecast", pollution(2.35, 48.85, [ISSUED])),
    ],
)
def test_an_answer_of_another_place_than_asked_for_is_rejected(settings, tmp_path, layout, endpoint, body):
    """By the request beside it, which stays as it was, not by today's list of cities."""
    parameters = {"lat": "48.85", "lon": "2.35", "units": "metric"}
    lines = []
    for position in (parameters, {"lat": "2.35", "lon": "48.85", "units": "metric"}):
        request = {"endpoint": endpoint, "city_key": "paris-fr", "parameters": position}
        lines.append(json.dumps({"request": request, "fetched_at": "2026-03-01T06:30:00", "body": body}) + "\n")
    read = layout.open_reader(tmp_path, settings).read(write(tmp_path / "poll.jsonl", "".join(lines)))
    (reject,) = read.rejects.to_pylist()
    assert re.fullmatch(
        r"coord is 6,\d{3} km from the position that was asked for: ask again at line 1: /body", reject["reason"]
    )
    assert read.appended_row_count == (2 if endpoint == "forecast" else 1)


def test_a_warehouse_of_before_gets_the_new_column(settings, tmp_path, monkeypatch):
    shutil.rmtree(settings.data_dir)  # made by this version
    current = OPENWEATHER.tables[1]
    known = {name: kind for name, kind in current.layout.columns.items() if name != UNREAD}
    before = replace(current, layout=replace(current.layout, columns=known))
    tables = (OPENWEATHER.tables[0], before, *OPENWEATHER.tables[2:])
    write(tmp_path / "a/1.json", weather())
    older = replace(OPENWEATHER, tables=tables)
    with monkeypatch.context() as patch:
        patch.setattr(dlt_source, "SOURCE", older)
        load(older, settings, str(tmp_path / "a"))
    write(tmp_path / "a/2.json", weather(rain={"1h": "x"}, dt=1_772_346_000))
    load(OPENWEATHER, settings, str(tmp_path / "a"))
    assert query(settings, "select rain_1h, unread_amounts from raw_openweather.current order by dt desc") == [
        (0.3, None),
        (None, "rain_1h"),
    ]


def test_what_is_ahead_of_the_clock_is_rejected_until_a_later_file_has_it(settings, tmp_path):
    """By the clock of the landing, which the lake holds: a replay rejects the same."""
    early = replace(settings, clock=datetime(2026, 3, 1, 5, 0))
    write(tmp_path / "a/1.json", [weather(), weather(dt=1_772_346_600 - 7200)])
    summary = load(OPENWEATHER, early, str(tmp_path / "a"))
    assert summary.tables["current"].appended_row_count == 1
    assert summary.ahead_row_count == 1 and "ISOBAR_NOW" in summary.notes[-1]
    assert summary.newest_observed_at == "2026-03-01 04:30:00"
    write(tmp_path / "a/1.json", [weather(), weather(dt=1_772_346_600 - 7200), weather(dt=1_772_346_600 - 9000)])
    later = replace(settings, clock=datetime(2026, 3, 1, 6, 0))
    summary = load(OPENWEATHER, later, str(tmp_path / "a"))
    assert (summary.ahead_row_count, summary.tables["current"].appended_row_count) == (0, 2), "6:30 is within an hour"
    settings.warehouse.unlink()
    assert load(OPENWEATHER, settings, replay=True).ahead_row_count == 1
    assert query(settings, "select count(distinct dt), count(*) from raw_openweather.current") == [(3, 3)]


def test_a_row_comes_in_when_its_time_has_come_though_its_file_is_as_it_was(settings, tmp_path):
    write(tmp_path / "a/1.json", [weather(), weather(dt=1_772_346_600 - 7200), weather(dt=3_000_000_000)])
    early = load(OPENWEATHER, replace(settings, clock=datetime(2026, 3, 1, 5, 0)), str(tmp_path / "a"))
    assert (early.tables["current"].appended_row_count, early.ahead_row_count) == (1, 2)
    for expected in (1, 0):
        later = load(OPENWEATHER, replace(settings, clock=datetime(2026, 3, 1, 6, 0)), str(tmp_path / "a"))
        assert later.tables["current"].appended_row_count == expected
    assert query(settings, "select count(*) from raw_openweather.current") == [(2,)]
