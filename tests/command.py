"""The command as its user runs it: a process of its own, with an exit code and two streams."""

from __future__ import annotations

import os
import subprocess
import sys

from isobar.settings import PROJECT_ROOT, Settings


def isobar(settings: Settings, *arguments: str, **changed: str) -> subprocess.CompletedProcess[str]:
    """Run `isobar` under those settings; `changed` are variables of the environment beside them."""
    return module(settings, "isobar.cli", *arguments, **changed)


def module(settings: Settings, name: str, *arguments: str, **changed: str) -> subprocess.CompletedProcess[str]:
    """The same of another module that is a program."""
    return subprocess.run(
        [sys.executable, "-m", name, *arguments],
        capture_output=True,
        text=True,
        cwd=PROJECT_ROOT,
        env={**os.environ, **settings.environment(), **changed},
        check=False,
    )
