"""`isobar load openweather` as its user runs it: exit codes, budgets, a kill in the middle, and a key that shows nowhere."""

from __future__ import annotations

import gzip
import itertools
import json
import logging
import os
import signal
import subprocess
import sys
import time
import traceback
from pathlib import Path

import duckdb
import pytest

from ingestion.load import LoadError, load
from ingestion.registry import SOURCES
from isobar.health.alerts import all_open
from isobar.health.status import status as read_status
from isobar.runs.ledger import Ledger, RunCalls
from isobar.settings import PROJECT_ROOT, Settings
from isobar.warehouse import dbt
from tests.openweather.conftest import query
from tests.openweather.provider import KEY, Provider, weather


def environment(keyed: Settings, **changed: str) -> dict[str, str]:
    return {
        **os.environ,
        **keyed.environment(),
        "ISOBAR_OPENWEATHER_KEY": KEY,
        **changed,
    }


def isobar(keyed: Settings, *arguments: str, **changed: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "isobar.cli", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, env=environment(keyed, **changed), cwd=PROJECT_ROOT, check=False
    )


def texts_of(warehouse: Path) -> str:
    """Every text in every table: a database file may hold it compressed."""
    with duckdb.connect(str(warehouse), read_only=True) as session:
        tables = session.execute("select table_schema, table_name from information_schema.tables").fetchall()
        return "".join(str(session.execute(f'select * from "{schema}"."{name}"').fetchall()) for schema, name in tables)


def assert_hidden(keyed: Settings) -> None:
    """The key is in no file of the data folder (lake, ledger, dlt's state and traces, dbt's logs), and in no table."""
    assert KEY not in texts_of(keyed.warehouse)
    files = [path for path in keyed.data_dir.rglob("*") if path.is_file()]
    written = {path.relative_to(keyed.data_dir).parts[0] for path in files}
    assert written >= {"ledger.jsonl", keyed.pipelines_dir.name}
    assert [path.name for path in files if KEY.encode() in unpacked(path)] == []


def unpacked(path: Path) -> bytes:
    """A file's bytes, decompressed where they are compressed."""
    content = path.read_bytes()
    return gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content


def test_the_key_shows_nowhere(keyed: Settings, provider: Provider) -> None:
    """With a provider that echoes it in answers and errors, and everything that can log logging."""

    def echo(endpoint: str, asked: dict[str, str]) -> tuple[int, bytes] | None:
        if (endpoint, asked.get("lat")) == ("weather", "40.0"):
            return 200, json.dumps(weather(40, 2.5, name=f"Paris {KEY}")).encode()
        if (endpoint, asked.get("lat")) == ("weather", "41.0"):
            return 404, KEY.encode()
        if (endpoint, asked.get("lat")) == ("forecast", "41.0"):
            return 200, f"<html>{KEY}".encode()
        return None

    provider.fault = echo
    dlt_logs = {"RUNTIME__LOG_LEVEL": "DEBUG"}
    done = isobar(keyed, "--debug", "--json", "load", "openweather", **dlt_logs)
    assert done.returncode == 0, done.stderr
    assert query(keyed, "select name from raw_openweather.current where city_key = 'town-0-fr'") == [("Paris ***",)]
    provider.fault = lambda endpoint, asked: (401, KEY.encode())
    failed = isobar(keyed, "--debug", "load", "openweather", ISOBAR_NOW="2026-03-01T09:30:00", **dlt_logs)
    assert failed.returncode == 1 and "Traceback" in failed.stderr and "the key is not accepted" in failed.stderr
    assert KEY not in done.stdout + done.stderr + failed.stdout + failed.stderr
    assert_hidden(keyed)
    assert all(asked.get("appid") == KEY for _, asked in provider.requests)


FAULTS = {
    "unknown": (404, f'{{"message": "{KEY}"}}'.encode()),
    "refused": (401, f'{{"message": "Invalid API key {KEY}"}}'.encode()),
    "redirected": (302, KEY.encode()),
    "broken off": (0, b""),
    "down": (503, KEY.encode()),
    "page": (200, f"<html>{KEY}".encode()),
    "message": (200, f'{{"cod": 400, "message": "{KEY} is blocked"}}'.encode()),
    "no json": (200, f'{{"{KEY}": NaN, "{KEY}": 1'.encode()),
    "twice": (200, f'{{"{KEY}": 1, "{KEY}": 2}}'.encode()),
}


def test_no_failure_shows_the_key(keyed: Settings, provider: Provider, caplog: pytest.LogCaptureFixture) -> None:
    """Neither the message, nor the traceback with all its causes, nor what a library logs: all at once, then each alone."""
    caplog.set_level(logging.DEBUG)
    several = dict(
        zip(
            itertools.product(("weather", "forecast", "air_pollution"), ("40.0", "41.0", "42.0")),
            FAULTS.values(),
            strict=True,
        )
    )
    provider.fault = lambda endpoint, asked: several.get((endpoint, asked["lat"]))
    with Ledger(keyed).run("load", source="openweather") as run:
        summary = load(SOURCES["openweather"], keyed, calls=RunCalls(Ledger(keyed), run))
    assert summary.failed >= len(several) == 9 and KEY not in str(summary.as_dict())
    for name, fault in FAULTS.items():
        provider.fault = lambda endpoint, asked, fault=fault: fault
        with pytest.raises(LoadError) as failed:
            load(SOURCES["openweather"], keyed)
        assert KEY not in "".join(traceback.format_exception(failed.value)), name
    assert KEY not in caplog.text and sum(record.name.startswith("urllib3") for record in caplog.records) > 100
    assert_hidden(keyed)
    assert all(asked.get("appid") == KEY for _, asked in provider.requests)


@pytest.mark.long
def test_a_build_does_not_show_the_key(keyed: Settings, provider: Provider) -> None:
    """dbt writes logs, compiled SQL, run results, and could write the variables of its environment."""
    dbt.ensure_packages(keyed)
    assert isobar(keyed, "load", "openweather").returncode == 0
    built = isobar(keyed, "--debug", "build", DBT_EXCLUDE_RESOURCE_TYPES="unit_test", DBT_DEBUG="1")
    assert built.returncode == 0, built.stderr
    assert KEY not in built.stdout + built.stderr
    assert (keyed.data_dir / "logs" / "dbt.log").exists() and keyed.marts.exists()
    assert_hidden(keyed)


def test_without_a_key_one_line_and_exit_2(keyed: Settings, provider: Provider) -> None:
    done = isobar(keyed, "load", "openweather", ISOBAR_OPENWEATHER_KEY="")
    if (PROJECT_ROOT / ".dlt" / "secrets.toml").exists():
        pytest.skip("this checkout has a secrets.toml")
    assert done.returncode == 2 and provider.requests == []
    assert (
        done.stderr.startswith("isobar: OpenWeather needs a key: set ISOBAR_OPENWEATHER_KEY")
        and done.stderr.count("\n") == 1
    )


def test_above_the_share_of_failures_exit_3(keyed: Settings, provider: Provider) -> None:
    provider.fault = lambda endpoint, asked: (404, b"") if endpoint == "weather" else None
    done = isobar(keyed, "load", "openweather")
    assert done.returncode == 3 and "9 of 12 requests answered" in done.stdout


def test_budgets_left_are_shown_and_a_plan_beyond_them_is_refused(keyed: Settings, provider: Provider) -> None:
    budget = {"ISOBAR_OPENWEATHER_BUDGET": "60/minute,20/day"}
    assert isobar(keyed, "load", "openweather", **budget).returncode == 0
    status = json.loads(isobar(keyed, "--json", "status", **budget).stdout)
    (left,) = status["budgets"]
    assert (left["api"], left["minute_left"], left["day_left"], left["month_left"]) == ("openweather", 48, 8, None)
    assert "calls left 48 this minute, 8 today" in isobar(keyed, "status", **budget).stdout
    provider.requests.clear()
    refused = isobar(keyed, "load", "openweather", ISOBAR_NOW="2026-03-01T09:30:00", **budget)
    assert refused.returncode == 1 and provider.requests == []
    assert (
        "3 cities x 4 answers = 12 calls" in refused.stderr and "used 12 of 20 this day: 4 too many" in refused.stderr
    )


@pytest.mark.parametrize("after", [2, 8])
def test_a_kill_in_the_middle_leaves_nothing_half_made_and_no_call_uncounted(
    keyed: Settings, provider: Provider, after: int
) -> None:
    provider.fault = lambda endpoint, asked: time.sleep(0.2)
    running = subprocess.Popen(
        [sys.executable, "-m", "isobar.cli", "load", "openweather"],
        env=environment(keyed),
        cwd=PROJECT_ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 120  # to import alone takes half a minute where many share the processor
    while len(provider.requests) < after and time.monotonic() < deadline:
        time.sleep(0.01)
    running.send_signal(signal.SIGKILL)
    running.wait()
    made = len(provider.requests)
    assert made >= after
    (counted,) = [event for event in Ledger(keyed).events() if event["event"] == "calls"]
    assert counted["count"] >= made
    assert [(run.command, run.outcome) for run in read_status(keyed).failed_runs] == [("load openweather", "killed")]
    assert [change.alert.title for change in all_open(keyed).changes] == ["load openweather killed"]
    assert list(keyed.lake.glob("raw/openweather/*/*/.landing-*")) == []
    provider.fault = lambda endpoint, asked: None
    done = isobar(keyed, "load", "openweather")
    assert done.returncode == 0, done.stderr
    assert query(keyed, "select count(*), count(distinct city_key) from raw_openweather.current") == [(3, 3)]
    assert query(keyed, "select count(*) from raw_openweather.forecasts") == [(120,)]
