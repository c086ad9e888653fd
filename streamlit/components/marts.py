"""What the pages read, cached by publication: a new one is read anew, an old one never twice.

Arguments that only tell one publication from another are the caches' keys; those with an underscore are not part of them.
"""

# ruff: noqa: ARG001

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import pandas as pd
import streamlit as st

import services.health
import services.sources
import services.unusual
import services.vigilance
import services.wind_rose
from repository import (
    DuckDBHealthRepository,
    DuckDBRepository,
    FileVersion,
    HealthRepository,
    NoHealth,
    NotPublished,
    Publication,
    Repository,
    Series,
    SnowflakeHealthRepository,
    SnowflakeRepository,
    SnowflakeSchema,
    file_version,
)
from services import air_quality, climate, conditions, days, decide, events, forecasts, normals
from services.days import Extent, Period, Summary
from services.decide import DailySeries
from services.events import Event
from services.forecasts import Selection
from services.normals import Normal
from services.sources import Sources
from services.unusual import Unusual
from services.vigilance import Situation
from services.wind_rose import Rose
from settings import Settings, SnowflakeAccount

Schema = TypeVar("Schema", bound=SnowflakeSchema)


@st.cache_resource(max_entries=2, show_spinner=False)
def _opened(path: Path, version: FileVersion) -> tuple[DuckDBRepository, Publication]:
    # The one before the newest stays for the sessions that are still reading it; the rest is closed with its last reader.
    repository = DuckDBRepository(path)
    return repository, repository.publication()


@st.cache_resource(max_entries=2, show_spinner=False)
def _session(account: SnowflakeAccount) -> SnowflakeRepository:
    return SnowflakeRepository(account)


def open_marts(settings: Settings) -> tuple[Repository, Publication]:
    """The newest publication.

    Raises:
        RepositoryError: there is none, or it cannot be read.
    """
    if settings.target == "duckdb":
        return _opened(settings.marts, file_version(settings.marts))
    repository = _current(_session, settings.snowflake)
    return repository, repository.publication()


def _current(session: Callable[[SnowflakeAccount], Schema], account: SnowflakeAccount) -> Schema:
    """The cached session; another when a swap has taken place since it was opened."""
    repository = session(account)
    if not repository.is_current():
        session.clear()  # type: ignore[attr-defined]
        repository = session(account)
    return repository


@st.cache_data(max_entries=4, show_spinner=False)
def latest_conditions(_repository: Repository, publication_id: str) -> pd.DataFrame:
    return conditions.latest_conditions(_repository)


@st.cache_data(max_entries=4, show_spinner=False)
def sources(_repository: Repository, publication_id: str, warehouse_kind: str) -> Sources:
    return services.sources.sources(_repository, warehouse_kind)


# --- now


@st.cache_data(max_entries=4, show_spinner=False)
def vigilance(_repository: Repository, publication_id: str, moment: datetime) -> Situation:
    return services.vigilance.situation(_repository, moment)


@st.cache_data(max_entries=4, show_spinner=False)
def unusual(_repository: Repository, publication_id: str, _conditions: pd.DataFrame) -> Unusual:
    return services.unusual.unusual(_repository, _conditions)


# --- place


@st.cache_data(max_entries=2, show_spinner=False)
def locations(_repository: Repository, publication_id: str) -> pd.DataFrame:
    return _repository.locations()


@st.cache_data(max_entries=256, show_spinner=False)
def extents(_repository: Repository, publication_id: str, location_ids: tuple[str, ...]) -> list[Extent]:
    return days.extents(_repository, location_ids)


@st.cache_data(max_entries=64, show_spinner=False)
def weather(
    _repository: Repository, publication_id: str, series: tuple[Series, ...], period: Period, grain: str
) -> pd.DataFrame:
    return days.weather(_repository, series, period, grain)


@st.cache_data(max_entries=64, show_spinner=False)
def summaries(
    _repository: Repository, publication_id: str, series: tuple[Series, ...], period: Period
) -> list[Summary]:
    return days.summaries(_repository, series, period)


@st.cache_data(max_entries=64, show_spinner=False)
def heavy_rain(
    _repository: Repository, publication_id: str, series: tuple[Series, ...], period: Period, threshold_mm: float
) -> pd.DataFrame:
    return _repository.heavy_rain(series, period.first, period.last, threshold_mm)


@st.cache_data(max_entries=64, show_spinner=False)
def normal(_repository: Repository, publication_id: str, series: Series) -> Normal | None:
    return normals.choose(_repository.normals([series[0]]), series[1])


@st.cache_data(max_entries=64, show_spinner=False)
def wind_rose(_repository: Repository, publication_id: str, series: Series, period: Period) -> Rose | None:
    return services.wind_rose.rose(_repository, series, period.first, period.last)


# --- climate


@st.cache_data(max_entries=4, show_spinner=False)
def climate_series(_repository: Repository, publication_id: str) -> list[climate.Series]:
    return climate.series(_repository)


@st.cache_data(max_entries=64, show_spinner=False)
def climate_months(_repository: Repository, publication_id: str, location_id: str, source: str) -> pd.DataFrame:
    return _repository.climate_months(location_id, source)


@st.cache_data(max_entries=64, show_spinner=False)
def climate_normals(_repository: Repository, publication_id: str, location_id: str, source: str) -> pd.DataFrame:
    return _repository.climate_normals(location_id, source)


@st.cache_data(max_entries=64, show_spinner=False)
def weather_records(_repository: Repository, publication_id: str, location_id: str, source: str) -> pd.DataFrame:
    return _repository.weather_records(location_id, source)


@st.cache_data(max_entries=64, show_spinner=False)
def weather_events(_repository: Repository, publication_id: str, location_id: str | None) -> pd.DataFrame:
    return _repository.weather_events(location_id)


@st.cache_data(max_entries=64, show_spinner=False)
def event_days(_repository: Repository, publication_id: str, event: Event) -> pd.DataFrame:
    return events.days_around(_repository, event)


# --- decide


@st.cache_data(max_entries=4, show_spinner=False)
def daily_series(_repository: Repository, publication_id: str) -> list[DailySeries]:
    return decide.series(_repository)


@st.cache_data(max_entries=32, show_spinner=False)
def decision_days(_repository: Repository, publication_id: str, location_id: str, source: str) -> pd.DataFrame:
    return _repository.decision_days(location_id, source)


@st.cache_data(max_entries=256, show_spinner=False)
def reports_at_or_above(
    _repository: Repository,
    publication_id: str,
    location_id: str,
    source: str,
    measure: str,
    threshold: float,
    period: Period,
) -> pd.DataFrame:
    return _repository.reports_at_or_above(location_id, source, measure, threshold, period.first, period.last)


# --- forecasts


@st.cache_data(max_entries=4, show_spinner=False)
def forecast_places(_repository: Repository, publication_id: str) -> pd.DataFrame:
    return _repository.forecast_places()


@st.cache_data(max_entries=64, show_spinner=False)
def forecast_months(_repository: Repository, publication_id: str, location_id: str) -> pd.DataFrame:
    return _repository.forecast_months(location_id)


@st.cache_data(max_entries=256, show_spinner=False)
def forecast_scores(_repository: Repository, publication_id: str, selection: Selection) -> pd.DataFrame:
    return forecasts.scores(_repository, selection)


@st.cache_data(max_entries=64, show_spinner=False)
def forecast_pairs(_repository: Repository, publication_id: str, selection: Selection, lead_hours: int) -> pd.DataFrame:
    return _repository.forecast_pairs(*selection.pairs_key, lead_hours, forecasts.MAX_DOTS)


@st.cache_data(max_entries=64, show_spinner=False)
def forecast_stations(_repository: Repository, publication_id: str, selection: Selection) -> pd.DataFrame:
    return _repository.forecast_stations(*selection.pairs_key)


@st.cache_data(max_entries=64, show_spinner=False)
def newest_forecast(_repository: Repository, publication_id: str, location_id: str, source: str | None) -> pd.DataFrame:
    return _repository.newest_forecast(location_id, source)


# --- air quality


@st.cache_data(max_entries=4, show_spinner=False)
def air_quality_places(_repository: Repository, publication_id: str) -> pd.DataFrame:
    return _repository.air_quality_places()


@st.cache_data(max_entries=64, show_spinner=False)
def air_quality_hours(
    _repository: Repository, publication_id: str, location_id: str, source: str, since: datetime
) -> air_quality.Hours:
    return air_quality.hours(_repository, location_id, source, since)


# --- health


@st.cache_resource(max_entries=2, show_spinner=False)
def _opened_health(path: Path, version: FileVersion) -> DuckDBHealthRepository:
    return DuckDBHealthRepository(path)


@st.cache_resource(max_entries=2, show_spinner=False)
def _health_session(account: SnowflakeAccount) -> SnowflakeHealthRepository:
    return SnowflakeHealthRepository(account)


def open_health(settings: Settings) -> DuckDBHealthRepository | SnowflakeHealthRepository:
    """What was said of health last.

    Raises:
        NoHealth: nothing yet.
        RepositoryError: it cannot be read.
    """
    if settings.target == "snowflake":
        return _current(_health_session, settings.snowflake)
    try:
        return _opened_health(settings.health, file_version(settings.health))
    except NotPublished as error:
        raise NoHealth(str(settings.health)) from error


@st.cache_data(max_entries=2, show_spinner=False)
def health(_repository: HealthRepository, version: FileVersion | str) -> services.health.Health:
    return services.health.read(_repository)
