"""The app on Snowflake: the same answers as from the published file, and a sentence where there are none."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from isobar.publish import snowflake as swap
from isobar.settings import PROJECT_ROOT
from isobar.settings import Settings as CommandSettings
from isobar.warehouse import bookkeeping
from isobar.warehouse.base import Warehouse
from tests.snowflake.conftest import Emulated
from tests.tooling.test_snowflake_sql import faults

for folder in (str(PROJECT_ROOT / "streamlit"), str(PROJECT_ROOT / "tests" / "app")):
    if folder not in sys.path:  # as `streamlit run` and the app's tests have it
        sys.path.insert(0, folder)

import fixture_health  # noqa: E402
import marts_fixture  # noqa: E402

from health import data as health  # noqa: E402
from repository import (  # noqa: E402
    DuckDBHealthRepository,
    DuckDBRepository,
    NoHealth,
    NotPublished,
    Replaced,
    Repository,
    RepositoryError,
    SessionExpired,
    SnowflakeHealthRepository,
    SnowflakeRepository,
    Unreachable,
)
from settings import Settings, SettingsError, SnowflakeAccount  # noqa: E402
from shared.sources import sources  # noqa: E402

STATION, CITY = "wmo:07510", "city:bordeaux-fr"
SERIES = ((STATION, "synop"),)
EVER = (date(2000, 1, 1), date(2100, 1, 1))
SKILL = (CITY, "openweather", "temperature_c", "all")
AIR_SINCE = datetime(2000, 1, 1)


@pytest.fixture(scope="module")
def marts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return marts_fixture.publish(tmp_path_factory.mktemp("published"), publication_id="pub-1")


@pytest.fixture(scope="module")
def account(emulated: Emulated) -> SnowflakeAccount:
    known = {name: value for name, value in asdict(emulated.account).items() if name != "database"}
    return SnowflakeAccount(**known, database="APP")


@pytest.fixture(scope="module")
def filled(emulated: Emulated, account: SnowflakeAccount, marts: Path) -> SnowflakeAccount:
    """The published schema, with what the file has."""
    session = replace_database(emulated, account.database)
    session.execute("create schema if not exists isobar")
    copy_in(session, marts, "published", ["isobar.publication", "isobar.sources"])
    for table in ("publication", "sources"):
        session.execute(f"create or replace view isobar.{table} as select * from published.{table}")
    return account


def copy_in(session: Warehouse, path: Path, schema: str, more: Sequence[str] = ()) -> None:
    """Make `schema` with all tables and views of a DuckDB file's main schema, and `more`."""
    session.execute(f"create schema if not exists {schema}")
    with duckdb.connect() as file:
        file.execute(f"attach '{path}' as published (read_only); use published")
        shown = "select table_name from information_schema.tables where table_schema = 'main'"
        for name in [*(name for (name,) in file.execute(shown).fetchall()), *more]:
            columns = ", ".join(f"{column} {kind}" for column, kind, *_ in file.execute(f"describe {name}").fetchall())
            table = name.rpartition(".")[2].upper()
            session.execute(f"create or replace table {schema}.{table} ({columns})")
            staged = path.parent / f"{table}.parquet"
            file.execute(f"copy (select * from {name}) to '{staged}' (format parquet)")
            stage = f'@"{schema.upper()}"."%{table}"/"1"'
            session.execute(f"put 'file://{staged}' '{stage}' overwrite = true, auto_compress = false")
            session.execute(
                f"""copy into "{schema.upper()}"."{table}" from '{stage}/{staged.name}'"""
                " file_format = (type = 'PARQUET') match_by_column_name = 'CASE_INSENSITIVE'"
            )


def replace_database(emulated: Emulated, database: str):  # type: ignore[no-untyped-def]
    return replace(emulated, account=replace(emulated.account, database=database)).session()


@pytest.fixture
def repository(filled: SnowflakeAccount) -> Iterator[SnowflakeRepository]:
    made = SnowflakeRepository(filled)
    yield made
    made.close()


def answers(repository: Repository) -> dict[str, object]:
    """One answer of every question that the app asks."""
    asked: dict[str, tuple[object, ...]] = {
        "publication": (),
        "sources": (),
        "locations": (),
        "latest_conditions": (),
        "conditions_between": (marts_fixture.NEWEST, marts_fixture.NOW),
        "vigilance": (marts_fixture.NOW,),
        "vigilance_reach": (),
        "newest_days": (),
        "daily_spread": (11,),
        "records": (["all", "11"],),
        "longest_records": (),
        "normals": ([STATION],),
        "daily_extents": ([STATION],),
        "daily_weather": (SERIES, *EVER),
        "summed_weather": (SERIES, *EVER, "month"),
        "period_figures": (SERIES, *EVER),
        "heavy_rain": (SERIES, *EVER, 10.0),
        "winds": (*SERIES[0], *EVER, 0.3),
        "climate_series": (),
        "climate_months": (STATION, "climat"),
        "climate_normals": (STATION, "climat"),
        "weather_records": (STATION, "climat"),
        "weather_events": (STATION,),
        "thermal_indicator": ("available", *EVER),
        "daily_series": (),
        "decision_days": SERIES[0],
        "reports": (*SERIES[0], "wind", *EVER),
        "forecast_places": (),
        "forecast_months": (CITY,),
        "forecast_scores": SKILL,
        "forecast_spread": SKILL,
        "forecast_pairs": (*SKILL, 24, 100),
        "forecast_stations": SKILL,
        "newest_forecast": (CITY, "openweather"),
        "air_quality_places": (),
        "air_quality": (CITY, "openweather", AIR_SINCE),
        "air_quality_indices": (CITY, "openweather", AIR_SINCE),
        "newest_air_quality_forecast": (CITY, "openweather"),
    }
    questions = {name for name, each in vars(Repository).items() if not name.startswith("_") and callable(each)}
    assert questions - {"is_current", "close"} == set(asked), "a question that nobody asks here"
    return {name: getattr(repository, name)(*arguments) for name, arguments in asked.items()}


def in_order(rows: pd.DataFrame) -> pd.DataFrame:
    """Not every question asks for an order."""
    return rows.sort_values(list(rows.columns), ignore_index=True)


def test_before_the_first_publication(emulated: Emulated, account: SnowflakeAccount) -> None:
    replace_database(emulated, "EMPTY").close()
    with pytest.raises(NotPublished):
        SnowflakeRepository(replace(account, database="EMPTY"))
    with pytest.raises(NoHealth):
        SnowflakeHealthRepository(replace(account, database="EMPTY"))


def test_health_is_that_of_the_file(emulated: Emulated, account: SnowflakeAccount, tmp_path: Path) -> None:
    file = fixture_health.publish_health(tmp_path, fixture_health.troubled())
    session = replace_database(emulated, account.database)
    copy_in(session, file, "health")
    repository = SnowflakeHealthRepository(account)
    here, there = vars(health.read(DuckDBHealthRepository(file))), vars(health.read(repository))
    assert here.pop("build").to_dict() == there.pop("build").to_dict()
    for name, expected in here.items():
        assert not expected.empty, name
        pd.testing.assert_frame_equal(in_order(there[name]), in_order(expected), obj=name, check_dtype=False)
    assert repository.is_current()
    session.execute("drop table health.agg_api_budgets")
    assert health.read(repository).budgets.empty, "a table that is not there has no rows"
    session.execute("update health.health set written_at = written_at + interval '1 hour'")
    assert not repository.is_current()
    with pytest.raises(Replaced):
        repository.build()


def test_answers_are_those_of_the_file(repository: SnowflakeRepository, marts: Path) -> None:
    here, there = answers(DuckDBRepository(marts)), answers(repository)
    assert here.pop("publication") == there.pop("publication")
    for name, expected in here.items():
        if isinstance(expected, pd.DataFrame):
            assert not expected.empty, name
            pd.testing.assert_frame_equal(in_order(there[name]), in_order(expected), obj=name, check_dtype=False)
        else:
            assert there[name] == expected, name


def test_a_publication_describes_its_sources(emulated: Emulated, account: SnowflakeAccount, tmp_path: Path) -> None:
    described = replace(emulated.account, database="DESCRIBED")
    replace_database(emulated, described.database).run(bookkeeping.STATE)
    swap.publish(CommandSettings(data_dir=tmp_path, target="snowflake", snowflake=described), [], "build-1", None)
    repository = SnowflakeRepository(replace(account, database="DESCRIBED"))
    found = sources(repository, "real").attribution("en", ["synop", "unheard"])
    assert found == "Météo-France SYNOP (Licence Ouverte / Etalab 2.0), unheard"
    repository.close()


def test_values_of_the_address_are_never_sql(repository: SnowflakeRepository) -> None:
    assert repository.daily_extents(["' or 1=1 --"]).empty


def test_a_publication_that_is_replaced_while_it_is_read(
    repository: SnowflakeRepository, emulated: Emulated, filled: SnowflakeAccount
) -> None:
    session = replace_database(emulated, filled.database)
    assert repository.is_current()
    session.execute("update published.publication set publication_id = 'pub-2'")
    try:
        assert not repository.is_current()
        with pytest.raises(Replaced):
            repository.locations()
        assert not SnowflakeRepository(filled).locations().empty
    finally:
        session.execute("update published.publication set publication_id = 'pub-1'")


def end_session(repository: SnowflakeRepository) -> None:
    """Forget the session on the server's side: its token is valid no more."""
    repository._connection._rest._token = "expired"


def test_an_expired_session_is_renewed_once(repository: SnowflakeRepository, emulated: Emulated) -> None:
    before = len(emulated.connections)
    end_session(repository)
    assert not repository.locations().empty
    assert len(emulated.connections) == before + 1


def test_a_session_that_cannot_be_renewed_is_a_sentence(
    repository: SnowflakeRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    renewed = repository._connected

    def expired():  # type: ignore[no-untyped-def]
        connection = renewed()
        connection._rest._token = "expired"
        return connection

    monkeypatch.setattr(repository, "_connected", expired)
    end_session(repository)
    with pytest.raises(SessionExpired):
        repository.locations()


def test_a_key_that_cannot_be_read_is_a_sentence(filled: SnowflakeAccount, tmp_path: Path) -> None:
    wrong = tmp_path / "key.p8"
    wrong.write_text("no key", encoding="utf-8")
    for account in (
        replace(filled, private_key_path=str(wrong)),
        replace(filled, private_key_path=str(tmp_path / "none")),
    ):
        with pytest.raises(Unreachable):
            SnowflakeRepository(account)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_state_has_a_sentence(language: str) -> None:
    from shared.translations import TEXTS

    for error in RepositoryError.__subclasses__():
        assert TEXTS[language][error.reason]


def test_settings_name_what_is_missing() -> None:
    with pytest.raises(SettingsError, match="ISOBAR_SNOWFLAKE_ACCOUNT"):
        Settings.from_environment({"ISOBAR_TARGET": "snowflake"})


def test_every_statement_of_the_app_is_snowflakes_too(marts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    original = DuckDBRepository._query

    def noted(self: DuckDBRepository, sql: str, parameters: Sequence[object] = ()) -> pd.DataFrame:
        asked.append(sql)
        return original(self, sql, parameters)

    monkeypatch.setattr(DuckDBRepository, "_query", noted)
    answers(DuckDBRepository(marts))
    assert len(asked) >= 35
    assert {statement: found for statement in asked if (found := faults(statement))} == {}
