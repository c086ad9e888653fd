"""The dbt project as files: where it is, which packages it has, and a fingerprint that needs neither dbt nor its parser."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import yaml

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

DISTRIBUTIONS = ("dbt-core", "dbt-duckdb", "dbt-snowflake", "duckdb")
"""Packages whose version decides what the same models compile to."""


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
    target, and dbt's own variables of the environment. The content counts, not the time of a file.
    """
    made_by = {
        "files": {str(path): _content(path) for path in _files()},
        "versions": {name: version(name) for name in DISTRIBUTIONS},
        "target": settings.target,
        "elementary": settings.is_elementary_on,
        "environment": sorted(
            (name, value)
            for name, value in os.environ.items()
            if name.startswith("DBT_") and name not in (RUN_ID_VARIABLE, LOG_LEVEL_VARIABLE)
        ),
    }
    return hashlib.sha256(json.dumps(made_by, sort_keys=True).encode()).hexdigest()


def _files() -> Iterator[Path]:
    yield PROJECT_ROOT / "profiles.yml"
    yield from (PROJECT_ROOT / "isobar").rglob("*.py")
    for folder, folders, files in os.walk(PROJECT_DIR):
        folders[:] = [name for name in folders if name not in WRITTEN_BY_DBT]
        yield from (Path(folder) / name for name in files)


def _content(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
