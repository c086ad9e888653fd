"""The client: what is asked again and when, what is not, and that no key shows anywhere."""

from __future__ import annotations

import contextlib
import gzip
import logging
import socket
import ssl
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from ingestion.http import client as http
from ingestion.http.client import Client, HttpError
from ingestion.http.redaction import hide, redact
from simulator.openweather import openweather_server
from simulator.server import Response, SimulatorServer
from tests.certificates import self_signed

KEY = "marked-key-fedcba9876543210"
Reply = tuple[int, dict[str, str], bytes]


class Server:
    """Gives the replies of `script` one after the other, the last one for ever."""

    def __init__(self) -> None:
        self.script: list[Reply] = [(200, {}, b"{}")]
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.drip_seconds = 0.0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append((self.path, dict(self.headers)))
                status, headers, body = outer.script[min(len(outer.asked), len(outer.script)) - 1]
                self.send_response_only(status)  # no Date but the script's
                for name, value in headers.items():
                    self.send_header(name, value.replace("{url}", outer.url))
                if "Content-Length" not in headers:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                for start in range(0, len(body), 1 if outer.drip_seconds else len(body)):
                    self.wfile.write(body[start : start + (1 if outer.drip_seconds else len(body))])
                    time.sleep(outer.drip_seconds)

            def log_message(self, *_: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.http.handle_error = lambda *_: None  # type: ignore[method-assign]
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.http.shutdown()
    made.http.server_close()


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def client(waits) -> Iterator[Client]:
    with Client(sleep=waits.append, uniform=lambda low, high: high) as made:  # the longest wait of each
        yield made


def ask(client: Client, server: Server) -> bytes:
    return client.answer(f"{server.url}/data", {"q": "paris", "appid": KEY}).body


OK = (200, {}, b'{"a": 1}')
NOW = 1_772_346_600


def date(offset: float) -> str:
    return formatdate(NOW + offset, usegmt=True)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Retry-After": "7"}, 7.5),  # and half of our own, so that clients do not come back together
        ({"Retry-After": "0"}, 1.0),
        ({}, 1.0),
        ({"Retry-After": "soon"}, 1.0),
        ({"Retry-After": "-5"}, 1.0),
        ({"Retry-After": date(9), "Date": date(0)}, 9.5),
        ({"Retry-After": date(-9), "Date": date(0)}, 1.0),
    ],
    ids=["seconds", "zero", "absent", "words", "negative", "date", "past"],
)
@pytest.mark.parametrize("status", [429, 503])
def test_every_form_of_retry_after(client, server, waits, status, headers, expected):
    server.script = [(status, headers, b"wait"), OK]
    assert ask(client, server) == OK[2]
    assert waits == [expected] and len(server.asked) == 2


def test_a_date_is_read_against_our_clock_where_the_server_tells_none(client, server, waits):
    server.script = [(429, {"Retry-After": formatdate(time.time() + 30, usegmt=True)}, b""), OK]
    ask(client, server)
    assert 27 < waits[0] < 31


def test_waits_grow_and_end(client, server, waits):
    server.script = [(502, {}, b"")]
    with pytest.raises(HttpError, match="HTTP 502") as error:
        ask(client, server)
    assert waits == [1.0, 2.0, 4.0, 8.0] and len(server.asked) == http.RETRIES + 1
    assert error.value.is_exhausted and error.value.status == 502


def test_waits_have_jitter(server):
    waits: list[float] = []
    server.script = [(500, {}, b"")]
    for _ in range(3):
        with Client(sleep=waits.append) as client, pytest.raises(HttpError):
            ask(client, server)
    assert len(set(waits)) == len(waits)
    assert all(2**n / 2 <= wait <= 2**n for n, wait in zip([0, 1, 2, 3] * 3, waits, strict=True))


def test_a_long_pause_is_its_users_to_wait(client, server, waits):
    server.script = [(429, {"Retry-After": "86400"}, b"")]
    with pytest.raises(HttpError, match="asks to wait 86400 s"):
        ask(client, server)
    assert waits == [] and len(server.asked) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 410, 451])
def test_what_will_not_pass_is_asked_once(client, server, waits, status):
    server.script = [(status, {"Retry-After": "1"}, KEY.encode()), OK]
    with pytest.raises(HttpError) as error:
        ask(client, server)
    assert (len(server.asked), waits, error.value.status, error.value.is_exhausted) == (1, [], status, False)
    assert error.value.is_absent == (status in (404, 410))
    assert KEY not in str(error.value)


@pytest.mark.parametrize("headers", [{"Content-Length": "900"}, {"Content-Length": "900", "Connection": "close"}])
def test_an_answer_cut_short_is_asked_again(client, server, waits, headers):
    server.script = [(200, headers, b"half"), OK]
    assert ask(client, server) == OK[2] and len(server.asked) == 2


def test_a_file_cut_short_is_not_left_behind(client, server, tmp_path):
    server.script = [(200, {"Content-Length": "900"}, b"half")]
    with pytest.raises(HttpError, match=r"broke off after 4 bytes|4 of 900 bytes"):
        client.download(f"{server.url}/file", tmp_path / "file")
    assert not (tmp_path / "file").exists() and len(server.asked) == http.RETRIES + 1


def test_an_answer_that_drips_is_given_up(server, monkeypatch, waits):
    monkeypatch.setattr(http, "READ_SECONDS", 0.3)
    monkeypatch.setattr(http, "RETRIES", 0)
    server.script, server.drip_seconds = [(200, {}, b"x" * 200)], 0.05
    started = time.monotonic()
    with Client(sleep=waits.append) as client, pytest.raises(HttpError, match="too slow"):
        ask(client, server)
    assert time.monotonic() - started < 3


def test_an_answer_without_end_is_given_up(client, server, monkeypatch):
    monkeypatch.setattr(http, "LARGEST_ANSWER_BYTES", 1000)
    server.script = [(200, {}, b"x" * 5000)]
    with pytest.raises(HttpError, match="not this API's answer"):
        ask(client, server)


def test_a_redirect_loop_ends(client, server, waits):
    server.script = [(302, {"Location": "{url}/again?appid=" + KEY}, b"")]
    with pytest.raises(HttpError, match="TooManyRedirects") as error:
        ask(client, server)
    assert len(server.asked) == http.REDIRECTS + 1 and waits == [] and KEY not in str(error.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/x", "https://127.0.0.1:9/x"])
def test_nobody_there(client, waits, url):
    with pytest.raises(HttpError, match="check the address") as error:
        client.answer(url, {"appid": KEY})
    assert error.value.is_unreachable and len(waits) == http.RETRIES
    assert KEY not in str(error.value)


def test_a_server_that_speaks_no_tls_is_not_asked_again(client, server, waits):
    with pytest.raises(HttpError, match="SSLError"):
        client.answer(server.url.replace("http:", "https:"), {})
    assert waits == []


@pytest.mark.parametrize(
    "url", ["nonsense", "ftp://127.0.0.1/x", "http://", "http://[::1/x", "http://127.0.0.1:99999/"]
)
def test_an_address_that_is_none(client, waits, url):
    with pytest.raises(HttpError, match="check the address"):
        client.answer(url, {"appid": KEY})
    assert waits == []


def test_proxies_of_the_environment_are_used(client, server, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, server.url)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "")
    client.answer("http://weather.invalid/data", {})
    assert server.asked[0][0] == "http://weather.invalid/data"


def test_a_ca_bundle_of_the_environment_is_used(client, monkeypatch, tmp_path):
    """A certificate that nobody else trusts; requests also reads CURL_CA_BUNDLE."""
    certificate, key = self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with SimulatorServer({"/": lambda request: Response(HTTPStatus.OK, b"{}")}, tls=context) as provider:
        with pytest.raises(HttpError, match=r"SSLError; check its certificate"):
            client.answer(provider.url, {})
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        assert client.answer(provider.url, {}).body == b"{}"


def test_a_server_that_does_not_take_the_connection_is_given_up(client, monkeypatch):
    """A full queue of connections: the system leaves the next ones without an answer."""
    monkeypatch.setattr(http, "CONNECT_SECONDS", 0.2)
    monkeypatch.setattr(http, "RETRIES", 0)
    with contextlib.ExitStack() as held:
        busy = held.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(8):
            waiting = held.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(busy.getsockname())
        started = time.monotonic()
        with pytest.raises(HttpError, match="ConnectTimeoutError") as error:
            client.answer(f"http://127.0.0.1:{busy.getsockname()[1]}/", {})
        assert error.value.is_unreachable and time.monotonic() - started < 5


def test_connections_are_few_and_kept(client):
    """Forty requests of many threads over the connections of one browser."""
    with openweather_server(lambda request: Response(HTTPStatus.OK, b"{}")) as url:
        with ThreadPoolExecutor(2 * http.CONNECTIONS) as pool:
            list(pool.map(lambda number: client.answer(url, {"n": str(number)}), range(40)))
        pools = client.session.get_adapter(url).poolmanager.pools
        (connections,) = [pools[key] for key in pools.keys()]  # noqa: SIM118 - no dict: it cannot be iterated over
        assert connections.num_requests == 40 and connections.num_connections <= http.CONNECTIONS


def test_a_gzip_that_was_not_asked_for_is_unpacked_to_its_end(client, server):
    whole = gzip.compress(b"a line\n" * 50) + gzip.compress(b"and another\n")  # of two members
    server.script = [(200, {"Content-Encoding": "gzip"}, whole[:-20]), (200, {"Content-Encoding": "gzip"}, whole)]
    assert ask(client, server) == b"a line\n" * 50 + b"and another\n" and len(server.asked) == 2


@pytest.mark.parametrize(("encoding", "reason"), [("br", "comes as br, which was not asked"), ("gzip", "not the gzip")])
def test_an_encoding_that_cannot_be_read(client, server, encoding, reason):
    server.script = [(200, {"Content-Encoding": encoding}, b"{}")]
    with pytest.raises(HttpError, match=reason):
        ask(client, server)


def test_it_says_who_it_is_and_takes_no_cookies(client, server):
    server.script = [(200, {"Set-Cookie": "a=b"}, b"{}")]
    ask(client, server)
    ask(client, server)
    assert all("isobar" in headers["User-Agent"] and "Cookie" not in headers for _, headers in server.asked)


def test_every_attempt_needs_a_permit(server, waits):
    taken = []
    server.script = [(500, {}, b""), (500, {}, b""), OK]
    with Client(permit=lambda: taken.append(1), sleep=waits.append) as client:
        ask(client, server)
    assert len(taken) == 3


# --- keys ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"GET /data?appid={KEY}&q=1", "GET /data?appid=***&q=1"),
        ("GET /data?q=1&APPID=other HTTP/1.1", "GET /data?q=1&APPID=*** HTTP/1.1"),
        ("apikey: other, next", "apikey: ***, next"),
        ("{'Authorization': 'Bearer other'}", "{'Authorization': 'Bearer ***'}"),
        ("api_key=other", "api_key=***"),
        (f"it is {KEY}!", "it is ***!"),
        ("nothing here", "nothing here"),
    ],
)
def test_redaction(text, shown):
    hide(KEY)
    assert redact(text) == shown


def test_a_key_with_signs_is_hidden_as_it_travels_too():
    hide("a+b/c d&e")
    assert redact("q=a%2Bb%2Fc%20d%26e and a%2Bb%2Fc+d%26e and a+b/c d&e") == "q=*** and *** and ***"


def test_no_key_in_logs_exceptions_and_tracebacks(client, server, caplog, monkeypatch):
    """At debug level urllib3 logs every request line, with its query."""
    hide(KEY)
    server.script = [
        (500, {}, KEY.encode()),
        (302, {"Location": "{url}/next?appid=" + KEY}, b""),
        (401, {}, KEY.encode()),
    ]
    with caplog.at_level(logging.DEBUG):
        try:
            ask(client, server)
        except HttpError as error:
            shown = "".join(traceback.format_exception(error)) + repr(error)
        try:
            raise ValueError(f"http://x/?appid={KEY}")
        except ValueError:
            logging.getLogger("anybody").exception("failed with %s", KEY)
    assert any("/data?q=paris&appid=***" in record.getMessage() for record in caplog.records)
    assert KEY not in shown and KEY not in caplog.text
