"""The app's settings: the same names and defaults as `isobar/settings.py` and `profiles.yml`, read here and nowhere else.

Written again rather than imported, because the app knows only the published marts and also runs where the `isobar`
package is not installed. A test keeps the three in agreement.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parents[1]
DEFAULT_DATA_DIR = PROJECT_ROOT / "data"
TARGETS = ("duckdb", "snowflake")
"""Who answers the queries."""


class SettingsError(ValueError):
    """A setting cannot be used as given; the message names it and says what is accepted."""


@dataclass(frozen=True)
class SnowflakeAccount:
    """Where Snowflake is and who asks: a user with a key pair, whose role reads what is published. No role is the user's own."""

    account: str = ""
    user: str = ""
    private_key_path: str = ""
    private_key_passphrase: str | None = field(default=None, repr=False)
    role: str | None = None
    warehouse: str = "ISOBAR"
    database: str = "ISOBAR"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> SnowflakeAccount:
        key = environment.get("ISOBAR_SNOWFLAKE_PRIVATE_KEY_PATH")
        return cls(
            account=environment.get("ISOBAR_SNOWFLAKE_ACCOUNT") or "",
            user=environment.get("ISOBAR_SNOWFLAKE_USER") or "",
            private_key_path=str(Path(key).expanduser().resolve()) if key else "",
            private_key_passphrase=environment.get("ISOBAR_SNOWFLAKE_PRIVATE_KEY_PASSPHRASE") or None,
            role=environment.get("ISOBAR_SNOWFLAKE_ROLE") or None,
            warehouse=environment.get("ISOBAR_SNOWFLAKE_WAREHOUSE") or cls.warehouse,
            database=environment.get("ISOBAR_SNOWFLAKE_DATABASE") or cls.database,
        )


@dataclass(frozen=True)
class Settings:
    """Where the published files are and what time it is. `clock` is None when time is not frozen."""

    data_dir: Path = DEFAULT_DATA_DIR
    target: str = "duckdb"
    snowflake: SnowflakeAccount = SnowflakeAccount()
    clock: datetime | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Read `ISOBAR_DATA_DIR`, `ISOBAR_TARGET`, `ISOBAR_NOW` and `ISOBAR_SNOWFLAKE_*`.

        Raises:
            SettingsError: a value is not usable, or Snowflake is to answer and its account is not named.
        """
        target = environment.get("ISOBAR_TARGET") or "duckdb"
        if target not in TARGETS:
            raise SettingsError(f"ISOBAR_TARGET={target} is not known. Use one of: {', '.join(TARGETS)}.")
        snowflake = SnowflakeAccount.from_environment(environment)
        if target == "snowflake" and not (snowflake.account and snowflake.user and snowflake.private_key_path):
            raise SettingsError(
                "Snowflake needs ISOBAR_SNOWFLAKE_ACCOUNT, ISOBAR_SNOWFLAKE_USER and ISOBAR_SNOWFLAKE_PRIVATE_KEY_PATH."
            )
        return cls(
            data_dir=Path(environment.get("ISOBAR_DATA_DIR") or DEFAULT_DATA_DIR).expanduser().resolve(),
            target=target,
            snowflake=snowflake,
            clock=parse_clock(environment.get("ISOBAR_NOW")),
        )

    @property
    def marts(self) -> Path:
        """The published file; replaced by an atomic rename at each publication."""
        return self.data_dir / "marts.duckdb"

    @property
    def health(self) -> Path:
        """The health file; replaced by an atomic rename after each build, whatever became of it."""
        return self.data_dir / "health.duckdb"

    @property
    def reports(self) -> Path:
        """Reports of Elementary, one a day, where any were made."""
        return self.data_dir / "reports"

    def now(self) -> datetime:
        """UTC without zone, as every time in the warehouse."""
        return self.clock or datetime.now(UTC).replace(tzinfo=None)


def parse_clock(value: str | None) -> datetime | None:
    """`ISOBAR_NOW` as UTC without zone; None when unset.

    Raises:
        SettingsError: the value is not an ISO 8601 time.
    """
    if not value:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise SettingsError(f"ISOBAR_NOW={value} is not a time. Write it as 2026-03-01T06:30:00 (UTC).") from None
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
