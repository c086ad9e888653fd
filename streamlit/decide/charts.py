"""Figures to decide by: a season's running sum, frost dates, when reports reach a threshold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import altair as alt
import pandas as pd

from shared.style import (
    CHART_HEIGHT,
    ICE,
    LABEL,
    NARROW,
    PALE,
    WARM,
    WATER,
    Tooltips,
    layered,
    tips,
    value_axis,
)
from shared.translations import MONTHS

SEASON_HEIGHT, HOUR_HEIGHT, YEAR_HEIGHT, LEGEND_HEIGHT = 300, 26, 22, 80
COMPARED = {"reference_total": "#4d4d4d", "previous_total": "#9a7fb5"}
ORANGES = ["#fff5eb", "#fdd0a2", "#fd8d3c", "#d94801", "#7f2704"]
"""ColorBrewer's: nearly white where nothing reaches the threshold."""


def accumulation(
    lines: pd.DataFrame, names: Mapping[str, str], figure: str, tooltips: Tooltips, language: str
) -> alt.LayerChart:
    """Running sums through a season, a line for each of `names`: total (the season itself), reference_total, previous_total.

    `lines` is long: weather_date, name, running, is_shown (of the season itself). A line breaks at days that are missing.
    """
    frame = lines.assign(weather_date=lines["weather_date"].dt.tz_localize("UTC"))
    colour = {"heating": ICE, "frost": ICE, "rain": WATER}.get(figure, WARM)
    written = list(names.values())
    by_name = alt.Scale(domain=written, range=[{**COMPARED, "total": colour}[line] for line in names])
    dashes = alt.Scale(domain=written, range=[[6, 4] if line == "reference_total" else [1, 0] for line in names])
    legend = alt.Legend(
        orient="top", title=None, labelLimit=260, symbolSize=300, columns=alt.ExprRef(f"{NARROW} ? 1 : 3")
    )
    chart = (
        alt.Chart(frame)
        .mark_line()
        .encode(
            x=alt.X(
                "weather_date:T",
                title=None,
                scale=alt.Scale(type="utc"),
                axis=alt.Axis(
                    format="%-d %b", labelOverlap=True, grid=False, tickCount=alt.ExprRef("max(3, width / 90)")
                ),
            ),
            y=value_axis("running", zero=True),
            color=alt.Color("name:N", scale=by_name, legend=legend),
            strokeDash=alt.StrokeDash("name:N", scale=dashes, legend=legend),
            strokeWidth=alt.condition("datum.is_shown", alt.value(3.5), alt.value(1.75)),
            tooltip=tips(tooltips),
        )
    )
    return layered([chart], language, SEASON_HEIGHT)


def frost_dates(dates: pd.DataFrame, names: Sequence[str], tooltips: Tooltips, language: str) -> alt.LayerChart:
    """A row for each year, a mark for the last frost of spring and the first of autumn; pale where the half-year lacks nights.

    `dates` is long: year, name, on (the day in a common year), is_complete.
    """
    frame = dates.assign(on=dates["on"].dt.tz_localize("UTC"))
    legend = alt.Legend(orient="top", title=None, labelLimit=260, columns=alt.ExprRef(f"{NARROW} ? 1 : 2"))
    # As an expression: Vega-Lite takes plain numbers in a time domain for years.
    bounds = alt.ExprRef("[utc(2001, 0, 1), utc(2001, 11, 31)]")
    marks = (
        alt.Chart(frame)
        .mark_point(filled=True, size=90)
        .encode(
            x=alt.X(
                "on:T",
                title=None,
                scale=alt.Scale(type="utc", domain=bounds),
                axis=alt.Axis(format="%b", labelOverlap=True, tickCount=alt.ExprRef("max(4, width / 90)")),
            ),
            y=alt.Y("year:O", title=None, sort="descending", axis=alt.Axis(grid=True, ticks=False, domain=False)),
            color=alt.Color(
                "name:N",
                scale=alt.Scale(domain=list(names), range=[ICE, WARM]),
                legend=legend,
            ),
            shape=alt.Shape(
                "name:N", scale=alt.Scale(domain=list(names), range=["circle", "triangle-right"]), legend=legend
            ),
            opacity=alt.condition("datum.is_complete", alt.value(1), alt.value(PALE)),
            tooltip=tips(tooltips),
        )
    )
    height = YEAR_HEIGHT * frame["year"].nunique() + LEGEND_HEIGHT
    return layered([marks], language, max(height, CHART_HEIGHT // 2))


def reports(cells: pd.DataFrame, tooltips: Tooltips, language: str) -> alt.LayerChart:
    """A cell for each month of the year and hour (UTC), the darker the more often; the share written where there is room."""
    months = list(MONTHS[language])
    base = alt.Chart(cells).encode(
        x=alt.X(
            "month_name:N",
            title=None,
            sort=months,
            scale=alt.Scale(domain=months),
            axis=alt.Axis(
                labelAngle=0, domain=False, ticks=False, labelExpr=f"{NARROW} ? slice(datum.label, 0, 1) : datum.label"
            ),
        ),
        y=alt.Y("hour_name:N", title=None, sort="ascending", axis=alt.Axis(domain=False, ticks=False)),
        tooltip=tips(tooltips),
    )
    ceiling = max(1.0, float(cells["share_pct"].max()))
    colour = alt.Color(
        "share_pct:Q",
        scale=alt.Scale(range=ORANGES, domain=[0, ceiling]),
        legend=alt.Legend(
            orient="top",
            direction="horizontal",
            title="%",
            titleOrient="left",
            gradientLength=180,
            gradientThickness=10,
        ),
    )
    marks = base.mark_rect(stroke="white").encode(color=colour)
    written = base.mark_text(fontSize=11).encode(
        text="written:N",
        color=alt.condition(f"datum.share_pct > {ceiling / 2}", alt.value("white"), alt.value(LABEL)),
        opacity=alt.condition(NARROW, alt.value(0), alt.value(1)),
    )
    height = HOUR_HEIGHT * cells["hour_name"].nunique() + LEGEND_HEIGHT
    return layered([marks, written], language, height)
