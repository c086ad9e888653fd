"""A loopback web server that answers as the providers do.

A :class:`SimulatorServer` maps path prefixes to *routes*, functions from a :class:`Request` to a :class:`Response`; the
archive is one route (:class:`ArchiveRoute`, under ``/synop/``). Another provider is another route
(:mod:`simulator.openweather`), and a fault is a route wrapped around a route (:mod:`simulator.faults`): nothing here needs to
change for either. A response that misbehaves below HTTP brings its own way of sending. Every answer carries
``X-Isobar-Simulated: 1``.
"""

from __future__ import annotations

import contextlib
import email.utils
import hashlib
import os
import re
import socket
import ssl
import struct
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self
from urllib.parse import parse_qs, unquote, urlsplit

HOST = "127.0.0.1"
SYNOP_PREFIX = "/synop/"
SIMULATED_HEADER = "X-Isobar-Simulated"


@dataclass(frozen=True, slots=True)
class Request:
    """``path`` is what follows the route's prefix, decoded; header names are in lower case; ``target`` is the request line's
    own, undecoded."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    target: str = ""


class Wire:
    """The connection under a response, for a :data:`Delivery`."""

    def __init__(self, handler: BaseHTTPRequestHandler, stopping: threading.Event) -> None:
        self._handler = handler
        self._stopping = stopping

    def write(self, data: bytes) -> None:
        """Send now, not when a buffer is full."""
        self._handler.wfile.write(data)
        self._handler.wfile.flush()

    def wait(self, seconds: float) -> bool:
        """Sit still; False when the server stops meanwhile, and there is no more point in going on."""
        return not self._stopping.wait(seconds)

    def close(self) -> None:
        """No further request on this connection: it ends in an orderly way after the response."""
        self._handler.close_connection = True

    def reset(self) -> None:
        """End the connection with RST: the client's next read is an error, not an end of file."""
        self.close()
        connection: socket.socket = self._handler.connection
        # Lingering for zero seconds makes close() send RST. Detached, so that nobody says an orderly goodbye before.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(connection.detach())


#: Sends a response: (wire, status line and headers, body).
Delivery = Callable[[Wire, bytes, bytes], None]


def send_at_once(wire: Wire, head: bytes, body: bytes) -> None:
    """The delivery of a healthy response."""
    wire.write(head + body)


@dataclass(frozen=True, slots=True)
class Response:
    """``Content-Length``, ``Date`` and the simulator's own header are added by the server where ``headers`` has them not."""

    status: HTTPStatus
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    deliver: Delivery = send_at_once


Route = Callable[[Request], Response]


def not_found() -> Response:
    """The provider's object store answers XML to a key that does not exist."""
    body = b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code></Error>\n'
    return Response(HTTPStatus.NOT_FOUND, body, {"Content-Type": "application/xml"})


class ArchiveRoute:
    """The files of one folder (no subfolders, no listing, no hidden files), with ETag, Last-Modified and conditional GET."""

    _NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
    _TYPES: ClassVar = {
        ".gz": "application/gzip",
        ".csv": "text/csv",
        ".json": "application/json",
        ".geojson": "application/geo+json",
    }

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        if not self.folder.is_dir():
            raise FileNotFoundError(f"{self.folder}: no such folder of archives")
        self._etags: dict[tuple[str, int, int], str] = {}

    def __call__(self, request: Request) -> Response:
        if not self._NAME.fullmatch(request.path):
            return not_found()
        path = self.folder / request.path
        try:
            content, modified_ns = path.read_bytes(), path.stat().st_mtime_ns
        except (FileNotFoundError, IsADirectoryError):
            return not_found()
        modified = modified_ns // 1_000_000_000
        headers = {
            "ETag": self._etag(request.path, content, modified_ns),
            "Last-Modified": email.utils.formatdate(modified, usegmt=True),
            "Content-Type": self._TYPES.get(path.suffix, "application/octet-stream"),
        }
        if self._is_known(request.headers, headers["ETag"], modified):
            return Response(HTTPStatus.NOT_MODIFIED, b"", headers)
        return Response(HTTPStatus.OK, content, headers)

    def _etag(self, name: str, content: bytes, modified_ns: int) -> str:
        key = (name, modified_ns, len(content))
        if key not in self._etags:
            self._etags[key] = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        return self._etags[key]

    @staticmethod
    def _is_known(headers: Mapping[str, str], etag: str, modified: int) -> bool:
        """Whether the client holds this version; If-None-Match goes before If-Modified-Since (RFC 9110, 13.2.2)."""
        if "if-none-match" in headers:
            offered = [tag.strip().removeprefix("W/") for tag in headers["if-none-match"].split(",")]
            return "*" in offered or etag in offered
        if "if-modified-since" in headers:
            try:
                return modified <= email.utils.parsedate_to_datetime(headers["if-modified-since"]).timestamp()
            except ValueError:
                return False
        return False


class _Listener(ThreadingHTTPServer):
    #: A client that keeps its connection open must not keep the process alive.
    daemon_threads = True
    block_on_close = False
    #: The base class's 5 makes the sixth of many parallel clients wait a second for its next SYN.
    request_queue_size = 256

    def handle_error(self, request: object, client_address: object) -> None:
        """Quiet where a client left in the middle or will not shake hands: that is its business."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class SimulatorServer:
    """Serves ``routes`` (prefix to route) on a free loopback port from ``start`` to ``stop``, or inside a ``with``; over TLS
    where a context with the server's certificate is given."""

    def __init__(self, routes: Mapping[str, Route], port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        for prefix in routes:
            if not (prefix.startswith("/") and prefix.endswith("/")):
                raise ValueError(f"route {prefix!r}: starts and ends with a slash")
        self._routes = dict(sorted(routes.items(), key=lambda item: -len(item[0])))
        self._stopping = threading.Event()
        self._http = _Listener((HOST, port), self._handler())
        self._scheme = "https" if tls else "http"
        if tls:  # the handshake is the business of the connection's own thread
            self._http.socket = tls.wrap_socket(self._http.socket, server_side=True, do_handshake_on_connect=False)
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def url(self) -> str:
        """Without a slash at the end, e.g. http://127.0.0.1:40123."""
        return f"{self._scheme}://{HOST}:{self._http.server_address[1]}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._http.shutdown()
            self._thread.join()
        self._http.server_close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def answer(self, method: str, target: str, headers: Mapping[str, str]) -> Response:
        """The answer to a request line and its headers; the longest prefix wins."""
        parts = urlsplit(target)
        path = unquote(parts.path)
        for prefix, route in self._routes.items():
            if path.startswith(prefix):
                query = parse_qs(parts.query, keep_blank_values=True)
                lowered = {name.lower(): value for name, value in headers.items()}
                return route(Request(method, path.removeprefix(prefix), query, lowered, target))
        return not_found()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Without these two, a small answer on a kept connection waits 40 ms for the client's delayed ACK.
            disable_nagle_algorithm = True
            wbufsize = -1

            def _reply(self) -> None:
                response = server.answer(self.command, self.path, dict(self.headers.items()))
                headers = {"Server": self.version_string(), "Date": self.date_time_string(), SIMULATED_HEADER: "1"}
                if response.status != HTTPStatus.NOT_MODIFIED:
                    headers["Content-Length"] = str(len(response.body))
                headers |= response.headers
                lines = [f"{self.protocol_version} {response.status.value} {response.status.phrase}"]
                lines += [f"{name}: {value}" for name, value in headers.items()]
                head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
                wire = Wire(self, server._stopping)
                # A client may leave before the end; that is its business.
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    if self.command == "HEAD":
                        wire.write(head)
                    else:
                        response.deliver(wire, head, response.body)

            do_GET = _reply  # noqa: N815 - the names are the base class's
            do_HEAD = _reply  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
                """Quiet: the client's own log says what was asked."""

        return Handler


@contextlib.contextmanager
def archive_server(folder: str | os.PathLike[str], port: int = 0) -> Iterator[str]:
    """Serve an archive folder while the ``with`` lasts; gives the base URL, ``http://127.0.0.1:<port>/synop/``, to which file
    names are appended. Port 0 takes a free one."""
    with SimulatorServer({SYNOP_PREFIX: ArchiveRoute(folder)}, port) as server:
        yield server.url + SYNOP_PREFIX
