"""A data folder that is carried from run to run (a cache of CI, a volume): sealed after a run, checked before the next.

The lake holds what nobody can fetch again, so a folder that was lost, is older than the last run's, or was cut short on the way
must stop the pipeline and not begin anew in silence. A seal numbers the folder (`generation`) and keeps a hash of each part; a
copy of it that is kept elsewhere, the witness, tells which generation the last run left.

Where the lake is in a bucket there is no seal: a lost or old data folder is made again from the bucket.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import requests

from isobar.files import write_whole
from isobar.settings import Settings

SEAL = "state.json"
PARTS = (
    "warehouse.duckdb", "marts.duckdb", "health.duckdb", "ledger.jsonl", "alerts.json", "dlt", "lake", "published",
)  # fmt: skip
"""What the next run goes on from. Logs, dbt's target, reports and figures can be lost."""

NAMED_BY_CONTENT = ("lake", "published")
"""Files whose name is (or holds) the hash of their content: their length is enough to know that they are whole."""

TIMEOUT_SECONDS = 30
"""For the witness, a small file of a web server."""


class StateError(Exception):
    """This data folder must not be gone on with; the message says why and what to do."""


@dataclass(frozen=True)
class Seal:
    """What a run left. `sealed_at` is ISO, UTC; `parts` is name -> hash; nothing in it tells of the data."""

    generation: int
    sealed_at: str
    parts: dict[str, str]

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def seal(settings: Settings) -> Seal | None:
    """Number the folder as it is, for the check before the next run. The caller holds the folder's lock.

    None when the lake is in a bucket; an earlier seal is deleted then, so that a run without ISOBAR_LAKE is refused.
    """
    if settings.lake_url is not None:
        (settings.data_dir / SEAL).unlink(missing_ok=True)
        return None
    before = _read(settings)
    made = Seal(
        generation=before.generation + 1 if before else 1,
        sealed_at=settings.now().isoformat(),
        parts=_parts(settings),
    )
    write_whole(settings.data_dir / SEAL, json.dumps(made.as_dict(), indent=1) + "\n")
    return made


def check(settings: Settings, witness: str | None, *, begin: bool = False) -> str:
    """Whether the folder is whole and not older than `witness` (a URL or a file) says. Returns a line about it.

    `begin` takes whatever is there: for the first run, and for a person who has looked at what happened.

    Raises:
        StateError: it is not, or the witness cannot be asked.
    """
    if settings.lake_url is not None:
        return f"the lake is in {settings.lake_url}: what this data folder lacks is loaded from there"
    found = _read(settings)
    seen = None if begin else _witness(witness)
    if begin:
        return f"begins with generation {found.generation}" if found else "begins with an empty data folder"
    anew = "or run once with --begin to accept this folder and give up what it lacks"
    if found is None:
        raise StateError(
            f"the data folder has no {SEAL}: it was lost, or this is the first run. Restore it, or run once with --begin"
        )
    differing = [name for name, content in _parts(settings).items() if content != found.parts.get(name)]
    if differing:
        raise StateError(
            f"{', '.join(differing)} of the data folder changed after generation {found.generation} was sealed:"
            f" restore it, {anew}"
        )
    if witness is None:
        return f"generation {found.generation} is whole; no witness was asked whether it is the newest"
    if seen is None:
        raise StateError(
            f"generation {found.generation} cannot be confirmed: {witness} was not found. Restore it, {anew}"
        )
    if found.generation < seen.generation:
        raise StateError(
            f"the data folder is generation {found.generation} ({found.sealed_at}), the last run left {seen.generation} "
            f"({seen.sealed_at}). Restore that one, {anew}"
        )
    if found.generation == seen.generation and found.parts != seen.parts:
        raise StateError(
            f"generation {found.generation} differs from the one that the last run left. Restore that one, {anew}"
        )
    return f"generation {found.generation} is complete and the latest"


def _read(settings: Settings) -> Seal | None:
    path = settings.data_dir / SEAL
    return _parsed(path.read_bytes(), str(path)) if path.exists() else None


def _parsed(content: bytes, where: str) -> Seal:
    try:
        return Seal(**json.loads(content))
    except (ValueError, TypeError):
        raise StateError(f"{where} is not a seal: restore it, or run once with --begin") from None


def _witness(witness: str | None) -> Seal | None:
    """The seal that was kept elsewhere; None when there is none."""
    if witness is None:
        return None
    if not witness.startswith(("http://", "https://")):
        path = Path(witness)
        return _parsed(path.read_bytes(), witness) if path.exists() else None
    try:
        answer = requests.get(witness, timeout=TIMEOUT_SECONDS, headers={"Cache-Control": "no-cache"})
        if answer.status_code == requests.codes.not_found:
            return None
        answer.raise_for_status()
    except requests.RequestException as error:
        raise StateError(f"the witness {witness} did not answer ({type(error).__name__}): run again later") from None
    return _parsed(answer.content, witness)


def _parts(settings: Settings) -> dict[str, str]:
    """Name -> hash of each part that exists."""
    return {
        name: hashlib.sha256("\n".join(_lines(settings.data_dir, name)).encode()).hexdigest()
        for name in PARTS
        if (settings.data_dir / name).exists()
    }


def _lines(root: Path, part: str) -> Iterator[str]:
    for path in sorted(p for p in [root / part, *(root / part).rglob("*")] if p.is_file()):
        size = path.stat().st_size
        if part in NAMED_BY_CONTENT and path.suffix != ".json":
            yield f"{path.relative_to(root).as_posix()} {size}"
        else:
            with path.open("rb") as file:
                yield f"{path.relative_to(root).as_posix()} {hashlib.file_digest(file, 'sha256').hexdigest()}"
