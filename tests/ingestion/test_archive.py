"""The archive reader: both layouts read alike, and nothing cut, foreign or odd passes for data."""

from __future__ import annotations

import gzip
import io
import json
import re
import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest

from ingestion.readers.archive import ArchiveReader, Layout, split
from ingestion.readers.reading import DOUBLE, TEXT, TIME, Arrival, RefusedFile
from ingestion.readers.wrappings import opened
from ingestion.sources.synop.columns import OBSERVATIONS, STATIONS
from ingestion.sources.synop.source import _stations_to_csv
from simulator.archive import write_archive
from tests.ingestion.archives import MONTHLY_HEADER, monthly, monthly_row, yearly, yearly_row


@pytest.fixture
def reader(tmp_path: Path):
    made = ArchiveReader(OBSERVATIONS, tmp_path / "scratch")
    yield made
    made.close()


def rows_of(read) -> list[dict]:
    return read.rows.read_all().to_pylist()


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz"])
def test_both_layouts_give_the_same_row(reader, tmp_path, suffix):
    old = monthly(
        tmp_path / f"synop.202001{suffix}", [monthly_row("07510", "20200101030000", t="274.350000", rr1="-0.1")]
    )
    new = yearly(
        tmp_path / f"synop_2020{suffix}", [yearly_row("07510", "2020-01-01T03:00:00Z", t="274.35", rr1="-0.1")]
    )
    (from_old,), (from_new,) = rows_of(reader.read(old)), rows_of(reader.read(new))
    assert from_old["geo_id_wmo"] == from_new["geo_id_wmo"] == "07510"
    assert from_old["validity_time"] == from_new["validity_time"] == datetime(2020, 1, 1, 3)
    assert (
        (from_old["t"], from_old["rr1"], from_old["u"])
        == (from_new["t"], from_new["rr1"], from_new["u"])
        == (274.35, -0.1, None)
    )
    assert from_old["insert_time"] is None and from_new["name"] == "ORLY"
    assert from_old["source_row"] == from_new["source_row"] == 2


def test_columns_are_found_by_name_and_unknown_ones_are_told(reader, tmp_path):
    path = tmp_path / "synop.202001.csv"
    path.write_text("new_gauge;t;date;numer_sta\n9;280.0;20200101000000;07005\n")
    read = reader.read(path)
    assert read.unknown_columns == ["new_gauge"]
    (row,) = rows_of(read)
    assert (row["geo_id_wmo"], row["t"], row["ff"]) == ("07005", 280.0, None)


@pytest.mark.parametrize("blank", ["", " "])  # the blank is for the careful path
def test_a_number_of_a_station_has_all_its_digits(reader, tmp_path, blank):
    """A spreadsheet takes 07005 for 7005: the same station, not a second one."""
    rows = [monthly_row(number, "20200101000000", t="280.5") for number in ("07005", "7510", "61998")]
    read = reader.read(monthly(tmp_path / "synop.202001.csv", [*rows, *([blank] if blank else [])]))
    assert [row["geo_id_wmo"] for row in rows_of(read)] == ["07005", "07510", "61998"]


@pytest.mark.parametrize("number", ["0", "005", "007005", "7005.0", "wmo:07005", "0700O"])
def test_what_is_no_number_of_a_station_is_rejected(reader, tmp_path, number):
    read = reader.read(monthly(tmp_path / "synop.202001.csv", [*GOOD, monthly_row(number, "20200101000000", t="280")]))
    assert len(rows_of(read)) == len(GOOD)
    assert [reject["reason"] for reject in read.rejects.to_pylist()] == ["no readable geo_id_wmo and validity_time"]


def test_windows_line_ends_and_byte_order_mark(reader, tmp_path):
    path = tmp_path / "synop.202001.csv"
    body = MONTHLY_HEADER + "\r\n" + monthly_row("07005", "20200101000000", t="280.5") + "\r\n"
    path.write_bytes(b"\xef\xbb\xbf" + body.encode())
    assert [row["t"] for row in rows_of(reader.read(path))] == [280.5]


def test_a_header_alone_is_an_empty_archive(reader, tmp_path):
    assert rows_of(reader.read(monthly(tmp_path / "synop.202001.csv", []))) == []


GOOD = [monthly_row("07005", f"202001010{hour}0000", t="280.5") for hour in range(0, 9, 3)]


def whole() -> bytes:
    return ("\n".join([MONTHLY_HEADER, *GOOD]) + "\n").encode()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (gzip.compress(whole() * 50, mtime=0)[:-20], "truncated or damaged gzip"),
        (gzip.compress(whole(), mtime=0)[:60] + b"\0" * 40, "truncated or damaged gzip"),
        (whole()[:-30], "the last line has no end"),
        (gzip.compress(whole()[:-30], mtime=0), "the last line has no end"),
        (b"<!DOCTYPE html>\n<html></html>\n", "HTML instead of CSV"),
        (b'{"error": "no"}\n', "JSON instead of CSV"),
        (b"", "empty"),
        (whole().replace(b"numer_sta", b"station"), "no column geo_id_wmo or numer_sta"),
        (whole().replace(b";date;", b";day;"), "no column validity_time or date"),
        (whole().replace(b";tend24;", b";tend;"), "names tend more than once"),
        (whole().replace(b"07005", b"07\xff05"), r"not UTF-8 text \(line 2\)"),
        (b"\x00\x01\x02\n" * 9, "no column"),
    ],
    ids=[
        "gz-cut",
        "gz-damaged",
        "csv-cut",
        "gz-of-cut-csv",
        "html",
        "json",
        "empty",
        "no-id",
        "no-time",
        "twice",
        "bytes",
        "binary",
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_its_reason(reader, tmp_path, content, reason):
    path = tmp_path / "synop.202001.csv.gz"
    path.write_bytes(content)
    with pytest.raises(RefusedFile, match=reason):
        reader.read(path)


@pytest.mark.parametrize("cell", ["27x", "1_000", "nan", "inf", "1e999", "14,4", "0x10", "--5", "TRUE"])
def test_a_cell_that_is_no_number_is_rejected_alone(reader, tmp_path, cell):
    rows = [*GOOD, monthly_row("07015", "20200101000000", t=cell, u="80")]
    read = reader.read(monthly(tmp_path / "synop.202001.csv", rows))
    assert read.rejects.to_pylist() == [{"source_row": 5, "column_name": "t", "value": cell, "reason": "not a number"}]
    kept = rows_of(read)
    assert [row["t"] for row in kept] == [280.5, 280.5, 280.5, None]
    assert kept[3]["u"] == 80.0 and read.row_count == 4


def test_a_line_without_its_fields_or_keys_is_rejected_with_its_line_number(reader, tmp_path):
    rows = [GOOD[0], "07005;20200101030000;1.0", "", monthly_row("07005", "yesterday", t="280"), GOOD[2]]
    read = reader.read(monthly(tmp_path / "synop.202001.csv", rows))
    assert [(r["source_row"], r["column_name"]) for r in read.rejects.to_pylist()] == [(3, None), (5, None)]
    assert "60 fields expected, 3 found" in read.rejects.to_pylist()[0]["reason"]
    assert [row["source_row"] for row in rows_of(read)] == [2, 6]
    assert read.row_count == 4  # the blank line is no row


def test_a_clean_file_takes_the_fast_path(reader, tmp_path, monkeypatch):
    monkeypatch.setattr(ArchiveReader, "_read_lines", lambda *_: pytest.fail("read line by line"))
    assert reader.read(monthly(tmp_path / "synop.202001.csv.gz", GOOD)).row_count == 3


def test_both_paths_read_a_file_alike(reader, tmp_path, monkeypatch):
    written = write_archive(tmp_path / "in", date(2024, 1, 1), date(2024, 1, 20), layout="yearly", stations=8)
    archive = tmp_path / "in" / written.files[-1].name
    fast = rows_of(reader.read(archive))
    monkeypatch.setattr(ArchiveReader, "_read_typed", lambda *_: False)
    careful = reader.read(archive)
    assert rows_of(careful) == fast and len(fast) > 1000
    assert careful.rejects.num_rows == 0


def test_a_rewritten_file_gives_its_new_and_changed_rows(reader, tmp_path):
    before = monthly(tmp_path / "a.csv", [*GOOD, monthly_row("07015", "20200101000000", t="bad")])
    corrected = monthly_row("07005", "20200101030000", t="281.5")
    late = monthly_row("07020", "20200101000000", t="279")
    to_missing = monthly_row("07005", "20200101060000")
    again = [GOOD[0], corrected, to_missing, monthly_row("07015", "20200101000000", t="bad"), late, late]
    read = reader.read(monthly(tmp_path / "b.csv", again), previous=before)
    assert [(row["geo_id_wmo"], row["t"]) for row in rows_of(read)] == [
        ("07005", 281.5),
        ("07005", None),
        ("07020", 279.0),
        ("07020", 279.0),
    ]
    assert read.rejects.num_rows == 0, "the bad cell was already told of the version before"
    assert read.row_count == 6


@pytest.mark.parametrize("name", ["name", "Nom"])
def test_station_list_as_geojson(tmp_path, name):
    source = tmp_path / "postes_synop.geojson"
    source.write_text(
        f'{{"features": [{{"properties": {{"Id": "07005", "Altitude": 69, "{name}": "ABBEVILLE",'
        ' "Date_ouverture": "1921-01-01"},'
        ' "geometry": {"coordinates": [1.834, 50.136]}}]}'
    )
    _stations_to_csv(source, tmp_path / "stations.csv")
    reader = ArchiveReader(STATIONS, tmp_path / "scratch")
    (row,) = rows_of(reader.read(tmp_path / "stations.csv"))
    assert (row["id"], row["name"], row["latitude"], row["altitude"]) == ("07005", "ABBEVILLE", 50.136, 69.0)
    assert str(row["opened_on"]) == "1921-01-01"
    source.write_text('{"features": [{"properties": {}}]}')
    with pytest.raises(RefusedFile, match="not the station list as GeoJSON"):
        _stations_to_csv(source, tmp_path / "stations.csv")


@pytest.mark.parametrize(
    ("change", "row"),
    [
        ({"properties": {"Id": 7005, "Nom": "ABBEVILLE"}}, ("07005", "ABBEVILLE", 50.136)),
        ({"properties": {"Id": 7005.0, "Nom": 12}}, ("07005", "12", 50.136)),
        ({"properties": {"Id": "07005", "Nom": 'LE "PORT"'}}, ("07005", 'LE "PORT"', 50.136)),
        ({"properties": {"Id": "07005", "Nom": '"PORT" SUD'}}, ("07005", '"PORT" SUD', 50.136)),
        ({"properties": {"Id": "07005", "id": "07005"}}, ("07005", None, 50.136)),
        ({"geometry": None}, ("07005", "ABBEVILLE", None)),
        ({"geometry": {"coordinates": ["1.8", "50.1"]}}, ("07005", "ABBEVILLE", 50.1)),
        # the position is rejected, the station stays
        ({"geometry": "POINT (1.8 50.1)"}, ("07005", "ABBEVILLE", None)),
        ({"geometry": {"coordinates": {"lat": 50}}}, ("07005", "ABBEVILLE", None)),
        ({"properties": {"Id": "07005", "Nom": "ABBEVILLE", "Date_ouverture": [1921]}}, ("07005", "ABBEVILLE", 50.136)),
        # nobody can tell which station it is
        ({"properties": {"Id": "07005", "ID": "07015"}}, None),
        ({"properties": {"Id": 7005.5}}, None),
        ({"properties": {"Id": True}}, None),
        ({"properties": {"Id": ["07005"]}}, None),
        ({"properties": {"Id": "07005", "Nom": "\ud800"}}, None),
        ({"properties": {"Nom": "ABBEVILLE"}}, None),
        ({"properties": None}, None),
        ({"properties": "07005"}, None),
    ],
)
def test_a_bad_feature_of_the_station_list_costs_only_itself(tmp_path, change, row):
    feature = {"properties": {"Id": "07005", "Nom": "ABBEVILLE"}, "geometry": {"coordinates": [1.834, 50.136]}}
    good = {"properties": {"Id": "07015", "Nom": "LILLE"}, "geometry": {"coordinates": [3.1, 50.57]}}
    source = tmp_path / "postes_synop.geojson"
    source.write_text(json.dumps({"features": [{**feature, **change}, good]}))
    _stations_to_csv(source, tmp_path / "stations.csv")
    read = ArchiveReader(STATIONS, tmp_path / "scratch").read(tmp_path / "stations.csv")
    rows = {each["source_row"]: (each["id"], each["name"], each["latitude"]) for each in rows_of(read)}
    assert rows.pop(3) == ("07015", "LILLE", 50.57)
    assert rows == ({2: row} if row else {})
    rejects = read.rejects.to_pylist()
    assert {(each["source_row"], each["reason"]) for each in rejects if not each["column_name"]} == (
        set() if row else {(2, "no readable id")}
    )
    assert row or "'properties'" in rejects[0]["value"]


def test_rows_of_a_list_that_contradict_each_other_are_rejected(tmp_path):
    lines = ["ID;Nom;Latitude", "07005;ABBEVILLE;50.1", "07015;LILLE;50.5", "07005;ABBEVILLE;48.9"]
    lines += ["07020;LA HAGUE;49.7", "07020;LA HAGUE;49.70", "07024;GONNEVILLE;", "07024;GONNEVILLE;49.6"]
    path, before = tmp_path / "postesSynop.csv", tmp_path / "before.csv"
    path.write_text("\n".join([*lines, ""]))
    before.write_text("\n".join([*lines[:4], ""]))
    reader = ArchiveReader(STATIONS, tmp_path / "scratch")
    read = reader.read(path)
    assert [(row["source_row"], row["id"]) for row in rows_of(read)] == [(3, "07015"), (5, "07020"), (6, "07020")]
    reason = "another row has the same id and other values"
    expected = [
        (2, None, "07005", reason),
        (4, None, "07005", reason),
        (7, None, "07024", reason),
        (8, None, "07024", reason),
    ]
    assert [tuple(reject.values()) for reject in read.rejects.to_pylist()] == expected
    assert read.row_count == 7
    again = reader.read(path, previous=before)
    assert [tuple(reject.values()) for reject in again.rejects.to_pylist()] == expected[2:]


@pytest.mark.parametrize("features", ["[]", "null", "{}", '[{"properties": {}}, 7]'])
def test_a_list_without_a_station_is_refused(tmp_path, features):
    source = tmp_path / "postes_synop.geojson"
    source.write_text(f'{{"features": {features}}}')
    with pytest.raises(RefusedFile, match="not the station list as GeoJSON: no "):
        _stations_to_csv(source, tmp_path / "stations.csv")


def test_real_archives_read_whole(reader, real_data):
    counts = {path.name: reader.read(path).row_count for path in sorted(real_data("synop").glob("synop*.gz"))}
    assert (len(counts), sum(counts.values())) == (18, 211_986)
    early = real_data("synop") / "synop.202011.asof-20201114-from-05.csv.gz"
    later = real_data("synop") / "synop.202011.asof-20201124.csv.gz"
    # 11,569 rows, of which 4,240 - 184 corrected = 4,056 are as in the capture before
    assert reader.read(later, previous=early).appended_row_count == 11_569 - (4_240 - 184)


def _zipped(content: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("inner.csv", content)
    return made.getvalue()


@pytest.mark.parametrize(
    "wrap",
    [
        lambda plain: gzip.compress(gzip.compress(plain)),
        _zipped,
        lambda plain: plain.decode().encode("utf-16"),
        lambda plain: gzip.compress(b"\xfe\xff" + plain.decode().encode("utf-16-be")),
        lambda plain: b"\xef\xbb\xbf" + plain,
    ],
)
def test_wrappings_are_taken_off_whatever_the_name_says(tmp_path, wrap):
    path = tmp_path / "any.csv.gz"
    path.write_bytes(wrap("nom;é\n".encode()))
    with opened(path) as content:
        assert content.read() == "nom;é\n".encode()


def test_a_zip_of_an_unknown_compression_is_refused_with_the_reason(tmp_path):
    # the archive's own list says AES (99), which zipfile does not know
    made = re.sub(rb"(PK\x01\x02.{6})..", lambda found: found[1] + b"\x63\x00", _zipped(b"x\n"), flags=re.DOTALL)
    (tmp_path / "any.zip").write_bytes(made)
    with pytest.raises(RefusedFile, match="zip archive that cannot be read"), opened(tmp_path / "any.zip"):
        pass


def test_an_error_of_the_reader_is_not_the_files(tmp_path):
    (tmp_path / "any.csv").write_bytes(b"x\n")
    with pytest.raises(RecursionError), opened(tmp_path / "any.csv"):
        raise RecursionError


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ('"01014002";"ARBENT";46.2', ["01014002", "ARBENT", "46.2"]),
        ('"a;b"; "c" ;d', ["a;b", "c", "d"]),
        ('"say ""hi""";5" pipe', ['say "hi"', '5" pipe']),
        ('"open;b', None),
        ('"a"b;c', None),
        ('"";', ["", ""]),
    ],
)
def test_quotes_of_a_cell_are_taken_off(line, cells):
    assert split(line, ";") == cells


@pytest.mark.parametrize("end", ["9", "high"])  # the fast path and the careful one
def test_a_column_may_have_the_name_of_a_keyword_or_of_the_readers_own_columns(tmp_path, end):
    layout = Layout(
        columns={"at": TIME, "order": TEXT, "end": DOUBLE, "line": TEXT, "cells": DOUBLE},
        keys=("at", "order"),
        past=("at",),
        digits={"line": 1},
        is_list=True,
    )
    first = "at;order;end;line;cells\n2026-03-01T06:00:00Z;BREST;4.2;7;1\n"
    before, after = tmp_path / "before.csv", tmp_path / "after.csv"
    before.write_text(first)
    after.write_text(f"{first}2026-03-01T09:00:00Z;BREST;{end};7;1\n2027-01-01T00:00:00Z;BREST;4;7;1\n")
    reader = ArchiveReader(layout, tmp_path / "scratch")
    assert rows_of(reader.read(before))[0]["end"] == 4.2
    read = reader.read(after, before, Arrival(datetime(2026, 3, 2)))
    assert [(row["at"].hour, row["end"]) for row in rows_of(read)] == [(9, 9.0 if end == "9" else None)]
    assert read.ahead_count == 1
    assert read.rejects.num_rows == (1 if end == "9" else 2)
    with after.open("a") as more:
        more.write(";BREST;1;7;1\n")
    reject = reader.read(after, before).rejects.to_pylist()[-1]
    assert (reject["value"], reject["reason"]) == (";BREST;1;7;1", "no readable at and order")
    assert reader.keys(before)[0].column_names == ["at", "order"]
    reader.close()
