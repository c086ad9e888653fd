"""All benchmarks, one after the other: `make bench`. Exits with 1 when a limit is missed."""

from __future__ import annotations

import sys

from benchmarks import (
    app,
    lake_poll,
    load,
    one_more_day,
    one_more_poll,
    openweather_poll,
    outlets,
    quiet_hour,
    stream_land,
)

if __name__ == "__main__":
    met = [
        load.main(load.YEARS),
        one_more_day.main(one_more_day.YEARS),
        one_more_poll.main(one_more_poll.YEARS),
        quiet_hour.main(quiet_hour.YEARS),
        openweather_poll.main(),
        lake_poll.main(),
        stream_land.main(),
        outlets.main(),
        app.main(),
    ]
    sys.exit(0 if all(met) else 1)
