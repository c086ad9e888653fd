"""Polls by a real Kafka: the rows of a direct load; each message once, whoever dies; errors in one line."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ingestion.lake import open_lake
from ingestion.load import load
from ingestion.registry import SOURCES
from ingestion.streams import StreamError, open_transport
from ingestion.streams.land import Lander
from ingestion.streams.letters import open_letters
from ingestion.streams.transport import Transport
from isobar.settings import PROJECT_ROOT, Settings
from tests.openweather.conftest import NOW
from tests.openweather.provider import KEY, Provider
from tests.streams.test_streams import assert_same_raw_rows, event, landed_ids
from tools.services import commands
from tools.services.server import Place
from tools.services.servers import known

pytestmark = pytest.mark.services

OPENWEATHER = SOURCES["openweather"]
WAIT_SECONDS = 60
POISON: tuple[bytes | None, ...] = (
    None,
    b"",
    b"\xff\xfe\x00\x01",
    b"<html>login</html>",
    b'{"ville": "Dakar", "temp": 29.0}',
    event().encoded()[:-30],
    event().encoded().replace(b"8.5", b"9.5"),
    event(table="cities").encoded(),
    event(table="forecasts").encoded(),
    event(data=b'{"request": {"endpoint": "weather"}, "body": NaN}').encoded(),
    event(file="../../outside.jsonl").encoded(),
    event(is_simulated=False).encoded(),
    b"x" * 900_000,
)
"""A tombstone, nothing, bytes, HTML, S3's plain message, truncated, altered, no table of ours, another topic's, no JSON, a way
out of the lake, real weather beside simulated, and a large one."""


def with_kafka(settings: Settings, environment: Mapping[str, str]) -> Settings:
    return replace(settings, transport="kafka", variables={**settings.variables, **environment})


@pytest.fixture
def by_kafka(settings: Settings, kafka: dict[str, str]) -> Settings:
    return with_kafka(settings, kafka)


@pytest.fixture
def transport(by_kafka: Settings) -> Iterator[Transport]:
    opened = open_transport(by_kafka)
    assert opened
    yield opened
    opened.close()


def lander(settings: Settings, transport: Transport) -> Lander:
    settings.scratch.mkdir(parents=True, exist_ok=True)
    return Lander([OPENWEATHER], settings, open_lake(settings), transport)


def publish(transport: Transport, numbers: range, topic: str | None = None) -> None:
    topic = topic or transport.topic("openweather", "current")
    transport.create_topics([topic])
    for number in numbers:
        place = f"town-{number % 7}"
        transport.publish(topic, place, event(number, place).encoded())
    transport.flush()


def environment_of(settings: Settings, kafka: Mapping[str, str]) -> dict[str, str]:
    return {**os.environ, **settings.environment(), **kafka, "ISOBAR_OPENWEATHER_KEY": KEY}


def command(settings: Settings, kafka: Mapping[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "isobar.cli", *words],
        env=environment_of(settings, kafka),
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        timeout=WAIT_SECONDS * 2,
        check=False,
    )


def until(condition: object, what: str) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def test_a_poll_by_kafka_gives_the_rows_of_a_direct_load(
    keyed: Settings, provider: Provider, kafka: dict[str, str], tmp_path: Path
) -> None:
    """Poller, broker and lander are three processes; the poller is gone when landing begins."""
    by_broker = replace(keyed, data_dir=tmp_path / "other")
    polled = command(by_broker, kafka, "--json", "stream", "poll", "openweather")
    assert polled.returncode == 0, polled.stderr
    assert json.loads(polled.stdout)["published"] == 12
    count = len(provider.requests)
    landed = command(by_broker, kafka, "--json", "stream", "land", "--load")
    assert landed.returncode == 0, landed.stderr
    figures = json.loads(landed.stdout)
    assert (figures["messages"], figures["dead_letters"]) == (12, [])
    assert sum(each["messages"] for each in figures["lag"]) == 0
    assert len(provider.requests) == count  # the provider is asked for nothing more, and the poller is gone
    load(OPENWEATHER, keyed)
    assert_same_raw_rows(keyed, by_broker)


def test_a_partition_that_is_added_loses_nothing(by_kafka: Settings, transport: Transport) -> None:
    from confluent_kafka.admin import AdminClient, NewPartitions

    topic = transport.topic("openweather", "current")
    publish(transport, range(50))
    at_work = lander(by_kafka, transport)
    at_work.land()
    client = AdminClient({"bootstrap.servers": by_kafka.kafka.bootstrap_servers})
    (done,) = client.create_partitions([NewPartitions(topic, 8)]).values()
    done.result()
    with_more = open_transport(by_kafka)
    assert with_more
    publish(with_more, range(50, 150))
    at_work.land()
    assert landed_ids(at_work.lake) == list(range(150))
    assert len(at_work.positions) > 8


def test_poison_becomes_dead_letters_and_stops_nothing(by_kafka: Settings, transport: Transport) -> None:
    topic = transport.topic("openweather", "current")
    publish(transport, range(20))
    at_work = lander(by_kafka, transport)
    at_work.land()
    for value in POISON:
        transport.publish(topic, "poison", value)  # type: ignore[arg-type] - a tombstone
    publish(transport, range(20, 40))
    done = at_work.land()
    assert len(done.letters) == len(POISON)
    assert landed_ids(at_work.lake) == list(range(40))
    kept = open_letters(at_work.lake, transport, at_work.topics).letters
    assert sorted((each.content or b"" for each in kept), key=len) == sorted((each or b"" for each in POISON), key=len)
    assert all(each.reason and each.topic == topic for each in kept)


def killed_landers(settings: Settings, kafka: Mapping[str, str], kills: int) -> None:
    """Landers one after the other, each killed at a random moment of its work; the last one ends by itself."""
    chance = random.Random(kills)
    process = [sys.executable, "-m", "tests.streams.lander"]
    for _ in range(kills):
        with subprocess.Popen(
            [*process, "5"], env=environment_of(settings, kafka), cwd=PROJECT_ROOT, stdout=subprocess.PIPE, text=True
        ) as one:
            assert one.stdout and one.stdout.readline() == "ready\n"
            time.sleep(chance.uniform(0, 0.4))
            one.kill()
    assert landed_ids(open_lake(settings)), "the kills met landers at work"
    last = [*process, "500"]
    subprocess.run(last, env=environment_of(settings, kafka), cwd=PROJECT_ROOT, check=True, timeout=WAIT_SECONDS * 2)


@pytest.mark.parametrize("kills", [20, pytest.param(200, marks=pytest.mark.long)])
def test_a_lander_is_killed_at_any_moment(
    by_kafka: Settings, kafka: dict[str, str], transport: Transport, kills: int
) -> None:
    count = kills * 60
    publish(transport, range(count))
    killed_landers(by_kafka, kafka, kills)
    lake = open_lake(by_kafka)
    assert landed_ids(lake) == list(range(count))
    loaded = load(OPENWEATHER, by_kafka, fetch=False)
    assert loaded.tables["current"].row_count == count
    assert not loaded.damaged


def test_two_landers_at_once_land_each_message_once(
    by_kafka: Settings, kafka: dict[str, str], transport: Transport, tmp_path: Path
) -> None:
    """Two machines with one lake; on one data folder the second lander is refused."""
    publish(transport, range(3000))
    shared = replace(by_kafka, lake_at=str(tmp_path / "lake"))
    rivals = []
    for name, size in (("a", "11"), ("b", "7")):
        own = environment_of(replace(shared, data_dir=tmp_path / name), kafka)
        rivals.append(
            subprocess.Popen(
                [sys.executable, "-m", "tests.streams.lander", size],
                env=own,
                cwd=PROJECT_ROOT,
                stdout=subprocess.PIPE,
                text=True,
            )
        )
    told = [each.communicate(timeout=WAIT_SECONDS * 2)[0] for each in rivals]
    assert all(each.returncode == 0 for each in rivals), told
    assert landed_ids(open_lake(shared)) == list(range(3000))


def test_a_broker_that_is_stopped_and_started_loses_nothing(settings: Settings, tmp_path: Path) -> None:
    """Published before, while it is down, and after; landed by a service that is stopped with SIGTERM at last."""
    if reason := known()["kafka"].missing():
        pytest.skip(reason)
    folder, told = tmp_path / "services", []
    place = commands.up(folder, {"kafka": commands.ANY_PORT}, told.append)["kafka"]
    try:
        kafka = Place.of(folder / "kafka").environment()
        by_broker = with_kafka(settings, kafka)
        transport = open_transport(by_broker)
        assert transport
        publish(transport, range(100))
        with subprocess.Popen(
            [sys.executable, "-m", "isobar.cli", "stream", "land", "--follow"],
            env=environment_of(by_broker, kafka),
            cwd=PROJECT_ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as service:
            try:
                lake = open_lake(by_broker)
                until(lambda: landed_ids(lake) == list(range(100)), "the first messages land")
                commands.down(folder, ["kafka"], told.append)
                topic = transport.topic("openweather", "current")
                for number in range(100, 200):
                    transport.publish(topic, "x", event(number).encoded())  # the client keeps them
                commands.up(folder, {"kafka": place.port}, told.append)
                transport.flush()
                publish(transport, range(200, 300))
                until(lambda: landed_ids(lake) == list(range(300)), "all messages land")
            finally:
                service.send_signal(signal.SIGTERM)
                output, _ = service.communicate(timeout=WAIT_SECONDS)
        assert service.returncode == 0, output
        assert "waiting" in output
    finally:
        commands.down(folder, ["kafka"], told.append)


def test_a_broker_that_is_down_is_told_in_one_line(settings: Settings) -> None:
    away = {"ISOBAR_TRANSPORT": "kafka", "ISOBAR_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9"}
    done = command(settings, away, "stream", "land")
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert "kafka at 127.0.0.1:9: no answer" in line


def test_a_password_that_is_refused_is_told_without_it(settings: Settings, kafka: dict[str, str]) -> None:
    wrong = kafka["KAFKA_SASL_PASSWORD"][::-1]
    refused = {
        **kafka,
        "ISOBAR_KAFKA_BOOTSTRAP_SERVERS": kafka["KAFKA_SASL_SERVERS"],
        "ISOBAR_KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
        "ISOBAR_KAFKA_SASL_MECHANISM": "PLAIN",
        "ISOBAR_KAFKA_SASL_USERNAME": "isobar",
        "ISOBAR_KAFKA_SASL_PASSWORD": wrong,
    }
    done = command(settings, refused, "stream", "land")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "credentials are not accepted" in line
    assert wrong not in line
    accepted = {**refused, "ISOBAR_KAFKA_SASL_PASSWORD": kafka["KAFKA_SASL_PASSWORD"]}
    assert command(settings, accepted, "stream", "land").returncode == 0


def test_a_message_that_is_too_large_is_told_and_the_rest_is_published(
    by_kafka: Settings, transport: Transport
) -> None:
    topic = transport.topic("openweather", "current")
    transport.create_topics([topic])
    transport.publish(topic, "x", event(0).encoded())
    transport.publish(topic, "x", os.urandom(9 << 20))
    with pytest.raises(StreamError, match="1 of 2 messages were not published: a message is larger"):
        transport.flush()
    assert len(lander(by_kafka, transport).land().landings) == 1


def test_messages_that_retention_deleted_are_told(by_kafka: Settings, transport: Transport) -> None:
    from confluent_kafka import TopicPartition
    from confluent_kafka.admin import AdminClient

    publish(transport, range(10))
    at_work = lander(by_kafka, transport)
    at_work.land()
    publish(transport, range(10, 30))
    client = AdminClient({"bootstrap.servers": by_kafka.kafka.bootstrap_servers})
    partition = next(each for each, last in at_work.positions.items() if last is not None)
    last = at_work.positions[partition]
    assert last is not None
    (done,) = client.delete_records([TopicPartition(*partition, last + 3)]).values()
    done.result()
    landed = at_work.land()
    assert "2 messages of" in landed.notes[0]
    assert "deleted" in landed.notes[0]
    assert len(landed_ids(at_work.lake)) == 28


def test_a_topic_that_was_made_anew_is_refused(by_kafka: Settings, transport: Transport) -> None:
    from confluent_kafka.admin import AdminClient

    topic = transport.topic("openweather", "current")
    publish(transport, range(10))
    lander(by_kafka, transport).land()
    client = AdminClient({"bootstrap.servers": by_kafka.kafka.bootstrap_servers})
    (done,) = client.delete_topics([topic]).values()
    done.result()
    publish(transport, range(1))
    with pytest.raises(StreamError, match=rf"it was deleted and created again. Delete\s+streams/{topic}"):
        lander(by_kafka, transport).land()


def test_a_standing_clock_asks_for_nothing_again(keyed: Settings, kafka: dict[str, str]) -> None:
    """What a demo does twice: the lake has the answers of each poll, though under other names."""
    by_broker = with_kafka(keyed, kafka)
    transport = open_transport(by_broker)
    assert transport
    moments = [NOW - timedelta(hours=3), NOW]
    first = load(OPENWEATHER, by_broker, as_of=moments, transport=transport)
    assert first.asked == 24
    assert load(OPENWEATHER, by_broker, as_of=moments, transport=transport).asked == 0
