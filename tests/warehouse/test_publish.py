"""Only a whole build whose tests pass is shown, at a cost that follows the change, and readers never see it half-made."""

from __future__ import annotations

import logging
import shutil
import threading

import duckdb
import pytest

from isobar.publish import duckdb as publish
from isobar.warehouse import dbt
from tests.ingestion.archives import year
from tests.warehouse.published import count, marts


@pytest.mark.long
def test_an_empty_warehouse_builds_and_publishes_every_mart(warehouse):
    empty = warehouse("empty")
    empty.build()
    rows = marts(empty.data_dir)
    assert {"fct_observations", "dim_locations", "fct_daily_weather", "agg_latest_conditions"} <= rows.keys()
    assert rows["fct_observations"] == [] and rows["dim_weather_conditions"] != []


def test_only_what_changed_is_written(house, tmp_path):
    year(tmp_path / "in", 2018)
    house.load(tmp_path / "in")
    house.build_new()
    before = {(p.model, p.partition): p.file for p in publish.published_partitions(house.settings)}
    year(tmp_path / "in", 2020, t="281.0")
    house.load(tmp_path / "in")
    house.build_new()
    after = {(p.model, p.partition): p.file for p in publish.published_partitions(house.settings)}
    assert after["fct_observations", "2018"] == before["fct_observations", "2018"]
    assert after["fct_observations", "2020-01"] != before["fct_observations", "2020-01"]
    warmer = "temperature_c = round(281.0 - 273.15 + hour(observed_at) / 10, 2)"
    assert count(house.data_dir, f"select count(*) from fct_observations where {warmer}") == 40


def test_a_failing_error_test_leaves_the_published_marts_as_they_were(house, project, tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("DBT_EXCLUDE_RESOURCE_TYPES", "unit_test")
    shown, file = marts(house.data_dir), house.settings.marts.read_bytes()
    rule = project / "tests" / "assert_never_warmer_than_ten.sql"
    rule.write_text("select * from {{ ref('fct_observations') }} where temperature_c > 10")
    year(tmp_path / "in", 2020, t="285.0")
    house.load(tmp_path / "in")
    caplog.set_level(logging.INFO, "isobar")
    logging.getLogger("isobar").addHandler(caplog.handler)
    with pytest.raises(dbt.BuildError, match=r"assert_never_warmer_than_ten.*Nothing was published") as failed:
        house.build()
    assert failed.value.summary is not None and failed.value.summary.tests["fail"] == 1
    (failure,) = failed.value.failures
    assert (failure.node_type, failure.model, failure.row_count) == ("test", "fct_observations", 40)
    assert failure.example["location_id"] == "wmo:07005" and float(failure.example["temperature_c"]) > 10
    assert failure.file == "synop.202001.csv" and 2 <= failure.line <= 41
    log = house.settings.logs / "dbt.log"
    assert (
        f"synop.202001.csv, row {failure.line})" in str(failed.value) and str(log) in str(failed.value) and log.exists()
    )
    logging.getLogger("isobar").removeHandler(caplog.handler)
    (told,) = [record for record in caplog.records if record.message == "node_failed"]
    assert (told.levelname, told.fields["name"]) == ("ERROR", "assert_never_warmer_than_ten")
    assert "marts" in [record.fields["layer"] for record in caplog.records if record.message == "layer_built"]
    assert (marts(house.data_dir), house.settings.marts.read_bytes()) == (shown, file)
    rule.unlink()  # the rule is mended: the loads it held back are still to be processed
    monkeypatch.setenv("DBT_EXCLUDE_RESOURCE_TYPES", "unit_test test")
    assert house.build().loads == 1
    assert count(house.data_dir, "select count(*) from fct_observations where temperature_c > 10") == 40


@pytest.mark.long
def test_a_changed_rule_makes_what_depends_on_it_anew(house, project):
    assert house.build().dbt.rebuilt == []
    model = next(project.rglob("fct_monthly_climate.sql"))
    model.write_text(model.read_text() + "\n-- a rule was reworded\n")
    assert house.build().dbt.rebuilt == ["fct_monthly_climate"]


def test_readers_see_whole_publications_while_others_are_made(house, tmp_path):
    project, stop, seen, errors = dbt.Project(house.settings), threading.Event(), set(), []

    def read() -> None:
        while not stop.is_set():
            try:
                with duckdb.connect() as session:
                    session.execute(f"attach '{house.settings.marts}' as m (read_only); use m")
                    (row,) = session.execute(
                        "select (select publication_id from isobar.publication), count(*), count(distinct temperature_c)"
                        " from fct_observations"
                    ).fetchall()
                    seen.add(row)
            except duckdb.Error as error:
                errors.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(10):
        with duckdb.connect(str(house.settings.warehouse)) as writer:  # what a build would have done
            writer.execute("update marts.fct_observations set temperature_c = ?, build_id = ?", [number, str(number)])
        publish.publish(house.settings, project.public_models(), str(number))
    stop.set()
    reader.join()
    assert errors == []
    # eight temperatures at first, then one at a time: never two publications in one answer
    assert {(rows, values) for _, rows, values in seen} <= {(40, 8), (40, 1)}
    assert len({publication for publication, *_ in seen}) > 1


@pytest.mark.long
def test_a_lost_published_folder_is_written_again(house, tmp_path):
    shown = marts(house.data_dir)
    shutil.rmtree(house.settings.published)
    house.settings.marts.unlink()
    house.build()
    assert marts(house.data_dir) == shown
