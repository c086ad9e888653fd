"""PostgreSQL: a schema of its own, read by COPY."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar
from urllib.parse import urlsplit

import duckdb
import pyarrow as pa

from serving.outlets.published import Mart
from tests.serving.publisher import Marts, by_observation
from tests.serving.stores.store import Store


@dataclass
class PostgreSQLStore(Store):
    """A schema of its own."""

    password_variable: ClassVar[str] = "ISOBAR_OUTLET_PASSWORD_POSTGRESQL"

    url: str
    password: str
    schema: str
    server: str
    elsewhere: str | None = None

    @classmethod
    @contextmanager
    def new(cls, environment: dict[str, str]) -> Iterator[PostgreSQLStore]:
        schema, server = f"test_{secrets.token_hex(4)}", environment["ISOBAR_OUTLETS"]
        elsewhere = server.replace(urlsplit(server).path, "/nowhere")
        store = cls(f"{server}?schema={schema}", environment[cls.password_variable], schema, server, elsewhere)
        try:
            yield store
        finally:
            store.ask(f"drop schema if exists {schema} cascade")

    def marts(self, rows: str) -> Marts:
        return by_observation(rows)

    def ask(self, statement: str) -> list[tuple[Any, ...]]:
        import psycopg

        with psycopg.connect(self.server, password=self.password) as connection:
            cursor = connection.execute(statement)  # type: ignore[call-overload]
            return cursor.fetchall() if cursor.description else []

    def tables(self) -> set[str]:
        found = self.ask(f"select tablename from pg_tables where schemaname = '{self.schema}'")
        return {name for (name,) in found if not name.startswith("isobar_")}

    def rows(self, mart: Mart, types_of: duckdb.DuckDBPyConnection) -> pa.Table:
        import psycopg

        names = ", ".join(f'"{column.name}"' for column in mart.columns)
        types = ", ".join(f"'{column.name}': '{column.data_type}'" for column in mart.columns)
        with TemporaryDirectory() as folder:
            path = Path(folder) / "rows.csv"
            with psycopg.connect(self.server, password=self.password) as connection, path.open("wb") as file:
                statement = f"copy (select {names} from {self.schema}.{mart.name}) to stdout (format csv, null '\\N')"
                with connection.cursor().copy(statement) as copy:  # type: ignore[arg-type]
                    for block in copy:
                        file.write(block)
            return types_of.execute(
                f"from read_csv('{path}', header=false, columns={{{types}}}, nullstr='\\N', quote='\"', escape='\"',"
                " auto_detect=false, allow_quoted_nulls=false, strict_mode=false)"
            ).to_arrow_table()

    def rains(self) -> tuple[Any, ...]:
        if self.main not in self.tables():
            raise LookupError(self.main)
        return tuple(value for (value,) in self.ask(f"select rain_mm from {self.schema}.{self.main}"))

    def publication_id(self) -> str | None:
        if not self.ask(
            f"select 1 from pg_tables where schemaname = '{self.schema}' and tablename = 'isobar_publication'"
        ):
            return None
        found = self.ask(f"select publication_id from {self.schema}.isobar_publication")
        return found[0][0] if found else None

    @contextmanager
    def read_only(self) -> Iterator[str]:
        name = self.server.rpartition("/")[2]
        self.ask(f"alter database {name} set default_transaction_read_only = on")
        try:
            yield "the server is read-only"
        finally:
            self.ask(f"set transaction read write; alter database {name} reset default_transaction_read_only")

    def is_being_written(self) -> bool:
        return bool(self.ask("select 1 from pg_stat_activity where application_name = 'isobar'"))
