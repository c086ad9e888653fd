"""The map of stations, over outlines that the app carries with it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache

import altair as alt
import pandas as pd

from now.parameters import Parameter
from shared.style import NARROW, layered, tips
from shared.territories import WORLD, Territory, outlines

SEA, LAND, FRENCH_LAND, SHORE, BORDER = "#e4eef4", "#e9e6de", "#fbfaf6", "#7d8b96", "#c3beb2"
SILENT, RIM = "#6b7780", "#33424f"

MAP_HEIGHT = 560
CROWDED = 80
"""Stations on one map beyond which marks shrink and lose their figures."""

WITH_POINTER = ("wind", "gust")
POINTER = "M-0.5,-1 L0,-1.75 L0.5,-1 Z"
"""A point on the rim of a circle of the same size, to be turned to where the wind goes. Vega draws a path's unit as half the
root of the size, a circle's radius as 1.13 of it."""


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


@cache
def _features(territory: str, role: str) -> str:
    """JSON, which Vega reads itself: Altair would copy and check each of some ten thousand numbers, several times."""
    features = [feature for feature in outlines(territory) if feature["properties"]["role"] == role]
    return json.dumps(features, separators=(",", ":")) if features else ""


def _land(territory: Territory, role: str, fill: str, stroke: str) -> list[alt.Chart]:
    """A layer, or none where the territory has no such land."""
    features = _features(territory.key, role)
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
        tooltip=tips(tooltips),
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
    drawn: alt.LayerChart = (
        layered(layers, language, MAP_HEIGHT)
        .resolve_scale(color="independent", angle="independent")
        .properties(projection=_projection(territory), view=alt.ViewConfig(fill=SEA, stroke=None))
    )
    return drawn
