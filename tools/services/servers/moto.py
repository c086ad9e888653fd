"""moto: an emulator of AWS in Python. It takes any key and forgets all when it stops."""

from __future__ import annotations

import sys
from importlib.util import find_spec

from tools.services.processes import Processes
from tools.services.s3 import S3Server
from tools.services.server import LOOPBACK, Place


class Moto(S3Server):
    """One process of Python."""

    name = "moto"
    summary = "S3, emulated: takes any key, keeps nothing when it stops"
    port = 15001

    def missing(self) -> str | None:
        return None if find_spec("moto") else "moto is not installed: make setup-dev"

    def start(self, place: Place, processes: Processes) -> dict[str, str]:
        processes.spawn(self.name, [sys.executable, "-m", "moto.server", "-H", LOOPBACK, "-p", str(place.port)])
        processes.wait(self.name, lambda: self.is_healthy(place))
        return self.with_bucket(place, place.secret("AWS_ACCESS_KEY_ID"), place.secret("AWS_SECRET_ACCESS_KEY"))


SERVER = Moto()
