"""Randomness that has no memory: any value can be computed alone, from its coordinates.

The simulator promises that a value of a date depends on the seed, the station and the date and on nothing else, so that a
later end only appends. Two tools keep that promise without ever running a recurrence from a start date:

* :class:`Field`: a Gaussian field, correlated in space and time, written as a sum of travelling waves whose wave numbers,
  frequencies and phases are drawn once from the seed (spectral synthesis, the sampling theorem of Bochner applied to a Matern
  covariance). The value at (place, hour) is a closed formula: no window, no lead-in, no order of evaluation.
* :func:`uniform` and :func:`gaussian`: white noise by hashing (seed, stream, station, slot) with the splitmix64 finaliser.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Hashes = NDArray[np.uint64]

_EARTH_DEGREE_KM = 111.2
#: Where the flat map of the fields is true to scale: the middle of metropolitan France.
_REFERENCE_LATITUDE = 46.5

#: 8 hours x 256 waves x 64 places is half of what OpenBLAS takes for worth a second thread.
_PLACES_AT_ONCE = 64

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


def project(latitude: Floats, longitude: Floats) -> tuple[Floats, Floats]:
    """Degrees to kilometres east and north on a flat map. Distances are true near France; overseas stations end up thousands
    of kilometres away, which is all that their independence needs."""
    east = longitude * _EARTH_DEGREE_KM * np.cos(np.radians(_REFERENCE_LATITUDE))
    return east, latitude * _EARTH_DEGREE_KM


class Field:
    """A stationary Gaussian field of mean 0 and variance 1 over (km east, km north, hours).

    ``length_km`` and ``memory_h`` are the ranges of the covariance, ``drift_kmh`` moves the whole pattern eastward as weather
    does in the westerlies. ``smooth`` draws Gaussian wave numbers (infinitely smooth in space: its gradient is a usable
    wind); otherwise they follow Student's t with 3 degrees of freedom (Matern 3/2, rougher, as rain is).
    """

    #: The error of the sampled covariance falls as 1/sqrt(modes): 0.09 here, below what a test of plausibility can see.
    MODES = 128

    def __init__(
        self, seed: int, stream: int, *, length_km: float, memory_h: float, drift_kmh: float = 0.0, smooth: bool = False
    ) -> None:
        rng = np.random.Generator(np.random.Philox(key=np.array([seed, stream], dtype=np.uint64)))
        wave = rng.standard_normal((2, self.MODES)) / length_km
        if not smooth:
            wave /= np.sqrt(rng.chisquare(3, self.MODES) / 3)
        self._east, self._north = wave
        # Matern 3/2 in time: continuous but rough, like a series of weather types.
        self._frequency = rng.standard_t(3, self.MODES) / memory_h + drift_kmh * self._east
        self._phase = rng.uniform(0, 2 * np.pi, self.MODES)
        self._norm = np.sqrt(2 / self.MODES)

    def _in_time(self, days: NDArray[np.int64], hours: Floats) -> Floats:
        # exp(i w (day + hour)) as a product of two small tables: sines are the dearest part of a month.
        by_day = np.exp(1j * np.multiply.outer(days * 24.0, self._frequency))
        by_hour = np.exp(1j * np.multiply.outer(hours, self._frequency))
        wave = by_day[:, None, :] * by_hour[None, :, :]
        return np.concatenate((wave.real, wave.imag), axis=2)

    def _at(self, east: Floats, north: Floats) -> Floats:
        return np.multiply.outer(self._east, east) + np.multiply.outer(self._north, north) + self._phase[:, None]

    def __call__(self, east: Floats, north: Floats, days: NDArray[np.int64], hours: Floats) -> Floats:
        """Values, shape (days x hours, places), at each of the ``hours`` of each of the ``days`` (counted from 1970)."""
        angle = self._at(east, north)
        return _product(self._in_time(days, hours), np.concatenate((np.cos(angle), np.sin(angle))) * self._norm)

    def with_gradient(
        self, east: Floats, north: Floats, days: NDArray[np.int64], hours: Floats
    ) -> tuple[Floats, Floats, Floats]:
        """Values and their derivatives eastward and northward (per km), each shaped as a call's result."""
        angle = self._at(east, north)
        in_time = self._in_time(days, hours)
        cos, sin = np.cos(angle) * self._norm, np.sin(angle) * self._norm
        # d/dx cos(k.x - wt) = -k sin(k.x - wt), expanded so that time and place stay separate factors.
        slope = np.concatenate((-sin, cos))
        east_wave, north_wave = np.tile(self._east, 2)[:, None], np.tile(self._north, 2)[:, None]
        return (
            _product(in_time, np.concatenate((cos, sin))),
            _product(in_time, slope * east_wave),
            _product(in_time, slope * north_wave),
        )


def _product(in_time: Floats, in_space: Floats) -> Floats:
    """(days, hours, waves) times (waves, places) as (days x hours, places), day by day and a block of places at a time.

    Products this small stay on one thread of the BLAS; larger ones would fight for the cores with the threads that write
    files (measured: 2 to 5 times slower on two busy cores), and their sums could depend on how the work was split.
    """
    days, hours, _ = in_time.shape
    result = np.empty((days, hours, in_space.shape[1]))
    for at in range(0, in_space.shape[1], _PLACES_AT_ONCE):
        block = slice(at, at + _PLACES_AT_ONCE)
        result[:, :, block] = in_time @ in_space[:, block]
    return result.reshape(days * hours, -1)


def station_keys(identifiers: Iterable[str]) -> Hashes:
    """One stable number per identifier, the station's coordinate in the hash."""
    return np.array([zlib.crc32(identifier.encode()) for identifier in identifiers], dtype=np.uint64)


def _hash(seed: int, stream: int, keys: Hashes, slots: NDArray[np.int64]) -> Hashes:
    start = np.uint64((seed * 0x2545F4914F6CDD1D + stream * 0xD1342543DE82EF95 + 0x632BE59BD9B4E019) % 2**64)
    state = _finalise(keys * _GOLDEN + start)[None, :] + (slots.astype(np.uint64) * _GOLDEN)[:, None]
    return _finalise(state)


def _finalise(state: Hashes) -> Hashes:
    state = (state ^ (state >> np.uint64(30))) * _MIX_1
    state = (state ^ (state >> np.uint64(27))) * _MIX_2
    return state ^ (state >> np.uint64(31))


def uniform(seed: int, stream: int, keys: Hashes, slots: NDArray[np.int64]) -> Floats:
    """White noise in [0, 1), shape (slots, stations)."""
    return (_hash(seed, stream, keys, slots) >> np.uint64(11)) * 2.0**-53


def gaussian(seed: int, stream: int, keys: Hashes, slots: NDArray[np.int64]) -> Floats:
    """White noise of mean 0 and variance 1, shape (slots, stations): the sum of four 16-bit uniforms, whose tails end at 3.5
    standard deviations; wanted here, since these numbers are instrument noise and not weather."""
    bits = _hash(seed, stream, keys, slots)
    parts = np.ascontiguousarray(bits).view(np.uint16).reshape(*bits.shape, 4)
    total = parts.sum(axis=2, dtype=np.uint32)
    return (total * 2.0**-16 - 2.0) * np.sqrt(3.0)
