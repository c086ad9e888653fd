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
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import duckdb
import pytest

from isobar.jobs.deliver import NotDelivered, deliver, statements
from isobar.settings import Settings
from serving.outlets import outlet
from serving.outlets.opening import OUTLETS, open_outlet
from serving.outlets.published import Contents, Key, contents
from tests.serving.front import stalling
from tests.serving.publisher import OBSERVATIONS, PUBLISHED_AT, published
from tests.serving.stores import STORES, Store
from tests.serving.stores.postgresql import PostgreSQLStore

pytestmark = pytest.mark.services
LATER = PUBLISHED_AT + timedelta(hours=1)
LATER_STILL = PUBLISHED_AT + timedelta(hours=2)


@dataclass(frozen=True)
class House:
    """A data folder whose publications go to a store."""

    settings: Settings
    store: Store

    def publish(self, rows: str = OBSERVATIONS, *, at: datetime = PUBLISHED_AT, kind: str = "simulated") -> Settings:
        return published(self.settings, self.store.marts(rows), at=at, kind=kind)

    def beside(self) -> House:
        """Another data folder, whose publications go to the same store."""
        folder = self.settings.data_dir
        return replace(self, settings=replace(self.settings, data_dir=folder.with_name(f"{folder.name}-beside")))


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """One of its own in a real server, read by the server's own client."""
    with STORES[request.param].new(request.getfixturevalue(request.param)) as made:
        yield made


@pytest.fixture
def house(tmp_path: Path, store: Store) -> House:
    variables = {"ISOBAR_DATA_DIR": str(tmp_path / "data"), **store.environment}
    return House(Settings.from_environment(variables), store)


def changed(condition: str, rain: str = "42.0") -> str:
    """The made-up observations with other rain in some of them."""
    return f"select * replace (case when {condition} then {rain} else rain_mm end as rain_mm) from ({OBSERVATIONS})"


def only(condition: str) -> str:
    return f"select * from ({OBSERVATIONS}) where {condition}"


def assert_same(store: Store, settings: Settings) -> Contents:
    """Every mart in the store is the published one, row by row and null by null."""
    publication = contents(settings)
    its = open_outlet(store.url, settings)
    taken = [mart for mart in publication.marts if its.takes(mart)]
    assert taken and store.tables() == {mart.name for mart in taken}
    with duckdb.connect(str(settings.marts), read_only=True) as marts:
        for mart in taken:
            there = store.rows(mart, marts)
            marts.register("there", there)
            difference = f"(from {mart.name} except all from there) union all (from there except all from {mart.name})"
            assert marts.execute(f"select count(*) from ({difference})").fetchall() == [(0,)], mart.name
            assert there.num_rows == sum(part.row_count for part in mart.parts)
    assert store.publication_id() == publication.publication_id
    return publication


def files(settings: Settings) -> dict[Key, tuple[str, int]]:
    """The parts of the newest publication: which file each is, of how many rows."""
    return {part.key: (part.file, part.row_count) for mart in contents(settings).marts for part in mart.parts}


def test_every_store_is_tested() -> None:
    assert len(STORES) == len(OUTLETS)


def test_delivered_twice_is_delivered_once(house: House, store: Store) -> None:
    settings = house.publish()
    (first,), (second,) = deliver(settings).outlets, deliver(settings).outlets
    publication = assert_same(store, settings)
    parts = files(settings)
    assert (first.sent, first.deleted, first.row_count) == (len(parts), 0, sum(count for _, count in parts.values()))
    assert (second.sent, second.unchanged, second.row_count) == (0, len(parts), 0)
    assert first.publication_id == second.publication_id == publication.publication_id


def test_only_the_part_that_changed_is_sent(house: House, store: Store) -> None:
    settings = house.publish()
    deliver(settings)
    before = files(settings)
    settings = house.publish(changed("location_id = '07149' and observed_at = timestamp '2026-02-01'"), at=LATER)
    (done,) = deliver(settings).outlets
    after = files(settings)
    sent = {key for key in after if after[key] != before.get(key)}
    assert {mart for mart, _ in sent} == {store.main} and len(sent) == 1
    assert (done.sent, done.unchanged, done.row_count) == (1, len(after) - 1, sum(after[key][1] for key in sent))
    assert_same(store, settings)


def test_rows_and_parts_that_are_no_more_are_deleted(house: House, store: Store) -> None:
    settings = house.publish()
    deliver(settings)
    before = files(settings)
    settings = house.publish(only("year(observed_at) = 2026 and location_id <> '07006'"), at=LATER)
    (done,) = deliver(settings).outlets
    assert done.deleted == len(before.keys() - files(settings).keys())
    assert_same(store, settings)
    settings = house.publish(only("false"), at=LATER_STILL)
    deliver(settings)
    assert_same(store, settings)


def test_months_that_become_a_year_are_that_year(house: House, store: Store) -> None:
    deliver(house.publish(only("year(observed_at) = 2026")))
    rows = f"from ({OBSERVATIONS}) union all from ({OBSERVATIONS.replace('2026-', '2027-')}) where year(observed_at) = 2027"
    settings = house.publish(rows, at=LATER)
    deliver(settings)
    parts = {key.partition for key in files(settings)}
    columns = {mart.partition_by for mart in contents(settings).marts} - {None}
    months = {"2027-01", "2027-02"} if "observed_at" in columns else {"2027"}
    assert {"2026", *months} <= parts or not columns  # a mart of one part has neither
    assert_same(store, settings)


def test_an_earlier_publication_does_not_come_after_a_later_one(house: House, store: Store) -> None:
    settings = house.publish(changed("true"), at=LATER)
    deliver(settings)
    (done,) = deliver(house.beside().publish()).outlets
    assert done.note and "later publication" in done.note and done.sent == 0
    assert_same(store, settings)


def test_simulated_weather_does_not_come_among_real(house: House, store: Store) -> None:
    settings = house.publish(kind="real")
    deliver(settings)
    with pytest.raises(NotDelivered, match="it holds real weather, and this data folder simulated weather"):
        deliver(house.beside().publish(at=LATER))
    assert_same(store, settings)


def test_a_mart_that_it_does_not_take_is_not_sent(house: House, store: Store) -> None:
    other = "mart_of_nobody"
    settings = published(house.settings, {**store.marts(OBSERVATIONS), other: ("select 1 as one", None, ("one",))})
    (mart,) = [each for each in contents(settings).marts if each.name == other]
    takes_it = open_outlet(store.url, settings).takes(mart)
    (done,) = deliver(settings).outlets
    assert done.sent == len(files(settings)) - (not takes_it)
    assert (other in store.tables()) == takes_it


def test_a_mart_of_another_shape(house: House, store: Store) -> None:
    if not store.takes_any_shape:
        pytest.skip("the outlet names the columns that it takes")
    deliver(house.publish())
    rows = f"select * exclude (name, is_good), 'new' as note, code::varchar as is_good from ({OBSERVATIONS})"
    settings = published(house.settings, {store.main: store.marts(rows)[store.main]}, at=LATER)
    deliver(settings)
    assert_same(store, settings)
    settings = house.publish(at=LATER_STILL)  # and back, the other marts included
    deliver(settings)
    assert_same(store, settings)


def test_a_store_that_is_down_costs_the_others_nothing(house: House, store: Store) -> None:
    down = store.url.replace(str(urlsplit(store.url).port), "9")
    settings = replace(house.publish(), outlets=(down, store.url))
    with pytest.raises(NotDelivered, match="no answer: check that it runs") as raised:
        deliver(settings)
    assert [bool(each.error) for each in raised.value.done.outlets] == [True, False]
    assert_same(store, settings)
    assert store.password not in str(raised.value)


@pytest.mark.parametrize("after_bytes", [0, 20_000], ids=["at once", "half-way"])
def test_a_store_that_says_nothing_more_is_given_up(
    house: House, store: Store, after_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is sent the rest once it answers again."""
    monkeypatch.setattr(outlet, "SILENCE_SECONDS", 2)
    many = f"select * exclude (range) replace (location_id || range as location_id) from ({OBSERVATIONS}), range(500)"
    settings = house.publish(many)
    port = urlsplit(store.url).port
    assert port
    with stalling(port, after_bytes) as front:
        stalled = replace(settings, outlets=(store.url.replace(str(port), str(front)),))
        with pytest.raises(NotDelivered, match="no answer"):
            deliver(stalled)
    assert store.publication_id() is None
    deliver(settings)
    assert_same(store, settings)


def test_a_wrong_password_or_database_is_one_clear_line(house: House, store: Store) -> None:
    settings = house.publish()
    wrong = replace(settings, variables={**settings.variables, store.password_variable: "wrong-and-hidden"})
    with pytest.raises(NotDelivered, match="the user or the password is not accepted") as raised:
        deliver(wrong)
    assert "wrong-and-hidden" not in str(raised.value) and "\n" not in str(raised.value)
    if store.elsewhere:
        with pytest.raises(NotDelivered, match="there is no such database"):
            deliver(replace(settings, outlets=(store.elsewhere,)))


def test_a_store_that_takes_no_writes_keeps_the_publication_before(house: House, store: Store) -> None:
    deliver(house.publish())
    before = store.publication_id()
    later = house.publish(changed("true"), at=LATER)
    with store.read_only() as told, pytest.raises(NotDelivered, match=told):
        deliver(later)
    assert store.publication_id() == before
    deliver(later)
    assert_same(store, later)


def test_readers_see_one_publication_at_a_time(house: House, store: Store) -> None:
    """Rain is the same in all rows of a publication: a reader who sees two kinds has seen two publications. Where a store has no
    such reader, he still sees all rows, each of one publication.
    """
    deliver(house.publish(changed("true", "0.0")))
    seen: set[tuple[float, ...]] = set()
    is_over = threading.Event()

    def read() -> None:
        while not is_over.is_set():
            seen.add(store.rains())

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for number in range(1, 6):
            deliver(house.publish(changed("true", f"{number}.0"), at=PUBLISHED_AT + timedelta(hours=number)))
    finally:
        is_over.set()
        reader.join()
    row_count = len(store.rains())
    assert len(seen) > 1 and all(len(rains) == row_count for rains in seen)
    assert {*map(float, store.rains())} == {5.0}
    if store.is_whole:
        assert all(len({*rains}) == 1 for rains in seen)


def test_killed_deliveries_leave_a_whole_publication(house: House, store: Store) -> None:
    environment = {**os.environ, **house.settings.variables}
    command = [sys.executable, "-m", "isobar.cli", "deliver"]
    many = f"select * exclude (range) replace (location_id || range as location_id) from ({OBSERVATIONS}), range(2000)"
    chance = random.Random(5)
    shown: set[str | None] = {None}
    killed = 0
    for number in range(20):
        settings = house.publish(
            many.replace("0.0, false", f"{number}.0, false"), at=PUBLISHED_AT + timedelta(hours=number)
        )
        shown.add(contents(settings).publication_id)
        environment["ISOBAR_NOW"] = (settings.clock or PUBLISHED_AT).isoformat()
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        store.wait_for_writer(process)
        time.sleep(chance.random() * 0.3)
        process.kill()
        killed += process.wait() < 0
        assert store.publication_id() in shown
        if store.is_whole:
            row_count = sum(count for key, (_, count) in files(settings).items() if key.mart == store.main)
            with suppress(LookupError):
                assert len(store.rains()) == row_count
    assert killed > 5, "most deliveries were over before their kill"
    deliver(settings)
    assert_same(store, settings)


def test_two_deliveries_at_once_are_one_after_the_other(house: House, store: Store) -> None:
    other = house.beside().publish(changed("true"), at=LATER)
    settings = house.publish()
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


def test_a_table_that_somebody_changed_is_made_whole(tmp_path: Path, postgresql_store: PostgreSQLStore) -> None:
    store = postgresql_store
    variables = {"ISOBAR_DATA_DIR": str(tmp_path / "data"), **store.environment}
    house = House(Settings.from_environment(variables), store)
    deliver(house.publish())
    for number, statement in enumerate(("alter table {} add note text, drop column name", "drop table {}"), 1):
        store.ask(statement.format(f"{store.schema}.dim_locations"))
        rows = changed("observed_at = timestamp '2026-01-01'", f"{number}.0")
        settings = house.publish(rows, at=PUBLISHED_AT + timedelta(hours=number))
        deliver(settings)
        assert_same(store, settings)


def test_tables_have_keys_types_comments_and_a_reader(tmp_path: Path, postgresql_store: PostgreSQLStore) -> None:
    store = postgresql_store
    variables = {"ISOBAR_DATA_DIR": str(tmp_path / "data"), **store.environment}
    settings = House(Settings.from_environment(variables), store).publish()
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
