"""dlt: from files of the lake to raw tables that exist, fully declared, before any data does."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import dlt
import pyarrow as pa
from dlt.common.destination import Destination
from dlt.common.pipeline import LoadInfo
from dlt.common.schema.typing import TColumnSchema, TDataType
from dlt.destinations import duckdb as duckdb_destination
from dlt.destinations import snowflake as snowflake_destination
from dlt.destinations.impl.duckdb.configuration import DuckDbCredentials

from ingestion.damage import damaged_notes, set_aside
from ingestion.dlt_paths import quote_paths
from ingestion.lake import FileVersion
from ingestion.readers.reading import AHEAD, ARROW_TYPE, BIGINT, DATE, DOUBLE, TEXT, TIME, TableLayout
from ingestion.source import Source, Table
from isobar.settings import Settings

quote_paths()

_DLT_TYPE: dict[str, TDataType] = {TEXT: "text", DOUBLE: "double", BIGINT: "bigint", TIME: "timestamp", DATE: "date"}

PROVENANCE = {"source_file": TEXT, "source_row": BIGINT, "landed_at": TIME}
"""On every row: which file, which line (the header is 1) or body, when its bytes entered the lake."""

REJECTS = {
    "source_file": TEXT,
    "source_row": BIGINT,
    "column_name": TEXT,
    "value": TEXT,
    "reason": TEXT,
    "landed_at": TIME,
}
FILES = {
    "source_file": TEXT,
    "resource": TEXT,
    "version": BIGINT,
    "content_hash": TEXT,
    "lake_path": TEXT,
    "outcome": TEXT,  # loaded, refused
    "reason": TEXT,  # why it was refused
    "byte_count": BIGINT,
    "row_count": BIGINT,
    "appended_row_count": BIGINT,
    "rejected_cell_count": BIGINT,
    "landed_at": TIME,
}

Rows = Iterator[pa.Table | pa.RecordBatch]


@dataclass(frozen=True)
class FileState:
    """What the warehouse knows of one version of a file: only of completed loads."""

    key: FileVersion
    is_loaded: bool
    reason: str | None


@dataclass(frozen=True)
class Delivery:
    """What completed loads have brought to a raw table: its rows, and when its newest file that added some landed."""

    row_count: int
    last_new_rows_at: datetime | None


class RawPipeline:
    """One source's dlt pipeline into the warehouse of the settings. `run_id`, the ledger's, tags what Snowflake is asked."""

    def __init__(self, source: Source, settings: Settings, run_id: str | None = None) -> None:
        self.source = source
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        self.notes = _begun_anew(settings.pipelines_dir / source.name)
        with _streamlit_left_alone():
            self.pipeline = dlt.pipeline(
                pipeline_name=source.name,
                pipelines_dir=str(settings.pipelines_dir),
                destination=_destination(settings, run_id),
                dataset_name=source.dataset,
            )
        if self.pipeline.first_run is False and not self._has_dataset():
            # the warehouse was deleted: what dlt remembers of it is about nothing; the lake has the data
            self.pipeline = self.pipeline.drop()
        self.load_ids: list[str] = []  # completed through this object

    def prepare(self) -> None:
        """Finish packages of a killed run, then make sure that every raw table exists, empty or not, with every declared column:
        a warehouse of an earlier version may lack one.

        dlt runs a pending package *instead of* new work: that is why this comes first.
        """
        if self.pipeline.has_pending_data:
            self._completed(self.pipeline.run())
        if not self._columns_exist():
            self._run({name: lambda: iter(()) for name in self._declared()}, adds_columns=True)

    def append(self, rows: dict[str, Callable[[], Rows]]) -> None:
        """Load one package: all of it is new to dbt at once, when its load id completes."""
        self._run(rows)

    def file_states(self) -> list[FileState]:
        """Versions of files that completed loads have loaded or refused."""
        return [
            FileState(FileVersion(table, file, version, content_hash), outcome == "loaded", reason)
            for table, file, version, content_hash, outcome, reason in self._query(
                "select distinct resource, source_file, version, content_hash, outcome, reason from files"
                " where _dlt_load_id in (select load_id from _dlt_loads where status = 0)"
            )
        ]

    def deliveries(self) -> dict[str, Delivery]:
        """Raw table -> what completed loads have brought to it, those of killed runs too."""
        return {
            table: Delivery(int(rows or 0), last_at)
            for table, rows, last_at in self._query(
                "select resource, sum(appended_row_count), max(case when appended_row_count > 0 then landed_at end)"
                " from files where _dlt_load_id in (select load_id from _dlt_loads where status = 0) group by resource"
            )
        }

    def rejected_ahead(self) -> list[tuple[str, datetime, datetime]]:
        """Rows that were ahead of the clock: their file, when it landed, the earliest of their times."""
        found = self._query(
            f"select source_file, landed_at, min(value) from rejects where reason like '%{AHEAD}' group by 1, 2"
        )
        return [(file, landed_at, datetime.fromisoformat(value)) for file, landed_at, value in found]

    def newest(self, table: Table) -> object:
        """The newest time of a table, None when it has no row."""
        with self.pipeline.sql_client() as client:
            name = client.make_qualified_table_name(table.name)
            time = client.escape_column_name(table.time_column or "")
        return self._query(f"select max({time}) from {name}")[0][0]

    def _has_dataset(self) -> bool:
        with self.pipeline.sql_client() as client:
            return client.has_dataset()

    def _columns_exist(self) -> bool:
        if not self._has_dataset():
            return False
        found = set(
            self._query(
                "select lower(table_name), lower(column_name) from information_schema.columns"
                f" where lower(table_schema) = '{self.source.dataset}'"
            )
        )
        return found >= {(table, column) for table, columns in self._declared().items() for column in columns}

    def _query(self, sql: str) -> list[tuple[Any, ...]]:
        with self.pipeline.sql_client() as client:
            return [tuple(row) for row in client.execute_sql(sql) or []]

    def _declared(self) -> dict[str, dict[str, str]]:
        tables = {table.name: _columns(table.layout) for table in self.source.tables}
        return {**tables, "rejects": REJECTS, "files": FILES}

    def _run(self, rows: dict[str, Callable[[], Rows]], *, adds_columns: bool = False) -> None:
        @dlt.source(name=self.source.name, max_table_nesting=0)
        def declared():  # type: ignore[no-untyped-def]
            for name, columns in self._declared().items():
                if name in rows:
                    yield _resource(name, columns, rows[name], adds_columns)

        self._completed(self.pipeline.run(declared()))

    def _completed(self, loaded: LoadInfo | None) -> None:
        self.load_ids += loaded.loads_ids if loaded else []


def _begun_anew(working_folder: Path) -> list[str]:
    """Keep dlt's working folder under another name where a note in it is damaged, so that dlt begins a new one.

    Nothing is lost or doubled: completed loads are in the warehouse, files in the lake; rows of a package that did not complete
    do not count, and its files are read again.
    """
    damaged = damaged_notes(working_folder)
    if damaged is None:
        return []
    aside = set_aside(working_folder)
    shown = damaged.relative_to(working_folder.parents[1])
    return [
        f"{shown} was damaged: dlt's working folder is kept as {aside.relative_to(aside.parents[1])} and begun anew."
        " Nothing is lost: files that were not loaded yet are loaded from the lake"
    ]


@contextmanager
def _streamlit_left_alone() -> Iterator[None]:
    """Without a secrets.toml dlt asks Streamlit for secrets, which is most of a second to import and has none here."""
    if "streamlit" in sys.modules:
        yield
        return
    sys.modules["streamlit"] = None  # type: ignore[assignment]  # Python's own way to say that there is none
    try:
        yield
    finally:
        del sys.modules["streamlit"]


def _destination(settings: Settings, run_id: str | None) -> Destination[Any, Any]:
    """Who takes the rows. Snowflake's come as Parquet through each table's stage, which is emptied after them."""
    if settings.target == "duckdb":
        # not as text, which dlt reads as an address: a % in a folder's name would be an escape
        credentials = DuckDbCredentials()
        credentials.database = str(settings.warehouse)
        return duckdb_destination(credentials=credentials)
    account = settings.snowflake
    return snowflake_destination(
        credentials={
            "host": account.account,
            "username": account.user,
            "private_key_path": account.private_key_path,
            "private_key_passphrase": account.private_key_passphrase,
            "role": account.role,
            "warehouse": account.warehouse,
            "database": account.database,
        },
        keep_staged_files=False,
        # dlt fills the braces: the load is found in Snowflake's query history by either id
        query_tag=f"isobar {run_id or '-'} {{load_id}} {{pipeline_name}} {{table}}",
    )


def _resource(  # type: ignore[no-untyped-def]
    name: str, columns: dict[str, str], rows: Callable[[], Rows], adds_columns: bool
):
    arrow_schema = pa.schema([(column, ARROW_TYPE[kind]) for column, kind in columns.items()])

    def typed() -> Iterator[pa.Table]:
        # an empty table first: a table whose package brings no row still gets its columns
        yield arrow_schema.empty_table()
        for batch in rows():
            table = batch if isinstance(batch, pa.Table) else pa.Table.from_batches([batch])
            yield table.select(arrow_schema.names).cast(arrow_schema)

    return dlt.resource(
        typed,
        name=name,
        write_disposition="append",
        columns=[_dlt_column(column, kind) for column, kind in columns.items()],
        schema_contract={"columns": "evolve" if adds_columns else "freeze", "data_type": "freeze"},
    )


def _columns(layout: TableLayout) -> dict[str, str]:
    return {**layout.columns, **PROVENANCE}


def _dlt_column(name: str, kind: str) -> TColumnSchema:
    column: TColumnSchema = {"name": name, "data_type": _DLT_TYPE[kind], "nullable": True}
    if kind == TIME:
        column["timezone"] = False
    return column
