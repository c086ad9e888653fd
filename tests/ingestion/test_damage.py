"""A lake whose disk has damaged it, and folders with names that no provider would give: each costs only itself."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from ingestion.damage import damaged_notes
from ingestion.lake import Lake
from ingestion.load import LOST, load
from ingestion.registry import SOURCES
from isobar.upkeep.verify import verify_lake
from tests.ingestion.archives import monthly, monthly_row, year

SYNOP = SOURCES["synop"]


def flipped(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:100])


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def replaced(path: Path) -> None:
    path.write_bytes(b"<html>\n")


def removed(path: Path) -> None:
    path.unlink()


@pytest.fixture
def two_years(settings, tmp_path) -> Path:
    """A folder of two files, loaded once; the warehouse is gone since."""
    folder = tmp_path / "in"
    year(folder, 2020)
    year(folder, 2021)
    load(SYNOP, settings, str(folder))
    settings.warehouse.unlink()
    return folder


@pytest.mark.parametrize(
    "damage", [flipped, removed, *(pytest.param(each, marks=pytest.mark.long) for each in (cut, emptied, replaced))]
)
def test_damaged_bytes_are_named_not_judged_and_loaded_when_they_come_again(
    settings, two_years: Path, damage: Callable[[Path], None]
) -> None:
    lake = Lake(settings.lake)
    landing = next(iter(lake.landings("synop")))
    whole = lake.open_path(landing).read_bytes()
    damage(lake.open_path(landing))
    (found,) = verify_lake(settings).damaged
    assert found["file"] == "synop/observations/synop.202001.csv, version 1"

    damaged = load(SYNOP, settings, replay=True)
    assert damaged.damaged == ["synop.202001.csv"] and damaged.is_above_reject_limit
    assert damaged.tables["observations"].files == 1  # the other one

    good = load(SYNOP, settings, str(two_years))
    assert not good.refused and not good.is_above_reject_limit
    assert (good.tables["observations"].files, good.tables["observations"].unchanged) == (1, 1)
    assert lake.open_path(landing).read_bytes() == whole and not verify_lake(settings).damaged


@pytest.mark.parametrize(
    "content", [b"{", *(pytest.param(each, marks=pytest.mark.long) for each in (b"", b"[]", b'{"source": "synop"}'))]
)
def test_a_damaged_landing_record_is_named_and_followed_by_a_new_one(settings, two_years: Path, content: bytes) -> None:
    record = settings.lake / "raw" / "synop" / "observations" / "synop.202001.csv" / "000001.json"
    record.write_bytes(content)
    (found,) = verify_lake(settings).damaged
    assert found["file"] == "synop/observations/synop.202001.csv/000001.json"
    replayed = load(SYNOP, settings, replay=True)
    (refused,) = replayed.refused
    assert refused["reason"].startswith("its landing record 000001.json cannot be read")
    assert replayed.is_above_reject_limit and replayed.tables["observations"].files == 1
    assert not load(SYNOP, settings, str(two_years)).refused
    assert json.loads(record.with_name("000002.json").read_bytes())["version"] == 2
    assert record.with_name("000001.json.damaged").read_bytes() == content
    assert not verify_lake(settings).damaged


def test_a_record_of_another_file_is_no_record_of_this_one(settings, two_years: Path) -> None:
    folder = settings.lake / "raw" / "synop" / "observations"
    record = folder / "synop.202001.csv" / "000001.json"
    record.write_bytes((folder / "synop.202101.csv" / "000001.json").read_bytes())
    assert load(SYNOP, settings, replay=True).damaged == ["raw/synop/observations/synop.202001.csv"]


def test_a_damaged_version_before_is_not_compared_with(settings, tmp_path) -> None:
    path = year(tmp_path / "in", 2020)
    load(SYNOP, settings, str(path))
    lake = Lake(settings.lake)
    (first,) = lake.landings("synop")
    flipped(lake.open_path(first))
    year(tmp_path / "in", 2020, t="281.0")
    second = load(SYNOP, settings, str(path))
    assert second.tables["observations"].appended_row_count == 40
    (refused,) = second.refused
    assert refused["reason"].startswith("version 1: its bytes in the lake are not those that landed")


def test_all_files_of_one_table_refused_is_above_the_limit(settings, tmp_path) -> None:
    year(tmp_path, 2020)
    (tmp_path / "postesSynop.csv").write_text("<html>gone</html>\n")
    summary = load(SYNOP, settings, str(tmp_path))
    assert summary.refused_tables == ["stations"] and summary.is_above_reject_limit


def test_odd_names_cost_only_themselves(settings, tmp_path) -> None:
    year(tmp_path, 2020)
    rows = [monthly_row("07005", "20200201000000")]
    for name in ("._synop.202001.csv", "synop.202002.csv"):
        monthly(tmp_path / name, rows)
    (tmp_path / "synop.202003.csv").symlink_to(tmp_path / "gone.csv")
    (tmp_path / "synop.202004.csv").mkdir()
    (tmp_path / "others").mkdir()
    os.mkfifo(tmp_path / "synop.202005.csv")
    (tmp_path / "synop.202006.csv").symlink_to(tmp_path / "synop.202005.csv")
    os.mkfifo(tmp_path / "other.pipe")
    socket.socket(socket.AF_UNIX).bind(str(tmp_path / "synop.202007.csv"))
    (tmp_path / ".DS_Store").write_bytes(b"\0")
    (tmp_path / "synop.202002.csv").rename(tmp_path / os.fsdecode(b"synop.2020\xff.csv"))
    summary = load(SYNOP, settings, str(tmp_path))
    assert summary.tables["observations"].files == 1
    assert {each["file"]: each["reason"] for each in summary.refused} == {
        "synop.202003.csv": "a link to a file that is not there",
        "synop.202004.csv": "a folder, not a file",
        "synop.202005.csv": "a named pipe, not a file",
        "synop.202006.csv": "a named pipe, not a file",
        "synop.202007.csv": "a socket, not a file",
    }
    assert set(summary.ignored) == {"._synop.202001.csv", ".DS_Store", "other.pipe", "synop.2020\\xff.csv"}


@pytest.mark.parametrize(("source", "name"), [("synop", "synop.202001.csv"), ("openweather", "weather.json")])
def test_a_pipe_alone_is_refused_and_not_waited_for(settings, tmp_path, source: str, name: str) -> None:
    (tmp_path / "in").mkdir()
    os.mkfifo(tmp_path / "in" / name)
    for origin in (tmp_path / "in", tmp_path / "in" / name):
        summary = load(SOURCES[source], settings, str(origin))
        assert [each["reason"] for each in summary.refused] == ["a named pipe, not a file"]
        assert summary.is_above_reject_limit


def test_a_file_and_its_compressed_twin_cost_only_themselves(settings, tmp_path) -> None:
    year(tmp_path, 2020)
    twin = year(tmp_path, 2021)
    twin.with_name(f"{twin.name}.gz").write_bytes(gzip.compress(twin.read_bytes()))
    summary = load(SYNOP, settings, str(tmp_path))
    assert summary.tables["observations"].files == 1 and not summary.is_above_reject_limit
    assert [each["file"] for each in summary.refused] == ["synop.202101.csv", "synop.202101.csv.gz"]
    assert all("both plain and compressed" in each["reason"] for each in summary.refused)
    twin.unlink()
    assert load(SYNOP, settings, str(tmp_path)).tables["observations"].files == 1


def test_what_was_loaded_and_has_gone_from_the_lake_is_named_until_it_comes_again(settings, tmp_path) -> None:
    folder = tmp_path / "in"
    year(folder, 2020)
    year(folder, 2021)
    load(SYNOP, settings, str(folder))
    assert not verify_lake(settings).lost
    shutil.rmtree(settings.lake / "raw" / "synop" / "observations" / "synop.202001.csv")
    (found,) = verify_lake(settings).lost
    assert found == {"file": "synop/observations/synop.202001.csv, version 1", "reason": LOST}
    replayed = load(SYNOP, settings, replay=True)
    assert replayed.damaged == ["synop.202001.csv, version 1"] and replayed.is_above_reject_limit
    again = load(SYNOP, settings, str(folder))
    assert not again.is_above_reject_limit and again.tables["observations"].unchanged == 2
    assert not verify_lake(settings).lost and not load(SYNOP, settings, replay=True).refused


def test_a_newer_file_after_the_loss_of_its_landings_is_loaded(settings, tmp_path) -> None:
    """It lands as version 1 again, which the warehouse knows by another content."""
    path = year(tmp_path / "in", 2020)
    load(SYNOP, settings, str(path))
    shutil.rmtree(settings.lake / "raw" / "synop" / "observations" / "synop.202001.csv")
    year(tmp_path / "in", 2020, t="281.0")
    assert load(SYNOP, settings, str(path)).tables["observations"].appended_row_count == 40
    (found,) = verify_lake(settings).lost  # the older bytes are nowhere
    assert found["file"] == "synop/observations/synop.202001.csv, version 1"


def test_without_a_warehouse_or_beside_another_program_the_lake_is_verified_alone(settings, two_years: Path) -> None:
    found = verify_lake(settings)
    assert (found.files, found.lost, found.not_compared) == (2, [], None)
    settings.warehouse.write_bytes(b"no database" * 1000)
    found = verify_lake(settings)
    assert (found.files, found.lost) == (2, []) and "isobar rebuild" in (found.not_compared or "")


@pytest.mark.parametrize(
    ("damage", "is_pending"),
    [
        (cut, True),
        (emptied, False),
        *(
            pytest.param(damage, is_pending, marks=pytest.mark.long)
            for damage in (cut, emptied, replaced, lambda path: path.write_text("{}"))
            for is_pending in (False, True)
            if (damage, is_pending) not in ((cut, True), (emptied, False))
        ),
    ],
)
def test_dlt_begins_anew_where_its_state_is_damaged(
    settings, tmp_path, monkeypatch, damage: Callable[[Path], None], is_pending: bool
) -> None:
    folder = tmp_path / "in"
    year(folder, 2020)
    load(SYNOP, settings, str(folder))
    year(folder, 2021)
    if is_pending:  # killed before its package is loaded
        with monkeypatch.context() as patch:
            patch.setattr("dlt.Pipeline.load", lambda *_, **__: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                load(SYNOP, settings, str(folder))
    working_folder = settings.pipelines_dir / "synop"
    damage(working_folder / "state.json")
    assert damaged_notes(working_folder) == working_folder / "state.json"
    summary = load(SYNOP, settings, str(folder))
    (note,) = (each for each in summary.notes if "state.json was damaged" in each)
    (kept,) = settings.pipelines_dir.glob("synop.damaged-*")
    assert kept.name in note and summary.tables["observations"].stored_row_count == 80
    with duckdb.connect(str(settings.warehouse), read_only=True) as warehouse:
        counts = warehouse.execute(
            "select count(*), count(distinct (source_file, source_row)) from raw_synop.observations where _dlt_load_id in"
            " (select load_id from raw_synop._dlt_loads where status = 0)"
        ).fetchall()
    assert counts == [(80, 80)]
    assert damaged_notes(working_folder) is None and not load(SYNOP, settings, str(folder)).notes


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (b"a/weather\xe9.json", "not UTF-8"),
        (b"caf\xe9/weather.json", "not UTF-8"),
        (b"a/._weather.json", "AppleDouble"),
        (b"__MACOSX/weather.json", "__MACOSX"),
        (b"a/wea\nther.json", "control characters"),
        (b"weather.json/000001.json", "named like a file"),
    ],
)
def test_nested_files_of_odd_names_are_refused_before_they_land(settings, tmp_path, name: bytes, reason: str) -> None:
    good = '{"cod": 200, "coord": {"lat": 48.85, "lon": 2.35}, "dt": 1767225600, "id": 1, "main": {"temp": 280.0}, "weather": []}'
    for each in (b"good/weather.json", name):
        path = Path(os.fsdecode(os.fsencode(tmp_path / "in") + b"/" + each))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(good)
    summary = load(SOURCES["openweather"], settings, str(tmp_path / "in"))
    assert len(summary.refused) == 1 and reason in summary.refused[0]["reason"], summary.refused
    assert summary.refused[0]["file"].isprintable()
    assert summary.tables["current"].files == 1
    assert [each.file for each in Lake(settings.lake).landings("openweather") if each.table == "current"] == [
        "good/weather.json"
    ]
