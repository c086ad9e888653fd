"""Small SYNOP archives in both published layouts, for tests that need a file rather than weather."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from pathlib import Path

from ingestion.sources.synop.columns import OBSERVATIONS

MEASURES = [
    column
    for column in OBSERVATIONS.columns
    if column
    not in ("geo_id_wmo", "validity_time", "insert_time", "reference_time", "geo_id_wigos", "name", "lat", "lon")
]
MONTHLY_HEADER = ";".join(["numer_sta", "date", *MEASURES]) + ";"
YEARLY_HEADER = ";".join(
    ["lat", "lon", "geo_id_wmo", "geo_id_wigos", "name", "reference_time", "insert_time", "validity_time", *MEASURES]
)


def monthly_row(station: str, time: str, **measures: object) -> str:
    """A row of `synop.YYYYMM.csv`: `mq` where nothing is said, a separator at its end."""
    return ";".join([station, time, *(str(measures.get(name, "mq")) for name in MEASURES)]) + ";"


def yearly_row(station: str, time: str, insert_time: str = "", **measures: object) -> str:
    """A row of `synop_YYYY.csv`: empty where nothing is said."""
    known = ["48.7", "2.4", station, "", "ORLY", time, insert_time, time]
    return ";".join([*known, *(str(measures.get(name, "")) for name in MEASURES)])


def write(path: Path, header: str, rows: Sequence[str]) -> Path:
    """Write an archive, gzipped when its name says so (deterministic bytes)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    body = ("\n".join([header, *rows]) + "\n").encode()
    path.write_bytes(gzip.compress(body, mtime=0) if path.suffix == ".gz" else body)
    return path


def monthly(path: Path, rows: Sequence[str]) -> Path:
    return write(path, MONTHLY_HEADER, rows)


def yearly(path: Path, rows: Sequence[str]) -> Path:
    return write(path, YEARLY_HEADER, rows)


def year(folder: Path, number: int, t: str = "280.0", days: int = 5) -> Path:
    """The first days of a January at one station, every three hours: `t` at midnight, then a tenth warmer each hour."""
    rows = [
        monthly_row("07005", f"{number}01{day:02d}{hour:02d}0000", t=f"{float(t) + hour / 10:.2f}")
        for day in range(1, days + 1)
        for hour in range(0, 24, 3)
    ]
    return monthly(folder / f"synop.{number}01.csv", rows)
