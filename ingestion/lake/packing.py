"""The polls of a past day in one file: gzip members one after the other, and a list of landings with the place of each.

The list makes the pack. A kill before it leaves a file that nobody names, a kill after it files that are packed already, and the
next call deletes both. Only for the holder of the data folder's lock.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path, PurePath

from ingestion.lake.lake import Lake, why_differs
from ingestion.lake.landing import (
    HASH_LENGTH,
    RECORD_NAME,
    DamagedRecord,
    FileVersion,
    Landing,
    arrival_name,
    content_name,
    folder_of,
    generation_of,
    last_lists,
    list_name,
    partition,
    read_record,
)
from ingestion.lake.store import staged_file


def unpacked_days(lake: Lake, source: str, table: str, before: date) -> list[date]:
    """Days before this one of which some poll has files of its own, the earliest first. One listing of the table: a packed
    day is two names of it."""
    top = f"raw/{source}/{table}/"
    parts = (name.removeprefix(top).split("/") for name in lake.store.names(top))
    days = {part[0].removeprefix("date=") for part in parts if part[0].startswith("date=") and len(part) > 2}
    return [date.fromisoformat(day) for day in sorted(days) if day < before.isoformat()]


def alone(lake: Lake, source: str, table: str, day: date) -> list[Landing]:
    """Landings of a day that have files of their own."""
    top = partition(source, table, day)
    names = lake.store.names(top)
    records = [name for name in names if name.rpartition("/")[0] != top and RECORD_NAME.fullmatch(PurePath(name).name)]
    found = []
    for name, content in zip(records, lake.store.read_each(records), strict=True):
        with suppress(DamagedRecord):
            if not isinstance(content, OSError):
                found.append(read_record(name, content))
    return found


def pack(lake: Lake, source: str, table: str, day: date, came: Sequence[Landing]) -> int:
    """Pack the polls of a day, those that are packed already with those that came since. Returns how many of these it packed.

    What is damaged stays alone. Where something is damaged in the pack before, that one stays: it has the only account of it.
    """
    folder = partition(source, table, day)
    names = lake.store.names(folder)
    lists, before = last_lists(names), lake.packed_in(names)
    taken: dict[FileVersion, Landing] = {}
    staged, path = _joined(lake, [*before, *came], folder, taken)
    new = [each for each in came if each.key in taken]
    try:
        if new and all(each.key in taken for each in before):
            last = list_name(folder, generation_of(lists[0]) + 1 if lists else 1)
            listed = [replace(each, path=path).as_json() for each in taken.values()]
            lake.store.replace(path, staged)  # one of that name is the same, or damaged
            if not lake.store.create(last, json.dumps(listed, indent=0).encode()):
                return 0  # another machine has packed this day just now
        elif before and not new:
            last, path = lists[0], before[0].path
        else:
            return 0
    finally:
        staged.unlink(missing_ok=True)
    kept = {name for each in came if each.key not in taken for name in (each.record, each.path)}
    _tidy(lake, source, folder, kept | {path, last}, taken.values())
    return len(new)


def _joined(lake: Lake, landings: list[Landing], folder: str, taken: dict[FileVersion, Landing]) -> tuple[Path, str]:
    """Write what is whole of the landings into one file; into `taken`, each with its place. Returns the file and its name."""
    paths = [*dict.fromkeys(each.path for each in landings)]
    stored = dict(zip(paths, lake.store.read_each(paths), strict=True))  # of one day: some megabytes
    places: dict[str, tuple[int, int]] = {}  # content -> where it begins, and how long it is
    digest = hashlib.sha256()
    with staged_file(lake.store.staging) as (staged, target):
        for landing in sorted(landings, key=lambda each: (each.file, each.version)):
            content = stored[landing.path]
            if landing.key in taken or landing.gzip_byte_count is None or isinstance(content, OSError):
                continue
            if landing.pack_offset is not None:
                content = content[landing.pack_offset : landing.pack_offset + landing.gzip_byte_count]
            if why_differs(landing, [content]) is not None:
                continue
            if landing.content_hash not in places:
                places[landing.content_hash] = target.tell(), len(content)
                target.write(content)
                digest.update(content)
            offset, length = places[landing.content_hash]
            taken[landing.key] = replace(landing, gzip_byte_count=length, pack_offset=offset)
    return staged, f"{folder}/pack.{digest.hexdigest()[:HASH_LENGTH]}.jsonl.gz"


def _tidy(lake: Lake, source: str, folder: str, kept: set[str], packed: Iterable[Landing]) -> None:
    """Delete files of their own that packed landings have, their arrivals, and packs before this one."""
    last = lake.last_number(source)
    own, arrivals = set(), []
    for each in packed:
        if each.arrival_number not in (None, last):  # the last one tells where to go on counting
            arrivals.append(arrival_name(source, each.arrival_number or 0))
        at = folder_of(source, each.table, each.file)
        own |= {f"{at}/{each.version:06d}.json", f"{at}/{content_name(each.content_hash, each.file, is_gzip=True)}"}
    there = lake.store.names(folder)
    gone = [name for name in there if name not in kept and (name in own or name.startswith(f"{folder}/pack."))]
    # records before their bytes: one that misses its bytes would be told as damaged
    records = [name for name in gone if name.endswith(".json")]
    for names in (arrivals, records, [name for name in gone if name not in records]):
        lake.store.delete_each(names)
