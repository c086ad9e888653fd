"""Land and load: nothing lost, nothing doubled, one bad file costs only itself."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import dlt
import duckdb
import pytest

from ingestion import load as loading
from ingestion.lake import Incoming, Lake
from ingestion.load import LoadError, load
from ingestion.registry import SOURCES
from tests.ingestion.archives import monthly, monthly_row, yearly, yearly_row

SYNOP = SOURCES["synop"]


def query(settings, sql: str) -> list[tuple]:
    with duckdb.connect(str(settings.warehouse), read_only=True) as warehouse:
        return warehouse.execute(sql).fetchall()


def month(folder: Path, name: str = "synop.202001.csv.gz", day: int = 1, t: str = "280.0") -> Path:
    rows = [monthly_row("07005", f"202001{day:02d}{hour:02d}0000", t=t) for hour in range(0, 24, 3)]
    return monthly(folder / name, rows)


def test_raw_tables_exist_before_any_data(settings):
    loading.prepare(SYNOP, settings)
    tables = {name for (name,) in query(settings, "select table_name from information_schema.tables")}
    assert {"observations", "stations", "rejects", "files", "_dlt_loads"} <= tables
    types = dict(
        query(
            settings, "select column_name, data_type from information_schema.columns where table_name = 'observations'"
        )
    )
    assert (types["t"], types["validity_time"], types["geo_id_wmo"]) == ("DOUBLE", "TIMESTAMP", "VARCHAR")


def test_a_folder_is_loaded_once(settings, tmp_path):
    month(tmp_path / "in")
    month(tmp_path / "in", "synop.202002.csv", day=2)
    (tmp_path / "in" / "notes.txt").write_text("mine")
    first = load(SYNOP, settings, str(tmp_path / "in"))
    assert (first.tables["observations"].files, first.tables["observations"].appended_row_count) == (2, 16)
    assert first.ignored == ["notes.txt"] and first.newest_observed_at == "2020-01-02 21:00:00"
    again = load(SYNOP, settings, str(tmp_path / "in"))
    assert (again.tables["observations"].files, again.tables["observations"].unchanged) == (0, 2)
    assert query(settings, "select count(*), count(distinct _dlt_load_id) from raw_synop.observations") == [(16, 1)]


def test_a_dlt_user_runs_the_source_that_a_load_runs(settings, tmp_path, monkeypatch):
    from ingestion.sources.synop import dlt_source, synop

    rows = [monthly_row("07005", "20200101000000", t="280.0"), monthly_row("07005", "20200101030000", t="warm")]
    monthly(tmp_path / "in" / "synop.202001.csv.gz", rows)
    (tmp_path / "in" / "synop.202002.csv").write_text("no table\n")
    pipeline = dlt.pipeline(
        "mine",
        pipelines_dir=str(tmp_path / "dlt"),
        destination=dlt.destinations.duckdb(str(tmp_path / "mine.duckdb")),
        dataset_name="raw_synop",
    )
    pipeline.run(synop(str(tmp_path / "in")))
    mine = replace(settings, data_dir=tmp_path / "other")
    with duckdb.connect(str(tmp_path / "mine.duckdb"), read_only=True) as warehouse:
        assert warehouse.execute(
            "select source_file, outcome, rejected_cell_count from raw_synop.files order by 1"
        ).fetchall() == [
            ("synop.202001.csv.gz", "loaded", 1),
            ("synop.202002.csv", "refused", None),
        ]
        assert warehouse.execute("select value, source_row from raw_synop.rejects").fetchall() == [("warm", 3)]
        by_user = warehouse.execute("describe raw_synop.observations").fetchall()
        assert warehouse.execute("select t from raw_synop.observations order by source_row").fetchall() == [
            (280.0,),
            (None,),
        ]
    given = []
    monkeypatch.setattr(dlt_source, "synop", lambda rows: given.append([*rows]) or synop(rows))
    load(SYNOP, mine, str(tmp_path / "in"))
    assert given == [["stations", "observations", "rejects", "files"], ["observations", "rejects", "files"]]
    assert query(mine, "describe raw_synop.observations") == by_user


def test_a_folder_without_a_file_of_the_source_is_no_source(tmp_path):
    from ingestion.sources.synop import synop

    with pytest.raises(FileNotFoundError, match="no file is named as synop's are"):
        synop(str(tmp_path))


def test_every_row_says_where_it_came_from(settings, tmp_path):
    month(tmp_path)
    load(SYNOP, settings, str(tmp_path / "synop.2020*.csv.gz"))
    (row,) = query(
        settings,
        "select source_file, source_row, landed_at is not null, o._dlt_load_id = l.load_id from raw_synop.observations o,"
        " raw_synop._dlt_loads l where l.status = 0 and l.load_id = o._dlt_load_id order by source_row limit 1",
    )
    assert row == ("synop.202001.csv", 2, True, True)


def test_a_rewritten_file_adds_only_what_changed(settings, tmp_path):
    month(tmp_path)
    load(SYNOP, settings, str(tmp_path))
    rows = [
        monthly_row("07005", f"20200101{hour:02d}0000", t="281.0" if hour == 3 else "280.0") for hour in range(0, 24, 3)
    ]
    monthly(tmp_path / "synop.202001.csv.gz", [*rows, monthly_row("07005", "20200102000000", t="279.0")])
    second = load(SYNOP, settings, str(tmp_path))
    assert (second.tables["observations"].row_count, second.tables["observations"].appended_row_count) == (9, 2)
    month(tmp_path)  # the provider takes its correction back: the old content is a new version again
    third = load(SYNOP, settings, str(tmp_path))
    assert third.tables["observations"].appended_row_count == 1
    assert query(settings, "select version, appended_row_count from raw_synop.files order by 1") == [
        (1, 8),
        (2, 2),
        (3, 1),
    ]


def test_a_bad_file_costs_only_itself_and_is_told_each_time(settings, tmp_path):
    month(tmp_path)
    (tmp_path / "synop.202002.csv.gz").write_bytes(month(tmp_path / "x").read_bytes()[:40])
    (tmp_path / "synop.202003.csv.gz").write_text("<html>gone</html>\n")
    summary = load(SYNOP, settings, str(tmp_path))
    assert [refused["file"] for refused in summary.refused] == ["synop.202002.csv", "synop.202003.csv"]
    assert summary.tables["observations"].appended_row_count == 8
    assert summary.has_rejects and not summary.is_above_reject_limit
    assert len(load(SYNOP, settings, str(tmp_path)).refused) == 2
    month(tmp_path, "synop.202002.csv.gz", day=9)  # fetched again, whole
    mended = load(SYNOP, settings, str(tmp_path))
    assert mended.tables["observations"].appended_row_count == 8 and len(mended.refused) == 1


def test_only_bad_files_are_above_the_limit(settings, tmp_path):
    (tmp_path / "synop.202003.csv.gz").write_text("<html>gone</html>\n")
    assert load(SYNOP, settings, str(tmp_path)).is_above_reject_limit


def test_bad_cells_are_kept_as_rejects(settings, tmp_path):
    monthly(
        tmp_path / "synop.202001.csv",
        [monthly_row("07005", f"202001{day:02d}000000", t="n/a" if day == 3 else "280") for day in range(1, 31)],
    )
    summary = load(SYNOP, settings, str(tmp_path))
    assert summary.tables["observations"].rejected_cell_count == 1 and not summary.is_above_reject_limit
    assert query(settings, "select source_file, source_row, column_name, value, reason from raw_synop.rejects") == [
        ("synop.202001.csv", 4, "t", "n/a", "not a number")
    ]
    assert query(settings, "select count(*), count(t) from raw_synop.observations") == [(30, 29)]


def test_a_period_takes_the_files_that_overlap_it(settings, tmp_path):
    for name in ("synop.201912.csv.gz", "synop.202001.csv.gz", "synop_2021.csv"):
        month(tmp_path, name)
    summary = load(SYNOP, settings, str(tmp_path), start=date(2020, 1, 31), end=date(2020, 12, 31))
    assert summary.tables["observations"].files == 1
    assert query(settings, "select distinct source_file from raw_synop.observations") == [("synop.202001.csv",)]


def test_replay_fills_a_new_warehouse_from_the_lake_alone(settings, tmp_path):
    month(tmp_path)
    load(SYNOP, settings, str(tmp_path))
    month(tmp_path, t="281.0")
    load(SYNOP, settings, str(tmp_path))
    rows = "select geo_id_wmo, validity_time, t, source_row, landed_at from raw_synop.observations order by all"
    before = query(settings, rows)
    settings.warehouse.unlink()
    for path in tmp_path.glob("*.gz"):
        path.unlink()
    load(SYNOP, settings, replay=True)
    assert query(settings, rows) == before and len(before) == 16


def test_what_landed_before_a_kill_is_loaded_by_the_next_run(settings, tmp_path):
    month(tmp_path)
    incoming = Incoming("observations", "synop.202001.csv", tmp_path / "synop.202001.csv.gz", "synop.202001.csv.gz")
    Lake(settings.lake).land("synop", incoming, datetime(2026, 1, 1))
    assert load(SYNOP, settings, replay=True).tables["observations"].appended_row_count == 8


def test_bytes_gone_from_the_lake_are_told_and_taken_when_they_come_again(settings, tmp_path):
    path = month(tmp_path / "in")
    load(SYNOP, settings, str(tmp_path / "in"))
    settings.warehouse.unlink()
    lake = Lake(settings.lake)
    (landing,) = lake.landings("synop")
    lake.open_path(landing).unlink()
    assert load(SYNOP, settings, replay=True).refused == [
        {"file": "synop.202001.csv", "reason": f"its bytes are missing from the lake; {loading.REMEDY}"}
    ]
    assert load(SYNOP, settings, str(path)).tables["observations"].appended_row_count == 8
    assert lake.open_path(landing).exists() and len(list(lake.landings("synop"))) == 1


def test_a_version_never_lands_before_the_one_it_follows(settings, tmp_path):
    path, lake = month(tmp_path / "in"), Lake(settings.lake)
    incoming = Incoming("observations", "synop.202001.csv", path, path.name)
    lake.land("synop", incoming, datetime(2026, 3, 1))
    month(tmp_path / "in", t="281.0")
    behind, _ = lake.land("synop", incoming, datetime(2026, 2, 1))
    assert (behind.version, behind.landed_at_time) == (2, datetime(2026, 3, 1) + timedelta(microseconds=1))


def test_simulated_and_real_weather_never_share_a_folder(settings, tmp_path):
    month(tmp_path / "real")
    month(tmp_path / "sim")
    (tmp_path / "sim" / loading.SIMULATED_MARKER).write_text("{}")
    load(SYNOP, settings, str(tmp_path / "real"))
    with pytest.raises(LoadError, match="holds simulated weather, this data folder real weather"):
        load(SYNOP, settings, str(tmp_path / "sim"))


@pytest.mark.parametrize(
    ("name", "reason"), [("nowhere", "no such file or folder"), ("other", "none of 1 files is synop's")]
)
def test_nothing_to_land_says_so(settings, tmp_path, name, reason):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "data.csv").write_text("a;b\n")
    with pytest.raises(LoadError, match=reason):
        load(SYNOP, settings, str(tmp_path / name))


# --- from a URL ------------------------------------------------------------------------------------------------------


PERIOD = {"start": date(2019, 12, 1), "end": date(2020, 2, 28)}


def test_years_come_as_one_file_or_as_months_and_only_once(settings, provider):
    url, folder, handler = provider
    yearly(folder / "synop_2020.csv.gz", [yearly_row("07005", "2020-01-01T00:00:00Z", t="280")])
    month(folder, "synop.201912.csv.gz")
    (folder / "postesSynop.csv").write_text("ID;Nom;Latitude;Longitude;Altitude\n07005;ABBEVILLE;50.1;1.8;69\n")
    summary = load(SYNOP, settings, url, **PERIOD)
    assert (summary.tables["observations"].files, summary.tables["stations"].files, summary.refused) == (2, 1, [])
    handler.requests.clear()
    again = load(SYNOP, settings, url, **PERIOD)
    assert (again.tables["observations"].unchanged, again.tables["stations"].unchanged) == (2, 1)
    assert [status for path, status in handler.requests if "synop_2020" in path or "201912" in path] == [304, 304]
    record = next((settings.lake / "raw/synop/observations/synop_2020.csv").glob("*.json"))
    assert json.loads(record.read_text())["origin"] == f"{url}synop_2020.csv.gz"


@pytest.mark.parametrize("fault", ["cut", "html", "403"])
def test_a_file_that_comes_badly_is_refused_and_the_others_go_on(settings, provider, fault):
    url, folder, handler = provider
    for year in (2019, 2020):
        yearly(folder / f"synop_{year}.csv.gz", [yearly_row("07005", f"{year}-12-01T00:00:00Z", t="280")])
    handler.faults["/synop_2020.csv.gz"] = fault
    summary = load(SYNOP, settings, url, **PERIOD)
    assert summary.tables["observations"].appended_row_count == 1
    assert any("synop_2020" in refused["file"] for refused in summary.refused)
    handler.faults.clear()
    assert load(SYNOP, settings, url, **PERIOD).tables["observations"].appended_row_count == 1


def test_a_file_that_shrank_is_refused_unless_forced(settings, provider):
    url, folder, _ = provider
    rows = [yearly_row("07005", f"2020-01-{day:02d}T00:00:00Z", t="280") for day in range(1, 29)]
    path = yearly(folder / "synop_2020.csv", rows)
    load(SYNOP, settings, f"{url}synop_2020.csv")
    yearly(path, rows[:3])
    summary = load(SYNOP, settings, f"{url}synop_2020.csv")
    (refused,) = summary.refused
    assert refused["file"] == "synop_2020.csv" and "last time: not taken (--force" in refused["reason"]
    assert summary.tables["observations"].files == 0 and summary.is_above_reject_limit
    assert load(SYNOP, settings, f"{url}synop_2020.csv", force=True).tables["observations"].files == 1


@pytest.fixture(autouse=True)
def no_pause_between_retries(monkeypatch):
    monkeypatch.setattr("ingestion.http.client.BACKOFF_SECONDS", 0.0)


def test_an_unreachable_provider_says_so_without_the_query(settings, tmp_path, monkeypatch):
    monkeypatch.setattr("ingestion.http.client.RETRIES", 0)
    with pytest.raises(LoadError, match="check the address") as error:
        load(SYNOP, settings, "http://127.0.0.1:9/synop_2020.csv.gz?key=very-secret")
    assert "very-secret" not in str(error.value)
