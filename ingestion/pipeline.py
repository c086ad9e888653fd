"""dlt: from files of the lake to raw tables that exist, fully declared, before any data does."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import dlt
from dlt.common.destination import Destination
from dlt.common.pipeline import LoadInfo
from dlt.destinations import duckdb as duckdb_destination
from dlt.destinations import snowflake as snowflake_destination
from dlt.destinations.impl.duckdb.configuration import DuckDbCredentials
from dlt.destinations.sql_client import SqlClientBase

from ingestion.damage import damaged_notes, set_aside
from ingestion.dlt_paths import quote_paths
from ingestion.lake import FileVersion
from ingestion.raw_tables import ADDS_COLUMNS, RowsByTable, declared_columns
from ingestion.readers.reading import AHEAD
from ingestion.registry import dlt_source
from ingestion.source import Source, Table
from isobar.settings import Settings

quote_paths()

COMPLETED = "_dlt_load_id in (select load_id from _dlt_loads where status = 0)"
"""Rows of killed loads count for nothing until their package completes."""

NAMES_OF_A_QUESTION = 500
"""File names that one statement asks for; both warehouses take more."""

MISSING_SOUGHT = 1000
"""How far back a load looks for arrivals that no load has judged, such as those of a killed run; `--replay` looks at all."""


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
            self._run({name: lambda: iter(()) for name in declared_columns(self.source)}, adds_columns=True)

    def append(self, rows: RowsByTable) -> None:
        """Load one package: all of it is new to dbt at once, when its load id completes."""
        self._run(rows)

    def file_states(self, files: Collection[str] | None = None, outcome: str | None = None) -> list[FileState]:
        """Versions of files, or of these files alone, that completed loads have loaded or refused, or have judged so."""
        chunks: list[list[str] | None] = [None]
        if files is not None:
            names = sorted(files)
            chunks = [names[first : first + NAMES_OF_A_QUESTION] for first in range(0, len(names), NAMES_OF_A_QUESTION)]
        found = []
        for chunk in chunks:
            sql = f"select distinct resource, source_file, version, content_hash, outcome, reason from files where {COMPLETED}"
            values: list[str] = []
            if chunk is not None:
                sql += f" and source_file in ({', '.join(['%s'] * len(chunk))})"
                values += chunk
            if outcome is not None:
                sql += " and outcome = %s"
                values.append(outcome)
            found += self._query(sql, *values)
        return [
            FileState(FileVersion(table, file, version, content_hash), judged == "loaded", reason)
            for table, file, version, content_hash, judged, reason in found
        ]

    def arrival_numbers(self) -> tuple[int | None, list[int]]:
        """The highest number of an arrival that completed loads have judged, and numbers shortly before it that none has; None
        where none has a number."""
        last = self._query(f"select max(arrival_number) from files where {COMPLETED}")[0][0]
        if last is None:
            return None, []
        first = max(int(last) - MISSING_SOUGHT, 0)
        seen = self._query(f"select distinct arrival_number from files where arrival_number > {first} and {COMPLETED}")
        return int(last), sorted({*range(first + 1, int(last))} - {int(number) for (number,) in seen})

    def deliveries(self) -> dict[str, Delivery]:
        """Raw table -> what completed loads have brought to it, those of killed runs too."""
        return {
            table: Delivery(int(rows or 0), last_at)
            for table, rows, last_at in self._query(
                "select resource, sum(appended_row_count), max(case when appended_row_count > 0 then landed_at end)"
                f" from files where {COMPLETED} group by resource"
            )
        }

    def rejected_ahead(self) -> list[tuple[str, str, datetime, datetime]]:
        """Rows that were ahead of the clock: table and file, where its last loaded version is the one that had them; when that
        landed; the earliest of their times."""
        found = self._query(
            "select last.resource, last.source_file, last.landed_at, min(rejects.value) from rejects join"
            f" (select resource, source_file, max(landed_at) as landed_at from files where outcome = 'loaded' and {COMPLETED}"
            " group by 1, 2) as last on last.source_file = rejects.source_file and last.landed_at = rejects.landed_at"
            f" where rejects.reason like '%{AHEAD}' group by 1, 2, 3 order by 1, 2"
        )
        return [(table, file, landed_at, datetime.fromisoformat(value)) for table, file, landed_at, value in found]

    def newest(self, table: Table) -> object:
        """The newest time of a table, None when it has no row."""
        with self._client as client:
            name = client.make_qualified_table_name(table.name)
            time = client.escape_column_name(table.time_column or "")
        return self._query(f"select max({time}) from {name}")[0][0]

    @cached_property
    def _client(self) -> SqlClientBase[Any]:
        """Made once: for each one dlt resolves the destination's settings, which takes longer than a question. Connects as long
        as it is entered."""
        return self.pipeline.sql_client()

    def _has_dataset(self) -> bool:
        with self._client as client:
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
        return found >= {
            (table, column) for table, columns in declared_columns(self.source).items() for column in columns
        }

    def _query(self, sql: str, *values: str) -> list[tuple[Any, ...]]:
        with self._client as client:
            return [tuple(row) for row in client.execute_sql(sql, *values) or []]

    def _run(self, rows: RowsByTable, *, adds_columns: bool = False) -> None:
        declared = dlt_source(self.source.name)(rows)
        if adds_columns:
            for resource in declared.resources.values():
                resource.apply_hints(schema_contract=ADDS_COLUMNS)
        self._completed(self.pipeline.run(declared))

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
        credentials.resolve()  # once: dlt would do it for each of some thirty clients of a load
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
