"""deploy/snowflake/setup.sql: it can be run, and run again, as far as an emulator goes; and it fits the code."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import sqlglot
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from ingestion.registry import SOURCES
from isobar.publish.snowflake import READER_ROLE
from isobar.settings import PROJECT_ROOT, Settings, SnowflakeAccount
from tests.snowflake.account import PASSPHRASE
from tests.snowflake.conftest import Emulated

GUIDE = (PROJECT_ROOT / "docs" / "snowflake.md").read_text(encoding="utf-8")
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


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_the_guides_commands_make_the_keys_and_put_them_in(tmp_path: Path) -> None:
    """Sections 1 and 2 of the guide as they stand, but for the questions: openssl would ask for the passphrase."""
    keys, setup, *_ = (block for block in re.findall(r"```bash\n(.*?)```", GUIDE, re.DOTALL) if "isobar_" in block)
    answered = keys.replace("-topk8", "-topk8 -passout env:PASSPHRASE").replace(
        "openssl rsa", "openssl rsa -passin env:PASSPHRASE"
    )
    asked, _, runs = setup.partition("snow sql")
    assert runs.strip() == "--filename my_setup.sql"
    (tmp_path / "deploy").symlink_to(PROJECT_ROOT / "deploy")
    subprocess.run(
        ["bash", "-euo", "pipefail", "-c", answered + asked],
        cwd=tmp_path,
        env={**os.environ, "PASSPHRASE": PASSPHRASE},
        check=True,
        capture_output=True,
    )
    made = (tmp_path / "my_setup.sql").read_text(encoding="utf-8")
    for name in ("loader", "transformer", "app"):
        path = tmp_path / f"isobar_{name}.p8"
        assert path.stat().st_mode & 0o077 == 0, "for its owner alone"
        key = load_pem_private_key(path.read_bytes(), PASSPHRASE.encode())
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        body = "".join(public.splitlines()[1:-1])
        user = "isobar_app" if name == "app" else f"isobar_{name}"
        assert f"alter user {user} set rsa_public_key = '{body}';" in made
    assert "PUBLIC_KEY>" not in re.sub(r"(?m)^--.*$", "", made)
    with pytest.raises(ValueError, match="password"):
        load_pem_private_key(path.read_bytes(), b"another")
