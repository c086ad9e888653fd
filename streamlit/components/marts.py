"""What the pages read, cached by publication: a new one is read anew, an old one never twice.

Arguments that only tell one publication from another are the caches' keys; those with an underscore are not part of them.
"""

# ruff: noqa: ARG001

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pandas as pd
import streamlit as st

from repository import DuckDBRepository, FileVersion, Publication, Repository, file_version
from services import air_quality, conditions, days, forecasts
from services.days import Extent, Period
from services.forecasts import Selection


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
