"""Tests that can fail: change the SQL of the models one small thing at a time, and see whether a unit test notices.

    python -m tests.mutate                          every change of every model and formula (`make mutate`)
    python -m tests.mutate fct_daily_weather        of the models and macros named
    python -m tests.mutate --sample 10              at most ten of each, chosen by seed

A change is *caught* when a dbt unit test of the changed model (of a macro: of any model that calls it) fails or cannot run. Those
that no test notices are listed with their line: each is a missing test, or a change that changes nothing.
"""

from __future__ import annotations

import argparse
import logging
import random
import re
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dbt.cli.main import dbtRunner
from rich.console import Console
from rich.progress import track

from isobar import dbt, warehouse
from isobar.settings import Settings

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
    r"--[^\n]*|\{#.*?#\}|\{\{-?\s*config\(.*?\)\s*-?\}\}|\{%-?\s*(?:set|macro|endmacro)\b.*?%\}|'[^'\n]*'", re.DOTALL
)
"""No SQL: comments, configuration, assignments and heads of macros, text."""

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
    # a last argument alone is how many digits a figure is rounded to
    "number": [(r"(?<![\w.'-])\d+\.\d+(?![\w.])", "*1.1"), (r"(?<![\w.'-])(?<!, )\d+(?![\w.'])", "+1")],
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


def mutants(unique_id: str, name: str, path: str, code: str) -> Iterator[Mutant]:
    """Every change of a model's or macro's code."""
    skipped = [match.span() for match in SKIPPED.finditer(code)]
    for kind, changes in CHANGES.items():
        for pattern, put in changes:
            for match in re.finditer(pattern, code):
                if any(start <= match.start() < end for start, end in skipped):
                    continue
                before = match.group()
                after = f"{float(before) * 1.1:g}" if put == "*1.1" else str(int(before) + 1) if put == "+1" else put
                line = code.count("\n", 0, match.start())
                changed = code[: match.start()] + after + code[match.end() :]
                yield Mutant(
                    unique_id, name, path, line + 1, kind, before, after, changed, code.splitlines()[line].strip()
                )


class Tests:
    """The unit tests of a parsed project, run against changed code without parsing it again."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.manifest = dbt.Project(settings).manifest
        self.runner = dbtRunner(manifest=self.manifest)
        self.tested = {test.depends_on.nodes[0] for test in self.manifest.unit_tests.values()}

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

    def models_behind(self, unique_id: str) -> list[str]:
        """Names of the models with unit tests that a change of this node is seen by."""
        if unique_id in self.manifest.nodes:
            return [self.manifest.nodes[unique_id].name] if unique_id in self.tested else []
        callers = {unique_id}
        while more := {
            each.unique_id
            for each in self.manifest.macros.values()
            if each.unique_id not in callers and callers & set(each.depends_on.macros)
        }:
            callers |= more
        return [
            node.name
            for node in self.manifest.nodes.values()
            if node.unique_id in self.tested and callers & set(node.depends_on.macros)
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

    def pass_on(self, models: list[str]) -> bool:
        outcome = self.runner.invoke(
            [
                *("--log-level", "none", "--log-level-file", "none", "test"),
                *("--select", *models, "--resource-type", "unit_test"),
                *dbt._common(self.settings),
            ]
        )
        return bool(outcome.success)


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
            warehouse.prepare(settings)
            # the fixtures of unit tests take their types from relations: an empty warehouse has them all
            build = dbtRunner().invoke(
                [*dbt.QUIET, "build", *dbt._common(settings), "--exclude-resource-type", "unit_test", "test"]
            )
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
            caught: dict[str, list[bool]] = defaultdict(list)
            missed: list[Mutant] = []
            for mutant in track(chosen, description="changing", console=Console(stderr=True)):
                models = tests.models_behind(mutant.unique_id)
                with tests.changed(mutant):
                    is_caught = bool(models) and not tests.pass_on(models)
                caught[mutant.name].append(is_caught)
                if not is_caught:
                    missed.append(mutant)
    for name, results in sorted(caught.items()):
        console.print(f"{sum(results):4} of {len(results):4} caught  {name}")
    for mutant in missed:
        console.print(
            f"not caught  {mutant.path}:{mutant.line}  {mutant.before} -> {mutant.after}  | {mutant.text}", markup=False
        )
    total = sum(map(len, caught.values()))
    share = (total - len(missed)) / total if total else 0.0
    console.print(f"{total - len(missed)} of {total} changes caught: {share:.1%} in {time.monotonic() - started:.0f} s")
    return 0 if share >= CAUGHT_SHARE else 1


if __name__ == "__main__":
    sys.exit(main())
