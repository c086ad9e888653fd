"""The address is the only place where a selection lives: widgets are set from it and write back to it.

So a copied address shows the same page to someone else, and the browser's back button works. (Streamlit's own
`bind="query-params"` writes the labels shown, which differ by language, and leaves defaults out.)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import date

import streamlit as st

from shared.days import parse_day
from shared.translations import LANGUAGES, language_of

EARLIEST_DAY, LATEST_DAY = date(1850, 1, 1), date(2100, 12, 31)
"""What the calendar offers: wide, so that an address beyond the data gets a sentence and not an error."""


def _key(parameter: str) -> str:
    return f"address_{parameter}"


def _write(parameter: str) -> None:
    st.query_params[parameter] = str(st.session_state[_key(parameter)])


def _prepare(parameter: str, options: Sequence[str], default: str) -> str:
    wanted = st.query_params.get(parameter)
    value = wanted if wanted is not None and wanted in options else default
    st.query_params[parameter] = value
    st.session_state[_key(parameter)] = value
    return _key(parameter)


def select(
    label: str,
    parameter: str,
    options: Sequence[str],
    default: str,
    name: Callable[[str], str],
    *,
    hint: str | None = None,
) -> str:
    """A list to choose from, searched by typing. `name` turns a key of the address into what the reader sees."""
    key = _prepare(parameter, options, default)
    return st.selectbox(label, options, key=key, format_func=name, on_change=_write, args=(parameter,), help=hint)


def several(
    label: str, parameter: str, options: Sequence[str], default: str, name: Callable[[str], str], most: int, hint: str
) -> list[str]:
    """A list to choose up to `most` from, at least one, searched by typing; in the address with commas between."""
    wanted = dict.fromkeys((st.query_params.get(parameter) or "").split(","))
    known = set(options)
    values = [value for value in wanted if value in known][:most] or [default]
    st.query_params[parameter] = ",".join(values)
    st.session_state[_key(parameter)] = values

    def write() -> None:
        # Without any the address keeps the last one: the page is about a place.
        st.query_params[parameter] = ",".join(st.session_state[_key(parameter)]) or values[-1]

    return st.multiselect(
        label,
        options,
        key=_key(parameter),
        format_func=name,
        max_selections=most,
        on_change=write,
        help=hint,
        select_all=False,
        wrap=True,
    )


def segments(
    label: str,
    parameter: str,
    options: Sequence[str],
    default: str,
    name: Callable[[str], str],
    *,
    hint: str | None = None,
    is_label_shown: bool = True,
) -> str:
    """A row of buttons of which one is pressed."""
    key = _prepare(parameter, options, default)
    chosen = st.segmented_control(
        label,
        options,
        key=key,
        format_func=name,
        required=True,
        help=hint,
        on_change=_write,
        args=(parameter,),
        wrap=True,
        label_visibility="visible" if is_label_shown else "collapsed",
    )
    return str(chosen)


def day(label: str, parameter: str, default: date) -> date:
    """A calendar day."""
    value = min(max(parse_day(st.query_params.get(parameter), default), EARLIEST_DAY), LATEST_DAY)
    st.query_params[parameter] = value.isoformat()
    st.session_state[_key(parameter)] = value
    chosen = st.date_input(
        label,
        key=_key(parameter),
        min_value=EARLIEST_DAY,
        max_value=LATEST_DAY,
        format="YYYY-MM-DD",
        on_change=_write,
        args=(parameter,),
    )
    return chosen if isinstance(chosen, date) else value


def number(label: str, parameter: str, default: float, bounds: tuple[float, float], step: float, unit: str) -> float:
    """A figure within `bounds`, both included; what the address says beyond them is their nearer end."""
    try:
        wanted = float(st.query_params.get(parameter, default))
    except ValueError:
        wanted = default
    value = float(min(max(wanted, bounds[0]), bounds[1]) if math.isfinite(wanted) else default)
    st.query_params[parameter] = f"{value:g}"
    st.session_state[_key(parameter)] = value
    chosen = st.number_input(
        f"{label} ({unit})",
        min_value=float(bounds[0]),
        max_value=float(bounds[1]),
        step=step,
        format="%.1f",
        key=_key(parameter),
        on_change=_write,
        args=(parameter,),
    )
    return value if chosen is None else float(chosen)


def forget(*parameters: str) -> None:
    """Take parameters that no longer mean anything out of the address."""
    for parameter in parameters:
        if parameter in st.query_params:
            del st.query_params[parameter]


def language() -> str:
    """From the address, else from the browser."""
    return language_of(st.query_params.get("lang"), st.context.locale)


def language_choice(label: str, name: Callable[[str], str]) -> str:
    return segments(label, "lang", LANGUAGES, language(), name, is_label_shown=False)
