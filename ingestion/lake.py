"""The lake: every byte that came in, as it came in, never changed. Bytes that hold nothing of their own may be pruned.

    <lake>/raw/<source>/<table>/<file>/<hash>.csv.gz     the bytes, named by their content
    <lake>/raw/<source>/<table>/<file>/000001.json       a landing: which bytes, from where, when
    <lake>/staging/                                      what is being written; emptied by the next load

<file> may have folders of its own ('thierno774/2024-12-24.json'), where files of one name come from several collectors.

A landing is written after its bytes and both by rename, so a killed run leaves either a whole landing or none. The same
bytes again are no new landing; bytes that return to an earlier content are one (and share its file). Pruned bytes leave their
landing, which then says so; should they come again, they are kept under their name as before.

A disk may damage what it keeps. Bytes are checked against the hash of their landing before they are used, and are replaced
when the same content comes again. A landing record that cannot be read is reported and passed over; the next landing of its
file moves it aside as `000001.json.damaged`.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from ingestion.reading import Arrival

HASH_LENGTH = 32
"""Hex digits of SHA-256 kept in names: 128 bits, beyond any accidental collision."""

COPY_CHUNK_BYTES = 1 << 20

LANDING_RECORDS = "[0-9]" * 6 + ".json"
"""A landing's name as a glob: content may be JSON too, and its name, a hash, may begin with a digit."""

RECORD_NAME = re.compile(r"\d{6}\.json")

SHA_256 = re.compile(r"[0-9a-f]{64}")


class DamagedRecord(ValueError):
    """A landing record is not what was written: truncated, empty or altered."""


@dataclass(frozen=True)
class Landing:
    """One version of one file of a provider, as it entered the lake."""

    source: str
    table: str
    file: str  # the archive's name without compression: 'synop.202001.csv'
    version: int  # 1, 2, ... in the order they landed
    content_hash: str
    path: str  # of the bytes, relative to the lake
    byte_count: int
    origin: str  # URL or file name it was taken from; never a full local path
    landed_at: str  # ISO, UTC: the one clock
    is_simulated: bool
    etag: str | None = None
    content_length: int | None = None
    pruned_at: str | None = None  # ISO, UTC: since then the bytes may be gone
    units: str | None = None  # of the measures, where the user named them

    @property
    def landed_at_time(self) -> datetime:
        return datetime.fromisoformat(self.landed_at)

    @property
    def arrival(self) -> Arrival:
        """What a reader is given of it."""
        return Arrival(self.landed_at_time, self.units)


@dataclass(frozen=True)
class Incoming:
    """A file on its way into the lake: local bytes and what is known of where they came from."""

    table: str
    file: str
    local_path: Path
    origin: str
    is_simulated: bool = False
    etag: str | None = None
    content_length: int | None = None
    units: str | None = None


class Lake:
    """The files of all sources under one folder (later: one bucket)."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.staging = root / "staging"  # on the same disk, so that a rename is atomic

    def land(self, source: str, incoming: Incoming, landed_at: datetime) -> tuple[Landing, bool]:
        """Keep `incoming`'s bytes. Returns the landing and whether it is new (False: the newest version is these bytes).

        A version lands after the one it follows, whatever a clock that was set back or stands still says: later bytes count.

        Raises:
            OSError: the bytes cannot be read or written (disk full, read-only folder); nothing half-written is left.
        """
        newest = self.newest(source, incoming.table, incoming.file)
        last_version, damaged = self._damaged_since(source, incoming.table, incoming.file, newest)
        staged, content_hash, byte_count = self._stage(incoming.local_path)
        # the same bytes in other units are read anew
        is_same = newest is not None and newest.content_hash == content_hash and incoming.units in (None, newest.units)
        known = newest if is_same and not damaged else None
        try:
            folder = self._folder(source, incoming.table, incoming.file)
            folder.mkdir(parents=True, exist_ok=True)
            name = content_hash[:HASH_LENGTH] + _suffix(incoming.local_path.name, incoming.file)
            stored = self.open_path(known) if known else folder / name
            if why_damaged(stored, content_hash, byte_count) is not None:
                os.replace(staged, stored)
            if known:
                return known, False
        finally:
            staged.unlink(missing_ok=True)
        landing = Landing(
            source=source,
            table=incoming.table,
            file=incoming.file,
            version=last_version + 1,
            content_hash=content_hash,
            path=stored.relative_to(self.root).as_posix(),
            byte_count=byte_count,
            origin=incoming.origin,
            landed_at=_after(newest, landed_at).isoformat(),
            is_simulated=incoming.is_simulated,
            etag=incoming.etag,
            content_length=incoming.content_length,
            units=incoming.units,
        )
        self._write_record(landing)
        for record in damaged:  # after the new one: a version is never given twice
            record.rename(record.with_name(f"{record.name}.damaged"))
        return landing, True

    def land_again(self, landing: Landing, landed_at: datetime) -> Landing:
        """Another landing of the same bytes, for what could not be taken of them when they landed."""
        again = replace(landing, version=landing.version + 1, landed_at=_after(landing, landed_at).isoformat())
        self._write_record(again)
        return again

    def prune(self, landing: Landing, at: datetime) -> None:
        """Delete the bytes of a landing that no other needs; the landing stays and says so, first of all: a kill between the two
        leaves bytes too many, never a landing that misses its own."""
        self._write_record(replace(landing, pruned_at=at.isoformat()))
        self.open_path(landing).unlink()

    def newest(self, source: str, table: str, file: str) -> Landing | None:
        """The last landing of a file whose record can be read, None when it never landed."""
        for record in sorted(self._folder(source, table, file).glob(LANDING_RECORDS), reverse=True):
            try:
                return _read_landing(record)
            except DamagedRecord:
                continue
        return None

    def files(self, source: str, table: str) -> list[str]:
        """Names of a table's files that lie in no folder of their own, sorted."""
        folder = self.root / "raw" / source / table
        return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []

    def landings(self, source: str, on_damaged: Callable[[Path], None] = lambda record: None) -> Iterator[Landing]:
        """Every landing of a source, by table, file and version: names are the order in which a folder is loaded.

        `on_damaged` is called with each record that cannot be read.
        """
        for record in sorted((self.root / "raw" / source).rglob(LANDING_RECORDS)):
            if record.is_file():  # a landed file of such a name is a folder
                try:
                    yield _read_landing(record)
                except DamagedRecord:
                    on_damaged(record)

    def sources(self) -> list[str]:
        """Names of the sources that anything has landed of."""
        raw = self.root / "raw"
        return sorted(path.name for path in raw.iterdir() if path.is_dir()) if raw.is_dir() else []

    def is_simulated(self) -> bool | None:
        """Whether this lake holds simulated weather; None while it is empty. One landing tells: they never mix."""
        for record in self.root.glob(f"raw/**/{LANDING_RECORDS}"):
            if record.is_file():
                try:
                    return _read_landing(record).is_simulated
                except DamagedRecord:
                    continue
        return None

    def why_damaged(self, landing: Landing) -> str | None:
        """How the bytes of a landing differ from what landed; None where they are whole. Reads all of them."""
        return why_damaged(self.open_path(landing), landing.content_hash, landing.byte_count)

    def open_path(self, landing: Landing) -> Path:
        return self.root / landing.path

    def clear_staging(self) -> None:
        """Remove what a killed run left half-written. Only for the holder of the data folder's lock."""
        shutil.rmtree(self.staging, ignore_errors=True)

    def _folder(self, source: str, table: str, file: str) -> Path:
        return self.root / "raw" / source / table / file

    def _damaged_since(self, source: str, table: str, file: str, newest: Landing | None) -> tuple[int, list[Path]]:
        """The last version that ever had a record, and the records after `newest` that cannot be read."""
        first = newest.version if newest else 0
        later = [
            path
            for path in self._folder(source, table, file).glob(f"{LANDING_RECORDS}*")
            if path.is_file() and int(path.name[:6]) > first
        ]
        last = max((int(path.name[:6]) for path in later), default=first)
        return last, [path for path in later if path.suffix == ".json"]

    def _write_record(self, landing: Landing) -> None:
        folder = self._folder(landing.source, landing.table, landing.file)
        self._write_whole(folder / f"{landing.version:06d}.json", json.dumps(asdict(landing), indent=1).encode())

    def _stage(self, local_path: Path) -> tuple[Path, str, int]:
        """Copy to a temporary name, hashing on the way."""
        digest = hashlib.sha256()
        byte_count = 0
        with self._staged() as (staged, target), local_path.open("rb") as origin:
            while chunk := origin.read(COPY_CHUNK_BYTES):
                digest.update(chunk)
                byte_count += len(chunk)
                target.write(chunk)
        return staged, digest.hexdigest(), byte_count

    def _write_whole(self, path: Path, content: bytes) -> None:
        with self._staged() as (staged, target):
            target.write(content)
        try:
            os.replace(staged, path)
        except BaseException:
            staged.unlink(missing_ok=True)
            raise

    @contextmanager
    def _staged(self) -> Iterator[tuple[Path, BinaryIO]]:
        """A temporary file: on the disk when this ends, gone when it fails."""
        self.staging.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self.staging)
        staged = Path(name)
        try:
            with os.fdopen(handle, "wb") as target:
                yield staged, target
                target.flush()
                os.fsync(target.fileno())
        except BaseException:
            staged.unlink(missing_ok=True)
            raise


def _after(newest: Landing | None, landed_at: datetime) -> datetime:
    """When a version lands: models tell the versions of a file apart by it, so that no two may share it."""
    return landed_at if newest is None else max(landed_at, newest.landed_at_time + timedelta(microseconds=1))


def why_damaged(path: Path, content_hash: str, byte_count: int) -> str | None:
    """How the bytes of a file differ from those of that hash; None where they are the same."""
    try:
        size = path.stat().st_size
        if size != byte_count:
            return (
                f"the lake holds {size:,} of its {byte_count:,} bytes" if size else "the lake holds none of its bytes"
            )
        with path.open("rb") as content:
            if hashlib.file_digest(content, "sha256").hexdigest() != content_hash:
                return "its bytes in the lake are not those that landed (checksum)"
    except FileNotFoundError:
        return "its bytes are missing from the lake"
    except OSError as error:
        return f"its bytes in the lake cannot be read ({error.strerror})"
    return None


def _read_landing(record: Path) -> Landing:
    """The landing of a record.

    Raises:
        DamagedRecord: the record is not one, or is another's.
    """
    try:
        landing = Landing(**json.loads(record.read_bytes()))
        is_sound = (
            record.name == f"{landing.version:06d}.json"
            and SHA_256.fullmatch(landing.content_hash)
            and record.parent.parts[-len(Path(landing.file).parts) :] == Path(landing.file).parts
            and isinstance(landing.is_simulated, bool)
            and isinstance(landing.byte_count, int)
            and isinstance(landing.path, str)
            and landing.landed_at_time
        )
    except (OSError, ValueError, TypeError) as error:
        raise DamagedRecord(str(error)) from None
    if not is_sound:
        raise DamagedRecord("not as it was written")
    return landing


def _suffix(name: str, file: str) -> str:
    """What follows the content hash in the lake: the file's own ending, and `.gz` where the bytes are compressed."""
    return "".join(Path(file).suffixes[-1:]) + (".gz" if name.endswith(".gz") else "")


def clear_scratch(scratch: Path) -> None:
    """Remove what a killed run left half-made. Only for the holder of the data folder's lock."""
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True, exist_ok=True)
