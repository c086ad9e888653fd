"""What outlets in SQL share: names and texts as standard SQL quotes them, and a part's rows as a file on its way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from isobar.files import literal
from serving.outlets.published import Column, Part

BOOKS = "isobar"
"""The tables that say what a store has received begin with it."""


def name(identifier: str) -> str:
    """An identifier, quoted."""
    return '"{}"'.format(identifier.replace('"', '""'))


def text(value: str) -> str:
    """A text in one line, quoted."""
    return "'{}'".format(" ".join(value.split()).replace("'", "''"))


def described(column: Column) -> str:
    """What a column is; of a time, that it is UTC."""
    return (
        f"{column.description} UTC."
        if column.data_type == "TIMESTAMP" and "UTC" not in column.description
        else column.description
    )


@contextmanager
def staged(part: Part, columns: str, null: str, scratch: Path) -> Iterator[Path]:
    """The rows of a part as a CSV file, which is gone afterwards.

    Args:
        columns: what is selected from its Parquet file.
        null: how the file writes null; a text of the same characters is quoted, and so it is another.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    path = scratch / "outlet.csv"
    try:
        with duckdb.connect() as session:
            session.execute(
                f"copy (select {columns} from read_parquet({literal(part.path)})) to {literal(path)}"
                f" (format csv, header false, nullstr '{null}')"
            )
        yield path
    finally:
        path.unlink(missing_ok=True)
