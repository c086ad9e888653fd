"""The ledger once pruned: everything that is told by it is told as before, and nothing is lost to a kill."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import duckdb
import pytest

from ingestion.http.budget import key_hash
from isobar.health import metrics
from isobar.health.damage import damaged_files
from isobar.health.judgement import judge
from isobar.health.snapshot import _runs
from isobar.health.status import status
from isobar.jobs.prune import prune
from isobar.runs.last import run_state
from isobar.runs.ledger import PRUNED, Ledger, Run
from isobar.runs.lock import LockedError, writing
from isobar.settings import Budget, Settings
from tests import own
from tests.alerts.stage import OVERDUE, budget, source, write_health

NOW = datetime(2026, 3, 20, 12)
SOURCES = ("synop", "climat", "openweather")


class Written:
    """Runs of the past, each as `Ledger.run` writes it, in the order in which they are written."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.number = settings, 0

    def runs(
        self, command: str, at: datetime, outcome: str | None = "done", part_of: Run | None = None, **told: Any
    ) -> Run:
        self.number += 1
        ledger, run = Ledger(replace(self.settings, clock=at)), Run(f"{self.number:04}", command)
        begins = {name: told.pop(name) for name in ("source", "is_fetched") if name in told}
        calls = told.pop("calls", 0)
        ledger.write(run, "started", **begins, **({"part_of": part_of.run_id} if part_of else {}))
        if calls:
            ledger.write(run, "calls", api="openweather", key=key_hash("marked"), count=calls)
        if outcome:
            figures = {"refused": [], "asked": 0, "failed": 0, "newest_observed_at": None} if begins else {}
            ledger.write(run, "finished", seconds=1.5, outcome=outcome, **figures, **told)
        return run


def counts(rows: int, stored: int | None) -> dict[str, dict[str, object]]:
    told = {"appended_row_count": rows, "rejected_cell_count": 0}
    return {"observations": told if stored is None else told | {"stored_row_count": stored}}


def a_past(settings: Settings, seed: int) -> None:
    """Some 60 runs of two years, as chance has it, the last of this month."""
    chance, written = random.Random(seed), Written(settings)
    knows_rows = seed % 2 == 0  # else an older version has written all of it
    stored = 0
    for number in range(60):
        at = NOW - timedelta(days=(60 - number) * 12, hours=chance.randrange(5))
        outcome = chance.choice(["done", "done", "done", "failed", None])
        what = chance.random()
        if what < 0.6:
            name, rows = chance.choice(SOURCES), chance.choice([0, 0, 5])
            stored += rows
            told = {"error": chance.choice(["LoadError", "SettingsError"])} if outcome == "failed" else {}
            tables = counts(rows, stored if knows_rows else None)
            is_fetched = chance.random() < 0.7
            calls = chance.choice([0, 20]) if name == "openweather" else 0
            written.runs("load", at, outcome, source=name, is_fetched=is_fetched, tables=tables, calls=calls, **told)
        elif what < 0.9:
            dbt = {"dbt": {"tests": {"pass": number}}} if chance.random() < 0.5 else {}
            written.runs("build", at, outcome, publication={"row_count": number}, **dbt)
        else:
            whole = Run(f"whole {number}", "rebuild")
            ledger = Ledger(replace(settings, clock=at))
            ledger.write(whole, "started")
            written.runs("load", at, "done", whole, source="synop", is_fetched=False, tables=counts(5, 5))
            if chance.random() < 0.5:
                written.runs("build", at, outcome, whole, publication={"row_count": number})
            if outcome:
                ledger.write(whole, "finished", outcome=outcome)


def told(settings: Settings) -> dict[str, object]:
    """All that anybody is told by the ledger."""
    metrics.write(settings)
    runs, state = _runs(settings)[0], run_state(settings)
    loads = [row for row in runs if row[2] == "load" and row[7] == "done"]
    found, judgement = status(settings), judge(settings)
    return {
        "status": {**found.as_dict(), "failed_runs": sorted(map(str, found.failed_runs))},
        "metrics": settings.metrics.read_text(),
        "unpublished": state.unpublished,
        "findings": {key: (each.verdict, each.since, each.last_good_at) for key, each in judgement.findings.items()},
        "appended": {run.words: {table: at for table, (at, _) in run.appended.items()} for run in state.last},
        "steps": [(run.words, run.is_loaded) for run in state.last],
        # what the models of health make of runs: int_source_tables_delivered, int_loads_published, agg_pipeline_health
        "first fetched": {name: min((row[6] for row in loads if row[3] == name and row[4]), default=None) for name in SOURCES},
        "first loaded": {name: min((row[5] for row in loads if row[3] == name), default=None) for name in SOURCES},
        "last done": {row[3]: row[5:] for row in loads},
        "unresolved": [row[0] for row in runs if row[-1]],
    }  # fmt: skip


@pytest.fixture
def past(settings: Settings) -> Settings:
    return own.openweather(replace(settings, clock=NOW), environment_key="marked", budget=Budget(day=100, month=100))


@pytest.mark.parametrize("seed", range(3))
def test_all_that_is_told_by_the_ledger_is_told_without_the_runs_that_went(past: Settings, seed: int) -> None:
    a_past(past, seed)
    write_health(
        past, sources=[source(name, **OVERDUE) for name in SOURCES], budgets=[budget(key_hash=key_hash("marked"))]
    )
    before, size = told(past), past.ledger.stat().st_size
    shown = prune(past, ["ledger"], 0)
    assert told(past) == before and past.ledger.stat().st_size == size
    done = prune(past, ["ledger"], 0, apply=True).classes["ledger"]
    found = shown.classes["ledger"]
    assert (done.count, done.byte_count) == (found.count, found.byte_count) and done.count > 0
    after = told(past)
    for each in (before, after):  # the run that pruned is a run too
        each["metrics"] = sorted(line for line in str(each["metrics"]).splitlines() if "prune" not in line)
        each["findings"] = {key: value for key, value in each["findings"].items() if "prune" not in key}
        each["appended"].pop("prune", None)
        each["steps"] = sorted(step for step in each["steps"] if step[0] != "prune")
    assert after == before
    assert past.ledger.stat().st_size < size
    again = prune(past, ["ledger"], 0, apply=True).classes["ledger"]
    assert again.count == 0
    assert sum(event["event"] == PRUNED for event in Ledger(past).events()) == 1


def test_calls_count_towards_the_month_though_their_run_is_gone(past: Settings) -> None:
    written = Written(past)
    for days, calls in ((40, 7), (10, 30), (2, 5), (1, 2)):
        at = NOW - timedelta(days=days)
        written.runs("load", at, source="openweather", is_fetched=True, tables=counts(1, days), calls=calls)
    written.runs("build", NOW - timedelta(hours=1), publication={"row_count": 1})
    assert prune(past, ["ledger"], 0, apply=True).classes["ledger"].count == 1 + 2 + 2  # the first and the last stay
    ledger = Ledger(past)
    assert [count for _, count in ledger.calls("openweather", key_hash("marked"))] == [30, 5, 2]
    assert "0002" not in ledger.read().runs and status(past).budgets[0].month_left == 100 - 37


@pytest.mark.parametrize("days", [400, 401])
def test_a_run_goes_after_its_days(past: Settings, days: int) -> None:
    written = Written(past)
    for age in (days, 1):
        written.runs("setup", NOW - timedelta(days=age, minutes=-1))
    assert prune(past, ["ledger"]).classes["ledger"].count == (2 if days == 401 else 0)


def test_health_lists_runs_that_were_pruned_and_the_ledger_is_not_called_damaged(past: Settings) -> None:
    a_past(past, 2)
    runs, _ = _runs(past)
    with duckdb.connect(str(past.health)) as health:
        health.execute("create table fct_pipeline_runs (run_id varchar, started_at timestamp)")
        health.executemany("insert into fct_pipeline_runs values (?, ?)", [[row[0], row[5]] for row in runs])
    before = NOW - timedelta(days=100)
    assert prune(past, ["ledger"], 100, apply=True).classes["ledger"].count > 0
    assert damaged_files(past) == []
    lines = past.ledger.read_bytes().splitlines(keepends=True)
    lost = next(row[0] for row in runs if row[5] > before)
    past.ledger.write_bytes(b"".join(line for line in lines if json.loads(line)["run_id"] != lost))
    (damaged,) = damaged_files(past)
    assert damaged.reason == "1 runs that health.duckdb lists are missing"


def test_a_kill_leaves_the_ledger_whole(past: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the rename all of it is there, a line cut by an earlier kill too; after it nothing is half written."""
    a_past(past, 4)
    with past.ledger.open("ab") as ledger:
        ledger.write(b'{"run_id": "cut')
    events = Ledger(past).events()

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("isobar.files.os.replace", killed)
        with pytest.raises(KeyboardInterrupt):
            prune(past, ["ledger"], 0, apply=True)
    assert Ledger(past).events()[: len(events)] == events
    prune(past, ["ledger"], 0, apply=True)
    kept = Ledger(past).events()
    assert len(kept) < len(events) and Ledger(past).fault() is None and b'{"run_id": "cut\n' in past.ledger.read_bytes()


def test_nobody_appends_while_it_is_pruned(past: Settings) -> None:
    a_past(past, 4)
    size = past.ledger.stat().st_size
    with writing(past):
        for apply in (False, True):
            with pytest.raises(LockedError):
                prune(past, ["ledger"], 0, apply=apply)
    assert past.ledger.stat().st_size == size


def test_a_ledger_is_parsed_once_for_all_that_a_command_asks(past: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    a_past(past, 0)
    parsed: list[bytes] = []
    parse = json.loads
    monkeypatch.setattr("isobar.runs.ledger.json.loads", lambda line: parsed.append(line) or parse(line))
    status(past)
    assert len(parsed) == len(past.ledger.read_bytes().splitlines())


def test_health_is_given_the_runs_that_status_calls_failed(past: Settings) -> None:
    """Neither the steps of a rebuild, nor a source whose key was never set, nor what a later run has made good."""
    written = Written(past)
    written.runs("load", NOW - timedelta(hours=9), "failed", source="synop", error="LoadError")
    written.runs("load", NOW - timedelta(hours=8), source="synop", is_fetched=True, tables=counts(1, 1))
    written.runs("load", NOW - timedelta(hours=7), "failed", source="openweather", error="SettingsError")
    written.runs("prune", NOW - timedelta(hours=6), None)
    whole = written.runs("rebuild", NOW - timedelta(hours=5), None)
    written.runs("load", NOW - timedelta(hours=4), "failed", whole, source="climat", error="LoadError")
    rows, _ = _runs(past)
    assert [row[2] for row in rows if row[-1]] == ["prune", "rebuild"]
    assert [each.command for each in status(past).failed_runs] == ["prune", "rebuild"]
