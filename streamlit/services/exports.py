"""Files that hold exactly the rows shown."""

from __future__ import annotations

import io

import pandas as pd


def _with_days(rows: pd.DataFrame) -> pd.DataFrame:
    """Times that are all midnights as the days that they are."""
    moments = rows.select_dtypes("datetime")
    return rows.assign(
        **{
            str(name): column.dt.date
            for name, column in moments.items()
            if (column.dropna().dt.normalize() == column.dropna()).all()
        }
    )


def as_csv(rows: pd.DataFrame) -> bytes:
    """UTF-8, comma, point, ISO days; an empty cell where there is no value."""
    written: str = _with_days(rows).to_csv(index=False)
    return written.encode("utf-8")


def as_parquet(rows: pd.DataFrame) -> bytes:
    """The same rows, days as dates."""
    buffer = io.BytesIO()
    _with_days(rows).to_parquet(buffer, index=False)
    return buffer.getvalue()


def file_name(location_id: str, *parts: str) -> str:
    """`isobar_wmo-07510_climat_anomalies`, without a suffix."""
    return "_".join(["isobar", location_id.replace(":", "-"), *parts])
