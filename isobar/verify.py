"""Whether the lake still holds what landed: every landing's bytes against their hash.

Reads only, so it needs no lock: a landing is in the lake after its bytes are. Pruned bytes are not missed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from ingestion.lake import Lake, Landing
from ingestion.load import printable
from isobar.settings import Settings

Progress = Callable[[str, int, int], None]


@dataclass
class LakeVerified:
    """What a check of the lake found. `damaged` names landings and records, each with its reason."""

    files: int = 0
    byte_count: int = 0
    pruned: int = 0
    damaged: list[dict[str, str]] = field(default_factory=list)
    seconds: float = 0.0

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def verify_lake(settings: Settings, progress: Progress = lambda what, done, total: None) -> LakeVerified:
    """Read every byte of the lake and compare it with the hash under which it landed."""
    started = time.monotonic()
    lake = Lake(settings.lake)
    found = LakeVerified()
    landings = list(_landings(lake, found))
    checked: dict[str, str | None] = {}  # two landings may share their bytes
    for number, landing in enumerate(landings):
        progress("verifying", number, len(landings))
        if landing.path not in checked:
            if landing.pruned_at is not None and not lake.open_path(landing).exists():
                found.pruned += 1
                continue
            checked[landing.path] = lake.why_damaged(landing)
            found.files += 1
            found.byte_count += landing.byte_count
        if reason := checked[landing.path]:
            name = f"{landing.source}/{landing.table}/{landing.file}, version {landing.version}"
            found.damaged.append({"file": printable(name), "reason": reason})
    progress("verifying", len(landings), len(landings))
    found.seconds = round(time.monotonic() - started, 2)
    return found


def _landings(lake: Lake, found: LakeVerified) -> Iterator[Landing]:
    def on_damaged(record: Path) -> None:
        name = record.relative_to(lake.root / "raw").as_posix()
        found.damaged.append({"file": printable(name), "reason": "the landing record cannot be read"})

    for source in lake.sources():
        yield from lake.landings(source, on_damaged)
