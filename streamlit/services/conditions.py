"""The latest conditions, with their ages and the stations that have fallen silent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from repository import Repository
from services.parameters import Parameter
from services.territories import TERRITORIES, WORLD, with_territory

SILENT_AFTER = timedelta(hours=6)
"""Behind the newest observation of the same source: two SYNOP terms of three hours missed."""
OLD_AFTER = timedelta(hours=36)
"""The age at which data stops being current. Météo-France rewrites its archive once a day about 07 UTC, so 31 h is normal."""


def latest_conditions(repository: Repository) -> pd.DataFrame:
    """One row for each location with a latest observation: its place, its measures, `territory`, `is_silent`.

    `is_silent` compares with the newest observation of the same source and not with the clock: an archive of 2020 has
    silent stations too.
    """
    merged = repository.latest_conditions().merge(repository.locations(), on="location_id", how="inner", validate="1:1")
    newest = merged.groupby("source")["observed_at"].transform("max")
    merged["is_silent"] = (newest - merged["observed_at"]) > SILENT_AFTER
    return with_territory(merged).sort_values(["location_name", "location_id"], ignore_index=True)


def newest_observation(conditions: pd.DataFrame) -> datetime:
    """UTC. `conditions` must have a row."""
    newest: datetime = conditions["observed_at"].max().to_pydatetime()
    return newest


def territories_of(conditions: pd.DataFrame) -> list[str]:
    """The territories that have a station, in the reader's order; the world always closes the list."""
    present = set(conditions["territory"])
    return [t.key for t in TERRITORIES if t.key in present or t is WORLD]


@dataclass(frozen=True)
class Extreme:
    """The station that stands out in one measure."""

    value: float
    location_name: str


def extreme(conditions: pd.DataFrame, column: str, *, largest: bool = True) -> Extreme | None:
    """The largest or smallest value among stations that are not silent; None when none reports it."""
    values = conditions.loc[~conditions["is_silent"], column].dropna()
    if values.empty:
        return None
    index = values.idxmax() if largest else values.idxmin()
    return Extreme(float(values[index]), str(conditions.at[index, "location_name"]))


def for_map(conditions: pd.DataFrame, parameter: Parameter) -> pd.DataFrame:
    """`conditions` with `value` and the `ink` to write it in; null where a station is silent or has no value."""
    value = conditions[parameter.column].where(~conditions["is_silent"])
    return conditions.assign(value=value, ink=[parameter.ink_at(v) if pd.notna(v) else None for v in value])
