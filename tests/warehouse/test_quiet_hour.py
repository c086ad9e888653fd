"""An hour with nothing new: no dbt, health all the same; and everything that is new makes a build."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from isobar.cli import Exit
from isobar.jobs import build
from isobar.publish import quiet
from isobar.runs.ledger import Ledger, Run
from isobar.settings import Settings
from isobar.warehouse import bookkeeping, dbt, project
from simulator.archive import write_archive
from simulator.server import archive_server
from tests.warehouse.published import marts
from tests.warehouse.test_health import isobar

NOW = datetime(2026, 3, 1, 6, 30)
LATER = NOW + timedelta(hours=1)


@pytest.fixture(scope="module")
def built_by_command(tmp_path_factory: pytest.TempPathFactory, dbt_ready: None) -> Path:
    """Five days of three stations, fetched, built and published by the command."""
    archive, data_dir = tmp_path_factory.mktemp("archive"), tmp_path_factory.mktemp("quiet") / "data"
    write_archive(archive, NOW.date() - timedelta(days=5), NOW.date(), 3, layout="yearly", stations=3, as_of=NOW)
    with archive_server(archive) as url:
        assert isobar(data_dir, NOW)("load", "synop", "--from", url).exit_code == 0
        assert isobar(data_dir, NOW)("build").exit_code == 0
    return data_dir


@pytest.fixture
def folder(built_by_command: Path, tmp_path: Path) -> Iterator[Path]:
    """The same folder, as it was, for each test."""
    shutil.copytree(built_by_command, tmp_path / "kept")
    yield built_by_command
    shutil.rmtree(built_by_command)
    shutil.move(tmp_path / "kept", built_by_command)


@pytest.fixture
def no_dbt(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: dbt.Project, settings: Settings) -> None:
        raise AssertionError("dbt was asked for")

    monkeypatch.setattr(dbt.Project, "__init__", refuse)


def settings_of(folder: Path, now: datetime = LATER) -> Settings:
    """As the command has them: Elementary's switch is in the environment."""
    return replace(Settings.from_environment(), data_dir=folder, clock=now)


def health(folder: Path, sql: str) -> list[tuple]:
    with duckdb.connect(str(folder / "health.duckdb"), read_only=True) as session:
        return session.execute(sql).fetchall()


@pytest.mark.usefixtures("no_dbt")
def test_nothing_new_leaves_the_marts_and_writes_health_anew(folder, monkeypatch):
    shown, file = marts(folder), (folder / "marts.duckdb").stat()
    tests = health(folder, "select * from fct_pipeline_tests order by unique_id")
    silent = health(folder, "select * from agg_location_freshness order by location_id")
    # a poll of the hour that brought nothing, and one that failed
    ledger = Ledger(Settings(data_dir=folder, clock=LATER))
    with pytest.raises(OSError, match="broken"), ledger.run("load", source="synop", is_fetched=True):
        raise OSError("broken")
    answer = isobar(folder, LATER)("--json", "build")
    assert answer.exit_code == Exit.DONE, answer.output
    told = json.loads(answer.stdout)
    assert told["is_quiet"] and told["publication"]["row_count"] > 0
    assert marts(folder) == shown and (folder / "marts.duckdb").stat() == file
    assert health(folder, "select written_at, build_outcome, build_error from health") == [(LATER, "done", None)]
    assert health(folder, "select command, outcome from fct_pipeline_runs order by run_number") == [
        ("load", "done"),
        ("build", "done"),
        ("load", "failed"),
        ("build", "done"),
    ]
    assert health(folder, "select last_load_outcome from agg_pipeline_health where source = 'synop'") == [("failed",)]
    assert health(folder, "select * from fct_pipeline_tests order by unique_id") == tests
    assert health(folder, "select * from agg_location_freshness order by location_id") == silent
    assert "nothing new since 2026-03-01 06:30 UTC" in isobar(folder, LATER)("build").output


def test_force_builds_all_the_same(folder, monkeypatch):
    def built(*_: object, **__: object) -> None:
        raise RuntimeError("it builds")

    monkeypatch.setattr(build, "Build", built)
    monkeypatch.setattr(build, "_follow", lambda *_: None)
    answer = isobar(folder, LATER)("build", "--force")
    assert str(answer.exception) == "it builds"


# --- what is new -----------------------------------------------------------------------------------------------------


def _run_sql(folder: Path, sql: str) -> None:
    with duckdb.connect(str(folder / "warehouse.duckdb")) as session:
        session.execute(sql)


def _a_run(folder: Path, outcome: str | None) -> None:
    ledger, run = Ledger(Settings(data_dir=folder, clock=NOW)), Run("another", "build")
    ledger.write(run, "started")
    if outcome:
        ledger.write(run, "finished", outcome=outcome)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


A_LOAD = "insert into raw_synop._dlt_loads select 'x', * exclude load_id from raw_synop._dlt_loads limit 1"
ANOTHER_PUBLICATION = "update isobar.last_publication set publication_id = 'x'"

NEW: dict[str, tuple[Callable[[Path], object], str]] = {
    "a load": (lambda f: _run_sql(f, A_LOAD), "new loads: 1"),
    "a load that was cut off": (lambda f: (f / "dlt/synop/load/normalized/1.2").mkdir(parents=True), "cut off"),
    "a failed build": (lambda f: _a_run(f, "failed"), "did not end well"),
    "a killed build": (lambda f: _a_run(f, None), "did not end well"),
    "a lost ledger": (lambda f: (f / "ledger.jsonl").unlink(), "did not end well"),
    "a lost file": (lambda f: next((f / "published").glob("fct_observations/*")).unlink(), "not all there"),
    "lost marts": (lambda f: (f / "marts.duckdb").unlink(), "not all there"),
    "a cut file": (lambda f: _cut(next((f / "published").glob("fct_observations/*"))), "not all there"),
    "cut marts": (lambda f: _cut(f / "marts.duckdb"), "not all there"),
    "a warehouse of another publication": (lambda f: _run_sql(f, ANOTHER_PUBLICATION), "not all there"),
    "a warehouse made anew": (lambda f: (f / "warehouse.duckdb").unlink(), "no build yet"),
}


@pytest.mark.parametrize("what", NEW)
def test_what_is_new_makes_a_build(folder, what):
    settings = settings_of(folder)
    assert isinstance(quiet.look(settings, "mine"), quiet.Quiet)
    strike, reason = NEW[what]
    strike(folder)
    due = quiet.look(settings, "mine")
    assert reason in str(due) and (due.project_fingerprint is not None) == (what == "a load")


def test_new_loads_alone_are_built_in_part(folder, monkeypatch):
    """Everything is built where the warehouse may not be as the last publication left it, and when monitors are due."""
    tomorrow = NOW + timedelta(days=1)
    _run_sql(folder, A_LOAD)
    made_by = project.fingerprint(settings_of(folder))
    assert quiet.look(settings_of(folder, tomorrow), "mine") == quiet.Due("new loads: 1", made_by)
    monkeypatch.setattr(quiet, "has_monitors", lambda settings: True)
    assert quiet.look(settings_of(folder, tomorrow), "mine") == quiet.Due("a new UTC day: monitors are due")
    bookkeeping.begin(settings_of(folder), set())
    assert quiet.look(settings_of(folder), "mine") == quiet.Due("what was published last is not all there")


@pytest.mark.parametrize(
    "file", ["models/marts/new.sql", "seeds/measure_limits.csv", "macros/time.sql", "dbt_project.yml", "packages.yml"]
)
def test_a_changed_project_makes_a_build(folder, file, tmp_path, monkeypatch):
    settings, copy = settings_of(folder), tmp_path / "project"
    shutil.copytree(project.PROJECT_DIR, copy, ignore=shutil.ignore_patterns("target", "logs"))
    monkeypatch.setattr(project, "PROJECT_DIR", copy)
    # a path is part of the fingerprint: the copy is taken for what was published
    before = project.fingerprint(settings)
    _run_sql(folder, f"update isobar.last_publication set project_fingerprint = '{before}'")
    assert isinstance(quiet.look(settings, "mine"), quiet.Quiet)
    with (copy / file).open("a") as out:
        out.write("\n")
    assert project.fingerprint(settings) != before
    assert "have changed" in str(quiet.look(settings, "mine"))


def test_the_fingerprint_is_of_content_and_settings(folder, tmp_path, monkeypatch):
    settings, copy = settings_of(folder), tmp_path / "project"
    shutil.copytree(project.PROJECT_DIR, copy, ignore=shutil.ignore_patterns("target", "logs"))
    monkeypatch.setattr(project, "PROJECT_DIR", copy)
    before = project.fingerprint(settings)
    (copy / "dbt_project.yml").touch()
    (copy / "target").mkdir()
    (copy / "target" / "manifest.json").write_text("{}")
    assert project.fingerprint(settings) == before
    assert project.fingerprint(replace(settings, clock=NOW)) == before
    assert project.fingerprint(replace(settings, is_elementary_on=not settings.is_elementary_on)) != before
    monkeypatch.setenv("DBT_EXCLUDE_RESOURCE_TYPES", "test")
    assert project.fingerprint(settings) != before


def test_monitors_are_due_once_a_day(folder, monkeypatch):
    monkeypatch.setattr(quiet, "has_monitors", lambda settings: True)
    tonight, tomorrow = NOW.replace(hour=23, minute=59), NOW + timedelta(days=1)
    assert isinstance(quiet.look(settings_of(folder, tonight), "mine"), quiet.Quiet)
    assert "monitors are due" in str(quiet.look(settings_of(folder, tomorrow), "mine"))
    monkeypatch.setattr(quiet, "has_monitors", lambda settings: False)
    assert isinstance(quiet.look(settings_of(folder, tomorrow), "mine"), quiet.Quiet)
