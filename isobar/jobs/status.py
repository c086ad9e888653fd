"""What is loaded and published, source by source. Answers while a build is running."""

from __future__ import annotations

from isobar.health.status import Status
from isobar.health.status import status as read_status
from isobar.jobs.recording import follow
from isobar.settings import Settings


def status(settings: Settings) -> Status:
    """The state of the data folder; `needs_attention` says whether anyone has to act."""
    follow(settings)
    return read_status(settings)
