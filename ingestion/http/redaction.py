"""Keys travel in query strings and headers; no log line, exception or traceback of this process may show one."""

from __future__ import annotations

import logging
import re
import traceback
from typing import Any
from urllib.parse import quote, quote_plus, urlsplit, urlunsplit

HIDDEN = "***"

_NAMED = re.compile(
    r"""(?ix) (\b(?:appid|api_?key|access_key|token)["']?\s*[=:]\s*["']?)   # appid=…, 'apikey': '…'
            | (\bauthorization["']?\s*[=:]\s*["']?(?:(?:bearer|basic|apikey)\s+)?)"""
)
_VALUE = re.compile(r"""[^\s&"'<>,;)}\]]+""")

_secrets: set[str] = set()
"""Every key this process has been given, in each form in which it may be written."""


def hide(secret: str) -> None:
    """From now on, show `secret` nowhere: neither in what :func:`redact` returns nor in any log record."""
    _secrets.update({secret, quote(secret, safe=""), quote_plus(secret)} - {""})
    if logging.getLogRecordFactory() is not _redacted_record:
        global _make_record  # noqa: PLW0603 - logging has one factory per process, and so has this
        _make_record = logging.getLogRecordFactory()
        logging.setLogRecordFactory(_redacted_record)


def redact(text: str) -> str:
    """`text` without keys: those given to :func:`hide`, and whatever stands after `appid=`, `apikey=` or `Authorization:`."""
    for secret in sorted(_secrets, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    shown, end = [], 0
    for named in _NAMED.finditer(text):
        value = _VALUE.match(text, named.end())
        if value and named.start() >= end:
            shown += [text[end : named.end()], HIDDEN]
            end = value.end()
    return "".join([*shown, text[end:]])


def without_secrets(url: str) -> str:
    """A URL without user, password, query and fragment, where keys travel."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:  # not an address: which part of it is the key, nobody can say
        return "the address given"
    return urlunsplit((parts.scheme, f"{parts.hostname or ''}{port}", parts.path, "", ""))


def origin(url: str) -> str:
    """Scheme, host and port of a URL whose path is a secret too, as a webhook's is."""
    shown = without_secrets(url)
    parts = urlsplit(shown)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else shown


_make_record = logging.getLogRecordFactory()


def _redacted_record(*args: Any, **kwargs: Any) -> logging.LogRecord:
    """Every logger's records pass here, those of urllib3 and requests too, which log whole URLs at debug level."""
    record = _make_record(*args, **kwargs)
    try:
        record.msg, record.args = redact(record.getMessage()), ()
    except (TypeError, ValueError, KeyError):  # a badly made record is its handler's to report
        return record
    if record.exc_info and record.exc_info[0]:
        record.exc_text = redact("".join(traceback.format_exception(*record.exc_info)).rstrip())
    return record
