"""What raw tables say, as the marts will read them: rows of completed loads, and of each key the one that counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from ingestion.registry import SOURCES
from isobar.settings import Settings

Row = tuple[object, ...]

BOOKKEEPING = ("_dlt_load_id", "landed_at", "source_row")
"""When a row came and at which place of its file: two histories that end in the same knowledge differ in these."""


@dataclass(frozen=True)
class Key:
    """What a row of a raw table is about, its place first, and the order in which the models take the one that counts."""

    columns: str
    order: str


_LATEST_LOAD = "_dlt_load_id desc, landed_at desc, source_file desc, source_row desc"

KEYS = {
    "raw_synop.stations": Key("id", f"landed_at desc, {_LATEST_LOAD}"),
    "raw_synop.observations": Key("geo_id_wmo, validity_time", f"insert_time desc nulls last, {_LATEST_LOAD}"),
    "raw_openweather.cities": Key("city_key", f"landed_at desc, {_LATEST_LOAD}"),
    "raw_openweather.current": Key("city_key, dt", f"fetched_at desc, {_LATEST_LOAD}"),
    "raw_openweather.forecasts": Key("city_key, fetched_at, dt", _LATEST_LOAD),
    "raw_openweather.air_pollution": Key("city_key, dt", f"fetched_at desc, {_LATEST_LOAD}"),
    "raw_openweather.air_pollution_forecasts": Key("city_key, fetched_at, dt", _LATEST_LOAD),
}
"""As in the models `int_*_latest` and `fct_*` (order of versions); tests/reliability compares their result, too."""


@dataclass(frozen=True)
class Content:
    """A raw table: every distinct row (its place first), and the one that counts of each key."""

    rows: frozenset[Row]
    latest: frozenset[Row]


def content(settings: Settings, source: str, but_fetched_at: object = None) -> Mapping[str, Content]:
    """The tables of a source; without the answers fetched at `but_fetched_at`, where one is given."""
    found = {}
    with duckdb.connect(str(settings.warehouse), read_only=True) as warehouse:
        for table in SOURCES[source].tables:
            name = f"raw_{source}.{table.name}"
            place = KEYS[name].columns.split(",")[0]
            told = [column for column in table.layout.columns if column not in (place, *BOOKKEEPING)]
            columns = ", ".join([place, *told, "source_file"])
            whole = f"_dlt_load_id in (select load_id from raw_{source}._dlt_loads where status = 0)"
            if "fetched_at" in told and but_fetched_at is not None:
                whole += f" and fetched_at <> timestamp '{but_fetched_at}'"
            rows = warehouse.execute(f"select distinct {columns} from {name} where {whole}").fetchall()
            latest = warehouse.execute(
                f"select {columns} from {name} where {whole} qualify row_number() over"
                f" (partition by {KEYS[name].columns} order by {KEYS[name].order}) = 1"
            ).fetchall()
            found[name] = Content(frozenset(rows), frozenset(latest))
    return found
