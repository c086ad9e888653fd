"""`python -m tests.streams.lander`: a lander as a process, with small reads, so that a kill meets many moments."""

from __future__ import annotations

import sys

from ingestion.lake import clear_scratch, open_lake
from ingestion.registry import SOURCES
from ingestion.streams import kafka as of_kafka
from ingestion.streams import open_transport
from ingestion.streams.land import Lander
from isobar.settings import Settings


def main() -> None:
    """The first argument is how many messages come with one read."""
    of_kafka.MESSAGES_AT_ONCE = int(sys.argv[1])
    settings = Settings.from_environment()
    clear_scratch(settings.scratch)
    lake, transport = open_lake(settings), open_transport(settings)
    assert transport
    print("ready", flush=True)  # noqa: T201 - its parent waits for it
    Lander([SOURCES["openweather"]], settings, lake, transport).land()


if __name__ == "__main__":
    main()
