"""A month of real weather, January 1996 of SYNOP and its CLIMAT, through both warehouses: every published row is the same."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from ingestion.load import load
from ingestion.registry import SOURCES
from isobar.publish.parity import compare
from isobar.settings import Settings
from tests.snowflake.conftest import Emulated
from tests.snowflake.houses import Houses

pytestmark = pytest.mark.long


def test_a_real_month_is_duckdbs_row_by_row(
    emulated: Emulated, models_alone: None, tmp_path: Path, real_data: Callable[[str], Path]
) -> None:
    archives = {"synop": real_data("synop"), "climat": real_data("climat")}
    houses = Houses.made(tmp_path, replace(emulated.account, database="REAL"))
    houses.at(datetime(1996, 2, 5, 6, 30))

    def real_month(settings: Settings) -> None:
        for source, folder in archives.items():
            load(SOURCES[source], settings, str(folder / f"{source}.199601*"))

    houses.load(real_month)
    houses.build("real")
    parity = compare(houses.local, houses.snowflake, houses.public_models())
    sys.stdout.write(f"\n{parity}\n")
    assert not parity.differences, str(parity)
    assert parity.rows > 100_000
