"""The weather of any place at any moment, and forecasts of it.

:class:`Atmosphere` reads the three-hourly weather of :mod:`simulator.weather` between its steps. At a step the values are those
of the step, so that a place at a station's coordinates has exactly what the station's archive says. :meth:`Atmosphere.forecast`
is that same future, seen badly: errors grow with the lead time and are themselves correlated fields, so that neighbours err
together, an error lasts, and a later run corrects an earlier one by degrees.
"""

from __future__ import annotations

import datetime as dt
import functools
import threading
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.events import EventCalendar, events_of_year
from simulator.noise import Field, Floats, project, station_keys, uniform
from simulator.places import Place
from simulator.weather import EPOCH, MISSING, SLOT_HOURS, SLOTS_PER_DAY, Ints, Weather, moment_of, relative_humidity

_SLOT_S = SLOT_HOURS * 3600
#: What is kept of a month: the rest of a SYNOP report has no use here.
_KEPT = ("t", "td", "pmer", "pres", "dd", "ff", "raf10", "n", "vv", "ww", "rr1", "rr3")
#: A month of a place takes 12 KB; 16 places x 20 years stay in memory.
_MONTHS_KEPT = 4096
_OBSCURED, _FULL = 101, 100


@dataclass(frozen=True)
class Air:
    """The weather of one place at N moments, arrays of shape (N,).

    ``seconds`` is unix time; ``rain_mm`` the precipitation (as water) of the hour that contains the moment, hours ending on the
    full hour and belonging to their end, in a forecast that of the three hours before; ``present_weather`` is the SYNOP code of
    the nearest step; ``wind_deg`` is 0 in a calm.
    """

    seconds: NDArray[np.int64]
    celsius: Floats
    dew_point_c: Floats
    sea_level_hpa: Floats
    station_hpa: Floats
    wind_ms: Floats
    wind_deg: Floats
    gust_ms: Floats
    cloud_pct: Floats
    visibility_m: Floats
    rain_mm: Floats
    present_weather: Ints

    @functools.cached_property
    def humidity_pct(self) -> Floats:
        """By the Magnus formula from temperature and dew point, rounded as stations report it."""
        return np.clip(np.rint(relative_humidity(self.celsius, self.dew_point_c)), 1, 100)


@dataclass(frozen=True, slots=True)
class Forecast:
    """``air`` at the valid times, ``probability`` of precipitation in the three hours before each (0 to 1)."""

    run: dt.datetime
    air: Air
    probability: Floats


def unix(moment: dt.datetime) -> int:
    """Whole seconds since 1970 of a UTC moment without zone."""
    return int((moment - EPOCH).total_seconds())


# -- how wrong forecasts are ---------------------------------------------------------------------------------------------

#: Standard deviation of an error at lead 0 and at 120 hours. Temperature C, humidity as the logarithm of the dew point
#: depression, pressure hPa, wind speed as a logarithm, its direction degrees, cloud %, timing of rain in steps of 3 h, its
#: amount as a logarithm.
_ERRORS = {
    "celsius": (0.6, 2.9),
    "humidity": (0.10, 0.45),
    "pressure": (0.5, 5.0),
    "speed": (0.10, 0.45),
    "direction": (6.0, 45.0),
    "cloud": (8.0, 35.0),
    "timing": (0.15, 2.0),
    "amount": (0.15, 0.8),
}
_LAST_LEAD_H = 120.0
#: Errors grow fast at first and level off: 1 - exp(-lead / this).
_GROWTH_H = 60.0
#: The model's sea-level pressure is too high everywhere, for quality figures to find.
SEA_LEVEL_BIAS_HPA = 0.8
_ERROR_LENGTH_KM, _ERROR_MEMORY_H = 500.0, 30.0
#: The issue time moves a place through the error field: runs 24 hours apart are 400 km apart, correlated at 0.73.
_ERROR_KM_PER_RUN_HOUR = 400 / 24
_STREAM = 300
#: Half width (steps of 3 h) of the window in which wet steps count toward the probability, at lead 0 and its growth.
_WINDOW, _WINDOW_PER_H = 1.3, 1 / 50
_LEAST_RAIN_MM = 0.1
#: OpenWeather never forecasts an amount with less probability than this.
_LEAST_PROBABILITY = 0.2


def error_sd(name: str, lead_h: Floats) -> Floats:
    """The standard deviation of an error of :data:`_ERRORS` at lead times in hours."""
    start, end = _ERRORS[name]
    grown = (1 - np.exp(-lead_h / _GROWTH_H)) / (1 - np.exp(-_LAST_LEAD_H / _GROWTH_H))
    return start + (end - start) * grown


class Atmosphere:
    """The weather under ``seed`` and its planted events, at any place. Safe to share between threads."""

    def __init__(self, seed: int, calendar: EventCalendar = events_of_year) -> None:
        self.seed = seed
        self._calendar = calendar
        self._lock = threading.Lock()
        self._month = functools.lru_cache(maxsize=_MONTHS_KEPT)(self._compute_month)
        self._weather = functools.lru_cache(maxsize=256)(self._compute_weather)
        self._errors = {
            name: Field(seed, _STREAM + number, length_km=_ERROR_LENGTH_KM, memory_h=_ERROR_MEMORY_H, smooth=True)
            for number, name in enumerate(_ERRORS)
        }
        self._pollution_errors = Field(seed, _STREAM + 50, length_km=_ERROR_LENGTH_KM, memory_h=_ERROR_MEMORY_H)

    def _compute_weather(self, place: Place) -> Weather:
        return Weather(self.seed, [place.station], self._calendar)

    def _compute_month(self, place: Place, year: int, month: int) -> tuple[int, dict[str, Ints]]:
        block = self._weather(place).month(year, month)
        return int(block.slots[0]), {name: np.ascontiguousarray(block.values[name][:, 0]) for name in _KEPT}

    def steps(self, place: Place, first: int, count: int) -> dict[str, Ints]:
        """``count`` three-hourly steps from slot ``first``, in the units of :class:`simulator.weather.MonthWeather`."""
        parts: list[dict[str, Ints]] = []
        at, end = first, first + count
        while at < end:
            moment = moment_of(at)
            # One thread computes a month, the others wait for it instead of doing the same.
            with self._lock:
                start, values = self._month(place, moment.year, moment.month)
            stop = min(end, start + len(values["t"]))
            parts.append({name: values[name][at - start : stop - start] for name in _KEPT})
            at = stop
        return {name: np.concatenate([part[name] for part in parts]) for name in _KEPT}

    def at(self, place: Place, seconds: NDArray[np.int64]) -> Air:
        """The weather at moments in ascending order (unix seconds)."""
        slots = seconds // _SLOT_S
        first = int(slots[0])
        steps = self.steps(place, first, int(slots[-1]) - first + 2)
        low, share = slots - first, (seconds % _SLOT_S) / _SLOT_S

        def between(values: NDArray[np.floating] | Ints) -> Floats:
            return values[low] * (1 - share) + values[low + 1] * share

        # The shorter way round from one direction to the next; a calm has none and takes its neighbour's.
        here, there = steps["dd"][low], steps["dd"][low + 1]
        here, there = np.where(here == 0, there, here), np.where(there == 0, here, there)
        turn = (there - here + 180) % 360 - 180
        wind = between(steps["ff"]) / 10
        nearest = low + (share >= 0.5)
        cloud = np.where(steps["n"] == _OBSCURED, _FULL, steps["n"])
        return Air(
            seconds=seconds,
            celsius=between(steps["t"]) / 10,
            dew_point_c=between(steps["td"]) / 10,
            sea_level_hpa=between(steps["pmer"]) / 100,
            station_hpa=between(steps["pres"]) / 100,
            wind_ms=wind,
            wind_deg=np.where(wind > 0, _compass(here + turn * share), 0),
            gust_ms=between(steps["raf10"]) / 10,
            cloud_pct=np.rint(between(cloud)),
            visibility_m=np.rint(between(steps["vv"])),
            rain_mm=self._hourly_rain(place, seconds, steps, first) / 10,
            present_weather=np.where(steps["ww"][nearest] == MISSING, 0, steps["ww"][nearest]),
        )

    def _hourly_rain(
        self, place: Place, seconds: NDArray[np.int64], steps: dict[str, Ints], first: int
    ) -> NDArray[np.int64]:
        """Tenths of a mm: the last hour of a step is its rr1, the rest of its rr3 falls in the two hours before."""
        hour = -(-seconds // 3600)
        slot = -(-hour // SLOT_HOURS)
        three, last = np.maximum(steps["rr3"], 0)[slot - first], np.maximum(steps["rr1"], 0)[slot - first]
        die = uniform(self.seed, _STREAM - 1, station_keys([place.station.id]), slot)[:, 0]
        earlier = np.rint((three - last) * die).astype(np.int64)
        return np.choose(hour - (slot - 1) * SLOT_HOURS - 1, (earlier, three - last - earlier, last))

    # -- forecasts ---------------------------------------------------------------------------------------------------

    def _error(self, field: Field, place: Place, run: dt.datetime, slots: NDArray[np.int64]) -> Floats:
        """Mean 0 and variance 1, at consecutive slots, for the run."""
        east, north = project(np.array([place.latitude]), np.array([place.longitude]))
        moved = north + unix(run) / 3600 * _ERROR_KM_PER_RUN_HOUR
        days = np.arange(slots[0] // SLOTS_PER_DAY, slots[-1] // SLOTS_PER_DAY + 1)
        values = field(east, moved, days, np.arange(0, 24, SLOT_HOURS, dtype=float))[:, 0]
        start = int(slots[0] - days[0] * SLOTS_PER_DAY)
        return values[start : start + len(slots)]

    def forecast(self, place: Place, run: dt.datetime, count: int) -> Forecast:
        """``count`` three-hourly steps after ``run`` (UTC without zone), the first one within three hours of it."""
        start = unix(run) // _SLOT_S + 1
        slots = np.arange(start, start + count, dtype=np.int64)
        lead_h = slots * float(SLOT_HOURS) - unix(run) / 3600
        error = {
            name: self._error(field, place, run, slots) * error_sd(name, lead_h) for name, field in self._errors.items()
        }
        # Rain comes too early or too late: the step that is seen instead of the right one.
        margin = SLOTS_PER_DAY
        window = self.steps(place, int(slots[0]) - margin, count + 2 * margin)
        index = np.arange(count) + margin
        seen = index + np.clip(np.rint(error["timing"]), -margin // 2, margin // 2).astype(np.int64)
        wet = np.maximum(window["rr3"], 0) > 0
        amount = np.maximum(window["rr3"], 0)[seen] / 10 * np.exp(error["amount"] - error_sd("amount", lead_h) ** 2 / 2)
        amount = np.where(amount < _LEAST_RAIN_MM, 0, np.round(amount, 2))
        probability = _wet_share(wet, seen, _WINDOW + _WINDOW_PER_H * lead_h)
        probability = np.where(amount > 0, np.maximum(probability, _LEAST_PROBABILITY), np.minimum(probability, 0.9))

        truth = {name: window[name][index] for name in ("t", "td", "pmer", "pres", "ff", "dd", "raf10", "n")}
        celsius = truth["t"] / 10 + error["celsius"]
        depression = (truth["t"] - truth["td"]) / 10 * np.exp(error["humidity"])
        # Errors of a logarithm make the mean too high by half their variance: taken off, here and from the rain above.
        wind = truth["ff"] / 10 * np.exp(error["speed"] - error_sd("speed", lead_h) ** 2 / 2)
        sea_level = truth["pmer"] / 100 + SEA_LEVEL_BIAS_HPA + error["pressure"]
        cloud = np.where(truth["n"] == _OBSCURED, _FULL, truth["n"]) + error["cloud"]
        air = Air(
            seconds=slots * _SLOT_S,
            celsius=celsius,
            dew_point_c=celsius - depression,
            sea_level_hpa=sea_level,
            station_hpa=sea_level * truth["pres"] / truth["pmer"],
            wind_ms=wind,
            wind_deg=np.where(wind > 0, _compass(truth["dd"] + error["direction"]), 0),
            gust_ms=wind + np.maximum(truth["raf10"] - truth["ff"], 0) / 10,
            cloud_pct=np.rint(np.clip(np.where(amount > 0, np.maximum(cloud, 50), cloud), 0, 100)),
            visibility_m=window["vv"][seen].astype(float),
            rain_mm=amount,
            # Fog and drizzle are not foreseen: where nothing falls, the cloud decides.
            present_weather=np.where(amount > 0, window["ww"][seen], 0),
        )
        return Forecast(run, air, np.round(probability, 2))

    def pollution_error(self, place: Place, run: dt.datetime, hours: NDArray[np.int64]) -> Floats:
        """Mean 0 and variance 1 at consecutive full hours (counted from 1970), for the run."""
        slots = np.arange(hours[0] // SLOT_HOURS, hours[-1] // SLOT_HOURS + 2)
        values = self._error(self._pollution_errors, place, run, slots)
        return np.interp(hours / SLOT_HOURS, slots, values)


def _compass(degrees: Floats) -> Floats:
    """1 to 360, whole degrees; a wind from the north is 360, as stations report it."""
    return (np.rint(degrees) - 1) % 360 + 1


def _wet_share(wet: NDArray[np.bool_], centre: NDArray[np.int64], half_width: Floats) -> Floats:
    """The triangle-weighted share of wet steps around each centre."""
    reach = int(np.ceil(half_width.max()))
    offsets = np.arange(-reach, reach + 1)
    weights = np.maximum(1 - np.abs(offsets)[None, :] / half_width[:, None], 0)
    around = wet[np.clip(centre[:, None] + offsets[None, :], 0, len(wet) - 1)]
    return (weights * around).sum(axis=1) / weights.sum(axis=1)
