"""A folder from before the fault, the same folder as a clean run leaves it, and copies to break."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.reliability.stage import BEFORE, LOAD, NOW, Providers, Stage, made_good


@pytest.fixture(scope="session")
def providers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Providers]:
    with Providers(tmp_path_factory.mktemp("providers")).serving() as made:
        yield made


@pytest.fixture(scope="session")
def before(providers: Providers, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder loaded when all was well. Copied, never changed."""
    with pytest.MonkeyPatch.context() as patch:
        stage = Stage(providers, tmp_path_factory.mktemp("before") / "data", patch, clock=BEFORE)
        providers.set_clock(BEFORE)
        for source in LOAD:
            assert stage.run(*LOAD[source]).exit_code == 0
        providers.set_clock(NOW)
    return stage.data_dir


@pytest.fixture(scope="session")
def undisturbed(providers: Providers, before: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same folder after a clean run now: what every fault must end in. Read, never changed."""
    folder = tmp_path_factory.mktemp("undisturbed") / "data"
    shutil.copytree(before, folder)
    with pytest.MonkeyPatch.context() as patch:
        made_good(Stage(providers, folder, patch))
    return folder


@pytest.fixture
def stage(providers: Providers, before: Path, tmp_path: Path) -> Iterator[Stage]:
    """A copy of `before`, to be struck."""
    shutil.copytree(before, tmp_path / "data")
    with pytest.MonkeyPatch.context() as patch:
        made = Stage(providers, tmp_path / "data", patch)
        yield made
        made.heal()


@pytest.fixture(autouse=True, scope="session")
def no_pause_between_retries() -> Iterator[None]:
    """And no secrets of the developer's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ingestion.http.client.BACKOFF_SECONDS", 0.0)
        patch.setattr("isobar.settings.SECRETS", Path("nowhere"))
        yield
