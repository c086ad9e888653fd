"""Power BI's files against PostgreSQL's DDL: every table, column and type of the model is there.

Power BI itself never opened them.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from isobar.jobs.deliver import statements
from isobar.settings import Settings
from tests.serving.gold import contracts, published_gold
from tools.powerbi import FOLDER, MEASURED, MODEL, TABLES

DEFINITION = FOLDER / MODEL / "definition"
TYPES = {
    "text": "string",
    "double precision": "double",
    "bigint": "int64",
    "boolean": "boolean",
    "date": "dateTime",
    "timestamp": "dateTime",
}
"""PostgreSQL's type -> what Power BI's connector makes of it."""


@pytest.fixture(scope="module")
def ddl(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """Table -> column -> type, as `isobar deliver --ddl` prints them; no server is asked."""
    pytest.importorskip("psycopg")
    variables = {
        "ISOBAR_DATA_DIR": str(tmp_path_factory.mktemp("gold") / "data"),
        "ISOBAR_OUTLETS": "postgresql://isobar@127.0.0.1:9/weather_dw",
    }
    (printed,) = statements(published_gold(Settings.from_environment(variables)))
    tables = re.findall(r'create table "gold"\."(\w+)" \((.*)\)', printed)
    return {name: dict(re.findall(r'"(\w+)" ([a-z ]+?)(?: not null)?(?:,|$)', columns)) for name, columns in tables}


def model_of(table: str) -> str:
    return (DEFINITION / "tables" / f"{table}.tmdl").read_text(encoding="utf-8")


@pytest.mark.parametrize("table", TABLES)
def test_a_table_is_that_of_gold_column_by_column(table: str, ddl: dict[str, dict[str, str]]) -> None:
    text = model_of(table)
    columns = re.findall(
        r"\tcolumn (\w+)\n\t\tdataType: (\w+)\n(?:\t\tformatString: .*\n)?\t\tsummarizeBy: none\n", text
    )
    assert dict(columns) == {name: TYPES[kind] for name, kind in ddl[table].items()}
    assert re.findall(r"sourceColumn: (\w+)", text) == [name for name, _ in columns]
    assert len(re.findall(r"^\t/// .+", text, re.MULTILINE)) == len(columns) + text.count("\tmeasure ")
    assert f'[Schema = GoldSchema, Item = "{table}"]' in text


def test_relationships_join_columns_of_one_type_to_a_key(ddl: dict[str, dict[str, str]]) -> None:
    text = (DEFINITION / "relationships.tmdl").read_text(encoding="utf-8")
    ends = re.findall(r"fromColumn: (\w+)\.(\w+)\n\ttoColumn: (\w+)\.(\w+)", text)
    assert len(ends) == text.count("relationship ") >= len(TABLES) - 1
    keys = {
        name: [test["unique_key"]["arguments"]["columns"] for test in model["data_tests"] if "unique_key" in test]
        for name, model in contracts().items()
    }
    for many, column, one, key in ends:
        assert ddl[many][column] == ddl[one][key]
        assert [[key]] == keys[one], f"{one}.{key} is not its key"


def test_measures_aggregate_columns_that_exist(ddl: dict[str, dict[str, str]]) -> None:
    measures = re.findall(r"\tmeasure '[^']+' = (\w+)\((\w+)\[(\w+)\]\)", model_of(MEASURED))
    assert len(measures) == model_of(MEASURED).count("\tmeasure ") >= 5
    for function, table, column in measures:
        assert function in {"AVERAGE", "SUM", "MIN", "MAX", "COUNT"}, "none of them counts BLANK as 0"
        assert column in ddl[table]


def test_the_model_names_its_tables_and_the_connection_has_no_secret() -> None:
    model = (DEFINITION / "model.tmdl").read_text(encoding="utf-8")
    assert re.findall(r"ref table (\w+)", model) == list(TABLES)
    assert {path.stem for path in Path(DEFINITION / "tables").iterdir()} == set(TABLES)
    (connection,) = json.loads((FOLDER / "isobar.pbids").read_text(encoding="utf-8"))["connections"]
    assert connection["details"] == {
        "protocol": "postgresql",
        "address": {"server": "localhost:5432", "database": "weather_dw"},
    }
