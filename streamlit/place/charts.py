"""A period's days, months or years, each chart with the same time axis; several places are told apart by colour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from shared.days import Period
from shared.style import (
    CHART_HEIGHT,
    COLD,
    GUST,
    LABEL,
    NARROW,
    OKABE_ITO,
    USUAL,
    WARM,
    WATER,
    WIND,
    Tooltips,
    in_utc,
    layered,
    tips,
    value_axis,
)

MONTH_LABELS_FROM = 200
"""Days from which the axis names months and years."""
YEAR_LABELS_FROM = 3_000
"""Days from which it names years alone."""
DOTTED_DAYS = 31
"""Days up to which a line has a dot for each."""
STEP_DAYS = {"day": 1, "month": 30, "year": 365}
PALER = 0.45
ABSENT = "#eceef0"
"""Behind dates without a figure."""
LEGEND_ROW = 14
"""Pixels that a place adds to a chart's height, for its line in the legend."""
ROW_HEIGHT = 34
"""Pixels of a place's row among the days of heavy rain."""


def _time_axis(period: Period, grain: str, column: str = "weather_date") -> alt.X:
    """Dates in UTC whatever the browser's zone, with the whole period on every chart of the page."""
    half_step = pd.Timedelta(hours=12 * STEP_DAYS[grain])
    first, last = pd.Timestamp(period.first) - half_step, pd.Timestamp(period.last) + half_step
    # As an expression: Vega-Lite takes plain numbers in a time domain for years.
    bounds = alt.ExprRef(f"[{first.timestamp() * 1000:.0f}, {last.timestamp() * 1000:.0f}]")
    named = "%-d %b" if period.day_count <= MONTH_LABELS_FROM else "%b %Y"
    return alt.X(
        f"{column}:T",
        title=None,
        scale=alt.Scale(type="utc", domain=bounds, nice=False),
        axis=alt.Axis(
            format=named if period.day_count <= YEAR_LABELS_FROM else "%Y",
            labelOverlap=True,
            grid=False,
            tickCount=alt.ExprRef("max(3, width / 110)"),
        ),
    )


def _step_width(period: Period, grain: str) -> alt.ExprRef:
    return alt.ExprRef(f"max(1, width * {STEP_DAYS[grain]} / {period.day_count})")


def _bar_width(period: Period, grain: str) -> alt.ExprRef:
    return alt.ExprRef(f"max(1, min(28, 0.75 * width * {STEP_DAYS[grain]} / {period.day_count}))")


def _points(colour: str, period: Period) -> alt.OverlayMarkDef | bool:
    """Dots on a line while the days are few enough to tell them apart."""
    return alt.OverlayMarkDef(color=colour, size=28) if period.day_count <= DOTTED_DAYS else False


def _fading(column: str) -> Any:
    """Paler where the figure is incomplete."""
    return alt.condition(f"datum.{column}", alt.value(1), alt.value(PALER))


def place_colours(names: Sequence[str], *, has_legend: bool) -> alt.Color:
    """Each place's colour, the same on every chart."""
    legend = alt.Legend(
        title=None,
        orient="top",
        columns=alt.ExprRef(f"{NARROW} ? 1 : width < 900 ? 2 : 4"),
        labelLimit=340,
        symbolType="stroke",
    )
    scale = alt.Scale(domain=list(names), range=list(OKABE_ITO[: len(names)]))
    return alt.Color("place:N", scale=scale, legend=legend if has_legend else None)


def _absent(absent: pd.DataFrame, period: Period, grain: str) -> list[alt.Chart]:
    """Grey over the stretches without a figure (`absences` of `place/data.py`), so that they are not taken for nothing."""
    if absent.empty:
        return []
    spans = alt.Chart(in_utc(in_utc(absent, "begin"), "end")).mark_rect(
        color=ABSENT, opacity=1, tooltip=None, aria=False
    )
    return [spans.encode(x=_time_axis(period, grain, "begin"), x2="end:T")]


def range_chart(
    rows: pd.DataFrame,
    usual: pd.DataFrame | None,
    absent: pd.DataFrame,
    period: Period,
    grain: str,
    tooltips: Tooltips,
    language: str,
) -> alt.LayerChart:
    """A bar from minimum to maximum, the mean as a line that breaks where days are missing, and behind them a band from the
    normal minimum to the normal maximum (`usual` of `place/data.py`)."""
    axis = _time_axis(period, grain)
    layers: list[Any] = _absent(absent, period, grain)
    if usual is not None:
        layers.append(
            alt.Chart(in_utc(usual, "weather_date"))
            .mark_area(color=USUAL, opacity=1, tooltip=None)
            .encode(x=axis, y=value_axis("temperature_min_normal_c", zero=False), y2="temperature_max_normal_c:Q")
        )
    base = alt.Chart(in_utc(rows, "weather_date")).encode(x=axis, tooltip=tips(tooltips))
    layers.append(
        base.mark_bar(color=COLD, width=_bar_width(period, grain), cornerRadius=2).encode(
            y=value_axis("temperature_min_c", zero=False),
            y2="temperature_max_c:Q",
            opacity=_fading("is_temperature_complete"),
        )
    )
    layers.append(
        base.mark_line(color=WARM, strokeWidth=2, point=_points(WARM, period)).encode(
            y=value_axis("temperature_mean_c", zero=False)
        )
    )
    return layered(layers, language)


def rain_chart(
    rows: pd.DataFrame, absent: pd.DataFrame, period: Period, grain: str, tooltips: Tooltips, language: str
) -> alt.LayerChart:
    """A bar for each day, month or year."""
    axis = _time_axis(period, grain)
    bars = (
        alt.Chart(in_utc(rows, "weather_date"))
        .mark_bar(color=WATER, width=_bar_width(period, grain))
        .encode(
            x=axis,
            y=value_axis("precipitation_mm", zero=True),
            opacity=_fading("is_precipitation_complete"),
            tooltip=tips(tooltips),
        )
    )
    return layered([*_absent(absent, period, grain), bars], language)


def wind_chart(
    rows: pd.DataFrame, absent: pd.DataFrame, period: Period, grain: str, tooltips: Tooltips, language: str
) -> alt.LayerChart:
    """The mean as a line, the strongest gust as a triangle above it. `rows` has wind and gust, in the reader's unit."""
    axis = _time_axis(period, grain)
    base = alt.Chart(in_utc(rows, "weather_date")).encode(x=axis, tooltip=tips(tooltips))
    gust = base.mark_point(color=GUST, filled=True, opacity=1, size=28, shape="triangle-up").encode(
        y=value_axis("gust", zero=True)
    )
    mean = base.mark_line(color=WIND, strokeWidth=2).encode(y=value_axis("wind", zero=True))
    return layered([*_absent(absent, period, grain), gust, mean], language)


def lines_chart(
    rows: pd.DataFrame,
    column: str,
    names: Sequence[str],
    dates: pd.DataFrame,
    period: Period,
    grain: str,
    tooltips: Tooltips,
    language: str,
    *,
    zero: bool = False,
    usual: pd.DataFrame | None = None,
    absent: pd.DataFrame | None = None,
) -> alt.LayerChart:
    """A line for each place, broken where days are missing; `usual` (weather_date and the same column) is dashed.

    `rows` has place, a name of `names`; `dates` has the tooltips of each weather_date, wherever on it the pointer stands.
    """
    axis = _time_axis(period, grain)
    layers: list[Any] = [] if absent is None else _absent(absent, period, grain)
    if usual is not None:
        layers.append(
            alt.Chart(in_utc(usual, "weather_date"))
            .mark_line(color=LABEL, strokeDash=[5, 4], strokeWidth=1.6, tooltip=None)
            .encode(x=axis, y=value_axis(column, zero=zero))
        )
    layers.append(
        alt.Chart(in_utc(rows[["weather_date", "place", column]], "weather_date"))
        .mark_line(
            strokeWidth=2,
            point=alt.OverlayMarkDef(size=24) if period.day_count <= DOTTED_DAYS else False,
            tooltip=None,
        )
        .encode(x=axis, y=value_axis(column, zero=zero), color=place_colours(names, has_legend=len(names) > 1))
    )
    # What the pointer finds: a line has one tooltip for all its days.
    layers.append(
        alt.Chart(in_utc(dates, "weather_date"))
        .mark_rule(opacity=0, strokeWidth=_step_width(period, grain), aria=False)
        .encode(x=axis, tooltip=tips(tooltips))
    )
    return layered(layers, language, CHART_HEIGHT + LEGEND_ROW * (len(names) if len(names) > 1 else 0))


def heavy_rain_chart(
    rows: pd.DataFrame, names: Sequence[str], period: Period, tooltips: Tooltips, language: str
) -> alt.LayerChart:
    """A row for each place, a circle for each day of heavy rain, the larger the more fell. `rows` has place, precipitation_mm."""
    circles = (
        alt.Chart(in_utc(rows, "weather_date"))
        .mark_circle(opacity=0.75, stroke="white", strokeWidth=0.5)
        .encode(
            x=_time_axis(period, "day"),
            y=alt.Y("place:N", title=None, scale=alt.Scale(domain=list(names)), axis=_rows_axis(names)),
            size=alt.Size(
                "precipitation_mm:Q",
                scale=alt.Scale(domainMin=0, range=[0, 500]),
                legend=alt.Legend(title="mm", orient="bottom", values=_amounts(rows)),
            ),
            color=place_colours(names, has_legend=False),
            tooltip=tips(tooltips),
        )
    )
    return layered([circles], language, height=130 + ROW_HEIGHT * len(names))


def _rows_axis(names: Sequence[str]) -> alt.Axis:
    return alt.Axis(
        labelLimit=alt.ExprRef(f"{NARROW} ? 110 : 260"),
        labels=len(names) > 1,
        labelOverlap=False,
        grid=True,
        ticks=False,
        domain=False,
    )


def _amounts(rows: pd.DataFrame) -> list[int]:
    """Sizes that the legend shows: round amounts between the smallest and the largest there is, or the largest alone."""
    smallest, largest = float(rows["precipitation_mm"].min()), float(rows["precipitation_mm"].max())
    between = [amount for amount in (10, 20, 50, 100, 200, 400) if smallest <= amount <= largest]
    return between or [round(largest)]
