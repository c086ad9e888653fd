"""The bucket of the lake, held against its description in deploy/cloud."""

from __future__ import annotations

from urllib.parse import urlsplit

from isobar.runs import logs
from isobar.settings import Settings, SettingsError
from isobar.upkeep.bucket import BucketState, client, compare


def lifecycle(settings: Settings, *, apply: bool = False) -> BucketState:
    """What the bucket has of its description; with `apply` what differs is changed. A second time nothing does.

    Raises:
        SettingsError: the lake is a folder.
        BucketError: boto3 is missing, or the server or the bucket refuses.
    """
    if settings.lake_at is None or not settings.lake_at.startswith("s3://"):
        raise SettingsError(
            f"the lake is the folder {settings.lake_at or settings.lake}, and a lifecycle is a bucket's: set"
            " ISOBAR_LAKE=s3://BUCKET/PREFIX. `isobar prune` deletes what a folder no longer needs."
        )
    parts = urlsplit(settings.lake_at)
    found = compare(client(settings.bucket_access), parts.netloc, parts.path.strip("/"), apply=apply)
    if apply:
        logs.event("lifecycle_applied", bucket=found.bucket, changed=[part.name for part in found.changed])
    return found
