"""What a broker must be able to do for polls; `kafka.py` is one of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

DIRECT = "direct"
"""The transport without a broker: a load lands what it polls."""


class StreamError(Exception):
    """The broker cannot be reached or used; the message names it and the remedy, and has no secret."""


class Partition(NamedTuple):
    """A part of a topic, in which messages keep their order. Kinesis: a stream and the number of a shard."""

    topic: str
    number: int


class Message(NamedTuple):
    """A message as the broker has it. Offsets of a partition ascend; they need not follow one another."""

    partition: Partition
    offset: int
    key: str | None
    value: bytes | None


@dataclass(frozen=True)
class Lag:
    """How far a lander is behind the end of a topic; None where the broker does not count it that way."""

    topic: str
    messages: int | None
    seconds: float | None = None


Positions = Mapping[Partition, int | None]
"""The offset of the last message that is done of each partition, None before the first."""


class Transport(Protocol):
    """A broker. Every method raises :class:`StreamError` where it does not answer or refuses.

    Attributes:
        name: `kafka` or `kinesis`, as landings' origins and messages to users have it.
        notes: what its user should know, such as messages that the broker deleted before they were read.
    """

    name: str
    notes: list[str]

    def topic(self, source: str, table: str) -> str:
        """The topic of a raw table's events. Several tables may share one."""
        ...

    def dead_topic(self, topic: str) -> str:
        """Where messages of a topic go that cannot be landed."""
        ...

    def create_topics(self, topics: Iterable[str]) -> None:
        """Create those that do not exist, with the partitions and the retention of the settings."""
        ...

    def publish(self, topic: str, key: str, value: bytes) -> None:
        """Hand a message over. It is published when :meth:`flush` returns. Messages of one key keep their order."""
        ...

    def flush(self) -> None:
        """Wait until every message is stored by the broker.

        Raises:
            StreamError: some are not; the message has their number and the reason.
        """
        ...

    def partitions(self, topics: Iterable[str]) -> list[Partition]:
        """The partitions of topics as they are now; of a topic that does not exist, none."""
        ...

    def wait(self, after: Positions, seconds: float) -> bool:
        """Wait until there is a message after these positions, so long at most. Returns whether there is."""
        ...

    def read(self, after: Positions) -> Iterator[list[Message]]:
        """Messages after these positions, in the order of each partition, some at a time, up to where it ended at the call."""
        ...

    def commit(self, positions: Positions) -> None:
        """Leave positions at the broker, for its own tools. They are never read: the lake has them."""
        ...

    def lag(self, positions: Positions) -> list[Lag]:
        """By topic, how much there is after these positions."""
        ...

    def close(self) -> None: ...
