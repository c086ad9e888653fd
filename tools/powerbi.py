"""Write serving/dashboards/powerbi/: a connection and a semantic model (TMDL) over the outlet PostgreSQL (`make dashboards`).

Tables and columns are those of the dbt project's contracts, with their descriptions. Power BI has no date without a time and no
time zone: dates are midnights, times are UTC. Null is BLANK, which no measure counts as 0.
"""

from __future__ import annotations

import json
from pathlib import Path

from isobar.settings import PROJECT_ROOT, Settings
from isobar.warehouse.dbt import Project, project_environment
from isobar.warehouse.models import BUILD_COLUMN, PublicModel

FOLDER = PROJECT_ROOT / "serving" / "dashboards" / "powerbi"
MODEL = "Isobar.SemanticModel"
COMPATIBILITY_LEVEL = 1567
"""Of Power BI Desktop's enhanced metadata."""

SERVER, DATABASE, SCHEMA = "localhost:5432", "weather_dw", "gold"

TYPES = {
    "text": "string",
    "double": "double",
    "bigint": "int64",
    "boolean": "boolean",
    "date": "dateTime",
    "timestamp": "dateTime",
}
"""A contract's type -> TMDL's."""

FORMATS = {"date": "yyyy-mm-dd", "timestamp": "yyyy-mm-dd hh:nn:ss"}

TABLES = (
    "dim_dates",
    "dim_locations",
    "gold_weather_aggregates",
    "agg_latest_conditions",
    "fct_air_quality",
    "fct_forecasts",
)

RELATIONSHIPS = (
    ("gold_weather_aggregates", "location_id", "dim_locations", "location_id"),
    ("gold_weather_aggregates", "weather_date", "dim_dates", "date_day"),
    ("agg_latest_conditions", "location_id", "dim_locations", "location_id"),
    ("fct_air_quality", "location_id", "dim_locations", "location_id"),
    ("fct_air_quality", "observed_date", "dim_dates", "date_day"),
    ("fct_forecasts", "location_id", "dim_locations", "location_id"),
    ("fct_forecasts", "issued_date", "dim_dates", "date_day"),
)
"""Table and column of the many, then of the one."""

MEASURES = (
    (
        "Mean temperature (°C)",
        "AVERAGE(gold_weather_aggregates[temperature_mean_c])",
        "0.0",
        "Mean of the daily means.",
    ),
    ("Lowest temperature (°C)", "MIN(gold_weather_aggregates[temperature_min_c])", "0.0", "Lowest Tn."),
    ("Highest temperature (°C)", "MAX(gold_weather_aggregates[temperature_max_c])", "0.0", "Highest Tx."),
    ("Mean pressure (hPa)", "AVERAGE(gold_weather_aggregates[pressure_sea_level_mean_hpa])", "0.0", "At sea level."),
    (
        "Strongest gust (m/s)",
        "MAX(gold_weather_aggregates[wind_gust_max_ms])",
        "0.0",
        "Blank where no gust is reported.",
    ),
    (
        "Rain of known days (mm)",
        "SUM(gold_weather_aggregates[precipitation_mm])",
        "0.0",
        "Sum over the days that are covered: read it beside the number of days.",
    ),
    (
        "Days with known rain",
        "COUNT(gold_weather_aggregates[precipitation_mm])",
        "0",
        "Days whose 24 hours are covered.",
    ),
    ("Mean PM2.5 (µg/m³)", "AVERAGE(gold_weather_aggregates[pm2_5_mean_ugm3])", "0.0", "Mean of the daily means."),
)
"""Of gold_weather_aggregates: name, DAX, format, description."""

MEASURED = "gold_weather_aggregates"


def files(models: dict[str, PublicModel]) -> dict[Path, str]:
    """Each file and what is in it."""
    definition = FOLDER / MODEL / "definition"
    connection = {
        "version": "0.1",
        "connections": [
            {
                "details": {"protocol": "postgresql", "address": {"server": SERVER, "database": DATABASE}},
                "options": {},
                "mode": "Import",
            }
        ],
    }
    return {
        FOLDER / "isobar.pbids": json.dumps(connection, indent=2) + "\n",
        FOLDER / MODEL / "definition.pbism": json.dumps({"version": "4.0", "settings": {}}, indent=2) + "\n",
        definition / "database.tmdl": f"database\n\tcompatibilityLevel: {COMPATIBILITY_LEVEL}\n",
        definition / "model.tmdl": "model Model\n\tculture: en-US\n\tdefaultPowerBIDataSourceVersion: powerBI_V3\n"
        "\tdiscourageImplicitMeasures\n\n" + "".join(f"ref table {name}\n" for name in TABLES),
        definition / "expressions.tmdl": "".join(
            f'expression {name} = "{value}" meta [IsParameterQuery=true, Type="Text", IsParameterQueryRequired=true]\n\n'
            for name, value in (("Server", SERVER), ("Database", DATABASE), ("GoldSchema", SCHEMA))
        ).rstrip("\n")
        + "\n",
        definition / "relationships.tmdl": "\n".join(map(_relationship, RELATIONSHIPS)),
        **{definition / "tables" / f"{name}.tmdl": _table(models[name]) for name in TABLES},
    }


def _relationship(ends: tuple[str, str, str, str]) -> str:
    many, column, one, key = ends
    return f"relationship {many}_{one}\n\tfromColumn: {many}.{column}\n\ttoColumn: {one}.{key}\n"


def _table(model: PublicModel) -> str:
    lines = [_described(model.description), f"table {model.name}", ""]
    if model.name == MEASURED:
        for name, dax, shown, description in MEASURES:
            lines += [f"\t{_described(description)}", f"\tmeasure '{name}' = {dax}", f"\t\tformatString: {shown}", ""]
    for column in model.columns:
        if column.name == BUILD_COLUMN:
            continue
        lines += [
            f"\t{_described(column.description)}",
            f"\tcolumn {column.name}",
            f"\t\tdataType: {TYPES[column.data_type]}",
            *([f"\t\tformatString: {FORMATS[column.data_type]}"] if column.data_type in FORMATS else []),
            "\t\tsummarizeBy: none",
            f"\t\tsourceColumn: {column.name}",
            "",
        ]
    lines += [
        f"\tpartition {model.name} = m",
        "\t\tmode: import",
        "\t\tsource =",
        "\t\t\tlet",
        "\t\t\t\tSource = PostgreSQL.Database(Server, Database),",
        f'\t\t\t\tRows = Source{{[Schema = GoldSchema, Item = "{model.name}"]}}[Data]',
        "\t\t\tin",
        "\t\t\t\tRows",
        "",
    ]
    return "\n".join(lines)


def _described(text: str) -> str:
    return f"/// {' '.join(text.split())}"


def main() -> None:
    """Parse the project and write the model."""
    settings = Settings.from_environment()
    with project_environment(settings):
        models = {model.name: model for model in Project(settings).public_models()}
    for path, text in files(models).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
