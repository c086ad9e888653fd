"""MongoDB: the collection `WeatherStats`, a document for each place and day, its figures nested by subject.

Readers see each document whole. A publication arrives part by part and document by document, and no day that stays in it is ever
missing: documents are replaced first, and what is no more is deleted last. The record of a part goes before its documents change
and comes back after, so that the next delivery finishes a killed one. PyMongo (extra `mongodb`) is MongoDB's own client.
"""

from __future__ import annotations

import os
import socket
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import duckdb
from pymongo import MongoClient, ReplaceOne
from pymongo.errors import BulkWriteError, ConfigurationError, ConnectionFailure, DuplicateKeyError, PyMongoError

from isobar.files import literal
from isobar.publish.duckdb import WHOLE
from serving.outlets import outlet
from serving.outlets.outlet import REMEDY, OutletError, Received
from serving.outlets.published import Contents, Key, Mart, Part
from serving.outlets.rows import reading
from serving.outlets.sql import BOOKS, described, name

Client = MongoClient[dict[str, Any]]

MART, COLLECTION = "gold_weather_aggregates", "WeatherStats"

FIELDS: dict[str, str | dict[str, str]] = {
    "location_id": "location_id",
    "city": "location_name",
    "kind": "location_kind",
    "country_code": "country_code",
    "department_code": "department_code",
    "date": "weather_date",
    "source": "source",
    "temperature": {
        "mean_c": "temperature_mean_c",
        "min_c": "temperature_min_c",
        "max_c": "temperature_max_c",
        "is_complete": "is_temperature_complete",
    },
    "pressure": {"sea_level_mean_hpa": "pressure_sea_level_mean_hpa"},
    "wind": {
        "speed_mean_ms": "wind_speed_mean_ms",
        "speed_max_ms": "wind_speed_max_ms",
        "gust_max_ms": "wind_gust_max_ms",
    },
    "rain": {"total_mm": "precipitation_mm", "hours": "precipitation_hours"},
    "humidity": {"relative_mean_pct": "relative_humidity_mean_pct"},
    "air_quality": {
        "pm2_5_mean_ugm3": "pm2_5_mean_ugm3",
        "pm10_mean_ugm3": "pm10_mean_ugm3",
        "o3_mean_ugm3": "o3_mean_ugm3",
        "no2_mean_ugm3": "no2_mean_ugm3",
        "eaqi_max": "eaqi_max",
        "hour_count": "air_quality_hour_count",
    },
    "observation_count": "observation_count",
}
"""A field of a document -> the mart's column, or fields within it."""

IDENTIFIER = "location_id || '|' || weather_date"
"""`_id` of a document: the mart's key."""

FILE = "isobar_file"
"""The field that has the file which a document is of."""

TYPES: dict[str, list[str]] = {
    "VARCHAR": ["string"],
    "DOUBLE": ["double"],
    "BIGINT": ["int", "long"],
    "INTEGER": ["int", "long"],
    "BOOLEAN": ["bool"],
    "DATE": ["date"],
    "TIMESTAMP": ["date"],
}
"""DuckDB's type -> BSON's. A day is its midnight UTC."""

INDEXES = ([("city", 1), ("date", 1)], [("date", 1)])

PARTS, PUBLICATION, LEASE = f"{BOOKS}_parts", f"{BOOKS}_publication", f"{BOOKS}_lease"

BATCH_DOCUMENTS = 1000
"""Of one request, some 0.6 MB."""

EXPIRED = datetime(1970, 1, 1)
"""Until when nobody's lease is."""

LOOK_SECONDS = 0.2


class MongoDB:
    """A database. See :class:`serving.outlets.outlet.Outlet`."""

    def __init__(self, url: str, password: str | None) -> None:
        """Not connected yet.

        Raises:
            OutletError: the URL names no database.
        """
        self.shown = self._url = url
        self.database = urlsplit(url).path.strip("/")
        if not self.database:
            raise OutletError("it names no database: write mongodb://user@host:27017/weather_dw")
        self._password = password

    def takes(self, mart: Mart) -> bool:
        return mart.name == MART

    @contextmanager
    def begin(self) -> Iterator[MongoDBDelivery]:
        wait_ms, silence_ms = (int(seconds * 1000) for seconds in (outlet.CONNECT_SECONDS, outlet.SILENCE_SECONDS))
        try:
            client: Client = MongoClient(
                self._url,
                password=self._password,
                serverSelectionTimeoutMS=min(wait_ms, silence_ms),
                connectTimeoutMS=min(wait_ms, silence_ms),
                socketTimeoutMS=silence_ms,
                retryReads=False,
                retryWrites=False,
                appname="isobar",
            )
            with client:
                delivery = MongoDBDelivery(self, client)
                delivery.wait_for_others()
                try:
                    yield delivery
                finally:
                    with suppress(PyMongoError):
                        delivery.let_others()
        except PyMongoError as error:
            raise OutletError(_explained(error)) from None

    def ddl(self, contents: Contents) -> str:  # noqa: ARG002 - a collection has none
        return ""


class MongoDBDelivery:
    """Documents, one after the other. See :class:`serving.outlets.outlet.Delivery`."""

    def __init__(self, store: MongoDB, client: Client) -> None:
        self._database = client[store.database]
        self._owner = {"machine": _machine(), "process": os.getpid(), "delivery": uuid.uuid4().hex}
        self._documents = self._database[COLLECTION]
        self._gone: dict[Key, Mart | None] = {}

    def wait_for_others(self) -> None:
        """Until no other delivery is under way: it holds a lease that each of its requests renews.

        A lease of a process of this machine that is no more is taken over at once.

        Raises:
            OutletError: another one is under way, for too long.
        """
        begun = time.monotonic()
        with suppress(DuplicateKeyError):
            self._database[LEASE].insert_one({"_id": LEASE, "owner": self._owner, "until": EXPIRED})
        while not self._renew({"$expr": {"$lt": ["$until", "$$NOW"]}}) and not self._inherit():
            if time.monotonic() - begun > outlet.SILENCE_SECONDS:
                raise OutletError("another delivery to it is under way; the next one sends the rest")
            time.sleep(LOOK_SECONDS)

    def _inherit(self) -> bool:
        """Take the lease of a process that was killed."""
        owner = (self._database[LEASE].find_one() or {}).get("owner") or {}
        is_dead = owner.get("machine") == self._owner["machine"] and not _is_alive(owner["process"])
        return is_dead and self._renew({"owner": owner})

    def _renew(self, condition: dict[str, Any]) -> bool:
        # longer than any request may last, so that none outlives its lease; by the server's clock
        until = {"$add": ["$$NOW", int(2 * outlet.SILENCE_SECONDS * 1000)]}
        change = [{"$set": {"owner": {"$literal": self._owner}, "until": until}}]
        return bool(self._database[LEASE].update_one({"_id": LEASE, **condition}, change).matched_count)

    def _keep(self) -> None:
        if not self._renew({"owner": self._owner}):
            raise OutletError("another delivery has begun meanwhile; the next one sends the rest")

    def let_others(self) -> None:
        """The lease is over."""
        self._database[LEASE].update_one(
            {"_id": LEASE, "owner": self._owner}, {"$set": {"owner": None, "until": EXPIRED}}
        )

    def received(self) -> Received:
        told = self._database[PUBLICATION].find_one() or {}
        # documents of another shape are sent again
        files = {
            Key(each["mart"], each["partition"]): each["file"] if each["shape"] == repr(FIELDS) else ""
            for each in self._database[PARTS].find()
        }
        return Received(files, *(told.get(each) for each in ("publication_id", "published_at", "warehouse_kind")))

    def prepare(self, marts: tuple[Mart, ...]) -> set[str]:
        emptied = set()
        for mart in marts:
            if missing := {*_columns(FIELDS)} - {column.name for column in mart.columns}:
                raise OutletError(f"{mart.name} has no {', '.join(sorted(missing))}: run `isobar build`")
            if COLLECTION not in self._database.list_collection_names():
                self._database[PARTS].delete_many({"mart": mart.name})
                self._database.create_collection(COLLECTION)
                emptied.add(mart.name)  # somebody may have dropped it
            self._database.command("collMod", COLLECTION, validator={"$jsonSchema": _schema(mart)})
            for keys in INDEXES:
                self._documents.create_index(keys)
        return emptied

    def forget(self, key: Key, mart: Mart | None) -> None:
        self._gone[key] = mart  # in the end: documents that another part has taken over stay

    def apply(self, mart: Mart, part: Part) -> int:
        parts, key = self._database[PARTS], part.key._asdict()
        self._keep()
        parts.delete_one(key)
        row_count = 0
        for batch in batches(part):
            self._keep()
            self._documents.bulk_write(
                [ReplaceOne({"_id": each["_id"]}, each, upsert=True) for each in batch], ordered=False
            )
            row_count += len(batch)
        self._keep()
        self._documents.delete_many({**_within(mart, part.key.partition), FILE: {"$ne": part.file}})
        parts.replace_one(key, {**key, "file": part.file, "shape": repr(FIELDS)}, upsert=True)
        return row_count

    def finish(self, contents: Contents) -> None:
        parts = list(self._database[PARTS].find())
        kept = [each["file"] for each in parts if Key(each["mart"], each["partition"]) not in self._gone]
        for key, mart in self._gone.items():
            self._keep()
            if mart is None:
                self._documents.drop()
            else:
                self._documents.delete_many({**_within(mart, key.partition), FILE: {"$nin": kept}})
            self._database[PARTS].delete_one(key._asdict())
        self._keep()
        self._database[PUBLICATION].replace_one(
            {"_id": PUBLICATION},
            {
                "publication_id": contents.publication_id,
                "published_at": contents.published_at,
                "warehouse_kind": contents.warehouse_kind,
            },
            upsert=True,
        )


def _machine() -> str:
    """Which list of processes this one is in: that of its machine, or of its container."""
    namespace = Path("/proc/self/ns/pid")
    inside = namespace.stat().st_ino if namespace.exists() else 0
    return f"{socket.gethostname()} {uuid.getnode():x} {inside}"


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # somebody else's
    return True


def _columns(fields: dict[str, str | dict[str, str]] | dict[str, str]) -> Iterator[str]:
    for each in fields.values():
        yield from [each] if isinstance(each, str) else each.values()


def batches(part: Part) -> Iterator[list[dict[str, Any]]]:
    """The rows of a part as documents, some at a time."""

    def selected(each: str | dict[str, str]) -> str:
        if isinstance(each, dict):
            return "{" + ", ".join(f"'{field}': {name(column)}" for field, column in each.items()) + "}"
        return f"{name(each)}::timestamp" if each == "weather_date" else name(each)

    columns = [f"{selected(each)} as {name(field)}" for field, each in FIELDS.items()]
    names = ["_id", *FIELDS, FILE]
    with reading(part), duckdb.connect() as session:
        rows = session.execute(
            f"select {IDENTIFIER}, {', '.join(columns)}, ? from read_parquet({literal(part.path)})", [part.file]
        )
        while batch := rows.fetchmany(BATCH_DOCUMENTS):
            yield [dict(zip(names, row, strict=True)) for row in batch]


def _schema(mart: Mart) -> dict[str, Any]:
    """What a document must be, with the mart's descriptions."""
    columns = {column.name: column for column in mart.columns}

    def property_of(each: str | dict[str, str]) -> dict[str, Any]:
        if isinstance(each, dict):
            inside = {field: property_of(column) for field, column in each.items()}
            return {"bsonType": "object", "required": [*each], "properties": inside}
        column = columns[each]
        kinds = [*TYPES[column.data_type], *(() if column.is_required else ("null",))]
        return {"bsonType": kinds, "description": described(column)}

    properties = {field: property_of(each) for field, each in FIELDS.items()}
    return {
        "bsonType": "object",
        "description": mart.description,
        "required": ["_id", *FIELDS, FILE],
        "properties": properties,
    }


def _within(mart: Mart, partition: str) -> dict[str, Any]:
    """Which documents are those of a part: see :func:`isobar.publish.duckdb.rows_of`."""
    if mart.partition_by is None or partition == WHOLE:
        return {}
    if partition == "undated":
        return {"date": None}
    year, _, month = partition.partition("-")
    begin = datetime(int(year), int(month or 1), 1)
    end = (begin.replace(day=28) + timedelta(days=4)).replace(day=1) if month else datetime(int(year) + 1, 1, 1)
    return {"date": {"$gte": begin, "$lt": end}}


REMEDIES = {
    REMEDY["user"]: {18},
    "the user may not write there: grant it readWrite and dbAdmin on the database": {13},
    REMEDY["read-only"]: {10107, 13435},
    REMEDY["full"]: {14031},
    REMEDY["busy"]: {146, 292},
    REMEDY["stopped"]: {91, 11600, 11601, 11602},
    "a document is not as its collection's schema": {121},
}
"""What to do, and the codes of MongoDB that it is for."""


def _explained(error: Exception) -> str:
    text = (
        next(iter(str(error).splitlines()), type(error).__name__)
        .partition(", full error:")[0]
        .partition(", Timeout:")[0]
    )
    code = getattr(error, "code", None)
    if isinstance(error, BulkWriteError) and error.details:
        faults = [*error.details.get("writeErrors", ()), *error.details.get("writeConcernErrors", ())]
        code, text = next(((each["code"], each["errmsg"]) for each in faults), (code, text))
    if isinstance(error, ConfigurationError):
        return f"{REMEDY['user']} ({text})" if "password" in text else text
    if remedy := next((remedy for remedy, codes in REMEDIES.items() if code in codes), None):
        return f"{remedy} ({text})"
    return f"{REMEDY['silent']} ({text})" if isinstance(error, ConnectionFailure) else text
