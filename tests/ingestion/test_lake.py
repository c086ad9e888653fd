"""The lake's promises, in a folder, in a bucket of moto (an emulator) and, marked `services`, in one of Ceph."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import cast

import pytest

from ingestion.lake import Incoming, Lake, StoreError, open_lake
from ingestion.lake.bucket import Bucket as StoredBucket
from ingestion.lake.landing import arrival_name
from ingestion.lake.packing import alone, pack, unpacked_days
from ingestion.lake.store import Store
from isobar.settings import Settings, SettingsError
from tests.services.fixtures import Bucket

NOON = datetime(2026, 3, 1, 12)
POLL = "poll.2026-03-01T{:02}3000.jsonl"


@pytest.fixture(params=["folder", "moto", pytest.param("ceph", marks=pytest.mark.services)])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings of a data folder whose lake is a folder or a bucket."""
    variables = {"ISOBAR_DATA_DIR": str(tmp_path / "data")}
    if request.param != "folder":
        found: Bucket = request.getfixturevalue(f"s3_{request.param}")
        variables |= found.environment
    return Settings.from_environment(variables)


@pytest.fixture
def lake(house: Settings) -> Lake:
    return open_lake(house)


def write(folder: Path, content: str, name: str = "in.jsonl") -> Path:
    path = folder / name
    path.write_text(content)
    return path


def poll(folder: Path, hour: int, content: str = "{}", table: str = "current") -> Incoming:
    return Incoming(table, POLL.format(hour), write(folder, content), "https://api.test/", is_simulated=True)


def archive(folder: Path, content: str, file: str = "synop.202001.csv") -> Incoming:
    return Incoming("observations", file, write(folder, content, "in.csv"), "synop.202001.csv", is_simulated=True)


def test_versions_land_once_and_are_found(lake: Lake, tmp_path: Path) -> None:
    first, is_new = lake.land("synop", archive(tmp_path, "a;b\n"), NOON)
    assert (first.version, first.arrival_number, is_new) == (1, 1, True)
    again, is_new = lake.land("synop", archive(tmp_path, "a;b\n"), NOON)
    assert (again, is_new) == (first, False)
    second, _ = lake.land("synop", archive(tmp_path, "a;b\n1;2\n"), NOON)
    back, _ = lake.land("synop", archive(tmp_path, "a;b\n"), NOON)
    assert (second.version, back.version, back.path) == (2, 3, first.path)
    assert second.landed_at_time > first.landed_at_time
    assert lake.newest("synop", "observations", "synop.202001.csv") == back
    assert [*lake.landings("synop")] == [first, second, back] == lake.versions("synop", "observations", first.file)
    assert lake.content(second) == b"a;b\n1;2\n" == lake.open_path(second).read_bytes()
    assert (lake.sources(), lake.is_simulated()) == (["synop"], True)
    assert all(lake.why_damaged(each) is None for each in (first, second, back))


def test_a_poll_lies_compressed_in_its_day(lake: Lake, tmp_path: Path) -> None:
    content = '{"body": "é"}\n' * 1000
    landing, _ = lake.land("openweather", poll(tmp_path, 6, content), NOON)
    folder = "raw/openweather/current/date=2026-03-01/poll.2026-03-01T063000.jsonl"
    assert landing.path.startswith(folder) and landing.path.endswith(".jsonl.gz")
    assert len(lake.store.read(landing.path)) == landing.gzip_byte_count < landing.byte_count / 50
    assert gzip.decompress(lake.open_path(landing).read_bytes()).decode() == content == lake.content(landing).decode()
    assert lake.land("openweather", poll(tmp_path, 6, content), NOON) == (landing, False)


def test_what_arrived_is_told_by_number(lake: Lake, tmp_path: Path) -> None:
    landed = [lake.land("openweather", poll(tmp_path, hour), NOON)[0] for hour in range(4)]
    assert [each.arrival_number for each in landed] == [1, 2, 3, 4]
    assert lake.arrived("openweather", 2, [1]) == [landed[0], landed[2], landed[3]]
    assert lake.arrived("openweather", 4, []) == []
    kept, _ = lake.land("openweather", poll(tmp_path, 5, table="geocoding"), NOON, is_loaded=False)
    assert kept.arrival_number is None and lake.arrived("openweather", 4, []) == []
    lake.store.delete(arrival_name("openweather", 3))
    assert lake.arrived("openweather", 2, []) is None  # only the whole lake tells


def test_a_kill_before_the_record_is_made_good_by_whoever_comes_next(lake: Lake, tmp_path: Path) -> None:
    landing, _ = lake.land("synop", archive(tmp_path, "a;b\n"), NOON)
    lake.store.delete(landing.record)
    assert [*lake.landings("synop")] == []
    assert lake.arrived("synop", 0, []) == [landing] == [*lake.landings("synop")]


def test_a_kill_before_the_record_does_not_stand_in_the_way_of_the_same_file(lake: Lake, tmp_path: Path) -> None:
    landing, _ = lake.land("synop", archive(tmp_path, "a;b\n"), NOON)
    lake.store.delete(landing.record)
    again, is_new = lake.land("synop", archive(tmp_path, "a;b\n"), NOON)
    assert is_new and (again.version, again.arrival_number) == (1, 2)
    assert lake.arrived("synop", 0, []) == [again]


def test_a_lake_restored_from_an_old_copy_gives_no_number_twice(lake: Lake, tmp_path: Path) -> None:
    lake.land("synop", archive(tmp_path, "a;b\n"), NOON)
    lake.count_from("synop", 7)  # what the warehouse has loaded
    landing, _ = lake.land("synop", archive(tmp_path, "a;b\n1;2\n"), NOON)
    assert landing.arrival_number == 8 and lake.arrived("synop", 7, []) == [landing]


LANDING = """
import sys
from datetime import datetime
from pathlib import Path
from ingestion.lake import Incoming, open_lake
from isobar.settings import Settings
who, versions = sys.argv[1], int(sys.argv[2])
lake, path = open_lake(Settings.from_environment()), Path(sys.argv[3])
print("ready", flush=True)
for number in range(versions):
    for file in ("synop.202001.csv", "synop.202002.csv"):
        path.write_text(f"{who};{number};{file}")
        lake.land("synop", Incoming("observations", file, path, "x"), datetime(2026, 3, 1, 12))
"""


def landing_process(house: Settings, path: Path, who: str, versions: int) -> subprocess.Popen[bytes]:
    environment = {**os.environ, **house.variables, "ISOBAR_DATA_DIR": f"{house.data_dir}.{who}"}
    if house.lake_url is None:
        environment["ISOBAR_LAKE"] = str(house.lake)
    command = [sys.executable, "-c", LANDING, who, str(versions), str(path)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE)


def test_two_machines_landing_the_same_names_lose_nothing(house: Settings, lake: Lake, tmp_path: Path) -> None:
    versions = 50  # of two files, by two processes: 200 landings
    running = [landing_process(house, tmp_path / f"{who}.csv", who, versions) for who in "ab"]
    for each in running:
        each.communicate(timeout=300)
    assert [each.returncode for each in running] == [0, 0]
    landings = [*lake.landings("synop")]
    contents = sorted(lake.content(each).decode() for each in landings)
    assert contents == sorted(
        f"{who};{number};synop.20200{month}.csv" for who in "ab" for number in range(versions) for month in (1, 2)
    )
    for file in ("synop.202001.csv", "synop.202002.csv"):
        assert [each.version for each in landings if each.file == file] == [*range(1, 2 * versions + 1)]
    assert sorted(each.key for each in lake.arrived("synop", 0, []) or []) == sorted(each.key for each in landings)


KILLS = {"folder": 20, "moto": 5, "ceph": 20}


@pytest.fixture(params=[pytest.param(False, id=""), pytest.param(True, id="200", marks=pytest.mark.long)])
def kills(request: pytest.FixtureRequest) -> int:
    """How often a process is killed: an emulator is slow, and a folder has shown what it has to."""
    return 200 if request.param else KILLS[request.node.callspec.params["house"]]


def kill_when_ready(process: subprocess.Popen[bytes], number: int) -> None:
    with process:
        assert process.stdout and process.stdout.readline() == b"ready\n"
        time.sleep(number % 20 * 0.015)  # each of them somewhere else
        process.kill()


def test_killed_landings_leave_whole_ones_or_none(house: Settings, lake: Lake, tmp_path: Path, kills: int) -> None:
    for number in range(kills):
        kill_when_ready(landing_process(house, tmp_path / "in.csv", f"k{number}", 1000), number)
        arrived = lake.arrived("synop", 0, [])
        landings = [*lake.landings("synop")]
        assert arrived is not None and {each.key for each in arrived} == {each.key for each in landings}
        assert all(lake.why_damaged(each) is None for each in landings)
        contents = [lake.content(each) for each in landings]
        assert len(set(contents)) == len(contents)
        by_file: dict[str, list[int]] = {}
        for each in landings:
            by_file.setdefault(each.file, []).append(each.version)
        assert all(versions == [*range(1, len(versions) + 1)] for versions in by_file.values())
    assert [*lake.landings("synop")], "no process came to land anything"


# --- packs -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def day(lake: Lake, tmp_path: Path) -> Lake:
    """A lake with a day of polls, one of them in two versions."""
    for hour in range(0, 24, 6):
        lake.land("openweather", poll(tmp_path, hour, f'{{"hour": {hour}}}\n'), NOON)
    lake.land("openweather", poll(tmp_path, 6, '{"hour": 6}\n{"hour": "6 again"}\n'), NOON)
    return lake


def told(lake: Lake) -> dict[tuple[str, int], bytes]:
    return {(each.file, each.version): lake.content(each) for each in lake.landings("openweather")}


MARCH_1 = date(2026, 3, 1)


def pack_day(lake: Lake, day: date = MARCH_1) -> int:
    return pack(lake, "openweather", "current", day, alone(lake, "openweather", "current", day))


def test_a_packed_day_is_one_file_and_reads_as_before(day: Lake) -> None:
    before = told(day)
    assert unpacked_days(day, "openweather", "current", date(2026, 3, 2)) == [MARCH_1]
    assert unpacked_days(day, "openweather", "current", MARCH_1) == []
    assert pack_day(day) == 5
    names = day.store.names("raw/openweather")
    assert len(names) == 2 and names[0].endswith("/pack.000001.json")
    whole = gzip.decompress(day.store.read(names[1])).decode()
    assert [json.loads(line) for line in whole.splitlines()][:2] == [{"hour": 0}, {"hour": 6}]
    assert told(day) == before and len(before) == 5
    newest = day.newest("openweather", "current", POLL.format(6))
    assert newest and newest.version == 2 and day.why_damaged(newest) is None
    assert gzip.decompress(day.open_path(newest).read_bytes()) == before[POLL.format(6), 2]
    assert [*day.last_polls("openweather", "current", NOON)] == [POLL.format(hour) for hour in (18, 12, 6, 0)]
    assert (pack_day(day), told(day)) == (0, before)
    assert day.store.names("arrivals/openweather") == [arrival_name("openweather", 5)]


def test_a_version_after_the_pack_follows_those_in_it(day: Lake, tmp_path: Path) -> None:
    pack_day(day)
    late, is_new = day.land("openweather", poll(tmp_path, 6, '{"hour": "late"}\n'), NOON)
    assert is_new and late.version == 3 and len(day.versions("openweather", "current", late.file)) == 3
    before = told(day)
    assert pack_day(day) == 1
    assert told(day) == before and len(day.store.names("raw/openweather")) == 2


def test_damaged_bytes_in_a_pack_are_told_and_mended_alone(day: Lake, tmp_path: Path) -> None:
    before = told(day)
    pack_day(day)
    landing = day.newest("openweather", "current", POLL.format(12))
    assert landing and landing.pack_offset is not None
    content = bytearray(day.store.read(landing.path))
    content[landing.pack_offset + 12] ^= 255
    day.store.replace(landing.path, bytes(content))
    damaged = [each.file for each in day.landings("openweather") if day.why_damaged(each) is not None]
    assert damaged == [POLL.format(12)]
    day.land("openweather", poll(tmp_path, 20), NOON)
    assert pack_day(day) == 0  # the pack before is the only account of it
    assert [each.file for each in day.landings("openweather") if day.why_damaged(each) is not None] == damaged
    before = before | {(POLL.format(20), 1): b"{}"}
    mended, is_new = day.land("openweather", poll(tmp_path, 12, '{"hour": 12}\n'), NOON)
    assert not is_new and mended.pack_offset is None and told(day) == before
    assert pack_day(day) == 2
    assert told(day) == before and len(day.store.names("raw/openweather")) == 2


class Killed(BaseException):
    """In place of SIGKILL: nothing that would be done afterwards is done."""


PACKING = """
from datetime import date
from ingestion.lake import open_lake
from ingestion.lake.packing import alone, pack, unpacked_days
from isobar.settings import Settings
lake = open_lake(Settings.from_environment())
days = unpacked_days(lake, "openweather", "current", date(2030, 1, 1))
print("ready", flush=True)
for day in days:
    pack(lake, "openweather", "current", day, alone(lake, "openweather", "current", day))
"""


def test_killed_packing_loses_and_doubles_nothing(house: Settings, lake: Lake, tmp_path: Path, kills: int) -> None:
    environment = {**os.environ, **house.environment(), **house.variables}
    for number in range(kills):
        day = MARCH_1 + timedelta(days=number)
        for hour in (0, 6, 12):
            incoming = poll(tmp_path, hour, f'{{"day": {number}, "hour": {hour}}}\n')
            lake.land("openweather", replace(incoming, file=f"poll.{day}T{hour:02}0000.jsonl"), NOON)
        before = told(lake)
        command = [sys.executable, "-c", PACKING]
        kill_when_ready(subprocess.Popen(command, env=environment, stdout=subprocess.PIPE), number)
        assert told(lake) == before and len(before) == 3 * (number + 1)
    lake.clear_staging()
    for left in unpacked_days(lake, "openweather", "current", date(2030, 1, 1)):
        pack_day(lake, left)
    assert told(lake) == before and len(lake.store.names("raw/openweather")) == 2 * kills


class Breaking:
    """A store whose writes and deletions end with this number of them."""

    def __init__(self, store: Store, after: int) -> None:
        self.store, self.left = store, after

    def __getattr__(self, name: str) -> object:
        found = getattr(self.store, name)
        return self._counted(found) if name in ("create", "replace", "delete") else found

    def delete_each(self, names: list[str]) -> None:
        for name in names:
            self._counted(self.store.delete)(name)

    def _counted(self, step: Callable[..., object]) -> Callable[..., object]:
        def taken(*arguments: object) -> object:
            self.left -= 1
            if self.left < 0:
                raise Killed
            return step(*arguments)

        return taken


def test_packing_can_be_killed_at_any_write(house: Settings, tmp_path: Path) -> None:
    """Each write and deletion of a pack is the last one, one time; the next call ends it."""
    for steps in count():
        at = f"{house.lake_at}/{steps}" if house.lake_at else str(house.lake / str(steps))
        lake = open_lake(replace(house, lake_at=at))
        for hour in (0, 6, 12):
            lake.land("openweather", poll(tmp_path, hour, f'{{"hour": {hour}}}\n'), NOON)
        before = told(lake)
        try:
            pack_day(Lake(cast(Store, Breaking(lake.store, steps)), lake.copies))
        except Killed:
            assert told(lake) == before
            lake.clear_staging()
            pack_day(lake)
            assert told(lake) == before
        else:
            break
        assert len(lake.store.names("raw/openweather")) == 2 and len(lake.store.names("arrivals")) == 1
    assert steps == 1 + 1 + 2 * 3 + 2  # the pack, its list, three polls of two files, two arrivals


# --- where it is -----------------------------------------------------------------------------------------------------


def test_a_lake_of_an_earlier_version_is_read_as_it_is(tmp_path: Path) -> None:
    """Polls lay beside one another, as they came, and had no numbers."""
    lake, file = Lake(tmp_path / "lake"), POLL.format(6)
    landing, _ = lake.land("openweather", poll(tmp_path, 7), NOON)
    content = b'{"hour": 6}\n'
    folder = lake.store.root / "raw/openweather/current" / file  # type: ignore[attr-defined]
    folder.mkdir()
    content_hash = hashlib.sha256(content).hexdigest()
    (folder / f"{content_hash[:32]}.jsonl").write_bytes(content)
    old = landing.as_json() | {
        "file": file,
        "content_hash": content_hash,
        "path": f"raw/openweather/current/{file}/{content_hash[:32]}.jsonl",
        "byte_count": len(content),
    }
    del old["arrival_number"], old["gzip_byte_count"]
    (folder / "000001.json").write_text(json.dumps(old))
    lake = Lake(tmp_path / "lake")  # as the next load opens it
    found = lake.newest("openweather", "current", file)
    assert found and found.is_flat and lake.content(found) == content and lake.why_damaged(found) is None
    assert [each.file for each in lake.landings("openweather")] == [file, POLL.format(7)]
    assert lake.land("openweather", replace(poll(tmp_path, 6, content.decode())), NOON) == (found, False)
    more, _ = lake.land("openweather", poll(tmp_path, 6, '{"hour": 6}\n{}\n'), NOON)
    assert more.version == 2 and not more.is_flat
    assert [each.version for each in lake.versions("openweather", "current", file)] == [1, 2]
    assert [*lake.last_polls("openweather", "current", NOON)] == [POLL.format(7), file, file]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("gs://bucket", "Use a folder or s3://bucket/prefix"),
        ("s3://", "Use a folder or s3://bucket/prefix"),
        ("s3://key:hidden@bucket/x", "more than a bucket and a prefix"),  # pragma: allowlist secret
        ("s3://bucket/x?secret=hidden", "more than a bucket and a prefix"),
    ],
)
def test_another_address_is_refused_without_showing_a_secret(value: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message) as raised:
        Settings.from_environment({"ISOBAR_LAKE": value})
    assert "hidden" not in str(raised.value)


def test_a_bucket_without_credentials_says_so(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"no credentials\. Set AWS_ACCESS_KEY_ID"):
        open_lake(Settings.from_environment({"ISOBAR_LAKE": "s3://bucket/x", "ISOBAR_DATA_DIR": str(tmp_path)}))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(
            {"AWS_SECRET_ACCESS_KEY": "wrong"},  # pragma: allowlist secret
            "not accepted",
            marks=pytest.mark.services,
        ),
        pytest.param({"AWS_ACCESS_KEY_ID": "wrong"}, "not accepted|denied", marks=pytest.mark.services),
        pytest.param({"ISOBAR_LAKE": "s3://another-bucket/x"}, "no such bucket", marks=pytest.mark.services),
    ],
)
def test_ceph_refuses_in_one_clear_line(s3_ceph: Bucket, tmp_path: Path, change: dict[str, str], message: str) -> None:
    lake = open_lake(Settings.from_environment({**s3_ceph.environment, "ISOBAR_DATA_DIR": str(tmp_path), **change}))
    with pytest.raises(StoreError, match=message) as raised:
        lake.land("synop", archive(tmp_path, "a;b\n"), NOON)
    assert "\n" not in str(raised.value) and s3_ceph.environment["AWS_SECRET_ACCESS_KEY"] not in str(raised.value)


def test_another_bucket_is_named(s3_moto: Bucket, tmp_path: Path) -> None:
    variables = {**s3_moto.environment, "ISOBAR_LAKE": "s3://another-bucket/x", "ISOBAR_DATA_DIR": str(tmp_path)}
    with pytest.raises(StoreError, match="s3://another-bucket/x: no such bucket"):
        open_lake(Settings.from_environment(variables)).land("synop", archive(tmp_path, "a;b\n"), NOON)


def counted(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The requests that a bucket is asked from now on."""
    asked: list[str] = []
    plain = StoredBucket._asked

    def ask(self: StoredBucket, request: object, *arguments: object, **options: object) -> object:
        asked.append(getattr(request, "__name__", "read"))
        return plain(self, request, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(StoredBucket, "_asked", ask)
    return asked


def test_requests_of_one_more_poll_do_not_grow_with_the_past(
    s3_moto: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings.from_environment({**s3_moto.environment, "ISOBAR_DATA_DIR": str(tmp_path / "data")})
    counts = []

    def one_more(number: int) -> list[str]:
        lake = open_lake(settings)
        with monkeypatch.context() as patch:
            asked = counted(lake, patch)
            moment = NOON + timedelta(hours=number)
            file = f"poll.{moment:%Y-%m-%dT%H%M%S}.jsonl"
            lake.count_from("openweather", number)
            lake.land("openweather", Incoming("current", file, write(tmp_path, str(number)), "x"), moment)
            arrived = lake.arrived("openweather", number, []) or []
            assert [lake.content(each) for each in arrived] == [str(number).encode()]
            assert next(lake.last_polls("openweather", "current", moment)) == file
            return asked

    def more(numbers: range) -> None:
        lake = open_lake(settings)
        for number in numbers:
            moment = NOON + timedelta(hours=number)
            file = f"poll.{moment:%Y-%m-%dT%H%M%S}.jsonl"
            lake.land("openweather", Incoming("current", file, write(tmp_path, str(number)), "x"), moment)

    more(range(1))
    counts.append(one_more(1))
    more(range(2, 150))
    counts.append(one_more(150))
    assert counts[0] == counts[1], (len(counts[0]), len(counts[1]))


def test_many_writers_of_one_name_have_one_winner(lake: Lake) -> None:
    with ThreadPoolExecutor(16) as pool:
        won = list(pool.map(lambda number: lake.store.create("raw/x/000001.json", str(number).encode()), range(16)))
    assert won.count(True) == 1 and lake.store.read("raw/x/000001.json") == str(won.index(True)).encode()
