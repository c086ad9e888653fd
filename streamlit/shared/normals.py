"""What is usual on a day: the published monthly normals, drawn as a curve through the middles of the months."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from repository import Repository, Series

MID_MONTHS = (16, 45.5, 75, 105.5, 136, 166.5, 197, 228, 258.5, 289, 319.5, 350)
"""Days of the year in the middle of the months."""
YEAR_DAYS = 365.25


@dataclass(frozen=True)
class Normal:
    """Twelve monthly normals of a place, indexed by month number, each of its own years. `year_count` is the least of them,
    `most_years` the most."""

    source: str
    reference_period: str
    year_count: int
    months: pd.DataFrame

    @property
    def most_years(self) -> int:
        return int(self.months["temperature_mean_year_count"].max())

    def years_of(self, month_number: int) -> int:
        """The years that the temperature of a month is a normal of."""
        return int(self.months.at[month_number, "temperature_mean_year_count"])

    def on(self, days: pd.DatetimeIndex, column: str) -> np.ndarray:
        """The normal of `column` on each day, in its unit: the month's in the middle of the month, and even steps from one
        middle to the next, so that the last of February is not held against a mean February. NaN where a month has none."""
        values = self.months[column].to_numpy(dtype=float)
        if np.isnan(values).any():
            return np.full(len(days), np.nan)
        return np.interp(days.day_of_year, MID_MONTHS, values, period=YEAR_DAYS)


def choose(normals: pd.DataFrame, source: str) -> Normal | None:
    """The reference for a place's figures of `source`, of its rows of `Repository.normals`: the standard normal before what
    years there are, the source's own before another's, then the one of most years. None without twelve established months."""
    candidates: list[tuple[tuple[bool, bool, int], Normal]] = []
    for (of_source, reference), group in normals.groupby(["source", "reference_period"]):
        if len(group) == 12:
            years = int(group["temperature_mean_year_count"].min())
            normal = Normal(str(of_source), str(reference), years, group.set_index("month_number").sort_index())
            candidates.append(((bool(group["is_standard_normal"].all()), of_source == source, years), normal))
    return max(candidates, key=lambda each: each[0])[1] if candidates else None


def normal_of(repository: Repository, series: Series) -> Normal | None:
    """`choose` for a series of the marts."""
    return choose(repository.normals([series[0]]), series[1])
