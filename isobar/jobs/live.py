"""The real providers, end to end: every source that can run here, one line about each that could not, then build and publish."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field

from ingestion.feed import LoadError
from ingestion.http.budget import OverBudget
from ingestion.load import LoadSummary
from ingestion.registry import SOURCES
from isobar.jobs.build import Built, build
from isobar.jobs.load import load
from isobar.jobs.watcher import SILENT, Heading, Watcher
from isobar.publish.quiet import Quiet
from isobar.runs import logs
from isobar.settings import Settings, SettingsError


@dataclass
class Live:
    """What came of each source, in words (`outcomes`), and of the build. `built` is None when no source ran."""

    loads: dict[str, LoadSummary] = field(default_factory=dict)
    outcomes: dict[str, str] = field(default_factory=dict)
    has_failed: bool = False  # a source failed, or none ran; one left out for want of a setting is no failure
    built: Built | Quiet | None = None
    seconds: float = 0.0

    @property
    def is_above_reject_limit(self) -> bool:
        """Too much of a source was rejected."""
        return any(loaded.is_above_reject_limit for loaded in self.loads.values())

    def as_dict(self) -> dict[str, object]:
        built = {"build": self.built.as_dict()} if self.built else {}
        return {**{name: each.as_dict() for name, each in self.loads.items()}, **built, "outcomes": self.outcomes}


def run_live(settings: Settings, watcher: Watcher = SILENT) -> Live:
    """Load what each source has published since it was last asked, then build and publish.

    A source that cannot run says why and costs only itself; nothing is built when none ran.

    Raises:
        LockedError: another command writes into the data folder.
        dbt.BuildError, guard.ShrunkMarts: nothing was published.
    """
    started, done = time.monotonic(), Live()
    for name in SOURCES:
        watcher.tell(Heading(name))
        try:
            loaded = done.loads[name] = load(settings, name, watcher=watcher)
        except SettingsError as error:
            done.outcomes[name] = f"left out: {error}"
            logs.event("source_left_out", source=name, reason=str(error))
        except (LoadError, OverBudget) as error:
            done.outcomes[name], done.has_failed = f"failed: {error}", True
            logs.event("source_failed", logging.ERROR, source=name, reason=str(error))
        else:
            added = sum(table.appended_row_count for table in loaded.tables.values())
            rejected = ", too much was rejected" if loaded.is_above_reject_limit else ""
            done.outcomes[name] = f"ran: {added:,} new rows{rejected}"
    done.has_failed = done.has_failed or not done.loads
    if done.loads:
        watcher.tell(Heading("dbt build, audit, publish"))
        done.built = build(settings, watcher=watcher)
    done.seconds = round(time.monotonic() - started, 2)
    return done
