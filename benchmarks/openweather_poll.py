"""How well a poll of many cities keeps its connections busy: 100 cities, each answer 100 ms away, the budget lifted.

    python -m benchmarks.openweather_poll

The least it can take is latencies / connections: 400 answers x 0.1 s / 8. What is held against it is the time from the first
request to the last answer, as the provider sees it; the start of Python and the loading of the answers are told beside it.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock

from benchmarks.harness import isobar, verdict
from ingestion.http.client import CONNECTIONS
from simulator.faults import Faulty, Rule, latency
from simulator.openweather import OpenWeather, openweather_server
from simulator.server import Request, Response, Route

CITIES = 100
ENDPOINTS = 4
LATENCY_S = 0.1
RATIO_LIMIT = 1.3
ROUNDS = 3
"""Polls measured, one after the other; the fastest counts, because other work on the machine can only add."""

NOW = datetime(2026, 3, 1, 6)
SEED = 1


class Remembered:
    """A route whose answers are computed once: the weather is not what is measured."""

    def __init__(self, route: Route) -> None:
        self.route, self.answers = route, dict[str, Response]()

    def __call__(self, request: Request) -> Response:
        if request.target not in self.answers:
            self.answers[request.target] = self.route(request)
        return self.answers[request.target]


class Timed:
    """A route that notes when it was first asked, when it last answered, and how often."""

    def __init__(self, route: Route) -> None:
        self.route, self.lock = route, Lock()
        self.begun, self.ended, self.count = 0.0, 0.0, 0

    def __call__(self, request: Request) -> Response:
        with self.lock:
            self.begun = self.begun or time.monotonic()
        response = self.route(request)
        with self.lock:
            self.ended, self.count = time.monotonic(), self.count + 1
        return response


def cities_file(path: Path) -> Path:
    """Cities on a grid over France and around it."""
    lines = ["city_key,name,country,latitude,longitude,altitude,openweather_id,timezone"]
    lines += [f"city-{n},City {n},FR,{41 + n // 10},{-4 + n % 10 * 1.5},0,{n + 1},Europe/Paris" for n in range(CITIES)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def main() -> bool:
    least = CITIES * ENDPOINTS * LATENCY_S / CONNECTIONS
    remembered = Remembered(OpenWeather(SEED, lambda: NOW))
    seconds = []
    with tempfile.TemporaryDirectory(prefix="isobar-bench-") as folder:
        work = Path(folder)
        environment = {
            "ISOBAR_CITIES": str(cities_file(work / "cities.csv")),
            "ISOBAR_OPENWEATHER_KEY": "simulated",
            "ISOBAR_OPENWEATHER_BUDGET": "none",
        }
        for number in range(ROUNDS + 1):
            # the first poll has the answers computed
            timed = Timed(Faulty(remembered, [Rule(latency(LATENCY_S))]) if number else remembered)
            with openweather_server(timed) as url:
                now = (NOW + number * timedelta(hours=1)).isoformat()
                told = {**environment, "ISOBAR_OPENWEATHER_URL": url, "ISOBAR_NOW": now}
                whole = isobar(work / "data", "load", "openweather", environment=told)
            if timed.count != CITIES * ENDPOINTS:
                raise SystemExit(f"benchmark stopped: {timed.count} requests, not {CITIES * ENDPOINTS}")
            if number:
                seconds.append(timed.ended - timed.begun)
                print(f"poll {number}: {seconds[-1]:.2f} s of the command's {whole.seconds:.1f} s")
    print(f"latencies / connections: {least:.2f} s; polls: median {statistics.median(seconds):.2f} s")
    return verdict(f"poll of {CITIES} cities against latencies / connections", min(seconds) / least, RATIO_LIMIT)


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
