"""A proxy before a server, on loopback, which answers some requests itself: with the errors of a server in trouble."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import requests

Answer = tuple[int, bytes]
"""A status and a body."""

Fault = Callable[[str, str, bytes, str], Answer | None]
"""Method, path, body and `X-Amz-Target` of a request -> what to answer it with, None to pass it on.

The target names the call of a service whose requests all go to one path: `Kinesis_20131202.GetRecords`.
"""


def nothing(method: str, path: str, body: bytes, target: str) -> Answer | None:
    """Passes every request on."""


@dataclass
class Front:
    """Change `fault` and `seconds`, the delay of each request, while it runs."""

    target: str
    url: str = ""
    fault: Fault = nothing
    seconds: float = 0.0


@contextmanager
def before(target: str) -> Iterator[Front]:
    """A front of the server at a URL."""
    front = Front(target)
    handler = type("Of", (_Handler,), {"front": front})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True).start()
    front.url = f"http://127.0.0.1:{server.server_port}"
    yield front
    server.shutdown()
    server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    front: Front

    @property
    def _target(self) -> str:
        return self.headers.get("X-Amz-Target", "")

    def _pass(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        time.sleep(self.front.seconds)
        if (answer := self.front.fault(self.command, self.path, body, self._target)) is not None:
            kind = "application/xml" if answer[1].startswith(b"<") else "application/x-amz-json-1.0"
            self._answer(answer[0], {"Content-Type": kind}, answer[1])
            return
        headers = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
        got = requests.request(
            self.command, self.front.target + self.path, headers=headers, data=body, timeout=30, stream=True
        )
        self._answer(got.status_code, dict(got.headers), got.raw.read())

    def _answer(self, status: int, headers: dict[str, str], content: bytes) -> None:
        self.send_response(status)
        length = headers.get("Content-Length") if self.command == "HEAD" else None
        for name, value in headers.items():
            if name.lower() not in ("content-length", "connection", "transfer-encoding", "server", "date"):
                self.send_header(name, value)
        self.send_header("Content-Length", length or str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = _pass  # noqa: N815 - the names of the library

    def log_message(self, *_: object) -> None:
        pass
