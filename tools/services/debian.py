"""Packages of Debian and its derivatives, for servers that no Python package brings. Installing needs root."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

POLICY = Path("/usr/sbin/policy-rc.d")
"""Debian asks it whether an installation may start a service; without it, it starts them all."""

POLICY_TEXT = (
    "#!/bin/sh\n# written by Isobar's `make services` for the time of an installation: starts nothing\nexit 101\n"
)
"""101 is its answer "forbidden" to invoke-rc.d."""


LOCK_SECONDS = 120
"""Longest wait for another installation to end."""


class Unreachable(Exception):
    """The packages cannot be downloaded: apt's sources do not have them, or do not answer."""


class NotInstalled(Exception):
    """The packages are there, and their installation failed."""


def cannot_install() -> str | None:
    """Why this process cannot install packages; None when it can."""
    if not shutil.which("apt-get"):
        return "this machine has no apt-get"
    return None if os.geteuid() == 0 else "installing Debian packages needs root"


def install(packages: Sequence[str]) -> None:
    """Install packages; none of their services starts.

    Raises:
        Unreachable: they cannot be downloaded.
        NotInstalled: they were, and their installation failed.
    """
    get = [
        "apt-get",
        f"--option=DPkg::Lock::Timeout={LOCK_SECONDS}",
        "--yes",
        "--quiet=2",
        "install",
        "--no-install-recommends",
    ]
    if _apt([*get, "--download-only", *packages]):
        # lists that are old, or were never fetched
        _apt(["apt-get", "--quiet=2", "update"])
        if reason := _apt([*get, "--download-only", *packages]):
            raise Unreachable(reason)
    with nothing_starts(POLICY):
        if reason := _apt([*get, *packages]):
            raise NotInstalled(reason)


@contextmanager
def nothing_starts(policy: Path) -> Iterator[None]:
    """A policy against starting services, while packages are installed. One that is there is left alone."""
    if policy.exists():
        yield
        return
    policy.write_text(POLICY_TEXT, encoding="utf-8")
    policy.chmod(0o755)
    try:
        yield
    finally:
        policy.unlink()


def _apt(command: Sequence[str]) -> str:
    """Run apt without questions. Returns why it failed, nothing when it did not."""
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
    )
    lines = [line for line in (done.stderr or done.stdout).splitlines() if line.startswith("E: ")]
    return (lines[-1].removeprefix("E: ") if lines else "apt-get failed") if done.returncode else ""
