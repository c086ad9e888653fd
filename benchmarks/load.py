"""Landing and loading a long archive against the fastest thing DuckDB can do with the same files.

    python -m benchmarks.load [years]

39 years x 62 stations x 8 a day are 7 million rows, gzipped. The baseline is `read_csv` of all of them at once into one
typed table; Isobar hashes and keeps every file, checks every cell, gives every row its file, line and load id.
"""

from __future__ import annotations

import gzip
import sys
import tempfile
from datetime import date
from pathlib import Path

from benchmarks.harness import isobar, measure, verdict

YEARS = 39
RATIO_LIMIT = 2.0
MEMORY_LIMIT_GIB = 1.5
FIRST_YEAR = 1986


def baseline(folder: str, database: str) -> None:
    """`create table as select * from read_csv(...)`, measures as double, times as timestamp."""
    import duckdb

    from ingestion.readers.archive import DOUBLE, TIME
    from ingestion.sources.synop.columns import OBSERVATIONS

    files = sorted(str(path) for path in Path(folder).glob("synop_*.csv.gz"))
    with gzip.open(files[0], "rt") as first:
        names = first.readline().strip().split(";")
    sql_type = {DOUBLE: "DOUBLE", TIME: "TIMESTAMP"}
    columns = {name: sql_type.get(OBSERVATIONS.columns[name], "VARCHAR") for name in names}
    with duckdb.connect(database) as target:
        target.execute(
            f"create table observations as select * from read_csv({files!r}, columns={columns!r}, delim=';', header=true,"
            " auto_detect=false, timestampformat='%Y-%m-%dT%H:%M:%SZ')"
        )


def main(years: int) -> bool:
    from simulator.archive import write_archive

    with tempfile.TemporaryDirectory(prefix="isobar-bench-") as folder:
        work = Path(folder)
        end = date(FIRST_YEAR + years - 1, 12, 31)
        written = write_archive(work / "archive", date(FIRST_YEAR, 1, 1), end, layout="yearly")
        print(f"{written.rows:,} rows in {len(written.files)} files, simulated in {written.seconds:.0f} s")
        typed = measure("benchmarks.load", "baseline", str(work / "archive"), str(work / "baseline.duckdb"))
        print(f"read_csv into a typed table: {typed.seconds:.1f} s, peak {typed.peak_bytes / 2**30:.2f} GiB")
        loaded = isobar(work / "data", "load", "synop", "--from", str(work / "archive"))
        print(f"isobar load:                 {loaded.seconds:.1f} s, peak {loaded.peak_bytes / 2**30:.2f} GiB")
        met = verdict("load against read_csv", loaded.seconds / typed.seconds, RATIO_LIMIT)
        return verdict("peak memory of the load", loaded.peak_bytes / 2**30, MEMORY_LIMIT_GIB, "GiB") and met


if __name__ == "__main__":
    if sys.argv[1:2] == ["baseline"]:
        baseline(*sys.argv[2:4])
    else:
        sys.exit(0 if main(int(sys.argv[1]) if len(sys.argv) > 1 else YEARS) else 1)
