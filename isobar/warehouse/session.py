"""The warehouse, whichever it is, and Isobar's own state in it: which loads and models a *published* build has processed.

A file on a laptop, a database of an account in production: this module and isobar/publish/ are where `isobar` tells the two
apart (ingestion/pipeline.py for dlt, dispatched macros for dbt). The statements here are in the SQL that both speak.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from datetime import date, datetime
from typing import Any

import duckdb
import pyarrow as pa

from ingestion.lake import FileVersion, Lake
from ingestion.registry import SOURCES
from isobar.settings import Settings

STATE = """
create schema if not exists isobar;
create table if not exists isobar.published_loads (schema_name varchar, load_id varchar, published_at timestamp);
create table if not exists isobar.model_fingerprints (model varchar, fingerprint varchar, published_at timestamp);
create table if not exists isobar.last_publication (
    publication_id varchar, project_fingerprint varchar, published_at timestamp);
create table if not exists isobar.health_models (
    position bigint, name varchar, relation varchar, description varchar, columns varchar, compiled_sql varchar);
create table if not exists isobar.warehouse (kind varchar);
"""

HEALTH_STATE = """
create or replace table isobar.runs (
    run_id varchar, run_number bigint, command varchar, source varchar, is_fetched boolean, started_at timestamp,
    finished_at timestamp, outcome varchar, error varchar, seconds double, newest_observed_at timestamp);
create or replace table isobar.run_tables (
    run_id varchar, table_name varchar, appended_row_count bigint, rejected_cell_count bigint);
create or replace table isobar.deliveries (source varchar, table_name varchar, last_new_rows_at timestamp);
create or replace table isobar.schedules (
    source varchar, table_name varchar, cadence_hours bigint, overdue_after_hours bigint);
create or replace table isobar.api_budgets (
    api varchar, key_hash varchar, period varchar, call_limit bigint, call_count bigint, counted_at timestamp);
"""
"""What the models of health read: written anew before and after each build (isobar/health/snapshot.py)."""

NODE_RESULTS = """
create or replace table isobar.node_results (
    unique_id varchar, node_name varchar, node_type varchar, model_name varchar, status varchar, failure_count bigint,
    message varchar, seconds double, is_monitor boolean);
"""
"""The one of them that only a build changes."""

Row = tuple[Any, ...]

LOGIN_SECONDS = 60
"""A connection to Snowflake is there within seconds, or an account does not answer at all."""


class WarehouseError(Exception):
    """The warehouse cannot be reached, or holds what this data folder must not be mixed with; the message says what to do."""


class DamagedWarehouseError(WarehouseError):
    """The warehouse's file is not a database that DuckDB can open."""

    def __init__(self, settings: Settings, reason: object) -> None:
        super().__init__(
            f"{settings.warehouse} is damaged ({str(reason).splitlines()[0][:200]}): run `isobar rebuild`, which keeps it under"
            " another name and makes a new one from the lake; what is published stays readable"
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
        # as one Arrow table: a ledger of a year of hourly runs is some ten thousand rows
        if rows:
            columns = [pa.array(values) for values in zip(*rows, strict=True)]
            incoming = pa.Table.from_arrays(columns, names=[f"c{n}" for n in range(len(columns))])
            self.connection.register("incoming", incoming)
            self.connection.execute(f"insert into {table} select * from incoming")
            self.connection.unregister("incoming")

    def close(self) -> None:
        self.connection.close()


class SnowflakeWarehouse(Warehouse):
    """The database of the settings, on a session of its user.

    Raises:
        WarehouseError: the account does not answer, or does not know the user and key.
    """

    UNKNOWN_OBJECT = 2003
    """Snowflake's number for "does not exist or not authorized"."""

    def __init__(self, settings: Settings, query_tag: str) -> None:
        import snowflake.connector

        account = settings.snowflake
        account.require()
        self._errors = snowflake.connector.errors
        try:
            self.connection = snowflake.connector.connect(
                account=account.account,
                user=account.user,
                private_key_file=account.private_key_path,
                private_key_file_pwd=account.private_key_passphrase,
                role=account.role,
                warehouse=account.warehouse,
                database=account.database,
                paramstyle="qmark",
                login_timeout=LOGIN_SECONDS,
                # what a connector tells Snowflake of its program is nothing that this one needs
                session_parameters={"QUERY_TAG": query_tag, "TIMEZONE": "UTC"},
            )
        except (snowflake.connector.errors.Error, ValueError, TypeError) as error:
            raise WarehouseError(
                f"Snowflake account {account.account} refused {account.user}: {_first_line(error)}"
                " (docs/snowflake.md, When it does not connect)."
            ) from None  # the connector's chain shows its parameters

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        return [tuple(row) for row in self._executed(sql, parameters).fetchall()]

    def arrow(self, sql: str, parameters: Sequence[object] = ()) -> pa.Table:
        found = self._executed(sql, parameters).fetch_arrow_all(force_return_table=True)
        return found.rename_columns([name.lower() for name in found.column_names])

    def insert(self, table: str, rows: Sequence[Row]) -> None:
        if rows:
            marks = ", ".join("?" * len(rows[0]))
            # a column that begins with a null travels as text, times as their number: dates and times go as ISO text at once
            values = [[str(each) if isinstance(each, date) else each for each in row] for row in rows]
            with self.connection.cursor() as cursor:
                cursor.executemany(f"insert into {table} values ({marks})", values)

    def close(self) -> None:
        self.connection.close()

    def _executed(self, sql: str, parameters: Sequence[object] = ()) -> Any:
        try:
            return self.connection.cursor().execute(sql, list(parameters) or None)
        except self._errors.ProgrammingError as error:
            if error.errno == self.UNKNOWN_OBJECT:
                raise MissingTableError(_first_line(error)) from error
            raise


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


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


def is_prepared(settings: Settings) -> bool:
    """Whether :func:`prepare` of this version ever ran on this warehouse."""
    if settings.target == "duckdb" and not settings.warehouse.exists():
        return False
    with open_warehouse(settings, read_only=True) as warehouse:
        found = warehouse.execute(
            "select count(*) from information_schema.tables where lower(table_schema) = 'isobar'"
            " and lower(table_name) = 'health_models'"
        )
    return bool(found[0][0])


@dataclass(frozen=True)
class Load:
    """A completed dlt load of one source."""

    schema_name: str
    load_id: str


def prepare(settings: Settings) -> None:
    """Make everything exist that dbt reads: raw tables of every source, the state, the warehouse's kind.

    Raises:
        WarehouseError: the warehouse holds weather of the other kind, simulated or real.
    """
    from ingestion import load  # dlt is a second to import, and an hour with nothing new does without it

    for source in SOURCES.values():
        load.prepare(source, settings)
    is_simulated = Lake(settings.lake).is_simulated()
    with open_warehouse(settings) as warehouse:
        warehouse.run(STATE)
        warehouse.run(HEALTH_STATE + NODE_RESULTS)
        if is_simulated is not None:
            kind = "simulated" if is_simulated else "real"
            held = {name for (name,) in warehouse.execute("select kind from isobar.warehouse")}
            if held - {kind}:
                # a file has its lake beside it; a database may be named from any data folder
                raise WarehouseError(
                    f"The warehouse holds {', '.join(held)} weather and this data folder {kind}:"
                    " name another database (ISOBAR_SNOWFLAKE_DATABASE) or another data folder (ISOBAR_DATA_DIR)."
                )
            if not held:
                warehouse.execute("insert into isobar.warehouse values (?)", [kind])


def unpublished_loads(settings: Settings) -> list[Load]:
    """Completed loads that no published build has processed."""
    with open_warehouse(settings, read_only=True) as warehouse:
        return [
            Load(source.dataset, load_id)
            for source in SOURCES.values()
            for (load_id,) in warehouse.execute(
                f"select load_id from {source.dataset}._dlt_loads where status = 0 and load_id not in"
                " (select load_id from isobar.published_loads where schema_name = ?) order by load_id",
                [source.dataset],
            )
        ]


def deliveries(session: Warehouse) -> list[Row]:
    """(source, raw table, when its newest file that added rows landed), by completed loads, killed or not: raw tables know."""
    return [
        (source.name, table, landed_at)
        for source in SOURCES.values()
        for table, landed_at in session.execute(
            f"select resource, max(landed_at) from {source.dataset}.files where appended_row_count > 0 and _dlt_load_id in"
            f" (select load_id from {source.dataset}._dlt_loads where status = 0) group by resource order by resource"
        )
    ]


def loaded_versions(settings: Settings) -> dict[str, list[FileVersion]]:
    """Source -> the versions of its files that completed loads have loaded; nothing of a source without raw tables.

    Raises:
        WarehouseError, duckdb.Error: the warehouse is damaged, open in another program, or does not answer.
    """
    if settings.target == "duckdb" and not settings.warehouse.exists():
        return {}
    check(settings)
    found = {}
    with open_warehouse(settings, read_only=True) as warehouse:
        for source in SOURCES.values():
            try:
                rows = warehouse.execute(
                    f"select distinct resource, source_file, version, content_hash from {source.dataset}.files"
                    " where outcome = 'loaded' and _dlt_load_id in"
                    f" (select load_id from {source.dataset}._dlt_loads where status = 0)"
                )
            except MissingTableError:
                continue
            found[source.name] = [FileVersion(*row) for row in rows]
    return found


def published_fingerprints(settings: Settings) -> dict[str, str]:
    """Model name -> fingerprint at the last publication."""
    with open_warehouse(settings, read_only=True) as warehouse:
        return {
            str(model): str(fingerprint)
            for model, fingerprint in warehouse.execute("select model, fingerprint from isobar.model_fingerprints")
        }


@dataclass(frozen=True)
class LastPublication:
    """What the last publication of this warehouse was made by."""

    publication_id: str
    project_fingerprint: str  # isobar.project.fingerprint
    published_at: datetime


def last_publication(settings: Settings) -> LastPublication | None:
    """None before the first one, and where an older version of Isobar made it."""
    with open_warehouse(settings, read_only=True) as warehouse:
        try:
            found = warehouse.execute(
                "select publication_id, project_fingerprint, published_at from isobar.last_publication"
            )
        except MissingTableError:
            return None
    return LastPublication(*found[0]) if found else None


def has_pending_loads(settings: Settings) -> bool:
    """Whether a load that was cut off left rows with dlt: the next build or load finishes it. Asks dlt's folders, not dlt."""
    return any(
        next((settings.pipelines_dir / source.name).glob(stage), None)
        for source in SOURCES.values()
        for stage in ("normalize/extracted/*", "load/normalized/*")
    )


def mark_published(
    settings: Settings, loads: Iterable[Load], fingerprints: dict[str, str], publication: LastPublication
) -> None:
    """Remember, in one transaction, what the publication that just happened has processed and was made by."""
    now = settings.now()
    with open_warehouse(settings) as warehouse, warehouse.transaction():
        warehouse.insert("isobar.published_loads", [(done.schema_name, done.load_id, now) for done in loads])
        warehouse.execute("delete from isobar.model_fingerprints")
        warehouse.insert("isobar.model_fingerprints", [(model, each, now) for model, each in fingerprints.items()])
        warehouse.execute("delete from isobar.last_publication")
        warehouse.insert("isobar.last_publication", [astuple(publication)])
