"""What the lake needs of an S3 server, asked of each as obstore asks it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import obstore
import pytest
from obstore.exceptions import AlreadyExistsError, PermissionDeniedError
from obstore.store import S3Store

from ingestion.lake.bucket import Bucket, address_of
from ingestion.lake.store import StoreError
from isobar.settings import AwsAccess
from tests.services import fixtures

WRITERS = 32


@pytest.fixture(params=["moto", pytest.param("ceph", marks=pytest.mark.services)])
def bucket(request: pytest.FixtureRequest) -> fixtures.Bucket:
    found: fixtures.Bucket = request.getfixturevalue(f"s3_{request.param}")
    return found


def store(bucket: fixtures.Bucket, **changed: str) -> S3Store:
    variables = bucket.environment | changed
    return S3Store.from_url(
        bucket.url,
        endpoint=variables["AWS_ENDPOINT_URL"],
        region=variables["AWS_REGION"],
        access_key_id=variables["AWS_ACCESS_KEY_ID"],
        secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
        virtual_hosted_style_request=False,
        client_options={"allow_http": True},
    )


def test_of_many_writers_of_one_name_exactly_one_wins(bucket: fixtures.Bucket) -> None:
    lake = store(bucket)

    def wins(number: int) -> bool:
        try:
            obstore.put(lake, "raw/synop/000001.json", str(number).encode(), mode="create")
        except AlreadyExistsError:
            return False
        return True

    with ThreadPoolExecutor(WRITERS) as pool:
        won = list(pool.map(wins, range(WRITERS)))
    assert won.count(True) == 1
    assert bytes(obstore.get(lake, "raw/synop/000001.json").bytes()) == str(won.index(True)).encode()


@pytest.mark.parametrize(
    ("access", "address"),
    [
        (AwsAccess(region="eu-west-3"), "https://b.s3.eu-west-3.amazonaws.com"),
        (AwsAccess(region="eu-west-3", is_path_style=True), "https://s3.eu-west-3.amazonaws.com"),
        (AwsAccess(endpoint="http://host:1", is_path_style=True), "http://host:1"),
        (AwsAccess(endpoint="http://host:1"), "http://b.host:1"),
    ],
)
def test_the_address_has_the_bucket_where_the_path_has_not(access: AwsAccess, address: str) -> None:
    assert address_of("b", access) == address


def test_an_empty_variable_of_a_workflow_is_no_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "")
    access = AwsAccess(region="nowhere-1", key_id="of", secret="nobody")
    monkeypatch.setattr("ingestion.lake.bucket.RETRIES", 0)
    with pytest.raises(StoreError, match="no answer"):
        Bucket("s3://b/lake", access, tmp_path).create("raw/x", b"x")


def test_a_bucket_is_new_for_every_test(bucket: fixtures.Bucket) -> None:
    assert [page for page in obstore.list(store(bucket)) if page] == []


@pytest.mark.services
@pytest.mark.parametrize("name", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
def test_a_wrong_key_is_refused(s3_ceph: fixtures.Bucket, name: str) -> None:
    with pytest.raises(PermissionDeniedError):
        obstore.put(store(s3_ceph, **{name: "wrong"}), "raw/x", b"x")
