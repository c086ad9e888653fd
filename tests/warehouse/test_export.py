"""The public warehouse: what leaves the house, what does not, and that a stranger can read it over HTTP."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import duckdb
import pytest
from aiohttp import web
from fsspec.implementations.http import HTTPFileSystem

from ingestion.load import load
from ingestion.registry import SOURCES
from isobar.publish.duckdb import published_partitions
from isobar.publish.export import CATALOGUE, VIEWS, ExportError, export
from isobar.publish.export_csv import export_csv, file_names
from isobar.settings import Settings
from isobar.upkeep.site import write_site
from isobar.upkeep.state import SEAL, seal
from isobar.warehouse.dbt import Project, project_environment
from tests.openweather.provider import weather
from tests.warehouse.conftest import Warehouse
from tests.warehouse.published import count

IN_THE_ARCHIVE = int(datetime(2020, 1, 2, 6).timestamp())


@pytest.fixture
def mixed(house: Warehouse, tmp_path: Path) -> Warehouse:
    """SYNOP and OpenWeather in one publication."""
    recorded = tmp_path / "recorded"
    recorded.mkdir()
    (recorded / "paris.json").write_text(json.dumps(weather(dt=IN_THE_ARCHIVE)), encoding="utf-8")
    load(SOURCES["openweather"], house.settings, str(recorded))
    house.build()
    assert count(house.data_dir, "select count(*) from fct_observations where source = 'openweather'") == 1
    return house


def opened(folder: Path) -> duckdb.DuckDBPyConnection:
    session = duckdb.connect()
    session.execute(f"attach '{folder / VIEWS}' as isobar (read_only); use isobar")
    session.execute(f"set file_search_path = '{folder}'")  # as one who works in the folder
    return session


def test_only_open_rows_leave_and_a_second_export_writes_nothing(mixed: Warehouse, tmp_path: Path) -> None:
    folder = tmp_path / "public"
    done = export(mixed.settings, folder)
    catalogue = json.loads((folder / CATALOGUE).read_text(encoding="utf-8"))
    assert [licence["source"] for licence in catalogue["licences"]] == [
        "climat", "climatology", "meteofrance_vigilance", "synop",
    ]  # fmt: skip
    with opened(folder) as session:
        for mart in catalogue["marts"]:
            exported = session.execute(f"select * from {mart['name']}").fetchall()
            assert len(exported) == sum(file["row_count"] for file in mart["files"]) > 0, mart["name"]
            assert not [row for row in exported if any("openweather" in str(cell) for cell in row)], mart["name"]
            assert not [row for row in exported if any(str(cell).startswith("city:") for cell in row)], mart["name"]
            described = [(name, kind) for name, kind, *_ in session.execute(f"describe {mart['name']}").fetchall()]
            assert [name for name, _ in described] == [column["name"] for column in mart["columns"]], mart["name"]
        for name in ("fct_observations", "fct_daily_weather"):
            mine = session.execute(f"select count(*) from {name}").fetchall()[0][0]
            assert mine == count(mixed.data_dir, f"select count(*) from {name} where source = 'synop'") > 0
    before = {path: path.stat().st_mtime_ns for path in folder.glob("*/*.parquet")}
    again = export(mixed.settings, folder)
    assert (again.written, again.kept, again.removed) == (0, done.written, 0)
    assert {path: path.stat().st_mtime_ns for path in folder.glob("*/*.parquet")} == before


def test_every_mart_says_which_of_its_rows_are_open(warehouse: object) -> None:
    settings = Settings.from_environment()
    with project_environment(settings):
        models = Project(settings).public_models()
    for model in models:
        if model.published_in == "marts" and "source" not in {column.name for column in model.columns}:
            assert model.open_rows, f"{model.name} has no column source: say meta.open_rows"


def test_files_that_nothing_names_go_and_a_foreign_folder_is_left_alone(house: Warehouse, tmp_path: Path) -> None:
    folder = tmp_path / "public"
    export(house.settings, folder)
    stale = folder / "fct_observations" / "1999-0000.parquet"
    stale.touch()
    (folder / "fct_observations" / "2020-killed.parquet.part").touch()
    assert export(house.settings, folder).removed == 2
    assert not stale.exists()
    mine = tmp_path / "photographs"
    mine.mkdir()
    (mine / "sea.jpg").touch()
    with pytest.raises(ExportError, match="choose a new or empty folder"):
        export(house.settings, mine)
    assert [path.name for path in mine.iterdir()] == ["sea.jpg"]


def test_an_export_that_was_killed_is_gone_on_with(
    house: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "public"

    def stopped(*given: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:
        killed.setattr("isobar.publish.export._described", stopped)
        with pytest.raises(KeyboardInterrupt):
            export(house.settings, folder)
    assert list(folder.glob("*/*.parquet"))
    assert not (folder / VIEWS).exists()
    done = export(house.settings, folder)
    assert done.row_count > 0
    with opened(folder) as session:
        assert session.execute("select count(*) from fct_observations").fetchall()[0][0] > 0


def test_nothing_published_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="isobar build"):
        export(Settings(data_dir=tmp_path), tmp_path / "public")


def test_a_csv_file_for_each_place_has_its_open_rows_and_no_other(mixed: Warehouse, tmp_path: Path) -> None:
    folder = tmp_path / "places"
    done = export_csv(mixed.settings, folder)
    files = sorted(path.relative_to(folder).as_posix() for path in folder.glob("*/*"))
    assert len(files) == done.written and {path.partition("/")[2] for path in files} == {"07005-wmo-07005.csv"}
    text = (folder / "fct_observations" / "07005-wmo-07005.csv").read_text(encoding="utf-8")
    assert text.startswith("location_id,observed_at,") and "\nwmo:07005,2020-01-01T00:00:00Z," in text
    with duckdb.connect(str(mixed.settings.marts), read_only=True) as session:
        for path in files:
            mart = path.partition("/")[0]
            columns = session.execute(f"describe {mart}").fetchall()
            types = {name: "varchar" if kind == "TIMESTAMP" else kind for name, kind, *_ in columns}
            stamps = [name for name, kind, *_ in columns if kind == "TIMESTAMP"]
            utc = ", ".join(f"strftime({name}, '%Y-%m-%dT%H:%M:%SZ') as {name}" for name in stamps)
            published = f"select * {f'replace ({utc})' if utc else ''} from {mart} where source = 'synop'"
            there = f"from read_csv('{folder / path}', header = true, columns = {types}, allow_quoted_nulls = false)"
            different = f"({published} except all {there}) union all ({there} except all {published})"
            assert session.execute(f"select count(*) from ({different})").fetchall() == [(0,)], path
            assert session.execute(f"select count(*) from ({there})").fetchall()[0][0] > 0, path
    again = export_csv(mixed.settings, folder)
    assert (again.written, again.kept, again.removed) == (0, done.written, 0)


def test_a_csv_export_that_was_killed_leaves_whole_files_and_is_gone_on_with(
    house: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "places"
    done = export_csv(house.settings, folder)
    before = {path: path.read_bytes() for path in folder.glob("*/*.csv")}
    first = min(before)
    first.write_bytes(b"of an earlier publication")

    def stopped(source: object, target: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:
        killed.setattr("isobar.publish.export_csv.os.replace", stopped)
        with pytest.raises(KeyboardInterrupt):
            export_csv(house.settings, folder)
    assert first.read_bytes() == b"of an earlier publication", "the old file or the new one, never half of it"
    (folder / "fct_observations" / "gone-wmo-1.csv").touch()
    after = export_csv(house.settings, folder)
    assert (after.written, after.kept, after.removed) == (1, done.written - 1, 1)
    assert {path: path.read_bytes() for path in folder.glob("*/*")} == before
    with pytest.raises(ExportError, match="another format"):
        export(house.settings, folder)


def test_names_of_files_are_plain_and_of_one_place_only() -> None:
    places = [("wmo:1", "SAINT-ÉTIENNE / Bouthéon"), ("city:a_b", "Œ"), ("city:a-b", "œ"), ("city:tokyo-jp", "東京")]
    assert file_names(places) == {
        "city:a-b": "oe-city-a-b",
        "city:a_b": "oe-city-a-b-2",
        "city:tokyo-jp": "city-tokyo-jp",
        "wmo:1": "saint-etienne-boutheon-wmo-1",
    }


class Httpfs(HTTPFileSystem):
    """DuckDB asks when a file was changed, to know whether what it remembers of it still holds; ours never change."""

    def modified(self, path: str) -> datetime:
        return datetime(2020, 1, 1)


def test_on_snowflake_it_says_where_exports_are_made(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="ISOBAR_TARGET=duckdb"):
        export(Settings(data_dir=tmp_path, target="snowflake"), tmp_path / "public")


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """A plain web server for static files, byte ranges included, on a free port of this machine."""
    loop = asyncio.new_event_loop()

    async def start() -> tuple[web.AppRunner, int]:
        application = web.Application()
        application.router.add_static("/", folder)
        runner = web.AppRunner(application)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        return runner, runner.addresses[0][1]

    runner, port = loop.run_until_complete(start())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(timeout=10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.fixture
def served(house: Warehouse, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """An export behind a web server, its views made before it was there, and the folder gone from under them."""
    folder = tmp_path / "public"
    folder.mkdir()
    with serving(folder) as url:
        export(house.settings, folder, url)
        yield url, folder


def test_anyone_reads_it_by_url(house: Warehouse, served: tuple[str, Path], tmp_path: Path) -> None:
    """fsspec stands in for DuckDB's httpfs; that extension also attaches the views by URL, which is not proven here."""
    url, _ = served
    http = Httpfs(skip_instance_cache=True)
    copy = tmp_path / "elsewhere" / VIEWS
    copy.parent.mkdir()
    http.get_file(f"{url}/{VIEWS}", str(copy))
    with duckdb.connect() as session:
        session.register_filesystem(http)
        session.execute(f"attach '{copy}' as isobar (read_only)")
        found = session.execute("select count(*), max(temperature_max_c) from isobar.fct_daily_weather").fetchall()[0]
        assert found[0] == count(house.data_dir, "select count(*) from fct_daily_weather")
        catalogue = json.loads(http.cat_file(f"{url}/{CATALOGUE}"))
        path = next(mart for mart in catalogue["marts"] if mart["name"] == "fct_daily_weather")["files"][0]["path"]
        by_hand = session.execute(f"select count(*) from read_parquet('{url}/{path}')").fetchall()[0][0]
        assert by_hand == found[0]
    assert len(published_partitions(house.settings)) >= len(catalogue["marts"])


def test_the_site_has_what_there_is_and_keeps_what_came_before(house: Warehouse, tmp_path: Path) -> None:
    folder = tmp_path / "site"
    (folder / "reports").mkdir(parents=True)
    (folder / "reports" / "index.html").write_text("yesterday's", encoding="utf-8")
    seal(house.settings)
    made = write_site(house.settings, folder, "https://example.org/weather/")
    assert {"marts/catalogue.json", "reports/index.html", "accuracy.html"} <= set(made.parts)
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert "attach 'https://example.org/weather/marts/isobar.duckdb'" in page
    published_at = json.loads((folder / "marts" / CATALOGUE).read_text(encoding="utf-8"))["published_at"]
    assert f"Published {published_at[:16].replace('T', ' ')} UTC" in page
    assert 'href="reports/index.html"' in page and "Temps réel." in page
    assert (folder / SEAL).read_bytes() == (house.data_dir / SEAL).read_bytes()
    assert "<table>" in (folder / "accuracy.html").read_text(encoding="utf-8")
    with duckdb.connect(str(folder / "marts" / VIEWS), read_only=True) as views:
        made_of = views.execute("select string_agg(sql) from duckdb_views() where not internal").fetchall()[0][0]
    assert "https://example.org/weather/marts/fct_observations/2020-" in made_of
