"""The marts after the faults: as if nothing had happened."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from isobar.cli import Exit
from isobar.settings import Settings
from isobar.warehouse import dbt
from tests.openweather.provider import KEY
from tests.reliability.faults import CLOCK_BEHIND, FAULTS, Fault
from tests.reliability.stage import LOAD, Providers, Stage, made_good
from tests.warehouse.published import Rows, assert_same, marts


@pytest.fixture(scope="session", autouse=True)
def dbt_ready() -> Iterator[None]:
    """dbt's packages, or their stubs; its unit tests run elsewhere."""
    dbt.ensure_packages(Settings.from_environment())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DBT_EXCLUDE_RESOURCE_TYPES", "unit_test")
        yield


def built(stage: Stage) -> Rows:
    done = stage.run("build")
    assert done.exit_code == 0, done.text
    return marts(stage.data_dir)


def polled_behind(stage: Stage) -> None:
    """What a clock that was set back leaves: a poll under the time that it told, what is ahead of that time rejected."""
    stage.clock = CLOCK_BEHIND
    assert stage.run(*LOAD["openweather"]).exit_code == 3
    stage.heal()


def suffers(stage: Stage, fault: Fault) -> None:
    stage.clock = fault.clock
    fault.strike(stage)
    seen = fault.run(stage, fault.source)
    stage.heal()
    # not its own exit code: what an earlier fault has brought or used up, this one does not meet
    assert seen.exit_code in (0, 1, 3, -9), f"{fault.name}: {seen.text}"
    assert KEY not in seen.text and "Traceback" not in seen.text


def copied(stage: Stage, folder: Path, name: str) -> Stage:
    shutil.copytree(folder, stage.data_dir.parent / name)
    return Stage(stage.providers, stage.data_dir.parent / name, stage.patch)


@pytest.mark.long
@pytest.mark.parametrize("with_variants", [False, True])
def test_one_folder_that_suffers_every_fault_ends_as_one_that_suffered_none(
    stage: Stage, undisturbed: Path, with_variants: bool
) -> None:
    for fault in FAULTS:
        if with_variants or not fault.is_variant:
            suffers(stage, fault)
    made_good(stage)
    reference = copied(stage, undisturbed, "reference")
    polled_behind(reference)
    assert_same(built(stage), built(reference))


@pytest.fixture(scope="session")
def published_before(before: Path, providers: Providers, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`before`, published. Copied, never changed."""
    folder = tmp_path_factory.mktemp("published") / "data"
    shutil.copytree(before, folder)
    with pytest.MonkeyPatch.context() as patch:
        built(Stage(providers, folder, patch))
    return folder


@pytest.fixture(scope="session")
def expected(
    published_before: Path, providers: Providers, tmp_path_factory: pytest.TempPathFactory
) -> dict[bool, Rows]:
    """What readers see after a clean run; True: and a poll under a clock that was set back."""
    found = {}
    for is_behind in (False, True):
        folder = tmp_path_factory.mktemp("expected") / "data"
        shutil.copytree(published_before, folder)
        with pytest.MonkeyPatch.context() as patch:
            stage = Stage(providers, folder, patch)
            if is_behind:
                polled_behind(stage)
            made_good(stage)
            found[is_behind] = built(stage)
    return found


@pytest.mark.long
@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
def test_the_marts_after_a_fault(
    fault: Fault, stage: Stage, published_before: Path, expected: dict[bool, Rows]
) -> None:
    """Where much was missing, what came is built and published before the clean run."""
    struck = copied(stage, published_before, "published")
    suffers(struck, fault)
    if fault.exit_code == Exit.REJECTS:
        built(struck)
    made_good(struck)
    is_behind = fault.clock == CLOCK_BEHIND and fault.source == "openweather"
    # what readers were told of a city that was not found yet stays in its history
    but = ("dim_location_history",) if fault.leaves else ()
    assert_same(built(struck), expected[is_behind], but)
