"""What landing and loading one more poll costs, by how many landings the lake has already: 1, 10,000 and 100,000 in a folder.

    python -m benchmarks.lake_poll

A year of hourly polls of four tables is 35,040 landings. Those of the past are written as a load would have left them: bytes,
record, arrival, and a row of `raw_openweather.files` for each. Processor time is compared, of the command as its user runs it.
"""

from __future__ import annotations

import gzip
import hashlib
import sys
import tempfile
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from benchmarks.harness import Measured, isobar, verdict
from ingestion.lake import Lake, Landing
from ingestion.lake.landing import arrival_name, folder_of, written
from simulator.openweather import OpenWeather, openweather_server

PAST = (1, 10_000, 100_000)
RATIO_LIMIT = 1.3
ROUNDS = 5
"""Polls measured at each size; the cheapest counts, because other work on the machine can only add."""

NOW = datetime(2026, 3, 1, 6)
SEED = 1
TABLES = ("current", "forecasts", "air_pollution", "air_pollution_forecasts")
CITIES = """\
city_key,name,country,latitude,longitude,altitude,openweather_id,timezone
paris-fr,Paris,FR,48.85,2.35,42,2988507,Europe/Paris
"""


def add_past(data: Path, first: int, last: int) -> None:
    """Landings with these numbers, loaded: a poll of four tables each hour before those of the lake."""
    lake = Lake(data / "lake")
    with duckdb.connect(str(data / "warehouse.duckdb")) as warehouse:
        known = {
            each.table: each for each in lake.landings("openweather") if each.table in TABLES and each.arrival_number
        }
        content = gzip.compress(b'{"body": {}}\n', mtime=0)
        rows = []
        for number in range(first, last + 1):
            poll, table = divmod(number, len(TABLES))
            moment = NOW - timedelta(hours=poll + 1)
            rows.append(_write(data / "lake", known[TABLES[table]], moment, number, content))
        warehouse.register("past", _as_table(rows))
        warehouse.execute(
            "insert into raw_openweather._dlt_loads (load_id, schema_name, status, inserted_at)"
            " select distinct 'past.' || landed_at, 'openweather', 0, landed_at::timestamptz from past"
        )
        warehouse.execute(
            "insert into raw_openweather.files by name select file as source_file, tbl as resource, 1 as version, content_hash,"
            " path as lake_path, 'loaded' as outcome, byte_count, 1 as row_count, 1 as appended_row_count,"
            " 0 as rejected_cell_count, landed_at::timestamp as landed_at, number as arrival_number,"
            " 'past.' || landed_at as _dlt_load_id from past"
        )


def _write(lake: Path, like: Landing, moment: datetime, number: int, content: bytes) -> tuple[object, ...]:
    file = f"poll.{moment:%Y-%m-%dT%H%M%S}.jsonl"
    folder = folder_of(like.source, like.table, file)
    landing = replace(
        like,
        file=file,
        version=1,
        path=f"{folder}/{'0' * 32}.jsonl.gz",
        content_hash=hashlib.sha256(file.encode()).hexdigest(),
        landed_at=moment.isoformat(),
        arrival_number=number,
        gzip_byte_count=len(content),
    )
    for name, text in (
        (landing.path, content),
        (landing.record, written(landing)),
        (arrival_name(like.source, number), written(landing)),
    ):
        path = lake / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)
    return file, like.table, landing.content_hash, landing.path, landing.byte_count, landing.landed_at, number


def _as_table(rows: list[tuple[object, ...]]) -> object:
    import pyarrow as pa

    names = ("file", "tbl", "content_hash", "path", "byte_count", "landed_at", "number")
    return pa.table(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))


def main() -> bool:
    best: dict[int, float] = {}
    with tempfile.TemporaryDirectory(prefix="isobar-bench-") as folder:
        work, polls = Path(folder), 0
        (work / "cities.csv").write_text(CITIES, encoding="utf-8")
        clock = [NOW]
        with openweather_server(OpenWeather(SEED, lambda: clock[0])) as url:
            told = {
                "ISOBAR_CITIES": str(work / "cities.csv"),
                "ISOBAR_OPENWEATHER_KEY": "simulated",
                "ISOBAR_OPENWEATHER_BUDGET": "none",
                "ISOBAR_OPENWEATHER_URL": url,
            }

            def one_more() -> Measured:
                nonlocal polls
                clock[0] = NOW + timedelta(hours=polls)
                polls += 1
                now = {"ISOBAR_NOW": clock[0].isoformat()}
                return isobar(work / "data", "load", "openweather", environment={**told, **now})

            one_more()
            past = len(TABLES)
            for size in PAST:
                if size > past:
                    highest = max(
                        each.arrival_number or 0 for each in Lake(work / "data" / "lake").landings("openweather")
                    )
                    add_past(work / "data", highest + 1, highest + size - past)
                    past = size
                best[size] = min(one_more().processor_seconds for _ in range(ROUNDS))
                past += ROUNDS * len(TABLES)
                print(f"one more poll after {size:,} landings: {best[size]:.2f} s of processor", flush=True)
    return verdict(
        f"one more poll after {PAST[-1]:,} landings against {PAST[0]}", max(best.values()) / best[PAST[0]], RATIO_LIMIT
    )


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
