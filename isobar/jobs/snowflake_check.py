"""The live check: a simulated day through a real Snowflake account and through DuckDB, and every row of both compared.

It has a database of its own, `<ISOBAR_SNOWFLAKE_DATABASE>_CHECK` (deploy/snowflake/setup.sql makes it), which is emptied before
and after. What Snowflake answers to the SQL of this project, nothing else can tell: the emulator of the tests is DuckDB inside.
"""

from __future__ import annotations

import shutil
import time
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from ingestion.load import load
from ingestion.registry import SOURCES
from isobar.jobs.build import build_and_publish
from isobar.jobs.watcher import SILENT, Watcher
from isobar.publish.parity import compare
from isobar.settings import Settings
from isobar.warehouse import dbt
from isobar.warehouse.base import WarehouseError
from isobar.warehouse.session import open_warehouse
from simulator.archive import write_archive

DAY = date(2020, 1, 1)
NOW = datetime(2020, 1, 2, 6, 30)
"""Half an hour after the 06 UTC report that closes the climatological day."""

STATIONS = 4
"""Enough for the checks that compare neighbours (var neighbour_min_count)."""

KEPT_SCHEMAS = ("information_schema", "public")
"""Snowflake's own, in every database."""


@dataclass(frozen=True)
class Checked:
    """What was compared, and what of it differs."""

    database: str
    models: int
    rows: int
    cells: int
    differences: list[str]
    seconds: float

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def check(settings: Settings, watcher: Watcher = SILENT) -> Checked:
    """Load, build, publish and compare; the check's database is empty again afterwards, whatever happened.

    Raises:
        SettingsError: the account is not named.
        WarehouseError: the account or its check database cannot be used.
        dbt.BuildError: a model or a test failed on one of the two.
    """
    settings.snowflake.require()
    started = time.monotonic()
    account = replace(settings.snowflake, database=f"{settings.snowflake.database}_CHECK")
    with TemporaryDirectory(prefix="isobar-check-") as scratch:
        local = Settings(data_dir=Path(scratch) / "duckdb", clock=NOW, is_elementary_on=False)
        there = replace(local, data_dir=Path(scratch) / "snowflake", target="snowflake", snowflake=account)
        watcher.tell(f"emptying {account.database}")
        _empty(there)
        try:
            watcher.tell(f"loading {DAY} of {STATIONS} simulated stations")
            archive = Path(scratch) / "archive"
            # the day before as well: a climatological day begins in it
            write_archive(archive, date(2019, 12, 31), NOW.date(), stations=STATIONS, as_of=NOW)
            load(SOURCES["synop"], local, str(archive))
            shutil.copytree(local.lake, there.lake)
            load(SOURCES["synop"], there, replay=True)
            for name, each in (("DuckDB", local), ("Snowflake", there)):
                watcher.tell(f"building and publishing on {name}")
                with dbt.project_environment(each):
                    build_and_publish(each)
            watcher.tell("comparing")
            with dbt.project_environment(local):
                public = dbt.Project(local).public_models()
            parity = compare(local, there, [model for model in public if model.published_in == "marts"])
        finally:
            _empty(there)
    return Checked(account.database, **asdict(parity), seconds=round(time.monotonic() - started, 1))


def _empty(settings: Settings) -> None:
    """Drop every schema of the check's database.

    Raises:
        WarehouseError: there is no such database, or its name is not one of a check.
    """
    database = settings.snowflake.database
    if not database.endswith("_CHECK"):  # nothing else is ever emptied
        raise WarehouseError(f"{database} is not a database of the check's own.")
    with open_warehouse(settings) as session:
        found = [
            name
            for (name,) in session.execute(
                "select schema_name from information_schema.schemata where lower(catalog_name) = lower(?)", [database]
            )
            if name.lower() not in KEPT_SCHEMAS
        ]
        for name in found:
            session.execute(f'drop schema "{name}"')
