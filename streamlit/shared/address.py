"""The address is the only place where a selection lives: widgets are set from it and write back to it.

So a copied address shows the same page to someone else, and the browser's back button works. (Streamlit's own
`bind="query-params"` writes the labels shown, which differ by language, and leaves defaults out.)

A run reads the address at its beginning (`begin`) and writes it at its end, all at once (`finish`): each writing is a step of
the browser's history.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from types import MappingProxyType

import streamlit as st

from shared.days import parse_day
from shared.translations import language_of

EARLIEST_DAY, LATEST_DAY = date(1850, 1, 1), date(2100, 12, 31)
"""What the calendar offers: wide, so that an address beyond the data gets a sentence and not an error."""

EVERYWHERE = ("lang", "wind", "zone")
"""What every page has, and links keep."""
OF_PAGES = frozenset(
    """begins element event figure from heavy lead measure month phenomenon place pollutant days period reference scope season
    show source station subject territory to use view""".split()
)
"""What some page has; a page leaves the others alone."""
THRESHOLD = "at_"
"""Begins the parameters of thresholds, one for each figure."""

ALIAS = "~"
"""Begins the key of a line that is another name of an option; it is never in the address."""

CHOSEN = "address_chosen"
"""What the reader has chosen since the last run, by parameter, in Streamlit's session."""
SELECTION = "address_selection"
"""The parameters of this run."""


def _key(parameter: str) -> str:
    return f"address_{parameter}"


def begin() -> None:
    """Read the address, and what was chosen since."""
    st.session_state[SELECTION] = {**st.query_params.to_dict(), **st.session_state.pop(CHOSEN, {})}


def unknown() -> list[str]:
    """The parameters that no page has."""
    return [parameter for parameter in st.session_state[SELECTION] if not _is_known(parameter)]


def _is_known(parameter: str) -> bool:
    return parameter in EVERYWHERE or parameter in OF_PAGES or parameter.startswith(THRESHOLD)


def finish() -> None:
    """Write the address, if anything in it has changed."""
    if st.query_params.to_dict() != st.session_state[SELECTION]:
        st.query_params.from_dict(st.session_state[SELECTION])


def wanted(parameter: str) -> str | None:
    """What the address has, whatever it means."""
    value: str | None = st.session_state[SELECTION].get(parameter)
    return value


def put(parameter: str, value: str) -> None:
    if not _is_known(parameter):
        raise KeyError(f"{parameter} is not among the parameters of shared/address.py")
    st.session_state[SELECTION][parameter] = value


def choose(parameter: str, value: str) -> None:
    """For callbacks, which run before the page: the next run has `value`."""
    st.session_state.setdefault(CHOSEN, {})[parameter] = value


def kept() -> dict[str, str]:
    """What a link to another page takes along."""
    return {name: value for name in EVERYWHERE if (value := wanted(name)) is not None}


def _write(parameter: str) -> None:
    choose(parameter, str(st.session_state[_key(parameter)]).removeprefix(ALIAS))


def _prepare(parameter: str, options: Sequence[str], default: str) -> str:
    asked = wanted(parameter)
    value = asked if asked is not None and asked in options else default
    put(parameter, value)
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
    aliases: Mapping[str, str] = MappingProxyType({}),
    is_label_shown: bool = True,
) -> str:
    """A list to choose from, searched by typing. `name` turns a key of the address into what the reader sees; `aliases` are
    more lines by the option that they stand for."""
    key = _prepare(parameter, options, default)
    offered, name_of = _with_aliases(options, name, aliases)
    chosen = st.selectbox(
        label,
        offered,
        key=key,
        format_func=name_of,
        on_change=_write,
        args=(parameter,),
        help=hint,
        filter_mode="contains",
        label_visibility="visible" if is_label_shown else "collapsed",
    )
    return str(chosen).removeprefix(ALIAS)


def _with_aliases(
    options: Sequence[str], name: Callable[[str], str], aliases: Mapping[str, str]
) -> tuple[list[str], Callable[[str], str]]:
    known = set(options)
    lines = {f"{ALIAS}{option}": line for option, line in aliases.items() if option in known}
    return [*options, *lines], lambda key: lines.get(key) or name(key)


def several(
    label: str,
    parameter: str,
    options: Sequence[str],
    default: str,
    name: Callable[[str], str],
    most: int,
    hint: str,
    *,
    aliases: Mapping[str, str] = MappingProxyType({}),
) -> list[str]:
    """A list to choose up to `most` from, at least one, searched by typing; in the address with commas between."""
    asked = dict.fromkeys((wanted(parameter) or "").split(","))
    known = set(options)
    values = [value for value in asked if value in known][:most] or [default]
    put(parameter, ",".join(values))
    st.session_state[_key(parameter)] = values

    def write() -> None:
        chosen = dict.fromkeys(value.removeprefix(ALIAS) for value in st.session_state[_key(parameter)])
        # Without any the address keeps the last one: the page is about a place.
        choose(parameter, ",".join(chosen) or values[-1])

    offered, name_of = _with_aliases(options, name, aliases)
    chosen = st.multiselect(
        label,
        offered,
        key=_key(parameter),
        format_func=name_of,
        max_selections=most,
        on_change=write,
        help=hint,
        select_all=False,
        wrap=True,
        filter_mode="contains",
    )
    return [value.removeprefix(ALIAS) for value in chosen]


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
    value = min(max(parse_day(wanted(parameter), default), EARLIEST_DAY), LATEST_DAY)
    put(parameter, value.isoformat())
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


def number(
    label: str,
    parameter: str,
    default: float,
    bounds: tuple[float, float],
    step: float,
    unit: str,
    *,
    per_unit: float = 1.0,
) -> float:
    """A figure within `bounds`, both included; what the address says beyond them is their nearer end.

    The reader sees and writes it in `unit`, of which `per_unit` are one of the address's and of the bounds'.
    """
    try:
        asked = float(wanted(parameter) or default)
    except ValueError:
        asked = default
    value = float(min(max(asked, bounds[0]), bounds[1]) if math.isfinite(asked) else default)
    put(parameter, f"{value:g}")
    low, shown, high = (round(each * per_unit, 1) for each in (bounds[0], value, bounds[1]))
    st.session_state[_key(parameter)] = shown

    def write() -> None:
        written = st.session_state[_key(parameter)]
        choose(parameter, f"{default if written is None else written / per_unit:g}")

    st.number_input(
        f"{label} ({unit})",
        min_value=low,
        max_value=high,
        step=step,
        format="%.1f",
        key=_key(parameter),
        on_change=write,
    )
    return value


def forget(*parameters: str) -> None:
    """Take parameters that no longer mean anything out of the address."""
    for parameter in parameters:
        st.session_state[SELECTION].pop(parameter, None)


def language() -> str:
    """From the address, else from the browser."""
    return language_of(wanted("lang"), st.context.locale)


def one_of(parameter: str, options: Iterable[str]) -> str:
    """What the address has of `options`, else the first."""
    known = list(options)
    value = wanted(parameter)
    return value if value in known else known[0]
