"""Reading published CSV archives into Arrow: many layouts, one reader, no Python loop over rows.

A file is inflated once to a plain scratch copy (that is where a truncated gz, a page of HTML and a missing last line
are told apart), read by DuckDB into a typed table, compared with the version loaded before it, and streamed out as Arrow.
The typed read is the fast path. A file with a single cell it cannot take is read again as lines of text, so that the cell
goes to the rejects with its line number and the rest of the file is kept.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from ingestion.reading import BIGINT, DATE, DOUBLE, REJECTED_VALUE_LENGTH, TEXT, TIME, ReadFile, RefusedFile
from isobar.settings import Settings

INFLATE_CHUNK_BYTES = 1 << 22

ARROW_BATCH_ROWS = 122_880
"""DuckDB's own row group: larger batches cost memory and gain no speed."""

READER_MEMORY = "300MB"
"""A year of one network is some 100 to 250 MB as a table; beyond this DuckDB spills to the scratch folder."""

INTEGER = r"[+-]?\d{1,18}"
NUMBER = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"
"""What counts as a number. DuckDB's own cast also takes '1_000', 'inf' and 'nan', which no provider means."""

GROUPED_DIGITS = re.compile(rb"\d_\d")
"""What DuckDB would read as one number. Between letters an underscore is part of a name (BALAN_AERO)."""

REJECT_COLUMNS = "source_row bigint, column_name varchar, value varchar, reason varchar"
LINE_SEPARATED_BY = "\x1f"
"""A delimiter that occurs in no line: it makes DuckDB hand over whole lines."""


@dataclass(frozen=True)
class Layout:
    """What an archive's table looks like, whichever of its published layouts a file has.

    Attributes:
        columns: raw column -> TEXT, DOUBLE, BIGINT, TIME or DATE.
        keys: columns without which a row means nothing.
        aliases: header name (lower case) -> raw column, for the names that differ between layouts.
        missing: cell texts that mean "no value".
        time_formats: strptime formats of TIME and DATE cells.
        to_csv: turns a file that is not CSV by its name into one (source path, target path).
    """

    columns: Mapping[str, str]
    keys: tuple[str, ...]
    aliases: Mapping[str, str] = field(default_factory=dict)
    delimiter: str = ";"
    missing: tuple[str, ...] = ("", "mq")
    time_formats: tuple[str, ...] = ("%Y%m%d%H%M%S", "%Y-%m-%dT%H:%M:%SZ")
    to_csv: Callable[[Path, Path], None] | None = None

    def open_reader(self, scratch: Path, settings: Settings) -> ArchiveReader:  # noqa: ARG002 - other layouts need them
        return ArchiveReader(self, scratch)

    def resolve(self, header: str) -> list[str | None]:
        """The raw column of each field of a header line, None where the field is not one of ours.

        Raises:
            RefusedFile: a key column is missing, or two fields claim the same column.
        """
        names = [name.strip().strip('"').lower() for name in header.split(self.delimiter)]
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

    def read(self, path: Path, previous: Path | None = None) -> ReadFile:
        """Read `path` (plain or gz); with `previous`, keep only rows and rejects that version did not have.

        The rows stream from a table that the next call replaces: consume them first.

        Raises:
            RefusedFile: truncated, not CSV, or without its key columns.
        """
        row_count, unknown_columns = self._table("incoming", path)
        if previous is not None:
            self._table("previous", previous)
            self._keep_only_new("incoming", "previous", [*self.layout.columns])
            self._keep_only_new("incoming_rejects", "previous_rejects", ["column_name", "value", "reason"])
            self.connection.execute("drop table previous; drop table previous_rejects")
        return ReadFile(
            row_count=row_count,
            appended_row_count=self._number("select count(*) from incoming"),
            rejects=self.connection.sql("select * from incoming_rejects order by source_row").to_arrow_table(),
            unknown_columns=unknown_columns,
            # a cursor of its own: the next statement on this connection would end a stream that is still being read
            rows=self.connection.cursor().sql("select * from incoming").to_arrow_reader(ARROW_BATCH_ROWS),
        )

    def _table(self, name: str, path: Path) -> tuple[int, list[str]]:
        """Fill the tables `name` and `name`_rejects. Returns the file's data rows and the header's unknown names."""
        plain = self.scratch / f"{name}.csv"
        converted = self.scratch / f"{name}.converted.csv"
        try:
            if self.layout.to_csv and ".csv" not in path.suffixes:
                self.layout.to_csv(path, converted)
                path = converted
            text = inflate(path, plain)
            fields = self.layout.resolve(text.header)
            names = [name.strip() for name in text.header.split(self.layout.delimiter)]
            unknown = [name for name, known in zip(names, fields, strict=True) if known is None and name]
            self.connection.execute(f"create or replace table {name}_rejects ({REJECT_COLUMNS})")
            if not self._read_typed(name, plain, text, fields):
                self._read_lines(name, plain, text, fields)
            rejected_rows = self._number(f"select count(*) from {name}_rejects where column_name is null")
            return self._number(f"select count(*) from {name}") + rejected_rows, unknown
        except duckdb.Error as error:
            raise RefusedFile(f"not readable as CSV: {' '.join(str(error).split())[:200]}") from error
        finally:
            plain.unlink(missing_ok=True)
            converted.unlink(missing_ok=True)

    def _read_typed(self, name: str, plain: Path, text: InflatedText, fields: list[str | None]) -> bool:
        """The fast path. False when some cell or line needs a closer look; the table is then not to be used."""
        # DuckDB would read 1_000 as a number and round 2.5 to an integer; only short lists have integers
        if text.has_grouped_digits or BIGINT in self.layout.columns.values():
            return False
        columns = {
            # our own names for fields we do not know: two of them may be alike (the phantom last one has none)
            known or f"unknown_{position}": "DOUBLE" if known and self.layout.columns[known] == DOUBLE else "VARCHAR"
            for position, known in enumerate(fields)
        }
        selected = ", ".join(
            f"{self._typed(column, 'strptime') if column in fields else 'null'}::{_SQL_TYPE[kind]} as {column}"
            for column, kind in self.layout.columns.items()
        )
        try:
            self.connection.execute(
                f"create or replace table {name} as select {selected}, 1 + row_number() over () as source_row"
                f" from read_csv(?, columns={columns!r}, header=true, auto_detect=false, delim=?, quote='', escape='',"
                f" nullstr={list(self.layout.missing)!r}, new_line=?)",
                [str(plain), self.layout.delimiter, text.new_line],
            )
        except duckdb.Error:
            return False
        doubles = [column for column, kind in self.layout.columns.items() if kind == DOUBLE]
        checks = [
            f"count(*) = {text.line_count - 1}",  # fewer: blank lines, which would shift the line numbers
            *(f"count({key}) = count(*)" for key in self.layout.keys),
            *(f"coalesce(bool_and(isfinite({column})), true)" for column in doubles),
        ]
        return bool(self._number(f"select {' and '.join(checks)} from {name}"))

    def _read_lines(self, name: str, plain: Path, text: InflatedText, fields: list[str | None]) -> None:
        """The careful path: every line split here, every cell tried by itself, what fails kept as a reject."""
        self.connection.execute(
            f"create or replace table {name}_lines as"
            " select source_row, string_split(line, ?) as cells, line from ("
            "   select rtrim(line, chr(13)) as line, row_number() over () as source_row"
            "   from read_csv(?, columns={'line': 'VARCHAR'}, header=false, auto_detect=false, delim=?, quote='',"
            "                 escape='', nullstr='', new_line=?)"
            " ) where source_row > 1 and trim(line) <> ''",
            [self.layout.delimiter, str(plain), LINE_SEPARATED_BY, text.new_line],
        )
        missing = ", ".join(f"'{value}'" for value in self.layout.missing)
        cells = ", ".join(
            f"case when trim(cells[{position}]) not in ({missing}) then trim(cells[{position}]) end as {known}"
            for position, known in enumerate(fields, start=1)
            if known
        )
        typed = ", ".join(
            f"{self._typed(column, 'try_strptime') if column in fields else 'null'}::{_SQL_TYPE[kind]} as {column}"
            for column, kind in self.layout.columns.items()
        )
        has_keys = " and ".join(f"{key} is not null" for key in self.layout.keys)
        self.connection.execute(
            f"create or replace table {name}_cells as"
            f" select source_row, line, {cells} from {name}_lines where len(cells) = {len(fields)}"
        )
        self.connection.execute(
            f"create or replace table {name} as"
            f" select * from (select {typed}, source_row from {name}_cells) where {has_keys}"
        )
        rejects = [
            f"select source_row, null, line, '{len(fields)} fields expected, ' || len(cells) || ' found'"
            f" from {name}_lines where len(cells) <> {len(fields)}",
            f"select source_row, null, line, 'no readable {' and '.join(self.layout.keys)}'"
            f" from {name}_cells anti join {name} using (source_row)",
        ]
        rejects += [
            f"select source_row, '{column}', c.{column}, 'not a {_NAMED[kind]}'"
            f" from {name}_cells c join {name} t using (source_row) where c.{column} is not null and t.{column} is null"
            for column, kind in self.layout.columns.items()
            if column in fields and kind != TEXT
        ]
        for reject in rejects:
            self.connection.execute(
                f"insert into {name}_rejects select source_row, column_name, value[:{REJECTED_VALUE_LENGTH}], reason"
                f" from ({reject}) as r(source_row, column_name, value, reason)"
            )
        for step in ("lines", "cells"):
            self.connection.execute(f"drop table {name}_{step}")

    def _typed(self, column: str, strptime: str) -> str:
        kind = self.layout.columns[column]
        if kind in (TIME, DATE):
            return f"{strptime}({column}, {list(self.layout.time_formats)!r})"
        if kind == BIGINT:
            return f"case when regexp_full_match({column}, '{INTEGER}') then {column} end"
        if kind == DOUBLE and strptime.startswith("try"):
            number = f"try_cast({column} as double)"
            return f"case when regexp_full_match({column}, '{NUMBER}') and isfinite({number}) then {number} end"
        if kind == TEXT:
            return f"nullif(trim({column}), '')"  # BASE files begin each line with a blank
        return column

    def _keep_only_new(self, table: str, known: str, columns: list[str]) -> None:
        same = " and ".join(f"t.{column} is not distinct from k.{column}" for column in columns)
        self.connection.execute(
            f"create or replace table {table} as select * from {table} t anti join {known} k on {same}"
        )

    def _number(self, query: str) -> int:
        return int(self.connection.execute(query).fetchall()[0][0])


_SQL_TYPE = {TEXT: "VARCHAR", DOUBLE: "DOUBLE", BIGINT: "BIGINT", TIME: "TIMESTAMP", DATE: "DATE"}
_NAMED = {DOUBLE: "number", BIGINT: "whole number", TIME: "time", DATE: "date"}


@dataclass(frozen=True)
class InflatedText:
    """What one pass over the bytes tells: enough to choose the reader's path."""

    header: str
    line_count: int
    new_line: str  # as DuckDB wants it written: backslash and letter
    has_grouped_digits: bool


def inflate(path: Path, plain: Path) -> InflatedText:
    """Copy `path` to `plain`, decompressed when its first bytes say gzip (whatever its name says).

    Raises:
        RefusedFile: truncated or damaged gzip, empty, HTML or JSON instead of CSV, not UTF-8 in its header, or a last
            line without its end (a plain file cut in the middle reads like a whole one otherwise).
    """
    with path.open("rb") as raw:
        is_gzip = raw.read(2) == b"\x1f\x8b"
    line_count, has_grouped_digits, last, head = 0, False, b"", b""
    try:
        with gzip.open(path) if is_gzip else path.open("rb") as origin, plain.open("wb") as target:
            while chunk := origin.read(INFLATE_CHUNK_BYTES):
                if not head:
                    chunk = chunk.removeprefix(b"\xef\xbb\xbf")
                    head = chunk.split(b"\n", 1)[0]
                    if chunk.lstrip()[:1] in (b"<", b"{", b"["):
                        what = "HTML" if chunk.lstrip()[:1] == b"<" else "JSON"
                        raise RefusedFile(f"{what} instead of CSV: the server answered with something else")
                # the last two bytes of the chunk before: the three may lie on its edge
                searched = last[-2:] + chunk if last else chunk[len(head) :]
                if b"_" in searched:  # by far the faster question, and mostly answered with no
                    has_grouped_digits = has_grouped_digits or bool(GROUPED_DIGITS.search(searched))
                line_count += chunk.count(b"\n")
                last = chunk[-2:]
                target.write(chunk)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise RefusedFile(f"truncated or damaged gzip ({error}): fetch the file again") from error
    if not last:
        raise RefusedFile("the file is empty")
    if last[-1:] != b"\n":
        raise RefusedFile("the last line has no end: the file was cut; fetch it again")
    try:
        header = head.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RefusedFile("the header is not UTF-8 text") from error
    return InflatedText(
        header.rstrip("\r"), line_count, r"\r\n" if header.endswith("\r") else r"\n", has_grouped_digits
    )
