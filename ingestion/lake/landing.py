"""A landing: one version of one file of a provider, as it entered the lake; and where the lake has it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from ingestion.readers.reading import Arrival

RECORD_NAME = re.compile(r"\d{6}\.json")

HASH_LENGTH = 32
"""Hex digits of SHA-256 kept in names: 128 bits, beyond any accidental collision."""

SHA_256 = re.compile(r"[0-9a-f]{64}")

POLL = re.compile(r"\.(\d{4})-?(\d{2})-?(\d{2})T\d{6,}Z?\.jsonl?$")
"""The name of a poll ends with the moment of its answers: 'poll.2026-03-01T063000.jsonl'."""

ARRIVALS_OF_A_FOLDER = 1000
"""Arrivals lie in folders of so many: as much as one answer of a bucket lists."""


class DamagedRecord(ValueError):
    """A landing record is not what was written: truncated, empty or altered."""


class FileVersion(NamedTuple):
    """What tells the landings of a source apart, in the lake and in `raw_<source>.files`. Where a file's landings have gone from
    the lake, its next one begins again with version 1: its content is part of it.
    """

    table: str
    file: str
    version: int
    content_hash: str


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
    arrival_number: int | None = None  # of its source; None of what no load takes, and in a lake of an earlier version
    gzip_byte_count: int | None = None  # where the lake has compressed what came: how long that is
    pack_offset: int | None = None  # where `path` is a pack: at which byte of it

    @property
    def landed_at_time(self) -> datetime:
        return datetime.fromisoformat(self.landed_at)

    @property
    def key(self) -> FileVersion:
        return FileVersion(self.table, self.file, self.version, self.content_hash)

    @property
    def arrival(self) -> Arrival:
        """What a reader is given of it."""
        return Arrival(self.landed_at_time, self.units)

    @property
    def record(self) -> str:
        """The name of its record."""
        return f"{folder_of(self.source, self.table, self.file, is_flat=self.is_flat)}/{self.version:06d}.json"

    @property
    def is_flat(self) -> bool:
        """A poll of an earlier version, which is in no partition."""
        return poll_day(self.file) is not None and "/date=" not in self.path

    def as_json(self) -> dict[str, object]:
        """What its record holds: nothing of what does not concern it."""
        return {
            name: value
            for name, value in asdict(self).items()
            if value is not None or name not in ("arrival_number", "gzip_byte_count", "pack_offset")
        }


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


def poll_day(file: str) -> date | None:
    """The day of a poll, None of a file that is none."""
    found = POLL.search(file)
    try:
        return date(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:
        return None


def moment_of(file: str) -> str:
    """The end of a poll's name, from its moment on: '.2026-03-01T063000.jsonl'; nothing of a file that is none."""
    found = POLL.search(file)
    return found[0] if found else ""


def folder_of(source: str, table: str, file: str, *, is_flat: bool = False) -> str:
    """Where a file's landings are. `is_flat`: of a poll, where an earlier version put them."""
    day = poll_day(file)
    return f"raw/{source}/{table}/{file}" if day is None or is_flat else f"{partition(source, table, day)}/{file}"


def partition(source: str, table: str, day: date) -> str:
    """The folder of the polls of a day."""
    return f"raw/{source}/{table}/date={day}"


def content_name(content_hash: str, file: str, *, is_gzip: bool) -> str:
    """The name of bytes: the file's own ending follows the content's hash, and `.gz` where they are compressed."""
    return content_hash[:HASH_LENGTH] + "".join(PurePosixPath(file).suffixes[-1:]) + (".gz" if is_gzip else "")


def list_name(folder: str, generation: int) -> str:
    """The list of what is packed of a day, in its folder; a later one replaces those before."""
    return f"{folder}/pack.{generation:06d}.json"


def generation_of(name: str) -> int:
    """The number in the name of a list."""
    return int(PurePosixPath(name).name.removeprefix("pack.").removesuffix(".json"))


def last_lists(names: Iterable[str]) -> list[str]:
    """Of these names the last list of packed landings in each folder."""
    last: dict[str, str] = {}
    for name in sorted(names):
        folder, _, stem = name.rpartition("/")
        if stem.startswith("pack.") and RECORD_NAME.fullmatch(stem.removeprefix("pack.")):
            last[folder] = name
    return list(last.values())


def arrival_name(source: str, number: int) -> str:
    """Where the arrival of that number is."""
    return f"arrivals/{source}/{number // ARRIVALS_OF_A_FOLDER:06d}/{number:09d}.json"


def written(landing: Landing) -> bytes:
    """The landing as its record and its arrival have it."""
    return json.dumps(landing.as_json(), indent=1).encode()


def read_record(name: str, content: bytes) -> Landing:
    """The landing of a record.

    Raises:
        DamagedRecord: the record is not one, or is another's.
    """
    landing = read_landing(content)
    if landing.record != name:
        raise DamagedRecord("another's")
    return landing


def read_landing(content: bytes) -> Landing:
    """A landing as it was written.

    Raises:
        DamagedRecord: it is none.
    """
    try:
        return landing_of(json.loads(content))
    except ValueError as error:
        raise DamagedRecord(str(error)) from None


KNOWN = {each.name for each in fields(Landing)}


def landing_of(told: Any) -> Landing:
    """The landing of a record's JSON. What a later version knows more of it is passed over.

    Raises:
        DamagedRecord: it is none.
    """
    try:
        if not isinstance(told, Mapping):
            raise DamagedRecord("not a record")
        landing = Landing(**{name: value for name, value in told.items() if name in KNOWN})
        is_sound = (
            SHA_256.fullmatch(landing.content_hash)
            and isinstance(landing.version, int)
            and isinstance(landing.is_simulated, bool)
            and isinstance(landing.byte_count, int)
            and PurePosixPath(landing.path).parts[0] == "raw"
            and ".." not in PurePosixPath(landing.path).parts
            and landing.landed_at_time
        )
    except (ValueError, TypeError, IndexError) as error:
        raise DamagedRecord(str(error)) from None
    if not is_sound:
        raise DamagedRecord("not as it was written")
    return landing
