"""What all tests stand on: a closed network, a clean environment, a data folder of their own, real data where there is some."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from isobar.settings import PROJECT_ROOT, Settings

NOWHERE = "http://127.0.0.1:9"
"""The discard port of loopback, where nobody listens: a process that tests start fails at once instead of reaching out."""

LOOPBACK = "127.0.0.1,localhost,::1"
"""The simulator's archive server stays in reach."""

pytest_plugins = ["tests.services.fixtures"]

_AMBIENT = dict(os.environ)

OF_A_DEVELOPER = ("ISOBAR_", "DBT_", "DESTINATION__", "SOURCES__", "AWS_")
"""Variables that no test inherits: settings, credentials."""

# The same examples in every run; `--hypothesis-profile=long` looks for new ones, for as long as some minutes a property.
hypothesis_settings.register_profile(
    "everyday",
    max_examples=100,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
)
hypothesis_settings.register_profile(
    "long", hypothesis_settings.get_profile("everyday"), max_examples=20_000, derandomize=False
)
hypothesis_settings.load_profile("everyday")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Builds of whole warehouses first, kills before all: started last, they would be waited for by an idle worker."""
    longest = ("tests/warehouse/test_kill.py", "tests/warehouse/")
    items.sort(key=lambda item: [not item.nodeid.startswith(path) for path in longest])


@pytest.fixture(scope="session", autouse=True)
def closed_environment() -> None:
    """No setting, key or proxy of the developer's machine reaches a test or a process it starts.

    pytest-socket closes the network of the test process; the proxy that is not there closes it to children.
    """
    for name in [name for name in os.environ if name.startswith(OF_A_DEVELOPER)]:
        del os.environ[name]
    for scheme in ("http", "https", "all"):
        os.environ[f"{scheme}_proxy"] = os.environ[f"{scheme.upper()}_PROXY"] = NOWHERE
    os.environ["no_proxy"] = os.environ["NO_PROXY"] = LOOPBACK
    os.environ["DBT_PACKAGE_HUB_URL"] = f"{NOWHERE}/"
    # builds of tests are alike wherever they run, with Elementary's package in place of the stubs too
    os.environ["ISOBAR_ELEMENTARY"] = "off"


@pytest.fixture(scope="session")
def project_root() -> Path:
    """The checkout."""
    return PROJECT_ROOT


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder of real archives and responses, or a skip that says so.

    It lies outside the repository, because what is in it is the providers': where `ISOBAR_SHARED_DIR` says, else in `shared`
    beside the checkout.
    """
    folder = Path(_AMBIENT.get("ISOBAR_SHARED_DIR") or PROJECT_ROOT.parent / "shared")
    if not folder.is_dir():
        pytest.skip("no real data: there is no folder `shared` beside the checkout, and ISOBAR_SHARED_DIR names none")
    return folder


@pytest.fixture(scope="session")
def real_data(shared_dir: Path) -> Callable[[str], Path]:
    """`real_data("synop")`: the folder of one real dataset, or a skip that names it."""

    def folder(name: str) -> Path:
        found = shared_dir / "data" / name
        if not found.exists():
            pytest.skip(f"no real data: shared/data/{name} is not there")
        return found

    return folder


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder as `isobar setup` leaves it: raw tables of every source, empty. Copied, never changed."""
    from isobar.warehouse import bookkeeping

    settings = Settings(data_dir=tmp_path_factory.mktemp("prepared") / "data")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.environment().items():
            patch.setenv(name, value)
        bookkeeping.prepare(settings)
    return settings.data_dir


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder, and the environment that makes dlt, dbt, Streamlit and `isobar` work in it."""
    folder = tmp_path / "data"
    for name, value in Settings(data_dir=folder).environment().items():
        monkeypatch.setenv(name, value)
    return folder


@pytest.fixture
def settings(data_dir: Path) -> Settings:
    """Settings of `data_dir`, read as the command reads them."""
    return Settings.from_environment()
