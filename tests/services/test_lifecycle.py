"""deploy/cloud applied to a bucket: twice, beside rules of others, on an emulator and on a real server."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from ingestion.aws import AwsError, client
from isobar.settings import AwsAccess, Settings
from isobar.upkeep import bucket as described
from isobar.upkeep.bucket import BucketState, compare
from tests.command import isobar
from tests.services.fixtures import Bucket
from tools.services import s3
from tools.services.servers.ceph import LIFECYCLE_DAY_SECONDS

EXPIRY_SECONDS = 120
"""Two days of the test's rule are 20; Ceph looks once a day."""


@pytest.fixture(params=["moto", pytest.param("ceph", marks=pytest.mark.services)])
def bucket(request: pytest.FixtureRequest) -> Bucket:
    found: Bucket = request.getfixturevalue(f"s3_{request.param}")
    return found


def name(bucket: Bucket) -> str:
    return bucket.url.removeprefix("s3://").removesuffix("/lake")


def applied(bucket: Bucket, prefix: str = "lake", **options: Any) -> BucketState:
    return compare(s3.client(bucket.environment), name(bucket), prefix, **{"apply": True, **options})


def rules(bucket: Bucket) -> dict[str, dict[str, Any]]:
    found = s3.client(bucket.environment).get_bucket_lifecycle_configuration(Bucket=name(bucket))["Rules"]
    return {rule["ID"]: rule for rule in found}


def put(bucket: Bucket, *others: dict[str, Any]) -> None:
    s3.client(bucket.environment).put_bucket_lifecycle_configuration(
        Bucket=name(bucket), LifecycleConfiguration={"Rules": list(others)}
    )


def rule_of_others(prefix: str, **what: Any) -> dict[str, Any]:
    return {"ID": "theirs", "Status": "Enabled", "Filter": {"Prefix": prefix}, "Expiration": {"Days": 7}, **what}


def test_the_second_time_nothing_changes(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    before = applied(bucket, apply=False)
    assert [part.state for part in before.parts] == ["in place", *["missing"] * 3]
    first = applied(bucket)
    assert [part.state for part in first.parts] == ["in place", *["made"] * 3]
    assert {rule_id: described._prefix(rule) for rule_id, rule in rules(bucket).items()} == {
        "isobar/lake/staging": "lake/staging/",
        "isobar/lake/uploads": "lake/",
        "isobar/lake/raw": "lake/raw/",
    }
    client = s3.client(bucket.environment)
    for method in ("create_bucket", "put_bucket_lifecycle_configuration"):
        monkeypatch.setattr(client, method, None)  # a call would be an error
    second = compare(client, name(bucket), "lake", apply=True)
    assert second.changed == []


def test_a_bucket_that_is_missing_is_made(bucket: Bucket) -> None:
    new = Bucket(bucket.url.replace("/lake", "-new/lake"), bucket.environment)
    assert {part.state for part in applied(new, apply=False).parts} == {"missing"}
    assert {part.state for part in applied(new).parts} == {"made"}
    assert applied(new).changed == []


def test_rules_of_others_stay_and_so_do_those_of_another_lake(bucket: Bucket) -> None:
    put(bucket, rule_of_others("photos/"))
    assert applied(bucket).others == ["theirs"]
    other_lake = applied(bucket, prefix="")
    assert sorted(other_lake.others) == ["isobar/lake/raw", "isobar/lake/staging", "isobar/lake/uploads", "theirs"]
    assert len(rules(bucket)) == 7
    assert described._prefix(rules(bucket)["theirs"]) == "photos/"
    assert applied(bucket).changed == []


def test_a_rule_that_was_changed_is_put_right_and_one_that_is_no_longer_described_goes(
    bucket: Bucket, tmp_path: Path
) -> None:
    applied(bucket)
    for file in described.DESCRIPTION.glob("*.json"):
        text = json.loads(file.read_text())
        if file.name == "lifecycle.json":
            text["Rules"] = [rule for rule in text["Rules"] if rule["ID"] != "uploads"]
            text["Rules"][0]["Expiration"]["Days"] = 31
        (tmp_path / file.name).write_text(json.dumps(text))
    again = applied(bucket, folder=tmp_path)
    assert [part.name for part in again.changed] == ["isobar/lake/staging"]
    assert set(rules(bucket)) == {"isobar/lake/staging", "isobar/lake/raw"}
    assert rules(bucket)["isobar/lake/staging"]["Expiration"]["Days"] == 31


@pytest.mark.parametrize("prefix", ["", "lake/", "lake/raw/", "lake/raw/synop/", "lake/arrivals/"])
def test_nothing_is_applied_while_a_rule_deletes_raw_files(s3_moto: Bucket, prefix: str) -> None:
    put(s3_moto, rule_of_others(prefix))
    with pytest.raises(AwsError, match=r"rule theirs of bucket test-.* deletes files of lake/(raw|arrivals)/"):
        applied(s3_moto)
    assert set(rules(s3_moto)) == {"theirs"}


@pytest.mark.parametrize("prefix", ["lake/staging/", "lakes/", "rawer/"])
def test_a_rule_that_deletes_something_else_is_no_hindrance(s3_moto: Bucket, prefix: str) -> None:
    put(s3_moto, rule_of_others(prefix), rule_of_others("lake/raw/", ID="off", Status="Disabled"))
    assert applied(s3_moto).others == ["theirs", "off"]


@pytest.mark.parametrize("folder", described.KEPT)
def test_the_description_never_deletes_what_is_kept(folder: str) -> None:
    raw = [
        rule
        for rule in json.loads((described.DESCRIPTION / "lifecycle.json").read_text())["Rules"]
        if folder.startswith(described._prefix(rule)) or described._prefix(rule).startswith(folder)
    ]
    assert raw
    assert [rule["ID"] for rule in raw if rule.keys() & {"Expiration", "NoncurrentVersionExpiration"}] == []


def test_a_server_without_storage_classes_gets_the_other_rules(
    s3_moto: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    from botocore.exceptions import ClientError

    client = s3.client(s3_moto.environment)
    whole = client.put_bucket_lifecycle_configuration

    def as_minio(**given: Any) -> Any:
        if any("Transitions" in rule for rule in given["LifecycleConfiguration"]["Rules"]):
            raise ClientError({"Error": {"Code": "InvalidStorageClass"}}, "PutBucketLifecycleConfiguration")
        return whole(**given)

    monkeypatch.setattr(client, "put_bucket_lifecycle_configuration", as_minio)
    for expected in (["made", "made", "not supported"], ["in place", "in place", "not supported"]):
        found = compare(client, name(s3_moto), "lake", apply=True)
        assert [part.state for part in found.parts[1:]] == expected


@pytest.mark.services
@pytest.mark.parametrize("variable", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
def test_a_wrong_key_is_one_line(s3_ceph: Bucket, variable: str) -> None:
    wrong = Bucket(s3_ceph.url, s3_ceph.environment | {variable: "wrong"})
    with pytest.raises(AwsError, match="the server refused the key"):
        applied(wrong)


def test_a_server_that_is_down_is_one_line(s3_moto: Bucket) -> None:
    down = Bucket(s3_moto.url, s3_moto.environment | {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"})
    with pytest.raises(AwsError, match=r"did not answer \(EndpointConnectionError\): check AWS_ENDPOINT_URL"):
        applied(down)


def test_the_command_shows_and_applies(s3_moto: Bucket, settings: Settings) -> None:
    shown = isobar(settings, "lake", "lifecycle", **s3_moto.environment)
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.count("missing") == 3 and "nothing was changed: --apply does it" in shown.stdout
    made = isobar(settings, "--json", "lake", "lifecycle", "--apply", **s3_moto.environment)
    assert [part["state"] for part in json.loads(made.stdout)["parts"]] == ["in place", *["made"] * 3]
    again = isobar(settings, "lake", "lifecycle", "--apply", **s3_moto.environment)
    assert "nothing differs" in again.stdout
    assert s3_moto.environment["AWS_SECRET_ACCESS_KEY"] not in shown.stdout + made.stdout + made.stderr


def test_without_boto3_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(AwsError, match="needs boto3: python -m pip install boto3"):
        client(AwsAccess(), "s3", "a lifecycle")


def test_a_folder_has_no_lifecycle(settings: Settings) -> None:
    refused = isobar(settings, "lake", "lifecycle")
    assert refused.returncode == 2
    assert f"the lake is the folder {settings.lake}, and only a bucket has a lifecycle" in refused.stderr


def test_without_credentials_it_says_where_they_go(s3_moto: Bucket, settings: Settings) -> None:
    refused = isobar(
        settings,
        "lake",
        "lifecycle",
        **{**s3_moto.environment, "AWS_SECRET_ACCESS_KEY": "", "AWS_EC2_METADATA_DISABLED": "true"},
    )
    assert refused.returncode == 1
    assert "no credentials. Set AWS_ACCESS_KEY_ID" in refused.stderr


@pytest.mark.services
def test_an_object_expires(s3_ceph: Bucket, tmp_path: Path) -> None:
    """By the described rule with two days in the place of thirty: what is in staging/ goes, what is in raw/ stays."""
    for file in described.DESCRIPTION.glob("*.json"):
        text = json.loads(file.read_text())
        if file.name == "lifecycle.json":
            text["Rules"][0]["Expiration"]["Days"] = 2
        (tmp_path / file.name).write_text(json.dumps(text))
    applied(s3_ceph, folder=tmp_path)
    client = s3.client(s3_ceph.environment)
    for key in ("lake/staging/half", "lake/raw/synop/whole", "lake/raw/staging/whole"):
        client.put_object(Bucket=name(s3_ceph), Key=key, Body=b"bytes")
    began = time.monotonic()
    while len(left := [each["Key"] for each in client.list_objects_v2(Bucket=name(s3_ceph))["Contents"]]) == 3:
        assert time.monotonic() - began < EXPIRY_SECONDS, "nothing expired"
        time.sleep(1)
    assert left == ["lake/raw/staging/whole", "lake/raw/synop/whole"]
    assert time.monotonic() - began > LIFECYCLE_DAY_SECONDS, "younger than the rule says"
