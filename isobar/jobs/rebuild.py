"""Make a new warehouse from the lake alone, when the old file is damaged; then build and publish."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ingestion.lake import open_lake
from ingestion.load import LoadSummary
from ingestion.registry import SOURCES
from isobar.health.snapshot import refresh_health
from isobar.jobs.build import Built, build
from isobar.jobs.load import load
from isobar.jobs.recording import recorded
from isobar.jobs.watcher import SILENT, Heading, Remark, Watcher
from isobar.publish.quiet import Quiet
from isobar.runs import logs
from isobar.runs.last import REBUILD
from isobar.settings import Settings
from isobar.upkeep.rebuild import set_aside
from isobar.upkeep.verify import lost_files


@dataclass
class Rebuilt:
    """What a rebuild did. `lost` was in the old warehouse and is in the lake no more; `kept_as` are the old files' new names."""

    lost: list[dict[str, str]]
    kept_as: list[Path] = field(default_factory=list)
    loads: dict[str, LoadSummary] = field(default_factory=dict)
    built: Built | Quiet | None = None

    @property
    def is_incomplete(self) -> bool:
        """Files are lost, or too much of a source was rejected."""
        return bool(self.lost) or any(load.is_above_reject_limit for load in self.loads.values())

    def as_dict(self) -> dict[str, object]:
        return {
            "lost": list(self.lost),
            "kept_as": [str(path) for path in self.kept_as],
            **{source: summary.as_dict() for source, summary in self.loads.items()},
            "build": self.built.as_dict() if self.built else None,
        }


def rebuild(settings: Settings, watcher: Watcher = SILENT) -> Rebuilt:
    """Keep the old file under another name, load every source from the lake, build. Readers keep the last publication meanwhile.

    Raises:
        WarehouseError: the warehouse is no file.
        LockedError: another command writes into the data folder.
        dbt.BuildError, guard.ShrunkMarts: the new warehouse could not be published.
    """
    with recorded(settings, REBUILD, watcher, _follow, mends_warehouse=True) as run:
        done = Rebuilt(lost_files(settings))
        for each in done.lost:
            logs.warn("file_lost", **each)
            watcher.tell(Remark("lost", f"{each['file']}: {each['reason']}", is_bad=True))
        done.kept_as = set_aside(settings)
        run.figures["kept_as"] = [str(path) for path in done.kept_as]
        for path in done.kept_as:
            watcher.tell(f"kept as {path}")
        for source in [name for name in SOURCES if name in open_lake(settings).sources()]:
            watcher.tell(Heading(source))
            done.loads[source] = load(settings, source, replay=True, watcher=watcher, part_of=run)
        done.built = build(settings, watcher=watcher, part_of=run)
    return done


def _follow(settings: Settings, error: Exception | None) -> None:
    """The build has written health before the rebuild itself came to its end."""
    if error is None:
        refresh_health(settings)
