"""A table of what a page shows, in the reader's language, and the files of exactly the same rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import partial

import pandas as pd
import streamlit as st

from components.page import Context
from services import exports, formats

FORMATS = (
    ("download_csv", "csv", "text/csv", exports.as_csv),
    ("download_parquet", "parquet", "application/vnd.apache.parquet", exports.as_parquet),
)
STYLED_ROWS = 600
"""Up to here a table writes its numbers in the reader's language; beyond that styling costs seconds."""


def styled(context: Context, table: pd.DataFrame, digits: Mapping[str, int]) -> object:
    """`table` with the numbers of the columns in `digits` and all days written as a reader does."""
    if len(table) > STYLED_ROWS:
        return table
    language = context.language
    written = {heading: partial(_number, language, count) for heading, count in digits.items()}
    dated = {str(heading): partial(_day, language) for heading in table.select_dtypes("datetime").columns}
    return table.style.format({**written, **dated}, na_rep="–")


def _number(language: str, digits: int, value: float) -> str:
    return formats.number(language, value, digits)


def _day(language: str, value: date) -> str:
    return "–" if pd.isna(value) else formats.day(language, value)


def shown(context: Context, rows: pd.DataFrame, table: object, name: str) -> None:
    """The folded `table` of a chart and two buttons that give `rows`, from which it was made, as the file `name`."""
    title = context.say("table_shown", n=len(rows))
    with st.expander(title):
        st.dataframe(table, hide_index=True, key=f"table_{name}", placeholder="–", alt=title)
    buttons(context, rows, name)


def buttons(context: Context, rows: pd.DataFrame, name: str) -> None:
    """Two buttons that give `rows` as the file `name`."""
    with st.container(horizontal=True, gap="small"):
        for label, suffix, mime, write in FORMATS:
            st.download_button(
                context.say(label),
                partial(write, rows),
                file_name=f"{name}.{suffix}",
                mime=mime,
                on_click="ignore",
                help=context.say("download_shown"),
                key=f"{label}_{name}",
            )
