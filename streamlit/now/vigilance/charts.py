"""Departments as equal tiles in the colour of their vigilance, with its letter."""

from __future__ import annotations

import altair as alt
import pandas as pd

from shared.style import NARROW, Tooltips, layered, tips

HEIGHT = 430
UNKNOWN_FILL, UNKNOWN_INK = "#f0f1f2", "#6b7680"


def vigilance_tiles(tiles: pd.DataFrame, tooltips: Tooltips, language: str) -> alt.LayerChart:
    """`tiles` has column, row, fill, ink, department_code, letter, spoken (texts) and the columns of `tooltips`."""
    base = alt.Chart(tiles).encode(
        x=alt.X("column:O", axis=None, scale=alt.Scale(paddingInner=0.06)),
        y=alt.Y("row:O", axis=None, scale=alt.Scale(paddingInner=0.06)),
        tooltip=tips(tooltips),
        description=alt.Description("spoken:N"),
    )
    boxes = base.mark_rect(cornerRadius=3).encode(fill=alt.Fill("fill:N", scale=None))
    codes = base.mark_text(fontSize=alt.ExprRef(f"{NARROW} ? 9 : 11"), dy=-4, aria=False).encode(
        text="department_code:N", color=alt.Color("ink:N", scale=None)
    )
    letters = base.mark_text(fontSize=alt.ExprRef(f"{NARROW} ? 9 : 11"), fontWeight="bold", dy=8, aria=False).encode(
        text="letter:N", color=alt.Color("ink:N", scale=None)
    )
    return layered([boxes, codes, letters], language, HEIGHT)
