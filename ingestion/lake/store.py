"""Where the lake's files are: names with '/', each whole or not there. A folder here, a bucket in `bucket.py`."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

CHUNK_BYTES = 1 << 20

NO_HARD_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EXDEV}
"""What a file system answers that has no hard links, such as exFAT."""


class StoreError(Exception):
    """The lake cannot be reached or written; the message names it and says what to do."""


class Store(Protocol):
    """A folder or a bucket.

    Attributes:
        shown: how messages name it.
        staging: a folder of this machine for what is about to be written.
    """

    shown: str
    staging: Path

    def create(self, name: str, content: Path | bytes) -> bool:
        """Write a file that is not there. Returns False, and changes nothing, where it is.

        Args:
            content: bytes, or a file of `staging`, which is gone afterwards.
        """
        ...

    def replace(self, name: str, content: Path | bytes) -> None:
        """Write a file whether it is there or not."""
        ...

    def read(self, name: str, start: int = 0, length: int | None = None) -> bytes:
        """The bytes of a file, or of a part of it.

        Raises:
            FileNotFoundError: it is not there.
        """
        ...

    def chunks(self, name: str) -> Iterator[bytes]:
        """The bytes of a file, part by part.

        Raises:
            FileNotFoundError: it is not there.
        """
        ...

    def read_each(self, names: Iterable[str]) -> Iterator[bytes | OSError]:
        """The bytes of many files, in their order; the error in place of one that cannot be read."""
        ...

    def local(self, name: str) -> Path:
        """A file of this machine with the same bytes, to read; until `release` where it is a copy.

        Raises:
            FileNotFoundError: it is not there.
        """
        ...

    def release(self) -> None:
        """Delete the copies that `local` made."""
        ...

    def exists(self, name: str) -> bool: ...

    def names(self, folder: str) -> list[str]:
        """Names of all files in a folder and its folders, sorted."""
        ...

    def folders(self, folder: str) -> list[str]:
        """Names, without path, of the folders in a folder, sorted."""
        ...

    def delete(self, name: str) -> None:
        """Delete a file; nothing where it is not there."""
        ...

    def delete_each(self, names: Iterable[str]) -> None:
        """Delete many files, in no order; nothing of what is not there."""
        ...

    def clear(self) -> None:
        """Delete what a killed run left half-written. Only for the holder of the data folder's lock."""
        ...


class Folder:
    """Files of a folder of this machine, or one that is mounted here. See :class:`Store`."""

    def __init__(self, root: Path) -> None:
        self.root, self.shown = root, str(root)
        self.staging = root / "staging"  # on the same disk, so that a name is given at once

    def create(self, name: str, content: Path | bytes) -> bool:
        staged, target = self._staged(content), self.root / name
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(staged, target)
            except FileExistsError:
                return False
            except OSError as error:
                if error.errno not in NO_HARD_LINKS:
                    raise
                if target.exists():
                    return False
                os.replace(staged, target)
            return True
        finally:
            staged.unlink(missing_ok=True)

    def replace(self, name: str, content: Path | bytes) -> None:
        staged, target = self._staged(content), self.root / name
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(staged, target)
        finally:
            staged.unlink(missing_ok=True)

    def read(self, name: str, start: int = 0, length: int | None = None) -> bytes:
        with (self.root / name).open("rb") as content:
            content.seek(start)
            return content.read(-1 if length is None else length)

    def chunks(self, name: str) -> Iterator[bytes]:
        with (self.root / name).open("rb") as content:
            while chunk := content.read(CHUNK_BYTES):
                yield chunk

    def read_each(self, names: Iterable[str]) -> Iterator[bytes | OSError]:
        for name in names:
            try:
                yield (self.root / name).read_bytes()
            except OSError as error:
                yield error

    def local(self, name: str) -> Path:
        path = self.root / name
        path.stat()
        return path

    def release(self) -> None:
        """Nothing: `local` makes no copies."""

    def exists(self, name: str) -> bool:
        return (self.root / name).exists()

    def names(self, folder: str) -> list[str]:
        found = (path for path in (self.root / folder).rglob("*") if path.is_file())
        return sorted(path.relative_to(self.root).as_posix() for path in found)

    def folders(self, folder: str) -> list[str]:
        try:
            with os.scandir(self.root / folder) as entries:
                return sorted(entry.name for entry in entries if entry.is_dir())
        except (FileNotFoundError, NotADirectoryError):
            return []

    def delete(self, name: str) -> None:
        path = self.root / name
        path.unlink(missing_ok=True)
        for parent in path.parents:  # an empty folder says nothing, and a bucket has none
            if parent == self.root or next(parent.iterdir(), None):
                break
            parent.rmdir()

    def delete_each(self, names: Iterable[str]) -> None:
        for name in names:
            self.delete(name)

    def clear(self) -> None:
        shutil.rmtree(self.staging, ignore_errors=True)

    def _staged(self, content: Path | bytes) -> Path:
        if isinstance(content, Path):
            return content
        with staged_file(self.staging) as (staged, target):
            target.write(content)
        return staged


@contextmanager
def staged_file(staging: Path) -> Iterator[tuple[Path, BinaryIO]]:
    """A temporary file: on the disk when this ends, gone when it fails."""
    staging.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=staging)
    staged = Path(name)
    try:
        with os.fdopen(handle, "wb") as target:
            yield staged, target
            target.flush()
            os.fsync(target.fileno())
    except BaseException:
        staged.unlink(missing_ok=True)
        raise
