"""The conditions of one moment: which it is, who has reported it, extremes, values and places on the map."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from now.parameters import Parameter
from repository import Repository
from shared.conditions import OLD_AFTER, latest_conditions, with_places
from shared.territories import TERRITORIES, WORLD, within

HALF_SLOT = timedelta(minutes=30)
"""A reading within this of a moment is of it: polls of cities come some minutes after the hour of the stations."""


def territories_of(conditions: pd.DataFrame) -> list[str]:
    """The territories that have a station, in the reader's order; the world always closes the list."""
    present = set(conditions["territory"])
    return [t.key for t in TERRITORIES if t.key in present or t is WORLD]


def moment_of(latest: pd.DataFrame) -> datetime:
    """The newest full hour (UTC) at which, or after which, more than half of the places have reported. `latest` has rows."""
    hours = _hours(latest).sort_values(ascending=False)
    moment: datetime = hours.iloc[len(hours) // 2].to_pydatetime()
    return moment


def _hours(conditions: pd.DataFrame) -> pd.Series:
    return (conditions["observed_at"] + HALF_SLOT).dt.floor("h")


def at_moment(repository: Repository, latest: pd.DataFrame, moment: datetime) -> pd.DataFrame:
    """`latest` with `is_of_moment`; who has reported since has its reading of the moment in place of its newest.

    A place without a reading of the moment keeps its latest, and is not of it.
    """
    hours = _hours(latest)
    newer, found = latest[hours > moment], latest[hours <= moment].assign(is_of_moment=hours == moment)
    if newer.empty:
        return found
    readings = repository.conditions_between(moment - HALF_SLOT, moment + HALF_SLOT)
    readings = readings[readings["location_id"].isin(newer["location_id"])]
    off = (readings["observed_at"] - moment).abs()
    readings = readings.assign(off=off).sort_values(["off", "source"]).drop_duplicates("location_id")
    there = with_places(repository, readings.drop(columns="off")).assign(is_of_moment=True)
    absent = newer[~newer["location_id"].isin(there["location_id"])].assign(is_of_moment=False)
    frames = [frame for frame in (found, there, absent) if len(frame)]
    return pd.concat(frames).sort_values(["location_name", "location_id"], ignore_index=True)


def at_moment_within(repository: Repository, territory: str, moment: datetime) -> pd.DataFrame:
    """`at_moment` for the places of a territory."""
    return at_moment(repository, within(latest_conditions(repository), territory), moment)


def up_to_date(latest: pd.DataFrame, now: datetime) -> int:
    """Places whose newest reading is not old by the clock."""
    return int((now - latest["observed_at"] <= OLD_AFTER).sum())


@dataclass(frozen=True)
class Extreme:
    """The station that stands out in one measure."""

    value: float
    location_name: str


def extreme(conditions: pd.DataFrame, parameter: Parameter, *, largest: bool = True) -> Extreme | None:
    """The largest or smallest value of the moment, in the parameter's unit; None when none reports it."""
    values = parameter.of(conditions)[conditions["is_of_moment"]].dropna()
    if values.empty:
        return None
    index = values.idxmax() if largest else values.idxmin()
    return Extreme(float(values[index]), str(conditions.at[index, "location_name"]))


def for_map(conditions: pd.DataFrame, parameter: Parameter) -> pd.DataFrame:
    """`conditions` with `value` and the `ink` to write it in; null where it is not of the moment, or has no value."""
    value = parameter.of(conditions).where(conditions["is_of_moment"])
    return conditions.assign(value=value, ink=[parameter.ink_at(v) if pd.notna(v) else None for v in value])


CIRCLE, DOT, HIDDEN = 0, 1, 2
MANY = 1000
"""Places on one map from which circles are set apart."""


def sizes(
    x: np.ndarray, y: np.ndarray, rank: np.ndarray, has_figure: np.ndarray, radius: float, dot: float
) -> np.ndarray:
    """What each place is drawn as, so that none hides another: a circle with its figure, a dot, or nothing.

    Args:
        x, y: where each place is, in pixels.
        rank: who comes first where two are too close: the lower.
        has_figure: whether there is anything to write in a circle.
        radius, dot: of a circle and of a dot, in pixels.
    """
    found = np.full(len(x), HIDDEN)
    # The more there are, the further circles stand apart, so that dots are seen between them.
    apart = 2 * radius * max(1.0, math.sqrt(len(x) / MANY))
    near_circle, near_dot = (np.zeros(len(x), dtype=bool) for _ in range(2))
    order = np.argsort(rank, kind="stable")
    for index in order:
        if has_figure[index] and not near_circle[index]:
            found[index] = CIRCLE
            distance = np.hypot(x - x[index], y - y[index])
            near_circle |= distance < apart
            near_dot |= distance < radius + dot
    for index in order:
        if found[index] == HIDDEN and not near_dot[index]:
            found[index] = DOT
            near_dot |= np.hypot(x - x[index], y - y[index]) < 2 * dot
    return found
