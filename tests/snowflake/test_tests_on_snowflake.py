"""The project's own tests, of data and of units, in a build on the emulated account. Minutes: some six hundred tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from ingestion.load import load
from ingestion.registry import SOURCES
from isobar.jobs.build import build_and_publish
from isobar.settings import Settings
from isobar.warehouse import dbt
from tests.ingestion.archives import year
from tests.snowflake.conftest import Emulated

pytestmark = pytest.mark.long


def test_every_test_of_the_project_passes(emulated: Emulated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DBT_EXCLUDE_RESOURCE_TYPES", raising=False)
    settings = Settings(
        data_dir=tmp_path / "data",
        target="snowflake",
        snowflake=replace(emulated.account, database="TESTED"),
        clock=datetime(2020, 1, 6, 6, 30),
    )
    dbt.ensure_packages(settings)
    with dbt.project_environment(settings):
        load(SOURCES["synop"], settings, str(year(tmp_path / "archive", 2020).parent))
        built = build_and_publish(settings)
    assert set(built.dbt.tests) <= {"pass", "warn"}
    assert built.dbt.tests["pass"] > 550
    assert built.publication.row_count > 0
