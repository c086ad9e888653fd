"""The state that is carried from run to run: whole and the newest, or refused with what to do."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from isobar.settings import Settings
from isobar.upkeep.state import PARTS, SEAL, StateError, check, seal


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A data folder with something of every part."""
    made = Settings(data_dir=tmp_path / "data")
    made.data_dir.mkdir()
    for name in PARTS:
        path = made.data_dir / name
        if "." in name:
            path.write_text(name)
        else:
            (path / "deep").mkdir(parents=True)
            (path / "deep" / "abcdef.parquet").write_text("bytes")
            (path / "deep" / "000001.json").write_text("{}")
    return made


@pytest.fixture
def witness(tmp_path: Path, settings: Settings) -> Path:
    """The seal of the last run, kept elsewhere."""
    seal(settings)
    return Path(shutil.copy(settings.data_dir / SEAL, tmp_path / "witness.json"))


def generation(settings: Settings) -> int:
    made = seal(settings)
    assert made
    return made.generation


def test_what_the_last_run_left_is_gone_on_with(settings: Settings, witness: Path) -> None:
    assert check(settings, str(witness)) == "generation 1 is complete and the latest"
    assert generation(settings) == 2
    assert check(settings, str(witness)) == "generation 2 is complete and the latest", (
        "the witness may be behind, never ahead"
    )


def test_a_lost_state_is_refused_until_somebody_begins_anew(settings: Settings, witness: Path) -> None:
    shutil.rmtree(settings.data_dir)
    for seen in (str(witness), None):
        with pytest.raises(StateError, match=r"lost.*--begin"):
            check(settings, seen)
    assert check(settings, str(witness), begin=True) == "begins with an empty data folder"


def test_with_its_lake_in_a_bucket_a_lost_folder_is_no_loss_and_leaving_the_bucket_is_refused(
    settings: Settings, witness: Path
) -> None:
    in_bucket = replace(settings, lake_at="s3://bucket/lake")
    assert seal(in_bucket) is None
    expected = "the lake is in s3://bucket/lake: what this data folder lacks is loaded from there"
    assert check(in_bucket, str(witness)) == expected
    with pytest.raises(StateError, match=r"lost, or this is the first run"):
        check(settings, str(witness))
    shutil.rmtree(settings.data_dir)
    assert check(in_bucket, str(witness)) == expected


def test_an_older_state_is_refused(settings: Settings, witness: Path) -> None:
    older = settings.data_dir.parent / "older"
    shutil.copytree(settings.data_dir, older)
    (settings.data_dir / "ledger.jsonl").write_text("one run more")
    seal(settings)
    shutil.copy(settings.data_dir / SEAL, witness)
    with pytest.raises(StateError, match=r"generation 1 .*, the last run left 2"):
        check(Settings(data_dir=older), str(witness))


def test_another_state_of_the_same_number_is_refused(settings: Settings, witness: Path) -> None:
    (settings.data_dir / SEAL).unlink()
    (settings.data_dir / "ledger.jsonl").write_text("another history")
    assert generation(settings) == 1
    with pytest.raises(StateError, match="generation 1 differs"):
        check(settings, str(witness))


def cut(settings: Settings) -> None:
    (settings.data_dir / "lake" / "deep" / "abcdef.parquet").write_text("byte")


def gone(settings: Settings) -> None:
    (settings.data_dir / "published" / "deep" / "abcdef.parquet").unlink()


def other(settings: Settings) -> None:
    (settings.data_dir / "warehouse.duckdb").write_text("warehouse.duckdB")


@pytest.mark.parametrize(("harm", "part"), [(cut, "lake"), (gone, "published"), (other, "warehouse.duckdb")])
def test_a_damaged_state_is_refused_by_the_name_of_its_part(
    settings: Settings, witness: Path, harm: Callable[[Settings], None], part: str
) -> None:
    harm(settings)
    with pytest.raises(StateError, match=f"^{part} of the data folder changed after generation 1"):
        check(settings, str(witness))


def test_without_its_witness_it_is_refused_and_without_any_only_checked_for_itself(
    settings: Settings, witness: Path
) -> None:
    witness.unlink()
    with pytest.raises(StateError, match="generation 1 cannot be confirmed"):
        check(settings, str(witness))
    assert "no witness was asked" in check(settings, None)


@pytest.mark.parametrize("content", ["<html>", "[]", '{"generation": 1}'])
def test_a_witness_that_is_no_seal_is_refused(settings: Settings, witness: Path, content: str) -> None:
    witness.write_text(content)
    with pytest.raises(StateError, match="is not a seal"):
        check(settings, str(witness))


def test_a_witness_that_does_not_answer_is_refused(settings: Settings, witness: Path) -> None:
    with pytest.raises(StateError, match="did not answer"):
        check(settings, "http://127.0.0.1:9/state.json")


def test_a_witness_on_the_web(settings: Settings, witness: Path) -> None:
    handler = partial(SimpleHTTPRequestHandler, directory=str(witness.parent))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        assert check(settings, f"{url}/{witness.name}") == "generation 1 is complete and the latest"
        with pytest.raises(StateError, match="cannot be confirmed"):
            check(settings, f"{url}/nothing.json")
        server.shutdown()


def test_the_seal_tells_nothing_of_the_data(settings: Settings, witness: Path) -> None:
    told = json.loads(witness.read_text())
    assert set(told) == {"generation", "sealed_at", "parts"}
    assert set(told["parts"]) == set(PARTS)
    assert all(len(content) == 64 for content in told["parts"].values())
