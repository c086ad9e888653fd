"""The app's only SQL: parameterised questions to the published marts, and to nothing else.

A `Repository` is bound to one publication for its whole life, so whatever a page reads through it belongs together.
`DuckDBRepository` reads the published file, `SnowflakeRepository` the published schema: by the same statements, in the SQL that
both speak. A `HealthRepository` is the same for what is said of the pipeline's health.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa

from settings import SnowflakeAccount
from shared.names import display_name

MONTH_MAX_MISSING_DAYS = 10
"""Days that a covered month may lack: the marts' own bound (var month_max_missing_days, WMO-No. 1203)."""


class RepositoryError(Exception):
    """The marts cannot be read. `reason` is one of the sentences of `texts/`."""

    reason = "state_unreadable"

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail)
        self.detail = detail


class NotPublished(RepositoryError):
    """There is no published file yet."""

    reason = "state_not_published"


class NoHealth(RepositoryError):
    """Nothing is said of health: nothing was ever built here."""

    reason = "state_no_health"


class Locked(RepositoryError):
    """Another process holds the published file open for writing."""

    reason = "state_locked"


class Unreadable(RepositoryError):
    """The file is not a DuckDB database, is cut short, or one of its Parquet files is gone."""

    reason = "state_unreadable"


class Incompatible(RepositoryError):
    """The file is sound, but a mart or a column that the app needs is not in it."""

    reason = "state_incompatible"


class Unreachable(RepositoryError):
    """Snowflake does not answer, or does not know the user, the key or the warehouse."""

    reason = "state_unreachable"


class SessionExpired(RepositoryError):
    """Snowflake has ended the session, and a new one was ended too."""

    reason = "state_session_expired"


class Replaced(RepositoryError):
    """A later publication took the place of the one that was being read."""

    reason = "state_unreadable"


@dataclass(frozen=True)
class Publication:
    """What the publish step says of itself. `published_at` is UTC; `warehouse_kind` is `real`, `simulated` or `empty`."""

    publication_id: str
    published_at: datetime
    warehouse_kind: str
    build_id: str
    isobar_version: str


LEAD_STEP_HOURS = 3
"""Width of a bucket of leads in agg_forecast_skill: `verification_lead_bucket_hours` of dbt_project.yml."""
LEAD_BUCKET = f"cast(ceil(lead_hours / {LEAD_STEP_HOURS}) * {LEAD_STEP_HOURS} as bigint)"
"""The bucket's upper end, by which it is named."""

PAIRS_OF = """
    (? = 'all' or location_id = ?) and source = ? and element = ?
    and valid_date >= ? and valid_date < ?
"""
"""The pairs behind a score of agg_forecast_skill; `_pairs_of` fills it."""


def _pairs_of(location_id: str, source: str, element: str, month: str) -> list[object]:
    if month == "all":
        first, end = date.min, date.max
    else:
        first = date.fromisoformat(f"{month}-01")
        end = (first + timedelta(days=31)).replace(day=1)
    return [location_id, location_id, source, element, first, end]


FileVersion = tuple[int, int, int]
"""What changes when a file is replaced by a rename: inode, modification time in ns, size."""


def file_version(path: Path) -> FileVersion:
    """The version of the published file.

    Raises:
        NotPublished: there is none.
    """
    try:
        status = path.stat()
    except FileNotFoundError:
        raise NotPublished(str(path)) from None
    return status.st_ino, status.st_mtime_ns, status.st_size


Series = tuple[str, str]
"""A location and the source whose figures of it are meant."""

CONDITIONS = """
    observed.location_id, observed.source, observed.observed_at, observed.temperature_c, observed.dew_point_c,
    observed.relative_humidity_pct, observed.pressure_sea_level_hpa, observed.wind_speed_ms,
    observed.wind_direction_deg, observed.wind_gust_ms, observed.visibility_m, observed.cloud_cover_pct,
    observed.precipitation_1h_mm, observed.precipitation_3h_mm, observed.precipitation_24h_mm,
    observed.snow_depth_m, observed.condition_code, observed.quality_flag,
    conditions.condition_name_en, conditions.condition_name_fr
"""
"""The columns of an observation that pages show, of `observed` and `conditions`."""

RAIN_DAY_MM = 1.0
"""A rain day has at least this, as in the marts (WMO: R1mm)."""


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" for _ in values)


def _of_series(series: Sequence[Series]) -> str:
    return f"({' or '.join('location_id = ? and source = ?' for _ in series)})"


def _flat(series: Sequence[Series]) -> list[str]:
    return [name for pair in series for name in pair]


NAMES = ("location_name", "station_name", "nearest_station_name")
"""Columns with the name of a place."""


def _as_written(rows: pd.DataFrame) -> pd.DataFrame:
    """With the names of places as a reader writes them: the lists have capitals without accents."""
    names = [column for column in NAMES if column in rows]
    return rows.assign(**{column: rows[column].map(display_name, na_action="ignore") for column in names})


class Repository(ABC):
    """Questions to the published marts. Times are UTC without zone; units are those that end the column names."""

    @abstractmethod
    def _query(self, sql: str, parameters: Sequence[object] = ()) -> pd.DataFrame:
        """Run one statement with `?` parameters.

        Raises:
            RepositoryError: the marts cannot be read.
        """

    @abstractmethod
    def is_current(self) -> bool:
        """False when a later publication has taken the place of this one."""

    @abstractmethod
    def close(self) -> None: ...

    def publication(self) -> Publication:
        rows = self._query(
            "select publication_id, published_at, warehouse_kind, build_id, isobar_version from isobar.publication"
        )
        if len(rows) != 1:
            raise Incompatible(f"isobar.publication has {len(rows)} rows")
        row = rows.iloc[0]
        return Publication(
            publication_id=str(row["publication_id"]),
            published_at=row["published_at"].to_pydatetime(),
            warehouse_kind=str(row["warehouse_kind"]),
            build_id=str(row["build_id"]),
            isobar_version=str(row["isobar_version"]),
        )

    def sources(self) -> pd.DataFrame:
        """What each source is called, and its licence; nothing in a publication of before it had that table."""
        try:
            return self._query("select source, name_en, name_fr, licence from isobar.sources order by source")
        except Incompatible:
            return pd.DataFrame(columns=["source", "name_en", "name_fr", "licence"])

    def locations(self) -> pd.DataFrame:
        """Every location that has been observed or has a month's figures, by name. Lists of posts name many that have neither."""
        return self._query(
            """
            select location_id, location_kind, location_name, latitude, longitude, altitude_m, country_code,
                   department_code, timezone, first_observed_at, last_observed_at
            from dim_locations
            where latitude is not null and longitude is not null
                and (last_observed_at is not null or location_id in (select location_id from fct_monthly_climate))
            order by location_name, location_id
            """
        )

    def latest_conditions(self) -> pd.DataFrame:
        """The newest good observation of each location, with its condition in both languages."""
        return self._query(
            f"""
            select {CONDITIONS}
            from agg_latest_conditions as observed
            left join dim_weather_conditions as conditions on conditions.condition_code = observed.condition_code
            order by observed.location_id
            """
        )

    # --- now

    def conditions_between(self, first: datetime, end: datetime) -> pd.DataFrame:
        """The good observations from `first` to before `end` (UTC), with the columns of `latest_conditions`."""
        return self._query(
            f"""
            select {CONDITIONS}
            from fct_observations as observed
            left join dim_weather_conditions as conditions on conditions.condition_code = observed.condition_code
            where observed.quality_flag = 'ok' and observed.observed_at >= ? and observed.observed_at < ?
            order by observed.location_id, observed.observed_at, observed.source
            """,
            [first, end],
        )

    def vigilance(self, moment: datetime) -> pd.DataFrame:
        """What the maps say of `moment` (UTC) and, where it is not green, of the time after it: a row for each department or
        coast, phenomenon and stretch of time."""
        return self._query(
            """
            select department_code, phenomenon_id, phenomenon_name_en, phenomenon_name_fr,
                   colour_number, valid_from_at, valid_to_at
            from fct_vigilance
            where valid_to_at > ? and (valid_from_at <= ? or (is_current and colour_number > 1))
                and domain_kind in ('department', 'coast') and colour_number is not null
            order by department_code, colour_number desc, phenomenon_id, domain_id
            """,
            [moment, moment],
        )

    def vigilance_reach(self) -> pd.DataFrame:
        """One row: updated_at of the newest map and valid_to_at, when the last that is known of it ends; null without any."""
        return self._query(
            "select max(updated_at) as updated_at, max(valid_to_at) as valid_to_at from fct_vigilance where is_current"
        )

    def newest_days(self) -> pd.DataFrame:
        """The newest day of each source on which any temperature is complete, at each location where it is."""
        return self._query(
            """
            with newest as (
                select source, max(weather_date) as weather_date
                from fct_daily_weather
                where is_temperature_complete
                group by source
            )
            select days.location_id, days.source, days.weather_date, days.temperature_mean_c, days.temperature_min_c,
                   days.temperature_max_c,
                   case when days.is_precipitation_complete then days.precipitation_mm end as precipitation_mm
            from fct_daily_weather as days
            inner join newest on newest.source = days.source and newest.weather_date = days.weather_date
            where days.is_temperature_complete
            order by days.location_id, days.source
            """
        )

    def daily_spread(self, month_number: int) -> pd.DataFrame:
        """How much the complete days of a month of the year differ: temperature_stddev_c, and the years that cover the month."""
        return self._query(
            """
            with days as (
                select location_id, source, temperature_mean_c, extract(year from weather_date) as year_number,
                       count(*) over (partition by location_id, source, extract(year from weather_date)) as day_count,
                       extract(day from last_day(weather_date)) as calendar_day_count
                from fct_daily_weather
                where extract(month from weather_date) = ? and is_temperature_complete
            )
            select location_id, source, stddev_samp(temperature_mean_c) as temperature_stddev_c,
                   count(distinct case when day_count >= calendar_day_count - ? then year_number end) as year_count
            from days
            group by location_id, source
            """,
            [month_number, MONTH_MAX_MISSING_DAYS],
        )

    def records(self, seasons: Sequence[str]) -> pd.DataFrame:
        """The daily records of those seasons (`1` to `12`, `all`) that are of enough years; `year_count` are the covered ones."""
        return self._query(
            f"""
            select location_id, source, element, season, record_value, recorded_date, previous_value, previous_date,
                   first_date, covered_year_count as year_count
            from fct_weather_records
            where is_established and season in ({_marks(seasons)}) and element not like '%monthly%'
            """,
            seasons,
        )

    def longest_records(self) -> int:
        """Covered years of the longest series of records, established or not; 0 without any."""
        rows = self._query("select coalesce(max(covered_year_count), 0) as year_count from fct_weather_records")
        return int(rows.at[0, "year_count"])

    def normals(self, location_ids: Sequence[str] = ()) -> pd.DataFrame:
        """Monthly normals of those locations, or of all; only months that have one of enough years."""
        chosen = f"and location_id in ({_marks(location_ids)})" if location_ids else ""
        return self._query(
            f"""
            select location_id, source, reference_period, is_standard_normal, month_number, temperature_mean_normal_c,
                   temperature_min_normal_c, temperature_max_normal_c, temperature_mean_year_count,
                   case when is_precipitation_established then precipitation_normal_mm end as precipitation_normal_mm
            from dim_climate_normals
            where is_temperature_established {chosen}
            order by location_id, source, reference_period, month_number
            """,
            location_ids,
        )

    # --- place

    def daily_extents(self, location_ids: Sequence[str]) -> pd.DataFrame:
        """For each source of the locations' daily weather: location_id, source, first_date, last_date."""
        return self._query(
            f"""
            select location_id, source, min(weather_date) as first_date, max(weather_date) as last_date
            from fct_daily_weather
            where location_id in ({_marks(location_ids)})
            group by location_id, source
            order by location_id, source
            """,
            location_ids,
        )

    def daily_weather(self, series: Sequence[Series], first: date, last: date) -> pd.DataFrame:
        """The days of each location and source from `first` to `last`, both included."""
        return self._query(
            f"""
            select location_id, source, weather_date, temperature_min_c, temperature_max_c, temperature_mean_c,
                   precipitation_mm, is_trace, wind_speed_mean_ms, wind_direction_deg, wind_gust_max_ms,
                   pressure_sea_level_mean_hpa, relative_humidity_mean_pct, observation_count,
                   is_temperature_complete, is_precipitation_complete
            from fct_daily_weather
            where weather_date between ? and ? and {_of_series(series)}
            order by location_id, source, weather_date
            """,
            [first, last, *_flat(series)],
        )

    def summed_weather(self, series: Sequence[Series], first: date, last: date, grain: str) -> pd.DataFrame:
        """The same days by `month` or `year`: means of the days that have a value, sums of rain, and how many days those are.

        `weather_date` is the first day of the month or year, though the period may begin after it.
        """
        return self._query(
            f"""
            select location_id, source, cast(date_trunc('{grain}', weather_date) as date) as weather_date,
                   avg(temperature_min_c) as temperature_min_c, avg(temperature_max_c) as temperature_max_c,
                   avg(temperature_mean_c) as temperature_mean_c, sum(precipitation_mm) as precipitation_mm,
                   avg(wind_speed_mean_ms) as wind_speed_mean_ms, max(wind_gust_max_ms) as wind_gust_max_ms,
                   avg(pressure_sea_level_mean_hpa) as pressure_sea_level_mean_hpa,
                   avg(relative_humidity_mean_pct) as relative_humidity_mean_pct,
                   sum(observation_count) as observation_count, count(*) as day_count,
                   count(case when is_temperature_complete then 1 end) as temperature_day_count,
                   count(case when is_precipitation_complete then 1 end) as precipitation_day_count
            from fct_daily_weather
            where weather_date between ? and ? and {_of_series(series)}
            group by all
            order by location_id, source, weather_date
            """,
            [first, last, *_flat(series)],
        )

    def period_figures(self, series: Sequence[Series], first: date, last: date) -> pd.DataFrame:
        """A row for each location and source: the period's extremes with their (first) days, means, sums and counts of days."""
        return self._query(
            f"""
            select location_id, source,
                   min(temperature_min_c) as temperature_min_c, min_by(weather_date, temperature_min_c) as temperature_min_date,
                   max(temperature_max_c) as temperature_max_c, max_by(weather_date, temperature_max_c) as temperature_max_date,
                   max(wind_gust_max_ms) as wind_gust_max_ms, max_by(weather_date, wind_gust_max_ms) as wind_gust_max_date,
                   avg(temperature_mean_c) as temperature_mean_c, count(temperature_mean_c) as temperature_mean_day_count,
                   sum(precipitation_mm) as precipitation_mm, count(precipitation_mm) as precipitation_day_count,
                   count(case when precipitation_mm >= ? then 1 end) as rain_day_count,
                   sum(observation_count) as observation_count, count(*) as day_count,
                   count(case when not coalesce(is_temperature_complete, false) then 1 end) as incomplete_temperature_days,
                   count(case when not coalesce(is_precipitation_complete, false) then 1 end) as incomplete_precipitation_days
            from fct_daily_weather
            where weather_date between ? and ? and {_of_series(series)}
            group by location_id, source
            order by location_id, source
            """,
            [RAIN_DAY_MM, first, last, *_flat(series)],
        )

    def heavy_rain(self, series: Sequence[Series], first: date, last: date, threshold_mm: float) -> pd.DataFrame:
        """The days with at least `threshold_mm` of rain."""
        return self._query(
            f"""
            select location_id, source, weather_date, precipitation_mm, is_precipitation_complete
            from fct_daily_weather
            where precipitation_mm >= ? and weather_date between ? and ? and {_of_series(series)}
            order by location_id, source, weather_date
            """,
            [threshold_mm, first, last, *_flat(series)],
        )

    def winds(self, location_id: str, source: str, first: date, last: date, calm_below_ms: float) -> pd.DataFrame:
        """How many observations have which wind: `sector` of 16, 0 is north and null without a direction or in a calm;
        `beaufort`; `is_calm`; observation_count."""
        return self._query(
            """
            select case when wind_speed_ms >= ?
                       then cast(floor((wind_direction_deg + 11.25) / 22.5) as integer) % 16 end as sector,
                   case when wind_speed_ms >= ? then beaufort end as beaufort,
                   wind_speed_ms < ? as is_calm, count(*) as observation_count
            from fct_observations
            where location_id = ? and source = ? and observed_date between ? and ? and wind_speed_ms is not null
            group by all
            """,
            [calm_below_ms, calm_below_ms, calm_below_ms, location_id, source, first, last],
        )

    # --- climate

    def climate_series(self) -> pd.DataFrame:
        """Every place with a monthly climate, by source, with its first and last month and how many have a whole temperature."""
        return self._query(
            """
            select months.location_id, locations.location_name, months.source,
                   min(months.month_start_date) as first_month, max(months.month_start_date) as last_month,
                   count(case when months.is_temperature_complete then 1 end) as complete_month_count
            from fct_monthly_climate as months
            inner join dim_locations as locations on locations.location_id = months.location_id
            group by months.location_id, locations.location_name, months.source
            order by locations.location_name, months.location_id, months.source
            """
        )

    def climate_months(self, location_id: str, source: str) -> pd.DataFrame:
        """Each month of a place: its figures, its counts of days, how far it was from usual."""
        return self._query(
            """
            select months.month_start_date, months.location_id, months.source,
                   months.temperature_mean_c, months.precipitation_total_mm,
                   months.hot_day_count, months.frost_day_count, months.rain_day_count,
                   months.heating_degree_days_18c, months.cooling_degree_days_18c,
                   months.calendar_day_count, months.temperature_day_count, months.precipitation_day_count,
                   months.is_temperature_complete, months.is_precipitation_complete,
                   anomalies.reference_period, anomalies.temperature_mean_normal_c,
                   anomalies.temperature_mean_year_count, anomalies.temperature_mean_anomaly_c,
                   anomalies.precipitation_normal_mm, anomalies.precipitation_year_count,
                   anomalies.precipitation_anomaly_mm, anomalies.precipitation_anomaly_pct
            from fct_monthly_climate as months
            -- the place is written on both sides, so that neither mart is read whole
            left join fct_climate_anomalies as anomalies
                on anomalies.location_id = ? and anomalies.source = ?
                and anomalies.month_start_date = months.month_start_date
            where months.location_id = ? and months.source = ?
            order by months.month_start_date
            """,
            [location_id, source, location_id, source],
        )

    def climate_normals(self, location_id: str, source: str) -> pd.DataFrame:
        """What is usual of each month of the year, by reference period."""
        return self._query(
            """
            select month_number, location_id, source, reference_period, is_standard_normal, year_count,
                   temperature_min_normal_c, temperature_mean_normal_c, temperature_max_normal_c,
                   temperature_mean_p20_c, temperature_mean_p80_c, temperature_mean_year_count,
                   precipitation_normal_mm, precipitation_p20_mm, precipitation_p80_mm, precipitation_year_count,
                   is_temperature_established, is_precipitation_established
            from dim_climate_normals
            where location_id = ? and source = ?
            order by reference_period, month_number
            """,
            [location_id, source],
        )

    def weather_records(self, location_id: str, source: str) -> pd.DataFrame:
        """The record of each element and season of a place, and the one it broke."""
        return self._query(
            """
            select season, element, location_id, source, record_value, recorded_date, is_complete, previous_value,
                   previous_date, first_date, value_count, year_count, covered_year_count, is_established
            from fct_weather_records
            where location_id = ? and source = ?
            order by element, season
            """,
            [location_id, source],
        )

    def weather_events(self, location_id: str | None) -> pd.DataFrame:
        """The events of a place, or the national ones for None; the newest first."""
        return self._query(
            """
            select event_id, event_type, scope, location_id, start_date, end_date, duration_days, element, unit,
                   peak_value, peak_date, cumulative_excess, severity, threshold_name, series, is_start_certain,
                   is_end_certain, is_ongoing
            from fct_weather_events
            where location_id is not distinct from ?
            order by start_date desc, event_type
            """,
            [location_id],
        )

    def thermal_indicator(self, indicator: str, first: date, last: date) -> pd.DataFrame:
        """One indicator's days from `first` to `last`, both included, with the stations each is of."""
        return self._query(
            """
            select weather_date, indicator, temperature_c, station_count, full_station_count, is_valid
            from fct_thermal_indicators
            where indicator = ? and weather_date between ? and ?
            order by weather_date
            """,
            [indicator, first, last],
        )

    # --- decide

    def daily_series(self) -> pd.DataFrame:
        """Every place with whole days, by source: first_date, last_date, and whether the days are made of reports."""
        return self._query(
            """
            select days.location_id, locations.location_name, days.source, days.first_date, days.last_date,
                   days.has_reports, days.complete_day_count
            from (
                select location_id, source, min(weather_date) as first_date, max(weather_date) as last_date,
                       count(observation_count) > 0 as has_reports,
                       count(case when is_temperature_complete or is_precipitation_complete then 1 end) as complete_day_count
                from fct_daily_weather
                group by location_id, source
            ) as days
            inner join dim_locations as locations on locations.location_id = days.location_id
            where days.complete_day_count > 0
            order by locations.location_name, days.location_id, days.complete_day_count desc, days.source
            """
        )

    def decision_days(self, location_id: str, source: str) -> pd.DataFrame:
        """All days of a place by one source: extremes and rain, and whether each is whole."""
        return self._query(
            """
            select weather_date, temperature_min_c, temperature_max_c, precipitation_mm,
                   is_temperature_complete, is_temperature_min_complete, is_precipitation_complete
            from fct_daily_weather
            where location_id = ? and source = ?
            order by weather_date
            """,
            [location_id, source],
        )

    def reports(self, location_id: str, source: str, measure: str, first: date, last: date) -> pd.DataFrame:
        """The reports of a place that tell `measure`, from `first` to `last` (UTC days, both included): observed_at, value.

        `measure` is heat_index, apparent_temperature, wind or gust. `value` is null where it is too cool for a heat index.
        """
        return self._query(
            """
            with reports as (
                select observed_at,
                       case ? when 'heat_index' then heat_index_c when 'apparent_temperature' then apparent_temperature_c
                              when 'wind' then wind_speed_ms when 'gust' then wind_gust_ms end as value,
                       -- the index has no value where it is too cool for one: such a report tells that it is below
                       case ? when 'heat_index' then temperature_c is not null and relative_humidity_pct is not null
                              else false end as is_told
                from fct_observations
                where location_id = ? and source = ? and observed_date between ? and ?
            )
            select observed_at, value
            from reports
            where value is not null or is_told
            order by observed_at
            """,
            [measure, measure, location_id, source, first, last],
        )

    # --- forecasts

    def forecast_places(self) -> pd.DataFrame:
        """Each place with a forecast, by name: newest_issued_at; pair_count, of all elements and leads (0 without measurements).

        The nearest station is the nearest whatever its distance: it says why a place has no pairs.
        """
        return self._query(
            """
            with issued as (
                select location_id, max(issued_at) as newest_issued_at from fct_forecasts group by location_id
            ),
            scored as (
                select location_id, sum(pair_count) as pair_count from agg_forecast_skill where month = 'all'
                group by location_id
            )
            select issued.location_id, coalesce(places.location_name, issued.location_id) as location_name,
                   issued.newest_issued_at, cast(coalesce(scored.pair_count, 0) as bigint) as pair_count,
                   places.nearest_station_km, stations.location_name as nearest_station_name
            from issued
            left join dim_locations as places on places.location_id = issued.location_id
            left join scored on scored.location_id = issued.location_id
            left join dim_locations as stations on stations.location_id = places.nearest_station_id
            order by location_name, issued.location_id
            """
        )

    def forecast_months(self, location_id: str) -> pd.DataFrame:
        """What is scored of a place, or of `all`: source, element, month (`YYYY-MM` or `all`) and pair_count, of all leads."""
        return self._query(
            """
            select source, element, month, cast(sum(pair_count) as bigint) as pair_count
            from agg_forecast_skill
            where location_id = ?
            group by source, element, month
            order by source, element, month
            """,
            [location_id],
        )

    def forecast_scores(self, location_id: str, source: str, element: str, month: str) -> pd.DataFrame:
        """The scores of one element by lead, of a place or of `all`, of a month or of `all`; units are the element's."""
        return self._query(
            """
            select lead_bucket_hours, pair_count, bias, mae, rmse, skill_persistence, persistence_pair_count,
                   skill_climatology, climatology_pair_count, hit_count, miss_count, false_alarm_count,
                   correct_negative_count, pod, far, csi, brier, probability_pair_count
            from agg_forecast_skill
            where location_id = ? and source = ? and element = ? and month = ?
            order by lead_bucket_hours
            """,
            [location_id, source, element, month],
        )

    def forecast_spread(self, location_id: str, source: str, element: str, month: str) -> pd.DataFrame:
        """Where the errors lie, by lead: error_p10, error_p90 (tenth and ninetieth percentile) and pair_count."""
        return self._query(
            f"""
            select {LEAD_BUCKET} as lead_bucket_hours, count(*) as pair_count,
                   percentile_cont(0.1) within group (order by error) as error_p10,
                   percentile_cont(0.9) within group (order by error) as error_p90
            from fct_forecast_verification
            where {PAIRS_OF}
            group by lead_bucket_hours
            order by lead_bucket_hours
            """,
            _pairs_of(location_id, source, element, month),
        )

    def forecast_pairs(
        self, location_id: str, source: str, element: str, month: str, lead_bucket_hours: int, limit: int
    ) -> pd.DataFrame:
        """Forecasts beside their measurements at one lead. Of more than `limit` pairs a sample, the same one every time:
        those whose keys have the lowest hashes."""
        return self._query(
            f"""
            select * from (
                select location_id, source, issued_at, valid_at, element, lead_hours, forecast_value, observed_value, error,
                       forecast_probability, station_id, distance_km, gap_minutes
                from fct_forecast_verification
                where {PAIRS_OF} and lead_hours > ? and lead_hours <= ?
                order by md5(location_id || cast(issued_at as varchar) || cast(valid_at as varchar)), location_id
                limit ?
            ) as pairs
            order by valid_at, location_id, issued_at
            """,
            [
                *_pairs_of(location_id, source, element, month),
                lead_bucket_hours - LEAD_STEP_HOURS,
                lead_bucket_hours,
                limit,
            ],
        )

    def forecast_stations(self, location_id: str, source: str, element: str, month: str) -> pd.DataFrame:
        """The stations that an element's forecasts are held against, by place, with their pairs of all leads."""
        return self._query(
            f"""
            with used as (
                select location_id, station_id, max(distance_km) as distance_km,
                       max(altitude_difference_m) as altitude_difference_m, max(gap_minutes) as gap_minutes_max,
                       count(*) as pair_count
                from fct_forecast_verification
                where {PAIRS_OF}
                group by location_id, station_id
            )
            select used.location_id, coalesce(places.location_name, used.location_id) as location_name, used.station_id,
                   coalesce(stations.location_name, used.station_id) as station_name, used.distance_km,
                   used.altitude_difference_m, used.gap_minutes_max, used.pair_count
            from used
            left join dim_locations as places on places.location_id = used.location_id
            left join dim_locations as stations on stations.location_id = used.station_id
            order by location_name, used.pair_count desc
            """,
            _pairs_of(location_id, source, element, month),
        )

    def newest_forecast(self, location_id: str, source: str | None) -> pd.DataFrame:
        """The steps of a place's newest forecast, as it was issued, of one source or of whichever is newest."""
        return self._query(
            """
            select forecasts.location_id, forecasts.source, forecasts.issued_at, forecasts.valid_at, forecasts.lead_hours,
                   forecasts.temperature_c, forecasts.relative_humidity_pct, forecasts.pressure_sea_level_hpa,
                   forecasts.wind_speed_ms, forecasts.wind_direction_deg, forecasts.cloud_cover_pct,
                   forecasts.precipitation_3h_mm, forecasts.precipitation_probability,
                   conditions.condition_name_en, conditions.condition_name_fr
            from fct_forecasts as forecasts
            left join dim_weather_conditions as conditions on conditions.condition_code = forecasts.condition_code
            where forecasts.location_id = ? and (forecasts.source, forecasts.issued_at) = (
                select (source, issued_at) from fct_forecasts where location_id = ? and source = coalesce(?, source)
                order by issued_at desc, source
                limit 1
            )
            order by forecasts.valid_at
            """,
            [location_id, location_id, source],
        )

    # --- air quality

    def air_quality_places(self) -> pd.DataFrame:
        """Each place and source with concentrations, by name: newest_observed_at."""
        return self._query(
            """
            select air.location_id, coalesce(any_value(places.location_name), air.location_id) as location_name, air.source,
                   max(air.observed_at) as newest_observed_at
            from fct_air_quality as air
            left join dim_locations as places on places.location_id = air.location_id
            group by air.location_id, air.source
            order by location_name, air.location_id, air.source
            """
        )

    def air_quality(self, location_id: str, source: str, since: datetime) -> pd.DataFrame:
        """A place's concentrations in µg/m³ from `since` on."""
        return self._query(
            """
            select location_id, source, observed_at, pm2_5_ugm3, pm10_ugm3, no2_ugm3, o3_ugm3, so2_ugm3, co_ugm3, no_ugm3,
                   nh3_ugm3
            from fct_air_quality
            where location_id = ? and source = ? and observed_at >= ?
            order by observed_at
            """,
            [location_id, source, since],
        )

    def air_quality_indices(self, location_id: str, source: str, since: datetime) -> pd.DataFrame:
        """A place's indices from `since` on, each with its class and label in both languages."""
        return self._query(
            """
            select location_id, source, observed_at, index_name, index_value, index_class, index_label, index_label_fr,
                   worst_pollutant, pollutant_count, is_complete
            from fct_air_quality_indices
            where location_id = ? and source = ? and observed_at >= ?
            order by observed_at, index_name
            """,
            [location_id, source, since],
        )

    def newest_air_quality_forecast(self, location_id: str, source: str) -> pd.DataFrame:
        """The hours of a place's newest forecast of concentrations in µg/m³, as it was issued."""
        return self._query(
            """
            select location_id, source, issued_at, valid_at, lead_hours, pm2_5_ugm3, pm10_ugm3, no2_ugm3, o3_ugm3, so2_ugm3,
                   co_ugm3, no_ugm3, nh3_ugm3
            from fct_air_quality_forecasts
            where location_id = ? and source = ? and issued_at = (
                select max(issued_at) from fct_air_quality_forecasts where location_id = ? and source = ?
            )
            order by valid_at
            """,
            [location_id, source, location_id, source],
        )


class DuckDBFile:
    """One version of a file that is replaced by renames, attached read-only to a connection of its own.

    In-memory plus ATTACH, because two `duckdb.connect(path)` in one process share an instance and the second would go on
    reading the file that the first one opened. The file that a later one replaces stays readable here.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.version = file_version(path)
        self._connection = duckdb.connect()
        quoted = str(path).replace("'", "''")
        try:
            self._connection.execute(f"attach '{quoted}' as published (read_only)")
            self._connection.execute("use published")
            self._catalogue = "memory" if self._is_moved() else "published"
        except duckdb.Error as error:
            self._connection.close()
            raise _explained(error, path) from error

    def _is_moved(self) -> bool:
        """Whether the file's views name the files of another folder. Then views of its own, in memory, name those beside it."""
        connection, folder = self._connection, self.path.resolve().parent / "published"
        try:
            rows = connection.execute("select folder from published.isobar.publication").fetchall()
            if not rows or Path(str(rows[0][0])) == folder:
                return False
            files = connection.execute(
                "select model, list(file) from published.isobar.partitions group by model"
            ).fetchall()
        except (duckdb.CatalogException, duckdb.BinderException):  # a file of health, which has its rows in itself
            return False
        connection.execute("create schema memory.isobar")
        tables = connection.execute(
            "select table_name from duckdb_tables() where database_name = 'published' and schema_name = 'isobar'"
        ).fetchall()
        for (table,) in tables:
            connection.execute(f"create view memory.isobar.{table} as select * from published.isobar.{table}")
        for model, names in files:
            paths = ", ".join("'" + str(folder / name).replace("'", "''") + "'" for name in names)
            connection.execute(f"create view memory.main.{model} as select * from read_parquet([{paths}])")
        return True

    def _query(self, sql: str, parameters: Sequence[object] = ()) -> pd.DataFrame:
        # A cursor each: sessions run in threads, and a connection answers one question at a time.
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(f"use {self._catalogue}")
                return _as_written(cursor.execute(sql, parameters).df())
        except duckdb.Error as error:
            raise _explained(error, self.path) from error

    def is_current(self) -> bool:
        """False when the file at the path is no longer the one that was attached."""
        try:
            return file_version(self.path) == self.version
        except NotPublished:
            return False

    def close(self) -> None:
        self._connection.close()


class DuckDBRepository(DuckDBFile, Repository):
    """One publication."""


class HealthRepository(ABC):
    """Questions to what was said of health after a build. Times are UTC without zone.

    When the very first build failed it may hold the row about the build alone: a table that is not there has no rows.
    """

    schema: str

    @abstractmethod
    def _query(self, sql: str, parameters: Sequence[object] = ()) -> pd.DataFrame: ...

    def _rows(self, table: str, sql: str, parameters: Sequence[object] = ()) -> pd.DataFrame:
        known = self._query(
            "select 1 from information_schema.tables where lower(table_schema) = ? and lower(table_name) = ?",
            [self.schema, table],
        )
        return pd.DataFrame() if known.empty else self._query(sql, parameters)

    def build(self) -> pd.DataFrame:
        """One row: what became of the last build, and what readers see since."""
        return self._query(
            """
            select written_at, build_outcome, build_error, warehouse_kind, publication_id, published_at
            from health
            """
        )

    def sources(self) -> pd.DataFrame:
        """Each source: when it was loaded, when it is overdue, how many of its places are silent."""
        return self._rows(
            "agg_pipeline_health",
            """
            select source, is_scheduled, cadence_hours, overdue_after_hours, last_load_at, last_load_outcome, last_load_error,
                   appended_row_count, last_new_rows_at, newest_observed_at, overdue_table, overdue_at, last_published_at,
                   location_count, silent_location_count
            from agg_pipeline_health
            order by source
            """,
        )

    def stations(self) -> pd.DataFrame:
        """Each place that still reports, and when it falls silent by its own rhythm."""
        return self._rows(
            "agg_location_freshness",
            """
            select location_id, source, coalesce(location_name, location_id) as location_name, department_code,
                   newest_observed_at, report_count, typical_gap_hours, long_gap_hours, silent_after_at, is_silent
            from agg_location_freshness
            order by source, location_name, location_id
            """,
        )

    def runs(self, limit: int) -> pd.DataFrame:
        """The newest `limit` runs, the newest first."""
        return self._rows(
            "fct_pipeline_runs",
            """
            select run_number, started_at, command, source, outcome, error, seconds, appended_row_count, rejected_cell_count
            from fct_pipeline_runs
            order by run_number desc
            limit ?
            """,
            [limit],
        )

    def unresolved_runs(self) -> pd.DataFrame:
        """The last run of each command and source, where it did not end well."""
        return self._rows(
            "fct_pipeline_runs",
            """
            select command, source, started_at, outcome
            from fct_pipeline_runs
            where is_unresolved
            order by command, source
            """,
        )

    def tests(self) -> pd.DataFrame:
        """How many tests of the last build ended with each status; monitors apart."""
        return self._rows(
            "fct_pipeline_tests",
            """
            select status, is_monitor, is_failure, is_warning, count(*) as test_count
            from fct_pipeline_tests
            where node_type in ('test', 'unit_test')
            group by status, is_monitor, is_failure, is_warning
            order by status, is_monitor
            """,
        )

    def findings(self) -> pd.DataFrame:
        """What failed or warned in the last build, models too; failures first."""
        return self._rows(
            "fct_pipeline_tests",
            """
            select node_name, node_type, model_name, status, is_failure, is_monitor, failure_count, message
            from fct_pipeline_tests
            where is_failure or is_warning
            order by is_failure desc, node_name
            """,
        )

    def budgets(self) -> pd.DataFrame:
        """Calls that each key may make and had made when the last build ended."""
        return self._rows(
            "agg_api_budgets",
            """
            select api, key_hash, period, call_limit, call_count, calls_left, low_calls_left, period_ends_at, counted_at
            from agg_api_budgets
            order by api, key_hash, call_limit
            """,
        )


class DuckDBHealthRepository(DuckDBFile, HealthRepository):
    """The health file of a data folder."""

    schema = "main"


def _explained(error: duckdb.Error, path: Path) -> RepositoryError:
    """The state behind a DuckDB error; its own first line is kept as the detail."""
    detail = str(error).splitlines()[0]
    if not path.exists():
        return NotPublished(str(path))
    if isinstance(error, (duckdb.CatalogException, duckdb.BinderException)):
        return Incompatible(detail)
    if isinstance(error, duckdb.IOException) and "lock" in detail.lower():
        return Locked(detail)
    return Unreadable(detail)


SNOWFLAKE_LOGIN_SECONDS = 30
"""A reader waits no longer for a page; a suspended warehouse is back in a few seconds."""

SNOWFLAKE_REQUEST_SECONDS = 60
"""The connector's own limit is none: without one a page would wait for ever for an account that has gone silent."""

EXPIRED_ERRORS = {390104, 390110, 390111, 390112, 390114, 390195, 250002, 251005, 290401}
"""Numbers by which Snowflake and its connector say that a session, or the token behind it, is no more (HTTP 401 the last): log in
again."""

UNKNOWN_ERRORS = {904, 2003, 2043}
"""Unknown column, unknown table, unknown object: what is published is not what the app expects."""


class SnowflakeSchema:
    """A schema of a Snowflake database, for as long as one version of it is there.

    The schema's tables are replaced all at once (isobar/publish/snowflake.py), but a page asks several questions. So each answer
    is only given when the version was still the same after it; else `Replaced` is raised, and the page reads again.
    """

    schema: str
    version_query: str
    """One row with one text, which each swap changes."""
    missing: type[RepositoryError]
    """What it is when the schema is not there yet."""

    def __init__(self, account: SnowflakeAccount) -> None:
        """Bind to the version of now.

        Raises:
            RepositoryError: no session can be had, or there is no version yet.
        """
        self.account = account
        self._lock = threading.Lock()
        self._connection = self._connected()
        self.version = ""
        self.version = self._shown()

    def _connected(self) -> Any:
        import snowflake.connector

        account = self.account
        try:
            return snowflake.connector.connect(
                account=account.account,
                user=account.user,
                private_key_file=account.private_key_path,
                private_key_file_pwd=account.private_key_passphrase,
                role=account.role,
                warehouse=account.warehouse,
                database=account.database,
                schema=self.schema,
                paramstyle="qmark",
                login_timeout=SNOWFLAKE_LOGIN_SECONDS,
                network_timeout=SNOWFLAKE_REQUEST_SECONDS,
                session_parameters={"QUERY_TAG": "isobar app", "TIMEZONE": "UTC"},
            )
        except (snowflake.connector.errors.Error, OSError, TypeError, ValueError) as error:
            raise Unreachable(_first_line(error)) from None  # what is behind it may show the key's file

    def _query(self, sql: str, parameters: Sequence[object] = ()) -> pd.DataFrame:
        answer = self._answer(sql, parameters)
        if self._shown() != self.version:
            raise Replaced(self.version)
        return _as_written(answer)

    def _answer(self, sql: str, parameters: Sequence[object] = ()) -> pd.DataFrame:
        """Ask, and once more on a new session when this one has expired."""
        import snowflake.connector

        connection = self._connection
        for attempt in range(2):
            try:
                with connection.cursor() as cursor:
                    return _as_duckdb_has_it(
                        cursor.execute(sql, list(parameters) or None).fetch_arrow_all(force_return_table=True)
                    )
            except snowflake.connector.errors.Error as error:
                if error.errno in UNKNOWN_ERRORS:
                    raise self._unknown(error) from None
                if error.errno not in EXPIRED_ERRORS and not connection.is_closed():
                    raise Unreachable(_first_line(error)) from None
                if attempt:
                    raise SessionExpired(_first_line(error)) from None
                connection = self._reconnected(connection)
        raise AssertionError("the second attempt returns or raises")

    def _reconnected(self, expired: Any) -> Any:
        """One new session, however many threads saw the old one end."""
        with self._lock:
            if self._connection is expired:
                self._connection = self._connected()
            return self._connection

    def _shown(self) -> str:
        rows = self._answer(self.version_query)
        if rows.empty:
            raise self.missing(self.account.database)
        return str(rows.iat[0, 0])

    def _unknown(self, error: Exception) -> RepositoryError:
        """Before the first version there is nothing at all; after it, something is missing."""
        return Incompatible(_first_line(error)) if self.version else self.missing(self.account.database)

    def is_current(self) -> bool:
        """False only when another is known to be there: who cannot ask says why with its next question."""
        try:
            return self._shown() == self.version
        except RepositoryError:
            return True

    def close(self) -> None:
        self._connection.close()


class SnowflakeRepository(SnowflakeSchema, Repository):
    """One publication."""

    schema = "published"
    version_query = "select publication_id from isobar.publication"
    missing = NotPublished


class SnowflakeHealthRepository(SnowflakeSchema, HealthRepository):
    """What was said of health after one build."""

    schema = "health"
    version_query = "select cast(written_at as varchar) from health"
    missing = NoHealth


def _as_duckdb_has_it(rows: pa.Table) -> pd.DataFrame:
    """Snowflake's answer with the names and types that DuckDB's has: lower case, microseconds, dates as times."""
    names = [name.lower() for name in rows.column_names]
    columns = ", ".join(
        f'cast("{name}" as timestamp) as "{name}"' if pa.types.is_timestamp(kind) else f'"{name}"'
        for name, kind in zip(names, rows.schema.types, strict=True)
    )
    with duckdb.connect() as session:
        session.register("answer", rows.rename_columns(names))
        return session.execute(f"select {columns} from answer").df()


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
