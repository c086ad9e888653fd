"""The one ledger: a JSON line per event beside the data, written as it happens, so that a killed run still leaves a trace."""

from __future__ import annotations

import json
import logging
import os
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from ingestion.damage import set_aside
from ingestion.http.redaction import redact
from isobar.errors import explained
from isobar.files import write_whole
from isobar.runs import logs
from isobar.settings import Settings

LONGEST_REASON = 500
"""Characters of the line that says why a run failed: a failed build names its model, test, rows and an example."""


LINE_BEGINS = b'{"run_id": "'
"""Of every line, as :meth:`Ledger.write` writes it."""

PRUNED = "pruned"
"""The event of a ledger that was pruned: runs that ended before its `before` may be missing."""

Event = dict[str, Any]


@dataclass
class Run:
    """One command's entry. `figures` is written with its end."""

    run_id: str
    command: str
    figures: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class RunEvents:
    """A run as it is written down. `end` is None of a killed one, and of one under way."""

    start: Event
    end: Event | None = None


@dataclass(frozen=True)
class Folded:
    """What the ledger holds, in the order written. `calls` are by API and hash of the key, oldest first."""

    events: tuple[Event, ...] = ()
    runs: Mapping[str, RunEvents] = field(default_factory=dict)  # by run id
    calls: Mapping[tuple[str, str], tuple[tuple[datetime, int], ...]] = field(default_factory=dict)
    fault: str | None = None


@dataclass(frozen=True)
class RunCalls:
    """Counts a run's calls to APIs in the ledger (an `ingestion.http.budget.CallLog`): written before they are made."""

    ledger: Ledger
    run: Run

    def calls(self, api: str, key: str) -> list[tuple[datetime, int]]:
        return self.ledger.calls(api, key)

    def record(self, api: str, key: str, count: int, at: datetime) -> None:
        self.ledger.write(self.run, "calls", at, api=api, key=key, count=count)


class Ledger:
    """Append-only events under one run id: `started` and `finished` of every command, and the `calls` to APIs between them."""

    def __init__(self, settings: Settings) -> None:
        self.path = settings.ledger
        self.settings = settings

    @contextmanager
    def run(self, command: str, part_of: Run | None = None, **details: Any) -> Iterator[Run]:
        """Enter a command: its start now, its outcome (done, failed, stopped) however it ends short of a kill. `part_of` is the
        run that it is a step of.
        """
        run, began = Run(uuid.uuid4().hex, command), time.monotonic()
        if part_of:
            details["part_of"] = part_of.run_id
        with logs.of_run(run.run_id, command, (part_of.run_id, part_of.command) if part_of else (None, None)):
            self.write(run, "started", **details)
            logs.event("run_started", **details)
            outcome: dict[str, Any] = {"outcome": "done"}
            try:
                yield run
            except KeyboardInterrupt:
                outcome = {"outcome": "stopped"}
                raise
            except BaseException as error:
                reason = " ".join(redact(explained(error)).split())[:LONGEST_REASON]
                outcome = {"outcome": "failed", "error": type(error).__name__, "reason": reason}
                raise
            finally:
                seconds = round(time.monotonic() - began, 2)
                self.write(run, "finished", **{"seconds": seconds, **run.figures, **outcome})
                level = logging.INFO if outcome["outcome"] == "done" else logging.ERROR
                logs.event("run_finished", level, **details, **outcome, seconds=seconds)

    def read(self) -> Folded:
        """All of the file; parsed once for all that ask of the same file in a process."""
        if not self.path.exists():
            return Folded()
        now = self.path.stat()
        return _folded(self.path, now.st_size, now.st_mtime_ns)

    def events(self) -> list[Event]:
        """Every readable event in the order written; a line cut by a kill or a full disk is passed over."""
        return list(self.read().events)

    def calls(self, api: str, key: str) -> list[tuple[datetime, int]]:
        """Calls made to an API with a key (its hash), oldest first."""
        return list(self.read().calls.get((api, key), ()))

    def fault(self) -> str | None:
        """How the file is damaged; None where it is whole or absent. A line cut by a kill begins as any other: no damage."""
        return self.read().fault

    def mend(self) -> Path | None:
        """Keep a damaged file under another name, and go on with its readable events. Only for the holder of the folder's lock.
        Returns the new name; None where nothing was to be mended.
        """
        lines = self._lines()
        if self.fault() is None or not lines:
            return None
        kept = [line for line in lines if _event(line)]
        aside = set_aside(self.path)
        self._replace(kept)
        return aside

    def prune(self, is_pruned: Callable[[Event], bool], before: datetime) -> None:
        """Write the file anew without some events, and with one that tells of it. Only for the holder of the folder's lock.

        Args:
            before: of the events that are missing now none is of a run that ended later.
        """
        events, lines = self.events(), [(line, _event(line)) for line in self._lines()]
        earlier = [datetime.fromisoformat(event["before"]) for event in events if event["event"] == PRUNED]
        mark = {
            "run_id": events[-1]["run_id"],  # the newest run, which is the one that prunes
            "at": self.settings.now(),
            "command": "prune",
            "event": PRUNED,
            "before": max([before, *earlier]),
        }
        kept = [line for line, event in lines if event is None or not (event["event"] == PRUNED or is_pruned(event))]
        self._replace([json.dumps(mark, default=_plain).encode(), *kept])

    def _replace(self, lines: list[bytes]) -> None:
        write_whole(self.path, b"".join(line + b"\n" for line in lines).decode())

    def _lines(self) -> list[bytes]:
        return self.path.read_bytes().splitlines() if self.path.exists() else []

    def write(self, run: Run, event: str, at: datetime | None = None, **details: Any) -> None:
        """Add one event, of now or of the moment that a load replays; it is on the disk when this returns."""
        line = {
            "run_id": run.run_id,
            "at": (at or self.settings.now()).isoformat(),
            "command": run.command,
            "event": event,
            "pid": os.getpid(),
            **details,
        }
        self.path.parent.mkdir(parents=True, exist_ok=True)
        starts_cleanly = not self.path.exists() or _ends_with_newline(self.path)
        with self.path.open("a", encoding="utf-8") as out:
            out.write(("" if starts_cleanly else "\n") + json.dumps(line, default=_plain) + "\n")
            out.flush()
            os.fsync(out.fileno())


@lru_cache(maxsize=1)
def _folded(path: Path, size: int, modified: int) -> Folded:  # noqa: ARG001 - another file, another entry
    """A year of hourly runs is 20,000 lines."""
    lines = path.read_bytes().splitlines()
    parsed = [(line, _event(line)) for line in lines]
    events = tuple(event for _, event in parsed if event)
    unreadable = sum(event is None and not _is_beginning(line) for line, event in parsed)
    fault = f"{unreadable:,} of {len(lines):,} lines cannot be read" if unreadable else None
    runs: dict[str, RunEvents] = {}
    calls: dict[tuple[str, str], list[tuple[datetime, int]]] = defaultdict(list)
    for event in events:
        run_id = event["run_id"]
        if event["event"] == "started":
            runs.pop(run_id, None)
            runs[run_id] = RunEvents(event)
        elif event["event"] == "finished" and run_id in runs:
            runs[run_id] = RunEvents(runs[run_id].start, event)
        elif event["event"] == "calls" and {"api", "key", "count"} <= event.keys():
            calls[event["api"], event["key"]].append((datetime.fromisoformat(event["at"]), event["count"]))
    made = {key: tuple(sorted(each, key=lambda call: call[0])) for key, each in calls.items()}
    return Folded(events, runs, made, fault if lines else "the file is empty")


def _event(line: bytes) -> Event | None:
    """The event of a line; None where it holds none."""
    try:
        event = json.loads(line)
    except ValueError:  # also: not UTF-8
        return None
    return event if isinstance(event, dict) and {"event", "run_id", "command", "at"} <= event.keys() else None


def _is_beginning(line: bytes) -> bool:
    """Whether a line is the beginning of an event: written as ASCII, its run's id first."""
    is_beginning = LINE_BEGINS.startswith(line) or line.startswith(LINE_BEGINS)
    return is_beginning and line.isascii() and line.decode().isprintable()


def _ends_with_newline(path: Path) -> bool:
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) == 0:
            return True
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
