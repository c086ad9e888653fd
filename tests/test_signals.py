"""What a scheduler, a script and a process supervisor get from the command: exit codes, errors as JSON, an end when they ask."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import closing

import pytest
import typer
from typer.testing import CliRunner

from ingestion.feed import LoadError
from ingestion.load import LoadSummary, TableSummary
from isobar import cli
from isobar.cli import Exit
from isobar.jobs import live
from isobar.jobs.watcher import Watcher
from isobar.runs.ledger import Ledger, Run
from isobar.settings import Settings, SettingsError
from tests.command import isobar

START_SECONDS = 60


# --- errors as JSON --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "code", "error", "said"),
    [
        (("load", "brew"), Exit.USAGE, "BadParameter", "brew is not a source"),
        (("load",), Exit.USAGE, "MissingParameter", "source"),
        (("brew",), Exit.USAGE, "UsageError", "brew"),
        (("--colour", "status"), Exit.USAGE, "NoSuchOption", "--colour"),
        (("load", "openweather"), Exit.USAGE, "SettingsError", "ISOBAR_OPENWEATHER_KEY"),
        (("load", "synop", "--from", "nowhere"), Exit.FAILED, "LoadError", "no such file or folder"),
    ],
)
def test_an_error_is_one_document_on_standard_output(settings, arguments, code, error, said):
    done = isobar(settings, "--json", *arguments, ISOBAR_OPENWEATHER_KEY="")
    told = json.loads(done.stdout)
    assert (done.returncode, told["exit_code"], told["error"]) == (code, code, error)
    assert said in told["message"] and "\n" not in told["message"] and told["hint"]
    assert done.stderr == ""


def test_an_error_for_people_is_one_line_and_the_same_code(settings):
    done = isobar(settings, "load", "synop", "--from", "nowhere")
    assert (done.returncode, done.stdout) == (Exit.FAILED, "")
    assert done.stderr.startswith("isobar: nowhere: ") and done.stderr.count("\n") == 1


# --- data folders ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("below", ["", "data"])
@pytest.mark.parametrize("is_option", [True, False])
def test_a_data_folder_that_is_a_file_is_a_usage_error(settings, tmp_path, below, is_option):
    file = tmp_path / "file"
    file.write_text("")
    folder = str(file / below)
    given = {} if is_option else {"ISOBAR_DATA_DIR": folder}
    for command in ("status", "build"):
        done = isobar(settings, *(("--data-dir", folder) if is_option else ()), command, **given)
        assert (done.returncode, done.stdout) == (Exit.USAGE, "")
        assert f"{file} is a file" in done.stderr and done.stderr.count("\n") == 1


def test_a_data_folder_that_cannot_be_made_is_a_usage_error(settings):
    done = isobar(settings, "--data-dir", "/proc/isobar", "load", "synop", "--from", "nowhere")
    assert done.returncode == Exit.USAGE and "the data folder /proc/isobar cannot be created" in done.stderr


# --- status ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("outcome", "code"), [("failed", 4), ("stopped", 4), (None, 4), ("done", 0)])
def test_status_ends_with_4_while_the_last_run_of_a_command_did_not_end_well(settings, outcome, code):
    ledger, run = Ledger(settings), Run("one", "build")
    ledger.write(run, "started")
    if outcome:
        ledger.write(run, "finished", outcome=outcome, reason="test x of fct_y")
    done = isobar(settings, "status")
    assert done.returncode == code
    assert (f"{outcome or 'killed'} build, begun" in done.stdout) is (code == 4)
    assert ("test x of fct_y" in done.stdout) is (outcome in ("failed", "stopped"))


# --- run --live ------------------------------------------------------------------------------------------------------

LACKS_A_KEY = SettingsError("no key")
REJECTED = LoadSummary("x", {"t": TableSummary(files=1, row_count=10, rejected_cell_count=9)})
GOOD = LoadSummary("x", {"t": TableSummary(files=1, row_count=10)})


@pytest.mark.parametrize(
    ("synop", "openweather", "code"),
    [
        (GOOD, LACKS_A_KEY, Exit.DONE),
        (GOOD, LoadError("down"), Exit.FAILED),
        (LoadError("down"), GOOD, Exit.FAILED),
        (GOOD, REJECTED, Exit.REJECTS),
        (REJECTED, LoadError("down"), Exit.FAILED),
        (LoadError("down"), REJECTED, Exit.FAILED),
        (LACKS_A_KEY, LACKS_A_KEY, Exit.FAILED),
    ],
    ids=["left out", "last failed", "first failed", "rejects", "both", "both, otherwise", "none ran"],
)
def test_run_live_tells_of_a_source_that_failed(settings, monkeypatch, synop, openweather, code):
    """What the others brought is built all the same."""
    built: list[str] = []

    def load(settings: Settings, name: str, watcher: Watcher) -> LoadSummary:
        outcome = {"synop": synop, "openweather": openweather}.get(name, LACKS_A_KEY)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    class Built:
        def as_dict(self) -> dict[str, object]:
            built.append("built")
            return {}

    monkeypatch.setattr(live, "load", load)
    monkeypatch.setattr(live, "build", lambda settings, watcher: Built())
    monkeypatch.setattr(Settings, "from_environment", lambda: settings)
    assert CliRunner().invoke(cli.app, ["run", "--live"]).exit_code == code
    assert bool(built) is any(isinstance(each, LoadSummary) for each in (synop, openweather))


# --- the app ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def port() -> int:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=4) as page:
            return page.status == 200
    except OSError:
        return False


@pytest.mark.parametrize(
    ("asked", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 0), (signal.SIGHUP, -signal.SIGHUP), (signal.SIGKILL, -9)]
)
def test_what_ends_the_command_ends_the_app(settings, port, asked, code):
    command = [sys.executable, "-m", "isobar.cli", "app", "--port", str(port)]
    environment = {**os.environ, **settings.environment()}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    # a test run that ignores SIGHUP, as under nohup, hands that on to what it starts
    heeded = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    try:
        running = subprocess.Popen(command, env=environment, **quiet)
    finally:
        signal.signal(signal.SIGHUP, heeded)
    try:
        wait_until(lambda: answers(port))
        running.send_signal(asked)
        assert running.wait(START_SECONDS) == code
    finally:
        running.kill()
        running.wait()
    assert not answers(port)


@pytest.mark.parametrize("wrong", ["0", "-1", "70000", "eighty"])
def test_a_port_that_is_none_is_a_usage_error(settings, wrong):
    told = json.loads(isobar(settings, "--json", "app", "--port", wrong).stdout)
    assert told["exit_code"] == Exit.USAGE and "--port" in told["message"]


def test_a_port_that_is_taken_is_a_usage_error(settings):
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = str(other.getsockname()[1])
        told = json.loads(isobar(settings, "--json", "app", "--port", taken).stdout)
    assert told["exit_code"] == Exit.USAGE and f"{taken} is in use by another program" in told["message"]


def test_without_a_port_the_first_free_one_is_taken(monkeypatch):
    with closing(socket.socket()) as other, closing(socket.socket()) as free:
        for each in (other, free):
            each.bind(("127.0.0.1", 0))
        other.listen()
        taken, unused = (each.getsockname()[1] for each in (other, free))
        free.close()
        monkeypatch.setattr(cli, "APP_PORTS", (taken, unused))
        assert cli._free_port(None) == unused
        monkeypatch.setattr(cli, "APP_PORTS", (taken, taken))
        with pytest.raises(typer.BadParameter, match=f"all from {taken} to {taken} are in use"):
            cli._free_port(None)
