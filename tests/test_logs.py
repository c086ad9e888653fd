"""`--log-format json`: every line on standard error is one JSON object, with its run and without keys; without it, silence."""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
from prometheus_client.parser import text_string_to_metric_families

from ingestion.http import redaction
from isobar.console import Session
from isobar.jobs.recording import recorded
from isobar.runs import logs
from isobar.runs.ledger import Ledger
from isobar.settings import Settings
from tests.command import isobar
from tests.ingestion.archives import YEARLY_HEADER, write, yearly_row

KEYS = {"at", "level", "run_id", "command", "event", "fields"}


def lines(errors: str) -> list[dict]:
    """Every line of standard error, each a whole object of the six keys."""
    found = [json.loads(line) for line in errors.splitlines()]
    assert [line for line in found if line.keys() != KEYS] == []
    return found


@pytest.fixture
def archives(tmp_path: Path) -> Path:
    """A file that is read but for one cell and one column, one that is refused, one that is nobody's."""
    folder = tmp_path / "in"
    good = [f"{yearly_row('07005', f'2026-01-01T{hour:02d}:00:00Z', t=t)};1" for hour, t in ((0, "280.0"), (3, "warm"))]
    write(folder / "synop_2026.csv", f"{YEARLY_HEADER};humidex", good)
    write(folder / "synop_2025.csv", "<html>", ["</html>"])
    write(folder / "notes.csv", "a", ["b"])
    return folder


@pytest.fixture
def to_json() -> Iterator[Callable[[], None]]:
    """What `--log-format json` calls, undone afterwards. Called by the test: standard error is another one before."""
    loggers = (logging.getLogger(), logs._logger)
    before = [list(logger.handlers) for logger in loggers]
    yield logs.to_standard_error
    for logger, handlers in zip(loggers, before, strict=True):
        logger.handlers = handlers
    logging.captureWarnings(capture=False)
    logs._run = (None, None)


def test_a_load_in_json(settings: Settings, archives: Path) -> None:
    done = isobar(settings, "--log-format", "json", "--json", "load", "synop", "--from", str(archives))
    assert done.returncode == 3  # one cell of two rows
    told = lines(done.stderr)
    (run_id,) = {line["run_id"] for line in told}
    assert run_id == Ledger(settings).events()[0]["run_id"]
    assert {line["command"] for line in told} == {"load"}
    by_event = {line["event"]: line for line in told}
    assert list(by_event) == [
        "run_started", "table_loaded", "file_refused", "file_ignored", "columns_unknown", "loaded", "run_finished",
    ]  # fmt: skip
    tables = {line["fields"]["table"]: line["fields"] for line in told if line["event"] == "table_loaded"}
    counts = ("files", "row_count", "appended_row_count", "rejected_cell_count")
    assert [tables["observations"][name] for name in counts] == [1, 2, 2, 1] and tables["stations"]["files"] == 0
    refused = by_event["file_refused"]
    assert (refused["level"], refused["fields"]["file"]) == ("warning", "synop_2025.csv") and "HTML" in refused[
        "fields"
    ]["reason"]
    assert by_event["columns_unknown"]["fields"]["columns"] == ["humidex"]
    finished = by_event["run_finished"]["fields"]
    assert finished["outcome"] == "done" and finished["source"] == "synop" and finished["seconds"] > 0
    # dlt's ids of this run: in the answer, in the log, in the ledger, on the rows
    answer = json.loads(done.stdout)
    with duckdb.connect(str(settings.warehouse), read_only=True) as warehouse:
        (on_rows,) = warehouse.execute("select distinct _dlt_load_id from raw_synop.observations").fetchall()
    assert on_rows[0] in answer["load_ids"] == by_event["loaded"]["fields"]["load_ids"]
    assert Ledger(settings).events()[-1]["load_ids"] == answer["load_ids"]
    # the figures for Prometheus follow the run
    families = {each.name: each for each in text_string_to_metric_families(settings.metrics.read_text())}
    appended = {sample.labels["table"]: sample.value for sample in families["isobar_rows_appended"].samples}
    assert appended == {"stations": 0, "observations": 2}


def test_for_people_nothing_is_added(settings: Settings, archives: Path) -> None:
    done = isobar(settings, "load", "synop", "--from", str(archives))
    assert done.stderr == "" and "refused synop_2025.csv" in done.stdout and '"event"' not in done.stdout


def test_what_goes_wrong_is_one_line_with_its_code(settings: Settings) -> None:
    failed = isobar(settings, "--log-format=json", "--debug", "load", "synop", "--from", "nowhere")
    *_, finished, error = lines(failed.stderr)
    assert failed.returncode == 1 and failed.stdout == ""
    assert (finished["event"], finished["fields"]["outcome"], finished["level"]) == ("run_finished", "failed", "error")
    assert (error["event"], error["run_id"]) == ("failed", finished["run_id"])
    assert error["fields"]["message"].startswith("nowhere: no such file or folder")
    assert error["fields"]["traceback"].startswith("Traceback")
    for arguments, changed in (
        (("brew",), {}),
        (("load",), {}),
        (("--colour", "status"), {}),
        (("status",), {"ISOBAR_NOW": "tomorrow"}),
    ):
        wrong = isobar(settings, *arguments, ISOBAR_LOG_FORMAT="json", **changed)
        (line,) = lines(wrong.stderr)
        assert wrong.returncode == line["fields"]["exit_code"] == 2 and line["fields"]["message"]
    answered = isobar(settings, "status", ISOBAR_LOG_FORMAT="json")
    assert answered.returncode == 4 and "nothing published yet" in answered.stdout and answered.stderr == ""


def test_without_the_option_events_are_silent_whatever_libraries_do(capfd: pytest.CaptureFixture[str]) -> None:
    import isobar.warehouse.dbt  # noqa: F401 - a library behind it calls logging.basicConfig

    logs.warn("test_warned", name="some test")
    assert capfd.readouterr() == ("", "")


def test_no_key_in_a_line(to_json: Callable[[], None], capsys: pytest.CaptureFixture[str]) -> None:
    """Nor in the form in which JSON writes it."""
    to_json()
    key = 'k"ey\\é'
    redaction.hide(key)
    try:
        logs.event("loaded", reason=f"GET /?appid={key}&lat=1", refused=[{"file": key}], count=2)
    finally:
        redaction._secrets.clear()
    (line,) = lines(capsys.readouterr().err)
    assert line["fields"] == {"reason": "GET /?appid=***&lat=1", "refused": [{"file": "***"}], "count": 2}


def test_what_libraries_say_is_a_line_too(to_json: Callable[[], None], capsys: pytest.CaptureFixture[str]) -> None:
    to_json()
    logging.getLogger("urllib3.connectionpool").warning("Retrying %s", "twice")
    warnings.warn("old", DeprecationWarning, stacklevel=1)
    first, second = lines(capsys.readouterr().err)
    assert (first["event"], first["fields"]) == (
        "library",
        {"logger": "urllib3.connectionpool", "message": "Retrying twice"},
    )
    assert second["fields"]["logger"] == "py.warnings" and "DeprecationWarning: old" in second["fields"]["message"]


def test_figures_that_cannot_be_written_do_not_fail_a_run(
    settings: Settings, to_json: Callable[[], None], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: Settings) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("isobar.health.metrics.write", full)
    to_json()
    session = Session(settings, settings, as_json=False, debug=False)
    with recorded(settings, "load", session, source="synop"):
        pass
    assert [event.get("outcome") for event in Ledger(settings).events()] == [None, "done"]
    told = capsys.readouterr()
    assert "figures for Prometheus were not written: [Errno 28] No space left on device" in told.out
    assert [line["event"] for line in lines(told.err)] == [
        "run_started",
        "run_finished",
        "metrics_not_written",
    ]
