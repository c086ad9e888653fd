"""Lambda `kinesis_to_dynamo`: keeps the newest reading of each city of stream `weather_stream` in table `dataflow_mongo`.

It runs on AWS's python3.11 runtime as it is: the standard library and boto3. It takes two kinds of messages:

- A plain one: `{"ville": "Dakar", "pays": "Sénégal", "aeroport": "DSS", "data": {"temp": 30, "pm2_5": 12}, "timestamp": …}`.
  `timestamp` is in seconds since 1970, or ISO 8601 (UTC where it has no offset).
- Isobar's CloudEvents of OpenWeather's current weather and air pollution. Events of other tables are left alone.

An item has the plain message's shape, and `times`: for each attribute the time it was observed and the time it was published.
Temperature and air pollution come from two endpoints, so each attribute is newest by its own time; of two values of one time,
the one published later. Messages may come in any order and more than once.

A message that cannot be read is logged as a dead letter, with its sequence number. A city that cannot be stored is reported,
so that Lambda sends the batch again from there.
"""

from __future__ import annotations

import base64
import json
import logging
import os
import zlib
from datetime import UTC, datetime
from decimal import Decimal, DecimalException
from typing import Any, NamedTuple

import boto3
from boto3.dynamodb.types import TypeSerializer
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

LOG = logging.getLogger()
LOG.setLevel(logging.INFO)
logging.getLogger("botocore").setLevel(logging.WARNING)  # its notes on credentials are no part of this log

DESCRIPTIVE = ("pays", "aeroport")
"""Attributes of the city itself; all others are measures and lie in `data`."""

AHEAD_SECONDS = 3600
"""A clock may be ahead by this much. A time further in the future, or in milliseconds, would keep every later value out."""

LONGEST_TEXT = 255
"""Bytes of a name; DynamoDB has room for 2048."""

LARGEST_VALUE = 16 << 20
"""Bytes of a message that came compressed."""

UNITS = "metric"
"""°C, m/s; kelvin would look like a heat wave. Air pollution is in µg/m³ in every system."""

ATTEMPTS = 5
"""Another writer of the same city may come first so often."""

NO_ITEM = "ConditionalCheckFailedException"
REFUSED = "ValidationException"
"""The item itself is at fault: to send the batch again would not help."""

WEATHER = {
    "temp": ("main", "temp"),
    "humidity": ("main", "humidity"),
    "pressure": ("main", "pressure"),
    "wind_speed": ("wind", "speed"),
}
POLLUTANTS = ("pm2_5", "pm10", "no2", "o3")

TABLE = boto3.resource(
    "dynamodb", config=Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "max_attempts": 3})
).Table(os.environ.get("TABLE", "dataflow_mongo"))


class Unreadable(ValueError):
    """A message is not one of the two kinds, or one of its values is not usable; the text says which."""


class Value(NamedTuple):
    """An attribute's value. Its order is that of the times; both are in seconds since 1970."""

    observed: Decimal
    published: Decimal
    value: Any
    is_simulated: bool = False

    @property
    def order(self) -> tuple[Decimal, Decimal]:
        return self.observed, self.published


Reading = dict[str, Value]
"""Attribute -> its value."""


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 - Lambda gives it
    """A batch of a stream. Returns the records that Lambda is to send again (ReportBatchItemFailures)."""
    readings: dict[str, Reading] = {}
    numbers: dict[str, list[str]] = {}
    dead = 0
    for record in event["Records"]:
        number = record["kinesis"]["sequenceNumber"]
        try:
            found = read(record["kinesis"])
        except Unreadable as error:
            _dead_letter(str(error), number)
            dead += 1
            continue
        if found:
            city, reading = found
            readings[city] = newest(readings.get(city, {}), reading)
            numbers.setdefault(city, []).append(number)
    failed: list[str] = []
    for city, reading in readings.items():
        try:
            store(city, reading)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == REFUSED:
                _dead_letter(f"{city}: {error.response['Error']['Message']}", *numbers[city])
                dead += len(numbers[city])
            else:
                _failed(city, code, numbers[city])
                failed += numbers[city]
        except BotoCoreError as error:
            _failed(city, type(error).__name__, numbers[city])
            failed += numbers[city]
    counts = {"records": len(event["Records"]), "cities": len(readings), "dead_letters": dead, "failed": len(failed)}
    LOG.info(json.dumps({"message": "batch", **counts}))
    return {"batchItemFailures": [{"itemIdentifier": number} for number in failed]}


def read(record: dict[str, Any]) -> tuple[str, Reading] | None:
    """The city and what a record carries of it; None for an event of another table.

    Raises:
        Unreadable: it cannot be read.
    """
    arrived = Decimal(str(record["approximateArrivalTimestamp"]))
    try:
        message = json.loads(
            _decompressed(base64.b64decode(record["data"], validate=True)).decode("utf-8"),
            parse_float=Decimal,
            parse_constant=_no_number,
        )
    except (ValueError, DecimalException, RecursionError, zlib.error) as error:
        raise Unreadable(f"not JSON: {error}") from None
    if not isinstance(message, dict):
        raise Unreadable("not a JSON object")
    try:
        found = _event(message) if "specversion" in message else _plain(message, arrived)
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise Unreadable(f"not a message of weather: {type(error).__name__}: {error}") from None
    latest = max((value.order for value in found[1].values()), default=(arrived, arrived)) if found else None
    if latest and max(latest) > arrived + AHEAD_SECONDS:
        raise Unreadable(f"a time of {max(latest)}, after it arrived at {arrived} (seconds since 1970)")
    return found


def _plain(message: dict[str, Any], published: Decimal) -> tuple[str, Reading]:
    observed = _time(message["timestamp"])
    found = {name: _text(name, message[name]) for name in DESCRIPTIVE if message.get(name) is not None}
    found |= {name: _number(name, value) for name, value in message["data"].items() if value is not None}
    return _text("ville", message["ville"]), _timed(found, observed, published)


def _event(event: dict[str, Any]) -> tuple[str, Reading] | None:
    if event["specversion"] != "1.0":
        raise Unreadable(f"CloudEvents {event['specversion']!r}, not 1.0")
    kind = event["type"]
    if kind not in ("isobar.openweather.current", "isobar.openweather.air_pollution"):
        return None
    city, published, simulated = (
        _text("subject", event["subject"]),
        _time(event["time"]),
        event.get("simulated") is True,
    )
    body = event["data"]["body"]
    if kind.endswith("current"):
        units = event["data"]["request"]["parameters"]["units"]
        if units != UNITS:
            raise Unreadable(f"units {units!r}, not {UNITS}")
        steps = [(body["dt"], {name: body.get(part, {}).get(key) for name, (part, key) in WEATHER.items()})]
    else:
        steps = [(step["dt"], {name: step["components"].get(name) for name in POLLUTANTS}) for step in body["list"]]
    reading: Reading = {}
    for at, values in steps:
        found = {name: _number(name, value) for name, value in values.items() if value is not None}
        reading = newest(reading, _timed(found, _time(at), published, is_simulated=simulated))
    return city, reading


def _decompressed(data: bytes) -> bytes:
    """Isobar compresses what is larger than a record of Kinesis."""
    if not data.startswith(b"\x1f\x8b"):
        return data
    return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(data, LARGEST_VALUE)


def _timed(found: dict[str, Any], observed: Decimal, published: Decimal, *, is_simulated: bool = False) -> Reading:
    return {_text("a name", name): Value(observed, published, value, is_simulated) for name, value in found.items()}


def _text(name: str, value: Any) -> str:
    """A text that DynamoDB can store: half a character of UTF-16, which JSON can hold, is none."""
    if not isinstance(value, str) or not 0 < len(value.encode(errors="replace")) <= LONGEST_TEXT:
        raise Unreadable(f"{name} is not a text of 1 to {LONGEST_TEXT} bytes")
    if value.encode(errors="replace").decode() != value:
        raise Unreadable(f"{name} is not a text of Unicode")
    return value


def _number(name: str, value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise Unreadable(f"{name} is not a number")
    try:
        number = Decimal(value)
        TypeSerializer().serialize(number)  # DynamoDB has 38 digits, and no infinity
    except (DecimalException, TypeError):
        raise Unreadable(f"{name} is a number that DynamoDB cannot store") from None
    return number


def _time(value: Any) -> Decimal:
    """Seconds since 1970."""
    if not isinstance(value, str):
        return _number("its time", value)
    try:
        moment = datetime.fromisoformat(value)
        return Decimal(str((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()))
    except (ValueError, OverflowError):
        raise Unreadable(f"{value[:40]!r} is not a time of ISO 8601") from None


def _no_number(word: str) -> None:
    raise Unreadable(f"{word} is not JSON")


def newest(kept: Reading, found: Reading) -> Reading:
    """Both, each attribute by its newest value; of two with the same times, the one that came last."""
    newer = {name: value for name, value in found.items() if name not in kept or value.order >= kept[name].order}
    return kept | newer


def store(city: str, reading: Reading) -> None:
    """Update the attributes of which the table has nothing as new. Nothing is written where it has.

    Raises:
        ClientError, BotoCoreError: the table cannot be read or written, or other writers were first ATTEMPTS times.
    """
    for attempt in range(1, ATTEMPTS + 1):
        item = TABLE.get_item(Key={"ville": city}, ConsistentRead=True).get("Item", {})
        times = item.get("times", {})
        kept = {name: _stored(item, name, each) for name, each in times.items()}
        merged = newest(kept, reading)
        changed = {name: value for name, value in merged.items() if value != kept.get(name)}
        if not changed:
            return
        try:
            _update(city, item, changed)
        except ClientError as error:
            if error.response["Error"]["Code"] != NO_ITEM or attempt == ATTEMPTS:
                raise
        else:
            return


def _stored(item: dict[str, Any], name: str, times: dict[str, Any]) -> Value:
    value = item.get(name) if name in DESCRIPTIVE else item.get("data", {}).get(name)
    return Value(times["observed"], times["published"], value, times.get("simulated", False))


def _update(city: str, item: dict[str, Any], changed: Reading) -> None:
    """Written only while the times in the table are still those of `item`: another writer changes them."""
    times = item.get("times", {}) | {
        name: {"observed": each.observed, "published": each.published}
        | ({"simulated": True} if each.is_simulated else {})
        for name, each in changed.items()
    }
    fields = {name: each.value for name, each in changed.items() if name in DESCRIPTIVE}
    fields["data"] = item.get("data", {}) | {
        name: each.value for name, each in changed.items() if name not in DESCRIPTIVE
    }
    fields["times"] = times
    fields["timestamp"] = max(each["observed"] for each in times.values())
    condition = "#times = :seen" if "times" in item else "attribute_not_exists(#times)"
    TABLE.update_item(
        Key={"ville": city},
        UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in fields),
        ConditionExpression=condition,
        ExpressionAttributeNames={f"#{name}": name for name in fields},
        ExpressionAttributeValues={f":{name}": value for name, value in fields.items()}
        | ({":seen": item["times"]} if "times" in item else {}),
    )


def _dead_letter(reason: str, *numbers: str) -> None:
    LOG.error(json.dumps({"message": "dead letter", "reason": reason[:500], "sequence_numbers": numbers}))


def _failed(city: str, reason: str, numbers: list[str]) -> None:
    LOG.warning(json.dumps({"message": "not stored", "city": city, "reason": reason, "sequence_numbers": numbers}))
