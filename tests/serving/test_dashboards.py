"""Dashboards as code: Grafana's own schema, and each panel's query on a real PostgreSQL against a query on the published marts.

    ISOBAR_TEST_PUBLISHED=data/demo make test-services ARGS=tests/serving/test_dashboards.py

asks the marts of that folder in place of made-up ones. No Grafana runs here: what it draws was never seen.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import jsonschema
import pytest
import yaml

from isobar.jobs.deliver import deliver
from isobar.settings import PROJECT_ROOT, Settings
from tests.serving.gold import published_gold
from tools.dashboards import DASHBOARDS, DATASOURCE, FOLDER, files

SCHEMA = json.loads((Path(__file__).parent / "dashboard.schema.json").read_text(encoding="utf-8"))
"""@grafana/schema's own types: tools/grafana_schema writes it."""

PUBLISHED = os.environ.get("ISOBAR_TEST_PUBLISHED")  # before conftest.py takes settings away
PROVISIONING = FOLDER.parent / "provisioning"
BEGIN, END = datetime(2026, 2, 12), datetime(2026, 3, 1, 6)
CITIES = "(select location_id from places)"
DATES = f"between '{BEGIN:%Y-%m-%d}' and '{END:%Y-%m-%d}'"
DAYS = f"from gold_weather_aggregates where weather_date {DATES} and location_id in {CITIES}"
AT = f"between timestamp '{BEGIN}' and timestamp '{END}' and location_id in {CITIES}"


def day(column: str) -> str:
    return f"select weather_date::timestamp, location_name, {column} {DAYS}"


def unpivoted(columns: dict[str, str]) -> str:
    parts = (
        f"select weather_date::timestamp, location_name || ' {name}', {column} {DAYS}"
        for name, column in columns.items()
    )
    return " union all ".join(parts)


def hour(column: str) -> str:
    hours = f"select location_id, epoch(date_trunc('hour', observed_at)) as hour_at, avg({column}) as value"
    return (
        f"select hour_at, location_name, value from ({hours} from fct_air_quality where observed_at {AT} group by all)"
        " join dim_locations using (location_id)"
    )


def newest(column: str) -> str:
    return (
        f"select valid_at, location_name, arg_max_null({column}, issued_at) from fct_forecasts"
        f" join dim_locations using (location_id) where valid_at {AT} group by valid_at, location_id, location_name"
    )


def lead(column: str) -> str:
    return (
        f"select concat(lead_bucket_hours, ' h'), {column} from agg_forecast_skill"
        " where (element, location_id, month) = ('temperature_c', 'all', 'all')"
    )


EXPECTED = {
    "isobar-weather": [
        "select location_name, observed_at, temperature_c, pressure_sea_level_hpa, wind_speed_ms, relative_humidity_pct"
        f" from agg_latest_conditions join dim_locations using (location_id) where location_id in {CITIES}",
        day("temperature_mean_c"),
        unpivoted({"Tn": "temperature_min_c", "Tx": "temperature_max_c"}),
        day("pressure_sea_level_mean_hpa"),
        unpivoted({"mean": "wind_speed_mean_ms", "max": "wind_speed_max_ms", "gust": "wind_gust_max_ms"}),
        day("relative_humidity_mean_pct"),
        day("precipitation_mm"),
    ],
    "isobar-forecasts": [
        newest("temperature_c"),
        "select observed_at, location_name, temperature_c from fct_observations join dim_locations using (location_id)"
        f" where observed_at {AT}",
        newest("precipitation_probability"),
        newest("precipitation_3h_mm"),
        newest("wind_speed_ms"),
        lead("mae"),
        lead("bias"),
    ],
    "isobar-air-quality": [
        hour("pm2_5_ugm3"),
        hour("pm10_ugm3"),
        hour("o3_ugm3"),
        hour("no2_ugm3"),
        day("pm2_5_mean_ugm3"),
        day("eaqi_max"),
        "select location_name, index_name, max(observed_at), arg_max(index_value, observed_at),"
        " arg_max(index_label, observed_at), arg_max(index_label_fr, observed_at)"
        " from fct_air_quality_indices join dim_locations using (location_id)"
        f" where location_id in {CITIES} group by location_id, location_name, index_name",
    ],
    "isobar-health": [
        "select publication_id, published_at, null, warehouse_kind from marts.isobar.publication",
        None,  # an age: by itself below
        "select 'observations', source, max(observed_at) from agg_latest_conditions group by source"
        " union all select 'air quality', source, max(observed_at) from fct_air_quality group by source"
        " union all select 'forecasts', source, max(issued_at) from fct_forecasts group by source",
        "select location_name, source, observed_at from (from agg_latest_conditions join dim_locations using (location_id)"
        " select *, row_number() over (order by observed_at, location_name) as place) where place <= 50",
        "select month_start_date::timestamp, source, sum(observed_count) * 100.0 / sum(expected_count)"
        f" from agg_station_completeness where month_start_date {DATES} group by all",
        "select observed_date::timestamp, check_name, count(*) from fct_quality_findings"
        f" where observed_date {DATES} group by all",
        "select location_name, source, gap_start_at, missing_count from fct_observation_gaps"
        " join dim_locations using (location_id) where is_open",
    ],
}
"""Of each dashboard, in the order of its panels: the same figures by DuckDB. `places` are the chosen cities."""


def loaded() -> dict[str, dict[str, Any]]:
    """The committed dashboards, by uid."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))}


def expanded(sql: str, cities: list[str]) -> str:
    """A query as Grafana sends it: macros of its PostgreSQL data source, a variable of several values quoted."""
    chosen = ",".join("'{}'".format(city.replace("'", "''")) for city in cities)
    sql = re.sub(r"\$__timeFilter\(([^)]+)\)", rf"\1 BETWEEN '{BEGIN.isoformat()}Z' AND '{END.isoformat()}Z'", sql)
    sql = re.sub(r"\$__timeGroup\(([^,]+), *'1h'\)", r"floor(extract(epoch from \1)/3600)*3600", sql)
    sql = sql.replace("$city", chosen)
    assert "$" not in sql
    return sql


def plain(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Rows in one order, numbers to nine digits."""

    def cell(value: Any) -> Any:
        if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
            return float(f"{float(value):.9g}")
        return datetime(value.year, value.month, value.day) if type(value) is date else value

    return sorted((tuple(map(cell, row)) for row in rows), key=repr)


# --- files -----------------------------------------------------------------------------------------------------------


def test_the_committed_dashboards_are_what_the_generator_writes() -> None:
    committed = {path: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    assert committed == files(), "run `make dashboards` and commit serving/dashboards"


@pytest.mark.parametrize("uid", EXPECTED)
def test_a_dashboard_is_valid_by_grafanas_own_types(uid: str) -> None:
    found = loaded()[uid]
    jsonschema.Draft7Validator(SCHEMA).validate(found)
    for broken in ({**found, "panels": [{**found["panels"][0], "type": 1}]}, {**found, "timezone": 0}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.Draft7Validator(SCHEMA).validate(broken)


def test_every_panel_has_a_unit_a_description_and_gaps_where_nothing_is_known() -> None:
    for uid, found in loaded().items():
        assert " / " in found["title"] and found["timezone"] == "utc", uid
        assert len({panel["id"] for panel in found["panels"]}) == len(found["panels"]) == len(EXPECTED[uid])
        for panel in found["panels"]:
            assert panel["description"] and panel["fieldConfig"]["defaults"]["unit"], panel["title"]
            assert panel["datasource"] == DATASOURCE == panel["targets"][0]["datasource"]
            if panel["type"] == "timeseries":
                custom = panel["fieldConfig"]["defaults"]["custom"]
                assert custom["spanNulls"] is False and custom["insertNulls"] > 0, panel["title"]


def test_provisioning_names_the_data_source_of_the_panels_and_no_password() -> None:
    (source,) = yaml.safe_load((PROVISIONING / "datasources" / "isobar.yaml").read_text(encoding="utf-8"))[
        "datasources"
    ]
    assert {"type": source["type"], "uid": source["uid"]} == DATASOURCE
    assert re.fullmatch(r"\$\{\w+\}", source["secureJsonData"]["password"])
    (provider,) = yaml.safe_load((PROVISIONING / "dashboards" / "isobar.yaml").read_text(encoding="utf-8"))["providers"]
    compose = yaml.safe_load((PROJECT_ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8"))
    grafana = compose["services"]["grafana"]
    mounted = dict(volume.split(":")[:2] for volume in grafana["volumes"] if volume.startswith(".."))
    assert {(PROJECT_ROOT / "deploy" / path).resolve(): target for path, target in mounted.items()} == {
        FOLDER: provider["options"]["path"],
        PROVISIONING: "/etc/grafana/provisioning",
    }
    text = (PROVISIONING / "datasources" / "isobar.yaml").read_text(encoding="utf-8")
    assert set(re.findall(r"\$\{(\w+)\}", text)) <= grafana["environment"].keys()


# --- figures ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def gold(
    postgresql: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Any, duckdb.DuckDBPyConnection]]:
    """Sessions in PostgreSQL, which was delivered a publication, and in that publication."""
    import psycopg

    server, schema = postgresql["ISOBAR_OUTLETS"], f"test_{secrets.token_hex(4)}"
    variables = {
        "ISOBAR_OUTLET_PASSWORD_POSTGRESQL": postgresql["ISOBAR_OUTLET_PASSWORD_POSTGRESQL"],
        "ISOBAR_OUTLETS": f"{server}?schema={schema}",
        "ISOBAR_DATA_DIR": PUBLISHED or str(tmp_path_factory.mktemp("gold") / "data"),
    }
    settings = Settings.from_environment(variables)
    if not PUBLISHED:
        settings = replace(published_gold(settings), outlets=settings.outlets)
    deliver(settings)
    password = variables["ISOBAR_OUTLET_PASSWORD_POSTGRESQL"]
    with (
        psycopg.connect(server, password=password, autocommit=True) as store,
        duckdb.connect() as marts,
    ):
        marts.execute(f"attach '{settings.marts}' as marts (read_only); use marts")
        try:
            yield (store, schema), marts
        finally:
            store.execute(f"drop schema {schema} cascade")


@pytest.mark.services
@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda each: each.uid)
def test_each_panel_has_the_figures_of_the_published_marts(dashboard: Any, gold: Any) -> None:
    (store, schema), marts = gold
    found = loaded()[dashboard.uid]
    of_schema = lambda sql: sql.replace("gold.", f"{schema}.")  # noqa: E731 - the schema of the test, as ?schema= sets it
    cities: list[str] = []
    for variable in found["templating"]["list"]:
        offered = store.execute(of_schema(variable["query"])).fetchall()
        assert offered == sorted(set(offered)) and len(offered) >= 3
        cities = [value for _, value in offered if value.startswith("city:")][:2]
    marts.execute("create or replace temp table places (location_id varchar)")
    marts.executemany("insert into places values (?)", [[city] for city in cities or ["none"]])
    for panel, expected in zip(found["panels"], EXPECTED[dashboard.uid], strict=True):
        cursor = store.execute(expanded(of_schema(panel["targets"][0]["rawSql"]), cities))
        rows, title = cursor.fetchall(), panel["title"]
        if panel["type"] == "timeseries":
            assert [column.name for column in cursor.description] == ["time", "metric", "value"], title
        if title.startswith("Age of"):
            ((published_at,),) = marts.execute("select published_at from marts.isobar.publication").fetchall()
            ((now,),) = store.execute("select now() at time zone 'UTC'").fetchall()
            assert timedelta(seconds=rows[0][0]) == pytest.approx(now - published_at, abs=timedelta(seconds=60))
            continue
        if title.startswith("Publication"):
            rows = [(*row[:2], None, *row[3:]) for row in rows]
        assert plain(rows) == plain(marts.execute(expected).fetchall()), title
        assert rows or PUBLISHED, title
        named = {each["matcher"]["options"] for each in panel["fieldConfig"]["overrides"]}
        assert named <= {column.name for column in cursor.description}, title
