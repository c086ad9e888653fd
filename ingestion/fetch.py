"""The network, touched here and nowhere else: one polite HTTP session and a conditional download."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

USER_AGENT = "isobar (open-source weather warehouse; requests)"
CONNECT_SECONDS, READ_SECONDS = 10, 60
"""A provider that does not accept within 10 s is down; one that sends nothing for a minute has stalled."""

RETRIES = 4
BACKOFF_SECONDS = 1
"""1, 2, 4, 8 s: a restart of a gateway is bridged, a dead one is given up within half a minute."""

RETRIED_STATUSES = (429, 500, 502, 503, 504)
CHUNK_BYTES = 1 << 20
SIMULATED_HEADER = "X-Isobar-Simulated"


class FetchError(Exception):
    """A download failed; the message says what to do. `is_absent`: the server answered that there is no such file."""

    def __init__(self, message: str, *, is_absent: bool = False, is_unreachable: bool = False) -> None:
        super().__init__(message)
        self.is_absent = is_absent
        self.is_unreachable = is_unreachable


@dataclass(frozen=True)
class Fetched:
    """A download. `path` is None when the server said that nothing changed since `etag`."""

    path: Path | None
    etag: str | None
    content_length: int | None
    is_simulated: bool


def session() -> requests.Session:
    """A session with capped retries that honours `Retry-After`, proxies and CA bundles of the environment."""
    retry = Retry(
        total=RETRIES,
        backoff_factor=BACKOFF_SECONDS,
        status_forcelist=RETRIED_STATUSES,
        allowed_methods=("GET",),
        raise_on_status=False,
    )
    made = requests.Session()
    made.mount("http://", HTTPAdapter(max_retries=retry))
    made.mount("https://", HTTPAdapter(max_retries=retry))
    # identity: the lake keeps the bytes of the file, not those of a transfer encoding
    made.headers.update({"User-Agent": USER_AGENT, "Accept-Encoding": "identity"})
    return made


def download(http: requests.Session, url: str, target: Path, etag: str | None = None) -> Fetched:
    """Fetch `url` into `target`, or learn that it still has `etag`.

    Raises:
        FetchError: not there, refused, cut short or unreachable; `target` is then not left behind.
    """
    shown = without_secrets(url)
    try:
        with http.get(
            url,
            headers={"If-None-Match": etag} if etag else {},
            timeout=(CONNECT_SECONDS, READ_SECONDS),
            stream=True,
        ) as response:
            is_simulated = SIMULATED_HEADER in response.headers
            length = response.headers.get("Content-Length", "")
            expected = int(length) if length.isdigit() else None
            if response.status_code == 304:
                return Fetched(None, etag, expected, is_simulated)
            if response.status_code in (404, 410):
                raise FetchError(f"{shown}: not published (HTTP {response.status_code})", is_absent=True)
            if response.status_code != 200:
                raise FetchError(f"{shown}: HTTP {response.status_code} {response.reason}; try again later")
            received = 0
            with target.open("wb") as out:
                for chunk in response.iter_content(CHUNK_BYTES):
                    received += len(chunk)
                    out.write(chunk)
            if expected is not None and received != expected:
                target.unlink(missing_ok=True)
                raise FetchError(f"{shown}: {received} of {expected} bytes came; fetch it again")
            return Fetched(target, response.headers.get("ETag"), expected, is_simulated)
    except requests.exceptions.RequestException as error:
        target.unlink(missing_ok=True)
        is_unreachable = isinstance(error, requests.exceptions.ConnectionError) and not isinstance(
            error, requests.exceptions.ChunkedEncodingError
        )
        # the exception's own text holds the whole URL, so only its kind is told
        raise FetchError(
            f"{shown}: {type(error).__name__}; check the address and the network, then run the same command again",
            is_unreachable=is_unreachable,
        ) from None


def without_secrets(url: str) -> str:
    """A URL without user, password, query and fragment, where keys travel."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    return urlunsplit((parts.scheme, f"{host}:{parts.port}" if parts.port else host, parts.path, "", ""))
