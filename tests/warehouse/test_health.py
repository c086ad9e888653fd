"""What `isobar status` and its readers are told after a build, a good one and one that failed."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
import yaml
from typer.testing import CliRunner, Result

from ingestion.http.budget import key_hash
from isobar.cli import Exit, app
from isobar.health.snapshot import publish_health, refresh_health
from isobar.runs.ledger import Ledger, Run
from isobar.runs.schedules import PUBLICATION_CADENCE_HOURS, PUBLICATION_OVERDUE_AFTER_HOURS, schedules
from isobar.settings import PROJECT_ROOT, Budget, Settings
from isobar.warehouse import dbt
from simulator.archive import write_archive
from simulator.server import archive_server
from tests import own
from tests.ingestion.archives import year
from tests.warehouse.published import marts

NOW = datetime(2026, 3, 1, 6, 30)
FIRST_DAY = date(2026, 2, 10)
SILENT, SILENT_SINCE = "07005", "2026-02-28T03:00:00Z"
"""ABBEVILLE, a day and more before now."""

Isobar = Callable[..., Result]


def isobar(data_dir: Path, now: datetime = NOW) -> Isobar:
    """The command, in this process, on this data folder and under this clock."""

    def run(*arguments: str) -> Result:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in Settings(data_dir=data_dir, clock=now).environment().items():
                patch.setenv(name, value)
            return CliRunner().invoke(app, [*arguments])

    return run


def without_the_end_of_a_station(archive: Path) -> None:
    file = archive / f"synop_{NOW:%Y}.csv.gz"
    header, *lines = gzip.decompress(file.read_bytes()).decode().splitlines()
    station, time = (header.split(";").index(name) for name in ("geo_id_wmo", "validity_time"))
    kept = [cells for line in lines if (cells := line.split(";"))[station] != SILENT or cells[time] < SILENT_SINCE]
    assert 0 < len(lines) - len(kept) < 20
    file.write_bytes(gzip.compress("\n".join([header, *map(";".join, kept), ""]).encode()))


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory, dbt_ready: None) -> Path:
    """Three weeks of six stations, fetched from a server, of which one fell silent; loaded and built."""
    archive, data_dir = tmp_path_factory.mktemp("archive"), tmp_path_factory.mktemp("watched") / "data"
    write_archive(archive, FIRST_DAY, NOW.date(), 3, layout="yearly", stations=6, as_of=NOW)
    without_the_end_of_a_station(archive)
    with archive_server(archive) as url:
        run = isobar(data_dir)
        period = ("--start", f"{FIRST_DAY}", "--end", f"{NOW:%Y-%m-%d}")
        assert run("load", "synop", "--from", url, *period).exit_code == 0
        built = run("build")
        assert built.exit_code == 0, built.output
    return data_dir


@pytest.fixture
def house(watched: Path, tmp_path: Path) -> Path:
    shutil.copytree(watched, tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def health(house: Path) -> Callable[[str], list[tuple]]:
    def ask(sql: str) -> list[tuple]:
        with duckdb.connect(str(house / "health.duckdb"), read_only=True) as session:
            return session.execute(sql).fetchall()

    return ask


def test_one_silent_station_is_seen_among_those_that_report(house, health):
    assert health("select location_id, silent_after_at from agg_location_freshness where is_silent") == [
        ("wmo:07005", datetime(2026, 2, 28, 12))
    ]
    assert health("select count(*) from agg_location_freshness") == [(6,)]
    shown = isobar(house)("status")
    assert shown.exit_code == 0
    assert "silent synop: ABBEVILLE, while others report" in shown.output


def test_alerts_name_what_the_health_file_tells(house):
    """Both read the models of health by name: a renamed column shows here."""

    def told(now: datetime) -> list[tuple[str, str | None]]:
        answer = json.loads(isobar(house, now)("--json", "alerts", "--open").stdout)
        return [(each["kind"], station) for each in answer["paragraphs"] for station in each["keys"]]

    assert told(NOW) == [("silent_station", "silent_station:synop:wmo:07005")]
    assert told(NOW + timedelta(days=3)) == [("overdue_source", "overdue_source:synop")]


def test_a_source_that_stops_is_overdue_and_status_ends_with_4(house):
    hours = next(each.overdue_after_hours for each in schedules() if each.source == "synop")
    assert isobar(house, NOW + timedelta(hours=hours))("status").exit_code == Exit.DONE
    late = isobar(house, NOW + timedelta(hours=hours, minutes=1))("--json", "status")
    assert late.exit_code == Exit.ATTENTION
    told = {each["source"]: each["is_overdue"] for each in json.loads(late.stdout)["sources"]}
    assert told["synop"] and not any(is_overdue for source, is_overdue in told.items() if source != "synop")


KILLED_BEFORE_THE_LEDGER_KNOWS = """
import os, signal, sys
from ingestion.pipeline import RawPipeline
from isobar import cli

RawPipeline.deliveries = lambda self: os.kill(os.getpid(), signal.SIGKILL)
sys.argv = ["isobar", *sys.argv[1:]]
cli.main()
"""


@pytest.mark.parametrize("next_run", ["load", "health"])
def test_after_a_kill_overdue_follows_the_rows_that_came(house, tmp_path, next_run):
    """The rows of the killed load are in raw; the next load finds nothing new. Overdue is counted from the rows, not from it."""
    hours = next(each.overdue_after_hours for each in schedules() if each.source == "synop")
    came = NOW + timedelta(hours=24)
    write_archive(tmp_path / "archive", FIRST_DAY, came.date(), 3, layout="yearly", stations=6, as_of=came)
    with archive_server(tmp_path / "archive") as url:
        fetch = ("load", "synop", "--from", url)
        environment = {**os.environ, **Settings(data_dir=house, clock=came).environment()}
        killed = subprocess.run(
            [sys.executable, "-c", KILLED_BEFORE_THE_LEDGER_KNOWS, *fetch],
            env=environment,
            cwd=PROJECT_ROOT,
            check=False,
        )
        assert killed.returncode == -signal.SIGKILL
        after = came + timedelta(hours=20)
        if next_run == "health":  # as a build writes it
            refresh_health(Settings(data_dir=house, clock=after))
        else:
            told = isobar(house, after)("--json", *fetch)
            assert told.exit_code == 0, told.output
            assert json.loads(told.stdout)["tables"]["observations"]["appended_row_count"] == 0
    due = {
        each["source"]: each["overdue_at"]
        for each in json.loads(isobar(house, after)("--json", "status").stdout)["sources"]
    }
    assert due["synop"] == (came + timedelta(hours=hours)).isoformat()


def test_builds_that_stop_while_loads_go_on_are_overdue_and_status_ends_with_4(house, tmp_path):
    """The supply is up to date and no run has failed: readers see old numbers all the same."""
    first = NOW + timedelta(hours=24)
    due = first + timedelta(hours=PUBLICATION_OVERDUE_AFTER_HOURS)
    for moment in (first, first + timedelta(hours=24)):
        write_archive(tmp_path / "archive", FIRST_DAY, moment.date(), 3, layout="yearly", stations=6, as_of=moment)
        with archive_server(tmp_path / "archive") as url:
            assert isobar(house, moment)("load", "synop", "--from", url).exit_code == 0
        assert json.loads(isobar(house, moment)("--json", "status").stdout)["publication_due_at"] == due.isoformat()

    def told(now: datetime) -> tuple[int, bool, list[str]]:
        shown = isobar(house, now)("status")
        opened = json.loads(isobar(house, now)("--json", "alerts", "--open").stdout)["paragraphs"]
        return shown.exit_code, "overdue publication" in shown.output, [each["kind"] for each in opened]

    assert told(due) == (Exit.DONE, False, ["silent_station"])
    assert told(due + timedelta(minutes=1)) == (Exit.ATTENTION, True, ["overdue_publication", "silent_station"])
    assert isobar(house, due + timedelta(minutes=1))("build").exit_code == 0
    assert told(due + timedelta(minutes=1))[1] is False


def test_recorded_files_are_no_delivery(tmp_path):
    """Whether a source was fetched is what `only_what_was_fetched_can_be_overdue`, a unit test of dbt, goes on with."""
    year(tmp_path / "recorded", 2020)
    other = tmp_path / "other"
    for arguments in (("--from", str(tmp_path / "recorded")), ("--replay",)):
        assert isobar(other)("load", "synop", *arguments).exit_code == 0
    started = [event for event in Ledger(Settings(data_dir=other)).events() if event["event"] == "started"]
    assert [event["is_fetched"] for event in started] == [False, False]


def test_a_failing_build_after_a_killed_load_is_told_and_leaves_the_marts(house, health, project, monkeypatch):
    settings = Settings(data_dir=house, clock=NOW)
    Ledger(settings).write(Run("killed", "load"), "started", source="synop", is_fetched=True)  # and nothing after
    (project / "tests" / "assert_no_frost.sql").write_text(
        "select * from {{ ref('fct_observations') }} where temperature_c < 40"
    )
    monkeypatch.setenv("DBT_EXCLUDE_RESOURCE_TYPES", "unit_test")
    shown = marts(house)
    assert isobar(house, NOW + timedelta(hours=3))("build").exit_code == 1
    assert marts(house) == shown
    ((written_at, outcome, error),) = health("select written_at, build_outcome, build_error from health")
    assert (written_at, outcome) == (NOW + timedelta(hours=3), "failed") and "assert_no_frost" in error
    assert health("select node_name from fct_pipeline_tests where is_failure") == [("assert_no_frost",)]
    assert health("select outcome, error from fct_pipeline_runs order by run_number desc limit 1") == [
        ("failed", "BuildError")
    ]
    assert health("select command, source from fct_pipeline_runs where is_unresolved order by command") == [
        ("build", None),
        ("load", "synop"),
    ]
    assert health("select count(*) from agg_location_freshness where is_silent") == [(1,)]
    assert health("select last_load_outcome, last_loaded_at from agg_pipeline_health where source = 'synop'") == [
        ("unfinished", NOW)
    ]
    told = isobar(house)("status").output
    assert "failed in the last build: assert_no_frost" in told
    assert "failed build, begun 2026-03-01 09:30 UTC" in told and "killed load" in told
    opened = json.loads(isobar(house, NOW + timedelta(hours=3))("--json", "alerts", "--open").stdout)["paragraphs"]
    assert sorted((each["kind"], each["title"]) for each in opened) == [
        ("failed_run", "build failed"),
        ("failed_run", "load synop killed"),
        ("failed_test", "failed test in no single table: assert_no_frost"),
        ("silent_station", "ABBEVILLE (wmo:07005) is silent"),
    ]


def test_a_budget_near_its_end_is_told_by_what_the_key_has_called_since_the_build(house):
    """Nine tenths of 1,000 calls a day: the last one is made after the health file was written."""
    settings = own.openweather(Settings(data_dir=house, clock=NOW), environment_key="marked", budget=Budget(day=1000))

    def called(count: int) -> None:
        Ledger(settings).write(Run("poll", "load"), "calls", api="openweather", key=key_hash("marked"), count=count)

    def told() -> list[tuple[str, str]]:
        opened = json.loads(isobar(house)("--json", "alerts", "--open").stdout)["paragraphs"]
        return [(each["title"], each["text"]) for each in opened if each["kind"] == "budget"]

    called(899)
    publish_health(settings)
    assert told() == []
    called(1)
    ((title, text),) = told()
    assert title == "calls of openweather this day near their end"
    assert text.startswith(f"100 of 1,000 calls are left this day for key {key_hash('marked')}.")


def test_a_project_that_does_not_parse_is_told_too(house, health, project):
    (project / "models" / "marts" / "broken.sql").write_text("select * from {{ ref('nobody') }}")
    assert isobar(house)("build").exit_code == 1
    ((outcome, error),) = health("select build_outcome, build_error from health")
    assert outcome == "failed" and "nobody" in error
    assert health("select count(*) from agg_pipeline_health where is_scheduled") == [(1,)]


def test_freshness_of_dbt_is_that_of_the_schedules():
    """Hours by source and table, as dbt has them and as the sources have them."""
    thresholds = {}
    for path in (dbt.PROJECT_DIR / "models" / "staging").glob("*/_*__sources.yml"):
        for source in yaml.safe_load(path.read_text(encoding="utf-8"))["sources"]:
            default = source.get("config", {}).get("freshness")
            for table in source["tables"]:
                freshness = table.get("config", {}).get("freshness", default)
                if freshness:
                    hours = {"hour": 1, "day": 24}[freshness["warn_after"]["period"]]
                    thresholds[source["name"].removeprefix("raw_"), table["name"]] = (
                        hours * freshness["warn_after"]["count"]
                    )
    assert thresholds == {(each.source, each.table): each.overdue_after_hours for each in schedules()}
    assert all(0 < each.cadence_hours < each.overdue_after_hours for each in schedules())
    assert 0 < PUBLICATION_CADENCE_HOURS < PUBLICATION_OVERDUE_AFTER_HOURS
