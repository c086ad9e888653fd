"""Every chart of the app, in Altair, which Streamlit ships and which draws without a network."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import pandas as pd

from services.days import Period
from services.parameters import Parameter
from services.territories import WORLD, Territory, outlines
from services.translations import MONTHS

SEA, LAND, FRENCH_LAND, SHORE, BORDER = "#e4eef4", "#e9e6de", "#fbfaf6", "#7d8b96", "#c3beb2"
SILENT, RIM = "#6b7780", "#33424f"
WARM, COLD, WATER, WIND, GUST, AIR = "#b5452c", "#f0b8a4", "#2b7bba", "#5b3f8c", "#a58bc4", "#3d5a6c"

MAP_HEIGHT, CHART_HEIGHT = 560, 240
NARROW = "width < 480"
"""The width in pixels below which marks shrink: a telephone held upright."""
CROWDED = 80
"""Stations on one map beyond which marks shrink and lose their figures."""
MONTH_LABELS_FROM = 200
"""Days from which the axis names months and years."""
VALUE_TICKS = 6
"""About how many steps the value axis has; it ends on one of them."""
DOTTED_DAYS = 31
"""Days up to which a line has a dot for each."""

WITH_POINTER = ("wind", "gust")
POINTER = "M-0.5,-1 L0,-1.75 L0.5,-1 Z"
"""A point on the rim of a circle of the same size, to be turned to where the wind goes. Vega draws a path's unit as half the
root of the size, a circle's radius as 1.13 of it."""

# fmt: off
FRENCH = alt.Locale(
    number=alt.NumberLocale(decimal=",", thousands="\u202f", grouping=[3], currency=["", "\u00a0€"]),
    time=alt.TimeLocale(
        dateTime="%A %e %B %Y à %X",
        date="%d/%m/%Y",
        time="%H:%M:%S",
        periods=["AM", "PM"],
        days=["dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"],
        shortDays=["dim.", "lun.", "mar.", "mer.", "jeu.", "ven.", "sam."],
        months=["janvier", "février", "mars", "avril", "mai", "juin",
                "juillet", "août", "septembre", "octobre", "novembre", "décembre"],
        shortMonths=list(MONTHS["fr"]),
    ),
)
# fmt: on


def _finish(chart: alt.LayerChart, language: str) -> alt.LayerChart:
    finished: alt.LayerChart = chart.configure_view(stroke=None)
    if language == "fr":
        finished = finished.configure(locale=FRENCH, view=alt.ViewConfig(stroke=None))
    return finished


# --- the map


def _projection(territory: Territory) -> alt.Projection:
    """Mercator that fits the territory's window into whatever size the chart has; the world in equal areas."""
    if territory is WORLD:
        # Equal Earth is 5.41 units wide and 2.63 high at scale 1.
        return alt.Projection(
            type="equalEarth",
            scale=alt.ExprRef("min(width / 5.45, height / 2.7)"),
            translate=alt.ExprRef("[width / 2, height / 2]"),
        )
    radians = "PI / 180"

    def northing(latitude: float) -> str:
        return f"log(tan(PI / 4 + {latitude} * PI / 360))"

    span_x = f"({territory.east - territory.west} * {radians})"
    top, bottom = northing(territory.north), northing(territory.south)
    longitude = territory.center[0]
    scale = f"min(width / {span_x}, height / ({top} - {bottom}))"
    return alt.Projection(
        type="mercator",
        scale=alt.ExprRef(scale),
        # Mercator puts longitude 0, latitude 0 at `translate`.
        translate=alt.ExprRef(
            f"[width / 2 - {scale} * {longitude} * {radians}, height / 2 + {scale} * ({top} + {bottom}) / 2]"
        ),
    )


def _land(territory: Territory, role: str, fill: str, stroke: str) -> list[alt.Chart]:
    """A layer, or none where the territory has no such land."""
    features = [feature for feature in outlines(territory.key) if feature["properties"]["role"] == role]
    if not features:
        return []
    land = alt.Chart(alt.Data(values=features, format=alt.DataFormat(type="json")))
    return [land.mark_geoshape(fill=fill, stroke=stroke, strokeWidth=0.7, clip=True, tooltip=None)]


def _colour_scale(parameter: Parameter) -> alt.Scale:
    return alt.Scale(
        type="threshold" if parameter.is_classed else "linear",
        domain=list(parameter.stops),
        range=list(parameter.colours),
        clamp=alt.Undefined if parameter.is_classed else True,
        interpolate=alt.Undefined if parameter.is_classed else "rgb",
    )


def station_map(
    stations: pd.DataFrame,
    territory: Territory,
    parameter: Parameter,
    legend_title: str,
    tooltips: Sequence[tuple[str, str]],
    language: str,
) -> alt.LayerChart:
    """Stations coloured by `parameter`, with their figures; hollow where silent or without a value.

    `stations` has longitude, latitude, location_id, value, ink, figure and spoken (texts), wind_to_deg and the columns of
    `tooltips` (column, title). A click selects by `location_id`, in the selection named `station`.
    """
    is_crowded = len(stations) > CROWDED or territory is WORLD
    wide_size, narrow_size = (180, 90) if is_crowded else (760, 300)
    size = alt.ExprRef(f"{NARROW} ? {narrow_size} : {wide_size}")
    font_size = alt.ExprRef(f"{NARROW} ? 9 : 12")
    base = alt.Chart(stations).encode(
        longitude="longitude:Q",
        latitude="latitude:Q",
        tooltip=_tips(tooltips),
        description=alt.Description("spoken:N"),
    )
    click = alt.selection_point(name="station", fields=["location_id"], on="click", empty=False)
    with_value = base.transform_filter("isValid(datum.value)")
    hollow = base.transform_filter("!isValid(datum.value)").mark_point(
        size=60, stroke=SILENT, strokeWidth=1.5, fill="white", opacity=0.9, clip=True, cursor="pointer"
    )
    colour = alt.Color(
        "value:Q",
        scale=_colour_scale(parameter),
        legend=alt.Legend(
            title=legend_title,
            orient="bottom",
            direction="horizontal",
            gradientLength=300,
            labelFontSize=10,
            format="~f",
        ),
    )
    circles = with_value.mark_circle(
        size=size, stroke=RIM, strokeWidth=0.8, opacity=1, clip=True, cursor="pointer"
    ).encode(color=colour)
    layers = [*_land(territory, "other", LAND, BORDER), *_land(territory, "french", FRENCH_LAND, SHORE), hollow]
    if parameter.key in WITH_POINTER:
        layers.append(
            with_value.transform_filter("isValid(datum.wind_to_deg)")
            .mark_point(shape=POINTER, size=size, fill=RIM, stroke=None, opacity=1, clip=True, aria=False)
            .encode(angle=alt.Angle("wind_to_deg:Q", scale=alt.Scale(domain=[0, 360], range=[0, 360])))
        )
    layers.append(circles.add_params(click))
    if not is_crowded:
        layers.append(
            with_value.mark_text(fontSize=font_size, fontWeight=600, clip=True, cursor="pointer", aria=False).encode(
                text="figure:N", color=alt.Color("ink:N", scale=None)
            )
        )
    return _finish(
        alt.layer(*layers)
        .resolve_scale(color="independent", angle="independent")
        .properties(height=MAP_HEIGHT, projection=_projection(territory), view=alt.ViewConfig(fill=SEA, stroke=None)),
        language,
    )


# --- a period


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
    return _finish(alt.LayerChart(layer=list(layers), height=CHART_HEIGHT), language)


def _points(colour: str, period: Period) -> alt.OverlayMarkDef | bool:
    """Dots on a line while the days are few enough to tell them apart."""
    return alt.OverlayMarkDef(color=colour, size=28) if period.day_count <= DOTTED_DAYS else False


def _value_axis(column: str, *, zero: bool) -> alt.Y:
    return alt.Y(f"{column}:Q", title=None, scale=alt.Scale(zero=zero, nice=VALUE_TICKS), axis=alt.Axis(format="~f"))


Tooltips = Sequence[tuple[str, str]]


def _tips(tooltips: Tooltips) -> list[alt.Tooltip]:
    return [alt.Tooltip(f"{column}:N", title=title) for column, title in tooltips]


def temperature_chart(days: pd.DataFrame, period: Period, tooltips: Tooltips, language: str) -> alt.LayerChart:
    """A bar from minimum to maximum for each day, the mean as a line that breaks where days are missing."""
    base = alt.Chart(_in_utc(days)).encode(x=_time_axis(period), tooltip=_tips(tooltips))
    band = base.mark_bar(color=COLD, width=_bar_width(period), cornerRadius=2).encode(
        y=_value_axis("temperature_min_c", zero=False),
        y2="temperature_max_c:Q",
        opacity=alt.condition("datum.is_temperature_complete", alt.value(1), alt.value(0.5)),
    )
    mean = base.mark_line(color=WARM, strokeWidth=2, point=_points(WARM, period)).encode(
        y=_value_axis("temperature_mean_c", zero=False)
    )
    return _chart([band, mean], language)


def rain_chart(days: pd.DataFrame, period: Period, tooltips: Tooltips, language: str) -> alt.LayerChart:
    """A bar for each day."""
    bars = (
        alt.Chart(_in_utc(days))
        .mark_bar(color=WATER, width=_bar_width(period))
        .encode(
            x=_time_axis(period),
            y=_value_axis("precipitation_mm", zero=True),
            opacity=alt.condition("datum.is_precipitation_complete", alt.value(1), alt.value(0.45)),
            tooltip=_tips(tooltips),
        )
    )
    return _chart([bars], language)


def wind_chart(days: pd.DataFrame, period: Period, tooltips: Tooltips, language: str) -> alt.LayerChart:
    """The mean as a line, the strongest gust as a dot above it."""
    base = alt.Chart(_in_utc(days)).encode(x=_time_axis(period), tooltip=_tips(tooltips))
    gust = base.mark_point(color=GUST, filled=True, opacity=1, size=28, shape="triangle-up").encode(
        y=_value_axis("wind_gust_max_ms", zero=True)
    )
    mean = base.mark_line(color=WIND, strokeWidth=2).encode(y=_value_axis("wind_speed_mean_ms", zero=True))
    return _chart([gust, mean], language)


def pressure_chart(days: pd.DataFrame, period: Period, tooltips: Tooltips, language: str) -> alt.LayerChart:
    """The daily mean as a line."""
    line = (
        alt.Chart(_in_utc(days))
        .mark_line(color=AIR, strokeWidth=2, point=_points(AIR, period))
        .encode(x=_time_axis(period), y=_value_axis("pressure_sea_level_mean_hpa", zero=False), tooltip=_tips(tooltips))
    )
    return _chart([line], language)
