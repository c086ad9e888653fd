"""MongoDB: a database of its own, read by PyMongo."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlsplit

import duckdb
import pyarrow as pa

from serving.outlets.published import Mart
from tests.serving.publisher import Marts
from tests.serving.stores.mysql import TYPES
from tests.serving.stores.store import Store

COLUMNS = {
    "location_id": "location_id",
    "weather_date": "date",
    "source": "source",
    "location_name": "city",
    "location_kind": "kind",
    "country_code": "country_code",
    "department_code": "department_code",
    "temperature_mean_c": "temperature.mean_c",
    "temperature_min_c": "temperature.min_c",
    "temperature_max_c": "temperature.max_c",
    "is_temperature_complete": "temperature.is_complete",
    "pressure_sea_level_mean_hpa": "pressure.sea_level_mean_hpa",
    "wind_speed_mean_ms": "wind.speed_mean_ms",
    "wind_speed_max_ms": "wind.speed_max_ms",
    "wind_gust_max_ms": "wind.gust_max_ms",
    "relative_humidity_mean_pct": "humidity.relative_mean_pct",
    "precipitation_mm": "rain.total_mm",
    "precipitation_hours": "rain.hours",
    "pm2_5_mean_ugm3": "air_quality.pm2_5_mean_ugm3",
    "pm10_mean_ugm3": "air_quality.pm10_mean_ugm3",
    "o3_mean_ugm3": "air_quality.o3_mean_ugm3",
    "no2_mean_ugm3": "air_quality.no2_mean_ugm3",
    "eaqi_max": "air_quality.eaqi_max",
    "observation_count": "observation_count",
    "air_quality_hour_count": "air_quality.hour_count",
}
"""A column of the mart -> where a reader of a document finds it."""

DAYS = """
    select
        location_id, observed_date as weather_date, 'synop' as source, name as location_name, 'station' as location_kind,
        nullif('FR', location_id) as country_code, null::varchar as department_code,
        rain_mm * 2 as temperature_mean_c, -0.0::double as temperature_min_c, null::double as temperature_max_c,
        is_good as is_temperature_complete, 1013.25::double as pressure_sea_level_mean_hpa, 0.1::double as wind_speed_mean_ms,
        null::double as wind_speed_max_ms, 1e300 as wind_gust_max_ms, null::double as relative_humidity_mean_pct,
        rain_mm::double as precipitation_mm, code as precipitation_hours, null::double as pm2_5_mean_ugm3,
        0.0::double as pm10_mean_ugm3, 60.5::double as o3_mean_ugm3, null::double as no2_mean_ugm3, null::bigint as eaqi_max,
        8::bigint as observation_count, 0::bigint as air_quality_hour_count
    from ({rows})
"""


@dataclass
class MongoDBStore(Store):
    """A database of its own, with a user of its own."""

    is_whole: ClassVar[bool] = False
    takes_any_shape: ClassVar[bool] = False
    main: ClassVar[str] = "gold_weather_aggregates"
    password_variable: ClassVar[str] = "ISOBAR_OUTLET_PASSWORD_MONGODB"

    url: str
    password: str
    database: str
    root_password: str

    @classmethod
    @contextmanager
    def new(cls, environment: dict[str, str]) -> Iterator[MongoDBStore]:
        database, server = f"test_{secrets.token_hex(4)}", urlsplit(environment["ISOBAR_OUTLETS"])
        url = server._replace(path=f"/{database}").geturl()
        store = cls(url, environment[cls.password_variable], database, environment["MONGODB_ROOT_PASSWORD"])
        with store.client() as client:
            user = {"pwd": store.password, "roles": ["readWrite", "dbAdmin"]}
            client[database].command("createUser", "isobar", **user)
            try:
                yield store
            finally:
                client[database].command("dropUser", "isobar")
                client.drop_database(database)

    def client(self) -> Any:
        """One that may do everything."""
        from pymongo import MongoClient

        at = urlsplit(self.url)
        return MongoClient(at.hostname, at.port, username="root", password=self.root_password)

    def marts(self, rows: str) -> Marts:
        key = ("location_id", "weather_date")
        return {self.main: (DAYS.format(rows=rows), "weather_date", key)}

    def tables(self) -> set[str]:
        with self.client() as client:
            return {self.main} if "WeatherStats" in client[self.database].list_collection_names() else set()

    def documents(self) -> list[dict[str, Any]]:
        with self.client() as client:
            return list(client[self.database].WeatherStats.find())

    def rows(self, mart: Mart, types_of: duckdb.DuckDBPyConnection) -> pa.Table:
        documents = self.documents()
        columns: dict[str, pa.Array] = {}
        for column in mart.columns:
            outer, _, inner = COLUMNS[column.name].partition(".")
            values = [each[outer][inner] if inner else each[outer] for each in documents]
            columns[column.name] = pa.array(values, TYPES[column.data_type])
        return pa.table(columns)

    def rains(self) -> tuple[Any, ...]:
        return tuple(each["rain"]["total_mm"] for each in self.documents())

    def publication_id(self) -> str | None:
        with self.client() as client:
            found = client[self.database].isobar_publication.find_one()
            return found and found["publication_id"]

    @contextmanager
    def read_only(self) -> Iterator[str]:
        """A user who may only read: a server alone has no other way to refuse writes."""
        with self.client() as client:
            client[self.database].command("updateUser", "isobar", roles=["read"])
            try:
                yield "the user may not write there"
            finally:
                client[self.database].command("updateUser", "isobar", roles=["readWrite", "dbAdmin"])

    def is_being_written(self) -> bool:
        with self.client() as client:
            user = {"effectiveUsers": {"user": "isobar", "db": self.database}}
            stages = [{"$currentOp": {"allUsers": True, "idleConnections": True}}, {"$match": user}]
            return bool(list(client.admin.aggregate(stages)))
