"""dbt as its users run it, in this process: packages, parse, fingerprints, build."""

from __future__ import annotations

import hashlib
import io
import json
import logging
import os
import shutil
import socket
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout, suppress
from dataclasses import asdict, dataclass, field
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import duckdb
import yaml
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt.constants import PARTIAL_PARSE_FILE_NAME
from dbt.contracts.graph.manifest import Manifest
from dbt_common.events.functions import reset_metadata_vars
from dbt_common.invocation import get_invocation_id

from isobar.runs import logs
from isobar.settings import PROJECT_ROOT, Settings
from isobar.warehouse import failures
from isobar.warehouse.models import HEALTH, Column, PublicModel
from isobar.warehouse.project import (
    LOG_LEVEL_VARIABLE,
    PACKAGES_DIR,
    PROJECT_DIR,
    RUN_ID_VARIABLE,
    STUB_VERSION,
    elementary_version,
    write_sources_macro,
)

STUBS_DIR = PROJECT_DIR / "dbt_stubs"

QUIET = ("--log-level", "none")
"""dbt tells its story to <data>/logs/dbt.log; the terminal belongs to Isobar's summary."""

ELEMENTARY_CLOCK = "custom_run_started_at"
"""Elementary's var for the moment up to which its monitors look."""

HUB_PROBE_SECONDS = 3
"""dbt itself tries five times for up to 30 s each before it says that the hub is out of reach."""

UNIT_TESTS = "unit tests"
"""Where the fingerprint of the unit tests stands among those of the models."""

TESTS = ("test", "unit_test")
FAILED = ("error", "fail", "runtime error")
COUNTED = ("model", "seed", "snapshot", *TESTS)
"""What a build's summary counts: exposures and saved queries are declared, nothing runs."""

UPLOADS_OFF = {
    "disable_dbt_artifacts_autoupload": True,
    "disable_run_results": True,
    "disable_tests_results": True,
    "disable_dbt_invocation_autoupload": True,
}
"""Elementary keeps what builds did; the models of health are run beside them and are no build."""

Progress = Callable[[str, int, int], None]


class BuildError(Exception):
    """dbt did not succeed; the message names what failed, `summary` counts what ran before, `failures` has each of them."""

    def __init__(
        self, message: str, summary: BuildSummary | None = None, failures: Sequence[failures.Failure] = ()
    ) -> None:
        super().__init__(message)
        self.summary = summary
        self.failures = list(failures)

    @property
    def details(self) -> dict[str, object]:
        """For machines, beside the message."""
        return {"failures": [failure.as_dict() for failure in self.failures]}


# --- packages --------------------------------------------------------------------------------------------------------


def ensure_packages(settings: Settings) -> str:
    """Install the packages of `packages.yml`, or put the committed stubs in their place. Returns one line about it.

    `dbt deps` is only called when it has something to do and can do it: out of reach of the hub it first deletes the
    installed packages and then fails.
    """
    write_sources_macro()
    installed, pinned = elementary_version(), _pinned_version()
    if installed == pinned:
        return f"dbt packages: installed (elementary {installed})"
    if _answers(settings.dbt_hub_url) and invoke(dbtRunner(), "deps", "--project-dir", str(PROJECT_DIR)).success:
        return "dbt packages: installed from the hub"
    if (kept := elementary_version()) not in (None, STUB_VERSION):
        return f"dbt packages: elementary {kept} is kept; {pinned}, which edr asks for, could not be had from the hub"
    if not _stubs_are_installed():
        shutil.rmtree(PACKAGES_DIR, ignore_errors=True)
        shutil.copytree(STUBS_DIR, PACKAGES_DIR)
    return (
        "dbt packages: the hub is out of reach, stubs stand in (everything works but Elementary's monitors); "
        "run `make setup` again with a network to install them"
    )


def _answers(url: str) -> bool:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        with socket.create_connection((parts.hostname or "", port), timeout=HUB_PROBE_SECONDS):
            return True
    except OSError:
        return False


def _pinned_version() -> str:
    """As `packages.yml` has it. dbt_utils, which comes with it, calls itself 0.1.0 whatever its version."""
    (pin,) = yaml.safe_load((PROJECT_DIR / "packages.yml").read_text(encoding="utf-8"))["packages"]
    return str(pin["version"])


def _stubs_are_installed() -> bool:
    """Every stub file is there as committed, and nothing else."""

    def contents(folder: Path) -> dict[str, bytes]:
        return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}

    return PACKAGES_DIR.is_dir() and contents(PACKAGES_DIR) == contents(STUBS_DIR)


# --- parse and fingerprints ------------------------------------------------------------------------------------------


class Project:
    """The parsed dbt project."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        write_sources_macro()
        self.manifest = _parsed(settings)
        if _is_of_another_checkout(self.manifest):
            forget_parse(settings.dbt_target)
            self.manifest = _parsed(settings)
        described = yaml.safe_load((PROJECT_DIR / "dbt_project.yml").read_text(encoding="utf-8"))
        self.vars: dict[str, Any] = described.get("vars") or {}

    def public_models(self) -> list[PublicModel]:
        """The marts with `access: public`, by name."""
        keys = self._keys()
        return sorted(
            (
                PublicModel(
                    node.name,
                    node.fqn[-2],
                    f"{node.schema}.{node.alias}",
                    (node.config.meta or {}).get("partition_by"),
                    (node.config.meta or {}).get("published_in", "marts"),
                    (node.config.meta or {}).get("open_rows"),
                    node.description,
                    tuple(Column(each.name, each.data_type, each.description) for each in node.columns.values()),
                    bool((node.config.meta or {}).get("guard_rows")),
                    *keys.get(node.unique_id, ((), ())),
                )
                for node in self._models()
                if str(node.access) in ("public", "AccessType.Public")
            ),
            key=lambda model: model.name,
        )

    def _keys(self) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
        """Model -> the columns of its key, and those of them that may be null."""
        found = {}
        for test in self.manifest.nodes.values():
            told = getattr(test, "test_metadata", None)
            if told is not None and told.name == "unique_key":
                found[test.attached_node] = (tuple(told.kwargs["columns"]), tuple(told.kwargs.get("nullable", ())))
        return found

    def fingerprints(self) -> dict[str, str]:
        """Model -> a hash of everything its rows are made by: its SQL and configuration, the project's macros and vars, the
        seeds, and the same of whatever it selects from. Two builds with equal fingerprints treat a row alike.
        """
        memo: dict[str, str] = {}
        found = {node.name: self._fingerprint(node.unique_id, memo) for node in self._models()}
        given = sorted(repr((test.given, test.expect, test.overrides)) for test in self.manifest.unit_tests.values())
        found[UNIT_TESTS] = hashlib.sha256(repr(given).encode()).hexdigest()
        return found

    def compiled(self) -> dict[str, str]:
        """Model -> the SQL that dbt last compiled for it in this process, a model after those it selects from."""
        return {node.name: node.compiled_code for node in self._ordered() if node.compiled_code}

    def wrong_sql(self, names: Sequence[str]) -> list[failures.Failure]:
        """Of those models, compiled, what DuckDB cannot read; what it cannot plan, where all that is selected from is there."""
        compiled, found = self.compiled(), []
        unchanged = {node.unique_id for node in self._models() if node.name not in names}
        with duckdb.connect(str(self.settings.warehouse), read_only=True) as session:
            for node in self._models():
                if node.name not in names or node.name not in compiled:
                    continue
                parents = node.depends_on.nodes
                try:
                    session.extract_statements(compiled[node.name])
                    if parents and all(parent in unchanged for parent in parents):
                        session.execute(f"explain {compiled[node.name]}")
                except duckdb.Error as error:
                    message = failures.one_line(error)
                    path = node.original_file_path
                    found.append(failures.Failure("model", node.name, node.name, None, None, message, path))
        return found

    def downstream(self, sources: Collection[str]) -> list[str]:
        """dbt's options that choose what new rows of those sources bear on.

        These are all nodes downstream of the sources, with their tests; the models of health, which read the ledger; and the
        tables that the scopes of these models read. Such a table follows from which loads are published: it changes without a
        new row.
        """
        self.manifest.build_parent_and_child_maps()
        loaded = [each.unique_id for each in self.manifest.sources.values() if each.source_name in sources]
        reached = _reached(loaded, self.manifest.child_map)
        scopes = [
            f"model.{node.package_name}.{node.config.meta['scope']}"
            for node in self._models()
            if node.unique_id in reached and "scope" in (node.config.meta or {})
        ]
        before = _reached(scopes, self.manifest.parent_map) - reached
        tables = sorted(
            node.name for node in self._models() if node.unique_id in before and node.config.materialized != "view"
        )
        return ["--select", *(f"source:{source}+" for source in sorted(sources)), f"tag:{HEALTH}", *tables]

    def incremental_models(self) -> set[str]:
        """Names of the models whose rows outlive a build."""
        return {node.name for node in self._models() if node.config.materialized == "incremental"}

    def _models(self) -> list[Any]:
        return [
            node
            for node in self.manifest.nodes.values()
            if node.resource_type == "model" and node.package_name == "isobar"
        ]

    def _ordered(self) -> list[Any]:
        nodes = {node.unique_id: node for node in self._models()}
        parents = {name: [each for each in node.depends_on.nodes if each in nodes] for name, node in nodes.items()}
        return [nodes[name] for name in TopologicalSorter(parents).static_order()]

    def _fingerprint(self, unique_id: str, memo: dict[str, str]) -> str:
        if unique_id in memo:
            return memo[unique_id]
        node: Any = self.manifest.nodes.get(unique_id)
        if node is None:  # a source: its rows are told by load id
            return unique_id
        config = node.config
        made_by = {
            "sql": node.raw_code or node.checksum.checksum,
            "macros": self._macros(node.depends_on.macros),
            "vars": self.vars,
            "configuration": [str(config.get(name)) for name in ("materialized", "unique_key", "incremental_strategy")],
            "hooks": [hook.sql for hook in [*config.get("pre-hook", []), *config.get("post-hook", [])]],
            "meta": config.meta,
            "columns": [(column.name, column.data_type) for column in node.columns.values()],
            # a seed depends on nothing
            "upstream": sorted(self._fingerprint(parent, memo) for parent in getattr(node.depends_on, "nodes", [])),
        }
        memo[unique_id] = hashlib.sha256(json.dumps(made_by, sort_keys=True, default=str).encode()).hexdigest()
        return memo[unique_id]

    def _macros(self, called: list[str], seen: set[str] | None = None) -> list[str]:
        """The project's own macros behind a node, however deep. dbt's and the adapter's are pinned by the lock."""
        seen = set() if seen is None else seen
        for unique_id in called:
            macro = self.manifest.macros.get(unique_id)
            if macro is not None and macro.package_name == "isobar" and unique_id not in seen:
                seen.add(unique_id)
                self._macros(macro.depends_on.macros, seen)
        return sorted(self.manifest.macros[unique_id].macro_sql for unique_id in seen)


def _parsed(settings: Settings) -> Manifest:
    outcome = invoke(dbtRunner(), "parse", "--no-write-json", *_common(settings))
    if not outcome.success or not isinstance(outcome.result, Manifest):
        raise BuildError(
            f"dbt cannot parse the project: {failures.one_line(outcome.exception).rstrip('.')}.{_details_in(settings)}"
        )
    return outcome.result


def _is_of_another_checkout(manifest: Manifest) -> bool:
    """Whether dbt's cached parse is of another folder: dbt would read the seeds of that one, or not find them."""
    seeds = [node for node in manifest.nodes.values() if node.resource_type == "seed" and node.package_name == "isobar"]
    return any(Path(str(seed.root_path)) != PROJECT_DIR for seed in seeds)


def forget_parse(target: Path) -> None:
    """Delete dbt's cached parse: the next call of dbt parses the whole project."""
    (target / PARTIAL_PARSE_FILE_NAME).unlink(missing_ok=True)


def _reached(start: Iterable[str], neighbours: dict[str, list[str]]) -> set[str]:
    """Those nodes and all that is reached from them."""
    reached = set(start)
    ahead = list(reached)
    while ahead:
        found = set(neighbours.get(ahead.pop(), ())) - reached
        reached |= found
        ahead.extend(found)
    return reached


# --- build -----------------------------------------------------------------------------------------------------------


@dataclass
class LayerSummary:
    """What dbt ran in one layer."""

    models: int = 0
    tests: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class NodeResult:
    """What became of one node of the last build."""

    unique_id: str
    name: str
    node_type: str
    model_name: str | None  # what a test is of
    status: str
    failures: int | None
    message: str | None
    seconds: float
    is_monitor: bool


@dataclass
class BuildSummary:
    """What a build did, in the figures its user wants."""

    build_id: str = ""
    layers: dict[str, LayerSummary] = field(default_factory=dict)
    rebuilt: list[str] = field(default_factory=list)
    has_unit_tests: bool = True
    left_out: int = 0  # models, snapshots and seeds that nothing new bears on
    warnings: list[str] = field(default_factory=list)
    tests: dict[str, int] = field(default_factory=dict)  # by dbt's word for their outcome: pass, warn, fail …


def build(
    project: Project,
    rebuild: list[str],
    *,
    run_id: str | None = None,
    with_unit_tests: bool = True,
    selection: Sequence[str] = (),
    rest_is_published: bool = False,
    progress: Progress = lambda what, done, total: None,
) -> BuildSummary:
    """`dbt build` of everything, or of what dbt's own options in `selection` choose; `rebuild` names the incremental models to
    make anew. `run_id` goes into each query's comment. `rest_is_published`: what is not selected is as the last publication has
    it, so its rows need no test.

    Raises:
        BuildError: a model or an error-level test failed; the message names it and where its SQL is.
    """
    settings = project.settings
    now = settings.now().isoformat()
    variables = {
        "now": now,
        "rebuild": rebuild,
        "run_id": run_id,
        "rest_is_published": rest_is_published,
        ELEMENTARY_CLOCK: now,
    }
    done = 0

    def follow(event: Any) -> None:
        nonlocal done
        if event.info.name == "NodeFinished":
            done += 1
            progress("building", done, 0)

    _results_file(settings).unlink(missing_ok=True)  # whatever is there afterwards is of this build
    runner = dbtRunner(manifest=project.manifest, callbacks=[follow])
    # not --exclude-resource-type: that would undo what DBT_EXCLUDE_RESOURCE_TYPES says
    left_out = [] if with_unit_tests else ["--exclude", "test_type:unit"]
    options = [*_common(settings), "--vars", json.dumps(variables), *left_out, *selection]
    outcome = invoke(runner, "build", *options)
    if outcome.exception is not None:
        raise BuildError(f"dbt stopped: {failures.one_line(outcome.exception).rstrip('.')}.{_details_in(settings)}")
    executed: Any = outcome.result
    summary = BuildSummary(build_id=get_invocation_id(), rebuilt=rebuild, has_unit_tests=with_unit_tests)
    failed: list[Any] = []
    tests: Counter[str] = Counter()
    for result in executed.results:
        node, status = result.node, str(result.status)
        if node.resource_type not in COUNTED:
            continue
        layer = summary.layers.setdefault(_layer(node), LayerSummary())
        layer.seconds += result.execution_time
        if node.resource_type in TESTS:
            layer.tests += 1
            tests[status] += 1
        else:
            layer.models += 1
        if status in FAILED:
            failed.append(result)
            logs.event("node_failed", logging.ERROR, **_named(node), message=failures.one_line(result.message))
        elif status == "warn":
            summary.warnings.append(f"{node.name}: {result.message}")
            logs.warn("test_warned", **_named(node), message=failures.one_line(result.message))
    summary.tests = dict(tests)
    if rest_is_published:
        made = [node for node in project.manifest.nodes.values() if node.resource_type in ("model", "seed", "snapshot")]
        ran = sum(layer.models for layer in summary.layers.values())
        summary.left_out = sum(node.config.materialized != "ephemeral" for node in made) - ran
    for name, layer in summary.layers.items():
        logs.event("layer_built", layer=name, **asdict(layer) | {"seconds": round(layer.seconds, 2)})
    if failed or not outcome.success:
        described = failures.described(settings, project.manifest, failed)
        what = failures.summarised(described) or "dbt build failed"
        raise BuildError(f"{what}. Nothing was published.{_details_in(settings)}", summary, described)
    return summary


def check(project: Project, changed: set[str]) -> None:
    """Compile the models that changed, and read their SQL, before the minutes of a build are spent on the others.

    What a model selects is checked as well where it selects from models alone that have not changed: they are in the warehouse as
    they will be. On Snowflake, whose SQL nobody but Snowflake reads, Jinja alone is checked.

    Raises:
        BuildError: one of them does not compile, or is no SQL.
    """
    settings, manifest = project.settings, project.manifest
    names = sorted(changed - {UNIT_TESTS})
    variables = {"now": settings.now().isoformat(), "rebuild": [], **UPLOADS_OFF}
    options = [*_common(settings), "--select", *names, "--vars", json.dumps(variables)]
    outcome = invoke(dbtRunner(manifest=manifest), "compile", *options)
    _results_file(settings).unlink(missing_ok=True)  # of what was compiled, not of a build
    wrong = [result for result in getattr(outcome.result, "results", []) if str(result.status) in FAILED]
    if wrong:
        described = failures.described(settings, manifest, wrong)
        raise BuildError(
            f"{failures.summarised(described)}. Nothing was built.{_details_in(settings)}", None, described
        )
    if not outcome.success:
        raise BuildError(
            f"dbt cannot compile: {failures.one_line(outcome.exception).rstrip('.')}.{_details_in(settings)}"
        )
    if settings.target == "duckdb":
        described = project.wrong_sql(names)
        if described:
            raise BuildError(f"{failures.summarised(described)}. Nothing was built.", None, described)


def listed(project: Project, selection: Sequence[str]) -> list[str]:
    """What `dbt ls` finds for a selection: unique ids, in dbt's order.

    Raises:
        BuildError: dbt cannot read the selection, or the state it names.
    """
    options = ["--output", "json", "--output-keys", "unique_id", *selection]
    outcome = invoke(dbtRunner(manifest=project.manifest), "ls", *_common(project.settings), *options)
    if outcome.exception is not None or not isinstance(outcome.result, list):
        raise BuildError(f"dbt cannot list what changed: {failures.one_line(outcome.exception)}")
    return [json.loads(line)["unique_id"] for line in outcome.result]


def run_tagged(project: Project, tag: str) -> None:
    """`dbt run` of the models with a tag alone, one that fails costing only those behind it. The last build's results stay."""
    results = _results_file(project.settings)
    kept = results.read_bytes() if results.exists() else None
    variables = {"now": project.settings.now().isoformat(), **UPLOADS_OFF}
    options = [*_common(project.settings), "--select", f"tag:{tag}", "--vars", json.dumps(variables)]
    invoke(dbtRunner(manifest=project.manifest), "run", *options)
    if kept is None:
        results.unlink(missing_ok=True)
    else:
        results.write_bytes(kept)


def last_results(settings: Settings, project: Project) -> list[NodeResult]:
    """What `dbt build` last wrote to its run_results.json; nothing when it did not come so far."""
    if not _results_file(settings).exists():
        return []
    told = json.loads(_results_file(settings).read_text(encoding="utf-8"))["results"]
    manifest = project.manifest
    found = []
    for result in told:
        node: Any = manifest.nodes.get(result["unique_id"]) or manifest.unit_tests.get(result["unique_id"])
        if node is None or node.resource_type not in COUNTED:
            continue
        tested = manifest.nodes.get(getattr(node, "attached_node", None) or "")
        metadata = getattr(node, "test_metadata", None)
        found.append(
            NodeResult(
                node.unique_id,
                node.name,
                str(node.resource_type),
                tested.name if tested else getattr(node, "model", None),
                result["status"],
                result["failures"],
                failures.one_line(result["message"]) if result["message"] else None,
                result["execution_time"],
                getattr(metadata, "namespace", None) == "elementary",
            )
        )
    return found


def invoke(runner: dbtRunner, *arguments: str) -> dbtRunnerResult:
    """Run dbt with its log file alone. An adapter prints as well: standard output may be the one JSON document of `--json`.

    dbt-duckdb keeps the warehouse's file open as long as the process lives. To open it anew for each node took a third of a
    build; but after dbt the file is to be free for others, with settings of their own.
    """
    try:
        with redirect_stdout(io.StringIO()):
            return runner.invoke([*QUIET, *arguments])
    finally:
        with suppress(Exception):  # its only way to say that nothing was opened
            DuckDBConnectionManager.env().close()


def _results_file(settings: Settings) -> Path:
    return settings.data_dir / "target" / "run_results.json"


def _named(node: Any) -> dict[str, str]:
    return {"resource_type": str(node.resource_type), "name": node.name, "unique_id": node.unique_id}


def _layer(node: Any) -> str:
    """The folder of the project that a node belongs to (a layer of models, or seeds, snapshots, tests), or its package."""
    if node.package_name != "isobar":
        return str(node.package_name)
    folder, *rest = Path(node.original_file_path).parts
    return rest[0] if folder == "models" and len(rest) > 1 else folder


def _common(settings: Settings) -> list[str]:
    return [
        *("--project-dir", str(PROJECT_DIR)),
        *("--profiles-dir", str(PROJECT_ROOT)),
        *("--target", settings.target),
        *("--target-path", str(settings.dbt_target)),
        *("--log-path", str(settings.logs)),
    ]


def _details_in(settings: Settings) -> str:
    """Where dbt's log is, as far as it came to writing one."""
    log = settings.logs / "dbt.log"
    return f" Details: {log}" if log.exists() else ""


@contextmanager
def project_environment(settings: Settings, run_id: str | None = None) -> Iterator[None]:
    """The settings as the variables that `profiles.yml` reads, and the run's id for dbt's artifacts, as long as this lasts."""
    # each statement in the log, which DBT_LOG_LEVEL_FILE=debug brings, is an eighth of a build
    quiet = {LOG_LEVEL_VARIABLE: os.environ.get(LOG_LEVEL_VARIABLE, "info")}
    variables = settings.environment() | quiet | ({RUN_ID_VARIABLE: run_id} if run_id else {})
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    reset_metadata_vars()  # dbt reads them once a process, and this may be its second run
    try:
        yield
    finally:
        reset_metadata_vars()
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
