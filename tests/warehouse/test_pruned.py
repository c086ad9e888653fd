"""Everything that can be pruned, pruned: the marts of a warehouse filled again from the lake are those from before."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from ingestion.lake import Lake
from ingestion.load import load
from isobar.upkeep.prune import CLASSES, prune
from tests.ingestion.archives import YEARLY_HEADER, write, yearly_row
from tests.warehouse.conftest import SYNOP
from tests.warehouse.published import assert_same, marts

LANDS = datetime(2026, 1, 3, 12)


def rows(days: int, corrected: str = "", inserted: str = "") -> list[str]:
    """Two stations, every three hours; the value at `corrected` was written again at `inserted`."""
    times = [f"2026-01-{day:02d}T{hour:02d}:00:00Z" for day in range(1, days + 1) for hour in range(0, 24, 3)]
    return [
        yearly_row(
            station,
            time,
            inserted if time == corrected else time,
            t="290.0" if time == corrected else f"28{hour % 8}.0",
        )
        for station in ("07005", "07149")
        for hour, time in enumerate(times)
    ]


@pytest.mark.long
def test_a_pruned_lake_fills_the_same_marts(warehouse, tmp_path):
    house = warehouse("house")
    versions = (rows(1), rows(2), rows(3, "2026-01-01T12:00:00Z", "2026-01-05T00:00:00Z"))
    for number, version in enumerate(versions):
        house.at(LANDS + timedelta(days=number))
        write(tmp_path / "in" / "synop_2026.csv", YEARLY_HEADER, version)
        house.load(tmp_path / "in")
    house.build()
    shown = marts(house.data_dir)
    house.at(LANDS + timedelta(days=9))
    pruned = prune(house.settings, CLASSES, 0, apply=True).classes
    # the second version has all of the first; the third corrects a value of it
    assert (pruned["superseded"].count, len(pruned["superseded"].kept)) == (1, 1)
    assert pruned["logs"].count and pruned["target"].count
    assert_same(marts(house.data_dir), shown)
    house.settings.warehouse.unlink()
    house.settings.marts.unlink()
    load(SYNOP, house.settings, replay=True)
    house.build()
    assert_same(marts(house.data_dir), shown)
    assert len([*Lake(house.settings.lake).landings("synop")]) == 3
