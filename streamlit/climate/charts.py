"""A place's climate: stripes, anomalies, the usual year, counts by year, records, events."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Literal

import altair as alt
import pandas as pd

from shared.style import (
    CHART_HEIGHT,
    COLD,
    ICE,
    LABEL,
    NARROW,
    PALE,
    WARM,
    WATER,
    WIND,
    Tooltips,
    layered,
    tips,
    value_axis,
)
from shared.translations import MONTHS

YEAR_LIMIT_C, MONTH_LIMIT_C, RAIN_LIMIT_PCT = 2.0, 4.0, 100.0
"""Where colours end: a year of a place is seldom 2 °C from its normal, a month seldom 4 °C; rain cannot fall below
-100 %."""
STRIPES_HEIGHT, EVENTS_HEIGHT, LEGEND_HEIGHT = 210, 210, 90
ROW_HEIGHT, LOW_ROW_HEIGHT, LOW_ROWS_FROM = 20, 8, 45
"""Pixels of a year's row, less when a century of them would be taller than three screens."""
MISSING = "#aeb4ba"
"""Grey, because white is the middle of the scale."""
ABSENT_OPACITY = 0.3
"""Of the grey behind a year without a bar: no figure is not a figure of zero."""
SEVERITY = {"moderate": "#fdae6b", "severe": "#e6550d", "extreme": "#7f2704"}
"""ColorBrewer's Oranges: one hue from light to dark reads as more, for colour-blind readers too."""


def _diverging(scheme: Literal["redblue", "brownbluegreen"], limit: float, *, reverse: bool) -> alt.Scale:
    return alt.Scale(scheme=scheme, domain=[-limit, limit], domainMid=0, reverse=reverse, clamp=True)


def _temperature_colours(limit: float) -> alt.Scale:
    return _diverging("redblue", limit, reverse=True)


def _legend(unit: str) -> alt.Legend:
    return alt.Legend(
        orient="top",
        direction="horizontal",
        title=unit,
        titleOrient="left",
        gradientLength=180,
        gradientThickness=10,
        labelExpr="datum.value > 0 ? '+' + datum.label : datum.label",
        format="~f",
    )


def _years(table: pd.DataFrame, padding: float = 0.2) -> alt.X:
    """Years as bands, with as many names as there is room for."""
    step = max(1, len(table) // 6)
    named = [int(year) for year in table["year"] if (int(year) - int(table["year"].iloc[0])) % step == 0]
    return alt.X(
        "year:O",
        title=None,
        # Written down, because years without a figure would leave the axis.
        scale=alt.Scale(domain=[int(year) for year in table["year"]], paddingInner=padding, paddingOuter=padding / 2),
        axis=alt.Axis(values=named, labelAngle=0, labelOverlap=True, ticks=False),
    )


def _months(language: str, *, orient: Literal["top", "bottom"] = "bottom", years: Sequence[str] | None = None) -> alt.X:
    """The months of the year; `years` writes the twelve numbers of years under their names."""
    name = f"{NARROW} ? slice(datum.label, 0, 1) : datum.label"  # one letter where twelve names would not fit
    if years is not None:
        counts = dict(zip(MONTHS[language], years, strict=True))
        name = f"[{name}, {json.dumps(counts, ensure_ascii=False)}[datum.value]]"
    return alt.X(
        "month_name:N",
        title=None,
        sort=list(MONTHS[language]),
        scale=alt.Scale(domain=list(MONTHS[language])),
        axis=alt.Axis(
            labelAngle=0,
            orient=orient,
            domain=False,
            ticks=False,
            labelExpr=name,
        ),
    )


def _absent(base: alt.Chart, column: str) -> alt.Chart:
    """Grey over the whole height where a row has no figure."""
    return base.transform_filter(f"!isValid(datum.{column})").mark_rect(color=MISSING, opacity=ABSENT_OPACITY)


def stripes(table: pd.DataFrame, tooltips: Tooltips, language: str) -> alt.LayerChart:
    """One full-height stripe for each year of `climate.years`; grey where it is not complete."""
    # No gap between bands: it is the sweep of colour that is read.
    base = alt.Chart(table).encode(x=_years(table, padding=0), tooltip=tips(tooltips))
    missing = base.transform_filter("!isValid(datum.temperature_anomaly_c)").mark_rect(color=MISSING)
    known = base.transform_filter("isValid(datum.temperature_anomaly_c)").mark_rect()
    colour = alt.Color("temperature_anomaly_c:Q", scale=_temperature_colours(YEAR_LIMIT_C), legend=_legend("°C"))
    return layered([missing, known.encode(color=colour)], language, STRIPES_HEIGHT)


def anomaly_bars(table: pd.DataFrame, column: str, tooltips: Tooltips, language: str) -> alt.LayerChart:
    """A bar up or down for each year that is complete, the sign told by position and colour; grey where it is not."""
    positive, negative = (WARM, WATER) if column == "temperature_anomaly_c" else (WATER, "#a6761d")
    base = alt.Chart(table).encode(x=_years(table), tooltip=tips(tooltips))
    bars = base.mark_bar().encode(
        y=value_axis(column, zero=True),
        color=alt.condition(f"datum.{column} >= 0", alt.value(positive), alt.value(negative)),
    )
    zero = alt.Chart(pd.DataFrame({"zero": [0]})).mark_rule(color=LABEL).encode(y="zero:Q")
    return layered([_absent(base, column), bars, zero], language)


def anomaly_months(months: pd.DataFrame, column: str, tooltips: Tooltips, language: str) -> alt.LayerChart:
    """A cell for each month, the newest year on top: the season of a departure is read across, its persistence down."""
    is_temperature = column == "temperature_mean_anomaly_c"
    scale = (
        _temperature_colours(MONTH_LIMIT_C)
        if is_temperature
        else _diverging("brownbluegreen", RAIN_LIMIT_PCT, reverse=False)
    )
    years = months["year"].nunique()
    y = alt.Y("year:O", title=None, sort="descending", axis=alt.Axis(ticks=False, domain=False))
    base = alt.Chart(months).encode(x=_months(language, orient="top"), y=y, tooltip=tips(tooltips))
    missing = base.transform_filter(f"!isValid(datum.{column})").mark_rect(color=MISSING)
    known = base.transform_filter(f"isValid(datum.{column})").mark_rect()
    colour = alt.Color(f"{column}:Q", scale=scale, legend=_legend("°C" if is_temperature else "%"))
    return layered(
        [missing, known.encode(color=colour)],
        language,
        (ROW_HEIGHT if years < LOW_ROWS_FROM else LOW_ROW_HEIGHT) * years + LEGEND_HEIGHT,
    )


def normal_temperature(normals: pd.DataFrame, tooltips: Tooltips, language: str) -> alt.LayerChart:
    """A bar from mean minimum to mean maximum for each month, the mean as a line, the number of years (`tip_years`) below."""
    base = alt.Chart(normals).encode(x=_months(language, years=normals["tip_years"]), tooltip=tips(tooltips))
    size = alt.RelativeBandSize(band=0.6)
    band = base.mark_bar(color=COLD, width=size, cornerRadius=3).encode(
        y=value_axis("temperature_min_normal_c", zero=False), y2="temperature_max_normal_c:Q"
    )
    top = base.mark_text(dy=-8, fontSize=11, color=LABEL).encode(y="temperature_max_normal_c:Q", text="written_max:N")
    bottom = base.mark_text(dy=9, fontSize=11, color=LABEL).encode(y="temperature_min_normal_c:Q", text="written_min:N")
    mean = base.mark_line(color=WARM, strokeWidth=2, point=alt.OverlayMarkDef(color=WARM, size=30)).encode(
        y="temperature_mean_normal_c:Q"
    )
    return layered([band, mean, top, bottom], language)


def normal_rain(normals: pd.DataFrame, tooltips: Tooltips, language: str) -> alt.LayerChart:
    """A bar of the average for each month, a line over it from the 20th to the 80th percentile, the number of years
    (`tip_rain_years`) below."""
    base = alt.Chart(normals).encode(x=_months(language, years=normals["tip_rain_years"]), tooltip=tips(tooltips))
    bars = base.mark_bar(color=WATER, opacity=0.75, width=alt.RelativeBandSize(band=0.6)).encode(
        y=value_axis("precipitation_normal_mm", zero=True)
    )
    spread = base.mark_rule(color=LABEL, strokeWidth=2).encode(y="precipitation_p20_mm:Q", y2="precipitation_p80_mm:Q")
    return layered([bars, spread], language)


def by_year(table: pd.DataFrame, measure: str, mean: float | None, tooltips: Tooltips, language: str) -> alt.LayerChart:
    """A bar for each year, paler where it is not complete, grey where it has no figure; the average of the complete ones as a
    line."""
    colour = {"hot_days": WARM, "cooling": WARM, "rainy_days": WATER}.get(measure, ICE)
    base = alt.Chart(table).encode(x=_years(table), tooltip=tips(tooltips))
    bars = base.mark_bar(color=colour).encode(
        y=value_axis("value", zero=True),
        opacity=alt.condition("datum.is_complete", alt.value(1), alt.value(PALE)),
    )
    layers = [_absent(base, "value"), bars]
    if mean is not None:
        line = alt.Chart(pd.DataFrame({"mean": [mean]})).mark_rule(color=LABEL, strokeDash=[5, 3], strokeWidth=1.5)
        layers.append(line.encode(y="mean:Q"))
    return layered(layers, language)


def record_range(table: pd.DataFrame, tooltips: Tooltips, language: str) -> alt.LayerChart:
    """From the lowest to the highest ever of each month, with the usual range inside and the records written at the ends."""
    base = alt.Chart(table).encode(x=_months(language), tooltip=tips(tooltips))
    ever = base.mark_bar(color="#dfe3e6", width=alt.RelativeBandSize(band=0.6)).encode(
        y=value_axis("lowest_c", zero=False), y2="highest_c:Q"
    )
    usual = base.mark_bar(color=COLD, width=alt.RelativeBandSize(band=0.6)).encode(
        y="temperature_min_normal_c:Q", y2="temperature_max_normal_c:Q"
    )
    high = base.mark_text(dy=-8, color=WARM, fontSize=11).encode(y="highest_c:Q", text="written_highest:N")
    low = base.mark_text(dy=9, color=ICE, fontSize=11).encode(y="lowest_c:Q", text="written_lowest:N")
    return layered([ever, usual, high, low], language, CHART_HEIGHT + 60)


def timeline(
    events: pd.DataFrame, severities: Sequence[tuple[str, str]], tooltips: Tooltips, language: str
) -> alt.LayerChart:
    """A mark for each event, a row for each type; a click selects by `event_id`, in the selection named `event`.

    `severities`: key and name, in order.
    """
    click = alt.selection_point(name="event", fields=["event_id"], on="click", empty=False)
    frame = events.assign(start_date=events["start_date"].dt.tz_localize("UTC"))
    colours = alt.Scale(domain=[name for _, name in severities], range=[SEVERITY[key] for key, _ in severities])
    marks = (
        alt.Chart(frame)
        .mark_point(filled=True, opacity=0.85, stroke="#5c4a3d", strokeWidth=0.5, cursor="pointer")
        .encode(
            x=alt.X(
                "start_date:T",
                title=None,
                scale=alt.Scale(type="utc", padding=12),
                axis=alt.Axis(format="%b %Y", labelOverlap=True, tickCount=alt.ExprRef("max(3, width / 130)")),
            ),
            y=alt.Y("type:N", title=None, axis=alt.Axis(grid=True, ticks=False, domain=False, labelLimit=110)),
            size=alt.Size(
                "duration_days:Q", scale=alt.Scale(type="sqrt", domain=[1, 20], range=[40, 400]), legend=None
            ),
            color=alt.Color(
                "severity_name:N", scale=colours, legend=alt.Legend(orient="top", title=None, symbolStrokeWidth=0)
            ),
            tooltip=tips(tooltips),
            description=alt.Description("tip_event:N"),
        )
    )
    return layered([marks.add_params(click)], language, EVENTS_HEIGHT)


def event_days(days: pd.DataFrame, column: str, event_type: str, tooltips: Tooltips, language: str) -> alt.LayerChart:
    """The days of an event and around it: rain as bars, all else as a line with a dot a day; the event's own days darker."""
    frame = days.assign(weather_date=days["weather_date"].dt.tz_localize("UTC"))
    x = alt.X(
        "weather_date:T",
        title=None,
        scale=alt.Scale(type="utc"),
        axis=alt.Axis(format="%-d %b", labelOverlap=True, grid=False, tickCount=alt.ExprRef("max(3, width / 90)")),
    )
    base = alt.Chart(frame).encode(x=x, tooltip=tips(tooltips))
    is_rain = column == "precipitation_mm"
    y = value_axis("value", zero=is_rain)
    strength = alt.condition("datum.is_event", alt.value(1), alt.value(PALE))
    if is_rain:
        width = alt.ExprRef(f"max(2, 0.7 * width / {len(frame)})")
        return layered([base.mark_bar(color=WATER, width=width).encode(y=y, opacity=strength)], language)
    colour = {"cold_wave": ICE, "frost_spell": ICE, "wind_storm": WIND}.get(event_type, WARM)
    line = base.mark_line(color=colour, strokeWidth=1.5, opacity=PALE).encode(y=y)
    dots = base.mark_point(color=colour, filled=True, size=60).encode(y=y, opacity=strength)
    return layered([line, dots], language)
