"""Sunrise and sunset, by the sunrise equation (Meeus, Astronomical Algorithms, low precision: about a minute)."""

from __future__ import annotations

import datetime as dt
import functools
import math

_J2000 = dt.datetime(2000, 1, 1, 12)
_UNIX = dt.datetime(1970, 1, 1)
#: The sun's upper limb on the horizon under mean refraction.
_HORIZON_DEG = -0.833
_OBLIQUITY_DEG = 23.4397


@functools.lru_cache(maxsize=4096)
def sunrise_sunset(day: dt.date, latitude: float, longitude: float) -> tuple[int, int]:
    """Unix seconds of sunrise and sunset on a local ``day``, degrees north and east. Where the sun does not set the two are 24
    hours apart, where it does not rise they are equal (solar noon)."""
    number = round((dt.datetime(day.year, day.month, day.day, 12) - _J2000).total_seconds() / 86_400)
    mean_noon = number - longitude / 360
    anomaly = math.radians((357.5291 + 0.98560028 * mean_noon) % 360)
    centre = 1.9148 * math.sin(anomaly) + 0.0200 * math.sin(2 * anomaly) + 0.0003 * math.sin(3 * anomaly)
    ecliptic = math.radians((math.degrees(anomaly) + centre + 180 + 102.9372) % 360)
    noon = mean_noon + 0.0053 * math.sin(anomaly) - 0.0069 * math.sin(2 * ecliptic)
    declination = math.asin(math.sin(ecliptic) * math.sin(math.radians(_OBLIQUITY_DEG)))
    phi = math.radians(latitude)
    cosine = (math.sin(math.radians(_HORIZON_DEG)) - math.sin(phi) * math.sin(declination)) / (
        math.cos(phi) * math.cos(declination)
    )
    half_day = math.degrees(math.acos(max(-1.0, min(1.0, cosine)))) / 360
    transit = (_J2000 - _UNIX).total_seconds() + noon * 86_400
    return round(transit - half_day * 86_400), round(transit + half_day * 86_400)
