"""How a source's data comes over the network, whatever the provider: a feed offers files, a visit is what it may use."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from ingestion.http.answers import Answers
from ingestion.http.budget import CallLog
from ingestion.lake import Incoming, Lake, Landing
from isobar.settings import Settings

Progress = Callable[[str, int, int], None]
"""Called with (what is being done, done, total)."""


class LoadError(Exception):
    """The whole load cannot go on; the message says what to do."""


@dataclass
class Visit:
    """One load's call on a provider: what is asked for, and what came of it beside the files.

    Attributes:
        url: base address instead of the provider's own; None is the provider's.
        start, end: first and last day; None where the user named none.
        is_forced: take empty and much smaller answers too.
        is_refused: whether the warehouse could not use a landing.
        answers: those of before that polls may use.
        asked, failed, cached: requests, those that gave nothing, and those that `answers` had.
        refused: file or request, and why it gave nothing.
        unchanged: tables of files that the provider says are as they were.
        notes: what its user should know.
    """

    settings: Settings
    lake: Lake
    url: str | None
    start: date | None
    end: date | None
    is_forced: bool
    progress: Progress
    calls: CallLog
    is_refused: Callable[[Landing], bool]
    answers: Answers
    asked: int = 0
    failed: int = 0
    cached: int = 0
    refused: list[dict[str, str]] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def refuse(self, file: str, reason: str) -> None:
        self.refused.append({"file": file, "reason": reason})


class Feed(Protocol):
    """A provider's offer over the network."""

    def fetch(self, visit: Visit) -> Generator[Incoming, None, None]:
        """Files in the scratch folder, one after the other; the caller lands and removes each before the next, and closes the
        generator when it stops early, so that nothing more is asked.

        Raises:
            LoadError: nothing can be had at all.
            SettingsError: something must be set first, such as a key.
        """
        ...


def refuse_other_kind(lake: Lake, incoming: Incoming) -> None:
    """Simulated and real weather share no lake.

    Raises:
        LoadError: the file is of the other kind than what the lake holds.
    """
    held = lake.is_simulated()
    if held is not None and held != incoming.is_simulated:
        kinds = ("simulated", "real") if incoming.is_simulated else ("real", "simulated")
        raise LoadError(
            f"{incoming.origin} holds {kinds[0]} weather, this data folder {kinds[1]} weather: "
            "load it into another data folder (--data-dir or ISOBAR_DATA_DIR)."
        )
