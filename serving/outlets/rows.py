"""The rows of a part on their way to a store: as CSV that DuckDB writes while the store reads it, no file between."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import duckdb

from isobar.files import literal
from serving.outlets.outlet import OutletError
from serving.outlets.published import Part

NULL = "\\N"
"""How the CSV has null, unless a store reads it otherwise."""

PIPE_BYTES = 1 << 20
"""What Linux gives to anybody who asks (fs.pipe-max-size), in place of 64 kB."""


@contextmanager
def csv_of(part: Part, selected: Sequence[str], null: str = NULL) -> Iterator[int]:
    """A descriptor to read the rows of a part from.

    Args:
        selected: the columns, as DuckDB's SQL selects them.
        null: how it has null; a text of the same characters is quoted, and so it is another.

    Raises:
        OutletError: the file cannot be read, on leaving the context: what was read of it must not stay.
    """
    reading, writing = os.pipe()
    if hasattr(fcntl, "F_SETPIPE_SZ"):  # Linux: fewer turns between writer and reader
        with suppress(OSError):
            fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    failed: list[duckdb.Error] = []

    def write() -> None:
        try:
            with duckdb.connect() as session:
                session.execute(
                    f"copy (select {', '.join(selected)} from read_parquet({literal(part.path)}))"
                    f" to '/dev/fd/{writing}' (format csv, header false, nullstr '{null}')"
                )
        except duckdb.Error as error:
            failed.append(error)
        finally:
            os.close(writing)

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    try:
        yield reading
    finally:
        with suppress(OSError):
            os.close(reading)
        writer.join()
    if failed:
        raise _unreadable(part, failed[0])


@contextmanager
def reading(part: Part) -> Iterator[None]:
    """The same error for a store that takes its rows otherwise."""
    try:
        yield
    except duckdb.Error as error:
        raise _unreadable(part, error) from None


def _unreadable(part: Part, error: duckdb.Error) -> OutletError:
    first = str(error).splitlines()[0]
    return OutletError(f"{part.file} cannot be read ({first}): run `isobar build` to publish again")
