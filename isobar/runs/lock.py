"""One writer at a time: two runs over one data folder would undo each other's half-made files."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from isobar.settings import Settings, SettingsError

LOOK_SECONDS = 0.1
"""Whoever looks at the lock (`is_writing`) has it for less than this: a command that meets a look tries once more."""


class LockedError(Exception):
    """Another Isobar command is writing to this data folder."""


@contextmanager
def writing(settings: Settings) -> Iterator[None]:
    """Hold the data folder's lock. The system lets go of it when the process ends, however it ends.

    Raises:
        LockedError: another process holds it.
        SettingsError: the data folder is not there and cannot be made.
    """
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    except (PermissionError, FileNotFoundError) as error:
        raise SettingsError(
            f"the data folder {settings.data_dir} cannot be created: {error.strerror}. Create it, or choose another one"
            " (--data-dir or ISOBAR_DATA_DIR)."
        ) from error
    with (settings.data_dir / ".lock").open("a+") as handle:
        if not _taken(handle, fcntl.LOCK_EX):
            time.sleep(LOOK_SECONDS)
        if not _taken(handle, fcntl.LOCK_EX):  # having it, to ask again changes nothing
            handle.seek(0)
            holder = handle.read().strip() or "unknown"
            raise LockedError(
                f"another isobar command (process {holder}) is writing to {settings.data_dir.name}/: "
                "wait until it ends, then run this one again"
            )
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        yield


def is_writing(settings: Settings) -> bool:
    """Whether a command holds the data folder's lock now. A run without an end that nobody holds it for was killed."""
    try:
        with (settings.data_dir / ".lock").open() as handle:
            return not _taken(handle, fcntl.LOCK_SH)
    except FileNotFoundError:
        return False


def _taken(handle: IO[str], kind: int) -> bool:
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
