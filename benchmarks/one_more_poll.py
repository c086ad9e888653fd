"""What one more poll costs, load to publication: a build of what it reaches against a build of everything.

python -m benchmarks.one_more_poll [years]
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

from benchmarks.harness import isobar, verdict
from benchmarks.openweather_poll import cities_file
from simulator.archive import write_archive
from simulator.openweather import OpenWeather, openweather_server

YEARS = 1
RATIO_LIMIT = 0.8
"""Of `isobar build` against `isobar build --force`, each after a poll of its own. SYNOP reaches most of the models."""
LAST_DAY = date(2024, 12, 30)
ROUNDS = 2
"""Polls of each kind, in turn; the fastest counts, because other work on the machine can only add."""


def main(years: int) -> bool:
    with tempfile.TemporaryDirectory(prefix="isobar-bench-") as folder:
        work = Path(folder)
        archive, data = work / "archive", work / "data"
        start, clock = date(LAST_DAY.year - years + 1, 1, 1), datetime(2024, 12, 30, 6)
        with openweather_server(OpenWeather(1, lambda: clock)) as url:
            environment = {
                "ISOBAR_CITIES": str(cities_file(work / "cities.csv")),
                "ISOBAR_OPENWEATHER_KEY": "simulated",
                "ISOBAR_OPENWEATHER_URL": url,
                "ISOBAR_OPENWEATHER_BUDGET": "none",
            }

            def seconds(*arguments: str) -> float:
                at = {"ISOBAR_NOW": clock.isoformat()}
                return isobar(data, *arguments, environment={**environment, **at}).seconds

            def synop() -> float:
                write_archive(archive, start, clock.date(), layout="yearly", as_of=clock)
                return seconds("load", "synop", "--from", str(archive))

            def openweather() -> float:
                return seconds("load", "openweather")

            polls: dict[str, Callable[[], float]] = {"synop": synop, "openweather": openweather}
            history = sum(poll() for poll in polls.values()) + seconds("build")
            print(f"{years} year(s): history loaded and built in {history:.0f} s")
            met = []
            for source, poll in polls.items():
                loaded, built, forced = [], [], []
                for _ in range(ROUNDS):
                    for figures, options in ((built, ()), (forced, ("--force",))):
                        clock += timedelta(hours=3)
                        loaded.append(poll())
                        figures.append(seconds("build", *options))
                print(
                    f"{source}: load {min(loaded):.1f} s, build and publish {min(built):.1f} s,"
                    f" of everything {min(forced):.1f} s"
                )
                what = f"one more poll of {source}, built, against a build of everything"
                met.append(verdict(what, min(built) / min(forced), RATIO_LIMIT))
    return all(met)


if __name__ == "__main__":
    sys.exit(0 if main(int(sys.argv[1]) if len(sys.argv) > 1 else YEARS) else 1)
