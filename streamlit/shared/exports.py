"""Files that hold exactly the rows shown, in the reader's unit of wind and zone of times, which the column names carry."""

from __future__ import annotations

import io
from datetime import UTC, tzinfo

import pandas as pd

from shared.units import WindUnit

IN_MS = "_ms"
"""Ends the marts' columns of speeds."""


def as_read(rows: pd.DataFrame, wind: WindUnit, zone: tzinfo = UTC) -> pd.DataFrame:
    """The marts' rows as the reader's files have them.

    Days are days, for pandas has only times for what the marts call `…_date`. Times have their offset, in a column named
    `observed_at (Europe/Paris)`. Speeds, in m/s in a column `…_ms`, are in `wind`: `wind_speed_kmh`.
    """
    columns: dict[str, pd.Series] = {}
    for name, column in rows.items():
        key = str(name)
        if pd.api.types.is_datetime64_dtype(column):
            if key.endswith("_date"):
                column = column.dt.date
            else:
                key, column = f"{key} ({zone})", column.dt.tz_localize("UTC").dt.tz_convert(zone)
        elif key.endswith(IN_MS):
            key = f"{key.removesuffix(IN_MS)}_{wind.key}"
            column = (column * wind.per_ms).round(6)  # no rest of binary fractions
        columns[key] = column
    return pd.DataFrame(columns, index=rows.index)


def as_csv(rows: pd.DataFrame) -> bytes:
    """UTF-8, comma, point, ISO days, times with their offset; an empty cell where there is no value. Of rows of `as_read`."""
    written: str = rows.to_csv(index=False)
    return written.encode("utf-8")


def as_parquet(rows: pd.DataFrame) -> bytes:
    """The same rows, days as dates."""
    buffer = io.BytesIO()
    rows.to_parquet(buffer, index=False)
    return buffer.getvalue()


def file_name(*parts: str) -> str:
    """`isobar_wmo-07510_climat_anomalies`, of whatever tells the selection; without a suffix."""
    return "_".join(["isobar", *parts]).replace(":", "-")
