"""docs/seeds.md names files, commands and tests: they exist, and nothing counts as done without one of each it needs."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from isobar.settings import PROJECT_ROOT
from tests.test_repository import unknown_commands

PAGE = PROJECT_ROOT / "docs" / "seeds.md"
ROWS = 52
STATES = ("done", "part", "not yet")
ROW = re.compile(r"^(\d+)\. \*(\w+(?: yet)?)\* (.+?)(?=^\d+\. |^#|\Z)", re.MULTILINE | re.DOTALL)


class Row(NamedTuple):
    number: int
    state: str
    text: str

    @property
    def named(self) -> list[str]:
        """Code spans after the colon: what shows that the row is met."""
        _, _, evidence = self.text.partition(": `")
        return re.findall(r"`([^`]+)`", f"`{evidence}") if evidence else []

    @property
    def tests(self) -> list[str]:
        return [each for each in self.named if "::" in each]

    @property
    def files(self) -> list[str]:
        return [each for each in self.named if "::" not in each and not each.startswith(("isobar ", "make "))]


def rows(text: str) -> list[Row]:
    return [Row(int(number), state, " ".join(rest.split())) for number, state, rest in ROW.findall(text)]


def missing(row: Row) -> list[str]:
    """Files and tests that a row names and that are not there."""
    wrong = [name for name in row.files if not (PROJECT_ROOT / name).exists()]
    for test in row.tests:
        name, _, function = test.partition("::")
        path = PROJECT_ROOT / name
        defined = ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if path.is_file() else iter(())
        if not any(isinstance(node, ast.FunctionDef) and node.name == function for node in defined):
            wrong.append(test)
    return wrong


def test_every_requirement_has_a_row_with_a_state() -> None:
    found = rows(PAGE.read_text(encoding="utf-8"))
    assert [row.number for row in found] == list(range(1, ROWS + 1))
    assert [row for row in found if row.state not in STATES] == []


@pytest.mark.parametrize("row", rows(PAGE.read_text(encoding="utf-8")), ids=lambda row: str(row.number))
def test_what_a_row_names_exists_and_shows_what_it_claims(row: Row) -> None:
    assert missing(row) == []
    assert unknown_commands(row.text) == []
    if row.state == "not yet":
        assert row.named == [], "what is there is at least a part"
    else:
        assert row.files and row.tests
    assert ("Missing: " in row.text) == (row.state == "part")


def test_the_check_sees_what_is_not_there() -> None:
    (row,) = rows(
        "1. *done* Tea: `kitchen/`, `tests/test_demo.py`, `isobar brew`,\n"
        "   `tests/tooling/test_seeds.py::test_tea`, `tests/no.py::test_tea`\n"
    )
    assert missing(row) == ["kitchen/", "tests/tooling/test_seeds.py::test_tea", "tests/no.py::test_tea"]
    assert unknown_commands(row.text) == ["isobar brew"]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkout's own files, and what set-up adds to them, to remove some."""
    root = tmp_path_factory.mktemp("clone") / "isobar"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT_ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for name in filter(None, listed.stdout.split("\0")):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(PROJECT_ROOT / name, root / name)
    return root


def passes(clone: Path, tests: list[str]) -> bool:
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-m", "", *tests]
    variables = {"PYTHONPATH": str(clone), "ISOBAR_DATA_DIR": str(clone / "data")}
    done = subprocess.run(command, cwd=clone, env={**os.environ, **variables}, capture_output=True, check=False)
    return done.returncode == 0


@pytest.mark.long
def test_a_test_of_the_clone_passes_while_nothing_is_removed(clone: Path) -> None:
    assert passes(clone, ["tests/ingestion/test_load.py::test_a_folder_is_loaded_once", "tests/test_logs.py"])


@pytest.mark.long
@pytest.mark.parametrize(
    "row", [row for row in rows(PAGE.read_text(encoding="utf-8")) if row.tests], ids=lambda row: str(row.number)
)
def test_without_its_first_file_a_row_is_red(row: Row, clone: Path) -> None:
    feature, aside = clone / row.files[0], clone.with_name(f"aside{row.number}")
    feature.rename(aside)
    try:
        assert not passes(clone, row.tests)
    finally:
        if feature.is_dir():  # compiled again, or data of a test
            shutil.rmtree(feature)
        aside.rename(feature)
