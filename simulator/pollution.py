"""Air pollution that follows people and weather: hourly concentrations at a place, in micrograms per cubic metre.

Emissions have a day (two rushes of traffic, heating in the evening), a week (quiet Sundays) and a year (heating by the
temperature, ammonia from the fields in spring). Wind dilutes them, rain washes dust out. Ozone is made by sun and warmth and
eaten by fresh nitrogen monoxide, so that it peaks on summer afternoons and is lowest where and when traffic is highest.
"""

from __future__ import annotations

import datetime as dt
import zlib

import numpy as np
from numpy.typing import NDArray

from simulator.atmosphere import Air, Atmosphere, unix
from simulator.noise import Field, Floats, gaussian, project, station_keys
from simulator.places import Place
from simulator.weather import EPOCH

COMPONENTS = ("co", "no", "no2", "o3", "so2", "pm2_5", "pm10", "nh3")
#: OpenWeather's own scale: lower bounds of index 2, 3, 4 and 5; an hour's index is its worst component's. It is neither the
#: European nor the French index.
AQI_BOUNDS = {
    "so2": (20, 80, 250, 350),
    "no2": (40, 70, 150, 200),
    "pm10": (20, 50, 100, 200),
    "pm2_5": (10, 25, 50, 75),
    "o3": (60, 100, 140, 180),
    "co": (4400, 9400, 12400, 15400),
}
#: No hourly pollution exists before this day.
FIRST_HISTORY = dt.datetime(2020, 11, 27)

_AIR_MASS_STREAM, _NOISE_STREAM = 360, 361
#: Hours computed together: a year of wave tables at once would take 100 MB.
_AT_ONCE = 31 * 24
_YEAR_S = 365.2425 * 86_400
#: Forecast error as a standard deviation of the logarithm, at lead 0 and per day.
_ERROR_START, _ERROR_PER_DAY = 0.08, 0.11


def index_of(components: dict[str, Floats]) -> NDArray[np.int64]:
    """The index, 1 to 5, of each hour."""
    worst = [np.searchsorted(np.array(bounds), components[name], side="right") for name, bounds in AQI_BOUNDS.items()]
    return np.max(worst, axis=0) + 1


class Pollution:
    """Pollution in an :class:`Atmosphere`, deterministic by its seed, the place and the hour."""

    def __init__(self, atmosphere: Atmosphere) -> None:
        self._atmosphere = atmosphere
        self._air_mass = Field(atmosphere.seed, _AIR_MASS_STREAM, length_km=400, memory_h=60, drift_kmh=15)

    def hours(self, place: Place, first: int, count: int) -> dict[str, Floats]:
        """Components of ``count`` full hours from hour ``first`` (counted from 1970), each rounded to 0.01."""
        hours = np.arange(first, first + count, dtype=np.int64)
        parts = [self._concentrations(place, hours[at : at + _AT_ONCE]) for at in range(0, count, _AT_ONCE)]
        return {name: np.round(np.concatenate([part[name] for part in parts]), 2) for name in COMPONENTS}

    def forecast(self, place: Place, run: dt.datetime, count: int) -> dict[str, Floats]:
        """The same from the full hour of ``run`` on, as foreseen then: off by a factor that wanders further with lead time."""
        first = unix(run) // 3600
        hours = np.arange(first, first + count, dtype=np.int64)
        sd = _ERROR_START + _ERROR_PER_DAY * (hours - first) / 24
        factor = np.exp(self._atmosphere.pollution_error(place, run, hours) * sd - sd**2 / 2)
        return {name: np.round(values * factor, 2) for name, values in self._concentrations(place, hours).items()}

    def _concentrations(self, place: Place, hours: NDArray[np.int64]) -> dict[str, Floats]:
        seed, key = self._atmosphere.seed, station_keys([place.station.id])
        air = self._atmosphere.at(place, hours * 3600)
        days = np.arange(hours[0] // 24, hours[-1] // 24 + 1)
        # Legal time day by day, so that an hour is the same whatever window it is asked in.
        offset_h = np.array([place.utc_offset_s(EPOCH + dt.timedelta(days=int(day))) for day in days]) / 3600
        local = hours + offset_h[hours // 24 - days[0]]
        hour, weekday = local % 24, (local // 24 + 3) % 7  # 1970-01-01 was a Thursday; Monday is 0

        east, north = project(np.array([place.latitude]), np.array([place.longitude]))
        mass = self._air_mass(east, north, days, np.arange(24, dtype=float))[:, 0]
        mass = mass[hours[0] - days[0] * 24 :][: len(hours)]
        wobble = np.exp(0.12 * gaussian(seed, _NOISE_STREAM, key, hours)[:, 0])

        urban = 0.15 + place.urban
        traffic = _traffic(hour, weekday)
        cold = np.clip((15 - air.celsius) / 15, 0, 1.6)
        heating = cold * (0.7 + 0.6 * np.exp(-((_hours_from(hour, 20.5) / 3.0) ** 2)))
        dilution = np.clip((np.maximum(air.wind_ms, 0.5) / 3.0) ** -0.65, 0.35, 2.6)
        # Winter nights hold their air near the ground, summer days mix it high.
        dilution *= 1 + 0.25 * cold
        washed = np.where(air.rain_mm > 0, 0.65, 1.0)
        local_load = urban * dilution * wobble
        background = np.exp(0.40 * mass)

        nox = local_load * (6 + 26 * traffic + 7 * heating)
        no2 = 2 + 0.75 * nox
        no = np.maximum(0.22 * nox * np.clip(traffic - 0.25, 0, 1) - 0.4, 0)
        ozone = self._ozone(place, air, hours, mass, no2)
        pm25 = washed * (4.0 * background + local_load * (1.5 + 3.0 * traffic + 9.0 * heating))
        dust = washed * (4.5 * np.exp(0.25 * mass) + local_load * 5.0 * traffic)
        spring = np.exp(-((((hours * 3600 % _YEAR_S) / 86_400 - 95) / 40) ** 2))
        size = zlib.crc32(place.station.id.encode()) % 1000 / 1000
        return {
            "co": 175 * background + 160 * local_load * (0.6 * traffic + 0.8 * heating),
            "no": no,
            "no2": no2,
            "o3": ozone,
            "so2": (0.6 + 3.0 * size * urban + 1.2 * heating * urban) * background * wobble,
            "pm2_5": pm25,
            "pm10": pm25 * 1.15 + dust,
            "nh3": (0.4 + 5.0 * spring * (1.3 - 0.6 * place.urban) * size) * np.exp(0.3 * mass),
        }

    @staticmethod
    def _ozone(place: Place, air: Air, hours: NDArray[np.int64], mass: Floats, no2: Floats) -> Floats:
        solar = (hours + place.longitude / 15) % 24
        declination = np.radians(23.44) * np.sin(2 * np.pi * ((hours * 3600 % _YEAR_S) / 86_400 - 80) / 365.2425)
        phi = np.radians(place.latitude)
        # Ozone lags behind the sun by about two hours.
        steady, swinging = np.sin(phi) * np.sin(declination), np.cos(phi) * np.cos(declination)
        height, noon = steady + swinging * np.cos((solar - 14.5) * np.pi / 12), steady + swinging
        sun = np.clip(height, 0, 1) * (1 - 0.55 * air.cloud_pct / 100)
        warmth = np.clip((air.celsius - 5) / 20, 0, 1.8)
        return np.maximum(48 + 22 * np.clip(noon, 0, 1) + 48 * sun * warmth + 6 * mass - 0.75 * no2, 1.5)


def _hours_from(hour: Floats, peak: float) -> Floats:
    """Signed distance on the clock's circle."""
    return (hour - peak + 12) % 24 - 12


def _traffic(hour: Floats, weekday: Floats) -> Floats:
    """0 to about 1: rushes at 8:00 and 18:00 on working days, a flat and late Saturday, a quiet Sunday."""
    awake = 0.25 + 0.30 * np.exp(-((_hours_from(hour, 14) / 5) ** 2))
    rush = 0.75 * np.exp(-((_hours_from(hour, 8) / 1.6) ** 2)) + 0.65 * np.exp(-((_hours_from(hour, 18) / 2.0) ** 2))
    return np.where(weekday < 5, awake + rush, np.where(weekday == 5, 0.85, 0.65) * awake + 0.15 * rush)
