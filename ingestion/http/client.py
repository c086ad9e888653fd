"""The network, touched here and nowhere else: one polite HTTP client for every source.

One session with a pool of connections, honouring the proxies and CA bundles of the environment (`HTTPS_PROXY`, `NO_PROXY`,
`REQUESTS_CA_BUNDLE`). What may pass by itself is asked again, a few times, each wait longer than the one before and none
alike; what will not (400, 401, 403, a certificate, an address) is asked once.
"""

from __future__ import annotations

import random
import re
import time
import zlib
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import requests
import urllib3
from requests.adapters import HTTPAdapter

from ingestion.http.redaction import origin, redact, without_secrets

USER_AGENT = "isobar (open-source weather warehouse; requests)"
CONNECT_SECONDS, READ_SECONDS = 10, 60
"""A provider that does not accept within 10 s is down; one that sends nothing for a minute has stalled."""

SLOWEST_BYTES_A_SECOND = 1024
"""An answer that drips more slowly than this, after a first READ_SECONDS, would hold its connection for hours."""

CONNECTIONS = 8
"""At once, to one provider: a hundred cities in seconds, and no more than a browser takes."""

RETRIES = 4
BACKOFF_SECONDS = 1.0
"""About 1, 2, 4, 8 s: a restart of a gateway is bridged, a dead one is given up within half a minute."""

LONGEST_WAIT_SECONDS = 120.0
"""A provider that asks for a longer pause is left alone: its user runs the command again."""

RETRIED_STATUSES = frozenset({429, 500, 502, 503, 504})
REDIRECTS = 5
CHUNK_BYTES = 1 << 18
LARGEST_ANSWER_BYTES = 32 << 20
"""An API answer is read into memory. A month of hourly air quality is 200 kB."""

SIMULATED_HEADER = "X-Isobar-Simulated"

Result = TypeVar("Result")


class HttpError(Exception):
    """A request failed for good; the message says what to do and shows no key.

    Attributes:
        status: the HTTP status, None where no answer came.
        is_absent: the server answered that there is no such thing.
        is_unreachable: no answer came at all.
        is_exhausted: it was retried until the end: the next request is likely to fare the same.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        is_absent: bool = False,
        is_unreachable: bool = False,
        is_exhausted: bool = False,
    ) -> None:
        super().__init__(redact(message))
        self.status = status
        self.is_absent = is_absent
        self.is_unreachable = is_unreachable
        self.is_exhausted = is_exhausted


@dataclass(frozen=True)
class Answer:
    """An API's answer with status 200."""

    body: bytes
    is_simulated: bool


@dataclass(frozen=True)
class Fetched:
    """A download. `path` is None when the server said that nothing changed since `etag`."""

    path: Path | None
    etag: str | None
    content_length: int | None
    is_simulated: bool


class _CutError(Exception):
    """The answer ended, stalled or dripped before it was whole; asking again may help."""


class Client:
    """One session for one provider. Safe to share between threads.

    Args:
        permit: called before every attempt, retries included; it may wait (pacing) or raise (budget spent).
        sleep, uniform: for tests.
    """

    def __init__(
        self,
        *,
        permit: Callable[[], None] = lambda: None,
        sleep: Callable[[float], None] = time.sleep,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self.permit, self.sleep, self.uniform = permit, sleep, uniform
        self.session = requests.Session()
        # retries are made below, where a wait can be told, capped and counted against a budget
        adapter = HTTPAdapter(pool_connections=CONNECTIONS, pool_maxsize=CONNECTIONS, pool_block=True, max_retries=0)
        self.session.mount("http://", adapter)
        self.session.mount("https://", adapter)
        self.session.max_redirects = REDIRECTS
        self.session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))  # nothing shared between threads
        # identity: the lake keeps the bytes of the file, not those of a transfer encoding
        self.session.headers.update({"User-Agent": USER_AGENT, "Accept-Encoding": "identity"})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.session.close()

    def answer(self, url: str, parameters: Mapping[str, str], headers: Mapping[str, str] | None = None) -> Answer:
        """GET an API's answer into memory. With `headers` no redirect is followed: a key in them is for this server alone.

        Raises:
            HttpError: any other status than 200, an answer cut short or too large, no answer.
        """

        def receive(response: requests.Response) -> Answer:
            body = bytearray()
            for chunk in _chunks(response):
                body += chunk
                if len(body) > LARGEST_ANSWER_BYTES:
                    raise HttpError(
                        f"{without_secrets(url)}: more than {LARGEST_ANSWER_BYTES >> 20} MB came; not this API's answer"
                    )
            return Answer(bytes(body), SIMULATED_HEADER in response.headers)

        return self._send("GET", url, receive, parameters=parameters, headers=headers or {}, follows=not headers)

    def post(self, url: str, document: Any) -> None:
        """POST JSON to a webhook, whose path is its secret: messages name the host alone. An attempt whose answer was lost is
        made again, so that the document may arrive twice; a redirect, which would make a GET of it, is not followed.

        Raises:
            HttpError: any status outside 200 to 299, no answer.
        """
        # a webhook has nothing to say: Slack answers 200, others 202 or 204
        taken = range(200, 300)
        self._send("POST", url, lambda response: None, document=document, taken=taken, follows=False, shown=origin(url))

    def download(self, url: str, target: Path, etag: str | None = None) -> Fetched:
        """Fetch `url` into `target`, or learn that it still has `etag`.

        Raises:
            HttpError: not there, refused, cut short or unreachable; `target` is then not left behind.
            OSError: `target` cannot be written.
        """

        def receive(response: requests.Response) -> Fetched:
            is_simulated, length = SIMULATED_HEADER in response.headers, _content_length(response)
            if response.status_code == 304:
                return Fetched(None, etag, length, is_simulated)
            with target.open("wb") as out:
                for chunk in _chunks(response):
                    out.write(chunk)
            return Fetched(target, response.headers.get("ETag"), length, is_simulated)

        try:
            return self._send("GET", url, receive, headers={"If-None-Match": etag} if etag else {})
        except BaseException:
            target.unlink(missing_ok=True)
            raise

    def _send(
        self,
        method: str,
        url: str,
        receive: Callable[[requests.Response], Result],
        *,
        parameters: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        document: Any = None,
        taken: Container[int] = (200,),
        follows: bool = True,
        shown: str | None = None,
    ) -> Result:
        shown = shown or without_secrets(url)
        headers = headers or {}
        for attempt in range(RETRIES + 1):
            self.permit()
            asked_wait: float | None = None
            try:
                self._check_ca_bundle(url, shown)
                with self.session.request(
                    method,
                    url,
                    params=parameters,
                    headers=headers,
                    json=document,
                    timeout=(CONNECT_SECONDS, READ_SECONDS),
                    stream=True,
                    allow_redirects=follows,
                ) as response:
                    status = response.status_code
                    if status in taken or (status == 304 and "If-None-Match" in headers):
                        return receive(response)
                    failure = HttpError(
                        f"{shown}: {_explained(status, response)}",
                        status=status,
                        is_absent=status in (404, 410),
                        is_exhausted=status in RETRIED_STATUSES,
                    )
                    if status not in RETRIED_STATUSES:
                        raise failure
                    asked_wait = _retry_after(response)
            except _CutError as error:
                failure = HttpError(f"{shown}: {error}; fetch it again")
            except requests.RequestException as error:
                # the exception's own text holds the whole URL, so only its kind is told
                failure = HttpError(
                    f"{shown}: {_kind(error)}; check {_suspect(error)}, then run the same command again",
                    is_unreachable=isinstance(error, requests.ConnectionError | requests.Timeout),
                    is_exhausted=True,
                )
                if not _may_pass(error):
                    raise failure from None
            except (urllib3.exceptions.HTTPError, ValueError) as error:  # an address that requests passes on unread
                raise HttpError(f"{shown}: {type(error).__name__}; check the address") from None
            if asked_wait is not None and asked_wait > LONGEST_WAIT_SECONDS:
                raise HttpError(
                    f"{failure}; it asks to wait {asked_wait:.0f} s: run the same command again then",
                    status=failure.status,
                    is_exhausted=True,
                )
            if attempt < RETRIES:
                self.sleep(self._wait(attempt, asked_wait))
        raise failure

    def _check_ca_bundle(self, url: str, shown: str) -> None:
        """requests raises a plain OSError, as a full disk does, where REQUESTS_CA_BUNDLE names nothing."""
        if not url.lower().startswith("https:"):
            return
        bundle = self.session.merge_environment_settings(url, {}, None, None, None)["verify"]
        if isinstance(bundle, str) and not Path(bundle).exists():
            raise HttpError(
                f"{shown}: the CA bundle {Path(bundle).name} is not there; check REQUESTS_CA_BUNDLE",
                is_unreachable=True,
                is_exhausted=True,
            )

    def _wait(self, attempt: int, asked: float | None) -> float:
        """Seconds: what the server asks for, but never less than our own, which grows and which no two clients share."""
        own = BACKOFF_SECONDS * 2**attempt
        own = self.uniform(own / 2, own)
        return max(own, asked + self.uniform(0, own / 2)) if asked else own


def _chunks(response: requests.Response) -> Iterator[bytes]:
    """The body as it comes, out of a gzip around it that nobody asked for.

    Raises:
        _CutError: it ended before its announced length or its gzip's end, broke off, stalled, or drips.
        HttpError: it is in another encoding.
    """
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding in ("gzip", "x-gzip"):
        return _unzipped(_received(response))
    if encoding != "identity":
        raise HttpError(f"{without_secrets(response.url)}: comes as {encoding[:20]}, which was not asked for")
    return _received(response)


def _unzipped(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Checked to the end: urllib3 takes what came of a gzip that was cut for all of it."""
    member: Any = None
    try:
        for packed in chunks:
            while packed:
                member = member or zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
                yield member.decompress(packed)
                packed = member.unused_data
                if member.eof:
                    member = None
    except zlib.error:
        raise _CutError("not the gzip that it says it is") from None
    if member is not None:
        raise _CutError("its gzip has no end")


def _received(response: requests.Response) -> Iterator[bytes]:
    started, received = time.monotonic(), 0
    while True:
        try:
            # read1 returns with what there is: a plain read waits for a whole chunk, for hours where an answer drips
            chunk = response.raw.read1(CHUNK_BYTES, decode_content=False)
        except (urllib3.exceptions.HTTPError, HTTPException, ConnectionError, TimeoutError) as error:
            raise _CutError(f"broke off after {received} bytes ({type(error).__name__})") from None
        if not chunk:
            break
        received += len(chunk)
        if time.monotonic() - started > READ_SECONDS + received / SLOWEST_BYTES_A_SECOND:
            raise _CutError(f"{received} bytes in {time.monotonic() - started:.0f} s is too slow")
        yield chunk
    expected = _content_length(response)
    if expected is not None and received != expected:
        raise _CutError(f"{received} of {expected} bytes came")


def _content_length(response: requests.Response) -> int | None:
    length = response.headers.get("Content-Length", "")
    return int(length) if re.fullmatch(r"\d{1,18}", length) else None


def _may_pass(error: requests.RequestException) -> bool:
    """Whether the same request may fare better in a moment: not with a bad certificate or address, nor in a redirect loop."""
    passing = requests.ConnectionError | requests.Timeout | requests.exceptions.ChunkedEncodingError
    return isinstance(error, passing) and not isinstance(error, requests.exceptions.SSLError)


def _kind(error: requests.RequestException) -> str:
    """The name of what happened: under requests' ConnectionError lies whether the name, the connection or the time failed."""
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return type(reason or error).__name__


def _suspect(error: requests.RequestException) -> str:
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy (HTTPS_PROXY, HTTP_PROXY, NO_PROXY)"
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate (REQUESTS_CA_BUNDLE), this machine's clock and the address"
    return "the address and the network"


def _retry_after(response: requests.Response) -> float | None:
    """Seconds of `Retry-After`, given as seconds or as a date; None where it says nothing: absent, 0, past, unreadable."""
    value = response.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d{1,9}", value):
        return float(value) or None
    try:
        until = parsedate_to_datetime(value).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
    try:  # against the server's own clock, where it tells it: ours may be off
        now = parsedate_to_datetime(response.headers.get("Date", "")).timestamp()
    except (ValueError, TypeError, OverflowError):
        now = time.time()
    return until - now if until > now else None


def _explained(status: int, response: requests.Response) -> str:
    if status in (404, 410):
        return f"not published (HTTP {status})"
    if status == 401:
        return "HTTP 401, the key is not accepted: is it right, active (a new one takes hours), and subscribed to this API?"
    if status == 403:
        return "HTTP 403, access refused"
    if status == 429:
        return "HTTP 429, more calls than the provider allows; try again later"
    return f"HTTP {status} {response.reason or ''}".rstrip() + ("; try again later" if status >= 500 else "")
