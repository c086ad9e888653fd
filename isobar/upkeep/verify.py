"""Whether the lake still holds what landed: every landing's bytes against their hash, every loaded file against its landings.

Reads only, so it needs no lock: a landing is in the lake after its bytes are, and is loaded after that. Pruned bytes are not
missed: their landings stay.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field

import duckdb

from ingestion.lake import FileVersion, Lake, Landing, open_lake
from ingestion.load import LOST, printable
from isobar.errors import explained
from isobar.settings import Settings
from isobar.warehouse.base import WarehouseError
from isobar.warehouse.bookkeeping import loaded_versions

Progress = Callable[[str, int, int], None]


@dataclass
class LakeVerified:
    """What a check of the lake found. `damaged` names landings and records, each with its reason; `not_compared` is why the
    warehouse could not be asked what it has loaded.
    """

    files: int = 0
    byte_count: int = 0
    pruned: int = 0
    damaged: list[dict[str, str]] = field(default_factory=list)
    lost: list[dict[str, str]] = field(default_factory=list)  # loaded, and no landing of it is left
    not_compared: str | None = None
    seconds: float = 0.0

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def verify_lake(settings: Settings, progress: Progress = lambda what, done, total: None) -> LakeVerified:
    """Read every byte of the lake and compare it with the hash under which it landed."""
    started = time.monotonic()
    lake = open_lake(settings)
    found = LakeVerified()
    try:
        loaded = loaded_versions(settings)  # before the lake is read: a load that runs meanwhile only adds to it
    except (WarehouseError, duckdb.Error) as error:
        loaded, found.not_compared = {}, explained(error)
    landings = list(_landings(lake, found))
    checked: dict[tuple[str, int | None], str | None] = {}  # two landings may share their bytes
    for number, landing in enumerate(landings):
        progress("verifying", number, len(landings))
        bytes_of = landing.path, landing.pack_offset
        if bytes_of not in checked:
            if landing.pruned_at is not None and not lake.holds(landing):
                found.pruned += 1
                continue
            checked[bytes_of] = lake.why_damaged(landing)
            lake.release()
            found.files += 1
            found.byte_count += landing.byte_count
        if reason := checked[bytes_of]:
            name = _shown(landing.source, landing.table, landing.file, landing.version)
            found.damaged.append({"file": printable(name), "reason": reason})
    progress("verifying", len(landings), len(landings))
    found.lost = lost(lake, landings, loaded)
    found.seconds = round(time.monotonic() - started, 2)
    return found


def lost_files(settings: Settings) -> list[dict[str, str]]:
    """What a new warehouse would lack: loaded into the one that is here, and gone from the lake. Nothing where it is damaged."""
    try:
        loaded = loaded_versions(settings)
    except (WarehouseError, duckdb.Error):
        return []
    lake = open_lake(settings)
    return lost(lake, [landing for source in loaded for landing in lake.landings(source)], loaded)


def lost(lake: Lake, landings: Iterable[Landing], loaded: dict[str, list[FileVersion]]) -> list[dict[str, str]]:
    """What was loaded and has gone from the lake, landings and all: the only copy of its rows is in the warehouse."""
    by_source: dict[str, list[Landing]] = {}
    for landing in landings:
        by_source.setdefault(landing.source, []).append(landing)
    return [
        {"file": printable(_shown(source, each.table, each.file, each.version)), "reason": LOST}
        for source, versions in loaded.items()
        for each in lake.lost(source, by_source.get(source, []), versions)
    ]


def _shown(source: str, table: str, file: str, version: int) -> str:
    return f"{source}/{table}/{file}, version {version}"


def _landings(lake: Lake, found: LakeVerified) -> Iterator[Landing]:
    def on_damaged(record: str) -> None:
        found.damaged.append(
            {"file": printable(record.removeprefix("raw/")), "reason": "the landing record cannot be read"}
        )

    for source in lake.sources():
        yield from lake.landings(source, on_damaged)
