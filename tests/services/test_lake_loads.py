"""Loads from a bucket as from a folder: the same raw rows, replayed, packed, verified; and a bucket that fails."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from ingestion.lake import StoreError, open_lake
from ingestion.lake import bucket as stored
from ingestion.load import load
from ingestion.registry import SOURCES
from isobar.jobs.compact import compact
from isobar.settings import Settings
from isobar.upkeep.verify import verify_lake
from tests import own
from tests.ingestion.archives import year
from tests.openweather.conftest import NOW
from tests.openweather.provider import KEY, Provider, cities_file, serving
from tests.services.fixtures import Bucket
from tests.services.front import Answer, Fault, Front, before, nothing

SYNOP, OPENWEATHER = SOURCES["synop"], SOURCES["openweather"]
TABLES = (
    "raw_synop.observations",
    "raw_openweather.current",
    "raw_openweather.forecasts",
    "raw_openweather.air_pollution",
)
POLLS = [NOW + timedelta(hours=hours) for hours in (0, 1, 48)]
"""Two polls of one day, and one two days later."""


@pytest.fixture(params=["moto", pytest.param("ceph", marks=pytest.mark.services)])
def bucket(request: pytest.FixtureRequest) -> Bucket:
    found: Bucket = request.getfixturevalue(f"s3_{request.param}")
    return found


@pytest.fixture
def provider() -> Iterator[Provider]:
    with serving(Provider()) as made:
        yield made


@pytest.fixture
def houses(
    settings: Settings, prepared: Path, provider: Provider, tmp_path: Path, bucket: Bucket
) -> dict[str, Settings]:
    """Two data folders that know of no data yet: the lake of one is a folder, that of the other a bucket."""
    found = {}
    for name, lake_at, variables in (("folder", None, {}), ("bucket", bucket.url, bucket.environment)):
        shutil.copytree(prepared, tmp_path / name)
        plain = replace(settings, data_dir=tmp_path / name, clock=NOW, lake_at=lake_at, variables=variables)
        cities = cities_file(tmp_path / "cities.csv")
        found[name] = own.openweather(plain, url=provider.url, environment_key=KEY, cities=cities)
    return found


def rows(settings: Settings, tables: tuple[str, ...] = TABLES) -> dict[str, list[tuple[object, ...]]]:
    with duckdb.connect(str(settings.warehouse), read_only=True) as warehouse:
        columns = "* exclude (_dlt_load_id)"
        return {table: warehouse.execute(f"select {columns} from {table} order by all").fetchall() for table in tables}


def fill(settings: Settings, folder: Path) -> None:
    """An archive in two versions, and the polls."""
    for t in ("280.0", "281.0"):
        load(SYNOP, settings, str(year(folder, 2020, t)))
    for moment in POLLS:
        load(OPENWEATHER, replace(settings, clock=moment))


def test_a_bucket_gives_the_rows_that_a_folder_gives(
    houses: dict[str, Settings], prepared: Path, tmp_path: Path
) -> None:
    for name, settings in houses.items():
        fill(settings, tmp_path / f"{name}.in")
    expected = rows(houses["folder"])
    assert rows(houses["bucket"]) == expected and all(expected.values())
    in_bucket = replace(houses["bucket"], clock=POLLS[-1])
    assert not (in_bucket.data_dir / "lake").exists() and not [*in_bucket.scratch.rglob("*.gz")]
    found = verify_lake(in_bucket)
    assert (found.damaged, found.lost, found.not_compared) == ([], [], None) and found.files > 9

    shown, done = compact(in_bucket), compact(in_bucket, apply=True)
    # four tables of polls; the last two days stay
    assert (shown.days, shown.landings) == (done.days, done.landings) == (4, 2 * 4)
    again = load(OPENWEATHER, in_bucket)
    assert all(counts.appended_row_count == 0 for counts in again.tables.values()) and not again.refused
    assert verify_lake(in_bucket).damaged == []

    new = replace(in_bucket, data_dir=tmp_path / "new")  # another machine, or a warehouse that was lost
    shutil.copytree(prepared, new.data_dir)
    for source in (SYNOP, OPENWEATHER):
        load(source, new, replay=True)
    assert rows(new) == expected


REAL = {
    "synop": ("synop", ("raw_synop.observations", "raw_synop.stations")),
    "climat": ("climat", ("raw_climat.months",)),
    "climatology": ("clim_base", ("raw_climatology.daily_autres_parametres",)),
    "openweather": ("openweather", ("raw_openweather.current", "raw_openweather.rejects")),
    "meteofrance_vigilance": ("vigilance", ("raw_meteofrance_vigilance.phenomena",)),
}
"""Source -> its folder of real data, and the raw tables that have rows of it."""


@pytest.mark.long
def test_real_archives_give_the_same_rows_from_a_bucket_and_again_from_its_bytes(
    houses: dict[str, Settings], prepared: Path, tmp_path: Path, real_data: Callable[[str], Path]
) -> None:
    tables = tuple(table for _, named in REAL.values() for table in named)
    for source, (folder, _) in REAL.items():
        for house in houses.values():
            load(SOURCES[source], house, str(real_data(folder)))
    expected = rows(houses["folder"], tables)
    assert rows(houses["bucket"], tables) == expected and all(expected.values())
    new = replace(houses["bucket"], data_dir=tmp_path / "new")
    shutil.copytree(prepared, new.data_dir)
    for source in REAL:
        load(SOURCES[source], new, replay=True)
    assert rows(new, tables) == expected


# --- a bucket that fails ---------------------------------------------------------------------------------------------

CODES = {403: "AccessDenied", 503: "SlowDown", 507: "QuotaExceeded"}


def refusal(status: int) -> Answer:
    return status, f"<Error><Code>{CODES[status]}</Code><Message>no</Message></Error>".encode()


@pytest.fixture
def front(s3_moto: Bucket) -> Iterator[tuple[Bucket, Front]]:
    with before(s3_moto.environment["AWS_ENDPOINT_URL"]) as made:
        yield replace(s3_moto, environment={**s3_moto.environment, "AWS_ENDPOINT_URL": made.url}), made


def writes(status: int) -> Fault:
    return lambda method, path, body, target: refusal(status) if method == "PUT" else None


def everything(status: int) -> Fault:
    return lambda method, path, body, target: refusal(status)


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (writes(403), "access is denied; this key needs"),
        (writes(507), "the bucket is full; make room"),
        (everything(503), "the server is too busy; run the same command again later"),
        (None, "no answer; check AWS_ENDPOINT_URL"),
    ],
    ids=["read-only", "full", "busy", "down"],
)
def test_a_bucket_that_fails_ends_the_load_in_one_line_and_the_next_is_whole(
    settings: Settings,
    prepared: Path,
    tmp_path: Path,
    front: tuple[Bucket, Front],
    monkeypatch: pytest.MonkeyPatch,
    fault: Fault | None,
    message: str,
) -> None:
    monkeypatch.setattr(stored, "RETRIES", 1)
    bucket, before_it = front
    shutil.copytree(prepared, tmp_path / "house")
    house = replace(settings, data_dir=tmp_path / "house", lake_at=bucket.url, variables=bucket.environment)
    folder = tmp_path / "in"
    year(folder, 2020)
    load(SYNOP, house, str(folder))
    for number in (2021, 2022):
        year(folder, number)
    broken = house
    if fault is None:
        broken = replace(house, variables={**bucket.environment, "AWS_ENDPOINT_URL": "http://127.0.0.1:9"})
    else:
        before_it.fault = fault
    with pytest.raises(StoreError, match=message) as raised:
        load(SYNOP, broken, str(folder))
    assert "\n" not in str(raised.value) and bucket.environment["AWS_SECRET_ACCESS_KEY"] not in str(raised.value)
    before_it.fault = nothing
    good = load(SYNOP, house, str(folder))
    assert (good.tables["observations"].stored_row_count, good.refused) == (3 * 40, [])
    assert verify_lake(house).damaged == []


def test_a_bucket_that_is_slow_and_answers_503_at_random_loses_nothing(
    settings: Settings, prepared: Path, tmp_path: Path, front: tuple[Bucket, Front]
) -> None:
    bucket, before_it = front
    shutil.copytree(prepared, tmp_path / "house")
    house = replace(settings, data_dir=tmp_path / "house", lake_at=bucket.url, variables=bucket.environment)
    chance = random.Random(7)  # the same faults each time
    refused: list[str] = []

    def at_random(method: str, path: str, body: bytes, target: str) -> Answer | None:
        if chance.random() < 0.2:
            refused.append(f"{method} {path}")
            return refusal(503)
        return None

    before_it.fault, before_it.seconds = at_random, 0.02
    for t in ("280.0", "281.0"):
        for number in (2020, 2021):
            year(tmp_path / "in", number, t)
        done = load(SYNOP, house, str(tmp_path / "in"))
        assert done.refused == []
    assert done.tables["observations"].stored_row_count == 4 * 40 and len(refused) > 5
    lake = open_lake(house)
    assert [each.version for each in lake.landings("synop") if each.table == "observations"] == [1, 2, 1, 2]
    assert all(lake.why_damaged(each) is None for each in lake.landings("synop"))


@pytest.fixture(params=[pytest.param(False, id=""), pytest.param(True, id="200", marks=pytest.mark.long)])
def kills(request: pytest.FixtureRequest) -> int:
    """How often a load is killed; one takes seconds."""
    return 200 if request.param else {"moto": 3, "ceph": 20}[request.node.callspec.params["bucket"]]


def test_killed_loads_from_a_bucket_lose_and_double_nothing(
    settings: Settings, prepared: Path, tmp_path: Path, bucket: Bucket, kills: int
) -> None:
    shutil.copytree(prepared, tmp_path / "house")
    house = replace(settings, data_dir=tmp_path / "house", lake_at=bucket.url, variables=bucket.environment)
    environment = {**os.environ, **bucket.environment, "ISOBAR_DATA_DIR": str(house.data_dir)}
    command = [sys.executable, "-m", "isobar.cli", "load", "synop", "--from", str(tmp_path / "in")]
    for number in range(kills):
        year(tmp_path / "in", 2000 + number % 20, f"{280 + number // 20}.0")
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with suppress(subprocess.TimeoutExpired):
            process.wait(1.5 + number % 11 * 0.3)  # each of them somewhere else
        process.kill()
        process.wait()
    load(SYNOP, house, str(tmp_path / "in"))
    with duckdb.connect(str(house.warehouse), read_only=True) as warehouse:
        completed = "_dlt_load_id in (select load_id from raw_synop._dlt_loads where status = 0)"
        counts = warehouse.execute(
            "select count(*), count(distinct (source_file, source_row, landed_at)), count(distinct source_file)"
            f" from raw_synop.observations where {completed}"
        ).fetchall()
    files = min(kills, 20)
    assert counts[0][0] == counts[0][1] >= files * 40 and counts[0][2] == files
    assert verify_lake(house).damaged == [] == verify_lake(house).lost
