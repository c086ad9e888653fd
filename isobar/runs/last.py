"""What became of each command's last run, and what waits for a build: the runs of the ledger, folded once to a small state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from isobar.runs.ledger import Event, Ledger, RunEvents
from isobar.runs.lock import is_writing
from isobar.runs.schedules import PUBLICATION_OVERDUE_AFTER_HOURS
from isobar.settings import Settings, SettingsError

REBUILD = "rebuild"
"""The command whose steps, a load of each source and a build, are runs as well (`part_of` of their start in the ledger)."""

ENDED_BADLY = ("failed", "stopped", "killed")


@dataclass(frozen=True)
class Unpublished:
    """What loads have fetched and no build has published since. Times are UTC.

    By the ledger and not by health, which is written by the very builds that are missed. Recorded files wait for nobody: whoever
    loads them is there to build.
    """

    sources: tuple[str, ...]
    first_loaded_at: datetime  # end of the first of those loads
    last_loaded_at: datetime
    last_built_at: datetime | None  # end of the last build that was done; None before the first

    @property
    def overdue_at(self) -> datetime:
        return self.first_loaded_at + timedelta(hours=PUBLICATION_OVERDUE_AFTER_HOURS)


@dataclass(frozen=True)
class LastRun:
    """The last run of a command and source, and what is still known by those before it. Times are UTC.

    Events are ends: of itself, or of the last run that ended so.
    """

    command: str
    source: str | None
    run_id: str
    started_at: datetime
    part_of: str | None  # the run that it was a step of
    outcome: str = ""  # done, failed, stopped, killed; running
    error: str | None = None
    reason: str | None = None  # the line that its user saw
    finished: Event | None = None
    done: Event | None = None
    fetched: Event | None = None  # done, over the network
    tested: Event | None = None  # it ran dbt: a build with nothing new has no tests
    appended: dict[str, tuple[datetime, str]] = field(
        default_factory=dict
    )  # table: when rows last came; run that saw them
    row_count: int = 0  # in raw after the last that was done
    firsts: tuple[
        str, ...
    ] = ()  # the first run that was done, and the first over the network: health dates a source by them
    counted: Sequence[str] = ()  # runs that row_count is the sum of
    is_loaded: bool = False  # of a rebuild: all of the lake is in the new warehouse, only its build is left

    @property
    def last_done_at(self) -> datetime | None:
        return datetime.fromisoformat(self.done["at"]) if self.done else None

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
    def ended_badly(self) -> bool:
        """It failed, was stopped or was killed. `run --live` tries every source: one without its key that was never fetched is
        not in use, though recorded files of it may have been loaded.
        """
        return self.outcome in ENDED_BADLY and not (self.lacks_a_setting and self.fetched is None)

    @property
    def has_failed(self) -> bool:
        """It ended badly, and no rebuild that it was a step of speaks for it."""
        return self.ended_badly and not self.part_of

    @property
    def told_by(self) -> set[str]:
        """Every run without which the ledger would tell something else of this command."""
        ends = (self.finished, self.done, self.fetched, self.tested)
        seen = {run_id for _, run_id in self.appended.values()}
        return {self.run_id, *(end["run_id"] for end in ends if end), *seen, *self.firsts, *self.counted}


@dataclass(frozen=True)
class RunState:
    """The last run of each command and source, in the order in which these were first run, and what waits for a build."""

    last: list[LastRun]
    unpublished: Unpublished | None
    told_by: frozenset[str]  # ids of the runs that this was made of

    def of(self, command: str, source: str | None = None) -> LastRun | None:
        return next((run for run in self.last if (run.command, run.source) == (command, source)), None)


def run_state(settings: Settings) -> RunState:
    """Fold the ledger. A run without an end is running only while the data folder is locked, and only if none began after it:
    there is one writer at a time.
    """
    runs = list(Ledger(settings).read().runs.values())
    is_running = bool(runs) and not _is_over(runs) and is_writing(settings)
    runs = list(Ledger(settings).read().runs.values())  # an end is written before the lock is let go
    under_way = {runs[-1].start["run_id"], runs[-1].start.get("part_of")} if is_running else set()
    folded: dict[tuple[str, str | None], dict[str, Any]] = {}
    waiting: list[tuple[str, Event]] = []
    for run in runs:
        start, end = run.start, run.end
        name = (start["command"], start.get("source"))
        known = folded.setdefault(name, {})
        _follow(known, run, is_running=start["run_id"] in under_way)
        if end and end["outcome"] == "done" and name == ("build", None):
            waiting = []
        elif end and end["outcome"] == "done" and start.get("is_fetched"):
            built = folded.get(("build", None), {}).get("done")
            waiting += (
                [(str(name[1]), end)] if _has_new_rows(end, built and datetime.fromisoformat(built["at"])) else []
            )
    last = {name: LastRun(*name, **known) for name, known in folded.items()}
    rebuild, build = last.get((REBUILD, None)), last.get(("build", None))
    steps = [run.start for run in runs if rebuild and run.start.get("part_of") == rebuild.run_id]
    if rebuild and any(step["command"] == "build" for step in steps):
        # once all is loaded, any later build that is done makes it good
        rebuild = replace(rebuild, is_loaded=True)
        if rebuild.outcome in ENDED_BADLY and build and build.outcome == "done":
            rebuild = replace(rebuild, outcome="done", done=build.done)
        last[(REBUILD, None)] = rebuild
    told_by = {run_id for each in last.values() for run_id in each.told_by}
    told_by |= {step["run_id"] for step in steps} | {end["run_id"] for _, end in waiting}
    times = [datetime.fromisoformat(end["at"]) for _, end in waiting]
    sources, built_at = tuple(dict.fromkeys(source for source, _ in waiting)), build.last_done_at if build else None
    unpublished = Unpublished(sources, times[0], times[-1], built_at) if waiting else None
    return RunState([*last.values()], unpublished, frozenset(told_by))


def unfinished_rebuild(settings: Settings) -> LastRun | None:
    """The last rebuild where it left a warehouse that does not hold all of the lake."""
    last = run_state(settings).of(REBUILD)
    return last if last and last.outcome in ENDED_BADLY and not last.is_loaded else None


def _is_over(runs: list[RunEvents]) -> bool:
    """Whether the newest run has an end, and so has the run that it is a step of."""
    newest = runs[-1]
    whole = next((run for run in runs if run.start["run_id"] == newest.start.get("part_of")), newest)
    return bool(newest.end and whole.end)


def _follow(known: dict[str, Any], run: RunEvents, *, is_running: bool) -> None:
    """Bring what is known of a command, the fields of its LastRun, up to a later run of it."""
    start, end = run.start, run.end
    known |= {
        "run_id": start["run_id"],
        "started_at": datetime.fromisoformat(start["at"]),
        "part_of": start.get("part_of"),
    }
    known |= {"outcome": "running" if is_running else "killed", "error": None, "reason": None}
    if end is None:
        return
    known |= {"outcome": end["outcome"], "error": end.get("error"), "reason": end.get("reason"), "finished": end}
    if "dbt" in end:
        known["tested"] = end
    if end["outcome"] != "done":
        return
    is_first = "done" not in known or (start.get("is_fetched") and "fetched" not in known)
    if is_first and start.get("source"):
        known["firsts"] = (*known.get("firsts", ()), end["run_id"])
    known["done"] = end
    if start.get("is_fetched"):
        known["fetched"] = end
    known["appended"] = known.get("appended", {}) | _appended(end)
    stored = [table.get("stored_row_count") for table in (end.get("tables") or {}).values()]
    if None in stored:  # ledgers of an older version do not tell
        known["row_count"] = known.get("row_count", 0) + appended_row_count(end)
        known["counted"] = [*known.get("counted", []), end["run_id"]]
    else:  # as raw has it: a warehouse that was made anew has each row once
        known["row_count"], known["counted"] = sum(stored), [end["run_id"]]


def appended_row_count(end: Event) -> int:
    """Rows that a run added to all raw tables of its source."""
    return sum(table["appended_row_count"] for table in (end.get("tables") or {}).values())


def _appended(end: Event) -> dict[str, tuple[datetime, str]]:
    """By what a load that was done saw in raw: rows of a killed one count."""
    found = {}
    for name, table in (end.get("tables") or {}).items():
        if (told := table.get("last_new_rows_at")) or table["appended_row_count"] > 0:
            found[name] = datetime.fromisoformat(told or end["at"]), end["run_id"]
    return found


def _has_new_rows(end: Event, built_at: datetime | None) -> bool:
    """Whether a load has added rows, or found some that a killed one has added since the last build."""
    return any(
        table["appended_row_count"] > 0
        or (
            (landed_at := table.get("last_new_rows_at")) is not None
            and (built_at is None or datetime.fromisoformat(landed_at) > built_at)
        )
        for table in end["tables"].values()
    )
