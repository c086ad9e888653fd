"""What a source of archives is: its tables, the names its files have, and where they are published."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ingestion.archive import Layout

Period = tuple[date, date]


@dataclass(frozen=True)
class Table:
    """One raw table and the files that feed it.

    Attributes:
        name: the table in `raw_<source>` and the folder in `raw/<source>/` of the lake.
        layout: columns, keys and header aliases of its files.
        claims: whether a file name is one of this table's.
        period: first and last day a file of this name covers; None where the name does not say.
        time_column: when a row was observed; None for lists.
        to_csv: turns a file that is not CSV into one (source path, target path); None where all are CSV.
    """

    name: str
    layout: Layout
    claims: Callable[[str], bool]
    period: Callable[[str], Period | None]
    time_column: str | None = None
    to_csv: Callable[[Path, Path], None] | None = None


@dataclass(frozen=True)
class Wanted:
    """Files to fetch from a base URL: the first group of names of which one exists (a later layout, else an older one)."""

    table: str
    groups: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Source:
    """A provider's archives under one name: the folder in `sources/`, the schema `raw_<name>`, the lake folder."""

    name: str
    tables: tuple[Table, ...]
    wanted: Callable[[date, date], Sequence[Wanted]]
    url_setting: str  # the attribute of Settings that holds the published base URL
    default_days: int  # how far back a load without --start looks

    @property
    def dataset(self) -> str:
        return f"raw_{self.name}"

    def table(self, name: str) -> Table:
        return next(table for table in self.tables if table.name == name)

    def table_for(self, file: str) -> Table | None:
        return next((table for table in self.tables if table.claims(file)), None)
