"""The last run of each command, and what became of it: from the ledger, and the lock that a run under way holds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from isobar.runs.ledger import Ledger
from isobar.runs.lock import is_writing
from isobar.settings import Settings, SettingsError

REBUILD = "rebuild"
"""The command whose steps, a load of each source and a build, are runs as well (`part_of` of their start in the ledger)."""

ENDED_BADLY = ("failed", "stopped", "killed")

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
    reason: str | None  # the line that its user saw
    last_done_at: datetime | None
    last_fetched_at: datetime | None  # the last that was done over the network
    appended_at: dict[str, datetime]  # table: when rows were last added to it
    part_of: str | None = None  # the run that it was a step of
    run_id: str = ""
    is_loaded: bool = False  # of a rebuild: all of the lake is in the new warehouse, only its build is left

    @property
    def words(self) -> str:
        """What was typed: `load synop`, `build`."""
        return self.command + (f" {self.source}" if self.source else "")

    @property
    def remedy(self) -> str:
        """What mends a run that did not end well."""
        if self.command != REBUILD:
            return f"Run `isobar {self.words}` again: it continues where this run ended."
        if self.is_loaded:
            return "Run `isobar build`: the new warehouse holds all of the lake."
        return (
            "Run `isobar rebuild` again: it keeps the unfinished warehouse under another name and starts from the lake."
        )

    @property
    def lacks_a_setting(self) -> bool:
        """It could not begin: no key, no address."""
        return self.outcome == "failed" and self.error == SettingsError.__name__

    @property
    def is_not_in_use(self) -> bool:
        """`run --live` tries every source: one without its key that was never fetched is none that failed. Recorded files of it
        may well have been loaded.
        """
        return self.lacks_a_setting and self.last_fetched_at is None

    @property
    def has_failed(self) -> bool:
        """It failed, was stopped or was killed, and no rebuild that it was a step of speaks for it."""
        return self.outcome in ENDED_BADLY and not self.is_not_in_use and not self.part_of


def last_runs(settings: Settings) -> list[LastRun]:
    """The last run of each command and source. One without an end is running only while the data folder is locked, and only
    if none began after it: there is one writer at a time.
    """
    events = Ledger(settings).events()
    starts = [event for event in events if event["event"] == "started"]
    if starts and not {_whole(starts[-1]), starts[-1]["run_id"]} <= _ends(events).keys():
        is_running = is_writing(settings)
        events = Ledger(settings).events()  # its end is written before the lock is let go
    else:
        is_running = False
    ends = _ends(events)
    starts = [event for event in events if event["event"] == "started"]
    under_way = {starts[-1]["run_id"], _whole(starts[-1])} if starts and is_running else set()
    runs: dict[tuple[str, str | None], LastRun] = {}
    for start in starts:
        end = ends.get(start["run_id"])
        name = (start["command"], start.get("source"))
        before = runs.get(name)
        done_at, fetched_at = (before.last_done_at, before.last_fetched_at) if before else (None, None)
        appended_at = before.appended_at if before else {}
        if end:
            outcome, ended_at = end["outcome"], datetime.fromisoformat(end["at"])
            if outcome == "done":
                done_at = ended_at
                fetched_at = ended_at if start.get("is_fetched") else fetched_at
                appended_at = appended_at | _appended(end)
        else:
            outcome, ended_at = ("running" if start["run_id"] in under_way else "killed"), None
        started_at = datetime.fromisoformat(start["at"])
        error, reason = (end.get("error"), end.get("reason")) if end else (None, None)
        runs[name] = LastRun(
            *name,
            started_at,
            outcome,
            ended_at,
            error,
            reason,
            done_at,
            fetched_at,
            appended_at,
            part_of=start.get("part_of"),
            run_id=start["run_id"],
        )
    return _with_rebuild(runs, starts)


def _with_rebuild(runs: dict[tuple[str, str | None], LastRun], starts: list[Event]) -> list[LastRun]:
    """Once the loads of a rebuild are done, any later build that is done makes it good."""
    rebuild, build = runs.get((REBUILD, None)), runs.get(("build", None))
    if rebuild is None:
        return list(runs.values())
    is_loaded = any((start["command"], start.get("part_of")) == ("build", rebuild.run_id) for start in starts)
    rebuild = replace(rebuild, is_loaded=is_loaded)
    if is_loaded and rebuild.outcome in ENDED_BADLY and build is not None and build.outcome == "done":
        rebuild = replace(rebuild, outcome="done", ended_at=build.ended_at, last_done_at=build.ended_at)
    return list((runs | {(REBUILD, None): rebuild}).values())


def unfinished_rebuild(settings: Settings) -> LastRun | None:
    """The last rebuild where it left a warehouse that does not hold all of the lake."""
    last = next((run for run in last_runs(settings) if run.command == REBUILD), None)
    return last if last and last.outcome in ENDED_BADLY and not last.is_loaded else None


def _whole(start: Event) -> str:
    """The run that a run is a step of, else itself."""
    return str(start.get("part_of") or start["run_id"])


def _appended(end: Event) -> dict[str, datetime]:
    """Table -> when rows were last added to it, by what a load that was done saw in raw: rows of a killed one count."""
    found = {}
    for name, table in end.get("tables", {}).items():
        if told := table.get("last_new_rows_at"):
            found[name] = datetime.fromisoformat(told)
        elif table["appended_row_count"] > 0:
            found[name] = datetime.fromisoformat(end["at"])
    return found


def _ends(events: list[Event]) -> dict[str, Event]:
    return {event["run_id"]: event for event in events if event["event"] == "finished"}
