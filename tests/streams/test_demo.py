"""The whole demo by a broker: poller, broker and lander are three processes, and the poller is gone when landing begins."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from isobar.files import literal
from isobar.settings import DEMO_FOLDER, PROJECT_ROOT
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


def run(folder: Path, variables: dict[str, str], *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *words],
        env={**os.environ, **variables, "ISOBAR_DATA_DIR": str(folder)},
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def direct(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo without a broker."""
    folder = tmp_path_factory.mktemp("direct")
    run(folder, {}, "isobar.cli", "run")
    return folder / DEMO_FOLDER


@pytest.fixture(params=["kafka", "kinesis"])
def variables(request: pytest.FixtureRequest) -> dict[str, str]:
    server = {"kafka": "kafka", "kinesis": "moto"}[request.param]
    # the lake is a folder: moto would take it, too
    its = {name: value for name, value in request.getfixturevalue(server).items() if name != "ISOBAR_LAKE"}
    return {**its, "ISOBAR_TRANSPORT": request.param}


def test_the_whole_demo(direct: Path, variables: dict[str, str], tmp_path: Path) -> None:
    run(tmp_path, variables, "tests.streams.poller")
    landed = json.loads(run(tmp_path, variables, "isobar.cli", "--json", "--demo", "stream", "land", "--load"))
    assert landed["messages"] > 4_000 and not landed["dead_letters"]
    # the archives and the past, which nobody polls; of the polls nothing is left to be asked
    rest = json.loads(run(tmp_path, variables, "isobar.cli", "--json", "run"))
    assert rest["polls"]["asked"] == 0

    streamed = tmp_path / DEMO_FOLDER
    with duckdb.connect() as session:
        for name, folder in (("direct", direct), ("streamed", streamed)):
            session.execute(f"attach {literal(folder / 'warehouse.duckdb')} as {name} (read_only)")
        tables = session.execute(RAW).fetchall()
        row_count = 0
        for schema, table, columns in tables:
            shared = ", ".join(column for column in columns if column not in OF_THE_FILE)
            here, there = (f"select {shared} from {name}.{schema}.{table}" for name in ("direct", "streamed"))
            query = f"({here} except all {there}) union all ({there} except all {here})"
            assert session.execute(f"select count(*) from ({query})").fetchall() == [(0,)], (schema, table)
            row_count += session.execute(f"select count(*) from ({there})").fetchall()[0][0]
        assert row_count > 300_000
        # a revision names the file that brought it
        session.execute(f"attach {literal(direct / 'marts.duckdb')} as before (read_only)")
        session.execute(f"attach {literal(streamed / 'marts.duckdb')} as after (read_only)")
        both = [
            f"select * exclude (file_name, _loaded_at) from {name}.fct_observation_revisions"
            for name in ("before", "after")
        ]
        assert session.execute(f"select count(*) from ({' except all '.join(both)})").fetchall() == [(0,)]
    differing = [line.split(":")[0] for line in compare(direct, streamed) if line.startswith("differs")]
    assert differing == ["differs fct_observation_revisions"]
