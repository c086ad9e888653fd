"""Days of one place or of several: which period, how finely drawn, what they amount to, and the file that holds exactly them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from repository import Repository, Series
from shared import exports
from shared.days import Extent, Period
from shared.normals import Normal

MOST_PLACES = 6
"""As many as there are colours that everybody tells apart."""
MOST_DAYS = 800
"""Beyond this a day is narrower than a pixel and a half on a wide screen, and a month is drawn instead."""
MOST_POINTS = 2_400
"""What one chart may hold in all its lines: more than a few thousand marks, and a changed selection takes over half a second."""
PREFERRED_SOURCES = ("synop", "climatology")
"""The first of these that a place has: SYNOP knows wind, pressure and humidity of every day."""
MOST_MISSING_DAYS = {"month": 10, "year": 30}
"""A mean that lacks more days is not drawn: WMO-No. 1203 for months, as in the marts; of a year a month, or it would be warm for
want of a winter."""
MEANS = (
    "temperature_min_c",
    "temperature_max_c",
    "temperature_mean_c",
    "wind_speed_mean_ms",
    "pressure_sea_level_mean_hpa",
    "relative_humidity_mean_pct",
)
KNOWN_SHARE = 0.9
"""Of the days: with fewer the sum of the rain is not held against its normal."""
HEAVY_RAIN_MM = (10.0, 20.0, 50.0)
"""mm in a day. ETCCDI's heavy (R10mm) and very heavy rain (R20mm), and the day from which `fct_weather_events` has an event
of heavy rain, as Météo-France counts such days."""


def extents(repository: Repository, location_ids: Sequence[str]) -> list[Extent]:
    """By location and source; nothing of a location that has no daily weather."""
    rows = repository.daily_extents(location_ids)
    return [
        Extent(str(row.location_id), str(row.source), row.first_date.date(), row.last_date.date())
        for row in rows.itertuples()
    ]


def sources_of(found: Sequence[Extent]) -> list[str]:
    """Those that have most of the places first, then in the order of `PREFERRED_SOURCES`."""
    counts = Counter(extent.source for extent in found)
    return sorted(counts, key=lambda source: (-counts[source], *_preference(source)))


def of_source(found: Sequence[Extent], location_ids: Sequence[str], source: str) -> list[Extent]:
    """One extent for each location that has any, in their order: of `source` where there is one, else of its preferred one."""
    chosen = []
    for location_id in location_ids:
        own = [extent for extent in found if extent.location_id == location_id]
        if own:
            chosen.append(min(own, key=lambda each: (each.source != source, *_preference(each.source))))
    return chosen


def _preference(source: str) -> tuple[int, str]:
    known = source in PREFERRED_SOURCES
    return (PREFERRED_SOURCES.index(source) if known else len(PREFERRED_SOURCES)), source


def grain_of(period: Period, place_count: int) -> str:
    """`day`, `month` or `year`: the finest that can be seen and drawn."""
    if period.day_count <= min(MOST_DAYS, MOST_POINTS // place_count):
        return "day"
    return "month" if period.day_count / 30.4 * place_count <= MOST_POINTS else "year"


def weather(repository: Repository, series: Sequence[Series], period: Period, grain: str) -> pd.DataFrame:
    """The rows that are shown and downloaded: of days as published, of months and years summed up from them."""
    if grain == "day":
        return repository.daily_weather(series, period.first, period.last)
    rows = repository.summed_weather(series, period.first, period.last, grain)
    expected = rows["weather_date"].dt.to_period("M" if grain == "month" else "Y")
    expected = (expected.dt.end_time.dt.normalize() - rows["weather_date"]).dt.days + 1
    return rows.assign(
        calendar_day_count=expected,
        is_temperature_complete=rows["temperature_day_count"] == expected,
        is_precipitation_complete=rows["precipitation_day_count"] == expected,
    )


def calendar(period: Period, grain: str) -> pd.DatetimeIndex:
    """Every day, or first day of a month or year, of the period."""
    if grain == "day":
        return pd.date_range(period.first, period.last, freq="D", name="weather_date")
    step = "MS" if grain == "month" else "YS"
    begin = pd.Timestamp(period.first).to_period("M" if grain == "month" else "Y").start_time
    return pd.date_range(begin, period.last, freq=step, name="weather_date")


def on_calendar(rows: pd.DataFrame, series: Sequence[Series], period: Period, grain: str) -> pd.DataFrame:
    """`rows` with an empty row for each day (month, year) that is missing, so that a line breaks there; without means of too
    few days; with precipitation_sum_mm, what has fallen since the period began: days without a figure add nothing to it, and
    have none."""
    if grain != "day":
        is_meagre = rows["calendar_day_count"] - rows["day_count"] > MOST_MISSING_DAYS[grain]
        rows = rows.assign(**{column: rows[column].mask(is_meagre) for column in MEANS})
    dates = calendar(period, grain)
    parts = []
    for location_id, source in series:
        own = rows[(rows["location_id"] == location_id) & (rows["source"] == source)]
        part = own.set_index("weather_date").reindex(dates).reset_index()
        part["location_id"], part["source"] = location_id, source
        summed = part["precipitation_mm"].fillna(0).cumsum()
        # Broken where there is no figure: a flat line would say that it was dry.
        part["precipitation_sum_mm"] = summed.where(part["precipitation_mm"].notna())
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def absences(drawn: pd.DataFrame, columns: Sequence[str], grain: str) -> pd.DataFrame:
    """The stretches of one series on its calendar without any of `columns`: begin and end, half a step beyond their dates."""
    is_absent = drawn[list(columns)].isna().all(axis=1)
    runs = (is_absent != is_absent.shift()).cumsum()[is_absent]
    dates = drawn.loc[is_absent, "weather_date"].groupby(runs)
    half = pd.Timedelta(hours=12)
    ends = dates.max()
    if grain != "day":
        ends = ends.dt.to_period("M" if grain == "month" else "Y").dt.end_time.dt.normalize()
    return pd.DataFrame({"begin": dates.min() - half, "end": ends + half}).reset_index(drop=True)


def usual(normal: Normal, period: Period, grain: str) -> pd.DataFrame:
    """What is usual over the period: weather_date, temperature_min_normal_c, temperature_max_normal_c (mean Tn and Tx) and
    precipitation_sum_normal_mm, which grows by a month's normal over its days. A year has no such temperatures here."""
    every = pd.date_range(period.first, period.last, freq="D")
    rain = normal.months["precipitation_normal_mm"].reindex(every.month).to_numpy(dtype=float) / every.days_in_month
    summed = pd.Series(np.cumsum(rain), index=every)
    dates = calendar(period, grain)
    # A month's amounts stand at its first day and are complete at its last.
    ends = dates if grain == "day" else [*(dates[1:] - pd.Timedelta(days=1)), every[-1]]
    middles = dates if grain == "day" else dates + pd.Timedelta(days=15)
    columns = ("temperature_min_normal_c", "temperature_max_normal_c")
    return pd.DataFrame(
        {
            "weather_date": dates,
            **{c: normal.on(middles, c) if grain != "year" else np.nan for c in columns},
            "precipitation_sum_normal_mm": summed.reindex(ends).to_numpy(),
        }
    )


@dataclass(frozen=True)
class Dated:
    """A value and its day, the first one where it was reached again."""

    value: float
    on: date


@dataclass(frozen=True)
class Summary:
    """A place's period in figures. A measure without any day is None."""

    location_id: str
    source: str
    lowest: Dated | None
    highest: Dated | None
    temperature_mean_c: float | None
    temperature_day_count: int
    precipitation_total_mm: float | None
    precipitation_day_count: int
    rain_day_count: int
    gust: Dated | None
    observation_count: int
    day_count: int
    incomplete_temperature_days: int
    incomplete_precipitation_days: int


def summaries(repository: Repository, series: Sequence[Series], period: Period) -> list[Summary]:
    """For each series that has a day in the period, in their order. Rain adds up the days that have any figure."""

    def dated(row: pd.Series, measure: str, unit: str) -> Dated | None:
        value = row[f"{measure}_{unit}"]
        return None if pd.isna(value) else Dated(float(value), row[f"{measure}_date"].date())

    def known(value: float) -> float | None:
        return None if pd.isna(value) else float(value)

    rows = repository.period_figures(series, period.first, period.last)
    found = {
        (row["location_id"], row["source"]): Summary(
            location_id=row["location_id"],
            source=row["source"],
            lowest=dated(row, "temperature_min", "c"),
            highest=dated(row, "temperature_max", "c"),
            temperature_mean_c=known(row["temperature_mean_c"]),
            temperature_day_count=int(row["temperature_mean_day_count"]),
            precipitation_total_mm=known(row["precipitation_mm"]),
            precipitation_day_count=int(row["precipitation_day_count"]),
            rain_day_count=int(row["rain_day_count"]),
            gust=dated(row, "wind_gust_max", "ms"),
            observation_count=int(known(row["observation_count"]) or 0),
            day_count=int(row["day_count"]),
            incomplete_temperature_days=int(row["incomplete_temperature_days"]),
            incomplete_precipitation_days=int(row["incomplete_precipitation_days"]),
        )
        for _, row in rows.iterrows()
    }
    return [found[each] for each in series if each in found]


def file_name(series: Sequence[Series], period: Period, grain: str) -> str:
    """`isobar_wmo-07510_synop_2020-01-01_2020-01-31_day`; the sources of several places are in the file."""
    places = "+".join(location_id for location_id, _ in series)
    source = [series[0][1]] if len(series) == 1 else []
    return exports.file_name(places, *source, str(period.first), str(period.last), grain)
