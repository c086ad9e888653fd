"""A real month of SYNOP, built and published: every mart of every store is the published one, row by row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from ingestion.load import load
from ingestion.registry import SOURCES
from isobar.jobs.build import build_and_publish
from isobar.jobs.deliver import deliver
from isobar.settings import Settings
from tests.serving.stores import STORES
from tests.serving.test_outlets import assert_same

pytestmark = [pytest.mark.services, pytest.mark.long]

AFTER = datetime(2020, 3, 31, 23, 30)
"""Half an hour after the last reports: none of the latest conditions is too old for Redis."""


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory, real_data: Callable[[str], Path]) -> Settings:
    folder = tmp_path_factory.mktemp("real")
    archive = folder / "archive"
    archive.mkdir()
    for name in ("postesSynop.csv", "synop.202003.csv.gz"):
        (archive / name).symlink_to(real_data("synop") / name)
    settings = Settings(data_dir=folder / "data", clock=AFTER)
    summary = load(SOURCES["synop"], settings, str(archive))
    assert summary.tables["observations"].row_count > 10_000 and not summary.refused
    build_and_publish(settings)
    return settings


@pytest.mark.parametrize("name", STORES)
def test_every_table_of_a_store_is_the_published_mart(
    name: str, month: Settings, request: pytest.FixtureRequest
) -> None:
    with STORES[name].new(request.getfixturevalue(name)) as store:
        settings = replace(month, outlets=(store.url,), variables=store.environment)
        (done,) = deliver(settings).outlets
        assert done.sent and done.row_count
        assert_same(store, settings)
