"""Files that hold exactly the rows shown, under the marts' column names."""

from __future__ import annotations

import io

import pandas as pd


def _named(rows: pd.DataFrame) -> pd.DataFrame:
    """Days as days, for pandas has only times for what the marts call `…_date`; times with their zone, UTC."""
    times = [str(name) for name in rows.select_dtypes("datetime").columns]
    return rows.assign(
        **{name: rows[name].dt.date if name.endswith("_date") else rows[name].dt.tz_localize("UTC") for name in times}
    )


def as_csv(rows: pd.DataFrame) -> bytes:
    """UTF-8, comma, point, ISO days, times with `+00:00`; an empty cell where there is no value."""
    written: str = _named(rows).to_csv(index=False)
    return written.encode("utf-8")


def as_parquet(rows: pd.DataFrame) -> bytes:
    """The same rows, days as dates."""
    buffer = io.BytesIO()
    _named(rows).to_parquet(buffer, index=False)
    return buffer.getvalue()


def file_name(*parts: str) -> str:
    """`isobar_wmo-07510_climat_anomalies`, of whatever tells the selection; without a suffix."""
    return "_".join(["isobar", *parts]).replace(":", "-")
