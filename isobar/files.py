"""Small files that others read while they are written again."""

from __future__ import annotations

import os
from pathlib import Path


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


def literal(text: object) -> str:
    """A path or another text as a SQL string, where a statement takes no parameter: `copy … to`, the files of a view."""
    quoted = str(text).replace("'", "''")
    return f"'{quoted}'"
