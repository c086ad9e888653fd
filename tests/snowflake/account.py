"""An emulated Snowflake account for tests: a server in a process group of its own, and the connector led to it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import snowflake.connector
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from isobar.settings import PROJECT_ROOT, SnowflakeAccount

START_SECONDS = 60
REQUEST_SECONDS = 120
"""No statement of the tests takes longer. The connector's own limit is none: it repeats a request that failed for ever."""

PASSPHRASE = "not-a-secret-of-anyone"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def emulator(log: Path, limit_seconds: float) -> Iterator[int]:
    """The server's port, for `limit_seconds` at most: then its whole process group is killed and whoever waits gets an error."""
    port = free_port()
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.snowflake.emulator", str(port)],
            cwd=PROJECT_ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def kill() -> None:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)

    watchdog = threading.Timer(limit_seconds, kill)
    watchdog.daemon = True
    watchdog.start()
    try:
        _wait_for(port, process, log)
        yield port
    finally:
        watchdog.cancel()
        kill()
        process.wait(timeout=10)


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"the emulator did not start: {log.read_text()[-2000:]}")


def write_key(folder: Path) -> Path:
    """A key as `openssl genrsa 2048 | openssl pkcs8 -topk8 -v2 aes-256-cbc` makes it, encrypted with `PASSPHRASE`."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    path = folder / "isobar_key.p8"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(PASSPHRASE.encode()),
        )
    )
    return path


def account(key: Path, database: str) -> SnowflakeAccount:
    return SnowflakeAccount(
        account="emulated",
        user="ISOBAR_TRANSFORMER",
        private_key_path=str(key),
        private_key_passphrase=PASSPHRASE,
        database=database,
    )


@contextmanager
def led_to(
    port: int, statements: list[str] | None = None, connections: list[dict[str, Any]] | None = None
) -> Iterator[None]:
    """dbt, dlt and Isobar open their sessions at the emulator, whatever account they name; the lists get what they ask and give.

    A patch and not a setting: nothing outside the tests knows of the emulator. The key is read and its token made by the
    connector as ever; the emulator lets everyone in.
    """
    connect = snowflake.connector.connect

    def connect_to_emulator(**given: Any) -> Any:
        if connections is not None:
            connections.append(given)
        given = given | {"host": "127.0.0.1", "port": port, "protocol": "http", "network_timeout": REQUEST_SECONDS}
        given["session_parameters"] = {
            **(given.get("session_parameters") or {}),
            "CLIENT_OUT_OF_BAND_TELEMETRY_ENABLED": False,
            "CLIENT_TELEMETRY_ENABLED": False,
        }
        return connect(**given)

    execute = snowflake.connector.cursor.SnowflakeCursor.execute

    def noted(cursor: Any, command: str, *args: Any, **kwargs: Any) -> Any:
        if statements is not None:
            statements.append(command)
        return execute(cursor, command, *args, **kwargs)

    with (
        patch.object(snowflake.connector, "connect", connect_to_emulator),
        patch.object(snowflake.connector.cursor.SnowflakeCursor, "execute", noted),
    ):
        yield
