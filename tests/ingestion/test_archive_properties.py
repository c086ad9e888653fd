"""The archive reader against any bytes: read by its rule to the last cell, or refused in one line; never anything else."""

from __future__ import annotations

import gzip
import io
import json
import math
import os
import re
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from ingestion.load import fault_of_name, printable
from ingestion.readers.archive import ArchiveReader, Layout
from ingestion.readers.reading import BIGINT, DATE, DOUBLE, TEXT, TIME, RefusedFile
from ingestion.readers.wrappings import MOST_LAYERS, opened
from ingestion.sources.openweather.bodies import CITIES
from ingestion.sources.synop.columns import STATIONS
from ingestion.sources.synop.source import _stations_to_csv

MEASURED = Layout(
    columns={"station": TEXT, "validity_time": TIME, "t": DOUBLE, "u": DOUBLE, "code": TEXT, "opened_on": DATE},
    keys=("station", "validity_time"),
    aliases={"numer_sta": "station", "date": "validity_time"},
    digits={"station": 5},
)
"""The kinds of the archives' columns, on which the fast path is taken."""

COUNTED = Layout(
    columns={"id": TEXT, "n": BIGINT, "x": DOUBLE, "day": DATE},
    keys=("id",),
    missing=("",),
    time_formats=("%d/%m/%Y", "%Y%m%d"),
)
"""A short list with whole numbers, always read with care. %Y%m%d is as wide as 'infinity', which DuckDB takes for a date."""

FORMATS = {
    "%Y%m%d%H%M%S": r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)",
    "%Y-%m-%dT%H:%M:%SZ": r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)Z",
    "%Y-%m-%d %H:%M:%S": r"(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)",
    "%Y-%m-%d": r"(\d{4})-(\d\d)-(\d\d)",
    "%d/%m/%Y": r"(?P<d>\d\d)/(?P<m>\d\d)/(?P<Y>\d{4})",
    "%Y%m%d": r"(\d{4})(\d\d)(\d\d)",
}

# -- the rule, written down a second time, cell by cell in plain Python --------------------------------------------------


@dataclass
class Expected:
    rows: list[tuple[Any, ...]]
    rejects: list[tuple[int, str | None, str, str]]
    row_count: int
    unknown: list[str]
    contradicted: list[tuple[Any, ...]] = field(default_factory=list)


def stripped(text: str) -> str:
    """Without the spaces around it, of any alphabet; tabs and other controls are no spaces."""
    first, last = 0, len(text)
    while first < last and unicodedata.category(text[first]) == "Zs":
        first += 1
    while last > first and unicodedata.category(text[last - 1]) == "Zs":
        last -= 1
    return text[first:last]


def moment(text: str, formats: tuple[str, ...]) -> datetime | None:
    for format_ in formats:
        if found := re.fullmatch(FORMATS[format_], text, re.ASCII):
            named = found.groupdict()
            parts = [named[part] for part in "Ymd"] if named else found.groups()
            try:
                made = datetime(*map(int, parts))
            except ValueError:
                continue
            return made if 1650 <= made.year < 2200 or made == datetime(2200, 1, 1) else None
    return None


def typed(text: str, column: str, layout: Layout) -> tuple[Any, str]:
    """The value, None where it is none, and what it would have to be."""
    kind = layout.columns[column]
    if digits := layout.digits.get(column):
        is_number = text and set(text) <= set("0123456789") and digits - 1 <= len(text) <= digits
        return (text.zfill(digits) if is_number else None), f"not a number of {digits} digits"
    if kind == TEXT:
        return (None if "\0" in text else text), "not text"
    if kind == DOUBLE:
        is_number = re.fullmatch(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?", text)
        number = float(text) if is_number else math.inf
        least, largest = layout.bounds.get(column, (-(2**31) + 1, 2**31 - 1))
        reason = f"not a number from {least:g} to {largest:g}" if column in layout.bounds else "not a number"
        return (number if least <= number <= largest else None), reason
    if kind == BIGINT:
        return (int(text) if re.fullmatch(r"[+-]?[0-9]{1,18}", text) else None), "not a whole number"
    made = moment(text, layout.time_formats)
    if kind == DATE:
        return (made and made.date()), "not a date"
    return made, "not a time"


def lines_of(content: bytes) -> list[str] | None:
    """The file's lines, None where it is no text of whole lines, or another format."""
    if content[:2] == b"\x1f\x8b":
        try:
            content = gzip.decompress(content)
        except Exception:  # noqa: BLE001 - damaged in whatever way
            return None
    try:
        if content.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
            content = content.decode("utf-32").encode()
        elif content.startswith((b"\xff\xfe", b"\xfe\xff")):
            content = content.decode("utf-16").encode()
        content = content.removeprefix(b"\xef\xbb\xbf")
        if not content.endswith(b"\n") or content.lstrip()[:1] in (b"<", b"{", b"["):
            return None
        return content.decode().replace("\r\n", "\n")[:-1].split("\n")
    except UnicodeDecodeError:
        return None


def cells_of(line: str, delimiter: str) -> list[str] | None:
    """A line's cells, character by character; None where quotes do not match."""
    cells, cell, state = [], "", "begin"  # begin, bare, quoted, closed
    position = 0
    while position < len(line):
        character = line[position]
        if state == "quoted":
            if character != '"':
                cell += character
            elif line[position + 1 : position + 2] == '"':
                cell, position = cell + '"', position + 1
            else:
                state = "closed"
        elif character == delimiter:
            cells, cell, state = [*cells, cell], "", "begin"
        elif state == "closed":
            if character != " ":
                return None
        elif state == "begin" and character == '"':
            cell, state = "", "quoted"
        else:
            cell, state = cell + character, state if character == " " else "bare"
        position += 1
    return None if state == "quoted" else [*cells, cell]


def expected(content: bytes, layout: Layout) -> Expected | None:
    """What the file says; None where it is to be refused."""
    header, *lines = lines_of(content) or [""]
    written = cells_of(header, layout.delimiter)
    if written is None:
        return None
    names = [name.strip().lower() for name in written]
    fields = [layout.aliases.get(name, name) for name in names]
    known = [name for name in fields if name in layout.columns]
    if len(set(known)) < len(known) or not set(layout.keys) <= set(known):
        return None
    unknown = [
        name.strip()
        for name, field in zip(written, fields, strict=True)
        if field not in layout.columns and name.strip()
    ]
    found = Expected([], [], 0, unknown)
    for number, line in enumerate(lines, start=2):
        if not stripped(line):
            continue
        found.row_count += 1
        cells = cells_of(line, layout.delimiter)
        if cells is None:
            found.rejects.append((number, None, line[:200], "quotes that do not match"))
            continue
        if len(cells) != len(fields):
            reason = f"{len(fields)} fields expected, {len(cells)} found"
            found.rejects.append((number, None, line[:200], reason))
            continue
        row: dict[str, Any] = dict.fromkeys(layout.columns)
        bad: list[tuple[int, str | None, str, str]] = []
        for name, cell in zip(fields, map(stripped, cells), strict=True):
            if name in layout.columns and cell not in layout.missing:
                row[name], reason = typed(cell, name, layout)
                if row[name] is None:
                    bad.append((number, name, cell[:200], reason))
        if any(row[key] is None for key in layout.keys):
            reason = f"no readable {' and '.join(layout.keys)}"
            found.rejects.append((number, None, line[:200], reason))
        else:
            found.rows.append((*row.values(), number))
            found.rejects += bad
    if layout.is_list:  # their keys are one column, the first
        told = {row[:-1] for row in found.rows}
        twice = {key for key, count in Counter(values[0] for values in told).items() if count > 1}
        reason = f"another row has the same {layout.keys[0]} and other values"
        found.rejects += [(row[-1], None, row[0][:200], reason) for row in found.rows if row[0] in twice]
        found.contradicted = [row for row in found.rows if row[0] in twice]
        found.rows = [row for row in found.rows if row[0] not in twice]
    return found


# -- files: right ones, odd cells in them, and bytes -------------------------------------------------------------------

ODD_NUMBERS = [
    *("5", "-0.5", "+5", "--5", "+-5", "-+5", "5.", ".5", ".", "-", "+", "1e5", "1E-5", "1e+05", "1e", "e5", "1e5.", "1.5e5e5"),
    *("NaN", "nan", "inf", "-inf", "Infinity", "infinity", "1e999", "-1e999", "1e-999", "1_000", "0x10", "0b1", "1 000", "1'000"),
    *("14,4", "true", "null", "None", "٣", "１", "5\xa0", "\xa05", "\u30005", " 5", "5 ", "\t5", "5\t", "\x0b5", "5\0", "- 5"),
    *("9" * 400, "0." + "0" * 400 + "1", "1" + "0" * 310, "9007199254740993", "2.2250738585072011e-308", "-0", "-0.0", "007"),
    *("4.9e-324", "1.7976931348623157e308", "1.7976931348623159e308", "123456789012345678", "1234567890123456789"),
    *("5f", "5d", "5%", "5\u2028"),
]  # fmt: skip
ODD_TIMES = [
    *("20200101030000", "2020-01-01T03:00:00Z", "2020-01-01", "01/02/2020", "20200102", "2020-01-01 00:00:00", "31/12/1649"),
    *("2020010103000", "202001010300", "2020010103", "2020-1-1T3:0:0Z", "2020-01-01T3:00:00Z", "2020-01-01T03:00:00", "20-01-01"),
    *("infinity", "-infinity", "epoch", "now", "today", "0000-01-01T00:00:00Z", "00000101000000", "12020-01-01T00:00:00Z"),
    *("-202-01-01T00:00:00Z", "+202-01-01T00:00:00Z", "2020-02-30T00:00:00Z", "2020-01-01T24:00:00Z", "2020-01-01T23:59:60Z"),
    *("99991231235959", "22000101000000", "22000101000001", "16500101000000", "16491231235959", "2020-01-01T03:00:00+01:00"),
    *("2020-01-01t03:00:00z", "٢٠٢٠-01-01", "202-01-1T00:00:000Z", "2020 0101030000", "20200101 30000", "1/2/2020", "00/00/0000"),
]  # fmt: skip
ODD_TEXTS = [
    "07005",
    " 07005",
    "07005 ",
    "ORLY",
    '"quoted"',
    *('"5"', '""', '"a;b"', '"say ""hi"""', ' "5" ', '"open', '"a"b', '5" pipe'),
    "'",
    "\\",
    "\\N",
    "a\0b",
    "\x1b[0m",
    "a\rb",
    "mq",
    " mq",
    "MQ",
    "",
]
ODD_TEXTS += ["é", "\ufeff", "\x85", "\u2028", "\x1f", "\xa0", "\u200b", "x" * 300, "#", "NULL", "-", "//", "😀"]

texts = st.text(st.characters(exclude_characters=";\n", codec="utf-8"), max_size=12)
numbers = st.one_of(
    st.sampled_from(ODD_NUMBERS),
    st.floats(allow_nan=True, allow_infinity=True).map(repr),
    st.integers().map(str),
    st.sampled_from(["2147483647", "2147483648", "-2147483648", "1e300", "90", "90.001", "-90", "-180.5"]),
    st.decimals(allow_nan=False, allow_infinity=False).map(str),
    st.text("0123456789+-.eE_ \t", max_size=8),
)
times = st.one_of(
    st.sampled_from(ODD_TIMES),
    st.datetimes().flatmap(lambda at: st.sampled_from([at.strftime(format_) for format_ in FORMATS])),
    st.text("0123456789-/:TZ ", min_size=8, max_size=20),
)
NUMBERED = "a station's number"
good = {
    NUMBERED: st.sampled_from(["07005", "07510", "7510", "61998"]),
    TEXT: st.sampled_from(["07005", "07510", "ORLY", "2"]),
    DOUBLE: st.sampled_from(["280.5", "-0.1", "0", "1013.25", "mq", ""]),
    BIGINT: st.sampled_from(["0", "7", "-3", ""]),
    TIME: st.sampled_from(["20200101030000", "2020-01-01T03:00:00Z", "19960229000000"]),
    DATE: st.sampled_from(["2020-01-01T00:00:00Z", "20200101000000", "01/02/2020", "20200102", "2020-01-01", ""]),
}
ODD_STATIONS = [
    "0",
    "510",
    "007510",
    "7510.0",
    "0751O",
    "+7510",
    "7 510",
    "٧٥١٠",
    "７５１０",
    "07510\0",
    "99999999999999999999",
]
odd = {
    NUMBERED: st.sampled_from(ODD_STATIONS),
    TEXT: st.sampled_from(ODD_TEXTS),
    DOUBLE: numbers,
    BIGINT: numbers,
    TIME: times,
    DATE: times,
}


def cell(kind: str, oddness: int) -> st.SearchStrategy[str]:
    return st.integers(0, 9).flatmap(
        lambda drawn: (
            good[kind] if drawn >= oddness else st.one_of(odd[kind], odd[kind], st.sampled_from(ODD_TEXTS), texts)
        )
    )


@st.composite
def tables(draw: st.DrawFn, layout: Layout, max_rows: int = 6) -> bytes:
    """A table of the layout: columns in any order, some left out, some of nobody; cells right or odd; lines right or odd."""
    oddness = draw(st.sampled_from([0, 0, 1, 3]))
    kept = draw(st.sets(st.sampled_from([*layout.columns]))) | set(layout.keys)
    other_names = {column: alias for alias, column in layout.aliases.items()} if draw(st.booleans()) else {}
    kinds = {column: NUMBERED if column in layout.digits else kind for column, kind in layout.columns.items()}
    fields = [(other_names.get(column, column), kinds[column]) for column in layout.columns if column in kept]
    fields += [(name, TEXT) for name in draw(st.lists(st.sampled_from(["", "new", "new", "Unknown_1"]), max_size=2))]
    fields = draw(st.permutations(fields)) if draw(st.booleans()) else fields
    header = layout.delimiter.join(
        draw(st.sampled_from([name, name, name, name.upper(), f'"{name}"'])) for name, _ in fields
    )
    line = st.tuples(*(cell(kind, oddness) for _, kind in fields)).map(layout.delimiter.join)
    if oddness:
        line = st.one_of(
            *[line] * 8, st.sampled_from(["", " ", "\xa0", ";", "no", ";" * 99]), line.map(lambda text: text + ";")
        )
    lines = [header, *draw(st.lists(line, max_size=max_rows))]
    ends = st.just(draw(st.sampled_from(["\n", "\r\n"])))
    if oddness > 1:
        ends = st.sampled_from(["\n", "\r\n", "\n", "\r\r\n", "\n\n", "\r"])
    text = "".join(each + draw(ends) for each in lines)
    return draw(st.sampled_from([b"", b"", b"\xef\xbb\xbf"])) + text.encode()


@st.composite
def spoiled(draw: st.DrawFn, content: st.SearchStrategy[bytes]) -> bytes:
    """Bytes of a file after what networks, editors and disks do to them."""
    data = draw(content)
    packed = draw(st.booleans())
    if packed:
        data = gzip.compress(data, compresslevel=1, mtime=0)
    at, length = draw(st.integers(0, len(data))), draw(st.integers(0, 8))
    return draw(
        st.sampled_from(
            [
                data,
                data[:at],
                data[:at] + data[at + length :],
                data[:at] + draw(st.binary(max_size=8)) + data[at:],
                data[:at] + draw(st.binary(min_size=1, max_size=2)) + data[at + 1 :],
                data + data,
                data + draw(st.binary(max_size=30)),
                data.replace(b"\n", b"\r"),
                data.decode("latin-1").encode("utf-16"),
            ]
        )
    )


LAYOUTS = {"measured": MEASURED, "counted": COUNTED, "stations": STATIONS, "cities": CITIES}


@pytest.fixture(scope="module")
def readers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, ArchiveReader]]:
    scratch = tmp_path_factory.mktemp("readers")
    made = {name: ArchiveReader(layout, scratch / name) for name, layout in LAYOUTS.items()}
    yield made
    for reader in made.values():
        reader.close()


def told_of(refused: RefusedFile) -> None:
    """One line for a person."""
    assert str(refused).isprintable() and 5 < len(str(refused)) < 300


def read(reader: ArchiveReader, content: bytes, before: bytes | None = None) -> Expected | None:
    """What the reader makes of it, in the oracle's form. A refusal has one line that says why."""
    path, previous = reader.scratch / "file.csv", reader.scratch / "before.csv"
    path.write_bytes(content)
    if before is not None:
        previous.write_bytes(before)
    try:
        found = reader.read(path, previous if before is not None else None)
        table = found.rows.read_all()
    except RefusedFile as refused:
        told_of(refused)
        return None
    rejects = [tuple(each.values()) for each in found.rejects.to_pylist()]
    rows = [tuple(row.values()) for row in table.to_pylist()]
    assert len(rows) == found.appended_row_count
    return Expected(rows, rejects, found.row_count, found.unknown_columns)


def identified(reject: tuple[int, str | None, str, str], file: Expected, content: bytes) -> tuple[Any, ...]:
    """What makes a reject the same one in another version of the file: its text and the row it is of; of a line, all of it."""
    number, column, value, reason = reject
    row = next((row[:-1] for row in file.rows + file.contradicted if row[-1] == number), None)
    if row is None:
        return (lines_of(content) or [])[number - 1], reason
    return column, value, reason, row


def in_order(found: Expected | None) -> Any:
    """-0.0 is not 0.0 here, and rejects of one line are in no order."""
    if found is None:
        return None
    return repr(found.rows), sorted(found.rejects, key=repr), found.row_count, found.unknown


SHIFTED = b"station;validity_time;t;u\n07005;20200101030000;;280;mq\n"  # DuckDB drops a missing cell too many
SHORT = b"station;validity_time\n07005;2020010103000\n"
SPECIAL = b"station;validity_time\n07005;infinity\n07005;epoch\n"
SIGNS = b"station;validity_time;t\n07005;20200101030000;+-5\n"
SPACES = b"station;validity_time;code\n07005;20200101030000; mq\n ;20200101030000;1\n"
CARRIAGE = b"station;validity_time\n07005\r;20200101030000\r\r\n\r\n"

named_tables = st.sampled_from(sorted(LAYOUTS)).flatmap(lambda name: st.tuples(st.just(name), tables(LAYOUTS[name])))


@given(named_tables)
@example(("measured", SHIFTED))
@example(("measured", SHORT))
@example(("measured", SPECIAL))
@example(("measured", SIGNS))
@example(("measured", SPACES))
@example(("measured", CARRIAGE))
def test_every_cell_is_its_value_missing_or_rejected_on_both_paths(readers, table):
    name, content = table
    right = in_order(expected(content, LAYOUTS[name]))
    assert in_order(read(readers[name], content)) == right
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(ArchiveReader, "_read_typed", lambda *_: False)
        assert in_order(read(readers[name], content)) == right


@given(st.sampled_from(sorted(LAYOUTS)).flatmap(lambda name: st.tuples(st.just(name), spoiled(tables(LAYOUTS[name])))))
@example(("cities", "city_key\n".encode("utf-16")))
@example(("stations", "id;name\n7005;é\n".encode("utf-16-be")))
@example(("stations", b"\xff\xfe" + b"id\n"))
def test_a_spoiled_file_is_read_by_the_same_rule_or_refused(readers, table):
    name, content = table
    assert in_order(read(readers[name], content)) == in_order(expected(content, LAYOUTS[name]))


@given(st.one_of(st.binary(), st.binary().map(gzip.compress), st.text(st.characters(codec="utf-8")).map(str.encode)))
@example(b"")
@example(b"\xef\xbb\xbf")
@example(b"\x1f\x8b")
@example(b"\x1f\x8b\x08\x00")
@example(gzip.compress(gzip.compress(SHORT)))
@example(SHORT.decode().encode("utf-16"))
def test_any_bytes_are_read_or_refused(readers, content):
    assert in_order(read(readers["stations"], content)) == in_order(expected(content, STATIONS))


@st.composite
def versions(draw: st.DrawFn) -> tuple[str, bytes, bytes]:
    """Two versions of a file: lines kept, dropped, doubled, moved and changed; or two files of no relation."""
    name = draw(st.sampled_from(sorted(LAYOUTS)))
    before = draw(tables(LAYOUTS[name], max_rows=8))
    if draw(st.integers(0, 9)) == 0:
        return name, before, draw(tables(LAYOUTS[name]))
    header, *lines = before.splitlines(keepends=True)
    kept = draw(st.lists(st.sampled_from(lines), max_size=10)) if lines else []
    if kept and draw(st.booleans()):
        at = draw(st.integers(0, len(kept) - 1))
        kept[at] = kept[at].replace(
            draw(st.sampled_from([b"07005", b"0", b"5", b";"])), draw(st.sampled_from([b"1", b"x", b"mq"])), 1
        )
    return name, before, b"".join([header, *kept])


@given(versions())
@example(
    ("measured", b"station;validity_time;t\n1;20200101000000;x\n", b"station;validity_time;t\n1;20200101030000;x\n")
)
@example(("stations", b"id\n" + b"x" * 300 + b";1\n", b"id\n" + b"x" * 300 + b";2\n"))
def test_a_rewritten_file_appends_what_the_version_before_did_not_have(readers, pair):
    """Rows by their columns, line numbers apart; a row that is there several times, and is new, is appended as often."""
    name, before, after = pair
    old, new = expected(before, LAYOUTS[name]), expected(after, LAYOUTS[name])
    assume(old is not None and new is not None)
    found = read(readers[name], after, before)
    old_rows = {row[:-1] for row in old.rows}
    rows = [row for row in new.rows if row[:-1] not in old_rows]
    assert Counter(map(repr, found.rows)) == Counter(map(repr, rows))
    assert found.row_count == new.row_count
    known = {identified(each, old, before) for each in old.rejects}
    rejects = [each for each in new.rejects if identified(each, new, after) not in known]
    assert Counter(found.rejects) == Counter(rejects)


# -- the station list as GeoJSON -----------------------------------------------------------------------------------------

ODD_JSON = [
    None,
    True,
    0,
    -0.0,
    48.7,
    10**400,
    7005,
    "",
    " ",
    "07005",
    "a;b\nc",
    "48.7",
    "mq",
    "\ud800",
    "\0",
    [],
    [1],
    [1, 2, 3],
    {},
]
ODD_JSON += [float("nan"), float("inf"), {"name": "x"}, "1921-01-01", "01/02/1921", "1921", "x" * 300]


@st.composite
def geojson(draw: st.DrawFn) -> bytes:
    features = []
    for _ in range(draw(st.integers(0, 4))):
        name = draw(st.sampled_from(["name", "Nom", "nom", "NAME"]))
        known = {"Id": "07005", "Altitude": 69, "Date_ouverture": "1921-01-01", name: "ABBEVILLE"}
        feature: Any = {"properties": known, "geometry": {"coordinates": [1.834, 50.136]}}
        for _ in range(draw(st.sampled_from([0, 0, 1, 2]))):
            inside = draw(st.sampled_from([known, feature, feature["geometry"]]))
            if isinstance(inside, dict):
                inside[draw(st.sampled_from([*inside, "new"]))] = draw(st.sampled_from(ODD_JSON))
            if not isinstance(feature["geometry"], dict):
                break
        features.append(draw(st.sampled_from([feature] * 9 + ODD_JSON)))
    document: Any = draw(
        st.sampled_from([{"type": "FeatureCollection", "features": features}] * 9 + [{}, [], {"features": {}}])
    )
    data = json.dumps(document).encode()
    return draw(
        st.sampled_from(
            [data] * 6 + [data[: draw(st.integers(0, len(data)))], gzip.compress(data), b"\xff", b"[" * 9999]
        )
    )


def station_of(feature: Any) -> list[str]:
    """Cells of a feature, to be written in quotes; of one whose id or name cannot be read, itself without an id."""

    def at(path: str) -> Any:
        """What stands at a place. What stands where an object or list should be is an object of its place and itself."""
        value, done = feature, ""
        for step in path.split("/")[1:]:
            if value is None:
                return None
            if not isinstance(value, list if step in "01" else dict):
                return {done: value}
            if step in "01":
                value = value[int(step)] if int(step) < len(value) else None
            elif done == "/properties":
                value = {key.lower(): each for key, each in value.items()}.get(step)
            else:
                value = value.get(step)
            done += f"/{step}"
        return value

    names = [at(f"/properties/{name}") for name in ("name", "nom")]
    texts = [at("/properties/id"), next((each for each in names if each not in (None, "")), None)]
    places = (
        "/geometry/coordinates/1",
        "/geometry/coordinates/0",
        "/properties/altitude",
        "/properties/date_ouverture",
    )
    written = []
    for text in texts:
        is_whole = type(text) in (int, float) and math.isfinite(text) and text == int(text)
        written.append(f"{int(text)}" if is_whole else "" if text is None else text)
    others = map(at, places)
    written += ["" if each is None else each if isinstance(each, str) else json.dumps(each) for each in others]
    is_text = all(isinstance(each, str) and not re.search("[\ud800-\udfff]", each) for each in written)
    if not is_text or not written[0]:
        written = ["", json.dumps(feature).replace('"', "'"), "", "", "", ""]
    return [re.sub(r"[;\s]+", " ", cell) for cell in written]


def expected_of_geojson(content: bytes) -> Expected | None:
    def none(_: str) -> None:
        raise ValueError

    try:
        text = gzip.decompress(content) if content[:1] == b"\x1f" else content
        features = json.loads(text, parse_constant=none)["features"]
        lines = [station_of(feature) for feature in features] if isinstance(features, list) else []
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    if not any(cells[0] for cells in lines):
        return None
    header = "id;name;latitude;longitude;altitude;date_ouverture\n"
    quoted = (
        ";".join('"' + cell.replace('"', '""') + '"' if '"' in cell else cell for cell in cells) for cells in lines
    )
    return expected((header + "".join(line + "\n" for line in quoted)).encode(), STATIONS)


@given(geojson())
@example(b'{"features": [{"properties": {"Id": 7005}, "geometry": null}]}')
@example(b'{"features": [{"properties": {"Id": -7005.0, "Nom": 1.5}}, {"properties": {"Id": "07005"}, "geometry": 5}]}')
@example(
    b'{"features": [{"properties": {"Id": "07005", "Altitude": "69"}, "geometry": {"coordinates": "48"}}, null, 5]}'
)
@example(b'{"features": [{"properties": {"Id": "07005", "name": "", "Nom": "ABBEVILLE"}, "geometry": null}]}')
@example(b'{"features": [{"properties": {"Id": "07005", "name": "\\ud800"}, "geometry": null}]}')
@example(b'{"features": [{"properties": [], "geometry": {"coordinates": {"1": 2}}}]}')
def test_a_station_list_as_geojson_is_that_list_or_refused(readers, tmp_path_factory, content):
    source, reader = readers["stations"].scratch / "postes_synop.geojson", readers["stations"]
    source.write_bytes(content)
    try:
        _stations_to_csv(source, reader.scratch / "stations.csv")
    except RefusedFile as refused:
        told_of(refused)
        found = None
    else:
        found = read(reader, (reader.scratch / "stations.csv").read_bytes())
    assert in_order(found) == in_order(expected_of_geojson(content))


# --- wrappings and names ---------------------------------------------------------------------------------------------

ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-32")
"""Those that the first bytes tell: Python writes a byte order mark with the last three."""


def zipped(content: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner.csv", content)
    return made.getvalue()


@given(
    text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufeff"), min_size=4),
    encoding=st.sampled_from(ENCODINGS),
    layers=st.lists(st.sampled_from([gzip.compress, zipped]), max_size=MOST_LAYERS + 1),
)
def test_what_is_wrapped_comes_out_as_it_was_or_is_refused(tmp_path_factory, text, encoding, layers):
    content = text.encode(encoding)
    for wrap in layers:
        content = wrap(content)
    path = tmp_path_factory.getbasetemp() / "wrapped"
    path.write_bytes(content)
    if len(layers) > MOST_LAYERS:
        with pytest.raises(RefusedFile, match="compressed more than"), opened(path) as found:
            found.read()
    else:
        with opened(path) as found:
            assert found.read().decode() == text


@given(st.binary(min_size=1, max_size=60).map(lambda name: os.fsdecode(name.replace(b"\0", b""))))
@example("._synop_2025.csv")
@example("__MACOSX/synop_2025.csv")
@example("synop_2025\udcff.csv")
@example("synop\n2025.csv")
def test_a_name_that_is_taken_can_be_held_by_everything_and_any_can_be_shown(name):
    shown = printable(name)
    assert shown.isprintable()
    shown.encode()
    if fault_of_name(name) is None:
        assert shown == name and not name.rpartition("/")[2].startswith("._") and "__MACOSX" not in name.split("/")
