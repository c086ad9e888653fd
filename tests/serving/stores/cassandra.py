"""Cassandra: a keyspace and a role of its own, read by its client."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlsplit

import duckdb
import pyarrow as pa
from cassandra import InvalidRequest, Unauthorized
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile, Session
from cassandra.policies import WhiteListRoundRobinPolicy
from cassandra.util import Date

from serving.outlets.published import Mart
from tests.serving.publisher import Marts, by_observation
from tests.serving.stores.store import Store, wait_until

BOOKS = ("isobar_delivery", "isobar_parts", "isobar_partitions", "isobar_publication")


def connected(server: str, user: str, password: str) -> Cluster:
    parts = urlsplit(server)
    policy = WhiteListRoundRobinPolicy([parts.hostname])
    return Cluster(
        [parts.hostname],
        port=parts.port,
        auth_provider=PlainTextAuthProvider(user, password),
        execution_profiles={EXEC_PROFILE_DEFAULT: ExecutionProfile(policy, request_timeout=60)},
        connect_timeout=30,
    )


@dataclass
class CassandraStore(Store):
    """A keyspace of its own, which the outlet creates."""

    is_whole: ClassVar[bool] = False
    password_variable: ClassVar[str] = "ISOBAR_OUTLET_PASSWORD_CASSANDRA"

    url: str
    password: str
    name: str
    session: Session
    elsewhere: str | None = None

    @classmethod
    @contextmanager
    def new(cls, environment: dict[str, str]) -> Iterator[CassandraStore]:
        name, server = f"test_{secrets.token_hex(4)}", environment["ISOBAR_OUTLETS"]
        password = secrets.token_hex(8)
        with connected(server, urlsplit(server).username or "", environment[cls.password_variable]) as cluster:
            session = cluster.connect()
            session.execute(f"create role {name} with password = '{password}' and login = true")
            session.execute(f"grant create on all keyspaces to {name}")
            url = server.replace("isobar@", f"{name}@").replace("/weather_dw", f"/{name}")
            yield cls(url, password, name, session)
            session.execute(f"drop keyspace if exists {name}")
            session.execute(f"drop role {name}")

    def marts(self, rows: str) -> Marts:
        """Times to the millisecond: Cassandra has no others."""
        return by_observation(
            f"select * replace (date_trunc('milliseconds', observed_at) as observed_at) from ({rows})"
        )

    def tables(self) -> set[str]:
        found = self.session.execute(f"select table_name from system_schema.tables where keyspace_name = '{self.name}'")
        return {each.table_name for each in found} - set(BOOKS)

    def rows(self, mart: Mart, types_of: duckdb.DuckDBPyConnection) -> pa.Table:
        names = [column.name for column in mart.columns]
        found = list(self.session.execute(f"select {', '.join(names)} from {self.name}.{mart.name}"))
        columns = {
            name: [value.date() if isinstance(value, Date) else value for value in (row[at] for row in found)]
            for at, name in enumerate(names)
        }
        types_of.register("found", pa.table({name: pa.array(values) for name, values in columns.items()}))
        casts = ", ".join(f"cast({column.name} as {column.data_type}) as {column.name}" for column in mart.columns)
        return types_of.execute(f"select {casts} from found").to_arrow_table()

    def rains(self) -> tuple[Any, ...]:
        try:
            return tuple(each.rain_mm for each in self.session.execute(f"select rain_mm from {self.name}.{self.main}"))
        except InvalidRequest:
            raise LookupError(self.main) from None

    def publication_id(self) -> str | None:
        try:
            found = self.session.execute(f"select publication_id from {self.name}.isobar_publication").one()
        except InvalidRequest:
            return None
        return found.publication_id if found else None

    @contextmanager
    def read_only(self) -> Iterator[str]:
        """Who creates a table may write it: that right goes for each of them."""
        tables = [f"{self.name}.{table}" for table in (*self.tables(), *BOOKS)]
        with connected(self.url, urlsplit(self.url).username or "", self.password) as cluster:
            its = cluster.connect()
            for resource in (f"keyspace {self.name}", *tables):
                self.session.execute(f"revoke modify on {resource} from {self.name}")
            wait_until(lambda: _is_refused(its, self.name))  # rights are kept for two seconds
            yield "the user may not write there"
            self.session.execute(f"grant modify on keyspace {self.name} to {self.name}")
            wait_until(lambda: not _is_refused(its, self.name))

    def is_being_written(self) -> bool:
        found = self.session.execute("select username from system_views.clients")
        return any(each.username == self.name for each in found)


def _is_refused(session: Session, keyspace: str) -> bool:
    try:
        session.execute(f"delete from {keyspace}.isobar_parts where mart = 'none' and partition = 'none'")
    except Unauthorized:
        return True
    return False
