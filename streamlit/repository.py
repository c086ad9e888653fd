"""The app's only SQL: parameterised questions to the published marts, and to nothing else.

A `Repository` is bound to one publication for its whole life, so whatever a page reads through it belongs together.
`DuckDBRepository` reads the published file, `SnowflakeRepository` the published schema: by the same statements, in the SQL that
both speak.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa

from settings import SnowflakeAccount


class RepositoryError(Exception):
    """The marts cannot be read. `reason` is one of the sentences of `services/translations.py`."""

    reason = "state_unreadable"

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail)
        self.detail = detail


class NotPublished(RepositoryError):
    """There is no published file yet."""

    reason = "state_not_published"


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

    def locations(self) -> pd.DataFrame:
        """Every location that has been observed, by name."""
        return self._query(
            """
            select location_id, location_kind, location_name, latitude, longitude, altitude_m, country_code,
                   department_code, first_observed_at, last_observed_at
            from dim_locations
            where latitude is not null and longitude is not null and last_observed_at is not null
            order by location_name, location_id
            """
        )

    def latest_conditions(self) -> pd.DataFrame:
        """The newest good observation of each location, with its condition in both languages."""
        return self._query(
            """
            select latest.location_id, latest.source, latest.observed_at, latest.temperature_c, latest.dew_point_c,
                   latest.relative_humidity_pct, latest.pressure_sea_level_hpa, latest.wind_speed_ms,
                   latest.wind_direction_deg, latest.wind_gust_ms, latest.visibility_m, latest.cloud_cover_pct,
                   latest.precipitation_1h_mm, latest.precipitation_3h_mm, latest.precipitation_24h_mm,
                   latest.snow_depth_m, latest.condition_code, latest.quality_flag,
                   conditions.condition_name_en, conditions.condition_name_fr
            from agg_latest_conditions as latest
            left join dim_weather_conditions as conditions on conditions.condition_code = latest.condition_code
            order by latest.location_id
            """
        )

    def daily_extent(self, location_id: str) -> pd.DataFrame:
        """For each source of a location's daily weather: source, first_date, last_date."""
        return self._query(
            """
            select source, min(weather_date) as first_date, max(weather_date) as last_date
            from fct_daily_weather
            where location_id = ?
            group by source
            order by source
            """,
            [location_id],
        )

    def daily_weather(self, location_id: str, source: str, first: date, last: date) -> pd.DataFrame:
        """A location's days from `first` to `last`, both included, as one source reports them."""
        return self._query(
            """
            select weather_date, location_id, source, temperature_min_c, temperature_max_c, temperature_mean_c,
                   precipitation_mm, is_trace, wind_speed_mean_ms, wind_direction_deg, wind_gust_max_ms,
                   pressure_sea_level_mean_hpa, relative_humidity_mean_pct, observation_count,
                   is_temperature_complete, is_precipitation_complete
            from fct_daily_weather
            where location_id = ? and source = ? and weather_date between ? and ?
            order by weather_date
            """,
            [location_id, source, first, last],
        )


class DuckDBRepository(Repository):
    """One version of the published file, attached read-only to a connection of its own.

    In-memory plus ATTACH, because two `duckdb.connect(path)` in one process share an instance and the second would go on
    reading the file that the first one opened. The file that a later publication replaces stays readable here.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.version = file_version(path)
        self._connection = duckdb.connect()
        quoted = str(path).replace("'", "''")
        try:
            self._connection.execute(f"attach '{quoted}' as published (read_only)")
            self._connection.execute("use published")
        except duckdb.Error as error:
            self._connection.close()
            raise _explained(error, path) from error

    def _query(self, sql: str, parameters: Sequence[object] = ()) -> pd.DataFrame:
        # A cursor each: sessions run in threads, and a connection answers one question at a time.
        try:
            with self._connection.cursor() as cursor:
                cursor.execute("use published")
                return cursor.execute(sql, parameters).df()
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


PUBLISHED_SCHEMA = "PUBLISHED"

SNOWFLAKE_LOGIN_SECONDS = 30
"""A reader waits no longer for a page; a suspended warehouse is back in a few seconds."""

SNOWFLAKE_REQUEST_SECONDS = 60
"""The connector's own limit is none: without one a page would wait for ever for an account that has gone silent."""

EXPIRED_ERRORS = {390104, 390110, 390111, 390112, 390114, 390195, 250002, 251005, 290401}
"""Numbers by which Snowflake and its connector say that a session, or the token behind it, is no more (HTTP 401 the last): log in
again."""

UNKNOWN_ERRORS = {904, 2003, 2043}
"""Unknown column, unknown table, unknown object: what is published is not what the app expects."""


class SnowflakeRepository(Repository):
    """The published schema of a Snowflake database, for as long as one publication is in it.

    The schema's tables are replaced all at once (isobar/swap.py), but a page asks several questions. So each answer is only
    given when the publication was still the same after it; else `Replaced` is raised, and the page reads again.
    """

    def __init__(self, account: SnowflakeAccount) -> None:
        """Bind to the publication of now.

        Raises:
            RepositoryError: no session can be had, or nothing is published.
        """
        self.account = account
        self._lock = threading.Lock()
        self._connection = self._connected()
        self.publication_id: str | None = None
        self.publication_id = self._published_id()

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
                schema=PUBLISHED_SCHEMA,
                paramstyle="qmark",
                login_timeout=SNOWFLAKE_LOGIN_SECONDS,
                network_timeout=SNOWFLAKE_REQUEST_SECONDS,
                session_parameters={"QUERY_TAG": "isobar app", "TIMEZONE": "UTC"},
            )
        except (snowflake.connector.errors.Error, OSError, TypeError, ValueError) as error:
            raise Unreachable(_first_line(error)) from None  # what is behind it may show the key's file

    def _query(self, sql: str, parameters: Sequence[object] = ()) -> pd.DataFrame:
        answer = self._answer(sql, parameters)
        if self._published_id() != self.publication_id:
            raise Replaced(str(self.publication_id))
        return answer

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

    def _published_id(self) -> str:
        rows = self._answer("select publication_id from isobar.publication")
        if rows.empty:
            raise NotPublished(self.account.database)
        return str(rows.iloc[0]["publication_id"])

    def _unknown(self, error: Exception) -> RepositoryError:
        """Before the first publication there is nothing at all; after it, something is missing."""
        return Incompatible(_first_line(error)) if self.publication_id else NotPublished(self.account.database)

    def is_current(self) -> bool:
        """False only when another is known to be there: who cannot ask says why with its next question."""
        try:
            return self._published_id() == self.publication_id
        except RepositoryError:
            return True

    def close(self) -> None:
        self._connection.close()


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
