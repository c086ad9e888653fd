"""The lake's bucket as `deploy/cloud/` describes it: compared, and changed where it differs.

`lifecycle.json` is the body of a call of S3's API. Its prefixes are the lake's; the lake's own prefix in the bucket goes before
each. What is there is read first and only a difference is written, so a second application changes nothing. Rules of others stay
in the bucket, but for one thing: nothing is applied while such a rule deletes files of KEPT.

The bucket's public access is left to the provider: AWS blocks it in every new bucket, and Ceph 16 refuses every write to a bucket
whose public access is blocked through this API.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingestion.aws import AwsError, explained
from isobar.upkeep.cloud import DESCRIPTION, CloudState, Part, described

OWNER = "isobar"
"""First part of the identifiers of our rules. The lake's prefix follows: two lakes in one bucket have rules of their own."""

KEPT = ("raw/", "arrivals/", "streams/")
"""Files as received, and the order in which they came: no rule may delete them."""

FIRST_REGION = "us-east-1"
"""The one region that a new bucket must not name."""

NO_STORAGE_CLASS = "InvalidStorageClass"
NOT_THERE = ("NoSuchBucket", "NoSuchLifecycleConfiguration", "404")

Rule = dict[str, Any]
"""A rule of a lifecycle, as S3's API has it."""


@dataclass(frozen=True, kw_only=True)
class BucketState(CloudState):
    """What the bucket has of its description. `others` are identifiers of rules that are not ours."""

    bucket: str
    prefix: str
    others: list[str]


def compare(client: Any, bucket: str, prefix: str, *, apply: bool = False, folder: Path = DESCRIPTION) -> BucketState:
    """Hold the bucket against its description; with `apply` change what differs.

    Args:
        client: boto3's, for S3.
        prefix: of the lake in the bucket, without slashes at its ends; may be empty.

    Raises:
        AwsError: the server or the bucket refuses, or a rule of others deletes files of KEPT.
    """
    rules = _prefixed(described("lifecycle", folder)["Rules"], prefix)
    with explained(f"bucket {bucket}", REASONS, RIGHTS):
        is_there = _exists(client, bucket)
        ours, others = _rules(client, bucket, prefix) if is_there else ({}, [])
        _refuse_deletion(bucket, others, [_joined(prefix, folder) for folder in KEPT])
        if apply and not is_there:
            _make(client, bucket)
        parts = [
            Part(f"bucket {bucket}", "holds the lake", "in place" if is_there else "missing"),
            *_lifecycle(client, bucket, rules, ours, others, apply=apply),
        ]
    if apply:
        parts = [part.applied() for part in parts]
    return BucketState(
        parts=parts,
        is_applied=apply,
        bucket=bucket,
        prefix=prefix,
        others=[str(rule.get("ID", "(unnamed)")) for rule in others],
    )


def _prefixed(rules: list[Rule], prefix: str) -> list[Rule]:
    """The described rules under the lake's prefix."""
    return [
        {
            **rule,
            "ID": _joined(OWNER, prefix, rule["ID"]),
            "Filter": {"Prefix": _joined(prefix, rule["Filter"]["Prefix"])},
        }
        for rule in rules
    ]


def _joined(*parts: str) -> str:
    """Parts of a name or prefix; a lake's own prefix alone ends in a slash, so that `lake` is not `lakes`."""
    *folders, name = parts
    return "".join(f"{folder}/" for folder in folders if folder) + name


def _exists(client: Any, bucket: str) -> bool:
    from botocore.exceptions import ClientError

    try:
        client.head_bucket(Bucket=bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] in NOT_THERE:
            return False
        raise
    return True


def _make(client: Any, bucket: str) -> None:
    region = client.meta.region_name
    place = {} if region == FIRST_REGION else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    client.create_bucket(Bucket=bucket, **place)


def _lifecycle(
    client: Any, bucket: str, rules: list[Rule], ours: dict[str, Rule], others: list[Rule], *, apply: bool
) -> list[Part]:
    """Each described rule; with `apply` the bucket's whole lifecycle is written where one of ours differs or is too many."""
    states = {rule["ID"]: _state(rule, ours.get(rule["ID"])) for rule in rules}
    if apply and (set(states.values()) != {"in place"} or ours.keys() - states):
        states |= dict.fromkeys(_put(client, bucket, rules, others), "not supported")
    return [Part(rule["ID"], _words(rule), states[rule["ID"]]) for rule in rules]


def _put(client: Any, bucket: str, rules: list[Rule], others: list[Rule]) -> list[str]:
    """Write the lifecycle. Returns the rules that a server without storage classes, such as MinIO, does not take."""
    from botocore.exceptions import ClientError

    try:
        client.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [*others, *rules]})
    except ClientError as error:
        if error.response["Error"]["Code"] != NO_STORAGE_CLASS:
            raise
        left = [rule for rule in rules if "Transitions" not in rule]
        client.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [*others, *left]})
        return [rule["ID"] for rule in rules if rule not in left]
    return []


def _rules(client: Any, bucket: str, prefix: str) -> tuple[dict[str, Rule], list[Rule]]:
    """The bucket's rules: ours by identifier, and those of others."""
    from botocore.exceptions import ClientError

    try:
        found = client.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    except ClientError as error:
        if error.response["Error"]["Code"] not in NOT_THERE:
            raise
        found = []
    beginning = _joined(OWNER, prefix, "")
    ours = {
        rule["ID"]: rule
        for rule in found
        if rule.get("ID", "").startswith(beginning) and "/" not in rule["ID"].removeprefix(beginning)
    }
    return ours, [rule for rule in found if rule.get("ID") not in ours]


def _state(wanted: Rule, found: Rule | None) -> str:
    if found is None:
        return "missing"
    return "in place" if _plain(found) == _plain(wanted) else "differs"


def _plain(rule: Rule) -> Rule:
    """A rule as servers agree on it: the prefix in its old or its new place, transitions in any order."""
    kept = {key: value for key, value in rule.items() if key not in ("Filter", "Prefix")}
    if "Transitions" in kept:
        kept["Transitions"] = sorted(kept["Transitions"], key=lambda each: (each.get("Days", 0), each["StorageClass"]))
    return {**kept, "Prefix": _prefix(rule)}


def _prefix(rule: Rule) -> str:
    chosen = rule.get("Filter") or {}
    return str(chosen.get("Prefix") or chosen.get("And", {}).get("Prefix") or rule.get("Prefix") or "")


def _refuse_deletion(bucket: str, others: list[Rule], kept: list[str]) -> None:
    for rule in others:
        reached = [each for each in kept if _prefix(rule).startswith(each) or each.startswith(_prefix(rule))]
        if reached and rule.get("Status") == "Enabled" and rule.get("Expiration", {}).keys() & {"Days", "Date"}:
            raise AwsError(
                f"rule {rule.get('ID', '(unnamed)')} of bucket {bucket} deletes files of {reached[0]}, which cannot be fetched"
                " again: remove it or give it another prefix, then run the same command again"
            )


def _words(rule: Rule) -> str:
    where = _prefix(rule) or "the whole bucket"
    told = [f"{each['StorageClass']} after {each['Days']} days" for each in rule.get("Transitions", [])]
    if "Expiration" in rule:
        told.append(f"deleted after {rule['Expiration']['Days']} days")
    if "AbortIncompleteMultipartUpload" in rule:
        days = rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"]
        told.append(f"unfinished uploads deleted after {days} days")
    return f"{where}: {', '.join(told)}"


RIGHTS = "s3:GetLifecycleConfiguration and s3:PutLifecycleConfiguration"
REASONS = {
    # a HEAD has no body, so no code: either may be meant
    "403": f"check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY: the server refused the key, or it lacks {RIGHTS}",
    "BucketAlreadyExists": "another account has a bucket of this name: choose another in ISOBAR_LAKE",
}
