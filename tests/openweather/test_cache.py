"""The cache in front of polls, on a real Redis: teams share a budget, no row doubles, and a cache that is down costs itself."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis as client_library

from ingestion.http.answers import PREFIX
from ingestion.load import load
from ingestion.registry import SOURCES
from isobar.settings import Budget, Settings, SettingsError
from tests import own
from tests.openweather.conftest import NOW, query
from tests.openweather.provider import KEY

pytestmark = pytest.mark.services
OPENWEATHER = SOURCES["openweather"]
POLL_CALLS = 12
"""Three cities, four answers each."""


@pytest.fixture
def server(redis: dict[str, str]) -> Iterator[client_library.Redis]:
    """Nobody's answers in it."""
    parts, password = urlsplit(redis["ISOBAR_OUTLETS"]), redis["ISOBAR_OUTLET_PASSWORD_REDIS"]
    with client_library.Redis(
        host=parts.hostname or "", port=parts.port or 0, username=parts.username, password=password
    ) as opened:
        if keys := opened.keys(f"{PREFIX}:*"):  # of the tests before, in other files too
            opened.delete(*keys)  # type: ignore[misc]
        yield opened


@pytest.fixture
def team(keyed: Settings, redis: dict[str, str], server: client_library.Redis) -> Settings:
    variables = {"ISOBAR_CACHE_PASSWORD": redis["ISOBAR_OUTLET_PASSWORD_REDIS"]}
    return replace(keyed, cache=redis["ISOBAR_OUTLETS"], variables=variables)


@pytest.fixture
def other_team(team: Settings, tmp_path: Path, prepared: Path) -> Settings:
    """Another data folder, ten minutes later."""
    folder = tmp_path / "other"
    shutil.copytree(prepared, folder)
    return replace(team, data_dir=folder, clock=NOW + timedelta(minutes=10))


def test_teams_share_answers_until_they_are_as_old_as_the_cadence(team, other_team, provider, server):
    first = load(OPENWEATHER, team)
    idle = own.openweather(other_team, environment_key="not-accepted", budget=Budget(day=1))  # it makes no call
    second = load(OPENWEATHER, idle)
    assert (first.asked, first.cached, second.asked, second.cached) == (POLL_CALLS, 0, POLL_CALLS, POLL_CALLS)
    assert second.failed == 0 and len(provider.requests) == POLL_CALLS
    for table in ("current", "forecasts", "air_pollution", "air_pollution_forecasts"):
        rows = f"select city_key, dt, fetched_at from raw_openweather.{table} order by all"
        assert query(other_team, rows) == query(team, rows)
        assert query(other_team, f"select distinct fetched_at from raw_openweather.{table}") == [(NOW,)]
    assert all(0 < server.ttl(key) <= 3 * 3600 for key in server.keys(f"{PREFIX}:*"))
    third = load(OPENWEATHER, replace(other_team, clock=NOW + timedelta(hours=3)))
    assert third.cached == 0 and len(provider.requests) == 2 * POLL_CALLS


def test_an_answer_that_has_landed_here_does_not_land_again(team, provider):
    load(OPENWEATHER, team)
    again = load(OPENWEATHER, replace(team, clock=NOW + timedelta(hours=1)))
    assert "12 answers of the cache are in the lake already" in again.notes
    assert (again.asked, again.is_above_reject_limit, len(provider.requests)) == (0, False, POLL_CALLS)
    assert query(team, "select count(*) from raw_openweather.current") == [(3,)]
    forced = load(OPENWEATHER, replace(team, clock=NOW + timedelta(hours=2)), force=True)
    assert forced.cached == 0 and len(provider.requests) == 2 * POLL_CALLS
    assert query(team, "select count(*) from raw_openweather.current") == [(6,)]


def test_an_answer_that_came_from_the_cache_does_not_land_again(team, other_team, provider):
    load(OPENWEATHER, team)
    load(OPENWEATHER, other_team)
    again = load(OPENWEATHER, replace(other_team, clock=NOW + timedelta(hours=1)))
    assert again.asked == 0 and len(provider.requests) == POLL_CALLS
    assert query(other_team, "select count(*) from raw_openweather.current") == [(3,)]


def test_no_key_is_in_the_cache(team, provider, server):
    load(OPENWEATHER, team)
    keys = server.keys(f"{PREFIX}:*")
    assert len(keys) == POLL_CALLS
    stored = b"".join(key + b"".join(b"".join(pair) for pair in server.hgetall(key).items()) for key in keys)
    assert KEY.encode() not in stored and b"appid" not in stored


def test_an_answer_of_a_later_clock_is_not_taken(team, other_team, provider):
    load(OPENWEATHER, other_team)
    assert load(OPENWEATHER, team).cached == 0
    assert len(provider.requests) == 2 * POLL_CALLS


@pytest.mark.parametrize(("field", "value"), [("body", "{}"), ("body", "not JSON"), ("fetched_at", "yesterday")])
def test_an_answer_that_somebody_changed_is_asked_for_again(team, other_team, provider, server, field, value):
    load(OPENWEATHER, team)
    for key in server.keys(f"{PREFIX}:current:*"):
        server.hset(key, field, value)
    summary = load(OPENWEATHER, other_team)
    assert (summary.asked, summary.failed, summary.cached) == (POLL_CALLS, 0, POLL_CALLS - 3)
    assert len(provider.requests) == POLL_CALLS + 3
    assert query(other_team, "select count(*) from raw_openweather.current") == [(3,)]


def test_a_cache_that_is_down_costs_only_itself(team, provider):
    down = replace(team, cache="redis://isobar@127.0.0.1:9/0")
    summary = load(OPENWEATHER, down)
    assert (summary.asked, summary.failed, summary.cached, len(provider.requests)) == (POLL_CALLS, 0, 0, POLL_CALLS)
    (note,) = [note for note in summary.notes if "cache" in note]
    assert note.startswith("the cache redis://isobar@127.0.0.1:9/0 is not used") and note.endswith(
        "the provider is asked"
    )
    wrong = replace(team, clock=NOW + timedelta(hours=4), variables={"ISOBAR_CACHE_PASSWORD": "wrong-and-hidden"})
    summary = load(OPENWEATHER, wrong)
    assert summary.failed == 0 and len([note for note in summary.notes if "cache" in note]) == 1
    assert "wrong-and-hidden" not in str(summary)


@pytest.mark.parametrize(
    "value", ["http://cache:6379", "redis://{user}@cache/0", "redis://cache/0?password=x", "redis://"]
)
def test_the_setting_is_a_redis_without_a_password(value: str) -> None:
    with pytest.raises(SettingsError, match="ISOBAR_CACHE") as raised:
        Settings.from_environment({"ISOBAR_CACHE": value.replace("{user}", ":".join(("isobar", "hidden")))})
    assert "hidden" not in str(raised.value)
