"""Slim CI: a changed project against a build of the unchanged one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from isobar.jobs.slim import SlimError, rendered, slim
from isobar.settings import Settings
from isobar.warehouse.dbt import BuildError
from tests.warehouse.conftest import Warehouse


@pytest.fixture
def own(house: Warehouse, tmp_path: Path) -> Settings:
    """Where the change is built; `house` is the state."""
    folder = tmp_path / "slim"
    folder.mkdir()
    return replace(house.settings, data_dir=folder)


def changed(project: Path, model: str, before: str, after: str) -> None:
    (path,) = project.glob(f"models/**/{model}.sql")
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")


def test_what_a_change_modifies_is_built_and_what_it_reaches_is_named(
    house: Warehouse, own: Settings, project: Path
) -> None:
    state = (house.settings.warehouse.stat().st_mtime_ns, house.settings.marts.read_bytes())
    changed(project, "fct_monthly_climate", "select", "select /* another way */")
    found = slim(own, house.data_dir)
    assert found.modified == ["fct_monthly_climate"]
    assert found.rebuilt == ["fct_monthly_climate"], "an incremental model whose SQL changed is made anew"
    assert "app" in found.exposures
    assert "fct_monthly_climate" in found.rows
    assert "fct_observations" not in found.rows, "nothing upstream of the change is built"
    assert all(count.before == count.after for count in found.rows.values())
    assert (house.settings.warehouse.stat().st_mtime_ns, house.settings.marts.read_bytes()) == state
    page = rendered(found)
    for said in ("`fct_monthly_climate`", "**Full refresh**: `fct_monthly_climate`", "accuracy_report"):
        assert said in page


def test_an_unchanged_project_builds_nothing(house: Warehouse, own: Settings) -> None:
    found = slim(own, house.data_dir)
    assert (found.modified, found.modified_tests, found.built_models) == ([], 0, 0)
    assert "nothing modified" in rendered(found)


@pytest.mark.long
def test_a_change_that_does_not_build_fails_by_its_name(house: Warehouse, own: Settings, project: Path) -> None:
    changed(project, "dim_dates", "select", "select nothing_like_it,")
    with pytest.raises(BuildError, match="dim_dates"):
        slim(own, house.data_dir)


def test_without_a_state_it_says_how_to_make_one(own: Settings, tmp_path: Path) -> None:
    with pytest.raises(SlimError, match="make one with `make run`"):
        slim(own, tmp_path / "nothing")
