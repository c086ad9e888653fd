"""`isobar prune`: nothing without --apply, never the only copy of an observation, and a kill costs nothing."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from ingestion.lake import Lake, open_lake
from ingestion.load import LoadSummary, load
from ingestion.registry import SOURCES
from isobar.runs.ledger import Ledger
from isobar.settings import PROJECT_ROOT, Settings
from isobar.upkeep.prune import CLASSES, DATED_WITHIN_DAYS, Kept, prune
from tests.ingestion.archives import YEARLY_HEADER, monthly, monthly_row, write, yearly_row
from tests.services.fixtures import Bucket

SYNOP = SOURCES["synop"]
BEGINS = datetime(2026, 1, 1, 12)
HOURS = [f"2026-01-01T{hour:02d}:00:00Z" for hour in range(0, 24, 3)]


def at(settings: Settings, day: int) -> Settings:
    return replace(settings, clock=BEGINS + timedelta(days=day))


class History:
    """Versions of archives that land day after day."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings, self.folder, self.day = settings, folder, 0

    def lands(self, rows: list[str], name: str = "synop_2026.csv", header: str = YEARLY_HEADER, days: int = 1) -> None:
        self.day += days
        write(self.folder / name, header, rows)
        load(SYNOP, at(self.settings, self.day), str(self.folder / name))

    def prunes(self, *classes: str, older_than_days: int | None = 0, apply: bool = True) -> dict[str, int]:
        return {name: counts.count for name, counts in self.pruned(*classes, days=older_than_days, apply=apply).items()}

    def pruned(self, *classes: str, days: int | None = 0, apply: bool = True):
        chosen = {name: CLASSES[name] for name in classes or CLASSES}
        return prune(at(self.settings, self.day + 1), chosen, days, apply=apply).classes

    def replays(self) -> LoadSummary:
        self.settings.warehouse.unlink()
        return load(SYNOP, at(self.settings, self.day + 2), replay=True)

    def bytes_of(self) -> list[int]:
        """Versions of the file whose bytes are in the lake."""
        lake = open_lake(self.settings)
        return [each.version for each in lake.landings("synop") if lake.holds(each)]


@pytest.fixture
def history(request: pytest.FixtureRequest, settings: Settings, tmp_path: Path) -> History:
    """A history whose lake is a folder, or a bucket of the server that the test names."""
    if server := getattr(request, "param", None):
        bucket: Bucket = request.getfixturevalue(f"s3_{server}")
        settings = replace(settings, lake_at=bucket.url, variables=bucket.environment)
    return History(settings, tmp_path / "in")


in_folder_and_bucket = pytest.mark.parametrize(
    "history",
    [
        pytest.param(None, id="folder"),
        pytest.param("moto", id="moto"),
        pytest.param("ceph", id="ceph", marks=pytest.mark.services),
    ],
    indirect=True,
)


def row(hour: int, t: float = 280.0, inserted: int = 0) -> str:
    return yearly_row("07005", HOURS[hour], f"2026-01-{inserted + 2:02d}T00:00:00Z", t=f"{t:.1f}")


def latest(settings: Settings) -> list[tuple]:
    """The value of each observation that counts, by the order in which the models choose it."""
    with duckdb.connect(str(settings.warehouse), read_only=True) as warehouse:
        return warehouse.execute(
            "select geo_id_wmo, validity_time, t from raw_synop.observations qualify row_number() over ("
            "  partition by geo_id_wmo, validity_time"
            "  order by insert_time desc nulls last, _dlt_load_id desc, source_file desc, source_row desc) = 1 order by all"
        ).fetchall()


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


@in_folder_and_bucket
def test_a_version_whose_rows_are_all_in_the_next_goes(history: History) -> None:
    history.lands([row(0), row(1)])
    history.lands([row(0), row(1), row(2)])
    before = latest(history.settings)
    assert history.prunes("superseded", apply=False) == {"superseded": 1} and history.bytes_of() == [1, 2]
    assert history.prunes("superseded") == {"superseded": 1} and history.bytes_of() == [2]
    assert history.prunes("superseded") == {"superseded": 0}
    assert not [*history.settings.scratch.rglob("*.csv")]  # nothing fetched to be compared is left
    # the next version is compared with the one that is left; the one that went is not missed
    history.lands([row(0), row(1), row(2), row(3)])
    assert len(latest(history.settings)) == len(before) + 1
    with duckdb.connect(str(history.settings.warehouse), read_only=True) as warehouse:
        assert warehouse.execute("select count(*) from raw_synop.observations").fetchall() == [(4,)]
    summary = history.replays()
    assert summary.refused == [] and len(latest(history.settings)) == 4


def test_bytes_that_come_again_after_they_were_pruned_are_kept_again(history: History) -> None:
    history.lands([row(0)])
    history.lands([row(0), row(1)])
    history.prunes("superseded")
    history.lands([row(0)])
    assert history.bytes_of() == [1, 2, 3]
    assert history.pruned("superseded")["superseded"].kept  # version 2 has a row of its own, 1 and 3 share their bytes
    assert history.bytes_of() == [1, 2, 3]


CASES: dict[str, tuple[Callable[[History], None], str]] = {}


def stays(reason: str) -> Callable[[Callable[[History], None]], Callable[[History], None]]:
    def named(case: Callable[[History], None]) -> Callable[[History], None]:
        CASES[case.__name__] = case, reason
        return case

    return named


@stays("1 rows or rejected cells of it are not in the next version")
def a_row_left_out(history: History) -> None:
    history.lands([row(0), row(1)])
    history.lands([row(0), row(2)])


@stays("1 rows or rejected cells of it are not in the next version")
def a_row_corrected(history: History) -> None:
    history.lands([row(0), row(1)])
    history.lands([row(0), row(1, 281.0, 1), row(2)])


@stays("1 rows or rejected cells of it are not in the next version")
def a_reject_mended(history: History) -> None:
    history.lands([row(0), row(1).replace("280.0", "warm")])
    history.lands([row(0), row(1).replace("280.0", ""), row(2)])


@stays("its columns humidex are in no table: they cannot be compared")
def a_column_of_no_table(history: History) -> None:
    history.lands([f"{row(0)};31"], header=f"{YEARLY_HEADER};humidex")
    history.lands([row(0), row(1)])


@stays("the next version has two rows of one geo_id_wmo and validity_time")
def a_row_said_twice(history: History) -> None:
    history.lands([row(0)])
    history.lands([row(0), row(0, 281.0, 1)])


@stays("another file has rows of the same places and times")
def a_row_in_another_file(history: History) -> None:
    history.lands([row(0)])
    write(history.folder / "synop.202601.csv", "", [])
    monthly(history.folder / "synop.202601.csv", [monthly_row("07005", "20260101000000", t="290.0")])
    load(SYNOP, at(history.settings, 2), str(history.folder / "synop.202601.csv"))
    history.day = 2
    history.lands([row(0), row(1)])


@stays(f"the next version came more than {DATED_WITHIN_DAYS} days later")
def a_long_silence(history: History) -> None:
    history.lands([row(0)])
    history.lands([row(0), row(1)], days=DATED_WITHIN_DAYS + 1)


@stays("not everything that landed for observations is loaded yet")
def a_landing_not_loaded(history: History) -> None:
    history.lands([row(0)])
    history.lands([row(0), row(1)])
    lake = Lake(history.settings.lake)
    (newest,) = [each for each in lake.landings("synop") if each.version == 2]
    record = history.settings.lake / "raw" / "synop" / "observations" / newest.file / "000003.json"
    other = lake.open_path(newest).with_name("00.csv")
    other.write_text("later")
    known = json.loads(record.with_name("000002.json").read_text())
    record.write_text(json.dumps({**known, "version": 3, "path": other.relative_to(history.settings.lake).as_posix()}))


@pytest.mark.parametrize("case", CASES)
def test_what_has_something_of_its_own_stays(history: History, case: str) -> None:
    happens, reason = CASES[case]
    happens(history)
    there = history.bytes_of()
    (kept,) = history.pruned("superseded")["superseded"].kept
    assert kept == Kept(kept.name, reason) and kept.name.endswith("version 1")
    assert history.bytes_of() == there


def test_a_version_that_others_went_in_favour_of_is_not_carried_further_from_them(history: History) -> None:
    history.lands([row(0)])
    history.lands([row(0), row(1)], days=20)
    assert history.prunes("superseded") == {"superseded": 1}
    history.lands([row(0), row(1), row(2)], days=20)  # 20 days after the second version, 40 after the first
    assert history.prunes("superseded") == {"superseded": 0}


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in (1, 2, 3))])
def test_the_latest_observations_survive_everything_that_can_be_pruned(history: History, seed: int) -> None:
    """Random rewritings: rows come, go, are corrected, come back, are said twice. Then all classes at age 0, then the lake."""
    chance = random.Random(seed)
    told: dict[int, str] = {}
    gone = 0
    for version in range(6):
        for hour in range(len(HOURS)):
            what = chance.random()
            if what < 0.1:
                told.pop(hour, None)
            elif what < 0.2 or (hour not in told and what < 0.5):
                told[hour] = row(hour, 280 + chance.randrange(3), version)
        rows = [told[hour] for hour in sorted(told)] or [row(0)]
        if chance.random() < 0.2:
            rows.append(row(chance.randrange(len(HOURS)), 290.0, version))
        history.lands(rows)
        if chance.random() < 0.5:
            history.lands([*rows, row(chance.randrange(len(HOURS)), 285.0, version)])
        if chance.random() < 0.3:
            gone += history.prunes("superseded")["superseded"]
    before = latest(history.settings)
    gone += history.prunes()["superseded"]
    assert latest(history.settings) == before
    history.replays()
    assert latest(history.settings) == before
    assert gone + len(history.bytes_of()) == len([*Lake(history.settings.lake).landings("synop")])


def test_error_pages_go_and_damaged_archives_stay(history: History) -> None:
    history.lands([row(0)])
    history.lands(["</html>"], header="<html><body>Sign in")
    history.lands([row(0)[:-3]], header="lat;lon;when")
    history.lands([row(0), row(1)])
    assert history.bytes_of() == [1, 2, 3, 4]
    found = history.pruned("refused")["refused"]
    assert found.count == 1 and [kept.reason for kept in found.kept] == ["refused, but it may hold observations"]
    assert history.bytes_of() == [1, 3, 4]
    # a new warehouse is told of the damaged one alone
    assert len(history.replays().refused) == 1


def test_a_page_that_came_last_does_not_stand_in_the_way(history: History) -> None:
    history.lands([row(0)])
    history.lands(["</html>"], header="<html><body>Sign in")
    assert history.prunes("refused") == {"refused": 1}
    history.lands(["</html>"], header="<html><body>Sign in")
    assert history.bytes_of() == [1, 2]
    history.lands([row(0), row(1)])
    assert len(latest(history.settings)) == 2
    assert history.prunes("refused") == {"refused": 1}
    assert history.replays().refused == []


def test_polls_are_never_looked_at(settings: Settings, tmp_path: Path) -> None:
    """Two versions of a file, of which the second has all of the first, and a page that came instead of another."""
    folder, lake = tmp_path / "collector", Lake(settings.lake)
    folder.mkdir()
    known = {"coord": {"lon": 2.35, "lat": 48.85}, "main": {"temp": 280.0}, "id": 2988507, "name": "Paris"}
    for day in (1, 2):
        bodies = [{**known, "dt": 1767268800 + 3600 * number} for number in range(day)]
        (folder / "2026-01-01.json").write_text(json.dumps(bodies))
        (folder / "2026-01-02.json").write_text("<html>")
        load(SOURCES["openweather"], at(settings, day), str(folder))
    with duckdb.connect(str(settings.warehouse), read_only=True) as warehouse:
        outcomes = warehouse.execute(
            "select outcome from raw_openweather.files where resource = 'current' order by 1"
        ).fetchall()
    assert outcomes == [("loaded",), ("loaded",), ("refused",)]
    there = tree(settings.lake)
    prune(at(settings, 9), CLASSES, 0, apply=True)
    assert tree(settings.lake) == there and len([*lake.landings("openweather")]) >= 3


def dated(path: Path, days: int, content: str = "x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    moment = time.time() - days * 86400
    os.utime(path, (moment, moment))
    return path


def test_files_go_by_age_and_nothing_goes_without_apply(history: History) -> None:
    history.lands([row(0)])
    history.lands([row(0), row(1)])
    data = history.settings.data_dir
    old = [
        dated(data / "reports" / "2026-01.html", 31),
        dated(data / "logs" / "dbt.log.1", 40),
        dated(data / "target" / "compiled" / "isobar" / "gone.sql", 31),
        dated(data / "scratch" / "half.parquet", 2),
        dated(data / "lake" / "staging" / "tmp1", 2),
    ]
    young = [
        dated(data / "reports" / "2026-02.html", 29),
        dated(data / "logs" / "dbt.log", 1),
        dated(data / "target" / "manifest.json", 400),
        dated(data / "scratch" / "half2.parquet", 0),
    ]
    link = data / "reports" / "elsewhere"
    link.symlink_to(dated(data.parent / "elsewhere.html", 400))
    there = tree(data)
    counts = history.prunes(older_than_days=None, apply=False)
    assert tree(data) == there
    assert counts == {
        "reports": 1, "logs": 1, "target": 1, "leftovers": 2, "elementary": 0, "ledger": 0, "superseded": 0, "refused": 0,
    }  # fmt: skip
    assert history.prunes(older_than_days=None) == counts
    assert [path for path in old if path.exists()] == [] and [path for path in young if not path.exists()] == []
    assert link.read_text() == "x"


def test_history_of_elementary_goes_and_what_it_compares_with_stays(history: History) -> None:
    history.lands([row(0)])
    old, new = (
        datetime.now(UTC).replace(tzinfo=None) - timedelta(days=200),
        datetime.now(UTC).replace(tzinfo=None) - timedelta(days=100),
    )
    with duckdb.connect(str(history.settings.warehouse)) as warehouse:
        warehouse.execute("create schema elementary")
        for table in ("dbt_run_results", "data_monitoring_metrics"):
            warehouse.execute(f"create table elementary.{table} (id int, created_at timestamp)")
            warehouse.execute(f"insert into elementary.{table} values (1, ?), (2, ?), (3, null)", [old, new])
        warehouse.execute("create table elementary.dbt_models (id int, created_at timestamp)")
        warehouse.execute("insert into elementary.dbt_models values (1, ?)", [old])
        warehouse.execute("create table elementary.test_result_rows (id int)")  # of another version of Elementary
        warehouse.execute(
            "create table elementary.schema_columns_snapshot (full_table_name text, detected_at timestamp, created_at timestamp)"
        )
        snapshots = [("a", old - timedelta(days=9)), ("a", old), ("A", new), ("b", old)]
        for name, moment in snapshots:
            warehouse.execute("insert into elementary.schema_columns_snapshot values (?, ?, ?)", [name, moment, moment])
    assert history.prunes("elementary", older_than_days=None, apply=False) == {"elementary": 4}
    assert history.prunes("elementary", older_than_days=None) == {"elementary": 4}

    def left(table: str, column: str) -> list[tuple]:
        with duckdb.connect(str(history.settings.warehouse), read_only=True) as warehouse:
            return warehouse.execute(f"select {column} from elementary.{table} order by all").fetchall()

    assert left("dbt_run_results", "id") == left("data_monitoring_metrics", "id") == [(2,), (3,)]
    assert left("dbt_models", "id") == [(1,)]
    assert left("schema_columns_snapshot", "full_table_name") == [("A",), ("b",)]


@in_folder_and_bucket
def test_a_killed_prune_is_harmless(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between every two steps that it takes in the lake: a record, then its bytes, of each of two versions."""
    rows = [row(hour) for hour in range(3)]
    for count in (1, 2, 3):
        history.lands(rows[:count])
    before = latest(history.settings)
    whole = open_lake(history.settings).store
    store = type(whole)
    steps_left = 0

    class Killed(BaseException):
        pass

    def counted(step: Callable[..., object]) -> Callable[..., object]:
        def taken(*arguments: object, **options: object) -> object:
            nonlocal steps_left
            if not steps_left:
                raise Killed
            steps_left -= 1
            return step(*arguments, **options)

        return taken

    for limit in range(4):
        lake_at = f"{history.settings.lake_at}/{limit}" if history.settings.lake_at else None
        house = replace(history.settings, data_dir=history.folder / str(limit), lake_at=lake_at)
        shutil.copytree(history.settings.data_dir, house.data_dir)
        for name in whole.names("raw") if lake_at else ():
            open_lake(house).store.create(name, whole.read(name))
        killed = History(house, history.folder)
        killed.day = history.day
        with monkeypatch.context() as patched:
            patched.setattr(store, "replace", counted(store.replace))
            patched.setattr(store, "delete", counted(store.delete))
            steps_left = limit
            with pytest.raises(Killed):
                killed.prunes("superseded")
        assert latest(house) == before
        killed.prunes("superseded")
        assert killed.bytes_of() == [3]
        killed.replays()
        assert latest(house) == before


def test_the_command_shows_applies_and_tells(history: History, tmp_path: Path) -> None:
    history.lands([row(0)])
    history.lands([row(0), row(1)])

    def isobar(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "isobar.cli", *arguments],
            capture_output=True,
            text=True,
            cwd=PROJECT_ROOT,
            env={**os.environ, **at(history.settings, 3).environment()},
            check=False,
        )

    shown = isobar("prune", "--older-than", "0")
    assert shown.returncode == 0 and "nothing was deleted: --apply does it" in shown.stdout
    assert (
        history.bytes_of() == [1, 2] and [e for e in Ledger(history.settings).events() if e["command"] == "prune"] == []
    )
    done = isobar("--json", "prune", "--older-than", "0", "--class", "superseded", "--apply")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert (
        answer["is_applied"]
        and answer["classes"]["superseded"]["count"] == 1
        and list(answer["classes"]) == ["superseded"]
    )
    assert history.bytes_of() == [2]
    finished = [event for event in Ledger(history.settings).events() if event["event"] == "finished"]
    assert (finished[-1]["command"], finished[-1]["classes"]["superseded"]["count"]) == ("prune", 1)
    wrong = isobar("prune", "--class", "weather")
    assert wrong.returncode == 2 and "weather is not a class" in wrong.stderr
