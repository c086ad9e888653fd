"""Warehouses for tests: a folder of data, loads and builds as the command does them."""

from __future__ import annotations

import copy
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from dbt.constants import PARTIAL_PARSE_FILE_NAME
from dbt.contracts.graph.manifest import Manifest

from ingestion.load import load
from ingestion.registry import SOURCES
from isobar.jobs.build import Built, build, build_and_publish
from isobar.settings import Settings
from isobar.warehouse import dbt
from isobar.warehouse import project as files
from tests.ingestion.archives import year

SYNOP = SOURCES["synop"]


class Warehouse:
    """One data folder of a test."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.data_dir = settings.data_dir

    def at(self, moment: datetime) -> None:
        """Set the one clock."""
        self.settings = replace(self.settings, clock=moment)

    def load(self, origin: Path | str) -> None:
        load(SYNOP, self.settings, str(origin))

    def build(self, run_id: str | None = None) -> Built:
        """Everything."""
        return build_and_publish(self.settings, run_id=run_id)

    def build_new(self) -> Built:
        """As `isobar build` does: everything at first, then what the new loads reach."""
        done = build(self.settings)
        assert isinstance(done, Built)
        return done


def copied(manifest: Manifest) -> Manifest:
    """dbt's own way to copy one mixes up its fields (`__reduce_ex__` leaves out `fixtures`)."""
    kept = [each.name for each in fields(manifest) if each.init and not each.name.startswith("_")]
    return Manifest(**{name: copy.deepcopy(getattr(manifest, name)) for name in kept})


@pytest.fixture(scope="session", autouse=True)
def parsed_once() -> Iterator[None]:
    """dbt parses a project once, and the builds of a hundred data folders take a copy: seconds each. What a project is parsed to
    follows from its files and Elementary's switch alone, never from where the data is."""
    kept: dict[tuple[object, ...], tuple[Manifest, dict[str, Any]]] = {}
    parses: dict[Path, bytes] = {}
    original = dbt.Project.__init__

    def init(self: dbt.Project, settings: Settings) -> None:
        files = sorted(
            (str(path), path.stat().st_mtime_ns)
            for path in dbt.PROJECT_DIR.rglob("*")
            if path.is_file() and not {"target", "logs"} & set(path.relative_to(dbt.PROJECT_DIR).parts)
        )
        key = (settings.target, os.environ.get("ISOBAR_ELEMENTARY"), *files)
        cache = settings.dbt_target / PARTIAL_PARSE_FILE_NAME
        if parse := parses.get(
            dbt.PROJECT_DIR
        ):  # for a changed copy of the project, and for processes that a test starts
            cache.parent.mkdir(parents=True, exist_ok=True)
            cache.write_bytes(parse)
        if key not in kept:
            original(self, settings)
            kept[key], parses[dbt.PROJECT_DIR] = (copied(self.manifest), self.vars), cache.read_bytes()
            return
        self.settings = settings
        parsed, self.vars = kept[key]
        self.manifest = copied(parsed)  # a build writes into it

    checked, project, check = [], dbt.PROJECT_DIR, dbt.check

    def check_once(parsed: dbt.Project, changed: set[str]) -> None:
        """Ten seconds a first build: the committed project compiles, or not, wherever the data is."""
        if not checked or project != dbt.PROJECT_DIR:
            check(parsed, changed)
        checked.append(project == dbt.PROJECT_DIR)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dbt.Project, "__init__", init)
        patch.setattr(dbt, "check", check_once)
        yield


@pytest.fixture(scope="session", autouse=True)
def dbt_ready() -> Iterator[None]:
    """dbt's packages, or their stubs, are there. Its tests run where they are what is tested, not in each of these builds: all
    of them in test_dbt_build.py, data tests on real archives and where one is to fail."""
    dbt.ensure_packages(Settings.from_environment())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DBT_EXCLUDE_RESOURCE_TYPES", "unit_test test")
        yield


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Warehouse]:
    """`warehouse("name")`: a data folder of that name, empty at first."""

    def made(name: str) -> Warehouse:
        settings = Settings(data_dir=tmp_path / name)
        for variable, value in settings.environment().items():
            monkeypatch.setenv(variable, value)
        return Warehouse(settings)

    return made


@pytest.fixture(scope="session")
def project_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the copies of the project are: the same place each time, so that dbt parses what a test has changed and no more."""
    return tmp_path_factory.mktemp("copied") / "project"


@pytest.fixture
def project(project_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the project, to be changed."""
    shutil.rmtree(project_folder, ignore_errors=True)
    shutil.copytree(dbt.PROJECT_DIR, project_folder, ignore=shutil.ignore_patterns("target", "logs"))
    for module in (dbt, files):
        monkeypatch.setattr(module, "PROJECT_DIR", project_folder)
    return project_folder


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, dbt_ready: None) -> Path:
    """A data folder with five days of one station, 2020-01-01 to 05, loaded and published. Copied, never changed."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("built") / "data")
    archive = year(tmp_path_factory.mktemp("archive"), 2020)
    with dbt.project_environment(settings):
        load(SYNOP, settings, str(archive.parent))
        build(settings)
    return settings.data_dir


@pytest.fixture
def house(built: Path, warehouse: Callable[[str], Warehouse]) -> Warehouse:
    """A copy of `built` to go on with."""
    made = warehouse("house")
    shutil.copytree(built, made.data_dir)
    return made
