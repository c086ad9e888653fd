"""A dbt model that is published, as its contract in the project's YAML has it."""

from __future__ import annotations

from dataclasses import dataclass

BUILD_COLUMN = "build_id"
"""The bookkeeping column of incremental models: which build wrote the row. Not published."""


HEALTH = "health"
"""Tag of the models in models/marts/health and of what only they need; also the file that they are published in."""


@dataclass(frozen=True)
class Column:
    """A column as its contract has it."""

    name: str
    data_type: str
    description: str


@dataclass(frozen=True)
class PublicModel:
    """A mart that is published, and how."""

    name: str
    subject: str  # folder under models/marts
    relation: str  # schema.table in the warehouse, unquoted: Snowflake has both in capitals
    partition_by: str | None  # a date: one file per year of it; a time: a file per month of the newest year
    published_in: str  # marts, or health: which file readers find it in
    open_rows: str | None  # which rows come of sources with an open licence, where no column `source` tells
    description: str
    columns: tuple[Column, ...]
    guard_rows: bool = False  # whether a loss of many rows has to be asked for: isobar/publish/guard.py
    key: tuple[str, ...] = ()  # no two rows have the same, by its test `unique_key`
    nullable_key: tuple[str, ...] = ()  # columns of the key that may be null
