"""An answer of a provider as an event: CloudEvents 1.0, structured mode, JSON.

    {"specversion": "1.0", "id": …, "source": …, "type": "isobar.<source>.<table>", "subject": …, "time": …,
     "datacontenttype": "application/json", "file": …, "origin": …, "simulated": …, "data": …}

`data` is the last member and is carried byte for byte: numbers are never printed anew. It is a line of a poll (its request
without the key, status, fetched_at, body), or a whole document. `id` is the hash of `data`; `subject`, the message's key, is the
place that was asked for, or the document's name. `file`, `origin` and `simulated` are what the lake keeps of a file.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from ingestion.lake import HASH_LENGTH, POLL, RECORD_NAME, Incoming

DATA = b', "data": '
"""Before the data. No attribute can contain it: a quotation mark inside text is escaped."""

ANSWER = b'{"request": '
"""How a line of a poll begins."""

FILE = re.compile(r"[A-Za-z0-9][\w.-]*(?:/[A-Za-z0-9][\w.-]*)*", re.ASCII)
"""What a file of the lake may be called by a message: folders and names, no way out of its own folder."""

FILE_LENGTH = 200


class NotAnEvent(ValueError):
    """A message cannot be landed; the message says why."""


@dataclass(frozen=True)
class Event:
    """An answer on its way.

    Attributes:
        subject: the place that was asked for, or the document's name; the key of the message.
        at: when the answer was received, UTC without zone.
        file: of which it is a line, or which it is.
        origin: URL without secrets.
        data: one line of a poll, without its end; or a whole document.
    """

    source: str
    table: str
    subject: str
    at: datetime
    file: str
    origin: str
    is_simulated: bool
    data: bytes

    @property
    def is_line(self) -> bool:
        """Whether it is one answer of a poll; else it is a whole file."""
        return is_poll(self.file)

    def encoded(self) -> bytes:
        """The message's value."""
        attributes = {
            "specversion": "1.0",
            "id": hash_of(self.data),
            "source": f"/isobar/{self.source}",
            "type": f"isobar.{self.source}.{self.table}",
            "subject": self.subject,
            "time": f"{self.at.isoformat()}Z",
            "datacontenttype": "application/json",
            "file": self.file,
            "origin": self.origin,
            "simulated": self.is_simulated,
        }
        return json.dumps(attributes, ensure_ascii=False)[:-1].encode() + DATA + self.data + b"}"


@lru_cache(maxsize=1000)
def is_poll(file: str) -> bool:
    """Whether a file has an answer in each line."""
    return file.endswith(".jsonl") and POLL.search(file) is not None


def hash_of(data: bytes) -> str:
    """The identity of an event."""
    return hashlib.sha256(data).hexdigest()[:HASH_LENGTH]


def events_of(source: str, incoming: Incoming, now: datetime) -> Iterator[Event]:
    """What a feed offers, as events: one for each answer of a poll, one for any other file."""
    content = incoming.local_path.read_bytes()
    is_line = is_poll(incoming.file)
    for data in [line for line in content.split(b"\n") if line] if is_line else [content]:
        subject, at = incoming.file, now
        if is_line:
            answer = json.loads(data)
            subject, at = answer["request"]["city_key"], datetime.fromisoformat(answer["fetched_at"])
        yield Event(source, incoming.table, subject, at, incoming.file, incoming.origin, incoming.is_simulated, data)


def read_event(value: bytes | None) -> Event:
    """The event of a message. Its data is not judged here beyond its hash: whoever reads the table does that.

    Raises:
        NotAnEvent: the message is none of ours.
    """
    if not value:
        raise NotAnEvent("it is empty")
    head, found, rest = value.partition(DATA)
    try:
        known = json.loads(head + b"}" if found else value)
    except (ValueError, RecursionError):
        raise NotAnEvent("not readable as JSON") from None
    if not isinstance(known, dict) or known.get("specversion") != "1.0":
        raise NotAnEvent("not an event of CloudEvents 1.0 in structured mode")
    if not found or not rest.endswith(b"}"):
        raise NotAnEvent("its data is missing, or is not its last member")
    data = rest[:-1]
    if known.get("id") != hash_of(data):
        raise NotAnEvent("its id is not the hash of its data: it was altered or truncated")
    event = _event(known, data)
    if fault := _fault_of_file(event.file):
        raise NotAnEvent(fault)
    if event.is_line and (not data.startswith(ANSWER) or b"\n" in data):
        raise NotAnEvent("its data is not one line with a request and its answer")
    return event


@lru_cache(maxsize=1000)
def _fault_of_file(file: str) -> str | None:
    if not FILE.fullmatch(file) or len(file) > FILE_LENGTH:
        return "its file is not a name in the lake"
    if any(RECORD_NAME.fullmatch(part) or part.endswith(".gz") for part in file.split("/")):
        return "its file has a name that the lake gives itself"
    return None


def _event(known: dict[str, Any], data: bytes) -> Event:
    kind, texts = known.get("type"), [known.get(name) for name in ("subject", "file", "origin")]
    if not isinstance(kind, str) or not (named := re.fullmatch(r"isobar\.(\w+)\.(\w+)", kind)):
        raise NotAnEvent("its type is not isobar.<source>.<table>")
    if not all(isinstance(text, str) for text in texts) or not isinstance(known.get("simulated"), bool):
        raise NotAnEvent("subject, file, origin or simulated is missing")
    try:
        at = datetime.fromisoformat(str(known.get("time")))
        at = at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at
    except (ValueError, OverflowError):
        raise NotAnEvent("its time is not one of ISO 8601") from None
    subject, file, origin = map(str, texts)
    return Event(named[1], named[2], subject, at, file, origin, known["simulated"], data)
