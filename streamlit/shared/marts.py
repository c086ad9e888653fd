"""The published marts and the health file: opened once for all readers, and each question asked once.

Keyed on the publication: a new one is read anew, an old one never twice.
"""

# ruff: noqa: ARG001 (an argument that only tells one publication from another is part of the cache's key)

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import streamlit as st

from repository import (
    DuckDBHealthRepository,
    DuckDBRepository,
    FileVersion,
    NoHealth,
    NotPublished,
    Publication,
    Repository,
    SnowflakeHealthRepository,
    SnowflakeRepository,
    SnowflakeSchema,
    file_version,
)
from settings import Settings, SnowflakeAccount

Schema = TypeVar("Schema", bound=SnowflakeSchema)
Asked = TypeVar("Asked")
P = ParamSpec("P")
Answer = TypeVar("Answer")

MOST_ANSWERS = 1024
"""Answers kept; the one that was not wanted for longest makes room. The largest, all days of a long series, take some MB."""


def ask(
    repository: Asked,
    version: FileVersion | str,
    question: Callable[Concatenate[Asked, P], Answer],
    *arguments: P.args,
    **options: P.kwargs,
) -> Answer:
    """The answer of a repository to `question`, from the cache if this version has given it.

    `question` is a function of a module, or a method of the repository's class: its name is part of the key.

    Raises:
        RepositoryError: the repository cannot be read.
    """
    answer: Answer = _answer(
        f"{question.__module__}.{question.__qualname__}", version, arguments, options, question, repository
    )
    return answer


@st.cache_data(max_entries=MOST_ANSWERS, show_spinner=False)
def _answer(
    name: str,
    version: FileVersion | str,
    arguments: tuple[Any, ...],
    options: dict[str, Any],
    _question: Callable[..., Any],
    _repository: Any,
) -> Any:
    return _question(_repository, *arguments, **options)


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
