"""Charts that speak for themselves: under each title stands what it is of, and a PNG or SVG of it has that and the date in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import altair as alt
import streamlit as st

from shared import formats
from shared.frame import Context

FORMATS = (("png", "image/png"), ("svg", "image/svg+xml"))

WIDTH = 860
"""Pixels: a column of a report, and wider than what charts take for a telephone."""
MARGIN = 16
SCALE = 2
"""Of a PNG: sharp on paper."""
INK = "#1b2733"


@dataclass(frozen=True)
class About:
    """What charts are of. `source` is its attribution; `file` begins the names of their files."""

    place: str
    period: str
    source: str
    file: str


def shown(context: Context, about: About, title: str, drawn: alt.LayerChart, key: str, **options: Any) -> None:
    """A chart under its title and what it is of, with buttons that give it as a file; `options` are of `st.altair_chart`."""
    say = context.say
    is_of = f"{about.place} · {about.period}"
    source = say("source", source=about.source)
    date = say("picture_date", day=formats.day(context.language, context.publication.published_at))
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom", gap="small"):
        with st.container(gap=None):
            st.markdown(f"**{title}**")
            st.caption(f"{is_of} · {about.source}")
        with st.container(horizontal=True, width="content", gap="small", key=f"screen_only_{key}"):
            for suffix, mime in FORMATS:
                st.download_button(
                    suffix.upper(),
                    partial(picture, drawn, (title, is_of, f"{source} · {date}"), suffix),
                    file_name=f"{about.file}_{key}.{suffix}",
                    mime=mime,
                    on_click="ignore",
                    type="tertiary",
                    help=say("picture_help", format=suffix.upper()),
                    key=f"picture_{suffix}_{key}",
                )
    options.setdefault("alt", say("figures_alt", title=title, place=is_of))
    st.altair_chart(drawn, width="stretch", key=key, **options)


def picture(drawn: alt.LayerChart, lines: Sequence[str], suffix: str) -> bytes:
    """`drawn` on white under `lines`, of which the first is its title, as a PNG or SVG."""
    import vl_convert  # here: 80 MB that only a download needs

    spec: dict[str, Any] = _with_data(drawn.copy(deep=["layer"])).to_dict()
    spec |= {
        "width": WIDTH,
        "padding": MARGIN,
        "background": "white",
        "title": {
            "text": lines[0],
            "subtitle": list(lines[1:]),
            "anchor": "start",
            "frame": "group",
            "offset": MARGIN,
            "color": INK,
            "subtitleColor": INK,
        },
    }
    if suffix == "svg":
        return vl_convert.vegalite_to_svg(spec).encode()
    return vl_convert.vegalite_to_png(spec, scale=SCALE)


def _with_data(drawn: Any) -> Any:
    """`drawn` with its rows written into it: Altair's switch for it is one for all readers, and Streamlit turns it meanwhile."""
    if drawn.data is not alt.Undefined:
        drawn.data = alt.InlineData(values=alt.to_values(drawn.data)["values"])
    if isinstance(drawn, alt.LayerChart):
        drawn.layer = [_with_data(layer) for layer in drawn.layer]
    return drawn
