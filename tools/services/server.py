"""What a server is: a name, a port, what it needs, how it starts, and the environment of its clients."""

from __future__ import annotations

import secrets
import shlex
import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tools.services.processes import Processes

LOOPBACK = "127.0.0.1"
"""Every server listens to this machine alone."""


class ServiceError(Exception):
    """A server is not available, did not start or runs elsewhere; the message names it and the remedy."""


@dataclass(frozen=True)
class Place:
    """Where one server lives: its folder, and the first of its ports."""

    folder: Path
    port: int

    @classmethod
    def of(cls, folder: Path) -> Place:
        """The place of the last start in a folder.

        Raises:
            FileNotFoundError: none ever began.
        """
        return cls(folder, int((folder / "port").read_text(encoding="utf-8")))

    def record(self) -> None:
        """Keep the port for :meth:`of`."""
        (self.folder / "port").write_text(f"{self.port}\n", encoding="utf-8")

    @property
    def environment_file(self) -> Path:
        """The variables of its clients, keys among them: readable by its owner alone."""
        return self.folder / "environment"

    def write_environment(self, variables: dict[str, str]) -> None:
        """As a shell sources it: `set -a; source <file>; set +a`."""
        text = "".join(f"{name}={shlex.quote(value)}\n" for name, value in variables.items())
        self.environment_file.touch(0o600)
        self.environment_file.write_text(text, encoding="utf-8")

    def environment(self) -> dict[str, str]:
        """What :meth:`write_environment` wrote; empty before the first start."""
        if not self.environment_file.exists():
            return {}
        return dict(word.split("=", 1) for word in shlex.split(self.environment_file.read_text(encoding="utf-8")))

    def secret(self, name: str) -> str:
        """A throw-away secret of this server, made once and kept in its environment file under `name`."""
        return self.environment().get(name) or secrets.token_hex(20)


class Server(ABC):
    """One kind of server. Subclasses hold no state: all of it is in a :class:`Place`.

    Attributes:
        name: as `make services S=<name>` takes it.
        summary: what it stands for, and whether it is the real thing or an emulator.
        port: the default of its first port.
        port_count: ports it listens on, from `port` upwards.
        programs: it cannot start without them.
        packages: of Debian, which bring the programs; `make services` installs them for root.
        profile: of deploy/compose.yaml, which has such a server too.
        SECRETS: variables whose values are never printed.
    """

    name: str
    summary: str
    port: int
    port_count: int = 1
    programs: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    profile: str = ""
    SECRETS: tuple[str, ...] = ()

    @property
    def absent(self) -> list[str]:
        """Its programs that this machine does not have."""
        return [name for name in self.programs if not shutil.which(name)]

    def missing(self) -> str | None:
        """Why it cannot start on this machine as it is; None when it can."""
        absent = self.absent
        return f"{', '.join(absent)}: not installed (Debian: {' '.join(self.packages)})" if absent else None

    def fetch(self, tell: Callable[[str], None]) -> str | None:  # noqa: B027 - most need nothing more
        """Get what its packages do not bring. Returns why that is not possible."""

    @property
    def elsewhere(self) -> str:
        """Where else such a server comes from, as the end of a sentence about why it is not available."""
        return (
            f". With Docker: docker compose -f deploy/compose.yaml --profile {self.profile} up" if self.profile else ""
        )

    @abstractmethod
    def start(self, place: Place, processes: Processes) -> dict[str, str]:
        """Start every process and wait until it answers. Returns the environment of its clients.

        The folder may be new, or be the one of a server that has stopped. The caller has checked that the ports are free.

        Raises:
            ServiceError: a step failed.
            processes.NotReady: a process ended early or did not answer in time.
        """

    @abstractmethod
    def is_healthy(self, place: Place) -> bool:
        """Whether it answers now, as a client would ask it."""
