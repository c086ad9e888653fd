"""The weather itself: three-hourly values of every station, physically consistent, in whole calendar months.

A month is always computed whole, from a fixed lead of :data:`LEAD_DAYS` days (for sums and extremes that reach back, and for
lying snow), out of noise without memory (:mod:`simulator.noise`). A value therefore depends on the seed, the station and the
date only: neither on the start nor on the end of a request, nor on which other stations are asked for, so **a later end only
appends**.

How the parts hang together: one smooth pressure field drifts eastward; its gradient is the wind (geostrophic, then slowed and
turned by the ground), low pressure favours cloud and rain. Rain is a Gaussian field cut at the station's wet share of the season
(so that it clusters in time and space as the field does) whose excess becomes an amount. Temperature is the station's cycle of
year and day plus a field of anomalies, tempered by cloud. Humidity, visibility, present weather and snow follow from those.
Everything is rounded to the instrument's step *before* sums, extremes and tendencies are taken, so that the published numbers
agree with each other exactly.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.events import FADE_H, Event, EventCalendar, events_of_year
from simulator.noise import Field, Floats, gaussian, project, station_keys, uniform
from simulator.stations import REGIMES, Station

Ints = NDArray[np.int32]

SLOT_HOURS = 3
SLOTS_PER_DAY = 24 // SLOT_HOURS
#: Sums and tendencies reach back one day; lying snow older than this is forgotten.
LEAD_DAYS = 5
_LEAD = LEAD_DAYS * SLOTS_PER_DAY
_HOURS_OF_DAY = np.arange(0, 24, SLOT_HOURS, dtype=float)
EPOCH = dt.datetime(1970, 1, 1)
#: In every integer array: the value does not exist (for instance the height of clouds under a clear sky).
MISSING = np.iinfo(np.int32).min
#: A trace of rain, in tenths of a millimetre, as the provider codes it: -0.1.
TRACE = -1

_YEAR_DAYS = 365.2425
_AIR_DENSITY = 1.25  # kg/m3
_EARTH_ROTATION = 7.292e-5  # rad/s
#: Geostrophic balance breaks down in the tropics: the Coriolis parameter is taken no smaller than at this latitude.
_GEOSTROPHIC_LATITUDE = 25.0
_PRESSURE_LENGTH_KM = 750.0
_CENTRE_OF_FRANCE = (46.5, 2.5)
_SPELL_RADIUS_KM = 1500.0
_STORM_DEPTH_HPA = 30.0
_FASTEST_MEAN_WIND_MS = 32.0
#: Shape of the Weibull distribution of 3-hour amounts, and the mean of its unit form, gamma(1 + 1 / shape).
_RAIN_SHAPE = 0.75
#: How far below the threshold of rain drizzle still wets the gauge: traces in 6 % of slots, as in 2020.
_DAMP_MARGIN = 0.25
_RAIN_MEAN = math.gamma(1 + 1 / _RAIN_SHAPE)
#: A normal includes the heat waves and cold spells of its years: planted in every year, they move the mean of their season by
#: this much over France (degrees C, cold and heat), and the rest of the season is milder for it.
_SPELL_SHARE_C = (-1.1, 0.8)


@dataclass(frozen=True, slots=True)
class MonthWeather:
    """One month. ``slots`` counts 3-hour steps since 1970 (UTC), shape (T,); each array of ``values`` has shape (T, stations),
    keyed by the provider's column name.

    Units are integers: tenths of a degree C (t, td, tn*, tx*, tminsol), tenths of m/s (ff, raf*), tenths of mm with -1 = trace
    (rr*), cm (ht_neige, ssfrai), Pa, %, degrees, m and codes otherwise.
    """

    first: dt.date
    slots: NDArray[np.int64]
    stations: tuple[Station, ...]
    values: dict[str, Ints]


@dataclass(frozen=True, slots=True)
class _Clock:
    """The clock of a block: slots and hours since 1970, shape (T,); days since 1970, (T / 8,); solar hour, (T, stations)."""

    slots: NDArray[np.int64]
    days: NDArray[np.int64]
    hours: Floats
    solar_hour: Floats


def slot_of(moment: dt.datetime) -> int:
    """The 3-hour step that begins the count at 1970 (UTC); a moment inside a step belongs to its start."""
    return int((moment - EPOCH).total_seconds() // (SLOT_HOURS * 3600))


def moment_of(slot: int) -> dt.datetime:
    """The start of a 3-hour step, UTC without zone."""
    return EPOCH + dt.timedelta(hours=int(slot) * SLOT_HOURS)


class Weather:
    """The weather of ``stations`` under ``seed``. ``calendar`` plants the events (see :mod:`simulator.events`)."""

    def __init__(self, seed: int, stations: Sequence[Station], calendar: EventCalendar = events_of_year) -> None:
        if not stations:
            raise ValueError("weather needs at least one station")
        if seed < 0:
            raise ValueError(f"seed {seed}: not negative, please")
        self.seed = seed
        self.stations = tuple(stations)
        self._calendar = calendar
        regimes = [REGIMES[s.regime] for s in self.stations]

        def row(*values: float) -> Floats:
            return np.array(values, dtype=float)

        self._latitude = row(*(s.latitude for s in self.stations))
        self._longitude = row(*(s.longitude for s in self.stations))
        self._altitude = row(*(s.altitude_m for s in self.stations))
        self._keys = station_keys(s.id for s in self.stations)
        self._east, self._north = project(self._latitude, self._longitude)
        january, july = row(*(s.january_c for s in self.stations)), row(*(s.july_c for s in self.stations))
        spells = self._near(*_CENTRE_OF_FRANCE, radius_km=_SPELL_RADIUS_KM)
        january, july = january - _SPELL_SHARE_C[0] * spells, july - _SPELL_SHARE_C[1] * spells
        self._mean_c, self._swing_c = (january + july) / 2, (july - january) / 2
        self._range_c = row(*(s.diurnal_range_c for s in self.stations))
        self._rain_mm = row(*(s.rain_mm for s in self.stations))
        self._wind_ms = row(*(s.wind_ms for s in self.stations))
        self._rain_swing = row(*(r.rain_swing for r in regimes))
        self._rain_peak = row(*(float(r.rain_peak_day) for r in regimes))
        self._intensity_mm = row(*(r.rain_intensity_mm for r in regimes))
        self._steadiness = row(*(r.steadiness for r in regimes))
        self._prevailing = np.radians(row(*(r.prevailing_deg for r in regimes)))
        self._pressure_hpa = row(*(r.mean_pressure_hpa for r in regimes))
        self._depression = np.array([r.dew_point_depression_c for r in regimes]).T
        self._cloudiness = np.array([r.cloudiness for r in regimes]).T
        # Seasons fade out towards the equator, and turn over south of it.
        self._seasonality = np.clip((np.abs(self._latitude) - 15) / 20, 0, 1) * np.sign(self._latitude)
        extratropical = np.clip((np.abs(self._latitude) - 15) / 30, 0, 1)
        oceanic = np.clip((7.0 - self._range_c) / 3.0, 0, 1)
        self._anomaly_c = (0.8 + 2.9 * extratropical) * (1 - 0.3 * oceanic)
        # The sea delays the year by up to three weeks.
        self._warmest_day = 201.0 + 20 * oceanic
        self._pressure_sd = 1.0 + 7.5 * np.clip(np.abs(self._latitude) / 48, 0, 1.05) ** 2.5
        # Pa per km of gradient to m/s of geostrophic wind, and from there to the station's mean wind near the ground.
        coriolis = 2 * _EARTH_ROTATION * np.sin(np.radians(np.maximum(np.abs(self._latitude), _GEOSTROPHIC_LATITUDE)))
        self._geostrophic = np.sign(self._latitude + 1e-9) / (_AIR_DENSITY * coriolis) / 1000
        typical = np.abs(self._geostrophic) * self._pressure_sd * 100 / _PRESSURE_LENGTH_KM * np.sqrt(np.pi / 2)
        self._ground = self._wind_ms * np.sqrt(1 - self._steadiness**2) / typical

        # Streams number the independent sources of noise; adding one must not renumber the others.
        self._pressure = Field(seed, 1, length_km=_PRESSURE_LENGTH_KM, memory_h=90, drift_kmh=22, smooth=True)
        self._season_anomaly = Field(seed, 2, length_km=1500, memory_h=900)
        self._spell_anomaly = Field(seed, 3, length_km=1000, memory_h=110)
        self._day_anomaly = Field(seed, 4, length_km=600, memory_h=48, drift_kmh=15)
        self._rain_field = Field(seed, 5, length_km=350, memory_h=32, drift_kmh=30)
        self._shower_field = Field(seed, 6, length_km=60, memory_h=6, drift_kmh=30)
        self._cloud_field = Field(seed, 7, length_km=220, memory_h=15, drift_kmh=20)
        self._humidity_field = Field(seed, 8, length_km=300, memory_h=36, drift_kmh=10)
        self._local_field = Field(seed, 9, length_km=50, memory_h=8)

    # -- the month ---------------------------------------------------------------------------------------------------

    def month(self, year: int, month: int) -> MonthWeather:
        """The whole month. Raises ``ValueError`` for an impossible year or month."""
        first = dt.datetime(year, month, 1)
        following = dt.datetime(year + month // 12, month % 12 + 1, 1)
        slots = np.arange(slot_of(first) - _LEAD, slot_of(following), dtype=np.int64)
        hours = slots * float(SLOT_HOURS)
        clock = _Clock(
            slots, slots[::SLOTS_PER_DAY] // SLOTS_PER_DAY, hours, np.mod(hours[:, None] + self._longitude / 15, 24)
        )
        planted = [
            event
            for y in (year - 1, year, year + 1)
            for event in self._calendar(y)
            if event.end >= moment_of(int(slots[0])) and event.start < following
        ]

        values: dict[str, Ints] = {}
        summer = self._summer(hours, 201.0)
        anomaly_p, wind_east, wind_north = self._pressure_and_wind(clock, summer, planted)
        wet_z = self._rain_latent(clock, summer, anomaly_p, planted)
        local = self._field(self._local_field, clock)
        cover = self._cloud_cover(clock, summer, anomaly_p, wet_z, planted)
        temperature, daily = self._temperature(clock, summer, anomaly_p, cover, local, planted)
        rain, damp = self._rain_amount(clock, summer, wet_z)
        self._put_humidity(values, clock, summer, temperature, daily, rain)
        self._put_pressure(values, clock, anomaly_p, summer, local, planted)
        self._put_wind(values, clock, summer, local, wind_east, wind_north)
        self._put_rain(values, clock, rain, damp)
        self._put_extremes(values, clock, cover)
        self._put_snow(values)
        self._put_sky(values, clock, summer, cover)
        block = {name: array[_LEAD:] for name, array in values.items()}
        return MonthWeather(first.date(), slots[_LEAD:], self.stations, block)

    def _summer(self, hours: Floats, warmest_day: float | Floats) -> Floats:
        """+1 at the height of the local summer, -1 in winter, near 0 all year in the tropics; shape (T, stations)."""
        day = (hours / 24)[:, None]
        return np.cos(2 * np.pi * (day - warmest_day) / _YEAR_DAYS) * self._seasonality

    def _uniform(self, stream: int, clock: _Clock) -> Floats:
        return uniform(self.seed, stream, self._keys, clock.slots)

    def _gaussian(self, stream: int, clock: _Clock) -> Floats:
        return gaussian(self.seed, stream, self._keys, clock.slots)

    def _field(self, field: Field, clock: _Clock) -> Floats:
        return field(self._east, self._north, clock.days, _HOURS_OF_DAY)

    # -- planted events ----------------------------------------------------------------------------------------------

    @staticmethod
    def _envelope(event: Event, hours: Floats) -> Floats:
        """0 outside the event, 1 on its plateau, straight ramps of :data:`FADE_H` between; shape (T, 1)."""
        start, end = ((moment - EPOCH).total_seconds() / 3600 for moment in (event.start, event.end))
        return np.clip(np.minimum(hours - start, end - hours) / FADE_H, 0, 1)[:, None]

    def _near(self, latitude: float, longitude: float, radius_km: float) -> Floats:
        east, north = project(np.array(latitude), np.array(longitude))
        squared = (self._east - east) ** 2 + (self._north - north) ** 2
        return np.exp(-squared / (2 * radius_km**2))

    def _over_france(self, event: Event, hours: Floats) -> Floats:
        """Weight of a heat wave or cold spell, 1 over the middle of the country; shape (T, stations)."""
        return self._envelope(event, hours) * self._near(*_CENTRE_OF_FRANCE, radius_km=_SPELL_RADIUS_KM)

    def _storm(self, event: Event, hours: Floats) -> tuple[Floats, Floats, Floats]:
        """The low's depth (hPa, negative) and gradient (hPa/km east, north) on its way from the Atlantic to Denmark."""
        start, end = ((moment - EPOCH).total_seconds() / 3600 for moment in (event.start, event.end))
        progress = ((hours - start) / (end - start))[:, None]
        centre_east, centre_north = project(50.0 + 3.5 * progress, -13.0 + 22.0 * progress)
        # Deepest halfway, nothing at either end: the low fills while it leaves.
        life = np.clip(np.sin(np.pi * np.clip(progress, 0, 1)) * 1.4, 0, 1)
        radius_km = 330.0
        east, north = self._east - centre_east, self._north - centre_north
        depth = -_STORM_DEPTH_HPA * event.strength * life * np.exp(-(east**2 + north**2) / (2 * radius_km**2))
        return depth, -depth * east / radius_km**2, -depth * north / radius_km**2

    # -- pressure and wind -------------------------------------------------------------------------------------------

    def _pressure_and_wind(
        self, clock: _Clock, summer: Floats, planted: Sequence[Event]
    ) -> tuple[Floats, Floats, Floats]:
        """The pressure anomaly (standard deviations; a storm's low included) and the wind near the ground (m/s, toward
        east and north)."""
        value, slope_east, slope_north = self._pressure.with_gradient(
            self._east, self._north, clock.days, _HOURS_OF_DAY
        )
        # Winters are stormier: the field is a third stronger, in summer a third weaker.
        strength = self._pressure_sd * (1 - 0.32 * summer)
        anomaly, slope_east, slope_north = value * strength, slope_east * strength, slope_north * strength
        for event in planted:
            if event.kind == "storm":
                depth, depth_east, depth_north = self._storm(event, clock.hours)
                # The low replaces most of the weather around it: it is the same storm for every seed.
                kept = 1 - 0.75 * np.minimum(-depth / (_STORM_DEPTH_HPA / 2), 1)
                anomaly = anomaly * kept + depth
                slope_east, slope_north = slope_east * kept + depth_east, slope_north * kept + depth_north
        # Geostrophic: along the isobars, low pressure on the left (north of the equator); hPa/km = 100 Pa/km.
        wind_east = -slope_north * 100 * self._geostrophic * self._ground
        wind_north = slope_east * 100 * self._geostrophic * self._ground
        # The ground turns it 25 degrees toward the low.
        turn = np.radians(25.0) * np.sign(self._latitude + 1e-9)
        wind_east, wind_north = (
            wind_east * np.cos(turn) - wind_north * np.sin(turn),
            wind_east * np.sin(turn) + wind_north * np.cos(turn),
        )
        steady = self._wind_ms * self._steadiness
        return (
            anomaly / self._pressure_sd,
            wind_east - steady * np.sin(self._prevailing),
            wind_north - steady * np.cos(self._prevailing),
        )

    def _put_pressure(
        self,
        values: dict[str, Ints],
        clock: _Clock,
        anomaly_p: Floats,
        summer: Floats,
        local: Floats,
        planted: Sequence[Event],
    ) -> None:
        """pmer, pres, tend, cod_tend, tend24 and the height of the 925 hPa level (geop), all to 10 Pa or 1 m."""
        sea_level = self._pressure_hpa + anomaly_p * self._pressure_sd - 1.0 * summer
        # The tide of the atmosphere: 1.2 hPa at the equator, twice a day, highest near 10 and 22 solar time.
        tide = 1.2 * np.cos(np.radians(self._latitude)) ** 3
        # Fronts and showers: what makes the three-hourly tendency restless without changing the map.
        sea_level += 0.09 * self._pressure_sd * local
        sea_level += tide * np.cos(2 * np.pi * (clock.solar_hour - 10) / 12)
        for event in planted:
            rise = {"heat_wave": 3.0, "cold_spell": 9.0}.get(event.kind)
            if rise:
                sea_level += rise * event.strength * self._over_france(event, clock.hours)
        values["pmer"] = _rounded(sea_level * 10) * 10
        # The reduction to sea level of WMO (CIMO guide), turned round, with the temperature as reported.
        lapse_m = 0.0065 * self._altitude
        ratio = (1 - lapse_m / (values["t"] / 10 + 273.15 + lapse_m)) ** 5.257
        values["pres"] = pres = _rounded(values["pmer"] * ratio / 10) * 10
        # Hypsometric height of 925 hPa above sea level, from the station's pressure and temperature.
        thickness = 29.27 * (values["t"] / 10 + 273.15)
        values["geop"] = _rounded(self._altitude + thickness * np.log(pres / 92_500))
        values["tend"] = tend = _change(pres, 1)
        values["tend24"] = _change(pres, SLOTS_PER_DAY)
        # Code table 0200: 0-3 when the pressure is higher or the same, 4 steady, 5-8 when lower or the same. How it got there
        # inside the three hours follows the change of the tendency.
        turning = _change(tend, 1)
        rising = np.where(turning > 45, 3, np.where(turning < -45, 0, np.where(np.abs(turning) < 25, 2, 1)))
        falling = np.where(turning < -45, 8, np.where(turning > 45, 5, np.where(np.abs(turning) < 25, 7, 6)))
        values["cod_tend"] = np.where(tend > 0, rising, np.where(tend < 0, falling, 4)).astype(np.int32)

    def _put_wind(
        self, values: dict[str, Ints], clock: _Clock, summer: Floats, local: Floats, east: Floats, north: Floats
    ) -> None:
        """ff, dd, raf10, rafper. Calm below 0.4 m/s (ff 0 and dd 0); gusts are never below the mean."""
        # The day's mixing brings wind down in the afternoon, more so in summer and inland.
        inland = np.clip(self._range_c / 12, 0, 1)
        breeze = 1 + 0.35 * inland * (0.7 + 0.3 * summer) * np.cos(2 * np.pi * (clock.solar_hour - 14.5) / 24)
        speed = np.hypot(east, north) * breeze * np.exp(0.22 * self._gaussian(20, clock) + 0.12 * local + 0.03)
        # Friction grows with the square of the wind: the mean speed near the ground saturates.
        speed = _FASTEST_MEAN_WIND_MS * np.tanh(speed / _FASTEST_MEAN_WIND_MS)
        tenths = _rounded(speed * 10)
        calm = tenths < 4
        degrees = np.degrees(np.arctan2(-east, -north)) + 8 * self._gaussian(21, clock)
        direction = _rounded(degrees / 10) % 36 * 10
        values["dd"] = np.where(calm, 0, np.where(direction == 0, 360, direction)).astype(np.int32)
        values["ff"] = np.where(calm, 0, tenths).astype(np.int32)
        # Gust factors near 1.5, wider over rough ground, plus the gustiness of a calm day's thermals.
        factor = 1.22 + 0.28 * self._uniform(22, clock)
        gust = _rounded(tenths * factor + 6 + 6 * (breeze - 0.6))
        values["raf10"] = gust
        values["rafper"] = gust + _rounded(gust * 0.35 * self._uniform(23, clock) ** 1.5)

    # -- rain and snow -----------------------------------------------------------------------------------------------

    def _rain_latent(self, clock: _Clock, summer: Floats, anomaly_p: Floats, planted: Sequence[Event]) -> Floats:
        """The Gaussian variable whose upper part is rain: low pressure, a synoptic and a shower scale."""
        latent = (
            -0.42 * np.clip(anomaly_p, -3, 3)
            + 0.74 * self._field(self._rain_field, clock)
            + 0.52 * self._field(self._shower_field, clock)
        )
        # Showers and thunderstorms of the late afternoon, in summer and in the tropics.
        convection = 0.30 * np.clip(1 - np.abs(self._seasonality) + np.maximum(summer, 0), 0, 1)
        latent += convection * (np.clip(self._range_c / 9, 0, 1) * np.cos(2 * np.pi * (clock.solar_hour - 17) / 24))
        for event in planted:
            if event.kind in ("heat_wave", "cold_spell"):
                latent -= (1.3 if event.kind == "heat_wave" else 0.5) * self._over_france(event, clock.hours)
            elif event.kind == "storm":
                latent += 1.3 * np.minimum(-self._storm(event, clock.hours)[0] / _STORM_DEPTH_HPA, 1)
            elif event.kind == "mediterranean_rain":
                weight = self._envelope(event, clock.hours) * self._near(43.9, 4.1, radius_km=110.0)
                # Replaced, not added: the episode rains for every seed, its amounts staying those of the field's tail.
                latent = latent * (1 - 0.75 * weight) + 3.1 * event.strength * weight
        return latent

    def _rain_amount(self, clock: _Clock, summer: Floats, latent: Floats) -> tuple[Floats, NDArray[np.bool_]]:
        """(mm in the three hours before each slot, where it was at least damp: amounts too small to tip the bucket)."""
        day = (clock.hours / 24)[:, None]
        season = 1 + self._rain_swing * np.cos(2 * np.pi * (day - self._rain_peak) / _YEAR_DAYS)
        slots_per_year = _YEAR_DAYS * SLOTS_PER_DAY
        # Warm air rains harder and more rarely.
        intensity = self._intensity_mm * (1 + 0.28 * summer)
        wet_share = np.clip(self._rain_mm / slots_per_year * season / intensity, 0.005, 0.6)
        # The standard normal's upper tail by the logistic approximation of Bowling et al. (2009), error below 1.4e-4: minus its
        # logarithm, less that of the wet share, is exponential on wet slots, and a power of it Weibull with shape 0.75.
        depth = np.log1p(np.exp(0.07056 * latent**3 + 1.5976 * latent))
        excess = depth + np.log(wet_share)
        return intensity * np.maximum(excess, 0) ** (1 / _RAIN_SHAPE) / _RAIN_MEAN, excess > -_DAMP_MARGIN

    def _put_rain(self, values: dict[str, Ints], clock: _Clock, amount: Floats, damp: NDArray[np.bool_]) -> None:
        """rr1, rr3, rr6, rr12, rr24: tipping buckets of 0.2 mm, windows that end at the slot, sums of the same parts."""
        three_hours = _rounded(amount * 5) * 2
        trace = damp & (three_hours == 0) & (self._uniform(30, clock) < 0.85)
        share = np.clip(self._uniform(31, clock) * 1.5 - 0.5, 0, 1)
        last_hour = (three_hours * share / 2).astype(np.int32) * 2
        moist = trace | ((three_hours > 0) & (self._uniform(32, clock) < 0.2))
        values["rr1"] = np.where((last_hour == 0) & moist, TRACE, last_hour).astype(np.int32)
        total, traces = np.cumsum(three_hours, axis=0), np.cumsum(trace, axis=0)
        for name, parts in (("rr3", 1), ("rr6", 2), ("rr12", 4), ("rr24", 8)):
            amounts, wet = _difference(total, parts), _difference(traces, parts)
            values[name] = np.where((amounts == 0) & (wet > 0), TRACE, amounts).astype(np.int32)

    def _put_snow(self, values: dict[str, Ints]) -> None:
        """ht_neige (cm lying) and ssfrai (cm fallen in the last hour): 1 cm for each mm of precipitation at or below 1 C."""
        celsius = values["t"] / 10
        is_snow = celsius <= 1.0
        fallen_cm = np.where(is_snow, np.maximum(values["rr3"], 0) / 10, 0.0)
        # Degree-hour melting of 0.12 cm per C and slot, rain on snow included by its warmth, and slow settling.
        melt_cm = 0.12 * np.maximum(celsius, 0)
        depth, lying = np.zeros(celsius.shape[1]), np.empty_like(celsius)
        for slot in range(len(celsius)):
            depth = np.maximum(depth * 0.995 + fallen_cm[slot] - melt_cm[slot], 0)
            lying[slot] = depth
        values["ht_neige"] = _rounded(lying)
        values["ssfrai"] = np.where(is_snow, np.maximum(values["rr1"], 0) // 10, 0).astype(np.int32)

    # -- temperature and humidity ------------------------------------------------------------------------------------

    def _temperature(
        self,
        clock: _Clock,
        summer: Floats,
        anomaly_p: Floats,
        cover: Floats,
        local: Floats,
        planted: Sequence[Event],
    ) -> tuple[Floats, Floats]:
        """(degrees C at the slot, the same without the daily cycle)."""
        day = (clock.hours / 24)[:, None]
        normal = self._mean_c + self._swing_c * np.cos(2 * np.pi * (day - self._warmest_day) / _YEAR_DAYS)
        anomaly = (
            0.28 * self._field(self._season_anomaly, clock)
            + 0.55 * self._field(self._spell_anomaly, clock)
            + 0.62 * self._field(self._day_anomaly, clock)
            # High pressure is fine weather in summer and frost in winter.
            + 0.30 * summer * np.clip(anomaly_p, -2.5, 2.5)
        ) * (self._anomaly_c * (1 - 0.12 * summer))
        # Cloud keeps winter nights warm and summer days cool.
        anomaly -= 1.3 * summer * (cover - 0.6)
        for event in planted:
            target = {"heat_wave": 7.5, "cold_spell": -10.5}.get(event.kind)
            if target:
                weight = self._over_france(event, clock.hours)
                anomaly = anomaly * (1 - 0.8 * weight) + target * event.strength * weight
        daily = normal + anomaly
        # Lowest near sunrise, highest at 14:30 solar time; the second harmonic makes the warming faster than the cooling.
        angle = 2 * np.pi * (clock.solar_hour - 14.5) / 24
        cycle = np.cos(angle) + 0.18 * np.cos(2 * angle + 0.6)
        half_range = self._range_c / 2 * (1 + 0.25 * summer) * (1.24 - 0.66 * cover)
        return daily + half_range * cycle + 0.45 * local + 0.15 * self._gaussian(40, clock), daily

    def _put_humidity(
        self, values: dict[str, Ints], clock: _Clock, summer: Floats, temperature: Floats, daily: Floats, rain: Floats
    ) -> None:
        """t, td (never above t) and u, which follows from the two as they are reported."""
        winter, height_of_summer = self._depression
        level = np.clip(summer, -1, 1) * 0.5 + 0.5
        typical = winter + (height_of_summer - winter) * level
        depression = (
            typical * np.exp(0.42 * self._field(self._humidity_field, clock) - 0.09) * np.where(rain > 0, 0.45, 1)
        )
        # A smooth minimum: the dew point follows the air mass and bends below the temperature
        # when the night cools down to it.
        gap = temperature - (daily - depression) + 0.25 * self._gaussian(41, clock)
        gap = 0.15 + 0.7 * np.log1p(np.exp(np.minimum(gap / 0.7, 30))) + np.maximum(gap - 21, 0)
        values["t"] = t = _rounded(temperature * 10)
        values["td"] = td = np.minimum(_rounded((temperature - gap) * 10), t)
        values["u"] = np.clip(_rounded(relative_humidity(t / 10, td / 10)), 1, 100)

    def _put_extremes(self, values: dict[str, Ints], clock: _Clock, cover: Floats) -> None:
        """tn12, tx12, tn24, tx24, tminsol: extremes of the 12 and 24 hours before the slot, at least as extreme as every
        reported value in the window (its opening value included)."""
        t = values["t"]
        before = np.vstack((t[:1], t[:-1]))
        # Between two reports the true extreme lies a little further out; more on clear days.
        beyond_low = -np.log(1 - self._uniform(42, clock)) * (4.5 - 2.5 * cover)
        beyond_high = -np.log(1 - self._uniform(43, clock)) * (4.5 - 2.5 * cover)
        low = np.minimum(t, before) - _rounded(np.minimum(beyond_low, 25))
        high = np.maximum(t, before) + _rounded(np.minimum(beyond_high, 25))
        low_12, high_12 = _running(np.minimum, low, 4), _running(np.maximum, high, 4)
        values["tn12"], values["tx12"] = low_12, high_12
        values["tn24"], values["tx24"] = _running(np.minimum, low_12, 2, 4), _running(np.maximum, high_12, 2, 4)
        # Grass is colder than the shelter, by up to 4 C under a clear sky.
        values["tminsol"] = low_12 - _rounded(3 + 25 * (1 - cover) * self._uniform(44, clock))

    # -- sky ---------------------------------------------------------------------------------------------------------

    def _cloud_cover(
        self, clock: _Clock, summer: Floats, anomaly_p: Floats, wet_z: Floats, planted: Sequence[Event]
    ) -> Floats:
        """Fraction of the sky, 0 to 1, most often near one of the ends as skies are."""
        winter, height_of_summer = self._cloudiness
        level = winter + (height_of_summer - winter) * (np.clip(summer, -1, 1) * 0.5 + 0.5)
        latent = 0.75 * wet_z + 0.65 * self._field(self._cloud_field, clock) - 0.20 * np.clip(anomaly_p, -3, 3)
        for event in planted:
            if event.kind in ("heat_wave", "cold_spell"):
                latent -= 0.6 * self._over_france(event, clock.hours)
        return 1 / (1 + np.exp(-(2.2 * latent + level)))

    def _put_sky(self, values: dict[str, Ints], clock: _Clock, summer: Floats, cover: Floats) -> None:
        """vv, ww, w1, w2, n, cloud layers and codes, etat_sol. Codes are those of BUFR tables 0 20 003 .. 0 20 062."""
        celsius, humidity, wind = values["t"] / 10, values["u"], values["ff"]
        rr1, rr3 = values["rr1"], values["rr3"]
        chance, noise = self._uniform(50, clock), self._gaussian(51, clock)
        falling = rr1 > 0
        drizzling = (rr1 == TRACE) & (chance < 0.2)
        snowing = (falling | drizzling) & (celsius <= 1.0)
        sleeting = falling & (celsius > 1.0) & (celsius <= 2.0)
        fog = (humidity >= 98) & (wind < 30) & ~falling & (noise > 0.6)
        mist = (humidity >= 94) & ~fog & ~falling & (noise > 1.0)
        convective = falling & (celsius > 10) & (chance < 0.45 + 0.25 * summer)
        thunder = falling & (rr1 >= 16) & (celsius > 13) & (chance < 0.40)

        # Visibility in m: far in dry air, near in humid air, less in rain, a tenth in snow, below 1 km in fog.
        clear_m = 10 ** (4.78 - 0.85 * np.clip((humidity - 55) / 45, 0, 1) ** 1.6 + 0.10 * noise)
        metres = clear_m / (1 + np.maximum(rr1, 0) * 0.06)
        metres = np.where(snowing, np.minimum(metres * 0.12, 4000), metres)
        metres = np.where(mist, 1000 + 4000 * chance, metres)
        metres = np.where(fog, 60 + 880 * chance, metres)
        step = np.where(metres < 10_000, 10, np.where(metres < 30_000, 1000, 5000))
        values["vv"] = np.clip(_rounded(metres / step) * step, 50, 80_000).astype(np.int32)

        heavy, moderate = rr1 >= 76, rr1 >= 25
        by_rate = np.where(heavy, 4, np.where(moderate, 2, 0)).astype(np.int32)
        ww = np.zeros_like(rr1)
        ww = np.where((rr3 > 0) & ~falling & (chance < 0.1), np.where(celsius <= 1, 22, 21), ww)
        ww = np.where(mist, 10, ww)
        ww = np.where(fog, np.where(celsius < 0, 49, 45), ww)
        ww = np.where(drizzling, 51, ww)
        ww = np.where(falling, 61 + by_rate - ((by_rate == 0) & (chance < 0.25)), ww)
        ww = np.where(convective, 80 + np.minimum(by_rate // 2, 1), ww)
        ww = np.where(sleeting, 68 + (by_rate > 0), ww)
        ww = np.where(snowing, 71 + by_rate, ww)
        ww = np.where(thunder, np.where(heavy, 97, 95), ww)
        values["ww"] = ww.astype(np.int32)

        octas = _rounded(cover * 8)
        octas = np.where(falling | drizzling, np.maximum(octas, 6), octas)
        past = np.where(octas > 4, 2, np.where(octas > 3, 1, 0))
        past = np.where(fog, 4, np.where(drizzling, 5, past))
        wet = rr3 > 0
        past = np.where(wet, np.where(celsius <= 1, 7, np.where(convective, 8, 6)), past)
        values["w1"] = np.where(thunder, 9, past).astype(np.int32)
        values["w2"] = np.minimum(values["w1"], np.where(octas > 4, 2, np.where(octas > 3, 1, 0))).astype(np.int32)

        percent = np.array([0, 10, 25, 40, 50, 60, 75, 90, 100], dtype=np.int32)[octas]
        values["n"] = np.where(fog, 101, percent).astype(np.int32)
        low_share = np.clip(0.70 + 0.35 * self._gaussian(52, clock), 0, 1)
        low = _rounded(octas * np.where(falling, np.maximum(low_share, 0.7), low_share))
        values["nbas"] = np.where(fog, 9, low).astype(np.int32)
        # Condensation level: 125 m of height for each degree between temperature and dew point.
        base_m = 125 * (values["t"] - values["td"]) / 10 * np.exp(0.3 * noise) + 250 * np.exp(0.9 * chance)
        layered = (low > 0) & ~fog
        first_m = np.clip(_rounded(base_m / 30) * 30, 30, 4500)
        values["hnuage1"] = np.where(layered, first_m, MISSING).astype(np.int32)
        values["nnuage1"] = np.where(layered, low, MISSING).astype(np.int32)
        classes = np.array([30, 80, 150, 250, 450, 800, 1250, 1750, 2250], dtype=np.int32)
        coded = classes[np.searchsorted(np.array([50, 100, 200, 300, 600, 1000, 1500, 2000]), first_m, side="right")]
        values["hbas"] = np.where(fog, 30, np.where(layered, coded, MISSING)).astype(np.int32)
        second = layered & (octas > low) & (chance < 0.6)
        values["nnuage2"] = np.where(second, octas, MISSING).astype(np.int32)
        values["hnuage2"] = np.where(second, first_m + 600 + _rounded(chance * 60) * 30, MISSING).astype(np.int32)
        third = second & (octas >= 5) & (chance < 0.3)
        values["nnuage3"] = np.where(third, np.minimum(octas + 1, 8), MISSING).astype(np.int32)
        values["hnuage3"] = np.where(third, first_m + 3000 + _rounded(chance * 90) * 30, MISSING).astype(np.int32)
        towering = thunder | convective
        genus = np.where(thunder, 9, np.where(towering, 8, np.where(first_m < 400, 7, 6)))
        values["ctype1"] = np.where(layered, genus, MISSING).astype(np.int32)
        values["ctype2"] = np.where(second, np.where(wet, 5, 3), MISSING).astype(np.int32)
        values["ctype3"] = np.where(third, np.where(wet, 4, 0), MISSING).astype(np.int32)
        kind = np.where(thunder, 39, np.where(towering, 32, np.where(first_m < 400, 36, 35)))
        values["cl"] = np.where(fog, 62, np.where(low > 0, kind, 30)).astype(np.int32)
        values["cm"] = np.where(fog | (low == 8), 61, np.where(octas > low, np.where(wet, 22, 23), 20)).astype(np.int32)
        values["ch"] = np.where(fog | (low >= 7), 60, np.where((octas > low) & (chance < 0.5), 11, 10)).astype(np.int32)

        ground = np.where(rr3 >= 10, 2, np.where(values["rr12"] > 0, 1, 0))
        ground = np.where((values["tminsol"] < -20) & (celsius < 0), 4, ground)
        snow_cm = values["ht_neige"]
        ground = np.where(snow_cm > 0, np.where(celsius > 0, 12, np.where(snow_cm > 5, 17, 14)), ground)
        values["etat_sol"] = ground.astype(np.int32)


def relative_humidity(celsius: Floats, dew_point: Floats) -> Floats:
    """Percent, by the Magnus formula of Alduchov and Eskridge (1996), over water. Both arguments in degrees C."""
    return 100 * np.exp(17.625 * dew_point / (243.04 + dew_point) - 17.625 * celsius / (243.04 + celsius))


def _rounded(values: NDArray[Any]) -> Ints:
    return np.rint(values).astype(np.int32)


def _change(values: Ints, slots: int) -> Ints:
    """Difference to ``slots`` steps before; 0 where that lies before the block (only in the lead, never published)."""
    change = np.zeros_like(values)
    change[slots:] = values[slots:] - values[:-slots]
    return change


def _difference(cumulated: NDArray[Any], parts: int) -> NDArray[Any]:
    """The sum of the last ``parts`` values out of their cumulated sum."""
    window = cumulated.copy()
    window[parts:] -= cumulated[:-parts]
    return window


def _running(extreme: np.ufunc, values: Ints, count: int, stride: int = 1) -> Ints:
    """Running extreme of ``count`` values spaced ``stride`` apart, the current one included."""
    result = values.copy()
    for back in range(stride, count * stride, stride):
        result[back:] = extreme(result[back:], values[:-back])
    return result
