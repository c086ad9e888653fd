"""The one ledger: a JSON line per event beside the data, written as it happens, so that a killed run still leaves a trace."""

from __future__ import annotations

import json
import logging
import os
import time
import uuid
from collections.abc import Iterator
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


@dataclass
class Run:
    """One command's entry. `figures` is written with its end."""

    run_id: str
    command: str
    figures: dict[str, Any] = field(default_factory=dict)


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

    def events(self) -> list[dict[str, Any]]:
        """Every readable event in the order written; a line cut by a kill or a full disk is passed over."""
        if not self.path.exists():
            return []
        now = self.path.stat()
        return list(_events(self.path, now.st_size, now.st_mtime_ns))

    def fault(self) -> str | None:
        """How the file is damaged; None where it is whole or absent. A line cut by a kill begins as any other: no damage."""
        if not self.path.exists():
            return None
        lines = self._lines()
        if not lines:
            return "the file is empty"
        unreadable = sum(not _is_sound(line) for line in lines)
        return f"{unreadable:,} of {len(lines):,} lines cannot be read" if unreadable else None

    def mend(self) -> Path | None:
        """Keep a damaged file under another name, and go on with its readable events. Only for the holder of the folder's lock.
        Returns the new name; None where nothing was to be mended.
        """
        if self.fault() is None or not self._lines():
            return None
        kept = b"".join(line + b"\n" for line in self._lines() if _event(line))
        aside = set_aside(self.path)
        write_whole(self.path, kept.decode())
        return aside

    def _lines(self) -> list[bytes]:
        return self.path.read_bytes().splitlines() if self.path.exists() else []

    def calls(self, api: str, key: str) -> list[tuple[datetime, int]]:
        """Calls made to an API with a key (its hash), oldest first."""
        made = [
            (datetime.fromisoformat(event["at"]), event["count"])
            for event in self.events()
            if (event["event"], event.get("api"), event.get("key")) == ("calls", api, key)
        ]
        return sorted(made, key=lambda call: call[0])

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
def _events(path: Path, size: int, modified: int) -> tuple[dict[str, Any], ...]:  # noqa: ARG001 - another file, another entry
    """Parsed once for all that ask of the same file: a status asks for each source, and a year of hourly runs is 20,000 lines."""
    return tuple(event for line in path.read_bytes().splitlines() if (event := _event(line)))


def _event(line: bytes) -> dict[str, Any] | None:
    """The event of a line; None where it holds none."""
    try:
        event = json.loads(line)
    except ValueError:  # also: not UTF-8
        return None
    return event if isinstance(event, dict) and {"event", "run_id", "command", "at"} <= event.keys() else None


def _is_sound(line: bytes) -> bool:
    """Whether a line is an event, or the beginning of one: written as ASCII, its run's id first."""
    is_beginning = LINE_BEGINS.startswith(line) or line.startswith(LINE_BEGINS)
    return _event(line) is not None or (is_beginning and line.isascii() and line.decode().isprintable())


def _ends_with_newline(path: Path) -> bool:
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) == 0:
            return True
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
