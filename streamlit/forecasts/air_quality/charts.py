"""A pollutant's course with its forecast, and the classes of the indices hour by hour."""

from __future__ import annotations

import altair as alt
import pandas as pd

from shared.style import WARM, WATER, Tooltips, in_utc, layered, tips, value_axis

INDICES_HEIGHT = 170
MISSING = "#d3d9dd"
"""Gray, where no hour is: white would be taken for the pale yellow of the best class."""
FORECAST_DASH = [5, 4]


def _time_axis(column: str) -> alt.X:
    return alt.X(
        f"{column}:T",
        title=None,
        scale=alt.Scale(type="utc", nice=False),
        axis=alt.Axis(format="%-d %b", grid=False, labelOverlap=True, tickCount="day"),
    )


def course_chart(course: pd.DataFrame, names: tuple[str, str], tooltips: Tooltips, language: str) -> alt.LayerChart:
    """`at`, `value` and `kind`, which is one of `names`: what was analysed as a line, what is forecast as a dashed one."""
    domain = list(names)
    legend = alt.Legend(title=None, orient="top", symbolStrokeWidth=3)
    line = (
        alt.Chart(in_utc(course, "at"))
        .mark_line(strokeWidth=2)
        .encode(
            x=_time_axis("at"),
            y=value_axis("value", zero=True),
            color=alt.Color("kind:N", scale=alt.Scale(domain=domain, range=[WATER, WARM]), legend=legend),
            strokeDash=alt.StrokeDash(
                "kind:N", scale=alt.Scale(domain=domain, range=[[1, 0], FORECAST_DASH]), legend=legend
            ),
            tooltip=tips(tooltips),
        )
    )
    return layered([line], language)


def indices_chart(hours: pd.DataFrame, names: list[str], tooltips: Tooltips, language: str) -> alt.LayerChart:
    """A row for each index, a bar for each hour in the `colour` of its class."""
    hours = in_utc(in_utc(hours, "begins_at"), "ends_at")
    rows = alt.Y("index:N", title=None, sort=names, axis=alt.Axis(labelLimit=110), scale=alt.Scale(paddingInner=0.2))
    whole = hours.groupby("index", as_index=False).agg(begins_at=("begins_at", "min"), ends_at=("ends_at", "max"))
    spans = {"x": _time_axis("begins_at"), "x2": "ends_at:T", "y": rows}
    missing = alt.Chart(whole).mark_rect(color=MISSING, tooltip=None).encode(**spans)
    bars = (
        alt.Chart(hours)
        .mark_rect(stroke=None)
        .encode(**spans, color=alt.Color("colour:N", scale=None), tooltip=tips(tooltips))
    )
    return layered([missing, bars], language, INDICES_HEIGHT)
