"""`isobar run --live` against loopback providers: each source that can run does, and says so."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

from isobar import dbt
from isobar.settings import PROJECT_ROOT, Settings
from simulator.archive import write_archive
from simulator.server import archive_server


def live(settings: Settings, **changed: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "isobar.cli", "--json", "run", "--live"]
    environment = {**os.environ, **settings.environment(), "ISOBAR_NOW": "2026-03-01T06:30:00", **changed}
    for name in ("ISOBAR_OPENWEATHER_KEY", "ISOBAR_METEOFRANCE_KEY"):
        environment.pop(name, None)
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=PROJECT_ROOT, check=False)


def test_a_source_without_its_key_is_left_out_and_the_other_runs(settings: Settings, tmp_path: Path) -> None:
    dbt.ensure_packages(settings)
    write_archive(tmp_path / "archive", date(2026, 2, 20), date(2026, 3, 1), layout="yearly", stations=3)
    with archive_server(tmp_path / "archive") as url:
        elsewhere = {"ISOBAR_CLIMATOLOGY_URL": url, "ISOBAR_CLIMATOLOGY_DEPARTMENTS": "33"}
        done = live(settings, ISOBAR_SYNOP_URL=url, DBT_EXCLUDE_RESOURCE_TYPES="unit_test", **elsewhere)
    assert done.returncode == 0, done.stderr
    outcomes = json.loads(done.stdout)["outcomes"]
    assert outcomes["synop"].startswith("ran: ")
    assert outcomes["climat"].startswith("left out: ") and "ISOBAR_CLIMAT_URL" in outcomes["climat"]
    vigilance = outcomes["meteofrance_vigilance"]
    assert vigilance.startswith("left out: ") and "ISOBAR_METEOFRANCE_KEY" in vigilance
    assert outcomes["openweather"].startswith("left out: ") and "ISOBAR_OPENWEATHER_KEY" in outcomes["openweather"]
    assert settings.marts.exists()


def test_nothing_is_built_when_no_source_can_run(settings: Settings) -> None:
    nobody = "http://127.0.0.1:9/"
    done = live(settings, ISOBAR_SYNOP_URL=nobody, ISOBAR_CLIMATOLOGY_URL=nobody)
    assert done.returncode == 1
    assert json.loads(done.stdout)["outcomes"]["synop"].startswith("failed: ")
    assert not settings.marts.exists()
