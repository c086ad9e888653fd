"""A wind rose: petals point to where the wind comes from."""

from __future__ import annotations

import math

import altair as alt
import pandas as pd

from place.wind_rose.data import SECTORS, Rose
from shared.style import LABEL, Tooltips, layered, tips

COLOURS = ("#bfd3e6", "#8c96c6", "#88419d", "#4d004b")
"""ColorBrewer's BuPu: each darker than the one before."""
HEIGHT = 390
"""Room for the petals, the compass points and two lines of the legend."""
HOLE, RADIUS = 26, 120
"""Pixels: the ring in the middle, where the calms are written, and the longest petal."""
RING = "#c9d1d7"
PETAL_SHARE = 0.86
"""Of the angle of a sector."""


def _ring_step(top: float) -> int:
    """Rings at 5 %, or further apart where petals are long."""
    return next(step for step in (2, 5, 10, 20, 50) if top / step <= 4)


def wind_rose(
    rose: Rose,
    petals: pd.DataFrame,
    classes: list[str],
    points: dict[str, int],
    calm: str,
    tooltips: Tooltips,
    language: str,
) -> alt.LayerChart:
    """`petals` are the rose's with class_name and the columns of `tooltips`; `classes` names them in order; `points` are the
    compass points to write and their sectors; `calm` is written in the middle."""
    turn = 2 * math.pi / SECTORS
    top = max(float(rose.petals["outer"].max()), 1.0) if len(rose.petals) else 1.0
    step = _ring_step(top)
    radius = alt.Scale(type="linear", domain=[0, top], range=[HOLE, RADIUS], zero=True, nice=False)
    drawn = petals.assign(
        start=(petals["sector"] - PETAL_SHARE / 2) * turn, end=(petals["sector"] + PETAL_SHARE / 2) * turn
    )
    levels = pd.DataFrame({"level": [float(each) for each in range(0, int(top) + 1, step)]})
    levels["label"] = [f"{level:.0f} %" if level else "" for level in levels["level"]]
    rings = (
        alt.Chart(levels)
        .mark_arc(fillOpacity=0, stroke=RING, strokeWidth=0.8, theta=0, theta2=2 * math.pi, aria=False)
        .encode(radius=alt.Radius("level:Q", scale=radius, stack=None), tooltip=alt.value(None))
    )
    arcs = (
        alt.Chart(drawn)
        .mark_arc(stroke="white", strokeWidth=0.5)
        .encode(
            theta=alt.Theta("start:Q", scale=None, stack=None),
            theta2="end:Q",
            radius=alt.Radius("outer:Q", scale=radius, stack=None),
            radius2="inner:Q",
            color=alt.Color(
                "class_name:N",
                scale=alt.Scale(domain=classes, range=list(COLOURS)),
                legend=alt.Legend(title=None, orient="bottom", columns=2, labelLimit=200),
            ),
            tooltip=tips(tooltips),
        )
    )
    # Along NNE, between two petals of most roses.
    scale_labels = (
        alt.Chart(levels)
        .mark_text(theta=1.5 * turn, fontSize=10, color=LABEL, aria=False)
        .encode(text="label:N", radius=alt.Radius("level:Q", scale=radius, stack=None), tooltip=alt.value(None))
    )
    names = pd.DataFrame({"point": list(points), "angle": [sector * turn for sector in points.values()]})
    compass = (
        alt.Chart(names)
        .mark_text(radius=RADIUS + 12, fontSize=12, fontWeight=600, color=LABEL, aria=False)
        .encode(text="point:N", theta=alt.Theta("angle:Q", scale=None, stack=None), tooltip=alt.value(None))
    )
    middle = (
        alt.Chart(pd.DataFrame({"calm": [calm]}))
        .mark_text(fontSize=11, color=LABEL, lineBreak="\n", lineHeight=12, baseline="middle", dy=-5)
        .encode(text="calm:N")
    )
    return layered([rings, arcs, scale_labels, compass, middle], language, HEIGHT)
