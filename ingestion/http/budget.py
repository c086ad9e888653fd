"""Calls that a key may still make: counted across runs, planned before the first call, paced within a minute."""

from __future__ import annotations

import hashlib
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock
from typing import Protocol

from isobar.settings import Budget

MINUTE_SECONDS = 60.0

BLOCK = 20
"""Calls written down at a time, before they are made: a killed run has counted at most so many too many, never one too few."""

KEY_HASH_LENGTH = 8
"""Enough to tell a handful of keys apart, too little to say anything about one."""


class OverBudget(Exception):
    """The plan does not fit; the message is the sum that shows why."""


class CallLog(Protocol):
    """Where calls are counted across runs: the ledger."""

    def calls(self, api: str, key: str) -> list[tuple[datetime, int]]:
        """When and how many, oldest first; `key` is the hash. A negative count gives unused ones back."""
        ...

    def record(self, api: str, key: str, count: int, at: datetime) -> None: ...


class CallsOfThisRun:
    """A log that forgets, for callers without a ledger."""

    def __init__(self) -> None:
        self.made: list[tuple[datetime, int]] = []

    def calls(self, api: str, key: str) -> list[tuple[datetime, int]]:  # noqa: ARG002 - there is one
        return list(self.made)

    def record(self, api: str, key: str, count: int, at: datetime) -> None:  # noqa: ARG002 - there is one
        self.made.append((at, count))


def key_hash(key: str) -> str:
    """A short name for a key, for ledgers and messages."""
    return hashlib.sha256(key.encode()).hexdigest()[:KEY_HASH_LENGTH]


def provider_of(api: str) -> str:
    """Whose API it is, as the call log names it."""
    return api.partition("_")[0]


def budget_variable(api: str) -> str:
    """The setting that a person raises it with."""
    return f"ISOBAR_{provider_of(api).upper()}_BUDGET"


def periods(now: datetime) -> dict[str, tuple[datetime, datetime]]:
    """Begin and end of the minute (the last 60 s), the UTC day and the UTC month whose calls count now."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    first = today.replace(day=1)
    return {
        "minute": (now - timedelta(seconds=MINUTE_SECONDS), now),
        "day": (today, today + timedelta(days=1)),
        "month": (first, (first + timedelta(days=32)).replace(day=1)),
    }


def calls_left(budget: Budget, made: list[tuple[datetime, int]], now: datetime) -> Budget:
    """What is left of `budget` after the calls `made`, in each of its :func:`periods`."""

    def left(limit: int | None, begin: datetime) -> int | None:
        return None if limit is None else limit - sum(count for at, count in made if at >= begin)

    return Budget(**{period: left(getattr(budget, period), begin) for period, (begin, _) in periods(now).items()})


class Allowance:
    """One run's share of a budget. Safe to share between threads.

    The clock of the run (which may stand still) says what earlier runs have left; the minute is paced in real seconds.
    """

    def __init__(
        self,
        api: str,
        key: str,
        budget: Budget,
        log: CallLog,
        now: Callable[[], datetime],
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.api, self.key, self.budget, self.log, self.now = api, key, budget, log, now
        self._sleep, self._monotonic = sleep, monotonic
        self._lock = Lock()
        self._reserved = 0  # written down, not made yet
        self._planned = 0
        begun = now()
        made = log.calls(api, key)
        left = calls_left(budget, made, begun)
        self._left = [limit for limit in (left.day, left.month) if limit is not None]
        ages = [((begun - at).total_seconds(), count) for at, count in made]
        self._recent = deque(
            monotonic() - age for age, count in ages if 0 <= age < MINUTE_SECONDS for _ in range(max(count, 0))
        )

    def plan(self, calls: int, what: str) -> None:
        """Accept `calls` for this run, or none of them.

        Raises:
            OverBudget: more than the day or the month has left; says the sum, and what to do.
        """
        now = self.now()
        left, ends = calls_left(self.budget, self.log.calls(self.api, self.key), now), periods(now)
        for period, limit, remaining in (
            ("day", self.budget.day, left.day),
            ("month", self.budget.month, left.month),
        ):
            renewed = ends[period][1]
            if limit is not None and remaining is not None and calls > remaining:
                raise OverBudget(
                    f"{self.api}: {what} = {calls:,} calls, and key {self.key} has used {limit - remaining:,} of {limit:,} this"
                    f" {period}: {calls - max(remaining, 0):,} too many, so none was made. Ask for fewer cities (ISOBAR_CITIES)"
                    f" or days, wait until {renewed:%Y-%m-%d} 00:00 UTC, or raise {budget_variable(self.api)} if the"
                    " key's plan allows more."
                )
        self._planned = calls

    def take(self) -> None:
        """Count one call; waits while this minute is full.

        Raises:
            OverBudget: retries have used what was left of the day or month.
        """
        with self._lock:
            if any(limit <= 0 for limit in self._left):
                raise OverBudget(f"{self.api}: the budget of key {self.key} ({self.budget}) is used up")
            if self.budget.minute is not None:
                while len(self._recent) >= self.budget.minute:
                    wait = self._recent[0] + MINUTE_SECONDS - self._monotonic()
                    if wait > 0:
                        self._sleep(wait)
                    self._recent.popleft()
                self._recent.append(self._monotonic())
            if self._reserved == 0:
                self._reserved = max(1, min(BLOCK, self._planned))
                self.log.record(self.api, self.key, self._reserved, self.now())
            self._reserved -= 1
            self._planned = max(0, self._planned - 1)
            self._left = [limit - 1 for limit in self._left]

    def close(self) -> None:
        """Give back what was written down and not made."""
        with self._lock:
            if self._reserved:
                self.log.record(self.api, self.key, -self._reserved, self.now())
                self._reserved = 0
