"""One station's days: which period, what it amounts to, and the file that holds exactly it."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from repository import Repository

PERIOD_DAYS = {"7d": 7, "30d": 30, "90d": 90, "1y": 365}
PERIODS = (*PERIOD_DAYS, "all", "custom")
DEFAULT_PERIOD = "30d"
RAIN_DAY_MM = 1.0


@dataclass(frozen=True)
class Extent:
    """The first and last day that one source has of a location."""

    source: str
    first: date
    last: date


@dataclass(frozen=True)
class Period:
    """From `first` to `last`, both included."""

    first: date
    last: date

    @property
    def day_count(self) -> int:
        return (self.last - self.first).days + 1


def extents(repository: Repository, location_id: str) -> list[Extent]:
    """By source; empty when the location has no daily weather."""
    rows = repository.daily_extent(location_id)
    return [
        Extent(str(source), first.date(), last.date())
        for source, first, last in zip(rows["source"], rows["first_date"], rows["last_date"], strict=True)
    ]


def period_of(key: str, extent: Extent) -> Period:
    """A named period, counted back from the last day of `extent`, and never before its first."""
    if key == "all":
        return Period(extent.first, extent.last)
    first = extent.last - timedelta(days=PERIOD_DAYS[key] - 1)
    return Period(max(first, extent.first), extent.last)


def parse_day(value: str | None, default: date) -> date:
    """An ISO day from the address; `default` when it is not one."""
    try:
        return date.fromisoformat(value or "")
    except ValueError:
        return default


def on_calendar(days: pd.DataFrame, period: Period) -> pd.DataFrame:
    """`days` with an empty row for each day that is missing, so that a line breaks there."""
    calendar = pd.date_range(period.first, period.last, freq="D", name="weather_date")
    return days.set_index("weather_date").reindex(calendar).reset_index()


@dataclass(frozen=True)
class Dated:
    value: float
    on: date


@dataclass(frozen=True)
class Summary:
    """A period in figures. A measure without any day is None."""

    lowest: Dated | None
    highest: Dated | None
    temperature_mean_c: float | None
    temperature_day_count: int
    precipitation_total_mm: float | None
    rain_day_count: int
    gust: Dated | None
    observation_count: int
    day_count: int
    incomplete_temperature_days: int
    incomplete_precipitation_days: int


def _dated(days: pd.DataFrame, column: str, *, largest: bool) -> Dated | None:
    values = days[column].dropna()
    if values.empty:
        return None
    index = values.idxmax() if largest else values.idxmin()
    return Dated(float(values[index]), days.at[index, "weather_date"].date())


def summarise(days: pd.DataFrame) -> Summary:
    """The figures of `days` (rows of `daily_weather`). Rain adds up the days that have any figure."""
    temperature, rain = days["temperature_mean_c"].dropna(), days["precipitation_mm"].dropna()
    return Summary(
        lowest=_dated(days, "temperature_min_c", largest=False),
        highest=_dated(days, "temperature_max_c", largest=True),
        temperature_mean_c=float(temperature.mean()) if len(temperature) else None,
        temperature_day_count=len(temperature),
        precipitation_total_mm=float(rain.sum()) if len(rain) else None,
        rain_day_count=int((rain >= RAIN_DAY_MM).sum()),
        gust=_dated(days, "wind_gust_max_ms", largest=True),
        observation_count=int(days["observation_count"].sum()),
        day_count=len(days),
        incomplete_temperature_days=int((~days["is_temperature_complete"].eq(True)).sum()),
        incomplete_precipitation_days=int((~days["is_precipitation_complete"].eq(True)).sum()),
    )


def file_name(location_id: str, source: str, period: Period, suffix: str) -> str:
    """`isobar_wmo-07510_synop_2020-01-01_2020-01-31.csv`."""
    return f"isobar_{location_id.replace(':', '-')}_{source}_{period.first}_{period.last}.{suffix}"


def as_csv(days: pd.DataFrame) -> bytes:
    """UTF-8, comma, point, ISO days; an empty cell where there is no value."""
    written: str = days.assign(weather_date=days["weather_date"].dt.date).to_csv(index=False)
    return written.encode("utf-8")


def as_parquet(days: pd.DataFrame) -> bytes:
    """The same rows, with `weather_date` as a date."""
    buffer = io.BytesIO()
    days.assign(weather_date=days["weather_date"].dt.date).to_parquet(buffer, index=False)
    return buffer.getvalue()
