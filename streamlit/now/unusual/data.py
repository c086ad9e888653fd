"""What stands out on the newest complete day: far from the season's normal, or a record reached or nearly so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd

from repository import Repository
from shared import normals
from shared.conditions import latest_conditions

UNUSUAL_Z = 2.0
"""Standard deviations between a day's mean and the normal: one day in twenty, if they were normally distributed."""
UNUSUAL_C = 6.0
"""°C that stand for it where the spread is not known. One day in sixteen at 40 SYNOP stations of metropolitan France in 1996,
2017 and 2020, against CLIMAT."""
MIN_YEARS = 10
"""Fewer make no spread to speak of: the marts' own bound for normals and records (var climate_min_year_count)."""
NEAR_C = 1.0
"""°C short of a record of temperature that is still within reach."""
NEAR_SHARE = 0.1
"""The same for rain, as a share of the record."""
LONGEST_LIST = 8
"""Lines that are read at a glance."""
SHORTEST_LIST = 3
"""Of those furthest from their normals, where none is far."""

RECORDS = {
    "highest_temperature_max_c": ("temperature_max_c", 1),
    "lowest_temperature_min_c": ("temperature_min_c", -1),
    "highest_precipitation_mm": ("precipitation_mm", 1),
}
"""element: the day's column that it is held against, and 1 where more is a record."""


@dataclass(frozen=True)
class Anomaly:
    """A daily mean, °C, its normal and how many standard deviations of such days it is away; `z` is None without a spread
    of enough years. `year_count` are those of the month's normal."""

    location_id: str
    location_name: str
    on: date
    value_c: float
    anomaly_c: float
    z: float | None
    reference_period: str
    reference_source: str
    year_count: int

    @property
    def strength(self) -> float:
        """1 where a day begins to be unusual."""
        return abs(self.anomaly_c) / UNUSUAL_C if self.z is None else abs(self.z) / UNUSUAL_Z


@dataclass(frozen=True)
class Near:
    """A day's value beside the record of its month (`season` 1 to 12) or of the whole series (`all`). `is_broken` when the
    record is of this day: `record_value` is then the one before it, None for a first."""

    location_id: str
    location_name: str
    on: date
    element: str
    season: str
    value: float
    record_value: float | None
    record_date: date | None
    first_year: int
    year_count: int
    is_broken: bool


@dataclass(frozen=True)
class Unusual:
    """`anomalies` of all places compared, the furthest first; `records`, those broken first; `places` that have a complete
    day and were looked at."""

    anomalies: list[Anomaly]
    records: list[Near]
    places: frozenset[str]
    longest_year_count: int

    @property
    def place_count(self) -> int:
        return len(self.places)

    @property
    def far(self) -> list[Anomaly]:
        """Those that are unusual."""
        return [each for each in self.anomalies if each.strength >= 1]

    def listed(self) -> tuple[list[Near], list[Anomaly]]:
        """What a short list shows: records first, then what is far from its normal, else the few that are furthest."""
        records = self.records[:LONGEST_LIST]
        room = (LONGEST_LIST if self.far else SHORTEST_LIST) - len(records)
        return records, (self.far or self.anomalies)[: max(room, 0)]

    def within(self, location_ids: set[str]) -> Unusual:
        """The same for some places."""
        return Unusual(
            [each for each in self.anomalies if each.location_id in location_ids],
            [each for each in self.records if each.location_id in location_ids],
            self.places & location_ids,
            self.longest_year_count,
        )


def unusual(repository: Repository) -> Unusual:
    """What stands out at the places that report now, in the daily figures of the source that reports them."""
    places = latest_conditions(repository)[["location_id", "source", "location_name"]]
    days = repository.newest_days().merge(places, on=["location_id", "source"], how="inner")
    return Unusual(
        _anomalies(repository, days),
        _records(repository, days),
        frozenset(days["location_id"]),
        repository.longest_records(),
    )


def _anomalies(repository: Repository, days: pd.DataFrame) -> list[Anomaly]:
    spreads: dict[tuple[str, str, int], float] = {}
    for month in days["weather_date"].dt.month.unique():
        for row in repository.daily_spread(int(month)).itertuples():
            if row.year_count >= MIN_YEARS:
                spreads[row.location_id, row.source, month] = row.temperature_stddev_c
    references = dict(list(repository.normals().groupby("location_id")))
    found = []
    for day in days.dropna(subset=["temperature_mean_c"]).itertuples():
        normal = normals.choose(references[day.location_id], day.source) if day.location_id in references else None
        if normal is None:
            continue
        (usual,) = normal.on(pd.DatetimeIndex([day.weather_date]), "temperature_mean_normal_c")
        anomaly = day.temperature_mean_c - usual
        spread = spreads.get((day.location_id, day.source, day.weather_date.month))
        found.append(
            Anomaly(
                location_id=day.location_id,
                location_name=day.location_name,
                on=day.weather_date.date(),
                value_c=day.temperature_mean_c,
                anomaly_c=anomaly,
                z=anomaly / spread if spread else None,
                reference_period=normal.reference_period,
                reference_source=normal.source,
                year_count=normal.years_of(day.weather_date.month),
            )
        )
    return sorted(found, key=lambda each: -each.strength)


def _records(repository: Repository, days: pd.DataFrame) -> list[Near]:
    if days.empty:
        return []
    months = sorted({str(month) for month in days["weather_date"].dt.month})
    held = days.merge(repository.records([*months, "all"]), on=["location_id", "source"], how="inner")
    found: dict[tuple[str, str], Near] = {}
    # The record of all seasons says more than that of the month, and comes first.
    for row in held.sort_values("season", key=lambda seasons: seasons != "all").itertuples():
        if row.element not in RECORDS or row.season not in ("all", str(row.weather_date.month)):
            continue
        column, direction = RECORDS[row.element]
        value = getattr(row, column)
        if pd.isna(value):
            continue
        is_broken = row.recorded_date == row.weather_date
        reach = NEAR_SHARE * row.record_value if row.element.endswith("_mm") else NEAR_C
        if not is_broken and direction * (row.record_value - value) > reach:
            continue
        before, before_on = (
            (row.previous_value, row.previous_date) if is_broken else (row.record_value, row.recorded_date)
        )
        near = Near(
            location_id=row.location_id,
            location_name=row.location_name,
            on=row.weather_date.date(),
            element=row.element,
            season=row.season,
            value=value,
            record_value=None if pd.isna(before) else before,
            record_date=None if pd.isna(before_on) else before_on.date(),
            first_year=row.first_date.year,
            year_count=int(row.year_count),
            is_broken=is_broken,
        )
        found.setdefault((near.location_id, near.element), near)
    return sorted(found.values(), key=lambda each: (not each.is_broken, each.season != "all", each.location_name))
