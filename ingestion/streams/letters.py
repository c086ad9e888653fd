"""Dead letters: messages that cannot be landed, with the reason and their place, in a topic of their own.

A letter is published before the lander goes on, so none is lost; a kill in between publishes it again, and a reader takes one
letter for one place. The lake has the position up to which letters were published again (`streams/<topic>.dead/`).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ingestion.lake import Lake
from ingestion.streams.positions import position_of, write_position
from ingestion.streams.transport import Message, Partition, Transport


@dataclass(frozen=True)
class Letter:
    """A message that could not be landed, and why.

    Attributes:
        topic, partition, offset: its place.
        value: as text, or where it is none in base64 (`is_base64`); None of a message without a value.
    """

    reason: str
    topic: str
    partition: int
    offset: int
    key: str | None
    value: str | None
    is_base64: bool = False

    @classmethod
    def of(cls, message: Message, reason: str) -> Letter:
        (topic, number), value = message.partition, message.value
        try:
            text, is_base64 = None if value is None else value.decode(), False
        except UnicodeDecodeError:
            text, is_base64 = base64.b64encode(value or b"").decode(), True
        return cls(reason, topic, number, message.offset, message.key, text, is_base64)

    @property
    def place(self) -> str:
        return f"{self.topic}/{self.partition}@{self.offset}"

    @property
    def content(self) -> bytes | None:
        """The value as it came."""
        if self.value is None:
            return None
        return base64.b64decode(self.value) if self.is_base64 else self.value.encode()

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def publish_letters(transport: Transport, letters: Iterable[Letter]) -> None:
    """Store letters at the broker.

    Raises:
        StreamError: it does not have them all.
    """
    is_any = False
    for letter in letters:
        content = json.dumps(letter.as_dict(), ensure_ascii=False).encode()
        transport.publish(transport.dead_topic(letter.topic), letter.place, content)
        is_any = True
    if is_any:
        transport.flush()


@dataclass
class OpenLetters:
    """Letters that were not published again yet, by their place, and up to where their topics were read."""

    letters: list[Letter]
    positions: Mapping[Partition, int]


def open_letters(lake: Lake, transport: Transport, topics: Iterable[str]) -> OpenLetters:
    """The letters of topics that were not published again."""
    dead = [transport.dead_topic(topic) for topic in topics]
    transport.create_topics(dead)
    found: dict[str, Letter] = {}
    positions: dict[Partition, int] = {}
    for messages in transport.read({each: position_of(lake, each) for each in transport.partitions(dead)}):
        for message in messages:
            positions[message.partition] = message.offset
            try:
                letter = Letter(**json.loads(message.value or b""))
            except (ValueError, TypeError):
                letter = Letter.of(message, "not a dead letter of Isobar")
            found[letter.place] = letter
    return OpenLetters(list(found.values()), positions)


def replay(lake: Lake, transport: Transport, opened: OpenLetters) -> None:
    """Publish letters once more to the topics they came from; from then on they are not open.

    A kill in between publishes them again with the next call.
    """
    for letter in opened.letters:
        if letter.topic not in {each.topic for each in opened.positions}:
            transport.publish(letter.topic, letter.key or "", letter.content or b"")
    transport.flush()
    for partition, offset in opened.positions.items():
        write_position(lake, partition, offset)
