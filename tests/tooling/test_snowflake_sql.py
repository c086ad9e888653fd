"""The models as they would run on Snowflake: compiled with its macros, without an account, and read by a second parser.

That says nothing about results; it catches what only one of the two engines can read.
"""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
import sqlglot
import yaml
from sqlfluff.core import FluffConfig, Linter
from sqlglot import exp
from sqlglot.tokens import TokenType

IN_SNOWFLAKE = {"hash"}
"""Functions of Snowflake that the parser does not know by name."""

NOT_IN_SNOWFLAKE = frozenset(
    "arg_max arg_min bool_and bool_or date_diff epoch epoch_ms generate_series generate_subscripts list list_concat list_contains"
    " list_value make_date quantile_cont range read_csv read_parquet regexp_matches strftime string_agg string_split strptime"
    " struct_pack unnest".split()
)
"""Functions of DuckDB that the parser reads and the emulator, DuckDB inside, runs; Snowflake has none of that name."""


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory, project_root: Path) -> dict[str, str]:
    """Compiled SQL by branch and file: models, tests, snapshots."""
    from isobar.settings import Settings
    from isobar.warehouse.dbt import ensure_packages

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
    read = [statement for statement in statements if statement is not None]
    unknown = [
        f"unknown function {function.name}"
        for statement in read
        for function in statement.find_all(exp.Anonymous)
        if function.name.lower() not in IN_SNOWFLAKE | NOT_IN_SNOWFLAKE
    ]
    foreign = [f"DuckDB's function {name}" for name in functions(sql) if name in NOT_IN_SNOWFLAKE]
    syntax = [f"DuckDB's {each.key.upper()}" for statement in read for each in statement.find_all(exp.Filter)]
    syntax += [
        f"DuckDB's {each.kind} JOIN"
        for statement in read
        for each in statement.find_all(exp.Join)
        if each.kind in ("SEMI", "ANTI")
    ]
    return unknown + foreign + syntax


def functions(sql: str) -> list[str]:
    """Names before an opening bracket, in lower case, as they are written: a parser gives some the names of its own."""
    tokens = sqlglot.tokenize(sql, read="snowflake")
    return [
        token.text.lower()
        for token, following in pairwise(tokens)
        if following.token_type is TokenType.L_PAREN and token.token_type is not TokenType.STRING
    ]


def test_snowflake_reads_every_statement(compiled: dict[str, str]) -> None:
    assert {name: found for name, sql in compiled.items() if (found := faults(sql))} == {}


@pytest.mark.long
def test_a_second_grammar_reads_them_too(compiled: dict[str, str]) -> None:
    """sqlfluff's, written from Snowflake's manual. Of models alone: both branches of each, tests are made of macros of dbt."""
    linter = Linter(config=FluffConfig(overrides={"dialect": "snowflake", "templater": "raw"}))
    models = {name: sql for name, sql in compiled.items() if ": models/" in name}
    unread = {
        name: str(found[0].desc()) for name, sql in models.items() if (found := linter.parse_string(sql).violations)
    }
    assert len(models) > 200
    assert unread == {}


def test_rows_of_unit_tests_that_run_on_snowflake_are_made_by_its_sql(project_root: Path) -> None:
    checked, foreign = 0, {}
    for path in (project_root / "dbt_project" / "models").rglob("*.yml"):
        for test in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("unit_tests", []):
            if "duckdb" in str((test.get("config") or {}).get("enabled")):
                continue
            for given in [*test["given"], test["expect"]]:
                if given.get("format") == "sql":
                    checked += 1
                    sql = re.sub(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", " ", given["rows"], flags=re.DOTALL)
                    if found := NOT_IN_SNOWFLAKE.intersection(functions(sql)):
                        foreign[test["name"]] = found
    assert checked > 10
    assert foreign == {}


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
        ("select unnest([1, 2]) as a", True),
        ("select string_agg(a, ',') from t", True),
        ("select listagg(a, ',') from t", False),
        ("select count(*) filter (where a > 1) from t", True),
        ("select a from t semi join u using (a)", True),
    ],
)
def test_the_check_tells_the_dialects_apart(sql: str, is_fault: bool) -> None:
    assert bool(faults(sql)) is is_fault
