"""One line for each error: printed by the terminal, kept in the ledger, sent in an alert."""

from __future__ import annotations

import errno
import os

DAMAGE = ("not a valid DuckDB database file", "Corrupt database file", "checksum of block", "computed checksum")
"""Parts of DuckDB's messages about a damaged file."""


def explained(error: BaseException) -> str:
    """The error in one line, with its remedy: our own errors carry theirs, common ones of the system and DuckDB get one here."""
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in chain:
        chain.append(link)
        link = link.__cause__ or link.__context__
    for known in chain:
        # errors of DuckDB and dlt hold the system's message only, those of Python its number
        number, text = (known.errno if isinstance(known, OSError) else None), str(known)
        if number in (errno.ENOSPC, errno.EDQUOT) or any(os.strerror(n) in text for n in (errno.ENOSPC, errno.EDQUOT)):
            return "the disk is full: free some space and run the same command again; no data is lost"
        if number == errno.EFBIG or os.strerror(errno.EFBIG) in text:
            return "a file reached the system's size limit: raise it (ulimit -f) and run the same command again"
        if number in (errno.ENOTDIR, errno.EEXIST):
            return f"{_path(known)} cannot be created: a file is where a folder must be; move it and run the same command again"
        if number in (errno.EACCES, errno.EROFS, errno.EPERM) or os.strerror(errno.EACCES) in text:
            return f"{_path(known)} cannot be written: check its permissions, or set ISOBAR_DATA_DIR to another folder"
        if not getattr(error, "explains_damage", False) and any(sign in text for sign in DAMAGE):
            return (
                f"a database file is damaged ({text.splitlines()[0][:200]}): `isobar rebuild` makes a new warehouse from the"
                " lake, `isobar build` writes the published files again"
            )
        if "Could not set lock on file" in text:
            return (
                "the warehouse is open in another program: close it (`duckdb`, dbt, edr) and run the same command again"
            )
    if type(error).__module__.split(".")[0] in ("isobar", "ingestion", "serving"):
        return str(error)
    while type(error).__module__.startswith("dlt.") and error.__cause__ is not None:
        error = error.__cause__  # dlt's own first line names only its step
    first_line = (str(error).strip().splitlines() or ["no message"])[0]
    return f"{type(error).__name__}: {first_line[:300]} (`isobar --debug` with the same command prints the traceback)"


def _path(error: BaseException) -> str:
    return str(getattr(error, "filename", None) or "the data folder")


class WrongArgument(ValueError):
    """An argument of a job is not valid. The command line reports it as wrong usage of that option."""

    def __init__(self, argument: str, message: str) -> None:
        super().__init__(message)
        self.argument = argument
