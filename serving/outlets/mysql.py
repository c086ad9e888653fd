"""MySQL and MariaDB: a table for each mart of current and daily weather, and a view of observations for each place.

A statement that makes a table commits by itself there. So tables and views come first, then one transaction for all rows: readers
see the publication before until all of the next is there. A table that is made anew loses its bookkeeping before its rows, so
that the next delivery finishes what was killed between the two. Rows go as CSV from DuckDB into LOAD DATA LOCAL INFILE.
PyMySQL (extra `mysql`) is the client: pure Python, LOAD DATA LOCAL included.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import duckdb
import pymysql
from pymysql import Connection
from pymysql.cursors import Cursor

from isobar.files import ascii_words, literal
from isobar.publish.duckdb import rows_of
from serving.outlets import outlet
from serving.outlets.outlet import REMEDY, OutletError, Received
from serving.outlets.published import Column, Contents, Key, Mart, Part
from serving.outlets.rows import csv_of
from serving.outlets.sql import BOOKS, described, name, text

OBSERVATIONS, PLACES = "fct_observations", "dim_locations"
TAKEN = (OBSERVATIONS, PLACES, "agg_latest_conditions", "fct_daily_weather", "gold_weather_aggregates")
"""The marts that it is sent: observations, days, the latest conditions, and the places of them all."""

TYPES = {
    "VARCHAR": "text",
    "DOUBLE": "double",
    "BIGINT": "bigint",
    "INTEGER": "int",
    "BOOLEAN": "tinyint(1)",
    "DATE": "date",
    "TIMESTAMP": "datetime(6)",
}
"""DuckDB's type -> MySQL's. Times are UTC, as they are published."""

KEY_TEXT = "varchar(255)"
"""Of a text in a key: an index holds 3072 bytes, which are three of these. A longer text is refused, never cut."""

TEXTS = "default charset utf8mb4 /*!80017 collate utf8mb4_0900_bin *//*M! collate utf8mb4_nopad_bin */"
"""Texts are different when a byte is, a blank at the end included. MySQL and MariaDB have that under two names: each reads its
own of these comments as a part of the statement.
"""

COMMENT_LENGTH, TABLE_COMMENT_LENGTH, NAME_LENGTH = 1024, 2048, 64
"""MySQL's limits, in characters."""

SQL_MODE = "ANSI_QUOTES,NO_BACKSLASH_ESCAPES,NO_ENGINE_SUBSTITUTION,STRICT_TRANS_TABLES"
SESSION = f"set session sql_mode = '{SQL_MODE}', time_zone = '+00:00'"
"""Names and texts are quoted as in standard SQL, and no value is bent to fit."""

NULL = "NULL"
"""How the CSV writes null: MySQL reads the unquoted word so, where nothing is escaped."""

VIEWS, PARTS, PUBLICATION = f"{BOOKS}_places", f"{BOOKS}_parts", f"{BOOKS}_publication"
BOOK_TABLES = {
    PARTS: '"mart" varchar(64), "partition" varchar(64), "file" varchar(255) not null, primary key ("mart", "partition")',
    PUBLICATION: (
        "publication_id varchar(64), published_at datetime(6), warehouse_kind varchar(64), delivered_at datetime(6)"
    ),
    VIEWS: "view_name varchar(64) primary key, location_id text not null",
}


class MySQL:
    """A database. See :class:`serving.outlets.outlet.Outlet`."""

    def __init__(self, url: str, password: str | None) -> None:
        """Not connected yet.

        Raises:
            OutletError: the URL names no database, or has an option that is not known.
        """
        parts = urlsplit(url)
        options = dict(parse_qsl(parts.query))
        self.shown = url
        self.database = unquote(parts.path.strip("/"))
        if not self.database:
            raise OutletError("it names no database: write mysql://user@host:3306/weather_dw")
        if unknown := sorted(options.keys() - {"ssl_ca"}):
            raise OutletError(f"{unknown[0]} is no option of a MySQL URL: use ssl_ca or none")
        self._connect: dict[str, Any] = {
            "host": parts.hostname or "localhost",
            "port": parts.port or 3306,
            "user": unquote(parts.username or ""),
            "password": password or "",
            "database": self.database,
        }
        if certificate := options.get("ssl_ca"):
            self._connect |= {"ssl_ca": certificate, "ssl_verify_cert": True, "ssl_verify_identity": True}

    def takes(self, mart: Mart) -> bool:
        return mart.name in TAKEN

    @contextmanager
    def begin(self) -> Iterator[MySQLDelivery]:
        try:
            with pymysql.connect(
                **self._connect,
                charset="utf8mb4",
                local_infile=True,
                init_command=SESSION,
                connect_timeout=min(outlet.CONNECT_SECONDS, outlet.SILENCE_SECONDS),
                read_timeout=outlet.SILENCE_SECONDS,
                write_timeout=outlet.SILENCE_SECONDS,
                program_name="isobar",
            ) as connection:
                delivery = MySQLDelivery(self, connection)
                delivery.wait_for_others()
                yield delivery
        except pymysql.MySQLError as error:
            raise OutletError(_explained(error)) from None

    def ddl(self, contents: Contents) -> str:
        marts = tuple(mart for mart in contents.marts if self.takes(mart))
        statements = [SESSION, *map(table_of, marts), *(_view(*each) for each in views(marts, set()).items())]
        return "".join(f"{each};\n" for each in statements)


class MySQLDelivery:
    """One transaction, after the statements that cannot be in one. See :class:`serving.outlets.outlet.Delivery`."""

    def __init__(self, store: MySQL, connection: Connection[Cursor]) -> None:
        self.database = store.database
        self._connection = connection
        self._gone: set[str] = set()

    def wait_for_others(self) -> None:
        """Until no other delivery is under way. The lock goes with the connection.

        Raises:
            OutletError: another one is, for too long.
        """
        # shorter than the client's own patience with a silent server
        seconds = max(1, outlet.SILENCE_SECONDS // 2)
        lock = f"{BOOKS} {hashlib.sha256(self.database.encode()).hexdigest()[:32]}"
        if not self._rows("select get_lock(%s, %s)", lock, seconds)[0][0]:
            raise OutletError("another delivery to it is under way; the next one sends the rest")

    def received(self) -> Received:
        if not {PARTS, PUBLICATION} <= self._tables("BASE TABLE"):
            return Received({})
        parts = self._rows(f'select "mart", "partition", "file" from {PARTS}')
        told = self._rows(f"select publication_id, published_at, warehouse_kind from {PUBLICATION}")
        return Received({Key(*key): file for *key, file in parts}, *(told[0] if told else ()))

    def prepare(self, marts: tuple[Mart, ...]) -> set[str]:
        for book, columns in BOOK_TABLES.items():
            self._execute(f"create table if not exists {book} ({columns}) engine InnoDB {TEXTS}")
        emptied = {mart.name for mart in marts if self._make(mart)}
        self._make_views(marts)
        return emptied

    def _make(self, mart: Mart) -> bool:
        """A table as it is published now; whether its rows are gone for it, because it was not there or had another shape."""
        there = self._rows(
            "select column_name, column_type, is_nullable = 'NO', column_comment from information_schema.columns"
            " where table_schema = %s and table_name = %s order by ordinal_position",
            self.database,
            mart.name,
        )
        keyed = self._rows(
            "select column_name from information_schema.statistics where table_schema = %s and table_name = %s"
            " and non_unique = 0 order by index_name, seq_in_index",
            self.database,
            mart.name,
        )
        shape = [(column, DISPLAY_WIDTH.sub(r"\1", kind), bool(required)) for column, kind, required, _ in there]
        wanted = [(each.name, _type(each), each.is_required) for each in mart.columns]
        if shape != wanted or tuple(each for (each,) in keyed) != mart.key:
            self._execute(f'delete from {PARTS} where "mart" = %s', mart.name)
            if mart.name == OBSERVATIONS:
                self._execute(f"update {VIEWS} set location_id = ''")  # of no place: each is made again
            self._connection.commit()
            self._execute(f"drop table if exists {name(mart.name)}")
            self._execute(table_of(mart))
            return True
        if [each[3] for each in there] != [_comment(column) for column in mart.columns]:
            changes = ", ".join(f"modify column {_column(column)}" for column in mart.columns)
            self._execute(f"alter table {name(mart.name)} {changes}")
        return False

    def _make_views(self, marts: tuple[Mart, ...]) -> None:
        """A view for each place. Only those of the book are replaced and dropped: others are somebody's own."""
        had = dict(self._rows(f"select view_name, location_id from {VIEWS}"))
        there = self._tables("VIEW")
        wanted = views(marts, self._tables("BASE TABLE") | (there - had.keys()))
        for gone in [view for view in had if wanted.get(view) != had[view]]:
            self._execute(f"drop view if exists {name(gone)}")
            self._execute(f"delete from {VIEWS} where view_name = %s", gone)
            del had[gone]
        new = {view: place for view, place in wanted.items() if view not in had or view not in there}
        for view, place in new.items():
            self._execute(f"replace into {VIEWS} values (%s, %s)", view, place)
        self._connection.commit()
        for each in new.items():
            self._execute(_view(*each))

    def forget(self, key: Key, mart: Mart | None) -> None:
        if mart is None:
            self._gone.add(key.mart)  # its table goes after the others are there, and its bookkeeping last
            return
        self._execute(f'delete from {PARTS} where "mart" = %s and "partition" = %s', *key)
        self._delete(mart, key.partition)

    def _delete(self, mart: Mart, partition: str) -> None:
        where = rows_of(name(mart.partition_by) if mart.partition_by else None, partition)
        self._execute(f"delete from {name(mart.name)} where {where}")

    def apply(self, mart: Mart, part: Part) -> int:
        self._delete(mart, part.key.partition)
        with csv_of(part, [*map(value_of, mart.columns)], NULL) as rows:
            row_count = self._execute(load_data(f"/dev/fd/{rows}", mart)).rowcount
        # with LOCAL, a value that does not fit and a key that is there already are warnings
        if warnings := self._rows("show warnings limit 1"):
            raise OutletError(f"{mart.name}, {part.key.partition}: a row is not as its mart: {warnings[0][2]}")
        if row_count != part.row_count:
            raise OutletError(f"{mart.name}, {part.key.partition}: it has read {row_count} of {part.row_count} rows")
        self._execute(f"replace into {PARTS} values (%s, %s, %s)", *part.key, part.file)
        return row_count

    def finish(self, contents: Contents) -> None:
        self._execute(f"delete from {PUBLICATION}")
        self._execute(
            f"insert into {PUBLICATION} values (%s, %s, %s, utc_timestamp(6))",
            contents.publication_id,
            contents.published_at,
            contents.warehouse_kind,
        )
        self._connection.commit()
        for gone in self._gone:
            self._execute(f"drop table if exists {name(gone)}")
            self._execute(f'delete from {PARTS} where "mart" = %s', gone)
        self._connection.commit()

    def _tables(self, kind: str) -> set[str]:
        found = self._rows(
            "select table_name from information_schema.tables where table_schema = %s and table_type = %s",
            self.database,
            kind,
        )
        return {each for (each,) in found}

    def _execute(self, statement: str, *values: object) -> Cursor:
        cursor = self._connection.cursor()
        cursor.execute(statement, values or None)
        return cursor

    def _rows(self, statement: str, *values: object) -> Sequence[Any]:
        return self._execute(statement, *values).fetchall()


DISPLAY_WIDTH = re.compile(r"^(int|bigint)\(\d+\)$")
"""MariaDB shows `bigint(20)`, MySQL `bigint`."""


def _type(column: Column) -> str:
    return KEY_TEXT if column.data_type == "VARCHAR" and column.key_position else TYPES[column.data_type]


def _comment(column: Column) -> str:
    return " ".join(described(column).split())[:COMMENT_LENGTH]


def _column(column: Column) -> str:
    null = "not null" if column.is_required else "null"
    return f"{name(column.name)} {_type(column)} {null} comment {text(_comment(column))}"


def value_of(column: Column) -> str:
    """A column of the Parquet file as LOAD DATA reads it. MySQL has neither NaN nor infinity: they are null."""
    quoted = name(column.name)
    if column.data_type == "DOUBLE":
        return f"case when isfinite({quoted}) then {quoted} end as {quoted}"
    return f"{quoted}::integer as {quoted}" if column.data_type == "BOOLEAN" else quoted


def load_data(path: str, mart: Mart) -> str:
    """The statement that takes rows of CSV."""
    columns = ", ".join(name(column.name) for column in mart.columns)
    return (
        f"load data local infile {text(path)} into table {name(mart.name)} character set utf8mb4"
        f" fields terminated by ',' enclosed by '\"' escaped by '' lines terminated by x'0a' ({columns})"
    )


def table_of(mart: Mart) -> str:
    """A table with its key, and an index of what its parts are of: a part is replaced without reading the others."""
    lines = [_column(column) for column in mart.columns]
    if mart.key:
        required = {column.name for column in mart.columns if column.is_required}
        kind = "primary key" if required.issuperset(mart.key) else "unique key"
        lines.append(f"{kind} ({', '.join(map(name, mart.key))})")
    if mart.partition_by:
        lines.append(f"key ({name(mart.partition_by)})")
    comment = text(" ".join(mart.description.split())[:TABLE_COMMENT_LENGTH])
    return f"create table {name(mart.name)} ({', '.join(lines)}) engine InnoDB {TEXTS} comment {comment}"


def _view(view: str, location_id: str) -> str:
    """The observations of a place. Its readers need the right to read the table, too."""
    return (
        f"create or replace sql security invoker view {name(view)} as"
        f" select * from {name(OBSERVATIONS)} where location_id = {_exact(location_id)}"
    )


def _exact(value: str) -> str:
    """A text as it is, quoted."""
    return "'{}'".format(value.replace("'", "''"))


def views(marts: Sequence[Mart], taken: set[str]) -> dict[str, str]:
    """The view of each place that has observations: its name -> location_id.

    A name is that of the place in ASCII and snake case. Places of the same name have their identifiers in it, and so has one
    whose name is that of a mart or of something else that is `taken`.
    """
    published = {mart.name: mart for mart in marts}
    places, observations = published.get(PLACES), published.get(OBSERVATIONS)
    if not places or not observations or "location_name" not in {column.name for column in places.columns}:
        return {}
    if not places.parts or not observations.parts:
        return {}
    with duckdb.connect() as session:
        found = session.execute(
            f"select location_id, location_name from read_parquet({_files(places)})"
            f" where location_id in (select location_id from read_parquet({_files(observations)})) order by location_id"
        ).fetchall()
    reserved = {*TAKEN, *BOOK_TABLES, *(each.lower() for each in taken), ""}
    count = Counter(_slug(label) for _, label in found)
    named: dict[str, str] = {}
    for location_id, label in found:
        view = _slug(label)
        if count[view] > 1 or view in reserved:
            view = f"{view}_{_slug(location_id)}".strip("_")[:NAME_LENGTH]
        if view in reserved or view in named:
            view = f"{view[: NAME_LENGTH - 17]}_{hashlib.sha256(location_id.encode()).hexdigest()[:16]}"
        named[view] = location_id
    return named


def _files(mart: Mart) -> str:
    return f"[{', '.join(literal(part.path) for part in mart.parts)}]"


def _slug(label: str | None) -> str:
    return ascii_words(label or "", "_")[:NAME_LENGTH]


REMEDIES = {
    REMEDY["user"]: {1045, 1698},
    # MySQL answers a user who has no right to a database so, whether it is there or not
    "there is no such database, or its user may not use it: create it, grant it, or correct ISOBAR_OUTLETS": {
        1044,
        1049,
    },
    "the user may not write there: grant it ALL on the database": {1142, 1143, 1227, 1370},
    REMEDY["read-only"]: {1290, 1792, 1836},
    REMEDY["full"]: {3, 1021, 1030, 1114},
    REMEDY["busy"]: {1038, 1040, 1041, 1203, 1226},
    REMEDY["stopped"]: {1053, 1077, 1317, 1927},
    "another session holds its rows: end it; the next delivery sends the rest": {1205, 1213},
    "it takes no LOAD DATA LOCAL: set local_infile = ON in its server": {1148, 3948, 4166},
    REMEDY["silent"]: {2002, 2003, 2005, 2006, 2013},
}
"""What to do, and the codes of MySQL, MariaDB and their client that it is for."""


def _explained(error: Exception) -> str:
    code, *words = error.args or (0, type(error).__name__)
    first = next(iter(str(words[0] if words else code).splitlines()), type(error).__name__)
    return next((f"{remedy} ({first})" for remedy, codes in REMEDIES.items() if code in codes), first)
