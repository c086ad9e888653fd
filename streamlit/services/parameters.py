"""What the map can be coloured by, and with which colours.

The palettes are ColorBrewer's RdYlBu, Blues, BuPu, PuOr and YlGnBu, which it lists as safe for colour-blind readers. Each
scale has fixed ends, so that a colour means the same on every day and in every territory.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

DARK_INK, LIGHT_INK = "#1b2733", "#ffffff"


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
            for a, b in zip(_channels(self.colours[upper - 1]), _channels(self.colours[upper]), strict=True)
        )
        return "#" + "".join(f"{channel:02x}" for channel in mixed)

    def ink_at(self, value: float) -> str:
        """Dark or light, whichever contrasts more with the value's colour (WCAG 2 relative luminance)."""
        behind = luminance(self.colour_at(value))
        on_dark, on_light = (behind + 0.05) / (luminance(DARK_INK) + 0.05), 1.05 / (behind + 0.05)
        return DARK_INK if on_dark >= on_light else LIGHT_INK


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def luminance(colour: str) -> float:
    """WCAG 2's relative luminance of `#rrggbb`, 0 to 1."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in _channels(colour))]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


RDYLBU = (
    "#313695", "#4575b4", "#74add1", "#abd9e9", "#e0f3f8", "#ffffbf",
    "#fee090", "#fdae61", "#f46d43", "#d73027", "#a50026",
)  # fmt: skip
PUOR = ("#542788", "#8073ac", "#b2abd2", "#d8daeb", "#f7f7f7", "#fee0b6", "#fdb863", "#e08214", "#b35806")
BUPU = ("#f7fcfd", "#e0ecf4", "#bfd3e6", "#9ebcda", "#8c96c6", "#8c6bb1", "#88419d", "#810f7c", "#4d004b")
BLUES = ("#ffffff", "#deebf7", "#c6dbef", "#9ecae1", "#6baed6", "#3182bd", "#08519c", "#08306b")
YLGNBU = ("#ffffd9", "#edf8b1", "#c7e9b4", "#7fcdbb", "#41b6c4", "#1d91c0", "#225ea8", "#253494", "#081d58")

RAIN_BOUNDS = (0.1, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
"""mm. Below the first, which is the gauge's resolution, it is dry; 1 mm makes a rain day."""
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
