"""Budgets: counted across runs, refused with their sum before the first call, paced within a minute."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from ingestion import providers
from ingestion.http.budget import BLOCK, Allowance, CallsOfThisRun, OverBudget, calls_left, key_hash
from isobar.runs.ledger import Ledger, RunCalls
from isobar.settings import Budget, Settings, SettingsError

NOW = datetime(2026, 3, 31, 12, 0)


class Time:
    """A monotonic clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now, self.slept = 1000.0, []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def allowance(budget: Budget, log: CallsOfThisRun, clock: Time | None = None) -> Allowance:
    clock = clock or Time()
    return Allowance("openweather", "ab12", budget, log, lambda: NOW, clock.sleep, clock.monotonic)


def made(*calls: tuple[timedelta, int]) -> CallsOfThisRun:
    log = CallsOfThisRun()
    log.made = [(NOW - ago, count) for ago, count in calls]
    return log


def test_what_is_left_of_a_minute_a_day_and_a_month():
    log = made((timedelta(days=40), 7), (timedelta(days=2), 100), (timedelta(hours=2), 20), (timedelta(seconds=30), 5))
    assert calls_left(Budget(60, 1000, 5000), log.made, NOW) == Budget(55, 975, 4875)
    assert calls_left(Budget(), log.made, NOW) == Budget()


def test_a_plan_too_large_is_refused_with_the_sum():
    log = made((timedelta(hours=2), 700))
    with pytest.raises(OverBudget) as refused:
        allowance(Budget(60, 1000, None), log).plan(400, "100 cities x 4 answers")
    message = str(refused.value)
    assert "100 cities x 4 answers = 400 calls" in message and "used 700 of 1,000 this day: 100 too many" in message
    assert "2026-04-01 00:00 UTC" in message and "ISOBAR_OPENWEATHER_BUDGET" in message
    assert len(log.made) == 1


def test_the_month_counts_too():
    with pytest.raises(OverBudget, match=r"used 990 of 1,000 this month: 30 too many.*until 2026-04-01"):
        allowance(Budget(None, None, 1000), made((timedelta(days=3), 990))).plan(40, "plan")


def test_a_plan_that_fits_to_the_last_call():
    allowance(Budget(60, 1000, 1000), made((timedelta(hours=2), 600))).plan(400, "plan")


def test_a_full_minute_is_waited_for():
    clock, log = Time(), made((timedelta(seconds=20), 2))
    taking = allowance(Budget(minute=3), log, clock)
    taking.plan(7, "plan")
    for _ in range(7):
        taking.take()
    # calls at 0 s; twice at 40, when those of 20 s ago are a minute old; at 60; twice at 100; at 120
    assert clock.slept == [40.0, 20.0, 40.0, 20.0]


def test_calls_are_written_down_before_they_are_made_and_the_rest_given_back():
    log = CallsOfThisRun()
    taking = allowance(Budget(None, 1000, None), log)
    taking.plan(BLOCK + 5, "plan")
    for taken in range(1, BLOCK + 3):
        taking.take()
        assert sum(count for _, count in log.made) >= taken
    taking.close()
    assert sum(count for _, count in log.made) == BLOCK + 2


def test_retries_beyond_the_plan_are_counted_and_end_with_the_day():
    log = CallsOfThisRun()
    taking = allowance(Budget(None, 10, None), log)
    taking.plan(8, "plan")
    for _ in range(10):
        taking.take()
    with pytest.raises(OverBudget, match="used up"):
        taking.take()
    taking.close()
    assert sum(count for _, count in log.made) == 10


def test_threads_share_one_count():
    log = CallsOfThisRun()
    taking = allowance(Budget(None, 500, None), log)
    taking.plan(400, "plan")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: taking.take(), range(400)))
    taking.close()
    assert sum(count for _, count in log.made) == 400


def test_the_ledger_counts_across_runs_and_keys(settings):
    ledger = Ledger(settings)
    with ledger.run("load", source="openweather") as run:
        calls = RunCalls(ledger, run)
        calls.record("openweather", "ab12", 20, NOW)
        calls.record("openweather", "ab12", -3, NOW)
        calls.record("openweather", "ffff", 9, NOW)
        calls.record("openweather", "ab12", 7, NOW - timedelta(hours=3))  # of a load that replays
    again = RunCalls(Ledger(settings), run)
    assert again.calls("openweather", "ab12") == [(NOW - timedelta(hours=3), 7), (NOW, 20), (NOW, -3)]
    assert again.calls("other", "ab12") == []


def test_a_key_is_named_by_a_short_hash():
    assert len(key_hash("secret")) == 8 and key_hash("secret") != key_hash("Secret")


@pytest.mark.parametrize("text", ["60/minute,32000/day,1000000/month", "none", "5/day"])
def test_a_budget_is_written_as_it_is_read(text):
    assert str(Budget.parse(text, "X")) == text


@pytest.mark.parametrize("text", ["many", "0/day", "60/hour", "60", "60/day,50/day", "-1/day"])
def test_a_budget_that_is_none_is_refused_by_name(text):
    with pytest.raises(SettingsError, match="ISOBAR_OPENWEATHER_BUDGET"):
        providers.check(Settings.from_environment({"ISOBAR_OPENWEATHER_BUDGET": text}))
