"""Charts that speak for themselves: under each title stands what it is of, and a PNG or SVG of it has that and the date in it.

The reader's browser makes the files of the chart that it shows (`assets/pictures.js`): no library, and no second rendering.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from shared import formats
from shared.frame import Reader

FORMATS = ("png", "svg")


@dataclass(frozen=True)
class About:
    """What charts are of. `source` is its attribution; `file` begins the names of their files; `published` is UTC."""

    place: str
    period: str
    source: str
    file: str
    published: datetime

    @property
    def subject(self) -> str:
        return f"{self.place} · {self.period}"


@dataclass(frozen=True)
class Told:
    """What the text alternative of a chart tells of its values, in `unit`: `names` says which each is, such as its day."""

    values: pd.Series
    names: Sequence[str]
    unit: str
    digits: int = 1
    has_newest: bool = True

    def sentence(self, reader: Reader) -> str:
        """The newest value, the lowest and the highest; empty where there is none."""
        known = pd.Series(self.values.to_numpy(dtype=float), index=list(self.names)).dropna()
        if known.empty:
            return ""

        def written(position: int) -> str:
            return f"{formats.number(reader.language, known.iloc[position], self.digits, self.unit)} ({known.index[position]})"

        said = reader.say("alt_range", low=written(int(known.argmin())), high=written(int(known.argmax())))
        return f"{reader.say('alt_newest', value=written(-1))} {said}" if self.has_newest else said


def shown(
    reader: Reader, about: About, title: str, drawn: alt.LayerChart, key: str, told: Told | None = None, **options: Any
) -> None:
    """A chart under its title and what it is of, with buttons that give it as a file; `options` are of `st.altair_chart`."""
    options.setdefault("alt", reader.say("figures_alt", title=title, place=about.subject))
    if told is not None:
        options["alt"] = f"{options['alt']} {told.sentence(reader)}".strip()
    with st.container(key=f"picture_{key}"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom", gap="small"):
            with st.container(gap=None):
                st.markdown(f"**{title}**")
                st.caption(f"{about.subject} · {about.source}")
            buttons(reader, about, title, key)
        st.altair_chart(drawn, width="stretch", key=key, **options)


def buttons(reader: Reader, about: About, title: str, key: str) -> None:
    """Buttons that give the chart beside them, in a container whose key begins with `picture_`, as a file."""
    say = reader.say
    date = say("picture_date", day=formats.day(reader.language, about.published))
    lines = [title, about.subject, f"{say('source', source=about.source)} · {date}"]
    made = "".join(
        f'<button type="button" data-picture="{suffix}" data-file="{escape(f"{about.file}_{key}")}"'
        f' data-lines="{escape(json.dumps(lines))}" title="{escape(say("picture_help", format=suffix.upper()))}">'
        f"{suffix.upper()}</button>"
        for suffix in FORMATS
    )
    with st.container(width="content", key=f"screen_only_{key}"):
        st.html(made, width="content")
