"""Files that others read while they are written again, and whether they are whole."""

from __future__ import annotations

import os
import re
import unicodedata
from pathlib import Path

import duckdb

PARQUET_MARK = b"PAR1"
"""First and last bytes of a Parquet file."""

DUCKDB_MARK, DUCKDB_HEADERS = b"DUCK", 3 * 4096
"""Bytes 8 to 11 of a DuckDB file, and the length of the headers that it begins with."""


def write_whole(path: Path, text: str) -> None:
    """Write by rename: a reader, a crash or a full disk never meets a half of it. Of two writers at once the last counts.

    Raises:
        OSError: the file cannot be written; the old one is untouched.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    staged = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with staged.open("w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        os.replace(staged, path)
    finally:
        staged.unlink(missing_ok=True)


def ascii_words(text: str, joined_by: str) -> str:
    """A name that every file system and database takes, words in small ASCII letters and digits: `saint_oeuf_d_or`."""
    plain = text.lower().replace("œ", "oe").replace("æ", "ae")
    plain = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", joined_by, plain).strip(joined_by)


def literal(text: object) -> str:
    """A path or another text as a SQL string, where a statement takes no parameter: `copy … to`, the files of a view."""
    quoted = str(text).replace("'", "''")
    return f"'{quoted}'"


def fault_of_database(path: Path) -> str | None:
    """Why a small DuckDB file cannot be read, all tables to their end; None where it can, or is not there."""
    if fault := fault_of_header(path):
        return fault
    try:
        with duckdb.connect() as session:
            session.execute("attach ? as file (read_only)", [str(path)])
            tables = session.execute(
                "select schema_name, table_name from duckdb_tables() where database_name = 'file'"
            ).fetchall()
            for schema, name in tables:
                session.execute(f'select count(hash(each)) from file."{schema}"."{name}" as each')
    except duckdb.Error as error:
        if "Could not set lock" in str(error) or not path.exists():
            return None
        reason = str(error).splitlines()[0].replace(str(path), path.name)
        return "it is truncated" if "Could not read enough bytes" in reason else reason[:200]
    return None


def fault_of_header(path: Path) -> str | None:
    """Why a file is no DuckDB file, by its first bytes alone: DuckDB's own lock is left alone."""
    try:
        with path.open("rb") as file:
            header = file.read(DUCKDB_HEADERS)
    except FileNotFoundError:
        return None
    except OSError as error:
        return f"it cannot be read ({error.strerror})"
    if not header:
        return "the file is empty"
    return None if len(header) == DUCKDB_HEADERS and header[8:12] == DUCKDB_MARK else "it is no DuckDB file"


def is_parquet(path: Path) -> bool:
    """Whether a file begins and ends as Parquet: one that is truncated or overwritten does not."""
    try:
        with path.open("rb") as file:
            begins = file.read(len(PARQUET_MARK))
            file.seek(-len(PARQUET_MARK), os.SEEK_END)
            return begins == file.read() == PARQUET_MARK
    except OSError:
        return False
