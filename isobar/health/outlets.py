"""What each store of ISOBAR_OUTLETS was delivered last, as the ledger has it; no store is asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from isobar.publish.publication import published
from isobar.runs.ledger import Ledger
from isobar.settings import Settings

LATE_AFTER = timedelta(hours=1)
"""A delivery follows its build at once: a store that lacks the publication by then was forgotten, or the delivery killed."""


@dataclass(frozen=True)
class OutletStatus:
    """A store, by the deliveries of this data folder. Times are ISO, UTC; None before the first."""

    outlet: str
    published_at: str | None  # of the publication that it has
    delivered_at: str | None
    behind_since: str | None  # since when readers of this folder see another one; None where they do not
    error: str | None  # of the last delivery

    @property
    def is_behind(self) -> bool:
        return self.behind_since is not None

    def is_late(self, now: datetime) -> bool:
        return self.behind_since is not None and now > datetime.fromisoformat(self.behind_since) + LATE_AFTER


def outlets(settings: Settings) -> list[OutletStatus]:
    """In the order of the setting."""
    if not settings.outlets:
        return []
    current = published(settings)
    ends = [run.end for run in Ledger(settings).read().runs.values() if run.start["command"] == "deliver" and run.end]
    told = [(end["at"], each) for end in ends for each in end.get("outlets", [])]
    found = []
    for url in settings.outlets:
        own = [(at, each) for at, each in told if each["outlet"] == url]
        good = [(at, each) for at, each in own if not each["error"]]
        delivered_at, last = good[-1] if good else (None, {})
        lacks = current if current and last.get("publication_id") != current.publication_id else None
        since = lacks.published_at.isoformat() if lacks else None
        error = own[-1][1]["error"] if own else None
        found.append(OutletStatus(url, last.get("published_at"), delivered_at, since, error))
    return found
