"""Publications of a few made-up rows, by the product's own publisher."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import duckdb

from isobar.publish.duckdb import publish
from isobar.settings import Settings
from isobar.warehouse.models import Column, PublicModel

PUBLISHED_AT = datetime(2026, 3, 1, 6)

OBSERVATIONS = """
    select * from (values
        ('07149', timestamp '2025-12-31 23:00', 'Orly', 1.5, true, date '2025-12-31', 3::bigint),
        ('07149', timestamp '2026-01-01 00:00', 'Orly', null, null, date '2026-01-01', 0::bigint),
        ('07149', timestamp '2026-02-01 00:00', 'L''Haÿ "les" Roses; ☔, \\N', 0.0, false, date '2026-02-01', null),
        ('07005', timestamp '2026-02-01 00:00', '', -1e-300, false, date '2026-02-01', 9007199254740993),
        ('07006', timestamp '2026-02-01 00:00:00.123456', '\\N', 0.1, true, date '2026-02-01', -1),
        ('07007', timestamp '2026-02-02 00:00', E'two\\nlines\\tand\\r\\nmore', 'inf'::double, true, date '2026-02-02', 5)
    ) as rows (location_id, observed_at, name, rain_mm, is_good, observed_date, code)
"""
"""Null beside 0 and beside an empty text, times of two years, and what CSV quotes."""

Marts = Mapping[str, tuple[str, str | None, tuple[str, ...]]]
"""Name -> rows, the column of its partitions, its key."""

OBSERVED = ("observed_at", ("location_id", "observed_at"))
PLACES = f"select location_id, any_value(name) as name from ({OBSERVATIONS}) group by location_id"


def by_observation(rows: str) -> Marts:
    """A mart of observations, and one of their places."""
    return {"fct_observations": (rows, *OBSERVED), "dim_locations": (PLACES, None, ("location_id",))}


def published(settings: Settings, marts: Marts, *, at: datetime = PUBLISHED_AT, kind: str = "simulated") -> Settings:
    """Publish these marts. `build_id` follows the rows of a month, so that only months that differ are written anew."""
    settings = replace(settings, clock=at)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    models = []
    with duckdb.connect(str(settings.warehouse)) as warehouse:
        warehouse.execute("create schema if not exists isobar; create schema if not exists marts")
        warehouse.execute("create or replace table isobar.warehouse as select ? as kind", [kind])
        for name, (rows, partition_by, key) in marts.items():
            of_month = f"strftime({partition_by}, '%Y-%m')" if partition_by else "''"
            warehouse.execute(
                f"create or replace table marts.{name} as select *,"
                f" (sum(hash(rows)) over (partition by {of_month}))::varchar as build_id from ({rows}) as rows"
            )
            described = warehouse.execute(f"describe marts.{name}").fetchall()
            columns = tuple(
                Column(each[0], each[1], f"What {each[0]} is.") for each in described if each[0] != "build_id"
            )
            model = PublicModel(name, "test", f"marts.{name}", partition_by, "marts", None, f"It's {name}.", columns)
            models.append(replace(model, key=key))
    publish(settings, models, "build")
    return settings
