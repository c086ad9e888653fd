"""The last run of each command, and what became of it: from the ledger, and the lock that a run under way holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from isobar.ledger import Ledger
from isobar.lock import is_writing
from isobar.settings import Settings, SettingsError

Event = dict[str, Any]


@dataclass(frozen=True)
class LastRun:
    """The last run of a command and source, as the ledger tells it. Times are UTC."""

    command: str
    source: str | None
    started_at: datetime
    outcome: str  # done, failed, stopped, killed; running
    ended_at: datetime | None
    error: str | None
    last_done_at: datetime | None
    appended_at: dict[str, datetime]  # table: the last run that added rows to it

    @property
    def words(self) -> str:
        """What was typed: `load synop`, `build`."""
        return self.command + (f" {self.source}" if self.source else "")

    @property
    def is_not_in_use(self) -> bool:
        """`run --live` tries every source: one without its key, and never loaded, is none that failed."""
        return self.outcome == "failed" and self.error == SettingsError.__name__ and self.last_done_at is None

    @property
    def has_failed(self) -> bool:
        """It failed, was stopped or was killed."""
        return self.outcome not in ("done", "running") and not self.is_not_in_use


def last_runs(settings: Settings) -> list[LastRun]:
    """The last run of each command and source. One without an end is running only while the data folder is locked, and only
    if none began after it: there is one writer at a time.
    """
    events = Ledger(settings).events()
    starts = [event for event in events if event["event"] == "started"]
    if starts and starts[-1]["run_id"] not in _ends(events):
        is_running = is_writing(settings)
        events = Ledger(settings).events()  # its end is written before the lock is let go
    else:
        is_running = False
    ends = _ends(events)
    newest = next((event["run_id"] for event in reversed(events) if event["event"] == "started"), None)
    runs: dict[tuple[str, str | None], LastRun] = {}
    for start in (event for event in events if event["event"] == "started"):
        end = ends.get(start["run_id"])
        name = (start["command"], start.get("source"))
        before = runs.get(name)
        done_at, appended_at = (before.last_done_at, before.appended_at) if before else (None, {})
        if end:
            outcome, ended_at = end["outcome"], datetime.fromisoformat(end["at"])
            if outcome == "done":
                done_at = ended_at
                appended_at = appended_at | dict.fromkeys(_appended(end), ended_at)
        else:
            outcome, ended_at = ("running" if is_running and start["run_id"] == newest else "killed"), None
        started_at, error = datetime.fromisoformat(start["at"]), end.get("error") if end else None
        runs[name] = LastRun(*name, started_at, outcome, ended_at, error, done_at, appended_at)
    return list(runs.values())


def _appended(end: Event) -> list[str]:
    """The tables that a load has added rows to."""
    return [name for name, table in end.get("tables", {}).items() if table["appended_row_count"] > 0]


def _ends(events: list[Event]) -> dict[str, Event]:
    return {event["run_id"]: event for event in events if event["event"] == "finished"}
