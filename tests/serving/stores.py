"""Real stores of the tests, each read by its own client and never by the code that writes it."""

from __future__ import annotations

import secrets
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import duckdb
import pyarrow as pa

from serving.outlets.published import Mart

WAIT_SECONDS = 60


class Store(Protocol):
    """A store that is empty at first."""

    url: str
    password: str
    password_variable: str

    @property
    def environment(self) -> dict[str, str]: ...

    def tables(self) -> set[str]: ...

    def rows(self, mart: Mart, types_of: duckdb.DuckDBPyConnection) -> pa.Table:
        """All rows of a mart, in its columns and DuckDB's types."""
        ...

    def values(self, mart: str, column: str) -> tuple[Any, ...]:
        """Of all rows, as one reader sees them at once. LookupError where there is no such mart."""
        ...

    def publication_id(self) -> str | None: ...

    def read_only(self) -> Any:
        """A context in which it takes no writes."""
        ...

    def wait_for_writer(self, process: subprocess.Popen[bytes]) -> None:
        """Until a process writes to it, or has ended."""
        ...


@dataclass
class PostgreSQLStore:
    """A schema of its own."""

    url: str
    password: str
    schema: str
    server: str
    password_variable: str = "ISOBAR_OUTLET_PASSWORD_POSTGRESQL"

    @classmethod
    @contextmanager
    def new(cls, environment: dict[str, str]) -> Iterator[PostgreSQLStore]:
        schema, server = f"test_{secrets.token_hex(4)}", environment["ISOBAR_OUTLETS"]
        store = cls(f"{server}?schema={schema}", environment[cls.password_variable], schema, server)
        try:
            yield store
        finally:
            store.ask(f"drop schema if exists {schema} cascade")

    @property
    def environment(self) -> dict[str, str]:
        return {"ISOBAR_OUTLETS": self.url, self.password_variable: self.password}

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

    def values(self, mart: str, column: str) -> tuple[Any, ...]:
        if mart not in self.tables():
            raise LookupError(mart)
        return tuple(value for (value,) in self.ask(f"select {column} from {self.schema}.{mart}"))

    def publication_id(self) -> str | None:
        if not self.ask(
            f"select 1 from pg_tables where schemaname = '{self.schema}' and tablename = 'isobar_publication'"
        ):
            return None
        found = self.ask(f"select publication_id from {self.schema}.isobar_publication")
        return found[0][0] if found else None

    @contextmanager
    def read_only(self) -> Iterator[None]:
        name = self.server.rpartition("/")[2]
        self.ask(f"alter database {name} set default_transaction_read_only = on")
        try:
            yield
        finally:
            self.ask(f"set transaction read write; alter database {name} reset default_transaction_read_only")

    def wait_for_writer(self, process: subprocess.Popen[bytes]) -> None:
        begun = time.monotonic()
        while process.poll() is None and time.monotonic() - begun < WAIT_SECONDS:
            if self.ask("select 1 from pg_stat_activity where application_name = 'isobar'"):
                return
            time.sleep(0.02)
