"""OpenWeather's bodies: where each raw column is in them, and how recorded and polled files fall into records.

Values stay the provider's, in the units of the request; `rain` and `snow`, which are absent when there is none, are null here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any

from ingestion.readers.archive import Layout
from ingestion.readers.bodies import DEEPEST, UNREAD, BodyLayout, Given, NotJson, Path_, Record, escaped, parse
from ingestion.readers.reading import (
    AT_LEAST_0,
    BIGINT,
    DOUBLE,
    LARGEST_NUMBER,
    LATITUDE,
    LONGITUDE,
    TEXT,
    TIME,
    Arrival,
    Bounds,
    RefusedFile,
    since,
)
from ingestion.sources.openweather.cities import City, configured_cities
from ingestion.sources.openweather.places import kilometres_away
from isobar.settings import Settings

POSSIBLE_TEMPERATURES = {"standard": (180.0, 340.0), "metric": (-90.0, 60.0), "imperial": (-130.0, 140.0)}
"""Units -> what an air temperature in them can be: the records of the Earth (-89.2 and 56.7 degrees C) and some room. A recorded
response does not name its units, and they decide what its wind is in: m/s or mph."""

LONGEST_FORECAST = timedelta(days=31)
"""OpenWeather forecasts 30 days at most: a step further ahead is of a time misread."""

_TEMPERATURES = ("temp", "feels_like", "temp_min", "temp_max")
_MAIN = ("temp", "feels_like", "temp_min", "temp_max", "pressure", "humidity", "sea_level", "grnd_level")
_MEASURES: dict[str, Path_] = {
    **{name: ("main", name) for name in _MAIN},
    "visibility": ("visibility",),
    "wind_speed": ("wind", "speed"),
    "wind_deg": ("wind", "deg"),
    "wind_gust": ("wind", "gust"),
    "clouds_all": ("clouds", "all"),
    "rain_1h": ("rain", "1h"),
    "rain_3h": ("rain", "3h"),
    "snow_1h": ("snow", "1h"),
    "snow_3h": ("snow", "3h"),
}
_AMOUNTS = ("rain_1h", "rain_3h", "snow_1h", "snow_3h")
_POLLUTANTS = ("co", "no", "no2", "o3", "so2", "pm2_5", "pm10", "nh3")

NO_CONCENTRATION = -9999.0
"""What the API writes where its model has no concentration."""

FIRST_YEAR = 1979
"""OpenWeather's history of the weather begins in it."""

_BOUNDS: dict[str, Bounds] = {
    "dt": since(FIRST_YEAR),
    "lat": LATITUDE,
    "lon": LONGITUDE,
    "openweather_id": (1, LARGEST_NUMBER),
    "timezone_s": (-12 * 3600, 14 * 3600),
    "pop": (0.0, 1.0),
    "aqi": (1, 5),
    **dict.fromkeys((*_AMOUNTS, *_POLLUTANTS), AT_LEAST_0),
}

Json = Mapping[str, Any]
Columns = Mapping[str, Given]


def _recorded_or_polled(text: str, settings: Settings, arrival: Arrival) -> Iterator[Record]:
    """Current weather: our JSON lines, or what collectors keep: one body, an array, an object keyed by requested city."""
    if is_polled(text):
        yield from _polled(text, settings, arrival)
        return
    document = parse(text)
    if isinstance(document, dict) and not _is_answer(document):
        if not document or not all(isinstance(body, dict | None) for body in document.values()):
            raise RefusedFile("neither a body of OpenWeather's current weather, nor an array or an object of them")
        bodies = [(f"/{escaped(name)}", body) for name, body in document.items()]
    elif isinstance(document, list):
        bodies = [(f"/{number}", body) for number, body in enumerate(document)]
    elif isinstance(document, dict):
        bodies = [("", document)]
    else:
        raise RefusedFile("JSON, but not an object or an array")
    cities: dict[float, City] = {
        city.openweather_id: city for city in configured_cities(settings) if city.openweather_id
    }
    for pointer, body in bodies:
        city_id = body.get("id") if isinstance(body, dict) else None
        city = cities.get(city_id) if isinstance(city_id, int | float) and not isinstance(city_id, bool) else None
        units, undecided = units_of(body, arrival.units)
        known = {"city_key": city and city.city_key, "units": units, "fetched_at": None}
        record = _current(body, pointer, {column: (value, (), "") for column, value in known.items()})
        away = city and kilometres_away(record.body, city.latitude, city.longitude)
        if city and away:
            reason = f"id {city_id:.0f} is {city.name} in the list of cities, {away:,.0f} km from coord: correct one of the two"
            yield replace(record, body=None, fault=reason)
        else:
            yield replace(record, undecided={"units": undecided}) if undecided else record


def units_of(body: object, named: str | None) -> tuple[str | None, tuple[object, str] | None]:
    """The units of a recorded body: those that its temperatures leave possible, or of several the one its user named.

    Returns:
        The units and None, or None and what the body has with the reason why that is not enough.
    """
    main = _member(body, "main")
    found = {name: main[name] for name in _TEMPERATURES if _is_number(main.get(name))}
    possible = _possible_units(found)
    if named in possible:
        return named, None
    if not named and len(possible) == 1:
        return possible[0], None
    if not possible:
        # a single temperature, or the first two of them that are of different units
        odd = next(some for size in (1, 2) for some in combinations(found, size) if not _possible_units(found, some))
        reason = f"units not known: none fit {_shown(found, odd)}"
    elif named:
        odd = tuple(name for name in found if named not in _possible_units(found, [name]))
        reason = f"not {named}, as --units has it: {_shown(found, odd)}"
    else:
        reason = f"units not known ({' or '.join(possible)} by the temperatures): load with --units"
    return None, (found or None, reason)


def _possible_units(temperatures: Mapping[str, float], some: Iterable[str] | None = None) -> list[str]:
    """The units in which all of these, or the named ones of them, are air temperatures."""
    values = [temperatures[name] for name in (temperatures if some is None else some)]
    return [
        units
        for units, (least, largest) in POSSIBLE_TEMPERATURES.items()
        if all(least <= value <= largest for value in values)
    ]


def _shown(temperatures: Mapping[str, float], names: Iterable[str]) -> str:
    return " and ".join(f"{name} {str(temperatures[name])[:20]}" for name in names)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _polled_current(line: Json, pointer: str, given: Columns) -> Iterator[Record]:
    yield _current(line.get("body"), pointer, given)


def _current(body: object, pointer: str, given: Columns) -> Record:
    fault = body_fault(body)
    if fault is None and "list" in body:  # type: ignore[operator]
        fault = "a list, not a body of current weather"
    if fault is not None or not isinstance(body, dict):
        return Record(None, pointer, fault=fault)
    return Record(body, pointer, {**given, **_weather_ids(body, pointer), **_known_id(body, pointer)})


def _polled_forecasts(line: Json, pointer: str, given: Columns) -> Iterator[Record]:
    body = line.get("body")
    place: Columns = {
        **{name: (body, ("city", name), pointer) for name in ("name", "country")},
        **{name: (body, ("city", "coord", name), pointer) for name in ("lat", "lon")},
        **_known_id(_member(body, "city"), f"{pointer}/city"),
    }
    issued_at = given["fetched_at"][0]
    for step in _steps(body, pointer):
        dt = step.body.get("dt") if step.body else None
        if isinstance(issued_at, datetime) and _is_number(dt):
            issued = issued_at if issued_at.tzinfo else issued_at.replace(tzinfo=UTC)
            days = (dt - issued.timestamp()) / 86_400  # type: ignore[operator]
            if days > LONGEST_FORECAST.days:
                step = replace(step, body=None, fault=f"a step {days:,.0f} days ahead of its issue")
        yield replace(step, given={**given, **place, **_weather_ids(step.body, step.pointer)})


def _polled_pollution(line: Json, pointer: str, given: Columns) -> Iterator[Record]:
    body = line.get("body")
    if isinstance(body, dict) and isinstance(body.get("coord"), dict):
        place: Columns = {name: (body, ("coord", name), pointer) for name in ("lat", "lon")}
    else:  # also a list of two numbers, whose order is not told: the answer is of the place that was asked for
        asked = _member(line.get("request"), "parameters")
        place = {name: (_as_number(asked.get(name)), (), "") for name in ("lat", "lon")}
    for step in _steps(body, pointer):
        yield replace(step, given={**given, **place})


def _as_number(text: object) -> object:
    try:
        return float(text) if isinstance(text, str) else text
    except ValueError:
        return text


_POLLED = {"weather": _polled_current, "forecast": _polled_forecasts}


def _polled(text: str, settings: Settings, arrival: Arrival) -> Iterator[Record]:  # noqa: ARG001 - a split is given them
    """Our JSON lines: {request, status, fetched_at, body}, one answer each; a pointer begins with the line's number."""
    for number, content in enumerate(text.split("\n"), start=1):
        if not content.strip():
            continue
        at = f"line {number}: "
        try:
            line = parse(content, DEEPEST + 1)  # the body lies in it
        except NotJson as error:
            raise RefusedFile(f"{at}{error}") from None
        request = line.get("request") if isinstance(line, dict) else None
        if not isinstance(request, dict):
            raise RefusedFile(f"{at}not a request and its answer")
        given: Columns = {
            "city_key": (line, ("request", "city_key"), at),
            "endpoint": (line, ("request", "endpoint"), at),
            "units": (line, ("request", "parameters", "units"), at),
            "fetched_at": (_time(line.get("fetched_at")), (), f"{at}/fetched_at"),
        }
        endpoint, body = request.get("endpoint"), line.get("body")
        place = _member(body, "city") if endpoint == "forecast" else body
        asked = {name: _as_number(_member(request, "parameters").get(name)) for name in ("lat", "lon")}
        away = kilometres_away(place, asked["lat"], asked["lon"])
        if away:
            reason = f"coord is {away:,.0f} km from the position that was asked for: ask again"
            yield Record(None, f"{at}/body", fault=reason)
            continue
        records = _POLLED.get(endpoint, _polled_pollution) if isinstance(endpoint, str) else _polled_pollution
        yield from records(line, f"{at}/body", given)


def _time(text: object) -> object:
    """Our own lines write times as ISO text; what else stands there is left to be rejected."""
    try:
        return datetime.fromisoformat(text) if isinstance(text, str) else text
    except ValueError:
        return text


def is_polled(text: str) -> bool:
    """Whether a file is our own JSON lines: they begin alike."""
    return text.startswith('{"request": ')


def body_fault(body: object) -> str | None:
    """Why a body is no answer, None when it may be one. `cod` is a number or a text, by endpoint."""
    if not isinstance(body, dict):
        return "no body" if body is None else "not a body (an object)"
    if "message" in body and str(body.get("cod", body.get("code"))) not in ("200", "None"):
        return f"an error, {str(body.get('cod'))[:10]}: {str(body['message'])[:100]}"
    return None


def steps_of(body: object) -> list[Any] | None:
    """The list of a forecast or of air pollution, None where there is none."""
    found = body.get("list") if isinstance(body, dict) else None
    return found if isinstance(found, list) else None


def _steps(body: object, pointer: str) -> Iterator[Record]:
    fault, steps = body_fault(body), steps_of(body)
    if fault or steps is None:
        yield Record(None, pointer, fault=fault or "no list")
        return
    for number, step in enumerate(steps):
        is_object = isinstance(step, dict)
        yield Record(
            step if is_object else None, f"{pointer}/list/{number}", fault=None if is_object else "not an object"
        )


def _is_answer(document: Json) -> bool:
    """Whether an object is a body itself rather than bodies by city: a body has members that are not objects."""
    return any(name in document for name in ("dt", "cod", "message", "main", "coord"))


def _member(value: object, name: str) -> Json:
    """An object in an object; empty where either is none."""
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def _known_id(body: Json, pointer: str) -> Columns:
    """OpenWeather's 0 means that it knows no city there."""
    known = body.get("id")
    is_none = known == 0 and not isinstance(known, bool)
    return {"openweather_id": (None if is_none else known, (), f"{pointer}/id")}


def _weather_ids(body: Json | None, pointer: str) -> Columns:
    """All conditions, comma-separated; where one has no id, the list as it is, which is no text and rejected."""
    weather = (body or {}).get("weather")
    listed = weather if isinstance(weather, list) else [] if weather is None else [weather]
    ids = [each.get("id") if isinstance(each, dict) else None for each in listed]
    is_known = all(isinstance(each, int) and not isinstance(each, bool) for each in ids)
    return {"weather_ids": ((",".join(map(str, ids)) or None) if is_known else listed, (), f"{pointer}/weather")}


_CONDITIONS: dict[str, Path_] = {
    "weather_id": ("weather", 0, "id"),
    "weather_description": ("weather", 0, "description"),
}

CURRENT = BodyLayout(
    columns={
        "city_key": TEXT,
        "openweather_id": BIGINT,
        "name": TEXT,
        "country": TEXT,
        "lat": DOUBLE,
        "lon": DOUBLE,
        "units": TEXT,
        "dt": TIME,
        "timezone_s": BIGINT,
        **dict.fromkeys(_MEASURES, DOUBLE),
        "weather_id": BIGINT,
        "weather_ids": TEXT,
        "weather_description": TEXT,
        "fetched_at": TIME,
        UNREAD: TEXT,
    },
    paths={
        **_MEASURES,
        **_CONDITIONS,
        "openweather_id": ("id",),
        "country": ("sys", "country"),
        "lat": ("coord", "lat"),
        "lon": ("coord", "lon"),
        "timezone_s": ("timezone",),
    },
    keys=(("dt",), ("openweather_id", "city_key")),
    split=_recorded_or_polled,
    bounds=_BOUNDS,
    past=("dt", "fetched_at"),
    amounts=_AMOUNTS,
)

FORECASTS = BodyLayout(
    columns={
        "city_key": TEXT,
        "openweather_id": BIGINT,
        "name": TEXT,
        "country": TEXT,
        "lat": DOUBLE,
        "lon": DOUBLE,
        "units": TEXT,
        "fetched_at": TIME,
        "dt": TIME,
        **dict.fromkeys(_MEASURES, DOUBLE),
        "pop": DOUBLE,
        "pod": TEXT,
        "weather_id": BIGINT,
        "weather_ids": TEXT,
        UNREAD: TEXT,
    },
    paths={**_MEASURES, **_CONDITIONS, "pod": ("sys", "pod")},
    keys=(("dt",), ("fetched_at",), ("city_key", "openweather_id"), ("units",)),
    split=_polled,
    bounds=_BOUNDS,
    past=("fetched_at",),
    amounts=_AMOUNTS,
)

AIR_POLLUTION = BodyLayout(
    columns={
        "city_key": TEXT,
        "lat": DOUBLE,
        "lon": DOUBLE,
        "dt": TIME,
        "fetched_at": TIME,
        "aqi": BIGINT,
        **dict.fromkeys(_POLLUTANTS, DOUBLE),
        "endpoint": TEXT,
    },
    paths={"aqi": ("main", "aqi"), **{name: ("components", name) for name in _POLLUTANTS}},
    keys=(("dt",), ("fetched_at",), ("city_key",)),
    split=_polled,
    bounds=_BOUNDS,
    fill=dict.fromkeys(_POLLUTANTS, NO_CONCENTRATION),
    past=("dt", "fetched_at"),
)

AIR_POLLUTION_FORECASTS = replace(AIR_POLLUTION, past=("fetched_at",))

CITIES = Layout(
    columns={
        "city_key": TEXT,
        "name": TEXT,
        "country": TEXT,
        "latitude": DOUBLE,
        "longitude": DOUBLE,
        "altitude": DOUBLE,
        "openweather_id": BIGINT,
        "timezone": TEXT,
    },
    keys=("city_key",),
    missing=("",),
)
