"""Recipes: the settings are known; the marts are those of the embedded default; none of it works without its servers."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from isobar.settings import DEMO_FOLDER, PROJECT_ROOT, Settings
from serving.outlets.postgresql import SCHEMA
from tests.command import isobar, module
from tests.serving.stores.postgresql import PostgreSQLStore
from tests.serving.test_outlets import assert_same
from tools import recipe
from tools.compare import compare
from tools.services import commands
from tools.services.server import Place
from tools.services.servers import known

NAMES = sorted(each.parent.name for each in recipe.RECIPES.glob("*/settings.env"))
PROVENANCE = ["differs fct_observation_revisions"]
"""It names the file of the lake that brought a row: a poll's own, or a topic's."""

USES = {"kafka": ["stream", "land"], "ceph": ["stream", "land"], "postgresql": ["deliver"]}
"""Of each server a command that it is needed for, also when there is nothing new."""


def test_the_list_of_recipes_is_complete() -> None:
    text = (recipe.RECIPES / "README.md").read_text(encoding="utf-8")
    assert NAMES and all(f"({name}/README.md)" in text for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_is_settings_and_a_readme(name: str) -> None:
    assert {path.name for path in (recipe.RECIPES / name).iterdir()} == {"README.md", "settings.env"}
    variables = recipe.settings_of(name)
    assert set(variables.pop(recipe.SERVICES).split()) <= set(known())
    documented = (PROJECT_ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert all(f"`{variable}`" in documented for variable in variables)


def test_an_unknown_recipe_is_one_line() -> None:
    words = ("nowhere", "--folder", "nowhere", "--data-dir", "nowhere")
    done = module(Settings(data_dir=Path("nowhere")), "tools.recipe", *words)
    assert (done.returncode, done.stderr) == (1, f"recipe: nowhere is no recipe. Use one of: {', '.join(NAMES)}.\n")


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("embedded")
    assert isobar(Settings(data_dir=folder), "run").returncode == 0
    return folder / DEMO_FOLDER


@pytest.fixture(params=NAMES)
def served(request: pytest.FixtureRequest) -> Iterator[tuple[str, Path]]:
    """A recipe, and the folder of its servers."""
    names = recipe.settings_of(request.param)[recipe.SERVICES].split()
    if missing := [f"{name}: {reason}" for name in names if (reason := known()[name].missing())]:
        pytest.skip("; ".join(missing))
    with tempfile.TemporaryDirectory(prefix="isobar-recipe-") as name:
        folder, told = Path(name), []
        folder.chmod(0o711)  # PostgreSQL is another user
        commands.up(folder, dict.fromkeys(names, commands.ANY_PORT), told.append)
        try:
            yield request.param, folder
        finally:
            commands.down(folder, [], told.append)


@pytest.mark.services
@pytest.mark.long
def test_a_recipe_gives_the_marts_of_the_embedded_default_and_needs_each_server(
    served: tuple[str, Path], embedded: Path, tmp_path: Path
) -> None:
    name, folder = served
    variables = recipe.environment(name, folder)
    done = isobar(Settings(data_dir=tmp_path), "run", **variables)
    assert done.returncode == 0, done.stderr
    own = tmp_path / DEMO_FOLDER
    assert [line.split(":")[0] for line in compare(embedded, own) if line.startswith("differs")] == PROVENANCE
    settings = Settings.from_environment({**variables, "ISOBAR_DATA_DIR": str(tmp_path)}).demo()
    for url in settings.outlets:
        password = variables[PostgreSQLStore.password_variable]
        assert_same(PostgreSQLStore(url, password, SCHEMA, url), settings)
    assert_each_server_is_needed(name, folder, tmp_path)


def assert_each_server_is_needed(name: str, folder: Path, data_dir: Path) -> None:
    """Each is stopped, missed in one line, and started again where it was."""
    variables, told = recipe.environment(name, folder), list[str]()
    for server in recipe.settings_of(name)[recipe.SERVICES].split():
        assert isobar(Settings(data_dir=data_dir), "--demo", *USES[server], **variables).returncode == 0
        commands.down(folder, [server], told.append)
        missed = isobar(Settings(data_dir=data_dir), "--demo", *USES[server], **variables)
        said = " ".join((missed.stdout + missed.stderr).split())
        assert missed.returncode == 1 and "no answer" in said, (server, said)
        commands.up(folder, {server: Place.of(folder / server).port}, told.append)
