"""What a source is: its tables, the files that feed them, and how they come over the network."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from ingestion.feed import Feed
from ingestion.lake import Incoming, Lake
from ingestion.readers.reading import TableLayout
from isobar.settings import Settings

Period = tuple[date, date]


def nobodys(file: str) -> bool:  # noqa: ARG001 - the answer is the same for all
    """Claims no file: for tables that are fed by the network or the project's own lists alone."""
    return False


def timeless(file: str) -> None:
    """The period of files whose name says none."""


def nothing_configured(settings: Settings, lake: Lake) -> Iterable[Incoming]:  # noqa: ARG001
    """For sources without lists of the project's own."""
    return ()


def nothing_to_correct(settings: Settings) -> Iterable[str]:  # noqa: ARG001
    """Beside :func:`nothing_configured`."""
    return ()


@dataclass(frozen=True)
class Licence:
    """Under what a provider gives its data away. `is_open`: what is made of them may be published by anyone who names it."""

    name: str
    url: str
    attribution: str
    is_open: bool


LICENCE_OUVERTE = Licence(
    "Licence Ouverte / Etalab 2.0",
    "https://www.etalab.gouv.fr/licence-ouverte-open-licence/",
    "Météo-France",
    is_open=True,
)


@dataclass(frozen=True)
class Schedule:
    """How often a provider gives a table new rows, and is to be asked; and from when on somebody is told that none came, hours.

    A missed delivery or two are normal.
    """

    cadence_hours: int
    overdue_after_hours: int


@dataclass(frozen=True)
class Table:
    """One raw table and the files that feed it.

    Attributes:
        name: the table in `raw_<source>` and the folder in `raw/<source>/` of the lake.
        layout: its columns, and how its files are read: published archives or JSON bodies.
        claims: whether a file name, offered in a folder, is one of this table's.
        period: first and last day a file of this name covers; None where the name does not say.
        time_column: when a row was observed; None for lists and for what lies in the future.
        is_configured: fed by the project's own list, not by the provider.
        schedule: None for lists and what else may stay as it is for years. dbt's source freshness in the staging YAML is the same
            (a test compares them).
    """

    name: str
    layout: TableLayout
    claims: Callable[[str], bool] = nobodys
    period: Callable[[str], Period | None] = timeless
    time_column: str | None = None
    is_configured: bool = False
    schedule: Schedule | None = None


@dataclass(frozen=True)
class Source:
    """A provider under one name: the folder in `sources/`, the schema `raw_<name>`, the lake folder.

    Attributes:
        display_name: what people are shown, in English; `display_name_fr` where French has another.
        feed: its offer over the network.
        licence: of its data; only open ones leave the house (`isobar export`).
        is_nested: its recorded files lie in folders, whose names tell files of one name apart.
        configured: lists of the project's own that go into the lake with every load.
        remarks: what the user should correct in those lists.
        units: names of the units that its recorded files may be in, where the files do not name them.
        observations_per_day: of a place in a whole UTC day, evenly spaced; None for a source that publishes no fixed number.
        is_polled: its answers are JSON, and may come by a broker (ingestion/streams).
        has_days: it publishes figures of whole days itself.
    """

    name: str
    display_name: str
    tables: tuple[Table, ...]
    feed: Feed
    licence: Licence
    display_name_fr: str | None = None
    is_nested: bool = False
    configured: Callable[[Settings, Lake], Iterable[Incoming]] = nothing_configured
    remarks: Callable[[Settings], Iterable[str]] = nothing_to_correct
    units: tuple[str, ...] = ()
    observations_per_day: int | None = None
    is_polled: bool = False
    has_days: bool = False

    @property
    def dataset(self) -> str:
        return f"raw_{self.name}"

    def table_for(self, file: str) -> Table | None:
        return next((table for table in self.tables if table.claims(file)), None)
