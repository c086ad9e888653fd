"""Simulated archives of any volume, as Météo-France publishes real ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import cast

from isobar.errors import WrongArgument
from isobar.jobs.watcher import SILENT, Watcher
from isobar.runs import logs
from simulator.archive import NotSimulatedError, write_archive
from simulator.climatology import write_climatology
from simulator.synop import Layout

KINDS = ("synop", "climatology")


@dataclass(frozen=True)
class Simulated:
    """What was written."""

    files: list[str]
    rows: int
    seconds: float

    def as_dict(self) -> dict[str, object]:
        return {"files": self.files, "rows": self.rows, "seconds": self.seconds}


def simulate(
    folder: Path,
    start: date,
    end: date,
    *,
    kind: str = "synop",
    stations: int = 62,
    seed: int = 1,
    layout: str = "yearly",
    revisions: bool = False,
    watcher: Watcher = SILENT,
) -> Simulated:
    """Write archives of the days `start` to `end` into `folder`, which is marked as simulated.

    Args:
        kind: one of KINDS: SYNOP, or daily files of the posts of the national thermal indicator.
        stations: SYNOP, how many: the first 62 are Météo-France's, the others invented.
        seed: the same one gives the same weather; a later end only appends.
        layout: SYNOP: monthly (to 2024) or yearly (since 2025).
        revisions: SYNOP: publish late rows, corrections and duplicates too.

    Raises:
        WrongArgument: no such kind, layout or period, or a folder of real archives.
    """
    if kind not in KINDS:
        raise WrongArgument("kind", f"{kind} is not a kind. Use one of: {', '.join(KINDS)}.")

    def follow(file: str, done: int, total: int, rows: int) -> None:  # noqa: ARG001 - what writers tell
        watcher.progress("simulating", done, total)

    try:
        if kind == "climatology":
            written = write_climatology(folder, start, end, seed, progress=follow)
        else:
            written = write_archive(
                folder,
                start,
                end,
                seed,
                layout=cast(Layout, layout),
                stations=stations,
                revisions=revisions,
                progress=follow,
            )
    except (ValueError, NotSimulatedError) as error:
        raise WrongArgument("folder", str(error)) from None
    rows = sum(file.rows for file in written.files)
    logs.event("simulated", kind=kind, files=len(written.files), rows=rows, seconds=round(written.seconds, 2))
    return Simulated([file.name for file in written.files], rows, written.seconds)
