"""Jars of Maven Central, for servers that no package of Debian brings."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path


class Unreachable(Exception):
    """The jars cannot be fetched; the message is Maven's own."""


def fetch(pom: Path, folder: Path) -> None:
    """Put the jars that a project depends on into a folder, whole or not at all.

    Raises:
        Unreachable: Maven cannot fetch them.
    """
    part = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    command = ["mvn", "--batch-mode", "--quiet", "--file", str(pom)]
    done = subprocess.run(
        [*command, "dependency:copy-dependencies", f"-DoutputDirectory={part}"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = [line for line in done.stdout.splitlines() if line.startswith("[ERROR]")]
        raise Unreachable(lines[0].removeprefix("[ERROR]").strip()[:300] if lines else "mvn failed")
    shutil.rmtree(folder, ignore_errors=True)
    part.rename(folder)
