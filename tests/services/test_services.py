"""`make services`: what is started is recorded, recognised and stopped; nothing else is touched."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from isobar.settings import PROJECT_ROOT
from tests.services import fixtures
from tools.services import commands, debian
from tools.services.__main__ import _explain
from tools.services.processes import NotReady, Processes
from tools.services.server import Place, Server, ServiceError
from tools.services.servers import known

SECRET = "".join(("throw", "away")) * 3
WAIT_SECONDS = 20


class Files(Server):
    """Python's own file server: a real one that starts in a moment."""

    name = "files"
    summary = "files, of a folder"
    port = 28_400
    SECRETS = ("FILES_KEY",)

    def start(self, place: Place, processes: Processes) -> dict[str, str]:
        command = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(place.port)]
        processes.spawn(self.name, command)
        processes.wait(self.name, lambda: self.is_healthy(place))
        return {"FILES_URL": f"http://127.0.0.1:{place.port}", "FILES_KEY": SECRET}

    def is_healthy(self, place: Place) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", place.port)) == 0


class Broken(Files):
    """Starts one process, and fails at the second."""

    def start(self, place: Place, processes: Processes) -> dict[str, str]:
        super().start(place, processes)
        processes.spawn("second", [sys.executable, "-c", "raise SystemExit('no disk for me')"])
        processes.wait("second", lambda: False)
        raise AssertionError


@pytest.fixture(autouse=True)
def servers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Server]:
    """Only the file server is known."""
    found: dict[str, Server] = {"files": Files()}
    monkeypatch.setattr(commands, "known", lambda: found)
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    commands.down(tmp_path, [], print)


def up(folder: Path, port: int | None = commands.ANY_PORT) -> tuple[Place, list[str]]:
    told: list[str] = []
    return commands.up(folder, {"files": port}, told.append)["files"], told


def ids(folder: Path) -> list[int]:
    return [each.pid for each in Processes(folder / "files").running()]


def wait_until(is_so: Callable[[], bool]) -> None:
    """The system closes a port some milliseconds after its process has ended."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_second_start_finds_the_first_and_a_stop_ends_it(folder: Path) -> None:
    place, told = up(folder)
    (process,) = ids(folder)
    assert f"files: started on port {place.port}" in told[0]
    assert up(folder, None) == (place, [f"files: runs already on port {place.port}"])
    assert ids(folder) == [process]
    with pytest.raises(ServiceError, match=f"files runs on port {place.port}: stop it first"):
        up(folder, place.port + 1)
    stopped: list[str] = []
    commands.down(folder, [], stopped.append)
    assert stopped == ["files: stopped (1 process)"]
    wait_until(lambda: not Files().is_healthy(place))
    commands.down(folder, [], stopped.append)
    assert len(stopped) == 1, "there is nothing to stop twice"


def test_what_was_killed_is_started_again(folder: Path) -> None:
    place, _ = up(folder)
    os.kill(ids(folder)[0], signal.SIGKILL)
    wait_until(lambda: not ids(folder))
    again, told = up(folder, place.port)
    assert again == place and "started" in told[0] and Files().is_healthy(place)


def test_a_process_that_has_a_recorded_identifier_and_began_later_is_left_alone(folder: Path) -> None:
    (folder / "files").mkdir()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        earlier = psutil.Process(stranger.pid).create_time() - 2
        record = {"name": "files", "pid": stranger.pid, "started": earlier}
        (folder / "files" / "processes.json").write_text(json.dumps([record]))
        commands.down(folder, [], print)
        assert stranger.poll() is None
        (folder / "files" / "processes.json").write_text(json.dumps([record]))
        up(folder)
        commands.down(folder, [], print)
        assert stranger.poll() is None
        stranger.kill()


def test_a_taken_port_is_refused_by_name_and_its_owner_stays(folder: Path) -> None:
    port = free_port()
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        with pytest.raises(ServiceError, match=f"^files: port {port} is taken by another program.*S=files={port + 10}"):
            up(folder, port)
    assert ids(folder) == []


def test_a_server_that_does_not_start_leaves_no_process_and_shows_its_log(
    folder: Path, servers: dict[str, Server]
) -> None:
    servers["files"] = Broken()
    with pytest.raises(ServiceError, match=r"files did not start: second ended at its start: no disk for me \(log: "):
        up(folder)
    wait_until(lambda: not Files().is_healthy(Place.of(folder / "files")))
    assert Processes(folder / "files").recorded() == []


def test_a_server_that_does_not_answer_in_time_is_an_error(folder: Path) -> None:
    processes = Processes(folder)
    processes.spawn("idle", [sys.executable, "-c", "import time; time.sleep(60)"])
    with pytest.raises(NotReady, match="idle did not answer within 0 s: no message"):
        processes.wait("idle", lambda: False, seconds=0.2)
    assert processes.stop() == 1


def test_secrets_are_in_a_file_of_their_owner_and_on_no_screen(
    folder: Path, servers: dict[str, Server], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tools.services.__main__.known", lambda: servers)
    place, _ = up(folder)
    assert place.environment_file.stat().st_mode & 0o777 == 0o600
    assert place.environment()["FILES_KEY"] == SECRET
    _explain("files", place)
    shown = capsys.readouterr().out
    assert SECRET not in shown
    assert f"FILES_URL=http://127.0.0.1:{place.port} FILES_KEY" in shown
    sourced = subprocess.run(
        ["bash", "-c", f"set -a; source '{place.environment_file}'; printenv FILES_KEY"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert sourced.stdout == f"{SECRET}\n"


def test_what_is_not_available_is_left_out_by_name_and_an_error_when_it_was_asked_for(
    folder: Path, servers: dict[str, Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Absent(Files):
        name = "absent"
        programs = ("no-such-server",)
        packages = ("no-such-package",)
        profile = "s3"

    servers["absent"] = Absent()
    monkeypatch.setattr(Files, "port", free_port())
    monkeypatch.setattr(debian, "cannot_install", lambda: "installing Debian packages needs root")
    told: list[str] = []
    assert set(commands.up(folder, {}, told.append)) == {"files"}
    reason = (
        "no-such-server: not installed (Debian: no-such-package); installing Debian packages needs root."
        " With Docker: docker compose -f deploy/compose.yaml --profile s3 up"
    )
    assert f"absent: left out: {reason}" in told
    with pytest.raises(ServiceError) as refused:
        commands.up(folder, {"absent": None}, print)
    assert str(refused.value) == f"absent: {reason}"
    with pytest.raises(ServiceError, match=r"cups: no such server\. Known: "):
        commands.up(folder, {"cups": None}, print)


def test_packages_that_cannot_be_downloaded_are_a_reason_and_a_failed_installation_is_an_error(
    servers: dict[str, Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Absent(Files):
        programs = ("no-such-server",)
        packages = ("no-such-package",)

    answers: list[str] = []
    calls: list[list[str]] = []

    def apt(command: list[str]) -> str:
        calls.append(command)
        return answers.pop(0)

    monkeypatch.setattr(debian, "_apt", apt)
    monkeypatch.setattr(debian, "cannot_install", lambda: None)
    monkeypatch.setattr(debian, "POLICY", Path(__file__))  # there: left alone
    answers = ["Unable to locate package", "", "Unable to locate package"]
    assert "they cannot be downloaded: Unable to locate package" in (commands.obtain(Absent(), print) or "")
    assert "update" in calls[1]
    answers = ["", "Sub-process dpkg returned an error code (1)"]
    with pytest.raises(ServiceError, match="could not be installed: Sub-process dpkg"):
        commands.obtain(Absent(), print)


def test_no_service_starts_while_packages_are_installed_and_a_policy_that_is_there_stays(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    with debian.nothing_starts(policy):
        assert subprocess.run([policy], check=False).returncode == 101
    assert not policy.exists()
    policy.write_text("the owner's")
    with debian.nothing_starts(policy):
        assert policy.read_text() == "the owner's"
    assert policy.read_text() == "the owner's"


def test_a_held_server_stops_when_its_holder_is_killed(tmp_path: Path) -> None:
    """A process starts moto as the fixtures do, and is killed."""
    holder = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from tests.services.fixtures import held\n"
        "server = held('moto', Path(sys.argv[1]))\n"
        "next(server); print('held', flush=True); time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holder, str(tmp_path)], cwd=PROJECT_ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        (server,) = Processes(tmp_path / "moto").running()
        process.kill()
    wait_until(lambda: not server.is_running)


def test_a_server_that_is_not_available_skips_by_name_and_one_that_does_not_start_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "moto").write_text("a file where its folder must be")
    with pytest.raises(pytest.fail.Exception, match=r"services: .*File exists"):
        next(fixtures.held("moto", tmp_path))
    monkeypatch.setattr(debian, "cannot_install", lambda: None)
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(
        pytest.skip.Exception, match=r"^ceph: ceph-mon, .* not installed \(Debian: ceph-mon ceph-osd radosgw\)"
    ):
        next(fixtures.held("ceph", tmp_path))


def test_every_known_server_is_whole() -> None:
    assert {"ceph", "moto"} <= set(known())
    for name, server in known().items():
        assert server.name == name and server.summary
        assert not server.packages or server.programs, f"{name}: nothing shows whether its packages are there"
    ports = [port for server in known().values() for port in range(server.port, server.port + server.port_count)]
    assert len(set(ports)) == len(ports), "two servers want one port"
