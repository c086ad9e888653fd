"""What every store must keep: the rows of the publication, all of them, once, and only forwards."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import duckdb
import pytest

from isobar.jobs.deliver import NotDelivered, deliver, statements
from isobar.settings import Settings
from serving.outlets.published import Contents, contents
from tests.serving.publisher import MARTS, OBSERVATIONS, PUBLISHED_AT, Marts, published
from tests.serving.stores import PostgreSQLStore, Store

pytestmark = pytest.mark.services
LATER = PUBLISHED_AT + timedelta(hours=1)


@pytest.fixture
def store(postgresql: dict[str, str]) -> Iterator[Store]:
    """A schema of its own in a real server, read by the server's own client."""
    with PostgreSQLStore.new(postgresql) as made:
        yield made


@pytest.fixture
def house(tmp_path: Path, store: Store) -> Settings:
    """A data folder whose publication goes to the store."""
    variables = {"ISOBAR_DATA_DIR": str(tmp_path / "data"), **store.environment}
    return Settings.from_environment(variables)


def changed(condition: str, rain: str = "42.0") -> Marts:
    """The marts of MARTS with other rain in some rows."""
    rows = f"select * replace (case when {condition} then {rain} else rain_mm end as rain_mm) from ({OBSERVATIONS})"
    return {**MARTS, "fct_observations": (rows, *MARTS["fct_observations"][1:])}


def only(condition: str) -> Marts:
    rows = f"select * from ({OBSERVATIONS}) where {condition}"
    return {**MARTS, "fct_observations": (rows, *MARTS["fct_observations"][1:])}


def assert_same(store: Store, settings: Settings) -> Contents:
    """Every mart in the store is the published one, row by row and null by null."""
    publication = contents(settings)
    assert store.tables() == {mart.name for mart in publication.marts}
    with duckdb.connect(str(settings.marts), read_only=True) as marts:
        for mart in publication.marts:
            there = store.rows(mart, marts)
            marts.register("there", there)
            difference = f"(from {mart.name} except all from there) union all (from there except all from {mart.name})"
            assert marts.execute(f"select count(*) from ({difference})").fetchall() == [(0,)], mart.name
            assert there.num_rows == sum(part.row_count for part in mart.parts)
    assert store.publication_id() == publication.publication_id
    return publication


def test_delivered_twice_is_delivered_once(house: Settings, store: Store) -> None:
    settings = published(house)
    (first,), (second,) = deliver(settings).outlets, deliver(settings).outlets
    publication = assert_same(store, settings)
    assert (first.sent, first.row_count, first.deleted) == (4, 10, 0)  # 2025, two months of 2026, the places
    assert (second.sent, second.unchanged, second.row_count) == (0, 4, 0)
    assert first.publication_id == second.publication_id == publication.publication_id


def test_only_the_part_that_changed_is_sent(house: Settings, store: Store) -> None:
    deliver(published(house))
    settings = published(house, changed("observed_at = timestamp '2026-01-01'"), at=LATER)
    (done,) = deliver(settings).outlets
    assert (done.sent, done.unchanged, done.row_count) == (1, 3, 1)
    assert_same(store, settings)


def test_rows_and_parts_that_are_no_more_are_deleted(house: Settings, store: Store) -> None:
    deliver(published(house))
    settings = published(house, only("year(observed_at) = 2026 and location_id <> '07006'"), at=LATER)
    (done,) = deliver(settings).outlets
    assert (done.sent, done.deleted) == (1, 1)
    assert_same(store, settings)
    settings = published(house, only("false"), at=LATER + timedelta(hours=1))
    deliver(settings)
    assert_same(store, settings)


def test_months_that_become_a_year_are_that_year(house: Settings, store: Store) -> None:
    deliver(published(house, only("year(observed_at) = 2026")))
    rows = f"from ({OBSERVATIONS}) union all from ({OBSERVATIONS.replace('2026-', '2027-')}) where year(observed_at) = 2027"
    settings = published(house, {**MARTS, "fct_observations": (rows, *MARTS["fct_observations"][1:])}, at=LATER)
    deliver(settings)
    publication = assert_same(store, settings)
    parts = {part.key.partition for mart in publication.marts for part in mart.parts}
    assert {"2026", "2027-01", "2027-02"} < parts


def test_an_earlier_publication_does_not_come_after_a_later_one(house: Settings, store: Store, tmp_path: Path) -> None:
    settings = published(house, changed("true"), at=LATER)
    deliver(settings)
    (done,) = deliver(published(replace(house, data_dir=tmp_path / "other"))).outlets
    assert done.note and "later publication" in done.note and done.sent == 0
    assert_same(store, settings)


def test_simulated_weather_does_not_come_among_real(house: Settings, store: Store, tmp_path: Path) -> None:
    settings = published(house, kind="real")
    deliver(settings)
    with pytest.raises(NotDelivered, match="it holds real weather, and this data folder simulated weather"):
        deliver(published(replace(house, data_dir=tmp_path / "other"), at=LATER))
    assert_same(store, settings)


def test_a_mart_of_another_shape(house: Settings, store: Store) -> None:
    deliver(published(house))
    rows = f"select * exclude (name, is_good), 'new' as note, code::varchar as is_good from ({OBSERVATIONS})"
    marts = {"fct_observations": (rows, *MARTS["fct_observations"][1:])}
    settings = published(house, marts, at=LATER)
    deliver(settings)
    assert_same(store, settings)
    settings = published(house, at=LATER + timedelta(hours=1))  # and back, the places included
    deliver(settings)
    assert_same(store, settings)


def test_a_store_that_is_down_costs_the_others_nothing(house: Settings, store: Store, tmp_path: Path) -> None:
    down = store.url.replace(str(urlsplit(store.url).port), "9")
    settings = published(replace(house, outlets=(down, store.url)))
    with pytest.raises(NotDelivered, match="no answer: check that it runs") as raised:
        deliver(settings)
    assert [bool(each.error) for each in raised.value.done.outlets] == [True, False]
    assert_same(store, settings)
    assert store.password not in str(raised.value)


def test_a_wrong_password_or_database_is_one_clear_line(house: Settings, store: Store) -> None:
    settings = published(house)
    wrong = replace(settings, variables={**settings.variables, store.password_variable: "wrong-and-hidden"})
    with pytest.raises(NotDelivered, match="the user or the password is not accepted") as raised:
        deliver(wrong)
    assert "wrong-and-hidden" not in str(raised.value) and "\n" not in str(raised.value)
    elsewhere = store.url.replace(urlsplit(store.url).path, "/nowhere")
    with pytest.raises(NotDelivered, match="there is no such database"):
        deliver(replace(settings, outlets=(elsewhere,)))


def test_a_store_that_takes_no_writes_keeps_the_publication_before(house: Settings, store: Store) -> None:
    deliver(published(house))
    before = store.publication_id()
    later = published(house, changed("true"), at=LATER)
    with store.read_only(), pytest.raises(NotDelivered, match="read-only"):
        deliver(later)
    assert store.publication_id() == before
    deliver(later)
    assert_same(store, later)


def test_readers_see_one_publication_at_a_time(house: Settings, store: Store) -> None:
    """Rain is the same in all rows of a publication: a reader who sees two kinds has seen two publications."""
    settings = published(house, changed("true", "0.0"))
    deliver(settings)
    seen: set[tuple[float, ...]] = set()
    is_over = threading.Event()

    def read() -> None:
        while not is_over.is_set():
            seen.add(store.values("fct_observations", "rain_mm"))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for number in range(1, 6):
            marts = changed("true", f"{number}.0")
            deliver(published(house, marts, at=PUBLISHED_AT + timedelta(hours=number)))
    finally:
        is_over.set()
        reader.join()
    assert len(seen) > 1 and all(len(values) == 6 and len({*values}) == 1 for values in seen)


def test_killed_deliveries_leave_a_whole_publication(house: Settings, store: Store) -> None:
    environment = {**os.environ, **house.variables}
    command = [sys.executable, "-m", "isobar.cli", "deliver"]
    many = f"select * exclude (range) replace (location_id || range as location_id) from ({OBSERVATIONS}), range(2000)"
    chance = random.Random(5)
    shown: set[str | None] = {None}
    killed = 0
    for number in range(20):
        rows = many.replace("0.0, false", f"{number}.0, false")
        marts = {**MARTS, "fct_observations": (rows, *MARTS["fct_observations"][1:])}
        settings = published(house, marts, at=PUBLISHED_AT + timedelta(hours=number))
        shown.add(contents(settings).publication_id)
        environment["ISOBAR_NOW"] = (settings.clock or PUBLISHED_AT).isoformat()
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        store.wait_for_writer(process)
        time.sleep(chance.random() * 0.3)
        process.kill()
        killed += process.wait() < 0
        assert store.publication_id() in shown
        with suppress(LookupError):
            assert len(store.values("fct_observations", "rain_mm")) == 12_000
    assert killed > 5, "most deliveries were over before their kill"
    deliver(settings)
    assert_same(store, settings)


def test_two_deliveries_at_once_are_one_after_the_other(house: Settings, store: Store, tmp_path: Path) -> None:
    other = published(replace(house, data_dir=tmp_path / "other"), changed("true"), at=LATER)
    settings = published(house)
    both = [threading.Thread(target=deliver, args=(each,)) for each in (settings, other)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert_same(store, other)


# --- PostgreSQL ------------------------------------------------------------------------------------------------------


@pytest.fixture
def postgresql_store(postgresql: dict[str, str]) -> Iterator[PostgreSQLStore]:
    with PostgreSQLStore.new(postgresql) as made:
        yield made


def test_a_table_that_somebody_changed_is_made_whole(house: Settings, store: Store) -> None:
    assert isinstance(store, PostgreSQLStore)
    deliver(published(house))
    for number, statement in enumerate(("alter table {} add note text, drop column name", "drop table {}"), 1):
        store.ask(statement.format(f"{store.schema}.dim_locations"))
        marts = changed("observed_at = timestamp '2026-01-01'", f"{number}.0")
        settings = published(house, marts, at=PUBLISHED_AT + timedelta(hours=number))
        deliver(settings)
        assert_same(store, settings)


def test_tables_have_keys_types_comments_and_a_reader(tmp_path: Path, postgresql_store: PostgreSQLStore) -> None:
    store = postgresql_store
    variables = {"ISOBAR_DATA_DIR": str(tmp_path / "data"), **store.environment}
    settings = published(Settings.from_environment(variables))
    reader = f"reader_{store.schema}"
    settings = replace(settings, outlets=(f"{store.url}&reader={reader}",))
    (text,) = statements(settings)
    store.ask(text)  # the printed statements make what a delivery would
    deliver(settings)
    keyed = store.ask(
        "select string_agg(attname, ',' order by array_position(indkey::int[], attnum::int)) from pg_index"
        " join pg_attribute on attrelid = indrelid and attnum = any(indkey)"
        f" where indisprimary and indrelid = '{store.schema}.fct_observations'::regclass"
    )
    assert keyed == [("location_id,observed_at",)]
    comments = store.ask(
        f"select obj_description('{store.schema}.fct_observations'::regclass),"
        f" col_description('{store.schema}.fct_observations'::regclass, 4)"
    )
    assert comments == [("It's fct_observations.", "What rain_mm is.")]
    types = store.ask(
        "select string_agg(data_type, ', ' order by ordinal_position) from information_schema.columns"
        f" where table_schema = '{store.schema}' and table_name = 'fct_observations'"
    )
    assert types == [("text, timestamp without time zone, text, double precision, boolean, date, bigint",)]
    can = f"has_table_privilege('{reader}', '{store.schema}.fct_observations', '{{}}')"
    assert store.ask(f"select {can.format('select')}, {can.format('insert')}") == [(True, False)]
    assert_same(store, settings)
