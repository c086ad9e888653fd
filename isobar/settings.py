"""Every setting of Isobar, resolved in one place.

The environment (`ISOBAR_*`) is read here, in `profiles.yml` and in `streamlit/settings.py`, and nowhere else; the three
agree on names and defaults (tests/test_settings.py keeps them so).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parents[1]
"""The checkout: the package is always installed in place, beside `dbt_project/` and `streamlit/`."""

DEFAULT_DATA_DIR = PROJECT_ROOT / "data"
DEMO_DATA_DIR = DEFAULT_DATA_DIR / "demo"

DEMO_NOW = datetime(2026, 3, 1, 6, 30)
"""The demo's fixed clock: half an hour after an 06 UTC observation, which closes the climatological day before."""

SYNOP_URL = "https://meteofrance.s3.sbg.io.cloud.ovh.net/data/OBS/SYNOP/"
"""Where Météo-France publishes the yearly SYNOP archives since 2025. A setting, because it has moved before."""

DBT_HUB_URL = "https://hub.getdbt.com/"
"""dbt's own default for DBT_PACKAGE_HUB_URL, read here only to ask whether anyone answers there."""


class SettingsError(ValueError):
    """A setting cannot be used as given; the message names it and says what is accepted."""


@dataclass(frozen=True)
class Settings:
    """One run's settings. Paths are absolute; `clock` is None when time is not frozen."""

    data_dir: Path
    target: str = "duckdb"
    clock: datetime | None = None
    synop_url: str = SYNOP_URL
    dbt_hub_url: str = DBT_HUB_URL

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Read `ISOBAR_*` from `environment`.

        Raises:
            SettingsError: `ISOBAR_NOW` is not an ISO time, or `ISOBAR_TARGET` is not one that exists.
        """
        target = environment.get("ISOBAR_TARGET") or "duckdb"
        if target not in TARGETS:
            raise SettingsError(f"ISOBAR_TARGET={target} is not known. Use one of: {', '.join(TARGETS)}.")
        return cls(
            data_dir=Path(environment.get("ISOBAR_DATA_DIR") or DEFAULT_DATA_DIR).expanduser().resolve(),
            target=target,
            clock=parse_clock(environment.get("ISOBAR_NOW")),
            synop_url=environment.get("ISOBAR_SYNOP_URL") or SYNOP_URL,
            dbt_hub_url=environment.get("DBT_PACKAGE_HUB_URL") or DBT_HUB_URL,
        )

    def environment(self) -> dict[str, str]:
        """The same settings as variables, for the tools that Isobar starts (dbt, dlt, Streamlit)."""
        variables = {
            "ISOBAR_DATA_DIR": str(self.data_dir),
            "ISOBAR_TARGET": self.target,
            "ISOBAR_SYNOP_URL": self.synop_url,
            # dlt finds `.dlt/config.toml` through this, wherever the command is called from.
            "DLT_PROJECT_DIR": str(PROJECT_ROOT),
        }
        if self.clock is not None:
            variables["ISOBAR_NOW"] = self.clock.isoformat()
        return variables

    def now(self) -> datetime:
        """The one clock: UTC, without zone, as every time in the warehouse."""
        return self.clock or datetime.now(UTC).replace(tzinfo=None)

    @property
    def lake(self) -> Path:
        return self.data_dir / "lake"

    @property
    def warehouse(self) -> Path:
        return self.data_dir / "warehouse.duckdb"

    @property
    def published(self) -> Path:
        return self.data_dir / "published"

    @property
    def marts(self) -> Path:
        return self.data_dir / "marts.duckdb"

    @property
    def ledger(self) -> Path:
        return self.data_dir / "ledger.jsonl"

    @property
    def pipelines_dir(self) -> Path:
        """dlt's working folders: `dlt pipeline --pipelines-dir data/dlt synop info`."""
        return self.data_dir / "dlt"

    @property
    def scratch(self) -> Path:
        """Half-made files: on the disk of the data, so that a rename is atomic; safe to delete when nothing runs."""
        return self.data_dir / "scratch"


TARGETS = ("duckdb",)
"""dbt target = dlt destination. Snowflake joins when its pipeline is built."""


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
