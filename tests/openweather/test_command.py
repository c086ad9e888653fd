"""`isobar load openweather` as its user runs it: exit codes, budgets, a kill in the middle, and a key that shows nowhere."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from isobar.ledger import Ledger
from isobar.settings import PROJECT_ROOT, Settings
from isobar.status import status as read_status
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
    shown = done.stdout + done.stderr + failed.stdout + failed.stderr + texts_of(keyed.warehouse)
    assert KEY not in shown
    files = [path for path in keyed.data_dir.rglob("*") if path.is_file()]
    assert len(files) > 10 and [path.name for path in files if KEY.encode() in path.read_bytes()] == []
    assert any("appid" in asked and asked["appid"] == KEY for _, asked in provider.requests)


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
    deadline = time.monotonic() + 30
    while len(provider.requests) < after and time.monotonic() < deadline:
        time.sleep(0.01)
    running.send_signal(signal.SIGKILL)
    running.wait()
    made = len(provider.requests)
    assert made >= after
    (counted,) = [event for event in Ledger(keyed).events() if event["event"] == "calls"]
    assert counted["count"] >= made
    assert (read_status(keyed).unfinished or "").startswith("load started")
    assert list(keyed.lake.glob("raw/openweather/*/*/.landing-*")) == []
    provider.fault = lambda endpoint, asked: None
    done = isobar(keyed, "load", "openweather")
    assert done.returncode == 0, done.stderr
    assert query(keyed, "select count(*), count(distinct city_key) from raw_openweather.current") == [(3, 3)]
    assert query(keyed, "select count(*) from raw_openweather.forecasts") == [(120,)]
