"""MySQL on a real MariaDB: a database of its own, read by PyMySQL."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlsplit

import duckdb
import pyarrow as pa

from serving.outlets.published import Mart
from tests.serving.publisher import OBSERVED, Marts
from tests.serving.stores.store import Store

TYPES = {
    "VARCHAR": pa.string(),
    "DOUBLE": pa.float64(),
    "BIGINT": pa.int64(),
    "INTEGER": pa.int32(),
    "BOOLEAN": pa.bool_(),
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us"),
}


@dataclass
class MySQLStore(Store):
    """A database of its own."""

    password_variable: ClassVar[str] = "ISOBAR_OUTLET_PASSWORD_MYSQL"

    url: str
    password: str
    database: str
    root_password: str
    elsewhere: str | None = None

    @classmethod
    @contextmanager
    def new(cls, environment: dict[str, str]) -> Iterator[MySQLStore]:
        database, server = f"test_{secrets.token_hex(4)}", urlsplit(environment["ISOBAR_OUTLETS"])
        url, elsewhere = (server._replace(path=f"/{path}").geturl() for path in (database, "nowhere"))
        password, root_password = environment[cls.password_variable], environment["MARIADB_ROOT_PASSWORD"]
        store = cls(url, password, database, root_password, elsewhere)
        store.ask(f"create database {database}")
        try:
            yield store
        finally:
            store.ask(f"drop database {database}")

    def marts(self, rows: str) -> Marts:
        """As published, but for infinity, which MySQL does not have. Places have the column that names the views."""
        finite = f"select * replace (case when isfinite(rain_mm) then rain_mm end as rain_mm) from ({rows})"
        places = f"select location_id, min(observed_at) as first_observed_at from ({rows}) group by location_id"
        return {"fct_observations": (finite, *OBSERVED), "dim_locations": (places, None, ("location_id",))}

    def ask(self, statement: str, *, as_root: bool = False) -> list[tuple[Any, ...]]:
        import pymysql

        at = urlsplit(self.url)
        user, password = ("root", self.root_password) if as_root else (at.username, self.password)
        with (
            pymysql.connect(
                host=at.hostname, port=at.port or 0, user=user, password=password, autocommit=True
            ) as connection,
            connection.cursor() as cursor,
        ):
            for each in statement.split(";\n"):
                if each.strip():
                    cursor.execute(each)
            return list(cursor.fetchall())

    def tables(self) -> set[str]:
        found = self.ask(
            "select table_name from information_schema.tables"
            f" where table_schema = '{self.database}' and table_type = 'BASE TABLE'"
        )
        return {name for (name,) in found if not name.startswith("isobar_")}

    def rows(self, mart: Mart, types_of: duckdb.DuckDBPyConnection) -> pa.Table:
        names = ", ".join(f"`{column.name}`" for column in mart.columns)
        rows = self.ask(f"select {names} from {self.database}.{mart.name}")
        columns = list(zip(*rows, strict=True)) or [()] * len(mart.columns)
        return pa.table(
            {
                column.name: pa.array(
                    [None if value is None else bool(value) for value in values]
                    if column.data_type == "BOOLEAN"
                    else values,
                    TYPES[column.data_type],
                )
                for column, values in zip(mart.columns, columns, strict=True)
            }
        )

    def rains(self) -> tuple[Any, ...]:
        if self.publication_id() is None:
            raise LookupError(self.main)  # its table is there before the first rows
        return tuple(value for (value,) in self.ask(f"select rain_mm from {self.database}.{self.main}"))

    def publication_id(self) -> str | None:
        if "isobar_publication" not in {name for (name,) in self.ask(f"show tables from {self.database}")}:
            return None
        found = self.ask(f"select publication_id from {self.database}.isobar_publication")
        return found[0][0] if found else None

    @contextmanager
    def read_only(self) -> Iterator[str]:
        self.ask("set global read_only = on", as_root=True)
        try:
            yield "the server is read-only"
        finally:
            self.ask("set global read_only = off", as_root=True)

    def is_being_written(self) -> bool:
        return bool(self.ask(f"select 1 from information_schema.processlist where db = '{self.database}'"))
