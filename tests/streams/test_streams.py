"""Polls by a broker in memory: the same raw rows as direct, each message once; what cannot be landed is kept with its reason."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from ingestion.feed import LoadError
from ingestion.lake import Incoming, Lake, open_lake
from ingestion.load import load, poll
from ingestion.registry import SOURCES
from ingestion.streams import StreamError
from ingestion.streams.events import Event, NotAnEvent, events_of, read_event
from ingestion.streams.land import Landed, Lander
from ingestion.streams.letters import open_letters, replay
from ingestion.streams.positions import position_name
from ingestion.streams.transport import Partition
from isobar.settings import DEMO_KEY, PROJECT_ROOT, Settings, SettingsError
from simulator.server import SimulatorServer
from simulator.vigilance import Vigilance
from tests import own
from tests.openweather.conftest import NOW, query
from tests.openweather.provider import Provider
from tests.streams.memory import Broker, Memory

OPENWEATHER = SOURCES["openweather"]
CURRENT = "raw.openweather.current"
TABLES = ("current", "forecasts", "air_pollution", "air_pollution_forecasts")


def event(number: int = 0, place: str = "x", moment: str = "2026-03-01T063000", **changes: object) -> Event:
    """An answer of current weather that its reader takes."""
    body = {"coord": {"lat": 1, "lon": 2}, "dt": 1772346600, "main": {"temp": 8.5}, "id": 1 + number, "name": "A"}
    asked = {"endpoint": "weather", "city_key": place, "parameters": {"lat": "1", "lon": "2", "units": "metric"}}
    line = {"request": asked, "status": 200, "fetched_at": "2026-03-01T06:30:00", "body": body}
    made = Event(
        "openweather", "current", place, NOW, f"poll.{moment}.jsonl", "http://there/", True, json.dumps(line).encode()
    )
    return replace(made, **changes)


def lander(settings: Settings, broker: Broker, lake: Lake | None = None, at_once: int = 1000) -> Lander:
    settings.scratch.mkdir(parents=True, exist_ok=True)
    return Lander([OPENWEATHER], settings, lake or open_lake(settings), Memory(broker, at_once))


def landed_ids(lake: Lake) -> list[int]:
    """The numbers of the events that are in the lake, sorted."""
    lines = [line for each in lake.landings("openweather") for line in lake.content(each).split(b"\n") if line]
    return sorted(json.loads(line)["body"]["id"] - 1 for line in lines)


def test_an_event_carries_its_data_byte_for_byte(tmp_path: Path) -> None:
    asked = b'{"request": {"city_key": "a"}, "status": 200, "fetched_at": "2026-03-01T06:30:00", '
    body = asked + b'"body": {"t": 1.50e0, "u": "\xc3\xa9\\u00e9"}}'
    file = tmp_path / "poll"
    file.write_bytes(body + b"\n")
    (made,) = events_of("openweather", Incoming("current", "poll.2026-03-01T063000.jsonl", file, "http://there/"), NOW)
    value = made.encoded()
    assert value.endswith(b', "data": ' + body + b"}")
    known = json.loads(value)
    assert (known["specversion"], known["subject"], known["type"]) == ("1.0", "a", "isobar.openweather.current")
    assert read_event(value) == made
    assert made.encoded() == value


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "empty"),
        (b"", "empty"),
        (b"\xff\xfe\x00", "not readable as JSON"),
        (b"<html>login</html>", "not readable as JSON"),
        (event().encoded()[:-20], "data is missing|id is not the hash"),
        (event().encoded().replace(b"8.5", b"9.5"), "id is not the hash"),
        (b'{"ville": "Dakar", "temp": 29.0}', "not an event of CloudEvents"),
        (event().encoded().replace(b'"1.0"', b'"0.3"'), "not an event of CloudEvents"),
        (event(data=b'{"a": 1}').encoded(), "not one line with a request"),
        (event(data=b'{"request": {}}\n{"request": {}}').encoded(), "not one line with a request"),
        (event(file="../../../etc/passwd").encoded(), "not a name in the lake"),
        (event(file="a/000001.json").encoded(), "a name that the lake gives itself"),
        (event().encoded().replace(b'"time": "2026', b'"time": "x2026'), "not one of ISO 8601"),
        (event().encoded().replace(b'"type": "isobar.', b'"type": "other.'), "its type is not"),
        (event().encoded().replace(b'"simulated": true', b'"simulated": 1'), "simulated is missing"),
    ],
)
def test_a_message_that_is_no_event_is_told_by_its_fault(value: bytes | None, reason: str) -> None:
    with pytest.raises(NotAnEvent, match=reason):
        read_event(value)


def assert_same_raw_rows(direct: Settings, streamed: Settings) -> None:
    """Of OpenWeather, but for where in which file a row was."""
    for table in TABLES:
        columns = "* exclude (source_file, source_row, _dlt_load_id)"
        there, here = (
            query(each, f"select {columns} from raw_openweather.{table} order by all") for each in (direct, streamed)
        )
        assert there
        assert here == there, table


def test_a_poll_by_a_broker_gives_the_rows_of_a_direct_one(
    keyed: Settings, provider: Provider, broker: Broker, tmp_path: Path
) -> None:
    moments = [NOW - timedelta(hours=3), NOW]
    by_broker = replace(keyed, data_dir=tmp_path / "other", transport="kafka")
    direct = load(OPENWEATHER, keyed, as_of=moments)
    streamed = load(OPENWEATHER, by_broker, as_of=moments, transport=Memory(broker))
    assert (streamed.asked, streamed.failed) == (direct.asked, direct.failed)
    assert_same_raw_rows(keyed, by_broker)
    # the same polls again ask for nothing and publish nothing
    assert load(OPENWEATHER, by_broker, as_of=moments, transport=Memory(broker)).asked == 0
    assert len(broker.values(CURRENT)) == 6


def test_a_poller_is_dead_when_landing_starts(keyed: Settings, broker: Broker) -> None:
    done = poll(OPENWEATHER, keyed, Memory(broker))
    assert done.published == 12
    assert not keyed.lake.joinpath("raw").exists()
    assert lander(keyed, broker).land().messages == 12
    loaded = load(OPENWEATHER, keyed, fetch=False)
    assert loaded.tables["current"].appended_row_count == 3


def test_what_is_not_published_is_an_error_and_the_rest_is_there(keyed: Settings, broker: Broker) -> None:
    broker.refuses = b"forecast"
    with pytest.raises(StreamError, match="not published"):
        poll(OPENWEATHER, keyed, Memory(broker))
    assert len(broker.values(CURRENT)) == 3


def test_a_broker_that_is_down_costs_no_call(keyed: Settings, provider: Provider, broker: Broker) -> None:
    broker.is_down = True
    with pytest.raises(StreamError, match="no answer"):
        load(OPENWEATHER, keyed, transport=Memory(broker))
    assert not provider.requests


def test_messages_land_once_whatever_the_batches(settings: Settings, broker: Broker) -> None:
    for number in range(40):
        broker.put(CURRENT, event(number, place=str(number % 5)).encoded(), str(number % 5))
        if number == 17:
            broker.put(CURRENT, b"poison", "3")
    lake = open_lake(settings)
    done = lander(settings, broker, lake, at_once=7).land()
    assert (done.messages, len(done.letters)) == (41, 1)
    assert lander(settings, broker, lake).land().messages == 0
    assert landed_ids(lake) == list(range(40))


def test_rivals_land_each_message_once(settings: Settings, broker: Broker) -> None:
    """Two landers that began alike and read by other numbers: one record is made, the other lander goes on behind it."""
    for number in range(50):
        broker.put(CURRENT, b"x" if number % 11 == 0 else event(number).encoded(), number=0)
    lake = open_lake(settings)
    landers = [lander(settings, broker, at_once=size) for size in (7, 4)]
    reads = [each.transport.read(each.begin()) for each in landers]
    done = [Landed(), Landed()]
    for _ in range(20):  # by turns, the one with the larger batches first
        for each, read, what in zip(landers, reads, done, strict=True):
            each.take(next(read, []), what)
    assert landed_ids(lake) == [number for number in range(50) if number % 11]
    assert done[1].repeated > 0
    assert {each.version for each in lake.landings("openweather")} == {1}


@pytest.mark.parametrize("is_lost", [False, True], ids=["behind", "gone"])
def test_positions_behind_the_landings_repeat_nothing(settings: Settings, broker: Broker, is_lost: bool) -> None:
    """A kill leaves positions behind the landings; a lake restored in part has none."""
    for number in range(30):
        broker.put(CURRENT, event(number).encoded(), number=0)
    lake = open_lake(settings)
    name = position_name(Partition(CURRENT, 0))
    first = lander(settings, broker, lake, at_once=4)
    first.begin()
    for messages in first.transport.read(first.positions):
        before = None if is_lost else lake.store.read(name)
        first.take(messages, Landed())
        if before is not None:
            lake.store.replace(name, before)
    if is_lost:
        lake.store.delete(name)
        broker.forget(CURRENT, 0, before=6)  # in the middle of a landing
    assert lander(settings, broker, lake, at_once=9).land().repeated == 24 if is_lost else True
    assert landed_ids(lake) == list(range(30))


def test_a_partition_that_is_added_is_read_from_its_beginning(settings: Settings, broker: Broker) -> None:
    lake = open_lake(settings)
    at_work = lander(settings, broker, lake)
    broker.put(CURRENT, event(0).encoded(), number=0)
    at_work.land()
    broker.topics[CURRENT].append([])
    broker.put(CURRENT, event(1).encoded(), number=2)
    assert at_work.land().messages == 1
    assert landed_ids(lake) == [0, 1]


def test_dead_letters_keep_reason_and_place_and_are_replayed(settings: Settings, broker: Broker) -> None:
    lake = open_lake(settings)
    values = [None, b"\xff\x00", b"not json", event(moment="2026-03-01T093000", is_simulated=False).encoded()]
    broker.put(CURRENT, event(0).encoded(), number=1)
    for value in values:
        broker.put(CURRENT, value, "k", number=1)
    done = lander(settings, broker, lake).land()
    assert [each.place for each in done.letters] == [f"{CURRENT}/1@{offset}" for offset in range(1, 5)]
    assert "the lake holds simulated weather" in done.letters[3].reason
    opened = open_letters(lake, Memory(broker), [CURRENT])
    assert [each.content for each in sorted(opened.letters, key=lambda each: each.offset)] == values
    replay(lake, Memory(broker), opened)
    assert open_letters(lake, Memory(broker), [CURRENT]).letters == []
    again = lander(settings, broker, lake).land()
    assert len(again.letters) == 4
    assert landed_ids(lake) == [0]


def test_a_document_keeps_its_own_name_and_lands_once(settings: Settings, broker: Broker, tmp_path: Path) -> None:
    """What is no poll's line has the file, the bytes and the versions of a direct load."""
    lake, month = open_lake(settings), "history.x.2026-01-01.2026-01-31.jsonl"
    answer = event().data.replace(b'"weather"', b'"air_pollution/history"') + b"\n"
    versions = [answer, answer.replace(b"2026-03-01T06", b"2026-03-01T07"), answer]
    for data in (*versions, answer):
        made = event(table="air_pollution", file=month, data=data)
        broker.put("raw.openweather.air_pollution", made.encoded(), month)
    done = lander(settings, broker, lake, at_once=2).land()
    assert (done.messages, done.new_landings, done.letters) == (4, 3, [])
    lake.store.delete(next(name for name in lake.store.names("streams") if "air_pollution" in name))
    lander(settings, broker, lake, at_once=3).land()
    assert [lake.content(each) for each in lake.versions("openweather", "air_pollution", month)] == versions


def test_a_landing_is_dated_by_its_answers(settings: Settings, broker: Broker) -> None:
    """What was known at a time is the same as of a direct load, whenever the lander ran."""
    settings = replace(settings, clock=NOW + timedelta(days=2))
    broker.put(CURRENT, event(0).encoded(), number=0)
    broker.put(CURRENT, event(1, moment="2026-03-09T063000", at=NOW + timedelta(days=8)).encoded(), number=0)
    (first, second) = lander(settings, broker).land().landings
    assert first.landed_at_time == NOW
    assert second.landed_at_time == datetime(2026, 3, 3, 6, 30)  # no clock is ahead of ours
    assert first.origin == f"memory:{CURRENT}/0@0-0 http://there/"
    assert "/date=2026-03-01/" in first.path


def test_simulated_answers_are_not_published_beside_real_weather(
    keyed: Settings, broker: Broker, tmp_path: Path
) -> None:
    real = tmp_path / "real"
    real.write_bytes(event(is_simulated=False).data)
    open_lake(keyed).land("openweather", Incoming("current", "real.json", real, "real.json", True), NOW)
    with pytest.raises(LoadError, match="simulated weather"):
        poll(OPENWEATHER, keyed, Memory(broker))


def test_a_direct_transport_imports_no_client_of_a_broker() -> None:
    """Neither do the commands of streams: the client comes with the transport that is asked for."""
    code = (
        "import sys, isobar.cli, isobar.console, isobar.jobs.stream, isobar.jobs.live, isobar.health.status, ingestion.load\n"
        "from ingestion.streams import open_transport; from isobar.settings import Settings\n"
        "assert open_transport(Settings.from_environment({})) is None\n"
        "print(sorted({'confluent_kafka', 'boto3', 'botocore'} & sys.modules.keys()))"
    )
    found = subprocess.run([sys.executable, "-c", code], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"


KAFKA = {"ISOBAR_TRANSPORT": "kafka", "ISOBAR_KAFKA_BOOTSTRAP_SERVERS": "there:9092"}


def test_settings_of_kafka_are_passed_on_and_secrets_are_told_apart(no_secrets_file: Path) -> None:
    of_file, of_variable = ("".join(("of the ", each)) for each in ("file", "variable"))
    no_secrets_file.write_text(
        f'[kafka]\n"sasl.password" = "{of_file}"\n"sasl.username" = "me"\n"sasl.mechanism" = ""\n', encoding="utf-8"
    )
    given = {**KAFKA, "ISOBAR_KAFKA_SASL_PASSWORD": of_variable, "ISOBAR_KAFKA_SSL_CA_LOCATION": "/ca.pem"}
    access = Settings.from_environment({**given, "ISOBAR_KAFKA_PARTITIONS": "6"}).kafka
    assert access.options == {"sasl.password": of_variable, "sasl.username": "me", "ssl.ca.location": "/ca.pem"}
    assert access.secrets() == [of_variable]
    assert (access.partitions, access.retention_days) == (6, 7)
    assert of_variable not in repr(access)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"ISOBAR_KAFKA_BOOTSTRAP_SERVERS": ""}, "needs ISOBAR_KAFKA_BOOTSTRAP_SERVERS"),
        ({"ISOBAR_KAFKA_PARTITIONS": "0"}, "ISOBAR_KAFKA_PARTITIONS=0 is not a whole number"),
        ({"ISOBAR_KAFKA_ENABLE_AUTO_COMMIT": "true"}, "ISOBAR_KAFKA_ENABLE_AUTO_COMMIT is not a setting"),
        ({"ISOBAR_KAFKA_TOPIC_PREFIX": "a b"}, "cannot begin a topic"),
    ],
)
def test_a_setting_of_kafka_that_cannot_be_used_is_named(changes: dict[str, str], reason: str) -> None:
    with pytest.raises(SettingsError, match=reason):
        _ = Settings.from_environment({**KAFKA, **changes}).kafka
    with pytest.raises(SettingsError, match="ISOBAR_TRANSPORT=rabbit"):
        Settings.from_environment({"ISOBAR_TRANSPORT": "rabbit"})


def test_a_map_of_warnings_goes_by_a_broker_and_lands_under_its_own_name(
    settings: Settings, broker: Broker, tmp_path: Path
) -> None:
    """The same map, polled again, adds nothing, as in a direct load."""
    vigilance = SOURCES["meteofrance_vigilance"]
    moment = NOW

    def polls() -> Iterator[datetime]:
        nonlocal moment
        for hours in (12, 11, 0):
            moment = NOW - timedelta(hours=hours)
            yield moment

    keyed = own.meteofrance(replace(settings, clock=NOW), environment_key=DEMO_KEY)
    by_broker = replace(keyed, data_dir=tmp_path / "other")
    with SimulatorServer({"/": Vigilance(1, lambda: moment, DEMO_KEY)}) as server:
        load(vigilance, keyed, server.url, as_of=polls())
        done = load(vigilance, by_broker, server.url, as_of=polls(), transport=Memory(broker))
    assert len(broker.values("raw.meteofrance_vigilance.phenomena")) == 3
    assert not done.refused
    direct, streamed = (
        query(each, "select * exclude (_dlt_load_id) from raw_meteofrance_vigilance.phenomena order by all")
        for each in (keyed, by_broker)
    )
    assert direct
    assert streamed == direct  # with the name of its file and when it landed
