"""The weather that is planted: four events a year, at dates that a test or a reader can look up.

A random field has extremes of its own, but no promise of when. Every simulated year therefore holds a heat wave, a cold spell,
a wind storm and a Mediterranean rain episode at the dates that :func:`events_of_year` returns. The first two replace most of
the random anomaly, so that they happen for every seed.

| kind | when | what the stations report |
|---|---|---|
| ``heat_wave`` | 8 days, starts 1 July + 11 x year mod 43 days | daily means 7.5 C above normal on the plateau, dry |
| ``cold_spell`` | 7 days, starts 3 January + 11 x year mod 43 days | 10 C below normal, high pressure, snow if it is wet |
| ``storm`` | 30 hours, starts 5 November + 11 x year mod 60 days | a low of -30 hPa crosses the Channel; gusts of 30 to 50 m/s |
| ``mediterranean_rain`` | 3 days, starts 20 September + 3 x year mod 40 days | about 100 mm in 24 h around Montpellier |
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

EventKind = str

#: Hours over which an event fades in and out, inside its dates.
FADE_H = 24.0


@dataclass(frozen=True, slots=True)
class Event:
    """A planted event. ``start`` and ``end`` are UTC without zone; ``kind`` is one of the table's names; ``strength`` multiplies
    the table's figure."""

    kind: EventKind
    start: dt.datetime
    end: dt.datetime
    strength: float = 1.0

    def __post_init__(self) -> None:
        if self.kind not in EVENT_KINDS:
            raise ValueError(f"unknown event {self.kind!r}: one of {', '.join(EVENT_KINDS)}")
        if self.end <= self.start:
            raise ValueError(f"{self.kind}: ends at {self.end}, not after its start {self.start}")


EVENT_KINDS = ("heat_wave", "cold_spell", "storm", "mediterranean_rain")
#: From a year to its events; pass another function to :class:`simulator.weather.Weather` to plant other ones. It must depend
#: on nothing but the year, or dates already published would change.
EventCalendar = Callable[[int], tuple[Event, ...]]


def events_of_year(year: int) -> tuple[Event, ...]:
    """The default calendar: the events that start in ``year``."""

    def starting(month: int, day: int, shift_days: int, **length: int) -> tuple[dt.datetime, dt.datetime]:
        start = dt.datetime(year, month, day) + dt.timedelta(days=shift_days)
        return start, start + dt.timedelta(**length)

    return (
        Event("cold_spell", *starting(1, 3, 11 * year % 43, days=7)),
        Event("heat_wave", *starting(7, 1, 11 * year % 43, days=8)),
        Event("mediterranean_rain", *starting(9, 20, 3 * year % 40, days=3)),
        Event("storm", *starting(11, 5, 11 * year % 60, hours=30)),
    )


def no_events(year: int) -> tuple[Event, ...]:
    """A calendar without planted events."""
    del year  # the signature is a calendar's
    return ()
