"""Buttons that give a table as a file."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from components.page import Context
from services import exports


def downloads(context: Context, key: str, rows: pd.DataFrame, *name: str) -> None:
    """`rows` as CSV and as Parquet, side by side; `key` begins their labels (`file_{key}_csv`), `name` tells the selection."""
    with st.container(horizontal=True):
        for suffix, mime, write in (
            ("csv", "text/csv", exports.as_csv),
            ("parquet", "application/vnd.apache.parquet", exports.as_parquet),
        ):
            st.download_button(
                context.say(f"file_{key}_{suffix}"),
                write(rows),
                file_name=exports.file_name(*name, suffix),
                mime=mime,
                on_click="ignore",
                help=context.say("file_help"),
                key=f"file_{key}_{suffix}",
            )
