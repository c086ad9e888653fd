"""The app's imports, who reads settings, and the rules of the dbt project: read from the source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from isobar.settings import PROJECT_ROOT

ROOMS = ("isobar", "ingestion", "simulator", "streamlit")

APP_KNOWS_NOTHING_OF = ("isobar", "ingestion", "simulator", "tools", "dbt", "dlt", "elementary")
"""Of the published marts alone. The other rooms' arrows are contracts in pyproject.toml; the app's folder is no package."""

READS_ENVIRONMENT = ("isobar/settings.py", "streamlit/settings.py")

DBT = PROJECT_ROOT / "dbt_project"
LAYERS_BELOW: dict[str, tuple[str, ...]] = {
    "staging": ("stg_",),
    "intermediate": ("stg_", "int_", "snap_"),
    "marts": ("int_", "snap_", "dim_", "fct_", "agg_", "bridge_"),
}
PREFIXES = {
    "staging": ("stg_",),
    "intermediate": ("int_",),
    "marts": ("dim_", "fct_", "agg_", "bridge_", "gold_"),
}
KEY_TESTS = ("unique_key", "unique_version")


def imported(source: str) -> list[str]:
    """Dotted names of what a module imports, wherever in it; `from a import b` may mean a.b, so it counts as that."""
    names: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names += [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("importlib.import_module", "__import__"):
            names += [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
    return names


def is_within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def forbidden_imports(source: str) -> list[str]:
    """What a module of the app imports and may not."""
    return [name for name in imported(source) if any(is_within(name, package) for package in APP_KNOWS_NOTHING_OF)]


def environment_reads(source: str) -> list[str]:
    """Expressions that take a setting, by its name, from the environment. Handing it on, or putting it back, is not one."""
    reads: list[str] = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case (
                ast.Subscript(value=ast.Attribute(attr="environ"), slice=ast.Constant(), ctx=ast.Load())
                | ast.Call(
                    func=ast.Attribute(value=ast.Attribute(attr="environ"), attr="get"), args=[ast.Constant(), *_]
                )
                | ast.Call(func=ast.Attribute(attr="getenv") | ast.Name(id="getenv"))
                | ast.Compare(left=ast.Constant(), comparators=[ast.Attribute(attr="environ")])
            ):
                reads.append(ast.unparse(node))
    return reads


def modules(room: str) -> list[Path]:
    return sorted((PROJECT_ROOT / room).rglob("*.py"))


def dbt_files(folder: str, suffix: str) -> list[Path]:
    found = (DBT / folder).rglob(f"*{suffix}") if (DBT / folder).is_dir() else iter(())
    return sorted(path for path in found if "dbt_packages" not in path.parts and "target" not in path.parts)


def code(path: Path) -> str:
    """SQL without its comments, in which words are free."""
    text = re.sub(r"\{#.*?#\}", " ", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    return re.sub(r"--[^\n]*", " ", text)


def refs(sql: str) -> list[str]:
    return re.findall(r"""\bref\(\s*['"](\w+)['"]""", sql)


def declared_models() -> Iterator[tuple[Path, dict[str, Any]]]:
    """Each model of the project's YAML with the file that describes it."""
    for path in dbt_files("models", ".yml"):
        for model in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("models", []):
            yield path, model


# --- Python ----------------------------------------------------------------------------------------------------------


def test_the_app_knows_only_the_published_marts() -> None:
    found = {path.name: forbidden_imports(path.read_text(encoding="utf-8")) for path in modules("streamlit")}
    assert found
    assert {name: names for name, names in found.items() if names} == {}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import streamlit as st\nimport duckdb", []),
        ("def f():\n    from isobar.settings import Settings", ["isobar.settings.Settings"]),
        ("import dbt.cli.main as main", ["dbt.cli.main"]),
        ("import importlib\nimportlib.import_module('isobar.settings')", ["isobar.settings"]),
    ],
)
def test_the_import_check_sees_every_form(source: str, found: list[str]) -> None:
    assert forbidden_imports(source) == found


def test_settings_are_read_in_one_place() -> None:
    readers = {
        path.relative_to(PROJECT_ROOT).as_posix(): reads
        for room in (*ROOMS, "benchmarks", "tools")
        for path in modules(room)
        if (reads := environment_reads(path.read_text(encoding="utf-8")))
    }
    assert {name: reads for name, reads in readers.items() if name not in READS_ENVIRONMENT} == {}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("os.environ['ISOBAR_NOW']", 1),
        ("os.environ.get('ISOBAR_NOW')", 1),
        ("os.getenv('ISOBAR_NOW')", 1),
        ("'ISOBAR_NOW' in os.environ", 1),
        ("os.environ['ISOBAR_NOW'] = '2026-01-01'", 0),
        ("before = {name: os.environ.get(name) for name in names}", 0),
        ("subprocess.run(command, env={**os.environ, **more})", 0),
        ("os.environ.update(settings.environment())", 0),
    ],
)
def test_the_environment_check_tells_reading_from_handing_on(source: str, found: int) -> None:
    assert len(environment_reads(source)) == found


def test_the_app_folder_is_no_package() -> None:
    assert not (PROJECT_ROOT / "streamlit" / "__init__.py").exists(), "it would shadow the library of the same name"


# --- dbt -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layer", PREFIXES)
def test_models_are_named_by_layer_and_select_from_the_layers_below(layer: str) -> None:
    models = dbt_files(f"models/{layer}", ".sql")
    assert models
    seeds = {path.stem for path in dbt_files("seeds", ".csv")}
    wrong = []
    for model in models:
        if not model.stem.startswith(PREFIXES[layer]):
            wrong.append(f"{model.stem}: not a name of {layer}")
        if layer == "staging" and not re.fullmatch(rf"stg_{model.parent.name}__\w+", model.stem):
            wrong.append(f"{model.stem}: not stg_<source>__<entity>s of its folder {model.parent.name}")
        wrong += [
            f"{model.stem} selects from {name}"
            for name in refs(code(model))
            if name not in seeds and not name.startswith(LAYERS_BELOW[layer])
        ]
    assert not wrong


def test_folders_are_named_after_sources_in_staging_and_after_subjects_above() -> None:
    folders = {layer: {path.parent.name for path in dbt_files(f"models/{layer}", ".sql")} for layer in PREFIXES}
    assert not folders["staging"] & (folders["intermediate"] | folders["marts"])


def test_only_staging_and_the_load_macros_read_sources() -> None:
    readers = {path.stem for path in dbt_files("models", ".sql") if re.search(r"\bsource\(", code(path))}
    assert {name for name in readers if not name.startswith("stg_")} == set()


def test_dbt_knows_only_raw_tables_and_the_state_of_isobar() -> None:
    schemas = {
        source.get("schema", source["name"])
        for path in dbt_files("models", ".yml")
        for source in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("sources", [])
    }
    assert schemas
    assert {name for name in schemas if name != "isobar" and not name.startswith("raw_")} == set()


@pytest.mark.parametrize("folder", ["models", "snapshots", "macros", "tests"])
def test_sql_reads_no_clock_and_no_relation_by_name(folder: str) -> None:
    # a build with nothing new to read is left out: the same rows must give the same marts an hour later (isobar/publish/quiet.py)
    clock = re.compile(
        r"\b(current_timestamp|current_date|getdate|sysdate|now|today)\b\s*\(|\bcurrent_(timestamp|date)\b"
        r"|\bvar\(\s*['\"]now\b",
        re.IGNORECASE,
    )
    relation = re.compile(r"(?<!distinct )\b(?:from|join)\s+\"?[a-z_]+\"?\.\"?[a-z_]+", re.IGNORECASE)
    foreign = re.compile(r"\b(dbt_utils|elementary)\.\w+|\btype_float\(")
    wrong = [
        f"{path.name}: {found[0]}"
        for path in dbt_files(folder, ".sql")
        for rule in (clock, relation, foreign)
        # `dbt source freshness` asks how old a table is now: no row is made of it
        if (found := rule.search(code(path))) and not (rule is clock and path.name == "freshness.sql")
    ]
    assert not wrong


def test_dbt_reads_the_environment_in_its_profile_and_for_one_switch() -> None:
    read = {
        path.relative_to(PROJECT_ROOT).as_posix(): re.findall(r"env_var\('(\w+)'", path.read_text(encoding="utf-8"))
        for suffix in (".sql", ".yml")
        for path in dbt_files(".", suffix)
        if "env_var(" in path.read_text(encoding="utf-8")
    }
    assert read == {"dbt_project/dbt_project.yml": ["ISOBAR_ELEMENTARY"]}


def test_every_model_is_described_with_its_grain_beside_it() -> None:
    described = {model["name"]: path for path, model in declared_models()}
    models = {path.stem: path for path in dbt_files("models", ".sql")}
    assert set(models) == set(described)
    assert [model["name"] for _, model in declared_models() if "Grain: " not in model["description"]] == []
    elsewhere = [
        name for name, path in models.items() if described[name].parent not in (path.parent, path.parent.parent)
    ]
    assert not elsewhere
    silent = [
        f"{model['name']}.{column['name']}"
        for _, model in declared_models()
        for column in [{"name": "(model)", "description": model.get("description")}, *model.get("columns", [])]
        if not (column.get("description") or "").strip()
    ]
    assert not silent


def unique_columns(model: dict[str, Any]) -> list[set[str]]:
    """The sets of columns that a test of the model holds to be unique and never null."""
    keys = [
        set(test[name]["arguments"]["columns"])
        for test in model.get("data_tests", [])
        for name in KEY_TESTS
        if isinstance(test, dict) and name in test
    ]
    never_null = {
        column
        for test in model.get("data_tests", [])
        if isinstance(test, dict) and "columns_not_null" in test
        for column in test["columns_not_null"]["arguments"]["columns"]
    }
    for column in model.get("columns", []):
        names = {test if isinstance(test, str) else next(iter(test)) for test in column.get("data_tests", [])}
        if "unique" in names and ("not_null" in names or column["name"] in never_null):
            keys.append({column["name"]})
    return keys


def stated_grain(model: dict[str, Any]) -> set[str]:
    """The columns that a description names after `Grain:`."""
    found = re.search(r"Grain: (\w+(?:, \w+)*)", " ".join(model["description"].split()))
    return set(found[1].split(", ")) if found else set()


def test_every_model_has_its_grain_as_a_tested_key() -> None:
    wrong = [model["name"] for _, model in declared_models() if stated_grain(model) not in unique_columns(model)]
    assert not wrong, "no test holds what the description says one row stands for"


@pytest.mark.parametrize(
    ("model", "is_tested"),
    [
        ({"description": "Grain: a, b.", "data_tests": [{"unique_key": {"arguments": {"columns": ["b", "a"]}}}]}, True),
        ({"description": "Grain: a, b.", "data_tests": [{"unique_key": {"arguments": {"columns": ["a"]}}}]}, False),
        ({"description": "Grain: a.", "columns": [{"name": "a", "data_tests": ["unique", "not_null"]}]}, True),
        ({"description": "Grain: a.", "columns": [{"name": "a", "data_tests": ["unique"]}]}, False),
        (
            {
                "description": "Grain: a.",
                "data_tests": [{"columns_not_null": {"arguments": {"columns": ["a", "b"]}}}],
                "columns": [{"name": "a", "data_tests": ["unique"]}],
            },
            True,
        ),
        ({"description": "Grain: a.", "data_tests": [{"expression_holds": {"arguments": {"expression": "a"}}}]}, False),
    ],
)
def test_the_key_check_wants_the_whole_grain(model: dict[str, Any], is_tested: bool) -> None:
    assert (stated_grain(model) in unique_columns(model)) == is_tested


def test_every_model_belongs_to_a_group_with_an_owner() -> None:
    project = yaml.safe_load((DBT / "dbt_project.yml").read_text(encoding="utf-8"))
    owners = {
        group["name"]: group.get("owner", {}).get("name")
        for path in dbt_files("models", ".yml")
        for group in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("groups", [])
    }
    for resource in ("models", "seeds", "snapshots"):
        assert owners.get(project[resource]["isobar"].get("+group")), f"{resource} without an owner"
    # one place says who owns what: a folder or a model that names a group of its own would hide it
    stray = [
        path.name
        for suffix in (".sql", ".yml")
        for path in dbt_files("models", suffix)
        if re.search(r"\bgroup\s*[:=]", path.read_text(encoding="utf-8")) and path.name != "_groups.yml"
    ]
    assert not stray


def test_marts_have_a_typed_contract() -> None:
    untyped = [
        f"{model['name']}.{column['name']}"
        for _, model in declared_models()
        if model["name"].startswith(PREFIXES["marts"])
        for column in model["columns"]
        if not column.get("data_type")
    ]
    assert not untyped


def test_unit_tests_of_incremental_runs_pass_on_a_first_build() -> None:
    """dbt takes the columns of rows given as YAML from the table itself, which a first build has yet to make."""
    wrong = [
        test["name"]
        for path in dbt_files("models", ".yml")
        for test in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("unit_tests", [])
        for given in test["given"]
        if given["input"] == "this" and given.get("format") != "sql"
    ]
    assert not wrong


def test_the_app_reads_the_marts_that_its_exposure_names() -> None:
    exposures = {
        exposure["name"]: {name for ref in exposure["depends_on"] for name in refs(ref)}
        for path in dbt_files("models", ".yml")
        for exposure in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("exposures", [])
    }
    repository = (PROJECT_ROOT / "streamlit" / "repository.py").read_text(encoding="utf-8")
    marts = {path.stem for path in dbt_files("models/marts", ".sql")}
    assert exposures["app"] == {name for name in marts if re.search(rf"\b(?:from|join) {name}\b", repository)}
