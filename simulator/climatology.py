"""Climatological days, as Météo-France's BASE files of rain, temperature and wind hold them.

A day is made of the same weather as the reports of :mod:`simulator.synop`: under one seed, a post with the WMO number of a
published station has exactly its weather. Tn is over (D-1 18, D 18] UTC, Tx and rain over (D 06, D+1 06], the rest over the
UTC day.
"""

from __future__ import annotations

import datetime as dt
import functools
import gzip
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from simulator import SIMULATOR_VERSION
from simulator.archive import MARKER, ArchiveSummary, check_marker, write_bytes
from simulator.events import EventCalendar, events_of_year
from simulator.noise import Floats, station_keys, uniform
from simulator.stations import Station, published_stations, station_at
from simulator.weather import MISSING, SLOT_HOURS, SLOTS_PER_DAY, Ints, Weather

STATION_LIST = "liste-stations-obs-metropole-om.csv"
FIRST_YEAR_OF_PREVIOUS = 1950

#: Values in the order of the official field description; each is followed by its quality code.
VALUES = (
    "RR TN HTN TX HTX TM TNTXM TAMPLI TNSOL TN50 DG FFM FF2M FXY DXY HXY FXI DXI HXI FXI2 DXI2 HXI2 FXI3S DXI3S HXI3S DRR"
).split()
HEADER = ";".join(
    ["NUM_POSTE", "NOM_USUEL", "LAT", "LON", "ALTI", "AAAAMMJJ", *(n for value in VALUES for n in (value, f"Q{value}"))]
)
#: Few posts measure the wind at 2 m; none of these do.
NEVER_MEASURED = ("FF2M", "FXI2", "DXI2", "HXI2")
_IN_TENTHS = frozenset("RR TN TX TM TNTXM TAMPLI TNSOL TN50 FFM FXY FXI FXI3S".split())

#: A doubtful value (code 2) is off by so many tenths of its unit (degrees C, mm): a figure that used it would show it.
DOUBTFUL_BY_TENTHS = 150
#: Share of values that are doubtful: over thirty posts, a day in two years or so lacks one of its extremes.
DOUBTFUL_RATE = 2e-5
#: Upper ends of the shares of the good codes: protected, validated, filtered.
_GOOD_CODES = ((0.25, 0), (0.85, 1), (1.0, 9))

#: Streams of noise, apart from those of the weather, which end at 44.
_STREAM_MINUTES, _STREAM_CODES, _STREAM_DOUBT = 60, 70, 110

#: Like SYNOP's archives: called after each file with (file name, files done, files in all, rows so far).
Progress = Callable[[str, int, int, int], None]


@dataclass(frozen=True, slots=True)
class Post:
    """A post of the climatological network, with days from ``begins`` to ``ends`` (None: as far as is asked for)."""

    id: str
    name: str
    latitude: float
    longitude: float
    altitude_m: int
    wmo_id: str | None = None
    begins: dt.date | None = None
    ends: dt.date | None = None

    @property
    def department(self) -> str:
        """Météo-France's number: three digits overseas, 20 in Corsica."""
        return self.id[:3] if self.id[:2] in ("97", "98") else self.id[:2]

    @property
    def station(self) -> Station:
        """What gives it its weather: the published station of its WMO number, else a station at its place."""
        for published in published_stations():
            if published.id == self.wmo_id:
                return published
        return station_at(self.id, self.name, self.latitude, self.longitude, self.altitude_m)


# number, name, latitude, longitude, altitude (m), WMO number
_TABLE = """
06088001|NICE|43.65|7.21|2|07690
13054001|MARIGNANE|43.44|5.22|9|07650
14137001|CAEN-CARPIQUET|49.18|-0.46|67|07027
16089001|COGNAC|45.67|-0.32|30|07412
20148001|BASTIA|42.54|9.49|10|07790
21473001|DIJON-LONGVIC|47.27|5.09|219|07280
25056001|BESANCON|47.25|5.99|307|07288
26198001|MONTELIMAR|44.58|4.73|73|07577
29075001|BREST-GUIPAVAS|48.45|-4.39|92|07110
30189001|NIMES-COURBESSAC|43.86|4.41|59|07645
31069001|TOULOUSE-BLAGNAC|43.62|1.38|151|07630
33281001|BORDEAUX-MERIGNAC|44.83|-0.69|47|07510
35281001|RENNES-ST JACQUES|48.07|-1.73|36|07130
36063001|CHATEAUROUX  DEOLS|46.87|1.74|158|07354
44020001|NANTES-BOUGUENAIS|47.15|-1.61|26|07222
45055001|ORLEANS|47.99|1.78|123|07249
47091001|AGEN-LA GARENNE|44.17|0.59|58|07524
51183001|REIMS-COURCY|49.31|4.05|91|
51449002|REIMS-PRUNAY|49.21|4.16|95|07072
54526001|NANCY-ESSEY|48.69|6.22|212|07180
58160001|NEVERS-MARZY|47.00|3.11|175|07260
59343001|LILLE-LESQUIN|50.57|3.10|47|07015
63113001|CLERMONT-FD|45.79|3.15|331|07460
64549001|PAU-UZEIN|43.39|-0.42|183|07610
66136001|PERPIGNAN|42.74|2.87|42|07747
67124001|STRASBOURG-ENTZHEIM|48.55|7.64|150|07190
69029001|LYON-BRON|45.72|4.95|202|07480
72181001|LE MANS|47.95|0.19|51|07235
73054001|BOURG ST MAURICE|45.61|6.76|865|07497
75114001|PARIS-MONTSOURIS|48.82|2.34|75|07156
86027001|POITIERS-BIARD|46.59|0.31|123|07335
"""


#: The post of Reims moved from Courcy to Prunay; this was the last day at Courcy.
REIMS_MOVED_ON = dt.date(2012, 5, 7)
_BEGINS = {"51449002": REIMS_MOVED_ON + dt.timedelta(days=1)}
_ENDS = {"51183001": REIMS_MOVED_ON}


@functools.cache
def indicator_posts() -> tuple[Post, ...]:
    """The thirty posts of the national thermal indicator, Reims at both its places, in the order of their numbers."""
    rows = (line.split("|") for line in _TABLE.strip().splitlines())
    return tuple(
        Post(
            number, name, float(lat), float(lon), int(altitude), wmo_id or None, _BEGINS.get(number), _ENDS.get(number)
        )
        for number, name, lat, lon, altitude, wmo_id in rows
    )


def write_climatology(
    folder: str | os.PathLike[str],
    start: dt.date,
    end: dt.date,
    seed: int = 1,
    *,
    posts: Sequence[Post] | None = None,
    doubtful_rate: float = DOUBTFUL_RATE,
    calendar: EventCalendar = events_of_year,
    progress: Progress | None = None,
) -> ArchiveSummary:
    """Write the days from ``start`` to ``end`` (both included) of ``posts`` (the indicator's) into ``folder``, and their list.

    Files are named as published in the year of ``end``: a department's days up to two years before it in ``previous-1950-Y``, the
    last two years in ``latest-Y-Y``, those before 1950 under the department's first year.

    Raises ``ValueError`` for an impossible request and :class:`simulator.archive.NotSimulatedError` when the folder holds
    other archives.
    """
    began = time.perf_counter()
    if start > end:
        raise ValueError(f"{start} is after {end}")
    chosen = indicator_posts() if posts is None else tuple(sorted(posts, key=lambda post: post.id))
    if not chosen:
        raise ValueError("climatology needs at least one post")
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    recipe = {"simulator_version": SIMULATOR_VERSION, "seed": seed, "kind": "climatology", "posts": len(chosen)}
    check_marker(target, recipe, "Q_*.csv*")
    events = [asdict(event) for year in range(start.year, end.year + 1) for event in calendar(year)]
    marker = recipe | {"start": start, "end": end, "doubtful_rate": doubtful_rate, "events": events}
    write_bytes(target / MARKER, (json.dumps(marker, indent=1, default=str) + "\n").encode())
    written = [write_bytes(target / STATION_LIST, _station_list(chosen), len(chosen))]
    weather = Weather(seed, [post.station for post in chosen], calendar)
    lines: dict[str, list[list[str]]] = {}  # file -> for each post of its department, in order, its lines
    of_post: dict[tuple[str, str], list[str]] = {}
    for days, values, codes in _months(weather, start, end, doubtful_rate):
        for position, post in enumerate(chosen):
            rendered = _rendered(post, days, values, codes, position)
            for day, line in zip(days, rendered, strict=True):
                if start <= day <= end and (post.begins or day) <= day <= (post.ends or day):
                    file = _file_name(post.department, day, start, end)
                    if (file, post.id) not in of_post:
                        of_post[file, post.id] = []
                        lines.setdefault(file, []).append(of_post[file, post.id])
                    of_post[file, post.id].append(line)
    rows = 0
    for number, file in enumerate(sorted(lines), start=1):
        body = [HEADER, *(line for of_one in lines[file] for line in of_one)]
        rows += len(body) - 1
        content = gzip.compress(("\n".join(body) + "\n").encode("ascii"), compresslevel=1, mtime=0)
        written.append(write_bytes(target / file, content, len(body) - 1))
        if progress:
            progress(file, number, len(lines), rows)
    return ArchiveSummary(target, tuple(written), time.perf_counter() - began)


def _file_name(department: str, day: dt.date, start: dt.date, end: dt.date) -> str:
    if day.year < FIRST_YEAR_OF_PREVIOUS:
        period = f"{start.year}-{FIRST_YEAR_OF_PREVIOUS - 1}"
    elif day.year <= end.year - 2:
        period = f"previous-{FIRST_YEAR_OF_PREVIOUS}-{end.year - 2}"
    else:
        period = f"latest-{end.year - 1}-{end.year}"
    return f"Q_{department}_{period}_RR-T-Vent.csv.gz"


def _months(
    weather: Weather, start: dt.date, end: dt.date, doubtful_rate: float
) -> Iterator[tuple[list[dt.date], dict[str, Ints], dict[str, Ints]]]:
    """Month by month: its days, the values (in the integers of the file, shape (days, posts)) and the codes.

    A day needs the reports up to 06 UTC of the next, so each month is computed with the one after it.
    """
    first = start.replace(day=1)
    month = weather.month(first.year, first.month)
    while first <= end:
        following = (first + dt.timedelta(days=32)).replace(day=1)
        next_month = weather.month(following.year, following.month)
        blocks = {
            name: np.vstack((month.values[name], next_month.values[name][:SLOTS_PER_DAY])) for name in month.values
        }
        days = [first + dt.timedelta(days=n) for n in range((following - first).days)]
        ordinals = np.array([day.toordinal() for day in days], dtype=np.int64)
        values = _days(weather, blocks, ordinals)
        yield days, values, _judge(weather, values, ordinals, doubtful_rate)
        first, month = following, next_month


def _days(
    weather: Weather, blocks: dict[str, Ints], ordinals: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> dict[str, Ints]:
    """The values of each day from the eight reports of a day (00, 03 ... 21 UTC) and those of the next."""
    count = len(ordinals)
    keys = station_keys(station.id for station in weather.stations)

    def at(name: str, hour: int) -> Ints:
        """The report of an hour of the day (30 is 06 of the next)."""
        return blocks[name][hour // SLOT_HOURS :: SLOTS_PER_DAY][:count]

    def of_hours(name: str, hours: Sequence[int]) -> Ints:
        return np.stack([at(name, hour) for hour in hours])

    def clock(position: Ints, hours: Sequence[int], number: int) -> Ints:
        """hhmm of a moment within the three hours that end with the report at `position` of `hours`."""
        back = (uniform(weather.seed, _STREAM_MINUTES + number, keys, ordinals) * SLOT_HOURS * 60).astype(np.int32)
        minutes = (np.array(hours)[position] * 60 - back) % (24 * 60)
        return (minutes // 60 * 100 + minutes % 60).astype(np.int32)

    utc_day = range(0, 24, SLOT_HOURS)
    # the reports of 21, 00 ... 18 end within (D-1 18, D 18]; that of 21 belongs to the day before
    night_and_day, day_and_night = range(0, 19, SLOT_HOURS), range(9, 31, SLOT_HOURS)
    tn = np.minimum(at("tn12", 6), at("tn12", 18))
    tx = np.maximum(at("tx12", 18), at("tx12", 30))
    t, ff, gust = of_hours("t", utc_day), of_hours("ff", utc_day), of_hours("rafper", utc_day)
    windiest, gustiest = ff.argmax(axis=0), gust.argmax(axis=0)
    directions = of_hours("dd", utc_day)
    wet = of_hours("rr3", day_and_night)
    grass = at("tminsol", 6)
    values: dict[str, Ints] = {
        "RR": np.maximum(at("rr24", 30), 0),  # a trace is printed as 0
        "TN": tn,
        "HTN": clock(of_hours("t", night_and_day).argmin(axis=0), night_and_day, 0),
        "TX": tx,
        "HTX": clock(of_hours("t", day_and_night).argmax(axis=0), day_and_night, 1),
        "TM": np.rint(t.mean(axis=0)),
        "TNTXM": (tn + tx + 1) // 2,  # halves up
        "TAMPLI": tx - tn,
        "TNSOL": grass,
        "TN50": (grass + at("tn12", 6)) // 2,
        "DG": (t <= 0).sum(axis=0) * SLOT_HOURS * 60,
        "FFM": np.rint(ff.mean(axis=0)),
        "FXY": ff.max(axis=0),
        "DXY": np.take_along_axis(directions, windiest[None], axis=0)[0],
        "HXY": clock(windiest, utc_day, 2),
        "FXI": gust.max(axis=0),
        "DXI": np.take_along_axis(directions, gustiest[None], axis=0)[0],
        "HXI": clock(gustiest, utc_day, 3),
        "FXI3S": np.rint(gust.max(axis=0) * 0.95),
        "DXI3S": np.take_along_axis(directions, gustiest[None], axis=0)[0],
        "HXI3S": clock(gustiest, utc_day, 3),
        "DRR": np.minimum(np.where(wet > 0, 20 + 4 * wet, 0), SLOT_HOURS * 60).sum(axis=0),
    }
    never = np.full(tn.shape, MISSING, dtype=np.int32)
    return {name: values[name].astype(np.int32) if name in values else never for name in VALUES}


def _judge(
    weather: Weather,
    values: dict[str, Ints],
    ordinals: np.ndarray[tuple[int], np.dtype[np.int64]],
    doubtful_rate: float,
) -> dict[str, Ints]:
    """The quality code of every value; what is doubtful is put off the truth here, with all that follows from it."""
    keys = station_keys(station.id for station in weather.stations)

    def draw(stream: int) -> Floats:
        return uniform(weather.seed, stream, keys, ordinals)

    codes: dict[str, Ints] = {}
    for number, name in enumerate(VALUES):
        chance = draw(_STREAM_CODES + number)
        good = np.select([chance < share for share, _ in _GOOD_CODES], [code for _, code in _GOOD_CODES])
        codes[name] = good.astype(np.int32)
    for number, name in enumerate(("TN", "TX", "RR")):
        doubtful = draw(_STREAM_DOUBT + number) < doubtful_rate
        off = -DOUBTFUL_BY_TENTHS if name == "TN" else DOUBTFUL_BY_TENTHS
        values[name] = np.where(doubtful, values[name] + off, values[name]).astype(np.int32)
        for follows in (name, "TNTXM", "TAMPLI") if name != "RR" else (name,):
            codes[follows] = np.where(doubtful, 2, codes[follows]).astype(np.int32)
    values["TNTXM"] = (values["TN"] + values["TX"] + 1) // 2
    values["TAMPLI"] = values["TX"] - values["TN"]
    return codes


def _rendered(
    post: Post, days: Sequence[dt.date], values: dict[str, Ints], codes: dict[str, Ints], position: int
) -> list[str]:
    """The lines of a post's days. The number of the post has a blank before it, as in the provider's files."""
    known = f" {post.id};{post.name};{post.latitude:.6f};{post.longitude:.6f};{post.altitude_m}"
    cells = []
    for name in VALUES:
        column = values[name][:, position].tolist()
        if name in NEVER_MEASURED:
            cells += [[""] * len(days)] * 2
            continue
        cells.append([f"{value / 10:.1f}" if name in _IN_TENTHS else str(value) for value in column])
        cells.append([str(code) for code in codes[name][:, position].tolist()])
    return [f"{known};{day:%Y%m%d};" + ";".join(row) for day, row in zip(days, zip(*cells, strict=True), strict=True)]


def _station_list(posts: Sequence[Post]) -> bytes:
    """The list of the observation API, which says which post has which WMO number."""
    lines = ["Id_station;Id_omm;Nom_usuel;Latitude;Longitude;Altitude;Date_ouverture;Pack"]
    lines += [
        f"{post.id};{post.wmo_id or ''};{post.name};{post.latitude:.6f};{post.longitude:.6f};{post.altitude_m};"
        f"{post.begins or post.station.opened_on};RADOME"
        for post in posts
    ]
    return ("\n".join(lines) + "\n").encode("ascii")
