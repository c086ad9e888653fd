"""OpenWeather's API, answered from simulated weather: current weather, forecasts, air pollution and geocoding.

:class:`OpenWeather` is a route for :class:`simulator.server.SimulatorServer`, to be mounted at ``/``: paths, parameters, bodies
and errors are the provider's. It reads no clock: ``now`` says what time it is, as a moment or as a function, so that days of
polls can be replayed in seconds. :class:`KeyCheck` stands in front of it as the provider's gate does.

What is known of the real API comes from its documentation and from recorded bodies; nobody has recorded ``/history``,
``/air_pollution/forecast`` and ``/geo`` for us, so that those follow the documentation alone.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import threading
import zlib
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import numpy as np

from simulator.atmosphere import Air, Atmosphere, unix
from simulator.conditions import CONDITIONS, SNOW_BELOW_C, condition_ids, feels_like_c
from simulator.events import EventCalendar, events_of_year
from simulator.noise import station_keys, uniform
from simulator.places import City, Place, cities, cities_named, cities_near, place_at
from simulator.pollution import COMPONENTS, FIRST_HISTORY, Pollution, index_of
from simulator.server import Request, Response, Route, SimulatorServer
from simulator.sun import sunrise_sunset
from simulator.weather import EPOCH

Now = dt.datetime | Callable[[], dt.datetime]
Body = dict[str, Any] | list[Any]

FORECAST_STEPS = 40
POLLUTION_FORECAST_HOURS = 96
#: The model is refreshed every ten minutes, the answer is ready up to three minutes later: the seconds of ``dt``.
REFRESH_S = 600
_COMPUTATION_S = 180
#: A forecast is issued every hour.
_RUN_S = 3600
#: Visibility is capped at 10 km.
_FARTHEST_M = 10_000
#: The share of minutes in which a cache answers with the previous refresh, so that ``dt`` steps back between two calls.
STALE_SHARE = 0.1
_STREAM = 340
#: The current weather has a gust only where it stands out from the mean.
_GUST_OVER_MEAN_MS = 3.5
#: Steps in which the lowest temperature of the town is told apart (``temp_kf``); later ones have a single temperature.
_DETAILED_STEPS = 2
_GEOCODING_LIMIT = 5
_MS_TO_MPH = 2.2369362920544

INVALID_KEY = (
    b'{"cod":401, "message": "Invalid API key. Please see http://openweathermap.org/faq#error401 for more info."}'
)
"""Byte for byte a recorded body."""
TOO_MANY_REQUESTS = (
    b'{"cod":429, "message": "Your account is temporary blocked due to exceeding of requests limitation of your subscription '
    b'type. Please choose the proper subscription http://openweathermap.org/price"}'
)
_JSON = {"Content-Type": "application/json; charset=utf-8"}


class ApiError(Exception):
    """An error of the API: a status and the message of its body. ``cod`` is a string, as the provider writes 400 and 404."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message

    def response(self) -> Response:
        return json_response({"cod": str(self.status.value), "message": self.message}, self.status)


def json_response(body: Body, status: HTTPStatus = HTTPStatus.OK) -> Response:
    """Compact UTF-8 JSON, as the provider sends it."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Response(status, text.encode(), _JSON)


def _number(value: float) -> int | float:
    """Two decimals at most, and an integer where they are zero: the provider's numbers change their type."""
    rounded = round(float(value), 2)
    return int(rounded) if rounded.is_integer() else rounded


@dataclass(frozen=True, slots=True)
class _Units:
    """How ``units`` changes temperature and wind; nothing else depends on it."""

    name: str

    def temperature(self, celsius: float) -> int | float:
        if self.name == "metric":
            return _number(celsius)
        return _number(celsius * 1.8 + 32 if self.name == "imperial" else celsius + 273.15)

    def difference(self, celsius: float) -> int | float:
        return _number(celsius * 1.8 if self.name == "imperial" else celsius)

    def wind(self, ms: float) -> int | float:
        return _number(ms * _MS_TO_MPH if self.name == "imperial" else ms)


class OpenWeather:
    """The route. ``now`` is UTC without zone.

    ``seed`` and ``calendar`` are those of :func:`simulator.archive.write_archive`: with the same ones, the weather at a
    station's coordinates is what its archive reports. ``stale_share`` is how often an answer is ten minutes older than need be.
    """

    def __init__(
        self,
        seed: int,
        now: Now,
        *,
        calendar: EventCalendar = events_of_year,
        stale_share: float = STALE_SHARE,
    ) -> None:
        self._now = now
        self._stale_share = stale_share
        self.atmosphere = Atmosphere(seed, calendar)
        self._pollution = Pollution(self.atmosphere)
        self._endpoints: dict[str, Callable[[Request], Body]] = {
            "data/2.5/weather": self._weather,
            "data/2.5/forecast": self._forecast,
            "data/2.5/air_pollution": self._air_pollution,
            "data/2.5/air_pollution/forecast": self._air_pollution_forecast,
            "data/2.5/air_pollution/history": self._air_pollution_history,
            "geo/1.0/direct": self._direct,
            "geo/1.0/reverse": self._reverse,
        }

    def now(self) -> dt.datetime:
        """What the simulated provider's clock says."""
        return self._now() if callable(self._now) else self._now

    def __call__(self, request: Request) -> Response:
        endpoint = self._endpoints.get(request.path.strip("/"))
        try:
            if endpoint is None:
                raise ApiError(HTTPStatus.NOT_FOUND, "Internal error")
            return json_response(endpoint(request))
        except ApiError as error:
            return error.response()

    # -- weather -----------------------------------------------------------------------------------------------------

    def computed_at(self, place: Place) -> int:
        """``dt`` of an answer given now: unix seconds of the latest refresh that is ready, or now and then the one before."""
        seconds = unix(self.now())
        delay = zlib.crc32(place.station.id.encode()) % _COMPUTATION_S
        refresh = (seconds - delay) // REFRESH_S
        minute = np.array([seconds // 60], dtype=np.int64)
        die = uniform(self.atmosphere.seed, _STREAM, station_keys([place.station.id]), minute)[0, 0]
        stale = die < self._stale_share
        return int((refresh - stale) * REFRESH_S + delay)

    def _weather(self, request: Request) -> Body:
        place, units, language = _place(request), _units(request), _language(request)
        computed = self.computed_at(place)
        refresh = computed // REFRESH_S * REFRESH_S
        air = self.atmosphere.at(place, np.array([refresh], dtype=np.int64))
        rise, fall = _sun(place, computed)
        key = zlib.crc32(place.station.id.encode())
        # A town is warmer and colder in places; the spread is widest in large ones and changes by the hour.
        hour = np.array([refresh // 3600, refresh // 3600 + 1])
        spread = uniform(self.atmosphere.seed, _STREAM + 1, station_keys([place.station.id]), hour)[:, 0]
        coolest, warmest = np.round(spread * 1.4 * place.urban, 1)
        main = _main(air, 0, units, float(coolest), float(warmest))
        body: dict[str, Any] = {
            "coord": {"lon": _number4(place.longitude), "lat": _number4(place.latitude)},
            "weather": _conditions(air, 0, air.rain_mm[0], rise <= computed < fall, language),
            "base": "stations",
            "main": main,
            "visibility": int(min(air.visibility_m[0], _FARTHEST_M)),
            "wind": _wind(air, 0, units, air.gust_ms[0] - air.wind_ms[0] >= _GUST_OVER_MEAN_MS),
        }
        body |= _precipitation(air, 0, "1h")
        body |= {"clouds": {"all": int(air.cloud_pct[0])}, "dt": computed}
        # Four stations in five have an identifier of their own in the answer.
        source = {"type": 1 + key % 2, "id": 1000 + key % 9000} if key % 5 else {}
        country = {"country": place.city.country} if place.city else {}
        return body | {
            "sys": source | country | {"sunrise": rise, "sunset": fall},
            "timezone": place.utc_offset_s(_moment(computed)),
            "id": place.city.id if place.city else 0,
            "name": _name(place.city, language),
            "cod": 200,
        }

    def _forecast(self, request: Request) -> Body:
        place, units, language = _place(request), _units(request), _language(request)
        count = _integer(request, "cnt", FORECAST_STEPS)
        if count < 1:
            raise ApiError(HTTPStatus.BAD_REQUEST, "cnt from 1 to 40")
        now = unix(self.now())
        # Steps begin on full hours, so that the first one after the hour of the run is still ahead of any minute of it.
        run = _moment(now // _RUN_S * _RUN_S)
        forecast = self.atmosphere.forecast(place, run, FORECAST_STEPS)
        air = forecast.air
        steps = []
        for step in range(min(count, FORECAST_STEPS)):
            valid = int(air.seconds[step])
            rise, fall = _sun(place, valid)
            is_day = rise <= valid < fall
            share = zlib.crc32(f"{place.station.id}{valid}".encode()) % 100 / 100
            inside = round(2.5 * share * place.urban, 2) if step < _DETAILED_STEPS else 0.0
            entry: dict[str, Any] = {
                "dt": valid,
                "main": _main(air, step, units, inside, 0.0) | {"temp_kf": units.difference(inside)},
                "weather": _conditions(air, step, air.rain_mm[step] / 3, is_day, language)[:1],
                "clouds": {"all": int(air.cloud_pct[step])},
                "wind": _wind(air, step, units, has_gust=True),
                "visibility": int(min(air.visibility_m[step], _FARTHEST_M)),
                "pop": _number(forecast.probability[step]),
            }
            entry |= _precipitation(air, step, "3h")
            entry |= {"sys": {"pod": "d" if is_day else "n"}, "dt_txt": f"{_moment(valid):%Y-%m-%d %H:%M:%S}"}
            steps.append(entry)
        rise, fall = _sun(place, now)
        city = {
            "id": place.city.id if place.city else 0,
            "name": _name(place.city, language),
            "coord": {"lat": _number4(place.latitude), "lon": _number4(place.longitude)},
            "country": place.city.country if place.city else "",
            "population": place.city.population if place.city else 0,
            "timezone": place.utc_offset_s(_moment(now)),
            "sunrise": rise,
            "sunset": fall,
        }
        return {"cod": "200", "message": 0, "cnt": len(steps), "list": steps, "city": city}

    # -- air pollution -----------------------------------------------------------------------------------------------

    def _air_pollution(self, request: Request) -> Body:
        place = _place(request)
        computed = self.computed_at(place)
        return _pollution_body(place, [computed], self._pollution.hours(place, computed // 3600, 1))

    def _air_pollution_forecast(self, request: Request) -> Body:
        place, run = _place(request), _moment(unix(self.now()) // _RUN_S * _RUN_S)
        times = [unix(run) + 3600 * hour for hour in range(POLLUTION_FORECAST_HOURS)]
        return _pollution_body(place, times, self._pollution.forecast(place, run, POLLUTION_FORECAST_HOURS))

    def _air_pollution_history(self, request: Request) -> Body:
        place, start, end = _place(request), _integer(request, "start"), _integer(request, "end")
        if end < start:
            raise ApiError(HTTPStatus.BAD_REQUEST, "wrong end")
        first = -(-max(start, unix(FIRST_HISTORY)) // 3600)
        count = max(min(end, unix(self.now())) // 3600 - first + 1, 0)
        if not count:
            return _pollution_body(place, [], {})
        times = [(first + hour) * 3600 for hour in range(count)]
        return _pollution_body(place, times, self._pollution.hours(place, first, count))

    # -- geocoding ---------------------------------------------------------------------------------------------------

    def _direct(self, request: Request) -> Body:
        query = _text(request, "q")
        if not query:
            raise ApiError(HTTPStatus.BAD_REQUEST, "Nothing to geocode")
        return [_geocoded(city) for city in cities_named(query)][: _limit(request)]

    def _reverse(self, request: Request) -> Body:
        latitude, longitude = _coordinates(request)
        return [_geocoded(city) for city in cities_near(latitude, longitude)][: _limit(request)]


# -- parameters ----------------------------------------------------------------------------------------------------------


def _text(request: Request, name: str) -> str:
    return request.query.get(name, [""])[0].strip()


def _integer(request: Request, name: str, default: int | None = None) -> int:
    text = _text(request, name)
    if not text and default is not None:
        return default
    try:
        return int(text)
    except ValueError:
        raise ApiError(HTTPStatus.BAD_REQUEST, f"wrong {name}") from None


def _limit(request: Request) -> int:
    return max(1, min(_integer(request, "limit", _GEOCODING_LIMIT), _GEOCODING_LIMIT))


def _units(request: Request) -> _Units:
    name = _text(request, "units")
    return _Units(name if name in ("metric", "imperial") else "standard")


def _language(request: Request) -> str:
    return _text(request, "lang").lower()


def _coordinates(request: Request) -> tuple[float, float]:
    if not _text(request, "lat") and not _text(request, "lon"):
        raise ApiError(HTTPStatus.BAD_REQUEST, "Nothing to geocode")
    values = []
    for name, message, largest in (("lat", "wrong latitude", 90), ("lon", "wrong longitude", 180)):
        try:
            value = float(_text(request, name))
        except ValueError:
            raise ApiError(HTTPStatus.BAD_REQUEST, message) from None
        # Written so that NaN is wrong too.
        if not -largest <= value <= largest:
            raise ApiError(HTTPStatus.BAD_REQUEST, message)
        values.append(value)
    return values[0], values[1]


def _place(request: Request) -> Place:
    """By ``lat`` and ``lon``, or by the deprecated ``id`` and ``q``."""
    number, query = _text(request, "id"), _text(request, "q")
    if number or query:
        named = [city for city in cities() if str(city.id) == number] if number else cities_named(query)
        if not named:
            raise ApiError(HTTPStatus.NOT_FOUND, "city not found")
        return place_at(named[0].latitude, named[0].longitude)
    return place_at(*_coordinates(request))


# -- bodies --------------------------------------------------------------------------------------------------------------


def _moment(seconds: int) -> dt.datetime:
    return EPOCH + dt.timedelta(seconds=seconds)


def _number4(degrees: float) -> int | float:
    return int(degrees) if float(degrees).is_integer() else degrees


def _sun(place: Place, seconds: int) -> tuple[int, int]:
    """Of the local day that contains the moment."""
    local = _moment(seconds + place.utc_offset_s(_moment(seconds)))
    return sunrise_sunset(local.date(), place.latitude, place.longitude)


def _name(city: City | None, language: str) -> str:
    if city is None:
        return ""
    return city.name_fr if language == "fr" else city.name


def _main(air: Air, at: int, units: _Units, coolest: float, warmest: float) -> dict[str, Any]:
    """``coolest`` and ``warmest``: degrees below and above ``temp`` that the town reaches in places."""
    celsius, humidity = float(air.celsius[at]), int(air.humidity_pct[at])
    sea_level = round(float(air.sea_level_hpa[at]))
    return {
        "temp": units.temperature(celsius),
        "feels_like": units.temperature(feels_like_c(celsius, humidity, float(air.wind_ms[at]))),
        "temp_min": units.temperature(celsius - coolest),
        "temp_max": units.temperature(celsius + warmest),
        "pressure": sea_level,
        "humidity": humidity,
        "sea_level": sea_level,
        "grnd_level": round(float(air.station_hpa[at])),
    }


def _wind(air: Air, at: int, units: _Units, has_gust: bool) -> dict[str, Any]:
    wind = {"speed": units.wind(air.wind_ms[at]), "deg": int(air.wind_deg[at])}
    return wind | ({"gust": units.wind(air.gust_ms[at])} if has_gust else {})


def _precipitation(air: Air, at: int, hours: str) -> dict[str, Any]:
    """``rain`` or ``snow`` with its amount; nothing at all when it is dry."""
    if air.rain_mm[at] <= 0:
        return {}
    return {"snow" if air.celsius[at] <= SNOW_BELOW_C else "rain": {hours: _number(air.rain_mm[at])}}


def _conditions(air: Air, at: int, mm_per_hour: float, is_day: bool, language: str) -> list[dict[str, object]]:
    ids = condition_ids(mm_per_hour, float(air.celsius[at]), int(air.cloud_pct[at]), int(air.present_weather[at]))
    return [CONDITIONS[number].element(language, is_day) for number in ids]


def _pollution_body(place: Place, times: list[int], components: Mapping[str, Any]) -> Body:
    indices = index_of(dict(components)) if times else ()
    entries = [
        {
            "main": {"aqi": int(index)},
            "components": {name: _number(components[name][number]) for name in COMPONENTS},
            "dt": seconds,
        }
        for number, (seconds, index) in enumerate(zip(times, indices, strict=True))
    ]
    return {"coord": {"lon": _number4(place.longitude), "lat": _number4(place.latitude)}, "list": entries}


def _geocoded(city: City) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": city.name,
        "local_names": {"en": city.name, "fr": city.name_fr},
        "lat": city.latitude,
        "lon": city.longitude,
        "country": city.country,
    }
    return found | ({"state": city.state} if city.state else {})


# -- the gate ------------------------------------------------------------------------------------------------------------


class KeyCheck:
    """A route that asks for a key and counts: 401 for any ``appid`` that is not in ``keys``, 429 above ``per_minute``.

    ``calls`` and ``refused`` count by key (``""`` for none); a refused call is in both. The minute is a sliding one on ``clock``,
    a function that gives seconds; it must move where a quota is set, or all calls fall into one minute.
    """

    def __init__(
        self,
        route: Route,
        keys: Collection[str],
        *,
        per_minute: int | None = None,
        clock: Callable[[], float] | None = None,
    ) -> None:
        if per_minute is not None and clock is None:
            raise ValueError("a quota per minute needs a clock")
        self._route, self._keys, self._per_minute, self._clock = route, frozenset(keys), per_minute, clock
        self._lock = threading.Lock()
        self._recent: dict[str, deque[float]] = {}
        self.calls: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()

    def __call__(self, request: Request) -> Response:
        key = _text(request, "appid")
        with self._lock:
            self.calls[key] += 1
            refusal = self._refusal(key)
            self.refused[key] += refusal is not None
        return refusal or self._route(request)

    def _refusal(self, key: str) -> Response | None:
        if key not in self._keys:
            return Response(HTTPStatus.UNAUTHORIZED, INVALID_KEY, _JSON)
        if self._per_minute is None or self._clock is None:
            return None
        moment, recent = self._clock(), self._recent.setdefault(key, deque())
        while recent and recent[0] <= moment - 60:
            recent.popleft()
        if len(recent) >= self._per_minute:
            return Response(HTTPStatus.TOO_MANY_REQUESTS, TOO_MANY_REQUESTS, _JSON)
        recent.append(moment)
        return None


@contextlib.contextmanager
def openweather_server(route: Route, port: int = 0) -> Iterator[str]:
    """Serve a route at ``/`` while the ``with`` lasts; gives the base URL without a slash at its end, which takes the place of
    https://api.openweathermap.org. Port 0 takes a free one."""
    with SimulatorServer({"/": route}, port) as server:
        yield server.url
