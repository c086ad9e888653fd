"""`isobar snowflake-check`: against the emulator it agrees and leaves nothing; without an account it says what to set."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from isobar.cli import app
from isobar.jobs.snowflake_check import _empty, check
from isobar.settings import Settings, SettingsError
from isobar.warehouse.base import WarehouseError
from isobar.warehouse.snowflake import SnowflakeWarehouse
from tests.snowflake.conftest import Emulated


def test_without_an_account_it_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ACCOUNT", "USER", "PRIVATE_KEY_PATH"):
        monkeypatch.delenv(f"ISOBAR_SNOWFLAKE_{name}", raising=False)
    outcome = CliRunner().invoke(app, ["snowflake-check"])
    assert isinstance(outcome.exception, SettingsError)
    assert str(outcome.exception) == (
        "Snowflake needs ISOBAR_SNOWFLAKE_ACCOUNT, ISOBAR_SNOWFLAKE_USER, ISOBAR_SNOWFLAKE_PRIVATE_KEY_PATH:"
        " docs/snowflake.md says where each comes from."
    )


def test_a_key_that_is_not_there_is_named(tmp_path: Path) -> None:
    given = {"ACCOUNT": "a", "USER": "u", "PRIVATE_KEY_PATH": str(tmp_path / "none.p8")}
    with pytest.raises(SettingsError, match=r"none\.p8 is no file"):
        Settings.from_environment(
            {f"ISOBAR_SNOWFLAKE_{name}": value for name, value in given.items()} | {"ISOBAR_TARGET": "snowflake"}
        )


def test_nothing_but_a_database_of_the_check_is_ever_emptied(emulated: Emulated) -> None:
    session = emulated.session()
    session.execute("create schema if not exists kept")
    with pytest.raises(WarehouseError, match="not a database of the check's own"):
        _empty(Settings(data_dir=Path(), target="snowflake", snowflake=emulated.account))
    session.execute("use schema kept")


@pytest.mark.long
def test_it_compares_a_day_and_leaves_nothing(emulated: Emulated, models_alone: None, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data", snowflake=emulated.account)
    found = check(settings)
    assert not found.differences
    assert found.rows > 1000
    assert found.database == f"{emulated.account.database}_CHECK"
    assert not settings.data_dir.exists(), "it works beside the data folder"
    there = replace(settings, snowflake=replace(emulated.account, database=found.database))
    left = SnowflakeWarehouse(there, "test").execute(
        "select lower(schema_name) from information_schema.schemata where lower(catalog_name) = lower(?)",
        [found.database],
    )
    assert not {name for (name,) in left} - {"information_schema", "public"}
