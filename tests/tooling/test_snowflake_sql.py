"""The models as they would run on Snowflake: compiled with its macros, without an account, and read by a second parser.

That says nothing about results; it catches what only one of the two engines can read.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

IN_SNOWFLAKE = {"hash"}
"""Functions of Snowflake that the parser does not know by name."""


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory, project_root: Path) -> dict[str, str]:
    """Compiled SQL by branch and file: models, tests, snapshots."""
    from isobar.dbt import ensure_packages
    from isobar.settings import Settings

    ensure_packages(Settings.from_environment())
    found = {}
    for branch in ("full", "incremental"):
        folder = tmp_path_factory.mktemp(branch)
        done = subprocess.run(
            [sys.executable, project_root / "tests" / "tooling" / "compile_for.py", "snowflake", branch, folder],
            cwd=project_root,
            capture_output=True,
            check=False,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        root = folder / "compiled" / "isobar"
        for path in root.rglob("*.sql"):
            if path.is_file():
                found[f"{branch}: {path.relative_to(root).as_posix()}"] = path.read_text(encoding="utf-8")
    return found


def faults(sql: str) -> list[str]:
    """What Snowflake would not read: a syntax that is not its own, a function that it does not have."""
    try:
        statements = sqlglot.parse(sql, read="snowflake")
    except sqlglot.ParseError as error:
        return [f"line {each['line']}: {each['description']}" for each in error.errors]
    return [
        f"unknown function {function.name}"
        for statement in statements
        if statement is not None
        for function in statement.find_all(exp.Anonymous)
        if function.name.lower() not in IN_SNOWFLAKE
    ]


def test_snowflake_reads_every_statement(compiled: dict[str, str]) -> None:
    assert {name: found for name, sql in compiled.items() if (found := faults(sql))} == {}


def test_both_branches_of_the_incremental_models_were_compiled(compiled: dict[str, str]) -> None:
    model = "models/marts/observations/fct_observations.sql"
    full, incremental = compiled[f"full: {model}"], compiled[f"incremental: {model}"]
    assert "int_days_changed" in incremental
    assert "int_days_changed" not in full


@pytest.mark.parametrize(
    ("sql", "is_fault"),
    [
        ("select sum(a) over (order by b) from t qualify row_number() over (order by b) = 1", False),
        ("select sum(a) over w from t window w as (order by b)", True),
        ("select list_aggregate(a, 'sum') from t", True),
        ("select dateadd(day, 1, a)::date from t", False),
    ],
)
def test_the_check_tells_the_dialects_apart(sql: str, is_fault: bool) -> None:
    assert bool(faults(sql)) is is_fault
