"""Faults on request: what networks and providers do, wrapped around any route.

A *fault* is a function of the request and the route behind it that gives the response. :class:`Faulty` applies them by a table::

    Faulty(route, [
        Rule(too_many_requests(retry_after=0), path="*/weather", calls=[1]),   # the first call, then well again
        Rule(cut(0.5), place=(48.8534, 2.3488)),                              # one city, always
    ])

Faults that live below HTTP (drips, stalls, cuts, resets) change how a response is sent, not what it says.
"""

from __future__ import annotations

import datetime as dt
import email.utils
import gzip
import itertools
import json
import threading
import time
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from http import HTTPStatus

from simulator import server
from simulator.openweather import INVALID_KEY, TOO_MANY_REQUESTS, ApiError, json_response
from simulator.server import Request, Response, Route, Wire

Fault = Callable[[Request, Route], Response]

_JSON = {"Content-Type": "application/json; charset=utf-8"}
#: Same city: a hundredth of a degree is about a kilometre.
_SAME_PLACE_DEG = 0.01
#: A stalled connection ends with the server; this only bounds a forgotten one.
_STALL_S = 3600.0


@dataclass(frozen=True, slots=True)
class Rule:
    """Where and when a fault strikes. What is left out matches everything.

    ``path`` is a shell pattern over the path after the route's prefix (``*/weather``); ``place`` the ``lat`` and ``lon`` asked
    for, within 0.01 degrees; ``query`` exact values of parameters; ``calls`` which of the requests that match, counted from 1.
    """

    fault: Fault
    path: str = "*"
    place: tuple[float, float] | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    calls: Container[int] | None = None

    def matches(self, request: Request) -> bool:
        """Whether the request is one that this rule counts."""
        if not fnmatchcase(request.path, self.path):
            return False
        if any(request.query.get(name, [""])[0] != value for name, value in self.query.items()):
            return False
        return self.place is None or _asks_for(request, *self.place)


def _asks_for(request: Request, latitude: float, longitude: float) -> bool:
    try:
        asked = [float(request.query[name][0]) for name in ("lat", "lon")]
    except (KeyError, ValueError):
        return False
    return abs(asked[0] - latitude) <= _SAME_PLACE_DEG and abs(asked[1] - longitude) <= _SAME_PLACE_DEG


class Faulty:
    """A route with faults. Every rule counts the requests it matches; the first rule whose turn it is strikes.

    ``struck`` is how often each rule did, in the order of the rules.
    """

    def __init__(self, route: Route, rules: Sequence[Rule]) -> None:
        self._route, self._rules = route, tuple(rules)
        self._lock = threading.Lock()
        self._seen = [0] * len(self._rules)
        self.struck = [0] * len(self._rules)

    def __call__(self, request: Request) -> Response:
        chosen: Fault | None = None
        with self._lock:
            for number, rule in enumerate(self._rules):
                if not rule.matches(request):
                    continue
                self._seen[number] += 1
                if chosen is None and (rule.calls is None or self._seen[number] in rule.calls):
                    chosen = rule.fault
                    self.struck[number] += 1
        return chosen(request, self._route) if chosen else self._route(request)


# -- answers of the API --------------------------------------------------------------------------------------------------


def bad_key() -> Fault:
    """401 with the provider's body."""
    return lambda request, route: Response(HTTPStatus.UNAUTHORIZED, INVALID_KEY, _JSON)


def bad_request(message: str = "wrong latitude") -> Fault:
    """400 with the provider's body."""
    return lambda request, route: ApiError(HTTPStatus.BAD_REQUEST, message).response()


def forbidden() -> Fault:
    """403 without a word."""
    return lambda request, route: Response(HTTPStatus.FORBIDDEN)


def not_found() -> Fault:
    """404 of an object store: the file has gone, or has not come yet."""
    return lambda request, route: server.not_found()


def city_not_found() -> Fault:
    """404 with the provider's body."""
    return lambda request, route: ApiError(HTTPStatus.NOT_FOUND, "city not found").response()


def too_many_requests(retry_after: int | dt.datetime | None = None) -> Fault:
    """429 with ``Retry-After`` in seconds (0 too), as an HTTP date (a UTC moment without zone), or without it."""
    headers = dict(_JSON)
    if isinstance(retry_after, dt.datetime):
        headers["Retry-After"] = email.utils.format_datetime(retry_after.replace(tzinfo=dt.UTC), usegmt=True)
    elif retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    return lambda request, route: Response(HTTPStatus.TOO_MANY_REQUESTS, TOO_MANY_REQUESTS, headers)


def server_error(status: int = 500) -> Fault:
    """A 5xx: 500 as the API writes it, any other as the HTML page of a gateway in front of it."""
    code = HTTPStatus(status)
    if code is HTTPStatus.INTERNAL_SERVER_ERROR:
        return lambda request, route: Response(code, b'{"cod":500,"message":"Internal server error"}', _JSON)
    page = f"<html><head><title>{code.value} {code.phrase}</title></head></html>\n".encode()
    return lambda request, route: Response(code, page, {"Content-Type": "text/html"})


# -- answers that are none -----------------------------------------------------------------------------------------------


def html_page() -> Fault:
    """200 with the log-in page of a hotel's network."""
    page = b"<!DOCTYPE html>\n<html><head><title>Welcome</title></head><body>Please log in.</body></html>\n"
    return lambda request, route: Response(HTTPStatus.OK, page, {"Content-Type": "text/html; charset=utf-8"})


def empty_body() -> Fault:
    """200 and nothing."""
    return lambda request, route: replace(route(request), body=b"")


def shrunken(keep: int) -> Fault:
    """The true answer with only its first ``keep`` entries: of its ``list``, or of the array that it is."""

    def fault(request: Request, route: Route) -> Response:
        response = route(request)
        body = json.loads(response.body)
        if isinstance(body, list):
            body = body[:keep]
        elif isinstance(body.get("list"), list):
            body["list"] = body["list"][:keep]
            if "cnt" in body:
                body["cnt"] = len(body["list"])
        else:
            body = [body][:keep]
        return replace(response, body=json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode())

    return fault


def empty_list() -> Fault:
    """200 with an empty ``list``, or ``[]`` where the answer has none."""
    return shrunken(0)


def malformed_json() -> Fault:
    """Two answers written into each other: the first half of one, then a whole one."""

    def fault(request: Request, route: Route) -> Response:
        response = route(request)
        return replace(response, body=response.body[: len(response.body) // 2] + response.body)

    return fault


def nan_in_json(name: str) -> Fault:
    """The value of every key ``name`` is the bare word NaN, which JSON does not have and Python's reader accepts.

    Raises ``ValueError`` when the answer has no such key: a fault that changes nothing would test nothing.
    """

    def poisoned(value: object) -> object:
        if isinstance(value, dict):
            return {key: float("nan") if key == name else poisoned(inner) for key, inner in value.items()}
        return [poisoned(inner) for inner in value] if isinstance(value, list) else value

    def fault(request: Request, route: Route) -> Response:
        response = route(request)
        body = json.dumps(poisoned(json.loads(response.body)), ensure_ascii=False)
        if "NaN" not in body:
            raise ValueError(f"{request.path}: no {name} to spoil")
        return replace(response, body=body.encode())

    return fault


def wrong_content_type(kind: str = "text/plain") -> Fault:
    """The true body under another name."""

    def fault(request: Request, route: Route) -> Response:
        response = route(request)
        return replace(response, headers={**response.headers, "Content-Type": kind})

    return fault


def truncated_gzip(share: float = 0.5) -> Fault:
    """``Content-Encoding: gzip`` around the first ``share`` of the compressed body, with a length that agrees."""

    def fault(request: Request, route: Route) -> Response:
        response = route(request)
        packed = gzip.compress(response.body, mtime=0)
        headers = {**response.headers, "Content-Encoding": "gzip"}
        return replace(response, body=packed[: int(len(packed) * share)], headers=headers)

    return fault


def message(text: str) -> Fault:
    """200 with an error of the provider's own wording in its body."""
    return lambda request, route: json_response({"cod": "400", "message": text})


def units_dropped() -> Fault:
    """The true answer to the question without ``units``: kelvin, as from a proxy that keeps a list of allowed parameters."""

    def fault(request: Request, route: Route) -> Response:
        query = {name: values for name, values in request.query.items() if name != "units"}
        return route(replace(request, query=query))

    return fault


def redirect_loop() -> Fault:
    """302 to the very same address, key and all."""
    return lambda request, route: Response(HTTPStatus.FOUND, b"", {"Location": request.target})


def redirected(base: str) -> Fault:
    """302 to the same name under another base address."""
    return lambda request, route: Response(HTTPStatus.FOUND, b"", {"Location": base + request.path})


def not_modified() -> Fault:
    """304 whatever has changed, as a cache that does not look answers; the true answer to who has no ETag to show."""

    def fault(request: Request, route: Route) -> Response:
        return Response(HTTPStatus.NOT_MODIFIED) if "if-none-match" in request.headers else route(request)

    return fault


def other_etag() -> Fault:
    """The true answer under an ETag of its own each time, as from mirrors that do not agree: nothing ever matches."""
    number = itertools.count(1)

    def fault(request: Request, route: Route) -> Response:
        headers = {name: value for name, value in request.headers.items() if name != "if-none-match"}
        response = route(replace(request, headers=headers))
        return replace(response, headers={**response.headers, "ETag": f'"{next(number)}"'})

    return fault


def truncated_file(share: float = 0.5) -> Fault:
    """The first ``share`` of the file, as a provider shows it that is still uploading: every length and ETag agrees."""

    def fault(request: Request, route: Route) -> Response:
        response = route(replace(request, headers={}))
        body = response.body[: int(len(response.body) * share)]
        return replace(response, body=body, headers={**response.headers, "ETag": '"truncated"'})

    return fault


def rewritten(change: Callable[[bytes], bytes]) -> Fault:
    """The file with its content (what is in the gzip, where it is one) changed, under an ETag of its own."""

    def fault(request: Request, route: Route) -> Response:
        response = route(replace(request, headers={}))
        is_packed = response.body[:2] == b"\x1f\x8b"
        content = change(gzip.decompress(response.body) if is_packed else response.body)
        body = gzip.compress(content, mtime=0) if is_packed else content
        return replace(response, body=body, headers={**response.headers, "ETag": '"rewritten"'})

    return fault


def clock_skew(moment: dt.datetime) -> Fault:
    """The true answer with a ``Date`` of ``moment`` (UTC without zone), as a server whose clock is wrong sends it."""
    date = email.utils.format_datetime(moment.replace(tzinfo=dt.UTC), usegmt=True)

    def fault(request: Request, route: Route) -> Response:
        response = route(request)
        return replace(response, headers={**response.headers, "Date": date})

    return fault


# -- below HTTP ----------------------------------------------------------------------------------------------------------


def latency(seconds: float) -> Fault:
    """The true answer, later."""

    def fault(request: Request, route: Route) -> Response:
        time.sleep(seconds)
        return route(request)

    return fault


def slow_drip(chunk: int = 1, pause_s: float = 0.1) -> Fault:
    """The true answer, ``chunk`` bytes of body at a time with pauses: no single read takes long, the whole does."""

    def deliver(wire: Wire, head: bytes, body: bytes) -> None:
        wire.write(head)
        for at in range(0, len(body), chunk):
            if not wire.wait(pause_s):
                wire.close()
                return
            wire.write(body[at : at + chunk])

    return lambda request, route: replace(route(request), deliver=deliver)


def stalled(after: int = 10) -> Fault:
    """The head and ``after`` bytes of body, then silence on an open connection."""

    def deliver(wire: Wire, head: bytes, body: bytes) -> None:
        wire.write(head + body[:after])
        wire.close()
        wire.wait(_STALL_S)

    return lambda request, route: replace(route(request), deliver=deliver)


def cut(share: float = 0.5) -> Fault:
    """The first ``share`` of the body, then an orderly end: fewer bytes than Content-Length says."""

    def deliver(wire: Wire, head: bytes, body: bytes) -> None:
        wire.write(head + body[: int(len(body) * share)])
        wire.close()

    return lambda request, route: replace(route(request), deliver=deliver)


def short_length(missing: int = 10) -> Fault:
    """Content-Length is ``missing`` bytes too small for the body, all of which is sent."""

    def fault(request: Request, route: Route) -> Response:
        response = route(request)
        length = str(max(len(response.body) - missing, 0))
        return replace(response, headers={**response.headers, "Content-Length": length})

    return fault


def reset(after: int | None = None) -> Fault:
    """RST before any answer, or after the head and ``after`` bytes of body."""

    def deliver(wire: Wire, head: bytes, body: bytes) -> None:
        if after is not None:
            wire.write(head + body[:after])
            # What was sent must arrive first: RST discards what is still on its way.
            wire.wait(0.1)
        wire.reset()

    return lambda request, route: replace(route(request), deliver=deliver)
