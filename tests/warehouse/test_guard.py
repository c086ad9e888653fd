"""Rows that readers have go only when they are asked to."""

from __future__ import annotations

import duckdb
import pytest

from isobar.cli import Exit
from isobar.publish import guard
from isobar.warehouse.dbt import Project
from tests.warehouse.published import count
from tests.warehouse.test_health import isobar

GUARDED = {"fct_observations", "fct_daily_weather", "fct_monthly_climate", "fct_forecasts", "fct_air_quality"}


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ({("m", "synop"): 100}, {("m", "synop"): 95}, None),
        ({("m", "synop"): 100}, {("m", "synop"): 94}, "m would lose 6 of 100 rows of synop (6%)"),
        ({("m", "synop"): 1}, {}, "m would lose 1 of 1 rows of synop (100%)"),
        # a large source does not hide that a small one was lost
        ({("m", "synop"): 9_999, ("m", "openweather"): 9}, {("m", "synop"): 9_999}, "9 of 9 rows of openweather"),
        ({("m", "synop"): 100}, {("m", "synop"): 100, ("m", "climat"): 1}, None),
        ({}, {}, None),
    ],
)
def test_a_loss_above_the_share_is_named(monkeypatch, settings, before, after, said):
    monkeypatch.setattr(guard, "_published", lambda *_: before)
    monkeypatch.setattr(guard, "_built", lambda *_: after)
    if said is None:
        guard.check(settings, [])
    else:
        with pytest.raises(guard.ShrunkMarts, match=r"not published: .*--allow-shrink") as refused:
            guard.check(settings, [])
        assert said in str(refused.value)


def test_the_marts_that_people_count_on_are_guarded(house):
    assert {model.name for model in Project(house.settings).public_models() if model.guard_rows} == GUARDED


def test_marts_that_lost_rows_are_not_published_until_it_is_asked_for(house):
    """As after a replay of a damaged lake: raw rows are gone, everything is built anew, and every test passes."""
    observations = "select count(*) from fct_observations"
    before, run = count(house.data_dir, observations), isobar(house.data_dir)
    with duckdb.connect(str(house.settings.warehouse)) as session:
        session.execute("delete from raw_synop.observations where validity_time >= '2020-01-04'")
        session.execute("delete from isobar.model_fingerprints")
    refused = run("build")
    assert refused.exit_code == Exit.FAILED
    assert isinstance(refused.exception, guard.ShrunkMarts)
    assert count(house.data_dir, observations) == before
    status = run("--json", "status")
    assert status.exit_code == Exit.ATTENTION and "fct_observations would lose" in status.output
    assert "fct_observations would lose" in run("alerts", "--open").output
    allowed = run("build", "--allow-shrink")
    assert allowed.exit_code == Exit.DONE, allowed.output
    assert 0 < count(house.data_dir, observations) < before
