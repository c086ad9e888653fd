"""Audit passed, on Snowflake: the tested tables are cloned into a schema beside the published one, and the two swap names.

    marts            where dbt builds and tests; no reader may look there
    published_next   clones of the tested marts, for as long as a publication takes
    published        what readers see: the clones of the last publication that came to its end

A clone shares its table's storage, so it costs neither bytes nor computing, and the swap is one statement: a reader sees all of
one publication or all of the next. Whatever fails before it leaves the published schema as it was. Both schemas give the reader
role what the tables in them are to give (future grants), because a swap takes privileges along.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict

from isobar import __version__
from isobar.publish.base import SOURCES_COLUMNS, Publication, Published, described_sources
from isobar.runs import logs
from isobar.settings import Settings
from isobar.warehouse.base import MissingTableError, Row, Warehouse
from isobar.warehouse.models import BUILD_COLUMN, PublicModel
from isobar.warehouse.session import open_warehouse

PUBLISHED, NEXT = "published", "published_next"
HEALTH, HEALTH_NEXT = "health", "health_next"

HEALTH_COLUMNS = (
    "written_at timestamp, build_outcome varchar, build_error varchar, warehouse_kind varchar,"
    " publication_id varchar, published_at timestamp"
)
"""Of the one row about the build, beside the models of health; in the file health.duckdb too."""

READER_ROLE = "ISOBAR_READER"
"""Who may read what is published: made by deploy/snowflake/setup.sql, one of an account."""


def publish(settings: Settings, models: list[PublicModel], build_id: str, run_id: str | None) -> Publication:
    """Clone, then swap. A publication of its own for each build: asking whether a mart has changed would read all of it.

    Raises:
        WarehouseError, snowflake.connector.errors.Error: nothing was swapped; readers still see the publication before.
    """
    started = time.monotonic()
    publication_id = build_id.replace("-", "")[:16]
    with open_warehouse(settings, run_id=run_id) as session:
        counts = _clone(session, NEXT, models)
        kind = session.execute("select coalesce(max(kind), 'empty') from isobar.warehouse")[0][0]
        session.execute(f"create transient table {NEXT}.partitions (model varchar, row_count bigint)")
        session.insert(f"{NEXT}.partitions", list(counts.items()))
        session.execute(
            f"create transient table {NEXT}.publication (publication_id varchar, published_at timestamp,"
            " warehouse_kind varchar, build_id varchar, run_id varchar, isobar_version varchar)"
        )
        session.insert(f"{NEXT}.publication", [(publication_id, settings.now(), kind, build_id, run_id, __version__)])
        session.execute(f"create transient table {NEXT}.sources ({SOURCES_COLUMNS})")
        session.insert(f"{NEXT}.sources", described_sources())
        _swap(session, PUBLISHED, NEXT)
        session.execute(f"grant usage on schema isobar to role {READER_ROLE}")
        for table in ("publication", "sources"):
            # by name, so that it follows the swap; readers ask for it as on DuckDB
            session.execute(f"create or replace view isobar.{table} as select * from {PUBLISHED}.{table}")
            session.execute(f"grant select on view isobar.{table} to role {READER_ROLE}")
    publication = Publication(
        publication_id, sum(counts.values()), len(models), 0, round(time.monotonic() - started, 2)
    )
    logs.event("published", **asdict(publication))
    return publication


def publish_health(settings: Settings, models: list[PublicModel] | None, build: Row) -> None:
    """Show the models of health to readers, whatever became of the build: those that are there, and the row about it.

    Args:
        models: None leaves those that are shown.
    """
    with open_warehouse(settings) as session:
        there = {
            (schema, name)
            for schema, name in session.execute(
                "select lower(table_schema), lower(table_name) from information_schema.tables"
                f" where lower(table_schema) in ('marts', '{HEALTH}')"
            )
        }
        if models is None and (HEALTH, "health") in there:
            with session.transaction():
                session.execute(f"delete from {HEALTH}.health")
                session.insert(f"{HEALTH}.health", [build])
            return
        _clone(session, HEALTH_NEXT, [model for model in models or [] if ("marts", model.name) in there])
        session.execute(f"create transient table {HEALTH_NEXT}.health ({HEALTH_COLUMNS})")
        session.insert(f"{HEALTH_NEXT}.health", [build])
        _swap(session, HEALTH, HEALTH_NEXT)


def published(settings: Settings) -> Published | None:
    """What readers see now; None before the first publication."""
    with open_warehouse(settings) as session:
        try:
            found = session.execute(
                "select publication_id, published_at, warehouse_kind,"
                f" (select sum(row_count) from {PUBLISHED}.partitions where model = 'fct_observations'),"
                f" (select sum(row_count) from {PUBLISHED}.partitions)"
                f" from {PUBLISHED}.publication"
            )
        except MissingTableError:
            return None
    if not found:
        return None
    publication_id, published_at, kind, observations, rows = found[0]
    return Published(publication_id, published_at, kind, int(observations or 0), int(rows or 0))


def read_published(settings: Settings, query: str, parameters: Sequence[object]) -> list[dict[str, object]] | None:
    """Rows of a query over the published marts; None before the first publication."""
    with open_warehouse(settings) as session:
        try:
            session.execute(f"select 1 from {PUBLISHED}.publication")
        except MissingTableError:
            return None
        session.execute(f"use schema {PUBLISHED}")
        return session.arrow(query, parameters).to_pylist()


def _clone(session: Warehouse, schema: str, models: list[PublicModel]) -> dict[str, int]:
    """Make `schema` anew with a clone of each model. Returns their rows."""
    # managed access: the owner alone grants, and may do so for tables to come
    session.execute(f"create or replace transient schema {schema} with managed access")
    session.execute(f"grant usage on schema {schema} to role {READER_ROLE}")
    session.execute(f"grant select on future tables in schema {schema} to role {READER_ROLE}")
    counts = {}
    for model in models:
        session.execute(f"create transient table {schema}.{model.name} clone {model.relation}")
        if BUILD_COLUMN in {column.name for column in model.columns}:
            session.execute(f"alter table {schema}.{model.name} drop column {BUILD_COLUMN}")
        counts[model.name] = int(session.execute(f"select count(*) from {schema}.{model.name}")[0][0])
    return counts


def _swap(session: Warehouse, shown: str, made: str) -> None:
    session.execute(f"create transient schema if not exists {shown} with managed access")
    session.execute(f"alter schema {shown} swap with {made}")
    session.execute(f"drop schema {made}")
