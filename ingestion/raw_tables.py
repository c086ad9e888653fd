"""A source as dlt takes it: a resource for each raw table, every column declared, rows as Arrow.

`ingestion/sources/<name>/dlt_source.py` makes a `@dlt.source` of these. `isobar load` gives it the rows of files of the lake; a
dlt user gives it a folder of recorded files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import dlt
import pyarrow as pa
from dlt.common.schema.typing import TColumnSchema, TDataType, TSchemaContractDict
from dlt.extract import DltResource

from ingestion.readers.reading import ARROW_TYPE, BIGINT, DATE, DOUBLE, TEXT, TIME, Arrival, ReadFile, RefusedFile
from ingestion.source import Source, Table
from isobar.settings import Settings

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
    "arrival_number": BIGINT,  # of the landing, among those of its source
}

Rows = Iterator[pa.Table | pa.RecordBatch]

RowsByTable = Mapping[str, Callable[[], Rows]]
"""Raw table -> its rows, asked for when dlt comes to that table. Tables that are not named are left alone."""

FROZEN: TSchemaContractDict = {"columns": "freeze", "data_type": "freeze"}
ADDS_COLUMNS: TSchemaContractDict = {"columns": "evolve", "data_type": "freeze"}
"""dlt's contracts of a raw table: it has the declared columns; a table of an earlier version gets those that it lacks."""


def declared_columns(source: Source) -> dict[str, dict[str, str]]:
    """Raw table -> its columns and their kinds: the source's own tables, then `rejects` and `files`."""
    tables = {table.name: {**table.layout.columns, **PROVENANCE} for table in source.tables}
    return {**tables, "rejects": REJECTS, "files": FILES}


def raw_tables(source: Source, rows: str | RowsByTable) -> list[DltResource]:
    """The resources of a source.

    Args:
        rows: by table; or a folder whose recorded files are read, each as a first version of itself.
    """
    given = RecordedFiles(source, Path(rows)).rows() if isinstance(rows, str) else rows
    return [
        _resource(name, columns, given[name]) for name, columns in declared_columns(source).items() if name in given
    ]


def with_provenance(table: pa.Table, file: str, landed_at: datetime) -> pa.Table:
    """Rows or rejects of a file, with its name and when it landed."""
    for name, value in (("source_file", file), ("landed_at", landed_at)):
        table = table.append_column(name, pa.repeat(pa.scalar(value), table.num_rows))
    return table


def read_counts(read: ReadFile) -> dict[str, object]:
    """What `files` keeps of a file that was read."""
    return {
        "outcome": "loaded",
        "row_count": read.row_count,
        "appended_row_count": read.appended_row_count,
        "rejected_cell_count": read.rejects.num_rows,
    }


class RecordedFiles:
    """Files of a folder, read one after the other without a lake: no version is compared with the one before."""

    def __init__(self, source: Source, folder: Path) -> None:
        """Raises FileNotFoundError: no file of the folder is one of the source's."""
        self.source = source
        found = sorted(folder.rglob("*") if source.is_nested else folder.glob("*"))
        self.files = [(table, path) for path in found if path.is_file() and (table := source.table_for(path.name))]
        if not self.files:
            raise FileNotFoundError(f"{folder}: no file is named as {source.name}'s are")
        self.settings = Settings.from_environment()
        self.landed_at = self.settings.now().replace(tzinfo=UTC)
        self.rejects: list[pa.Table] = []
        self.records: list[dict[str, object]] = []

    def rows(self) -> RowsByTable:
        """Of all tables. Rejects and records come last: dlt asks for one table after the other (.dlt/config.toml)."""
        tables = {table.name: (lambda table=table: self._rows(table)) for table, _ in self.files}
        return {
            **tables,
            "rejects": lambda: iter(self.rejects),
            "files": lambda: iter([pa.Table.from_pylist(self.records)]),
        }

    def _rows(self, table: Table) -> Rows:
        with (
            TemporaryDirectory() as scratch,
            closing(table.layout.open_reader(Path(scratch), self.settings)) as reader,
        ):
            for path in (path for of, path in self.files if of is table):
                record = dict.fromkeys(FILES) | {"source_file": path.name, "resource": table.name, "version": 1}
                record |= {"byte_count": path.stat().st_size, "landed_at": self.landed_at}
                try:
                    read = reader.read(path, arrival=Arrival(self.landed_at))
                    for batch in read.rows:
                        yield with_provenance(pa.Table.from_batches([batch]), path.name, self.landed_at)
                    self.rejects.append(with_provenance(read.rejects, path.name, self.landed_at))
                    self.records.append(record | read_counts(read))
                except RefusedFile as refused:  # it costs only itself
                    self.records.append(record | {"outcome": "refused", "reason": str(refused)})


def _resource(name: str, columns: dict[str, str], rows: Callable[[], Rows]) -> DltResource:
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
        schema_contract=FROZEN,
    )


def _dlt_column(name: str, kind: str) -> TColumnSchema:
    column: TColumnSchema = {"name": name, "data_type": _DLT_TYPE[kind], "nullable": True}
    if kind == TIME:
        column["timezone"] = False
    return column
