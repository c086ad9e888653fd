"""What the pages read, cached by publication: a new one is read anew, an old one never twice.

Arguments that only tell one publication from another are the caches' keys; those with an underscore are not part of them.
"""

# ruff: noqa: ARG001

from __future__ import annotations

from pathlib import Path

import pandas as pd
import streamlit as st

from repository import DuckDBRepository, FileVersion, Publication, Repository, SnowflakeRepository, file_version
from services import conditions, days
from services.days import Extent, Period
from settings import Settings, SnowflakeAccount


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
    repository = _session(settings.snowflake)
    if not repository.is_current():
        _session.clear()
        repository = _session(settings.snowflake)
    return repository, repository.publication()


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
