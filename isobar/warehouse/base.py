"""What a session of the warehouse is, whichever it is, and how it fails. Statements are in the SQL that both speak."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa

from isobar.settings import Settings

Row = tuple[Any, ...]


class WarehouseError(Exception):
    """The warehouse cannot be reached, or holds what this data folder must not be mixed with; the message says what to do."""

    explains_damage = True  # isobar/errors.py need not say it again


class DamagedWarehouseError(WarehouseError):
    """The warehouse's file is not a database that DuckDB can open."""

    def __init__(self, settings: Settings, reason: object) -> None:
        super().__init__(
            f"{settings.warehouse} is damaged ({str(reason).splitlines()[0][:200]}): run `isobar rebuild`, which keeps the"
            " damaged file and makes a new warehouse from the lake; readers keep the last publication"
        )


class MissingTableError(WarehouseError):
    """A statement names a table that is not there."""


class Warehouse(ABC):
    """An open session. Statements are in the SQL that DuckDB and Snowflake share; parameters are `?`."""

    @abstractmethod
    def execute(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        """Run one statement, and return its rows.

        Raises:
            MissingTableError: it names a table that is not there.
        """

    @abstractmethod
    def arrow(self, sql: str, parameters: Sequence[object] = ()) -> pa.Table:
        """The result of a query, its columns named in lower case.

        Raises:
            MissingTableError: it names a table that is not there.
        """

    @abstractmethod
    def insert(self, table: str, rows: Sequence[Row]) -> None:
        """Append rows, values in the order of the table's columns."""

    def run(self, script: str) -> None:
        """Run statements that each end with a semicolon."""
        for statement in filter(str.strip, script.split(";")):
            self.execute(statement)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it or nothing, as far as it is not DDL (which Snowflake commits by itself)."""
        self.execute("begin")
        try:
            yield
        except BaseException:
            self.execute("rollback")
            raise
        self.execute("commit")
