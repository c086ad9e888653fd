"""docs/reliability.md against the suite: a row for every fault, with what its user sees, and no other."""

from __future__ import annotations

import re

from isobar.settings import PROJECT_ROOT
from tests.reliability.faults import FAULTS

ROW = re.compile(r"\| (?P<name>.+?) \| (?P<does>.+?) \| (?P<sees>.+?) \| (?P<next>.+?) \|")


def test_every_fault_is_a_row_and_every_row_a_fault():
    lines = (PROJECT_ROOT / "docs" / "reliability.md").read_text(encoding="utf-8").splitlines()
    rows = [found for found in map(ROW.fullmatch, lines) if found and found["name"] != "fault"]
    assert [row["name"] for row in rows] == [fault.name for fault in FAULTS]
    for row, fault in zip(rows, FAULTS, strict=True):
        told = re.fullmatch(r"(killed|exit (?P<code>\d))(, (`(?P<says>.+)`|as any other run))?", row["sees"])
        assert told, row["sees"]
        assert told["code"] == (None if fault.exit_code < 0 else str(fault.exit_code)), fault.name
        says = told["says"] or ""
        assert says == fault.says or (says and fault.says.startswith(says)), fault.name
