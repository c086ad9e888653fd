"""A broker in memory: partitions by key, retention, and the faults that a test asks for."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ingestion.streams.transport import Lag, Message, Partition, Positions, StreamError


@dataclass
class Broker:
    """What outlives its clients: messages of each partition with their offsets, as (offset, key, value)."""

    partition_count: int = 2
    topics: dict[str, list[list[tuple[int, str | None, bytes | None]]]] = field(default_factory=dict)
    ends: dict[Partition, int] = field(default_factory=dict)
    committed: dict[Partition, int] = field(default_factory=dict)
    is_down: bool = False
    refuses: bytes | None = None  # messages with this inside are not stored

    def put(self, topic: str, value: bytes | None, key: str | None = "x", number: int | None = None) -> None:
        partitions = self.topics.setdefault(topic, [[] for _ in range(self.partition_count)])
        number = zlib.crc32((key or "").encode()) % len(partitions) if number is None else number
        offset = self.ends.get(Partition(topic, number), 0)
        partitions[number].append((offset, key, value))
        self.ends[Partition(topic, number)] = offset + 1

    def forget(self, topic: str, number: int, before: int) -> None:
        """What retention does."""
        self.topics[topic][number] = [each for each in self.topics[topic][number] if each[0] >= before]

    def values(self, topic: str) -> list[bytes]:
        return [value or b"" for part in self.topics.get(topic, []) for _, _, value in part]


class Memory:
    """A client of it. `at_once` messages come with one read."""

    name = "memory"

    def __init__(self, broker: Broker, at_once: int = 1000) -> None:
        self.broker, self.at_once = broker, at_once
        self.notes: list[str] = []
        self.refused = 0

    def topic(self, source: str, table: str) -> str:
        return f"raw.{source}.{table}"

    def dead_topic(self, topic: str) -> str:
        return f"{topic}.dead"

    def create_topics(self, topics: Iterable[str]) -> None:
        self._asked()
        for name in topics:
            self.broker.topics.setdefault(name, [[] for _ in range(self.broker.partition_count)])

    def publish(self, topic: str, key: str, value: bytes) -> None:
        if self.broker.is_down or (self.broker.refuses and self.broker.refuses in value):
            self.refused += 1
        else:
            self.broker.put(topic, value, key)

    def flush(self) -> None:
        if self.refused:
            count, self.refused = self.refused, 0
            raise StreamError(f"{count} messages were not published: no answer")

    def partitions(self, topics: Iterable[str]) -> list[Partition]:
        self._asked()
        return [Partition(name, number) for name in topics for number in range(len(self.broker.topics.get(name, [])))]

    def wait(self, after: Positions, seconds: float) -> bool:
        return any(each.messages for each in self.lag(after))

    def read(self, after: Positions) -> Iterator[list[Message]]:
        self._asked()
        for partition, last in dict(after).items():
            held = self.broker.topics[partition.topic][partition.number]
            waiting = [each for each in held if last is None or each[0] > last]
            for start in range(0, len(waiting), self.at_once):
                self._asked()
                yield [Message(partition, *each) for each in waiting[start : start + self.at_once]]

    def commit(self, positions: Positions) -> None:
        self.broker.committed |= {each: last for each, last in positions.items() if last is not None}

    def lag(self, positions: Positions) -> list[Lag]:
        self._asked()
        found: dict[str, int] = {}
        for each, last in positions.items():
            held = self.broker.topics[each.topic][each.number]
            found[each.topic] = found.get(each.topic, 0) + sum(last is None or at > last for at, _, _ in held)
        return [Lag(topic, count) for topic, count in found.items()]

    def close(self) -> None:
        """Nothing is held."""

    def _asked(self) -> None:
        if self.broker.is_down:
            raise StreamError("memory: no answer; check that the broker runs")
