"""A change, seen against a build that was made without it: what it alters, what that reaches, and whether it still builds.

The state is the data folder of such a build (in CI the demo of the main branch, one artifact): its warehouse is copied, and dbt
builds `state:modified+` in the copy, deferring to the rest. Nothing is published and the state stays as it is.
"""

from __future__ import annotations

import shutil
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb

from isobar.errors import WrongArgument
from isobar.jobs.recording import recorded
from isobar.jobs.watcher import SILENT, Watcher
from isobar.settings import Settings
from isobar.warehouse import bookkeeping, dbt


class SlimError(Exception):
    """There is no state to compare with; the message says how to make one."""


@dataclass(frozen=True)
class RowCount:
    """Rows of a mart in the state and with the change; None before for a mart that is new."""

    before: int | None
    after: int


@dataclass(frozen=True)
class Slim:
    """What a change does. `rebuilt` are incremental models whose rows the next build makes anew, as this one did."""

    modified: list[str]
    modified_tests: int
    built_models: int
    tests: dict[str, int]
    exposures: list[str]
    rebuilt: list[str]
    rows: dict[str, RowCount]
    seconds: float

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def slim(settings: Settings, state: Path, watcher: Watcher = SILENT) -> Slim:
    """Build what differs from `state`, and what depends on it, in a copy of the state's warehouse.

    Raises:
        WrongArgument: `state` is the data folder itself.
        SlimError: `state` holds no build.
        dbt.BuildError: a model or an error-level test failed.
        LockedError: another command writes into the data folder.
    """
    if state.resolve() == settings.data_dir:
        raise WrongArgument("state", "the state is copied: give the copy another --data-dir.")
    with recorded(settings, "slim", watcher) as run:
        found = _slim(settings, state, watcher)
        run.figures = found.as_dict()
    return found


def _slim(settings: Settings, state: Path, watcher: Watcher) -> Slim:
    started = time.monotonic()
    built, manifest = state / settings.warehouse.name, state / settings.dbt_target.name / "manifest.json"
    if not built.exists() or not manifest.exists():
        raise SlimError(
            f"{state} holds no build (no warehouse.duckdb with target/manifest.json): make one with `make run`"
        )
    # dbt writes its own manifest to the target folder before it reads the state's
    kept = settings.scratch / "state"
    kept.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(manifest, kept / manifest.name)
    shutil.copyfile(built, settings.warehouse)
    compared = ["--state", str(kept)]
    with dbt.project_environment(settings):
        bookkeeping.prepare(settings)
        watcher.progress("parsing", 0, 0)
        project = dbt.Project(settings)
        published = bookkeeping.published_fingerprints(settings)
        fingerprints = project.fingerprints()
        changed = {name for name, content in fingerprints.items() if published.get(name) != content}
        rebuild = sorted(changed & project.incremental_models() & published.keys())
        modified = dbt.listed(project, ["--select", "state:modified", *compared])
        # dbt does not see a var that changed; the fingerprints do, and hold what is upstream of a model as well
        chosen = ["--select", "state:modified+", *sorted(changed - {dbt.UNIT_TESTS}), *compared]
        reached = dbt.listed(project, chosen)
        marts = {
            f"model.isobar.{model.name}": model for model in project.public_models() if model.published_in == "marts"
        }
        affected = [marts[unique_id] for unique_id in reached if unique_id in marts]
        before = {model.name: _count(settings, model.relation) for model in affected}
        summary = dbt.BuildSummary()
        if reached:
            summary = dbt.build(project, rebuild, selection=["--defer", *chosen], progress=watcher.progress)
    return Slim(
        modified=[_named(each) for each in modified if not _is_test(each) and each.split(".")[1] == "isobar"],
        modified_tests=sum(map(_is_test, modified)),
        built_models=sum(layer.models for layer in summary.layers.values()),
        tests=summary.tests,
        exposures=[_named(unique_id) for unique_id in reached if unique_id.startswith("exposure.")],
        rebuilt=rebuild,
        rows={model.name: RowCount(before[model.name], _count(settings, model.relation) or 0) for model in affected},
        seconds=round(time.monotonic() - started, 1),
    )


def rendered(found: Slim) -> str:
    """The summary as Markdown, for the page of a pull request."""
    if not found.built_models and not found.tests:
        return "### dbt: nothing modified\n\nThe change leaves every model, seed, snapshot and test as it was.\n"
    tests = ", ".join(f"{count} {outcome}" for outcome, count in sorted(found.tests.items())) or "none"
    lines = [
        f"### dbt: {len(found.modified)} modified, {found.built_models} built",
        "",
        f"- **Modified**: {_list(found.modified)}, and {found.modified_tests} tests",
        f"- **Exposures reached**: {_list(found.exposures)}",
        f"- **Full refresh**: {_list(found.rebuilt) if found.rebuilt else 'not needed'}"
        + (" (the next build makes these anew by itself)" if found.rebuilt else ""),
        f"- **Tests**: {tests}",
    ]
    if found.rows:
        lines += ["", "| mart reached | rows before | rows with the change |", "|---|---:|---:|"]
        lines += [
            f"| `{name}` | {'new' if count.before is None else f'{count.before:,}'} | {count.after:,} |"
            for name, count in sorted(found.rows.items())
        ]
    return "\n".join(lines) + "\n"


def _list(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"


def _is_test(unique_id: str) -> bool:
    return unique_id.startswith(("test.", "unit_test."))


def _named(unique_id: str) -> str:
    """`model.isobar.fct_observations` -> `fct_observations`; what is no model says what it is."""
    kind, _, name, *_ = unique_id.split(".")
    return name if kind in ("model", "exposure") else f"{kind} {name}"


def _count(settings: Settings, relation: str) -> int | None:
    with duckdb.connect(str(settings.warehouse), read_only=True) as session:
        try:
            return int(session.execute(f"select count(*) from {relation}").fetchall()[0][0])
        except duckdb.CatalogException:
            return None
