"""The demo: its polls replayed, broken off and taken up again, small here; the whole of it among the long tests."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from ingestion.http.budget import key_hash
from ingestion.lake import Lake
from ingestion.load import LoadSummary
from ingestion.sources.openweather.settings import OpenWeatherSettings
from isobar.health.status import status
from isobar.jobs import demo
from isobar.runs.ledger import Ledger
from isobar.settings import DEFAULT_DATA_DIR, DEMO_KEY, DEMO_NOW, PROJECT_ROOT, Budget, Settings
from isobar.warehouse.dbt import project_environment
from tests.warehouse.published import assert_same, count, marts

POLLS_OF_THE_DEMO = len(demo.POLLS)
POLLS = demo.POLLS[-2:]
CITIES = 15
CALLS_A_POLL = CITIES * 4


Loaded = tuple[Settings, LoadSummary, LoadSummary]


def of_demo(data_dir: Path) -> Settings:
    """Those of `isobar --demo`, with a data folder of its own."""
    return replace(Settings.from_environment().demo(), data_dir=data_dir)


@pytest.fixture(scope="module", autouse=True)
def small() -> Iterator[None]:
    """Three days of archives, two polls, two days of air quality. The long test takes the demo as it is, in processes."""
    with pytest.MonkeyPatch.context() as patch:
        begins = DEMO_NOW.date() - timedelta(days=2)
        patch.setattr(demo, "ARCHIVES", (("yearly", begins, DEMO_NOW.date()),))
        patch.setattr(demo, "CLIMATOLOGY_BEGINS", begins)
        patch.setattr(demo, "POLLS", POLLS)
        patch.setattr(demo, "AIR_QUALITY_DAYS", 2)
        yield


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory, small: None) -> Loaded:
    """The small demo, loaded, and what its polls and its past air quality came to."""
    settings = of_demo(tmp_path_factory.mktemp("demo") / "data")
    with project_environment(settings):
        demo.load_observations(settings, demo.simulate_archives(settings))
        return settings, *demo.load_openweather(settings)


def raw(settings: Settings) -> dict[str, list[tuple]]:
    """Every row that came of OpenWeather, dlt's load id apart."""
    tables = ("cities", "current", "forecasts", "air_pollution", "air_pollution_forecasts")
    with duckdb.connect(str(settings.warehouse), read_only=True) as warehouse:
        return {
            table: warehouse.execute(
                f"select * exclude (_dlt_load_id) from raw_openweather.{table} order by all"
            ).fetchall()
            for table in tables
        }


def test_polls_meet_the_weather_of_the_archives(loaded: Loaded) -> None:
    settings, polled, past = loaded
    assert (polled.asked, polled.failed, past.asked, past.failed) == (2 * CALLS_A_POLL, 0, CITIES, 0)
    assert {table: len(rows) for table, rows in raw(settings).items()} == {
        "cities": CITIES,
        "current": 2 * CITIES,
        "forecasts": 2 * CITIES * 40,
        "air_pollution": 2 * CITIES + CITIES * 48,
        "air_pollution_forecasts": 2 * CITIES * 96,
    }
    with duckdb.connect(str(settings.warehouse), read_only=True) as warehouse:
        apart = warehouse.execute(
            "select abs(c.temp + 273.15 - o.t), abs(c.sea_level - o.pmer / 100) from raw_openweather.current c"
            " join (values ('bordeaux-fr', '07510'), ('lille-fr', '07015'), ('marseille-fr', '07650')) as airport(city, wmo)"
            " on airport.city = c.city_key join raw_synop.observations o"
            " on o.geo_id_wmo = airport.wmo and o.validity_time = date_trunc('hour', c.fetched_at)"
        ).fetchall()
    # a city and its airport, half an hour apart: under two seeds they would be strangers
    assert len(apart) == 6 and all(kelvin < 2.5 and hpa < 1.5 for kelvin, hpa in apart), apart


def test_calls_are_counted_when_the_polls_are_and_no_plan_limits_them(loaded: Loaded) -> None:
    settings, _, _ = loaded
    calls = Ledger(settings).calls("openweather", key_hash(DEMO_KEY))
    counted = {moment: sum(count for at, count in calls if at == moment) for moment, _ in calls}
    assert counted == {POLLS[0]: CALLS_A_POLL, DEMO_NOW: CALLS_A_POLL + CITIES}
    found = status(settings)
    assert [budget.api for budget in found.budgets] == ["meteofrance_vigilance", "openweather"]
    for budget in found.budgets:
        assert (budget.minute_left, budget.day_left, budget.month_left) == (None, None, None)
    (source,) = [source for source in found.sources if source.source == "openweather"]
    assert source.age_hours is not None and 0 <= source.age_hours < 0.5


def test_a_second_run_asks_nothing_and_adds_no_row(loaded: Loaded) -> None:
    settings, _, _ = loaded
    before = raw(settings)
    with project_environment(settings):
        polled, past = demo.load_openweather(settings)
    assert (polled.asked, past.asked) == (0, 0) and raw(settings) == before
    assert polled.tables["forecasts"].unchanged == 2


def test_polls_broken_off_are_taken_up_where_they_stopped(
    loaded: Loaded, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    land, landed = Lake.land, 5  # the four files of the first poll, and one of the second

    def broken_off(*arguments: object, **options: object) -> object:
        nonlocal landed
        if landed == 0:
            raise KeyboardInterrupt
        landed -= 1
        return land(*arguments, **options)  # type: ignore[arg-type]

    broken = of_demo(data_dir)
    monkeypatch.setattr(Lake, "land", broken_off)
    with pytest.raises(KeyboardInterrupt):
        demo.load_openweather(broken)
    monkeypatch.setattr(Lake, "land", land)
    polled, _ = demo.load_openweather(broken)
    assert polled.asked == CALLS_A_POLL - CITIES
    assert raw(broken) == raw(loaded[0])


def test_climatology_and_vigilance_are_of_the_archives_weather(loaded: Loaded) -> None:
    """The rain that Orly's neighbour reported at 06 UTC is its day's; maps are the last that had been made."""
    settings = loaded[0]
    with project_environment(settings):
        assert demo.load_climatology(settings).tables["daily_rr_t_vent"].row_count == 30
        assert demo.load_vigilance(settings).asked == len(demo.MAPS)
    with duckdb.connect(str(settings.warehouse), read_only=True) as warehouse:
        day = (DEMO_NOW - timedelta(days=2)).date()
        compared = warehouse.execute(
            "select count(*), max(abs(c.rr - greatest(o.rr24, 0))) from raw_climatology.daily_rr_t_vent as c"
            " inner join raw_climatology.stations as s on trim(c.num_poste) = s.id_station"
            " inner join raw_synop.observations as o on o.geo_id_wmo = s.id_omm"
            " and o.validity_time = c.aaaammjj + interval 30 hour where c.aaaammjj = ? and o.rr24 is not null",
            [day],
        ).fetchall()
        maps = warehouse.execute(
            "select count(distinct update_time), max(update_time) from raw_meteofrance_vigilance.phenomena"
        ).fetchall()
    assert maps == [(6, DEMO_NOW.replace(hour=5, minute=0))]
    ((stations, difference),) = compared
    assert (stations > 10, difference < 0.05) == (True, True), (stations, difference)


def test_the_demos_settings_are_its_own(data_dir: Path) -> None:
    """Whatever the user has set for the real providers."""
    mine = Settings.from_environment(
        {"ISOBAR_OPENWEATHER_KEY": "mine", "ISOBAR_OPENWEATHER_BUDGET": "1/day", "ISOBAR_CITIES": "mine.csv"}
    )
    settings = mine.demo()
    assert (settings.clock, settings.of(OpenWeatherSettings).budget) == (DEMO_NOW, Budget())
    assert settings.data_dir == DEFAULT_DATA_DIR / "demo"  # beside real weather, never among it
    assert Settings.from_environment({"ISOBAR_DATA_DIR": "/elsewhere"}).demo().data_dir == Path("/elsewhere/demo")
    theirs, ours = (each.of(OpenWeatherSettings) for each in (mine, settings))
    assert ours.key() == DEMO_KEY and ours.cities != theirs.cities


def isobar_run(data_dir: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "isobar.cli", "--data-dir", str(data_dir), "run"]
    return subprocess.Popen(command, cwd=PROJECT_ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def finish(process: subprocess.Popen[bytes]) -> None:
    _, errors = process.communicate(timeout=600)
    assert process.returncode == 0, errors.decode()


def published(data_dir: Path) -> dict[str, tuple[int, int]]:
    files = [data_dir / "marts.duckdb", *(data_dir / "published").rglob("*.parquet")]
    return {str(file): (file.stat().st_size, file.stat().st_mtime_ns) for file in files}


@pytest.mark.long
def test_the_whole_demo_twice_and_killed_in_the_middle_of_its_polls(tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    finish(isobar_run(whole))
    first = published(whole)
    finish(isobar_run(whole))
    assert published(whole) == first

    running, polls = isobar_run(killed), killed / "lake" / "raw" / "openweather" / "current"
    deadline = time.monotonic() + 300
    while len(list(polls.glob("date=*/poll.*"))) < POLLS_OF_THE_DEMO / 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    running.send_signal(signal.SIGKILL)
    running.communicate()
    assert running.returncode == -signal.SIGKILL and not (killed / "marts.duckdb").exists()
    finish(isobar_run(killed))
    assert_same(marts(killed), marts(whole))

    # forecasts are verified by the station beside the city, never by the provider's own rows
    days = range(1, 6)
    errors = [
        count(
            whole,
            "select round(1000 * avg(abs(f.temperature_c - o.temperature_c))) from fct_forecasts as f"
            " inner join dim_locations as l on l.location_id = f.location_id and l.nearest_station_km < 30"
            " inner join fct_observations as o on o.location_id = l.nearest_station_id and o.observed_at = f.valid_at"
            f" where ceil(f.lead_hours / 24) = {day}",
        )
        for day in days
    ]
    assert errors == sorted(set(errors)), f"thousandths of a degree by day of lead: {errors}"
