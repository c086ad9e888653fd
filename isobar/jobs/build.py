"""Build, audit, publish: one step for its user, redone from the last publication however the one before ended."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from isobar.health import snapshot as health
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
        dbt.BuildError, guard.ShrunkMarts: as :func:`build_and_publish`.
    """
    if not (part_of or allow_shrink):  # a step of the rebuild that has just loaded all of the lake needs no question
        _require_whole_warehouse(settings)
    found: Quiet | Due = Due("asked for by --force")
    parsed: list[dbt.Project] = []

    def then(settings: Settings, error: Exception | None) -> None:
        _follow(settings, error, found, *parsed)

    with recorded(settings, "build", watcher, then, part_of=part_of) as run:
        if not force:
            found = quiet.look(settings, run.run_id)
        done: Built | Quiet
        if isinstance(found, Quiet):
            done = found
            logs.event("build_left_out", publication_id=found.publication.publication_id)
        else:
            logs.event("build_needed", reason=str(found), is_whole=found.project_fingerprint is None)
            done = _recorded_build(settings, watcher, run, allow_shrink, found, parsed)
        run.figures = done.as_dict()
    watcher.tell(done)
    return done


def _require_whole_warehouse(settings: Settings) -> None:
    """Marts of half a lake are not to be published: those of some sources would be empty."""
    if unfinished := unfinished_rebuild(settings):
        ended = "was killed" if unfinished.outcome == "killed" else unfinished.outcome
        raise RebuildError(
            f"the last `isobar rebuild` {ended} before all of the lake was loaded, so nothing was built; readers keep the last"
            f" publication. {unfinished.remedy}"
        )


def _recorded_build(
    settings: Settings, watcher: Watcher, run: Run, allow_shrink: bool, due: Due, parsed: list[dbt.Project]
) -> Built:
    from isobar.warehouse.dbt import BuildError

    try:
        return build_and_publish(
            settings,
            watcher.progress,
            run.run_id,
            allow_shrink=allow_shrink,
            unchanged=due.project_fingerprint,
            parsed=parsed,
        )
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


def build_and_publish(
    settings: Settings,
    progress: Progress = lambda what, done, total: None,
    run_id: str | None = None,
    *,
    allow_shrink: bool = False,
    unchanged: str | None = None,
    parsed: list[dbt.Project] | None = None,
) -> Built:
    """Run dbt over what no publication has processed, and publish when every error-level test passed.

    Args:
        run_id: the ledger's; None where no command runs this.
        allow_shrink: publish marts that lost many of the rows that readers have.
        unchanged: the project's fingerprint at the last publication, where nothing but loads is new since: dbt builds what they
            bear on. None builds everything.
        parsed: is given the project as soon as dbt has parsed it, also by a build that fails then.

    Raises:
        dbt.BuildError: something failed; the published marts are as they were and the loads stay to be processed.
        guard.ShrunkMarts: the same, because guarded marts lost rows.
    """
    from isobar.warehouse import dbt

    started = time.monotonic()
    # before dbt reads the files: what changes from here on is for the next build
    made_by = unchanged or fingerprint(settings)
    bookkeeping.prepare(settings, keep_results=unchanged is not None)
    health.prepare(settings, keep_results=unchanged is not None)
    loads = bookkeeping.unpublished_loads(settings)
    with dbt.project_environment(settings, run_id):
        progress("parsing", 0, 0)
        project = dbt.Project(settings)
        if parsed is not None:
            parsed.append(project)
        fingerprints = project.fingerprints()
        published = bookkeeping.published_fingerprints(settings)
        changed = {name for name, fingerprint in fingerprints.items() if published.get(name) != fingerprint}
        if changed:
            progress("compiling", 0, 0)
            dbt.check(project, changed)
        is_partial = unchanged is not None and not changed
        bookkeeping.begin(settings, changed)
        summary = dbt.build(
            project,
            sorted(changed & project.incremental_models()),
            run_id=run_id,
            # they test SQL on made-up rows, which is the committed one's at first (its own tests ran them) and then the last
            # publication's, until a model is changed here
            with_unit_tests=bool(changed and published),
            selection=project.downstream({load.schema_name for load in loads}) if is_partial else (),
            rest_is_published=is_partial,
            progress=progress,
        )
        if not published:
            summary.rebuilt = []  # nothing is made anew the first time
    progress("publishing", 0, 0)
    marts = [model for model in project.public_models() if model.published_in == "marts"]
    if not allow_shrink:
        guard.check(settings, marts)
    publication = publish(settings, marts, summary.build_id, run_id)
    done = bookkeeping.LastPublication(publication.publication_id, made_by, settings.now())
    bookkeeping.mark_published(settings, loads, fingerprints, done)
    return Built(summary, publication, len(loads), round(time.monotonic() - started, 2))
