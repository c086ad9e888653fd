"""The bucket of the lake, held against its description in deploy/cloud."""

from __future__ import annotations

from urllib.parse import urlsplit

from ingestion.aws import client
from isobar.runs import logs
from isobar.settings import Settings, SettingsError
from isobar.upkeep.bucket import BucketState, compare


def lifecycle(settings: Settings, *, apply: bool = False) -> BucketState:
    """What the bucket has of its description; with `apply` what differs is changed. A second time nothing does.

    Raises:
        SettingsError: the lake is a folder.
        AwsError: boto3 is missing, or the server or the bucket refuses.
    """
    if settings.lake_url is None:
        raise SettingsError(
            f"the lake is the folder {settings.lake}, and only a bucket has a lifecycle: set"
            " ISOBAR_LAKE=s3://BUCKET/PREFIX. `isobar prune` deletes what a folder no longer needs."
        )
    parts = urlsplit(settings.lake_url)
    found = compare(client(settings.bucket, "s3", "a lifecycle"), parts.netloc, parts.path.strip("/"), apply=apply)
    if apply:
        logs.event("lifecycle_applied", bucket=found.bucket, changed=[part.name for part in found.changed])
    return found
