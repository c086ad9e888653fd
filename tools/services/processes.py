"""Processes that outlive the command which started them: recorded, recognised, stopped by their ids.

The system uses identifiers again, so a record holds the time of the start as well. A process that differs from its record in
either is another one, and is never stopped.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

START_SECONDS = 60.0
"""Longest wait for a step of a start: Ceph's first takes ten seconds on two busy cores."""

STOP_SECONDS = 15.0
"""What a process has to end by itself, before it is killed: a database writes its last page."""

LOOK_SECONDS = 0.1

CLOCK_SECONDS = 1.0
"""The system counts a start from its boot, whose time it knows to the second."""

LOG_LINES = 5
"""Last lines of a log that an error shows."""


class NotReady(Exception):
    """A process ended, or did not answer in time; the message shows the end of its log."""


@dataclass(frozen=True)
class Recorded:
    """A process as it was started."""

    name: str
    pid: int
    started: float  # seconds since 1970, of the system's own list

    @property
    def is_running(self) -> bool:
        """Whether the process of this identifier is still the one that was started."""
        try:
            process = psutil.Process(self.pid)
            is_same = abs(process.create_time() - self.started) < CLOCK_SECONDS
            return is_same and process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return False


class Processes:
    """The processes of one server. Their records and logs are in its folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.file = self.folder / "processes.json"

    def recorded(self) -> list[Recorded]:
        """In the order of their start; empty when there are none, or when a full disk cut the file."""
        try:
            return [Recorded(**each) for each in json.loads(self.file.read_bytes())]
        except (FileNotFoundError, NotADirectoryError, ValueError, TypeError):
            return []

    def running(self) -> list[Recorded]:
        return [each for each in self.recorded() if each.is_running]

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def spawn(self, name: str, command: Sequence[str | Path], environment: Mapping[str, str] | None = None) -> None:
        """Start a process that goes on when this one ends, and record it."""
        with self.log(name).open("ab") as log:
            process = subprocess.Popen(
                [str(word) for word in command],
                cwd=self.folder,
                env={**os.environ, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        started = psutil.Process(process.pid).create_time()
        records = [*self.recorded(), Recorded(name, process.pid, started)]
        self.file.write_text(json.dumps([asdict(each) for each in records], indent=1), encoding="utf-8")

    def call(self, name: str, command: Sequence[str | Path], seconds: float = START_SECONDS) -> str:
        """Run a step to its end; what it printed.

        Raises:
            NotReady: it failed or took too long.
        """
        try:
            done = subprocess.run(
                [str(word) for word in command],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise NotReady(f"{name} took longer than {seconds:.0f} s") from None
        except OSError as error:
            raise NotReady(f"{name} cannot run: {error.strerror}") from None
        if done.returncode:
            raise NotReady(f"{name} failed with {done.returncode}: {_end(done.stderr)}")
        return done.stdout

    def wait(self, name: str, is_ready: Callable[[], bool], seconds: float = START_SECONDS) -> None:
        """Wait until the process `name` answers.

        Raises:
            NotReady: it ended, or time ran out.
        """
        deadline = time.monotonic() + seconds
        while not is_ready():
            if name not in {each.name for each in self.running()}:
                raise NotReady(f"{name} ended at its start: {self._log_end(name)}")
            if time.monotonic() > deadline:
                raise NotReady(f"{name} did not answer within {seconds:.0f} s: {self._log_end(name)}")
            time.sleep(LOOK_SECONDS)

    def stop(self) -> int:
        """Stop what is running, last started first, and forget all. Returns how many processes that were."""
        count = sum(1 for _ in self._stopped())
        if self.file.exists():
            self.file.unlink()
        return count

    def _stopped(self) -> Iterator[Recorded]:
        for each in reversed(self.running()):
            process = psutil.Process(each.pid)
            for signal in (process.terminate, process.kill):
                with suppress(psutil.NoSuchProcess):
                    signal()
                if _has_ended(each):
                    break
            yield each

    def _log_end(self, name: str) -> str:
        log = self.log(name)
        text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
        return f"{_end(text)} (log: {log})"


def _has_ended(each: Recorded) -> bool:
    deadline = time.monotonic() + STOP_SECONDS
    while each.is_running:
        if time.monotonic() > deadline:
            return False
        time.sleep(LOOK_SECONDS)
    return True


def _end(text: str) -> str:
    return " | ".join(text.strip().splitlines()[-LOG_LINES:]) or "no message"
