"""The Makefile with a machine made up around it: which Python it takes, when it installs, what it never deletes."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

PYTHON = """#!/bin/sh
# stands for a Python {version}
case "$*" in
  *ensurepip*) exit {unfit} ;;
  "--version") echo "Python {version}" ;;
  "-m venv"*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" && echo "venv {version}" >> calls ;;
  "-m pip"*) echo "pip $*" >> calls ;;
esac
"""
SWITCHED_OFF = "#!/bin/sh\nexit 127\n"
ISOBAR = '#!/bin/sh\necho "isobar $*" >> calls\n'


@pytest.fixture
def checkout(tmp_path: Path, project_root: Path) -> Path:
    """The Makefile and what its rules look at, in a folder of their own."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    for name in ("Makefile", "requirements.lock", "requirements-dev.lock", "pyproject.toml"):
        shutil.copy(project_root / name, folder / name)
    return folder


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A PATH with a shell's own tools and no Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in ("awk", "bash", "cp", "find", "make", "mkdir", "rm", "sh", "touch"):
        found = shutil.which(tool)
        assert found, f"this machine has no {tool}"
        (folder / tool).symlink_to(found)
    return folder


def put(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


def python(folder: Path, name: str, version: str, *, is_fit: bool = True) -> None:
    put(folder, name, PYTHON.format(version=version, unfit=0 if is_fit else 1))


def make(checkout: Path, machine: Path, *words: str, answer: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", *words],
        cwd=checkout,
        env={"PATH": str(machine), "HOME": str(checkout)},
        input=answer,
        capture_output=True,
        check=False,
        text=True,
    )


def calls(checkout: Path) -> list[str]:
    path = checkout / "calls"
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def test_without_a_fit_python_one_line_says_so(checkout: Path, machine: Path) -> None:
    python(machine, "python3", "3.9", is_fit=False)
    put(machine, "python3.13", SWITCHED_OFF)
    made = make(checkout, machine, "setup")
    assert made.returncode == 2
    said = [line for line in made.stderr.splitlines() if not line.startswith("make: ***")]
    assert said == [
        "Isobar needs Python 3.11, 3.12 or 3.13 with venv. Install one, or name it: make setup PYTHON=/path/to/python"
    ]
    assert not (checkout / ".venv").exists()


def test_the_machines_own_python_comes_first_and_switched_off_ones_are_passed_over(
    checkout: Path, machine: Path
) -> None:
    python(machine, "python3.11", "3.11")
    put(machine, "python3.13", SWITCHED_OFF)
    python(machine, "python3.12", "3.12")
    make(checkout, machine, ".venv/bin/python")
    assert calls(checkout) == ["venv 3.12"]
    shutil.rmtree(checkout / ".venv")
    python(machine, "python3", "3.11")
    make(checkout, machine, ".venv/bin/python")
    assert calls(checkout)[1:] == ["venv 3.11"]


def test_a_python_that_is_named_is_the_one_taken(checkout: Path, machine: Path) -> None:
    python(machine, "python3", "3.11")
    python(machine, "mine", "3.13")
    assert make(checkout, machine, ".venv/bin/python", "PYTHON=mine").returncode == 0
    assert calls(checkout) == ["venv 3.13"]


def test_packages_are_installed_once_and_again_when_a_lock_changes(checkout: Path, machine: Path) -> None:
    python(machine, "python3", "3.12")
    make(checkout, machine, ".venv/bin/python")
    put(checkout / ".venv" / "bin", "isobar", ISOBAR)
    make(checkout, machine, "setup")
    first = calls(checkout)
    assert sum("--require-hashes --requirement requirements.lock" in call for call in first) == 1
    assert any("--no-deps --no-build-isolation --editable ." in call for call in first)
    assert first[-1] == "isobar setup"
    assert not any("requirements-dev.lock" in call for call in first)

    make(checkout, machine, "setup")
    assert calls(checkout)[len(first) :] == ["isobar setup"]

    newer = (checkout / ".venv" / ".installed").stat().st_mtime + 10
    os.utime(checkout / "requirements.lock", (newer, newer))
    make(checkout, machine, "setup")
    assert sum("--requirement requirements.lock" in call for call in calls(checkout)) == 2


def test_a_failed_install_is_tried_again(checkout: Path, machine: Path) -> None:
    python(machine, "python3", "3.12")
    make(checkout, machine, ".venv/bin/python")
    put(checkout / ".venv" / "bin", "python", "#!/bin/sh\nexit 1\n")
    assert make(checkout, machine, ".venv/.installed").returncode == 2
    assert not (checkout / ".venv" / ".installed").exists()


@pytest.mark.parametrize(("words", "option"), [((), ""), (("DEMO=1",), "--demo ")])
def test_demo_takes_the_demos_data(checkout: Path, machine: Path, words: tuple[str, ...], option: str) -> None:
    python(machine, "python3", "3.12")
    make(checkout, machine, ".venv/bin/python")
    put(checkout / ".venv" / "bin", "isobar", ISOBAR)
    make(checkout, machine, "status", *words)
    assert calls(checkout)[-1] == f"isobar {option}status"


def test_clean_leaves_data_and_venv(checkout: Path, machine: Path) -> None:
    for name in ("data/lake", ".venv/bin", ".mypy_cache", "dbt_project/target", "isobar/__pycache__"):
        (checkout / name).mkdir(parents=True)
    assert make(checkout, machine, "clean").returncode == 0
    left = {path.relative_to(checkout).as_posix() for path in checkout.rglob("*") if path.is_dir()}
    assert left == {"data", "data/lake", ".venv", ".venv/bin", "dbt_project", "isobar"}


@pytest.mark.parametrize(("answer", "is_kept"), [("no\n", True), ("", True), ("yes\n", False)])
def test_clean_data_asks(checkout: Path, machine: Path, answer: str, is_kept: bool) -> None:
    (checkout / "data" / "lake").mkdir(parents=True)
    made = make(checkout, machine, "clean-data", answer=answer)
    assert ("Nothing deleted." in made.stdout) is is_kept
    assert (checkout / "data").exists() is is_kept


def test_the_snowflake_key_is_written_for_its_owner_alone(checkout: Path, machine: Path, tmp_path: Path) -> None:
    key = tmp_path / "key.p8"
    written = subprocess.run(
        ["make", "snowflake-key"],
        cwd=checkout,
        env={
            "PATH": str(machine),
            "ISOBAR_SNOWFLAKE_PRIVATE_KEY": 'of two\n$(lines) `and` "quotes"',
            "ISOBAR_SNOWFLAKE_PRIVATE_KEY_PATH": str(key),
        },
        capture_output=True,
        check=True,
        text=True,
    )
    assert key.read_text(encoding="utf-8") == 'of two\n$(lines) `and` "quotes"\n'
    assert key.stat().st_mode & 0o777 == 0o600
    assert written.stdout + written.stderr == "", "nothing of it is shown"
