"""Elementary's monitors over a simulated month: silent while all is well, through a heat wave too, and each fault by its name."""

from __future__ import annotations

import csv
import gzip
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from dbt.cli.main import dbtRunner

from ingestion.load import load
from ingestion.registry import SOURCES
from isobar.health.alerts import all_open
from isobar.health.judgement import Kind
from isobar.health.report import make_report
from isobar.health.snapshot import publish_health
from isobar.health.status import status
from isobar.jobs.build import build_and_publish
from isobar.settings import Settings
from isobar.warehouse import dbt
from simulator.archive import write_archive
from simulator.events import events_of_year
from simulator.openweather import OpenWeather, openweather_server
from simulator.server import Request, Response, Route
from tests import own
from tests.warehouse.simulated import SEED, settings_of

pytestmark = pytest.mark.long

HEAT_WAVE = next(event for event in events_of_year(2026) if event.kind == "heat_wave")
FIRST = HEAT_WAVE.start.date() - timedelta(days=24)
LEARNING_DAYS = 12
"""Of fewer than eleven days none can be three standard deviations from the others: silence would prove nothing."""
QUIET_DAYS = LEARNING_DAYS + 30
DAYS_AFTER = (QUIET_DAYS + 1, QUIET_DAYS + 2, QUIET_DAYS + 3)
"""Faults are of the first of them: monitors wait for a source that completes yesterday today."""
POLLS_PER_DAY = 8
STATIONS = 12
BROKEN_STATION = "07110"
ARCHIVE_START = FIRST - timedelta(days=3)
"""An archive is a month's file: what lies before the first load lands with it."""


def morning(day: int) -> datetime:
    """The clock of the loads and builds of a day, the first being 0."""
    return datetime(FIRST.year, FIRST.month, FIRST.day, 6, 30) + timedelta(days=day)


@pytest.fixture(scope="module", autouse=True)
def elementary(dbt_ready: None) -> Iterator[None]:
    """The real package, switched on, with data tests: they are what is tested here."""
    if dbt.elementary_version() in (None, dbt.STUB_VERSION):
        pytest.skip("Elementary's dbt package is not installed: stubs stand in for it")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ISOBAR_ELEMENTARY", "on")
        patch.setenv("DBT_EXCLUDE_RESOURCE_TYPES", "unit_test")
        yield


def load_synop(settings: Settings, archive: Path, day: int, change: Callable[[Path], None] | None = None) -> None:
    """What the archive holds that morning, after `change` has spoilt it."""
    now = morning(day)
    write_archive(archive, ARCHIVE_START, now.date(), SEED, stations=STATIONS, revisions=True, as_of=now)
    origin = archive
    if change:
        origin = archive.with_name(f"changed-{day}")
        shutil.copytree(archive, origin)
        change(origin / f"synop.{now:%Y%m}.csv.gz")
    load(SOURCES["synop"], replace(settings, clock=now), str(origin))


def load_openweather(
    settings: Settings, first: int, last: int, through: Callable[[Route], Route] | None = None
) -> None:
    """The polls of those days, one every three hours, up to the morning of the last, as `through` has them."""
    now = morning(first)

    def polls() -> Iterator[datetime]:
        nonlocal now
        while now <= morning(last):
            yield now
            now += timedelta(hours=24 / POLLS_PER_DAY)

    provider: Route = OpenWeather(SEED, lambda: now)
    with openweather_server(through(provider) if through else provider) as url:
        load(SOURCES["openweather"], own.openweather(settings, url=url), as_of=polls())


def warnings_of(settings: Settings, now: datetime) -> set[str]:
    """Monitors that warn at that time, in a run of their own."""
    settings = replace(settings, clock=now)
    with dbt.project_environment(settings):
        project = dbt.Project(settings)
        uploads_off = {"disable_dbt_artifacts_autoupload": True, "disable_run_results": True}  # half of the time
        variables = json.dumps({"now": now.isoformat(), dbt.ELEMENTARY_CLOCK: now.isoformat(), **uploads_off})
        options = ["--select", "tag:elementary", *dbt._common(settings), "--vars", variables]
        outcome = dbt.invoke(dbtRunner(manifest=project.manifest), "test", *options)
    assert outcome.exception is None
    results = outcome.result.results  # type: ignore[union-attr]
    assert not [result.message for result in results if str(result.status) not in ("pass", "warn", "success")]
    return {result.node.name for result in results if str(result.status) == "warn"}


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All days of both sources, loaded as they came, in one build."""
    folder = tmp_path_factory.mktemp("quiet")
    settings = settings_of(folder / "data")
    with dbt.project_environment(settings):
        for day in range(QUIET_DAYS + 1):
            load_synop(settings, folder / "archive", day)
        load_openweather(settings, 0, QUIET_DAYS)
    settings = replace(settings, clock=morning(QUIET_DAYS))
    with dbt.project_environment(settings):
        assert build_and_publish(settings).dbt.warnings == []
    return folder


@pytest.fixture
def house(quiet: Path, tmp_path: Path) -> tuple[Settings, Path]:
    """A copy of it to go on with, and its archive."""
    shutil.copytree(quiet, tmp_path / "house")
    return settings_of(tmp_path / "house" / "data"), tmp_path / "house" / "archive"


def built(settings: Settings, day: int) -> set[str]:
    """Monitors that warn in a build of that morning, as its summary names them; `isobar status` and alerts name the same."""
    settings = replace(settings, clock=morning(day))
    with dbt.project_environment(settings):
        warned = {warning.split(":")[0] for warning in build_and_publish(settings).dbt.warnings}
    publish_health(settings)
    assert set(status(settings).warning) == warned
    alerts = [change.alert for change in all_open(settings).changes if change.alert.kind is Kind.ANOMALY]
    assert {alert.name.split()[0] for alert in alerts} == warned
    return warned


@pytest.fixture(scope="module")
def calm(quiet: Path) -> dict[int, set[str]]:
    """Day -> monitors that warned: the last two days are judged, so that every other day will do."""
    settings = settings_of(quiet / "data")
    return {day: warnings_of(settings, morning(day)) for day in range(LEARNING_DAYS + 2, QUIET_DAYS + 1, 2)}


def test_nothing_cries_on_thirty_quiet_days_with_a_heat_wave(calm):
    assert morning(LEARNING_DAYS) < HEAT_WAVE.start < HEAT_WAVE.end < morning(QUIET_DAYS - 2)
    assert len(calm) == 15
    assert {day: found for day, found in calm.items() if found} == {}


def test_a_source_that_stops_a_cut_volume_and_a_changed_type_are_named(house):
    settings, archive = house

    def a_third(file: Path) -> None:
        """Of the rows of the day after the quiet ones, every third is left."""
        struck = morning(DAYS_AFTER[0]).date()
        rows, head = rows_of(file)
        kept = [row for number, row in enumerate(rows) if day_of(row) != struck or number % 3 == 0]
        write_rows(file, head, kept)

    with dbt.project_environment(settings):
        for day in DAYS_AFTER:
            load_synop(settings, archive, day, a_third)  # and no poll since
        with duckdb.connect(str(settings.warehouse)) as warehouse:
            warehouse.execute("alter table raw_openweather.current alter humidity type decimal(5, 1)")
    found = built(settings, DAYS_AFTER[-1])
    polled = ("current", "forecasts", "air_pollution", "air_pollution_forecasts")
    assert found == {
        "raw_synop_observations_volume",
        "fct_observations_volume_by_source",
        "raw_openweather_current_schema",
        *(f"raw_openweather_{table}_{monitor}" for table in polled for monitor in ("volume", "freshness")),
    }
    with duckdb.connect(str(settings.warehouse), read_only=True) as warehouse:
        said = warehouse.execute(
            "select distinct dimension_value from (select json_extract_string(result_row, '$.dimension_value') as"
            " dimension_value, json_extract_string(result_row, '$.is_anomalous') as is_anomalous"
            " from elementary.test_result_rows) where dimension_value is not null and is_anomalous = 'true'"
        ).fetchall()
    assert {source for (source,) in said} == {"synop", "openweather"}


def test_one_station_at_55_degrees_is_named_by_its_rejected_values(house):
    settings, archive = house

    readings: list[int] = []

    def broken(file: Path) -> None:
        rows, head = rows_of(file)
        column, station = head.index("t"), head.index("numer_sta")
        struck = [
            row for row in rows if row[station] == BROKEN_STATION and day_of(row) == morning(DAYS_AFTER[0]).date()
        ]
        readings.append(len(struck))
        for row in struck:
            row[column] = "328.150000"
        write_rows(file, head, rows)

    with dbt.project_environment(settings):
        for day in DAYS_AFTER:
            load_synop(settings, archive, day, broken)
        load_openweather(settings, QUIET_DAYS, DAYS_AFTER[-1])
    assert readings[-1] == 8  # simulated stations have outages, too: there was something to spoil
    assert built(settings, DAYS_AFTER[-1]) == {"fct_quality_findings_rejected"}


def test_values_that_go_missing_and_a_unit_that_changes_are_named(house):
    settings, archive = house
    emptied = {
        "t": "temperature_c",
        "u": "relative_humidity_pct",
        "pmer": "pressure_sea_level_hpa",
        "ff": "wind_speed_ms",
    }

    def every_other(file: Path) -> None:
        """Of the rows of the day after the quiet ones, every other lacks the four measures."""
        rows, head = rows_of(file)
        struck = [row for row in rows if day_of(row) == morning(DAYS_AFTER[0]).date()]
        for row in struck[::2]:
            for column in emptied:
                row[head.index(column)] = "mq"
        write_rows(file, head, rows)

    def in_ppb(route: Route) -> Route:
        """Ozone of all answers in parts per billion, and nobody says so: 1 ppb is 2 ug/m3 at 20 degC and 1013 hPa."""

        def answer(request: Request) -> Response:
            response = route(request)
            if "air_pollution" not in request.path:
                return response
            body = json.loads(response.body)
            for hour in body["list"]:
                hour["components"]["o3"] = round(hour["components"]["o3"] / 2, 2)
            return replace(response, body=json.dumps(body).encode())

        return answer

    with dbt.project_environment(settings):
        for day in DAYS_AFTER:
            load_synop(settings, archive, day, every_other)
        load_openweather(settings, QUIET_DAYS, DAYS_AFTER[0])
        load_openweather(settings, DAYS_AFTER[0], DAYS_AFTER[-1], in_ppb)  # the day after is the first of nothing else
    assert built(settings, DAYS_AFTER[-1]) == {
        *(f"fct_observations_{measure}_nulls" for measure in emptied.values()),
        "fct_air_quality_o3_ugm3_average",
    }


def test_a_build_that_failed_is_in_the_report_and_stays_failed(house):
    settings = replace(house[0], clock=morning(DAYS_AFTER[0]))
    with dbt.project_environment(settings):
        with duckdb.connect(str(settings.warehouse)) as warehouse:
            warehouse.execute("update raw_synop.observations set geo_id_wmo = null where source_row = 2")
        with pytest.raises(dbt.BuildError, match="not_null"):
            build_and_publish(settings)
        report = make_report(settings)
    assert report.failed == 1
    assert report.tests > 100
    assert report.warned > 0  # no poll since the day before
    assert Path(report.path).stat().st_size > 1_000_000  # results and page in one file, packed
    assert f'href="{Path(report.path).name}"' in (settings.data_dir / "reports" / "index.html").read_text()
    assert Path(report.path).name == f"elementary-{morning(DAYS_AFTER[0]):%Y-%m-%d}.html"


def rows_of(file: Path) -> tuple[list[list[str]], list[str]]:
    """Rows and header of an archive."""
    with gzip.open(file, "rt", encoding="utf-8", newline="") as handle:
        head, *rows = csv.reader(handle, delimiter=";")
    return rows, head


def write_rows(file: Path, head: list[str], rows: list[list[str]]) -> None:
    with gzip.open(file, "wt", encoding="utf-8", newline="") as handle:
        csv.writer(handle, delimiter=";", lineterminator="\n").writerows([head, *rows])


def day_of(row: list[str]) -> date:
    """The second column of the monthly layout is the time, as 20260701060000."""
    return date.fromisoformat(row[1][:8])
