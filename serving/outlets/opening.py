"""A URL of `ISOBAR_OUTLETS` -> its store. A store's module, and its library with it, is imported when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from ingestion.http.redaction import hide
from isobar.settings import Settings
from serving.outlets.outlet import Outlet, OutletError


def open_outlet(url: str, settings: Settings) -> Outlet:
    """The store of a URL. It is not connected to yet.

    Raises:
        OutletError: there is no such store, its library is not installed, or the URL lacks something.
    """
    scheme = urlsplit(url).scheme
    if scheme not in OUTLETS:
        raise OutletError(f"{scheme}:// is no outlet. Use one of: {', '.join(OUTLETS)}.")
    password = settings.outlet_password(url)
    if password:
        hide(password)
    try:
        return OUTLETS[scheme](url, password)
    except ModuleNotFoundError:  # an extra has the name of its scheme
        raise OutletError(f"it needs the extra {scheme}: run `make setup-{scheme}`") from None


def _postgresql(url: str, password: str | None) -> Outlet:
    from serving.outlets.postgresql import PostgreSQL

    return PostgreSQL(url, password)


def _redis(url: str, password: str | None) -> Outlet:
    from serving.outlets.redis import Redis

    return Redis(url, password)


def _cassandra(url: str, password: str | None) -> Outlet:
    from serving.outlets.cassandra import Cassandra

    return Cassandra(url, password)


def _mysql(url: str, password: str | None) -> Outlet:
    from serving.outlets.mysql import MySQL

    return MySQL(url, password)


def _mongodb(url: str, password: str | None) -> Outlet:
    from serving.outlets.mongodb import MongoDB

    return MongoDB(url, password)


OUTLETS: dict[str, Callable[[str, str | None], Outlet]] = {
    "postgresql": _postgresql,
    "redis": _redis,
    "cassandra": _cassandra,
    "mysql": _mysql,
    "mongodb": _mongodb,
}
"""By the URL's scheme."""
