"""OpenWeather's API in a process of its own, so that provider and client have a core each.

As a program it prints its base URL, sets its clock to each time on its standard input, echoes it, and ends with the input: when
the process that began it ends, however that comes.

    python -m simulator.provider SEED KEY
"""

from __future__ import annotations

import contextlib
import datetime as dt
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

from simulator.openweather import KeyCheck, OpenWeather, openweather_server
from simulator.weather import EPOCH


@contextlib.contextmanager
def openweather_process(seed: int, key: str) -> Iterator[tuple[str, Callable[[dt.datetime], None]]]:
    """Gives the base URL while the ``with`` lasts, and a function that sets the provider's clock (UTC, without zone)."""
    command = [sys.executable, "-m", "simulator.provider", str(seed), key]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin and process.stdout
        asked, answers = process.stdin, process.stdout

        def set_clock(moment: dt.datetime) -> None:
            print(moment.isoformat(), file=asked, flush=True)
            answers.readline()

        yield answers.readline().strip(), set_clock


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the client, which then ends
    seed, key = sys.argv[1:]
    now = EPOCH
    with openweather_server(KeyCheck(OpenWeather(int(seed), lambda: now), {key})) as url:
        print(url, flush=True)
        for line in sys.stdin:
            now = dt.datetime.fromisoformat(line.strip())
            print(now, flush=True)


if __name__ == "__main__":
    main()
