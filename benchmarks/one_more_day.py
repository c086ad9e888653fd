"""What one more day costs when the history is long: load + build + publish at 20 years against 1 year. Beside it are printed a
build of the whole history and one corrected report of its first year.

python -m benchmarks.one_more_day [years]
"""

from __future__ import annotations

import gzip
import shutil
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path

from benchmarks.harness import isobar, verdict

YEARS = 20
RATIO_LIMIT = 1.5
LAST_DAY = date(2024, 12, 30)
ROUNDS = 3
"""Days added one after the other; the fastest counts, because other work on the machine can only add."""


def seconds_of_a_day(work: Path, years: int) -> float:
    """Build `years` of history, then add days one by one. Returns the fastest day's load + build."""
    from simulator.archive import write_archive

    archive, data = work / "archive", work / "data"
    start = date(LAST_DAY.year - years + 1, 1, 1)
    last = LAST_DAY - timedelta(days=ROUNDS)
    write_archive(archive, start, last, layout="yearly")

    def load_and_build(what: str) -> float:
        load = isobar(data, "load", "synop", "--from", str(archive)).seconds
        build = isobar(data, "build").seconds
        print(f"{years} year(s): {what}: load {load:.1f} s, build and publish {build:.1f} s", flush=True)
        return load + build

    load_and_build("the whole history")
    fastest = float("inf")
    for day in range(1, ROUNDS + 1):
        write_archive(archive, start, last + timedelta(days=day), layout="yearly")
        fastest = min(fastest, load_and_build("one more day"))
    correct_a_report(archive / f"synop_{start.year}.csv.gz")
    load_and_build(f"one corrected report of {start.year}")
    return fastest


def correct_a_report(archive: Path) -> None:
    """One temperature of the archive, half a degree higher."""
    header, *rows = gzip.decompress(archive.read_bytes()).decode().splitlines()
    column = header.split(";").index("t")
    number = next(number for number, row in enumerate(rows) if row.split(";")[column])
    cells = rows[number].split(";")
    cells[column] = f"{float(cells[column]) + 0.5:.2f}"
    rows[number] = ";".join(cells)
    archive.write_bytes(gzip.compress("\n".join([header, *rows, ""]).encode()))


def main(years: int) -> bool:
    with tempfile.TemporaryDirectory(prefix="isobar-bench-") as folder:
        work = Path(folder)
        short = seconds_of_a_day(work / "short", 1)
        long = seconds_of_a_day(work / "long", years)
        shutil.rmtree(work / "long", ignore_errors=True)
        return verdict(f"one more day at {years} years against 1", long / short, RATIO_LIMIT)


if __name__ == "__main__":
    sys.exit(0 if main(int(sys.argv[1]) if len(sys.argv) > 1 else YEARS) else 1)
