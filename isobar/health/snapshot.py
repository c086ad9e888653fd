"""Whether today's numbers can be trusted: said after every build, whatever its outcome, in a file of its own.

    <data>/health.duckdb      agg_pipeline_health, agg_location_freshness, fct_pipeline_runs, fct_pipeline_tests, agg_api_budgets
                              and `health`, one row about the build; renamed over the old one, as marts.duckdb is

The ledger, dbt's results and the budgets go into tables of schema `isobar`; the models tagged `health` join them with what the
warehouse holds. Times are UTC, and ages are for the reader to compute: a file of yesterday says when it becomes overdue.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from ingestion.http.budget import calls_left
from ingestion.providers import configured_keys
from ingestion.registry import SOURCES
from isobar.files import literal
from isobar.publish import snowflake as swap
from isobar.publish.publication import published
from isobar.runs.last import run_state
from isobar.runs.ledger import Ledger
from isobar.runs.schedules import schedules
from isobar.settings import Settings
from isobar.warehouse import base, bookkeeping, session
from isobar.warehouse.base import MissingTableError, Row, Warehouse
from isobar.warehouse.models import HEALTH, Column, PublicModel
from isobar.warehouse.session import open_warehouse

if TYPE_CHECKING:  # dbt is seconds to import, and an hour with nothing new does without it
    from isobar.warehouse import dbt

MONITOR_DESCRIPTIONS = """
select test_unique_id, test_results_description from elementary.elementary_test_results
where test_results_description is not null
qualify row_number() over (partition by test_unique_id order by detected_at desc) = 1
"""
"""What Elementary has to say about a test, in words; dbt's own message is only how many rows it returned."""


@dataclass(frozen=True)
class Table:
    """A table of the health file."""

    name: str
    rows: pa.Table
    types: dict[str, str]  # DuckDB's, by column
    description: str


def publish_health(
    settings: Settings,
    error: BaseException | None = None,
    project: dbt.Project | None = None,
    *,
    keep_results: bool = False,
) -> None:
    """Join what is known, and rename the new health file over the old one.

    Args:
        error: why the build before failed; None when it was published.
        project: as that build has parsed it; None where it did not, or where none was before.
        keep_results: of what that build did not run the results of earlier builds stay.

    Raises:
        dbt.BuildError: not even the models of health could be built; the old file stays.
    """
    from isobar.warehouse import dbt

    try:
        session.check(settings)
    except base.DamagedWarehouseError as damaged:
        _say(settings, None, error or damaged)  # what was said before still holds, but for the build
        return
    with dbt.project_environment(settings):
        if not bookkeeping.is_prepared(settings):
            bookkeeping.prepare(settings)
        is_built = project is not None and error is None  # the models of health among all others
        try:
            project = project or dbt.Project(settings)
        except dbt.BuildError:
            _say(settings, None, error)  # what was said before still holds, but for the build
            return
        _write_state(settings, dbt.last_results(settings, project), keep_results=keep_results)
        if not is_built:
            dbt.run_tagged(project, HEALTH)
    models = [model for model in project.public_models() if model.published_in == HEALTH]
    _remember(settings, models, project.compiled())
    if is_built:
        _run_remembered(settings)
    _say(settings, models, error)


def refresh_health(settings: Settings) -> None:
    """The same after an hour with nothing new, without dbt: the models of health over the ledger as it is now.

    What dbt compiled for the last build is run once more; the results of its tests stay, because they are of the same rows.

    Raises:
        MissingTableError: no build has left its compiled models.
    """
    _write_state(settings, None)
    models = _run_remembered(settings)
    if not models:
        raise MissingTableError("no models of health are known")
    _say(settings, models, None)


def _run_remembered(settings: Settings) -> list[PublicModel]:
    """Run what dbt compiled for the models of health once more, over the ledger as it is now."""
    models = []
    with open_warehouse(settings) as session:
        for name, relation, description, columns, sql in session.execute(
            "select name, relation, description, columns, compiled_sql from isobar.health_models order by position"
        ):
            described = tuple(Column(**column) for column in json.loads(columns))
            models.append(PublicModel(name, HEALTH, relation, None, HEALTH, None, description, described))
            with session.transaction():  # emptied and filled: the table keeps its contract and comments
                session.execute(f"delete from {relation}")
                names = ", ".join(column.name for column in described)
                session.execute(f"insert into {relation} ({names}) select {names} from ({sql}) as refreshed")
    return models


def _remember(settings: Settings, models: list[PublicModel], compiled: dict[str, str]) -> None:
    """What :func:`refresh_health` goes on with: models in the order in which dbt ran them."""
    known = {model.name: model for model in models}
    rows: list[Row] = [
        (
            position,
            name,
            known[name].relation,
            known[name].description,
            json.dumps([asdict(column) for column in known[name].columns]),
            sql,
        )
        for position, (name, sql) in enumerate(compiled.items())
        if name in known
    ]
    with open_warehouse(settings) as session, session.transaction():
        session.execute("delete from isobar.health_models")
        session.insert("isobar.health_models", rows)


def prepare(settings: Settings, *, keep_results: bool = False) -> None:
    """What is known before a build: its own results are not."""
    _write_state(settings, None if keep_results else [])


def _write_state(settings: Settings, results: list[dbt.NodeResult] | None, *, keep_results: bool = False) -> None:
    """Write what the models of health read.

    Args:
        results: of the last build; None leaves those that are there.
        keep_results: leave those of nodes that are not among `results`.
    """
    runs, tables = _runs(settings)
    with open_warehouse(settings) as session:
        described = _monitor_descriptions(session) if results else {}
        # Snowflake commits what makes tables by itself
        keeps = results is None or keep_results
        session.run(bookkeeping.HEALTH_STATE if keeps else bookkeeping.HEALTH_STATE + bookkeeping.NODE_RESULTS)
        with session.transaction():
            session.insert("isobar.runs", runs)
            session.insert("isobar.run_tables", tables)
            session.insert("isobar.deliveries", bookkeeping.deliveries(session))
            session.insert("isobar.schedules", _schedules())
            if keep_results:
                ran = {result.unique_id for result in results or []}
                kept = [row for row in session.execute("select * from isobar.node_results") if row[0] not in ran]
                session.execute("delete from isobar.node_results")
                session.insert("isobar.node_results", kept)
            session.insert("isobar.node_results", [_result_row(result, described) for result in results or []])
            session.insert("isobar.api_budgets", _budgets(settings))


def _runs(settings: Settings) -> tuple[list[Row], list[Row]]:
    """Each run of the ledger as one row, in the order they started, and what it did to each raw table."""
    unresolved = {run.run_id for run in run_state(settings).last if run.has_failed}
    rows, tables = [], []
    for number, (run_id, run) in enumerate(Ledger(settings).read().runs.items(), 1):
        started, finished = run.start, run.end or {}
        rows.append(
            (
                run_id,
                number,
                started["command"],
                started.get("source"),
                bool(started.get("is_fetched", False)),
                _time(started["at"]),
                _time(finished.get("at")),
                finished.get("outcome"),
                finished.get("error"),
                finished.get("seconds"),
                _time(finished.get("newest_observed_at")),
                run_id in unresolved,
            )
        )
        for table, counts in (finished.get("tables") or {}).items():
            tables.append((run_id, table, counts["appended_row_count"], counts["rejected_cell_count"]))
    return rows, tables


def _schedules() -> list[Row]:
    """Every raw table of every source; hours are null where nothing is scheduled."""
    hours = {(each.source, each.table): (each.cadence_hours, each.overdue_after_hours) for each in schedules()}
    return [
        (source.name, table.name, *hours.get((source.name, table.name), (None, None)))
        for source in SOURCES.values()
        for table in source.tables
    ]


def _budgets(settings: Settings) -> list[Row]:
    """What each configured key may call, and has called, in the day and the month that are now."""
    rows: list[Row] = []
    for api, key, budget in configured_keys(settings):
        left = calls_left(budget, Ledger(settings).calls(api, key), settings.now())
        for period, limit, remaining in (
            ("minute", budget.minute, left.minute),
            ("day", budget.day, left.day),
            ("month", budget.month, left.month),
        ):
            if limit is not None and remaining is not None:
                rows.append((api, key, period, limit, limit - remaining, settings.now()))
    return rows


def _monitor_descriptions(session: Warehouse) -> dict[str, str]:
    try:
        return dict(session.execute(MONITOR_DESCRIPTIONS))
    except MissingTableError:  # Elementary is not installed
        return {}


def _result_row(result: dbt.NodeResult, described: dict[str, str]) -> Row:
    has_finding = result.is_monitor and result.status in ("warn", "fail")
    message = described.get(result.unique_id, result.message) if has_finding else result.message
    return (
        result.unique_id,
        result.name,
        result.node_type,
        result.model_name,
        result.status,
        result.failures,
        message,
        result.seconds,
        result.is_monitor,
    )


def _say(settings: Settings, models: list[PublicModel] | None, error: BaseException | None) -> None:
    """Show `models`, or those shown before, with what became of the build."""
    shown = published(settings)
    try:
        session.check(settings)
        with open_warehouse(settings, read_only=True) as known:
            kind = known.execute("select coalesce(max(kind), 'empty') from isobar.warehouse")[0][0]
    except base.DamagedWarehouseError:
        kind = shown.warehouse_kind if shown else "empty"
    build = (
        settings.now(),
        "failed" if error else "done",
        str(error) if error else None,
        kind,
        shown.publication_id if shown else None,
        shown.published_at if shown else None,
    )
    _replace(settings, _said_before(settings) if models is None else _said_now(settings, models), build)
    if settings.target == "snowflake":  # the file is what `isobar status` and `isobar alerts` read; the app reads there
        swap.publish_health(settings, models, build)


def _said_now(settings: Settings, models: list[PublicModel]) -> list[Table]:
    """The models of health as they are in the warehouse."""
    tables = []
    with open_warehouse(settings, read_only=True) as session:
        for model in models:
            types = {column.name: column.data_type for column in model.columns}
            try:
                rows = session.arrow(f"select {', '.join(types)} from {model.relation}")
            except MissingTableError:
                continue  # the first build failed before there was anything to tell of
            tables.append(Table(model.name, rows, types, model.description))
    return tables


def _said_before(settings: Settings) -> list[Table]:
    """The tables of the health file that is there now."""
    try:
        with duckdb.connect() as session:
            session.execute("attach ? as before (read_only)", [str(settings.health)])
            session.execute("use before")
            found = session.execute(
                "select table_name, coalesce(comment, '') from duckdb_tables()"
                " where database_name = 'before' and table_name <> 'health'"
            ).fetchall()
            return [
                Table(
                    name,
                    session.sql(f"select * from {name}").to_arrow_table(),
                    {column: kind for column, kind, *_ in session.execute(f"describe {name}").fetchall()},
                    comment,
                )
                for name, comment in found
            ]
    except duckdb.Error:
        return []


def _replace(settings: Settings, tables: list[Table], build: Row) -> None:
    settings.scratch.mkdir(parents=True, exist_ok=True)
    staged = settings.scratch / settings.health.name
    for leftover in (staged, staged.with_suffix(".duckdb.wal")):
        leftover.unlink(missing_ok=True)
    with duckdb.connect(str(staged)) as session:
        for table in tables:
            session.register("incoming", table.rows)
            columns = ", ".join(f"cast({column} as {kind_of}) as {column}" for column, kind_of in table.types.items())
            session.execute(f"create table {table.name} as select {columns} from incoming")
            session.unregister("incoming")
            session.execute(f"comment on table {table.name} is {literal(table.description.strip())}")
        session.execute(f"create table health ({swap.HEALTH_COLUMNS})")
        session.execute("insert into health values (?, ?, ?, ?, ?, ?)", build)
    with staged.open("rb") as file:
        os.fsync(file.fileno())
    os.replace(staged, settings.health)


def _time(value: object) -> datetime | None:
    return datetime.fromisoformat(str(value)) if value else None
