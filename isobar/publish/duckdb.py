"""Audit passed: show the marts to their readers, atomically, at a cost that follows what changed.

    <data>/published/<model>/<partition>-<content>.parquet    immutable
    <data>/marts.duckdb                                       views over them, renamed over the old file

A partition is a year of a mart with `meta.partition_by`, else the whole mart. Where that column is a time, so that rows come by
the hour, it is a month in the newest year: a poll in December does not rewrite a year. It is written again when the count
of its rows by build differs from what is published: every row carries the id of the build that wrote it, so both new rows and
vanished ones show, without reading the rows themselves. Readers hold either the old file or the new one, never a half-built
state.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb

from isobar import __version__
from isobar.files import fault_of_database, is_parquet, literal
from isobar.publish.base import SOURCES_COLUMNS, Publication, Published, described_sources
from isobar.runs import logs
from isobar.settings import Settings
from isobar.warehouse.models import BUILD_COLUMN, PublicModel

WHOLE = "all"
"""The partition of a mart that is published as one file."""

ROW_GROUP_ROWS = 30_720
"""Rows are sorted by place, then time: about ten stations' year per group, so that one place's period reads few groups."""

MONTH_ROW_GROUP_ROWS = 2_048
"""About as many stations' month; DuckDB writes no smaller groups."""

KEPT_SECONDS = 3600
"""Files that the newest publication no longer names are kept this long for readers that opened an older one."""


@dataclass(frozen=True)
class Partition:
    """One published file."""

    model: str
    partition: str
    file: str  # relative to the published folder
    row_count: int
    signature: str


def publish(settings: Settings, models: list[PublicModel], build_id: str, run_id: str | None = None) -> Publication:
    """Write what changed and rename the views. A publication keeps the `run_id` of the run that made it.

    Raises:
        OSError, duckdb.Error: nothing was renamed; readers still see the publication before.
    """
    started = time.monotonic()
    before = {(p.model, p.partition): p for p in published_partitions(settings)}
    after: list[Partition] = []
    written = 0
    with duckdb.connect() as session:
        session.execute("attach ? as warehouse (read_only)", [str(settings.warehouse)])
        for model in models:
            for partition, count, signature in _partitions(session, model):
                known = before.get((model.name, partition))
                if known and known.signature == signature and is_parquet(settings.published / known.file):
                    after.append(known)
                    continue
                file = _write(session, settings, model, partition)
                after.append(Partition(model.name, partition, file, count, signature))
                written += 1
        kind = session.execute("select coalesce(max(kind), 'empty') from warehouse.isobar.warehouse").fetchall()[0][0]
    publication_id = hashlib.sha256(repr(sorted((p.file, p.row_count) for p in after)).encode()).hexdigest()[:16]
    is_shown = current(settings) == (publication_id, str(settings.published))
    described = _described(models)
    is_shown = is_shown and _told(settings, described) == described
    if written or not is_shown or fault_of_database(settings.marts):
        _replace_marts(settings, models, after, described, publication_id, build_id, run_id, kind)
        _remove_unnamed(settings, {p.file for p in after}, {p.file for p in before.values()})
    publication = Publication(
        publication_id,
        sum(p.row_count for p in after),
        written,
        len(after) - written,
        round(time.monotonic() - started, 2),
    )
    logs.event("published", **asdict(publication))
    return publication


def published_partitions(settings: Settings) -> list[Partition]:
    """What the current publication is made of; nothing when there is none or its file cannot be read."""
    try:
        with duckdb.connect() as session:
            session.execute("attach ? as marts (read_only)", [str(settings.marts)])
            rows = session.execute(
                "select model, partition, file, row_count, signature from marts.isobar.partitions"
            ).fetchall()
    except duckdb.Error:
        return []
    return [Partition(*row) for row in rows]


DESCRIPTION = {
    "sources": SOURCES_COLUMNS,
    "marts": "model varchar, description varchar, partition_by varchar",
    "columns": "model varchar, position bigint, name varchar, description varchar, key_position bigint, is_required boolean",
}
"""Tables in which a publication says what it is: of whom its rows come, and what a reader needs to make tables of its own."""

Description = dict[str, list[tuple[object, ...]]]
"""Their rows, sorted."""


def _described(models: list[PublicModel]) -> Description:
    return {
        "sources": [*described_sources()],
        "marts": sorted((model.name, model.description.strip(), model.partition_by) for model in models),
        "columns": sorted(
            (
                model.name,
                position,
                column.name,
                column.description.strip(),
                model.key.index(column.name) + 1 if column.name in model.key else None,
                column.name in model.key and column.name not in model.nullable_key,
            )
            for model in models
            for position, column in enumerate(model.columns, 1)
        ),
    }


def _told(settings: Settings, tables: Iterable[str]) -> Description:
    """What the current publication says of itself; nothing when there is none, or it is of before it said so."""
    try:
        with duckdb.connect() as session:
            session.execute("attach ? as marts (read_only)", [str(settings.marts)])
            return {name: session.execute(f"from marts.isobar.{name} order by all").fetchall() for name in tables}
    except duckdb.Error:
        return {}


def published(settings: Settings) -> Published | None:
    """What readers see now; None before the first publication, or where its file cannot be read."""
    try:
        with duckdb.connect() as session:
            session.execute("attach ? as marts (read_only)", [str(settings.marts)])
            publication_id, published_at, kind, observations, rows = session.execute(
                "select publication_id, published_at, warehouse_kind, (select sum(row_count) from marts.isobar.partitions"
                " where model = 'fct_observations'), (select sum(row_count) from marts.isobar.partitions)"
                " from marts.isobar.publication"
            ).fetchall()[0]
    except duckdb.Error:
        return None
    return Published(publication_id, published_at, kind, int(observations or 0), int(rows or 0))


def fault_of_publication(settings: Settings) -> tuple[str, str] | None:
    """The first published file that is damaged, relative to the data folder, and how; None where none is, or none is there."""
    if settings.target == "snowflake":
        return None
    if fault := fault_of_database(settings.marts):
        return settings.marts.name, fault
    for partition in published_partitions(settings):
        path = settings.published / partition.file
        if not is_parquet(path):
            fault = "it is truncated, or no Parquet file" if path.exists() else "it is missing"
            return path.relative_to(settings.data_dir).as_posix(), fault
    return None


def has_moved(settings: Settings) -> bool:
    """Whether the views name files of another folder: this one is a copy, or was moved."""
    shown = current(settings) if settings.target == "duckdb" else None
    return shown is not None and shown[1] != str(settings.published)


def follow_folder(settings: Settings) -> None:
    """Make the views of a copied or moved data folder name its own files, never those of the old place.

    Views name files by full path, because DuckDB resolves a relative one against the reader's working directory. Only for the
    holder of the data folder's lock.
    """
    if not has_moved(settings):
        return
    partitions = published_partitions(settings)
    if not all((settings.published / partition.file).exists() for partition in partitions):
        return  # not all of it has travelled: the next build publishes anew
    files: dict[str, list[str]] = {}
    for partition in partitions:
        files.setdefault(partition.model, []).append(literal(settings.published / partition.file))
    settings.scratch.mkdir(parents=True, exist_ok=True)
    staged = settings.scratch / "marts.duckdb"
    shutil.copyfile(settings.marts, staged)
    with duckdb.connect(str(staged)) as marts:
        comments = marts.execute("select view_name, comment from duckdb_views() where not internal").fetchall()
        for name, comment in comments:
            marts.execute(f"create or replace view {name} as select * from read_parquet([{', '.join(files[name])}])")
            marts.execute(f"comment on view {name} is {literal(comment or '')}")
        marts.execute("update isobar.publication set folder = ?", [str(settings.published)])
    _sync(staged)
    os.replace(staged, settings.marts)


def current(settings: Settings) -> tuple[str, str] | None:
    """Id and folder of what readers see now."""
    try:
        with duckdb.connect() as session:
            session.execute("attach ? as marts (read_only)", [str(settings.marts)])
            row = session.execute("select publication_id, folder from marts.isobar.publication").fetchall()[0]
    except duckdb.Error:
        return None
    return str(row[0]), str(row[1])


def _partitions(session: duckdb.DuckDBPyConnection, model: PublicModel) -> list[tuple[str, int, str]]:
    """(partition, rows, signature) of a mart as it is in the warehouse; one empty partition when it has no row."""
    relation = f"warehouse.{model.relation}"
    columns = [name for name, *_ in session.execute(f"describe {relation}").fetchall()]
    if model.partition_by and BUILD_COLUMN in columns:
        rows = session.execute(
            f"with by_build as (select {_partition_of(session, model)} as partition,"
            f" {BUILD_COLUMN} as build, count(*) as n from {relation} group by all)"
            " select partition, sum(n)::bigint, string_agg(build || ':' || n, ',' order by build) from by_build"
            " group by partition order by partition"
        ).fetchall()
    else:
        kept = ", ".join(f'"{name}"' for name in columns if name != BUILD_COLUMN)
        rows = session.execute(
            f"select '{WHOLE}', count(*), coalesce(sum(hash({kept})::hugeint), 0)::varchar from {relation}"
        ).fetchall()
    if not rows:
        rows = [(WHOLE, 0, "empty")]
    shape = repr((columns, model.partition_by))
    return [
        (partition, count, hashlib.sha256(f"{shape}{signature}".encode()).hexdigest()[:32])
        for partition, count, signature in rows
    ]


def _partition_of(session: duckdb.DuckDBPyConnection, model: PublicModel) -> str:
    """The partition of a row, as SQL: its year, or its month where rows come by the hour and the year is the newest.

    Not all of them by the month: opening a file costs a reader some 2 ms, and a warehouse of 40 years would have 480 of a mart.
    """
    at, relation = model.partition_by, f"warehouse.{model.relation}"
    ((is_time, newest),) = session.execute(
        f"select any_value(typeof({at})) = 'TIMESTAMP', max(year({at})) from {relation}"
    ).fetchall()
    year = f"coalesce(cast(year({at}) as varchar), 'undated')"
    if not is_time or newest is None:
        return year
    return f"case when year({at}) = {newest} then strftime({at}, '%Y-%m') else {year} end"


def rows_of(partition_by: str | None, partition: str) -> str:
    """Which rows of a mart are those of a partition, as SQL of DuckDB, PostgreSQL and MySQL."""
    if partition_by is None or partition == WHOLE:
        return "true"
    if partition == "undated":
        return f"{partition_by} is null"
    begin, period = (f"{partition}-01", "month") if "-" in partition else (f"{partition}-01-01", "year")
    return f"{partition_by} >= date '{begin}' and {partition_by} < date '{begin}' + interval '1' {period}"


def _write(session: duckdb.DuckDBPyConnection, settings: Settings, model: PublicModel, partition: str) -> str:
    """Write one partition under a name of its content. Returns the name, relative to the published folder."""
    relation = f"warehouse.{model.relation}"
    columns = [name for name, *_ in session.execute(f"describe {relation}").fetchall()]
    kept = ", ".join(f'"{name}"' for name in columns if name != BUILD_COLUMN)
    where = rows_of(model.partition_by, partition)
    order = [name for name in ("location_id", model.partition_by) if name and name in columns] or [columns[0]]
    settings.scratch.mkdir(parents=True, exist_ok=True)
    staged = settings.scratch / f"{model.name}-{partition}.parquet"
    session.execute(
        f"copy (select {kept} from {relation} where {where} order by {', '.join(order)}) to {literal(staged)}"
        f" (format parquet, compression zstd, row_group_size {MONTH_ROW_GROUP_ROWS if '-' in partition else ROW_GROUP_ROWS})"
    )
    file = Path(model.name) / f"{partition}-{_content(staged)}.parquet"
    (settings.published / file).parent.mkdir(parents=True, exist_ok=True)
    _sync(staged)
    os.replace(staged, settings.published / file)
    return file.as_posix()


def _replace_marts(
    settings: Settings,
    models: list[PublicModel],
    partitions: list[Partition],
    described: Description,
    publication_id: str,
    build_id: str,
    run_id: str | None,
    kind: str,
) -> None:
    staged = settings.scratch / "marts.duckdb"
    for leftover in (staged, staged.with_suffix(".duckdb.wal")):
        leftover.unlink(missing_ok=True)
    with duckdb.connect(str(staged)) as marts:
        marts.execute("create schema isobar")
        marts.execute(
            "create table isobar.publication (publication_id varchar, published_at timestamp, warehouse_kind varchar,"
            " build_id varchar, run_id varchar, isobar_version varchar, folder varchar)"
        )
        marts.execute(
            "insert into isobar.publication values (?, ?, ?, ?, ?, ?, ?)",
            [publication_id, settings.now(), kind, build_id, run_id, __version__, str(settings.published)],
        )
        marts.execute(
            "create table isobar.partitions (model varchar, partition varchar, file varchar, row_count bigint, signature varchar)"
        )
        for table, columns in DESCRIPTION.items():
            marts.execute(f"create table isobar.{table} ({columns})")
            if rows := described[table]:
                marts.executemany(f"insert into isobar.{table} values ({', '.join('?' * len(rows[0]))})", rows)
        for partition in partitions:
            marts.execute(
                "insert into isobar.partitions values (?, ?, ?, ?, ?)",
                [partition.model, partition.partition, partition.file, partition.row_count, partition.signature],
            )
        for model in models:
            files = ", ".join(literal(settings.published / p.file) for p in partitions if p.model == model.name)
            marts.execute(f"create view {model.name} as select * from read_parquet([{files}])")
            marts.execute(f"comment on view {model.name} is {literal(model.description.strip())}")
    _sync(staged)
    os.replace(staged, settings.marts)


def _remove_unnamed(settings: Settings, named: set[str], named_before: set[str]) -> None:
    """Delete files that no publication names any more, once readers of an older one have had time to let go."""
    for file in named_before - named:
        path = settings.published / file
        if path.exists():
            path.touch()  # its hour begins now
    oldest = time.time() - KEPT_SECONDS
    for path in settings.published.glob("*/*.parquet"):
        if path.relative_to(settings.published).as_posix() not in named and path.stat().st_mtime < oldest:
            path.unlink()


def _content(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
