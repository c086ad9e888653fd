"""isobar with the settings and servers of a recipe; `make recipe` calls it.

    python -m tools.recipe NAME --folder SERVERS --data-dir DATA [word …]

Words are isobar's own; none is `run`, the demo.
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
from pathlib import Path

from isobar.settings import PROJECT_ROOT
from tools.services import commands
from tools.services.server import Place, ServiceError

RECIPES = PROJECT_ROOT / "recipes"
SERVICES = "RECIPE_SERVICES"
LISTS = ("ISOBAR_OUTLETS",)
"""Settings to which each server adds its own value."""


def settings_of(name: str) -> dict[str, str]:
    """The variables of a recipe's settings.env.

    Raises:
        ServiceError: there is no such recipe.
    """
    path = RECIPES / name / "settings.env"
    if not path.is_file():
        known = ", ".join(sorted(each.parent.name for each in RECIPES.glob("*/settings.env")))
        raise ServiceError(f"{name} is no recipe. Use one of: {known}.")
    words = shlex.split(path.read_text(encoding="utf-8"), comments=True)
    return dict(word.split("=", 1) for word in words)


def environment(name: str, folder: Path) -> dict[str, str]:
    """What isobar is given: the recipe's settings and those of its servers, which have been started in `folder`."""
    variables = settings_of(name)
    for server in variables.pop(SERVICES, "").split():
        for key, value in Place.of(folder / server).environment().items():
            is_added = key in LISTS and key in variables
            variables[key] = f"{variables[key]},{value}" if is_added else value
    return variables


def main() -> int:
    """Errors become one line and exit code 1."""
    parser = argparse.ArgumentParser(prog="python -m tools.recipe", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("name")
    parser.add_argument("words", nargs="*", default=["run"])
    parser.add_argument("--folder", type=Path, required=True, help="data, logs and records of all servers")
    parser.add_argument("--data-dir", type=Path, required=True, help="of all recipes; each has a folder in it")
    given = parser.parse_intermixed_args()
    folder = given.folder.resolve()
    try:
        names = settings_of(given.name).get(SERVICES, "").split()
        commands.up(folder, dict.fromkeys(names), print)
        variables = environment(given.name, folder)
    except (ServiceError, OSError) as error:
        print(f"recipe: {error}", file=sys.stderr)
        return 1
    told = folder / f"{given.name}.env"
    told.touch(0o600)
    variables["ISOBAR_DATA_DIR"] = str(given.data_dir.resolve() / given.name)
    told.write_text("".join(f"{key}={shlex.quote(value)}\n" for key, value in variables.items()), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "isobar.cli", *given.words], env={**os.environ, **variables}, check=False
    )
    print(f"The settings of this recipe, for your shell:\n  set -a; source {told}; set +a")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
