"""The readers of JSON bodies against any document: the value that stands at its place, or a reject that names the place."""

from __future__ import annotations

import json
import math
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from ingestion.readers.bodies import BodyLayout
from ingestion.readers.reading import RefusedFile
from ingestion.sources.openweather.bodies import AIR_POLLUTION, CURRENT, FORECASTS
from isobar.settings import Settings
from tests.ingestion.test_archive_properties import told_of
from tests.openweather.provider import ISSUED, forecast, pollution, weather

LAYOUTS: dict[str, BodyLayout] = {"current": CURRENT, "forecasts": FORECASTS, "air_pollution": AIR_POLLUTION}

# -- where everything is, written down a second time -------------------------------------------------------------------


def places(table: str) -> dict[str, tuple[str, str]]:
    """Column -> kind, place. A place begins at the line of a polled file (@), at its body (^), or at the record."""
    return {
        column: (kind, place) for column, kind, place in (line.split() for line in table.split("\n") if line.strip())
    }


MEASURES = """
    temp number /main/temp
    feels_like number /main/feels_like
    temp_min number /main/temp_min
    temp_max number /main/temp_max
    pressure number /main/pressure
    humidity number /main/humidity
    sea_level number /main/sea_level
    grnd_level number /main/grnd_level
    visibility number /visibility
    wind_speed number /wind/speed
    wind_deg number /wind/deg
    wind_gust number /wind/gust
    clouds_all number /clouds/all
    rain_1h number /rain/1h
    rain_3h number /rain/3h
    snow_1h number /snow/1h
    snow_3h number /snow/3h
    weather_id whole /weather/0/id
    weather_ids ids /weather
    dt time /dt
"""
REQUEST = """
    city_key text @/request/city_key
    units text @/request/parameters/units
    fetched_at written @/fetched_at
"""
PLACES = {
    "current": places(
        """
    openweather_id city-id /id
    name text /name
    country text /sys/country
    lat number /coord/lat
    lon number /coord/lon
    timezone_s whole /timezone
    weather_description text /weather/0/description"""
        + MEASURES
    ),
    "forecasts": places(
        """
    openweather_id city-id ^/city/id
    name text ^/city/name
    country text ^/city/country
    lat number ^/city/coord/lat
    lon number ^/city/coord/lon
    pop number /pop
    pod text /sys/pod"""
        + MEASURES
        + REQUEST
    ),
    "air_pollution": places(
        """
    lat number ^/coord/lat
    lon number ^/coord/lon
    dt time /dt
    aqi whole /main/aqi
    co number /components/co
    no number /components/no
    no2 number /components/no2
    o3 number /components/o3
    so2 number /components/so2
    pm2_5 number /components/pm2_5
    pm10 number /components/pm10
    nh3 number /components/nh3
    city_key text @/request/city_key
    endpoint text @/request/endpoint
    fetched_at written @/fetched_at
    """
    ),
}
KEYS = {
    "current": [["dt"], ["openweather_id", "city_key"]],
    "forecasts": [["dt"], ["fetched_at"], ["city_key", "openweather_id"], ["units"]],
    "air_pollution": [["dt"], ["fetched_at"], ["city_key"]],
}
ANSWERS = ("dt", "cod", "message", "main", "coord")


class Refused(Exception):
    """The file as a whole."""


class Wrong(Exception):
    """What a value would have to be, and where."""


@dataclass
class Expected:
    rows: list[dict[str, Any]]
    rejects: list[tuple[int, str | None, str]]


def loaded(text: str, deepest: int) -> Any:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({name for name, _ in pairs}) < len(pairs):
            raise Refused
        return dict(pairs)

    def none(_: str) -> None:
        raise Refused

    try:
        document = json.loads(text, object_pairs_hook=once, parse_constant=none)
        if depth(document) > deepest:
            raise Refused
    except (ValueError, RecursionError):
        raise Refused from None
    return document


def depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(depth, inner), default=0)


def at(document: Any, path: str) -> Any:
    done = ""
    for step in path.split("/")[1:]:
        if document is None:
            return None
        if step == "0":
            if not isinstance(document, list):
                raise Wrong("a list", done)
            document = document[0] if document else None
        else:
            if not isinstance(document, dict):
                raise Wrong("an object", done)
            document = document.get(step)
        done += f"/{step}"
    return document


LARGEST = 2**31 - 1
BOUNDS: dict[str, tuple[float, float]] = {
    "lat": (-90, 90),
    "lon": (-180, 180),
    "openweather_id": (1, LARGEST),
    "timezone_s": (-43200, 50400),
    "pop": (0, 1),
    "aqi": (1, 5),
}
NOT_NEGATIVE = "rain_1h rain_3h snow_1h snow_3h co no no2 o3 so2 pm2_5 pm10 nh3".split()
PARIS = [48.8534, 2.3488]
TEMPERATURES = {"standard": (180, 340), "metric": (-90, 60), "imperial": (-130, 140)}
FIRST, LAST = datetime(1650, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def text_of(value: Any) -> str:
    if not isinstance(value, str) or "\0" in value or any("\ud800" <= each <= "\udfff" for each in value):
        raise ValueError
    return value


def ids_of(value: Any) -> str | None:
    listed = value if isinstance(value, list) else [value]
    if not all(isinstance(each, dict) and type(each.get("id")) is int for each in listed):
        raise ValueError
    return ",".join(str(each["id"]) for each in listed) or None


def number_of(value: Any) -> float:
    if type(value) not in (int, float) or not abs(value) <= LARGEST:
        raise ValueError
    return float(value)


def whole_of(value: Any) -> int:
    number_of(value)
    if int(value) != value:
        raise ValueError
    return int(value)


def time_of(value: Any) -> datetime:
    if type(value) not in (int, float) or not abs(value) <= sys.float_info.max or int(value) != value:
        raise ValueError
    whole = int(value)
    if not FIRST.timestamp() <= whole <= LAST.timestamp():
        raise ValueError
    return datetime.fromtimestamp(whole, UTC).replace(tzinfo=None)


def written_of(value: Any) -> datetime:
    """An ISO time, as our own lines have it, or Unix seconds."""
    if not isinstance(value, str):
        return time_of(value)
    moment = datetime.fromisoformat(value)
    if not FIRST.year - 1 <= moment.year <= LAST.year + 1:
        raise ValueError
    moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    if not FIRST <= moment <= LAST:
        raise ValueError
    return moment.replace(tzinfo=None)


KINDS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "text": (text_of, "text"),
    "ids": (ids_of, "text"),
    "number": (number_of, "a number"),
    "whole": (whole_of, "a whole number"),
    "city-id": (lambda value: whole_of(value) or None, "a whole number"),  # 0 says that there is none
    "time": (time_of, "a time"),
    "written": (written_of, "a time"),
    "asked": (lambda value: number_of(float(value) if isinstance(value, str) else value), "a number"),
}


def is_number(value: Any) -> bool:
    return type(value) in (int, float)


def unread(body: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    """Amounts that are there, in whatever form, and are no number from 0 on; whether their object has other lengths alone."""
    for column in ("rain_1h", "rain_3h", "snow_1h", "snow_3h"):
        name, length = column.split("_")
        if name not in body:
            continue
        has_others = isinstance(body[name], dict) and {*body[name]} != set() and not {*body[name]} & {"1h", "3h"}
        if has_others or not isinstance(body[name], dict) or length in body[name]:
            amount = body[name].get(length) if isinstance(body[name], dict) else None
            if not is_number(amount) or not 0 <= amount <= LARGEST:
                yield column, has_others


def chord_km(one: list[Any], other: list[Any]) -> float | None:
    """Over the great circle, by the chord between two points of the sphere; None where a number is none or out of bounds."""
    points = []
    for place in (one, other):
        if not all(is_number(each) and abs(each) <= bound for each, bound in zip(place, (90, 180), strict=True)):
            return None
        phi, theta = map(math.radians, place)
        points.append((math.cos(phi) * math.cos(theta), math.cos(phi) * math.sin(theta), math.sin(phi)))
    return 2 * 6371.0088 * math.asin(min(1, math.dist(*points) / 2))


def coord_of(place: Any) -> list[Any]:
    coord = place.get("coord") if isinstance(place, dict) else None
    return [coord.get("lat"), coord.get("lon")] if isinstance(coord, dict) else [None, None]


def far_from_the_listed(body: Any) -> str | None:
    away = chord_km(coord_of(body), PARIS) if is_number(body.get("id")) else None
    if away is None or body["id"] != 2988507 or away <= 50:
        return None
    return f"id 2988507 is Paris in the list of cities, {away:,.0f} km from coord: correct one of the two"


def far_from_the_asked(line: dict[str, Any], shape: str) -> str | None:
    parameters = line["request"].get("parameters")
    asked: list[Any] = [None, None]
    if isinstance(parameters, dict):
        for n, name in enumerate(("lat", "lon")):
            value = parameters.get(name)
            try:
                asked[n] = float(value) if isinstance(value, str) else value
            except ValueError:
                return None
    body = line.get("body")
    away = chord_km(coord_of(body.get("city") if shape == "forecasts" and isinstance(body, dict) else body), asked)
    if away is None or away <= 50:
        return None
    return f"coord is {away:,.0f} km from the position that was asked for: ask again"


def shown(text: str) -> str:
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)


def fault_of(body: Any) -> str | None:
    if not isinstance(body, dict):
        return "no body" if body is None else "not a body (an object)"
    code = body.get("cod", body.get("code"))
    if "message" in body and code is not None and str(code) not in ("200", "None"):
        return f"an error, {str(body.get('cod'))[:10]}: {str(body['message'])[:100]}"
    return None


def units_shown(body: dict[str, Any]) -> tuple[str | None, str]:
    """The only units that the temperatures can be in, or why there are none."""
    main = body["main"] if isinstance(body.get("main"), dict) else {}
    known = [main[each] for each in ("temp", "feels_like", "temp_min", "temp_max") if is_number(main.get(each))]
    fits = {
        temperature: {each for each, (low, high) in TEMPERATURES.items() if low <= temperature <= high}
        for temperature in known
    }
    units = [each for each in TEMPERATURES if all(each in fitting for fitting in fits.values())]
    if len(units) == 1:
        return units[0], ""
    if units:
        return None, f"units not known ({' or '.join(units)} by the temperatures): load with --units"
    named = [(each, main[each]) for each in ("temp", "feels_like", "temp_min", "temp_max") if is_number(main.get(each))]
    alone = [[pair] for pair in named if not fits[pair[1]]]
    pairs = [
        [one, other] for n, one in enumerate(named) for other in named[n + 1 :] if not fits[one[1]] & fits[other[1]]
    ]
    odd = (alone + pairs)[0]
    return None, "units not known: none fit " + " and ".join(f"{name} {str(value)[:20]}" for name, value in odd)


def days_ahead(issued: Any, dt: Any) -> float:
    """0 where either is no time."""
    try:
        moment = datetime.fromisoformat(issued)
    except (TypeError, ValueError):
        return 0
    return (dt - moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()) / 86400 if is_number(dt) else 0


Found = tuple[Any, str, str | None, dict[str, Any], dict[str, tuple[str, str]]]
"""A record, its pointer, why it is none, what its "@" and "^" are, its columns' places."""


def records(name: str, text: str) -> Iterator[Found]:  # noqa: C901 - the whole rule
    if name == "current" and not text.startswith('{"request": '):
        document = loaded(text, 50)
        if isinstance(document, list):
            bodies = [(f"/{number}", body) for number, body in enumerate(document)]
        elif isinstance(document, dict) and any(answer in document for answer in ANSWERS):
            bodies = [("", document)]
        elif (
            isinstance(document, dict)
            and document
            and all(body is None or isinstance(body, dict) for body in document.values())
        ):
            bodies = [(f"/{city.replace('~', '~0').replace('/', '~1')}", body) for city, body in document.items()]
        else:
            raise Refused
        for pointer, body in bodies:
            fault = fault_of(body) or ("a list, not a body of current weather" if "list" in body else None)
            yield body, pointer, fault or far_from_the_listed(body), {}, PLACES[name]
        return
    for number, content in enumerate(text.split("\n"), start=1):
        if not content.strip():
            continue
        line = loaded(content, 51)
        if not isinstance(line, dict) or not isinstance(line.get("request"), dict):
            raise Refused
        endpoint, body, pointer = line["request"].get("endpoint"), line.get("body"), f"line {number}: /body"
        starts = {"@": line, "^": body, "line": f"line {number}: "}
        # the lake has a table's own endpoint in each file; another one is read as what it says it is
        shape = {"weather": "current", "forecast": "forecasts"}.get(
            endpoint if isinstance(endpoint, str) else "", "air_pollution"
        )
        columns = PLACES[name] | (places(REQUEST) if name == "current" else {})
        assume(shape == name)
        if away := far_from_the_asked(line, shape):
            yield None, pointer, away, starts, columns
            continue
        if shape == "current":
            fault = fault_of(body) or ("a list, not a body of current weather" if "list" in body else None)
            yield body, pointer, fault, starts, columns
            continue
        fault = fault_of(body)
        steps = body.get("list") if isinstance(body, dict) else None
        if fault or not isinstance(steps, list):
            yield None, pointer, fault or "no list", starts, columns
            continue
        for position, step in enumerate(steps):
            fault = None if isinstance(step, dict) else "not an object"
            if not fault and name == "forecasts" and (days := days_ahead(line.get("fetched_at"), step.get("dt"))) > 31:
                fault = f"a step {days:,.0f} days ahead of its issue"
            yield step, f"{pointer}/list/{position}", fault, starts, columns


def expected(name: str, content: bytes) -> Expected | None:  # noqa: C901 - the whole rule
    """What the file says; None where it is to be refused."""
    try:
        found = list(records(name, content.decode("utf-8-sig")))
    except (Refused, UnicodeDecodeError):
        return None
    made = Expected([], [])
    for number, (body, pointer, fault, starts, places) in enumerate(found, start=1):
        if fault:
            made.rejects.append((number, None, shown(f"{fault} at {pointer or '/'}")))
            continue
        row: dict[str, Any] = dict.fromkeys(LAYOUTS[name].columns)
        if "@" not in starts:
            row["units"], reason = units_shown(body)
            made.rejects += [(number, "units", reason)] if reason else []
        if name in ("current", "forecasts"):
            unreadable = dict(unread(body))
            row["unread_amounts"] = ",".join(unreadable) or None
            made.rejects += [
                (number, column, shown(f"no 1h or 3h: {pointer}/{column.split('_')[0]}"))
                for column, has_others in unreadable.items()
                if has_others
            ]
        if name == "air_pollution" and not isinstance(starts["@"]["body"].get("coord"), dict):
            places = {
                **places,
                "lat": ("asked", "@/request/parameters/lat"),
                "lon": ("asked", "@/request/parameters/lon"),
            }
        for column, (kind, place) in places.items():
            origin, start = (starts[place[0]], place[1:]) if place[0] in starts else (body, place)
            prefix = {"@": starts.get("line", ""), "^": f"{starts.get('line', '')}/body"}.get(place[0], pointer)
            try:
                value = at(origin, start)
                if column in NOT_NEGATIVE and name == "air_pollution" and is_number(value) and value == -9999:
                    value = None
                row[column] = None if value is None else KINDS[kind][0](value)
                low, high = BOUNDS.get(column, (0, LARGEST) if column in NOT_NEGATIVE else (-math.inf, math.inf))
                is_early = column == "dt" and row[column] is not None and row[column].year < 1979
                if is_early or (type(row[column]) in (int, float) and not low <= row[column] <= high):
                    row[column] = None
                    raise ValueError
            except Wrong as wrong:
                if kind not in ("ids", "city-id", "written", "asked"):  # computed; the columns beside them tell
                    made.rejects.append((number, column, shown(f"not {wrong.args[0]}: {prefix}{wrong.args[1]}")))
            except ValueError:
                low, high = BOUNDS.get(column, (0, 0))
                bounds = f" from {low:g} to {high:g}" if high else " not below 0" if column in NOT_NEGATIVE else ""
                bounds = " since 1979" if column == "dt" else bounds
                where = "" if kind == "asked" else f"{prefix}{start}"
                made.rejects.append((number, column, shown(f"not {KINDS[kind][1]}{bounds}: {where}")))
        if "@" not in starts and row["openweather_id"] == 2988507:
            row["city_key"] = "paris-fr"
        for key in ("city_key", "units"):
            if isinstance(row.get(key), str) and not row[key].strip() and any(key in group for group in KEYS[name]):
                row[key] = None
        missing = [" or ".join(group) for group in KEYS[name] if all(row[key] is None for key in group)]
        if missing:
            made.rejects.append((number, None, shown(f"no readable {' and no '.join(missing)} at {pointer or '/'}")))
        else:
            made.rows.append({**row, "source_row": number})
    return made


# -- documents: real shapes with odd values in them, any JSON, and bytes -------------------------------------------------


@dataclass(frozen=True)
class Raw:
    """Text that is put into JSON as it is."""

    text: str


def dumped(value: Any) -> str:
    if isinstance(value, Raw):
        return value.text
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(name)}: {dumped(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(dumped, value)) + "]"
    return json.dumps(value)


ODD_TOKENS = """
NaN Infinity -Infinity 1e999 -1e999 1e400 1e-999 -0.0 -0 0.0 1E2 1.0 3600.0 3600.5 01 1_000 +5 .5 5. 0x10 'x'
9007199254740993 4611686018427387905 9223372036854775807 9223372036854775808 9223372036854774784.0
1772346600000 -99999999999 253402300800
[48.85,2.35] -9999 -9999.0 -0.5 59 61 140.5 291.2 4102444800 2147483647 2147483648 180.01 90.01
48.9 2.36 -48.85 {"6h":3} {"1H":5} {"1h":0.3,"6h":3}
7258118400 7258118401 1.7976931348623159e308 true false null {} [] [[]] [null] "" "12.5" "NaN" "\\u0000" "\\ud800"
"\\udc00\\ud800" "\\n" {"id":500} [{"id":500},{"id":"501"}] [{"id":500},{"id":701}] [500] [{}] [{"id":500.0}] {"a":1,"a":2}
"2026-03-01T06:30:00" "0001-01-01T00:00:00+01:00" "1600-01-01" "2026-13-01"
""".split()
ODD_TOKENS += ['" "', '"\u2028"', '"\x85"', "1" + "0" * 400, "9" * 5000]
ODD_TOKENS += ["[" * depth + "]" * depth for depth in (*range(44, 53), 980, 1200)]

odd_values = st.one_of(
    st.sampled_from(ODD_TOKENS).map(Raw),
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(st.sampled_from(["id", "1h", "lat", "temp", "all", "dt", "message"]), inner, max_size=3),
        ),
        max_leaves=5,
    ),
)
city_names = st.one_of(
    st.sampled_from(["Paris", "a/b", "~", "", "\n", "\0", "\ud800", "\u2028", "dt"]), st.text(max_size=4)
)


def places_in(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in inner:
        yield from places_in(each, (*path, name))


def changed(value: Any, path: tuple[Any, ...], change: Callable[[Any, Any], None]) -> Any:
    copy = json.loads(json.dumps(value))
    *way, last = path
    inner = copy
    for step in way:
        inner = inner[step]
    change(inner, last)
    return copy


@st.composite
def spoiled(draw: st.DrawFn, body: Any) -> Any:
    """A body with some values of another kind, some absent, some beside it."""
    odd: dict[str, Any] = {}
    for number in range(draw(st.sampled_from([0, 0, 1, 1, 2, 4]))):
        path = draw(st.sampled_from([path for path in places_in(body) if path] or [None]))
        if path is None:  # nothing is left of it
            break
        if draw(st.integers(0, 3)) == 0:
            body = changed(body, path, lambda inner, last: inner.pop(last))
        else:
            odd[mark := f"@odd{number}@"] = draw(odd_values)
            body = changed(body, path, lambda inner, last, mark=mark: inner.__setitem__(last, mark))
    return put(body, odd)


def put(value: Any, odd: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        return {name: put(inner, odd) for name, inner in value.items()}
    if isinstance(value, list):
        return [put(inner, odd) for inner in value]
    return odd.get(value, value) if isinstance(value, str) else value


@st.composite
def recorded(draw: st.DrawFn) -> str:
    low, high = draw(st.sampled_from([(280, 290), (-5, 15), (20, 59), (62, 80), (-130, -95), (150, 160)]))
    main = {"temp": low, "feels_like": low, "temp_min": low, "temp_max": high, "pressure": 1014, "humidity": 76}
    wind = {"speed": 4, "deg": 0, "gust": 9.5}
    body = spoiled(weather(id=draw(st.sampled_from([2988507, 7])), main=main, wind=wind, snow={"1h": 1}))
    gaps = st.sampled_from([None, {"cod": "404", "message": "city not found"}, {}, [], "text", 5])
    bodies = st.lists(st.one_of(body, body, body, gaps), max_size=3)
    match draw(st.integers(0, 3)):
        case 0:
            return dumped(draw(body))
        case 1:
            return dumped(draw(bodies))
        case 2:
            return dumped(dict(zip(draw(st.lists(city_names, unique=True, max_size=3)), draw(bodies), strict=False)))
    return dumped(draw(odd_values))


@st.composite
def polled(draw: st.DrawFn, name: str) -> str:
    """Our own JSON lines, which begin as they do."""
    endpoint, body = {
        "current": ("weather", weather()),
        "forecasts": (
            "forecast",
            {**forecast(48.9, 2, 2), "city": {"id": 7, "name": "x", "coord": {"lat": 48.7, "lon": 2}, "country": "FR"}},
        ),
        "air_pollution": ("air_pollution/forecast", pollution(48.7, 2, [ISSUED, ISSUED + 3600])),
    }[name]
    lines = []
    for _ in range(draw(st.integers(0, 3))):
        request = {
            "endpoint": endpoint,
            "city_key": "town-fr",
            "parameters": {"lat": "48.6", "lon": "2.5", "units": "metric"},
        }
        whole = {"request": request, "status": 200, "fetched_at": "2026-03-01T06:30:00", "body": body}
        if draw(st.booleans()):
            whole["body"] = draw(spoiled(body))
        else:
            whole = draw(spoiled(whole))
        lines.append(dumped(whole))
    return "\n".join(lines) + draw(st.sampled_from(["\n", "", "\n\n", "\r\n"]))


@st.composite
def files(draw: st.DrawFn) -> tuple[str, bytes]:
    """A table's name, and a file for it: as it should be, or after what happens to files."""
    name = draw(st.sampled_from(["current", "current", "forecasts", "air_pollution"]))
    text = draw(recorded() if name == "current" and draw(st.booleans()) else polled(name))
    data = text.encode("utf-8", "surrogatepass")
    cut = draw(st.integers(0, len(data)))
    match draw(st.integers(0, 19)):
        case 0:
            data = data[:cut]
        case 1:
            data += data
        case 2:
            data = data[:cut] + draw(st.binary(max_size=4)) + data[cut:]
        case 3:
            data = b"\xef\xbb\xbf" + data
        case 4:
            data = data[:1] + b'"dt": 1, ' + data[1:]
    return name, data


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bodies")


def read(folder: Path, name: str, content: bytes, before: bytes | None = None) -> Expected | None:
    """What the reader makes of it. A refusal has one line that says why."""
    path, previous = folder / "file.json", folder / "before.json"
    path.write_bytes(content)
    if before is not None:
        previous.write_bytes(before)
    try:
        found = (
            LAYOUTS[name]
            .open_reader(folder, Settings(data_dir=folder))
            .read(path, previous if before is not None else None)
        )
    except RefusedFile as refused:
        told_of(refused)
        return None
    rows, rejects = found.rows.read_all().to_pylist(), found.rejects.to_pylist()
    assert len(rows) == found.appended_row_count
    if before is None:
        whole = sum(reject["column_name"] is None for reject in rejects)
        assert found.row_count == len(rows) + whole
    return Expected(rows, [(each["source_row"], each["column_name"], each["reason"]) for each in rejects])


def in_order(found: Expected | None) -> Any:
    """-0.0 is not 0.0 here, and rejects of one record are in no order."""
    return found and ([sorted(map(repr, row.items())) for row in found.rows], sorted(found.rejects, key=repr))


LINE = '{"request": {"endpoint": "%s", "city_key": "a", "parameters": {"units": "metric"}}, "fetched_at": %s, "body": %s}\n'
EARLY = LINE % ("weather", '"1600-01-01T00:00:00"', dumped(weather()))
BEFORE_TIME = LINE % ("weather", '"0001-01-01T00:00:00+01:00"', dumped(weather()))
DEEP = dumped({**weather(), "name": Raw("[" * 990 + "]" * 990)})
DEEP_CODE = dumped({"cod": Raw("[" * 990 + "]" * 990), "message": "x"})
SECOND_ID = dumped({**weather(), "weather": [{"id": 500}, {"id": "501"}]})
FAR = weather(lat=2.35, lon=48.85)
FORECAST_BODY = {**forecast(2, 48, 1), "city": {"id": 7, "coord": {"lat": 2, "lon": 48}}}
ASKED = '{"request": {"endpoint": "%s", "city_key": "a", "parameters": {"lat": "48", "lon": "2"}}, "body": %s}\n'
CITY = LINE % ("forecast", "1772346600", dumped({**forecast(48, 2, 1), "city": "Paris"}))


@given(files())
@example(("current", EARLY.encode()))
@example(("current", BEFORE_TIME.encode()))
@example(("current", DEEP.encode()))
@example(("current", DEEP_CODE.encode()))
@example(("current", SECOND_ID.encode()))
@example(("current", b'{"\\u0000\\n": {"message": "a\\nb", "cod": 404}}'))
@example(("current", b'{"id": 0.0, "dt": 1772346600}'))
@example(("current", b'[{"dt": 1, "id": 7, "main": {"temp": 9007199254740993, "humidity": -0.0}}]'))
@example(
    ("current", dumped({**weather(), "fetched_at": "x", "city_key": "x", "units": "x", "weather_ids": "x"}).encode())
)
@example(("forecasts", CITY.encode()))
@example(("current", dumped([FAR, {**FAR, "id": 7}]).encode()))
@example(("current", (ASKED % ("weather", dumped(FAR))).encode()))
@example(("forecasts", (ASKED % ("forecast", dumped(FORECAST_BODY))).encode()))
@example(("air_pollution", (ASKED % ("air_pollution", dumped(pollution(2, 48, [ISSUED])))).encode()))
@example(("current", dumped(weather(lat=1e300)).encode()))
@example(("current", dumped([weather(rain={"6h": 3}), weather(rain={"1H": 5}, snow={"1h": 1, "6h": 3})]).encode()))
@example(("forecasts", (LINE % (" ", "1772346600", "{}")).replace('"a"', '" "').encode()))
def test_every_value_is_what_stands_at_its_place_or_rejected(folder, file):
    name, content = file
    assert in_order(read(folder, name, content)) == in_order(expected(name, content))


@given(
    st.sampled_from(sorted(LAYOUTS)),
    st.one_of(st.binary(), st.text().map(lambda text: text.encode("utf-8", "surrogatepass"))),
)
@example("forecasts", b"")
@example("current", b"\xef\xbb\xbf")
@example("current", "{}".encode("utf-16"))
def test_any_bytes_are_read_or_refused(folder, name, content):
    assert in_order(read(folder, name, content)) == in_order(expected(name, content))


@st.composite
def versions(draw: st.DrawFn) -> tuple[str, str]:
    """Two versions of an array of bodies: kept, dropped, doubled, moved, others."""
    body = spoiled(weather(id=7))
    before = draw(st.lists(body.map(dumped), max_size=4))
    after = draw(st.lists(st.one_of(*([st.sampled_from(before)] if before else []), body.map(dumped)), max_size=5))
    return f"[{', '.join(before)}]", f"[{', '.join(after)}]"


WARM = weather(id=7, main={"temp": "warm"})


@given(versions())
@example((f"[{dumped(WARM)}]", f"[{dumped({**WARM, 'dt': ISSUED + 600})}]"))
@example((f"[{dumped(WARM)}]", f"[{dumped(weather(id=8))}, {dumped(WARM)}]"))
def test_a_rewritten_file_appends_what_the_version_before_did_not_have(folder, pair):
    """Rows by their columns; a reject is known when its row was, with the same value in the same column."""
    before, after = (text.encode() for text in pair)
    old, new = expected("current", before), expected("current", after)
    assume(old is not None and new is not None)
    found = read(folder, "current", after, before)

    def told(row: dict[str, Any]) -> str:
        return repr([value for column, value in row.items() if column != "source_row"]).replace("-0.0", "0.0")

    known = {told(row) for row in old.rows}
    rows = [row for row in new.rows if told(row) not in known]
    assert Counter(map(repr, map(sorted, map(dict.items, found.rows)))) == Counter(
        map(repr, map(sorted, map(dict.items, rows)))
    )
    kept = {row["source_row"] for row in rows}
    of_rows = {reject for reject in new.rejects if reject[1] is not None and reject[0] in kept}
    assert of_rows <= set(found.rejects), "a row that is appended brings its rejects"
    numbers = {row["source_row"] for row in new.rows} - kept
    bodies = [[json.dumps(body) for body in json.loads(text)] for text in (before, after)]  # for Python, true is 1
    again = [each for each in found.rejects if each[0] in numbers and bodies[1][each[0] - 1] in bodies[0]]
    assert not again, "a body that is as it was brings none"
