"""Reading JSON bodies into Arrow: declared columns found by path, a value of another type rejected with its place.

A layout says how a document falls into records (one answer, an array of them, an object keyed by city, JSON lines of requests
and answers), and where in a record each column is. Bodies are small, so they are read in Python; a year of polls of a hundred
cities is some thousand files.

A number in a DOUBLE column is the double nearest to it; a BIGINT or TIME column takes whole numbers only, exactly.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from ingestion.readers.reading import (
    AHEAD,
    ARROW_TYPE,
    BARE,
    BIGINT,
    DOUBLE,
    EARLIEST,
    LARGEST_NUMBER,
    LATEST,
    REJECT_SCHEMA,
    REJECTED_VALUE_LENGTH,
    TEXT,
    TIME,
    Arrival,
    Bounds,
    ReadFile,
    RefusedFile,
    within,
)
from ingestion.readers.wrappings import opened
from isobar.settings import Settings

UNREAD = "unread_amounts"
"""The column that names the amounts whose member is there and holds no readable number: unknown rain is not absent rain."""

DEEPEST = 50
"""Values inside one another: real bodies have 5, and Python reads deeper ones than it can write down again."""

Path_ = tuple[str | int, ...]

Given = tuple[object, Path_, str]
"""A document, a path in it, and the JSON pointer of the document."""

Fault = tuple[object, str, str]
"""What stands where a readable value should be, why it is none, and its place as the end of that sentence."""


class NotJson(ValueError):
    """The text is not JSON that means one thing only."""


@dataclass(frozen=True)
class Record:
    """One row to be: a JSON object and where it lies.

    Attributes:
        body: what the layout's paths are looked up in; None when there is nothing to read, then `fault` says why.
        pointer: JSON pointer of `body` in its document, after the line number where the file has JSON lines.
        given: columns that are found elsewhere than in `body`.
        undecided: columns that `body` leaves open: what it has instead, and why that is not enough. They are rejected.
    """

    body: Mapping[str, Any] | None
    pointer: str
    given: Mapping[str, Given] = field(default_factory=dict)
    fault: str | None = None
    undecided: Mapping[str, tuple[object, str]] = field(default_factory=dict)


Split = Callable[[str, Settings, Arrival], Iterator[Record]]
"""A file's text -> its records.

Raises:
    RefusedFile, NotJson: the text as a whole is not what was expected.
"""


@dataclass(frozen=True)
class BodyLayout:
    """The raw table that JSON bodies feed.

    Attributes:
        columns: raw column -> TEXT, DOUBLE, BIGINT or TIME.
        paths: column -> where it is in a record's body. An absent member is null; one of another type is rejected.
        keys: columns without which a row means nothing; of a group, one is enough. Blank text in one is missing.
        split: how a file falls into records.
        bounds: column -> least and largest value; every number lies within LARGEST_NUMBER.
        fill: column -> the number that the provider writes for "no value".
        past: columns of times that lie before the landing.
        amounts: columns whose absence means none. What is there and not understood is named in UNREAD, a column of the layout:
            a member without a readable number, or an object that has members and none of those of the layout.
    """

    columns: Mapping[str, str]
    paths: Mapping[str, Path_]
    keys: tuple[tuple[str, ...], ...]
    split: Split
    bounds: Mapping[str, Bounds] = field(default_factory=dict)
    fill: Mapping[str, float] = field(default_factory=dict)
    past: tuple[str, ...] = ()
    amounts: tuple[str, ...] = ()

    def open_reader(self, scratch: Path, settings: Settings) -> BodyReader:  # noqa: ARG002 - archives need it
        return BodyReader(self, settings)


class BodyReader:
    """Reads the files of one layout."""

    def __init__(self, layout: BodyLayout, settings: Settings) -> None:
        self.layout, self.settings = layout, settings
        self.keys = {column for group in layout.keys for column in group}
        # what is asked of every row, looked up once: a year of polls has millions of them
        self.columns = [
            (column, kind, layout.paths.get(column, (column,)), layout.bounds.get(column), layout.fill.get(column))
            for column, kind in layout.columns.items()
            if column != UNREAD
        ]

    def close(self) -> None:
        """Nothing is held."""

    def read(
        self, path: Path, previous: Path | None = None, arrival: Arrival = BARE, previous_arrival: Arrival = BARE
    ) -> ReadFile:
        """See :class:`ingestion.readers.reading.Reader`. `source_row` is the record's number in the file, from 1."""
        rows, rejects, row_count = self._records(path, arrival)
        if previous is not None:
            old_rows, old_rejects, _ = self._records(previous, previous_arrival)
            rows = _only_new(rows, old_rows, tuple(self.layout.columns))
            rejects = _only_new(rejects, old_rejects, ("column_name", "identity"))
        schema = pa.schema([(name, ARROW_TYPE[kind]) for name, kind in self.layout.columns.items()])
        table = pa.Table.from_pylist(rows, schema.append(pa.field("source_row", pa.int64())))
        return ReadFile(
            row_count=row_count,
            rows=table.to_reader(),
            appended_row_count=len(rows),
            rejects=pa.Table.from_pylist(rejects, REJECT_SCHEMA),
            unknown_columns=[],
            ahead_count=sum(reject["reason"].endswith(AHEAD) for reject in rejects),
        )

    def _records(self, path: Path, arrival: Arrival) -> tuple[list[dict[str, Any]], list[dict[str, Any]], int]:
        try:
            with opened(path) as content:
                text = content.read().decode()
            records = list(self.layout.split(text, self.settings, arrival))
        except UnicodeDecodeError as error:
            raise RefusedFile(f"not UTF-8 text (byte {error.start})") from None
        except NotJson as error:
            raise RefusedFile(str(error)) from None
        horizon = arrival.horizon
        rows: list[dict[str, Any]] = []
        rejects: list[dict[str, Any]] = []
        for number, record in enumerate(records, start=1):
            if record.body is None:
                rejects.append(_reject(number, None, None, str(record.fault), f" at {record.pointer or '/'}"))
                continue
            row, faults = self._row(record)
            missing = [
                " or ".join(group) for group in self.layout.keys if not any(row[key] is not None for key in group)
            ]
            ahead = [name for name in self.layout.past if horizon and row[name] and row[name] > horizon]
            # a row's place in the file may be another in the next version: what it holds tells it apart
            identity = tuple(row.values())
            rejects += [
                _reject(number, column, value, reason, place, identity)
                for column, (value, reason, place) in faults.items()
            ]
            if missing:
                reason = f"no readable {' and no '.join(missing)}"
                rejects.append(_reject(number, None, record.body, reason, f" at {record.pointer or '/'}", identity))
            elif ahead:
                rejects.append(_reject(number, None, str(row[ahead[0]]), f"{ahead[0]} {AHEAD}", "", identity))
            else:
                rows.append({**row, "source_row": number})
        return rows, rejects, len(records)

    def _row(self, record: Record) -> tuple[dict[str, Any], dict[str, Fault]]:
        """The record's columns, and those that have no readable value."""
        layout, given, undecided = self.layout, record.given, record.undecided
        row: dict[str, Any] = dict.fromkeys(layout.columns)
        faults: dict[str, Fault] = {column: (value, reason, "") for column, (value, reason) in undecided.items()}
        document: object
        for column, kind, path, bounds, fill in self.columns:
            if column in undecided:
                continue
            document, pointer = record.body, record.pointer
            if column in given:
                document, path, pointer = given[column]
            try:
                found = find(document, path, pointer)
                if found is not None and not _is_fill(found, fill):
                    value = _TYPED[kind](found)
                    if bounds and not bounds[0] <= value <= bounds[1]:
                        raise ValueError
                    row[column] = value
            except WrongType as wrong:
                faults[column] = wrong.value, f"not {wrong.expected}", f": {wrong.pointer}"
            except ValueError:
                faults[column] = found, f"not {_NAMED[kind]}{within(bounds)}", f": {pointer}{_pointer(path)}"
        for column in self.keys:
            if isinstance(row[column], str) and not row[column].strip():
                row[column] = None
        if UNREAD in layout.columns:
            unread = [name for name in layout.amounts if row[name] is None and self._is_there(record, name, faults)]
            row[UNREAD] = ",".join(unread) or None
        return row, faults

    def _is_there(self, record: Record, amount: str, faults: dict[str, Fault]) -> bool:
        """Whether something stands at an amount's place. An object none of whose members the layout knows is a fault."""
        *way, name = self.layout.paths[amount]
        body: object = record.body
        for step in way:
            if not isinstance(body, dict):
                return True
            if step not in body:
                return False
            body = body[step]
        if not isinstance(body, dict):
            return True
        amounts = (self.layout.paths[each] for each in self.layout.amounts)
        known = [path[-1] for path in amounts if [*path[:-1]] == way]
        is_foreign = bool(body) and not any(each in body for each in known)
        if is_foreign:
            faults[amount] = body, f"no {' or '.join(map(str, known))}", f": {record.pointer}{_pointer(tuple(way))}"
        return name in body or is_foreign


def parse(text: str, deepest: int = DEEPEST) -> Any:
    """JSON in which every name of an object occurs once, every number is one, and values nest no deeper than `deepest`.

    Raises:
        NotJson: with the place.
    """
    try:
        document = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
        if _is_deeper(document, deepest):
            raise RecursionError
        return document
    except NotJson:
        raise
    except RecursionError:
        raise NotJson("not readable as JSON: nested too deeply") from None
    except ValueError as error:
        start = text.lstrip()[:1]
        if start == "<":
            raise NotJson("HTML instead of JSON: the server answered with something else") from None
        if not start:
            raise NotJson("the file is empty") from None
        raise NotJson(f"not readable as JSON: {str(error)[:150]}") from None


def escaped(name: str) -> str:
    """A member's name in a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")


class WrongType(Exception):
    """A value of another type than declared, or of what lies on the way to it."""

    def __init__(self, value: object, expected: str, pointer: str) -> None:
        super().__init__(f"not {expected}: {pointer}")
        self.value, self.expected, self.pointer = value, expected, pointer


def find(document: object, path: Path_, pointer: str) -> object:
    """The member at `path`, None where some step is absent or null.

    Raises:
        WrongType: some step is not the object or list that it would have to be.
    """
    for depth, step in enumerate(path):
        if type(document) is dict and type(step) is str:  # nearly always
            document = document.get(step)
            continue
        if document is None:
            return None
        if isinstance(step, int):
            if not isinstance(document, list):
                raise WrongType(document, "a list", pointer + _pointer(path[:depth]))
            document = document[step] if step < len(document) else None
        else:
            if not isinstance(document, dict):
                raise WrongType(document, "an object", pointer + _pointer(path[:depth]))
            document = document.get(step)
    return document


def _is_fill(value: object, fill: float | None) -> bool:
    return fill is not None and not isinstance(value, bool) and value == fill


# -- what each kind takes; anything else is a ValueError -----------------------------------------------------------------


def _double(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError
    try:
        number = float(value)
    except OverflowError:
        raise ValueError from None
    if not abs(number) <= LARGEST_NUMBER:  # nor 1e999
        raise ValueError
    return number


def _bigint(value: object) -> int:
    _double(value)
    whole = int(value)  # type: ignore[call-overload]
    if whole != value:
        raise ValueError
    return int(whole)


def _seconds(value: object) -> int:
    """Unix seconds reach beyond LARGEST_NUMBER, the year 2038."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value or int(value) != value:
        raise ValueError
    return int(value)


def _text(value: object) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise ValueError
    value.encode()  # half of a surrogate pair cannot be
    return value


def moment_of(value: object) -> datetime:
    """Unix seconds, or a time that the layout's split has read already, as naive UTC.

    Raises:
        ValueError: neither, or outside of EARLIEST to LATEST.
    """
    try:
        moment = value if isinstance(value, datetime) else datetime.fromtimestamp(_seconds(value), UTC)
        moment = moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    except (OverflowError, OSError):
        raise ValueError from None
    if not EARLIEST <= moment <= LATEST:
        raise ValueError
    return moment


_TYPED: Mapping[str, Callable[[object], Any]] = {DOUBLE: _double, BIGINT: _bigint, TEXT: _text, TIME: moment_of}
_NAMED = {DOUBLE: "a number", BIGINT: "a whole number", TEXT: "text", TIME: "a time"}


def _pointer(path: Path_) -> str:
    return "".join(f"/{escaped(step) if isinstance(step, str) else step}" for step in path)


def _reject(
    number: int, column: str | None, value: object, reason: str, place: str, identity: tuple[object, ...] = ()
) -> dict[str, Any]:
    """A reject, and what makes it the same one in another version of the file: its row, value and reason, at any place."""
    shown = None
    if value is not None:
        shown = value if isinstance(value, str) else json.dumps(value, default=str)
        shown = shown.encode("utf-8", "replace").decode().replace("\0", "\\0")
    return {
        "source_row": number,
        "column_name": column,
        "value": shown and shown[:REJECTED_VALUE_LENGTH],
        "reason": "".join(each if each.isprintable() else repr(each)[1:-1] for each in reason + place),
        "identity": (*identity, shown, reason) if identity else reason + place,
    }


def _only_new(
    rows: list[dict[str, Any]], known: list[dict[str, Any]], columns: tuple[str, ...]
) -> list[dict[str, Any]]:
    seen = {tuple(row[column] for column in columns) for row in known}
    return [row for row in rows if tuple(row[column] for column in columns) not in seen]


def _is_deeper(document: object, deepest: int) -> bool:
    level = [document]
    for _ in range(deepest):
        level = [
            inner
            for value in level
            if isinstance(value, dict | list)
            for inner in (value.values() if isinstance(value, dict) else value)
        ]
        if not level:
            return False
    return any(isinstance(value, dict | list) for value in level)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise NotJson(f"not readable as JSON: {repeated[:50]!r} occurs twice in one object")
    return made


def _no_constant(name: str) -> None:
    raise NotJson(f"not readable as JSON: {name} is not a number")
