"""The publication as an outlet sees it: marts with their columns and keys, and the immutable files they are made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import duckdb

from isobar.publish.duckdb import fault_of_publication, published_partitions
from isobar.settings import Settings


class NothingToDeliver(Exception):
    """There is no publication that could be sent; the message says what to do."""


class Key(NamedTuple):
    """Which part of which mart."""

    mart: str
    partition: str


@dataclass(frozen=True)
class Column:
    """A column of a mart; `data_type` is DuckDB's. `key_position` counts from 1, None of what is not in the key."""

    name: str
    data_type: str
    description: str
    key_position: int | None
    is_required: bool


@dataclass(frozen=True)
class Part:
    """The rows of a partition, in one Parquet file. Its name has the hash of its content, so it tells whether it is received."""

    key: Key
    file: str
    path: Path
    row_count: int


@dataclass(frozen=True)
class Mart:
    """A published mart. `partition_by` is the column, a date or a time, that its parts are of."""

    name: str
    description: str
    partition_by: str | None
    columns: tuple[Column, ...]
    parts: tuple[Part, ...]

    @property
    def key(self) -> tuple[str, ...]:
        """The columns of its key, in their order."""
        keyed = [column for column in self.columns if column.key_position]
        return tuple(column.name for column in sorted(keyed, key=lambda column: column.key_position or 0))


@dataclass(frozen=True)
class Contents:
    """A publication, as it was read.

    Attributes:
        warehouse_kind: real, simulated or empty.
        read_at: by the data folder's clock, UTC.
    """

    publication_id: str
    published_at: datetime
    warehouse_kind: str
    marts: tuple[Mart, ...]
    read_at: datetime


def contents(settings: Settings) -> Contents:
    """The newest publication of the data folder.

    Raises:
        NothingToDeliver: there is none, a file of it is damaged, or it is of an earlier version or in Snowflake.
    """
    if settings.target != "duckdb":
        raise NothingToDeliver("outlets read DuckDB's publication: run this with ISOBAR_TARGET=duckdb")
    if fault := fault_of_publication(settings):
        raise NothingToDeliver(f"{fault[0]} is damaged ({fault[1]}): run `isobar build` to publish again")
    parts: dict[str, list[Part]] = {}
    for each in published_partitions(settings):
        key = Key(each.model, each.partition)
        parts.setdefault(each.model, []).append(Part(key, each.file, settings.published / each.file, each.row_count))
    if not parts:
        raise NothingToDeliver("nothing is published yet: run `isobar build`")
    try:
        with duckdb.connect(str(settings.marts), read_only=True) as marts:
            told = marts.execute(
                "select publication_id, published_at, warehouse_kind from isobar.publication"
            ).fetchall()
            described = marts.execute("select model, description, partition_by from isobar.marts").fetchall()
            columns: dict[str, list[Column]] = {}
            for model, *column in marts.execute(
                "select model, name, data_type, description, key_position, is_required from isobar.columns"
                " join duckdb_columns() on table_name = model and column_name = name order by model, column_index"
            ).fetchall():
                columns.setdefault(model, []).append(Column(*column))
    except duckdb.CatalogException:
        raise NothingToDeliver(
            "the publication is of an earlier version: run `isobar build` to publish again"
        ) from None
    publication_id, published_at, kind = told[0]
    return Contents(
        publication_id,
        published_at,
        kind,
        tuple(
            Mart(name, description, partition_by, tuple(columns[name]), tuple(parts.get(name, ())))
            for name, description, partition_by in sorted(described)
        ),
        settings.now(),
    )
