"""The dbt project as files: where it is, which packages it has, and a fingerprint that needs neither dbt nor its parser."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import yaml

from ingestion.registry import SOURCES
from isobar.files import write_whole
from isobar.settings import PROJECT_ROOT, Settings

PROJECT_DIR = PROJECT_ROOT / "dbt_project"
PACKAGES_DIR = PROJECT_DIR / "dbt_packages"

STUB_VERSION = "0.0.0"
"""Of the committed stubs that stand in for Elementary."""

RUN_ID_VARIABLE = "DBT_ENV_CUSTOM_ENV_ISOBAR_RUN_ID"
"""What dbt finds under such a name it keeps as `metadata.env` of its artifacts: there it is ISOBAR_RUN_ID."""

LOG_LEVEL_VARIABLE = "DBT_LOG_LEVEL_FILE"
"""dbt's own, of `<data>/logs/dbt.log`."""

WRITTEN_BY_DBT = {"target", "logs", "__pycache__"}
"""Folders in the project that hold results, not sources."""

SOURCES_MACRO = PROJECT_DIR / "macros" / "weather_sources.sql"
"""What the providers' folders tell dbt. Written at set-up and before each parse, never committed."""

DISTRIBUTIONS = ("dbt-core", "dbt-duckdb", "dbt-snowflake", "duckdb")
"""Packages whose version decides what the same models compile to."""


def write_sources_macro() -> None:
    """Write the macro `weather_sources`, for plain dbt too; the file stays as it is when nothing has changed."""
    facts = {
        source.name: {"observations_per_day": source.observations_per_day, "has_days": source.has_days}
        for source in SOURCES.values()
    }
    # Jinja reads none, true and numbers as Python writes them
    text = (
        "{# Written by `isobar setup` from ingestion/sources/*/source.py: change it there. #}\n"
        f"{{% macro weather_sources() -%}}\n    {{{{ return({facts!r}) }}}}\n{{%- endmacro %}}\n"
    )
    if not SOURCES_MACRO.exists() or SOURCES_MACRO.read_text(encoding="utf-8") != text:
        write_whole(SOURCES_MACRO, text)


def elementary_version() -> str | None:
    """Of the dbt package that is installed; `STUB_VERSION` when the stubs are, None when nothing is."""
    described = PACKAGES_DIR / "elementary" / "dbt_project.yml"
    return str(yaml.safe_load(described.read_text(encoding="utf-8"))["version"]) if described.exists() else None


def has_monitors(settings: Settings) -> bool:
    """Whether a build runs Elementary's monitors."""
    return settings.is_elementary_on and elementary_version() not in (None, STUB_VERSION)


def fingerprint(settings: Settings) -> str:
    """A hash of everything but raw rows that a build and its publication are made by.

    That is: the dbt project with its packages, the profile, the code that publishes, the versions of dbt and its adapters, the
    target, what the providers' folders tell dbt and readers, and dbt's own variables of the environment. The content counts, not
    the time of a file.
    """
    made_by = {
        "files": {str(path): _content(path) for path in _files()},
        "sources": [
            (each.name, each.display_name, each.display_name_fr, each.licence, each.observations_per_day, each.has_days)
            for each in SOURCES.values()
        ],
        "versions": {name: version(name) for name in DISTRIBUTIONS},
        "target": settings.target,
        "elementary": settings.is_elementary_on,
        "environment": sorted(
            (name, value)
            for name, value in os.environ.items()
            if name.startswith("DBT_") and name not in (RUN_ID_VARIABLE, LOG_LEVEL_VARIABLE)
        ),
    }
    return hashlib.sha256(json.dumps(made_by, sort_keys=True, default=repr).encode()).hexdigest()


def _files() -> Iterator[Path]:
    yield PROJECT_ROOT / "profiles.yml"
    yield from (PROJECT_ROOT / "isobar").rglob("*.py")
    for folder, folders, files in os.walk(PROJECT_DIR):
        folders[:] = [name for name in folders if name not in WRITTEN_BY_DBT]
        yield from (Path(folder) / name for name in files if Path(folder) / name != SOURCES_MACRO)


def _content(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
