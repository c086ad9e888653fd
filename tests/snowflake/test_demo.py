"""The whole demo through both warehouses: what `make run` publishes is published on Snowflake too, row by row."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from isobar.jobs.build import build_and_publish
from isobar.publish.parity import compare
from isobar.settings import DEMO_NOW, PROJECT_ROOT, Settings
from isobar.warehouse import dbt
from tests.snowflake.conftest import Emulated
from tests.snowflake.houses import Houses

pytestmark = pytest.mark.long


def test_the_demo_is_duckdbs_row_by_row(emulated: Emulated, models_alone: None, tmp_path: Path) -> None:
    local = Settings(data_dir=tmp_path / "local", clock=DEMO_NOW)
    account = replace(emulated.account, database="DEMO")
    houses = Houses(local, replace(local, data_dir=tmp_path / "snowflake", target="snowflake", snowflake=account))

    def made(settings: Settings) -> None:
        command = [sys.executable, "-m", "isobar.cli", "--demo", "--data-dir", str(settings.data_dir), "run"]
        subprocess.run(command, cwd=PROJECT_ROOT, check=True, capture_output=True)

    houses.load(made)
    with dbt.project_environment(houses.snowflake):
        build_and_publish(houses.snowflake)
    parity = compare(houses.local, houses.snowflake, houses.public_models())
    sys.stdout.write(f"\n{parity}\n")
    assert not parity.differences, str(parity)
    assert parity.rows > 1_500_000
