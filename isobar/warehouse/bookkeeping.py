"""Isobar's own state in the warehouse: which loads and models a *published* build has processed, and what health reads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from datetime import datetime

from ingestion.lake import FileVersion, StoreError, open_lake
from ingestion.registry import SOURCES
from isobar.settings import Settings
from isobar.warehouse.base import MissingTableError, Row, Warehouse, WarehouseError
from isobar.warehouse.session import check, open_warehouse

STATE = """
create schema if not exists isobar;
create table if not exists isobar.published_loads (schema_name varchar, load_id varchar, published_at timestamp);
create table if not exists isobar.model_fingerprints (model varchar, fingerprint varchar, published_at timestamp);
create table if not exists isobar.last_publication (
    publication_id varchar, project_fingerprint varchar, published_at timestamp);
create table if not exists isobar.health_models (
    position bigint, name varchar, relation varchar, description varchar, columns varchar, compiled_sql varchar);
create table if not exists isobar.warehouse (kind varchar);
"""


HEALTH_STATE = """
create or replace table isobar.runs (
    run_id varchar, run_number bigint, command varchar, source varchar, is_fetched boolean, started_at timestamp,
    finished_at timestamp, outcome varchar, error varchar, seconds double, newest_observed_at timestamp,
    is_unresolved boolean);
create or replace table isobar.run_tables (
    run_id varchar, table_name varchar, appended_row_count bigint, rejected_cell_count bigint);
create or replace table isobar.deliveries (source varchar, table_name varchar, last_new_rows_at timestamp);
create or replace table isobar.schedules (
    source varchar, table_name varchar, cadence_hours bigint, overdue_after_hours bigint);
create or replace table isobar.api_budgets (
    api varchar, key_hash varchar, period varchar, call_limit bigint, call_count bigint, counted_at timestamp);
"""
"""What the models of health read: written anew before and after each build (isobar/health/snapshot.py)."""


NODE_RESULTS = """
create or replace table isobar.node_results (
    unique_id varchar, node_name varchar, node_type varchar, model_name varchar, status varchar, failure_count bigint,
    message varchar, seconds double, is_monitor boolean);
"""
"""The one of them that only a build changes."""


def is_prepared(settings: Settings) -> bool:
    """Whether :func:`prepare` of this version ever ran on this warehouse."""
    if settings.target == "duckdb" and not settings.warehouse.exists():
        return False
    with open_warehouse(settings, read_only=True) as warehouse:
        found = warehouse.execute(
            "select count(*) from information_schema.tables where lower(table_schema) = 'isobar'"
            " and lower(table_name) = 'health_models'"
        )
    return bool(found[0][0])


@dataclass(frozen=True)
class Load:
    """A completed dlt load of one source."""

    schema_name: str
    load_id: str


def prepare(settings: Settings, *, keep_results: bool = False) -> None:
    """Make everything exist that dbt reads: raw tables of every source, the state, the warehouse's kind.

    Args:
        keep_results: leave what the builds before found; a build of everything finds all of it again.

    Raises:
        WarehouseError: the warehouse holds weather of the other kind, simulated or real.
    """
    from ingestion import load  # dlt is a second to import, and an hour with nothing new does without it

    for source in SOURCES.values():
        load.prepare(source, settings)
    try:
        is_simulated = open_lake(settings).is_simulated()
    except StoreError:  # what is loaded can be built while the bucket is down
        is_simulated = None
    with open_warehouse(settings) as warehouse:
        warehouse.run(STATE)
        warehouse.run(HEALTH_STATE if keep_results else HEALTH_STATE + NODE_RESULTS)
        if is_simulated is not None:
            kind = "simulated" if is_simulated else "real"
            held = {name for (name,) in warehouse.execute("select kind from isobar.warehouse")}
            if held - {kind}:
                # a file has its lake beside it; a database may be named from any data folder
                raise WarehouseError(
                    f"The warehouse holds {', '.join(held)} weather, this data folder {kind} weather."
                    " Choose another database (ISOBAR_SNOWFLAKE_DATABASE) or another data folder (ISOBAR_DATA_DIR)."
                )
            if not held:
                warehouse.execute("insert into isobar.warehouse values (?)", [kind])


def unpublished_loads(settings: Settings) -> list[Load]:
    """Completed loads that no published build has processed."""
    with open_warehouse(settings, read_only=True) as warehouse:
        return [
            Load(source.dataset, load_id)
            for source in SOURCES.values()
            for (load_id,) in warehouse.execute(
                f"select load_id from {source.dataset}._dlt_loads where status = 0 and load_id not in"
                " (select load_id from isobar.published_loads where schema_name = ?) order by load_id",
                [source.dataset],
            )
        ]


def deliveries(session: Warehouse) -> list[Row]:
    """(source, raw table, when its newest file that added rows landed), by completed loads, killed or not: raw tables know."""
    return [
        (source.name, table, landed_at)
        for source in SOURCES.values()
        for table, landed_at in session.execute(
            f"select resource, max(landed_at) from {source.dataset}.files where appended_row_count > 0 and _dlt_load_id in"
            f" (select load_id from {source.dataset}._dlt_loads where status = 0) group by resource order by resource"
        )
    ]


def loaded_versions(settings: Settings) -> dict[str, list[FileVersion]]:
    """Source -> the versions of its files that completed loads have loaded; nothing of a source without raw tables.

    Raises:
        WarehouseError, duckdb.Error: the warehouse is damaged, open in another program, or does not answer.
    """
    return {source: sorted(versions) for source, versions in _versions(settings, "outcome = 'loaded'").items()}


def judged_versions(settings: Settings) -> dict[str, set[FileVersion]]:
    """The same of those that were loaded or refused.

    Raises:
        WarehouseError, duckdb.Error: see :func:`loaded_versions`.
    """
    return _versions(settings, "outcome is not null")


def _versions(settings: Settings, where: str) -> dict[str, set[FileVersion]]:
    if settings.target == "duckdb" and not settings.warehouse.exists():
        return {}
    check(settings)
    found = {}
    with open_warehouse(settings, read_only=True) as warehouse:
        for source in SOURCES.values():
            try:
                rows = warehouse.execute(
                    f"select distinct resource, source_file, version, content_hash from {source.dataset}.files"
                    f" where {where} and _dlt_load_id in"
                    f" (select load_id from {source.dataset}._dlt_loads where status = 0)"
                )
            except MissingTableError:
                continue
            found[source.name] = {FileVersion(*row) for row in rows}
    return found


def published_fingerprints(settings: Settings) -> dict[str, str]:
    """Model name -> fingerprint at the last publication."""
    with open_warehouse(settings, read_only=True) as warehouse:
        return {
            str(model): str(fingerprint)
            for model, fingerprint in warehouse.execute("select model, fingerprint from isobar.model_fingerprints")
        }


@dataclass(frozen=True)
class LastPublication:
    """What the last publication of this warehouse was made by."""

    publication_id: str
    project_fingerprint: str  # isobar.project.fingerprint
    published_at: datetime


def last_publication(settings: Settings) -> LastPublication | None:
    """None before the first one, and where an older version of Isobar made it."""
    with open_warehouse(settings, read_only=True) as warehouse:
        try:
            found = warehouse.execute(
                "select publication_id, project_fingerprint, published_at from isobar.last_publication"
            )
        except MissingTableError:
            return None
    return LastPublication(*found[0]) if found else None


def has_pending_loads(settings: Settings) -> bool:
    """Whether a load that was cut off left rows with dlt: the next build or load finishes it. Asks dlt's folders, not dlt."""
    return any(
        next((settings.pipelines_dir / source.name).glob(stage), None)
        for source in SOURCES.values()
        for stage in ("normalize/extracted/*", "load/normalized/*")
    )


def begin(settings: Settings, changed: Iterable[str]) -> None:
    """Forget, before dbt writes a row, that the warehouse is the last publication's, and what made the models that changed.

    A build that does not come to its end leaves tables of that build. The next one makes everything, and makes anew the models
    whose rows a changed rule may have written, also where the change was taken back.
    """
    with open_warehouse(settings) as warehouse, warehouse.transaction():
        warehouse.execute("delete from isobar.last_publication")
        for model in sorted(changed):
            warehouse.execute("delete from isobar.model_fingerprints where model = ?", [model])


def mark_published(
    settings: Settings, loads: Iterable[Load], fingerprints: dict[str, str], publication: LastPublication
) -> None:
    """Remember, in one transaction, what the publication that just happened has processed and was made by."""
    now = settings.now()
    with open_warehouse(settings) as warehouse, warehouse.transaction():
        warehouse.insert("isobar.published_loads", [(done.schema_name, done.load_id, now) for done in loads])
        warehouse.execute("delete from isobar.model_fingerprints")
        warehouse.insert("isobar.model_fingerprints", [(model, each, now) for model, each in fingerprints.items()])
        warehouse.execute("delete from isobar.last_publication")
        warehouse.insert("isobar.last_publication", [astuple(publication)])
