"""Messages into the lake, each exactly once: the lake has the offsets, and no broker is asked for them.

Messages of one poll (or, of a broker with one topic for all tables, one table and poll) that come together become one landing:
`<topic>.<partition>.<first offset>.<moment>.jsonl`, whose origin has the last offset. Its record is create-only, so of two
landers with the same messages one lands them; the other finds the record and goes on behind its last offset. Whatever is no line
of a poll is a file of its own, under the name that a direct load gives it; its origin has the offset in the same way.

`streams/<topic>/<partition>.json` has the last offset that is done. It is written after the landings and is where the next
lander begins, so nothing past is listed. A kill leaves it behind the landings; what follows is then read again, and found landed.
It never is ahead of them. Where it is missing (a lake that was restored in part), the offsets of all landings are read once.

`landed_at` is when the last answer was received, not when it was landed: what was known at a time, and every mart, are
the same as of a direct load.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from typing import NamedTuple

from ingestion.lake import Incoming, Lake, Landing, moment_of
from ingestion.readers.bodies import BodyLayout, NotJson
from ingestion.readers.reading import Arrival, RefusedFile
from ingestion.source import Source, Table
from ingestion.streams.events import Event, NotAnEvent, read_event
from ingestion.streams.letters import Letter, publish_letters
from ingestion.streams.positions import position_name, position_of, write_position
from ingestion.streams.transport import Lag, Message, Partition, Positions, Transport
from isobar.settings import Settings

ORIGIN = re.compile(r"(\w+):([\w.-]+)/(\d+)@(\d+)-(\d+)( |$)", re.ASCII)
"""How the origin of a landing begins that came from a stream: kafka:raw.openweather.current/0@120-179."""

MOST_BYTES = 16 << 20
"""Of one landing: what a reader takes at once without effort."""


class _Group(NamedTuple):
    """Messages that land together: of one poll (`name` is its moment), or of one document (its name)."""

    partition: Partition
    source: str
    table: str
    name: str


@dataclass
class Landed:
    """What a lander did.

    Attributes:
        messages: that were read for the first time; `repeated` were found landed.
        landings: new or not, the last ones first of a document that came again.
        letters: messages that could not be landed.
    """

    messages: int = 0
    repeated: int = 0
    byte_count: int = 0
    new_landings: int = 0
    landings: list[Landing] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def sources(self) -> set[str]:
        """Of which something landed."""
        return {each.source for each in self.landings}


class Lander:
    """Lands the topics of some sources. One at a time in a process; other processes and machines may land the same."""

    def __init__(self, sources: Iterable[Source], settings: Settings, lake: Lake, transport: Transport) -> None:
        self.settings, self.lake, self.transport = settings, lake, transport
        self.tables = {(source.name, table.name): table for source in sources for table in streamed(source)}
        self.topics = topics_of(self.tables, transport)
        self.positions: dict[Partition, int | None] = {}
        self.is_simulated: bool | None = None
        self.known: dict[_Group, list[tuple[int, int]]] = {}  # landings beyond the positions, by first and last offset

    def land(self, stop: Callable[[], bool] = lambda: False, done: Landed | None = None) -> Landed:
        """Land what the topics hold, up to where they end now, or until `stop`.

        Raises:
            StreamError: the broker does not answer, or deleted a topic and made it anew.
            StoreError, OSError: the lake cannot be written. What has landed stays; the next call goes on there.
        """
        done = done or Landed()
        for messages in self.transport.read(self.begin()):
            self.take(messages, done)
            if stop():
                break
        done.notes += self.transport.notes
        self.transport.notes = []
        return done

    def begin(self) -> Positions:
        """Where to read on: in the lake. Partitions that were added begin at their beginning."""
        self.transport.create_topics([*self.topics, *map(self.transport.dead_topic, self.topics)])
        for partition in self.transport.partitions(self.topics):
            if partition not in self.positions:
                self.positions[partition] = self._position(partition)
        return self.positions

    def wait(self, seconds: float) -> bool:
        """Wait until there is something to land, so long at most. Returns whether there is."""
        return self.transport.wait(self.begin(), seconds)

    def lag(self) -> list[Lag]:
        """By topic, what is not landed."""
        return self.transport.lag(
            {each: position_of(self.lake, each) for each in self.transport.partitions(self.topics)}
        )

    def take(self, messages: Sequence[Message], done: Landed) -> None:
        """Land messages; then they are done."""
        if not messages:
            return
        groups: dict[_Group, list[tuple[int, Event]]] = {}
        letters = []
        for message in messages:
            try:
                event = self._judged(message)
            except (NotAnEvent, NotJson, RefusedFile) as fault:
                letters.append(Letter.of(message, str(fault)))
            else:
                group = _Group(
                    message.partition, event.source, event.table, moment_of(event.file) if event.is_line else event.file
                )
                groups.setdefault(group, []).append((message.offset, event))
        # first of all: a kill before the positions move gives a letter twice, and readers of letters see it once
        publish_letters(self.transport, letters)
        done.letters += letters
        for group, events in groups.items():
            self._land(group, events, done)
        done.messages += len(messages)
        last = {message.partition: message.offset for message in messages}
        for partition, offset in last.items():
            self.positions[partition] = offset
            write_position(self.lake, partition, offset)
        self.transport.commit(last)

    def _judged(self, message: Message) -> Event:
        """The event of a message, if its table's reader takes it: one that does not would refuse the whole landing.

        Raises:
            NotAnEvent, NotJson, RefusedFile: it cannot be landed.
        """
        event = read_event(message.value)
        table = self.tables.get((event.source, event.table))
        if table is None or self.transport.topic(event.source, event.table) != message.partition.topic:
            raise NotAnEvent(f"its table {event.source}.{event.table} does not belong to this topic")
        _judge(event, table, self.settings)
        held = self.is_simulated = event.is_simulated if (known := self._kind()) is None else known
        if held != event.is_simulated:
            kinds = ("simulated", "real") if event.is_simulated else ("real", "simulated")
            raise NotAnEvent(f"{kinds[0]} weather, and the lake holds {kinds[1]} weather")
        return event

    def _kind(self) -> bool | None:
        """Whether the lake holds simulated weather, or the first event of an empty one was it."""
        return self.lake.is_simulated() if self.is_simulated is None else self.is_simulated

    def _land(self, group: _Group, events: list[tuple[int, Event]], done: Landed) -> None:
        todo = [each for each in events if not self._is_known(group, each[0])]
        done.repeated += len(events) - len(todo)
        while todo:
            size = _fitting(todo) if todo[0][1].is_line else 1
            first, last, part = todo[0][0], todo[size - 1][0], [event for _, event in todo[:size]]
            landing, is_new = self._landing(group, first, last, part)
            done.landings.append(landing)
            done.new_landings += is_new
            if is_new:
                done.byte_count += landing.byte_count
                todo = todo[size:]
                continue
            # landed before: by a lander that was killed, or by another one just now
            until = last if (there := _offsets(landing, group.partition)) is None else max(there[1], first)
            done.repeated += sum(offset <= until for offset, _ in todo)
            todo = [each for each in todo if each[0] > until]
            if part[0].is_line:
                self.known.setdefault(group, []).append((first, until))

    def _landing(self, group: _Group, first: int, last: int, events: Sequence[Event]) -> tuple[Landing, bool]:
        topic, number = group.partition
        event = events[0]
        file = f"{_stem(group.partition)}{first:012d}{moment_of(event.file)}" if event.is_line else event.file
        local = self.settings.scratch / "stream"
        local.write_bytes(b"".join(each.data + b"\n" for each in events) if event.is_line else event.data)
        incoming = Incoming(
            table=group.table,
            file=file,
            local_path=local,
            origin=f"{self.transport.name}:{topic}/{number}@{first}-{last} {event.origin}",
            is_simulated=event.is_simulated,
        )
        landed_at = min(max(each.at for each in events), self.settings.now())

        def is_superseded(newest: Landing) -> bool:
            there = _offsets(newest, group.partition)
            return there is not None and there[1] >= first

        try:
            return self.lake.land(group.source, incoming, landed_at, is_superseded=is_superseded)
        finally:
            local.unlink(missing_ok=True)

    def _is_known(self, group: _Group, offset: int) -> bool:
        return any(first <= offset <= last for first, last in self.known.get(group, ()))

    def _position(self, partition: Partition) -> int | None:
        """Where the lake has landed a partition up to."""
        if self.lake.store.exists(position_name(partition)):
            return position_of(self.lake, partition)
        for source in {source for source, _ in self.tables}:
            for landing in self.lake.landings(source):
                there = _offsets(landing, partition)
                if there is not None and landing.file.startswith(_stem(partition)):
                    group = _Group(partition, source, landing.table, moment_of(landing.file))
                    self.known.setdefault(group, []).append(there)
        write_position(self.lake, partition, None)
        return None


def streamed(source: Source) -> list[Table]:
    """The tables of a source whose rows come by a transport."""
    return [table for table in source.tables if not table.is_configured] if source.is_polled else []


def topics_of(tables: Iterable[tuple[str, str]], transport: Transport) -> list[str]:
    """The topics of tables, each once."""
    return list(dict.fromkeys(transport.topic(source, table) for source, table in tables))


def _offsets(landing: Landing, partition: Partition) -> tuple[int, int] | None:
    """First and last offset of a landing that came from this partition."""
    found = ORIGIN.match(landing.origin)
    is_ours = found and (found[2], int(found[3])) == partition
    return (int(found[4]), int(found[5])) if found and is_ours else None


def _stem(partition: Partition) -> str:
    """How the names of a partition's landings of polls begin."""
    return f"{partition.topic}.{partition.number:03d}."


def _fitting(events: Sequence[tuple[int, Event]]) -> int:
    """How many of these fit into one landing; one at least."""
    byte_count = 0
    for count, (_, event) in enumerate(events):
        byte_count += len(event.data)
        if count and byte_count > MOST_BYTES:
            return count
    return len(events)


def _judge(event: Event, table: Table, settings: Settings) -> None:
    """Raise what the reader of a table would refuse a file of this event for."""
    if not isinstance(table.layout, BodyLayout):
        raise NotAnEvent(f"files of {event.source}.{event.table} are not JSON")
    try:
        text = event.data.decode()
    except UnicodeDecodeError:
        raise NotAnEvent("not UTF-8 text") from None
    # a file is refused before its first record, or not at all: what a record lacks is a reject of the load
    next(iter(table.layout.split(text, settings, Arrival(event.at.replace(tzinfo=UTC)))), None)
