"""How far each partition is done: `streams/<topic>/<partition>.json` of the lake. No broker is asked for it."""

from __future__ import annotations

import json

from ingestion.lake import Lake
from ingestion.streams.transport import Partition, StreamError


def position_name(partition: Partition) -> str:
    """Where the lake has the position of a partition."""
    return f"streams/{partition.topic}/{partition.number:03d}.json"


def position_of(lake: Lake, partition: Partition) -> int | None:
    """The last offset that is done; None before the first.

    Raises:
        StreamError: what the lake has there is damaged.
    """
    name = position_name(partition)
    try:
        last = json.loads(lake.store.read(name))["last"]
        return None if last is None else int(last)
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError):
        raise StreamError(f"{name} of the lake is damaged: delete it, and the landings are asked instead") from None


def write_position(lake: Lake, partition: Partition, last: int | None) -> None:
    """Everything of the partition up to this offset is done."""
    lake.store.replace(position_name(partition), json.dumps({"last": last}).encode())
