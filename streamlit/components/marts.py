"""What the pages read, cached by publication: a new one is read anew, an old one never twice.

Arguments that only tell one publication from another are the caches' keys; those with an underscore are not part of them.
"""

# ruff: noqa: ARG001

from __future__ import annotations

from pathlib import Path

import pandas as pd
import streamlit as st

from repository import DuckDBRepository, FileVersion, Publication, Repository, file_version
from services import climate, conditions, days, decide, events
from services.climate import Series
from services.days import Extent, Period
from services.decide import DailySeries
from services.events import Event


@st.cache_resource(max_entries=2, show_spinner=False)
def _opened(path: Path, version: FileVersion) -> tuple[DuckDBRepository, Publication]:
    # The one before the newest stays for the sessions that are still reading it; the rest is closed with its last reader.
    repository = DuckDBRepository(path)
    return repository, repository.publication()


def open_marts(path: Path) -> tuple[DuckDBRepository, Publication]:
    """The newest publication.

    Raises:
        RepositoryError: there is none, or it cannot be read.
    """
    return _opened(path, file_version(path))


@st.cache_data(max_entries=4, show_spinner=False)
def latest_conditions(_repository: Repository, publication_id: str) -> pd.DataFrame:
    return conditions.latest_conditions(_repository)


@st.cache_data(max_entries=256, show_spinner=False)
def extents(_repository: Repository, publication_id: str, location_id: str) -> list[Extent]:
    return days.extents(_repository, location_id)


@st.cache_data(max_entries=64, show_spinner=False)
def daily_weather(
    _repository: Repository, publication_id: str, location_id: str, source: str, period: Period
) -> pd.DataFrame:
    return _repository.daily_weather(location_id, source, period.first, period.last)


# --- climate


@st.cache_data(max_entries=4, show_spinner=False)
def climate_series(_repository: Repository, publication_id: str) -> list[Series]:
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
