"""Tests that can fail: change the SQL of the models one small thing at a time, and see whether a unit test notices.

    python -m tools.mutate                          every change of every model and formula (`make mutate`)
    python -m tools.mutate fct_daily_weather        of the models and macros named
    python -m tools.mutate --sample 10              at most ten of each, chosen by seed

A change is *caught* when a dbt unit test of the changed model (of a macro: of any model that calls it) fails or cannot run. Those
that no test notices are listed with their line: each is a missing test, or a change that changes nothing.
"""

from __future__ import annotations

import argparse
import io
import logging
import os
import random
import re
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from copy import deepcopy
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, ClassVar

from dbt import compilation
from dbt.adapters.factory import get_adapter, register_adapter
from dbt.cli.flags import Flags
from dbt.cli.main import cli, dbtRunner
from dbt.config.runtime import RuntimeConfig, load_profile, load_project
from dbt.context.providers import generate_runtime_macro_context
from dbt.context.query_header import generate_query_header_context
from dbt.contracts.graph.manifest import Manifest
from dbt.contracts.graph.nodes import InjectedCTE, UnitTestDefinition, UnitTestNode
from dbt.flags import set_flags
from dbt.task.test import TestRunner
from dbt_common.context import set_invocation_context
from rich.console import Console
from rich.progress import track

from isobar.settings import Settings
from isobar.warehouse import bookkeeping, dbt

SEED = 1
CAUGHT_SHARE = 0.85
"""Below this share the command exits with 1."""

FOLDERS = (
    "models/marts/",
    "models/intermediate/",
    "macros/formulas/",
    "macros/daily.sql",
    "macros/quality.sql",
    "macros/time.sql",
)
"""SQL that decides a number. Staging is conversions, held by unit tests of its own, and by these where they are macros."""

SKIPPED = re.compile(
    r"(?P<text>'[^'\n]*')|--[^\n]*|\{#.*?#\}|\{\{-?\s*config\(.*?\)\s*-?\}\}"
    r"|\bdecimal\(\d+, \d+\)|\bthen 1 end\)|\bselect 1\b|\bif not loop\.\w+|\breach_days=\d+"
    r"|\{%-?\s*(?:macro|endmacro|for|if|elif)\b.*?%\}",
    re.DOTALL,
)
"""No SQL: text, comments, configuration, the heads of macros, loops and branches of the template. And what changes nothing: the
width of a type, which value is counted or exists, how far around its scope a model reads."""

SQL_IN_TEXT = re.compile(r"(?:^'|\s)(?:[<>]=?|=|[*/+-])(?:\s|'$)")
"""Text with an operator is SQL that one macro hands to another."""

NUMBER = r"(?<![\w.'])(?<![\w.']-)\d+"
"""Not within a name, a date or another number."""

CHANGES: dict[str, list[tuple[str, str]]] = {
    "bound": [(r">=", ">"), (r"<=", "<"), (r"(?<=\s)>(?=\s)", ">="), (r"(?<=\s)<(?=\s)", "<=")],
    "unit": [(r"(?<=\s)\*(?=\s)", "/"), (r"(?<=\s)/(?=\s)", "*"), (r"(?<=\s)\+(?=\s)", "-"), (r"(?<=\s)-(?=\s)", "+")],
    "join": [(r"\bleft join\b", "inner join"), (r"\binner join\b", "left join")],
    "window edge": [
        (r"\bdesc\b", "asc"),
        (r"\blag\(", "lead("),
        (r"\blead\(", "lag("),
        (r"\bpreceding\b", "following"),
        (r"\bnulls last\b", "nulls first"),
    ],
    "aggregate": [
        (r"\bmin\(", "max("),
        (r"\bmax\(", "min("),
        (r"\bsum\(", "max("),
        (r"\bavg\(", "max("),
        (r"\bexact_mean\(", "exact_sum("),
        (r"\bgreatest\(", "least("),
        (r"\bleast\(", "greatest("),
    ],
    "logic": [
        (r"(?<=\s)and(?=\s)", "or"),
        (r"(?<=\s)or(?=\s)", "and"),
        (r"\bis null\b", "is not null"),
        (r"\bis not null\b", "is null"),
        (r"\bnot (?=\w)(?!null|exists|distinct)", ""),
    ],
    "number": [(NUMBER + r"\.\d+(?![\w.])", "*1.1"), (NUMBER + r"(?![\w.'])", "+1")],
}


@dataclass(frozen=True)
class Mutant:
    """One change of one node of the project."""

    unique_id: str
    name: str
    path: str
    line: int
    kind: str
    before: str
    after: str
    code: str
    text: str


def untouched(code: str) -> list[tuple[int, int]]:
    """Where nothing is changed: what is no SQL, and how many digits a figure is rounded to."""
    spans = [
        match.span() for match in SKIPPED.finditer(code) if not (match["text"] and SQL_IN_TEXT.search(match["text"]))
    ]
    for opening in re.finditer(r"\bround\(", code):
        depth, last_comma = 1, None
        for position in range(opening.end(), len(code)):
            depth += {"(": 1, ")": -1}.get(code[position], 0)
            if depth == 1 and code[position] == ",":
                last_comma = position
            if depth == 0:
                if last_comma:
                    spans.append((last_comma, position))
                break
    return spans


def mutants(unique_id: str, name: str, path: str, code: str) -> Iterator[Mutant]:
    """Every change of a model's or macro's code."""
    skipped = untouched(code)
    for kind, changes in CHANGES.items():
        for pattern, put in changes:
            for match in re.finditer(pattern, code):
                if any(start <= match.start() < end for start, end in skipped):
                    continue
                before = match.group()
                after = (
                    f"{float(before) * 1.1 or 1.1:g}" if put == "*1.1" else str(int(before) + 1) if put == "+1" else put
                )
                line = code.count("\n", 0, match.start())
                changed = code[: match.start()] + after + code[match.end() :]
                yield Mutant(
                    unique_id, name, path, line + 1, kind, before, after, changed, code.splitlines()[line].strip()
                )


def with_fixtures(sql: str, fixtures: list[InjectedCTE]) -> str:
    """What dbt does by parsing all of the SQL to find where it begins, which takes as long as the rest of a test."""
    begin = re.match(r"(?:\s|--[^\n]*\n|/\*.*?\*/)*(with\b(?:\s+recursive\b)?)?", sql, re.DOTALL | re.IGNORECASE)
    if not fixtures or begin is None:
        return sql
    expressions = ",".join(each.sql or "" for each in fixtures)
    joint = f" {expressions}," if begin[1] else f"with {expressions} "
    return sql[: begin.end()] + joint + sql[begin.end() :]


class Runner(TestRunner):  # type: ignore[misc]  # dbt has no types here
    """dbt's runner of a unit test, but for its fixtures: these are rendered once and not for each change."""

    fixtures: ClassVar[dict[str, tuple[Manifest, UnitTestNode]]] = {}

    def build_unit_test_manifest_from_test(self, unit_test_def: UnitTestDefinition, manifest: Manifest) -> Manifest:
        unique_id = unit_test_def.unique_id
        if unique_id not in self.fixtures:
            loaded = super().build_unit_test_manifest_from_test(unit_test_def, manifest)
            self.fixtures[unique_id] = loaded, deepcopy(loaded.nodes[unique_id])
        loaded, node = self.fixtures[unique_id]
        loaded.nodes[unique_id] = deepcopy(node)
        loaded.nodes[unique_id].raw_code = manifest.nodes[node.tested_node_unique_id].raw_code
        return loaded


class Tests:
    """The unit tests of a parsed project, run one by one against changed code: `dbt test` starts anew for each change."""

    def __init__(self, settings: Settings) -> None:
        self.manifest = dbt.Project(settings).manifest
        command = ["test", *dbt._common(settings)]
        group = cli.make_context("dbt", command)
        flags = Flags(cli.commands["test"].make_context("test", command[1:], parent=group))
        set_flags(flags)
        set_invocation_context(os.environ)
        compilation.inject_ctes_into_sql = with_fixtures
        profile = load_profile(flags.PROJECT_DIR, flags.VARS, flags.PROFILE, flags.TARGET)
        self.config = RuntimeConfig.from_parts(
            load_project(flags.PROJECT_DIR, False, profile, flags.VARS), profile, flags
        )
        register_adapter(self.config, get_context("spawn"))
        self.adapter = get_adapter(self.config)
        self.adapter.set_macro_resolver(self.manifest)
        self.adapter.set_macro_context_generator(generate_runtime_macro_context)
        self.adapter.connections.set_query_header(generate_query_header_context(self.config, self.manifest))
        self.of_model: dict[str, list[UnitTestDefinition]] = defaultdict(list)
        for test in self.manifest.unit_tests.values():
            self.of_model[test.depends_on.nodes[0]].append(test)

    def subjects(self) -> dict[str, Any]:
        """unique id -> the model or macro, of those whose SQL is changed."""
        nodes = [*self.manifest.nodes.values(), *self.manifest.macros.values()]
        return {
            node.unique_id: node
            for node in nodes
            if node.package_name == "isobar"
            and node.resource_type in ("model", "macro")
            and node.original_file_path.startswith(FOLDERS)
        }

    def behind(self, unique_id: str) -> list[UnitTestDefinition]:
        """The unit tests that see a change of this node."""
        if unique_id in self.manifest.nodes:
            return self.of_model[unique_id]
        callers = {unique_id}
        while more := {
            each.unique_id
            for each in self.manifest.macros.values()
            if each.unique_id not in callers and callers & set(each.depends_on.macros)
        }:
            callers |= more
        return [
            test
            for model, tests in self.of_model.items()
            for test in tests
            if callers & set(self.manifest.nodes[model].depends_on.macros)
        ]

    @contextmanager
    def changed(self, mutant: Mutant) -> Iterator[None]:
        node, attribute = self.manifest.nodes.get(mutant.unique_id), "raw_code"
        if node is None:
            node, attribute = self.manifest.macros[mutant.unique_id], "macro_sql"
        kept = getattr(node, attribute)
        setattr(node, attribute, mutant.code)
        try:
            yield
        finally:
            setattr(node, attribute, kept)

    def passes(self, test: UnitTestDefinition) -> bool:
        try:
            # dbt-duckdb prints what it does not try again
            with redirect_stdout(io.StringIO()), self.adapter.connection_named("mutate"):
                _, outcome = Runner(self.config, self.adapter, test, 1, 1).execute_unit_test(test, self.manifest)
        except Exception:  # noqa: BLE001 - it cannot run, whatever dbt, Jinja or the warehouse says
            return False
        return not outcome.should_error


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", help="models and macros; all without")
    parser.add_argument("--sample", type=int, help="at most as many changes of each")
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    console, started = Console(width=160, highlight=False), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="isobar-mutate-") as folder:
        settings = Settings(data_dir=Path(folder))
        with dbt.project_environment(settings):
            dbt.ensure_packages(settings)
            bookkeeping.prepare(settings)
            # the fixtures of unit tests take their types from relations: an empty warehouse has them all
            models = ["--exclude-resource-type", "unit_test", "test"]
            build = dbt.invoke(dbtRunner(), "build", *dbt._common(settings), *models)
            if not build.success:
                console.print("The project does not build; see `dbt build`.")
                return 1
            tests = Tests(settings)
            chosen: list[Mutant] = []
            for unique_id, node in sorted(tests.subjects().items()):
                if options.names and node.name not in options.names:
                    continue
                code = getattr(node, "raw_code", None) or node.macro_sql
                found = list(mutants(unique_id, node.name, node.original_file_path, code))
                if options.sample and len(found) > options.sample:
                    found = random.Random(SEED).sample(found, options.sample)
                chosen += found
            behind = {mutant.unique_id: tests.behind(mutant.unique_id) for mutant in chosen}
            unchanged = {test.unique_id: test for group in behind.values() for test in group}.values()
            if failing := [test.name for test in unchanged if not tests.passes(test)]:
                console.print(f"Fails before anything is changed: {', '.join(failing)}.")
                return 1
            caught: dict[str, list[bool]] = defaultdict(list)
            for mutant in track(chosen, description="changing", console=Console(stderr=True)):
                candidates = behind[mutant.unique_id]
                with tests.changed(mutant):
                    place = next((n for n, test in enumerate(candidates) if not tests.passes(test)), None)
                caught[mutant.name].append(place is not None)
                if place is not None:
                    # what noticed this change is likely to notice the next one
                    candidates.insert(0, candidates.pop(place))
                else:
                    console.print(
                        f"not caught  {mutant.path}:{mutant.line}  {mutant.before} -> {mutant.after}  | {mutant.text}",
                        markup=False,
                        soft_wrap=True,
                    )
            # had the warehouse been lost on the way, each change since would count as caught
            if failing := [test.name for test in unchanged if not tests.passes(test)]:
                console.print(f"Fails although nothing is changed any more: {', '.join(failing)}.")
                return 1
    for name, results in sorted(caught.items()):
        console.print(f"{sum(results):4} of {len(results):4} caught  {name}")
    noticed, total = sum(map(sum, caught.values())), sum(map(len, caught.values()))
    share = noticed / total if total else 0.0
    console.print(f"{noticed} of {total} changes caught: {share:.1%} in {time.monotonic() - started:.0f} s")
    return 0 if share >= CAUGHT_SHARE else 1


if __name__ == "__main__":
    sys.exit(main())
