"""A provider that publishes a folder over local HTTP."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest


class Handler(SimpleHTTPRequestHandler):
    """A folder over HTTP with ETags, and the faults that `faults` names for a path."""

    faults: dict[str, str] = {}
    requests: list[tuple[str, int]] = []

    def do_GET(self) -> None:
        fault = self.faults.get(self.path)
        file = Path(self.directory) / self.path.lstrip("/")
        if fault and fault.isdigit():
            return self._answer(int(fault), b"no")
        if not file.is_file():
            return self._answer(404, b"no")
        body, etag = file.read_bytes(), f'"{file.stat().st_mtime_ns}"'
        if self.headers.get("If-None-Match") == etag:
            return self._answer(304, b"")
        if fault == "cut":
            return self._answer(200, body[: len(body) // 2], etag, length=len(body))
        return self._answer(200, b"<html>login</html>\n" if fault == "html" else body, etag)

    def _answer(self, status: int, body: bytes, etag: str = "", length: int | None = None) -> None:
        self.requests.append((self.path, status))
        self.send_response(status)
        self.send_header("Content-Length", str(length or len(body)))
        if etag:
            self.send_header("ETag", etag)
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def provider(tmp_path) -> Iterator[tuple[str, Path, type[Handler]]]:
    folder = tmp_path / "published"
    folder.mkdir()
    handler = type("Provider", (Handler,), {"faults": {}, "requests": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder)))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/", folder, handler
    server.shutdown()
    server.server_close()


@pytest.fixture
def data_dir(data_dir: Path, prepared: Path) -> Path:
    """A data folder that is set up: dlt makes its tables once for all tests, which is half the time of a first load."""
    shutil.copytree(prepared, data_dir)
    return data_dir
