"""Health files, built from code with the columns that the models' YAML promises: one of a good morning, one of a bad one."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pandas as pd
import yaml

MODELS = Path(__file__).resolve().parents[2] / "dbt_project" / "models" / "marts" / "health" / "_health__models.yml"
COLUMNS = {
    model["name"]: ", ".join(f"{column['name']} {column['data_type']}" for column in model["columns"])
    for model in yaml.safe_load(MODELS.read_text(encoding="utf-8"))["models"]
}
BUILD_COLUMNS = (
    "written_at timestamp, build_outcome text, build_error text, warehouse_kind text, publication_id text,"
    " published_at timestamp"
)
"""Of table `health`, which `isobar/health/snapshot.py` writes."""

NOW = datetime(2026, 11, 20, 10, 0)
BUILT = NOW - timedelta(hours=1)
PLACE_COUNT = 190
SILENT = ("wmo:07000", "wmo:07001", "wmo:07002", "wmo:07003")
"""In the troubled file, of the source that is not overdue."""

Row = dict[str, object]


@dataclass
class Health:
    """The rows of each table, by column; columns left out are null."""

    build: Row
    tables: dict[str, list[Row]] = field(default_factory=lambda: {name: [] for name in COLUMNS})


def source(name: str, *, overdue_at: datetime | None, loaded_at: datetime = BUILT, **more: object) -> Row:
    """A source that is scheduled where it has a time from which it is overdue."""
    return {
        "source": name,
        "is_scheduled": overdue_at is not None,
        "cadence_hours": 24 if overdue_at else None,
        "overdue_after_hours": 36 if overdue_at else None,
        "last_load_at": loaded_at,
        "last_load_outcome": "done",
        "last_loaded_at": loaded_at,
        "appended_row_count": 1200,
        "last_new_rows_at": loaded_at,
        "newest_observed_at": loaded_at - timedelta(hours=1),
        "overdue_table": "observations" if overdue_at else None,
        "overdue_at": overdue_at,
        "last_published_at": BUILT,
        "location_count": 0,
        "silent_location_count": 0,
    } | more


def station(number: int, name: str, newest: datetime, *, is_silent: bool = False) -> Row:
    return {
        "location_id": f"wmo:{7000 + number:05d}",
        "source": name,
        "location_name": f"STATION {number}",
        "newest_observed_at": newest,
        "report_count": 240,
        "typical_gap_hours": 3.0,
        "long_gap_hours": 3.0,
        "silent_after_at": newest + timedelta(hours=12),
        "source_newest_observed_at": BUILT,
        "is_silent": is_silent,
    }


def run(number: int, command: str, name: str | None, outcome: str = "done", *, is_unresolved: bool = False) -> Row:
    began = NOW - timedelta(days=2) + timedelta(hours=number)
    return {
        "run_id": f"run-{number}",
        "run_number": number,
        "command": command,
        "source": name,
        "is_fetched": True,
        "started_at": began,
        "finished_at": None if outcome == "unfinished" else began + timedelta(seconds=30),
        "outcome": outcome,
        "seconds": None if outcome == "unfinished" else 30.0,
        "appended_row_count": 1200 if command == "load" and outcome == "done" else None,
        "is_unresolved": is_unresolved,
    }


def node(name: str, status: str = "pass", *, is_monitor: bool = False, message: str | None = None) -> Row:
    return {
        "unique_id": f"test.isobar.{name}",
        "node_name": name,
        "node_type": "test",
        "model_name": "fct_daily_weather",
        "status": status,
        "is_failure": status in ("fail", "error"),
        "is_warning": status == "warn",
        "is_anomaly": is_monitor and status in ("warn", "fail"),
        "failure_count": 3 if status in ("fail", "warn") else 0,
        "message": message,
        "is_monitor": is_monitor,
    }


def budget(period: str, limit: int, used: int, counted_at: datetime = BUILT) -> Row:
    day = datetime(counted_at.year, counted_at.month, counted_at.day)
    ends = {"day": day + timedelta(days=1), "month": (day.replace(day=1) + timedelta(days=32)).replace(day=1)}
    return {
        "api": "openweather",
        "key_hash": "1a2b3c",
        "period": period,
        "call_limit": limit,
        "call_count": used,
        "calls_left": limit - used,
        "low_calls_left": limit // 10 if period in ends else None,
        "period_ends_at": ends.get(period),
        "counted_at": counted_at,
    }


def good(kind: str = "real") -> Health:
    """Every source on time, every place reporting, every test passed."""
    made = Health(
        {
            "written_at": BUILT,
            "build_outcome": "done",
            "warehouse_kind": kind,
            "publication_id": "pub-good",
            "published_at": BUILT,
        }
    )
    made.tables["agg_pipeline_health"] = [
        source("synop", overdue_at=NOW + timedelta(hours=20), location_count=PLACE_COUNT),
        source("openweather", overdue_at=NOW + timedelta(hours=11)),
        source("climat", overdue_at=None),
        source("climatology", overdue_at=None)
        | dict.fromkeys(("last_load_at", "last_load_outcome", "last_new_rows_at", "newest_observed_at")),
    ]
    made.tables["agg_location_freshness"] = [station(n, "synop", BUILT) for n in range(PLACE_COUNT)]
    made.tables["fct_pipeline_runs"] = [run(1, "load", "synop"), run(2, "load", "openweather"), run(3, "build", None)]
    made.tables["fct_pipeline_tests"] = [node(f"test_{n}") for n in range(40)] + [node("volume", is_monitor=True)]
    made.tables["agg_api_budgets"] = [
        budget("minute", 60, 60),
        budget("day", 32_000, 120),
        budget("month", 1_000_000, 9_000),
    ]
    return made


def troubled() -> Health:
    """A build that failed over a test, a source overdue, silent places, a killed load, a monitor, a budget at its end."""
    made = good()
    made.build |= {
        "build_outcome": "failed",
        "build_error": "1 of 41 tests failed; nothing was published\nunique_fct_daily_weather: 3 rows",
        "published_at": NOW - timedelta(days=3),
    }
    made.tables["agg_pipeline_health"] = [
        source("climat", overdue_at=None),
        source(
            "openweather", overdue_at=NOW - timedelta(hours=5), loaded_at=NOW - timedelta(hours=17), location_count=15
        ),
        source(
            "synop", overdue_at=NOW + timedelta(hours=20), location_count=PLACE_COUNT, silent_location_count=len(SILENT)
        ),
    ]
    made.tables["agg_location_freshness"] = [
        station(n, "synop", BUILT - timedelta(hours=40 - n), is_silent=True)
        if f"wmo:{7000 + n:05d}" in SILENT
        else station(n, "synop", BUILT)
        for n in range(PLACE_COUNT)
    ] + [station(500 + n, "openweather", NOW - timedelta(hours=17)) for n in range(15)]
    made.tables["fct_pipeline_runs"] = [
        run(1, "load", "synop"),
        run(2, "load", "openweather"),
        run(3, "load", "openweather", "unfinished", is_unresolved=True),
        run(4, "load", "meteofrance_vigilance", "failed"),  # it lacks a key that it never had
        run(5, "build", None, "failed", is_unresolved=True),
    ]
    made.tables["fct_pipeline_tests"] = [
        node("unique_fct_daily_weather", "fail", message="Got 3 results, configured to fail if != 0"),
        node("raw_synop_observations_volume", "warn", is_monitor=True, message="row count 12, expected 480"),
        *(node(f"test_{n}") for n in range(30)),
        *(node(f"later_{n}", "skipped") for n in range(9)),
    ]
    made.tables["agg_api_budgets"] = [budget("day", 32_000, 31_000), budget("month", 1_000_000, 90_000)]
    return made


def publish_health(folder: Path, made: Health, *, without: Iterable[str] = ()) -> Path:
    """Write `folder/health.duckdb` as `isobar build` does: beside it first, then renamed over the one before."""
    folder.mkdir(parents=True, exist_ok=True)
    staged = folder / "health.tmp"
    staged.unlink(missing_ok=True)
    with duckdb.connect(str(staged)) as connection:
        connection.execute(f"create table health ({BUILD_COLUMNS})")
        build = pd.DataFrame([made.build])
        assert len(build) == 1
        connection.execute("insert into health by name select * from build")
        for name, columns in COLUMNS.items():
            if name in without:
                continue
            connection.execute(f"create table {name} ({columns})")
            rows = pd.DataFrame(made.tables[name])
            if len(rows):
                connection.execute(f"insert into {name} by name select * from rows")
    health = folder / "health.duckdb"
    os.replace(staged, health)
    return health
