"""Tables under the reader's words."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import pandas as pd
import streamlit as st

from components.page import Reader
from services import formats

STYLED_ROWS = 400
"""Up to here numbers are written in the reader's language; beyond, that costs seconds."""

Column = tuple[str, int | None]
"""What heads a column, and how many digits its numbers have; None for what is not a number."""


def table(reader: Reader, rows: pd.DataFrame, columns: Mapping[str, Column], key: str, alt: str) -> None:
    """`rows` under the headings of `columns`, in their order; a column without any value is left out."""
    shown = rows[[column for column in columns if rows[column].notna().any()]]
    digits = {column: columns[column][1] for column in shown if columns[column][1] is not None}
    written = {column: partial(_number, reader.language, count) for column, count in digits.items()}
    st.dataframe(
        shown.style.format(written) if written and len(shown) <= STYLED_ROWS else shown,
        hide_index=True,
        key=key,
        alt=alt,
        placeholder="–",
        column_config={column: columns[column][0] for column in shown},
    )


def _number(language: str, digits: int | None, value: float) -> str:
    return formats.number(language, value, digits or 0)
