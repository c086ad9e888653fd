"""`python -m tools.services up|down|install|hold --folder FOLDER [NAME[=PORT] …]`; `make services` and its kin call it."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from tools.services import commands
from tools.services.server import Place, ServiceError
from tools.services.servers import known


def main() -> None:
    """Errors become one line and exit code 1."""
    parser = argparse.ArgumentParser(prog="python -m tools.services", description=__doc__)
    parser.add_argument("command", choices=["up", "down", "install", "hold"])
    parser.add_argument("names", nargs="*", metavar="NAME[=PORT]", type=_wanted)
    parser.add_argument("--folder", type=Path, required=True, help="data, logs and records of all servers")
    given = parser.parse_intermixed_args()
    wanted, folder = dict(given.names), given.folder.resolve()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # as an error: what was started is stopped
    try:
        if given.command == "up":
            for name, place in commands.up(folder, wanted, print).items():
                _explain(name, place)
        elif given.command == "down":
            commands.down(folder, list(wanted), print)
        elif given.command == "hold":
            commands.hold(folder, wanted, _to_standard_error)
        else:
            for name, server in known().items():
                if reason := commands.obtain(server, print):
                    print(f"{name}: not available: {reason}")
    except (ServiceError, OSError) as error:
        _to_standard_error(f"services: {error}")
        sys.exit(1)


def _wanted(word: str) -> tuple[str, int | None]:
    name, _, port = word.partition("=")
    if port and not port.isdigit():
        raise argparse.ArgumentTypeError(f"{word}: write NAME or NAME=PORT, as moto=15001")
    return name, int(port) if port else None


def _explain(name: str, place: Place) -> None:
    """How to use it. Secrets stay in their file."""
    secret = known()[name].SECRETS
    shown = " ".join(f"{key}={value}" for key, value in place.environment().items() if key not in secret)
    print(f"  {known()[name].summary}\n  set -a; source {place.environment_file}; set +a\n  {shown} {' '.join(secret)}")


def _to_standard_error(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
