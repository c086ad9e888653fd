"""What pages of figures have in common: the choice of a place and its source, a figure with its sample."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

import streamlit as st

from shared import address, places
from shared.frame import Context

METRIC_WIDTH = 165
"""Pixels: two beside each other on a telephone."""


class PlaceSeries(Protocol):
    """What one source tells of one place."""

    @property
    def location_id(self) -> str: ...
    @property
    def location_name(self) -> str: ...
    @property
    def source(self) -> str: ...


Chosen = TypeVar("Chosen", bound=PlaceSeries)


def choose_series(
    context: Context,
    found: Sequence[Chosen],
    default: Chosen,
    describe: Callable[[Chosen], str],
    why_absent: Callable[[str], str],
) -> Chosen:
    """The place that the address names and, of several, the source; the first source of a place is its default.

    `describe` says what a source has; `why_absent` what to do when the address names a place that is not among `found`.
    """
    say = context.say
    names = {s.location_id: f"{s.location_name} ({s.location_id.partition(':')[2]})" for s in found}
    wanted = address.wanted("station")
    if wanted and wanted not in names:
        st.info(why_absent(wanted))
    left, right = st.columns(2, vertical_alignment="bottom")
    with left:
        place = address.select(
            say("place_choice"),
            "station",
            list(names),
            default.location_id,
            names.__getitem__,
            aliases=places.aliases(names, context.ask(places.other_names_of)),
        )
    by_source = {s.source: s for s in found if s.location_id == place}
    described = {source: describe(s) for source, s in by_source.items()}
    with right:
        if len(by_source) == 1:
            address.forget("source")
            key = next(iter(by_source))
            st.caption(say("source", source=described[key]))
        else:
            key = address.select(
                say("source_choice"), "source", list(by_source), next(iter(by_source)), described.__getitem__
            )
    return by_source[key]


def metric(label: str, value: str, note: str | None, *, explanation: str | None = None) -> None:
    """A figure with what it is of in `note`."""
    st.metric(label, value, delta=note, delta_color="off", delta_arrow="off", width=METRIC_WIDTH, help=explanation)
