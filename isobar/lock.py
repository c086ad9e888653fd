"""One writer at a time: two runs over one data folder would undo each other's half-made files."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from isobar.settings import Settings


class LockedError(Exception):
    """Another Isobar command is writing to this data folder."""


@contextmanager
def writing(settings: Settings) -> Iterator[None]:
    """Hold the data folder's lock. The system lets go of it when the process ends, however it ends.

    Raises:
        LockedError: another process holds it.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with (settings.data_dir / ".lock").open("a+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.seek(0)
            holder = handle.read().strip() or "unknown"
            raise LockedError(
                f"another isobar command (process {holder}) is working on {settings.data_dir.name}/: "
                "wait until it is done, then run this one again"
            ) from None
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        yield
