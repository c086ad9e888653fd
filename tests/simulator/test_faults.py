"""Every fault, over real sockets: does it do to the connection what it says?"""

from __future__ import annotations

import contextlib
import datetime as dt
import email.utils
import gzip
import http.client
import json
import socket
import ssl
import time
import urllib.request
import zlib
from collections.abc import Iterator
from http import HTTPStatus
from urllib.parse import urlsplit

import pytest

from simulator import faults
from simulator.faults import Faulty, Rule
from simulator.openweather import INVALID_KEY, TOO_MANY_REQUESTS, openweather_server
from simulator.server import Request, Response, Route

BODY = json.dumps({"cod": "200", "cnt": 3, "list": [{"dt": n, "main": {"temp": 280.5 + n}} for n in range(3)]}).encode()
TARGET = "/data/2.5/forecast?lat=48.8534&lon=2.3488&appid=k"
#: Long enough for two busy cores, short against what it tells apart.
TIMEOUT_S = 5.0


def healthy(request: Request) -> Response:
    return Response(HTTPStatus.OK, BODY, {"Content-Type": "application/json; charset=utf-8"})


def listing(request: Request) -> Response:
    return Response(HTTPStatus.OK, b'[{"name":"Paris"},{"name":"Lyon"}]', {"Content-Type": "application/json"})


@contextlib.contextmanager
def serving(fault: faults.Fault, route: Route = healthy) -> Iterator[tuple[str, int]]:
    with openweather_server(Faulty(route, [Rule(fault)])) as url:
        parts = urlsplit(url)
        assert parts.hostname is not None and parts.port is not None
        yield parts.hostname, parts.port


def ask(
    fault: faults.Fault, route: Route = healthy, target: str = TARGET
) -> tuple[int, http.client.HTTPMessage, bytes]:
    """Status, headers and body as a client sees them."""
    with serving(fault, route) as address:
        connection = http.client.HTTPConnection(*address, timeout=TIMEOUT_S)
        connection.request("GET", target)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, answer.headers, body


def raw(address: tuple[str, int]) -> socket.socket:
    """A connection with the request already sent."""
    connection = socket.create_connection(address, timeout=TIMEOUT_S)
    connection.sendall(f"GET {TARGET} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    return connection


def read_to_end(connection: socket.socket) -> tuple[bytes, bytes]:
    """(head, body) of everything that came before the other side closed."""
    received = b""
    while piece := connection.recv(65536):
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    return head, body


def read_until(connection: socket.socket, end: bytes) -> bytes:
    """Everything up to `end`, which must come before the other side closes."""
    received = b""
    while not received.endswith(end):
        piece = connection.recv(65536)
        assert piece, f"closed after {received!r}"
        received += piece
    return received


# -- answers -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "status", "body"),
    [(faults.bad_key(), 401, INVALID_KEY), (faults.bad_request(), 400, b'{"cod":"400","message":"wrong latitude"}'),
     (faults.city_not_found(), 404, b'{"cod":"404","message":"city not found"}'),
     (faults.too_many_requests(), 429, TOO_MANY_REQUESTS),
     (faults.server_error(), 500, b'{"cod":500,"message":"Internal server error"}')],
)  # fmt: skip
def test_errors_of_the_api(fault, status, body):
    told, headers, received = ask(fault)
    assert (told, received) == (status, body)
    assert headers["Content-Type"].startswith("application/json")
    assert "Retry-After" not in headers


@pytest.mark.parametrize("status", [502, 503])
def test_errors_of_the_gateway_are_html(status):
    told, headers, body = ask(faults.server_error(status))
    assert told == status and headers["Content-Type"] == "text/html" and str(status).encode() in body


def test_retry_after_in_every_form():
    assert "Retry-After" not in ask(faults.too_many_requests(None))[1]
    assert ask(faults.too_many_requests(0))[1]["Retry-After"] == "0"
    assert ask(faults.too_many_requests(17))[1]["Retry-After"] == "17"
    moment = dt.datetime(2026, 2, 10, 12, 0, 30)
    told = ask(faults.too_many_requests(moment))[1]["Retry-After"]
    assert told == "Tue, 10 Feb 2026 12:00:30 GMT"
    assert email.utils.parsedate_to_datetime(told).replace(tzinfo=None) == moment


def test_a_page_instead_of_an_answer():
    status, headers, body = ask(faults.html_page())
    assert status == 200 and headers["Content-Type"].startswith("text/html") and body.startswith(b"<!DOCTYPE html>")


def test_nothing_instead_of_an_answer():
    status, headers, body = ask(faults.empty_body())
    assert (status, body, headers["Content-Length"]) == (200, b"", "0")
    assert headers["Content-Type"].startswith("application/json")


def test_empty_and_shrunken_lists():
    assert json.loads(ask(faults.empty_list())[2]) == {"cod": "200", "cnt": 0, "list": []}
    assert json.loads(ask(faults.empty_list(), listing)[2]) == []
    assert json.loads(ask(faults.empty_list(), lambda _: Response(HTTPStatus.OK, b'{"cod":200}'))[2]) == []
    shrunken = json.loads(ask(faults.shrunken(1))[2])
    assert shrunken["cnt"] == 1 and shrunken["list"] == json.loads(BODY)["list"][:1]


def test_malformed_json():
    status, _, body = ask(faults.malformed_json())
    assert status == 200 and len(body) > len(BODY)
    with pytest.raises(json.JSONDecodeError):
        json.loads(body)


def test_nan_in_json():
    body = ask(faults.nan_in_json("temp"))[2]
    assert body.count(b"NaN") == 3
    refused: list[str] = []
    json.loads(body, parse_constant=refused.append)
    assert refused == ["NaN"] * 3
    with pytest.raises(ValueError, match="no ozone"):
        faults.nan_in_json("ozone")(Request("GET", "x", {}, {}), healthy)


def test_wrong_content_type():
    _, headers, body = ask(faults.wrong_content_type("text/csv"))
    assert headers["Content-Type"] == "text/csv" and headers.get_all("Content-Type") == ["text/csv"] and body == BODY


def test_truncated_gzip():
    _, headers, body = ask(faults.truncated_gzip())
    assert headers["Content-Encoding"] == "gzip" and int(headers["Content-Length"]) == len(body)
    with pytest.raises(EOFError):
        gzip.decompress(body)
    # What came is good as far as it goes: a reader that does not look for the end takes it for all.
    assert BODY.startswith(zlib.decompressobj(wbits=31).decompress(body))


def test_redirect_loop():
    status, headers, _ = ask(faults.redirect_loop())
    assert (status, headers["Location"]) == (302, TARGET)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with serving(faults.redirect_loop()) as (host, port), pytest.raises(urllib.error.HTTPError, match="infinite loop"):
        opener.open(f"http://{host}:{port}{TARGET}", timeout=TIMEOUT_S)


def test_clock_skew_changes_the_date_and_nothing_else():
    _, headers, body = ask(faults.clock_skew(dt.datetime(1999, 12, 31, 23, 59, 59)))
    assert headers.get_all("Date") == ["Fri, 31 Dec 1999 23:59:59 GMT"] and body == BODY


def test_refusals_without_words():
    assert ask(faults.forbidden())[::2] == (403, b"")
    status, _, body = ask(faults.not_found())
    assert status == 404 and b"NoSuchKey" in body
    status, _, body = ask(faults.message("no [/b]"))
    assert status == 200 and json.loads(body)["message"] == "no [/b]"


def test_units_dropped_changes_the_question():
    asked = []
    faults.units_dropped()(
        Request("GET", "x", {"lat": ["1"], "units": ["metric"]}, {}),
        lambda request: asked.append(request) or healthy(request),
    )
    assert asked[0].query == {"lat": ["1"]}


def test_a_redirect_to_another_base():
    status, headers, _ = ask(faults.redirected("http://127.0.0.1:9/mirror/"))
    assert (status, headers["Location"]) == (302, "http://127.0.0.1:9/mirror/data/2.5/forecast")


def archived(request: Request) -> Response:
    """A file whose ETag never changes."""
    if "if-none-match" in request.headers:
        return Response(HTTPStatus.NOT_MODIFIED)
    return Response(HTTPStatus.OK, gzip.compress(b"a;b\n1;2\n", mtime=0), {"ETag": '"1"'})


def test_faults_of_files():
    plain, holding = Request("GET", "f", {}, {}), Request("GET", "f", {}, {"if-none-match": '"1"'})
    whole = archived(plain)
    assert faults.not_modified()(holding, archived).status == 304
    assert faults.not_modified()(plain, archived) == whole
    other = faults.other_etag()
    first, second = other(holding, archived), other(holding, archived)
    assert first.body == second.body == whole.body and first.headers["ETag"] != second.headers["ETag"] != '"1"'
    truncated = faults.truncated_file(0.5)(holding, archived)
    assert whole.body.startswith(truncated.body) and len(truncated.body) == len(whole.body) // 2
    changed = faults.rewritten(lambda content: content.upper())(holding, archived)
    assert gzip.decompress(changed.body) == b"A;B\n1;2\n"
    assert {truncated.headers["ETag"], changed.headers["ETag"]}.isdisjoint({'"1"'})


# -- below HTTP ----------------------------------------------------------------------------------------------------------


def test_latency():
    started = time.monotonic()
    assert ask(faults.latency(0.2))[2] == BODY
    assert time.monotonic() - started >= 0.2


def test_slow_drip_is_whole_and_slow():
    with serving(faults.slow_drip(chunk=len(BODY) // 6, pause_s=0.05)) as address, raw(address) as connection:
        started, received, pieces = time.monotonic(), b"", 0
        while not received.endswith(BODY):
            received += connection.recv(65536)
            pieces += 1
    # Many short waits, none of which a timeout for a single read would notice.
    assert pieces >= 3
    assert time.monotonic() - started >= 0.3


def test_a_stalled_body_stays_open_and_silent():
    with serving(faults.stalled(after=7)) as address, raw(address) as connection:
        head = read_until(connection, b"\r\n\r\n" + BODY[:7])
        assert f"Content-Length: {len(BODY)}".encode() in head
        connection.settimeout(0.3)
        with pytest.raises(TimeoutError):
            connection.recv(1)


def test_a_server_with_stalled_and_dripping_clients_stops_at_once():
    for fault in (faults.stalled(), faults.slow_drip(pause_s=60)):
        with contextlib.ExitStack() as clients:
            with serving(fault) as address:
                connection = clients.enter_context(raw(address))
                assert connection.recv(12) == b"HTTP/1.1 200"
                started = time.monotonic()
            assert time.monotonic() - started < 2
            read_to_end(connection)


def test_a_cut_body_is_shorter_than_its_length():
    with serving(faults.cut(0.5)) as address:
        with raw(address) as connection:
            head, body = read_to_end(connection)
        assert body == BODY[: len(BODY) // 2] and f"Content-Length: {len(BODY)}".encode() in head
        client = http.client.HTTPConnection(*address, timeout=TIMEOUT_S)
        client.request("GET", TARGET)
        with pytest.raises(http.client.IncompleteRead):
            client.getresponse().read()
        client.close()


def test_a_length_that_is_too_short_hides_the_end():
    status, headers, body = ask(faults.short_length(10))
    assert status == 200 and headers.get_all("Content-Length") == [str(len(BODY) - 10)]
    assert body == BODY[:-10]
    with serving(faults.short_length(10)) as address, raw(address) as connection:
        read_until(connection, BODY)


def test_reset_is_an_error_and_not_an_end():
    with serving(faults.reset()) as address, raw(address) as connection, pytest.raises(ConnectionResetError):
        connection.recv(65536)
    with serving(faults.reset(after=5)) as address, raw(address) as connection:
        read_until(connection, b"\r\n\r\n" + BODY[:5])
        with pytest.raises(ConnectionResetError):
            connection.recv(1)


def test_the_server_survives_its_faults():
    rules = [
        Rule(faults.reset(), calls=[1]), Rule(faults.cut(), calls=[2]), Rule(faults.stalled(), calls=[3]),
        Rule(faults.short_length(), calls=[4]),
    ]  # fmt: skip
    route = Faulty(healthy, rules)
    with openweather_server(route) as url:
        parts = urlsplit(url)
        address = (str(parts.hostname), int(parts.port or 0))
        for _ in rules:
            with raw(address) as connection, contextlib.suppress(ConnectionResetError):
                connection.recv(65536)
        client = http.client.HTTPConnection(*address, timeout=TIMEOUT_S)
        for _ in range(2):
            client.request("GET", TARGET)
            assert client.getresponse().read() == BODY
        client.close()
    assert route.struck == [1, 1, 1, 1]


def test_a_client_that_wants_tls_is_told_no():
    with serving(faults.latency(0)) as address, socket.create_connection(address, timeout=TIMEOUT_S) as connection:
        context = ssl.create_default_context()
        with pytest.raises(ssl.SSLError):
            context.wrap_socket(connection, server_hostname="localhost")


def test_many_clients_at_once_wait_once():
    count, pause = 40, 0.2
    with serving(faults.latency(pause)) as address:
        started = time.monotonic()
        connections = [raw(address) for _ in range(count)]
        for connection in connections:
            assert connection.recv(12) == b"HTTP/1.1 200"
            connection.close()
        assert time.monotonic() - started < count * pause / 4


# -- the table -----------------------------------------------------------------------------------------------------------


def outcomes(route: Route, *targets: str) -> list[int]:
    def request(target: str) -> Request:
        parts = urlsplit(target)
        query = {name: [value] for name, _, value in (pair.partition("=") for pair in parts.query.split("&"))}
        return Request("GET", parts.path, query, {}, target)

    return [int(route(request(target)).status) for target in targets]


def test_rules_choose_by_path_place_parameter_and_turn():
    paris, lyon, no_place = "?lat=48.8534&lon=2.3488", "?lat=45.7485&lon=4.8467", "?q=Paris"
    route = Faulty(
        healthy,
        [
            Rule(faults.server_error(503), path="*/weather", place=(48.8534, 2.349), calls=range(2, 4)),
            Rule(faults.city_not_found(), path="*/forecast", query={"units": "metric"}),
            Rule(faults.bad_key(), path="data/2.5/air_pollution*", calls={1}),
        ],
    )
    weather, forecast = "data/2.5/weather", "data/2.5/forecast"
    assert outcomes(route, *[weather + paris] * 5) == [200, 503, 503, 200, 200]
    assert outcomes(route, *[weather + lyon] * 3, weather + no_place, weather + "?lat=x&lon=2.3488") == [200] * 5
    metric = [forecast + place + "&units=metric" for place in (paris, lyon)]
    assert outcomes(route, forecast + paris, *metric) == [
        200,
        404,
        404,
    ]
    assert outcomes(route, *["data/2.5/air_pollution/history" + lyon] * 2) == [401, 200]
    assert route.struck == [2, 2, 1]


def test_the_first_rule_whose_turn_it_is_strikes_and_all_count():
    route = Faulty(healthy, [Rule(faults.bad_key(), calls=[2]), Rule(faults.server_error(500), calls=[2, 3])])
    assert outcomes(route, *["data/2.5/weather?q=x"] * 4) == [200, 401, 500, 200]


def test_head_answers_without_a_body_whatever_the_fault():
    with serving(faults.cut()) as address:
        client = http.client.HTTPConnection(*address, timeout=TIMEOUT_S)
        client.request("HEAD", TARGET)
        answer = client.getresponse()
        assert (answer.read(), answer.headers["Content-Length"]) == (b"", str(len(BODY)))
        client.close()
