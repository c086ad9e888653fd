"""What Redis keeps beside the contract of `test_outlets.py`: expiry, coordinates, the message, and its own errors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from isobar.jobs.deliver import NotDelivered, deliver
from isobar.runs.schedules import schedules
from isobar.settings import Settings
from tests.serving.publisher import PUBLISHED_AT, published
from tests.serving.stores.redis import RedisStore

pytestmark = pytest.mark.services

READINGS = """
    select * from (values
        ('a', timestamp '2026-03-01 05:30', 'synop', 0.0, ''),
        ('b', timestamp '2026-03-01 05:00', 'openweather', null, null),
        ('old', timestamp '2026-02-20 05:00', 'synop', 1.5, 'x'),
        ('unscheduled', timestamp '2026-03-01 05:00', 'somebody', 1.5, 'x')
    ) as rows (location_id, observed_at, source, temperature_c, quality_flag)
"""
PLACES = """
    select * from (values
        ('a', 'Orly', 48.72, 2.38), ('b', 'Pôle', 89.9, 0.0), ('c', 'Brest', 48.44, -4.41), ('d', 'nowhere', null, null)
    ) as rows (location_id, location_name, latitude, longitude)
"""


@pytest.fixture
def store(redis: dict[str, str]) -> Iterator[RedisStore]:
    with RedisStore.new(redis) as made:
        yield made


@pytest.fixture
def house(tmp_path: Path, store: RedisStore) -> Settings:
    return Settings.from_environment({"ISOBAR_DATA_DIR": str(tmp_path / "data"), **store.environment})


def publish(house: Settings, readings: str = READINGS, places: str = PLACES, *, hours: int = 0) -> Settings:
    key = (None, ("location_id",))
    marts = {"agg_latest_conditions": (readings, *key), "dim_locations": (places, *key)}
    return published(house, marts, at=PUBLISHED_AT + timedelta(hours=hours))


def test_a_reading_is_there_until_its_source_is_overdue(house: Settings, store: RedisStore) -> None:
    """Counted by the data folder's clock, from the time of the reading; what is too old, or of no schedule, is never there."""
    deliver(publish(house))
    overdue = {
        each.source: each.overdue_after_hours for each in schedules() if each.table in ("observations", "current")
    }
    for place, source, age in (("a", "synop", timedelta(minutes=30)), ("b", "openweather", timedelta(hours=1))):
        left = timedelta(seconds=store.client.ttl(f"{store.prefix}:latest:{place}"))  # type: ignore[arg-type]
        assert timedelta() <= timedelta(hours=overdue[source]) - age - left < timedelta(seconds=30), place
    assert store.client.exists(f"{store.prefix}:latest:old", f"{store.prefix}:latest:unscheduled") == 0
    assert store.client.ttl(f"{store.prefix}:location:a") == -1


def test_a_reading_that_has_expired_is_not_sent_again(house: Settings, store: RedisStore) -> None:
    settings = publish(house)
    deliver(settings)
    store.client.delete(f"{store.prefix}:latest:b")  # as its expiry does
    (done,) = deliver(settings).outlets
    assert done.sent == 0
    deliver(publish(house, READINGS.replace("1.5", "2.5"), hours=24))  # b is 25 hours old now
    assert store.client.exists(f"{store.prefix}:latest:b") == 0
    assert store.client.exists(f"{store.prefix}:latest:a") == 1


def test_null_is_no_field_and_an_empty_text_is_one(house: Settings, store: RedisStore) -> None:
    deliver(publish(house))
    assert store.client.hgetall(f"{store.prefix}:latest:a") == {
        "location_id": "a",
        "observed_at": "2026-03-01T05:30:00Z",
        "source": "synop",
        "temperature_c": "0.0",
        "quality_flag": "",
    }
    assert "temperature_c" not in store.client.hgetall(f"{store.prefix}:latest:b")  # type: ignore[operator]


def test_places_are_found_by_their_coordinates_until_they_vanish(house: Settings, store: RedisStore) -> None:
    deliver(publish(house))
    near: dict[str, Any] = {"longitude": 2.35, "latitude": 48.86, "radius": 1000, "unit": "km", "sort": "ASC"}
    assert store.client.geosearch(f"{store.prefix}:places", **near) == ["a", "c"]
    deliver(publish(house, places=f"from ({PLACES}) where location_id <> 'c'", hours=1))
    assert store.client.zrange(f"{store.prefix}:places", 0, -1) == ["a"]
    assert store.client.exists(f"{store.prefix}:location:c") == 0


def test_one_message_has_the_places_that_changed(house: Settings, store: RedisStore) -> None:
    with store.client.pubsub(ignore_subscribe_messages=True) as subscriber:
        subscriber.subscribe(f"{store.prefix}:latest")
        assert subscriber.get_message(timeout=5) is None
        deliver(publish(house))
        deliver(publish(house, hours=1))  # another publication of the same rows
        deliver(publish(house, READINGS.replace("0.0", "0.5"), hours=2))
        deliver(publish(house, f"from ({READINGS}) where location_id <> 'a'", hours=3))
        deliver(publish(house, f"from ({READINGS}) where location_id <> 'a'", hours=4))
        heard = []
        while message := subscriber.get_message(timeout=1):
            heard.append(json.loads(message["data"]))
    assert [each["places"] for each in heard] == [["a", "b", "c", "d"], ["a"], ["a"]]
    assert heard[-1]["publication"] != heard[0]["publication"]


def test_a_full_memory_costs_nothing_that_is_there(house: Settings, store: RedisStore) -> None:
    deliver(publish(house))
    later = publish(house, READINGS.replace("0.0", "0.5"), hours=1)
    store.client.config_set("maxmemory", 1)
    try:
        with pytest.raises(NotDelivered, match="its memory is full") as raised:
            deliver(later)
    finally:
        store.client.config_set("maxmemory", 0)
    assert "\n" not in str(raised.value)
    assert store.client.hget(f"{store.prefix}:latest:a", "temperature_c") == "0.0"
    deliver(later)
    assert store.client.hget(f"{store.prefix}:latest:a", "temperature_c") == "0.5"


def test_a_user_without_rights_is_one_clear_line(house: Settings, store: RedisStore) -> None:
    store.client.acl_setuser(
        store.prefix, enabled=True, passwords=[f"+{store.prefix}"], keys=["*"], commands=["+@read"]
    )
    try:
        variables = {**house.variables, store.password_variable: store.prefix}
        settings = replace(
            publish(house), outlets=(store.url.replace("isobar@", f"{store.prefix}@"),), variables=variables
        )
        with pytest.raises(NotDelivered, match="the user may not write there"):
            deliver(settings)
    finally:
        store.client.acl_deluser(store.prefix)


def test_a_database_is_a_number(house: Settings, store: RedisStore) -> None:
    url = f"{store.url.partition('?')[0].rpartition('/')[0]}/weather_dw"
    with pytest.raises(NotDelivered, match="its database is a number"):
        deliver(replace(publish(house), outlets=(url,)))
