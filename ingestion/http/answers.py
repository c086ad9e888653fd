"""Answers of polls that several machines share: `ISOBAR_CACHE`, a Redis in front of the providers.

An answer is kept for as long as its table's cadence, under a hash of what was asked. No key of an API is part of either: it is
asked for apart from the parameters, and an answer with it inside is not kept. Where Redis does not answer, the provider is asked
and a note says so, once a load.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any

from ingestion.http.client import Answer
from ingestion.http.redaction import hide, without_secrets
from isobar.settings import Settings

if TYPE_CHECKING:
    from redis import Redis

PREFIX = "isobar:answer"

ANSWER_SECONDS = 2.0
"""A cache that takes longer than this is slower than the provider."""


@dataclass(frozen=True)
class Question:
    """What is asked of a provider: a URL and parameters without the key; `table` takes the answer."""

    table: str
    url: str
    parameters: Mapping[str, str]

    @property
    def key(self) -> str:
        asked = json.dumps([without_secrets(self.url), sorted(self.parameters.items())])
        return f"{PREFIX}:{self.table}:{hashlib.sha256(asked.encode()).hexdigest()}"


@dataclass(frozen=True)
class Kept:
    """An answer of before, and when the provider gave it."""

    answer: Answer
    fetched_at: datetime


class Answers:
    """The cache of one visit. Safe to share between threads.

    Args:
        cadences: of the tables whose answers are kept.
        tell: takes what its user should know.
    """

    def __init__(
        self, settings: Settings, cadences: Mapping[str, timedelta], tell: Callable[[str], None], *, is_read: bool
    ) -> None:
        self._settings, self._cadences, self._tell, self._is_read = settings, cadences, tell, is_read
        self._lock = Lock()
        self._client = self._opened() if settings.cache else None

    def find(self, questions: Sequence[Question]) -> list[Kept | None]:
        """The answers that are younger than their cadence, by the clock of the data folder."""
        if self._client is None or not self._is_read or not questions:
            return [None] * len(questions)

        def read(client: Redis) -> list[Any]:
            with client.pipeline(transaction=False) as asked:
                for question in questions:
                    asked.hgetall(question.key)
                return asked.execute()

        found = self._tried(read) or [{}] * len(questions)
        return [self._young(question, each) for question, each in zip(questions, found, strict=True)]

    def keep(self, question: Question, answer: Answer, secret: str) -> None:
        """Keep a good answer, given now, until it is as old as its cadence."""
        if self._client is None or question.table not in self._cadences or secret.encode() in answer.body:
            return
        values: dict[bytes | bytearray | memoryview[int] | str | int | float, Any] = {
            "fetched_at": self._settings.now().isoformat(),
            "is_simulated": int(answer.is_simulated),
            "body": answer.body,
        }

        def write(client: Redis) -> None:
            with client.pipeline() as kept:
                kept.delete(question.key)
                kept.hset(question.key, mapping=values)
                kept.expire(question.key, self._cadences[question.table])
                kept.execute()

        self._tried(write)

    def close(self) -> None:
        if self._client is not None:
            self._client.close()

    def _young(self, question: Question, found: Mapping[bytes, bytes]) -> Kept | None:
        try:
            fetched_at = datetime.fromisoformat(found[b"fetched_at"].decode())
            kept = Kept(Answer(found[b"body"], found[b"is_simulated"] == b"1"), fetched_at)
        except (KeyError, ValueError):  # there is none, or it is not what was written
            return None
        age = self._settings.now() - fetched_at
        return kept if timedelta() <= age < self._cadences.get(question.table, timedelta()) else None

    def _opened(self) -> Redis | None:
        try:
            import redis
            from redis.backoff import NoBackoff
            from redis.retry import Retry
        except ImportError:
            self._tell("the cache needs the extra redis: run `make setup-redis`; the provider is asked")
            return None
        password = self._settings.cache_password()
        if password:
            hide(password)
        return redis.Redis.from_url(
            self._settings.cache or "",
            password=password,
            socket_connect_timeout=ANSWER_SECONDS,
            socket_timeout=ANSWER_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )

    def _tried(self, work: Callable[[Redis], Any]) -> Any:
        import redis

        client = self._client
        if client is None:
            return None
        try:
            return work(client)
        except redis.RedisError as error:
            with self._lock:
                if self._client is not None:
                    first = next(iter(str(error).splitlines()), type(error).__name__)
                    self._tell(f"the cache {self._settings.cache} is not used ({first}): the provider is asked")
                self._client = None
            return None
