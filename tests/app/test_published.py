"""The app over a whole publication that exists already: that of `make run`, or of real archives.

    ISOBAR_TEST_PUBLISHED=data/demo ISOBAR_TEST_NOW=2026-03-01T07:30:00 make test ARGS=tests/app/test_published.py

Smaller ones are opened where they are built: tests/warehouse/test_simulated_polls.py, test_real_archives.py.
"""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import pytest

from tests.pages import assert_every_page_is_sound_and_true

# Read before the suite clears the environment.
PUBLISHED, NOW = os.environ.get("ISOBAR_TEST_PUBLISHED"), os.environ.get("ISOBAR_TEST_NOW")


@pytest.mark.skipif(not PUBLISHED, reason="ISOBAR_TEST_PUBLISHED names no data folder with a publication")
def test_every_page_over_a_publication() -> None:
    folder = Path(str(PUBLISHED)).resolve()
    assert_every_page_is_sound_and_true(folder, datetime.fromisoformat(NOW) if NOW else None)
