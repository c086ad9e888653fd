"""Pack the polls of past days: shown, or done."""

from __future__ import annotations

from isobar.jobs.recording import recorded
from isobar.jobs.watcher import SILENT, Watcher
from isobar.runs import logs
from isobar.runs.lock import writing
from isobar.settings import Settings
from isobar.upkeep.compact import Compacted
from isobar.upkeep.compact import compact as compact_lake


def compact(settings: Settings, *, apply: bool = False, watcher: Watcher = SILENT) -> Compacted:
    """Find the days whose polls can be packed into one file each, and with `apply` pack them. No landing is lost.

    Raises:
        LockedError: another command writes into the data folder.
        WarehouseError: the warehouse cannot say what it has loaded.
    """
    if not apply:
        with writing(settings):
            return compact_lake(settings, watcher.progress)
    with recorded(settings, "lake compact", watcher) as run:
        done = compact_lake(settings, watcher.progress, apply=True)
        run.figures = done.as_dict()
        logs.event("compacted", **{**done.as_dict(), "waiting": len(done.waiting)})
    return done
