"""Redis: keys of a prefix of its own, read by its client."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlsplit

import duckdb
import pyarrow as pa
import redis

from serving.outlets.published import Mart
from tests.serving.publisher import PLACES, PUBLISHED_AT, Marts
from tests.serving.stores.store import Store

KEYS = {"agg_latest_conditions": "latest", "dim_locations": "location"}

RAINS = """
local rains = {}
for number, place in ipairs(redis.call('smembers', KEYS[1])) do
  rains[number] = redis.call('hget', KEYS[1] .. ':' .. place, 'rain_mm')
end
return rains
"""
"""A script is one reader, who sees all hashes at once."""


@dataclass
class RedisStore(Store):
    """Keys of a prefix of its own."""

    main: ClassVar[str] = "agg_latest_conditions"
    password_variable: ClassVar[str] = "ISOBAR_OUTLET_PASSWORD_REDIS"

    url: str
    password: str
    prefix: str
    client: redis.Redis
    elsewhere: str | None = None

    @classmethod
    @contextmanager
    def new(cls, environment: dict[str, str]) -> Iterator[RedisStore]:
        prefix, server = f"test_{secrets.token_hex(4)}", environment["ISOBAR_OUTLETS"]
        parts, password = urlsplit(server), environment[cls.password_variable]
        with redis.Redis(
            host=parts.hostname or "",
            port=parts.port or 0,
            username=parts.username,
            password=password,
            decode_responses=True,
        ) as client:
            elsewhere = f"{server.rpartition('/')[0]}/99"
            yield cls(f"{server}?prefix={prefix}", password, prefix, client, elsewhere)
            if keys := list(client.scan_iter(f"{prefix}:*", count=10_000)):
                client.delete(*keys)

    def marts(self, rows: str) -> Marts:
        """The newest of each place, an hour before the publication."""
        latest = (
            f"select * replace (timestamp '{PUBLISHED_AT}' - interval 1 hour as observed_at), 'synop' as source"
            f" from ({rows}) qualify row_number() over (partition by location_id order by observed_at desc) = 1"
        )
        return {
            "agg_latest_conditions": (latest, None, ("location_id",)),
            "dim_locations": (PLACES, None, ("location_id",)),
        }

    def tables(self) -> set[str]:
        return set((self.client.hget(f"{self.prefix}:publication", "marts") or "").split())  # type: ignore[union-attr]

    def rows(self, mart: Mart, types_of: duckdb.DuckDBPyConnection) -> pa.Table:
        keys = list(self.client.scan_iter(f"{self.prefix}:{KEYS[mart.name]}:*", count=10_000))
        with self.client.pipeline() as reads:
            for key in keys:
                reads.hgetall(key)
            found: list[dict[str, str]] = reads.execute()
        names = [column.name for column in mart.columns]
        assert all(set(row) <= set(names) for row in found)
        texts = pa.table({name: pa.array([row.get(name) for row in found], pa.string()) for name in names})
        casts = ", ".join(f'cast("{column.name}" as {column.data_type}) as "{column.name}"' for column in mart.columns)
        types_of.register("texts", texts)
        return types_of.execute(f"select {casts} from texts").to_arrow_table()

    def rains(self) -> tuple[Any, ...]:
        if self.main not in self.tables():
            raise LookupError(self.main)
        return tuple(self.client.eval(RAINS, 1, f"{self.prefix}:latest"))  # type: ignore[arg-type]

    def publication_id(self) -> str | None:
        return self.client.hget(f"{self.prefix}:publication", "publication_id")  # type: ignore[return-value]

    @contextmanager
    def read_only(self) -> Iterator[str]:
        self.client.replicaof("127.0.0.1", 1)
        try:
            yield "the server is read-only"
        finally:
            self.client.replicaof("NO", "ONE")

    def is_being_written(self) -> bool:
        return any(each["name"] == "isobar" for each in self.client.client_list())
