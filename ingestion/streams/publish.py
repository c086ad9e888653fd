"""What a feed offers, to a broker. See `events.py` for the form of a message."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from ingestion.feed import refuse_other_kind
from ingestion.lake import Incoming, Lake
from ingestion.source import Source
from ingestion.streams.events import events_of
from ingestion.streams.land import streamed, topics_of
from ingestion.streams.transport import Transport


class Publisher:
    """Publishes the files of a feed as they come; the broker has all of them when its context ends without an error.

    `published` counts events, `byte_count` the bytes of their messages.
    """

    def __init__(self, source: Source, lake: Lake, transport: Transport) -> None:
        """Raises:
        StreamError: the broker does not answer: nothing was asked of the provider yet.
        """
        self.source, self.lake, self.transport = source, lake, transport
        self.tables = {table.name for table in streamed(source)}
        self.published = self.byte_count = 0
        transport.create_topics(topics_of([(source.name, name) for name in sorted(self.tables)], transport))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Whatever ended the poll, what was answered is published."""
        self.transport.flush()

    def take(self, incoming: Incoming, now: datetime) -> None:
        """Hand a file over. What no raw table takes is for the feed's own use, and lands at once.

        Raises:
            LoadError: simulated and real weather would be mixed.
        """
        refuse_other_kind(self.lake, incoming)
        if incoming.table not in self.tables:
            self.lake.land(self.source.name, incoming, now, is_loaded=False)
            return
        for event in events_of(self.source.name, incoming, now):
            value = event.encoded()
            self.transport.publish(self.transport.topic(event.source, event.table), event.subject, value)
            self.published += 1
            self.byte_count += len(value)
