"""What the contract asks of a store that it tests."""

from __future__ import annotations

import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, ClassVar

import duckdb
import pyarrow as pa

from serving.outlets.published import Mart
from tests.serving.publisher import Marts

WAIT_SECONDS = 60


class Store(ABC):
    """A store that is empty at first.

    Attributes:
        url: as `ISOBAR_OUTLETS` has it.
        elsewhere: a URL of the same server with a database that is not there; None where a server has no such thing.
        is_whole: its readers see one publication at a time; else each of its rows is whole.
        takes_any_shape: a mart may have columns that it never had; else the outlet names the columns it takes.
        main: the mart that has the rain, a row for each of the made-up observations or fewer.
    """

    is_whole: ClassVar[bool] = True
    takes_any_shape: ClassVar[bool] = True
    main: ClassVar[str] = "fct_observations"
    password_variable: ClassVar[str]
    url: str
    elsewhere: str | None = None
    password: str

    @classmethod
    @abstractmethod
    def new(cls, environment: dict[str, str]) -> AbstractContextManager[Store]:
        """One of its own in a server, gone afterwards."""

    @property
    def environment(self) -> dict[str, str]:
        return {"ISOBAR_OUTLETS": self.url, self.password_variable: self.password}

    @abstractmethod
    def marts(self, rows: str) -> Marts:
        """The marts that the outlet takes, of a query with the columns of `publisher.OBSERVATIONS`."""

    @abstractmethod
    def tables(self) -> set[str]:
        """The marts that are there."""

    @abstractmethod
    def rows(self, mart: Mart, types_of: duckdb.DuckDBPyConnection) -> pa.Table:
        """All rows of a mart, in its columns and DuckDB's types."""

    @abstractmethod
    def rains(self) -> tuple[Any, ...]:
        """The rain of all rows of `main`, as one reader sees them at once. LookupError where there is no such mart."""

    @abstractmethod
    def publication_id(self) -> str | None:
        """Of the last publication that was delivered to its end."""

    @abstractmethod
    def read_only(self) -> AbstractContextManager[str]:
        """A context in which it takes no writes; gives what the outlet's error must have, a regular expression."""

    @abstractmethod
    def is_being_written(self) -> bool:
        """Whether a delivery is connected to it."""

    def wait_for_writer(self, process: subprocess.Popen[bytes]) -> None:
        """Until a process writes to it, or has ended."""
        wait_until(lambda: process.poll() is not None or self.is_being_written())


def wait_until(condition: Callable[[], bool]) -> None:
    begun = time.monotonic()
    while time.monotonic() - begun < WAIT_SECONDS and not condition():
        time.sleep(0.02)
