"""The repository: its questions, whole publications, and the rules that keep the app's layers apart."""

from __future__ import annotations

import ast
import subprocess
import sys
import threading
import tomllib
from datetime import date
from pathlib import Path

import marts_fixture as fixture
import pytest
from marts_fixture import APP, ROOT

from repository import DuckDBRepository, NotPublished
from settings import Settings, SettingsError


def test_publication(published: Path) -> None:
    publication = DuckDBRepository(published / "marts.duckdb").publication()
    assert (publication.publication_id, publication.warehouse_kind) == ("pub-shared", "simulated")


def test_values_of_the_address_are_never_sql(published: Path) -> None:
    repository = DuckDBRepository(published / "marts.duckdb")
    ever = (date(2000, 1, 1), date(2100, 1, 1))
    assert repository.daily_extents(["' or 1=1 --"]).empty
    assert repository.daily_weather([("wmo:07510", "' or ''='")], *ever).empty
    assert repository.winds("wmo:07510", "' or ''='", *ever, 0.3).empty
    assert repository.normals(["') or (1=1"]).empty


def test_a_path_with_a_quote_in_it(tmp_path: Path) -> None:
    folder = tmp_path / "l'hiver"
    folder.mkdir()
    fixture.publish(tmp_path, publication_id="pub-quote").rename(folder / "marts.duckdb")
    assert DuckDBRepository(folder / "marts.duckdb").publication().publication_id == "pub-quote"


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(NotPublished):
        DuckDBRepository(tmp_path / "marts.duckdb")


def test_an_open_repository_stays_on_its_publication(tmp_path: Path) -> None:
    marts = fixture.publish(tmp_path, publication_id="pub-1")
    first = DuckDBRepository(marts)
    assert first.is_current()
    fixture.publish(tmp_path, publication_id="pub-2")
    assert not first.is_current()
    assert first.publication().publication_id == "pub-1"
    assert DuckDBRepository(marts).publication().publication_id == "pub-2"


def test_readers_see_whole_publications_while_new_ones_arrive(tmp_path: Path) -> None:
    """Each publication has one temperature everywhere; a mixture of two would show."""
    rounds = 12
    made = fixture.weather()
    marts = tmp_path / "marts.duckdb"

    def publish(number: int) -> None:
        for row in made.tables["fct_observations"]:
            row["temperature_c"] = float(number)
        fixture.publish(tmp_path, made=made, publication_id=str(number))

    publish(0)
    stop, seen, faults = threading.Event(), set(), []

    def read() -> None:
        while not stop.is_set():
            try:
                repository = DuckDBRepository(marts)
                number = repository.publication().publication_id
                values = set(repository.latest_conditions()["temperature_c"])
                if values != {float(number)}:
                    faults.append(f"{number}: {values}")
                seen.add(number)
                repository.close()
            except Exception as error:  # noqa: BLE001 - every failure is the finding
                faults.append(repr(error))

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for number in range(1, rounds):
        publish(number)
    stop.set()
    for reader in readers:
        reader.join()
    assert not faults
    assert len(seen) > 1


# --- settings


def test_settings_defaults_and_values(tmp_path: Path) -> None:
    default = Settings.from_environment({})
    assert (default.data_dir, default.target, default.clock) == (ROOT / "data", "duckdb", None)
    given = Settings.from_environment({"ISOBAR_DATA_DIR": str(tmp_path), "ISOBAR_NOW": "2026-03-01T07:30:00+01:00"})
    assert given.marts == tmp_path / "marts.duckdb"
    assert given.now().isoformat() == "2026-03-01T06:30:00"


@pytest.mark.parametrize("name", ["ISOBAR_NOW", "ISOBAR_TARGET"])
def test_settings_that_cannot_be_used_are_named(name: str) -> None:
    with pytest.raises(SettingsError, match=name):
        Settings.from_environment({name: "nonsense"})


# --- layers


def imports_of(file: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return {name.split(".")[0] for name in names}


def test_what_is_computed_knows_no_streamlit() -> None:
    """So the figures can be tested, and used, without a server. import-linter holds the other arrows between folders."""
    computed = [str(f.relative_to(APP.parent).with_suffix("")).replace("/", ".") for f in APP.parent.rglob("data.py")]
    assert {"now.data", "place.wind_rose.data", "forecasts.air_quality.data"} <= set(computed)
    code = f"import sys, repository, settings, {', '.join(computed)}; sys.exit('streamlit' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=APP.parent, check=True)


def test_only_the_repository_speaks_to_a_database() -> None:
    others = [f for f in APP.parent.rglob("*.py") if f.name != "repository.py"]
    assert others
    for file in others:
        assert "duckdb" not in imports_of(file), file.name
        assert ".execute(" not in file.read_text(encoding="utf-8"), file.name


def test_descriptions_of_constants_are_not_written_on_the_page() -> None:
    """Streamlit would write each string that stands alone in a page's script."""
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert config["runner"]["magicEnabled"] is False


def test_the_folder_never_shadows_the_library() -> None:
    assert not (APP.parent / "__init__.py").exists()
    code = "import streamlit; assert streamlit.__file__ and 'site-packages' in streamlit.__file__, streamlit"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
