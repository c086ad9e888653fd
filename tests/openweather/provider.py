"""A small OpenWeather on loopback: the shapes of its answers, and a fault per endpoint or city."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

KEY = "marked-key-0123456789abcdef"
ISSUED = 1_772_346_600  # 2026-03-01T06:30:00Z

POLLUTANTS = {"co": 230.31, "no": 0, "no2": 14.82, "o3": 62.4, "so2": 1, "pm2_5": 12.3, "pm10": 15.1, "nh3": 0.86}


def measures(temp: float = 12) -> dict[str, Any]:
    main = {"temp": temp, "feels_like": 11.2, "temp_min": 11, "temp_max": 13.5, "pressure": 1014, "humidity": 76}
    return {
        "main": main,
        "weather": [{"id": 500, "main": "Rain", "description": "light rain", "icon": "10d"}],
        "visibility": 10000,
        "wind": {"speed": 4.1, "deg": 200},
        "clouds": {"all": 40},
    }


def weather(lat: float = 48.85, lon: float = 2.35, **changed: Any) -> dict[str, Any]:
    body = {"coord": {"lon": lon, "lat": lat}, **measures(), "base": "stations", "dt": ISSUED, "rain": {"1h": 0.3}}
    body |= {"sys": {"country": "FR"}, "timezone": 3600, "id": 2988507, "name": "Paris", "cod": 200}
    return body | changed


def recorded(**changed: Any) -> dict[str, Any]:
    """A body as collectors keep it, in kelvin: its temperatures show that."""
    main = measures()["main"] | {"temp": 285.15, "feels_like": 284.35, "temp_min": 284.15, "temp_max": 286.65}
    return weather(**{"main": main} | changed)


def forecast(lat: float, lon: float, steps: int = 40) -> dict[str, Any]:
    times = [
        {"dt": ISSUED + 10_800 * n, **measures(n), "pop": 0.2, "sys": {"pod": "d"}, "rain": {"3h": 1}}
        for n in range(steps)
    ]
    city = {"id": 0, "name": "", "coord": {"lat": lat, "lon": lon}, "country": "FR", "timezone": 3600}
    return {"cod": "200", "message": 0, "cnt": steps, "list": times, "city": city}


def pollution(lat: float, lon: float, times: list[int]) -> dict[str, Any]:
    steps = [{"main": {"aqi": 2}, "components": POLLUTANTS, "dt": each} for each in times]
    return {"coord": {"lon": lon, "lat": lat}, "list": steps}


Fault = tuple[int, bytes]


@dataclass
class Provider:
    """`fault(endpoint, query)` gives a status and a body instead of the right answer, or None.

    A redirection leads to where it came from, key and all; status 0 breaks the connection off.
    """

    url: str = ""
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    fault: Callable[[str, dict[str, str]], Fault | None] = lambda endpoint, query: None
    is_simulated: bool = False
    lock: Lock = field(default_factory=Lock)

    def answer(self, target: str) -> Fault:
        parts = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        endpoint = parts.path.removeprefix("/data/2.5/").removeprefix("/geo/1.0/")
        with self.lock:
            self.requests.append((endpoint, query))
        if query.get("appid") != KEY:
            return 401, json.dumps({"cod": 401, "message": f"Invalid API key {query.get('appid')}"}).encode()
        if found := self.fault(endpoint, query):
            return found
        if endpoint == "direct":
            name = query["q"].split(",")[0]
            return 200, json.dumps(
                [] if name == "Nowhere" else [{"name": name, "lat": 1.5, "lon": 2, "country": "FR"}]
            ).encode()
        lat, lon = float(query["lat"]), float(query["lon"])
        if endpoint == "weather":
            # over several lines, as no JSON line can be
            return 200, json.dumps(weather(lat, lon), indent=1).encode()
        if endpoint == "forecast":
            return 200, json.dumps(forecast(lat, lon)).encode()
        if endpoint == "air_pollution/history":
            start, end = int(query["start"]), int(query["end"])
            return 200, json.dumps(pollution(lat, lon, list(range(start, end + 1, 3600)))).encode()
        steps = 96 if endpoint.endswith("forecast") else 1
        return 200, json.dumps(pollution(lat, lon, [ISSUED + 3600 * n for n in range(steps)])).encode()


@contextmanager
def serving(provider: Provider) -> Iterator[Provider]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def do_GET(self) -> None:
            status, body = provider.answer(self.path)
            if not status:
                self.close_connection = True
                return
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", f"{provider.url}{self.path}")
            self.send_header("Content-Length", str(len(body)))
            if provider.is_simulated:
                self.send_header("X-Isobar-Simulated", "1")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    provider.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()


def cities_file(path: Path, count: int = 3, extra: str = "") -> Path:
    """`count` cities at latitudes 40, 41, …, so that a fault can name one."""
    lines = ["city_key,name,country,latitude,longitude,altitude,openweather_id,timezone"]
    lines += [f"town-{n}-fr,Town {n},FR,{(40 + n) % 90},2.5,{10 * n},{9000 + n},Europe/Paris" for n in range(count)]
    path.write_text("\n".join(lines) + "\n" + extra, encoding="utf-8")
    return path
