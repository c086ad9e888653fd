"""What `isobar alerts` reads, made by hand: a health file, published vigilance, runs in the ledger; and a webhook on loopback."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import duckdb
import yaml

from isobar.publish import snowflake as swap
from isobar.runs.ledger import Ledger, Run
from isobar.settings import PROJECT_ROOT, Settings

NOW = datetime(2026, 3, 1, 6, 30)

STORE = "postgresql://isobar@db.example.org/weather_dw"

HEALTH_YAML = PROJECT_ROOT / "dbt_project" / "models" / "marts" / "health" / "_health__models.yml"
HEALTH_COLUMNS = {
    model["name"]: {column["name"]: column["data_type"] for column in model["columns"]}
    for model in yaml.safe_load(HEALTH_YAML.read_text(encoding="utf-8"))["models"]
    if model["name"] != "fct_pipeline_runs"  # alerts read the ledger
} | {"health": dict(column.split() for column in swap.HEALTH_COLUMNS.split(","))}

VIGILANCE = {
    "domain_id": "varchar",
    "domain_kind": "varchar",
    "department_code": "varchar",
    "phenomenon_id": "varchar",
    "phenomenon_name_en": "varchar",
    "colour": "varchar",
    "colour_number": "bigint",
    "updated_at": "timestamp",
    "valid_from_at": "timestamp",
    "valid_to_at": "timestamp",
}
Row = dict[str, Any]


def source(name: str = "synop", **changed: Any) -> Row:
    """One that is up to date: polled every 3 h, overdue after 9."""
    return {
        "source": name,
        "is_scheduled": True,
        "cadence_hours": 3,
        "overdue_after_hours": 9,
        "last_load_at": NOW - timedelta(hours=1),
        "last_load_outcome": "done",
        "last_new_rows_at": NOW - timedelta(hours=1),
        "newest_observed_at": NOW - timedelta(minutes=30),
        "overdue_table": "observations",
        "overdue_at": NOW + timedelta(hours=8),
    } | changed


OVERDUE = {"last_new_rows_at": NOW - timedelta(hours=10), "overdue_at": NOW - timedelta(hours=1)}


def station(number: int = 7510, name: str = "Bordeaux", *, is_silent: bool = True, **changed: Any) -> Row:
    return {
        "location_id": f"wmo:{number:05}",
        "source": "synop",
        "location_name": name,
        "newest_observed_at": datetime(2026, 2, 27, 12) if is_silent else NOW,
        "silent_after_at": datetime(2026, 2, 28) if is_silent else NOW + timedelta(hours=9),
        "is_silent": is_silent,
    } | changed


def dbt_test(name: str, status: str, *, is_monitor: bool = False, **changed: Any) -> Row:
    return {
        "unique_id": f"test.isobar.{name}",
        "node_name": name,
        "node_type": "test",
        "model_name": "fct_daily_weather",
        "status": status,
        "is_failure": status in ("fail", "error"),
        "is_warning": status == "warn",
        "is_anomaly": is_monitor and status in ("warn", "fail"),
        "is_monitor": is_monitor,
    } | changed


def budget(**changed: Any) -> Row:
    """Near its end with a tenth of its calls."""
    told = {"api": "openweather", "key_hash": "0123abcd", "period": "day", "call_limit": 100} | changed
    return told | {"low_calls_left": None if told["period"] == "minute" else told["call_limit"] // 10}


def write_health(
    settings: Settings,
    *,
    sources: list[Row] | None = None,
    stations: list[Row] | None = None,
    tests: list[Row] | None = None,
    budgets: list[Row] | None = None,
    **build: Any,
) -> None:
    """A health file as the contract has it, by rename."""
    told = {"written_at": NOW, "build_outcome": "done", "warehouse_kind": "real", "published_at": NOW} | build
    rows = dict(zip(HEALTH_COLUMNS, (sources, stations, tests, budgets, [told]), strict=True))
    _write(settings.health, HEALTH_COLUMNS, rows)


def write_vigilance(settings: Settings, *rows: Row) -> None:
    """Published marts with nothing but vigilance; each row in force from NOW - 2 h to NOW + 10 h unless it says otherwise."""
    usual = {
        "domain_id": "33",
        "domain_kind": "department",
        "department_code": "33",
        "phenomenon_id": "2",
        "phenomenon_name_en": "rain and flood",
        "updated_at": NOW - timedelta(hours=2),
        "valid_from_at": NOW - timedelta(hours=2),
        "valid_to_at": NOW + timedelta(hours=10),
    }
    numbers = {"green": 1, "yellow": 2, "orange": 3, "red": 4}
    told = [usual | row | {"colour_number": numbers.get(row["colour"])} for row in rows]
    _write(settings.marts, {"fct_vigilance": VIGILANCE}, {"fct_vigilance": told})


def _write(path: Any, tables: dict[str, dict[str, str]], rows: dict[str, list[Row] | None]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    staged = path.with_suffix(".staged")
    with duckdb.connect(str(staged)) as session:
        for name, columns in tables.items():
            session.execute(
                f"create table {name} ({', '.join(f'{column} {kind}' for column, kind in columns.items())})"
            )
            for row in rows[name] or []:
                names = ", ".join(row)
                session.execute(
                    f"insert into {name} ({names}) values ({', '.join('?' * len(row))})", list(row.values())
                )
    os.replace(staged, path)


def ran(settings: Settings, command: str, outcome: str | None, at: datetime = NOW, **told: Any) -> None:
    """A run in the ledger; without an outcome it never ended. `source`, `is_fetched` go to its start, what is left to its end."""
    ledger = Ledger(replace(settings, clock=at))
    run = Run(f"{command}-{at.isoformat()}-{told}", command)
    ledger.write(run, "started", **{name: told.pop(name) for name in ("source", "is_fetched") if name in told})
    if outcome:
        ledger.write(run, "finished", outcome=outcome, **told)


def delivery(published_at: datetime | None, error: str | None = None, outlet: str = STORE) -> Row:
    """What a delivery tells of a store."""
    publication_id = published_at and f"{published_at:%Y%m%d%H}"
    at = published_at and published_at.isoformat()
    return {"outlet": outlet, "publication_id": publication_id, "published_at": at, "error": error}


def fetched(settings: Settings, at: datetime = NOW, source: str = "synop", rows: int = 3) -> None:
    """A load over the network that brought so many rows."""
    counts = {"observations": {"appended_row_count": rows}}
    ran(settings, "load", "done", at, source=source, is_fetched=True, tables=counts)


def called(settings: Settings, at: datetime, count: int) -> None:
    """Calls to OpenWeather in the ledger, with the key of `budget`."""
    Ledger(settings).write(Run("poll", "load"), "calls", at, api="openweather", key="0123abcd", count=count)


@dataclass
class Webhook:
    """Answers with `statuses` one after the other, the last one for ever; keeps what was posted with 200."""

    url: str = ""
    statuses: list[int] = field(default_factory=lambda: [200])
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    taken: list[Any] = field(default_factory=list)

    @property
    def secret(self) -> str:
        return self.url.rsplit("/", 1)[1]


@contextmanager
def webhook_server() -> Iterator[Webhook]:
    hook = Webhook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            hook.asked.append(self.path)
            status = hook.statuses.pop(0) if len(hook.statuses) > 1 else hook.statuses[0]
            if status == 200:
                assert self.headers["Content-Type"] == "application/json"
                hook.taken.append(json.loads(body))
            answer = f"no: {self.path}".encode()  # a server may echo the secret
            self.send_response(status)
            for name, value in {**hook.headers, "Content-Length": str(len(answer))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        def do_GET(self) -> None:
            hook.asked.append(f"GET {self.path}")
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hook.url = f"http://127.0.0.1:{server.server_port}/services/T0/B0/marked-secret-0123456789"
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield hook
    finally:
        server.shutdown()
        server.server_close()
