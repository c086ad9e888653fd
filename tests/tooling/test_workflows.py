"""The workflows' steps, run one after the other as their targets, with loopback in the place of the providers and of Pages."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import duckdb
import pytest
import yaml

from isobar.settings import PROJECT_ROOT
from isobar.upkeep.state import SEAL
from simulator.archive import write_archive
from simulator.climatology import indicator_posts, write_climatology
from simulator.server import ArchiveRoute, SimulatorServer
from tests.services.fixtures import Bucket

STEP_SECONDS = 600
NETWORKED = ("make report",)
"""Needs Elementary's package from dbt's hub; tests/tooling/test_report.py runs it on the stubs and on the package."""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        pass


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """The folder that is deployed, and where it is served."""
    folder = tmp_path / "pages"
    folder.mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield folder, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@contextmanager
def providers(folder: Path) -> Iterator[dict[str, str]]:
    """The two sources without a key, served from loopback. Returns their settings.

    dbt's source freshness reads the machine's clock alone, so the weather is of these days.
    """
    today = datetime.now(UTC).date()
    posts = indicator_posts()[:2]
    write_archive(folder / "synop", today - timedelta(days=8), today, layout="yearly", stations=3)
    write_climatology(folder / "climatology", date(today.year - 3, 1, 1), today - timedelta(days=2), posts=posts)
    routes = {f"/{name}/": ArchiveRoute(folder / name) for name in ("synop", "climatology")}
    with SimulatorServer(routes) as server:
        yield {
            "ISOBAR_SYNOP_URL": f"{server.url}/synop/",
            "ISOBAR_CLIMATOLOGY_URL": f"{server.url}/climatology/",
            "ISOBAR_CLIMATOLOGY_DEPARTMENTS": ",".join(sorted({post.department for post in posts})),
        }


def published_rows(data: Path) -> dict[str, int]:
    """Rows of each published mart of a data folder."""
    with duckdb.connect(str(data / "marts.duckdb"), read_only=True) as marts:
        names = marts.execute("select view_name from duckdb_views() where not internal and schema_name = 'main'")
        found = {name: count(marts, name) for (name,) in names.fetchall()}
    assert found["fct_observations"] > 0
    return found


def count(marts: duckdb.DuckDBPyConnection, name: str) -> int:
    ((rows,),) = marts.execute(f'select count(*) from "{name}"').fetchall()
    return int(rows)


def runs(workflow: str) -> list[str]:
    """The `run:` lines of a workflow on DuckDB with the lake in a folder, in their order."""
    told = yaml.safe_load((PROJECT_ROOT / ".github" / "workflows" / f"{workflow}.yml").read_text(encoding="utf-8"))
    steps = [step for job in told["jobs"].values() for step in job["steps"]]
    return [
        step["run"]
        for step in steps
        if "run" in step and not any(word in step.get("if", "") for word in ("== 'snowflake'", "ISOBAR_LAKE != ''"))
    ]


def walk(lines: list[str], environment: dict[str, str]) -> dict[str, str]:
    """Run each line, the cache between runs a folder; what each said, by line."""
    said = {}
    data = Path(environment["ISOBAR_DATA_DIR"])
    cache = data.with_name("cache")
    for line in lines:
        if line == "make state-check" and cache.exists() and data.name == "data":
            shutil.rmtree(data)  # each run has a machine of its own
            shutil.copytree(cache, data)
        outcome = subprocess.run(
            line.split(),
            cwd=PROJECT_ROOT,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=STEP_SECONDS,
            check=False,
        )
        said[line] = outcome.stdout + outcome.stderr
        assert outcome.returncode == 0, f"{line}: {said[line][-2000:]}"
        if line == "make state-seal":
            shutil.rmtree(cache, ignore_errors=True)
            shutil.copytree(data, cache)
    return said


def variables_of_a_run(data: Path, pages: tuple[Path, str]) -> dict[str, str]:
    """What the workflow sets, and no tests of dbt: they are not what is tried here."""
    folder, url = pages
    return {
        "ISOBAR_DATA_DIR": str(data),
        "ISOBAR_SITE_URL": url,
        "SITE_DIR": str(folder),
        "DBT_EXCLUDE_RESOURCE_TYPES": "unit_test test",
    }


@pytest.mark.long
def test_the_pipeline_and_the_daily_report_step_by_step(tmp_path: Path, pages: tuple[Path, str]) -> None:
    """Two hourly runs with a deployment between them, the report, then a run whose state was lost."""
    folder, _ = pages
    with providers(tmp_path) as variables:
        environment = variables | variables_of_a_run(tmp_path / "data", pages)
        steps = runs("pipeline")
        assert {"make live", "make freshness", "make alerts", "make site"} <= set(steps)
        with pytest.raises(AssertionError, match=r"make state-check.*lost, or this is the first run"):
            walk(["make state-check"], environment)
        walk(steps, environment | {"BEGIN": "1"})
        assert json.loads((folder / SEAL).read_text())["generation"] == 1
        again = walk(steps, environment)
        assert "generation 1 is complete and the latest" in again["make state-check"]
        assert json.loads((folder / SEAL).read_text())["generation"] == 2
        catalogue = json.loads((folder / "marts" / "catalogue.json").read_text())
        assert "fct_observations" in {mart["name"] for mart in catalogue["marts"]}
        walk([line for line in runs("report") if line not in NETWORKED], environment)
        for page in ("index.html", "accuracy.html", "docs/index.html"):
            assert (folder / page).stat().st_size > 1000, page
        with pytest.raises(AssertionError, match=r"make state-check.*lost"):
            walk(steps, environment | {"ISOBAR_DATA_DIR": str(tmp_path / "evicted")})


@pytest.mark.long
def test_with_its_lake_in_a_bucket_a_run_without_the_cache_is_whole(
    tmp_path: Path, pages: tuple[Path, str], s3_moto: Bucket
) -> None:
    """The steps of an hour, and of the next on a machine that has nothing but the bucket."""
    folder, _ = pages
    with providers(tmp_path) as variables:
        environment = variables | s3_moto.environment | variables_of_a_run(tmp_path / "data", pages)
        first = walk(runs("pipeline"), environment)
        assert "the lake is in s3://" in first["make state-check"]
        assert "not sealed" in first["make state-seal"]
        assert not (folder / SEAL).exists()
        rows = published_rows(tmp_path / "data")
        assert not (tmp_path / "data" / "lake" / "raw").exists()
        walk(runs("pipeline"), environment | {"ISOBAR_DATA_DIR": str(tmp_path / "evicted")})
        assert published_rows(tmp_path / "evicted") == rows
