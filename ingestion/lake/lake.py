"""Land, find and read files of the lake; see the package for what lies where."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path, PurePosixPath

from ingestion.lake.landing import (
    ARRIVALS_OF_A_FOLDER,
    HASH_LENGTH,
    RECORD_NAME,
    DamagedRecord,
    FileVersion,
    Incoming,
    Landing,
    arrival_name,
    content_name,
    folder_of,
    landing_of,
    last_lists,
    moment_of,
    partition,
    poll_day,
    read_landing,
    read_record,
    written,
)
from ingestion.lake.store import CHUNK_BYTES, Folder, Store, staged_file
from isobar.settings import Settings

GZIP_LEVEL = 6
"""zlib's own default: an answer of JSON shrinks to a tenth, and a higher level gains a percent for twice the time."""

RECENT_DAYS = 7
"""How far back the last polls are looked for: a pipeline that rested for longer begins like a new one."""

OnDamaged = Callable[[str], None]
"""Called with the name of each landing record that cannot be read."""


def open_lake(settings: Settings) -> Lake:
    """The lake of the settings.

    Raises:
        StoreError: it is a bucket, and cannot be opened: no credentials, or its library is not installed.
    """
    copies = settings.scratch / "lake"
    if settings.lake_url is None:
        return Lake(settings.lake, copies)
    from ingestion.lake.bucket import Bucket  # the extra `s3`: whoever has a folder imports none of it

    return Lake(Bucket(settings.lake_url, settings.bucket, copies), copies)


class Lake:
    """The files of all sources, in a folder or a bucket."""

    def __init__(self, store: Store | Path, copies: Path | None = None) -> None:
        """`copies` is the folder for what is unpacked or fetched to be read; by default the store's staging folder."""
        self.store = Folder(store) if isinstance(store, Path) else store
        self.copies = copies or self.store.staging
        self._is_simulated: bool | None = None
        self._last_arrival: dict[str, int] = {}  # source -> the highest number seen
        self._flat_polls: dict[tuple[str, str], set[str]] = {}  # source and table -> polls of an earlier version

    # --- landing ---------------------------------------------------------------------------------------------------

    def land(
        self,
        source: str,
        incoming: Incoming,
        landed_at: datetime,
        *,
        is_loaded: bool = True,
        is_superseded: Callable[[Landing], bool] = lambda newest: False,
    ) -> tuple[Landing, bool]:
        """Keep `incoming`'s bytes. Returns the landing and whether it is new (False: the newest version is these bytes).

        A version lands after the one it follows, whatever a clock that was set back or stands still says: later bytes count.

        Args:
            is_loaded: whether a raw table takes it. What is kept for a feed's own use needs no arrival.
            is_superseded: whether the newest version makes this one obsolete, so that it is returned and nothing lands. It is
                asked again when another machine was quicker.

        Raises:
            OSError: the bytes cannot be read or written (disk full, read-only folder); nothing half-written is left.
            StoreError: the bucket cannot be reached or written.
        """
        is_poll = poll_day(incoming.file) is not None and not incoming.local_path.name.endswith(".gz")
        staged, content_hash, byte_count = self._stage(incoming.local_path, is_compressed=is_poll)
        gzip_byte_count = staged.stat().st_size if is_poll else None
        name = content_name(content_hash, incoming.file, is_gzip=is_poll or incoming.local_path.name.endswith(".gz"))
        path = f"{folder_of(source, incoming.table, incoming.file)}/{name}"
        try:
            while True:
                newest, last_version, damaged = self._last(source, incoming.table, incoming.file)
                if newest is not None and is_superseded(newest):
                    return newest, False
                # the same bytes in other units are read anew
                if (
                    newest is not None
                    and not damaged
                    and newest.content_hash == content_hash
                    and incoming.units in (None, newest.units)
                ):
                    is_whole = self.why_damaged(newest) is None
                    return newest if is_whole else self._mend(newest, incoming.local_path), False
                landing = Landing(
                    source=source,
                    table=incoming.table,
                    file=incoming.file,
                    version=last_version + 1,
                    content_hash=content_hash,
                    path=path,
                    byte_count=byte_count,
                    origin=incoming.origin,
                    landed_at=_after(newest, landed_at).isoformat(),
                    is_simulated=incoming.is_simulated,
                    etag=incoming.etag,
                    content_length=incoming.content_length,
                    units=incoming.units,
                    gzip_byte_count=gzip_byte_count,
                )
                if staged.exists() and not self.store.create(path, staged) and self.why_damaged(landing) is not None:
                    staged, _, _ = self._stage(incoming.local_path, is_compressed=is_poll)
                    self.store.replace(path, staged)
                if is_loaded:
                    landing = self._announce(landing)
                if self.store.create(landing.record, written(landing)):
                    break
                # another machine was quicker: what it landed may be these very bytes
        finally:
            staged.unlink(missing_ok=True)
        for record in damaged:  # after the new one: a version is never given twice
            self.store.replace(f"{record}.damaged", self.store.read(record))
            self.store.delete(record)
        return landing, True

    def land_again(self, landing: Landing, landed_at: datetime) -> Landing:
        """Another landing of the same bytes, for what could not be taken of them when they landed."""
        again = replace(
            landing, version=landing.version + 1, landed_at=_after(landing, landed_at).isoformat(), arrival_number=None
        )
        again = self._announce(again)
        self.store.create(again.record, written(again))
        return again

    def prune(self, landing: Landing, at: datetime) -> None:
        """Delete the bytes of a landing that no other needs; the landing stays and says so, first of all: a kill between the two
        leaves bytes too many, never a landing that misses its own."""
        self.store.replace(landing.record, written(replace(landing, pruned_at=at.isoformat())))
        self.store.delete(landing.path)

    def _announce(self, landing: Landing) -> Landing:
        """Give the landing the next number of its source."""
        number = self.last_number(landing.source) + 1
        while not self.store.create(
            arrival_name(landing.source, number), written(numbered := replace(landing, arrival_number=number))
        ):
            number += 1
        self._last_arrival[landing.source] = number
        return numbered

    def last_number(self, source: str) -> int:
        """The highest number that an arrival of the source was seen to have; 0 before the first."""
        if source not in self._last_arrival:
            self._last_arrival[source] = max(self._numbers_after(source, None), default=0)
        return self._last_arrival[source]

    def _numbers_after(self, source: str, number: int | None) -> list[int]:
        """Numbers of arrivals after this one; with None, those of the last folder of them."""
        first = -1 if number is None else number // ARRIVALS_OF_A_FOLDER
        top = f"arrivals/{source}"
        folders = [name for name in self.store.folders(top) if name.isdecimal() and int(name) >= first]
        found = [
            int(PurePosixPath(name).stem)
            for folder in (folders[-1:] if number is None else folders)
            for name in self.store.names(f"{top}/{folder}")
            if PurePosixPath(name).stem.isdecimal()
        ]
        return [each for each in found if number is None or each > number]

    def _mend(self, landing: Landing, local_path: Path) -> Landing:
        """Put the bytes of a landing back, where they were damaged or have gone. What was in a pack gets a file of its own."""
        staged, _, _ = self._stage(local_path, is_compressed=landing.gzip_byte_count is not None)
        if landing.pack_offset is None:
            self.store.replace(landing.path, staged)
            return landing
        folder = folder_of(landing.source, landing.table, landing.file)
        mended = replace(
            landing, path=f"{folder}/{content_name(landing.content_hash, landing.file, is_gzip=True)}", pack_offset=None
        )
        self.store.replace(mended.path, staged)
        self.store.replace(mended.record, written(mended))
        return mended

    # --- finding ---------------------------------------------------------------------------------------------------

    def newest(self, source: str, table: str, file: str) -> Landing | None:
        """The last landing of a file whose record can be read, None when it never landed."""
        newest, _, _ = self._last(source, table, file)
        return newest

    def versions(self, source: str, table: str, file: str) -> list[Landing]:
        """The landings of a file whose records can be read, in the order they landed."""
        names = self._names(source, table, file)
        found = {each.version: each for each in self.packed_in(names) if each.file == file}
        for folder in reversed(self._folders(source, table, file)):
            for name in _records_in(folder, names):
                try:
                    landing = read_record(name, self.store.read(name))
                except (DamagedRecord, FileNotFoundError):
                    continue
                found[landing.version] = landing
        return [found[version] for version in sorted(found)]

    def last_polls(self, source: str, table: str, now: datetime) -> Iterator[str]:
        """Names of the polls of the last days, the last one first; of an earlier version's lake, all of them follow."""
        for days in range(RECENT_DAYS):
            yield from reversed(self._polls(source, table, now.date() - timedelta(days=days)))
        yield from sorted(self._flat(source, table), reverse=True)

    def files_of_poll(self, source: str, table: str, file: str) -> list[str]:
        """Names of files with answers of the same moment as this poll: itself, and what landed of it from a stream."""
        day, moment = poll_day(file), moment_of(file)
        return [name for name in self._polls(source, table, day) if moment_of(name) == moment] if day else []

    def _polls(self, source: str, table: str, day: date) -> list[str]:
        """Names of the polls of a day, the earliest first."""
        folder = partition(source, table, day)
        names = self.store.names(folder)
        files = {name.removeprefix(f"{folder}/").rpartition("/")[0] for name in names}
        found = {each.file for each in self.packed_in(names)} | files - {""}
        return sorted(found, key=lambda name: (moment_of(name), name))

    def landings(self, source: str, on_damaged: OnDamaged = lambda record: None) -> Iterator[Landing]:
        """Every landing of a source, those without an arrival first, then by table, file and version: names are the order in
        which a folder is loaded."""
        found: dict[tuple[str, str, int], Landing] = {}
        names = self.store.names(f"raw/{source}")
        records = [name for name in names if RECORD_NAME.fullmatch(PurePosixPath(name).name)]
        for each in last_lists(names):
            for landing in self._pack(each, on_damaged):
                found[landing.table, landing.file, landing.version] = landing
        for name, content in zip(records, self.store.read_each(records), strict=True):
            try:
                if isinstance(content, FileNotFoundError):
                    continue  # packed meanwhile
                if isinstance(content, OSError):
                    raise DamagedRecord(str(content))
                landing = read_record(name, content)
            except DamagedRecord:
                on_damaged(name)
                continue
            key = landing.table, landing.file, landing.version
            if key not in found or self.store.exists(landing.path):  # a kill leaves some that are packed already
                found[key] = landing
        yield from sorted(
            found.values(),
            key=lambda each: (each.arrival_number is not None, each.table, each.file.split("/"), each.version),
        )

    def count_from(self, source: str, number: int) -> None:
        """Give no number up to this one: a warehouse knows it. A lake that was restored from an old copy may not."""
        self._last_arrival[source] = max(number, self.last_number(source))

    def arrived(
        self, source: str, after: int, missing: Iterable[int], on_damaged: OnDamaged = lambda record: None
    ) -> list[Landing] | None:
        """Landings with a number after this one, and with these; None where numbers in between are gone, so that only
        :meth:`landings` tells all.

        An arrival without a landing is one of a killed run, which becomes it here, or of one that another machine was
        quicker than.
        """
        later = self._numbers_after(source, after)
        if later != [*range(after + 1, after + 1 + len(later))]:
            return None
        numbers = [*missing, *later]
        found = []
        contents = self.store.read_each([arrival_name(source, number) for number in numbers])
        for number, content in zip(numbers, contents, strict=True):
            if isinstance(content, OSError):
                continue
            try:
                arrival = read_landing(content)
            except DamagedRecord:
                return None
            landing = self._made(arrival, on_damaged)
            if landing is not None and landing.arrival_number == number:
                found.append(landing)
        return sorted(found, key=lambda each: (each.table, each.file.split("/"), each.version))

    def _made(self, arrival: Landing, on_damaged: OnDamaged) -> Landing | None:
        """The landing of an arrival, or another that has its version. None where its record is damaged or its bytes have gone."""
        try:
            return read_record(arrival.record, self.store.read(arrival.record))
        except DamagedRecord:
            on_damaged(arrival.record)
            return None
        except FileNotFoundError:
            pass
        if (packed := self._packed_version(arrival)) is not None:
            return packed
        if not self.store.exists(arrival.path):
            return None
        self.store.create(arrival.record, written(arrival))
        return read_record(arrival.record, self.store.read(arrival.record))

    def sources(self) -> list[str]:
        """Names of the sources that anything has landed of."""
        return self.store.folders("raw")

    def is_simulated(self) -> bool | None:
        """Whether this lake holds simulated weather; None while it is empty. One landing tells: they never mix."""
        if self._is_simulated is None:
            self._is_simulated = next((each.is_simulated for each in self._some()), None)
        return self._is_simulated

    def _some(self) -> Iterator[Landing]:
        """Some landings, those that are found soonest first."""
        for source in self.store.folders("arrivals"):
            number = self.last_number(source)
            try:
                yield read_landing(self.store.read(arrival_name(source, number)))
            except (OSError, DamagedRecord):
                continue
        for source in self.sources():
            for table in self.store.folders(f"raw/{source}"):
                for file in self.store.folders(f"raw/{source}/{table}"):
                    names = self.store.names(f"raw/{source}/{table}/{file}")
                    for name in names:
                        try:
                            if RECORD_NAME.fullmatch(PurePosixPath(name).name):
                                yield read_record(name, self.store.read(name))
                        except (OSError, DamagedRecord):
                            continue
                    for pack in last_lists(names):
                        yield from self._pack(pack)

    def lost(self, source: str, landings: Iterable[Landing], loaded: Iterable[FileVersion]) -> list[FileVersion]:
        """Of the versions that were loaded, those whose content no landing of their file has any more.

        Args:
            landings: all of the source. A record that cannot be read, or was moved aside, is reported as such and not lost.
        """
        contents, versions = set(), set()
        for landing in landings:
            contents.add((landing.table, landing.file, landing.content_hash))
            versions.add((landing.table, landing.file, landing.version))

        def has_damaged_record(each: FileVersion) -> bool:
            is_readable = (each.table, each.file, each.version) in versions
            records = [f"{at}/{each.version:06d}.json" for at in self._folders(source, each.table, each.file)]
            return any(
                self.store.exists(f"{record}.damaged") or (not is_readable and self.store.exists(record))
                for record in records
            )

        return sorted(
            each
            for each in loaded
            if (each.table, each.file, each.content_hash) not in contents and not has_damaged_record(each)
        )

    def _folders(self, source: str, table: str, file: str) -> list[str]:
        """Where landings of a file are: of a poll, in its partition, and where an earlier version put it."""
        own = folder_of(source, table, file)
        is_flat = poll_day(file) is not None and file in self._flat(source, table)
        return [own, folder_of(source, table, file, is_flat=True)] if is_flat else [own]

    def _flat(self, source: str, table: str) -> set[str]:
        """Polls that lie where an earlier version put them; nothing is added to those, so a table is asked once."""
        if (source, table) not in self._flat_polls:
            folders = self.store.folders(f"raw/{source}/{table}")
            self._flat_polls[source, table] = {each for each in folders if poll_day(each) is not None}
        return self._flat_polls[source, table]

    def _names(self, source: str, table: str, file: str) -> list[str]:
        """Names among which are all of a file: those of its folders, and of a poll all of its day, to ask a bucket once."""
        day = poll_day(file)
        own, *flat = self._folders(source, table, file)
        names = self.store.names(own if day is None else partition(source, table, day))
        return [*names, *(name for folder in flat for name in self.store.names(folder))]

    def records(self, folder: str) -> list[str]:
        """Names of the landing records in a file's folder, whole or damaged, the earliest first."""
        return _records_in(folder, self.store.names(folder))

    def _last(self, source: str, table: str, file: str) -> tuple[Landing | None, int, list[str]]:
        """The last landing that can be read, the last version that ever had a record, and damaged records after it."""
        newest: Landing | None = None
        last = 0
        damaged: list[str] = []
        names = self._names(source, table, file)
        for folder in self._folders(source, table, file):
            there = [stem for at, _, stem in (name.rpartition("/") for name in names) if at == folder]
            last = max([last, *(int(stem[:6]) for stem in there if RECORD_NAME.match(stem))])
            for name in reversed(_records_in(folder, names)):
                try:
                    newest = read_record(name, self.store.read(name))
                    break
                except DamagedRecord:
                    damaged.append(name)
            if newest:
                break
        if newest is None:
            of_file = [each for each in self.packed_in(names) if each.file == file]
            newest = max(of_file, key=lambda each: each.version, default=None)
        return newest, max(last, newest.version if newest else 0), damaged

    # --- packs -----------------------------------------------------------------------------------------------------

    def packed(self, source: str, table: str, day: date) -> list[Landing]:
        """The landings of a day that are packed; none where its polls lie as they came."""
        return self.packed_in(self.store.names(partition(source, table, day)))

    def packed_in(self, names: Iterable[str]) -> list[Landing]:
        """The packed landings of the days whose files these are."""
        return [landing for each in last_lists(names) for landing in self._pack(each)]

    def _packed_version(self, landing: Landing) -> Landing | None:
        day = poll_day(landing.file)
        of_day = self.packed(landing.source, landing.table, day) if day is not None else []
        return next((each for each in of_day if each.key == landing.key), None)

    def _pack(self, name: str, on_damaged: OnDamaged = lambda record: None) -> list[Landing]:
        try:
            return [landing_of(each) for each in json.loads(self.store.read(name))]
        except (OSError, ValueError, TypeError):
            on_damaged(name)
            return []

    # --- reading ---------------------------------------------------------------------------------------------------

    def holds(self, landing: Landing) -> bool:
        """Whether the lake has bytes of a landing, whole or damaged."""
        return self.store.exists(landing.path)

    def why_damaged(self, landing: Landing, *, is_read_next: bool = False) -> str | None:
        """How the bytes of a landing differ from what landed; None where they are whole. Reads all of them.

        Args:
            is_read_next: a bucket's bytes are fetched once for this and for `open_path`.
        """
        try:
            if landing.gzip_byte_count is not None:
                stored = self.open_path(landing).read_bytes() if is_read_next else self.stored(landing)
                return why_differs(landing, [stored])
            if is_read_next:
                return why_differs(landing, _chunks(self.store.local(landing.path)))
            return why_differs(landing, self.store.chunks(landing.path))
        except FileNotFoundError:
            return "its bytes are missing from the lake"
        except OSError as error:
            return f"its bytes in the lake cannot be read ({error.strerror or error})"

    def content(self, landing: Landing) -> bytes:
        """The bytes of a landing as they came.

        Raises:
            OSError, EOFError, zlib.error: they are missing or damaged.
        """
        stored = self.stored(landing)
        return stored if landing.gzip_byte_count is None else gzip.decompress(stored)

    def stored(self, landing: Landing) -> bytes:
        """The bytes of a landing as the lake has them.

        Raises:
            FileNotFoundError: it has none.
        """
        if landing.pack_offset is None:
            return self.store.read(landing.path)
        return self.store.read(landing.path, landing.pack_offset, landing.gzip_byte_count)

    def open_path(self, landing: Landing) -> Path:
        """A file of this machine with the bytes of a landing, compressed or not, to read and not to keep.

        Raises:
            FileNotFoundError: the lake has none of them.
        """
        if landing.pack_offset is None:
            return self.store.local(landing.path)
        copy = self.copies / f"{landing.content_hash[:HASH_LENGTH]}.gz"
        if not copy.exists():
            with staged_file(self.copies) as (staged, target):
                target.write(self.stored(landing))
            staged.rename(copy)
        return copy

    def release(self) -> None:
        """Delete copies that were made to be read. Only for the holder of the data folder's lock."""
        self.store.release()
        shutil.rmtree(self.copies, ignore_errors=True)

    def clear_staging(self) -> None:
        """Remove what a killed run left half-written. Only for the holder of the data folder's lock."""
        self.store.clear()

    def _stage(self, local_path: Path, *, is_compressed: bool) -> tuple[Path, str, int]:
        """Copy to a temporary name, hashing on the way. The hash and length returned are of what came, not of its compression."""
        digest = hashlib.sha256()
        byte_count = 0
        with staged_file(self.store.staging) as (staged, file), local_path.open("rb") as origin:
            # without name and time: the same content is the same file
            target = gzip.GzipFile("", "wb", GZIP_LEVEL, file, mtime=0) if is_compressed else file
            while chunk := origin.read(CHUNK_BYTES):
                digest.update(chunk)
                byte_count += len(chunk)
                target.write(chunk)
            if target is not file:
                target.close()
        return staged, digest.hexdigest(), byte_count


def why_differs(landing: Landing, stored: Iterable[bytes]) -> str | None:
    """How bytes, as the lake has them, differ from what landed; None where they are the same.

    Raises:
        OSError: they cannot be read.
    """
    if landing.gzip_byte_count is not None:
        try:
            stored = [gzip.decompress(b"".join(stored))]
        except (EOFError, zlib.error, gzip.BadGzipFile):
            return "its bytes in the lake are not those that landed (gzip)"
    digest, byte_count = hashlib.sha256(), 0
    for chunk in stored:
        digest.update(chunk)
        byte_count += len(chunk)
    if byte_count != landing.byte_count:
        held = f"{byte_count:,} of its {landing.byte_count:,} bytes" if byte_count else "none of its bytes"
        return f"the lake holds {held}"
    if digest.hexdigest() != landing.content_hash:
        return "its bytes in the lake are not those that landed (checksum)"
    return None


def _records_in(folder: str, names: Iterable[str]) -> list[str]:
    """Of these names the landing records that lie in this folder itself, the earliest first."""
    parts = ((name, *name.rpartition("/")[::2]) for name in names)
    return sorted(name for name, at, stem in parts if at == folder and RECORD_NAME.fullmatch(stem))


def _after(newest: Landing | None, landed_at: datetime) -> datetime:
    """When a version lands: models tell the versions of a file apart by it, so that no two may share it."""
    return landed_at if newest is None else max(landed_at, newest.landed_at_time + timedelta(microseconds=1))


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as content:
        while chunk := content.read(CHUNK_BYTES):
            yield chunk


def clear_scratch(scratch: Path) -> None:
    """Remove what a killed run left half-made. Only for the holder of the data folder's lock."""
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True, exist_ok=True)
