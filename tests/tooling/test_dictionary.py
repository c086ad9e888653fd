"""The documents about the published marts against the dbt project: the dictionary, what each number means, the table of marts."""

from __future__ import annotations

import re
from itertools import zip_longest

import pytest

from isobar.settings import PROJECT_ROOT, Settings
from isobar.warehouse.dbt import Project, PublicModel, ensure_packages, project_environment
from isobar.warehouse.models import BUILD_COLUMN
from tools import powerbi
from tools.dictionary import DICTIONARY, rendered

PAGES = ("numbers.md", "nombres.md")
MEASURES = ("double", "bigint", "boolean")
CODE_SPAN = re.compile(r"`([^`\n]+)`")


@pytest.fixture(scope="module")
def marts(tmp_path_factory: pytest.TempPathFactory) -> list[PublicModel]:
    settings = Settings(data_dir=tmp_path_factory.mktemp("parsed"))
    ensure_packages(settings)
    with project_environment(settings):
        return Project(settings).public_models()


def page(name: str) -> str:
    return (PROJECT_ROOT / "docs" / name).read_text(encoding="utf-8")


def test_the_committed_dictionary_is_what_the_project_says(marts: list[PublicModel]) -> None:
    assert DICTIONARY.read_text(encoding="utf-8") == rendered(marts), (
        "run `make docs` and commit docs/data_dictionary.md"
    )


def test_the_committed_model_of_power_bi_is_what_the_project_says(marts: list[PublicModel]) -> None:
    expected = powerbi.files({mart.name: mart for mart in marts})
    assert {path: path.read_text(encoding="utf-8") for path in expected} == expected, "run `make dashboards`"


def test_the_page_of_marts_lists_every_mart_once(marts: list[PublicModel]) -> None:
    table = re.search(r"^\| mart \|.*\n\|[-|]+\n((?:\|.*\n)+)", page("marts.md"), re.MULTILINE)
    assert table
    named = [name for row in table[1].splitlines() for name in CODE_SPAN.findall(row.split("|")[1])]
    assert sorted(named) == [mart.name for mart in marts]


def test_every_published_column_is_described(marts: list[PublicModel]) -> None:
    columns = [(mart.name, column) for mart in marts for column in mart.columns]
    assert len(columns) > 400
    assert [(name, column.name) for name, column in columns if not (column.data_type and column.description)] == []


@pytest.mark.parametrize("name", PAGES)
def test_every_figure_has_its_meaning(name: str, marts: list[PublicModel]) -> None:
    figures = {column.name for mart in marts for column in mart.columns if column.data_type in MEASURES}
    assert len(figures) > 150
    assert figures - set(CODE_SPAN.findall(page(name))) == set()


@pytest.mark.parametrize("name", PAGES)
def test_pages_name_only_marts_and_columns_that_exist(name: str, marts: list[PublicModel]) -> None:
    there = {mart.name for mart in marts} | {column.name for mart in marts for column in mart.columns} - {BUILD_COLUMN}
    assert set(CODE_SPAN.findall(page(name))) - there == set()


def test_both_pages_say_the_same_of_the_same_figures() -> None:
    """Section by section and row by row: the same columns in the same order."""

    def outline(name: str) -> list[tuple[str, ...]]:
        return [
            ("section",) if line.startswith("## ") else tuple(CODE_SPAN.findall(line.split("|")[1]))
            for line in page(name).splitlines()
            if line.startswith(("## ", "| `"))
        ]

    differing = [pair for pair in zip_longest(*map(outline, PAGES)) if pair[0] != pair[1]]
    assert differing == []
