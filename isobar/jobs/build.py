"""Build, audit, publish: one step for its user, redone from the last publication however the one before ended."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

from isobar.health import snapshot as health
from isobar.publish import guard
from isobar.publish.duckdb import publish
from isobar.publish.publication import Publication
from isobar.settings import Settings
from isobar.warehouse import dbt
from isobar.warehouse import session as warehouse
from isobar.warehouse.project import fingerprint

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


def build_and_publish(
    settings: Settings,
    progress: Progress = lambda what, done, total: None,
    run_id: str | None = None,
    *,
    allow_shrink: bool = False,
) -> Built:
    """Run dbt over what no publication has processed, and publish when every error-level test passed.

    Args:
        run_id: the ledger's; None where no command runs this.
        allow_shrink: publish marts that lost many of the rows that readers have.

    Raises:
        dbt.BuildError: something failed; the published marts are as they were and the loads stay to be processed.
        guard.ShrunkMarts: the same, because guarded marts lost rows.
    """
    started = time.monotonic()
    made_by = fingerprint(settings)  # before dbt reads the files: what changes from here on is for the next build
    warehouse.prepare(settings)
    health.prepare(settings)
    loads = warehouse.unpublished_loads(settings)
    with dbt.project_environment(settings, run_id):
        progress("parsing", 0, 0)
        project = dbt.Project(settings)
        fingerprints = project.fingerprints()
        published = warehouse.published_fingerprints(settings)
        changed = {name for name, fingerprint in fingerprints.items() if published.get(name) != fingerprint}
        if changed:
            progress("compiling", 0, 0)
            dbt.check(project, changed)
        summary = dbt.build(
            project,
            sorted(changed & project.incremental_models()),
            run_id=run_id,
            # they test SQL on made-up rows: as long as that is the SQL of the last publication, they have passed
            with_unit_tests=bool(changed),
            progress=progress,
        )
        if not published:
            summary.rebuilt = []  # nothing is made anew the first time
    progress("publishing", 0, 0)
    marts = [model for model in project.public_models() if model.published_in == "marts"]
    if not allow_shrink:
        guard.check(settings, marts)
    publication = publish(settings, marts, summary.build_id, run_id)
    done = warehouse.LastPublication(publication.publication_id, made_by, settings.now())
    warehouse.mark_published(settings, loads, fingerprints, done)
    return Built(summary, publication, len(loads), round(time.monotonic() - started, 2))
