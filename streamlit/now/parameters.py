"""What the map can be coloured by, and with which colours.

The palettes are ColorBrewer's RdYlBu, Blues, BuPu, PuOr and YlGnBu, which it lists as safe for colour-blind readers. Each
scale has fixed ends, so that a colour means the same on every day and in every territory.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace

import pandas as pd

from shared.colours import channels, ink_on
from shared.units import WindUnit


@dataclass(frozen=True)
class Parameter:
    """A measure of the latest conditions. With `is_classed`, `stops` are the bounds between the colours (one fewer than
    those); else they are the values at which each colour stands, with even transitions between them."""

    key: str
    column: str
    unit: str
    digits: int
    stops: tuple[float, ...]
    colours: tuple[str, ...]
    is_classed: bool = False
    scale: float = 1.0
    """What the column's values are multiplied by to be in `unit`."""

    def figure_digits(self, value: float) -> int:
        """Of a figure in a circle: whole numbers, but what is less than half of one and not nothing."""
        return 1 if self.unit == "mm" and 0 < round(value, 1) < 1 else 0

    def in_unit(self, wind: WindUnit) -> Parameter:
        """A measure of wind in the reader's unit; others as they are."""
        if self.unit != "m/s":
            return self
        stops = tuple(round(stop * wind.per_ms, wind.digits) for stop in self.stops)
        return replace(self, unit=wind.symbol, digits=wind.digits, stops=stops, scale=wind.per_ms)

    def of(self, conditions: pd.DataFrame) -> pd.Series:
        """The measure of each row, in `unit`."""
        return conditions[self.column] * self.scale

    def colour_at(self, value: float) -> str:
        """The colour of a value, as `#rrggbb`; values beyond the ends have the colours of the ends."""
        if self.is_classed:
            return self.colours[bisect_right(self.stops, value)]
        if value <= self.stops[0]:
            return self.colours[0]
        if value >= self.stops[-1]:
            return self.colours[-1]
        upper = bisect_right(self.stops, value)
        low, high = self.stops[upper - 1], self.stops[upper]
        share = (value - low) / (high - low)
        mixed = (
            round(a + share * (b - a))
            for a, b in zip(channels(self.colours[upper - 1]), channels(self.colours[upper]), strict=True)
        )
        return "#" + "".join(f"{channel:02x}" for channel in mixed)

    def ink_at(self, value: float) -> str:
        """Dark or light, whichever contrasts more with the value's colour."""
        return ink_on(self.colour_at(value))


RDYLBU = (
    "#313695", "#4575b4", "#74add1", "#abd9e9", "#e0f3f8", "#ffffbf",
    "#fee090", "#fdae61", "#f46d43", "#d73027", "#a50026",
)  # fmt: skip
PUOR = ("#542788", "#8073ac", "#b2abd2", "#d8daeb", "#f7f7f7", "#fee0b6", "#fdb863", "#e08214", "#b35806")
BUPU = ("#f7fcfd", "#e0ecf4", "#bfd3e6", "#9ebcda", "#8c96c6", "#8c6bb1", "#88419d", "#810f7c", "#4d004b")
BLUES = ("#ffffff", "#deebf7", "#c6dbef", "#9ecae1", "#6baed6", "#3182bd", "#08519c", "#08306b")
YLGNBU = ("#ffffd9", "#edf8b1", "#c7e9b4", "#7fcdbb", "#41b6c4", "#1d91c0", "#225ea8", "#253494", "#081d58")

RAIN_BOUNDS = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
"""mm. Below the first it is white, as where it is dry: a blue "0" would be both; 1 mm makes a rain day."""
BEAUFORT_BOUNDS = (1.6, 3.4, 5.5, 8.0, 10.8, 13.9, 17.2, 20.8)
"""m/s: the lower bounds of Beaufort 2 to 9."""

PARAMETERS = (
    Parameter("temperature", "temperature_c", "°C", 1, tuple(range(-10, 41, 5)), RDYLBU),
    Parameter("rain_3h", "precipitation_3h_mm", "mm", 1, RAIN_BOUNDS, BLUES, is_classed=True),
    Parameter("rain_24h", "precipitation_24h_mm", "mm", 1, RAIN_BOUNDS, BLUES, is_classed=True),
    Parameter("wind", "wind_speed_ms", "m/s", 1, BEAUFORT_BOUNDS, BUPU, is_classed=True),
    Parameter("gust", "wind_gust_ms", "m/s", 1, BEAUFORT_BOUNDS, BUPU, is_classed=True),
    # Even steps on both sides of 1013 hPa, the standard atmosphere, which is white.
    Parameter("pressure", "pressure_sea_level_hpa", "hPa", 0, tuple(range(981, 1046, 8)), PUOR),
    Parameter("humidity", "relative_humidity_pct", "%", 0, tuple(range(20, 101, 10)), YLGNBU),
)
BY_KEY = {parameter.key: parameter for parameter in PARAMETERS}
