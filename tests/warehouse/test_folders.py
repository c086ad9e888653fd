"""Data folders of any name, copied and moved ones, and one whose warehouse is damaged."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from isobar.cli import Exit
from isobar.publish.export import VIEWS
from isobar.runs.ledger import Ledger
from isobar.settings import Settings
from tests.ingestion.archives import year
from tests.warehouse.conftest import Warehouse
from tests.warehouse.published import assert_same, count, marts
from tests.warehouse.test_health import isobar

ODD = """o'd, 50% "é" $x ;[1]"""
OBSERVATIONS = "select count(*) from fct_observations"


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory, dbt_ready: None) -> Path:
    """Five days of one station, loaded and built by the command, in a folder with every character that SQL or a URL minds."""
    data_dir, archive = tmp_path_factory.mktemp("odd") / ODD, year(tmp_path_factory.mktemp("archive"), 2020)
    assert isobar(data_dir)("load", "synop", "--from", str(archive.parent)).exit_code == Exit.DONE
    built = isobar(data_dir)("build")
    assert built.exit_code == Exit.DONE, built.exception
    return data_dir


def rows(data_dir: Path, query: str = OBSERVATIONS) -> int:
    """As a reader of the file gets it: the view, by a plain attach."""
    with duckdb.connect() as session:
        session.execute("attach ? as published (read_only)", [str(data_dir / "marts.duckdb")])
        session.execute("use published")
        return int(session.execute(query).fetchall()[0][0])


def test_every_command_works_in_a_folder_of_an_odd_name(odd: Path, tmp_path: Path) -> None:
    run = isobar(odd)
    assert rows(odd) == 40
    for command in ("status", "prune", "alerts --open", "lake verify"):
        done = run(*command.split())
        assert done.exit_code in (Exit.DONE, Exit.ATTENTION), (command, done.exception)
    quiet = run("build")
    assert quiet.exit_code == Exit.DONE and "nothing new" in quiet.output
    folder = tmp_path / "it's public"
    exported = run("export", str(folder))
    assert exported.exit_code == Exit.DONE, exported.exception


def test_an_export_travels(odd: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isobar(odd)("export", str(tmp_path / "public")).exit_code == Exit.DONE
    (tmp_path / "public").rename(tmp_path / "moved")
    monkeypatch.chdir(tmp_path / "moved")
    with duckdb.connect(VIEWS, read_only=True) as session:
        assert session.execute(OBSERVATIONS).fetchall() == [(40,)]


@pytest.mark.parametrize("command", ["status", "build", "alerts --open"])
def test_a_copied_folder_reads_its_own_files(odd: Path, tmp_path: Path, command: str) -> None:
    """Though those of the old place are still there."""
    copy = tmp_path / "copy"
    shutil.copytree(odd, copy)
    done = isobar(copy)(*command.split())
    assert done.exit_code in (Exit.DONE, Exit.ATTENTION), done.exception
    for file in copy.glob("published/fct_observations/*.parquet"):
        file.unlink()
    assert rows(odd) == 40
    with pytest.raises(duckdb.IOException, match="No files found"):
        rows(copy)


def test_a_damaged_warehouse_is_named_and_made_anew_from_the_lake(
    odd: Path, tmp_path: Path, warehouse: Callable[[str], Warehouse]
) -> None:
    data_dir = warehouse("damaged").data_dir
    shutil.copytree(odd, data_dir)
    before, run = marts(data_dir), isobar(data_dir)
    file = data_dir / "warehouse.duckdb"
    file.write_bytes(b"no database" * 1000)
    for command in ("load synop --replay", "build"):
        refused = run(*command.split())
        assert refused.exit_code == Exit.FAILED
        assert "isobar rebuild" in str(refused.exception), command
    with duckdb.connect(str(data_dir / "health.duckdb"), read_only=True) as session:
        assert session.execute("select build_outcome from health").fetchall() == [("failed",)]
    assert rows(data_dir) == 40, "readers keep what was published"
    rebuilt = run("rebuild")
    assert rebuilt.exit_code == Exit.DONE, rebuilt.exception
    assert_same(marts(data_dir), before)
    (kept,) = data_dir.glob("warehouse.duckdb.damaged-*")
    assert kept.read_bytes().startswith(b"no database")
    assert count(data_dir, OBSERVATIONS) == 40
    started = [each for each in Ledger(Settings(data_dir=data_dir)).events() if each["event"] == "started"]
    (whole,) = (each["run_id"] for each in started if each["command"] == "rebuild")
    steps = [(each["command"], each.get("source")) for each in started if each.get("part_of") == whole]
    assert steps == [("load", "synop"), ("build", None)]
    told = json.loads(run("--json", "status").stdout)
    assert (told["failed_runs"], told["damaged_files"]) == ([], [])
    assert [each["rows"] for each in told["sources"] if each["source"] == "synop"] == [40], "each row once"
    with duckdb.connect(str(data_dir / "health.duckdb"), read_only=True) as session:
        of_rebuild = session.execute("select outcome from fct_pipeline_runs where command = 'rebuild'").fetchall()
    assert of_rebuild == [("done",)]
