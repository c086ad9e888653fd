"""Figures to decide by: degree days, frost and rain of a season against other seasons, and reports beyond a threshold.

A missing day is never a zero: sums are compared over the days that both sides know, and say how many these are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta, tzinfo

import numpy as np
import pandas as pd

from repository import Repository
from shared.days import Period
from shared.units import WindUnit, column_in_zone

FIGURES = {
    "energy": ("heating", "cooling"),
    "outdoor": ("heat_index", "apparent_temperature", "wind", "gust"),
    "farming": ("growing", "frost", "rain"),
}
"""By use, in the reader's order."""
USES = tuple(FIGURES)

GROWING_MAXIMUM_C = 30.0
"""At which growing degree days hold Tx (the marts' growing_degree_days_10c do so too)."""
MAX_MISSING_SHARE = 0.05
"""Of a season's days: with more missing, its running sum is not drawn beside others and its frost dates do not count."""
STANDARD_FIRST, STANDARD_LAST = 1991, 2020
STANDARD_MIN_SEASONS = 24
"""Of the thirty seasons of the standard normal, as the marts ask of its years (var standard_normal_min_years)."""
STANDARD = f"{STANDARD_FIRST}-{STANDARD_LAST}"
HALF_YEAR_MONTH = 8
"""Spring's last frost is looked for before 1 August, autumn's first from it on."""


@dataclass(frozen=True)
class Threshold:
    """What the reader moves, in `unit`, of which `per_unit` are one of the marts' and of the address's.

    `default` is also what the marts' columns of that figure are for, where there is one.
    """

    default: float
    bounds: tuple[float, float]
    step: float
    unit: str
    per_unit: float = 1.0

    def in_unit(self, wind: WindUnit) -> Threshold:
        """A threshold of wind in the reader's unit; others as they are."""
        if self.unit != "m/s":
            return self
        step = self.step if wind.digits else 1.0
        return replace(self, step=step, unit=wind.symbol, per_unit=wind.per_ms)


THRESHOLDS = {
    "heating": Threshold(18, (5, 25), 0.5, "°C"),
    "cooling": Threshold(18, (10, 30), 0.5, "°C"),
    "growing": Threshold(10, (0, 20), 0.5, "°C"),
    "frost": Threshold(0, (-15, 5), 0.5, "°C"),
    # The heat index begins at 26.7 °C; from 32 °C the US National Weather Service advises "extreme caution".
    "heat_index": Threshold(32, (27, 55), 0.5, "°C"),
    "apparent_temperature": Threshold(30, (-20, 50), 0.5, "°C"),
    # 10.8 m/s begins Beaufort 6, "strong breeze"; 17.2 m/s begins Beaufort 8, "gale".
    "wind": Threshold(10.8, (1, 50), 0.1, "m/s"),
    "gust": Threshold(17.2, (1, 80), 0.1, "m/s"),
}
"""Rain has none."""
A_DAY = timedelta(days=1)

BEGINS = {"heating": 10, "cooling": 1, "growing": 3, "frost": 8, "rain": 9}
"""The month in which a season begins unless the reader says otherwise: heating and water years as France counts them."""


@dataclass(frozen=True)
class DailySeries:
    """The days of a place as one source tells them; `has_reports` where they are made of reports that can be counted."""

    location_id: str
    location_name: str
    source: str
    first: date
    last: date
    has_reports: bool
    complete_day_count: int


def series(repository: Repository) -> list[DailySeries]:
    """By name of the place; of one place, the source with the most whole days first."""
    rows = repository.daily_series()
    return [
        DailySeries(
            location_id=str(row.location_id),
            location_name=str(row.location_name),
            source=str(row.source),
            first=row.first_date.date(),
            last=row.last_date.date(),
            has_reports=bool(row.has_reports),
            complete_day_count=int(row.complete_day_count),
        )
        for row in rows.itertuples(index=False)
    ]


def daily_values(days: pd.DataFrame, figure: str, threshold: float) -> pd.Series:
    """What each day adds to the sum of `figure`, by date; null where the day does not tell it. The calendar has no holes.

    Degree days are of (Tn + Tx) / 2 as the marts' are, so that at 18 °C (growing: 10 °C) they are the marts' columns. A
    frost night adds 1; a minimum of an incomplete night counts when it is already below, because the rest can only lower it.
    """
    table = days.set_index("weather_date")
    low, high = table["temperature_min_c"], table["temperature_max_c"]
    if figure == "rain":
        values = table["precipitation_mm"].where(table["is_precipitation_complete"].eq(True))
    elif figure == "frost":
        is_frost = low <= threshold
        values = is_frost.astype(float).where(low.notna() & (is_frost | table["is_temperature_min_complete"].eq(True)))
    else:
        mean = (low + high) / 2  # not the published one, which some sources round to a tenth
        if figure == "heating":
            values = (threshold - mean).clip(lower=0)
        elif figure == "cooling":
            values = (mean - threshold).clip(lower=0)
        else:
            held = (high.clip(upper=GROWING_MAXIMUM_C) + low.clip(lower=threshold)) / 2
            values = (held - threshold).clip(lower=0)
        values = values.where(table["is_temperature_complete"].eq(True))
    calendar = pd.date_range(table.index.min(), table.index.max(), freq="D", name="weather_date")
    return values.astype(float).reindex(calendar)


def season_of(day: date, begins: int) -> int:
    """The year in which the season of `day` began."""
    return day.year if day.month >= begins else day.year - 1


def _season_numbers(index: pd.DatetimeIndex, begins: int) -> pd.Index:
    """`season_of` for each day."""
    return index.year - (index.month < begins)


def seasons(first: date, last: date, begins: int) -> list[int]:
    """The seasons that have a day, the newest first."""
    return list(range(season_of(last, begins), season_of(first, begins) - 1, -1))


def fullest_season(values: pd.Series, begins: int) -> int:
    """The season of `daily_values` that lacks the fewest of its days; of several, the newest."""
    known = values.notna().groupby(_season_numbers(values.index, begins)).sum()
    lengths = [(date(season + 1, begins, 1) - date(season, begins, 1)).days for season in known.index]
    missing: pd.Series = lengths - known
    return int(missing[::-1].idxmin())


def season_name(season: int, begins: int) -> str:
    """`2025`, or `2025-26` where it goes over the new year."""
    return str(season) if begins == 1 else f"{season}-{(season + 1) % 100:02d}"


@dataclass(frozen=True)
class Comparison:
    """A season's sum and another sum over the `day_count` days that both know."""

    total: float
    other: float
    day_count: int

    @property
    def difference(self) -> float:
        return self.total - self.other


@dataclass(frozen=True)
class Accumulation:
    """A season's sum to date.

    `total` is of the `known_count` days that tell it, of `asked_count` from `first` to `last`; None when none does.
    `reference` compares with the average of other seasons on the same calendar days: of `reference_seasons`, those that know
    any of them, `year_counts` (least, most) know each day. `reference_period` is `1991-2020`, or None where these are all
    other seasons. `previous` compares with the season before. `curve` has a row for each day of the season: weather_date,
    value, and the running sums total, reference_total, previous_total (the last two null where they would lack too many days).
    """

    first: date
    last: date
    total: float | None
    known_count: int
    asked_count: int
    reference: Comparison | None
    reference_period: str | None
    reference_seasons: tuple[int, ...]
    year_counts: tuple[int, int]
    previous: Comparison | None
    curve: pd.DataFrame


def _is_leap_day(index: pd.DatetimeIndex) -> np.ndarray:
    return np.asarray((index.month == 2) & (index.day == 29))


def _calendar_day(index: pd.DatetimeIndex) -> pd.Index:
    """Month and day as one number, 1231. 29 February is compared with the 28ths, because few seasons have one."""
    return pd.Index(index.month * 100 + index.day).where(~_is_leap_day(index), 228)


def accumulate(values: pd.Series, begins: int, season: int) -> Accumulation:
    """The sum of `daily_values` over the season that began in `season`, up to the newest day known, against other seasons."""
    first = date(season, begins, 1)
    ends = date(season + 1, begins, 1) - timedelta(days=1)
    # Not up to the newest day there is: its reports are still coming in, and it would always count as missing.
    newest = values.last_valid_index() or values.index[-1]
    last = max(first, min(ends, newest.date()))
    whole = pd.date_range(first, ends, freq="D", name="weather_date")
    curve = pd.DataFrame({"value": values.reindex(whole)})
    season_numbers = _season_numbers(values.index, begins)
    period, used = _reference_seasons(values, season_numbers, season)
    others = values[np.isin(season_numbers, used) & ~_is_leap_day(values.index)].dropna()
    by_day = others.groupby(_calendar_day(others.index))
    keys = _calendar_day(whole)
    curve["expected"] = by_day.mean().reindex(keys).to_numpy()
    curve["year_count"] = by_day.count().reindex(keys, fill_value=0).to_numpy()
    # The same date a year before; 29 February has none there, and is left out of the comparison.
    before = pd.DatetimeIndex(
        [None if is_leap else d.replace(year=d.year - 1) for d, is_leap in zip(whole, _is_leap_day(whole), strict=True)]
    )
    curve["previous"] = values.reindex(before).to_numpy()
    asked = curve.loc[: pd.Timestamp(last)]
    known = asked["value"].dropna()
    alike = others.index[_calendar_day(others.index).isin(_calendar_day(known.index))]
    compared = asked.loc[asked["value"].notna() & asked["expected"].notna(), "year_count"]
    curve["total"] = curve["value"].cumsum()
    curve["reference_total"] = _running(curve["expected"])
    curve["previous_total"] = _running(curve["previous"])
    return Accumulation(
        first=first,
        last=last,
        total=float(known.sum()) if len(known) else None,
        known_count=len(known),
        asked_count=len(asked),
        reference=_compared(asked, "expected"),
        reference_period=period,
        reference_seasons=tuple(sorted({int(s) for s in _season_numbers(alike, begins)})),
        year_counts=(int(compared.min()), int(compared.max())) if len(compared) else (0, 0),
        previous=_compared(asked, "previous"),
        curve=curve.reset_index()[["weather_date", "value", "total", "reference_total", "previous_total"]],
    )


def _reference_seasons(values: pd.Series, numbers: pd.Index, season: int) -> tuple[str | None, list[int]]:
    """The seasons to average: those of the standard normal where enough are whole, else all others."""
    known = values.notna().groupby(numbers).sum()
    whole = [int(s) for s, count in known.items() if count >= (1 - MAX_MISSING_SHARE) * 365]
    standard = [s for s in whole if STANDARD_FIRST <= s <= STANDARD_LAST]
    if len(standard) >= STANDARD_MIN_SEASONS:
        return STANDARD, standard
    return None, [int(s) for s in known.index if s != season]


def _compared(asked: pd.DataFrame, column: str) -> Comparison | None:
    both = asked[["value", column]].dropna()
    if both.empty:
        return None
    return Comparison(float(both["value"].sum()), float(both[column].sum()), len(both))


def _running(daily: pd.Series) -> pd.Series:
    """The running sum, or nothing where too many days are missing for it to stand beside another."""
    if daily.isna().mean() > MAX_MISSING_SHARE:
        return pd.Series(np.nan, index=daily.index)
    return daily.cumsum()


def frost_years(nights: pd.Series) -> pd.DataFrame:
    """The last frost before and the first frost from 1 August of each calendar year, of `daily_values` of frost.

    Columns: year, last_spring_date, first_autumn_date (null without frost), spring_known_count, spring_asked_count,
    autumn_known_count, autumn_asked_count, is_spring_complete, is_autumn_complete (at most a twentieth of the nights missing).
    """
    rows = []
    for year in range(nights.index[0].year, nights.index[-1].year + 1):
        row: dict[str, object] = {"year": year}
        for name, begins, ends in (
            ("spring", date(year, 1, 1), date(year, HALF_YEAR_MONTH, 1) - timedelta(days=1)),
            ("autumn", date(year, HALF_YEAR_MONTH, 1), date(year, 12, 31)),
        ):
            half = nights.loc[pd.Timestamp(begins) : pd.Timestamp(ends)]
            known_count, asked_count = int(half.count()), (ends - begins).days + 1
            frosts = half.index[half.eq(1)]
            when = pd.NaT if frosts.empty else (frosts[-1] if name == "spring" else frosts[0])
            row["last_spring_date" if name == "spring" else "first_autumn_date"] = when
            row[f"{name}_known_count"], row[f"{name}_asked_count"] = known_count, asked_count
            row[f"is_{name}_complete"] = known_count >= (1 - MAX_MISSING_SHARE) * asked_count
        rows.append(row)
    table = pd.DataFrame(rows)
    dates = ["last_spring_date", "first_autumn_date"]
    table[dates] = table[dates].apply(pd.to_datetime)
    return table


@dataclass(frozen=True)
class FrostDate:
    """A frost date over the `year_count` complete years: in `frost_count` of them there was one. Days of the year (1 is 1 January
    of a common year); None without frost."""

    year_count: int
    frost_count: int
    median: int | None
    extreme: int | None
    one_in_ten: int | None


def frost_date(table: pd.DataFrame, season: str) -> FrostDate:
    """When the last frost of spring (`season` spring) or the first of autumn falls, of the rows of `frost_years`.

    `extreme` is the latest in spring and the earliest in autumn; `one_in_ten` the day after (before) which one frost year
    in ten had one: None with fewer than ten.
    """
    is_spring = season == "spring"
    complete = table.loc[table[f"is_{season}_complete"]]
    dates = complete["last_spring_date" if is_spring else "first_autumn_date"].dropna()
    days = sorted(common_day(d) for d in dates)
    return FrostDate(
        year_count=len(complete),
        frost_count=len(days),
        median=int(np.percentile(days, 50, method="nearest")) if days else None,
        extreme=(days[-1] if is_spring else days[0]) if days else None,
        one_in_ten=int(np.percentile(days, 90 if is_spring else 10, method="nearest")) if len(days) >= 10 else None,
    )


COMMON_YEAR = 2001
"""A year without 29 February, for days of the year."""


def common_day(day: date) -> int:
    """The day of the year as of a common year; 29 February is the 59th, as the 28th is."""
    return date(COMMON_YEAR, day.month, min(day.day, 28) if day.month == 2 else day.day).timetuple().tm_yday


def day_of_common_year(number: int) -> date:
    return date(COMMON_YEAR, 1, 1) + timedelta(days=number - 1)


@dataclass(frozen=True)
class Reports:
    """Reports at or above a threshold: `above_count` of `report_count`, on `above_day_count` of `day_count` days.

    `cells` has a row for each month of the year and hour: month_number, hour, report_count, above_count, share_pct. Days, months
    and hours are those of the reader's zone; `highest_at` is UTC.
    """

    report_count: int
    above_count: int
    day_count: int
    above_day_count: int
    highest_value: float | None
    highest_at: pd.Timestamp | None
    cells: pd.DataFrame


def reports(rows: pd.DataFrame, threshold: float, period: Period, zone: tzinfo) -> Reports | None:
    """How many reports reach `threshold` on the days of `period` in `zone`; None when none tells the measure.

    `rows` are of `Repository.reports`, a day more on either side: zones differ from UTC by less.
    """
    rows = rows.assign(at=column_in_zone(rows["observed_at"], zone))
    rows = rows.assign(on=rows["at"].dt.normalize(), is_above=rows["value"].ge(threshold))
    rows = rows[rows["on"].between(pd.Timestamp(period.first), pd.Timestamp(period.last))]
    if rows.empty:
        return None
    by_cell = rows.groupby([rows["at"].dt.month.rename("month_number"), rows["at"].dt.hour.rename("hour")])["is_above"]
    cells = by_cell.agg(report_count="size", above_count="sum").reset_index().astype(int)
    cells["share_pct"] = 100 * cells["above_count"] / cells["report_count"]
    values = rows["value"].dropna()
    return Reports(
        report_count=len(rows),
        above_count=int(rows["is_above"].sum()),
        day_count=rows["on"].nunique(),
        above_day_count=rows.loc[rows["is_above"], "on"].nunique(),
        highest_value=None if values.empty else float(values.max()),
        highest_at=None if values.empty else rows.at[values.idxmax(), "observed_at"],
        cells=cells,
    )
