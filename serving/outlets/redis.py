"""Redis: the latest conditions of each place, for programs that ask for one place at a time, or for what is near.

    isobar:latest:<location_id>     a hash of `agg_latest_conditions`, until its reading is too old to pass for the present one
    isobar:location:<location_id>   a hash of `dim_locations`
    isobar:places                   the places' coordinates, for GEOSEARCH
    isobar:publication              a hash: what it has received

A field is a column, as text; null is no field. One MULTI/EXEC is one delivery: readers see one publication at a time, and a
delivery that is killed or refused leaves nothing. It watches `isobar:publication`, so one that another overtook begins again.
redis-py (extra `redis`) is the client, that of Redis' makers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import duckdb
import redis
from redis import Redis as Client
from redis.backoff import NoBackoff
from redis.client import Pipeline
from redis.retry import Retry

from isobar.files import literal
from isobar.runs.schedules import schedules
from serving.outlets import outlet
from serving.outlets.outlet import REMEDY, OutletError, Overtaken, Received
from serving.outlets.published import Column, Contents, Key, Mart, Part
from serving.outlets.rows import reading
from serving.outlets.sql import BOOKS, name

LATEST, LOCATIONS = "agg_latest_conditions", "dim_locations"
HASHES = {LATEST: "latest", LOCATIONS: "location"}
"""The marts that it is sent -> how the key of a row begins, after the prefix. Both have a row for each place."""

PREFIX = BOOKS
"""Where a URL names none: `?prefix=…`."""

PORT = 6379

LATITUDE_LIMIT = 85.05112878
"""Of Redis' geo index, degrees: a place nearer to a pole has its coordinates in its hash alone."""

Rows = dict[str, dict[str, str]]
"""Place -> its fields."""


class Redis:
    """A database of a server, or the keys of a prefix. See :class:`serving.outlets.outlet.Outlet`."""

    def __init__(self, url: str, password: str | None) -> None:
        """Raises:
        OutletError: the URL's path is no number of a database.
        """
        parts = urlsplit(url)
        if not re.fullmatch(r"/?\d*", parts.path):
            raise OutletError("its database is a number: write redis://user@host:6379/0")
        self.shown = url
        self.prefix = dict(parse_qsl(parts.query)).get("prefix", PREFIX)
        self._address = {
            "host": parts.hostname or "",
            "port": parts.port or PORT,
            "db": int(parts.path.strip("/") or 0),
            "username": unquote(parts.username) if parts.username else None,
            "password": password,
        }

    def takes(self, mart: Mart) -> bool:
        return mart.name in HASHES

    @contextmanager
    def begin(self) -> Iterator[RedisDelivery]:
        try:
            with (
                Client(
                    **self._address,  # type: ignore[arg-type]
                    client_name=PREFIX,
                    decode_responses=True,
                    socket_connect_timeout=min(outlet.CONNECT_SECONDS, outlet.SILENCE_SECONDS),
                    socket_timeout=outlet.SILENCE_SECONDS,
                    retry=Retry(NoBackoff(), 0),
                ) as client,
                client.pipeline() as transaction,
            ):
                yield RedisDelivery(self.prefix, client, transaction)
        except redis.WatchError:
            raise Overtaken from None
        except redis.RedisError as error:
            raise OutletError(_explained(error)) from None

    def ddl(self, contents: Contents) -> str:  # noqa: ARG002 - it has no tables
        return ""


@dataclass
class RedisDelivery:
    """One transaction, all of which is made at its end. See :class:`serving.outlets.outlet.Delivery`."""

    prefix: str
    client: Client
    transaction: Pipeline
    _files: dict[Key, str] = field(default_factory=dict)
    _rows: dict[str, Rows] = field(default_factory=dict)
    """Of each mart that changes, all its rows as they will be."""

    @property
    def _books(self) -> str:
        return f"{self.prefix}:publication"

    def _members(self, mart: str) -> str:
        """The set of a mart's places, those whose hash has expired included."""
        return f"{self.prefix}:{HASHES[mart]}"

    def received(self) -> Received:
        self.transaction.watch(self._books)  # type: ignore[no-untyped-call]
        books: dict[str, str] = self.client.hgetall(self._books)  # type: ignore[assignment]
        self._files = {Key(*name.split("/")[1:]): file for name, file in books.items() if name.startswith("file/")}
        published_at = books.get("published_at")
        return Received(
            dict(self._files),
            books.get("publication_id"),
            datetime.fromisoformat(published_at).replace(tzinfo=None) if published_at else None,
            books.get("warehouse_kind"),
        )

    def prepare(self, marts: tuple[Mart, ...]) -> set[str]:  # noqa: ARG002 - a hash has no columns
        return set()

    def forget(self, key: Key, mart: Mart | None) -> None:  # noqa: ARG002 - a part is a mart
        self._files.pop(key, None)
        self._rows.setdefault(key.mart, {})

    def apply(self, mart: Mart, part: Part) -> int:
        self._rows[mart.name] = _read(mart, part)
        self._files[part.key] = part.file
        return part.row_count

    def finish(self, contents: Contents) -> None:
        """Write what differs from what is there, in one transaction, and announce it."""
        seconds_left = _seconds_left(self._rows.get(LATEST, {}), contents.read_at)
        changed: set[str] = set()
        there = {mart: self._there(mart) for mart in self._rows}
        self.transaction.multi()
        for mart, rows in self._rows.items():
            for place in there[mart].keys() - rows.keys():
                self._write(mart, place, {})
                if there[mart][place]:
                    changed.add(place)
            for place, row in rows.items():
                seconds = seconds_left.get(place) if mart == LATEST else None
                row = {} if seconds is not None and seconds <= 0 else row
                if row != there[mart].get(place, {}):
                    self._write(mart, place, row)
                    changed.add(place)
                    if row and seconds is not None:
                        self.transaction.expire(self._key(mart, place), seconds)
            self.transaction.delete(self._members(mart))
            if rows:
                self.transaction.sadd(self._members(mart), *rows)
        if LOCATIONS in self._rows:
            self._write_coordinates(self._rows[LOCATIONS])
        self._write_books(contents)
        if changed:
            message = {"publication": contents.publication_id, "places": sorted(changed)}
            self.transaction.publish(self._members(LATEST), json.dumps(message, ensure_ascii=False))
        self.transaction.execute()

    def _key(self, mart: str, place: str) -> str:
        return f"{self._members(mart)}:{place}"

    def _there(self, mart: str) -> Rows:
        """The places of a mart and their fields; none where a hash has expired."""
        places: list[str] = sorted(self.client.smembers(self._members(mart)))  # type: ignore[arg-type]
        with self.client.pipeline(transaction=False) as reads:
            for place in places:
                reads.hgetall(self._key(mart, place))
            return dict(zip(places, reads.execute(), strict=True))

    def _write(self, mart: str, place: str, row: dict[str, str]) -> None:
        self.transaction.delete(self._key(mart, place))
        if row:
            self.transaction.hset(self._key(mart, place), mapping=row)  # type: ignore[arg-type]

    def _write_coordinates(self, rows: Rows) -> None:
        coordinates: list[Any] = []
        for place, row in rows.items():
            if {"latitude", "longitude"} <= row.keys() and abs(float(row["latitude"])) <= LATITUDE_LIMIT:
                coordinates += [float(row["longitude"]), float(row["latitude"]), place]
        self.transaction.delete(f"{self.prefix}:places")
        if coordinates:
            self.transaction.geoadd(f"{self.prefix}:places", coordinates)

    def _write_books(self, contents: Contents) -> None:
        books = {
            "publication_id": contents.publication_id,
            "published_at": f"{contents.published_at.isoformat()}Z",
            "warehouse_kind": contents.warehouse_kind,
            "marts": " ".join(mart.name for mart in contents.marts if mart.name in HASHES),
            **{f"file/{key.mart}/{key.partition}": file for key, file in self._files.items()},
        }
        self.transaction.delete(self._books)
        self.transaction.hset(self._books, mapping=books)  # type: ignore[arg-type]


def _read(mart: Mart, part: Part) -> Rows:
    """The rows of a part by place, every value as text: numbers as short as they can be read back, times ISO 8601 in UTC."""
    names = [column.name for column in mart.columns]
    with reading(part), duckdb.connect() as session:
        rows = session.execute(
            f"select {', '.join(map(_as_text, mart.columns))} from read_parquet({literal(part.path)})"
        ).fetchall()
    place = names.index("location_id")
    return {row[place]: {name: text for name, text in zip(names, row, strict=True) if text is not None} for row in rows}


def _as_text(column: Column) -> str:
    text = f"cast({name(column.name)} as varchar)"
    return f"replace({text}, ' ', 'T') || 'Z'" if column.data_type == "TIMESTAMP" else text


def _seconds_left(rows: Rows, now: datetime) -> dict[str, int]:
    """For how long each reading may pass for the present one: until its source would be overdue, had it brought no other.

    A source without a schedule brings nothing that is present.
    """
    overdue: dict[str, int] = {}
    for each in schedules():
        overdue[each.source] = min(overdue.get(each.source, each.overdue_after_hours), each.overdue_after_hours)
    return {
        place: int((_moment(row) + timedelta(hours=overdue.get(row["source"], 0)) - now).total_seconds())
        for place, row in rows.items()
    }


def _moment(row: dict[str, str]) -> datetime:
    return datetime.fromisoformat(row["observed_at"]).replace(tzinfo=None)


REMEDIES = (
    (
        "AuthenticationError|NOAUTH",
        REMEDY["user"],
    ),
    ("NoPermissionError|NOPERM", "the user may not write there: grant it its keys and commands (ACL SETUSER)"),
    ("DB index", "there is no such database: correct the number at the end of the URL in ISOBAR_OUTLETS"),
    ("ReadOnlyError", REMEDY["read-only"]),
    ("OutOfMemoryError", "its memory is full: raise maxmemory or free some; the next delivery sends the rest"),
    ("BusyLoadingError", "it is reading its data from the disk; the next delivery tries again"),
    ("MISCONF|MASTERDOWN|CLUSTERDOWN", "it takes no writes now; the next delivery tries again"),
    (
        "ConnectionError|TimeoutError",
        REMEDY["silent"],
    ),
)
"""redis-py's name of an error, or words of the server's, and what to do."""


def _explained(error: Exception) -> str:
    name = type(error).__name__
    first = next(iter(str(error).strip().splitlines()), name)
    for words, remedy in REMEDIES:
        if re.search(words, f"{name}: {first}"):
            return f"{remedy} ({first})"
    return first
