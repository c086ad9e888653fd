"""What all charts share: Altair (Streamlit ships it and it draws without a network), colours, axes, the reader's language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from shared.translations import MONTH_NAMES, MONTHS

WARM, COLD, WATER, WIND, GUST = "#b5452c", "#f0b8a4", "#2b7bba", "#5b3f8c", "#a58bc4"
USUAL = "#dfe5e9"
"""The band of what is usual, behind what was."""
OKABE_ITO = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""Okabe and Ito (2008), without black and without the yellow that a white page swallows."""
ICE = "#2f6f9f"
"""Frost and heating."""
PALE = 0.4
"""The opacity of what is not complete, or not what the reader asked for."""

LABEL = "currentColor"
"""Of axes, legends and what is written into charts: the page's own, in a light and in a dark theme."""
CHART_HEIGHT = 240
NARROW = "width < 480"
"""The width in pixels below which marks shrink: a telephone held upright."""
VALUE_TICKS = 6
"""About how many steps the value axis has; it ends on one of them."""

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
        months=list(MONTH_NAMES["fr"]),
        shortMonths=list(MONTHS["fr"]),
    ),
)
# fmt: on


alt.utils.schemapi.disable_debug_mode()  # each part of a chart as it is made
IS_VALIDATED = False
"""Whether Altair holds each chart against Vega-Lite's schema, a third of a page's time: the tests do, a reader does not wait."""


class Layers(alt.LayerChart):
    def to_dict(self, validate: bool = True, **options: Any) -> dict[str, Any]:
        written: dict[str, Any] = super().to_dict(validate=validate and IS_VALIDATED, **options)
        return written


AS_SVG = {"embedOptions": {"renderer": "svg"}}
"""However many marks there are: an SVG can be given as a file, and read aloud."""


def layered(layers: Sequence[alt.Chart | alt.LayerChart], language: str, height: int = CHART_HEIGHT) -> alt.LayerChart:
    """What every chart has: no frame, labels that contrast, the reader's language."""
    finished: alt.LayerChart = Layers(layer=list(layers), height=height, usermeta=AS_SVG).configure(
        locale=FRENCH if language == "fr" else alt.Undefined,
        view=alt.ViewConfig(stroke=None),
        axis=alt.AxisConfig(labelColor=LABEL),
        legend=alt.LegendConfig(labelColor=LABEL, titleColor=LABEL),
    )
    return finished


def value_axis(column: str, *, zero: bool) -> alt.Y:
    return alt.Y(f"{column}:Q", title=None, scale=alt.Scale(zero=zero, nice=VALUE_TICKS), axis=alt.Axis(format="~f"))


def in_utc(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """With the zone written down: a time without one would be the browser's."""
    return rows.assign(**{column: rows[column].dt.tz_localize("UTC")})


Tooltips = Sequence[tuple[str, str]]


def tips(tooltips: Tooltips) -> list[alt.Tooltip]:
    return [alt.Tooltip(f"{column}:N", title=title) for column, title in tooltips]
