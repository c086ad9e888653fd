"""Cassandra: the observations of a place and month, for programs that read long series of one place.

`fct_observations` has a partition for each place and month, `dim_locations` the places. A part of a mart is replaced without a
gap: its rows are written at a time t, in microseconds, and what was there is deleted at t - 1, so that only what is new stays.
t is later than any before, whatever the clocks of two machines show: `isobar_delivery` keeps the last, and the lease under which
one delivery works. `isobar_parts` has a part's file once all of it is there, `isobar_partitions` the partitions that it may have
rows in, from before the first is written: a killed delivery is finished by the next.
cassandra-driver (extra `cassandra`) is the client, Apache's own.
"""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from itertools import repeat
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import duckdb
from cassandra import ConsistencyLevel, DriverException
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile, NoHostAvailable, Session
from cassandra.concurrent import execute_concurrent_with_args
from cassandra.connection import ConnectionException
from cassandra.policies import DCAwareRoundRobinPolicy, TokenAwarePolicy
from cassandra.protocol import ErrorMessage
from cassandra.query import UNSET_VALUE, SimpleStatement

from isobar.files import literal
from serving.outlets import outlet
from serving.outlets.outlet import REMEDY, OutletError, Received
from serving.outlets.published import Column, Contents, Key, Mart, Part
from serving.outlets.rows import reading
from serving.outlets.sql import name as _name
from serving.outlets.sql import text as _text

TYPES = {
    "VARCHAR": "text",
    "DOUBLE": "double",
    "BIGINT": "bigint",
    "INTEGER": "int",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
}
"""DuckDB's type -> Cassandra's. Its times are UTC, to the millisecond."""

MARTS = ("dim_locations", "fct_observations")

MONTH = "month"
"""The second column of a series' partition key, as 2026-03: a place has a few hundred rows a month, and decades of them."""

BOOKS = {
    "isobar_delivery": "id int primary key, holder text, written_at bigint",
    "isobar_publication": "id int primary key, publication_id text, published_at text, warehouse_kind text",
    "isobar_parts": "mart text, partition text, file text, primary key (mart, partition)",
    "isobar_partitions": "mart text, part text, location_id text, month text, primary key ((mart, part), location_id, month)",
}
"""Tables that have what the store has received. `isobar_delivery` is written by lightweight transactions alone."""

REPLICATION = 1
"""Copies in the data centre, of a keyspace that a delivery creates: `?replication=3`."""

PORT = 9042

REQUEST_SECONDS = 60
"""For one statement, of a row or a partition; those about tables wait for all nodes."""

LEASE_SECONDS = 15
"""A delivery that has not renewed its lease for so long is taken for dead; it renews it every RENEW_SECONDS."""

RENEW_SECONDS = 4
LOOK_SECONDS = 0.2

CONCURRENCY = 100
"""Statements on their way at once, the driver's own default."""

BATCH_ROWS = 4000
"""Rows between two renewals of the lease: a slow server takes hundreds a second."""

EPOCH_DAY = 1 << 31
"""1970-01-01 as Cassandra counts days."""


class Cassandra:
    """A keyspace. See :class:`serving.outlets.outlet.Outlet`."""

    def __init__(self, url: str, password: str | None) -> None:
        """Raises:
        OutletError: the URL names no keyspace or no number of copies.
        """
        parts = urlsplit(url)
        options = dict(parse_qsl(parts.query))
        self.shown, self.keyspace = url, parts.path.strip("/")
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,47}", self.keyspace):
            raise OutletError("it names no keyspace: write cassandra://user@host:9042/weather_dw, in small letters")
        self.datacenter, copies = options.get("datacenter"), options.get("replication", str(REPLICATION))
        if not re.fullmatch(r"[1-9]\d?", copies):
            raise OutletError(f"?replication={copies} is not a number of copies: write ?replication=3")
        self.copies = int(copies)
        self._hosts, self._port = [parts.hostname or ""], parts.port or PORT
        self._user, self._password = unquote(parts.username or ""), password

    def takes(self, mart: Mart) -> bool:
        return mart.name in MARTS

    @contextmanager
    def begin(self) -> Iterator[CassandraDelivery]:
        logging.getLogger("cassandra").setLevel(logging.CRITICAL)  # it is told once, as an OutletError
        profile = ExecutionProfile(
            TokenAwarePolicy(DCAwareRoundRobinPolicy(self.datacenter or "")),
            consistency_level=ConsistencyLevel.LOCAL_QUORUM,
            serial_consistency_level=ConsistencyLevel.LOCAL_SERIAL,
            request_timeout=min(REQUEST_SECONDS, outlet.SILENCE_SECONDS),
        )
        connect_seconds = min(outlet.CONNECT_SECONDS, outlet.SILENCE_SECONDS)
        try:
            with (
                Cluster(
                    self._hosts,
                    port=self._port,
                    auth_provider=PlainTextAuthProvider(self._user, self._password) if self._password else None,
                    execution_profiles={EXEC_PROFILE_DEFAULT: profile},
                    connect_timeout=connect_seconds,
                    control_connection_timeout=connect_seconds,
                ) as cluster,
                CassandraDelivery(self, cluster.connect()) as delivery,
            ):
                yield delivery
        except (NoHostAvailable, DriverException, ConnectionException, ErrorMessage) as error:
            raise OutletError(_explained(error)) from None

    def ddl(self, contents: Contents) -> str:
        marts = [table_of(self.keyspace, mart) for mart in contents.marts if self.takes(mart)]
        datacenter = self.datacenter or "datacenter1"
        return "".join(
            f"{each};\n" for each in (keyspace_of(self.keyspace, datacenter, self.copies), *self.books, *marts)
        )

    @property
    def books(self) -> list[str]:
        return [f"create table {self.keyspace}.{name} ({columns})" for name, columns in BOOKS.items()]


class CassandraDelivery:
    """A delivery under a lease. See :class:`serving.outlets.outlet.Delivery`."""

    def __init__(self, store: Cassandra, session: Session) -> None:
        self.store, self.keyspace = store, store.keyspace
        self._session = session
        self._holder = uuid.uuid4().hex
        self._renewed_at = 0.0
        self._at = 0
        self._forgotten: list[Key] = []

    def __enter__(self) -> CassandraDelivery:
        if not self._ask("select * from system_schema.keyspaces where keyspace_name = %s", self.keyspace):
            (local,) = self._ask("select data_center from system.local")
            datacenter = self.store.datacenter or local.data_center
            self._change(keyspace_of(self.keyspace, datacenter, self.store.copies))
        there = self._tables()
        for name, statement in zip(BOOKS, self.store.books, strict=True):
            if name not in there:
                self._change(statement.replace("create table", "create table if not exists", 1))
        try:
            while not self._lease("null"):
                time.sleep(LOOK_SECONDS)  # one whose holder has died ends by itself
            self._take_time()
        except BaseException:
            self._release()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._release()

    def _lease(self, condition: str) -> bool:
        done = self._session.execute(
            f"update {self.keyspace}.isobar_delivery using ttl {LEASE_SECONDS} set holder = '{self._holder}'"
            f" where id = 0 if holder = {condition}"
        )
        self._renewed_at = time.monotonic()
        return bool(done.was_applied)

    def _renew(self) -> None:
        if time.monotonic() - self._renewed_at > RENEW_SECONDS and not self._lease(f"'{self._holder}'"):
            raise OutletError("another delivery took over, for this one was slow; the next delivery sends the rest")

    def _release(self) -> None:
        # where it does not answer, the lease ends by itself
        with suppress(Exception):
            self._session.execute(
                f"update {self.keyspace}.isobar_delivery set holder = null where id = 0 if holder = '{self._holder}'"
            )

    def _take_time(self) -> None:
        """The time of all writes of this delivery: later than any before, and kept before the first of them."""
        select = f"select written_at from {self.keyspace}.isobar_delivery where id = 0"
        last = self._session.execute(SimpleStatement(select, consistency_level=ConsistencyLevel.LOCAL_SERIAL)).one()
        self._at = max(time.time_ns() // 1000, (last.written_at or 0) + 2 if last else 0)
        done = self._session.execute(
            f"update {self.keyspace}.isobar_delivery set written_at = {self._at} where id = 0 if holder = '{self._holder}'"
        )
        if not done.was_applied:
            raise OutletError("another delivery took over, for this one was slow; the next delivery sends the rest")

    def received(self) -> Received:
        parts = self._ask(f"select mart, partition, file from {self.keyspace}.isobar_parts")
        told = self._ask(
            f"select publication_id, published_at, warehouse_kind from {self.keyspace}.isobar_publication where id = 0"
        )
        files = {Key(each.mart, each.partition): each.file for each in parts}
        if not told:
            return Received(files)
        (its,) = told
        return Received(files, its.publication_id, datetime.fromisoformat(its.published_at), its.warehouse_kind)

    def prepare(self, marts: tuple[Mart, ...]) -> set[str]:
        there, emptied = self._tables(), set()
        for mart in marts:
            wanted = dict(_columns(mart))
            known = {
                each.column_name: each.type
                for each in self._ask(
                    "select column_name, type from system_schema.columns where keyspace_name = %s and table_name = %s",
                    *(self.keyspace, mart.name),
                )
            }
            if known == wanted:
                continue
            emptied.add(mart.name)
            if known and known.items() <= wanted.items():
                for name in wanted.keys() - known.keys():
                    self._change(f"alter table {self.keyspace}.{mart.name} add {_name(name)} {wanted[name]}")
                continue
            # a column cannot come back with another type
            if mart.name in there:
                self._change(f"drop table {self.keyspace}.{mart.name}")
            self._change(table_of(self.keyspace, mart))
        return emptied

    def forget(self, key: Key, mart: Mart | None) -> None:
        """At the end: a part that takes the place of this one has written its rows by then."""
        self._forgotten.append(key)
        if mart is None:
            self._change(f"drop table if exists {self.keyspace}.{key.mart}")

    def apply(self, mart: Mart, part: Part) -> int:
        before = set(self._partitions(part.key))
        self._session.execute(
            f"delete from {self.keyspace}.isobar_parts using timestamp {self._at - 1} where mart = %s and partition = %s",
            part.key,
        )
        with reading(part), duckdb.connect() as session:
            rows = f"read_parquet({literal(part.path)})"
            key = ", ".join(expression for _, expression in _partition_key(mart))
            now = {tuple(each) for each in session.execute(f"select distinct {key} from {rows}").fetchall()}
            self._keep(part.key, now - before)
            self._write(mart, session, rows)
        self._delete(mart.name, sorted(before | now))
        self._drop(part.key, before - now)
        self._session.execute(
            f"insert into {self.keyspace}.isobar_parts (mart, partition, file) values (%s, %s, %s)"
            f" using timestamp {self._at}",
            (*part.key, part.file),
        )
        return part.row_count

    def _write(self, mart: Mart, session: duckdb.DuckDBPyConnection, rows: str) -> None:
        """All rows of a part, in batches, column by column up to the tuples that the driver takes."""
        names, values = selected(mart)
        insert = self._session.prepare(insert_into(self.keyspace, mart, names))
        reader = session.sql(f"select {', '.join(values)} from {rows}").to_arrow_reader(BATCH_ROWS)
        for batch in reader:
            self._renew()
            columns = [settable(column.to_pylist(), column.null_count) for column in batch.columns]
            self._many(insert, list(zip(*columns, repeat(self._at))))

    def _delete(self, mart: str, partitions: Sequence[tuple[str, ...]]) -> None:
        """What was in these partitions before this delivery."""
        if partitions:
            key = " and ".join(f"{name} = ?" for name in ("location_id", MONTH)[: len(partitions[0])])
            delete = self._session.prepare(
                f"delete from {self.keyspace}.{mart} using timestamp {self._at - 1} where {key}"
            )
            self._many(delete, partitions)

    def _partitions(self, key: Key) -> list[tuple[str, ...]]:
        found = self._ask(
            f"select location_id, month from {self.keyspace}.isobar_partitions where mart = %s and part = %s", *key
        )
        return [(each.location_id, each.month) if each.month else (each.location_id,) for each in found]

    def _keep(self, key: Key, partitions: set[tuple[str, ...]]) -> None:
        insert = self._session.prepare(
            f"insert into {self.keyspace}.isobar_partitions (mart, part, location_id, month) values (?, ?, ?, ?)"
            f" using timestamp {self._at}"
        )
        self._many(insert, [(*key, *each, "")[:4] for each in partitions])

    def _drop(self, key: Key, partitions: set[tuple[str, ...]]) -> None:
        delete = self._session.prepare(
            f"delete from {self.keyspace}.isobar_partitions using timestamp {self._at}"
            " where mart = ? and part = ? and location_id = ? and month = ?"
        )
        self._many(delete, [(*key, *each, "")[:4] for each in partitions])

    def finish(self, contents: Contents) -> None:
        there = self._tables()
        for key in self._forgotten:
            partitions = self._partitions(key)
            if key.mart in there:
                self._delete(key.mart, partitions)
            self._drop(key, set(partitions))
            self._session.execute(
                f"delete from {self.keyspace}.isobar_parts using timestamp {self._at} where mart = %s and partition = %s",
                key,
            )
        self._renew()
        self._session.execute(
            f"insert into {self.keyspace}.isobar_publication (id, publication_id, published_at, warehouse_kind)"
            f" values (0, %s, %s, %s) using timestamp {self._at}",
            (contents.publication_id, contents.published_at.isoformat(), contents.warehouse_kind),
        )

    def _tables(self) -> set[str]:
        found = self._ask("select table_name from system_schema.tables where keyspace_name = %s", self.keyspace)
        return {each.table_name for each in found}

    def _ask(self, statement: str, *values: object) -> list[Any]:
        return list(self._session.execute(statement, values or None))

    def _change(self, statement: str) -> None:
        """Tables: the driver waits until all nodes have them."""
        self._session.execute(statement)

    def _many(self, statement: Any, values: Sequence[tuple[Any, ...]]) -> None:
        for start in range(0, len(values), BATCH_ROWS):
            self._renew()
            execute_concurrent_with_args(
                self._session, statement, values[start : start + BATCH_ROWS], concurrency=CONCURRENCY
            )


def settable(values: list[Any], null_count: int) -> list[Any]:
    """Null is a value that is not set: one that was written would be a tombstone."""
    return [UNSET_VALUE if value is None else value for value in values] if null_count else values


def _partition_key(mart: Mart) -> list[tuple[str, str]]:
    """Of a mart's table: each column, and DuckDB's expression of it."""
    month = [(MONTH, f"strftime({_name(mart.partition_by)}, '%Y-%m')")] if mart.partition_by else []
    return [("location_id", "location_id"), *month]


def _columns(mart: Mart) -> list[tuple[str, str]]:
    """The columns of a mart's table and their types."""
    month = [(MONTH, "text")] if mart.partition_by else []
    return [*month, *((column.name, TYPES[column.data_type]) for column in mart.columns)]


def selected(mart: Mart) -> tuple[list[str], list[str]]:
    """The columns of a mart's table, and DuckDB's expressions of their values."""
    values = {column.name: _value(column) for column in mart.columns} | dict(_partition_key(mart))
    names = [name for name, _ in _columns(mart)]
    return names, [values[name] for name in names]


def insert_into(keyspace: str, mart: Mart, names: Sequence[str]) -> str:
    """Its last parameter is the time of the write."""
    return (
        f"insert into {keyspace}.{mart.name} ({', '.join(map(_name, names))})"
        f" values ({', '.join('?' * len(names))}) using timestamp ?"
    )


def _value(column: Column) -> str:
    """DuckDB's expression of a value as the driver takes it soonest."""
    name = _name(column.name)
    if column.data_type == "TIMESTAMP":
        return f"epoch_ms({name})"
    return f"{name} - date '1970-01-01' + {EPOCH_DAY}" if column.data_type == "DATE" else name


def keyspace_of(keyspace: str, datacenter: str, copies: int) -> str:
    """The statement that makes a keyspace."""
    replication = f"{{'class': 'NetworkTopologyStrategy', {_text(datacenter)}: {copies}}}"
    return f"create keyspace if not exists {keyspace} with replication = {replication}"


def table_of(keyspace: str, mart: Mart) -> str:
    """The statement that makes a mart's table."""
    columns = ", ".join(f"{_name(name)} {data_type}" for name, data_type in _columns(mart))
    partition = [name for name, _ in _partition_key(mart)]
    clustering = [_name(name) for name in mart.key if name not in partition]
    key = ", ".join([f"({', '.join(map(_name, partition))})", *clustering])
    return (
        f"create table {keyspace}.{mart.name} ({columns}, primary key ({key})) with comment = {_text(mart.description)}"
    )


REMEDIES = (
    (
        "AuthenticationFailed|BadCredentials|requires authentication",
        REMEDY["user"],
    ),
    (
        "Unauthorized",
        "the user may not write there: grant it ALL on the keyspace, and CREATE on ALL KEYSPACES where there is none",
    ),
    ("Overloaded", "it is overloaded; the next delivery sends the rest"),
    (
        "WriteTimeout|WriteFailure|ReadTimeout|ReadFailure|Unavailable",
        "not enough of its nodes answer in time; the next delivery sends the rest",
    ),
    (
        "NoHostAvailable|OperationTimedOut|Connection",
        REMEDY["silent"],
    ),
)
"""The driver's name of an error, or a word of it, and what to do."""


def _explained(error: Exception) -> str:
    # of an error about all nodes: why each of them could not be reached, or their names where none was tried
    causes = getattr(error, "errors", None)
    if isinstance(causes, list):
        return "no answer of a node in its data centre: check that it runs, and ?datacenter= in ISOBAR_OUTLETS"
    cause = next(iter(causes.values()), error) if isinstance(causes, dict) else error
    first = next(iter(str(cause).strip().splitlines()), type(cause).__name__)
    told = f"{type(error).__name__} {type(cause).__name__} {first}"
    for words, remedy in REMEDIES:
        if re.search(words, told):
            return f"{remedy} ({first})"
    return first
