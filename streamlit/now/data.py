"""What the page says of the latest conditions: territories, extremes, the values on the map."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from now.parameters import Parameter
from shared.territories import TERRITORIES, WORLD


def territories_of(conditions: pd.DataFrame) -> list[str]:
    """The territories that have a station, in the reader's order; the world always closes the list."""
    present = set(conditions["territory"])
    return [t.key for t in TERRITORIES if t.key in present or t is WORLD]


@dataclass(frozen=True)
class Extreme:
    """The station that stands out in one measure."""

    value: float
    location_name: str


def extreme(conditions: pd.DataFrame, parameter: Parameter, *, largest: bool = True) -> Extreme | None:
    """The largest or smallest value among stations that are not silent, in the parameter's unit; None when none reports it."""
    values = parameter.of(conditions)[~conditions["is_silent"]].dropna()
    if values.empty:
        return None
    index = values.idxmax() if largest else values.idxmin()
    return Extreme(float(values[index]), str(conditions.at[index, "location_name"]))


def for_map(conditions: pd.DataFrame, parameter: Parameter) -> pd.DataFrame:
    """`conditions` with `value` and the `ink` to write it in; null where a station is silent or has no value."""
    value = parameter.of(conditions).where(~conditions["is_silent"])
    return conditions.assign(value=value, ink=[parameter.ink_at(v) if pd.notna(v) else None for v in value])
