"""Polls by Kinesis, emulated by moto: the same raw rows as direct, each message once; what is refused is told in one line."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ingestion.lake import Lake, open_lake
from ingestion.load import load, poll
from ingestion.streams import StreamError, kinesis, open_transport
from ingestion.streams.kinesis import LARGEST_RECORD, Kinesis
from ingestion.streams.land import Landed, Lander
from ingestion.streams.letters import open_letters, replay
from ingestion.streams.positions import position_of, write_position
from ingestion.streams.transport import Partition
from isobar.settings import Settings
from tests.openweather.conftest import NOW
from tests.openweather.provider import Provider
from tests.services.front import Answer, before
from tests.streams.test_streams import OPENWEATHER, assert_same_raw_rows, event, landed_ids

STREAM = "weather_stream"


@pytest.fixture
def keyed(keyed: Settings, moto: dict[str, str]) -> Iterator[Settings]:
    """By Kinesis, without any stream yet."""
    made = by_kinesis(keyed, moto)
    client = Kinesis(made)._client
    yield made
    for name in client.list_streams()["StreamNames"]:
        client.delete_stream(StreamName=name)


def by_kinesis(settings: Settings, variables: dict[str, str]) -> Settings:
    return replace(settings, transport="kinesis", variables={**settings.variables, **variables})


def put(settings: Settings, *values: bytes, topic: str = STREAM) -> None:
    """Each by a key of its own."""
    transport = Kinesis(settings)
    transport.create_topics([topic])
    for number, value in enumerate(values):
        transport.publish(topic, f"key-{number}", value)
    transport.flush()


def land(settings: Settings, transport: Kinesis | None = None, lake: Lake | None = None) -> Landed:
    settings.scratch.mkdir(parents=True, exist_ok=True)
    return Lander([OPENWEATHER], settings, lake or open_lake(settings), transport or Kinesis(settings)).land()


def test_a_poll_by_kinesis_gives_the_rows_of_a_direct_one(keyed: Settings, provider: Provider, tmp_path: Path) -> None:
    moments = [NOW - timedelta(hours=3), NOW]
    direct, streamed = replace(keyed, transport="direct"), replace(keyed, data_dir=tmp_path / "other")
    load(OPENWEATHER, direct, as_of=moments)
    transport = open_transport(streamed)
    assert isinstance(transport, Kinesis)
    done = load(OPENWEATHER, streamed, as_of=moments, transport=transport)
    assert (done.failed, done.refused) == (0, [])
    assert_same_raw_rows(direct, streamed)
    assert transport.lag(dict.fromkeys(transport.partitions([STREAM])))[0].seconds is not None
    # the lake has the positions: the same polls again ask for nothing, and another client finds nothing to land
    assert load(OPENWEATHER, streamed, as_of=moments, transport=Kinesis(streamed)).asked == 0
    assert land(streamed).messages == 0


def test_a_poller_is_gone_when_landing_starts_and_simulated_weather_has_streams_of_its_own(keyed: Settings) -> None:
    poll(OPENWEATHER, keyed, Kinesis(keyed))
    transport = Kinesis(keyed)
    lander = Lander([OPENWEATHER], keyed, open_lake(keyed), transport)
    keyed.scratch.mkdir(parents=True, exist_ok=True)
    (lag,) = lander.lag()
    assert (lag.topic, lag.messages) == (STREAM, None)
    assert lander.wait(0.0)
    assert lander.land().messages == 12
    assert [(each.messages, each.seconds) for each in lander.lag()] == [(0, 0.0)]
    assert not lander.wait(0.0)
    # a stream costs money: none for dead letters that do not exist, nor for a source that is not polled
    assert transport._client.list_streams()["StreamNames"] == [STREAM]
    assert Kinesis(replace(keyed, is_demo=True)).topic("openweather", "current") == f"demo.{STREAM}"
    assert transport.topic("meteofrance_vigilance", "texts") == "meteofrance_vigilance_stream"


def test_a_stream_that_is_resharded_while_it_is_read_loses_and_doubles_nothing(keyed: Settings) -> None:
    lake, transport = open_lake(keyed), Kinesis(keyed)
    keyed.scratch.mkdir(parents=True, exist_ok=True)
    lander = Lander([OPENWEATHER], keyed, lake, transport)
    put(keyed, event(80).encoded())
    shards = transport._client.list_shards(StreamName=STREAM)["Shards"]
    start, end = (int(shards[0]["HashKeyRange"][f"{side}HashKey"]) for side in ("Starting", "Ending"))
    put(keyed, *(event(number, f"place-{number}").encoded() for number in range(20)))
    lander.land()
    put(keyed, *(event(number, f"place-{number}").encoded() for number in range(20, 40)))
    transport._client.split_shard(
        StreamName=STREAM, ShardToSplit=shards[0]["ShardId"], NewStartingHashKey=str((start + end) // 2)
    )
    put(keyed, *(event(number, f"place-{number}").encoded() for number in range(40, 60)))
    lander.land()
    one, two = (each["ShardId"] for each in transport._client.list_shards(StreamName=STREAM)["Shards"][-2:])
    transport._client.merge_shards(StreamName=STREAM, ShardToMerge=one, AdjacentShardToMerge=two)
    put(keyed, *(event(number, f"place-{number}").encoded() for number in range(60, 80)))
    land(keyed, lake=lake)  # another machine's
    assert landed_ids(lake) == list(range(81))
    assert len(transport.partitions([STREAM])) > len(shards) + 2


def test_a_closed_shard_is_read_once(keyed: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS gives no further iterator for a shard that was split; moto does."""
    put(keyed, *(event(number, f"place-{number}").encoded() for number in range(8)))
    transport = Kinesis(keyed)
    whole = transport._client.get_records
    monkeypatch.setattr(transport._client, "get_records", lambda **given: {**whole(**given), "NextShardIterator": None})
    lake = open_lake(keyed)
    keyed.scratch.mkdir(parents=True, exist_ok=True)
    lander = Lander([OPENWEATHER], keyed, lake, transport)
    assert [lander.land().messages for _ in range(3)] == [8, 0, 0]


def test_sequence_numbers_of_aws_have_56_digits(keyed: Settings) -> None:
    lake, shard = open_lake(keyed), Partition(STREAM, 3)
    last = 49_590_338_271_490_256_608_559_692_538_361_571_095_921_575_989_136_588_898
    write_position(lake, shard, last)
    assert position_of(lake, shard) == last


def test_records_that_are_refused_are_put_again_and_each_is_stored_once(
    keyed: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kinesis, "FIRST_WAIT_SECONDS", 0.0)
    transport = Kinesis(keyed)
    transport.create_topics([STREAM])
    whole, calls = transport._client.put_records, []

    def throttled(**given: Any) -> Any:
        calls.append(len(given["Records"]))
        taken, refused = given["Records"][::2], given["Records"][1::2]
        if len(calls) > 4:
            taken, refused = given["Records"], []
        whole(**{**given, "Records": taken})
        code = {"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "Rate exceeded"}
        answers = [code if each in refused else {"SequenceNumber": "1"} for each in given["Records"]]
        return {"FailedRecordCount": len(refused), "Records": answers}

    monkeypatch.setattr(transport._client, "put_records", throttled)
    for number in range(40):  # two of each place: the second is not put before the first is stored
        transport.publish(STREAM, f"place-{number % 20}", event(number, f"place-{number % 20}").encoded())
    transport.flush()
    assert calls[:4] == [20, 10, 5, 2]
    messages = [each for batch in transport.read(dict.fromkeys(transport.partitions([STREAM]))) for each in batch]
    order: dict[str | None, list[int]] = {}
    for message in messages:
        order.setdefault(message.key, []).append(json.loads(message.value or b"")["data"]["body"]["id"])
    assert order == {f"place-{number}": [number + 1, number + 21] for number in range(20)}


def test_a_stream_that_stays_throttled_and_a_call_that_is_lost_are_errors_with_their_count(
    keyed: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from botocore.exceptions import ReadTimeoutError

    monkeypatch.setattr(kinesis, "PUBLISH_SECONDS", 0.0)
    transport = Kinesis(keyed)
    transport.create_topics([STREAM])
    refused = {"ErrorCode": "ProvisionedThroughputExceededException"}
    monkeypatch.setattr(
        transport._client, "put_records", lambda **given: {"Records": [refused] + [{}] * (len(given["Records"]) - 1)}
    )
    for number in range(3):
        transport.publish(STREAM, f"place-{number}", b"{}")
    with pytest.raises(
        StreamError, match=r"1 of 3 messages were not published: stream weather_stream: it is throttled"
    ):
        transport.flush()

    calls = []

    def lost(**given: Any) -> Any:
        calls.append(given)
        raise ReadTimeoutError(endpoint_url="http://there")

    monkeypatch.setattr(kinesis, "PUBLISH_SECONDS", 60.0)
    monkeypatch.setattr(transport._client, "put_records", lost)
    for number in range(3):
        transport.publish(STREAM, "one-place", str(number).encode())
    with pytest.raises(StreamError, match=r"3 of 3 .*did not answer \(ReadTimeoutError\)"):
        transport.flush()
    assert len(calls) == 1, "perhaps it was stored: it is not put again"


def test_a_large_value_is_compressed_and_one_that_stays_too_large_is_refused(keyed: Settings) -> None:
    transport = Kinesis(keyed)
    transport.create_topics([STREAM])
    large = b'{"map": "' + b"orange " * 400_000 + b'"}'
    only_looks_so = b"\x1f\x8b and no more"
    transport.publish(STREAM, "a", large)
    transport.publish(STREAM, "b", only_looks_so)
    transport.publish(STREAM, "c", os.urandom(LARGEST_RECORD + 1))
    with pytest.raises(
        StreamError, match=r"1 of 3 .*a message is larger than 1 MiB, compressed too\. The others were\."
    ):
        transport.flush()
    read = [each for batch in transport.read(dict.fromkeys(transport.partitions([STREAM]))) for each in batch]
    assert {each.key: each.value for each in read} == {"a": large, "b": only_looks_so}


def test_what_cannot_be_landed_is_a_dead_letter_however_large_and_is_published_again(keyed: Settings) -> None:
    plain = json.dumps({"ville": "Dakar", "data": {"temp": 30}, "timestamp": 1}).encode()
    put(keyed, plain, os.urandom(LARGEST_RECORD - 10), event(0).encoded())
    lake, transport = open_lake(keyed), Kinesis(keyed)
    done = land(keyed, transport, lake)
    assert (done.messages, len(done.letters)) == (3, 2)
    opened = open_letters(lake, transport, [STREAM])
    contents = {each.reason: each.content for each in opened.letters}
    assert contents["not an event of CloudEvents 1.0 in structured mode"] == plain
    assert any("its content is too large to be kept here" in reason for reason in contents)
    replay(lake, transport, opened)
    assert open_letters(lake, transport, [STREAM]).letters == []
    assert len(land(keyed, transport, lake).letters) == 2


def test_what_the_stream_no_longer_keeps_is_noted(keyed: Settings) -> None:
    put(keyed, event(0).encoded(), event(1).encoded())
    lake, transport = open_lake(keyed), Kinesis(keyed)
    for shard in transport.partitions([STREAM]):
        write_position(lake, shard, 0)  # before every record that there is
    done = land(keyed, transport, lake)
    assert (done.messages, landed_ids(lake)) == (2, [0, 1])
    assert [note for note in done.notes if "is older than what the stream keeps (24 hours unless changed)" in note]
    assert land(keyed, transport, lake).notes == []


FAULTS = {
    "GetShardIterator": ("InvalidArgumentException", r"was deleted and created again\. Delete streams/weather_stream"),
    "ListShards": ("AccessDeniedException", r"the key may not do this: it needs kinesis:DescribeStreamSummary"),
    "DescribeStreamSummary": ("ExpiredTokenException", "the session has ended: renew it"),
    "GetRecords": ("ResourceNotFoundException", "stream weather_stream: it does not exist"),
}


def refusal(code: str) -> Answer:
    return 400, json.dumps({"__type": code, "message": "no"}).encode()


def on(call: str, *answers: Answer) -> Callable[[str, str, bytes, str], Answer | None]:
    """These answers to the next such calls, the last one to all that follow."""
    left = list(answers)

    def fault(method: str, path: str, body: bytes, target: str) -> Answer | None:
        if not target.endswith(f".{call}"):
            return None
        return left.pop(0) if len(left) > 1 else left[0]

    return fault


@pytest.mark.parametrize("call", FAULTS)
def test_a_stream_that_refuses_is_one_line(keyed: Settings, moto: dict[str, str], call: str) -> None:
    put(keyed, event(0).encoded())
    lake = open_lake(keyed)
    for number in (0, 1):
        write_position(lake, Partition(STREAM, number), 1)
    code, meaning = FAULTS[call]

    with before(moto["AWS_ENDPOINT_URL"]) as front:
        front.fault = on(call, refusal(code))
        with pytest.raises(StreamError, match=meaning) as raised:
            land(by_kinesis(keyed, {**moto, "AWS_ENDPOINT_URL": front.url}), lake=lake)
    assert "\n" not in str(raised.value)
    assert moto["AWS_SECRET_ACCESS_KEY"] not in str(raised.value)


def test_faults_that_pass_are_waited_for(
    keyed: Settings, moto: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kinesis, "FIRST_WAIT_SECONDS", 0.0)
    put(keyed, event(0).encoded(), event(1).encoded())
    lake = open_lake(keyed)
    with before(moto["AWS_ENDPOINT_URL"]) as front:
        codes = ["ProvisionedThroughputExceededException", "ExpiredIteratorException"]
        front.fault = on("GetRecords", *map(refusal, codes), (500, b"{}"), None)
        assert land(by_kinesis(keyed, {**moto, "AWS_ENDPOINT_URL": front.url}), lake=lake).messages == 2
    assert landed_ids(lake) == [0, 1]


def test_a_stream_that_is_down_costs_no_call_of_the_provider(
    keyed: Settings, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kinesis, "ANSWER_SECONDS", 0.5)
    down = by_kinesis(keyed, {**keyed.variables, "AWS_ENDPOINT_URL": "http://127.0.0.1:9"})
    with pytest.raises(
        StreamError, match=r"its server did not answer \(EndpointConnectionError\): check AWS_ENDPOINT_URL"
    ):
        load(OPENWEATHER, down, transport=Kinesis(down))
    assert not provider.requests
