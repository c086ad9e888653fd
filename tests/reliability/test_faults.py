"""Every fault through the real command: what its user sees, what it costs, and that the next clean run makes it good."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import pytest

from isobar.settings import Settings
from tests.openweather.provider import KEY
from tests.reliability.faults import CLOCK_BEHIND, FAULTS, Fault
from tests.reliability.raw import Content, content
from tests.reliability.stage import LOAD, Outcome, made_good


@functools.cache
def told(undisturbed: Path, source: str, behind: datetime | None) -> Mapping[str, Content]:
    return content(Settings(data_dir=undisturbed), source, behind)


def assert_told(fault: Fault, seen: Outcome) -> None:
    """The right exit code, one clear line, no traceback, no key."""
    assert seen.exit_code == fault.exit_code, seen.text
    assert KEY not in seen.text and "Traceback" not in seen.text
    if fault.says:
        assert any(fault.says in line for line in seen.text.splitlines()), seen.text
    if fault.exit_code == 1:
        (line,) = seen.errors.splitlines()
        assert line.startswith("isobar: ") and fault.says in line


@pytest.mark.parametrize(
    "fault",
    [pytest.param(fault, marks=pytest.mark.long if fault.is_variant else ()) for fault in FAULTS],
    ids=[fault.name for fault in FAULTS],
)
def test_a_fault(fault: Fault, stage, undisturbed) -> None:
    stage.clock = fault.clock
    fault.strike(stage)
    seen = fault.run(stage, fault.source)
    rules = [*stage.openweather.struck, *stage.synop.struck]
    assert_told(fault, seen)
    assert all(rules) if fault.strikes is None else rules == [fault.strikes]
    stage.heal()
    behind = CLOCK_BEHIND if fault.clock == CLOCK_BEHIND else None
    expected = told(undisturbed, fault.source, behind)
    wounded = content(stage.settings, fault.source, behind)
    missing = {table: whole.rows - wounded[table].rows for table, whole in expected.items()}
    lacking = {table for table, rows in missing.items() if rows}
    assert 0 < len(lacking) <= len(fault.lacks) if fault.by_chance else lacking == fault.lacks.keys()
    for table, whole in expected.items():
        place = fault.lacks.get(table)
        assert place is None or {row[0] for row in missing[table]} == {place}
        assert table in fault.leaves or wounded[table].rows <= whole.rows
    made_good(stage, [fault.source])
    mended = content(stage.settings, fault.source, behind)
    for table, whole in expected.items():
        assert mended[table].latest == whole.latest, table
        assert mended[table].rows >= whole.rows
        assert table in fault.leaves or mended[table].rows == whole.rows, table
    assert list(stage.settings.lake.glob("staging/*")) == []


def test_enough_faults_of_every_source_that_is_fetched():
    quick = [fault for fault in FAULTS if not fault.is_variant]
    assert len(FAULTS) == len({fault.name for fault in FAULTS}) and len(quick) >= 30
    assert {fault.source for fault in quick} == LOAD.keys()
