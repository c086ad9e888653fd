"""An emulated account for the tests of this folder. docs/snowflake.md says what emulation does not prove."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from isobar.settings import Settings, SnowflakeAccount
from isobar.warehouse import dbt
from isobar.warehouse.snowflake import SnowflakeWarehouse
from tests.snowflake import account
from tests.snowflake.houses import DATABASE, FIRST_NOW, LAST_NOW, Houses, simulated_days

LIMIT_SECONDS = 1800
"""Longer than all tests of a file need on two busy cores; then the server is killed, and with it whoever waits for it."""


@dataclass
class Emulated:
    """The account, and what it was asked."""

    account: SnowflakeAccount
    port: int
    statements: list[str] = field(default_factory=list)
    connections: list[dict[str, Any]] = field(default_factory=list)

    def session(self) -> SnowflakeWarehouse:
        return SnowflakeWarehouse(Settings(data_dir=Path(), snowflake=self.account), "test")


@pytest.fixture(scope="module")
def emulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulated]:
    """A server of its own for each file, and a key pair; dbt, dlt, Isobar and the app are led to it."""
    folder = tmp_path_factory.mktemp("snowflake")
    found = account.account(account.write_key(folder), DATABASE)
    with (
        account.emulator(folder / "emulator.log", LIMIT_SECONDS) as port,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("ISOBAR_SNOWFLAKE_PRIVATE_KEY_PASSPHRASE", account.PASSPHRASE)
        made = Emulated(found, port)
        with account.led_to(port, made.statements, made.connections):
            yield made


@pytest.fixture(scope="module")
def models_alone() -> Iterator[None]:
    """Builds without their tests, which DuckDB's builds run; test_tests_on_snowflake.py runs them here."""
    dbt.ensure_packages(Settings.from_environment())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DBT_EXCLUDE_RESOURCE_TYPES", "unit_test test")
        yield


@pytest.fixture(scope="module")
def houses(emulated: Emulated, models_alone: None, tmp_path_factory: pytest.TempPathFactory) -> Houses:
    """Six simulated days in both warehouses, built as they came: the last two in a second run."""
    made = Houses.made(tmp_path_factory.mktemp("houses"), emulated.account)
    for number, moment in enumerate((FIRST_NOW, LAST_NOW), 1):
        made.at(moment)
        made.load(simulated_days)
        made.build(f"run-{number}")
    return made
