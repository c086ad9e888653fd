"""Tables of what a page shows, in the reader's language, and the files of exactly the same rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, tzinfo
from functools import partial

import pandas as pd
import streamlit as st

from shared import exports, formats
from shared.frame import Reader
from shared.units import column_in_zone

FORMATS = (
    ("csv", "text/csv", exports.as_csv),
    ("parquet", "application/vnd.apache.parquet", exports.as_parquet),
)
STYLED_ROWS = 600
"""Up to here a table writes its numbers in the reader's language; beyond that styling costs seconds."""

Column = tuple[str, int | None]
"""What heads a column, and how many digits its numbers have; None for what is not a number."""


def table(
    reader: Reader, rows: pd.DataFrame, columns: Mapping[str, Column], key: str, alt: str, zone: tzinfo = UTC
) -> None:
    """`rows` under the headings of `columns`, in their order; a column without any value is left out.

    UTC times are shown as the clocks of `zone`, which the heading names.
    """
    kept = rows[[column for column in columns if rows[column].notna().any()]]
    times = [str(column) for column in kept.select_dtypes("datetime").columns if not str(column).endswith("_date")]
    kept = kept.assign(**{column: column_in_zone(kept[column], zone) for column in times})
    headings = {column: columns[column][0] for column in kept}
    headings |= {column: f"{headings[column]} ({zone})" for column in times}
    digits = {column: count for column in kept if (count := columns[column][1]) is not None}
    st.dataframe(
        styled(reader, kept, digits, [column for column in kept if column.endswith("_date")]),
        hide_index=True,
        key=key,
        alt=alt,
        placeholder="–",
        column_config=headings,
    )


def folded_table(
    reader: Reader,
    rows: pd.DataFrame,
    columns: Mapping[str, Column],
    key: str,
    title: str,
    file: str | None = None,
    *,
    saved: pd.DataFrame | None = None,
    is_open: bool = False,
    zone: tzinfo = UTC,
) -> None:
    """`table` under `title`, with buttons that give `saved` (the rows themselves, if nothing else) where `file` names them."""

    def draw() -> None:
        table(reader, rows, columns, key, title, zone)
        if file is not None:
            buttons(reader, rows if saved is None else saved, file, labels=f"file_{key}", zone=zone)

    folded(title, key, draw, is_open=is_open)


def styled(reader: Reader, table: pd.DataFrame, digits: Mapping[str, int], days: Sequence[str] | None = None) -> object:
    """`table` with the numbers of `digits` and the days of `days` (if none are named, all times) written as a reader does."""
    if len(table) > STYLED_ROWS:
        return table
    written = {heading: partial(_number, reader.language, count) for heading, count in digits.items()}
    dated = table.select_dtypes("datetime").columns if days is None else days
    written |= {str(heading): partial(_day, reader.language) for heading in dated}
    return table.style.format(written, na_rep="–") if written else table


def _number(language: str, digits: int, value: float) -> str:
    return formats.number(language, value, digits)


def _day(language: str, value: date) -> str:
    return "–" if pd.isna(value) else formats.day(language, value)


@st.fragment
def folded(title: str, key: str, draw: Callable[[], object], *, is_open: bool = False) -> None:
    """`draw` under `title`, drawn once the reader opens it: a table costs as much time as a chart.

    A title that changes with the selection would fold it again.
    """
    fold = st.expander(title, expanded=is_open, key=f"fold_{key}", on_change="rerun")
    if fold.open:
        with fold:
            draw()


def shown(
    reader: Reader,
    rows: pd.DataFrame,
    table: Callable[[], object],
    name: str,
    *,
    key: str = "shown",
    title: str | None = None,
) -> None:
    """The folded table of a page's charts, and two buttons that give `rows`, from which it is made, as the file `name`."""
    title = title or reader.say("table_shown")
    folded(
        title,
        key,
        lambda: st.dataframe(table(), hide_index=True, key=f"table_{key}", placeholder="–", alt=title),
    )
    buttons(reader, rows, name)


def buttons(reader: Reader, rows: pd.DataFrame, name: str, *, labels: str = "download", zone: tzinfo = UTC) -> None:
    """Two buttons that give the marts' `rows` as the file `name`, in the reader's unit and `zone`; their labels are the
    sentences `{labels}_csv` and `{labels}_parquet`."""

    def file(write: Callable[[pd.DataFrame], bytes]) -> bytes:
        return write(exports.as_read(rows, reader.wind, zone))

    with st.container(horizontal=True, gap="small"):
        for suffix, mime, write in FORMATS:
            st.download_button(
                reader.say(f"{labels}_{suffix}"),
                partial(file, write),
                file_name=f"{name}.{suffix}",
                mime=mime,
                on_click="ignore",
                help=reader.say("download_shown"),
                key=f"{labels}_{suffix}_{name}",
            )
