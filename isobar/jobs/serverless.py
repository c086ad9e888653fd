"""The serverless path, held against its description in deploy/cloud."""

from __future__ import annotations

from ingestion.aws import client
from isobar.runs import logs
from isobar.settings import Settings
from isobar.upkeep.serverless import ServerlessState, compare


def serverless(settings: Settings, *, apply: bool = False) -> ServerlessState:
    """What there is of stream, function and table; with `apply` what differs is changed. A second time nothing does.

    Raises:
        AwsError: boto3 is missing, or a service refuses.
    """
    found = compare(lambda service: client(settings.aws(service), service, "the serverless path"), apply=apply)
    if apply:
        logs.event("serverless_applied", stream=found.stream, changed=[part.name for part in found.changed])
    return found
