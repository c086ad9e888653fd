"""Redis from Debian's packages: the real server, with a user `isobar`. It keeps nothing when it stops."""

from __future__ import annotations

import socket

from tools.services.processes import Processes
from tools.services.server import LOOPBACK, Place, Server

USER = "isobar"
VARIABLE = "ISOBAR_OUTLET_PASSWORD_REDIS"

ANSWER_SECONDS = 2.0
"""For a question of a health check; it is asked again."""

CONFIGURATION = """\
bind {host}
port {port}
dir {folder}
save ""
appendonly no
user default off
user {user} on >{password} ~* &* +@all
"""


class Redis(Server):
    """One process."""

    name = "redis"
    summary = "Redis, real: the outlet with the latest conditions; keeps nothing when it stops"
    port = 16379
    programs = ("redis-server",)
    packages = ("redis-server",)
    profile = "redis"
    SECRETS = (VARIABLE,)

    def start(self, place: Place, processes: Processes) -> dict[str, str]:
        password = place.secret(VARIABLE)
        file = place.folder / "redis.conf"
        file.touch(0o600)
        text = CONFIGURATION.format(host=LOOPBACK, port=place.port, folder=place.folder, user=USER, password=password)
        file.write_text(text, encoding="utf-8")
        processes.spawn(self.name, ["redis-server", file])
        processes.wait(self.name, lambda: self.is_healthy(place))
        return {"ISOBAR_OUTLETS": f"redis://{USER}@{LOOPBACK}:{place.port}/0", VARIABLE: password}

    def is_healthy(self, place: Place) -> bool:
        """Whether it refuses a client that has not named itself."""
        try:
            with socket.create_connection((LOOPBACK, place.port), ANSWER_SECONDS) as client:
                client.sendall(b"PING\r\n")
                return client.recv(100).startswith((b"-NOAUTH", b"+PONG"))
        except OSError:
            return False


SERVER = Redis()
