"""`python -m tests.streams.poller`: the demo's polls as a process that publishes by the broker of its environment, and ends."""

from __future__ import annotations

from dataclasses import replace

from isobar.jobs.demo import DEMO_SEED, MAPS, POLLS
from isobar.jobs.stream import poll
from isobar.settings import DEMO_KEY, DEMO_NOW, Settings
from simulator.provider import openweather_process
from simulator.server import SimulatorServer
from simulator.vigilance import Vigilance


def main() -> None:
    settings = Settings.from_environment().demo()
    with openweather_process(DEMO_SEED, DEMO_KEY) as (url, set_clock):
        for moment in POLLS:
            set_clock(moment)
            poll(replace(settings, clock=moment), "openweather", url)
    now = DEMO_NOW
    with SimulatorServer({"/": Vigilance(DEMO_SEED, lambda: now, DEMO_KEY)}) as server:
        for now in MAPS:
            poll(replace(settings, clock=now), "meteofrance_vigilance", server.url)


if __name__ == "__main__":
    main()
