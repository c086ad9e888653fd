"""What servers of S3 have in common: a bucket for the lake, and the variables that lead to it."""

from __future__ import annotations

import urllib.error
import urllib.request
from typing import Any

from tools.services.server import LOOPBACK, Place, Server

BUCKET = "isobar-lake"
REGION = "us-east-1"
"""S3's first region; both servers here take any."""

ANSWER_SECONDS = 5.0
"""On loopback an answer takes milliseconds; a server that is busy starting may need some."""


class S3Server(Server):
    """A server that speaks S3 at its first port."""

    SECRETS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")

    def endpoint(self, place: Place) -> str:
        return f"http://{LOOPBACK}:{place.port}"

    def is_healthy(self, place: Place) -> bool:
        """Whether it answers without a key: any answer of HTTP below 500 counts, "forbidden" too."""
        try:
            urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
                self.endpoint(place), timeout=ANSWER_SECONDS
            ).close()
        except urllib.error.HTTPError as error:
            return error.code < 500
        except OSError:
            return False
        return True

    def with_bucket(self, place: Place, key: str, secret: str) -> dict[str, str]:
        """Make the bucket unless it is there. Returns the environment of clients."""
        variables = {
            "ISOBAR_LAKE": f"s3://{BUCKET}/lake",
            "AWS_ENDPOINT_URL": self.endpoint(place),
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": key,
            "AWS_SECRET_ACCESS_KEY": secret,
        }
        make_bucket(variables, BUCKET)
        return variables


def client(variables: dict[str, str]) -> Any:
    """boto3's client for the environment of a server."""
    import boto3
    from botocore.config import Config

    return boto3.client(
        "s3",
        endpoint_url=variables["AWS_ENDPOINT_URL"],
        region_name=variables["AWS_REGION"],
        aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
        config=Config(s3={"addressing_style": "path"}, proxies={}),
    )


def make_bucket(variables: dict[str, str], name: str) -> None:
    """One's own bucket again is no error: both servers answer as us-east-1 of AWS does."""
    client(variables).create_bucket(Bucket=name)
