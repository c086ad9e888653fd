"""What has outlived its use, class by class: shown, or deleted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from isobar.errors import WrongArgument
from isobar.jobs.recording import recorded
from isobar.jobs.watcher import SILENT, Watcher
from isobar.runs import logs
from isobar.runs.lock import writing
from isobar.settings import Settings
from isobar.upkeep.prune import CLASSES, PruneSummary
from isobar.upkeep.prune import prune as prune_classes


def prune(
    settings: Settings,
    classes: Sequence[str] = (),
    older_than_days: int | None = None,
    *,
    apply: bool = False,
    watcher: Watcher = SILENT,
) -> PruneSummary:
    """Find what may go, and with `apply` delete it: never the only copy of an observation.

    Args:
        classes: names of CLASSES; none is all of them.
        older_than_days: instead of each class's own age.

    Raises:
        WrongArgument: no such class.
        LockedError: another command writes into the data folder.
    """
    for name in classes:
        if name not in CLASSES:
            raise WrongArgument("classes", f"{name} is not a class. Use: {', '.join(CLASSES)}.")
    asked = {name: CLASSES[name] for name in CLASSES if not classes or name in classes}
    if not apply:
        with writing(settings):
            return prune_classes(settings, asked, older_than_days)
    with recorded(settings, "prune", watcher) as run:
        summary = prune_classes(settings, asked, older_than_days, apply=True)
        run.figures = summary.as_dict()
        for name, counts in summary.classes.items():
            logs.event("pruned", name=name, **{**asdict(counts), "kept": len(counts.kept)})
    return summary
