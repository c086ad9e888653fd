"""A build of what new loads reach: it publishes what a build of everything publishes, and leaves out the rest."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from ingestion.load import SIMULATED_MARKER, load
from ingestion.registry import SOURCES
from isobar.jobs import build as job
from isobar.jobs.build import Built, build
from isobar.settings import Settings
from isobar.warehouse import bookkeeping, dbt
from simulator.archive import write_archive
from tests.ingestion.archives import year
from tests.warehouse.conftest import SYNOP
from tests.warehouse.figures import early, later, load_figures
from tests.warehouse.published import assert_same, count, marts
from tests.warehouse.simulated import POLLS, SEED, STATIONS, poll, settings_of


def archive(folder: Path, until: datetime) -> str:
    """SYNOP from the day before the first poll, as published at a time."""
    start = POLLS[0].date() - timedelta(days=1)
    write_archive(folder, start, until.date(), SEED, stations=STATIONS, compress=False, as_of=until)
    return str(folder)


def simulated(folder: Path) -> Path:
    """Written by hand, and taken for simulated, as the rest is."""
    for holder in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
        (holder / SIMULATED_MARKER).write_text("{}")
    return folder


def built(settings: Settings, now: datetime, *, force: bool = False) -> Built:
    done = build(replace(settings, clock=now), force=force)
    assert isinstance(done, Built)
    return done


def results(settings: Settings) -> dict[str, float]:
    """Seconds of each node that health has a result of."""
    with duckdb.connect(str(settings.warehouse), read_only=True) as session:
        rows = session.execute("select unique_id, seconds from isobar.node_results").fetchall()
    assert len(rows) == len(dict(rows))
    return dict(rows)


@pytest.fixture
def parses(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """Each time that dbt parses."""
    found, original = [], dbt.Project.__init__

    def init(self: dbt.Project, settings: Settings) -> None:
        found.append(settings)
        original(self, settings)

    monkeypatch.setattr(dbt.Project, "__init__", init)
    return found


def assert_the_rest_keeps_its_results(before: dict[str, float], after: dict[str, float]) -> None:
    """What was left out keeps the result of the build that ran it; health is always built."""
    assert after.keys() == before.keys()
    assert after["seed.isobar.weather_conditions"] == before["seed.isobar.weather_conditions"]
    assert after["model.isobar.agg_pipeline_health"] != before["model.isobar.agg_pipeline_health"]


def test_one_more_load_builds_what_it_reaches(house, tmp_path, parses):
    everything = results(house.settings)
    year(tmp_path / "in", 2020, days=6)
    house.load(tmp_path / "in")
    parses.clear()
    done = house.build_new()
    assert len(parses) == 1 and "seeds" not in done.dbt.layers and 30 < done.dbt.left_out < 100
    assert_the_rest_keeps_its_results(everything, results(house.settings))
    assert count(house.data_dir, "select count(*) from fct_observations") == 6 * 8


@pytest.mark.long  # of SYNOP and published figures, test_incremental.py does it every time
def test_builds_of_what_new_loads_reach_equal_one_of_everything(tmp_path, parses):
    step_by_step, at_once = settings_of(tmp_path / "steps"), settings_of(tmp_path / "once")

    def synop(settings: Settings, until: datetime) -> None:
        load(SYNOP, settings, archive(tmp_path / "archive", until))

    synop(step_by_step, POLLS[0])
    poll(step_by_step, POLLS[:1])
    load_figures(step_by_step, simulated(early(tmp_path / "first")))
    assert built(step_by_step, POLLS[0]).dbt.left_out == 0
    everything = results(step_by_step)
    left_out = []
    for number, arrive in enumerate(
        (
            lambda: poll(step_by_step, POLLS[1:]),
            lambda: load_figures(step_by_step, simulated(later(tmp_path / "later"))),
            lambda: synop(step_by_step, POLLS[2]),
        )
    ):
        arrive()
        parses.clear()
        done = built(step_by_step, POLLS[2] + timedelta(hours=number))
        assert len(parses) == 1 and "seeds" not in done.dbt.layers
        left_out.append(done.dbt.left_out)
        assert_the_rest_keeps_its_results(everything, results(step_by_step))
    # 130 models and seeds; published figures reach the most
    assert all(30 < count < 100 for count in left_out)
    synop(at_once, POLLS[2])
    poll(at_once, POLLS)
    load_figures(at_once, tmp_path / "later")
    built(at_once, POLLS[2], force=True)
    expected = marts(at_once.data_dir)
    assert len(expected["fct_forecast_verification"]) > 0 and len(expected["fct_monthly_climate"]) > 0
    # states of places that the last list no longer holds are in the history of the one alone
    assert_same(marts(step_by_step.data_dir), expected, but=("dim_location_history",))
    # and a build of everything finds nothing to write
    again = built(step_by_step, POLLS[2] + timedelta(hours=5), force=True)
    assert again.publication.written == 0


# --- what is chosen --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def parsed(tmp_path_factory: pytest.TempPathFactory, dbt_ready: None) -> dbt.Project:
    settings = Settings(data_dir=tmp_path_factory.mktemp("parsed"))
    with dbt.project_environment(settings):
        return dbt.Project(settings)


def chosen(project: dbt.Project, *sources: str) -> set[str]:
    """Names of the models, seeds and tests of a build after loads of those sources."""
    with dbt.project_environment(project.settings):
        found = dbt.listed(project, project.downstream({SOURCES[source].dataset for source in sources}))
    return {unique_id.split(".")[2] for unique_id in found}


def test_a_source_reaches_its_models_and_their_tests_and_no_other(parsed, monkeypatch):
    monkeypatch.delenv("DBT_EXCLUDE_RESOURCE_TYPES")
    found = chosen(parsed, "meteofrance_vigilance")
    assert {"stg_meteofrance_vigilance__phenomena", "fct_vigilance"} <= found
    assert any(name.startswith("not_null_fct_vigilance") for name in found)
    assert not {"fct_observations", "dim_locations", "weather_conditions", "vigilance_colours"} & found
    both = chosen(parsed, "meteofrance_vigilance", "synop")
    assert found | {"fct_observations", "snap_stations", "dim_location_history", "fct_daily_weather"} <= both


def test_health_is_always_built(parsed):
    assert {"fct_pipeline_runs", "agg_pipeline_health", "stg_isobar__published_loads"} <= chosen(parsed, "climat")


@pytest.mark.parametrize("source", SOURCES)
def test_no_scope_is_read_as_an_earlier_build_left_it(parsed, source):
    found = chosen(parsed, source)
    nodes = {node.unique_id: node for node in parsed._models()}

    def read_by(name: str) -> set[str]:
        return {name}.union(*(read_by(parent) for parent in nodes[name].depends_on.nodes if parent in nodes))

    for node in nodes.values():
        if node.name in found and "scope" in (node.config.meta or {}):
            read = read_by(f"model.isobar.{node.config.meta['scope']}")
            assert {nodes[each].name for each in read if nodes[each].config.materialized != "view"} <= found


# --- a build that fails ----------------------------------------------------------------------------------------------


@pytest.mark.long
def test_a_rule_that_was_taken_back_after_a_failed_build_leaves_no_row(house, project, monkeypatch):
    house.build()  # the paths of the copied project are others
    changed = next(project.rglob("fct_monthly_climate.sql"))
    kept = changed.read_text()
    changed.write_text(kept + "\n-- a rule that is a mistake\n")

    def refuse(*_: object) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(job, "publish", refuse)
        with pytest.raises(OSError, match="no space"):
            house.build()
    assert bookkeeping.last_publication(house.settings) is None
    changed.write_text(kept)
    assert house.build().dbt.rebuilt == ["fct_monthly_climate"]
