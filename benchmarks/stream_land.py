"""Messages of a topic into the lake, and how soon after they were published, against Kafka's own producer and consumer.

    python -m benchmarks.stream_land [messages]

Starts a real Kafka of its own (`make services S=kafka`). Throughput: a lander takes all messages of 1 kB from three partitions;
beside it, in the same run, librdkafka's producer publishes them and its consumer reads them and does nothing else. Latency: a
message every 50 ms, from its publication to its landing record, while a lander follows; beside it, to the bare consumer.
"""

from __future__ import annotations

import json
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks.harness import verdict
from ingestion.lake import Lake, open_lake
from ingestion.registry import SOURCES
from ingestion.streams import Transport, open_transport
from ingestion.streams.events import Event
from ingestion.streams.land import Landed, Lander
from isobar.settings import Settings
from tools.services import commands
from tools.services.server import Place

MESSAGES = 100_000
MESSAGE_BYTES = 1000
LEAST_A_SECOND = 10_000
SINGLE_MESSAGES = 200
PAUSE_SECONDS = 0.05
WAIT_SECONDS = 60.0

NOW = datetime(2026, 3, 1, 6, 30)


def event(number: int) -> Event:
    """A poll's answer of current weather, of 1 kB with its envelope."""
    place = f"town-{number % 100}"
    asked = {"endpoint": "weather", "city_key": place, "parameters": {"lat": "1", "lon": "2", "units": "metric"}}
    body = {"coord": {"lat": 1, "lon": 2}, "dt": 1772346600, "main": {"temp": 8.5}, "id": 1 + number, "name": ""}
    answer = {"request": asked, "status": 200, "fetched_at": NOW.isoformat(), "body": body}
    made = Event("openweather", "current", place, NOW, "poll.2026-03-01T063000.jsonl", "http://x/", True, b"")
    missing = MESSAGE_BYTES - len(replace(made, data=json.dumps(answer).encode()).encoded())
    body["name"] = "n" * max(0, missing)
    return replace(made, data=json.dumps(answer).encode())


def lander(settings: Settings, transport: Transport) -> Lander:
    settings.scratch.mkdir(parents=True, exist_ok=True)
    return Lander([SOURCES["openweather"]], settings, open_lake(settings), transport)


def throughput(settings: Settings, transport: Transport, servers: str, count: int) -> tuple[float, float, float]:
    """Messages a second of the bare producer, the bare consumer, and a lander."""
    topic = transport.topic("openweather", "current")
    at_work = lander(settings, transport)
    at_work.begin()
    messages = [(each.subject, each.encoded()) for each in map(event, range(count))]
    produced = _seconds(lambda: _produce(servers, topic, messages))
    consumed = _seconds(lambda: _consume(servers, topic, count))
    done: list[Landed] = []
    landed = _seconds(lambda: done.append(at_work.land()))
    assert (done[0].messages, done[0].letters) == (count, [])
    return count / produced, count / consumed, count / landed


def _produce(servers: str, topic: str, messages: list[tuple[str, bytes]]) -> None:
    from confluent_kafka import Producer

    client = Producer(
        {"bootstrap.servers": servers, "enable.idempotence": True, "linger.ms": 20, "compression.type": "lz4"}
    )
    for key, value in messages:
        while True:
            try:
                client.produce(topic, value, key)
                break
            except BufferError:
                client.poll(0.1)
    assert client.flush(WAIT_SECONDS) == 0


def _consume(servers: str, topic: str, count: int) -> None:
    client = _consumer(servers, topic)
    seen = 0
    while seen < count:
        seen += sum(each.error() is None for each in client.consume(5000, 0.2))
    client.close()


def _consumer(servers: str, topic: str, *, is_at_end: bool = False) -> Any:
    from confluent_kafka import OFFSET_BEGINNING, OFFSET_END, Consumer, TopicPartition

    client = Consumer({"bootstrap.servers": servers, "group.id": "bare", "enable.auto.commit": False})
    begin = OFFSET_END if is_at_end else OFFSET_BEGINNING
    client.assign([TopicPartition(topic, number, begin) for number in range(3)])
    return client


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def latencies(settings: Settings, transport: Transport, servers: str) -> tuple[list[float], list[float]]:
    """Seconds from the publication of single messages to the bare consumer, and to their landing, sorted."""
    topic = transport.topic("openweather", "current")
    own = open_transport(settings)
    assert own
    following = lander(settings, own)
    following.begin()
    bare = _consumer(servers, topic, is_at_end=True)
    bare.consume(1, 3.0)
    read: dict[int, float] = {}
    landed: dict[int, float] = {}
    threads = [
        threading.Thread(target=_read_all, args=(bare, read)),
        threading.Thread(target=_land_all, args=(following, landed)),
    ]
    for thread in threads:
        thread.start()
    sent = {}
    for number in range(SINGLE_MESSAGES):
        made = event(number)
        sent[number] = time.perf_counter()
        transport.publish(topic, made.subject, made.encoded())
        transport.flush()
        time.sleep(PAUSE_SECONDS)
    for thread in threads:
        thread.join(WAIT_SECONDS)
    assert len(read) == len(landed) == SINGLE_MESSAGES, (len(read), len(landed))
    own.close()
    bare.close()
    by_read, by_landing = (sorted(found[number] - sent[number] for number in sent) for found in (read, landed))
    return by_read, by_landing


def _read_all(client: Any, read: dict[int, float]) -> None:
    while len(read) < SINGLE_MESSAGES:
        for each in client.consume(1, 0.5):
            if each.error() is None:
                read[json.loads(each.value())["data"]["body"]["id"] - 1] = time.perf_counter()


def _land_all(following: Lander, landed: dict[int, float]) -> None:
    while len(landed) < SINGLE_MESSAGES:
        if following.wait(0.5):
            done = following.land()
            now = time.perf_counter()
            landed |= {number: now for each in done.landings for number in _numbers(following.lake, each)}


def _numbers(lake: Lake, landing: Any) -> list[int]:
    return [json.loads(line)["body"]["id"] - 1 for line in lake.content(landing).split(b"\n") if line]


def main(count: int = MESSAGES) -> bool:
    with tempfile.TemporaryDirectory() as name:
        folder, told = Path(name), []
        commands.up(folder / "services", {"kafka": commands.ANY_PORT}, told.append)
        try:
            variables = Place.of(folder / "services" / "kafka").environment()
            servers = variables["ISOBAR_KAFKA_BOOTSTRAP_SERVERS"]
            found = []
            for part in ("many", "single"):
                own = {**variables, "ISOBAR_KAFKA_TOPIC_PREFIX": f"{part}."}
                settings = Settings(data_dir=folder / part, transport="kafka", variables=own)
                transport = open_transport(settings)
                assert transport
                if part == "many":
                    produced, consumed, landed = throughput(settings, transport, servers, count)
                else:
                    found = [*latencies(settings, transport, servers)]
                transport.close()
        finally:
            commands.down(folder / "services", ["kafka"], told.append)
    print(f"{count:,} messages of {MESSAGE_BYTES} B: the lander takes {landed:,.0f} a second")
    print(f"  {landed / produced:.2f} times Kafka's producer, which stores {produced:,.0f}")
    print(f"  {landed / consumed:.2f} times a bare consumer, which reads {consumed:,.0f}")
    for what, share in (("median", 0.5), ("99th of 100", 0.99)):
        bare, ours = (each[min(len(each) - 1, int(share * len(each)))] for each in found)
        print(f"publication to landing, {what}: {ours * 1000:,.0f} ms")
        print(f"  {ours / bare:.1f} times a bare consumer, {bare * 1000:,.1f} ms")
    return verdict("seconds for 10,000 messages of 1 kB into the lake", LEAST_A_SECOND / landed, 1.0, "s")


if __name__ == "__main__":
    sys.exit(0 if main(*map(int, sys.argv[1:])) else 1)
