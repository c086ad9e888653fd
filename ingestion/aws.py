"""boto3's clients, and its errors in one line each (extra `aws`). boto3 is imported by the first client, never before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ingestion.http.redaction import hide
from isobar.settings import AwsAccess

CONNECT_SECONDS, READ_SECONDS = 5, 30
"""As for the lake's files; botocore repeats a call that fails four times."""

NO_CREDENTIALS = (
    "no credentials. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or [lake] in .dlt/secrets.toml."
)

_KEY = "the server refused the key: check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
_SESSION = "the session has ended: renew it, or check AWS_SESSION_TOKEN"
REFUSED_KEY = dict.fromkeys(
    ("InvalidAccessKeyId", "SignatureDoesNotMatch", "UnrecognizedClientException", "InvalidSignatureException",
     "InvalidClientTokenId", "IncompleteSignature", "MissingAuthenticationTokenException"), _KEY,
) | dict.fromkeys(("ExpiredToken", "ExpiredTokenException"), _SESSION)  # fmt: skip
"""Code of an error -> what it means; the services name one thing differently."""

DENIED = ("AccessDenied", "AccessDeniedException", "403")


class AwsError(Exception):
    """A service cannot be used as asked; the message says why and what to do, without a secret."""


def client(access: AwsAccess, service: str, purpose: str, *, attempts: int | None = None) -> Any:
    """boto3's client for a service.

    Args:
        purpose: what needs boto3, where it is not installed.
        attempts: of each call; None leaves them to botocore.

    Raises:
        AwsError: boto3 is not installed, the profile is not known, or a key has no secret.
    """
    try:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError, PartialCredentialsError
    except ImportError:
        raise AwsError(f"{purpose} needs boto3: python -m pip install boto3") from None
    keys = {
        "aws_access_key_id": access.key_id,
        "aws_secret_access_key": access.secret,
        "aws_session_token": access.token,
        "profile_name": None if access.key_id else access.profile,
    }
    for secret in filter(None, (access.secret, access.token)):
        hide(secret)
    options: dict[str, Any] = (
        {} if attempts is None else {"retries": {"total_max_attempts": attempts, "mode": "standard"}}
    )
    if service == "s3":
        options["s3"] = {"addressing_style": "path" if access.is_path_style else "auto"}
    try:
        return boto3.Session(**keys).client(
            service,
            endpoint_url=access.endpoint,
            region_name=access.region,
            config=Config(connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS, **options),
        )
    except PartialCredentialsError:
        raise AwsError(NO_CREDENTIALS) from None
    except (BotoCoreError, ValueError) as error:
        raise AwsError(f"{purpose}: {str(error).splitlines()[0]}") from None


@contextmanager
def explained(what: str, reasons: Mapping[str, str], rights: str) -> Iterator[None]:
    """botocore's errors as one line each.

    Args:
        what: is used, such as `bucket my-weather`.
        reasons: code of an error of this service -> what it means.
        rights: that the key needs.

    Raises:
        AwsError: the service refused or did not answer.
    """
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, PartialCredentialsError

    denied = f"the key may not do this: it needs {rights}"
    try:
        yield
    except (NoCredentialsError, PartialCredentialsError):
        raise AwsError(f"{what}: {NO_CREDENTIALS}") from None
    except ClientError as error:
        known = {**REFUSED_KEY, **dict.fromkeys(DENIED, denied), **reasons}
        code = error.response["Error"]["Code"]
        raise AwsError(f"{what}: {known.get(code, f'the server answered {code}')}") from None
    except BotoCoreError as error:
        raise AwsError(
            f"{what}: its server did not answer ({type(error).__name__}): check AWS_ENDPOINT_URL and AWS_REGION"
        ) from None
