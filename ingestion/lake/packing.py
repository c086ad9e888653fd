"""The polls of a past day in one file: gzip members one after the other, and a list of landings with the place of each.

The list makes the pack. A kill before it leaves a file that nobody names, a kill after it files that are packed already, and the
next call deletes both. Only for the holder of the data folder's lock.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path

from ingestion.lake.lake import Lake
from ingestion.lake.landing import (
    HASH_LENGTH,
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
    """Days before this one of which some poll has files of its own, the earliest first."""
    days = [
        name.removeprefix("date=") for name in lake.store.folders(f"raw/{source}/{table}") if name.startswith("date=")
    ]
    past = [date.fromisoformat(day) for day in days if day < before.isoformat()]
    return [day for day in past if lake.store.folders(partition(source, table, day))]


def alone(lake: Lake, source: str, table: str, day: date) -> list[Landing]:
    """Landings of a day that have files of their own."""
    top = partition(source, table, day)
    names = [name.removeprefix(f"{top}/") for name in lake.store.names(top)]
    found = []
    for file in sorted({name.rpartition("/")[0] for name in names if "/" in name}):
        for name in lake.records(folder_of(source, table, file)):
            try:
                found.append(read_record(name, lake.store.read(name)))
            except (DamagedRecord, FileNotFoundError):
                continue
    return found


def pack(lake: Lake, source: str, table: str, day: date) -> int:
    """Pack the polls of a day, those that are packed already with those that came since. Returns how many came.

    What is damaged stays alone. Where something is damaged in the pack before, that one stays: it has the only account of it.
    """
    folder = partition(source, table, day)
    came, before = alone(lake, source, table, day), lake.packed(source, table, day)
    lists = last_lists(lake.store.names(folder))
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
    places: dict[str, tuple[int, int]] = {}  # content -> where it begins, and how long it is
    digest = hashlib.sha256()
    with staged_file(lake.store.staging) as (staged, target):
        for landing in sorted(landings, key=lambda each: (each.file, each.version)):
            if landing.key in taken or landing.gzip_byte_count is None or lake.why_damaged(landing) is not None:
                continue
            if landing.content_hash not in places:
                content = lake.stored(landing)
                places[landing.content_hash] = target.tell(), len(content)
                target.write(content)
                digest.update(content)
            offset, length = places[landing.content_hash]
            taken[landing.key] = replace(landing, gzip_byte_count=length, pack_offset=offset)
    return staged, f"{folder}/pack.{digest.hexdigest()[:HASH_LENGTH]}.jsonl.gz"


def _tidy(lake: Lake, source: str, folder: str, kept: set[str], packed: Iterable[Landing]) -> None:
    """Delete files of their own that packed landings have, their arrivals, and packs before this one."""
    last = lake.last_number(source)
    own = set()
    for each in packed:
        if each.arrival_number not in (None, last):  # the last one tells where to go on counting
            lake.store.delete(arrival_name(source, each.arrival_number or 0))
        at = folder_of(source, each.table, each.file)
        own |= {f"{at}/{each.version:06d}.json", f"{at}/{content_name(each.content_hash, each.file, is_gzip=True)}"}
    # records before their bytes: one that misses its bytes would be told as damaged
    for name in sorted(lake.store.names(folder), key=lambda name: (not name.endswith(".json"), name)):
        if name not in kept and (name in own or name.startswith(f"{folder}/pack.")):
            lake.store.delete(name)
