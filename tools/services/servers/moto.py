"""moto: an emulator of AWS in Python. It takes any key and forgets all when it stops."""

from __future__ import annotations

import sys
from importlib.util import find_spec

from isobar.settings import PROJECT_ROOT
from tools.services.processes import Processes
from tools.services.s3 import S3Server
from tools.services.server import Place


class Moto(S3Server):
    """One process of Python, and one for each function of Lambda that has run: see `tools/services/aws_lambda.py`."""

    name = "moto"
    summary = (
        "S3, Kinesis, Lambda, DynamoDB and CloudWatch's logs, emulated: takes any key, keeps nothing when it stops"
    )
    port = 15001

    def missing(self) -> str | None:
        return None if find_spec("moto") else "moto is not installed: make setup-dev"

    def start(self, place: Place, processes: Processes) -> dict[str, str]:
        command = [sys.executable, "-m", "tools.services.aws_lambda", str(place.port)]
        processes.spawn(self.name, command, {"PYTHONPATH": str(PROJECT_ROOT)})
        processes.wait(self.name, lambda: self.is_healthy(place))
        return self.with_bucket(place, place.secret("AWS_ACCESS_KEY_ID"), place.secret("AWS_SECRET_ACCESS_KEY"))


SERVER = Moto()
