"""Polls and history: every answer kept, one failing city costs only itself, nothing odd is taken for weather."""

from __future__ import annotations

import gzip
import json
import threading
import time
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from ingestion import load as loading
from ingestion.http.budget import CallsOfThisRun, OverBudget
from ingestion.load import LoadError, load
from ingestion.registry import SOURCES
from ingestion.sources.openweather import api
from isobar.settings import Budget, SettingsError
from tests import own
from tests.openweather.conftest import NOW, query
from tests.openweather.provider import KEY, cities_file, forecast, pollution, weather

OPENWEATHER = SOURCES["openweather"]


def counts(summary) -> dict[str, int]:
    return {name: table.appended_row_count for name, table in summary.tables.items()}


def test_a_poll(keyed, provider):
    summary = load(OPENWEATHER, keyed)
    assert counts(summary) == {
        "cities": 3,
        "current": 3,
        "forecasts": 120,
        "air_pollution": 3,
        "air_pollution_forecasts": 288,
    }
    assert (summary.asked, summary.failed, summary.refused, summary.has_rejects) == (12, 0, [], False)
    assert len(provider.requests) == 12 and all(asked["units"] == "metric" for _, asked in provider.requests)
    assert query(
        keyed,
        "select city_key, lat, units, temp, rain_1h, dt, fetched_at, source_file, source_row"
        " from raw_openweather.current order by 1",
    )[0] == (
        "town-0-fr",
        40.0,
        "metric",
        12.0,
        0.3,
        datetime(2026, 3, 1, 6, 30),
        NOW,
        "poll.2026-03-01T063000.jsonl",
        1,
    )
    assert query(
        keyed,
        "select openweather_id, name, lat, units, fetched_at, min(dt), max(temp), sum(pop), min(pod), min(rain_3h)"
        " from raw_openweather.forecasts where city_key = 'town-1-fr' group by all",
    ) == [(None, "", 41.0, "metric", NOW, datetime(2026, 3, 1, 6, 30), 39.0, pytest.approx(8), "d", 1.0)]
    assert query(
        keyed,
        "select endpoint, aqi, no, pm2_5, so2, count(*) from raw_openweather.air_pollution group by all",
    ) == [("air_pollution", 2, 0.0, 12.3, 1.0, 3)]
    assert query(keyed, "select count(distinct (city_key, dt)) from raw_openweather.air_pollution_forecasts") == [
        (288,)
    ]


def test_every_poll_is_kept(keyed, provider):
    load(OPENWEATHER, keyed)
    later = replace(keyed, clock=NOW + timedelta(hours=3))
    assert counts(load(OPENWEATHER, later))["forecasts"] == 120
    assert query(keyed, "select fetched_at, count(*) from raw_openweather.forecasts group by 1 order by 1") == [
        (NOW, 120),
        (NOW + timedelta(hours=3), 120),
    ]


def test_the_same_poll_again_asks_nothing_and_changes_nothing(keyed, provider):
    load(OPENWEATHER, keyed)
    provider.requests.clear()
    again = load(OPENWEATHER, keyed)
    assert set(counts(again).values()) == {0} and {table.unchanged for table in again.tables.values()} == {1}
    assert (provider.requests, again.asked) == ([], 0) and not again.has_rejects
    load(OPENWEATHER, keyed, force=True)
    assert len(provider.requests) == 12


def test_of_a_poll_broken_off_only_what_is_missing_is_asked_for(keyed, provider):
    """One city failed in one table, another table did not come at all. A line is one for JSON, not for `splitlines`."""
    named = json.dumps(weather(40, 2.5, name="Town\u2028Nought"), ensure_ascii=False).encode()
    broken = {("weather", "40.0"): (200, named), ("weather", "41.0"): (404, b"")}
    provider.fault = lambda endpoint, asked: (
        (404, b"") if endpoint == "air_pollution" else broken.get((endpoint, asked["lat"]))
    )
    load(OPENWEATHER, keyed)
    landed = keyed.lake / "raw/openweather/current/date=2026-03-01/poll.2026-03-01T063000.jsonl"
    (first,) = landed.glob("*.jsonl.gz")
    kept = gzip.decompress(first.read_bytes())
    provider.fault = lambda endpoint, asked: None
    provider.requests.clear()
    calls = CallsOfThisRun()
    again = load(OPENWEATHER, keyed, calls=calls)
    asked = sorted((endpoint, query["lat"]) for endpoint, query in provider.requests)
    assert asked == [("air_pollution", f"{lat}.0") for lat in (40, 41, 42)] + [("weather", "41.0")]
    assert sum(count for _, count in calls.made) == again.asked == 4
    assert {name: count for name, count in counts(again).items() if count} == {"current": 1, "air_pollution": 3}
    (second,) = set(landed.glob("*.jsonl.gz")) - {first}
    assert gzip.decompress(second.read_bytes()).startswith(kept) and gzip.decompress(first.read_bytes()) == kept
    assert query(keyed, "select city_key, count(*) from raw_openweather.current group by 1 order by 1") == [
        ("town-0-fr", 1),
        ("town-1-fr", 1),
        ("town-2-fr", 1),
    ]
    assert set(counts(load(OPENWEATHER, keyed)).values()) == {0}


def test_several_moments_are_visited_in_turn_and_loaded_together(keyed, provider):
    keyed = own.openweather(replace(keyed, clock=NOW + timedelta(hours=9)), budget=Budget(day=24))
    moments = [NOW + timedelta(hours=hours) for hours in (0, 3)]
    calls = CallsOfThisRun()
    summary = load(OPENWEATHER, keyed, as_of=moments, calls=calls)
    assert (summary.asked, counts(summary)["forecasts"], summary.tables["current"].files) == (24, 240, 2)
    assert query(
        keyed, "select fetched_at, landed_at, count(*) from raw_openweather.current group by all order by all"
    ) == [(moment, moment, 3) for moment in moments]
    assert query(keyed, "select count(distinct _dlt_load_id) from raw_openweather.forecasts") == [(1,)]
    assert {at: sum(count for when, count in calls.made if when == at) for at, _ in calls.made} == dict.fromkeys(
        moments, 12
    )
    more = [*moments, NOW + timedelta(hours=6)]
    with pytest.raises(OverBudget, match="used 24 of 24 this day"):
        load(OPENWEATHER, keyed, as_of=more, calls=calls)
    later = own.openweather(keyed, budget=Budget())
    assert counts(load(OPENWEATHER, later, as_of=more, calls=calls))["current"] == 3


def test_the_lake_has_the_request_without_its_key_and_the_body_as_it_came(keyed, provider):
    load(OPENWEATHER, keyed)
    (landed,) = list(keyed.lake.glob("raw/openweather/current/date=2026-03-01/poll.*/*.jsonl.gz"))
    lines = gzip.decompress(landed.read_bytes()).decode().splitlines()
    first = json.loads(lines[0])
    assert first["request"] == {
        "endpoint": "weather",
        "city_key": "town-0-fr",
        "parameters": {"lat": "40.0", "lon": "2.5", "units": "metric"},
    }
    assert (first["status"], first["fetched_at"]) == (200, "2026-03-01T06:30:00") and len(lines) == 3
    assert first["body"] == weather(40, 2.5)


def test_a_new_warehouse_is_filled_from_the_lake_alone(keyed, provider):
    load(OPENWEATHER, keyed)
    rows = "select * exclude (_dlt_load_id) from raw_openweather.forecasts order by all"
    before = query(keyed, rows)
    keyed.warehouse.unlink()
    provider.requests.clear()
    load(OPENWEATHER, keyed, replay=True)
    assert query(keyed, rows) == before and provider.requests == []


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (404, b'{"cod":"404","message":"city not found"}', "HTTP 404"),
        (400, b'{"cod":"400","message":"wrong latitude"}', "HTTP 400"),
        (500, b"{}", "HTTP 500"),
        (200, b"<html>login</html>", "HTML instead of JSON"),
        (200, b'{"coord": {"lat": 41', "not readable as JSON"),
        (200, b"", "the file is empty"),
        (200, b"[]", "not a body"),
        (200, b"{}", "not a body of current weather"),
        (200, b'{"cod": 429, "message": "blocked"}', "an error, 429: blocked"),
        (200, b"\xff\xfe", "can't decode"),
    ],
)
def test_one_failing_city_costs_only_itself(keyed, provider, status, body, reason):
    provider.fault = lambda endpoint, asked: (status, body) if (endpoint, asked["lat"]) == ("weather", "41.0") else None
    summary = load(OPENWEATHER, keyed)
    (refused,) = summary.refused
    assert refused["file"] == "weather town-1-fr" and reason in refused["reason"]
    assert (summary.asked, summary.failed) == (12, 1) and summary.has_rejects and not summary.is_above_reject_limit
    assert query(keyed, "select city_key from raw_openweather.current order by 1") == [("town-0-fr",), ("town-2-fr",)]
    assert counts(summary)["forecasts"] == 120


def test_above_a_share_of_failures_the_load_is_no_good_one(keyed, provider):
    provider.fault = lambda endpoint, asked: (404, b"") if asked["lat"] == "41.0" else None  # 4 of 12
    summary = load(OPENWEATHER, keyed)
    assert summary.failed == 4 > loading.FAILED_SHARE_LIMIT * summary.asked
    assert summary.is_above_reject_limit and counts(summary)["current"] == 2


def test_an_endpoint_that_does_not_accept_the_key_is_left_alone(keyed, provider, tmp_path):
    keyed = own.openweather(keyed, cities=cities_file(tmp_path / "many.csv", 40), budget=Budget())
    provider.fault = lambda endpoint, asked: (401, b"") if endpoint == "forecast" else None
    summary = load(OPENWEATHER, keyed)
    forecasts = [endpoint for endpoint, _ in provider.requests if endpoint == "forecast"]
    assert len(forecasts) <= api.CONNECTIONS  # those under way when the first came back
    assert counts(summary)["current"] == 40 and counts(summary)["forecasts"] == 0 and summary.failed == 40


def test_a_wrong_key_ends_the_load_with_one_reason(keyed, provider):
    wrong = own.openweather(keyed, environment_key="marked-wrong-key")
    with pytest.raises(LoadError, match="the key is not accepted") as error:
        load(OPENWEATHER, wrong)
    assert "marked-wrong-key" not in str(error.value)


def test_a_provider_that_is_down_is_given_up_soon(keyed, provider, tmp_path):
    keyed = own.openweather(keyed, cities=cities_file(tmp_path / "many.csv", 60), budget=Budget())
    provider.fault = lambda endpoint, asked: (503, b"")
    with pytest.raises(LoadError, match="HTTP 503"):
        load(OPENWEATHER, keyed)
    assert len(provider.requests) <= 5 * (api.GIVEN_UP_AFTER + api.CONNECTIONS)


@pytest.mark.parametrize("steps", [0, 19])
def test_an_empty_or_much_smaller_answer_is_refused_unless_forced(keyed, provider, steps):
    load(OPENWEATHER, keyed)
    provider.fault = lambda endpoint, asked: (
        (200, json.dumps(forecast(41, 2.5, steps)).encode())
        if (endpoint, asked["lat"]) == ("forecast", "41.0")
        else None
    )
    for hours in (3, 6):  # the refused answer is no measure of the next one
        summary = load(OPENWEATHER, replace(keyed, clock=NOW + timedelta(hours=hours)))
        (refused,) = summary.refused
        assert refused["file"] == "forecast town-1-fr"
        assert f"{steps} times, 40 last time" in refused["reason"] and "--force" in refused["reason"]
        assert counts(summary)["forecasts"] == 80
    forced = load(OPENWEATHER, replace(keyed, clock=NOW + timedelta(hours=9)), force=True)
    assert forced.refused == [] and counts(forced)["forecasts"] == 80 + steps


def test_a_wrong_type_in_a_poll_is_rejected_with_its_line_and_place(keyed, provider):
    body = forecast(41, 2.5)
    body["list"][7]["main"]["temp"] = "mild"
    provider.fault = lambda endpoint, asked: (
        (200, json.dumps(body).encode()) if (endpoint, asked["lat"]) == ("forecast", "41.0") else None
    )
    load(OPENWEATHER, keyed)
    assert query(keyed, "select source_file, source_row, column_name, value, reason from raw_openweather.rejects") == [
        ("poll.2026-03-01T063000.jsonl", 48, "temp", "mild", "not a number: line 2: /body/list/7/main/temp")
    ]
    assert query(keyed, "select count(*), count(temp) from raw_openweather.forecasts") == [(120, 119)]


# --- history ---------------------------------------------------------------------------------------------------------


def test_history_comes_by_city_and_month_and_only_once(keyed, provider):
    period = {"start": date(2026, 1, 15), "end": date(2026, 2, 2)}
    summary = load(OPENWEATHER, keyed, **period)
    assert counts(summary)["air_pollution"] == 3 * 19 * 24 and counts(summary)["current"] == 0
    assert {endpoint for endpoint, _ in provider.requests} == {"air_pollution/history"} and len(provider.requests) == 6
    assert (
        provider.requests[0][1]["units"],
        query(keyed, "select min(dt), max(dt), min(endpoint) from raw_openweather.air_pollution"),
    ) == (
        "metric",
        [(datetime(2026, 1, 15), datetime(2026, 2, 2, 23), "air_pollution/history")],
    )
    provider.requests.clear()
    again = load(OPENWEATHER, keyed, **period)
    assert provider.requests == [] and again.notes == ["all the air quality asked for is in the lake already"]


def test_a_month_under_way_is_asked_for_again(keyed, provider):
    load(OPENWEATHER, keyed, start=date(2026, 3, 1))
    later = replace(keyed, clock=NOW + timedelta(days=1))
    summary = load(OPENWEATHER, later, start=date(2026, 3, 1))
    assert summary.asked == 3
    assert query(keyed, "select count(distinct dt), max(dt) from raw_openweather.air_pollution") == [
        (31, datetime(2026, 3, 2, 6))
    ]


def test_a_window_that_failed_is_asked_for_again_alone(keyed, provider):
    provider.fault = lambda endpoint, asked: (500, b"") if asked["lat"] == "41.0" else None
    period = {"start": date(2026, 1, 1), "end": date(2026, 1, 31)}
    load(OPENWEATHER, keyed, **period)
    provider.fault, provider.requests[:] = (lambda endpoint, asked: None), []
    assert counts(load(OPENWEATHER, keyed, **period))["air_pollution"] == 31 * 24
    assert [asked["lat"] for _, asked in provider.requests] == ["41.0"]


def test_an_empty_window_is_refused(keyed, provider):
    provider.fault = lambda endpoint, asked: (
        (200, json.dumps(pollution(41, 2.5, [])).encode()) if asked["lat"] == "41.0" else None
    )
    summary = load(OPENWEATHER, keyed, start=date(2026, 1, 1), end=date(2026, 1, 2))
    assert [refused["file"] for refused in summary.refused] == ["air_pollution/history town-1-fr"]


def test_nothing_is_asked_from_before_the_archive_begins(keyed, provider):
    load(OPENWEATHER, keyed, start=date(2019, 1, 1), end=date(2020, 11, 30))
    assert {asked["start"] for _, asked in provider.requests} == {"1606435200"}  # 2020-11-27T00:00:00Z


# --- positions, budget, key ------------------------------------------------------------------------------------------


def test_a_city_without_a_position_is_looked_up_once(keyed, provider, tmp_path):
    extra = "hidden-fr,Hidden,FR,,,,,Europe/Paris\n"
    keyed = own.openweather(keyed, cities=cities_file(tmp_path / "c.csv", 1, extra))
    summary = load(OPENWEATHER, keyed)
    assert summary.asked == 9 and ("direct", {"q": "Hidden,FR", "limit": "1", "appid": KEY}) in provider.requests
    assert query(keyed, "select city_key, latitude, longitude from raw_openweather.cities order by 1")[0] == (
        "hidden-fr",
        1.5,
        2.0,
    )
    assert query(keyed, "select lat from raw_openweather.current where city_key = 'hidden-fr'") == [(1.5,)]
    provider.requests.clear()
    load(OPENWEATHER, replace(keyed, clock=NOW + timedelta(hours=1)))
    assert [endpoint for endpoint, _ in provider.requests if endpoint == "direct"] == []


def test_a_city_that_nobody_knows_costs_only_itself(keyed, provider, tmp_path):
    keyed = own.openweather(keyed, cities=cities_file(tmp_path / "c.csv", 3, "lost-fr,Nowhere,FR,,,,,\n"))
    summary = load(OPENWEATHER, keyed)
    assert summary.refused[0]["file"] == "geo/direct lost-fr" and "Nowhere, FR" in summary.refused[0]["reason"]
    assert counts(summary)["current"] == 3 and counts(summary)["cities"] == 4


@pytest.mark.parametrize("latitude", [10**400, -(10**400), float("inf"), True, "1.5", 91, None])
def test_a_position_that_is_none(latitude):
    assert api._position([{"name": "Odd", "lat": latitude, "lon": 2}]) is None
    assert api._position([{"name": "Odd", "lat": 2, "lon": latitude}]) == ((2.0, 91.0) if latitude == 91 else None)


def test_a_line_break_of_unicode_in_a_name_spoils_no_later_poll(keyed, provider):
    named = forecast(40, 2.5)
    named["city"]["name"] = "Two\u2028lines\x85or three"
    raw = json.dumps(named, ensure_ascii=False).encode()
    provider.fault = lambda endpoint, asked: (200, raw) if (endpoint, asked["lat"]) == ("forecast", "40.0") else None
    load(OPENWEATHER, keyed)
    again = load(OPENWEATHER, replace(keyed, clock=NOW + timedelta(hours=3)))
    assert counts(again)["forecasts"] == 120
    assert query(keyed, "select count(*) from raw_openweather.forecasts where name = 'Two\u2028lines\x85or three'") == [
        (80,)
    ]


def test_a_budget_is_counted_across_loads_and_refused_before_the_first_call(keyed, provider):
    keyed = own.openweather(keyed, budget=Budget(day=30))
    calls = CallsOfThisRun()
    load(OPENWEATHER, keyed, calls=calls)
    keyed = replace(keyed, clock=NOW + timedelta(hours=3))
    load(OPENWEATHER, keyed, calls=calls)
    keyed = replace(keyed, clock=NOW + timedelta(hours=6))
    provider.requests.clear()
    with pytest.raises(OverBudget, match=r"3 cities x 4 answers = 12 calls.*has used 24 of 30 this day: 6 too many"):
        load(OPENWEATHER, keyed, calls=calls)
    assert provider.requests == []
    load(OPENWEATHER, replace(keyed, clock=NOW + timedelta(days=1)), calls=calls)


def test_a_plan_larger_than_a_minute_is_paced_and_says_how_long_it_takes(keyed, provider, monkeypatch):
    """With minutes of a second: 6 of 12 calls at once, the others a minute later."""
    monkeypatch.setattr("ingestion.http.budget.MINUTE_SECONDS", 1.0)
    asked_at: list[float] = []
    provider.fault = lambda endpoint, asked: asked_at.append(time.monotonic())
    summary = load(OPENWEATHER, own.openweather(keyed, budget=Budget(minute=6)))
    assert summary.notes == ["12 calls at 6 a minute take about 2 minutes"] and summary.failed == 0
    assert asked_at[5] - asked_at[0] < 0.8 < asked_at[6] - asked_at[0]


def test_retries_count(keyed, provider):
    calls = CallsOfThisRun()
    provider.fault = lambda endpoint, asked: (500, b"") if (endpoint, asked["lat"]) == ("weather", "41.0") else None
    load(OPENWEATHER, keyed, calls=calls)
    assert sum(count for _, count in calls.made) == len(provider.requests) == 12 + 4


@pytest.mark.parametrize("text", [None, "", "[sources.openweather]\n", '[sources.openweather]\napi_key = ""\n'])
def test_without_a_key_it_says_how_to_set_one(keyed, provider, no_secrets_file, text):
    if text is not None:
        no_secrets_file.write_text(text)
    with pytest.raises(SettingsError, match="set ISOBAR_OPENWEATHER_KEY, or api_key under"):
        load(OPENWEATHER, own.openweather(keyed, environment_key=None))
    assert provider.requests == []


def test_the_key_of_dlts_secrets_is_used(keyed, provider, no_secrets_file):
    no_secrets_file.write_text(f'[sources.openweather]\napi_key = "{KEY}"\n')
    assert load(OPENWEATHER, own.openweather(keyed, environment_key=None)).failed == 0


def test_simulated_answers_do_not_mix_with_real_ones(keyed, provider):
    load(OPENWEATHER, keyed)
    provider.is_simulated = True
    with pytest.raises(LoadError, match="holds simulated weather, this data folder real weather"):
        load(OPENWEATHER, replace(keyed, clock=NOW + timedelta(hours=1)))


def test_simulated_cities_are_marked_too(keyed, provider):
    provider.is_simulated = True
    load(OPENWEATHER, keyed)
    records = list(keyed.lake.glob("raw/**/000001.json"))
    assert len(records) == 5 and all(json.loads(record.read_text())["is_simulated"] for record in records)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("a,b\n1,2\n", "the columns must be"),
        ("", "the columns must be"),
        ("{header}\n", "no city in it"),
        ("{header}\nparis-fr,Paris,FR,95,2,,,\n", "line 2: latitude 95"),
        ("{header}\nparis-fr,Paris,FR,48,,,,\n", "line 2: latitude and longitude go together"),
        ("{header}\nParis FR,Paris,FR,48,2,,,\n", "line 2: city_key Paris FR"),
        ("{header}\nparis-fr,Paris,FR,north,2,,,\n", "line 2"),
        ("{header}\nparis-fr,Paris\n", "line 2"),
        ("{header}\na-fr,A,FR,48,2,,,\na-fr,A,FR,48,2,,,\n", "a-fr is there twice"),
    ],
)
def test_a_list_of_cities_that_is_none(keyed, tmp_path, content, reason):
    path = tmp_path / "mine.csv"
    path.write_text(
        content.replace("{header}", "city_key,name,country,latitude,longitude,altitude,openweather_id,timezone")
    )
    with pytest.raises(SettingsError, match=reason):
        load(OPENWEATHER, own.openweather(keyed, cities=path))


def test_requests_are_made_side_by_side(keyed, provider, tmp_path):
    """As many as there are connections, and no more."""
    together = threading.Barrier(api.CONNECTIONS)
    lock, asked_now, most = threading.Lock(), 0, 0

    def answered_together(*_: object) -> None:
        nonlocal asked_now, most
        with lock:
            asked_now += 1
            most = max(most, asked_now)
        together.wait(timeout=30)  # one that is asked after another would wait for ever
        with lock:
            asked_now -= 1

    provider.fault = answered_together
    load(OPENWEATHER, own.openweather(keyed, cities=cities_file(tmp_path / "many.csv", 20), budget=Budget()))
    assert most == api.CONNECTIONS


def test_a_load_stopped_in_the_middle_asks_no_further_and_the_next_one_is_whole(keyed, provider, tmp_path, monkeypatch):
    """The first landing fails as on a full disk; requests that wait are not made, and nothing half-made stays."""
    keyed = own.openweather(keyed, cities=cities_file(tmp_path / "many.csv", 60), budget=Budget())
    land = loading.Lake.land

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(loading.Lake, "land", full)
    provider.fault = lambda endpoint, asked: time.sleep(0.005)
    with pytest.raises(OSError, match="No space left"):
        load(OPENWEATHER, keyed)
    assert len(provider.requests) < 240
    monkeypatch.setattr(loading.Lake, "land", land)
    provider.fault = lambda endpoint, asked: None
    assert counts(load(OPENWEATHER, keyed))["current"] == 60
    assert query(keyed, "select count(*), count(distinct city_key) from raw_openweather.current") == [(60, 60)]


def test_nothing_is_asked_again_once_the_load_has_ended(keyed, provider, monkeypatch):
    """Retries under way would hold a user who has stopped the load for as long as a provider stalls."""
    made = []

    def full(*_: object, **__: object) -> None:
        made.append(len(provider.requests))
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(loading.Lake, "land", full)
    monkeypatch.setattr("ingestion.http.client.RETRIES", 50)
    provider.fault = lambda endpoint, asked: time.sleep(0.01) or ((503, b"") if endpoint != "weather" else None)
    with pytest.raises(OSError, match="No space left"):
        load(OPENWEATHER, own.openweather(keyed, budget=Budget()))
    assert len(provider.requests) <= made[0] + 2 * api.CONNECTIONS


def test_an_answer_in_other_units_is_refused(keyed, provider):
    """285 K as 285 °C: a forecast of forty steps, one of them enough."""
    body = forecast(41, 2.5)
    body["list"][7]["main"]["temp"] = 285.3
    provider.fault = lambda endpoint, asked: (
        (200, json.dumps(body).encode()) if (endpoint, asked["lat"]) == ("forecast", "41.0") else None
    )
    (refused,) = load(OPENWEATHER, keyed).refused
    assert refused == {
        "file": "forecast town-1-fr", "reason": "a temperature of 285.3: not in the units asked for (metric)"
    }  # fmt: skip
