"""The container without an engine: the Dockerfile's steps in a clean folder, the compose file against its published schema."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
import yaml

from isobar.settings import PROJECT_ROOT
from tools.services.s3 import BUCKET, S3Server
from tools.services.servers import known

DOCKERFILE = PROJECT_ROOT / "deploy" / "Dockerfile"
COMPOSE = PROJECT_ROOT / "deploy" / "compose.yaml"
START_SECONDS = 60


class Instruction(NamedTuple):
    word: str
    rest: str


def instructions() -> list[Instruction]:
    """Of the Dockerfile, continued lines joined."""
    text = re.sub(r"\\\n\s*", "", DOCKERFILE.read_text(encoding="utf-8"))
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [Instruction(*line.split(maxsplit=1)) for line in lines]


def only(word: str) -> str:
    (found,) = [each.rest for each in instructions() if each.word == word]
    return found


def test_the_image_is_pinned_slim_and_nobody_in_it_is_root() -> None:
    bases = {each.rest.split()[0] for each in instructions() if each.word == "FROM"}
    assert len(bases) == 1, "both stages stand on one base"
    assert re.fullmatch(r"python:3\.1[123]\.\d+-slim-\w+", bases.pop())
    assert only("USER") == "isobar"
    words = [each.word for each in instructions()]
    assert words.index("USER") < words.index("CMD")
    assert "--require-hashes" in DOCKERFILE.read_text(encoding="utf-8")


def test_what_is_copied_exists_and_no_secret_or_data_is() -> None:
    copied = [
        name
        for each in instructions()
        if each.word == "COPY" and "--from" not in each.rest
        for name in each.rest.split()[:-1]
    ]
    assert {"isobar", "ingestion", "dbt_project", "streamlit", "profiles.yml"} <= set(copied)
    for name in copied:
        assert (PROJECT_ROOT / name).exists(), name
    ignored = (PROJECT_ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    for name in ("data", ".git", ".dlt/secrets.toml", ".streamlit/secrets.toml", "**/.env", "dbt_project/dbt_packages"):
        assert name in ignored


PROFILED = {"s3", "grafana", "kafka", "postgresql", "redis", "cassandra", "mariadb", "mongodb"}
"""Servers that start only when their profile is asked for."""


def test_the_compose_file_is_valid_and_opens_nothing_to_the_world() -> None:
    command = [Path(sys.executable).with_name("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", COMPOSE]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
    services = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]
    assert set(services) == {"pipeline", "app", "reports", *PROFILED}
    for name, service in services.items():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", [])), name
        assert service["cap_drop"] == ["ALL"], name
        assert bool(service.get("profiles")) is (name in PROFILED), "what is not asked for does not start"
        if name in PROFILED:
            continue
        assert [mount.partition(":")[2] for mount in service["volumes"]] == [
            "/data" if name == "pipeline" else "/data:ro"
        ]
    template = (PROJECT_ROOT / "deploy" / ".env.template").read_text(encoding="utf-8")
    assert all(line.endswith("=") for line in template.splitlines() if line and not line.startswith("#"))


def test_the_broker_has_the_profile_that_make_services_names() -> None:
    service = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]["kafka"]
    assert service["profiles"] == [known()["kafka"].profile]
    assert re.fullmatch(r"apache/kafka:\d+\.\d+\.\d+", service["image"]), "pinned"
    assert "ports" not in service, "only the pipeline reaches it"


@pytest.mark.parametrize(
    ("name", "image", "url"),
    [
        ("postgresql", r"postgres:\d+\.\d+", "postgresql://isobar@postgresql:5432/weather_dw"),
        ("redis", r"redis:\d+\.\d+\.\d+", "redis://default@redis:6379/0"),
        ("cassandra", r"cassandra:\d+\.\d+\.\d+", "cassandra://cassandra@cassandra:9042/weather_dw"),
        ("mariadb", r"mariadb:\d+\.\d+\.\d+", "mysql://isobar@mariadb:3306/weather_dw"),
        ("mongodb", r"mongo:\d+\.\d+\.\d+", "mongodb://isobar@mongodb:27017/weather_dw?authSource=admin"),
    ],
)
def test_an_outlet_has_the_profile_that_make_services_names(name: str, image: str, url: str) -> None:
    service = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"][name]
    assert service["profiles"] == [known()[name].profile]
    assert re.fullmatch(image, service["image"]), "pinned"
    template = (PROJECT_ROOT / "deploy" / ".env.template").read_text(encoding="utf-8")
    assert url in template
    assert f"ISOBAR_OUTLET_PASSWORD_{urlsplit(url).scheme.upper()}=\n" in template


def test_the_bucket_server_has_the_settings_of_the_lake() -> None:
    """The keys, the port and the bucket that .env gives the pipeline; Ceph has the same in `make services`."""
    service = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]["s3"]
    assert service["profiles"] == [known()["ceph"].profile]
    assert re.fullmatch(r"minio/minio:RELEASE\.[\dTZ-]+", service["image"]), "pinned"
    script = service["command"][0]
    template = (PROJECT_ROOT / "deploy" / ".env.template").read_text(encoding="utf-8")
    for name in S3Server.SECRETS:
        assert f"$${{{name}:?" in script, "without its key it does not start"
        assert f"\n{name}=\n" in template
    assert "--address :9000" in script and "127.0.0.1:9000:9000" in service["ports"]
    assert f"s3://{BUCKET}/lake" in template and "http://s3:9000" in template


def test_the_pipelines_commands_exist() -> None:
    script = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]["pipeline"]["command"][-1]
    called = re.findall(r"^\s*isobar ([a-z]+)", script, re.MULTILINE)
    assert called == ["setup", "run", "alerts", "report", "site"]
    shown = subprocess.run(
        [sys.executable, "-m", "isobar.cli", "--help"], capture_output=True, text=True, check=True, cwd=PROJECT_ROOT
    )
    for command in called:
        assert re.search(rf"\b{command}\b", shown.stdout), command


def test_systemd_s_units_run_what_exists() -> None:
    """`systemd-analyze verify`, where there is one, has read them as well."""
    units = PROJECT_ROOT / "deploy" / "systemd"
    service = (units / "isobar.service").read_text(encoding="utf-8")
    assert re.findall(r"^Exec\w+=/srv/isobar/\.venv/bin/isobar (.+)$", service, re.MULTILINE) == [
        "run --live",
        "alerts",
    ]
    assert "OnCalendar=hourly" in (units / "isobar.timer").read_text(encoding="utf-8")
    names = re.findall(r"^(\w+)=$", (units / "isobar.env.template").read_text(encoding="utf-8"), re.MULTILINE)
    page = (PROJECT_ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert names and [name for name in names if f"`{name}`" not in page] == []


def run(command: list[str], folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.long
def test_the_steps_of_the_image_make_an_app_that_answers_its_health_check(tmp_path: Path) -> None:
    """COPY and RUN of the build stage as they stand, with a folder in the place of /srv/isobar; then CMD and HEALTHCHECK.

    Needs the package registry, as building the image does.
    """
    root = tmp_path / "srv"
    root.mkdir()
    build = instructions()[1 : [each.word for each in instructions()].index("FROM", 1)]
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    environment.pop("PYTHONPATH", None)
    for word, rest in build:
        if word == "COPY":
            *names, target = rest.split()
            for name in names:
                source, into = PROJECT_ROOT / name, root / target
                if source.is_dir():
                    shutil.copytree(
                        source, into, ignore=shutil.ignore_patterns("target", "logs", "dbt_packages", "__pycache__")
                    )
                else:
                    into = into / name if target.endswith("/") else into
                    into.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(source, into)
        elif word == "RUN":
            done = run(["sh", "-c", rest], root, environment)
            assert done.returncode == 0, done.stdout + done.stderr
        else:
            assert word == "WORKDIR", word
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    environment |= {"PATH": f"{root}/.venv/bin:{environment['PATH']}", "ISOBAR_DATA_DIR": str(tmp_path / "data")}
    command = [part.replace("8501", port).replace("0.0.0.0", "127.0.0.1") for part in json.loads(only("CMD"))]  # noqa: S104
    check = json.loads(only("HEALTHCHECK").partition(" CMD ")[2])
    with subprocess.Popen(command, cwd=root, env=environment, stdout=subprocess.DEVNULL) as served:
        try:
            deadline = time.monotonic() + START_SECONDS
            while run([part.replace("8501", port) for part in check], root, environment).returncode:
                assert time.monotonic() < deadline
                assert served.poll() is None
                time.sleep(0.5)
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as page:
                assert page.status == 200
        finally:
            served.terminate()
    told = run(["isobar", "status"], root, environment)
    assert told.returncode == 0, told.stderr
