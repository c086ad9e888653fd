"""An error as one line for a person: on the terminal, in the ledger, in an alert."""

from __future__ import annotations

import errno
import os

DAMAGE = ("not a valid DuckDB database file", "Corrupt database file", "checksum of block", "computed checksum")
"""In DuckDB's words."""


def explained(error: BaseException) -> str:
    """One line for a person: our own errors speak for themselves, a few of the system's are translated."""
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in chain:
        chain.append(link)
        link = link.__cause__ or link.__context__
    for known in chain:
        # DuckDB's and dlt's errors tell the system's word for it, Python's the number
        number, text = (known.errno if isinstance(known, OSError) else None), str(known)
        if number in (errno.ENOSPC, errno.EDQUOT) or any(os.strerror(n) in text for n in (errno.ENOSPC, errno.EDQUOT)):
            return "the disk is full: make room and run the same command again; nothing is lost"
        if number == errno.EFBIG or os.strerror(errno.EFBIG) in text:
            return "a file may not grow beyond the system's limit: raise it (ulimit -f) and run the same command again"
        if number in (errno.ENOTDIR, errno.EEXIST):
            return f"{_path(known)} cannot be made: there is a file where a folder must be; move it away, then run this again"
        if number in (errno.EACCES, errno.EROFS, errno.EPERM) or os.strerror(errno.EACCES) in text:
            return f"{_path(known)} cannot be written: check its permissions, or set ISOBAR_DATA_DIR"
        if not getattr(error, "explains_damage", False) and any(sign in text for sign in DAMAGE):
            return (
                f"a database file is damaged ({text.splitlines()[0][:200]}): `isobar rebuild` makes the warehouse anew from the"
                " lake, `isobar build` the published files"
            )
        if "Could not set lock on file" in text:
            return "the warehouse is open in another program: close it (a `duckdb` shell, dbt, edr) and run this again"
    if type(error).__module__.split(".")[0] in ("isobar", "ingestion"):
        return str(error)
    while type(error).__module__.startswith("dlt.") and error.__cause__ is not None:
        error = error.__cause__  # dlt's own first line only says in which step it was
    first_line = (str(error).strip().splitlines() or ["no message"])[0]
    return f"{type(error).__name__}: {first_line[:300]} (the same command with --debug before it shows where)"


def _path(error: BaseException) -> str:
    return str(getattr(error, "filename", None) or "the data folder")


class WrongArgument(ValueError):
    """A job cannot take an argument as given. The command line shows it as wrong usage of the option of that name."""

    def __init__(self, argument: str, message: str) -> None:
        super().__init__(message)
        self.argument = argument
