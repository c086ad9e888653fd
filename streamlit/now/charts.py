"""The map of stations, over outlines that the app carries with it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from now.data import CIRCLE, HIDDEN, sizes
from now.parameters import Parameter
from shared.style import NARROW, layered, tips
from shared.territories import WORLD, Territory, outlines

SEA, LAND, FRENCH_LAND, SHORE, BORDER = "#e4eef4", "#e9e6de", "#fbfaf6", "#7d8b96", "#c3beb2"
SILENT, OLD, RIM = "#6b7780", "#d5dade", "#33424f"

MAP_HEIGHT = 520
LEGEND_HEIGHT = 105
"""Of it, for the legend below the map."""

WIDE, NARROW_WIDTH = 740, 358
"""Pixels of the map on a desk's screen and on a telephone, for which marks are set apart."""
CIRCLES = {"wide": (15.5, 4.5), "narrow": (10.5, 3.5)}
"""Radius in pixels of a circle and of a dot."""

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
    return [land.mark_geoshape(fill=fill, stroke=stroke, strokeWidth=0.7, clip=True, tooltip=None, aria=False)]


def _colour_scale(parameter: Parameter) -> alt.Scale:
    return alt.Scale(
        type="threshold" if parameter.is_classed else "linear",
        domain=list(parameter.stops),
        range=list(parameter.colours),
        clamp=alt.Undefined if parameter.is_classed else True,
        interpolate=alt.Undefined if parameter.is_classed else "rgb",
    )


def _pixels(stations: pd.DataFrame, territory: Territory, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Where `_projection` puts the stations on a map of this width."""
    height = MAP_HEIGHT - LEGEND_HEIGHT
    longitude, latitude = (np.radians(stations[name].to_numpy(dtype=float)) for name in ("longitude", "latitude"))
    if territory is WORLD:  # Equal Earth (Šavrič, Patterson, Jenny 2018)
        a1, a2, a3, a4 = 1.340264, -0.081106, 0.000893, 0.003796
        theta = np.arcsin(np.sqrt(3) / 2 * np.sin(latitude))
        slope = a1 + 3 * a2 * theta**2 + theta**6 * (7 * a3 + 9 * a4 * theta**2)
        x = 2 * np.sqrt(3) * longitude * np.cos(theta) / (3 * slope)
        y = theta * (a1 + a2 * theta**2 + theta**6 * (a3 + a4 * theta**2))
        scale = min(width / 5.45, height / 2.7)
    else:
        x, y = longitude, np.log(np.tan(np.pi / 4 + latitude / 2))
        top, bottom = (np.log(np.tan(np.pi / 4 + np.radians(edge) / 2)) for edge in (territory.north, territory.south))
        scale = min(width / np.radians(territory.east - territory.west), height / (top - bottom))
    return scale * x, scale * y


def with_sizes(stations: pd.DataFrame, territory: Territory) -> pd.DataFrame:
    """`stations` with `wide` and `narrow`: what each is drawn as, of `now/data.py`, on either width. Who has a value comes first,
    and stations before cities, whose weather is a model's."""
    rank = 2 * stations["value"].isna().to_numpy() + ~stations["location_id"].str.startswith("wmo:").to_numpy()
    has_figure = (stations["figure"] != "").to_numpy()
    shown = {}
    for name, width in (("wide", WIDE), ("narrow", NARROW_WIDTH)):
        shown[name] = sizes(*_pixels(stations, territory, width), rank, has_figure, *CIRCLES[name])
    return stations.assign(**shown)


def station_map(
    stations: pd.DataFrame,
    territory: Territory,
    parameter: Parameter,
    legend_title: str,
    tooltips: Sequence[tuple[str, str]],
    language: str,
) -> alt.LayerChart:
    """Stations coloured by `parameter`, with their figures; grey with their age where their reading is of another moment.

    `stations` is of `with_sizes`, with longitude, latitude, location_id, value, ink, figure, spoken (texts), is_of_moment,
    wind_to_deg and the columns of `tooltips` (column, title). A click selects by `location_id`, in the selection `station`.
    """
    radius = [
        f"({NARROW} ? {narrow} : {wide})" for wide, narrow in zip(CIRCLES["wide"], CIRCLES["narrow"], strict=True)
    ]
    shown_as = f"({NARROW} ? datum.narrow : datum.wide)"
    base = alt.Chart(stations).encode(
        longitude="longitude:Q",
        latitude="latitude:Q",
        tooltip=tips(tooltips),
        description=alt.Description("spoken:N"),
    )
    click = alt.selection_point(name="station", fields=["location_id"], on="click", empty=False)
    has_value = "isValid(datum.value)"
    legend = alt.Legend(
        title=legend_title, orient="bottom", direction="horizontal", gradientLength=300, labelFontSize=10, format="~f"
    )

    # Where both stand, none hides another (`sizes` of `now/data.py`).
    size = alt.ExprRef(f"PI * pow({shown_as} === {CIRCLE} ? {radius[0]} : {radius[1]}, 2)")
    seen = base.transform_filter(f"{shown_as} !== {HIDDEN}")
    mark: dict[str, Any] = {"size": size, "strokeWidth": 0.8, "opacity": 1, "clip": True, "cursor": "pointer"}
    hollow = seen.transform_filter(f"!{has_value}").mark_circle(
        **mark, fill=alt.ExprRef(f"datum.is_of_moment ? 'white' : '{OLD}'"), stroke=SILENT
    )
    filled = (
        seen.transform_filter(has_value)
        .mark_circle(**mark, stroke=RIM)
        .encode(color=alt.Color("value:Q", scale=_colour_scale(parameter), legend=legend))
        .add_params(click)
    )
    # An empty layer would be a mark without words to a screen reader.
    without_value = stations.loc[stations["value"].isna(), ["wide", "narrow"]]
    has_hollow = bool(without_value.ne(HIDDEN).any().all())

    is_circle = base.transform_filter(f"{shown_as} === {CIRCLE}")
    layers = [*_land(territory, "other", LAND, BORDER), *_land(territory, "french", FRENCH_LAND, SHORE)]
    if parameter.key in WITH_POINTER:
        layers.append(
            is_circle.transform_filter(f"{has_value} && isValid(datum.wind_to_deg)")
            .mark_point(shape=POINTER, size=size, fill=RIM, stroke=None, opacity=1, clip=True, aria=False)
            .encode(angle=alt.Angle("wind_to_deg:Q", scale=alt.Scale(domain=[0, 360], range=[0, 360])))
        )
    layers += [*([hollow] if has_hollow else []), filled]
    layers.append(
        is_circle.mark_text(
            fontSize=alt.ExprRef(f"({NARROW} ? 9 : 12) - (datum.is_of_moment ? 0 : 2)"),
            fontWeight=600,
            clip=True,
            cursor="pointer",
            aria=False,
        ).encode(text="figure:N", color=alt.Color("ink:N", scale=None))
    )
    drawn: alt.LayerChart = (
        layered(layers, language, MAP_HEIGHT)
        .resolve_scale(color="independent", angle="independent")
        .properties(projection=_projection(territory), view=alt.ViewConfig(fill=SEA, stroke=None))
    )
    return drawn
