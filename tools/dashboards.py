"""Write serving/dashboards/grafana/dashboards/*.json: Grafana's dashboards over the outlet PostgreSQL (`make dashboards`).

A panel is a title in two languages, a query, a unit and how it is drawn. Times are UTC; null is a gap, never a line.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from isobar.settings import PROJECT_ROOT

FOLDER = PROJECT_ROOT / "serving" / "dashboards" / "grafana" / "dashboards"
DATASOURCE = {"type": "grafana-postgresql-datasource", "uid": "isobar-gold"}
"""As provisioning/datasources/isobar.yaml names it."""

SCHEMA_VERSION = 41
"""Of Grafana 11.6; later versions read it too."""

HOUR_MS = 3_600_000
GRID_COLUMNS, PANEL_COLUMNS, PANEL_ROWS = 24, 12, 8

CITIES = "select distinct location_name as __text, location_id as __value from gold.{mart} order by 1"


@dataclass(frozen=True)
class Panel:
    """A panel.

    Attributes:
        unit: Grafana's identifier, such as `celsius`.
        kind: Grafana's plugin: timeseries, table, stat, barchart.
        gap_hours: no line is drawn between two points that are further apart.
        bars: whether a timeseries is drawn as bars: amounts.
        units: of a table, by the name of the column.
    """

    title: str
    description: str
    sql: str
    unit: str = "none"
    kind: str = "timeseries"
    gap_hours: int = 36
    bars: bool = False
    units: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Dashboard:
    """A dashboard; `cities`: the mart of the places to choose from, None where nothing is chosen."""

    uid: str
    title: str
    description: str
    begins: str
    panels: tuple[Panel, ...]
    cities: str | None = None


def daily(column: str) -> str:
    return (
        f"select weather_date::timestamp as time, location_name as metric, {column} as value"
        " from gold.gold_weather_aggregates where $__timeFilter(weather_date) and location_id in ($city) order by 1, 2"
    )


def several(columns: dict[str, str]) -> str:
    """Several columns of the days, a line each; `columns`: its name in the legend -> column."""
    lines = ", ".join(f"('{name}', {column})" for name, column in columns.items())
    return (
        "select weather_date::timestamp as time, location_name || ' ' || kind as metric, value"
        f" from gold.gold_weather_aggregates cross join lateral (values {lines}) as lines (kind, value)"
        " where $__timeFilter(weather_date) and location_id in ($city) order by 1, 2"
    )


def hourly(column: str) -> str:
    return (
        f"select $__timeGroup(air.observed_at, '1h') as time, location_name as metric, avg(air.{column}) as value"
        " from gold.fct_air_quality as air join gold.dim_locations using (location_id)"
        " where $__timeFilter(air.observed_at) and location_id in ($city) group by 1, 2 order by 1, 2"
    )


def forecast(column: str) -> str:
    """The newest forecast of each valid time."""
    return (
        "select distinct on (forecasts.valid_at, location_id)"
        f" forecasts.valid_at as time, location_name as metric, forecasts.{column} as value"
        " from gold.fct_forecasts as forecasts join gold.dim_locations using (location_id)"
        " where $__timeFilter(forecasts.valid_at) and location_id in ($city)"
        " order by forecasts.valid_at, location_id, forecasts.issued_at desc"
    )


OBSERVED = (
    "select observed.observed_at as time, location_name as metric, observed.temperature_c as value"
    " from gold.fct_observations as observed join gold.dim_locations using (location_id)"
    " where $__timeFilter(observed.observed_at) and location_id in ($city) order by 1, 2"
)


def skill(column: str) -> str:
    return (
        f"select lead_bucket_hours::text || ' h' as lead, {column} as \"°C\" from gold.agg_forecast_skill"
        " where element = 'temperature_c' and location_id = 'all' and month = 'all' order by lead_bucket_hours"
    )


WEATHER = Dashboard(
    "isobar-weather",
    "Weather by city / Météo par ville",
    "Days of each place: temperature, pressure, wind, humidity, rain. Jours de chaque lieu.",
    "now-90d",
    (
        Panel(
            "Latest conditions / Dernières conditions",
            "Newest good observation of each place (agg_latest_conditions). Times are UTC.",
            'select location_name as "place", observed_at as "observed at (UTC)", temperature_c as "temperature",'
            ' pressure_sea_level_hpa as "pressure", wind_speed_ms as "wind", relative_humidity_pct as "humidity"'
            " from gold.agg_latest_conditions join gold.dim_locations using (location_id)"
            " where location_id in ($city) order by 1",
            kind="table",
            units=(
                ("temperature", "celsius"),
                ("pressure", "pressurehpa"),
                ("wind", "velocityms"),
                ("humidity", "percent"),
            ),
        ),
        Panel(
            "Mean temperature / Température moyenne",
            "Mean of the readings of the UTC day.",
            daily("temperature_mean_c"),
            "celsius",
        ),
        Panel(
            "Minimum and maximum temperature / Températures minimale et maximale",
            "Tn and Tx of the climatological day; of a city they are the extremes that were seen.",
            several({"Tn": "temperature_min_c", "Tx": "temperature_max_c"}),
            "celsius",
        ),
        Panel(
            "Pressure at sea level / Pression au niveau de la mer",
            "Mean of the UTC day.",
            daily("pressure_sea_level_mean_hpa"),
            "pressurehpa",
        ),
        Panel(
            "Wind / Vent",
            "Mean and strongest mean wind of the day's reports; strongest gust, where gusts are reported.",
            several({"mean": "wind_speed_mean_ms", "max": "wind_speed_max_ms", "gust": "wind_gust_max_ms"}),
            "velocityms",
        ),
        Panel(
            "Relative humidity / Humidité relative",
            "Mean of the UTC day.",
            daily("relative_humidity_mean_pct"),
            "percent",
        ),
        Panel(
            "Rain of the day / Pluie du jour",
            "Only days whose 24 hours are covered. OpenWeather's cities have none: their amounts are sampled.",
            daily("precipitation_mm"),
            "lengthmm",
            bars=True,
        ),
    ),
    cities="gold_weather_aggregates",
)

FORECASTS = Dashboard(
    "isobar-forecasts",
    "Forecasts / Prévisions",
    "The newest forecast of each time, and how far forecasts were off. La dernière prévision et ses erreurs.",
    "now-5d",
    (
        Panel(
            "Temperature / Température",
            "Newest forecast of each valid time.",
            forecast("temperature_c"),
            "celsius",
            gap_hours=4,
        ),
        Panel("Observed temperature / Température observée", "Of the same places.", OBSERVED, "celsius", gap_hours=4),
        Panel(
            "Probability of precipitation / Probabilité de précipitations",
            "Of the 3 h that end at the valid time.",
            forecast("precipitation_probability"),
            "percentunit",
            gap_hours=4,
        ),
        Panel(
            "Precipitation of 3 h / Précipitations sur 3 h",
            "Of the 3 h that end at the valid time.",
            forecast("precipitation_3h_mm"),
            "lengthmm",
            bars=True,
        ),
        Panel(
            "Wind / Vent", "Newest forecast of each valid time.", forecast("wind_speed_ms"), "velocityms", gap_hours=4
        ),
        Panel(
            "Temperature: mean absolute error by lead time / Erreur absolue moyenne par échéance",
            "All places, all months, against the measurements of stations nearby.",
            skill("mae"),
            "celsius",
            kind="barchart",
        ),
        Panel(
            "Temperature: bias by lead time / Biais par échéance",
            "Above 0 forecasts are too high.",
            skill("bias"),
            "celsius",
            kind="barchart",
        ),
    ),
    cities="fct_forecasts as forecasts join gold.dim_locations using (location_id)",
)

AIR_QUALITY = Dashboard(
    "isobar-air-quality",
    "Air quality / Qualité de l'air",
    "Concentrations of OpenWeather's model, and indices computed from them. Concentrations d'un modèle.",
    "now-14d",
    (
        *(
            Panel(title, "Concentration of the hour.", hourly(column), "conμgm3", gap_hours=2)
            for title, column in (
                ("PM2.5", "pm2_5_ugm3"),
                ("PM10", "pm10_ugm3"),
                ("Ozone", "o3_ugm3"),
                ("Nitrogen dioxide / Dioxyde d'azote", "no2_ugm3"),
            )
        ),
        Panel(
            "Mean PM2.5 of the day / PM2,5 moyen du jour",
            "Of 18 hours or more.",
            daily("pm2_5_mean_ugm3"),
            "conμgm3",
            bars=True,
        ),
        Panel(
            "Worst European index of the day / Pire indice européen du jour",
            "1 good to 6 extremely poor; of 18 hours or more.",
            daily("eaqi_max"),
            bars=True,
        ),
        Panel(
            "Latest indices / Derniers indices",
            "Each index by its own classes: they are not to be compared with one another.",
            'select distinct on (location_name, location_id, index_name) location_name as "place", index_name as "index",'
            ' observed_at as "observed at (UTC)", index_value as "value", index_label as "class", index_label_fr as "classe"'
            " from gold.fct_air_quality_indices join gold.dim_locations using (location_id)"
            " where location_id in ($city) order by location_name, location_id, index_name, observed_at desc",
            kind="table",
        ),
    ),
    cities="fct_air_quality as air join gold.dim_locations using (location_id)",
)

HEALTH = Dashboard(
    "isobar-health",
    "Pipeline health / Santé du pipeline",
    "What the published marts show of the pipeline. Runs and tests are in health.duckdb, not in PostgreSQL.",
    "now-90d",
    (
        Panel(
            "Publication / Publication",
            "What PostgreSQL holds, and when it was published and delivered (UTC).",
            'select publication_id as "publication", published_at as "published at (UTC)",'
            ' delivered_at as "delivered at (UTC)", warehouse_kind as "data" from gold.isobar_publication',
            kind="table",
        ),
        Panel(
            "Age of the publication / Âge de la publication",
            "Since it was published.",
            "select extract(epoch from now() at time zone 'UTC' - published_at)::double precision as value"
            " from gold.isobar_publication",
            "s",
            kind="stat",
        ),
        Panel(
            "Newest data / Données les plus récentes",
            "Newest observation, hour of air quality and forecast of each source (UTC).",
            'select \'observations\' as "data", source, max(observed_at) as "newest at (UTC)"'
            " from gold.agg_latest_conditions group by source"
            " union all select 'air quality', source, max(observed_at) from gold.fct_air_quality group by source"
            " union all select 'forecasts', source, max(issued_at) from gold.fct_forecasts group by source order by 1, 2",
            kind="table",
        ),
        Panel(
            "Places by age of their last report / Lieux par âge du dernier message",
            "The oldest first.",
            'select location_name as "place", source, observed_at as "observed at (UTC)"'
            " from gold.agg_latest_conditions join gold.dim_locations using (location_id)"
            " order by observed_at, location_name limit 50",
            kind="table",
        ),
        Panel(
            "Reports received of those expected / Messages reçus sur attendus",
            "All stations of a source, by month.",
            "select month_start_date::timestamp as time, source as metric,"
            " 100.0 * sum(observed_count) / nullif(sum(expected_count), 0) as value"
            " from gold.agg_station_completeness where $__timeFilter(month_start_date) group by 1, 2 order by 1, 2",
            "percent",
            gap_hours=32 * 24,
        ),
        Panel(
            "Findings of quality control by day / Constats du contrôle qualité par jour",
            "Values that failed a check, rejected or suspect.",
            "select observed_date::timestamp as time, check_name as metric, count(*) as value"
            " from gold.fct_quality_findings where $__timeFilter(observed_date) group by 1, 2 order by 1, 2",
            "short",
            bars=True,
        ),
        Panel(
            "Open gaps / Lacunes ouvertes",
            "Stations whose newest expected reports are missing.",
            'select location_name as "place", source, gap_start_at as "since (UTC)", missing_count as "missing reports"'
            " from gold.fct_observation_gaps join gold.dim_locations using (location_id)"
            " where is_open order by gap_start_at, location_name limit 50",
            kind="table",
        ),
    ),
)

DASHBOARDS = (WEATHER, FORECASTS, AIR_QUALITY, HEALTH)


def rendered(dashboard: Dashboard) -> str:
    """The file that Grafana reads."""
    panels = [_panel(panel, number) for number, panel in enumerate(dashboard.panels)]
    model = {
        "uid": dashboard.uid,
        "title": dashboard.title,
        "description": dashboard.description,
        "tags": ["isobar"],
        "editable": True,
        "graphTooltip": 1,
        "schemaVersion": SCHEMA_VERSION,
        "timezone": "utc",
        "time": {"from": dashboard.begins, "to": "now+5d" if dashboard is FORECASTS else "now"},
        "refresh": "",
        "templating": {"list": [_variable(dashboard.cities)] if dashboard.cities else []},
        "annotations": {"list": []},
        "panels": panels,
    }
    return json.dumps(model, indent=2, ensure_ascii=False) + "\n"


def _variable(mart: str) -> dict[str, Any]:
    query = CITIES.format(mart=mart)
    return {
        "name": "city",
        "label": "City / Ville",
        "type": "query",
        "datasource": DATASOURCE,
        "query": query,
        "definition": query,
        "multi": True,
        "includeAll": False,  # a line for each of many places is no picture: Grafana chooses the first
        "refresh": 1,
        "sort": 0,
        "hide": 0,
        "skipUrlSync": False,
        "options": [],
    }


def _panel(panel: Panel, number: int) -> dict[str, Any]:
    place = {
        "x": number * PANEL_COLUMNS % GRID_COLUMNS,
        "y": number * PANEL_COLUMNS // GRID_COLUMNS * PANEL_ROWS,
        "w": PANEL_COLUMNS,
        "h": PANEL_ROWS,
    }
    options, custom = _drawn(panel)
    overrides = [
        {"matcher": {"id": "byName", "options": column}, "properties": [{"id": "unit", "value": unit}]}
        for column, unit in panel.units
    ]
    target = {
        "refId": "A",
        "datasource": DATASOURCE,
        "editorMode": "code",
        "format": "time_series" if panel.kind == "timeseries" else "table",
        "rawQuery": True,
        "rawSql": panel.sql,
    }
    return {
        "id": number + 1,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.description,
        "datasource": DATASOURCE,
        "gridPos": place,
        "targets": [target],
        "fieldConfig": {"defaults": {"unit": panel.unit, "noValue": "–", "custom": custom}, "overrides": overrides},
        "options": options,
    }


def _drawn(panel: Panel) -> tuple[dict[str, Any], dict[str, Any]]:
    """Options of the panel and of its fields."""
    legend = {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []}
    tooltip = {"mode": "multi", "sort": "none"}
    if panel.kind == "timeseries":
        drawn = {
            "drawStyle": "bars" if panel.bars else "line",
            "fillOpacity": 60 if panel.bars else 0,
            "lineWidth": 1,
            "showPoints": "auto",
            "spanNulls": False,
            "insertNulls": panel.gap_hours * HOUR_MS,
        }
        return {"legend": legend, "tooltip": tooltip}, drawn
    if panel.kind == "barchart":
        return {"legend": {**legend, "showLegend": False}, "tooltip": tooltip, "xField": "lead"}, {"fillOpacity": 80}
    if panel.kind == "stat":
        return {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}, "graphMode": "none"}, {}
    return {"showHeader": True, "cellHeight": "sm"}, {"align": "auto"}


def files() -> dict[Path, str]:
    """Each dashboard's file and what is in it."""
    return {FOLDER / f"{dashboard.uid}.json": rendered(dashboard) for dashboard in DASHBOARDS}


def main() -> None:
    """Write the dashboards."""
    for path, text in files().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
