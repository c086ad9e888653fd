"""The serverless path: stream, function and table as deploy/cloud describes them, and what the function keeps.

The function runs in AWS's own Lambda runtime, a process of its own; Kinesis, Lambda, DynamoDB and the logs are emulated
(tools/services/aws_lambda.py). No test calls the function.
"""

from __future__ import annotations

import base64
import gzip
import json
import random
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest

from ingestion.aws import AwsError
from isobar.settings import Settings
from isobar.upkeep.cloud import DESCRIPTION
from isobar.upkeep.serverless import compare
from tests.command import isobar
from tests.openweather.provider import pollution, weather
from tests.services.fixtures import held
from tests.services.front import Answer, Front, before, nothing

pytest.importorskip("awslambdaric")

WAIT_SECONDS = 30
STREAM, FUNCTION, TABLE = "weather_stream", "kinesis_to_dynamo", "dataflow_mongo"
DAKAR = {
    "ville": "Dakar",
    "pays": "Sénégal",
    "aeroport": "DSS",
    "data": {"temp": 30, "pm2_5": 12},
    "timestamp": 1_731_400_000,
}
NOW = 1_772_346_600  # of the provider's bodies


class Aws:
    """Clients of the emulator, and what the tests ask of it."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self.variables = dict(variables)

    @property
    def options(self) -> dict[str, str]:
        """Of a client."""
        return {
            "endpoint_url": self.variables["AWS_ENDPOINT_URL"],
            "region_name": self.variables["AWS_REGION"],
            "aws_access_key_id": self.variables["AWS_ACCESS_KEY_ID"],
            "aws_secret_access_key": self.variables["AWS_SECRET_ACCESS_KEY"],
        }

    def client(self, service: str) -> Any:
        return boto3.client(service, **self.options)

    def put(self, *messages: dict[str, Any] | bytes) -> None:
        """In this order, into one shard."""
        contents = [each if isinstance(each, bytes) else json.dumps(each).encode() for each in messages]
        self.client("kinesis").put_records(
            StreamName=STREAM, Records=[{"Data": content, "PartitionKey": "one"} for content in contents]
        )

    def item(self, city: str) -> dict[str, Any] | None:
        found = boto3.resource("dynamodb", **self.options).Table(TABLE)
        item: dict[str, Any] = found.get_item(Key={"ville": city}).get("Item", {})
        return item if "timestamp" in item else None  # moto sets one attribute after the other, this one last

    def await_item(self, city: str, is_right: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        return until(lambda: item if (item := self.item(city)) is not None and is_right(item) else None, self.printed)

    def await_delivery(self) -> None:
        """Until the function has taken everything that was put before, and its log has it.

        The last message is of a city of its own. The batch of another one begins when the log of that one's batch is written.
        """
        for _ in range(2):
            last = f"last-{random.random()}"
            self.put(plain(last, 1))
            self.await_item(last, lambda item: True)

    def printed(self) -> list[str]:
        """The function's log; nothing before its first batch has ended."""
        logs, group = self.client("logs"), f"/aws/lambda/{FUNCTION}"
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
        try:
            return [event["message"] for page in pages for event in page["events"]]
        except logs.exceptions.ResourceNotFoundException:
            return []

    def await_printed(self, words: str) -> None:
        """Until the function's log has this: a batch is written into it when it has ended."""
        until(lambda: [line for line in self.printed() if words in line], self.printed)

    def dead_letters(self) -> list[str]:
        return [line for line in self.printed() if '"dead letter"' in line]


def until(found: Callable[[], Any], explain: Callable[[], object] = lambda: None) -> Any:
    deadline = time.monotonic() + WAIT_SECONDS
    while not (result := found()):
        assert time.monotonic() < deadline, explain()
        time.sleep(0.05)
    return result


def plain(city: str, at: float | str, **data: object) -> dict[str, Any]:
    return {"ville": city, "data": data or {"temp": 1}, "timestamp": at}


def event(
    table: str, city: str, body: dict[str, Any], at: str = "2026-03-01T06:30:00Z", **changed: Any
) -> dict[str, Any]:
    """As a poller publishes it (ingestion/streams/events.py)."""
    request = {"endpoint": table, "city_key": city, "parameters": {"units": "metric"}}
    known = {"specversion": "1.0", "id": "any", "source": "/isobar/openweather", "type": f"isobar.openweather.{table}"}
    data = {"request": request, "status": 200, "fetched_at": at.rstrip("Z"), "body": body}
    return {**known, "subject": city, "time": at, "simulated": False, "data": data, **changed}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    """An emulator of this file's own: its stream and table have fixed names."""
    for variables in held("moto", tmp_path_factory.mktemp("moto")):
        yield Aws(variables)


@pytest.fixture(scope="module")
def table(server: Aws) -> Iterator[Front]:
    """What the function sees of DynamoDB."""
    with before(server.variables["AWS_ENDPOINT_URL"]) as front:
        yield front


@pytest.fixture(scope="module")
def description(table: Front, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """deploy/cloud, with the function's way to the table through the front."""
    folder = tmp_path_factory.mktemp("cloud")
    for file in DESCRIPTION.glob("*.json"):
        text = json.loads(file.read_text())
        if file.name == "function.json":
            text["Environment"]["Variables"]["AWS_ENDPOINT_URL_DYNAMODB"] = table.url
        (folder / file.name).write_text(json.dumps(text))
    return folder


@pytest.fixture(scope="module")
def made(server: Aws, description: Path) -> list[str]:
    """The states of the first application."""
    return [part.state for part in compare(server.client, apply=True, folder=description).parts]


@pytest.fixture
def aws(server: Aws, made: list[str], table: Front) -> Iterator[Aws]:
    assert made
    table.fault = nothing
    yield server
    table.fault = nothing


def test_the_path_is_made_once_and_the_second_time_nothing_changes(
    aws: Aws, made: list[str], description: Path
) -> None:
    assert made == ["made"] * 5
    second = compare(aws.client, apply=True, folder=description)
    assert ([part.state for part in second.parts], second.changed) == (["in place"] * 5, [])
    assert aws.client("kinesis").list_streams()["StreamNames"] == [STREAM]
    assert aws.client("dynamodb").list_tables()["TableNames"] == [TABLE]


def test_what_was_changed_is_put_right_and_what_others_set_stays(aws: Aws, description: Path) -> None:
    functions = aws.client("lambda")
    variables = functions.get_function_configuration(FunctionName=FUNCTION)["Environment"]["Variables"]
    functions.update_function_configuration(
        FunctionName=FUNCTION, Timeout=3, Environment={"Variables": variables | {"THEIRS": "1"}}
    )
    (mapping,) = functions.list_event_source_mappings(FunctionName=FUNCTION)["EventSourceMappings"]
    functions.update_event_source_mapping(UUID=mapping["UUID"], FunctionName=FUNCTION, BatchSize=7)
    aws.client("iam").delete_role_policy(RoleName=FUNCTION, PolicyName="isobar")
    shown = compare(aws.client, folder=description)
    assert {part.name: part.state for part in shown.changed} == {
        f"role {FUNCTION}": "differs",
        f"function {FUNCTION}": "differs",
        f"mapping of {FUNCTION}": "differs",
    }
    assert len(compare(aws.client, apply=True, folder=description).changed) == 3
    assert compare(aws.client, folder=description).changed == []
    kept = functions.get_function_configuration(FunctionName=FUNCTION)
    assert (kept["Timeout"], kept["Environment"]["Variables"]["THEIRS"]) == (60, "1")


def test_a_table_with_another_key_is_refused(aws: Aws, description: Path, tmp_path: Path) -> None:
    for file in description.glob("*.json"):
        (tmp_path / file.name).write_text(file.read_text().replace('"ville"', '"city"'))
    with pytest.raises(AwsError, match=r"table dataflow_mongo has another key than deploy/cloud/table\.json"):
        compare(aws.client, apply=True, folder=tmp_path)


def test_a_plain_message_is_stored_and_read_back(aws: Aws) -> None:
    aws.put(DAKAR)
    item = aws.await_item("Dakar", lambda item: True)
    times = item.pop("times")
    assert item == DAKAR
    assert {name: int(each["observed"]) for name, each in times.items()} == dict.fromkeys(
        ("pays", "aeroport", "temp", "pm2_5"), DAKAR["timestamp"]
    )
    aws.await_printed('"batch"')


def test_only_what_a_message_carries_is_updated_each_by_its_own_time(aws: Aws) -> None:
    aws.put(
        plain("Mbour", 1_000, temp=20.5, pm2_5=5) | {"pays": "Sénégal"},
        plain("Mbour", 2_000, pm2_5=9),
        plain("Mbour", 1_500, temp=21.25, pm2_5=7),  # newer for one of the two
        plain("Mbour", "1970-01-01T00:20:00Z", temp=0),  # 1,200
    )
    aws.await_delivery()
    item = aws.item("Mbour")
    assert item is not None
    assert {name: float(value) for name, value in item["data"].items()} == {"temp": 21.25, "pm2_5": 9}
    assert (item["timestamp"], item["pays"]) == (2_000, "Sénégal")


def test_events_of_weather_and_of_air_pollution_meet_in_one_item(aws: Aws) -> None:
    later = {**weather(dt=NOW + 600), "main": {"temp": 13.5, "pressure": 1013, "humidity": 70}}
    forecast = event("forecasts", "paris-fr", {"list": [{"dt": NOW, "main": {"temp": 99}}]})
    aws.put(
        event("current", "paris-fr", later, "2026-03-01T06:41:00Z"),
        event("current", "paris-fr", weather()),
        event("air_pollution", "paris-fr", pollution(48.85, 2.35, [NOW - 3600, NOW])),
        forecast,
    )
    aws.await_delivery()
    item = aws.item("paris-fr")
    assert item is not None
    assert {name: float(value) for name, value in item["data"].items()} == {
        "temp": 13.5, "pressure": 1013, "humidity": 70, "wind_speed": 4.1, "pm2_5": 12.3, "pm10": 15.1, "no2": 14.82, "o3": 62.4,
    }  # fmt: skip
    assert (item["times"]["temp"]["observed"], item["times"]["pm2_5"]["observed"]) == (NOW + 600, NOW)


def test_of_two_answers_for_one_time_the_one_published_later_stays(aws: Aws) -> None:
    corrected = {**weather(), "main": {"temp": 11.0}}
    aws.put(
        event("current", "lyon-fr", corrected, "2026-03-01T06:50:00Z"),
        event("current", "lyon-fr", weather(), "2026-03-01T06:40:00Z"),
    )
    aws.await_delivery()
    item = aws.item("lyon-fr")
    assert item is not None
    assert float(item["data"]["temp"]) == 11.0


def test_simulated_values_are_marked(aws: Aws) -> None:
    compressed = gzip.compress(json.dumps(event("current", "nice-fr", weather(), simulated=True)).encode())
    aws.put(compressed)  # as what is larger than a record
    assert aws.await_item("nice-fr", lambda item: True)["times"]["temp"]["simulated"] is True


def test_the_newest_wins_under_shuffle_repeats_and_batches_that_fail(aws: Aws, table: Front) -> None:
    chance = random.Random(3)
    cities = [f"city-{number}" for number in range(6)]
    messages = [
        plain(city, at, **{name: at})
        for city in cities
        for name in ("temp", "pm2_5")
        for at in chance.sample(range(1_000, 9_000), 15)
    ]
    newest: dict[tuple[str, str], int] = {}
    for message in messages:
        ((name, at),) = message["data"].items()
        newest[message["ville"], name] = max(at, newest.get((message["ville"], name), 0))
    requests: list[bytes] = []

    def now_and_then(method: str, path: str, body: bytes, target: str) -> Answer | None:
        requests.append(body)
        if len(requests) % 9:
            return None
        # the client asks again where the table is throttled, Lambda where access is lost
        code = "AccessDeniedException" if len(requests) % 2 else "ThrottlingException"
        return 400, json.dumps({"__type": code, "message": "no"}).encode()

    table.fault = now_and_then
    messages = messages + messages[::3]
    chance.shuffle(messages)
    for first in range(0, len(messages), 40):
        aws.put(*messages[first : first + 40])
    aws.await_delivery()
    items = {city: aws.item(city) for city in cities}
    assert {(c, name): int(v) for c, item in items.items() if item for name, v in item["data"].items()} == newest
    aws.await_printed('"not stored"')  # a batch was sent again


def test_two_writers_of_one_city_lose_nothing(aws: Aws, table: Front) -> None:
    """Between the function's read and its write, another writer is first."""
    others: list[bytes] = []
    client = aws.client("dynamodb")

    def another_first(method: str, path: str, body: bytes, target: str) -> Answer | None:
        if b"UpdateExpression" in body and b"Contested" in body and not others:
            others.append(body)
            values = {"M": {"observed": {"N": "9000"}, "published": {"N": "9000"}}}
            client.put_item(
                TableName=TABLE,
                Item={
                    "ville": {"S": "Contested"},
                    "data": {"M": {"pm2_5": {"N": "4"}}},
                    "times": {"M": {"pm2_5": values}},
                    "timestamp": {"N": "9000"},
                },
            )
        return None

    table.fault = another_first
    aws.put(plain("Contested", 5_000, temp=3, pm2_5=1))
    item = aws.await_item("Contested", lambda item: "temp" in item["data"])
    assert ({name: int(value) for name, value in item["data"].items()}, item["timestamp"]) == (
        {"temp": 3, "pm2_5": 4}, 9_000,
    )  # fmt: skip


POISON = {
    "not JSON": b"weather!",
    "not JSON: Error -3 while decompressing": b"\x1f\x8b and no more",
    "not JSON: 'utf-8'": b'{"ville": "\xff"}',
    "NaN is not JSON": b'{"ville": "X", "data": {"temp": NaN}, "timestamp": 1}',
    "not JSON: maximum recursion": b"[" * 100_000,
    "not JSON: Exceeds the limit": b'{"ville": "X", "data": {"temp": ' + b"9" * 5_000 + b'}, "timestamp": 1}',
    "not a JSON object": b"[1, 2]",
    "not a message of weather: KeyError: 'timestamp'": b'{"ville": "X", "data": {}}',
    "temp is not a number": b'{"ville": "X", "data": {"temp": "30"}, "timestamp": 1}',
    "temp is a number that DynamoDB cannot store": b'{"ville": "X", "data": {"temp": 1e999}, "timestamp": 1}',
    "ville is not a text of 1 to": b'{"ville": "", "data": {"temp": 1}, "timestamp": 1}',
    "ville is not a text of Unicode": b'{"ville": "\\ud800", "data": {"temp": 1}, "timestamp": 1}',
    "a time of 99999999999999": b'{"ville": "X", "data": {"temp": 1}, "timestamp": 99999999999999}',
    "'yesterday' is not a time": b'{"ville": "X", "data": {"temp": 1}, "timestamp": "yesterday"}',
    "CloudEvents '0.3'": b'{"specversion": "0.3"}',
    "units 'standard', not metric": json.dumps(event("current", "X", weather()))
    .encode()
    .replace(b"metric", b"standard"),
}


def test_a_message_that_cannot_be_read_is_a_dead_letter_and_holds_nothing_up(aws: Aws) -> None:
    before_them = len(aws.dead_letters())
    aws.put(plain("Thiès", 10, temp=1), *POISON.values(), plain("Thiès", 11, temp=2))
    aws.await_item("Thiès", lambda item: item["data"]["temp"] == 2)
    letters = until(lambda: aws.dead_letters()[before_them:])  # a log comes after what is logged
    missing = [reason for reason in POISON if not any(reason in letter for letter in letters)]
    assert (missing, len(letters)) == ([], len(POISON))
    assert aws.item("X") is None


def test_an_invocation_reports_what_failed_and_stores_the_rest(aws: Aws, table: Front) -> None:
    """One call with a batch of its own, as a console makes it."""

    def of_saly(method: str, path: str, body: bytes, target: str) -> Answer | None:
        return (400, b'{"__type": "ResourceNotFoundException"}') if b"Saly" in body else None

    table.fault = of_saly
    records = [
        {
            "kinesis": {
                "sequenceNumber": f"4959{number}",
                "data": base64.b64encode(json.dumps(plain(city, 5, temp=number)).encode()).decode(),
                "approximateArrivalTimestamp": 1_731_400_000.5,
            }
        }
        for number, city in enumerate(["Louga", "Saly", "Kaolack", "Saly"])
    ]
    answer = aws.client("lambda").invoke(FunctionName=FUNCTION, Payload=json.dumps({"Records": records}).encode())
    assert json.loads(answer["Payload"].read()) == {
        "batchItemFailures": [{"itemIdentifier": "49591"}, {"itemIdentifier": "49593"}]
    }
    assert aws.item("Kaolack") and aws.item("Louga") and not aws.item("Saly")


def test_a_service_that_is_down_or_refuses_is_one_line(aws: Aws, settings: Settings) -> None:
    down = Aws(aws.variables | {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"})
    with pytest.raises(AwsError, match=r"the path from weather_stream to dataflow_mongo: its server did not answer"):
        compare(down.client)
    with before(aws.variables["AWS_ENDPOINT_URL"]) as front:
        for code, meaning in {
            "UnrecognizedClientException": "the server refused the key: check AWS_ACCESS_KEY_ID",
            "AccessDeniedException": "the key may not do this: it needs to read, create",
            "LimitExceededException": "a limit of the account is reached",
        }.items():
            front.fault = lambda method, path, body, target, code=code: (400, json.dumps({"__type": code}).encode())
            with pytest.raises(AwsError, match=meaning) as raised:
                compare(Aws(aws.variables | {"AWS_ENDPOINT_URL": front.url}).client)
            assert "\n" not in str(raised.value)


def test_the_command_shows_and_applies_what_is_described(aws: Aws, settings: Settings) -> None:
    """The function's environment has this file's own variable, which an application leaves alone."""
    shown = isobar(settings, "stream", "serverless", **aws.variables)
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.count("in place") == 5
    assert "nothing differs" in shown.stdout
    again = isobar(settings, "--json", "stream", "serverless", "--apply", **aws.variables)
    assert {part["state"] for part in json.loads(again.stdout)["parts"]} == {"in place"}
    assert aws.variables["AWS_SECRET_ACCESS_KEY"] not in shown.stdout + shown.stderr + again.stdout + again.stderr
