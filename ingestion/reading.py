"""What every reader of lake files gives back, whatever the format: declared columns as Arrow, and what could not be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from isobar.settings import Settings

TEXT, DOUBLE, BIGINT, TIME, DATE = "text", "double", "bigint", "timestamp", "date"
"""The kinds a raw column can have."""

ARROW_TYPE = {
    TEXT: pa.string(),
    DOUBLE: pa.float64(),
    BIGINT: pa.int64(),
    TIME: pa.timestamp("us"),
    DATE: pa.date32(),
}

EARLIEST, LATEST = datetime(1650, 1, 1), datetime(2200, 1, 1)
"""Outside of these a time is a fault: nobody measured before, and milliseconds read as seconds are the year 50,000."""

LARGEST_NUMBER = 2**31 - 1
"""No measure, code, count or id of a provider comes near it, and the warehouse casts codes to 32-bit integers."""

LATITUDE, LONGITUDE = (-90.0, 90.0), (-180.0, 180.0)
"""Bounds of a position, degrees."""

ALTITUDE = (-500.0, 9000.0)
"""Bounds of an altitude, metres: below the shore of the Dead Sea and above Mount Everest nobody measures."""

WMO_DIGITS = 5
"""Digits of a station's WMO number: two of the block, three of the station."""

AT_LEAST_0 = (0.0, float(LARGEST_NUMBER))
"""Bounds of an amount."""

AHEAD_TOLERANCE = timedelta(hours=1)
"""How far an observation may lie after the moment its file landed: a report bears the full hour it is made for, ten minutes
before it, and a machine without a time service is some minutes off."""

AHEAD = "is later than the file: not an observation"
"""Reason of a reject. Without the clock in it, the same row of the next version of the file is the same reject."""

REJECTED_VALUE_LENGTH = 200
"""Characters of a rejected cell or line that are kept: enough to see what it was."""


Bounds = tuple[float, float] | tuple[datetime, datetime]


def since(year: int) -> tuple[datetime, datetime]:
    """Bounds of the times of a source whose series begins in that year."""
    return datetime(year, 1, 1), LATEST


def within(bounds: Bounds | None) -> str:
    """Bounds in a reject's reason."""
    if bounds is None:
        return ""
    if isinstance(bounds[0], datetime):
        return f" since {bounds[0]:%Y}"
    return " not below 0" if bounds == AT_LEAST_0 else f" from {bounds[0]:g} to {bounds[1]:g}"


REJECT_SCHEMA = pa.schema(
    [("source_row", pa.int64()), ("column_name", pa.string()), ("value", pa.string()), ("reason", pa.string())]
)


class RefusedFile(Exception):
    """A file that cannot be used at all; the message is the reason, in words for its user."""


@dataclass(frozen=True)
class Arrival:
    """What a landing knows of its bytes beside them. It lies in the lake, so that a replay reads as the load did.

    Attributes:
        at: when they entered the lake (UTC); None where that is not judged by.
        units: units of the measures, as the user named them; None: the bytes show them.
    """

    at: datetime | None = None
    units: str | None = None

    @property
    def horizon(self) -> datetime | None:
        """The last moment that an observation may be of."""
        return self.at.replace(tzinfo=None) + AHEAD_TOLERANCE if self.at else None


BARE = Arrival()
"""Of bytes alone."""


@dataclass(frozen=True)
class ReadFile:
    """One file read: what to append, as Arrow, and the counts for its record.

    Attributes:
        row_count: data rows of the file, rejected ones included.
        rows: the layout's columns and `source_row`; only new and changed rows when a previous version was given.
        rejects: `source_row`, `column_name` (null: the whole row), `value`, `reason`.
        unknown_columns: names that the layout does not know; their cells are not loaded.
        ahead_count: rows rejected because they are of a time after the file landed.
    """

    row_count: int
    rows: pa.RecordBatchReader
    appended_row_count: int
    rejects: pa.Table
    unknown_columns: list[str]
    ahead_count: int = 0


class Reader(Protocol):
    """Reads files of one layout, one after the other."""

    def read(
        self,
        path: Path,
        previous: Path | None = None,
        arrival: Arrival = BARE,
        previous_arrival: Arrival = BARE,
    ) -> ReadFile:
        """Read `path`; with `previous`, keep only rows and rejects that version did not have.

        The rows may stream from what the next call replaces: consume them first.

        Raises:
            RefusedFile: the file as a whole is of no use.
        """
        ...

    def close(self) -> None: ...


class TableLayout(Protocol):
    """What the files of a raw table look like, and who reads them: published archives, or JSON bodies."""

    @property
    def columns(self) -> Mapping[str, str]: ...

    def open_reader(self, scratch: Path, settings: Settings) -> Reader: ...
