"""MetricFlow answers from the semantic layer what SQL over the published marts says."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

from tests.warehouse.published import query


def test_mean_maximum_by_department_and_month(house, project_root: Path, tmp_path: Path) -> None:
    answer = tmp_path / "answer.csv"
    command = [str(Path(sys.executable).parent / "mf"), "query", "--quiet", "--csv", str(answer)]
    asked = subprocess.run(
        [*command, "--saved-query", "mean_maximum_by_department_and_month"],
        cwd=project_root / "dbt_project",
        env={**os.environ, "DBT_PROFILES_DIR": str(project_root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.returncode == 0, asked.stdout + asked.stderr
    with answer.open(encoding="utf-8") as file:
        told = [
            (
                row["location__department_code"],
                row["metric_time__month"][:10],
                round(float(row["mean_maximum_temperature"]), 6),
            )
            for row in csv.DictReader(file)
        ]
    expected = query(
        house.data_dir,
        "select coalesce(department_code, ''), strftime(date_trunc('month', weather_date), '%Y-%m-%d'),"
        " round(avg(temperature_max_c), 6)"
        " from fct_daily_weather join dim_locations using (location_id) where source = 'synop' group by all order by 2",
    )
    assert len(expected) > 0
    assert sorted(told) == sorted(expected)
