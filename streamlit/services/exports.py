"""Files of exactly the rows that are shown, with the marts' column names."""

from __future__ import annotations

import io

import pandas as pd


def as_csv(rows: pd.DataFrame) -> bytes:
    """UTF-8, comma, point, ISO times in UTC; an empty cell where there is no value."""
    written: str = rows.to_csv(index=False)
    return written.encode("utf-8")


def as_parquet(rows: pd.DataFrame) -> bytes:
    """The same rows."""
    buffer = io.BytesIO()
    rows.to_parquet(buffer, index=False)
    return buffer.getvalue()


def file_name(*parts: str) -> str:
    """`isobar_city-paris-fr_temperature_24h.csv`, of whatever tells the selection; the last part is the suffix."""
    return f"isobar_{'_'.join(parts[:-1])}.{parts[-1]}".replace(":", "-")
