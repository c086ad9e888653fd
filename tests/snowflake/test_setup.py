"""deploy/snowflake/setup.sql: it can be run, and run again, as far as an emulator goes; and it fits the code."""

from __future__ import annotations

import re

import pytest
import sqlglot

from ingestion.registry import SOURCES
from isobar.settings import PROJECT_ROOT, Settings, SnowflakeAccount
from isobar.swap import READER_ROLE
from tests.snowflake.conftest import Emulated

SETUP = (PROJECT_ROOT / "deploy" / "snowflake" / "setup.sql").read_text(encoding="utf-8")
STATEMENTS = [re.sub(r"(?m)^\s*--.*$", "", each).strip() for each in re.sub(r"(?m)--.*$", "", SETUP).split(";")]
STATEMENTS = [each for each in STATEMENTS if each]


def test_it_runs_twice(emulated: Emulated) -> None:
    session = emulated.session()
    for _ in range(2):
        for statement in STATEMENTS:
            session.execute(statement)
    made = {
        name
        for (name,) in session.execute(
            "select lower(schema_name) from isobar.information_schema.schemata where lower(catalog_name) = 'isobar'"
        )
    }
    assert {source.dataset for source in SOURCES.values()} <= made


def test_every_statement_is_snowflakes_and_may_be_repeated() -> None:
    for statement in STATEMENTS:
        assert sqlglot.parse_one(statement, read="snowflake") is not None
        if statement.startswith("create"):
            assert " if not exists " in statement, statement
        else:
            assert statement.split()[0] in ("use", "grant", "alter"), statement


@pytest.mark.parametrize("dataset", [source.dataset for source in SOURCES.values()])
def test_every_source_may_be_loaded(dataset: str) -> None:
    assert f"create schema if not exists isobar.{dataset}" in STATEMENTS
    assert f"grant usage on schema isobar.{dataset} to role isobar_loader" in STATEMENTS
    assert f"grant create table on schema isobar.{dataset} to role isobar_loader" in STATEMENTS
    assert f"grant ownership on future tables in schema isobar.{dataset} to role isobar_loader" in STATEMENTS


def test_names_are_those_of_the_settings_and_the_publication() -> None:
    account = SnowflakeAccount()
    assert f"create role if not exists {READER_ROLE.lower()}" in SETUP
    assert f"create database if not exists {account.database.lower()} " in SETUP
    assert f"create warehouse if not exists {account.warehouse.lower()}\n" in SETUP


def test_the_reader_gets_no_more_than_the_database() -> None:
    granted = [each for each in STATEMENTS if each.startswith("grant") and each.endswith("to role isobar_reader")]
    assert sorted(granted) == [
        "grant usage on database isobar to role isobar_reader",
        "grant usage on warehouse isobar_read to role isobar_reader",
    ]


def test_no_key_is_committed() -> None:
    assert re.findall(r"rsa_public_key = '([^']*)'", SETUP) == [
        "<LOADER_PUBLIC_KEY>",
        "<TRANSFORMER_PUBLIC_KEY>",
        "<APP_PUBLIC_KEY>",
    ]
    assert Settings.from_environment({}).snowflake.private_key_passphrase is None
