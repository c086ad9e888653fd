"""Start servers, stop them, hold them for as long as another process lives."""

from __future__ import annotations

import fcntl
import random
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tools.services import debian
from tools.services.processes import LOOK_SECONDS, NotReady, Processes
from tools.services.server import LOOPBACK, Place, Server, ServiceError
from tools.services.servers import known

Tell = Callable[[str], None]
"""What takes the lines for a person."""

RELEASE_SECONDS = 2.0
"""A port may be taken for a moment after its process was killed."""

ANY_PORT = 0
PORTS = range(20_000, 30_000)
"""Where free ports are looked for: below those that systems give to clients (32768 on Linux)."""


def up(folder: Path, wanted: Mapping[str, int | None], tell: Tell) -> dict[str, Place]:
    """Start servers that do not run; without names every known one that this machine can have.

    Args:
        folder: of all servers.
        wanted: name -> port; None is the server's own, ANY_PORT a free one.

    Raises:
        ServiceError: a name is not known; a server that was named is not available; one did not start, or its port is taken.
    """
    servers = _named(wanted)
    started = {}
    with _alone(folder):
        for name, server in servers.items():
            if reason := obtain(server, tell):
                if wanted:
                    raise ServiceError(f"{name}: {reason}")
                tell(f"{name}: left out: {reason}")
                continue
            started[name] = _started(server, folder / name, wanted.get(name), tell)
    return started


def down(folder: Path, names: list[str], tell: Tell) -> None:
    """Stop what :func:`up` started in this folder, and nothing else.

    Raises:
        ServiceError: a name is not known.
    """
    with _alone(folder):
        for name in _named(dict.fromkeys(names)):
            if count := Processes(folder / name).stop():
                tell(f"{name}: stopped ({count} {'process' if count == 1 else 'processes'})")


def hold(folder: Path, wanted: Mapping[str, int | None], tell: Tell) -> None:
    """Start servers, print `ready`, and stop them when standard input ends: when the parent process has ended, killed or not.

    Raises:
        ServiceError: as :func:`up`.
    """
    try:
        up(folder, wanted, tell)
        print("ready", flush=True)
        sys.stdin.read()
    finally:
        down(folder, list(wanted), tell)


def obtain(server: Server, tell: Tell) -> str | None:
    """Install what the server needs, where this process may. Returns why it is not available; None when it can be started.

    Raises:
        ServiceError: its packages were downloaded and could not be installed.
    """
    reason = server.missing()
    if reason is None:
        return None
    if server.absent and server.packages:
        if refusal := debian.cannot_install():
            return f"{reason}; {refusal}{server.elsewhere}"
        tell(f"{server.name}: installing {', '.join(server.packages)}")
        try:
            debian.install(server.packages)
        except debian.Unreachable as error:
            return f"{reason}; they cannot be downloaded: {error}{server.elsewhere}"
        except debian.NotInstalled as error:
            raise ServiceError(f"{server.name}: its packages could not be installed: {error}") from None
    return (server.fetch(tell) if server.missing() and not server.absent else None) or server.missing()


def _started(server: Server, folder: Path, port: int | None, tell: Tell) -> Place:
    """The server, running: found so, or started."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    processes = Processes(folder)
    if processes.recorded() and processes.running() == processes.recorded():
        now = Place.of(processes.folder)
        if server.is_healthy(now):
            if port not in (None, ANY_PORT, now.port):
                raise ServiceError(f"{server.name} runs on port {now.port}: stop it first (make services-down)")
            tell(f"{server.name}: runs already on port {now.port}")
            return now
    processes.stop()
    place = Place(processes.folder, _port(server, port))
    began = time.monotonic()
    try:
        place.record()
        place.write_environment(server.start(place, processes))
    except BaseException as error:
        processes.stop()
        if isinstance(error, NotReady):
            raise ServiceError(f"{server.name} did not start: {error}") from None
        raise
    tell(f"{server.name}: started on port {place.port} in {time.monotonic() - began:.1f} s")
    return place


def _port(server: Server, port: int | None) -> int:
    """The first of the server's ports, all of which are free.

    Raises:
        ServiceError: one is taken.
    """
    if port == ANY_PORT:
        starts = (random.choice(PORTS) for _ in range(100))
        port = next((first for first in starts if not _taken(server, first)), ANY_PORT)
    first = server.port if port is None else port
    deadline = time.monotonic() + RELEASE_SECONDS
    while (taken := _taken(server, first)) and time.monotonic() < deadline:
        time.sleep(LOOK_SECONDS)
    if taken:
        raise ServiceError(
            f"{server.name}: port {taken[0]} is taken by another program. Choose another:"
            f" make services S={server.name}={first + 10}"
        )
    return first


def _taken(server: Server, first: int) -> list[int]:
    taken = []
    for port in range(first, first + server.port_count):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port that was just let go is free
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                taken.append(port)
    return taken


def _named(names: Mapping[str, object]) -> dict[str, Server]:
    """The servers of these names; without any, all of them."""
    servers = known()
    if unknown := sorted(names.keys() - servers):
        raise ServiceError(f"{', '.join(unknown)}: no such server. Known: {', '.join(servers)}")
    return {name: servers[name] for name in names or servers}


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One command at a time in a folder: the second waits for the first."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
