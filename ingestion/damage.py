"""Files that a disk has damaged: found, and kept under another name. Nothing is deleted, and nothing here imports dlt."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

DLT_NOTES = ("state.json", "schemas/*.json", "normalize/extracted/*/*.json", "load/normalized/*/*.json")
"""What dlt reads of its working folder before and while it loads: its state, its schemas, packages that wait."""


def set_aside(path: Path) -> Path:
    """Rename a damaged file or folder, so that its place is free. Returns its new name."""
    # a name on this machine's disk: its own clock
    aside = path.with_name(f"{path.name}.damaged-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}")
    return path.rename(aside)


def damaged_notes(working_folder: Path) -> Path | None:
    """The first of dlt's notes in a source's working folder that is not a JSON object; None where all of them are."""
    notes = (path for pattern in DLT_NOTES for path in sorted(working_folder.glob(pattern)))
    return next((path for path in notes if not _is_whole(path)), None)


def _is_whole(path: Path) -> bool:
    try:
        note = json.loads(path.read_bytes())
    except ValueError:  # also: not UTF-8
        return False
    # load_package_state.json and schema updates may be empty objects; a state without its version is none
    return isinstance(note, dict) and (path.name != "state.json" or "_state_engine_version" in note)
