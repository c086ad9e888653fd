"""Kinesis, by boto3 (extra `aws`). See :class:`ingestion.streams.transport.Transport`.

A source has one stream; OpenWeather's is `weather_stream`, which the function `kinesis_to_dynamo` reads too (deploy/cloud). A
partition is a shard, an offset a sequence number, of up to 56 digits. When a stream is resharded its old shards are read to their
end first: their numbers are lower.

Kinesis has no idempotent producer, so a record is put again only where it is known not to be stored.
"""

from __future__ import annotations

import gzip
import json
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ingestion.aws import AwsError, client, explained
from ingestion.streams.transport import Lag, Message, Partition, Positions, StreamError
from isobar.settings import PROJECT_ROOT, Settings

DESCRIPTION = PROJECT_ROOT / "deploy" / "cloud" / "stream.json"
"""OpenWeather's stream with its shards, which `isobar stream serverless` applies too. Others have one shard."""

DEAD = ".dead"

LARGEST_RECORD = 1 << 20
"""Bytes of data and key together that every stream takes; a larger value is compressed."""

LARGEST_VALUE = 16 << 20
"""A compressed value is decompressed up to this: a lander is no victim of a bomb."""

RECORDS_AT_ONCE, BYTES_AT_ONCE = 500, 5 << 20
"""Of one PutRecords."""

READ_AT_ONCE = 2_000
"""Records of one GetRecords, which ends at 10 MB by itself."""

LONGEST_KEY = 256

ANSWER_SECONDS = 10.0
"""For a question. AWS answers in tens of milliseconds."""

PUBLISH_SECONDS = 60.0
"""How long a record is put again that was throttled, and how long an unreachable endpoint is tried."""

FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.2, 3.0

GZIP = b"\x1f\x8b"

THROTTLED = (
    "ProvisionedThroughputExceededException", "LimitExceededException", "ThrottlingException", "RequestLimitExceeded",
    "KMSThrottlingException",
)  # fmt: skip
EXPIRED = "ExpiredIteratorException"
NOT_OF_THIS_STREAM = "InvalidArgumentException"
MISSING = "ResourceNotFoundException"
IN_USE = "ResourceInUseException"

RIGHTS = (
    "kinesis:DescribeStreamSummary, ListShards, GetShardIterator, GetRecords and PutRecords, and CreateStream if a stream does"
    " not exist"
)
REASONS = {
    MISSING: "it does not exist; create it, or allow this key kinesis:CreateStream",
    IN_USE: "it is being created, changed or deleted; run the same command again in a minute",
    **dict.fromkeys(THROTTLED, "it is throttled; run the same command again later, or give it more shards"),
}


@dataclass
class _Cursor:
    """Where a shard is read on."""

    last: int | None  # the offset before it
    iterator: str | None = None  # None before the first read
    unread: list[dict[str, Any]] = field(default_factory=list)
    has_ended: bool = False  # nothing more now
    is_closed: bool = False  # nor ever: it was split or merged
    is_checked: bool = False  # whether the record of `last` was still there


@dataclass
class _Batch:
    """Records that one call puts: one of a key, so that the order of a key outlives a record that is put again."""

    topic: str = ""
    records: dict[str, bytes] = field(default_factory=dict)  # by key
    byte_count: int = 0

    def takes(self, topic: str, key: str, size: int) -> bool:
        is_free = key not in self.records and len(self.records) < RECORDS_AT_ONCE
        return topic == self.topic and is_free and self.byte_count + size <= BYTES_AT_ONCE


class Kinesis:
    """The streams of an account and region."""

    name = "kinesis"

    def __init__(self, settings: Settings) -> None:
        access = settings.aws("kinesis")
        self.notes: list[str] = []
        self._prefix = "demo." if settings.is_demo else ""  # simulated and real weather share no stream
        self._description = json.loads(DESCRIPTION.read_text(encoding="utf-8"))
        self._existing: set[str] = set()
        self._cursors: dict[Partition, _Cursor] = {}
        self._batch = _Batch()
        self._total = 0
        self._failed: Counter[str] = Counter()  # reason -> records that were not stored
        self._refusal: str | None = None  # why no call to put records succeeds
        try:
            self._client = client(access, "kinesis", "ISOBAR_TRANSPORT=kinesis", attempts=1)
        except AwsError as error:
            raise StreamError(str(error)) from None

    # --- streams ---------------------------------------------------------------------------------------------------

    def topic(self, source: str, table: str) -> str:  # noqa: ARG002 - a stream has all tables of a source
        own = self._description["StreamName"] if source == "openweather" else f"{source}_stream"
        return f"{self._prefix}{own}"

    def dead_topic(self, topic: str) -> str:
        return f"{topic}{DEAD}"

    def create_topics(self, topics: Iterable[str]) -> None:
        """Look which exist. The others are created by their first message: each costs money, and dead letters are rare."""
        for name in dict.fromkeys(topics):
            if name not in self._existing and self._exists(name):
                self._existing.add(name)

    def _exists(self, name: str) -> bool:
        from botocore.exceptions import ClientError

        with self._explained(name):
            try:
                self._asked(self._client.describe_stream_summary, StreamName=name)
            except ClientError as error:
                if _code(error) != MISSING:
                    raise
                return False
        return True

    def _create(self, name: str) -> None:
        from botocore.exceptions import ClientError

        is_described = name == self.topic("openweather", "")
        mode = self._description["StreamModeDetails"]
        with self._explained(name):
            try:
                self._asked(
                    self._client.create_stream,
                    StreamName=name,
                    ShardCount=self._description["ShardCount"] if is_described else 1,
                    StreamModeDetails=mode,
                )
            except ClientError as error:
                if _code(error) != IN_USE:  # another process was quicker
                    raise
            self._client.get_waiter("stream_exists").wait(StreamName=name)
        self._existing.add(name)

    def partitions(self, topics: Iterable[str]) -> list[Partition]:
        return [Partition(name, number) for name in dict.fromkeys(topics) for number in self._shards(name)]

    def _shards(self, name: str) -> list[int]:
        """Numbers of the shards, also of those that were split or merged and still have records; none without a stream."""
        found: list[int] = []
        if name not in self._existing and not self._exists(name):
            return found
        more: dict[str, Any] = {"StreamName": name}
        with self._explained(name):
            while more:
                answer = self._asked(self._client.list_shards, **more)
                found += [int(each["ShardId"].removeprefix("shardId-")) for each in answer["Shards"]]
                more = {"NextToken": answer["NextToken"]} if answer.get("NextToken") else {}
        return sorted(found)

    # --- publishing ------------------------------------------------------------------------------------------------

    def publish(self, topic: str, key: str, value: bytes) -> None:
        if topic not in self._existing and not self._exists(topic):
            self._create(topic)
        self._existing.add(topic)
        self._total += 1
        key = key[:LONGEST_KEY] or "-"  # Kinesis takes no record without one
        record = _fitting(topic, key, value)
        if record is None:
            self._failed[f"a message is larger than {LARGEST_RECORD >> 20} MiB, compressed too"] += 1
            return
        size = len(record) + len(key.encode())
        if not self._batch.takes(topic, key, size):
            self._put()
            self._batch = _Batch(topic)
        self._batch.records[key] = record
        self._batch.byte_count += size

    def flush(self) -> None:
        self._put()
        self._batch = _Batch()
        total, failed = self._total, self._failed
        self._total, self._failed, self._refusal = 0, Counter(), None
        if failed:
            (reason, _), *_ = failed.most_common(1)
            raise StreamError(
                f"kinesis: {sum(failed.values()):,} of {total:,} messages were not published: {reason}. The others were."
            )

    def _put(self) -> None:
        """Put the records of the batch; those that are refused again, for a while."""
        left, topic = dict(self._batch.records), self._batch.topic
        deadline, wait = time.monotonic() + PUBLISH_SECONDS, FIRST_WAIT_SECONDS
        while left:
            if self._refusal:  # a minute for each batch would be hours
                self._failed[self._refusal] += len(left)
                return
            records = [{"PartitionKey": key, "Data": value} for key, value in left.items()]
            try:
                with self._explained(topic):
                    answer = self._asked(
                        self._client.put_records,
                        StreamName=topic,
                        Records=records,
                        is_repeatable=False,
                        seconds=PUBLISH_SECONDS,
                    )
            except StreamError as error:
                self._refusal = str(error).removeprefix("kinesis: ")
                continue
            codes = dict(zip(left, (each.get("ErrorCode") for each in answer["Records"]), strict=True))
            left = {key: value for key, value in left.items() if codes[key]}
            if left and time.monotonic() > deadline:
                code = next(filter(None, codes.values()))
                self._failed[f"stream {topic}: {REASONS.get(code, f'the server answered {code}')}"] += len(left)
                return
            if left:
                time.sleep(wait)
                wait = min(wait * 2, LONGEST_WAIT_SECONDS)

    # --- reading ---------------------------------------------------------------------------------------------------

    def wait(self, after: Positions, seconds: float) -> bool:
        for is_last in (False, True):
            for partition, last in after.items():
                cursor = self._cursor(partition, last)
                if cursor.unread or self._fetch(partition, cursor):
                    return True
            if not is_last:
                time.sleep(seconds)
        return False

    def read(self, after: Positions) -> Iterator[list[Message]]:
        for partition, last in sorted(dict(after).items()):
            cursor = self._cursor(partition, last)
            cursor.has_ended = False
            while cursor.unread or (not cursor.has_ended and self._fetch(partition, cursor)):
                records, cursor.unread = cursor.unread, []
                cursor.last = _offset(records[-1])
                yield [
                    Message(partition, _offset(each), each["PartitionKey"], _plain(each["Data"])) for each in records
                ]

    def _cursor(self, partition: Partition, last: int | None) -> _Cursor:
        """The one that stands behind `last`."""
        kept = self._cursors.get(partition)
        if kept is None or kept.last != last:
            kept = self._cursors[partition] = _Cursor(last)
        return kept

    def _fetch(self, partition: Partition, cursor: _Cursor) -> bool:
        """Get the next records. Returns whether there are any; none means that the shard has no more now."""
        cursor.has_ended = cursor.is_closed
        while not (cursor.unread or cursor.has_ended):
            answer = self._answer(partition, cursor)
            records = answer["Records"]
            cursor.iterator = answer.get("NextShardIterator")
            cursor.is_closed = cursor.iterator is None
            # a shard can be empty for a stretch, and go on behind it
            is_at_end = not answer["MillisBehindLatest"] and len(records) < READ_AT_ONCE
            cursor.has_ended = cursor.is_closed or is_at_end
            cursor.unread = self._new(partition, cursor, records)
        return bool(cursor.unread)

    def _answer(self, partition: Partition, cursor: _Cursor) -> Any:
        from botocore.exceptions import ClientError

        with self._explained(partition.topic):
            try:
                iterator = cursor.iterator or self._iterator(partition, cursor)
                return self._asked(self._client.get_records, ShardIterator=iterator, Limit=READ_AT_ONCE)
            except ClientError as error:
                if _code(error) != EXPIRED:  # five minutes after it was given: loading and building took longer
                    raise
                return self._asked(
                    self._client.get_records, ShardIterator=self._iterator(partition, cursor), Limit=READ_AT_ONCE
                )

    def _iterator(self, partition: Partition, cursor: _Cursor) -> str:
        """From the record at the cursor's position, to see whether it is still there; from the oldest without one."""
        from botocore.exceptions import ClientError

        cursor.is_checked = cursor.last is None
        start: dict[str, Any] = {"ShardIteratorType": "TRIM_HORIZON"}
        if cursor.last is not None:
            start = {"ShardIteratorType": "AT_SEQUENCE_NUMBER", "StartingSequenceNumber": str(cursor.last)}
        shard = f"shardId-{partition.number:012d}"
        try:
            answer = self._asked(self._client.get_shard_iterator, StreamName=partition.topic, ShardId=shard, **start)
        except ClientError as error:
            if _code(error) != NOT_OF_THIS_STREAM or cursor.last is None:
                raise
            raise StreamError(
                f"kinesis: {partition.topic} has no record {cursor.last} in shard {partition.number}, up to which the lake"
                f" has landed it: it was deleted and created again. Delete streams/{partition.topic} of the lake to begin"
                " with the new one."
            ) from None
        return str(answer["ShardIterator"])

    def _new(self, partition: Partition, cursor: _Cursor, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Those after the position; a note where the stream has not kept everything after it."""
        if not records or cursor.is_checked:
            return records
        cursor.is_checked = True
        if _offset(records[0]) == cursor.last:
            return records[1:]
        self.notes.append(
            f"the last landed message of {partition.topic}, shard {partition.number}, is older than what the stream keeps (24"
            " hours unless changed): what came soon after it may be lost. Land more often, or raise the retention."
        )
        return [each for each in records if cursor.last is None or _offset(each) > cursor.last]

    def commit(self, positions: Positions) -> None:
        """Kinesis has no place for them."""

    def lag(self, positions: Positions) -> list[Lag]:
        oldest: dict[str, float] = {}
        for partition, last in positions.items():
            cursor = self._cursor(partition, last)
            age = 0.0
            if cursor.unread or self._fetch(partition, cursor):
                age = max(0.0, time.time() - cursor.unread[0]["ApproximateArrivalTimestamp"].timestamp())
            oldest[partition.topic] = max(age, oldest.get(partition.topic, 0.0))
        return [Lag(topic, None if age else 0, round(age, 1)) for topic, age in sorted(oldest.items())]

    def close(self) -> None:
        self._client.close()

    # --- errors ----------------------------------------------------------------------------------------------------

    @contextmanager
    def _explained(self, topic: str) -> Iterator[None]:
        try:
            with explained(f"kinesis: stream {topic}", REASONS, RIGHTS):
                yield
        except AwsError as error:
            raise StreamError(str(error)) from None

    def _asked(
        self, call: Callable[..., Any], *, is_repeatable: bool = True, seconds: float | None = None, **arguments: Any
    ) -> Any:
        """A call, and again while the service is throttled or not reached.

        Args:
            is_repeatable: whether it may be made again after it was perhaps carried out.

        Raises:
            botocore's errors: it is refused, or time has run out.
        """
        from botocore.exceptions import (
            ClientError,
            ConnectionClosedError,
            ConnectTimeoutError,
            EndpointConnectionError,
            ReadTimeoutError,
        )

        unsent = (EndpointConnectionError, ConnectTimeoutError)
        perhaps_done = (ConnectionClosedError, ReadTimeoutError)
        deadline, wait = time.monotonic() + (ANSWER_SECONDS if seconds is None else seconds), FIRST_WAIT_SECONDS
        while True:
            try:
                return call(**arguments)
            except unsent as error:
                fault: Exception = error
            except perhaps_done as error:
                if not is_repeatable:
                    raise
                fault = error
            except ClientError as error:
                status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
                if _code(error) not in THROTTLED and not (is_repeatable and status >= 500):
                    raise
                fault = error
            if time.monotonic() + wait > deadline:
                raise fault
            time.sleep(wait)
            wait = min(wait * 2, LONGEST_WAIT_SECONDS)


def _code(error: Any) -> str:
    return str(error.response["Error"]["Code"])


def _offset(record: dict[str, Any]) -> int:
    return int(record["SequenceNumber"])


def _fitting(topic: str, key: str, value: bytes) -> bytes | None:
    """The data of a record: the value, compressed where it is too large; None where it is too large all the same.

    Of a dead letter that is, the value goes: a lander must not stop at it. It stays in the stream it came from for a while.
    """
    room = LARGEST_RECORD - len(key.encode())
    if len(value) <= room:
        return value
    packed = gzip.compress(value, mtime=0)
    if len(packed) <= room:
        return packed
    if not topic.endswith(DEAD):
        return None
    letter = json.loads(value)
    letter |= {
        "value": None,
        "is_base64": False,
        "reason": f"{letter['reason']} (its content is too large to be kept here)",
    }
    return json.dumps(letter, ensure_ascii=False).encode()


def _plain(data: bytes) -> bytes:
    """A value as it was published; what only looks compressed, or is too large, as it is."""
    if not data.startswith(GZIP):
        return data
    unpacking = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        value = unpacking.decompress(data, LARGEST_VALUE)
    except zlib.error:
        return data
    return value if unpacking.eof and not unpacking.unused_data else data
