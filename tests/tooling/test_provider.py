"""A provider in one folder: a made-up one, dropped with its staging into a clone, is there everywhere; nothing else changes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from isobar.settings import PROJECT_ROOT

FOLDERS = ("isobar", "ingestion", "simulator", "dbt_project", ".dlt")
FILES = ("profiles.yml", "pyproject.toml")

PROVIDER = {
    "__init__.py": """
from ingestion.sources import lazy_dlt_source

__getattr__ = lazy_dlt_source(__name__)
""",
    "dlt_source.py": """
import dlt

from ingestion.raw_tables import raw_tables
from ingestion.sources.tides.source import SOURCE


@dlt.source(name=SOURCE.name, max_table_nesting=0)
def tides(rows):
    return raw_tables(SOURCE, rows)
""",
    "settings.py": """
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from isobar.settings import Budget, KeyedProvider


@dataclass(frozen=True)
class TidesSettings(KeyedProvider):
    NAME = "tides"
    API = "tides"
    PLAN = Budget(day=70)
    DEFAULT_URL = "https://tides.example.org"

    url: str = DEFAULT_URL
    budget: Budget = PLAN
""",
    "source.py": """
from ingestion.archives import PublishedFiles, Wanted
from ingestion.readers.archive import Layout
from ingestion.readers.reading import DOUBLE, TEXT, TIME
from ingestion.source import Licence, Schedule, Source, Table
from ingestion.sources.tides.settings import TidesSettings

HEIGHTS = Layout(columns={"harbour": TEXT, "at": TIME, "height": DOUBLE}, keys=("harbour", "at"))

SOURCE = Source(
    name="tides",
    display_name="Tides of harbours",
    display_name_fr="Marées des ports",
    observations_per_day=24,
    licence=Licence("Tides' terms", "https://tides.example.org/terms", "Tides", is_open=False),
    tables=(
        Table(
            "heights",
            HEIGHTS,
            claims=lambda file: file.startswith("tides."),
            time_column="at",
            schedule=Schedule(cadence_hours=1, overdue_after_hours=3),
        ),
    ),
    feed=PublishedFiles(
        source="tides",
        wanted=lambda start, end: [Wanted("heights", (("tides.csv",),))],
        table_of=lambda file: "heights" if file.startswith("tides.") else None,
        base_url=lambda settings: settings.of(TidesSettings).url,
        default_days=1,
    ),
)
""",
}

STAGING = {
    "_tides__sources.yml": """
sources:
  - name: raw_tides
    schema: raw_tides
    config:
      freshness: {warn_after: {count: 3, period: hour}}
      loaded_at_field: landed_at
    tables: [{name: heights}]
""",
    "_tides__models.yml": """
models:
  - name: stg_tides__heights
    description: "Grain: harbour, observed_at."
""",
    "stg_tides__heights.sql": """
select heights.harbour, heights."at" as observed_at, heights.height as height_m
from {{ source('raw_tides', 'heights') }} as heights
""",
}


def written(folder: Path, files: dict[str, str]) -> None:
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text.lstrip())


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("clone")
    ignored = shutil.ignore_patterns("__pycache__", "target", "logs", "secrets.toml")
    for name in FOLDERS:
        shutil.copytree(PROJECT_ROOT / name, root / name, ignore=ignored)
    for name in FILES:
        shutil.copyfile(PROJECT_ROOT / name, root / name)
    written(root / "ingestion" / "sources" / "tides", PROVIDER)
    written(root / "dbt_project" / "models" / "staging" / "tides", STAGING)
    (root / "in").mkdir()
    (root / "in" / "tides.csv").write_text("harbour;at;height\nBREST;20260301060000;4.2\nBREST;20260301070000;high\n")
    return root


def run(clone: Path, *arguments: str, **changed: str) -> subprocess.CompletedProcess[str]:
    """Python in the clone, whose packages come before the installed ones."""
    variables = {
        "PYTHONPATH": str(clone),
        "ISOBAR_DATA_DIR": str(clone / "data"),
        "ISOBAR_NOW": "2026-03-01T08:00:00",
        "ISOBAR_TIDES_KEY": "marked-key",
        "ISOBAR_ELEMENTARY": "off",
        "DLT_PROJECT_DIR": str(clone),
        "COLUMNS": "200",
    }
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        cwd=clone,
        env={**os.environ, **variables, **changed},
        check=False,
    )


def isobar(clone: Path, *arguments: str, **changed: str) -> subprocess.CompletedProcess[str]:
    return run(clone, "-m", "isobar.cli", *arguments, **changed)


def test_a_provider_is_its_folder_and_its_staging(clone: Path) -> None:
    assert "tides" in isobar(clone, "load", "--help").stdout
    assert isobar(clone, "setup").returncode == 0
    loaded = isobar(clone, "--json", "load", "tides", "--from", str(clone / "in"))
    assert json.loads(loaded.stdout)["tables"]["heights"]["appended_row_count"] == 2, loaded.stderr
    status = json.loads(isobar(clone, "--json", "status").stdout)
    assert {each["source"]: each["rows"] for each in status["sources"]}["tides"] == 2
    assert [(each["api"], each["day_left"]) for each in status["budgets"]] == [("tides", 70)]
    for command in (
        ("build", "--select", "source:raw_tides+"),
        ("source", "freshness", "--select", "source:raw_tides"),
    ):
        done = run(clone, "-m", "dbt.cli.main", *command, "--project-dir", "dbt_project")
        assert done.returncode == 0 and "tides" in done.stdout, done.stdout
    macro = (clone / "dbt_project" / "macros" / "weather_sources.sql").read_text()
    assert "'tides': {'observations_per_day': 24, 'has_days': False}" in macro
    schedule = "from isobar.runs.schedules import schedules; print(*(s for s in schedules() if s.source == 'tides'))"
    assert "overdue_after_hours=3" in run(clone, "-c", schedule).stdout
    with duckdb.connect(str(clone / "data" / "warehouse.duckdb"), read_only=True) as warehouse:
        assert warehouse.execute('select height from raw_tides.heights order by "at"').fetchall() == [
            (4.2,),
            (None,),
        ]
        assert warehouse.execute("select count(*) from raw_tides.rejects").fetchall() == [(1,)]


def test_the_app_shows_its_name_and_licence(clone: Path) -> None:
    publish = """
from isobar.publish.duckdb import publish
from isobar.settings import Settings
from isobar.warehouse import bookkeeping
settings = Settings.from_environment()
bookkeeping.prepare(settings)
publish(settings, [], "build")
"""
    published = run(clone, "-c", publish)
    assert published.returncode == 0, published.stderr
    show = """
import sys
from pathlib import Path
from repository import DuckDBRepository
from shared.sources import sources
found = sources(DuckDBRepository(Path(sys.argv[1])), "real")
print(found.attribution("en", ["tides"]), found.name("fr", "tides"), sep=" | ")
"""
    shown = run(clone, "-c", show, str(clone / "data" / "marts.duckdb"), PYTHONPATH=str(PROJECT_ROOT / "streamlit"))
    assert shown.stdout.strip() == "Tides of harbours (Tides' terms) | Marées des ports", shown.stderr


def test_its_settings_are_refused_by_name(clone: Path) -> None:
    refused = isobar(clone, "status", ISOBAR_TIDES_BUDGET="many")
    assert refused.returncode == 2 and "ISOBAR_TIDES_BUDGET=many is not a budget" in refused.stderr


def test_a_checkout_that_moved_reads_its_own_seeds(clone: Path, tmp_path: Path) -> None:
    """dbt's cached parse in the data folder names the folder of each seed."""
    parse = """
from isobar.settings import Settings
from isobar.warehouse import dbt
settings = Settings.from_environment()
with dbt.project_environment(settings):
    nodes = dbt.Project(settings).manifest.nodes.values()
print(*{node.root_path for node in nodes if node.resource_type == "seed"})
"""
    first, moved = tmp_path / "first", tmp_path / "moved"
    shutil.copytree(clone, first, ignore=shutil.ignore_patterns("data"))
    shutil.copytree(first / "dbt_project" / "dbt_stubs", first / "dbt_project" / "dbt_packages", dirs_exist_ok=True)
    data = str(tmp_path / "data")
    assert run(first, "-c", parse, ISOBAR_DATA_DIR=data).stdout.split() == [str(first / "dbt_project")]
    first.rename(moved)
    assert run(moved, "-c", parse, ISOBAR_DATA_DIR=data).stdout.split() == [str(moved / "dbt_project")]
