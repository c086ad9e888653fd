"""The archive server, over real sockets on loopback."""

from __future__ import annotations

import http.client
from http import HTTPStatus
from urllib.parse import urlsplit

import pytest

from simulator.server import SIMULATED_HEADER, ArchiveRoute, Request, Response, SimulatorServer, archive_server

CONTENT = b"numer_sta;date;\n" * 5000


@pytest.fixture
def folder(tmp_path):
    archives = tmp_path / "archives"
    archives.mkdir()
    (archives / "synop.202001.csv.gz").write_bytes(CONTENT)
    (archives / ".hidden").write_bytes(b"no")
    (tmp_path / "secret.txt").write_bytes(b"no")
    return archives


def ask(url: str, method: str = "GET", headers: dict[str, str] | None = None, target: str | None = None):
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=5)
    try:
        connection.request(method, target or parts.path, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def test_get_and_head(folder):
    with archive_server(folder) as base:
        assert urlsplit(base).hostname == "127.0.0.1"
        assert base.endswith("/synop/")
        status, headers, body = ask(base + "synop.202001.csv.gz")
        assert (status, body) == (200, CONTENT)
        assert headers[SIMULATED_HEADER] == "1"
        assert headers["Content-Length"] == str(len(CONTENT))
        assert headers["Content-Type"] == "application/gzip"
        head_status, head_headers, nothing = ask(base + "synop.202001.csv.gz", "HEAD")
        assert (head_status, nothing) == (200, b"")
        assert [head_headers[h] for h in ("ETag", "Last-Modified", "Content-Length")] == [
            headers[h] for h in ("ETag", "Last-Modified", "Content-Length")
        ]


def test_conditional_get(folder):
    with archive_server(folder) as base:
        url = base + "synop.202001.csv.gz"
        _, headers, _ = ask(url)
        for condition in (
            {"If-None-Match": headers["ETag"]},
            {"If-None-Match": f'"x", W/{headers["ETag"]}'},
            {"If-Modified-Since": headers["Last-Modified"]},
        ):
            status, again, body = ask(url, headers=condition)
            assert (status, body, again["ETag"]) == (304, b"", headers["ETag"])
        assert ask(url, headers={"If-None-Match": '"x"', "If-Modified-Since": headers["Last-Modified"]})[0] == 200
        assert ask(url, headers={"If-Modified-Since": "yesterday"})[0] == 200
        (folder / "synop.202001.csv.gz").write_bytes(CONTENT[:-1] + b"!")
        status, changed, _ = ask(url, headers={"If-None-Match": headers["ETag"]})
        assert status == 200
        assert changed["ETag"] != headers["ETag"]


@pytest.mark.parametrize(
    "target",
    ["/synop/synop.209901.csv.gz", "/synop/", "/", "/other/x", "/synop/.hidden", "/synop/../secret.txt",
     "/synop/%2e%2e/secret.txt", "/synop/..%2fsecret.txt", "/synop//etc/passwd"],
)  # fmt: skip
def test_everything_else_is_not_found(folder, target):
    with archive_server(folder) as base:
        status, headers, _ = ask(base, target=target)
        assert status == 404
        assert headers[SIMULATED_HEADER] == "1"


def test_stops_cleanly_and_serves_on_one_connection(folder):
    with archive_server(folder) as base:
        parts = urlsplit(base)
        kept = http.client.HTTPConnection(parts.hostname, parts.port, timeout=5)
        for _ in range(3):
            kept.request("GET", "/synop/synop.202001.csv.gz")
            assert kept.getresponse().read() == CONTENT
    kept.close()
    with pytest.raises(OSError, match="refused"):
        ask(base + "synop.202001.csv.gz")


def test_other_routes_can_be_added_and_wrapped():
    def echo(request: Request) -> Response:
        return Response(HTTPStatus.OK, f"{request.path} {request.query['q']}".encode())

    with SimulatorServer({"/data/": echo, "/data/broken/": lambda _: Response(HTTPStatus.BAD_GATEWAY)}) as server:
        assert ask(server.url, target="/data/2.5/weather?q=a%20b")[2] == b"2.5/weather ['a b']"
        assert ask(server.url, target="/data/broken/x")[0] == 502
    with pytest.raises(ValueError, match="slash"):
        SimulatorServer({"data": echo})


def test_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such folder"):
        ArchiveRoute(tmp_path / "nowhere")
