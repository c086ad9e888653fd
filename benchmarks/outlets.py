"""A mart of the demo to each store, against the quickest way that the store's own client has for the same rows.

    python -m benchmarks.outlets [data folder [store ...]]

Starts real servers of its own (`make services S=postgresql`), and runs the demo where no data folder is named. The bare way has
its rows ready-made; a delivery reads them from the publication, keeps its books and leaves a table that readers see at once.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from pathlib import Path
from urllib.parse import urlsplit

import duckdb

from benchmarks.harness import isobar, verdict
from isobar.files import literal
from isobar.settings import Settings
from serving.outlets.opening import open_outlet
from serving.outlets.outlet import deliver
from serving.outlets.published import Contents, Mart, contents
from tools.services import commands
from tools.services.server import Place

TIMES = 3
"""The best of so many counts: what else a machine does only ever makes it slower."""

Work = Callable[[], object]


@dataclass(frozen=True)
class Pair:
    """A delivery to `settings.outlets[0]` beside the bare way; `empty` makes room before each."""

    settings: Settings
    empty: Work
    bare: Work


def postgresql(settings: Settings, mart: Mart, folder: Path) -> Pair:
    """COPY from a file of CSV; the table gets its key after its rows, as in a delivery."""
    import psycopg

    from serving.outlets.postgresql import BLOCK_BYTES, TYPES

    (server,) = settings.outlets
    password, path = settings.outlet_password(server), folder / "rows.csv"
    write_csv(mart, path)

    def empty() -> None:
        with psycopg.connect(server, password=password) as connection:
            for statement in ("drop schema if exists bare, delivered cascade", "create schema bare"):
                connection.execute(statement)  # type: ignore[call-overload]
            columns = [f'"{column.name}" {TYPES[column.data_type]}' for column in mart.columns]
            connection.execute(f"create table bare.rows ({', '.join(columns)})")  # type: ignore[call-overload]

    def bare() -> None:
        with psycopg.connect(server, password=password) as connection:
            with connection.cursor().copy("copy bare.rows from stdin (format csv)") as copy, path.open("rb") as file:
                while block := file.read(BLOCK_BYTES):
                    copy.write(block)
            key = ", ".join(mart.key)
            connection.execute(f"alter table bare.rows add primary key ({key})")  # type: ignore[call-overload]

    return Pair(replace(settings, outlets=(f"{server}?schema=delivered",)), empty, bare)


def mysql(settings: Settings, mart: Mart, folder: Path) -> Pair:
    """LOAD DATA LOCAL from a file of CSV into a table of the same keys."""
    import pymysql

    from serving.outlets import mysql as store

    (server,) = settings.outlets
    parts, password, path = urlsplit(server), settings.outlet_password(server) or "", folder / "mysql.csv"
    write_csv(mart, path, [*map(store.value_of, mart.columns)], store.NULL)

    bare_mart = replace(mart, name="bare")

    def connect() -> pymysql.Connection[pymysql.cursors.Cursor]:
        return pymysql.connect(
            host=parts.hostname,
            port=parts.port or 0,
            user=parts.username,
            password=password,
            database=parts.path.strip("/"),
            local_infile=True,
            init_command=store.SESSION,
        )

    def empty() -> None:
        with connect() as connection, connection.cursor() as cursor:
            cursor.execute("select table_name from information_schema.tables where table_schema = database()")
            for (name,) in cursor.fetchall():
                cursor.execute(f'drop table "{name}"')
            cursor.execute(store.table_of(bare_mart))

    def bare() -> None:
        with connect() as connection, connection.cursor() as cursor:
            cursor.execute(store.load_data(str(path), bare_mart))
            connection.commit()

    return Pair(settings, empty, bare)


def mongodb(settings: Settings, mart: Mart, folder: Path) -> Pair:  # noqa: ARG001 - its documents are in memory
    """Bulk writes of the same documents into a collection of the same indexes."""
    import pymongo

    from serving.outlets import mongodb as store

    (server,) = settings.outlets
    database = pymongo.MongoClient(server, password=settings.outlet_password(server)).get_default_database()
    batches = [batch for part in mart.parts for batch in store.batches(part)]

    def empty() -> None:
        for name in database.list_collection_names():
            database.drop_collection(name)
        for index in store.INDEXES:
            database["bare"].create_index(index)

    def bare() -> None:
        for batch in batches:
            writes = [pymongo.ReplaceOne({"_id": each["_id"]}, each, upsert=True) for each in batch]
            database["bare"].bulk_write(writes, ordered=False)

    return Pair(settings, empty, bare)


def cassandra(settings: Settings, mart: Mart, folder: Path) -> Pair:  # noqa: ARG001 - its rows are in memory
    """The driver's own concurrent writes of the same tuples by the same prepared statement."""
    from cassandra.auth import PlainTextAuthProvider
    from cassandra.cluster import Cluster
    from cassandra.concurrent import execute_concurrent_with_args

    from serving.outlets import cassandra as store

    (server,) = settings.outlets
    parts, password = urlsplit(server), settings.outlet_password(server) or ""
    cluster = Cluster([parts.hostname], port=parts.port, auth_provider=PlainTextAuthProvider(parts.username, password))
    session = cluster.connect()
    session.default_timeout = store.REQUEST_SECONDS
    names, values = store.selected(mart)
    files = ", ".join(literal(part.path) for part in mart.parts)
    table = duckdb.sql(f"select {', '.join(values)} from read_parquet([{files}])").to_arrow_table()
    columns = [store.settable(column.to_pylist(), column.null_count) for column in table.columns]
    rows = list(zip(*columns, repeat(1), strict=False))

    def empty() -> None:
        for keyspace in ("bare", "delivered"):
            session.execute(f"drop keyspace if exists {keyspace}")
        session.execute(store.keyspace_of("bare", "datacenter1", 1))
        session.execute(store.table_of("bare", mart))

    def bare() -> None:
        insert = session.prepare(store.insert_into("bare", mart, names))
        execute_concurrent_with_args(session, insert, rows, concurrency=store.CONCURRENCY)

    return Pair(replace(settings, outlets=(f"{server.rpartition('/')[0]}/delivered",)), empty, bare)


def write_csv(mart: Mart, path: Path, selected: Sequence[str] = (), null: str = "") -> None:
    columns = ", ".join(selected or [f'"{column.name}"' for column in mart.columns])
    files = ", ".join(literal(part.path) for part in mart.parts)
    query = f"select {columns} from read_parquet([{files}])"
    duckdb.execute(f"copy ({query}) to {literal(path)} (format csv, header false, nullstr '{null}')")


OBSERVATIONS = "fct_observations"

STORES: dict[str, tuple[Callable[[Settings, Mart, Path], Pair], str, str, float]] = {
    "postgresql": (postgresql, OBSERVATIONS, "COPY of the same rows", 1.3),
    "mariadb": (mysql, OBSERVATIONS, "LOAD DATA of the same rows", 1.5),
    "mongodb": (mongodb, "gold_weather_aggregates", "bulk writes of the same documents", 2.0),
    "cassandra": (cassandra, OBSERVATIONS, "concurrent writes of the same tuples", 1.3),
}
"""The server's name -> its bare way, the mart, what the way is called, and how many times as long a delivery may take."""

NEWEST_PARTS = {"cassandra": 2}
"""Of a store that takes a thousand rows a second: two months."""


def compared(name: str, settings: Settings, publication: Contents, folder: Path) -> bool:
    """Deliver to one store, and do the same the bare way, in turns."""
    make, its, what, limit = STORES[name]
    told: list[str] = []
    commands.up(folder / "services", {name: commands.ANY_PORT}, told.append)
    try:
        variables = Place.of(folder / "services" / name).environment()
        own = replace(settings, variables=variables, outlets=(variables["ISOBAR_OUTLETS"],))
        mart = next(each for each in publication.marts if each.name == its)
        mart = replace(mart, parts=mart.parts[-NEWEST_PARTS.get(name, len(mart.parts)) :])
        publication = replace(publication, marts=(mart,))  # no places, and so no views of them in MySQL
        pair = make(own, mart, folder)
        outlet = open_outlet(pair.settings.outlets[0], pair.settings)
        ours, theirs = [], []
        for _ in range(TIMES):
            pair.empty()
            ours.append(_seconds(lambda: deliver(outlet, publication)))
            theirs.append(_seconds(pair.bare))
        again = deliver(outlet, publication)
        assert (again.sent, again.row_count) == (0, 0)
        pair.empty()
    finally:
        commands.down(folder / "services", [name], told.append)
    row_count = sum(part.row_count for part in mart.parts)
    print(
        f"{name}: {row_count:,} rows of {len(mart.columns)} columns in {min(ours):.2f} s, {what} in {min(theirs):.2f} s"
    )
    return verdict(f"{name}, against {what}", min(ours) / min(theirs), limit)


def _seconds(work: Work) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main(data_dir: Path | None = None, *names: str) -> bool:
    with tempfile.TemporaryDirectory(prefix="isobar-outlets-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # PostgreSQL runs as another user
        if data_dir is None:
            data_dir = folder / "data"
            isobar(data_dir, "run")
        settings = Settings(data_dir=data_dir).demo()
        publication = contents(settings)
        met = [compared(each, settings, publication, folder) for each in names or STORES]
    return all(met)


if __name__ == "__main__":
    sys.exit(0 if main(*map(Path, sys.argv[1:2]), *sys.argv[2:]) else 1)
