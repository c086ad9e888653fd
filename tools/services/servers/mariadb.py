"""MariaDB from Debian's packages: a real server, with a database `weather_dw` of a user `isobar`. It stands for MySQL too."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from tools.services.processes import Processes
from tools.services.server import LOOPBACK, Place, Server

USER, DATABASE = "isobar", "weather_dw"
VARIABLE = "ISOBAR_OUTLET_PASSWORD_MYSQL"
ROOT_VARIABLE = "MARIADB_ROOT_PASSWORD"

TESTS = r"test\_%"
"""Databases of tests, which the user makes and drops: a pattern of GRANT."""

SETUP = """\
alter user 'root'@'localhost' identified by '{root}';
create or replace user 'root'@'{host}' identified by '{root}';
grant all on *.* to 'root'@'{host}' with grant option;
create database if not exists {database};
create or replace user '{user}'@'{host}' identified by '{password}';
grant all on {database}.* to '{user}'@'{host}';
grant all on `{tests}`.* to '{user}'@'{host}';
"""
"""Run by the server before it takes connections, at each start."""


class MariaDB(Server):
    """One server. It keeps its data from one start to the next."""

    name = "mariadb"
    summary = "MariaDB, real: the outlet weather_dw; stands for MySQL too"
    port = 13306
    programs = ("mariadbd", "mariadb-install-db", "mariadb-admin")
    packages = ("mariadb-server",)
    profile = "mariadb"
    SECRETS = (VARIABLE, ROOT_VARIABLE)

    def start(self, place: Place, processes: Processes) -> dict[str, str]:
        data, setup = place.folder / "data", place.folder / "setup.sql"
        secret, root_secret = place.secret(VARIABLE), place.secret(ROOT_VARIABLE)
        # where it stays who it is: its folder may be one that no other user can reach
        as_root = ["--user=root"] if os.geteuid() == 0 else []
        if not (data / "mysql").is_dir():
            part = place.folder / "data.part"
            shutil.rmtree(part, ignore_errors=True)
            made: list[str | Path] = ["mariadb-install-db", "--no-defaults", f"--datadir={part}", *as_root]
            processes.call(made[0], [*made, "--auth-root-authentication-method=normal", "--skip-test-db"])  # type: ignore[arg-type]
            shutil.rmtree(data, ignore_errors=True)
            part.rename(data)
        setup.touch(0o600)
        setup.write_text(
            SETUP.format(host=LOOPBACK, database=DATABASE, user=USER, password=secret, root=root_secret, tests=TESTS),
            encoding="utf-8",
        )
        command: list[str | Path] = [
            "mariadbd",
            "--no-defaults",
            *as_root,
            f"--datadir={data}",
            f"--socket={place.folder / 'socket'}",
            f"--pid-file={place.folder / 'pid'}",
            f"--bind-address={LOOPBACK}",
            f"--port={place.port}",
            f"--init-file={setup}",
            "--skip-name-resolve",
            "--default-time-zone=+00:00",
            "--local-infile=ON",
            # a test server: a crash of the machine may cost it everything
            "--innodb-flush-log-at-trx-commit=0",
            "--innodb-flush-method=nosync",
            "--skip-sync-frm",
        ]
        processes.spawn(self.name, command)
        processes.wait(self.name, lambda: self.is_healthy(place))
        return {
            "ISOBAR_OUTLETS": f"mysql://{USER}@{LOOPBACK}:{place.port}/{DATABASE}",
            VARIABLE: secret,
            ROOT_VARIABLE: root_secret,
        }

    def is_healthy(self, place: Place) -> bool:
        ask = ["mariadb-admin", "--no-defaults", "--protocol=tcp", f"--host={LOOPBACK}", f"--port={place.port}", "ping"]
        # it answers 0 to a user that the server does not accept, too: nobody needs a password to ask
        return subprocess.run(ask, check=False, capture_output=True).returncode == 0


SERVER = MariaDB()
