"""Isobar's own state in the warehouse: which loads and which models a *published* build has processed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import duckdb

from ingestion import load
from ingestion.lake import Lake
from ingestion.registry import SOURCES
from isobar.settings import Settings

STATE = """
create schema if not exists isobar;
create table if not exists isobar.published_loads (schema_name varchar, load_id varchar, published_at timestamp);
create table if not exists isobar.model_fingerprints (model varchar, fingerprint varchar, published_at timestamp);
create table if not exists isobar.warehouse (kind varchar);
"""

HEALTH_STATE = """
create or replace table isobar.runs (
    run_id varchar, run_number bigint, command varchar, source varchar, is_fetched boolean, started_at timestamp,
    finished_at timestamp, outcome varchar, error varchar, seconds double, newest_observed_at timestamp);
create or replace table isobar.run_tables (
    run_id varchar, table_name varchar, appended_row_count bigint, rejected_cell_count bigint);
create or replace table isobar.schedules (
    source varchar, table_name varchar, cadence_hours bigint, overdue_after_hours bigint);
create or replace table isobar.node_results (
    unique_id varchar, node_name varchar, node_type varchar, model_name varchar, status varchar, failure_count bigint,
    message varchar, seconds double, is_monitor boolean);
create or replace table isobar.api_budgets (
    api varchar, key_hash varchar, period varchar, call_limit bigint, call_count bigint, counted_at timestamp);
"""
"""What the models of health read: written anew before and after each build (isobar/health.py)."""


@dataclass(frozen=True)
class Load:
    """A completed dlt load of one source."""

    schema_name: str
    load_id: str


def prepare(settings: Settings) -> None:
    """Make everything exist that dbt reads: raw tables of every source, the state, the warehouse's kind."""
    for source in SOURCES.values():
        load.prepare(source, settings)
    is_simulated = Lake(settings.lake).is_simulated()
    with duckdb.connect(str(settings.warehouse)) as warehouse:
        warehouse.execute(STATE)
        warehouse.execute(HEALTH_STATE)
        if is_simulated is not None:
            warehouse.execute("delete from isobar.warehouse")
            warehouse.execute("insert into isobar.warehouse values (?)", ["simulated" if is_simulated else "real"])


def unpublished_loads(settings: Settings) -> list[Load]:
    """Completed loads that no published build has processed."""
    with duckdb.connect(str(settings.warehouse), read_only=True) as warehouse:
        return [
            Load(source.dataset, load_id)
            for source in SOURCES.values()
            for (load_id,) in warehouse.execute(
                f"select load_id from {source.dataset}._dlt_loads where status = 0 and load_id not in"
                " (select load_id from isobar.published_loads where schema_name = ?) order by load_id",
                [source.dataset],
            ).fetchall()
        ]


def published_fingerprints(settings: Settings) -> dict[str, str]:
    """Model name -> fingerprint at the last publication."""
    with duckdb.connect(str(settings.warehouse), read_only=True) as warehouse:
        return dict(warehouse.execute("select model, fingerprint from isobar.model_fingerprints").fetchall())


def mark_published(settings: Settings, loads: Iterable[Load], fingerprints: dict[str, str]) -> None:
    """Remember, in one transaction, what the publication that just happened has processed."""
    now = settings.now()
    with duckdb.connect(str(settings.warehouse)) as warehouse:
        warehouse.execute("begin")
        for done in loads:
            warehouse.execute(
                "insert into isobar.published_loads values (?, ?, ?)", [done.schema_name, done.load_id, now]
            )
        warehouse.execute("delete from isobar.model_fingerprints")
        for model, fingerprint in fingerprints.items():
            warehouse.execute("insert into isobar.model_fingerprints values (?, ?, ?)", [model, fingerprint, now])
        warehouse.execute("commit")
