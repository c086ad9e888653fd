"""Servers of Java whose jars come from Maven Central, because no package of Debian brings them."""

from __future__ import annotations

import shutil
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

from isobar.settings import PROJECT_ROOT
from tools.services.server import Server

MAVEN = {"m": "http://maven.apache.org/POM/4.0.0"}


class Unreachable(Exception):
    """The jars cannot be fetched; the message is Maven's own."""


class JavaServer(Server):
    """A server of Java.

    Attributes:
        artifact: of Maven, the server's own; `<name>.pom.xml` beside this file has its version.
    """

    artifact: str
    programs = ("java", "mvn")
    packages = ("default-jre-headless", "maven")

    @property
    def pom(self) -> Path:
        return Path(__file__).with_name(f"{self.name}.pom.xml")

    @property
    def jars(self) -> Path:
        """Where the jars of this version are."""
        wanted = f".//m:dependency[m:artifactId='{self.artifact}']/m:version"
        found = ET.parse(self.pom).findtext(wanted, namespaces=MAVEN)  # noqa: S314 - our own
        return PROJECT_ROOT / "build" / f"{self.name}-{found}"

    def missing(self) -> str | None:
        absent = super().missing()
        fetches = f"its jars are not here: make services S={self.name} fetches them"
        return absent or (None if self.jars.is_dir() else fetches)

    def fetch(self, tell: Callable[[str], None]) -> str | None:
        tell(f"{self.name}: fetching its jars from Maven Central")
        try:
            fetch(self.pom, self.jars)
        except Unreachable as error:
            return f"its jars cannot be fetched: {error}{self.elsewhere}"
        return None


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
