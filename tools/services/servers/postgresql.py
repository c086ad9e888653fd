"""PostgreSQL from Debian's packages: the real server, with a database `weather_dw` of a user `isobar`."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from pathlib import Path

from tools.services.processes import NotReady, Processes
from tools.services.server import LOOPBACK, Place, Server, ServiceError

INSTALLED = Path("/usr/lib/postgresql")
"""Where Debian has the programs, a folder for each version."""

OWNER = "postgres"
"""Whom Debian makes for it: the server refuses to run as root."""

USER, DATABASE = "isobar", "weather_dw"
VARIABLE = "ISOBAR_OUTLET_PASSWORD_POSTGRESQL"

CONFIGURATION = """
listen_addresses = '{host}'
port = {port}
unix_socket_directories = ''
# a test server: a crash of the machine may cost it everything
fsync = off
timezone = 'UTC'
"""


class PostgreSQL(Server):
    """One server. It keeps its data from one start to the next."""

    name = "postgresql"
    summary = "PostgreSQL, real: the outlet weather_dw"
    port = 15432
    programs = ("pg_ctlcluster",)
    packages = ("postgresql",)
    profile = "postgresql"
    SECRETS = (VARIABLE,)

    def missing(self) -> str | None:
        return None if _programs() else f"{self.name}: not installed (Debian: {' '.join(self.packages)})"

    def start(self, place: Place, processes: Processes) -> dict[str, str]:
        programs = _programs()
        if programs is None:
            raise ServiceError(self.missing() or "")
        data, secret = place.folder / "data", place.secret(VARIABLE)
        if os.geteuid() == 0:
            place.folder.chmod(0o711)  # its user passes through; what is secret in it has modes of its own
        is_new = not (data / "PG_VERSION").exists()
        if is_new:
            shutil.rmtree(data, ignore_errors=True)
            data.mkdir(mode=0o700)
            _own(data)
            # its file is in a folder that the server's user need not see into
            key = place.folder / "data.key"
            key.touch(0o600)
            key.write_text(secret, encoding="utf-8")
            _own(key)
            try:
                made: list[str | Path] = [
                    programs / "initdb",
                    "-D",
                    data,
                    "-U",
                    USER,
                    f"--pwfile={key}",
                    "--auth=scram-sha-256",
                ]
                processes.call("initdb", [*_as_owner(), *made, "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"])
            except NotReady as error:
                if os.geteuid() == 0 and "ermission denied" in str(error):
                    raise ServiceError(
                        f"postgresql: its user {OWNER} cannot reach {place.folder}: set ISOBAR_SERVICES_DIR to a folder"
                        " that it can"
                    ) from None
                raise
            finally:
                key.unlink()
        text = CONFIGURATION.format(host=LOOPBACK, port=place.port)
        (data / "postgresql.auto.conf").write_text(text, encoding="utf-8")
        processes.spawn(self.name, [*_as_owner(), programs / "postgres", "-D", data])
        processes.wait(self.name, lambda: self.is_healthy(place))
        variables = {"ISOBAR_OUTLETS": f"postgresql://{USER}@{LOOPBACK}:{place.port}/{DATABASE}", VARIABLE: secret}
        if is_new:
            create: list[str | Path] = [
                programs / "createdb",
                "-h",
                LOOPBACK,
                "-p",
                str(place.port),
                "-U",
                USER,
                DATABASE,
            ]
            processes.call("createdb", ["env", f"PGPASSWORD={secret}", *create])
        return variables

    def is_healthy(self, place: Place) -> bool:
        programs = _programs()
        if programs is None:
            return False
        ask: list[str | Path] = [programs / "pg_isready", "-q", "-h", LOOPBACK, "-p", str(place.port)]
        return subprocess.run(ask, check=False).returncode == 0


def _programs() -> Path | None:
    """The folder of the newest installed version."""
    found = [path.parent for path in INSTALLED.glob("*/bin/postgres")]
    return max(found, key=lambda path: float(path.parent.name), default=None)


def _as_owner() -> list[str]:
    """What a command begins with, so that it does not run as root."""
    return ["setpriv", f"--reuid={OWNER}", f"--regid={OWNER}", "--clear-groups"] if os.geteuid() == 0 else []


def _own(path: Path) -> None:
    if os.geteuid() == 0:
        owner = pwd.getpwnam(OWNER)
        os.chown(path, owner.pw_uid, owner.pw_gid)


SERVER = PostgreSQL()
