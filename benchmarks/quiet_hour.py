"""What an hour with nothing new costs: every source that needs no key is asked, nothing came, `isobar build` has nothing to do.

python -m benchmarks.quiet_hour [years]
"""

from __future__ import annotations

import sys
import tempfile
from datetime import date
from pathlib import Path

from benchmarks.harness import isobar, verdict

YEARS = 5
LAST_DAY = date(2024, 12, 30)
SECONDS_LIMIT = 5.0
"""Of load and build, one process each, on two quiet cores: an hourly scheduler may run it on the smallest machine."""
RATIO_LIMIT = 0.1
"""Of `isobar build` against `isobar build --force`, which is the same without the look at what is new."""
ROUNDS = 3
"""The fastest counts, because other work on the machine can only add."""


def main(years: int) -> bool:
    from simulator.archive import write_archive
    from simulator.server import archive_server

    with tempfile.TemporaryDirectory(prefix="isobar-bench-") as folder:
        archive, data = Path(folder) / "archive", Path(folder) / "data"
        write_archive(archive, date(LAST_DAY.year - years + 1, 1, 1), LAST_DAY, layout="yearly")
        with archive_server(archive) as url:
            environment = {"ISOBAR_NOW": f"{LAST_DAY}T22:00:00"}

            def seconds(*arguments: str) -> float:
                return isobar(data, *arguments, environment=environment).seconds

            ask = ("load", "synop", "--from", url, "--start", f"{LAST_DAY.year - years + 1}-01-01")
            seconds(*ask)
            seconds("build")
            built = seconds("build", "--force")
            quiet = min(seconds("build") for _ in range(ROUNDS))
            asked = min(seconds(*ask) for _ in range(ROUNDS))
    print(f"{years} year(s), nothing new: load {asked:.1f} s, build {quiet:.1f} s; build --force {built:.0f} s")
    return all(
        [
            verdict("an hour with nothing new", asked + quiet, SECONDS_LIMIT, "s"),
            verdict("build with nothing new against build --force", quiet / built, RATIO_LIMIT),
        ]
    )


if __name__ == "__main__":
    sys.exit(0 if main(int(sys.argv[1]) if len(sys.argv) > 1 else YEARS) else 1)
