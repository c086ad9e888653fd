"""Colours as `#rrggbb`, and the ink that can be read on them."""

from __future__ import annotations

DARK_INK, LIGHT_INK = "#1b2733", "#ffffff"


def channels(colour: str) -> tuple[int, int, int]:
    """Red, green and blue, 0 to 255."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def luminance(colour: str) -> float:
    """WCAG 2's relative luminance of `#rrggbb`, 0 to 1."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in channels(colour))]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def ink_on(colour: str) -> str:
    """Dark or light, whichever contrasts more with `colour` (WCAG 2 relative luminance)."""
    behind = luminance(colour)
    on_dark, on_light = (behind + 0.05) / (luminance(DARK_INK) + 0.05), 1.05 / (behind + 0.05)
    return DARK_INK if on_dark >= on_light else LIGHT_INK
