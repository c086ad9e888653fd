"""Files that hold exactly the rows shown, under the marts' column names."""

from __future__ import annotations

import io

import pandas as pd


def _with_days(rows: pd.DataFrame) -> pd.DataFrame:
    """Days as days: pandas has only times for what the marts call `…_date`."""
    days = [name for name in rows.select_dtypes("datetime").columns if str(name).endswith("_date")]
    return rows.assign(**{str(name): rows[name].dt.date for name in days})


def as_csv(rows: pd.DataFrame) -> bytes:
    """UTF-8, comma, point, ISO days and times (UTC); an empty cell where there is no value."""
    written: str = _with_days(rows).to_csv(index=False)
    return written.encode("utf-8")


def as_parquet(rows: pd.DataFrame) -> bytes:
    """The same rows, days as dates."""
    buffer = io.BytesIO()
    _with_days(rows).to_parquet(buffer, index=False)
    return buffer.getvalue()


def file_name(*parts: str) -> str:
    """`isobar_wmo-07510_climat_anomalies`, of whatever tells the selection; without a suffix."""
    return "_".join(["isobar", *parts]).replace(":", "-")
