"""The archives as files: formats, layouts, growth, revisions, faults."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from simulator.archive import MARKER, NotSimulatedError, write_archive
from simulator.stations import published_stations
from simulator.synop import FIRST_YEAR_WITH_INSERT_TIME, MEASURES, MONTHLY_HEADER, YEARLY_HEADER, Publication

START, END = dt.date(2024, 11, 20), dt.date(2025, 1, 31)
Row = dict[str, str]


def text_of(path: Path) -> str:
    return gzip.decompress(path.read_bytes()).decode("ascii")


def monthly_rows(folder: Path) -> list[Row]:
    return [
        row
        for path in sorted(folder.glob("synop.*.csv.gz"))
        for row in csv.DictReader(io.StringIO(text_of(path)), delimiter=";")
    ]


def yearly_rows(folder: Path) -> list[Row]:
    return [
        row
        for path in sorted(folder.glob("synop_*.csv.gz"))
        for row in csv.DictReader(io.StringIO(text_of(path)), delimiter=";")
    ]


@pytest.fixture(scope="module")
def monthly(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("monthly")
    write_archive(folder, START, END, 5)
    return folder


@pytest.fixture(scope="module")
def yearly(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("yearly")
    write_archive(folder, START, END, 5, layout="yearly")
    return folder


def test_names_rows_and_order(monthly):
    names = sorted(path.name for path in monthly.iterdir())
    assert names == [MARKER, "postesSynop.csv", "synop.202411.csv.gz", "synop.202412.csv.gz", "synop.202501.csv.gz"]
    rows = monthly_rows(monthly)
    keys = [(row["date"], row["numer_sta"]) for row in rows]
    assert keys == sorted(keys)
    assert len(keys) == len(set(keys))
    assert rows[0]["date"] == "20241120000000"
    assert rows[-1]["date"] == "20250131210000"
    # 73 days of 8 slots at 62 stations, 2 % lost.
    assert 0.96 < len(rows) / (73 * 8 * 62) < 0.99


def test_both_layouts_hold_the_same_values(monthly, yearly):
    one, other = monthly_rows(monthly), yearly_rows(yearly)
    assert len(one) == len(other)
    for left, right in zip(one, other, strict=True):
        assert left["numer_sta"] == right["geo_id_wmo"]
        assert left["date"] == re.sub(r"[-T:Z]", "", right["validity_time"])
        for name in MEASURES:
            if left[name] == "mq":
                assert right[name] == ""
            else:
                assert float(left[name]) == float(right[name])


def test_yearly_clocks(yearly):
    for row in yearly_rows(yearly):
        assert row["geo_id_wigos"] == f"0-20000-0-{row['geo_id_wmo']}"
        if row["validity_time"] < str(FIRST_YEAR_WITH_INSERT_TIME):
            assert row["insert_time"] == row["reference_time"] == ""
        else:
            assert row["validity_time"] < row["insert_time"] < row["reference_time"]


def test_mountains_give_geop_instead_of_pmer(monthly):
    high = {s.id for s in published_stations() if s.altitude_m > 750}
    for row in monthly_rows(monthly):
        absent, given = ("pmer", "geop") if row["numer_sta"] in high else ("geop", "pmer")
        assert row[absent] == "mq"
        assert row[given] != "mq" or row["pres"] == "mq"


def test_extremes_at_six_and_eighteen_in_france(monthly):
    hours = {row["date"][8:10] for row in monthly_rows(monthly) if row["numer_sta"] < "08" and row["tn12"] != "mq"}
    assert hours == {"06", "18"}


def test_a_later_end_only_appends(monthly, tmp_path):
    write_archive(tmp_path, START, dt.date(2024, 12, 10), 5)
    short = text_of(tmp_path / "synop.202412.csv.gz")
    assert text_of(monthly / "synop.202412.csv.gz").startswith(short)
    assert (tmp_path / "synop.202411.csv.gz").read_bytes() == (monthly / "synop.202411.csv.gz").read_bytes()
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    summary = write_archive(tmp_path, START, END, 5)
    touched = {path.name for path in tmp_path.iterdir() if before.get(path.name) != path.stat().st_mtime_ns}
    assert touched == {MARKER, "synop.202412.csv.gz", "synop.202501.csv.gz"}
    assert summary.changed == 2
    for path in monthly.glob("synop.*"):
        assert (tmp_path / path.name).read_bytes() == path.read_bytes()


def test_a_later_start_changes_nothing_else(monthly, tmp_path):
    write_archive(tmp_path, dt.date(2025, 1, 10), END, 5)
    whole, part = text_of(monthly / "synop.202501.csv.gz"), text_of(tmp_path / "synop.202501.csv.gz")
    assert whole.endswith(part.split("\n", 1)[1])


def test_writing_again_changes_nothing(monthly):
    summary = write_archive(monthly, START, END, 5)
    assert summary.changed == 0
    assert summary.rows == len(monthly_rows(monthly)) + 62


def test_foreign_folders_are_refused(monthly, tmp_path):
    with pytest.raises(NotSimulatedError, match="seed 5"):
        write_archive(monthly, START, END, 6)
    (tmp_path / "synop.202001.csv.gz").write_bytes(b"real")
    with pytest.raises(NotSimulatedError, match=MARKER):
        write_archive(tmp_path, START, END, 5)
    assert (tmp_path / "synop.202001.csv.gz").read_bytes() == b"real"


def test_marker_summary_and_progress(tmp_path):
    seen = []
    summary = write_archive(
        tmp_path, START, END, 9, stations=70, compress=False, progress=lambda *state: seen.append(state)
    )
    marker = json.loads((tmp_path / MARKER).read_text())
    assert (marker["seed"], marker["start"], marker["end"], marker["stations"]) == (9, "2024-11-20", "2025-01-31", 70)
    assert {event["kind"] for event in marker["events"]} == {"heat_wave", "cold_spell", "storm", "mediterranean_rain"}
    assert [file.name for file in summary.files[1:]] == ["synop.202411.csv", "synop.202412.csv", "synop.202501.csv"]
    assert [state[1:3] for state in seen] == [(1, 3), (2, 3), (3, 3)]
    assert sum(file.rows for file in summary.files[1:]) == seen[-1][3]
    plain = (tmp_path / "synop.202501.csv").read_text()
    assert plain.startswith(MONTHLY_HEADER + "\n")
    assert plain.endswith(";\n")


def test_bad_requests_are_refused(tmp_path):
    with pytest.raises(ValueError, match="before it starts"):
        write_archive(tmp_path, END, START, 1)
    with pytest.raises(ValueError, match="layout 'weekly'"):
        write_archive(tmp_path, START, END, 1, layout="weekly")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="fault rate"):
        Publication(START, END, fault_rate=1.0)


def keyed(rows: list[Row]) -> dict[tuple[str, str], Row]:
    return {(row["date"], row["numer_sta"]): row for row in rows}


def test_revisions_between_two_captures(tmp_path):
    """A later capture of the same month has late rows, and cells changed in both directions."""
    captures = []
    for day in (14, 24):
        moment = dt.datetime(2020, 11, day, 16)
        write_archive(tmp_path, dt.date(2020, 11, 1), moment.date(), 3, revisions=True, as_of=moment)
        captures.append(monthly_rows(tmp_path))
    early, late = map(keyed, captures)
    assert max(early)[0] == "20201114150000"
    assert set(early) < set(late)
    overlap = [key for key in late if key[0] <= "20201114150000"]
    appeared = [key for key in overlap if key not in early]
    assert 10 < len(appeared) < 300
    changes = Counter()
    for key in set(early) & set(late):
        for name in MEASURES:
            before, after = early[key][name], late[key][name]
            if before != after:
                changes["appeared" if before == "mq" else "vanished" if after == "mq" else "changed"] += 1
    assert min(changes["appeared"], changes["vanished"], changes["changed"]) > 5
    assert sum(changes.values()) < 0.01 * len(early) * len(MEASURES)


def test_slots_are_published_twice_now_and_then(tmp_path):
    write_archive(tmp_path, dt.date(2020, 1, 1), dt.date(2021, 12, 31), 3, stations=12, revisions=True)
    rows = monthly_rows(tmp_path)
    times = Counter((row["date"], row["numer_sta"]) for row in rows)
    doubled = Counter(date for (date, _), count in times.items() if count == 2)
    assert set(times.values()) == {1, 2}
    # 5,848 slots, one in 500.
    assert 3 <= len(doubled) <= 25
    assert min(doubled.values()) > 6
    assert [row["date"] for row in rows] == sorted(row["date"] for row in rows)


def test_yearly_files_keep_both_versions_of_a_corrected_row(tmp_path):
    write_archive(tmp_path, dt.date(2025, 1, 1), dt.date(2025, 3, 31), 3, layout="yearly", revisions=True)
    versions: dict[tuple[str, str], list[Row]] = {}
    for row in yearly_rows(tmp_path):
        versions.setdefault((row["validity_time"], row["geo_id_wmo"]), []).append(row)
    several = [rows for rows in versions.values() if len(rows) > 1]
    assert 0.005 < len(several) / len(versions) < 0.03
    assert all(len({row["insert_time"] for row in rows}) == len(rows) for rows in several)
    different = [rows for rows in several if len({tuple(row[name] for name in MEASURES) for row in rows}) > 1]
    assert len(different) > len(several) / 2


def test_revised_archive_also_only_appends_after_the_dust_has_settled(tmp_path):
    for end in (dt.date(2020, 3, 10), dt.date(2020, 4, 30)):
        write_archive(tmp_path / str(end), dt.date(2020, 1, 1), end, 3, revisions=True, as_of=dt.datetime(2020, 6, 1))
    short, long = (tmp_path / "2020-03-10", tmp_path / "2020-04-30")
    assert text_of(long / "synop.202003.csv.gz").startswith(text_of(short / "synop.202003.csv.gz"))


def test_faults_are_planted_at_the_stated_rate(tmp_path):
    span = (dt.date(2020, 1, 1), dt.date(2020, 2, 29))
    write_archive(tmp_path / "clean", *span, 3)
    write_archive(tmp_path / "faulty", *span, 3, fault_rate=0.005)
    clean, faulty = monthly_rows(tmp_path / "clean"), monthly_rows(tmp_path / "faulty")
    differing = [(a, b) for a, b in zip(clean, faulty, strict=True) if a != b]
    # Some faults hit a cell that was absurd enough already, or repeat what it said.
    assert 0.003 < len(differing) / len(clean) < 0.006
    found = Counter(name for a, b in differing for name in MEASURES if a[name] != b[name])
    assert set(found) == {"t", "pmer", "rr24", "u", "td"}
    assert {b["t"] for a, b in differing if a["t"] != b["t"]} == {"369.150000"}
    assert {b["rr24"] for a, b in differing if a["rr24"] != b["rr24"]} == {"994.700000"}
    for a, b in differing:
        if a["td"] != b["td"]:
            assert float(b["td"]) == pytest.approx(float(b["t"]) + 3)


# -- against the real archives -------------------------------------------------------------------------------------------


def shape_of(cell: str) -> str:
    """A cell with its digits counted out: what a reader's parser sees."""
    return "mq" if cell == "mq" else re.sub(r"\d+", "9", cell)


def test_headers_and_cells_look_like_the_real_ones(monthly, real_data: Callable[[str], Path]):
    real = text_of(real_data("synop") / "synop.202001.csv.gz")
    ours = text_of(monthly / "synop.202501.csv.gz")
    assert real.split("\n", 1)[0] == ours.split("\n", 1)[0] == MONTHLY_HEADER
    assert real.endswith("\n")
    assert ours.endswith("\n")
    real_rows, our_rows = (list(csv.DictReader(io.StringIO(text), delimiter=";")) for text in (real, ours))
    for name in ("numer_sta", "date", *MEASURES):
        real_shapes, our_shapes = ({shape_of(row[name]) for row in rows} for rows in (real_rows, our_rows))
        assert our_shapes <= real_shapes | {"mq"}, name


def test_station_list_looks_like_the_real_one(monthly, real_data: Callable[[str], Path]):
    real, ours = ((folder / "postesSynop.csv").read_text().splitlines() for folder in (real_data("synop"), monthly))
    assert real[0] == ours[0]
    assert [line.split(";")[:2] for line in real] == [line.split(";")[:2] for line in ours]
    assert {re.sub(r"\d+", "9", line.split(";", 2)[2]) for line in ours[1:]} <= {
        re.sub(r"\d+", "9", line.split(";", 2)[2]) for line in real[1:]
    }


def test_share_of_missing_values_is_like_the_real_one(tmp_path, real_data: Callable[[str], Path]):
    write_archive(tmp_path, dt.date(2020, 1, 1), dt.date(2020, 1, 31), 3)
    real = list(csv.DictReader(io.StringIO(text_of(real_data("synop") / "synop.202001.csv.gz")), delimiter=";"))
    ours = monthly_rows(tmp_path)
    assert len(ours) == pytest.approx(len(real), rel=0.03)
    for name in MEASURES:
        shares = [sum(row[name] == "mq" for row in rows) / len(rows) for rows in (real, ours)]
        assert shares[1] == pytest.approx(shares[0], abs=0.15), name


def test_yearly_header_is_the_published_one(yearly):
    for path in yearly.glob("synop_*.csv.gz"):
        assert text_of(path).split("\n", 1)[0] == YEARLY_HEADER
    assert YEARLY_HEADER.startswith(
        "lat;lon;geo_id_wmo;geo_id_wigos;name;reference_time;insert_time;validity_time;pmer"
    )
    assert YEARLY_HEADER.endswith(";hnuage4")
