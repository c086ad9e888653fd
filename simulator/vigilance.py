"""Météo-France's vigilance map, made of the simulated weather that is to come.

:class:`Vigilance` is a route for :class:`simulator.server.SimulatorServer`: the map in force, as the portal answers it, behind
its key. Domains are the departments of metropolitan France, each with the weather of one place, and ``FRA``; the forecaster knows
the weather, so that an orange department has its storm. Maps are made at 06 and 16 h legal time, taken as UTC+1 all year round.
"""

from __future__ import annotations

import datetime as dt
import functools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import numpy as np

from simulator.climatology import indicator_posts
from simulator.server import Request, Response
from simulator.stations import Station, station_at
from simulator.weather import SLOT_HOURS, Ints, MonthWeather, Weather, moment_of, slot_of

PATH = "DPVigilance/v1/cartevigilance/encours"

ISSUED_AT_UTC = (5, 15)
"""Hours of the day at which a map is made."""

DAY_BEGINS_UTC = 23
"""Midnight of legal time: where the map's two periods, today and tomorrow, meet."""

GREEN = 1
SERIES = {
    # phenomenon -> series of the weather (integers, tenths), its sign, least value of yellow, orange, red
    "1": ("rafper", 1, (220, 280, 400)),  # wind: gusts of 80, 100, 145 km/h
    "2": ("rr24", 1, (300, 600, 1200)),  # rain: 30, 60, 120 mm in 24 h
    "6": ("t", 1, (340, 370, 410)),  # heat: 34, 37, 41 degrees C
    "7": ("t", -1, (60, 120, 180)),  # cold: -6, -12, -18 degrees C
}
"""Round numbers of the simulator's own: the real forecaster weighs more than one number."""

ALWAYS_GREEN = ("3", "4", "5", "8")
"""Thunderstorms, floods (without stretches of time, as the provider's), snow, avalanches: there are none here."""

# department, latitude, longitude, altitude (m): its prefecture, where no post of the thermal indicator lies in it
_PREFECTURES = """
01|46.21|5.23|240
02|49.56|3.62|85
03|46.57|3.33|220
04|44.09|6.24|610
05|44.56|6.08|740
07|44.74|4.60|300
08|49.77|4.72|150
09|42.97|1.61|390
10|48.30|4.08|110
11|43.21|2.35|110
12|44.35|2.57|600
15|44.93|2.44|640
17|46.16|-1.15|10
18|47.08|2.40|150
19|45.27|1.77|250
22|48.51|-2.76|90
23|46.17|1.87|440
24|45.18|0.72|90
27|49.02|1.15|70
28|48.45|1.48|150
2A|41.93|8.74|10
32|43.65|0.58|140
34|43.61|3.88|40
37|47.39|0.69|55
38|45.19|5.72|215
39|46.67|5.55|260
40|43.89|-0.50|40
41|47.59|1.33|80
42|45.43|4.39|520
43|45.04|3.88|630
46|44.45|1.44|130
48|44.52|3.50|740
49|47.47|-0.55|40
50|49.12|-1.09|30
52|48.11|5.14|310
53|48.07|-0.77|70
55|48.77|5.16|190
56|47.66|-2.76|20
57|49.12|6.18|180
60|49.43|2.08|70
61|48.43|0.09|140
62|50.29|2.78|70
65|43.23|0.07|310
68|48.08|7.36|190
70|47.62|6.15|230
71|46.31|4.83|180
74|45.90|6.13|450
76|49.44|1.10|10
77|48.54|2.66|60
78|48.80|2.13|130
79|46.32|-0.46|30
80|49.89|2.30|30
81|43.93|2.15|170
82|44.02|1.35|90
83|43.12|5.93|10
84|43.95|4.81|30
85|46.67|-1.43|70
87|45.83|1.26|290
88|48.17|6.45|340
89|47.80|3.57|110
90|47.64|6.86|360
91|48.63|2.44|80
92|48.89|2.21|40
93|48.91|2.44|45
94|48.79|2.46|45
95|49.04|2.06|50
"""


@functools.cache
def departments() -> dict[str, Station]:
    """Code to the station that gives the department its weather: the indicator's post in it, else one at its prefecture."""
    found = {
        ("2B" if post.department == "20" else post.department): post.station
        for post in indicator_posts()
        if post.ends is None
    }
    for line in _PREFECTURES.strip().splitlines():
        code, latitude, longitude, altitude = line.split("|")
        found[code] = station_at(f"prefecture{code}", code, float(latitude), float(longitude), int(altitude))
    return dict(sorted(found.items()))


@functools.lru_cache(maxsize=4)
def _month(seed: int, year: int, month: int) -> MonthWeather:
    """The weather of the departments. Maps made one after the other are of the same month or two."""
    return Weather(seed, list(departments().values())).month(year, month)


@dataclass(frozen=True)
class Vigilance:
    """The route. ``now`` says what time it is (UTC, without zone)."""

    seed: int
    now: Callable[[], dt.datetime]
    key: str

    def __call__(self, request: Request) -> Response:
        if request.path.strip("/") != PATH:
            return Response(HTTPStatus.NOT_FOUND, b'{"message": "No context-path matches the request URI."}')
        if request.headers.get("apikey") != self.key:
            return Response(HTTPStatus.UNAUTHORIZED, b'{"message": "Invalid Credentials"}')
        body = json.dumps(vigilance_map(self.seed, issued_before(self.now()))).encode()
        return Response(HTTPStatus.OK, body, {"Content-Type": "application/json"})


def issued_before(moment: dt.datetime) -> dt.datetime:
    """When the map in force at a moment was made."""
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    issues = [midnight + dt.timedelta(hours=hour - 24 * back) for back in (1, 0) for hour in ISSUED_AT_UTC]
    return max(issue for issue in issues if issue <= moment)


def vigilance_map(seed: int, made_at: dt.datetime) -> dict[str, Any]:
    """The map made at a moment: from then to the next midnight of legal time, and the day after."""
    midnight = made_at.replace(hour=DAY_BEGINS_UTC, minute=0)
    bounds = (made_at, midnight, midnight + dt.timedelta(days=1))
    periods: list[dict[str, Any]] = []
    for name, begins, ends in (("J", *bounds[:2]), ("J1", *bounds[1:])):
        slots, values = _series(seed, begins, ends)
        domains = []
        for position, department in enumerate(departments()):
            of_place = {number: column[:, position] for number, column in values.items()}
            domains.append(_domain(department, list(_phenomena(slots, of_place, begins, ends))))
        over_france = {number: column.max(axis=1) for number, column in values.items()}
        domains.append(_domain("FRA", list(_phenomena(slots, over_france, begins, ends))))
        periods.append(
            {
                "echeance": name,
                "begin_validity_time": _text(begins),
                "end_validity_time": _text(ends),
                "timelaps": {"domain_ids": domains},
            }
        )
    highest = max(domain["max_color_id"] for period in periods for domain in period["timelaps"]["domain_ids"])
    product = {
        "warning_type": "vigilance",
        "type_cdp": "cdp_carte_externe",
        "version_vigilance": "V6",
        "version_cdp": "1.0.0",
        "update_time": _text(made_at),
        "domain_id": "FRA",
        "global_max_color_id": str(highest),
        "periods": periods,
    }
    return {"product": product, "meta": {"product_datetime": _text(made_at)}}


def _series(seed: int, begins: dt.datetime, ends: dt.datetime) -> tuple[list[dt.datetime], dict[str, Ints]]:
    """The 3 h slots that overlap a period, and by phenomenon what is told at their ends, of shape (slots, places): more is
    worse."""
    slots = [slot_of(begins)]
    while moment_of(slots[-1] + 1) < ends:
        slots.append(slots[-1] + 1)
    rows: dict[str, list[Ints]] = {number: [] for number in SERIES}
    told = (moment_of(slots[0] + 1), moment_of(slots[-1] + 1))
    months = {(at.year, at.month): _month(seed, at.year, at.month) for at in told}
    for slot in slots:
        told_at = moment_of(slot + 1)
        month = months[told_at.year, told_at.month]
        row = int(np.searchsorted(month.slots, slot + 1))
        for number, (series, sign, _) in SERIES.items():
            rows[number].append(sign * month.values[series][row])
    return [moment_of(slot) for slot in slots], {number: np.stack(column) for number, column in rows.items()}


def _phenomena(
    slots: list[dt.datetime], values: dict[str, Ints], begins: dt.datetime, ends: dt.datetime
) -> Iterator[dict[str, Any]]:
    for number, (_, _, least) in SERIES.items():
        colours = [GREEN + sum(int(value) >= bound for bound in least) for value in values[number]]
        items: list[dict[str, Any]] = []
        for slot, colour in zip(slots, colours, strict=True):
            until = min(slot + dt.timedelta(hours=SLOT_HOURS), ends)
            if items and items[-1]["color_id"] == colour:
                items[-1]["end_time"] = _text(until)
            else:
                items.append({"begin_time": _text(max(slot, begins)), "end_time": _text(until), "color_id": colour})
        yield _phenomenon(number, max(colours), items)
    for number in ALWAYS_GREEN:
        whole = {"begin_time": _text(begins), "end_time": _text(ends), "color_id": GREEN}
        yield _phenomenon(number, GREEN, [] if number == "4" else [whole])


def _phenomenon(number: str, highest: int, items: list[dict[str, Any]]) -> dict[str, Any]:
    return {"phenomenon_id": number, "phenomenon_max_color_id": highest, "timelaps_items": items}


def _domain(name: str, phenomena: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "domain_id": name,
        "max_color_id": max(phenomenon["phenomenon_max_color_id"] for phenomenon in phenomena),
        "phenomenon_items": phenomena,
    }


def _text(moment: dt.datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
