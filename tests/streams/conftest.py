"""OpenWeather's provider on loopback, and a broker in memory."""

from __future__ import annotations

import pytest

from tests.openweather.conftest import data_dir, keyed, no_secrets_file, provider  # noqa: F401 - fixtures
from tests.streams.memory import Broker


@pytest.fixture
def broker() -> Broker:
    return Broker()
