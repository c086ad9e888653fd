"""A bucket of S3, or of a server that speaks its protocol (Ceph, MinIO and others). See :class:`ingestion.lake.store.Store`.

obstore (extra `s3`) is the client: one small wheel, conditional writes, its own connections and retries.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar
from urllib.parse import urlsplit

from ingestion.http.redaction import hide
from ingestion.lake.store import StoreError, staged_file
from isobar.settings import AwsAccess

if TYPE_CHECKING:
    from obstore.store import S3Store

CONNECTIONS = 16
"""Requests at once where many small files are read: a request is tens of milliseconds of waiting."""

CREATED_AT_MOST = 64 << 20
"""Bytes of one conditional write. What is larger goes in parts, which S3 cannot make conditional; its name is the hash of
its content, so that a second writer would write the same."""

TIMEOUT_SECONDS = 60
CONNECT_SECONDS = 5
RETRIES = 6
RETRY_SECONDS = 90
"""A bucket that answers 503 or not at all is asked again for so long; then the load ends, and the next one goes on from there."""

P = ParamSpec("P")
T = TypeVar("T")


class Bucket:
    """A prefix of a bucket."""

    def __init__(self, url: str, access: AwsAccess, copies: Path) -> None:
        """`copies` is the folder for files that are fetched to be read.

        Raises:
            StoreError: the library is not installed, or there are no credentials.
        """
        try:
            from obstore.store import S3Store
        except ImportError:
            raise StoreError(f"{url} needs the extra s3: run `make setup-bucket`") from None
        parts = urlsplit(url)
        self.shown, self.staging = url, copies
        self.copies = copies / "fetched"
        options: dict[str, Any] = {"region": access.region, "virtual_hosted_style_request": not access.is_path_style}
        options["endpoint"] = address_of(parts.netloc, access)
        self._store: S3Store = S3Store(
            parts.netloc,
            prefix=parts.path.strip("/") or None,
            client_options={
                "timeout": timedelta(seconds=TIMEOUT_SECONDS),
                "connect_timeout": timedelta(seconds=CONNECT_SECONDS),
                "allow_http": (access.endpoint or "").startswith("http://"),
            },
            retry_config={"max_retries": RETRIES, "retry_timeout": timedelta(seconds=RETRY_SECONDS)},
            **options,
            **_credentials(url, access),
        )

    def create(self, name: str, content: Path | bytes) -> bool:
        from obstore.exceptions import AlreadyExistsError, PreconditionError

        try:
            if isinstance(content, Path) and content.stat().st_size > CREATED_AT_MOST:
                if self.exists(name):
                    return False
                self._asked(self._store.put, name, content)
            else:
                self._asked(
                    self._store.put,
                    name,
                    content.read_bytes() if isinstance(content, Path) else content,
                    mode="create",
                    use_multipart=False,
                )
        except (AlreadyExistsError, PreconditionError):
            return self._is_our_own(name, content)
        finally:
            if isinstance(content, Path):
                content.unlink(missing_ok=True)
        return True

    def _is_our_own(self, name: str, content: Path | bytes) -> bool:
        """A write whose answer was lost is repeated by the client, and finds itself."""
        return isinstance(content, bytes) and self.read(name) == content

    def replace(self, name: str, content: Path | bytes) -> None:
        try:
            self._asked(self._store.put, name, content)
        finally:
            if isinstance(content, Path):
                content.unlink(missing_ok=True)

    def read(self, name: str, start: int = 0, length: int | None = None) -> bytes:
        if length is None:
            return self._asked(lambda: bytes(self._store.get(name).bytes()))[start:]
        return bytes(self._asked(self._store.get_range, name, start=start, length=length))

    def chunks(self, name: str) -> Iterator[bytes]:
        parts = iter(self._asked(self._store.get, name).stream())
        while (part := self._asked(next, parts, None)) is not None:
            yield bytes(part)

    def read_each(self, names: Iterable[str]) -> Iterator[bytes | OSError]:
        def one(name: str) -> bytes | OSError:
            try:
                return self.read(name)
            except OSError as error:
                return error

        with ThreadPoolExecutor(CONNECTIONS) as pool:
            yield from pool.map(one, names)

    def local(self, name: str) -> Path:
        copy = self.copies / (hashlib.sha256(name.encode()).hexdigest()[:32] + "".join(Path(name).suffixes[-2:]))
        if not copy.exists():
            with staged_file(self.staging) as (staged, target):
                for chunk in self.chunks(name):
                    target.write(chunk)
            self.copies.mkdir(parents=True, exist_ok=True)
            staged.rename(copy)
        return copy

    def release(self) -> None:
        shutil.rmtree(self.copies, ignore_errors=True)

    def exists(self, name: str) -> bool:
        try:
            self._asked(self._store.head, name)
        except FileNotFoundError:
            return False
        return True

    def names(self, folder: str) -> list[str]:
        return sorted(each["path"] for page in self._asked(list, self._store.list(folder)) for each in page)

    def folders(self, folder: str) -> list[str]:
        found = self._asked(self._store.list_with_delimiter, folder)["common_prefixes"]
        return sorted(each.rstrip("/").rpartition("/")[2] for each in found)

    def delete(self, name: str) -> None:
        with suppress(FileNotFoundError):
            self._asked(self._store.delete, name)

    def delete_each(self, names: Iterable[str]) -> None:
        if asked := list(names):
            with suppress(FileNotFoundError):
                self._asked(self._store.delete, asked)  # up to 1,000 a request

    def clear(self) -> None:
        self.release()

    def _asked(self, request: Callable[P, T], *arguments: P.args, **options: P.kwargs) -> T:
        """Make a request.

        Raises:
            FileNotFoundError, obstore's AlreadyExistsError and PreconditionError: as the client has them.
            StoreError: anything else, in one line without a secret.
        """
        from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError

        try:
            return request(*arguments, **options)
        except (FileNotFoundError, AlreadyExistsError, PreconditionError) as error:
            if "NoSuchBucket" in str(error):
                raise StoreError(f"{self.shown}: no such bucket. Make it, or correct ISOBAR_LAKE.") from None
            raise
        except BaseError as error:
            raise StoreError(f"{self.shown}: {_explained(str(error))}") from None


REMEDIES = (
    (("SignatureDoesNotMatch", "InvalidAccessKeyId", "ExpiredToken", "InvalidToken", "Unauthenticated"),
     "the credentials are not accepted; check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or renew the session"),
    (("AccessDenied", "403 Forbidden", "PermissionDenied"),
     "access is denied; this key needs GetObject, PutObject, DeleteObject and ListBucket on the bucket"),
    (("QuotaExceeded", "507", "InsufficientStorage", "StorageFull"),
     "the bucket is full; make room and run the same command again"),
    (("NoSuchBucket",), "no such bucket; make it, or correct ISOBAR_LAKE"),
    (("PermanentRedirect", "301 Moved", "IllegalLocationConstraint", "AuthorizationHeaderMalformed"),
     "the bucket is in another region; set AWS_REGION"),
    (("503", "SlowDown", "ServiceUnavailable", "500 Internal", "429"),
     "the server is too busy; run the same command again later"),
    (("error sending request", "Connect", "dns error", "timed out", "timeout", "connection"),
     "no answer; check AWS_ENDPOINT_URL and the network, then run the same command again"),
)  # fmt: skip
"""Words of an error, and what it means. Nothing is lost in any of these cases: what landed stays, and the next load goes on."""


def address_of(bucket: str, access: AwsAccess) -> str:
    """The address of a bucket's server, as obstore takes it: without path style the bucket is part of the host.

    AWS's own is named too: obstore takes a variable AWS_ENDPOINT_URL that is set and empty for an address, and workflows and
    compose files set such variables.
    """
    address = urlsplit(access.endpoint or f"https://s3.{access.region}.amazonaws.com")
    host = address.netloc if access.is_path_style else f"{bucket}.{address.netloc}"
    return address._replace(netloc=host).geturl()


def _explained(message: str) -> str:
    for words, meaning in REMEDIES:
        # a number is no part of a port, and a word no part of a bucket's name
        if any(re.search(rf"(?<!\w){word}(?!\d)", message) for word in words):
            return f"{meaning}. Nothing is lost."
    return message.splitlines()[0][:200]


def _credentials(url: str, access: AwsAccess) -> dict[str, Any]:
    """What obstore takes.

    Raises:
        StoreError: there are none, or a profile needs boto3, which is not installed.
    """
    for secret in filter(None, (access.secret, access.token)):
        hide(secret)
    if access.key_id and access.secret:
        found = {"access_key_id": access.key_id, "secret_access_key": access.secret}
        return found | ({"session_token": access.token} if access.token else {})
    if access.is_ambient:
        return {}  # a role of the container or the workflow, which obstore asks for itself
    if access.profile:
        try:
            from boto3 import Session
            from botocore.exceptions import BotoCoreError
            from obstore.auth.boto3 import Boto3CredentialProvider
        except ImportError:
            raise StoreError(f"{url}: AWS_PROFILE needs boto3: python -m pip install boto3") from None
        try:
            return {"credential_provider": Boto3CredentialProvider(Session(profile_name=access.profile))}
        except (BotoCoreError, ValueError) as error:
            raise StoreError(f"{url}: profile {access.profile}: {str(error).splitlines()[0]}") from None
    raise StoreError(
        f"{url}: no credentials. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or [lake] in"
        " .dlt/secrets.toml."
    )
