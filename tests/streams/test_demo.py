"""The whole demo by a broker: poller, broker and lander are three processes, and the poller is gone when landing begins."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import duckdb
import pytest

from isobar.files import literal
from isobar.settings import DEMO_FOLDER, Settings
from tests.command import isobar, module
from tools.compare import compare

pytestmark = [pytest.mark.services, pytest.mark.long]

OF_THE_FILE = ("source_file", "source_row", "_dlt_load_id")
"""Where in which file of the lake a row was: a poll's own files, or those of a topic."""

RAW = """
select schema_name, table_name, list(column_name) from duckdb_columns()
where database_name = 'direct' and schema_name like 'raw\\_%' escape '\\' and table_name not like '\\_dlt%' escape '\\'
    and table_name <> 'files'
group by all
"""
"""All but the list of files."""


def told(done: subprocess.CompletedProcess[str]) -> Any:
    """What a command answered in JSON; it was done."""
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout or "null")


@pytest.fixture(scope="session")
def direct(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo without a broker."""
    folder = tmp_path_factory.mktemp("direct")
    told(isobar(Settings(data_dir=folder), "--json", "run"))
    return folder / DEMO_FOLDER


@pytest.fixture(params=["kafka", "kinesis"])
def variables(request: pytest.FixtureRequest) -> dict[str, str]:
    server = {"kafka": "kafka", "kinesis": "moto"}[request.param]
    # the lake is a folder: moto would take it, too
    its = {name: value for name, value in request.getfixturevalue(server).items() if name != "ISOBAR_LAKE"}
    return {**its, "ISOBAR_TRANSPORT": request.param}


def test_the_whole_demo(direct: Path, variables: dict[str, str], tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    told(module(settings, "tests.streams.poller", **variables))
    landed = told(isobar(settings, "--json", "--demo", "stream", "land", "--load", **variables))
    assert landed["messages"] > 4_000 and not landed["dead_letters"]
    # the archives and the past, which nobody polls; of the polls nothing is left to be asked
    rest = told(isobar(settings, "--json", "run", **variables))
    assert rest["polls"]["asked"] == 0

    streamed = tmp_path / DEMO_FOLDER
    assert_same_rows(direct, streamed)
    differing = [line.split(":")[0] for line in compare(direct, streamed) if line.startswith("differs")]
    assert differing == ["differs fct_observation_revisions"]  # in the names of files


def assert_same_rows(direct: Path, streamed: Path) -> None:
    """Of every raw table and of the revisions, but for the file that brought a row."""
    with duckdb.connect() as session:
        for name, folder in (("direct", direct), ("streamed", streamed)):
            for file, kind in (("warehouse", ""), ("marts", "_marts")):
                session.execute(f"attach {literal(folder / f'{file}.duckdb')} as {name}{kind} (read_only)")

        def difference(table: str, columns: str) -> int:
            here, there = (f"select {columns} from {table.format(name)}" for name in ("direct", "streamed"))
            query = f"({here} except all {there}) union all ({there} except all {here})"
            return int(session.execute(f"select count(*) from ({query})").fetchall()[0][0])

        row_count = 0
        for schema, table, columns in session.execute(RAW).fetchall():
            shared = ", ".join(column for column in columns if column not in OF_THE_FILE)
            assert difference(f"{{}}.{schema}.{table}", shared) == 0, (schema, table)
            row_count += session.execute(f"select count(*) from streamed.{schema}.{table}").fetchall()[0][0]
        assert row_count > 300_000
        assert difference("{}_marts.fct_observation_revisions", "* exclude (file_name, load_id)") == 0
