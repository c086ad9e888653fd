"""Servers for tests of every folder: each started once a session, on free ports, in a folder of its own.

`python -m tools.services hold` keeps a server until this process ends, also when it is killed. A server that this machine cannot
have skips its tests by name; one that does not start fails them. moto is quick and needs nothing: its tests run in `make test`.
A test with Ceph or Kafka is marked `services`.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from isobar.settings import PROJECT_ROOT
from tools.services.s3 import make_bucket
from tools.services.server import Place
from tools.services.servers import known

STOP_SECONDS = 60
"""Three processes of Ceph have 15 each to end by themselves."""


@dataclass(frozen=True)
class Bucket:
    """A new bucket of a server: the lake's URL in it, and the environment of its users."""

    url: str
    environment: dict[str, str] = field(repr=False)


def held(name: str, folder: Path) -> Iterator[dict[str, str]]:
    """The environment of a server that runs until the generator is closed, or this process ends."""
    if reason := known()[name].missing():
        pytest.skip(f"{name}: {reason}")
    command = [sys.executable, "-m", "tools.services", "hold", "--folder", str(folder), f"{name}=0"]
    with subprocess.Popen(
        command,
        cwd=PROJECT_ROOT,
        env=dict(os.environ),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C ends the tests; the end of the tests ends the server
    ) as process:
        assert process.stdin and process.stdout and process.stderr
        try:
            if process.stdout.readline() != "ready\n":
                pytest.fail(process.stderr.read().strip(), pytrace=False)
            yield Place.of(folder / name).environment()
        finally:
            process.stdin.close()
            process.wait(STOP_SECONDS)


def server(name: str) -> Any:
    """A fixture: the environment of a server, real or named an emulator in its summary (`make services`)."""

    @pytest.fixture(scope="session", name=name)
    def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
        yield from held(name, tmp_path_factory.mktemp(name))

    return environment


moto, ceph, redis, cassandra, mariadb, mongodb = map(
    server, ("moto", "ceph", "redis", "cassandra", "mariadb", "mongodb")
)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[dict[str, str]]:
    """The environment of PostgreSQL. Its folder is not in pytest's, which only root sees into: the server is another user."""
    with tempfile.TemporaryDirectory(prefix="isobar-postgresql-") as folder:
        Path(folder).chmod(0o711)
        yield from held("postgresql", Path(folder))


@pytest.fixture(scope="session")
def kafka_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of a real Kafka."""
    yield from held("kafka", tmp_path_factory.mktemp("kafka"))


@pytest.fixture
def kafka(kafka_server: dict[str, str], request: pytest.FixtureRequest) -> dict[str, str]:
    """The same with topics of the test's own."""
    assert request.node.get_closest_marker("services"), "a test with Kafka is marked `services`"
    return {**kafka_server, "ISOBAR_KAFKA_TOPIC_PREFIX": f"test-{secrets.token_hex(6)}."}


@pytest.fixture
def s3_moto(moto: dict[str, str]) -> Bucket:
    return new_bucket(moto)


@pytest.fixture
def s3_ceph(ceph: dict[str, str], request: pytest.FixtureRequest) -> Bucket:
    assert request.node.get_closest_marker("services"), "a test with Ceph is marked `services`"
    return new_bucket(ceph)


def new_bucket(environment: dict[str, str]) -> Bucket:
    name = f"test-{secrets.token_hex(6)}"
    make_bucket(environment, name)
    url = f"s3://{name}/lake"
    return Bucket(url, {**environment, "ISOBAR_LAKE": url})
