"""Opening the warehouse of the settings: a file on a laptop, a database of an account in production.

This room and isobar/publish/ are where `isobar` tells the two apart (ingestion/pipeline.py for dlt, dispatched macros for dbt).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from isobar.settings import Settings
from isobar.warehouse.base import DamagedWarehouseError, Warehouse
from isobar.warehouse.duckdb import DuckDBWarehouse
from isobar.warehouse.snowflake import SnowflakeWarehouse


@contextmanager
def open_warehouse(settings: Settings, *, read_only: bool = False, run_id: str | None = None) -> Iterator[Warehouse]:
    """A session of the warehouse of the settings. `run_id` goes into Snowflake's query history; `read_only` is DuckDB's lock.

    Raises:
        WarehouseError: Snowflake cannot be reached.
        duckdb.Error: the file cannot be opened.
    """
    warehouse = (
        SnowflakeWarehouse(settings, f"isobar {run_id or ''}".strip())
        if settings.target == "snowflake"
        else DuckDBWarehouse(settings, read_only=read_only)
    )
    try:
        yield warehouse
    finally:
        warehouse.close()


def check(settings: Settings) -> None:
    """Open the warehouse's file, where there is one, and read what it has to say of its tables.

    Raises:
        DamagedWarehouseError: it is truncated, or no database. Another program that holds it open is no damage.
    """
    if settings.target != "duckdb" or not settings.warehouse.exists():
        return
    if settings.warehouse.stat().st_size == 0:  # DuckDB would begin a new one, and everything would seem gone
        raise DamagedWarehouseError(settings, "the file is empty")
    try:
        with duckdb.connect(str(settings.warehouse), read_only=True) as session:
            session.execute("select count(*) from duckdb_tables()")
    except duckdb.Error as error:
        if "Could not set lock" in str(error) or "different configuration" in str(error):
            return
        raise DamagedWarehouseError(settings, error) from None
