"""The three readers of the settings agree: isobar/settings.py, streamlit/settings.py, profiles.yml."""

from __future__ import annotations

import importlib.util
import os
import re
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import jinja2
import pytest
import yaml

from ingestion import providers
from isobar.settings import PROJECT_ROOT, KeyedProvider, Settings, SettingsError, logs_are_json
from serving.outlets.opening import OUTLETS

MEANT_FOR_ALL = {"ISOBAR_DATA_DIR", "ISOBAR_TARGET", "ISOBAR_NOW"}
CASES: list[dict[str, str]] = [
    {},
    {"ISOBAR_DATA_DIR": ""},
    {"ISOBAR_DATA_DIR": str(Path(os.sep, "srv", "isobar")), "ISOBAR_NOW": "2026-03-01T06:30:00"},
    {"ISOBAR_DATA_DIR": "data/demo", "ISOBAR_NOW": "2026-03-01T07:30:00+01:00"},
    {"ISOBAR_TARGET": "duckdb", "ISOBAR_LOG_FORMAT": "json"},
]


@pytest.fixture(scope="module")
def app_settings() -> ModuleType:
    """`streamlit/settings.py`, which is no part of a package."""
    spec = importlib.util.spec_from_file_location("isobar_app_settings", PROJECT_ROOT / "streamlit" / "settings.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up there
    spec.loader.exec_module(module)
    return module


def profiles(environment: Mapping[str, str]) -> dict[str, Any]:
    """profiles.yml as dbt reads it from the repository's root: each value rendered by itself."""

    def env_var(name: str, default: str | None = None) -> str:
        value = environment.get(name, default)
        assert value is not None, f"profiles.yml needs {name}"
        return value

    def rendered(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: rendered(inner) for key, inner in value.items()}
        return jinja2.Template(value).render(env_var=env_var) if isinstance(value, str) else value

    return rendered(yaml.safe_load((PROJECT_ROOT / "profiles.yml").read_text(encoding="utf-8")))


@pytest.mark.parametrize("environment", CASES)
def test_the_readers_find_the_same_data_and_clock(
    environment: dict[str, str], app_settings: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(PROJECT_ROOT)
    ours = Settings.from_environment(environment)
    apps = app_settings.Settings.from_environment(environment)
    assert (apps.data_dir, apps.target, apps.clock, apps.marts) == (ours.data_dir, ours.target, ours.clock, ours.marts)


@pytest.mark.parametrize("environment", CASES)
@pytest.mark.parametrize("profile", ["isobar", "elementary"])
def test_dbt_opens_the_same_warehouse(
    environment: dict[str, str], profile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(PROJECT_ROOT)
    ours = Settings.from_environment(environment)
    found = profiles({"PWD": str(PROJECT_ROOT), **environment})[profile]
    assert found["target"] == ours.target
    assert Path(found["outputs"]["duckdb"]["path"]).absolute() == ours.warehouse


def test_what_isobar_hands_on_is_what_its_tools_read(tmp_path: Path, app_settings: ModuleType) -> None:
    ours = Settings(data_dir=tmp_path, clock=datetime(2026, 3, 1, 6, 30), log_format="json")
    handed = ours.environment()
    assert set(handed) >= MEANT_FOR_ALL
    assert Settings.from_environment(handed) == ours
    assert app_settings.Settings.from_environment(handed).marts == ours.marts
    assert Path(profiles(handed)["isobar"]["outputs"]["duckdb"]["path"]) == ours.warehouse


def known_variables() -> set[str]:
    """What isobar/settings.py reads, and the providers' settings in their folders."""
    files = [PROJECT_ROOT / "isobar" / "settings.py", *PROJECT_ROOT.glob("ingestion/sources/*/settings.py")]
    named = {name for file in files for name in re.findall(r'"(ISOBAR_\w+)"', file.read_text(encoding="utf-8"))}
    keyed = {f"ISOBAR_{each.NAME.upper()}_{part}" for each in keyed_providers() for part in ("URL", "BUDGET", "KEY")}
    return named | keyed | {f"ISOBAR_OUTLET_PASSWORD_{scheme.upper()}" for scheme in OUTLETS}


def keyed_providers() -> list[KeyedProvider]:
    return providers.keyed(Settings(data_dir=PROJECT_ROOT))


def test_every_variable_that_is_read_is_known() -> None:
    known = known_variables()
    assert known >= MEANT_FOR_ALL
    for reader in ("profiles.yml", "dbt_project/dbt_project.yml", "streamlit/settings.py"):
        read = set(re.findall(r"""['"](ISOBAR_\w+)['"]""", (PROJECT_ROOT / reader).read_text(encoding="utf-8")))
        assert {name for name in read if not name.startswith("ISOBAR_SNOWFLAKE_")} <= known, reader


def test_every_setting_is_documented_once() -> None:
    """In the page of settings, or in the README of the provider whose setting it is."""
    known = known_variables()
    pages = [PROJECT_ROOT / "docs" / "settings.md", *PROJECT_ROOT.glob("ingestion/sources/*/README.md")]
    listed = [
        name
        for page in pages
        for name in re.findall(r"^\| `(ISOBAR_\w+)` \|", page.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert sorted(listed) == sorted(known)


def test_elementary_is_on_or_off() -> None:
    assert Settings.from_environment({}).is_elementary_on
    assert not Settings.from_environment({"ISOBAR_ELEMENTARY": "off"}).is_elementary_on
    with pytest.raises(SettingsError, match="ISOBAR_ELEMENTARY"):
        Settings.from_environment({"ISOBAR_ELEMENTARY": "false"})


@pytest.mark.parametrize(
    "environment", [{"ISOBAR_NOW": "tomorrow"}, {"ISOBAR_TARGET": "abacus"}], ids=lambda case: next(iter(case))
)
def test_an_unusable_setting_is_refused_by_name(environment: dict[str, str], app_settings: ModuleType) -> None:
    (name,) = environment
    with pytest.raises(SettingsError, match=name):
        Settings.from_environment(environment)
    with pytest.raises(app_settings.SettingsError, match=name):
        app_settings.Settings.from_environment(environment)


@pytest.mark.parametrize(
    ("arguments", "variable", "is_json"),
    [
        ([], None, False),
        ([], "json", True),
        (["--log-format", "json", "status"], None, True),
        (["--log-format=json", "status"], "text", True),
        (["--log-format", "text", "status"], "json", False),
        (["load", "json"], None, False),
    ],
)
def test_the_format_of_logs_is_known_before_options_are_read(
    arguments: list[str], variable: str | None, is_json: bool
) -> None:
    assert logs_are_json(arguments, {"ISOBAR_LOG_FORMAT": variable} if variable else {}) is is_json


def test_an_unknown_format_of_logs_is_refused() -> None:
    with pytest.raises(SettingsError, match="ISOBAR_LOG_FORMAT=xml"):
        Settings.from_environment({"ISOBAR_LOG_FORMAT": "xml"})


def test_the_clock_is_utc_without_zone() -> None:
    frozen = Settings.from_environment({"ISOBAR_NOW": "2026-03-01T07:30:00+01:00"})
    assert frozen.now() == datetime(2026, 3, 1, 6, 30)
    assert Settings.from_environment({}).now().tzinfo is None


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("postgresql://{user}@db/weather", "has a password in it"),
        ("postgresql://isobar@db/weather?{option}", "has a password in it"),
        ("weather_dw", "weather_dw is not a URL"),
        ("postgresql://a@db/weather, postgresql://a@db/weather", "names a store twice"),
    ],
)
def test_outlets_are_urls_without_secrets(value: str, message: str) -> None:
    url = value.format(user="isobar:hidden-word", option="password=hidden-word")
    with pytest.raises(SettingsError, match=message) as raised:
        Settings.from_environment({"ISOBAR_OUTLETS": url})
    assert "hidden-word" not in str(raised.value)
