"""A period's days, each chart with the same time axis."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import pandas as pd

from components.charts.style import AIR, CHART_HEIGHT, COLD, GUST, WARM, WATER, WIND, Tooltips, finish, tips, value_axis
from services.days import Period

MONTH_LABELS_FROM = 200
"""Days from which the axis names months and years."""
DOTTED_DAYS = 31
"""Days up to which a line has a dot for each."""


def _time_axis(period: Period) -> alt.X:
    """Days in UTC whatever the browser's zone, with the whole period on every chart of the page."""
    half_day = pd.Timedelta(hours=12)
    first, last = pd.Timestamp(period.first) - half_day, pd.Timestamp(period.last) + half_day
    # As an expression: Vega-Lite takes plain numbers in a time domain for years.
    bounds = alt.ExprRef(f"[{first.timestamp() * 1000:.0f}, {last.timestamp() * 1000:.0f}]")
    return alt.X(
        "weather_date:T",
        title=None,
        scale=alt.Scale(type="utc", domain=bounds, nice=False),
        axis=alt.Axis(
            format="%-d %b" if period.day_count <= MONTH_LABELS_FROM else "%b %Y",
            labelOverlap=True,
            grid=False,
            tickCount=alt.ExprRef("max(3, width / 110)"),
        ),
    )


def _in_utc(days: pd.DataFrame) -> pd.DataFrame:
    """With the zone written down: a time without one would be the browser's."""
    return days.assign(weather_date=days["weather_date"].dt.tz_localize("UTC"))


def _bar_width(period: Period) -> alt.ExprRef:
    return alt.ExprRef(f"max(1, min(28, 0.75 * width / {period.day_count}))")


def _chart(layers: Sequence[alt.Chart], language: str) -> alt.LayerChart:
    return finish(alt.LayerChart(layer=list(layers), height=CHART_HEIGHT), language)


def _points(colour: str, period: Period) -> alt.OverlayMarkDef | bool:
    """Dots on a line while the days are few enough to tell them apart."""
    return alt.OverlayMarkDef(color=colour, size=28) if period.day_count <= DOTTED_DAYS else False


def temperature_chart(days: pd.DataFrame, period: Period, tooltips: Tooltips, language: str) -> alt.LayerChart:
    """A bar from minimum to maximum for each day, the mean as a line that breaks where days are missing."""
    base = alt.Chart(_in_utc(days)).encode(x=_time_axis(period), tooltip=tips(tooltips))
    band = base.mark_bar(color=COLD, width=_bar_width(period), cornerRadius=2).encode(
        y=value_axis("temperature_min_c", zero=False),
        y2="temperature_max_c:Q",
        opacity=alt.condition("datum.is_temperature_complete", alt.value(1), alt.value(0.5)),
    )
    mean = base.mark_line(color=WARM, strokeWidth=2, point=_points(WARM, period)).encode(
        y=value_axis("temperature_mean_c", zero=False)
    )
    return _chart([band, mean], language)


def rain_chart(days: pd.DataFrame, period: Period, tooltips: Tooltips, language: str) -> alt.LayerChart:
    """A bar for each day."""
    bars = (
        alt.Chart(_in_utc(days))
        .mark_bar(color=WATER, width=_bar_width(period))
        .encode(
            x=_time_axis(period),
            y=value_axis("precipitation_mm", zero=True),
            opacity=alt.condition("datum.is_precipitation_complete", alt.value(1), alt.value(0.45)),
            tooltip=tips(tooltips),
        )
    )
    return _chart([bars], language)


def wind_chart(days: pd.DataFrame, period: Period, tooltips: Tooltips, language: str) -> alt.LayerChart:
    """The mean as a line, the strongest gust as a dot above it."""
    base = alt.Chart(_in_utc(days)).encode(x=_time_axis(period), tooltip=tips(tooltips))
    gust = base.mark_point(color=GUST, filled=True, opacity=1, size=28, shape="triangle-up").encode(
        y=value_axis("wind_gust_max_ms", zero=True)
    )
    mean = base.mark_line(color=WIND, strokeWidth=2).encode(y=value_axis("wind_speed_mean_ms", zero=True))
    return _chart([gust, mean], language)


def pressure_chart(days: pd.DataFrame, period: Period, tooltips: Tooltips, language: str) -> alt.LayerChart:
    """The daily mean as a line."""
    line = (
        alt.Chart(_in_utc(days))
        .mark_line(color=AIR, strokeWidth=2, point=_points(AIR, period))
        .encode(x=_time_axis(period), y=value_axis("pressure_sea_level_mean_hpa", zero=False), tooltip=tips(tooltips))
    )
    return _chart([line], language)
