"""Errors and scores by lead time, forecasts beside measurements, and the newest forecast with how far off it may be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from forecasts.data import Element
from shared.style import NARROW, OKABE_ITO, WARM, WATER, Tooltips, in_utc, layered, tips, value_axis

BAND, RULE = "#c9d8e3", "#6b7780"
LINES = (OKABE_ITO[1], OKABE_ITO[0], OKABE_ITO[2])
DASHES = ([1, 0], [1, 0], [6, 3])
"""By line, so that three are told apart without their colours."""
LEAD_HEIGHT = 300
DOTS_HEIGHT = 440
"""Pixels: on a desk the two axes, which hold the same values, come out about as long."""
DAY_HOURS = 24


def _leads(longest: int, title: str) -> alt.X:
    days = list(range(0, longest + 1, DAY_HOURS)) if longest > DAY_HOURS else alt.Undefined
    return alt.X(
        "lead_bucket_hours:Q",
        title=title,
        scale=alt.Scale(domain=[0, longest], nice=False),
        axis=alt.Axis(values=days, grid=False, format="d"),
    )


def _level(value: float) -> alt.Chart:
    """A thin line across the chart."""
    return alt.Chart(pd.DataFrame({"level": [value]})).mark_rule(color=RULE, strokeWidth=1).encode(y="level:Q")


def _chosen(lead_hours: int, x: alt.X) -> alt.Chart:
    """The lead that the rest of the page is about."""
    data = pd.DataFrame({"lead_bucket_hours": [lead_hours]})
    return alt.Chart(data).mark_rule(color=RULE, strokeDash=[3, 3]).encode(x=x)


def _score_lines(lines: pd.DataFrame, names: Sequence[str], x: alt.X, y: alt.Y, tooltips: Tooltips) -> alt.Chart:
    """One line for each name, with a legend above."""
    domain = list(names)
    colours, dashes = list(LINES[: len(names)]), list(DASHES[: len(names)])
    legend = alt.Legend(
        title=None,
        orient="top",
        labelLimit=300,
        symbolStrokeWidth=3,
        columns=alt.ExprRef(f"{NARROW} ? {1 if len(names) > 2 else 2} : {len(names)}"),
    )
    return (
        alt.Chart(lines)
        .mark_line(strokeWidth=2, point=alt.OverlayMarkDef(size=22, filled=True))
        .encode(
            x=x,
            y=y,
            color=alt.Color("score:N", scale=alt.Scale(domain=domain, range=colours), legend=legend),
            strokeDash=alt.StrokeDash("score:N", scale=alt.Scale(domain=domain, range=dashes), legend=legend),
            tooltip=tips(tooltips),
        )
    )


def error_chart(
    scores: pd.DataFrame,
    lines: pd.DataFrame,
    names: Sequence[str],
    lead_hours: int,
    axis_title: str,
    element: Element,
    tooltips: Tooltips,
    language: str,
) -> alt.LayerChart:
    """The band of eight errors in ten behind the mean errors; of rain none, because it would be that of dry hours.

    `scores` has lead_bucket_hours, error_p10, error_p90; `lines` is `by_lead` of `forecasts/data.py`.
    """
    x = _leads(int(scores["lead_bucket_hours"].max()), axis_title)
    errors = scores[["error_p10", "error_p90"]].where(scores["is_enough"])  # the band breaks where pairs are too few
    band = (
        alt.Chart(errors.assign(lead_bucket_hours=scores["lead_bucket_hours"]))
        .mark_area(color=BAND, opacity=0.8)
        .encode(x=x, y=value_axis("error_p10", zero=True), y2="error_p90:Q")
    )
    drawn = _score_lines(lines, names, x, value_axis("value", zero=True), tooltips)
    behind = [] if element.is_rain else [band]
    layers = [*behind, _level(0), _chosen(lead_hours, x), drawn]
    return layered(layers, language, LEAD_HEIGHT)


def score_chart(
    lines: pd.DataFrame,
    names: Sequence[str],
    longest: int,
    lead_hours: int,
    axis_title: str,
    tooltips: Tooltips,
    language: str,
) -> alt.LayerChart:
    """Scores without a unit, of which 1 and 0 mean something."""
    x = _leads(longest, axis_title)
    drawn = _score_lines(lines, names, x, value_axis("value", zero=True), tooltips)
    return layered([_level(0), _level(1), _chosen(lead_hours, x), drawn], language, LEAD_HEIGHT)


def dots_chart(pairs: pd.DataFrame, axis_titles: tuple[str, str], tooltips: Tooltips, language: str) -> alt.LayerChart:
    """Forecast and measurement of each pair, on two axes with the same bounds, and the line where they are the same."""
    both = pairs[["forecast_value", "observed_value"]]
    low, high = float(both.min(axis=None)), float(both.max(axis=None))
    margin = (high - low) * 0.03 or 1.0
    scale = alt.Scale(domain=[low - margin, high + margin], nice=False, zero=False)
    diagonal = pd.DataFrame({"forecast_value": [low, high], "observed_value": [low, high]})

    def axes(title: tuple[str, str]) -> dict[str, Any]:
        axis = alt.Axis(format="~f", tickCount=6)
        return {
            "x": alt.X("forecast_value:Q", title=title[0], scale=scale, axis=axis),
            "y": alt.Y("observed_value:Q", title=title[1], scale=scale, axis=axis),
        }

    line = alt.Chart(diagonal).mark_line(color=RULE, strokeWidth=1.5).encode(**axes(axis_titles))
    dots = (
        alt.Chart(pairs)
        .mark_circle(color=WATER, size=24, opacity=0.4, clip=True)
        .encode(**axes(axis_titles), tooltip=tips(tooltips))
    )
    return layered([line, dots], language, DOTS_HEIGHT)


def newest_chart(forecast: pd.DataFrame, element: Element, tooltips: Tooltips, language: str) -> alt.LayerChart:
    """The steps of one forecast, `value`, over the range `likely_low` to `likely_high`."""
    base = alt.Chart(in_utc(forecast, "valid_at")).encode(
        x=alt.X(
            "valid_at:T",
            title=None,
            scale=alt.Scale(type="utc", nice=False),
            axis=alt.Axis(
                format="%-d %b %H:%M", grid=False, labelOverlap=True, tickCount=alt.ExprRef("max(3, width / 110)")
            ),
        ),
        tooltip=tips(tooltips),
    )
    band = base.mark_area(color=BAND, opacity=0.8).encode(
        y=value_axis("likely_low", zero=element.is_rain), y2="likely_high:Q"
    )
    if element.is_rain:
        width = alt.ExprRef(f"max(2, min(16, 0.7 * width / {len(forecast)}))")
        value = base.mark_bar(color=WATER, width=width).encode(y=value_axis("value", zero=True))
    else:
        value = base.mark_line(color=WARM, strokeWidth=2, point=alt.OverlayMarkDef(color=WARM, size=22)).encode(
            y=value_axis("value", zero=False)
        )
    return layered([band, value], language, DOTS_HEIGHT)
