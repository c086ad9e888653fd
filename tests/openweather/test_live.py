"""`isobar run --live` against loopback providers: each source that can run does, and says so."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from datetime import date
from pathlib import Path

import duckdb
import pytest

from isobar.settings import PROJECT_ROOT, Settings
from isobar.warehouse import dbt
from simulator.archive import write_archive
from simulator.faults import Faulty, Rule, stalled
from simulator.server import ArchiveRoute, Request, Response, SimulatorServer

NOBODY = "http://127.0.0.1:9/"


def start_live(settings: Settings, *options: str, **changed: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "isobar.cli", *options, "run", "--live"]
    environment = {**os.environ, **settings.environment(), "ISOBAR_NOW": "2026-03-01T06:30:00", **changed}
    for name in ("ISOBAR_OPENWEATHER_KEY", "ISOBAR_METEOFRANCE_KEY"):
        environment.pop(name, None)
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, cwd=PROJECT_ROOT
    )


@pytest.mark.long
def test_a_killed_run_goes_on_where_it_was_and_a_source_without_its_key_is_left_out(
    settings: Settings, tmp_path: Path
) -> None:
    """Killed while the last of three files is on its way: the next run asks for the others' changes only."""
    dbt.ensure_packages(settings)
    write_archive(tmp_path / "archive", date(2025, 12, 20), date(2026, 3, 1), layout="yearly", stations=3)
    archive = Faulty(ArchiveRoute(tmp_path / "archive"), [Rule(stalled(), "synop_2026*", calls=[1])])
    answers: list[tuple[str, int]] = []
    has_begun = threading.Event()

    def watched(request: Request) -> Response:
        answer = archive(request)
        answers.append((request.path, answer.status.value))
        if request.path == "synop_2026.csv.gz":
            has_begun.set()
        return answer

    with SimulatorServer({"/synop/": watched}) as server:
        providers = {"ISOBAR_SYNOP_URL": f"{server.url}/synop/", "ISOBAR_CLIMATOLOGY_URL": NOBODY}
        providers["DBT_EXCLUDE_RESOURCE_TYPES"] = "unit_test test"
        with start_live(settings, "--json", **providers) as killed:
            assert has_begun.wait(60)
            killed.kill()
        answers.clear()
        with start_live(settings, "--json", **providers) as running:
            output, errors = running.communicate()
    assert running.returncode == 1, errors  # nobody answers for climatology; the others are published
    assert answers == [("postes_synop.geojson", 304), ("synop_2025.csv.gz", 304), ("synop_2026.csv.gz", 200)]
    with duckdb.connect(str(settings.warehouse), read_only=True) as warehouse:
        rows, distinct = warehouse.execute(
            "select count(*), count(distinct (geo_id_wmo, validity_time)) from raw_synop.observations"
        ).fetchall()[0]
    assert rows == distinct > 1000
    outcomes = json.loads(output)["outcomes"]
    assert outcomes["synop"].startswith("ran: ")
    assert outcomes["climat"].startswith("left out: ") and "ISOBAR_CLIMAT_URL" in outcomes["climat"]
    vigilance = outcomes["meteofrance_vigilance"]
    assert vigilance.startswith("left out: ") and "ISOBAR_METEOFRANCE_KEY" in vigilance
    assert outcomes["openweather"].startswith("left out: ") and "ISOBAR_OPENWEATHER_KEY" in outcomes["openweather"]
    assert settings.marts.exists()


def test_nothing_is_built_when_no_source_can_run(settings: Settings) -> None:
    """One line about each, with the brackets that are in it."""
    with start_live(settings, ISOBAR_SYNOP_URL=NOBODY, ISOBAR_CLIMATOLOGY_URL=NOBODY) as done:
        output, _ = done.communicate()
    assert done.returncode == 1
    lines = {line.split(" ")[0]: line for line in output.splitlines() if " failed: " in line or " left out: " in line}
    assert lines["synop"].startswith("synop failed: http://127.0.0.1:9/")
    assert "api_key under [sources.openweather] in" in lines["openweather"]
    assert not settings.marts.exists()
