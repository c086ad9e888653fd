"""Build, audit, publish: one step for its user, redone from the last publication however the one before ended."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from isobar.health import snapshot as health
from isobar.jobs.deliver import follow_build
from isobar.jobs.recording import recorded
from isobar.jobs.watcher import SILENT, Watcher
from isobar.publish import guard, quiet
from isobar.publish.base import Publication
from isobar.publish.publication import publish
from isobar.publish.quiet import Due, Quiet
from isobar.runs import logs
from isobar.runs.last import unfinished_rebuild
from isobar.runs.ledger import Run
from isobar.settings import Settings
from isobar.upkeep.rebuild import RebuildError
from isobar.warehouse import bookkeeping
from isobar.warehouse.base import MissingTableError
from isobar.warehouse.project import fingerprint

if TYPE_CHECKING:  # dbt is seconds to import, and an hour with nothing new does without it
    from isobar.warehouse import dbt

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Built:
    """What a build and its publication did."""

    dbt: dbt.BuildSummary
    publication: Publication
    loads: int  # loads this publication was the first to process
    seconds: float

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def build(
    settings: Settings,
    *,
    force: bool = False,
    allow_shrink: bool = False,
    watcher: Watcher = SILENT,
    part_of: Run | None = None,
) -> Built | Quiet:
    """Build and publish what is new. With nothing new since the last publication dbt does not run: health alone is written anew.
    With nothing new but loads dbt builds what they bear on.

    Args:
        force: build everything, whatever is new.
        allow_shrink: publish marts that lost many of the rows that readers have.

    Raises:
        RebuildError: the last rebuild ended before all of the lake was loaded.
        LockedError: another command writes into the data folder.
        dbt.BuildError, guard.ShrunkMarts: as :class:`Build`.
    """
    if not (part_of or allow_shrink):  # a step of the rebuild that has just loaded all of the lake needs no question
        _require_whole_warehouse(settings)
    found: Quiet | Due = Due("asked for by --force")
    begun: Build | None = None

    def then(settings: Settings, error: Exception | None) -> None:
        _follow(settings, error, found, begun.project if begun else None)

    with recorded(settings, "build", watcher, then, part_of=part_of) as run:
        if not force:
            found = quiet.look(settings, run.run_id)
        done: Built | Quiet
        if isinstance(found, Quiet):
            done = found
            logs.event("build_left_out", publication_id=found.publication.publication_id)
        else:
            logs.event("build_needed", reason=str(found), is_whole=found.project_fingerprint is None)
            begun = Build(settings, watcher.progress, run.run_id, unchanged=found.project_fingerprint)
            done = _recorded_build(begun, run, allow_shrink)
        run.figures = done.as_dict()
    watcher.tell(done)
    follow_build(settings, watcher, part_of)
    return done


def _require_whole_warehouse(settings: Settings) -> None:
    """Marts of half a lake are not to be published: those of some sources would be empty."""
    if unfinished := unfinished_rebuild(settings):
        ended = "was killed" if unfinished.outcome == "killed" else unfinished.outcome
        raise RebuildError(
            f"the last `isobar rebuild` {ended} before all of the lake was loaded, so nothing was built; readers keep the last"
            f" publication. {unfinished.remedy}"
        )


def _recorded_build(begun: Build, run: Run, allow_shrink: bool) -> Built:
    from isobar.warehouse.dbt import BuildError

    try:
        return begun.publish(allow_shrink=allow_shrink)
    except BuildError as error:
        if error.summary:
            run.figures = {"dbt": asdict(error.summary)}
        raise


def _follow(
    settings: Settings, error: Exception | None, found: Quiet | Due, project: dbt.Project | None = None
) -> None:
    """Health after a build; after one that had nothing to do, without dbt where its last compiled models are known."""
    if isinstance(found, Quiet) and error is None:
        with suppress(MissingTableError):
            health.refresh_health(settings)
            return
    health.publish_health(
        settings, error, project, keep_results=isinstance(found, Due) and found.project_fingerprint is not None
    )


class Build:
    """A build of what no publication has processed: parsed when it is made, then run and published.

    `project` stays known when the rest fails, so that health after a failed build need not parse again.
    """

    def __init__(
        self,
        settings: Settings,
        progress: Progress = lambda what, done, total: None,
        run_id: str | None = None,
        *,
        unchanged: str | None = None,
    ) -> None:
        """Prepare the warehouse and parse the project.

        Args:
            run_id: the ledger's; None where no command runs this.
            unchanged: the project's fingerprint at the last publication, where nothing but loads is new since: dbt builds what
                they bear on. None builds everything.

        Raises:
            dbt.BuildError: the project cannot be parsed.
        """
        from isobar.warehouse import dbt

        self._started = time.monotonic()
        self.settings, self.progress, self.run_id, self.unchanged = settings, progress, run_id, unchanged
        # before dbt reads the files: what changes from here on is for the next build
        self.made_by = unchanged or fingerprint(settings)
        bookkeeping.prepare(settings, keep_results=unchanged is not None)
        health.prepare(settings, keep_results=unchanged is not None)
        self.loads = bookkeeping.unpublished_loads(settings)
        with dbt.project_environment(settings, run_id):
            progress("parsing", 0, 0)
            self.project = dbt.Project(settings)

    def publish(self, *, allow_shrink: bool = False) -> Built:
        """Run dbt, and publish when every error-level test passed.

        Args:
            allow_shrink: publish marts that lost many of the rows that readers have.

        Raises:
            dbt.BuildError: something failed; the published marts are as they were and the loads stay to be processed.
            guard.ShrunkMarts: the same, because guarded marts lost rows.
        """
        settings, project = self.settings, self.project
        fingerprints = project.fingerprints()
        summary = self._run(fingerprints)
        self.progress("publishing", 0, 0)
        marts = [model for model in project.public_models() if model.published_in == "marts"]
        if not allow_shrink:
            guard.check(settings, marts)
        publication = publish(settings, marts, summary.build_id, self.run_id)
        done = bookkeeping.LastPublication(publication.publication_id, self.made_by, settings.now())
        bookkeeping.mark_published(settings, self.loads, fingerprints, done)
        return Built(summary, publication, len(self.loads), round(time.monotonic() - self._started, 2))

    def _run(self, fingerprints: dict[str, str]) -> dbt.BuildSummary:
        from isobar.warehouse import dbt

        settings, project = self.settings, self.project
        published = bookkeeping.published_fingerprints(settings)
        changed = {name for name, fingerprint in fingerprints.items() if published.get(name) != fingerprint}
        with dbt.project_environment(settings, self.run_id):
            if changed:
                self.progress("compiling", 0, 0)
                dbt.check(project, changed)
            is_partial = self.unchanged is not None and not changed
            bookkeeping.begin(settings, changed)
            summary = dbt.build(
                project,
                sorted(changed & project.incremental_models()),
                run_id=self.run_id,
                # they test SQL on made-up rows, which is the committed one's at first (its own tests ran them) and then the
                # last publication's, until a model is changed here
                with_unit_tests=bool(changed and published),
                selection=project.downstream({load.schema_name for load in self.loads}) if is_partial else (),
                rest_is_published=is_partial,
                progress=self.progress,
            )
        if not published:
            summary.rebuilt = []  # nothing is made anew the first time
        return summary


def build_and_publish(settings: Settings, run_id: str | None = None) -> Built:
    """Build everything and publish, outside the ledger.

    Raises:
        dbt.BuildError, guard.ShrunkMarts: as :meth:`Build.publish`.
    """
    return Build(settings, run_id=run_id).publish()
