"""All places at a glance: a square each."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import pandas as pd

from health.data import TILE_COLUMNS
from shared.style import OKABE_ITO, Tooltips, layered, tips

COLOURS = {
    "silent": OKABE_ITO[1],
    "late": OKABE_ITO[4],
    "unknown": "#9aa7b1",
    "reporting": OKABE_ITO[0],
    "archive": "#c7d0d6",
}
ROW_HEIGHT = 26
LEGEND_HEIGHT = 64


def tiles_chart(
    tiles: pd.DataFrame, states: Sequence[tuple[str, str]], tooltips: Tooltips, language: str
) -> alt.LayerChart:
    """`tiles` has column, row, state (in words), mark and the columns of `tooltips`; `states` are the states that occur, as key
    and words. A silent place bears a mark besides its colour."""
    base = alt.Chart(tiles).encode(
        x=alt.X("column:O", axis=None, scale=alt.Scale(domain=list(range(TILE_COLUMNS)), paddingInner=0.12)),
        y=alt.Y("row:O", axis=None, scale=alt.Scale(paddingInner=0.12)),
    )
    squares = base.mark_rect(cornerRadius=2).encode(
        color=alt.Color(
            "state:N",
            scale=alt.Scale(domain=[words for _, words in states], range=[COLOURS[key] for key, _ in states]),
            legend=alt.Legend(title=None, orient="top", symbolType="square", labelLimit=300),
        ),
        tooltip=tips(tooltips),
    )
    marks = base.mark_text(color="white", fontWeight=700, fontSize=12, aria=False).encode(text="mark:N")
    height = LEGEND_HEIGHT + ROW_HEIGHT * (int(tiles["row"].max()) + 1)
    return layered([squares, marks], language, height)
