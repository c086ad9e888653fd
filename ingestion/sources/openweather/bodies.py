"""OpenWeather's bodies: where each raw column is in them, and how recorded and polled files fall into records.

Values stay the provider's, in the units of the request; `rain` and `snow`, which are absent when there is none, are null here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from ingestion.archive import Layout
from ingestion.bodies import BodyLayout, Path_, Record, escaped, parse
from ingestion.reading import BIGINT, DOUBLE, TEXT, TIME, RefusedFile
from ingestion.sources.openweather.cities import configured_cities
from isobar.settings import Settings

RECORDED_UNITS = "standard"
"""Recorded responses were asked for without `units`: kelvin, m/s."""

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
_POLLUTANTS = ("co", "no", "no2", "o3", "so2", "pm2_5", "pm10", "nh3")

Json = Mapping[str, Any]


def _recorded_or_polled(text: str, settings: Settings) -> Iterator[Record]:
    """Current weather: our JSON lines, or what collectors keep: one body, an array, an object keyed by requested city."""
    if is_polled(text):
        yield from _polled(text, settings)
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
    keys = {city.openweather_id: city.city_key for city in configured_cities(settings) if city.openweather_id}
    for pointer, body in bodies:
        given = {"units": RECORDED_UNITS, "fetched_at": None}
        if isinstance(body, dict) and _is_number(body.get("id")):
            given["city_key"] = keys.get(body["id"])
        yield _current(body, pointer, {"city_key": None, **given})


def _polled_current(line: Json, pointer: str, given: Json) -> Iterator[Record]:
    yield _current(line.get("body"), pointer, given)


def _current(body: object, pointer: str, given: Json) -> Record:
    fault = body_fault(body)
    if fault is None and "list" in body:  # type: ignore[operator]
        fault = "a list, not a body of current weather"
    if fault is not None or not isinstance(body, dict):
        return Record(None, pointer, fault=fault)
    return Record(body, pointer, {**given, **_weather_ids(body), **_known_id(body.get("id"), "openweather_id")})


def _polled_forecasts(line: Json, pointer: str, given: Json) -> Iterator[Record]:
    body = line.get("body")
    city = _member(body, "city")
    position = _member(city, "coord")
    place = {
        "name": city.get("name"),
        "country": city.get("country"),
        "lat": position.get("lat"),
        "lon": position.get("lon"),
        **_known_id(city.get("id"), "openweather_id"),
    }
    for step in _steps(body, pointer):
        known = {**given, **place, **_weather_ids(step.body)}
        yield Record(step.body, step.pointer, known, step.fault)


def _polled_pollution(line: Json, pointer: str, given: Json) -> Iterator[Record]:
    body = line.get("body")
    position, endpoint = _member(body, "coord"), _member(line, "request").get("endpoint")
    place = {"lat": position.get("lat"), "lon": position.get("lon"), "endpoint": endpoint}
    for step in _steps(body, pointer):
        yield Record(step.body, step.pointer, {**given, **place}, step.fault)


_POLLED = {"weather": _polled_current, "forecast": _polled_forecasts}


def _polled(text: str, settings: Settings) -> Iterator[Record]:  # noqa: ARG001 - a split is given them
    """Our JSON lines: {request, status, fetched_at, body}, one answer each; a pointer begins with the line's number."""
    for number, content in enumerate(text.split("\n"), start=1):
        if not content.strip():
            continue
        line = parse(content)
        request = line.get("request") if isinstance(line, dict) else None
        if not isinstance(request, dict):
            raise RefusedFile(f"line {number}: not a request and its answer")
        parameters = request.get("parameters")
        given = {
            "city_key": request.get("city_key"),
            "units": parameters.get("units") if isinstance(parameters, dict) else None,
            "fetched_at": _time(line.get("fetched_at")),
        }
        records = _POLLED.get(str(request.get("endpoint")), _polled_pollution)
        yield from records(line, f"line {number}: /body", given)


def _time(text: object) -> object:
    """Our own lines write times as ISO text; whatever else stands there is left to be rejected."""
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


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _known_id(value: object, column: str) -> dict[str, object]:
    """OpenWeather's 0 means that it knows no city there."""
    return {column: None if _is_number(value) and value == 0 else value}


def _weather_ids(body: Json | None) -> dict[str, str | None]:
    """All conditions, comma-separated. A list that is not one is left to the column `weather_id` to reject."""
    weather = (body or {}).get("weather")
    found = [each.get("id") for each in weather if isinstance(each, dict)] if isinstance(weather, list) else []
    ids = [str(each) for each in found if _is_number(each)]
    return {"weather_ids": ",".join(ids) or None}


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
    keys=(("dt",), ("openweather_id", "city_key"), ("units",)),
    split=_recorded_or_polled,
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
    },
    paths={**_MEASURES, **_CONDITIONS, "pod": ("sys", "pod")},
    keys=(("dt",), ("fetched_at",), ("city_key", "openweather_id"), ("units",)),
    split=_polled,
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
)

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
