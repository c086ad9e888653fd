"""An hour with nothing new: whether a build has anything to do, and what is done instead of one. Seconds, and no dbt.

A build is made of raw rows, of the project and of nothing else: no model reads the clock (tests/test_architecture.py), so that
the same rows give the same marts an hour later. Time alone changes what is overdue, and that is told by the health file, which
is written anew all the same. Monitors compare whole UTC days: they are due with the first build of a day.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from isobar.publish.base import Published
from isobar.publish.publication import complete_publication
from isobar.runs.ledger import Ledger
from isobar.settings import Settings
from isobar.warehouse import bookkeeping
from isobar.warehouse.project import fingerprint, has_monitors


@dataclass(frozen=True)
class Due:
    """What there is to build."""

    reason: str
    project_fingerprint: str | None = None
    """Of the last publication, where new loads are all that is new since; None where a build has to make everything."""

    def __str__(self) -> str:
        return self.reason


@dataclass(frozen=True)
class Quiet:
    """What `isobar build` found in the place of something to build: the publication that readers have and keep."""

    publication: Published

    def as_dict(self) -> dict[str, object]:
        return {"is_quiet": True, "loads": 0, "publication": asdict(self.publication)}


def look(settings: Settings, run_id: str) -> Quiet | Due:
    """The publication that a build would only make again; or what there is to build. The caller holds the lock.

    Args:
        run_id: the ledger's, of the build that asks.
    """
    if not bookkeeping.is_prepared(settings):
        return Due("there is no build yet")
    # of an older Isobar's builds nothing is known, and a folder that was restored may hold marts of another one
    known, shown = bookkeeping.last_publication(settings), complete_publication(settings)
    if known is None or shown is None or known.publication_id != shown.publication_id:
        return Due("what was published last is not all there")
    if not _is_last_build_done(settings, run_id):
        return Due("the last build did not end well")
    if known.project_fingerprint != fingerprint(settings):
        return Due("the dbt project, its packages, Isobar or their settings have changed")
    if bookkeeping.has_pending_loads(settings):
        return Due("a load that was cut off is to be finished")
    if has_monitors(settings) and known.published_at.date() < settings.now().date():
        return Due("a new UTC day: monitors are due")
    if loads := bookkeeping.unpublished_loads(settings):
        return Due(f"new loads: {len(loads)}", known.project_fingerprint)
    return Quiet(shown)


def _is_last_build_done(settings: Settings, run_id: str) -> bool:
    runs = [run for run in Ledger(settings).read().runs.values() if run.start["command"] == "build"]
    before = [run.end for run in runs if run.start["run_id"] != run_id][-1:]
    return any(end and end["outcome"] == "done" for end in before)
