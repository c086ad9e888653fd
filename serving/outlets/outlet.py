"""What a store must be able to do, and a delivery to it.

A store keeps which file of which part it has, and of which publication. A delivery sends the parts whose files differ, deletes
those that are no more, and never goes back: a store that has a later publication is left as it is. The next delivery goes on
where a killed one ended.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Protocol

from serving.outlets.published import Contents, Key, Mart, Part

SILENCE_SECONDS = 600
"""A store that has not answered for so long is given up. The longest answer is to one statement about a whole mart: its key."""

CONNECT_SECONDS = 10
"""For the way to a store and its greeting: a server elsewhere answers within one, a busy one within a few."""

REMEDY = {
    "user": "the user or the password is not accepted: check ISOBAR_OUTLETS and its password",
    "database": "there is no such database: create it, or correct ISOBAR_OUTLETS",
    "read-only": "the server is read-only (a replica?): name the primary in ISOBAR_OUTLETS",
    "full": "its disk is full: make room; the next delivery sends the rest",
    "busy": "it has no connection or memory left; the next delivery tries again",
    "stopped": "it was shut down or the statement was cancelled; the next delivery tries again",
    "silent": "no answer: check that it runs and the address in ISOBAR_OUTLETS; the next delivery sends the rest",
}
"""What went wrong and what to do, where that is the same for all stores."""

Progress = Callable[[str, int, int], None]


class OutletError(Exception):
    """The store cannot be reached or written; the message names it and the remedy, and has no secret."""


class Overtaken(Exception):
    """Another delivery changed the store after this one began, and this one nothing: it begins again."""


@dataclass(frozen=True)
class Received:
    """What a store has.

    Attributes:
        files: of each part, the file that its rows are of.
        published_at: of the last publication that was delivered to its end, None before the first.
    """

    files: dict[Key, str]
    publication_id: str | None = None
    published_at: datetime | None = None
    warehouse_kind: str | None = None


class Delivery(Protocol):
    """A delivery under way. Every method raises :class:`OutletError` where the store does not answer or refuses."""

    def received(self) -> Received:
        """What it has now."""
        ...

    def prepare(self, marts: tuple[Mart, ...]) -> set[str]:
        """Make what it lacks for these marts: tables, columns, comments. Returns the marts whose rows had to go for it."""
        ...

    def forget(self, key: Key, mart: Mart | None) -> None:
        """Delete the rows of a part; `mart` is None where it is published no more."""
        ...

    def apply(self, mart: Mart, part: Part) -> int:
        """Put the rows of a part in the place of what there is of it. Applied twice is applied once. Returns how many."""
        ...

    def finish(self, contents: Contents) -> None:
        """All of the publication is there: show it."""
        ...


class Outlet(Protocol):
    """A store.

    Attributes:
        shown: its URL as messages and the ledger have it, without a secret.
    """

    shown: str

    def takes(self, mart: Mart) -> bool:
        """Whether it is sent this mart."""
        ...

    def begin(self) -> AbstractContextManager[Delivery]:
        """One delivery at a time: another one waits, is refused, or begins again.

        Raises:
            OutletError: the store does not answer or refuses.
            Overtaken: at its end.
        """
        ...

    def ddl(self, contents: Contents) -> str:
        """The statements that make its tables, for who must see them first; empty where a store has none."""
        ...


@dataclass(frozen=True)
class Delivered:
    """What a delivery did, or why it could not.

    Attributes:
        publication_id: that the store has now; None where that is not known.
        published_at: when that was published, ISO, UTC.
    """

    outlet: str
    publication_id: str | None = None
    published_at: str | None = None
    sent: int = 0
    deleted: int = 0
    unchanged: int = 0
    row_count: int = 0
    seconds: float = 0.0
    note: str | None = None
    error: str | None = None

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def deliver(outlet: Outlet, contents: Contents, progress: Progress = lambda what, done, total: None) -> Delivered:
    """Send a publication to a store: what it lacks of it, and no more.

    Raises:
        OutletError: the store does not answer or refuses; its readers have the publication before.
    """
    while True:
        with suppress(Overtaken):
            return _delivered(outlet, contents, progress)


def _delivered(outlet: Outlet, contents: Contents, progress: Progress) -> Delivered:
    started = time.monotonic()
    with outlet.begin() as delivery:
        received = delivery.received()
        if reason := _why_not(received, contents):
            there = received.published_at.isoformat() if received.published_at else None
            return Delivered(outlet.shown, received.publication_id, there, note=reason)
        marts = {mart.name: mart for mart in contents.marts if outlet.takes(mart)}
        parts = {part.key: (mart, part) for mart in marts.values() for part in mart.parts}
        gone = [key for key in received.files if key not in parts]
        todo = [each for key, each in parts.items() if received.files.get(key) != each[1].file]
        row_count = 0
        if gone or todo or received.publication_id != contents.publication_id:
            emptied = delivery.prepare(tuple(marts.values()))
            todo += [each for each in parts.values() if each[0].name in emptied and each not in todo]
            # first: a year that takes the place of its months covers their rows
            for key in gone:
                delivery.forget(key, marts.get(key.mart))
            for number, (mart, part) in enumerate(todo):
                progress("delivering", number, len(todo))
                row_count += delivery.apply(mart, part)
            delivery.finish(contents)
    return Delivered(
        outlet.shown,
        contents.publication_id,
        contents.published_at.isoformat(),
        sent=len(todo),
        deleted=len(gone),
        unchanged=len(parts) - len(todo),
        row_count=row_count,
        seconds=round(time.monotonic() - started, 2),
    )


def _why_not(received: Received, contents: Contents) -> str | None:
    """Why this publication is not sent to a store that has another."""
    kinds = {received.warehouse_kind, contents.warehouse_kind} - {None, "empty"}
    if len(kinds) > 1:
        raise OutletError(
            f"it holds {received.warehouse_kind} weather, and this data folder {contents.warehouse_kind} weather: name another"
            " database or schema"
        )
    if received.published_at and received.published_at > contents.published_at:
        return f"it has a later publication, of {received.published_at:%Y-%m-%d %H:%M} UTC: nothing sent"
    return None
