"""The app's folder on the path, as `streamlit run` puts it there, and small published files to read."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
for folder in (str(HERE.parents[1] / "streamlit"), str(HERE)):
    if folder not in sys.path:
        sys.path.insert(0, folder)

import fixture_health  # noqa: E402
import marts_fixture  # noqa: E402

from shared import style  # noqa: E402


@pytest.fixture(autouse=True)
def validated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every chart that a test draws is held against Vega-Lite's schema."""
    monkeypatch.setattr(style, "IS_VALIDATED", True)


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with one simulated publication and a good health file, shared and only read."""
    folder = tmp_path_factory.mktemp("published")
    marts_fixture.publish(folder, publication_id="pub-shared")
    fixture_health.publish_health(folder, fixture_health.good("simulated"))
    return folder


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Point the app at a data folder, at the fixture's time."""

    def point(data_dir: Path) -> None:
        monkeypatch.setenv("ISOBAR_DATA_DIR", str(data_dir))
        monkeypatch.setenv("ISOBAR_NOW", marts_fixture.NOW.isoformat())
        monkeypatch.delenv("ISOBAR_TARGET", raising=False)

    return point
