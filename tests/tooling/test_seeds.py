"""docs/seeds.md names files, commands and tests: they exist, and nothing counts as done without one of each it needs."""

from __future__ import annotations

import ast
import re
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
