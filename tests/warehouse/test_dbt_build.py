"""The dbt project by itself, called as dbt's own users call it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from isobar.settings import PROJECT_ROOT
from isobar.warehouse import bookkeeping, dbt


def test_plain_dbt_build_passes_without_a_warning(warehouse, tmp_path):
    house = warehouse("house")
    bookkeeping.prepare(house.settings)
    environment = {name: value for name, value in os.environ.items() if name != "DBT_EXCLUDE_RESOURCE_TYPES"}
    command = [str(Path(sys.executable).with_name("dbt")), "--warn-error", "build", "--project-dir", "dbt_project"]
    places = ["--target-path", str(tmp_path / "target"), "--log-path", str(tmp_path / "logs")]
    outcome = subprocess.run(
        [*command, *places], cwd=PROJECT_ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert outcome.returncode == 0, outcome.stdout[-3000:]
    results = json.loads((tmp_path / "target" / "run_results.json").read_text())["results"]
    kinds = Counter(result["unique_id"].split(".")[0] for result in results)
    assert kinds["unit_test"] >= 20 and kinds["test"] >= 100 and kinds["snapshot"] == 1
    # saved queries are in the project and have nothing to run
    assert {result["status"] for result in results} <= {"success", "pass", "no-op"}
    # nothing was ever loaded, so nothing is late; on the machine's clock, because plain dbt is not told another
    command = [command[0], "source", "freshness", "--project-dir", "dbt_project"]
    outcome = subprocess.run([*command, *places], cwd=PROJECT_ROOT, capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stdout[-3000:]


def test_a_column_of_another_type_breaks_the_contract(house, project):
    model = next(project.rglob("dim_weather_conditions.sql"))
    text = model.read_text()
    assert "cast(severity as bigint)" in text
    model.write_text(text.replace("cast(severity as bigint)", "cast(severity as text)"))
    with (
        dbt.project_environment(house.settings),
        pytest.raises(dbt.BuildError, match=r"dim_weather_conditions.*contract"),
    ):
        dbt.build(dbt.Project(house.settings), [], selection=["--select", model.stem])
