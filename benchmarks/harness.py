"""What the benchmarks share: a child process with its time and peak memory, and a ratio held against a stated limit."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Measured:
    """Wall seconds, processor seconds and peak resident memory of one child process."""

    seconds: float
    peak_bytes: int
    processor_seconds: float


def measure(*command: str, environment: Mapping[str, str] | None = None) -> Measured:
    """Run `python -m …` to its end, with `environment` beside this process's own.

    Raises:
        SystemExit: it failed; its own output says why.
    """
    started = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", *command], stdout=subprocess.DEVNULL, env={**os.environ, **(environment or {})}
    )
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"benchmark stopped: {' '.join(command)} failed")
    return Measured(time.monotonic() - started, usage.ru_maxrss * 1024, usage.ru_utime + usage.ru_stime)


def verdict(what: str, figure: float, limit: float, unit: str = "x") -> bool:
    """Print a figure beside its limit; whether it is met."""
    met = figure <= limit
    print(f"{'met ' if met else 'MISSED'} {what}: {figure:.2f} {unit} (limit {limit:.2f} {unit})")
    return met


def isobar(data_dir: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> Measured:
    """The command as its user runs it."""
    return measure("isobar.cli", "--data-dir", str(data_dir), *arguments, environment=environment)
