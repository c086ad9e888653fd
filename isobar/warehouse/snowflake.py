"""The warehouse in production: a database of a Snowflake account."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pyarrow as pa

from isobar.settings import Settings
from isobar.warehouse.base import MissingTableError, Row, Warehouse, WarehouseError

LOGIN_SECONDS = 60
"""A connection to Snowflake is there within seconds, or an account does not answer at all."""


class SnowflakeWarehouse(Warehouse):
    """The database of the settings, on a session of its user.

    Raises:
        WarehouseError: the account does not answer, or does not know the user and key.
    """

    UNKNOWN_OBJECT = 2003
    """Snowflake's number for "does not exist or not authorized"."""

    def __init__(self, settings: Settings, query_tag: str) -> None:
        import snowflake.connector

        account = settings.snowflake
        account.require()
        self._errors = snowflake.connector.errors
        try:
            self.connection = snowflake.connector.connect(
                account=account.account,
                user=account.user,
                private_key_file=account.private_key_path,
                private_key_file_pwd=account.private_key_passphrase,
                role=account.role,
                warehouse=account.warehouse,
                database=account.database,
                paramstyle="qmark",
                login_timeout=LOGIN_SECONDS,
                # what a connector tells Snowflake of its program is nothing that this one needs
                session_parameters={"QUERY_TAG": query_tag, "TIMEZONE": "UTC"},
            )
        except (snowflake.connector.errors.Error, ValueError, TypeError) as error:
            raise WarehouseError(
                f"Snowflake account {account.account} refused {account.user}: {_first_line(error)}"
                " (docs/snowflake.md, When it does not connect)."
            ) from None  # the connector's chain shows its parameters

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        return [tuple(row) for row in self._executed(sql, parameters).fetchall()]

    def arrow(self, sql: str, parameters: Sequence[object] = ()) -> pa.Table:
        found = self._executed(sql, parameters).fetch_arrow_all(force_return_table=True)
        return found.rename_columns([name.lower() for name in found.column_names])

    def insert(self, table: str, rows: Sequence[Row]) -> None:
        if rows:
            marks = ", ".join("?" * len(rows[0]))
            # a column that begins with a null travels as text, times as their number: dates and times go as ISO text at once
            values = [[str(each) if isinstance(each, date) else each for each in row] for row in rows]
            with self.connection.cursor() as cursor:
                cursor.executemany(f"insert into {table} values ({marks})", values)

    def close(self) -> None:
        self.connection.close()

    def _executed(self, sql: str, parameters: Sequence[object] = ()) -> Any:
        try:
            return self.connection.cursor().execute(sql, list(parameters) or None)
        except self._errors.ProgrammingError as error:
            if error.errno == self.UNKNOWN_OBJECT:
                raise MissingTableError(_first_line(error)) from error
            raise


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
