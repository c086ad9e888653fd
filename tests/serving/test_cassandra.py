"""What Cassandra keeps beside the contract of `test_outlets.py`: no gaps, clocks that differ, its tables, its own errors."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import cassandra
import pytest
from cassandra.cluster import NoHostAvailable
from cassandra.protocol import OverloadedErrorMessage

from isobar.jobs.deliver import NotDelivered, deliver, statements
from isobar.settings import Settings
from serving.outlets import cassandra as its
from serving.outlets.outlet import OutletError
from tests.serving.publisher import OBSERVATIONS, PUBLISHED_AT
from tests.serving.stores.cassandra import CassandraStore
from tests.serving.test_outlets import LATER, LATER_STILL, House, assert_same, changed, only

pytestmark = pytest.mark.services


@pytest.fixture
def store(cassandra: dict[str, str]) -> Iterator[CassandraStore]:
    with CassandraStore.new(cassandra) as made:
        yield made


@pytest.fixture
def house(tmp_path: Path, store: CassandraStore) -> House:
    variables = {"ISOBAR_DATA_DIR": str(tmp_path / "data"), **store.environment}
    return House(Settings.from_environment(variables), store)


def test_a_machine_whose_clock_is_behind_takes_the_place_of_what_is_there(
    house: House, store: CassandraStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(house.publish())
    now = its.time.time_ns()
    monkeypatch.setattr(its.time, "time_ns", lambda: now - 3600 * 10**9)
    for number, rain in enumerate(("42.0", "null"), 1):
        rows = changed("true", rain) + " where location_id <> '07006'"
        settings = house.publish(rows, at=PUBLISHED_AT + timedelta(hours=number))
        deliver(settings)
        assert_same(store, settings)


def test_a_delivery_that_ended_before_its_deletes_is_finished_by_the_next(
    house: House, store: CassandraStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows of three publications stand beside each other then, those of a place that the third has no more among them."""
    deliver(house.publish())
    with monkeypatch.context() as patched:
        patched.setattr(its.CassandraDelivery, "_delete", lambda *_: (_ for _ in ()).throw(OutletError("killed")))
        more = f"from ({OBSERVATIONS}) union all select * replace ('new' as location_id) from ({only('true')})"
        with pytest.raises(NotDelivered, match="killed"):
            deliver(house.publish(more, at=LATER))
    assert len(store.rains()) > len(OBSERVATIONS.split("timestamp")) - 1
    settings = house.publish(only("location_id <> '07005'"), at=LATER_STILL)
    deliver(settings)
    assert_same(store, settings)


def test_no_reader_sees_a_gap_while_months_become_a_year(house: House, store: CassandraStore) -> None:
    only_2026 = only("year(observed_at) = 2026")
    deliver(house.publish(only_2026))
    expected, seen, is_over = len(store.rains()), set(), threading.Event()

    def read() -> None:
        while not is_over.is_set():
            rains = store.session.execute(f"select observed_at from {store.name}.{store.main}")
            seen.add(sum(each.observed_at.year == 2026 for each in rains))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        later = f"from ({only_2026}) union all from ({OBSERVATIONS.replace('2026-', '2027-')}) where year(observed_at) = 2027"
        settings = house.publish(later, at=LATER)
        deliver(settings)
    finally:
        is_over.set()
        reader.join()
    assert seen == {expected}
    assert_same(store, settings)


def test_tables_are_typed_and_partitioned_by_place_and_month(house: House, store: CassandraStore) -> None:
    settings = house.publish()
    (text,) = statements(settings)
    for statement in filter(None, text.split(";\n")):  # the printed statements make what a delivery would
        store.session.execute(statement)
    for table in ("dim_locations", "fct_observations", *its.BOOKS):
        store.session.execute(f"grant all on {store.name}.{table} to {store.name}")
    deliver(settings)
    assert_same(store, settings)
    columns = store.session.execute(
        f"select * from system_schema.columns where keyspace_name = '{store.name}' and table_name = 'fct_observations'"
    )
    found = {each.column_name: (each.type, each.kind, each.position) for each in columns}
    assert found == {
        "location_id": ("text", "partition_key", 0),
        "month": ("text", "partition_key", 1),
        "observed_at": ("timestamp", "clustering", 0),
        "name": ("text", "regular", -1),
        "rain_mm": ("double", "regular", -1),
        "is_good": ("boolean", "regular", -1),
        "observed_date": ("date", "regular", -1),
        "code": ("bigint", "regular", -1),
    }
    asked = f"select observed_at from {store.name}.fct_observations where location_id = '07149' and month = %s"
    assert [len(list(store.session.execute(asked, (month,)))) for month in ("2025-12", "2026-01", "2026-03")] == [
        1,
        1,
        0,
    ]


def test_a_user_without_rights_is_one_clear_line(house: House, store: CassandraStore) -> None:
    store.session.execute(f"revoke create on all keyspaces from {store.name}")
    with pytest.raises(NotDelivered, match="the user may not write there: grant it") as raised:
        deliver(house.publish())
    assert "\n" not in str(raised.value)
    store.session.execute(f"grant create on all keyspaces to {store.name}")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("", "it names no keyspace"),
        ("/Weather", "it names no keyspace"),
        ("/w?replication=all", "not a number of copies"),
    ],
)
def test_a_url_that_lacks_something_is_refused(house: House, store: CassandraStore, path: str, message: str) -> None:
    url = store.url.rpartition("/")[0] + path
    with pytest.raises(NotDelivered, match=message):
        deliver(replace(house.publish(), outlets=(url,)))


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OverloadedErrorMessage(0x1001, "busy", None), "it is overloaded"),
        (cassandra.WriteTimeout("late", write_type=0), "not enough of its nodes answer"),
        (cassandra.Unavailable("few"), "not enough of its nodes answer"),
        (cassandra.OperationTimedOut(), "no answer"),
        (
            NoHostAvailable("none", {"a": cassandra.AuthenticationFailed("bad")}),
            "the user or the password is not accepted",
        ),
        (NoHostAvailable("none", ["a"]), "no answer of a node in its data centre"),
    ],
)
def test_errors_have_a_remedy(error: Exception, message: str) -> None:
    told = its._explained(error)
    assert message in told and "\n" not in told
