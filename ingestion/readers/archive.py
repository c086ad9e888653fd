"""Reading published CSV archives into Arrow: many layouts, one reader, no Python loop over rows.

A file is inflated once to a plain scratch copy (that is where a truncated gz, a page of HTML and a missing last line
are told apart), read by DuckDB into a typed table, compared with the version loaded before it, and streamed out as Arrow.
The typed read is the fast path. A file with a single cell it cannot take is read again as lines of text, so that the cell
goes to the rejects with its line number and the rest of the file is kept.

Both paths read a cell by one rule. Spaces around it do not count. A cell that begins with a double quote ends with the next one
that is not doubled, and its quotes go: delimiters between them are its own. A row whose quotes do not match is rejected.
Empty, or one of the layout's texts for it, is missing. A number is what NUMBER or INTEGER matches, within LARGEST_NUMBER and the
layout's bounds; a time is written in full width in one of the layout's formats and lies between EARLIEST and LATEST; a text
holds no NUL. Whatever else stands there is rejected and missing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from pathlib import Path

import duckdb
import pyarrow as pa

from ingestion.readers.reading import (
    AHEAD,
    BARE,
    BIGINT,
    DATE,
    DOUBLE,
    EARLIEST,
    LARGEST_NUMBER,
    LATEST,
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

CHUNK_BYTES = 1 << 22
"""Read at a time; a single line that is longer belongs to no table."""

ARROW_BATCH_ROWS = 122_880
"""DuckDB's own row group: larger batches cost memory and gain no speed."""

READER_MEMORY = "300MB"
"""A year of one network is some 100 to 250 MB as a table; beyond this DuckDB spills to the scratch folder."""

INTEGER = r"[+-]?\d{1,18}"
NUMBER = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"
"""What counts as a number. DuckDB's own cast also takes '1_000', '+-5', 'inf' and 'nan', which no provider means."""

CONTROLS = bytes(byte for byte in (*range(32), 127) if byte != ord("\n"))
"""DuckDB's cast passes over some of them, a tab before a number."""

GROUPED_DIGITS = re.compile(rb"\d_\d")
"""'1_000'; between letters an underscore is part of a name."""

REJECT_COLUMNS = "source_row bigint, column_name varchar, value varchar, reason varchar, row_hash varchar"


@dataclass(frozen=True)
class Layout:
    """What an archive's table looks like, whichever of its published layouts a file has.

    Attributes:
        columns: raw column -> TEXT, DOUBLE, BIGINT, TIME or DATE.
        keys: columns without which a row means nothing.
        aliases: header name (lower case) -> raw column, for the names that differ between layouts.
        missing: cell texts that mean "no value".
        time_formats: strptime formats of TIME and DATE cells, of parts that have a fixed width (%Y, %m, not %B).
        to_csv: turns a file that is not CSV by its name into one (source path, target path).
        bounds: column -> least and largest value. Without, a number lies within LARGEST_NUMBER, a time between EARLIEST and
            LATEST.
        past: columns of times that lie before the landing: of a key the row is rejected, of another column the cell.
        is_list: a key has one row. Of rows that give one key differently nobody knows which counts: all are rejected.
        digits: TEXT column of a station's number -> how many digits it has. One too few is a first zero lost on the way.
    """

    columns: Mapping[str, str]
    keys: tuple[str, ...]
    aliases: Mapping[str, str] = field(default_factory=dict)
    delimiter: str = ";"
    missing: tuple[str, ...] = ("", "mq")
    time_formats: tuple[str, ...] = ("%Y%m%d%H%M%S", "%Y-%m-%dT%H:%M:%SZ")
    to_csv: Callable[[Path, Path], None] | None = None
    bounds: Mapping[str, Bounds] = field(default_factory=dict)
    past: tuple[str, ...] = ()
    is_list: bool = False
    digits: Mapping[str, int] = field(default_factory=dict)

    def open_reader(self, scratch: Path, settings: Settings) -> ArchiveReader:  # noqa: ARG002 - other layouts need them
        return ArchiveReader(self, scratch)

    def resolve(self, header: str) -> list[str | None]:
        """The raw column of each field of a header line, None where the field is not one of ours.

        Raises:
            RefusedFile: a key column is missing, or two fields claim the same column.
        """
        names = [name.strip().lower() for name in names_of(header, self.delimiter)]
        resolved = [self.aliases.get(name, name) for name in names]
        known = [name if name in self.columns else None for name in resolved]
        repeated = sorted({name for name in known if name and known.count(name) > 1})
        if repeated:
            raise RefusedFile(f"the header names {', '.join(repeated)} more than once")
        for key in self.keys:
            if key not in known:
                names_of_key = [key, *(alias for alias, column in self.aliases.items() if column == key)]
                raise RefusedFile(f"the header has no column {' or '.join(names_of_key)}")
        return known


class ArchiveReader:
    """Reads the files of one layout. Owns an in-memory DuckDB that spills to `scratch`."""

    def __init__(self, layout: Layout, scratch: Path) -> None:
        self.layout = layout
        self.scratch = scratch
        self.scratch.mkdir(parents=True, exist_ok=True)
        self.connection = duckdb.connect(
            config={"memory_limit": READER_MEMORY, "temp_directory": str(scratch / "spill"), "threads": 1}
        )

    def close(self) -> None:
        self.connection.close()

    def read(
        self, path: Path, previous: Path | None = None, arrival: Arrival = BARE, previous_arrival: Arrival = BARE
    ) -> ReadFile:
        """Read `path` (plain or gz); with `previous`, keep only rows and rejects that version did not have.

        The rows stream from a table that the next call replaces: consume them first.

        Raises:
            RefusedFile: truncated, not CSV, or without its key columns.
        """
        row_count, unknown_columns = self._table("incoming", path, arrival)
        if previous is not None:
            self._table("previous", previous, previous_arrival)
            self._keep_only_new("incoming", "previous", [*self.layout.columns])
            self._keep_only_new("incoming_rejects", "previous_rejects", ["column_name", "value", "reason", "row_hash"])
            self.connection.execute("drop table previous; drop table previous_rejects")
        return ReadFile(
            row_count=row_count,
            appended_row_count=self._number("select count(*) from incoming"),
            rejects=self.connection.sql(
                f"select source_row, column_name, value[:{REJECTED_VALUE_LENGTH}] as value, reason from incoming_rejects"
                " order by source_row, column_name"
            ).to_arrow_table(),
            unknown_columns=unknown_columns,
            ahead_count=self._number(
                f"select count(*) from incoming_rejects where column_name is null and reason like '%{AHEAD}'"
            ),
            # a cursor of its own: the next statement on this connection would end a stream that is still being read
            rows=self.connection.cursor().sql("select * from incoming").to_arrow_reader(ARROW_BATCH_ROWS),
        )

    def keys(self, path: Path) -> tuple[pa.Table, bool]:
        """Every key of `path` once, and whether each is of one row: rows alike in every column are one.

        Raises:
            RefusedFile: as :meth:`read`.
        """
        self._table("incoming", path, BARE)
        keys = _listed(self.layout.keys)
        self.connection.execute(
            "create or replace table incoming as select distinct * exclude (source_row) from incoming"
        )
        found = self.connection.sql(f"select distinct {keys} from incoming").to_arrow_table()
        return found, self._number("select count(*) from incoming") == found.num_rows

    def _table(self, name: str, path: Path, arrival: Arrival) -> tuple[int, list[str]]:
        """Fill the tables `name` and `name`_rejects. Returns the file's data rows and the header's unknown names."""
        plain = self.scratch / f"{name}.csv"
        converted = self.scratch / f"{name}.converted.csv"
        unquoted = self.scratch / f"{name}.unquoted.csv"
        try:
            if self.layout.to_csv and ".csv" not in path.suffixes:
                self.layout.to_csv(path, converted)
                path = converted
            text = inflate(path, plain, self.layout.delimiter)
            plainest = unquote(plain, unquoted, text, self.layout.delimiter) if text.has_quotes else text
            fields = self.layout.resolve(text.header)
            names = [name.strip() for name in names_of(text.header, self.layout.delimiter)]
            unknown = [name for name, known in zip(names, fields, strict=True) if known is None and name]
            self.connection.execute(f"create or replace table {name}_rejects ({REJECT_COLUMNS})")
            fast = unquoted if text.has_quotes else plain
            if plainest is None or not self._read_typed(name, fast, plainest, fields):
                self._read_lines(name, plain, fields, has_quotes=text.has_quotes)
            self._reject_ahead(name, arrival)
            if self.layout.is_list:
                self._reject_contradicted(name)
            rejected_rows = self._number(f"select count(*) from {name}_rejects where column_name is null")
            return self._number(f"select count(*) from {name}") + rejected_rows, unknown
        finally:
            plain.unlink(missing_ok=True)
            converted.unlink(missing_ok=True)
            unquoted.unlink(missing_ok=True)

    def _read_typed(self, name: str, plain: Path, text: InflatedText, fields: list[str | None]) -> bool:
        """The fast path. False when some cell or line needs a closer look; the table is then not to be used."""
        # DuckDB would round 2.5 to an integer; only short lists have integers
        if text.is_read_laxly or BIGINT in self.layout.columns.values():
            return False
        # nor would it mind a separator too many, all cells behind it in wrong columns, where the line ends in missing ones.
        # Too many or a control character: either makes this count larger, and a separator too few is an error below.
        if text.separating_count != text.line_count * (len(fields) - 1):
            return False
        columns = {
            # our own names for fields we do not know: two of them may be alike (the phantom last one has none)
            known or f"unknown_{position}": "DOUBLE" if known and self.layout.columns[known] == DOUBLE else "VARCHAR"
            for position, known in enumerate(fields)
        }
        selected = ", ".join(
            f"{self._lax(column) if column in fields else 'null'}::{_SQL_TYPE[kind]} as {_quoted(column)}"
            for column, kind in self.layout.columns.items()
        )
        try:
            self.connection.execute(
                f"create or replace table {name} as select {selected}, 1 + row_number() over () as source_row"
                f" from read_csv(?, columns={columns!r}, header=true, auto_detect=false, delim=?, quote='', escape='',"
                f" nullstr={list(self.layout.missing)!r}, new_line='\\n')",
                [str(plain), self.layout.delimiter],
            )
        except duckdb.Error:
            return False
        checks = [
            f"count(*) = {text.line_count - 1}",  # fewer: blank lines, which would shift the line numbers
            *(f"count({_quoted(key)}) = count(*)" for key in self.layout.keys),
            *(
                f"coalesce(bool_and({self._in_range(column, _quoted(column))}), true)"
                for column, kind in self.layout.columns.items()
                if kind in _RANGE
            ),
            *(f"coalesce(bool_and({self._is_number(column)}), true)" for column in self.layout.digits),
        ]
        return bool(self._number(f"select {' and '.join(checks)} from {name}"))

    def _read_lines(self, name: str, plain: Path, fields: list[str | None], *, has_quotes: bool) -> None:
        """The careful path: every line split here, every cell tried by itself, what fails kept as a reject."""
        delimiter = self.layout.delimiter
        self.connection.register("whole_lines", _lines(plain, delimiter if has_quotes else None))
        self.connection.execute(
            f"create or replace table {name}_lines as"
            f" select source_row, {'cells' if has_quotes else 'string_split(line, ?) as cells'}, line from whole_lines"
            " where source_row > 1 and trim(line) <> ''",
            [] if has_quotes else [delimiter],
        )
        self.connection.unregister("whole_lines")
        cells = ", ".join(
            f"{self._present(f'cells[{position}]')} as {_quoted(known)}"
            for position, known in enumerate(fields, start=1)
            if known
        )
        typed = ", ".join(
            f"{self._strict(column) if column in fields else 'null'}::{_SQL_TYPE[kind]} as {_quoted(column)}"
            for column, kind in self.layout.columns.items()
        )
        has_keys = " and ".join(f"{_quoted(key)} is not null" for key in self.layout.keys)
        self.connection.execute(
            f"create or replace table {name}_cells as"
            f" select source_row, {cells} from {name}_lines where len(cells) = {len(fields)}"
        )
        self.connection.execute(
            f"create or replace table {name} as"
            f" select * from (select {typed}, source_row from {name}_cells) where {has_keys}"
        )
        rejects = [
            f"select source_row, null, line, '{len(fields)} fields expected, ' || len(cells) || ' found', null"
            f" from {name}_lines where len(cells) <> {len(fields)}",
            f"select source_row, null, line, 'quotes that do not match', null from {name}_lines where cells is null",
            f"select source_row, null, line, 'no readable {' and '.join(self.layout.keys)}', null"
            f" from {name}_lines semi join {name}_cells using (source_row) anti join {name} using (source_row)",
        ]
        kinds = {column: kind for column, kind in self.layout.columns.items() if column in fields}
        is_bad = {column: f"(c.{_quoted(column)} is not null and t.{_quoted(column)} is null)" for column in kinds}
        found = ", ".join(
            f"case when {is_bad[column]} then {{name: '{column}', value: c.{_quoted(column)}, kind: '{self._named(column)}'}} end"
            for column in kinds
        )
        # in the next version of the file the same text may be rejected in another row: the row tells them apart
        row = ", ".join(f"t.{_quoted(column)}" for column in self.layout.columns)
        rejects.append(
            "select source_row, cell.name, cell.value, 'not ' || cell.kind, row_hash from ("
            f"  select source_row, unnest([{found}]) as cell, md5(row({row})::varchar) as row_hash"
            f"  from {name}_cells c join {name} t using (source_row) where {' or '.join(is_bad.values())}"
            ") where cell is not null"
        )
        for reject in rejects:
            self.connection.execute(f"insert into {name}_rejects {reject}")
        for step in ("lines", "cells"):
            self.connection.execute(f"drop table {name}_{step}")

    def _reject_ahead(self, name: str, arrival: Arrival) -> None:
        """Move rows and cells of a time after the landing to the rejects."""
        row = _listed(self.layout.columns)
        for column in self.layout.past if arrival.horizon else ():
            is_ahead = f"{_quoted(column)} > timestamp '{arrival.horizon}'"
            if self._number(f"select count(*) from {name} where {is_ahead}"):
                is_key = column in self.layout.keys
                self.connection.execute(
                    f"insert into {name}_rejects select source_row, {'null' if is_key else repr(column)},"
                    f" {_quoted(column)}::varchar, '{column} {AHEAD}', md5(row({row})::varchar) from {name} where {is_ahead}"
                )
                undo = f"delete from {name}" if is_key else f"update {name} set {_quoted(column)} = null"
                self.connection.execute(f"{undo} where {is_ahead}")

    def _reject_contradicted(self, name: str) -> None:
        """Move the rows of a key that others give differently to the rejects."""
        keys, columns = _listed(self.layout.keys), _listed(self.layout.columns)
        distinct = f"select distinct {columns} from {name}"
        is_contradicted = f"({keys}) in (select ({keys}) from ({distinct}) group by all having count(*) > 1)"
        self.connection.execute(
            f"insert into {name}_rejects select source_row, null, concat_ws({self.layout.delimiter!r}, {keys}),"
            f" 'another row has the same {', '.join(self.layout.keys)} and other values', md5(row({columns})::varchar)"
            f" from {name} where {is_contradicted}"
        )
        self.connection.execute(f"delete from {name} where {is_contradicted}")

    def _present(self, cell: str) -> str:
        """A cell without the spaces around it, null where it says "no value"."""
        missing = ", ".join(f"'{text}'" for text in self.layout.missing)
        return f"case when trim({cell}) not in ({missing}) then trim({cell}) end"

    def _lax(self, column: str) -> str:
        """A column of the typed read. What :meth:`_strict` may see otherwise is an error, or found by the checks afterwards."""
        kind, cell = self.layout.columns[column], _quoted(column)
        if kind in (TIME, DATE):
            return f"case when {cell} is null then null {self._when_time(cell, 'strptime')} else error('no time') end"
        return self._with_first_zero(column, self._present(cell)) if kind == TEXT else cell

    def _strict(self, column: str) -> str:
        """A text column as its kind, null where it is not one."""
        kind, cell = self.layout.columns[column], _quoted(column)
        if column in self.layout.digits:
            return f"case when {self._is_number(column)} then {self._with_first_zero(column, cell)} end"
        if kind == TEXT:
            return f"case when not contains({cell}, chr(0)) then {cell} end"
        if kind == BIGINT:
            return f"case when regexp_full_match({cell}, '{INTEGER}') then {cell} end"
        if kind == DOUBLE:
            typed = f"case when regexp_full_match({cell}, '{NUMBER}') then try_cast({cell} as double) end"
        else:
            typed = f"case {self._when_time(cell, 'try_strptime')} end"
        return f"case when {self._in_range(column, typed)} then {typed} end"

    def _with_first_zero(self, column: str, text: str) -> str:
        """A station's number as its provider writes it: spreadsheets take 07510 for 7510."""
        if column not in self.layout.digits:
            return text
        return f"case when length({text}) = {self.layout.digits[column] - 1} then '0' || {text} else {text} end"

    def _is_number(self, column: str) -> str:
        """The condition that a column's text is a station's number, its first zero there or not."""
        digits = self.layout.digits[column]
        return f"regexp_full_match({_quoted(column)}, '[0-9]{{{digits - 1},{digits}}}')"

    def _named(self, column: str) -> str:
        if column in self.layout.digits:
            return f"a number of {self.layout.digits[column]} digits"
        return _NAMED[self.layout.columns[column]] + within(self.layout.bounds.get(column))

    def _in_range(self, column: str, typed: str) -> str:
        """The condition that a value of the column's kind fulfils, beside being one."""
        least, largest = (
            f"timestamp '{bound}'" if isinstance(bound, datetime) else bound
            for bound in self.layout.bounds.get(column, _RANGE[self.layout.columns[column]])
        )
        return f"{typed} between {least} and {largest}"

    def _when_time(self, cell: str, strptime: str) -> str:
        """The arms of a case over the formats' widths. DuckDB alone takes fewer digits ('2020010103000'), and makes 1900-01-01
        of 'infinity' and 'epoch'."""
        widths = {format_: len(LATEST.strftime(format_)) for format_ in self.layout.time_formats}
        return " ".join(
            f"when {cell} between '0' and ':' and length({cell}) = {width}"
            f" then {strptime}({cell}, {[each for each in widths if widths[each] == width]!r})"
            for width in sorted(set(widths.values()))
        )

    def _keep_only_new(self, table: str, known: str, columns: list[str]) -> None:
        same = " and ".join(f"t.{_quoted(column)} is not distinct from k.{_quoted(column)}" for column in columns)
        self.connection.execute(
            f"create or replace table {table} as select * from {table} t anti join {known} k on {same}"
        )

    def _number(self, query: str) -> int:
        return int(self.connection.execute(query).fetchall()[0][0])


def _quoted(column: str) -> str:
    """A column's name in SQL: providers name theirs `at`, `end` or `order` too."""
    return '"' + column.replace('"', '""') + '"'


def _listed(columns: Iterable[str]) -> str:
    return ", ".join(map(_quoted, columns))


_SQL_TYPE = {TEXT: "VARCHAR", DOUBLE: "DOUBLE", BIGINT: "BIGINT", TIME: "TIMESTAMP", DATE: "DATE"}
_NAMED = {TEXT: "text", DOUBLE: "a number", BIGINT: "a whole number", TIME: "a time", DATE: "a date"}
_RANGE: Mapping[str, Bounds] = {
    DOUBLE: (-LARGEST_NUMBER, LARGEST_NUMBER),
    TIME: (EARLIEST, LATEST),
    DATE: (EARLIEST, LATEST),
}


def _lines(plain: Path, delimiter: str | None) -> pa.RecordBatchReader:
    """A text's lines, whatever characters are in them, with their numbers from 1; with `delimiter`, also their cells."""
    schema = pa.schema([("line", pa.string()), ("source_row", pa.int64()), ("cells", pa.list_(pa.string()))])

    def batches() -> Iterator[pa.RecordBatch]:
        number = 1
        with plain.open(encoding="utf-8", newline="\n") as file:
            while lines := file.readlines(CHUNK_BYTES):
                numbers = range(number, number := number + len(lines))
                texts = [line.removesuffix("\n") for line in lines]
                cells = [split(text, delimiter) if delimiter else None for text in texts]
                yield pa.RecordBatch.from_pydict({"line": texts, "source_row": numbers, "cells": cells}, schema)

    return pa.RecordBatchReader.from_batches(schema, batches())


@cache
def _quoted_cell(delimiter: str) -> re.Pattern[str]:
    return re.compile(rf' *"((?:[^"]|"")*)" *(?={re.escape(delimiter)}|$)')


def split(line: str, delimiter: str) -> list[str] | None:
    """The cells of a line, those in quotes without them; None where quotes do not match."""
    if '"' not in line:
        return line.split(delimiter)
    cells, at = [], 0
    while True:
        quoted = _quoted_cell(delimiter).match(line, at)
        if quoted:
            cells.append(quoted[1].replace('""', '"'))
            end = quoted.end()
        else:
            end = line.find(delimiter, at)
            end = len(line) if end < 0 else end
            cell = line[at:end]
            if cell.lstrip(" ").startswith('"'):
                return None
            cells.append(cell)
        if end == len(line):
            return cells
        at = end + len(delimiter)


def names_of(header: str, delimiter: str) -> list[str]:
    """The names of a header line.

    Raises:
        RefusedFile: its quotes do not match.
    """
    names = split(header, delimiter)
    if names is None:
        raise RefusedFile("the header's quotes do not match")
    return names


def unquote(plain: Path, unquoted: Path, text: InflatedText, delimiter: str) -> InflatedText | None:
    """Copy a text without the quotes of its cells, so that the fast path can read it.

    None where that is not possible: quotes that do not match, a delimiter or a quote between them.
    """
    separating = delimiter.encode() + CONTROLS
    separating_count = 0
    with plain.open(encoding="utf-8", newline="\n") as origin, unquoted.open("wb") as target:
        while lines := origin.readlines(CHUNK_BYTES):
            made = []
            for line in lines:
                cells = split(line.removesuffix("\n"), delimiter)
                if cells is None or any(delimiter in cell or '"' in cell for cell in cells):
                    return None
                made.append(delimiter.join(cells))
            chunk = "\n".join([*made, ""]).encode()
            separating_count += len(chunk) - len(chunk.translate(None, separating))
            target.write(chunk)
    return replace(text, separating_count=separating_count)


@dataclass(frozen=True)
class InflatedText:
    """What one pass over the bytes tells: enough to choose the reader's path."""

    header: str
    line_count: int
    separating_count: int  # delimiters and control characters, line ends apart
    is_read_laxly: bool  # it holds what DuckDB takes for a number and NUMBER does not
    has_quotes: bool = False


def inflate(path: Path, plain: Path, delimiter: str) -> InflatedText:
    """Copy `path` to `plain`, decompressed, line ends made alike.

    Raises:
        RefusedFile: truncated or damaged gzip, empty, HTML or JSON instead of CSV, not UTF-8, or a last line without its end
            (a plain file cut in the middle reads like a whole one otherwise).
    """
    header, line_count, separating_count, is_read_laxly, has_quotes = b"", 0, 0, False, False
    separating = CONTROLS + delimiter.encode()
    with opened(path) as origin, plain.open("wb") as target:
        while chunk := origin.read(CHUNK_BYTES) + origin.readline(CHUNK_BYTES):  # whole lines
            _refuse_foreign(chunk, line_count)
            if b"\r" in chunk:
                chunk = chunk.replace(b"\r\n", b"\n")
            cells = chunk
            if not line_count:
                header, _, cells = chunk.partition(b"\n")
            # for one rare byte first: that is by far the faster question
            is_read_laxly = is_read_laxly or (b"+" in cells and b"+-" in cells)
            is_read_laxly = is_read_laxly or (b"_" in cells and GROUPED_DIGITS.search(cells) is not None)
            has_quotes = has_quotes or b'"' in chunk
            line_count += chunk.count(b"\n")
            separating_count += len(chunk) - len(chunk.translate(None, separating))
            target.write(chunk)
    if not line_count:
        raise RefusedFile("the file is empty")
    return InflatedText(header.decode(), line_count, separating_count, is_read_laxly, has_quotes)


def _refuse_foreign(chunk: bytes, lines_before: int) -> None:
    """Refuse lines that are none of a table in UTF-8."""
    if not lines_before and (begins := re.match(rb"\s*([<{\[])", chunk)):
        what = "HTML" if begins[1] == b"<" else "JSON"
        raise RefusedFile(f"{what} instead of CSV: the server answered with something else")
    if not chunk.endswith(b"\n"):
        if len(chunk) - chunk.rfind(b"\n") > CHUNK_BYTES:
            raise RefusedFile(f"a line of more than {CHUNK_BYTES >> 20} MB: not a table")
        raise RefusedFile("truncated: the last line has no end; fetch the file again")
    try:
        chunk.decode()
    except UnicodeDecodeError as error:
        line = lines_before + chunk.count(b"\n", 0, error.start) + 1
        raise RefusedFile(f"not UTF-8 text (line {line:,}): save it as UTF-8 if it is Latin-1") from None
