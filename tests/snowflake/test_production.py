"""The same project on Snowflake: dlt loads, dbt builds twice, marts are published by a swap, and every row is DuckDB's."""

from __future__ import annotations

import re
import sys
from dataclasses import replace

import duckdb
import pytest

from isobar.health.judgement import read_vigilance
from isobar.health.snapshot import publish_health
from isobar.health.status import status
from isobar.jobs.build import build_and_publish
from isobar.publish import snowflake as swap
from isobar.publish.parity import compare
from isobar.publish.publication import published
from isobar.settings import Settings
from isobar.warehouse import base, bookkeeping, dbt
from tests.snowflake.account import PASSPHRASE
from tests.snowflake.conftest import Emulated
from tests.snowflake.houses import Houses

pytestmark = pytest.mark.long


def test_every_public_mart_is_duckdbs_row_by_row(houses: Houses) -> None:
    models = houses.public_models()
    parity = compare(houses.local, houses.snowflake, models)
    sys.stdout.write(f"\n{parity}\n")
    assert not parity.differences, str(parity)
    assert parity.models == len(models)
    filled = {"fct_observations", "fct_observation_revisions", "fct_daily_weather", "fct_forecasts", "fct_vigilance"}
    with duckdb.connect() as session:
        session.execute(f"attach '{houses.local.marts}' as published (read_only); use published")
        assert all(session.execute(f"select count(*) from {name}").fetchall()[0][0] > 0 for name in filled)


def test_a_cell_that_differs_is_found_and_named(houses: Houses, emulated: Emulated) -> None:
    session = emulated.session()
    row = "location_id = 'wmo:07149' and source = 'synop' and weather_date = '2026-02-26'"
    daily = [model for model in houses.public_models() if model.name == "fct_daily_weather"]
    for change in ("+", "-"):
        session.execute(
            f"update published.fct_daily_weather set temperature_max_c = temperature_max_c {change} 0.000001 where {row}"
        )
        differences = compare(houses.local, houses.snowflake, daily).differences
        assert len(differences) == (change == "+"), differences
        assert all("fct_daily_weather.temperature_max_c: 1 of" in each for each in differences)


def test_the_second_run_was_incremental_and_the_snapshot_grew(emulated: Emulated, houses: Houses) -> None:
    deleted = [
        each
        for each in emulated.statements
        if re.match(r"\s*delete from \S*\.marts\.fct_observations\b", each, re.IGNORECASE)
    ]
    assert len(deleted) == 1, "once in two builds"
    session = emulated.session()
    versions = session.execute(
        "select location_id, count(*) from snapshots.snap_stations group by 1 having count(*) > 1"
    )
    assert versions == [("wmo:07630", 2)]


def test_readers_are_let_in_before_the_swap(emulated: Emulated, houses: Houses) -> None:
    asked = [" ".join(each.split()).lower() for each in emulated.statements]
    swapped = asked.index("alter schema published swap with published_next")
    made = asked.index("create or replace transient schema published_next with managed access")
    grants = [
        f"grant usage on schema published_next to role {swap.READER_ROLE.lower()}",
        f"grant select on future tables in schema published_next to role {swap.READER_ROLE.lower()}",
    ]
    first_clone = next(n for n, each in enumerate(asked) if each.startswith("create transient table published_next."))
    assert made < min(map(asked.index, grants)) and max(map(asked.index, grants)) < first_clone < swapped
    tables = emulated.session().execute(
        "select lower(table_name) from information_schema.tables where lower(table_schema) = 'published'"
    )
    assert {name for (name,) in tables} == {model.name for model in houses.public_models()} | {
        "publication",
        "partitions",
        "sources",
    }
    columns = emulated.session().execute(
        "select count(*) from information_schema.columns where lower(table_schema) = 'published'"
        " and lower(column_name) = 'build_id' and lower(table_name) <> 'publication'"
    )
    assert columns == [(0,)]


def test_sessions_are_by_key_and_tagged_with_the_run(emulated: Emulated, houses: Houses) -> None:
    tags = {str((given.get("session_parameters") or {}).get("QUERY_TAG")) for given in emulated.connections}
    assert "isobar run-2" in tags, "Isobar's and dbt's"
    dlts = re.compile(r"QUERY_TAG = 'isobar replayed [\d.]+ synop observations'")
    assert any(dlts.search(each) for each in emulated.statements)
    assert not [given for given in emulated.connections if given.get("password")]
    assert all(given.get("private_key") or given.get("private_key_file") for given in emulated.connections)


def test_the_passphrase_is_written_nowhere(houses: Houses) -> None:
    files = [path for path in houses.snowflake.data_dir.rglob("*") if path.is_file()]
    assert any("dlt_snowflake" in path.parts for path in files)
    assert any(path.name == "dbt.log" for path in files)
    assert not [path for path in files if PASSPHRASE.encode() in path.read_bytes()]
    assert PASSPHRASE not in repr(houses.snowflake)


def test_status_health_and_alerts_read_what_snowflake_says(houses: Houses, emulated: Emulated) -> None:
    here, there = status(houses.local), status(houses.snowflake)
    assert there.observations == here.observations
    assert (there.warehouse_kind, there.published_at) == (here.warehouse_kind, here.published_at)
    with duckdb.connect() as session:
        session.execute(f"attach '{houses.snowflake.health}' as health (read_only); use health")
        assert session.execute("select build_outcome, warehouse_kind from health").fetchall() == [("done", "simulated")]
        tables = {name for (name,) in session.execute("select table_name from duckdb_tables()").fetchall()}
    assert {"agg_pipeline_health", "agg_location_freshness", "fct_pipeline_runs"} <= tables
    shown = emulated.session().execute(
        "select lower(table_name) from information_schema.tables where lower(table_schema) = 'health'"
    )
    assert {name for (name,) in shown} == tables, "the app reads there what the file has"
    departments = ("33", "75", "69")
    found = [read_vigilance(replace(each, alert_departments=departments)) for each in (houses.local, houses.snowflake)]
    assert found[0] == found[1]
    assert found[0]


def test_a_build_without_a_project_is_said_beside_the_health_before(houses: Houses, emulated: Emulated) -> None:
    def shown() -> list[tuple[object, ...]]:
        return emulated.session().execute(
            "select build_outcome, build_error, (select count(*) from health.fct_pipeline_runs) from health.health"
        )

    ((_, _, runs),) = shown()
    try:
        swap.publish_health(
            houses.snowflake, None, (houses.snowflake.now(), "failed", "no project", "simulated", None, None)
        )
        assert shown() == [("failed", "no project", runs)]
    finally:
        with dbt.project_environment(houses.snowflake):
            publish_health(houses.snowflake)
    assert shown() == [("done", None, runs)]


def test_a_build_that_fails_publishes_nothing_and_its_loads_stay(houses: Houses, emulated: Emulated) -> None:
    before = published(houses.snowflake)
    session = emulated.session()
    session.execute("delete from isobar.published_loads where schema_name = 'raw_synop'")
    waiting = bookkeeping.unpublished_loads(houses.snowflake)
    assert waiting
    session.execute("alter table raw_synop.observations rename to away")
    try:
        with pytest.raises(dbt.BuildError):
            build_without_preparing(houses.snowflake)
    finally:
        session.execute("alter table raw_synop.away rename to observations")
    assert published(houses.snowflake) == before
    assert bookkeeping.unpublished_loads(houses.snowflake) == waiting


def build_without_preparing(settings: Settings) -> None:
    with dbt.project_environment(settings, "failing"), pytest.MonkeyPatch.context() as patch:
        patch.setattr(bookkeeping, "prepare", lambda settings: None)
        build_and_publish(settings, run_id="failing")


def test_a_publication_that_breaks_off_leaves_the_one_before(
    houses: Houses, emulated: Emulated, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = published(houses.snowflake)
    models = houses.public_models()

    class Killed(BaseException):
        pass

    def killed(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(swap, "_swap", killed)
        with pytest.raises(Killed):
            swap.publish(houses.snowflake, models, "0123-4567-89ab-cdef", "killed")
    assert published(houses.snowflake) == before
    swap.publish(houses.snowflake, models, "0123-4567-89ab-cdef", "again")
    after = published(houses.snowflake)
    assert after is not None and before is not None
    assert after.publication_id != before.publication_id
    assert after.observation_count == before.observation_count


def test_a_database_takes_no_weather_of_the_other_kind(houses: Houses, emulated: Emulated) -> None:
    session = emulated.session()
    session.execute("update isobar.warehouse set kind = 'real'")
    try:
        with pytest.raises(base.WarehouseError, match="holds real weather, this data folder simulated"):
            bookkeeping.prepare(houses.snowflake)
    finally:
        session.execute("update isobar.warehouse set kind = 'simulated'")
