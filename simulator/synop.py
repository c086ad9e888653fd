"""The two layouts in which Meteo-France has published SYNOP observations, written from one weather.

* **monthly**, ``synop.YYYYMM.csv.gz``: 59 columns and a trailing separator, ``mq`` for missing, ``AAAAMMJJHHMMSS``, six decimals.
* **yearly**, ``synop_YYYY.csv.gz``: position, identifiers and three clocks first, ISO times ending in Z, empty for missing, the
  shortest decimals; ``insert_time`` and ``reference_time`` are empty before 2025.

Between the weather and the file stands the station: which instruments it has, at which hours it reports what, what gets lost
(:func:`report`), and what the provider changes afterwards (:class:`Publication`).
"""

from __future__ import annotations

import datetime as dt
import functools
import gzip
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Literal

import numpy as np
from numpy.typing import NDArray

from simulator.noise import Floats, station_keys, uniform
from simulator.stations import Station
from simulator.weather import EPOCH, MISSING, SLOT_HOURS, SLOTS_PER_DAY, Ints, MonthWeather, Weather

Layout = Literal["monthly", "yearly"]
LAYOUTS: tuple[Layout, ...] = ("monthly", "yearly")

#: The measures in the order of both layouts.
MEASURES = (
    "pmer", "tend", "cod_tend", "dd", "ff", "t", "td", "u", "vv", "ww", "w1", "w2", "n", "nbas", "hbas", "cl", "cm", "ch",
    "pres", "niv_bar", "geop", "tend24", "tn12", "tn24", "tx12", "tx24", "tminsol", "sw", "tw", "raf10", "rafper", "per",
    "etat_sol", "ht_neige", "ssfrai", "perssfrai", "rr1", "rr3", "rr6", "rr12", "rr24", "phenspe1", "phenspe2", "phenspe3",
    "phenspe4", "nnuage1", "ctype1", "hnuage1", "nnuage2", "ctype2", "hnuage2", "nnuage3", "ctype3", "hnuage3", "nnuage4",
    "ctype4", "hnuage4",
)  # fmt: skip
MONTHLY_HEADER = ";".join(("numer_sta", "date", *MEASURES)) + ";"
YEARLY_HEADER = ";".join(
    ("lat", "lon", "geo_id_wmo", "geo_id_wigos", "name", "reference_time", "insert_time", "validity_time", *MEASURES)
)
#: The provider's second clock starts with the rewritten yearly files.
FIRST_YEAR_WITH_INSERT_TIME = 2025

#: pmer is published up to this altitude, the height of a pressure level (geop) above it.
_SEA_LEVEL_LIMIT_M = 750


@dataclass(frozen=True, slots=True)
class _Format:
    """How an integer of the weather becomes a cell: text = (value + offset) / divisor, for values low, low + step, .. high."""

    low: int
    high: int
    step: int = 1
    offset: int = 0
    divisor: int = 1


def _formats() -> dict[str, _Format]:
    # Tenths of a degree C become kelvin with its .05: (v * 10 + 27315) / 100, hence the factor in the divisor's unit below.
    kelvin = _Format(-1100, 1100, offset=27315, divisor=100)
    wind, rain, cm = _Format(0, 1500, divisor=10), _Format(-1, 9999, divisor=10), _Format(0, 1500, divisor=100)
    code, height, pressure = _Format(0, 511), _Format(0, 15_000, 10), _Format(60_000, 112_000, 10)
    tendency = _Format(-15_000, 15_000, 10)
    formats = dict.fromkeys(MEASURES, code)
    formats |= dict.fromkeys(("t", "td", "tn12", "tn24", "tx12", "tx24", "tminsol"), kelvin)
    formats |= dict.fromkeys(("ff", "raf10", "rafper"), wind)
    formats |= dict.fromkeys(("rr1", "rr3", "rr6", "rr12", "rr24"), rain)
    formats |= dict.fromkeys(("ht_neige", "ssfrai"), cm)
    formats |= dict.fromkeys(("hbas", "hnuage1", "hnuage2", "hnuage3", "hnuage4"), height)
    formats |= dict.fromkeys(("pmer", "pres"), pressure) | dict.fromkeys(("tend", "tend24"), tendency)
    formats |= {"vv": _Format(0, 80_000, 10), "geop": _Format(-500, 2500), "per": _Format(-60, 0, 10)}
    return formats | {"perssfrai": _Format(-60, 0, 30)}


_FORMATS = _formats()


@functools.cache
def _cells(name: str, layout: Layout) -> NDArray[np.bytes_]:
    """Every text that a column can hold, separator included; the last one is the missing value."""
    fmt = _FORMATS[name]
    scale = 10 if fmt.offset else 1
    texts = []
    for value in range(fmt.low, fmt.high + 1, fmt.step):
        number = value * scale + fmt.offset
        if fmt.divisor == 1:
            text = str(number)
        else:
            text = f"{number / fmt.divisor:.6f}" if layout == "monthly" else repr(number / fmt.divisor)
        texts.append(text)
    texts.append("mq" if layout == "monthly" else "")
    end = "\n" if name == MEASURES[-1] else ";"
    if layout == "monthly" and name == MEASURES[-1]:
        end = ";\n"
    return np.array([(text + end).encode() for text in texts])


# -- what a station reports ----------------------------------------------------------------------------------------------

#: Share of stations that report a group at all: metropolitan, overseas (counted in the archives of 2020).
_EQUIPPED = {
    "visibility": (0.96, 0.34),
    "clouds": (0.84, 0.27),
    "observer": (0.13, 0.06),
    "gusts": (0.98, 0.29),
    "snow": (0.76, 0.03),
    "ground": (0.62, 0.03),
    "grass": (0.82, 0.10),
    "fresh_snow": (0.04, 0.03),
    "day_extremes": (0.0, 0.75),
}
#: Share of values lost together where the station is equipped (same archives).
_LOST = {"temperature": 0.014, "humidity": 0.010, "pressure": 0.021, "wind": 0.006, "sky": 0.035, "gusts": 0.008}
#: A longer sum is lost more often, since it needs all its parts; nested, so that a lost part is a lost sum.
_LOST_RAIN = {"rr1": 0.033, "rr3": 0.035, "rr6": 0.048, "rr12": 0.058, "rr24": 0.070}
#: Rows that never come: single ones, and whole days of a station.
_LOST_ROWS, _LOST_DAYS = 0.012, 0.008
#: Equipment and outages belong to the place, so they do not follow the seed of the weather.
_EQUIPMENT_SEED = 62


def _equipment(stations: Sequence[Station]) -> dict[str, NDArray[np.bool_]]:
    keys = station_keys(s.id for s in stations)
    metropolitan = np.array([s.is_metropolitan for s in stations])
    draws = uniform(_EQUIPMENT_SEED, 1, keys, np.arange(len(_EQUIPPED)))
    has = {
        group: draw < np.where(metropolitan, at_home, overseas)
        for draw, (group, (at_home, overseas)) in zip(draws, _EQUIPPED.items(), strict=True)
    }
    latitude = np.array([abs(s.latitude) for s in stations])
    has["day_extremes"] &= latitude < 25
    has["rain"] = latitude < 60
    has["sea_level"] = np.array([s.altitude_m <= _SEA_LEVEL_LIMIT_M for s in stations])
    return has


def report(month: MonthWeather, seed: int) -> tuple[dict[str, Ints], NDArray[np.bool_]]:
    """What the stations report of a month: (values by column, which rows exist), arrays of shape (slots, stations).

    Columns that no station fills (niv_bar, sw, tw, phenspe*, the fourth cloud layer) are absent from the mapping.
    """
    has = _equipment(month.stations)
    keys = station_keys(s.id for s in month.stations)
    slots = month.slots
    values = dict(month.values)
    shape = values["t"].shape
    everywhere = np.ones(shape, dtype=bool)
    hour = (slots % SLOTS_PER_DAY * SLOT_HOURS)[:, None]

    def keep(names: str, where: NDArray[np.bool_]) -> None:
        for name in names.split():
            values[name] = np.where(where, values[name], MISSING).astype(np.int32, copy=False)

    values["per"] = np.full(shape, -10, dtype=np.int32)
    # The two periods found in the archives; which one is the station's habit.
    values["perssfrai"] = np.where(keys % np.uint64(2) == 0, -60, -30) * np.ones(shape, dtype=np.int32)

    lost = {
        group: uniform(seed, 100 + number, keys, slots) < rate for number, (group, rate) in enumerate(_LOST.items())
    }
    no_temperature, no_humidity = lost["temperature"], lost["temperature"] | lost["humidity"]
    keep("t tminsol", ~no_temperature)
    keep("td u", ~no_humidity)
    keep("dd ff", ~lost["wind"])
    keep("pres tend cod_tend tend24", ~lost["pressure"])
    keep("pmer", has["sea_level"] & ~lost["pressure"])
    keep("geop", ~has["sea_level"] & ~lost["pressure"])
    keep("raf10 rafper per", has["gusts"] & ~lost["gusts"])
    half_days = ~has["day_extremes"]
    keep("tn12 tx12", half_days & np.isin(hour, (6, 18)) & ~no_temperature)
    keep("tn24 tx24", has["day_extremes"] & ~no_temperature)
    keep("tminsol", has["grass"] & everywhere)
    keep("vv ww", has["visibility"] & ~lost["sky"])
    keep("nbas hbas nnuage1 hnuage1 nnuage2 hnuage2 nnuage3 hnuage3", has["clouds"] & ~lost["sky"])
    # Only people tell the kinds of cloud and the past weather; they work by day. Ceilometers see no more than an overcast.
    watched = has["observer"] & (hour >= 6) & (hour <= 18) & ~lost["sky"]
    keep("w1 w2 cl cm ch ctype1 ctype2 ctype3", watched)
    keep("n", watched | (has["clouds"] & (values["n"] >= 75) & ~lost["sky"]))
    keep("ht_neige", has["snow"] & everywhere)
    keep("etat_sol", has["ground"] & everywhere)
    keep("ssfrai perssfrai", has["fresh_snow"] & everywhere)
    rain_lost = uniform(seed, 110, keys, slots)
    for name, rate in _LOST_RAIN.items():
        keep(name, has["rain"] & (rain_lost >= rate))

    days = slots // SLOTS_PER_DAY
    present = (uniform(seed, 111, keys, slots) >= _LOST_ROWS) & (uniform(seed, 112, keys, days) >= _LOST_DAYS)
    return values, present


# -- what the provider publishes -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Publication:
    """How reports reach the archive.

    ``start`` and ``end`` are the first and last day (inclusive). ``as_of`` is when the archive was captured (UTC without zone):
    what arrives later is not in it; None is "long after". With ``revisions`` the provider behaves as it does:

    * about 1.5 % of rows are corrected 5 hours to 9 days after the first version: gusts, rain, tendencies or wind were missing
      and appear, were there and disappear, or change;
    * about 1 % of rows arrive 6 hours to 9 days late, single ones and whole days of a station;
    * about one slot in 500 is published twice for nearly all stations.

    From 2025 on the yearly layout keeps both versions of a corrected row, told apart by ``insert_time``.

    ``fault_rate`` is the share of rows given an absurd value, as found in the archives of 1996: t 369.15 K, pmer 109,860 Pa,
    rr24 994.7 mm, u 1 %, or a dew point 3 K above the temperature.
    """

    start: dt.date
    end: dt.date
    as_of: dt.datetime | None = None
    revisions: bool = False
    fault_rate: float = 0.0

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError(f"the archive ends on {self.end}, before it starts on {self.start}")
        if not 0 <= self.fault_rate < 1:
            raise ValueError(f"fault rate {self.fault_rate}: a share of rows, at least 0 and below 1")


_CORRECTED_ROWS, _LATE_ROWS, _LATE_DAYS, _DOUBLED_SLOTS = 0.015, 0.004, 0.006, 1 / 500
#: When the second copy of a doubled slot comes in, after the first.
_DOUBLED_AFTER_S = 6 * 3600
#: The columns that change in corrections of the real archive; ``per`` follows ``rafper``.
_REVISED = ("rafper", "rr1", "tend24", "raf10", "ff", "rr24", "tminsol")
_FAULTS: tuple[tuple[str, int], ...] = (("t", 960), ("pmer", 109_860), ("rr24", 9947), ("u", 1))


@dataclass(slots=True)
class _Rows:
    """Published rows, one-dimensional arrays of equal length; ``inserted`` in seconds since 1970."""

    station: NDArray[np.int64]
    slot: NDArray[np.int64]
    inserted: NDArray[np.int64]
    values: dict[str, Ints]

    def take(self, index: NDArray[np.int64]) -> _Rows:
        return _Rows(
            self.station[index], self.slot[index], self.inserted[index], {k: v[index] for k, v in self.values.items()}
        )


def _publish(
    month: MonthWeather, seed: int, publication: Publication, layout: Layout
) -> tuple[list[_Rows], NDArray[np.int64]]:
    """The rows of a month as parts, and the order in which the concatenated parts are written."""
    values, present = report(month, seed)
    keys, slots = station_keys(s.id for s in month.stations), month.slots
    count = len(month.stations)
    slot_start = slots * (SLOT_HOURS * 3600)
    first, last = (_at_midnight(day) for day in (publication.start, publication.end + dt.timedelta(days=1)))
    present &= ((slot_start >= first) & (slot_start < last))[:, None]
    limit = np.inf if publication.as_of is None else (publication.as_of - EPOCH).total_seconds()

    # A report is in the database two to eight minutes after the hour of observation.
    seconds = (120 + 360 * uniform(seed, 120, keys, slots)).astype(np.int64)
    if publication.revisions:
        late = uniform(seed, 121, keys, slots) < _LATE_ROWS
        late_day = uniform(seed, 122, keys, slots // SLOTS_PER_DAY) < _LATE_DAYS
        wait_h = 6 + 210 * np.where(
            late_day, uniform(seed, 123, keys, slots // SLOTS_PER_DAY), uniform(seed, 124, keys, slots)
        )
        seconds += np.where(late | late_day, (wait_h * 3600).astype(np.int64), 0)
    arrived = slot_start[:, None] + seconds
    visible = (present & (arrived <= limit)).ravel()

    base = _Rows(
        np.tile(np.arange(count), len(slots)), np.repeat(slots, count), arrived.ravel(),
        {name: array.ravel() for name, array in values.items()},
    )  # fmt: skip
    _plant_faults(base, uniform(seed, 130, keys, slots).ravel(), publication.fault_rate)
    parts, chosen = [base], [np.flatnonzero(visible)]
    copy = [np.zeros(len(chosen[0]), dtype=np.int64)]
    if publication.revisions:
        keeps_versions = layout == "yearly" and month.first.year >= FIRST_YEAR_WITH_INSERT_TIME
        marked = np.flatnonzero(visible & (uniform(seed, 125, keys, slots).ravel() < _CORRECTED_ROWS))
        wait_h = 5 + 200 * uniform(seed, 126, keys, slots).ravel()[marked]
        corrected_at = base.inserted[marked] + (wait_h * 3600).astype(np.int64)
        draft = base.take(marked)
        dice = [uniform(seed, 140 + n, keys, slots).ravel()[marked] for n in range(len(_REVISED))]
        final = _revise(draft, dice)
        final.inserted = corrected_at
        _write_back(base, marked, draft)
        known = corrected_at <= limit
        if not keeps_versions:
            _write_back(base, marked[known], final.take(np.flatnonzero(known)))
        else:
            parts.append(final)
            chosen.append(len(base.slot) + np.flatnonzero(known))
            copy.append(np.ones(int(known.sum()), dtype=np.int64))
        doubled = uniform(seed, 127, np.zeros(1, dtype=np.uint64), slots)[:, 0] < _DOUBLED_SLOTS
        twice = doubled[:, None] & (uniform(seed, 128, keys, slots) < 0.98)
        twice &= arrived + _DOUBLED_AFTER_S <= limit
        again = np.flatnonzero(visible & twice.ravel())
        if len(again):
            second = base.take(again)
            second.inserted = second.inserted + _DOUBLED_AFTER_S
            chosen.append(sum(len(part.slot) for part in parts) + np.arange(len(again)))
            parts.append(second)
            copy.append(np.full(len(again), 2))
    order = np.concatenate(chosen)
    if len(parts) > 1:
        station, slot = (np.concatenate([getattr(p, name) for p in parts])[order] for name in ("station", "slot"))
        rank = np.concatenate(copy)
        # By date, then station; a slot published twice comes as a second run through the stations.
        order = order[np.lexsort((rank, station, rank == 2, slot))]
    return parts, order


def _at_midnight(day: dt.date) -> int:
    return int((dt.datetime(day.year, day.month, day.day) - EPOCH).total_seconds())


def _plant_faults(rows: _Rows, draw: Floats, rate: float) -> None:
    """Absurd values in a share of the rows, in place; the kind follows from the same draw."""
    hit = np.flatnonzero(draw < rate)
    if not len(hit):
        return
    kind = (draw[hit] / rate * (len(_FAULTS) + 1)).astype(np.int64)
    for number, (name, value) in enumerate(_FAULTS):
        rows.values[name] = rows.values[name].copy()
        rows.values[name][hit[kind == number]] = value
    damp = hit[kind == len(_FAULTS)]
    damp = damp[rows.values["t"][damp] != MISSING]
    rows.values["td"] = rows.values["td"].copy()
    rows.values["td"][damp] = rows.values["t"][damp] + 30


def _revise(draft: _Rows, dice: Sequence[Floats]) -> _Rows:
    """The corrected version of the rows; ``draft`` is changed, in place, into what was published first."""
    final = draft.take(np.arange(len(draft.slot)))
    for name, die in zip(_REVISED, dice, strict=True):
        reported = draft.values[name] != MISSING
        # A third comes later, a fifth changes, an eighth is withdrawn; the rest of the row stays.
        draft.values[name][reported & (die < 0.33)] = MISSING
        changed = reported & (die >= 0.33) & (die < 0.53)
        draft.values[name][changed] += 10 if name == "tend24" else 2
        final.values[name][reported & (die >= 0.53) & (die < 0.65)] = MISSING
    for rows in (draft, final):
        rows.values["per"][rows.values["rafper"] == MISSING] = MISSING
    # A gust below the mean or below the other gust would be a contradiction that no correction leaves behind.
    for rows in (draft, final):
        for lower, upper in (("ff", "raf10"), ("raf10", "rafper")):
            both = (rows.values[lower] != MISSING) & (rows.values[upper] != MISSING)
            raised = np.maximum(rows.values[upper], rows.values[lower])
            rows.values[upper] = np.where(both, raised, rows.values[upper]).astype(np.int32)
    return final


def _write_back(base: _Rows, index: NDArray[np.int64], rows: _Rows) -> None:
    for name in (*_REVISED, "per"):
        base.values[name] = base.values[name].copy()
        base.values[name][index] = rows.values[name]


# -- bytes ---------------------------------------------------------------------------------------------------------------


def _render(rows: _Rows, stations: Sequence[Station], layout: Layout, with_insert_time: bool) -> NDArray[np.uint8]:
    """One row of a byte matrix per row, every column at its full width; unused bytes are 0."""
    columns = _key_columns(rows, stations, layout, with_insert_time)
    for name in MEASURES:
        cells = _cells(name, layout)
        if name not in rows.values:
            columns.append(cells[-1:])
            continue
        fmt, values = _FORMATS[name], rows.values[name]
        missing = values == MISSING
        index = np.where(missing, 0, values - fmt.low) // fmt.step if fmt.step > 1 else values - fmt.low
        index = np.where(missing, len(cells) - 1, index)
        if len(index) and (index.min() < 0 or index.max() >= len(cells)):
            raise ValueError(f"{name}: a value outside {fmt.low} .. {fmt.high} cannot be written")
        columns.append(cells[index])
    matrix = np.zeros((len(rows.slot), sum(c.dtype.itemsize for c in columns)), dtype=np.uint8)
    at = 0
    for column in columns:
        width = column.dtype.itemsize
        matrix[:, at : at + width] = column.view(np.uint8).reshape(-1, width)
        at += width
    return matrix


def _key_columns(
    rows: _Rows, stations: Sequence[Station], layout: Layout, with_insert_time: bool
) -> list[NDArray[np.bytes_]]:
    slots, slot_index = np.unique(rows.slot, return_inverse=True)
    seconds = slots * (SLOT_HOURS * 3600)
    if layout == "monthly":
        names = np.array([f"{s.id};".encode() for s in stations])
        digits = np.char.replace(np.char.replace(np.char.replace(_iso(seconds), b"-", b""), b"T", b""), b":", b"")
        return [names[rows.station], np.char.add(np.char.replace(digits, b"Z", b""), b";")[slot_index]]
    names = np.array([f"{s.latitude};{s.longitude};{s.id};{s.wigos_id};{s.name};".encode() for s in stations])
    validity = np.char.add(_iso(seconds), b";")[slot_index]
    if not with_insert_time:
        return [names[rows.station], np.full(len(rows.slot), b";;"), validity]
    inserted = np.char.add(_iso(rows.inserted), b";")
    # The file's own clock: the report is issued some minutes after it was stored.
    issued = np.char.add(_iso(rows.inserted + 455), b";")
    return [names[rows.station], issued, inserted, validity]


def _iso(seconds: NDArray[np.int64]) -> NDArray[np.bytes_]:
    return np.char.add(np.datetime_as_string(seconds.astype("datetime64[s]"), unit="s").astype("S19"), b"Z")


def month_rows(weather: Weather, year: int, month: int, publication: Publication, layout: Layout) -> tuple[bytes, int]:
    """(the lines of one month without header, their number)."""
    block = weather.month(year, month)
    parts, order = _publish(block, weather.seed, publication, layout)
    with_insert_time = year >= FIRST_YEAR_WITH_INSERT_TIME
    matrices = [_render(part, weather.stations, layout, with_insert_time) for part in parts]
    matrix = matrices[0] if len(matrices) == 1 else np.concatenate(matrices)
    return matrix[order].tobytes().translate(None, b"\0"), len(order)


@dataclass(frozen=True, slots=True)
class ArchiveFile:
    """One file of an archive: its name without ``.gz``, and the months inside."""

    name: str
    layout: Layout
    months: tuple[tuple[int, int], ...]


def archive_files(start: dt.date, end: dt.date, layout: Layout) -> list[ArchiveFile]:
    """The files that the days from ``start`` to ``end`` (inclusive) fall into, oldest first."""
    months = [divmod(m, 12) for m in range(start.year * 12 + start.month - 1, end.year * 12 + end.month)]
    calendar = [(year, month + 1) for year, month in months]
    if layout == "monthly":
        return [ArchiveFile(f"synop.{y}{m:02d}.csv", layout, ((y, m),)) for y, m in calendar]
    years = sorted({y for y, _ in calendar})
    return [ArchiveFile(f"synop_{y}.csv", layout, tuple(p for p in calendar if p[0] == y)) for y in years]


def file_parts(file: ArchiveFile, weather: Weather, publication: Publication) -> Iterator[tuple[bytes, int]]:
    """The plain bytes of a file in order, each with its number of data rows: the header, then month by month."""
    header = MONTHLY_HEADER if file.layout == "monthly" else YEARLY_HEADER
    yield f"{header}\n".encode(), 0
    for year, month in file.months:
        yield month_rows(weather, year, month, publication, file.layout)


def open_gzip(stream: IO[bytes], level: int) -> gzip.GzipFile:
    """A gzip writer without file name and time inside, so that equal rows are equal bytes."""
    return gzip.GzipFile(filename="", mode="wb", fileobj=stream, compresslevel=level, mtime=0)
