"""Kafka, by librdkafka (extra `kafka`). See :class:`ingestion.streams.transport.Transport`."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from functools import partial
from typing import Any, TypeVar

from ingestion.http.redaction import hide, redact
from ingestion.streams.transport import Lag, Message, Partition, Positions, StreamError
from isobar.settings import Settings

try:
    from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
    from confluent_kafka.admin import AdminClient, NewTopic, OffsetSpec
except ImportError:
    raise StreamError("ISOBAR_TRANSPORT=kafka needs the extra kafka: run `make setup-kafka`") from None

GROUP = "isobar"
"""Under this name the lander commits: consumer groups of Kafka's own tools show its lag."""

ANSWER_SECONDS = 10.0
"""For a question about topics or offsets. A broker in the same network takes milliseconds."""

PUBLISH_SECONDS = 60.0
"""How long the client tries to store a message: a broker that is started again within this time loses nothing."""

SILENCE_SECONDS = 60.0
"""After so long without a message, before the end of a partition, a read gives up."""

MESSAGES_AT_ONCE = 5_000
"""Of one read, some 5 MB of answers: one landing for each partition and poll among them."""

LINGER_SECONDS = 0.2
"""How long a read collects after it began: a landing costs some milliseconds, however small it is."""

LOOK_SECONDS = 0.1
"""How often the broker is asked whether something came."""

LARGEST_MESSAGE = 16 << 20
"""A map of warnings is 1 MB; Kafka's own default is 1 MB, too. A dead letter has a message inside, in base64."""

LARGEST_EVENT = LARGEST_MESSAGE // 2

DAY_MS = 86_400_000

T = TypeVar("T")


class Kafka:
    """A cluster."""

    name = "kafka"

    def __init__(self, settings: Settings) -> None:
        access = settings.kafka
        for secret in access.secrets():
            hide(secret)
        self.access = access
        self.notes: list[str] = []
        # simulated and real weather share no topic
        self._prefix = access.topic_prefix + ("demo.raw." if settings.is_demo else "raw.")
        self._fault: str | None = None  # the last thing that a client's own thread reported
        self._failed: Counter[str] = Counter()  # reason -> messages that were not stored
        self._pending = 0
        self._options = {
            "bootstrap.servers": access.bootstrap_servers,
            "client.id": "isobar",
            "error_cb": self._told,
            "logger": _silent(),
            "log_level": 0,
            **access.options,
        }
        self._admin = self._made(AdminClient)
        self._producer: Any = None
        self._consumer: Any = None

    # --- topics ----------------------------------------------------------------------------------------------------

    def topic(self, source: str, table: str) -> str:
        return f"{self._prefix}{source}.{table}"

    def dead_topic(self, topic: str) -> str:
        return f"{topic}.dead"

    def create_topics(self, topics: Iterable[str]) -> None:
        known = self._topics()
        missing = [name for name in topics if name not in known]
        if not missing:
            return
        made = self._admin.create_topics(
            [
                NewTopic(
                    name,
                    num_partitions=1 if name.endswith(".dead") else self.access.partitions,
                    replication_factor=-1,  # the cluster's own default
                    config={
                        "retention.ms": str(self.access.retention_days * DAY_MS),
                        "max.message.bytes": str(LARGEST_MESSAGE if name.endswith(".dead") else LARGEST_EVENT),
                    },
                )
                for name in missing
            ],
            request_timeout=ANSWER_SECONDS,
        )
        for name, future in made.items():
            try:
                self._result(future, f"topic {name}")
            except _ExistsError:
                continue  # another process was quicker
        _patiently(partial(self._require, missing))

    def _require(self, topics: Iterable[str]) -> None:
        """Raises:
        _NotYetError: the brokers do not tell of a topic that was created.
        """
        known = self._topics()
        for name in topics:
            if name not in known or not known[name].partitions:
                raise _NotYetError(f"{self._where}: no topic {name}. Create it, or allow this user to describe it.")

    def _topics(self) -> Mapping[str, Any]:
        return self._asked(lambda: self._admin.list_topics(timeout=ANSWER_SECONDS), "the list of topics").topics

    def partitions(self, topics: Iterable[str]) -> list[Partition]:
        known = self._topics()
        return [
            Partition(name, number) for name in topics if name in known for number in sorted(known[name].partitions)
        ]

    # --- publishing ------------------------------------------------------------------------------------------------

    def publish(self, topic: str, key: str, value: bytes) -> None:
        if self._producer is None:
            self._producer = self._made(
                Producer,
                {
                    "enable.idempotence": True,  # a retry stores nothing twice, and keeps the order
                    "linger.ms": 20,
                    "compression.type": "lz4",
                    "message.max.bytes": LARGEST_MESSAGE,
                    "message.timeout.ms": int(PUBLISH_SECONDS * 1000),
                },
            )
        while True:
            try:
                self._producer.produce(topic, value, key, on_delivery=self._delivered)
            except BufferError:  # the client's buffer is full: wait for the broker
                self._producer.poll(1.0)
                continue
            except KafkaException as error:
                self._failed[self._reason(error.args[0], f"topic {topic}")] += 1
            else:
                self._pending += 1
            break
        self._producer.poll(0)

    def flush(self) -> None:
        if self._producer is not None:
            left = self._producer.flush(PUBLISH_SECONDS + ANSWER_SECONDS)
            if left:
                self._failed[f"no answer{self._last_fault}"] += left
        total, failed = self._pending + sum(self._failed.values()), self._failed
        self._pending, self._failed = 0, Counter()
        if failed:
            (reason, _), *_ = failed.most_common(1)
            raise StreamError(
                f"{self._where}: {sum(failed.values()):,} of {total:,} messages were not published: {reason}. The others were."
            )

    def _delivered(self, error: KafkaError | None, message: Any) -> None:
        if error is not None:
            self._pending -= 1
            self._failed[self._reason(error, f"topic {message.topic()}")] += 1

    # --- reading ---------------------------------------------------------------------------------------------------

    def wait(self, after: Positions, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while not (found := any(each.messages for each in self.lag(after))) and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS)
        return found

    def read(self, after: Positions) -> Iterator[list[Message]]:
        bounds = self._bounds(after)
        ends = {}
        for partition, last in after.items():
            first, end = bounds[partition]
            begin = first if last is None else last + 1
            if begin > end:
                raise StreamError(
                    f"{self._where}: {partition.topic} ends before offset {begin:,} of partition {partition.number}, up to"
                    " which the lake has landed it: it was deleted and created again. Delete"
                    f" streams/{partition.topic} of the lake to begin with the new one."
                )
            if last is not None and begin < first:
                self.notes.append(
                    f"{first - begin:,} messages of {partition.topic}, partition {partition.number}, were deleted by the"
                    " broker before they were landed: land more often, or keep them longer (ISOBAR_KAFKA_RETENTION_DAYS)"
                )
                begin = first
            if begin < end:
                ends[partition] = (begin, end)
        if not ends:
            return
        consumer = self._reader()
        consumer.assign([TopicPartition(topic, number, begin) for (topic, number), (begin, _) in ends.items()])
        try:
            yield from self._batches(consumer, ends)
        finally:
            consumer.unassign()

    def _batches(self, consumer: Any, ends: Mapping[Partition, tuple[int, int]]) -> Iterator[list[Message]]:
        """Messages up to the ends, of partitions that have some."""
        at = dict(ends)  # partition -> where it is read next, and its end
        heard = time.monotonic()
        while left := sum(end - begin for begin, end in at.values()):
            messages = []
            count = min(left, MESSAGES_AT_ONCE)  # no more are waited for
            for each in self._asked(partial(consumer.consume, count, LINGER_SECONDS), "messages"):
                if (error := each.error()) is not None:
                    if not error.retriable() and error.code() not in (*NOT_YET, KafkaError._TRANSPORT):
                        raise StreamError(f"{self._where}: {self._reason(error, f'topic {each.topic()}')}")
                    continue
                partition = Partition(each.topic(), each.partition())
                if each.offset() < ends[partition][1]:
                    messages.append(Message(partition, each.offset(), _text(each.key()), each.value()))
            if messages:
                heard = time.monotonic()
                yield messages
            elif time.monotonic() - heard > SILENCE_SECONDS:
                raise StreamError(f"{self._where}: no messages for {SILENCE_SECONDS:.0f} s{self._last_fault}")
            # not the last message's offset: markers of transactions have offsets too, and are no messages
            for each in self._asked(lambda: consumer.position([TopicPartition(*part) for part in at]), "a position"):
                partition = Partition(each.topic, each.partition)
                begin, end = at[partition]
                at[partition] = (min(max(begin, each.offset), end), end)

    def commit(self, positions: Positions) -> None:
        offsets = [TopicPartition(*each, last + 1) for each, last in positions.items() if last is not None]
        if offsets:
            self._asked(lambda: self._reader().commit(offsets=offsets, asynchronous=True), "a commit")

    def lag(self, positions: Positions) -> list[Lag]:
        behind: Counter[str] = Counter()
        for partition, (first, end) in self._bounds(positions).items():
            last = positions[partition]
            behind[partition.topic] += max(0, end - max(first, 0 if last is None else last + 1))
        return [Lag(topic, count) for topic, count in sorted(behind.items())]

    def _bounds(self, partitions: Iterable[Partition]) -> dict[Partition, tuple[int, int]]:
        """The first offset that the broker has, and the one that comes next."""
        asked = list(partitions)
        firsts = _patiently(partial(self._offsets, asked, OffsetSpec.earliest()))  # type: ignore[no-untyped-call]
        ends = _patiently(partial(self._offsets, asked, OffsetSpec.latest()))  # type: ignore[no-untyped-call]
        return {each: (firsts[each], ends[each]) for each in asked}

    def _offsets(self, partitions: list[Partition], spec: OffsetSpec) -> dict[Partition, int]:
        if not partitions:
            return {}
        futures = self._admin.list_offsets(
            {TopicPartition(*each): spec for each in partitions}, request_timeout=ANSWER_SECONDS
        )
        return {
            Partition(each.topic, each.partition): self._result(future, f"topic {each.topic}").offset
            for each, future in futures.items()
        }

    def _reader(self) -> Any:
        if self._consumer is None:
            self._consumer = self._made(
                Consumer,
                {
                    "group.id": GROUP,
                    "enable.auto.commit": False,
                    "enable.auto.offset.store": False,
                    "auto.offset.reset": "error",
                    "isolation.level": "read_committed",
                },
            )
        return self._consumer

    def close(self) -> None:
        if self._consumer is not None:
            self._consumer.close()
            self._consumer = None

    # --- errors ----------------------------------------------------------------------------------------------------

    @property
    def _where(self) -> str:
        return f"kafka at {self.access.bootstrap_servers}"

    @property
    def _last_fault(self) -> str:
        return f" ({self._fault})" if self._fault else ""

    def _told(self, error: KafkaError) -> None:
        """What a client's thread reports while it goes on trying: why there will be no answer."""
        if error.code() in (*REFUSED, KafkaError._SSL, KafkaError._RESOLVE):
            self._fault = self._reason(error, "the cluster")

    def _made(self, client: Callable[..., T], options: Mapping[str, Any] | None = None) -> T:
        try:
            return client({**self._options, **(options or {})})
        except (KafkaException, ValueError, TypeError) as error:
            told = error.args[0]
            shown = told.str() if isinstance(told, KafkaError) else str(told)
            raise StreamError(f"kafka: a setting ISOBAR_KAFKA_… is not accepted: {redact(shown)}") from None

    def _asked(self, question: Callable[[], T], what: str) -> T:
        try:
            answer = question()
        except KafkaException as error:
            raise StreamError(f"{self._where}: {self._reason(error.args[0], what)}") from None
        self._fault = None
        return answer

    def _result(self, future: Future[T], what: str) -> T:
        try:
            return future.result(ANSWER_SECONDS * 2)
        except KafkaException as error:
            if error.args[0].code() == KafkaError.TOPIC_ALREADY_EXISTS:
                raise _ExistsError from None
            kind = _NotYetError if error.args[0].code() in NOT_YET else StreamError
            raise kind(f"{self._where}: {self._reason(error.args[0], what)}") from None
        except TimeoutError:
            raise StreamError(f"{self._where}: no answer{self._last_fault}") from None

    def _reason(self, error: KafkaError, what: str) -> str:
        """What an error means, and what to do."""
        code, name = error.code(), error.name()
        if code in REFUSED:
            return "the credentials are not accepted; check ISOBAR_KAFKA_SASL_USERNAME and ISOBAR_KAFKA_SASL_PASSWORD"
        if name.endswith("AUTHORIZATION_FAILED"):
            return f"access is denied to {what}; this user needs Create, Describe, Read and Write"
        if code in (KafkaError._UNKNOWN_TOPIC, KafkaError.UNKNOWN_TOPIC_OR_PART):
            return f"no {what}"
        if code in (KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.RECORD_LIST_TOO_LARGE):
            return f"a message is larger than {what} takes (max.message.bytes)"
        if code == KafkaError._SSL:
            return f"TLS failed: {redact(error.str())[:150]}; check ISOBAR_KAFKA_SSL_CA_LOCATION"
        if code == KafkaError._RESOLVE:
            return "no such host; check ISOBAR_KAFKA_BOOTSTRAP_SERVERS"
        if code in NO_ANSWER:
            self._admin.poll(0)  # hear what its thread has to tell
            return self._fault or "no answer; check ISOBAR_KAFKA_BOOTSTRAP_SERVERS and that the broker runs"
        return f"{name}: {redact(error.str())[:150]}"


REFUSED = (KafkaError._AUTHENTICATION, KafkaError.SASL_AUTHENTICATION_FAILED)

NO_ANSWER = (
    KafkaError._TRANSPORT,
    KafkaError._ALL_BROKERS_DOWN,
    KafkaError._TIMED_OUT,
    KafkaError._MSG_TIMED_OUT,
    KafkaError.REQUEST_TIMED_OUT,
)

NOT_YET = (
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.UNKNOWN_LEADER_EPOCH,
    KafkaError.FENCED_LEADER_EPOCH,
    KafkaError.UNKNOWN_TOPIC_OR_PART,
)
"""What brokers answer about a topic that was created, or moved to another broker, a moment ago."""


class _NotYetError(StreamError):
    """The same question may be answered in a moment."""


class _ExistsError(Exception):
    """The topic is there."""


def _silent() -> logging.Logger:
    """librdkafka writes to standard error by itself; what matters of it comes as an error."""
    logger = logging.getLogger("isobar.kafka")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
    return logger


def _patiently(question: Callable[[], T]) -> T:
    """Ask again for some seconds while the cluster has not yet agreed on a new topic."""
    deadline = time.monotonic() + ANSWER_SECONDS
    while True:
        try:
            return question()
        except _NotYetError:
            if time.monotonic() > deadline:
                raise
            time.sleep(LOOK_SECONDS)


def _text(key: bytes | None) -> str | None:
    return None if key is None else key.decode("utf-8", "replace")
