"""The lake's bucket as `deploy/cloud/` describes it: compared, and changed where it differs.

`lifecycle.json` is the body of a call of S3's API. Its prefixes are the lake's; the lake's own prefix in the bucket goes before
each. What is there is read first and only a difference is written, so a second application changes nothing. Rules of others stay
in the bucket, but for one thing: nothing is applied while such a rule deletes files of KEPT.

The bucket's public access is left to the provider: AWS blocks it in every new bucket, and Ceph 16 refuses every write to a bucket
whose public access is blocked through this API.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ingestion.http.redaction import hide
from isobar.settings import PROJECT_ROOT, BucketAccess

DESCRIPTION = PROJECT_ROOT / "deploy" / "cloud"

OWNER = "isobar"
"""First part of the identifiers of our rules. The lake's prefix follows: two lakes in one bucket have rules of their own."""

KEPT = ("raw/", "arrivals/", "streams/")
"""Files as received, and the order in which they came: no rule may delete them."""

FIRST_REGION = "us-east-1"
"""The one region that a new bucket must not name."""

CONNECT_SECONDS, READ_SECONDS = 5, 30
"""As for the lake's files; botocore repeats a call that fails four times."""

NO_CREDENTIALS = (
    "the bucket has no credentials. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or [lake] in"
    " .dlt/secrets.toml."
)

NO_STORAGE_CLASS = "InvalidStorageClass"
NOT_THERE = ("NoSuchBucket", "NoSuchLifecycleConfiguration", "404")

Rule = dict[str, Any]
"""A rule of a lifecycle, as S3's API has it."""


class BucketError(Exception):
    """The bucket cannot be read or changed; the message says why and what to do."""


@dataclass(frozen=True)
class Part:
    """One thing that is described, and its state in the bucket: `in place`, `missing`, `differs`, `not supported`; after an
    application `made` or `changed`.
    """

    name: str
    what: str
    state: str


@dataclass(frozen=True)
class BucketState:
    """What the bucket has of its description. `others` are identifiers of rules that are not ours."""

    bucket: str
    prefix: str
    parts: list[Part]
    others: list[str]
    is_applied: bool

    @property
    def changed(self) -> list[Part]:
        """What an application would change, or has changed."""
        return [part for part in self.parts if part.state not in ("in place", "not supported")]

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def client(access: BucketAccess) -> Any:
    """boto3's client for S3, as the lake itself reaches its bucket.

    Raises:
        BucketError: boto3 is not installed, or the profile is not known.
    """
    try:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError, PartialCredentialsError
    except ImportError:
        raise BucketError("a lifecycle needs boto3: python -m pip install boto3") from None
    style = "path" if access.is_path_style else "auto"
    keys = {
        "aws_access_key_id": access.key_id,
        "aws_secret_access_key": access.secret,
        "aws_session_token": access.token,
        "profile_name": None if access.key_id else access.profile,
    }
    for secret in filter(None, (access.secret, access.token)):
        hide(secret)
    try:
        return boto3.Session(**keys).client(
            "s3",
            endpoint_url=access.endpoint,
            region_name=access.region,
            config=Config(connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS, s3={"addressing_style": style}),
        )
    except PartialCredentialsError:
        raise BucketError(NO_CREDENTIALS) from None
    except BotoCoreError as error:
        raise BucketError(f"the bucket cannot be reached: {error}") from None


def compare(client: Any, bucket: str, prefix: str, *, apply: bool = False, folder: Path = DESCRIPTION) -> BucketState:
    """Hold the bucket against its description; with `apply` change what differs.

    Args:
        client: boto3's, for S3.
        prefix: of the lake in the bucket, without slashes at its ends; may be empty.

    Raises:
        BucketError: the server or the bucket refuses, or a rule of others deletes files of KEPT.
    """
    rules = _prefixed(json.loads((folder / "lifecycle.json").read_text(encoding="utf-8"))["Rules"], prefix)
    with _explained(bucket):
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
        parts = [Part(part.name, part.what, _APPLIED.get(part.state, part.state)) for part in parts]
    return BucketState(bucket, prefix, parts, [str(rule.get("ID", "(unnamed)")) for rule in others], apply)


_APPLIED = {"missing": "made", "differs": "changed"}


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
            raise BucketError(
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


@contextmanager
def _explained(bucket: str) -> Iterator[None]:
    """botocore's errors as one line each, without a key."""
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, PartialCredentialsError

    try:
        yield
    except (NoCredentialsError, PartialCredentialsError):
        raise BucketError(NO_CREDENTIALS) from None
    except ClientError as error:
        code = error.response["Error"]["Code"]
        raise BucketError(f"bucket {bucket}: {_REASONS.get(code, f'the server answered {code}')}") from None
    except BotoCoreError as error:
        raise BucketError(
            f"bucket {bucket}: its server did not answer ({type(error).__name__}): check AWS_ENDPOINT_URL and AWS_REGION"
        ) from None


_KEY = "the server refused the key: check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
_RIGHT = "the key may not do this: it needs s3:GetLifecycleConfiguration and s3:PutLifecycleConfiguration"
_REASONS = {
    "InvalidAccessKeyId": _KEY,
    "SignatureDoesNotMatch": _KEY,
    "AccessDenied": _RIGHT,
    "403": f"{_KEY}; or {_RIGHT}",
    "BucketAlreadyExists": "another account has a bucket of this name: choose another in ISOBAR_LAKE",
}
