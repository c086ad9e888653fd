"""A lake whose disk has damaged it, and folders with names that no provider would give: each costs only itself."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from ingestion.lake import Lake
from ingestion.load import load
from ingestion.registry import SOURCES
from isobar.verify import verify_lake
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


@pytest.mark.parametrize("damage", [flipped, cut, emptied, replaced, removed])
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


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"source": "synop"}'])
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
    (tmp_path / ".DS_Store").write_bytes(b"\0")
    (tmp_path / "synop.202002.csv").rename(tmp_path / os.fsdecode(b"synop.2020\xff.csv"))
    summary = load(SYNOP, settings, str(tmp_path))
    assert summary.tables["observations"].files == 1
    assert {each["file"] for each in summary.refused} == {"synop.202003.csv"}
    assert set(summary.ignored) == {"._synop.202001.csv", ".DS_Store", "synop.2020\\xff.csv"}


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
