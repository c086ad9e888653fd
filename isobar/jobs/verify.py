"""Compare every file of the lake with its checksum, and what was loaded with the lake."""

from __future__ import annotations

from isobar.jobs.watcher import SILENT, Watcher
from isobar.runs import logs
from isobar.settings import Settings
from isobar.upkeep.verify import LakeVerified, verify_lake


def verify(settings: Settings, watcher: Watcher = SILENT) -> LakeVerified:
    """Read every byte of the lake. Takes no lock: a load that runs meanwhile only adds to it."""
    found = verify_lake(settings, watcher.progress)
    logs.event("lake_verified", **found.as_dict() | {"damaged": len(found.damaged), "lost": len(found.lost)})
    for each in found.damaged:
        logs.warn("file_damaged", **each)
    for each in found.lost:
        logs.warn("file_lost", **each)
    if found.not_compared:
        logs.warn("lake_not_compared", reason=found.not_compared)
    return found
