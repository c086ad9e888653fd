"""What MongoDB has of its own: nested documents, a schema, no transaction over a publication, a lease."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from isobar.jobs.deliver import NotDelivered, deliver
from isobar.settings import Settings
from serving.outlets import outlet
from serving.outlets.mongodb import MongoDBDelivery
from tests.serving.publisher import OBSERVATIONS, PUBLISHED_AT, published
from tests.serving.stores.mongodb import MongoDBStore
from tests.serving.test_outlets import assert_same, changed, files, only

pytestmark = pytest.mark.services
LATER = PUBLISHED_AT + timedelta(hours=1)


@pytest.fixture
def store(mongodb: dict[str, str]) -> Iterator[MongoDBStore]:
    with MongoDBStore.new(mongodb) as made:
        yield made


@pytest.fixture
def settings(tmp_path: Path, store: MongoDBStore) -> Settings:
    return Settings.from_environment({"ISOBAR_DATA_DIR": str(tmp_path / "data"), **store.environment})


def test_a_document_has_a_day_of_a_place(settings: Settings, store: MongoDBStore) -> None:
    deliver(published(settings, store.marts(OBSERVATIONS)))
    found = {each.pop("_id"): each for each in store.documents()}
    assert {"07149|2026-02-01", "07149|2025-12-31", "07005|2026-02-01"} < set(found)
    one = found["07149|2025-12-31"]
    assert one.pop("isobar_file").startswith("gold_weather_aggregates/2025-")
    assert one == {
        "location_id": "07149",
        "city": "Orly",
        "kind": "station",
        "country_code": "FR",
        "department_code": None,
        "date": datetime(2025, 12, 31),
        "source": "synop",
        "temperature": {"mean_c": 3.0, "min_c": 0.0, "max_c": None, "is_complete": True},
        "pressure": {"sea_level_mean_hpa": 1013.25},
        "wind": {"speed_mean_ms": 0.1, "speed_max_ms": None, "gust_max_ms": 1e300},
        "rain": {"total_mm": 1.5, "hours": 3},
        "humidity": {"relative_mean_pct": None},
        "air_quality": {
            "pm2_5_mean_ugm3": None,
            "pm10_mean_ugm3": 0.0,
            "o3_mean_ugm3": 60.5,
            "no2_mean_ugm3": None,
            "eaqi_max": None,
            "hour_count": 0,
        },
        "observation_count": 8,
    }
    assert math.isinf(found["07007|2026-02-02"]["rain"]["total_mm"])


def test_the_collection_has_a_schema_and_indexes(settings: Settings, store: MongoDBStore) -> None:
    from pymongo.errors import WriteError

    deliver(published(settings, store.marts(OBSERVATIONS)))
    good = store.documents()[0]
    bad: list[dict[str, Any]] = [{"date": "2026-01-01"}, {"rain": {"total_mm": "1"}}, {"location_id": None}]
    with store.client() as client:
        collection = client[store.database].WeatherStats
        assert {"city_1_date_1", "date_1"} < set(collection.index_information())
        plan = collection.find({"city": "Orly", "date": {"$gte": datetime(2026, 1, 1)}}).explain()
        assert "IXSCAN" in str(plan["queryPlanner"]["winningPlan"])
        for number, each in enumerate(bad):
            with pytest.raises(WriteError, match="failed validation"):
                collection.insert_one({**good, "_id": f"bad {number}", **each})


@pytest.mark.parametrize("step", ["bulk_write", "delete_many", "replace_one"])
def test_what_ends_within_a_part_is_finished_by_the_next(
    settings: Settings, store: MongoDBStore, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Documents may be of two publications then, and each day is still there."""
    from pymongo.collection import Collection

    deliver(published(settings, store.marts(OBSERVATIONS)))
    before = {each["_id"] for each in store.documents()}
    settings = published(settings, store.marts(changed("true")), at=LATER)
    with monkeypatch.context() as patched:
        patched.setattr(Collection, step, _interrupted)
        with pytest.raises(InterruptedError):
            deliver(settings)
    assert {each["_id"] for each in store.documents()} == before
    deliver(settings)
    assert_same(store, settings)


def _interrupted(*_: object, **__: object) -> None:
    raise InterruptedError


def test_a_part_that_is_no_more_goes_last(
    settings: Settings, store: MongoDBStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its record, too: an end before leaves its documents to the next delivery."""
    deliver(published(settings, store.marts(OBSERVATIONS)))
    settings = published(settings, store.marts(only("year(observed_at) = 2026")), at=LATER)
    with monkeypatch.context() as patched:
        patched.setattr(MongoDBDelivery, "finish", _interrupted)
        with pytest.raises(InterruptedError):
            deliver(settings)
    assert len(store.documents()) == 6
    deliver(settings)
    assert_same(store, settings)


def test_a_collection_that_somebody_dropped_is_filled_again(settings: Settings, store: MongoDBStore) -> None:
    deliver(published(settings, store.marts(OBSERVATIONS)))
    with store.client() as client:
        client[store.database].WeatherStats.drop()
    settings = published(settings, store.marts(changed("year(observed_at) = 2025")), at=LATER)
    deliver(settings)
    assert_same(store, settings)


def test_documents_of_another_shape_are_sent_again(
    settings: Settings, store: MongoDBStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = published(settings, store.marts(OBSERVATIONS))
    with monkeypatch.context() as patched:
        patched.setattr("serving.outlets.mongodb.FIELDS", {"location_id": "location_id", "date": "weather_date"})
        deliver(settings)
    (done,) = deliver(settings).outlets
    assert done.sent == len(files(settings))
    assert_same(store, settings)


def test_a_lease_of_another_is_waited_for_and_ends(
    settings: Settings, store: MongoDBStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outlet, "SILENCE_SECONDS", 1)
    settings = published(settings, store.marts(OBSERVATIONS))
    now, rival = datetime.now(UTC), {"machine": "another", "process": 1}
    with store.client() as client:
        lease = client[store.database].isobar_lease
        lease.insert_one({"_id": "isobar_lease", "owner": rival, "until": now + timedelta(hours=1)})
        with pytest.raises(NotDelivered, match="another delivery to it is under way"):
            deliver(settings)
        assert lease.find_one()["owner"] == rival
        lease.update_one({}, {"$set": {"until": now - timedelta(seconds=1)}})
        deliver(settings)
        assert lease.find_one()["owner"] is None
    assert_same(store, settings)


def test_a_delivery_that_lost_its_lease_writes_no_more(
    settings: Settings, store: MongoDBStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = published(settings, store.marts(OBSERVATIONS))
    prepare = MongoDBDelivery.prepare

    def taken_over(self: MongoDBDelivery, *given: Any) -> Any:
        with store.client() as client:
            client[store.database].isobar_lease.update_one(
                {}, {"$set": {"owner": {"machine": "another", "process": 1}}}
            )
        return prepare(self, *given)

    monkeypatch.setattr(MongoDBDelivery, "prepare", taken_over)
    with pytest.raises(NotDelivered, match="another delivery has begun meanwhile"):
        deliver(settings)
    assert store.documents() == []


def test_a_url_without_a_password_is_one_clear_line(settings: Settings, store: MongoDBStore) -> None:
    variables = {name: value for name, value in settings.variables.items() if name != store.password_variable}
    with pytest.raises(NotDelivered, match="the user or the password is not accepted"):
        deliver(replace(published(settings, store.marts(OBSERVATIONS)), variables=variables))
