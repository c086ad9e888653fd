"""A port before a server that passes on some bytes, and then no more: neither an answer nor an end."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Lock, Thread

LOOPBACK = "127.0.0.1"
BLOCK_BYTES = 1000


@contextmanager
def stalling(port: int, after_bytes: int) -> Iterator[int]:
    """The port of a front of the server at `port`, silent after so many bytes of all its clients."""
    is_over, counting = Event(), Lock()
    opened: list[socket.socket] = []
    left = after_bytes

    def pass_on(source: socket.socket, target: socket.socket, *, counts: bool) -> None:
        nonlocal left
        with suppress(OSError):
            while block := source.recv(BLOCK_BYTES):
                with counting:
                    left -= len(block) if counts else 0
                if left <= 0:
                    is_over.wait()
                    return
                target.sendall(block)
            target.shutdown(socket.SHUT_WR)

    def accept() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                server = socket.create_connection((LOOPBACK, port))
                opened.extend((client, server))
                Thread(target=pass_on, args=(client, server), kwargs={"counts": True}, daemon=True).start()
                Thread(target=pass_on, args=(server, client), kwargs={"counts": False}, daemon=True).start()

    listener = socket.create_server((LOOPBACK, 0))
    Thread(target=accept, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        is_over.set()
        for each in (listener, *opened):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)  # a thread that reads from it would keep it open
            each.close()
