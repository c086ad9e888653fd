"""The warehouse on a laptop: a file of the data folder."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import pyarrow as pa

from isobar.settings import Settings
from isobar.warehouse.base import MissingTableError, Row, Warehouse


class DuckDBWarehouse(Warehouse):
    """The file of the data folder."""

    def __init__(self, settings: Settings, *, read_only: bool) -> None:
        self.connection = duckdb.connect(str(settings.warehouse), read_only=read_only)

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        try:
            return self.connection.execute(sql, parameters).fetchall()
        except duckdb.CatalogException as error:
            raise MissingTableError(str(error)) from error

    def arrow(self, sql: str, parameters: Sequence[object] = ()) -> pa.Table:
        try:
            return self.connection.sql(sql, params=list(parameters) or None).to_arrow_table()
        except duckdb.CatalogException as error:
            raise MissingTableError(str(error)) from error

    def insert(self, table: str, rows: Sequence[Row]) -> None:
        # a list a column, not a statement a row: a ledger of a year of hourly runs is some ten thousand rows. Not through Arrow,
        # which imports pandas for Python's values: half of an hour with nothing new
        if rows:
            columns = [list(values) for values in zip(*rows, strict=True)]
            self.connection.execute(f"insert into {table} select {', '.join(['unnest(?)'] * len(columns))}", columns)

    def close(self) -> None:
        self.connection.close()
