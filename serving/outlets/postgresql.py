"""PostgreSQL: a schema with a table for each mart, its key, its types and comments, for dashboards and analysts.

One transaction is one delivery: readers see the publication before until all of the next is there, and a delivery that is
killed or refused leaves nothing. Rows go as CSV from DuckDB into COPY, which is the quickest way that needs no extension.
psycopg (extra `postgresql`) is the client: PostgreSQL's own protocol, COPY included.
"""

from __future__ import annotations

import os
import re
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import psycopg
from psycopg import Connection, Cursor

from isobar.publish.duckdb import rows_of
from serving.outlets import outlet
from serving.outlets.outlet import REMEDY, OutletError, Received
from serving.outlets.published import Column, Contents, Key, Mart, Part
from serving.outlets.rows import NULL, csv_of
from serving.outlets.sql import BOOKS, described
from serving.outlets.sql import name as _name
from serving.outlets.sql import text as _text

TYPES = {
    "VARCHAR": "text",
    "DOUBLE": "double precision",
    "BIGINT": "bigint",
    "INTEGER": "integer",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
}
"""DuckDB's type -> PostgreSQL's. Times are UTC without zone, as they are published."""

SCHEMA, READER = "gold", "isobar_reader"
"""Where a URL names no schema and no reader: `?schema=…&reader=…`."""

BLOCK_BYTES = 1 << 20

LOCK = 0x150BA2
"""The advisory lock under which a delivery works, with a number of its schema: two of them wait for each other."""


class PostgreSQL:
    """A schema of a database. See :class:`serving.outlets.outlet.Outlet`."""

    def __init__(self, url: str, password: str | None) -> None:
        """Not connected yet.

        Raises:
            OutletError: the URL names no database.
        """
        parts = urlsplit(url)
        options = dict(parse_qsl(parts.query))
        self.shown = url
        self.schema, self.reader = options.pop("schema", SCHEMA), options.pop("reader", READER)
        if not parts.path.strip("/"):
            raise OutletError("it names no database: write postgresql://user@host:5432/weather_dw")
        self._url = parts._replace(query=urlencode(options)).geturl()
        self._password = password

    def takes(self, mart: Mart) -> bool:  # noqa: ARG002 - every one
        return True

    @contextmanager
    def begin(self) -> Iterator[PostgreSQLDelivery]:
        try:
            # None: as libpq finds one, in ~/.pgpass or PGPASSWORD
            with (
                psycopg.connect(
                    self._url,
                    password=self._password,
                    connect_timeout=min(outlet.CONNECT_SECONDS, outlet.SILENCE_SECONDS),
                    application_name="isobar",
                ) as connection,
                Silence(connection) as silence,
            ):
                delivery = PostgreSQLDelivery(self, connection, silence)
                delivery.wait_for_others()
                yield delivery
        except psycopg.Error as error:
            raise OutletError(_explained(error)) from None

    def ddl(self, contents: Contents) -> str:
        lines = [f"create schema if not exists {_name(self.schema)};"]
        for mart in contents.marts:
            lines += [
                f"{_table(self.schema, mart)};",
                *(f"{each};" for each in _details(self.schema, mart, is_new=True)),
            ]
        reader, schema = _name(self.reader), _name(self.schema)
        lines += [
            f"create role {reader} nologin;",
            f"grant usage on schema {schema} to {reader};",
            f"grant select on all tables in schema {schema} to {reader};",
        ]
        return "\n".join(lines) + "\n"


class Silence(threading.Thread):
    """Closes a connection whose server has said nothing for SILENCE_SECONDS: libpq itself would wait for ever."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(daemon=True)
        self._connection, self._is_over = connection, threading.Event()
        self.broken()

    def broken(self) -> None:
        """The server has answered, or is about to be asked."""
        self._since = time.monotonic()

    def run(self) -> None:
        while not self._is_over.wait(outlet.SILENCE_SECONDS / 10):
            if time.monotonic() - self._since > outlet.SILENCE_SECONDS:
                with suppress(OSError), socket.socket(fileno=os.dup(self._connection.fileno())) as its:
                    its.shutdown(socket.SHUT_RDWR)
                return

    def __enter__(self) -> Silence:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()


class PostgreSQLDelivery:
    """One transaction. See :class:`serving.outlets.outlet.Delivery`."""

    def __init__(self, store: PostgreSQL, connection: Connection, silence: Silence) -> None:
        self.schema, self.reader = store.schema, store.reader
        self._connection, self._silence = connection, silence
        self._unkeyed: list[Mart] = []
        self._files: dict[Key, str] = {}

    def wait_for_others(self) -> None:
        """Until no other delivery is under way."""
        self._execute("select pg_advisory_xact_lock(%s, hashtext(%s))", [LOCK, self.schema])

    def received(self) -> Received:
        if not self._has(f"{BOOKS}_parts"):
            return Received({})
        parts = self._run("select mart, partition, file from {}", f"{BOOKS}_parts").fetchall()
        told = self._run(
            "select publication_id, published_at, warehouse_kind from {}", f"{BOOKS}_publication"
        ).fetchall()
        self._files = {Key(mart, partition): file for mart, partition, file in parts}
        return Received(dict(self._files), *(told[0] if told else ()))

    def prepare(self, marts: tuple[Mart, ...]) -> set[str]:
        emptied = set()
        schema = _name(self.schema)
        if not self._one("select count(*) from pg_namespace where nspname = %s", self.schema):
            self._execute(f"create schema {schema}")
        if not self._has(f"{BOOKS}_parts"):
            for name, columns in (
                ("parts", "mart text, partition text, file text not null, primary key (mart, partition)"),
                (
                    "publication",
                    "publication_id text, published_at timestamp, warehouse_kind text, delivered_at timestamp",
                ),
            ):
                self._execute(f"create table {schema}.{BOOKS}_{name} ({columns})")
        for mart in marts:
            if not self._has(mart.name):
                self._execute(_table(self.schema, mart))
                self._unkeyed.append(mart)
                emptied.add(mart.name)  # somebody may have dropped it
            elif self._alter(mart):
                emptied.add(mart.name)
            for each in _details(self.schema, mart, is_new=False):
                self._execute(each)
        return emptied

    def _alter(self, mart: Mart) -> bool:
        """Columns as they are published now; whether the rows are gone for it, because their shape was another."""
        there: dict[str, str] = dict(
            self._execute(
                "select attname, format_type(atttypid, null) from pg_attribute"
                " where attrelid = %s::regclass and attnum > 0 and not attisdropped",
                [f"{_name(self.schema)}.{_name(mart.name)}"],
            ).fetchall()
        )
        there = {name: data_type.removesuffix(" without time zone") for name, data_type in there.items()}
        wanted = {column.name: TYPES[column.data_type] for column in mart.columns}
        table = f"{_name(self.schema)}.{_name(mart.name)}"
        changed = [name for name in there if wanted.get(name) != there[name]]
        added = [column for column in mart.columns if column.name not in there or column.name in changed]
        if not changed and not added:
            return False
        self._execute(f"delete from {table}")
        self._files = {key: file for key, file in self._files.items() if key.mart != mart.name}
        for name in changed:
            self._execute(f"alter table {table} drop column {_name(name)}")
        for column in added:
            self._execute(f"alter table {table} add column {_column(column)}")
        if not self._one("select count(*) from pg_index where indrelid = %s::regclass and indisunique", table):
            self._unkeyed.append(mart)
        return True

    def forget(self, key: Key, mart: Mart | None) -> None:
        schema = _name(self.schema)
        self._execute(f"delete from {schema}.{BOOKS}_parts where (mart, partition) = (%s, %s)", list(key))
        if mart is None:
            self._execute(f"drop table if exists {schema}.{_name(key.mart)}")
        else:
            self._delete(mart, key.partition)

    def _delete(self, mart: Mart, partition: str) -> None:
        where = rows_of(_name(mart.partition_by) if mart.partition_by else None, partition)
        self._execute(f"delete from {_name(self.schema)}.{_name(mart.name)} where {where}")

    def apply(self, mart: Mart, part: Part) -> int:
        if part.key in self._files:
            self._delete(mart, part.key.partition)
        columns = ", ".join(_name(column.name) for column in mart.columns)
        table = f"{_name(self.schema)}.{_name(mart.name)}"
        statement = f"copy {table} ({columns}) from stdin (format csv, null '{NULL}')"
        with csv_of(part, [columns]) as rows, self._connection.cursor() as cursor:
            self._silence.broken()
            with cursor.copy(statement) as copy:
                while block := os.read(rows, BLOCK_BYTES):
                    copy.write(block)
                    self._silence.broken()
            row_count = cursor.rowcount
        self._execute(
            f"insert into {_name(self.schema)}.{BOOKS}_parts values (%s, %s, %s)"
            " on conflict (mart, partition) do update set file = excluded.file",
            [*part.key, part.file],
        )
        return row_count

    def finish(self, contents: Contents) -> None:
        schema = _name(self.schema)
        for mart in self._unkeyed:  # after its rows: an index is made in one go sooner than row by row
            for each in _key(self.schema, mart):
                self._execute(each)
        self._execute(f"delete from {schema}.{BOOKS}_publication")
        self._execute(
            f"insert into {schema}.{BOOKS}_publication values (%s, %s, %s, now() at time zone 'UTC')",
            [contents.publication_id, contents.published_at, contents.warehouse_kind],
        )
        if self._one("select count(*) from pg_roles where rolname = %s", self.reader):
            reader = _name(self.reader)
            self._execute(f"grant usage on schema {schema} to {reader}")
            self._execute(f"grant select on all tables in schema {schema} to {reader}")

    def _has(self, table: str) -> bool:
        return bool(
            self._one("select count(*) from pg_tables where schemaname = %s and tablename = %s", self.schema, table)
        )

    def _execute(self, statement: str, values: Sequence[object] = ()) -> Cursor[Any]:
        self._silence.broken()
        return self._connection.execute(statement, values or None)

    def _one(self, statement: str, *values: object) -> Any:
        row = self._execute(statement, list(values)).fetchone()
        return row[0] if row else None

    def _run(self, statement: str, table: str) -> Any:
        return self._execute(statement.format(f"{_name(self.schema)}.{table}"))


def _column(column: Column) -> str:
    return f"{_name(column.name)} {TYPES[column.data_type]}{' not null' if column.is_required else ''}"


def _table(schema: str, mart: Mart) -> str:
    columns = ", ".join(map(_column, mart.columns))
    return f"create table {_name(schema)}.{_name(mart.name)} ({columns})"


def _key(schema: str, mart: Mart) -> list[str]:
    """The key of a mart: primary, or unique where a part of it may be null."""
    if not mart.key:
        return []
    columns = ", ".join(map(_name, mart.key))
    required = {column.name for column in mart.columns if column.is_required}
    kind = "primary key" if required.issuperset(mart.key) else "unique nulls not distinct"
    return [f"alter table {_name(schema)}.{_name(mart.name)} add {kind} ({columns})"]


def _details(schema: str, mart: Mart, *, is_new: bool) -> list[str]:
    """The comments of a mart, and its key where it is made with the table."""
    table = f"{_name(schema)}.{_name(mart.name)}"
    return [
        *(_key(schema, mart) if is_new else ()),
        f"comment on table {table} is {_text(mart.description)}",
        *(f"comment on column {table}.{_name(column.name)} is {_text(described(column))}" for column in mart.columns),
    ]


REMEDIES = (
    ("28", "authentication failed", REMEDY["user"]),
    ("3D000", "database .* does not exist", REMEDY["database"]),
    (
        "42501",
        "permission denied",
        "the user may not write there: grant it CREATE on the database, or own the schema",
    ),
    ("25006", "read-only", REMEDY["read-only"]),
    ("53100", "No space left", REMEDY["full"]),
    ("53", "too many", REMEDY["busy"]),
    ("57", "shutting down|starting up", REMEDY["stopped"]),
    ("2BP01", "depend", "a view of its users needs a column or table that is published no more: drop it first"),
    ("", "connect|server closed", REMEDY["silent"]),
)
"""How a code of PostgreSQL begins, words of the message where the client has no code (before a connection), and what to do."""


def _explained(error: Exception) -> str:
    code, text = getattr(error, "sqlstate", None), str(error).strip()
    first = next(iter(text.splitlines()), type(error).__name__)
    for begins, words, remedy in REMEDIES:
        if (code.startswith(begins) and begins) if code else re.search(words, text):
            return f"{remedy} ({first})"
    return first
