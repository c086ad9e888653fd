"""What MySQL has of its own: exact keys, values it lacks, views by place, and statements that commit by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from isobar.jobs.deliver import NotDelivered, deliver, statements
from isobar.settings import Settings
from serving.outlets.mysql import MySQLDelivery
from tests.serving.publisher import OBSERVATIONS, OBSERVED, PUBLISHED_AT, Marts, published
from tests.serving.stores.mysql import MySQLStore
from tests.serving.test_outlets import assert_same, changed, files

pytestmark = pytest.mark.services
LATER = PUBLISHED_AT + timedelta(hours=1)

NAMES = [
    ("07149", "Météo Orly"),
    ("07005", "Fct observations"),
    ("07006", "Saint-Œuf d'Or"),
    ("07007", "saint oeuf d or"),
    ("07999", "Nobody observes here"),
]
PLACES = " union all ".join(
    "select '{}' as location_id, '{}' as location_name".format(place, label.replace("'", "''"))
    for place, label in NAMES
)
VIEWS = {
    "meteo_orly": "07149",
    "fct_observations_07005": "07005",
    "saint_oeuf_d_or_07006": "07006",
    "saint_oeuf_d_or_07007": "07007",
}
"""A mart's name and one that two places have are told apart by the identifier; a place without observations has no view."""


@pytest.fixture
def store(mariadb: dict[str, str]) -> Iterator[MySQLStore]:
    with MySQLStore.new(mariadb) as made:
        yield made


@pytest.fixture
def settings(tmp_path: Path, store: MySQLStore) -> Settings:
    return Settings.from_environment({"ISOBAR_DATA_DIR": str(tmp_path / "data"), **store.environment})


def marts(store: MySQLStore, rows: str = OBSERVATIONS, places: str = PLACES) -> Marts:
    return {**store.marts(rows), "dim_locations": (places, None, ("location_id",))}


def views(store: MySQLStore) -> dict[str, set[str]]:
    """The view of each place, and whose observations it has."""
    found = store.ask(f"select table_name from information_schema.views where table_schema = '{store.database}'")
    return {
        name: {place for (place,) in store.ask(f"select location_id from {store.database}.`{name}`")}
        for (name,) in found
    }


def test_each_place_has_a_view_of_its_observations(settings: Settings, store: MySQLStore) -> None:
    own = f"create view {store.database}.{{}} as select 1 as location_id"
    store.ask(own.format("meteo_orly"))
    store.ask(own.format("mine"))
    deliver(published(settings, marts(store)))
    mine = {"meteo_orly": {1}, "mine": {1}}
    expected = {name: {place} for name, place in VIEWS.items() if place != "07149"}
    assert views(store) == {**expected, "meteo_orly_07149": {"07149"}, **mine}, "a user's own view stays"
    store.ask(f"drop view {store.database}.meteo_orly")
    renamed = PLACES.replace("Fct observations", "Abbeville")
    deliver(published(settings, marts(store, changed("true"), renamed), at=LATER))
    expected = {**{name: {place} for name, place in VIEWS.items()}, "abbeville": {"07005"}, "mine": {1}}
    del expected["fct_observations_07005"]
    assert views(store) == expected
    rain = store.ask(f"select distinct rain_mm from {store.database}.abbeville")
    assert rain == [(42.0,)]


def test_the_printed_statements_make_what_a_delivery_does(settings: Settings, store: MySQLStore) -> None:
    settings = published(settings, marts(store))
    (text,) = statements(settings)
    store.ask(f"use {store.database};\n{text}")
    assert {*views(store)} == {*VIEWS}
    made = store.ask(f"show create table {store.database}.fct_observations")
    settings = published(settings, marts(store), at=LATER)
    deliver(settings)
    assert store.ask(f"show create table {store.database}.fct_observations") == made, "it is not made again"
    assert_same(store, settings)
    for line in (
        "`location_id` varchar(255) NOT NULL COMMENT 'What location_id is.'",
        "`observed_at` datetime(6) NOT NULL COMMENT 'What observed_at is. UTC.'",
        "`name` text DEFAULT NULL",
        "`rain_mm` double DEFAULT NULL",
        "`is_good` tinyint(1) DEFAULT NULL",
        "`code` bigint(20) DEFAULT NULL",
        "PRIMARY KEY (`location_id`,`observed_at`)",
        "DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin COMMENT='It''s fct_observations.'",
    ):
        assert line in made[0][1]


def test_infinity_is_null_and_not_another_number(settings: Settings, store: MySQLStore) -> None:
    rows = OBSERVATIONS.replace("-1e-300", "'nan'::double")
    deliver(published(settings, {"fct_observations": (rows, *OBSERVED)}))
    rains = store.ask(f"select location_id, rain_mm from {store.database}.fct_observations order by 1, observed_at")
    assert rains == [("07005", None), ("07006", 0.1), ("07007", None), *(("07149", rain) for rain in (1.5, None, 0.0))]


def test_keys_that_differ_in_a_byte_are_different(settings: Settings, store: MySQLStore) -> None:
    keys = ["a", "A", "a ", "à", "a\u0301", "\\", "'", '"', "NULL", ""]
    values = ", ".join("('{}', 1.0::double)".format(key.replace("'", "''")) for key in keys)
    rows = f"select *, timestamp '2026-01-01' as observed_at from (values {values}) as rows (location_id, rain_mm)"
    settings = published(settings, {"fct_observations": (rows, *OBSERVED)})
    deliver(settings)
    assert_same(store, settings)


def test_a_key_that_does_not_fit_is_refused_and_not_cut(settings: Settings, store: MySQLStore) -> None:
    settings = published(settings, marts(store))
    deliver(settings)
    before = store.rains()
    rows = changed("true").replace("'07005'", f"'{'x' * 256}'")
    with pytest.raises(NotDelivered, match="a row is not as its mart: Data truncated for column 'location_id'"):
        deliver(published(settings, marts(store, rows), at=LATER))
    assert store.rains() == before


def test_a_table_that_somebody_changed_is_made_whole(settings: Settings, store: MySQLStore) -> None:
    deliver(published(settings, marts(store)))
    table = f"{store.database}.fct_observations"
    for number, statement in enumerate(
        (f"alter table {table} add note text, drop primary key", f"drop table {table}"), 1
    ):
        store.ask(statement)
        at = PUBLISHED_AT + timedelta(hours=number)
        settings = published(settings, marts(store, changed("year(observed_at) = 2025", f"{number}.0")), at=at)
        deliver(settings)
        assert_same(store, settings)
        assert views(store) == {name: {place} for name, place in VIEWS.items()}


def test_a_new_description_empties_nothing(
    settings: Settings, store: MySQLStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(published(settings, marts(store)))
    monkeypatch.setattr("serving.outlets.mysql._comment", lambda column: f"Another word on {column.name}.")
    settings = published(settings, marts(store, changed("location_id = '07005'")), at=LATER)
    (done,) = deliver(settings).outlets
    assert done.unchanged == len(files(settings)) - 1
    (made,) = store.ask(f"show create table {store.database}.fct_observations")
    assert "Another word on rain_mm." in made[1]
    assert_same(store, settings)


@pytest.mark.parametrize("step", ["_make_views", "apply", "finish"])
def test_what_ends_between_its_tables_and_its_rows_is_finished_by_the_next(
    settings: Settings, store: MySQLStore, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    deliver(published(settings, marts(store)))
    rows = f"select * exclude (name), 'new' as note from ({OBSERVATIONS})"
    settings = published(settings, marts(store, rows), at=LATER)
    with monkeypatch.context() as patched:
        patched.setattr(MySQLDelivery, step, _interrupted)
        with pytest.raises(InterruptedError):
            deliver(settings)
    deliver(settings)
    assert_same(store, settings)
    assert views(store) == {name: {place} for name, place in VIEWS.items()}


def _interrupted(*_: object) -> None:
    raise InterruptedError


def test_a_mart_that_is_no_more_goes_after_the_others_are_there(
    settings: Settings, store: MySQLStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An end between the new publication and the table that goes leaves the table to the next delivery."""
    daily = "select 'a' as location_id, date '2026-01-01' as weather_date"
    deliver(published(settings, {**marts(store), "fct_daily_weather": (daily, "weather_date", ("location_id",))}))
    settings = published(settings, marts(store), at=LATER)
    execute = MySQLDelivery._execute

    def ends_at_drop(self: MySQLDelivery, statement: str, *values: object) -> object:
        if statement.startswith("drop table"):
            raise InterruptedError
        return execute(self, statement, *values)

    with monkeypatch.context() as patched:
        patched.setattr(MySQLDelivery, "_execute", ends_at_drop)
        with pytest.raises(InterruptedError):
            deliver(settings)
    assert "fct_daily_weather" in store.tables()
    deliver(settings)
    assert_same(store, settings)


def test_a_server_that_takes_no_files_is_one_clear_line(settings: Settings, store: MySQLStore) -> None:
    settings = published(settings, marts(store))
    store.ask("set global local_infile = off", as_root=True)
    try:
        with pytest.raises(NotDelivered, match="it takes no LOAD DATA LOCAL: set local_infile = ON"):
            deliver(settings)
    finally:
        store.ask("set global local_infile = on", as_root=True)
    deliver(settings)
    assert_same(store, settings)


def test_a_user_who_may_not_write_is_told_so(settings: Settings, store: MySQLStore) -> None:
    reader = f"reader_{store.database}"
    store.ask(f"create user {reader}@'127.0.0.1' identified by '{store.password}'", as_root=True)
    store.ask(f"grant select on {store.database}.* to {reader}@'127.0.0.1'", as_root=True)
    try:
        with pytest.raises(NotDelivered, match="the user may not write there: grant it ALL on the database"):
            deliver(replace(published(settings, marts(store)), outlets=(store.url.replace("isobar@", f"{reader}@"),)))
    finally:
        store.ask(f"drop user {reader}@'127.0.0.1'", as_root=True)
