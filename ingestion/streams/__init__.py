"""Polls by way of a broker: a poller publishes answers as events, a lander puts them into the lake (`ISOBAR_TRANSPORT`).

    events.py      an answer as a CloudEvent, and back
    transport.py   what a broker must be able to do
    publish.py     a feed's files to the broker
    land.py        messages into the lake, exactly once
    letters.py     messages that cannot be landed: kept with their reason, shown, published again
    positions.py   how far each partition is landed
    kafka.py       Kafka

The lake is unchanged by the way its files came: the same readers load them into the same raw rows.
"""

from ingestion.streams.opening import open_transport
from ingestion.streams.transport import StreamError, Transport

__all__ = ["StreamError", "Transport", "open_transport"]
