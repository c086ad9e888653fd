"""A URL of `ISOBAR_OUTLETS` -> its store. A store's library is imported when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

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
    return OUTLETS[scheme](url, settings.outlet_password(url), settings.scratch)


def _postgresql(url: str, password: str | None, scratch: Path) -> Outlet:
    from serving.outlets.postgresql import PostgreSQL

    return PostgreSQL(url, password, scratch)


def _mysql(url: str, password: str | None, scratch: Path) -> Outlet:
    from serving.outlets.mysql import MySQL

    return MySQL(url, password, scratch)


def _mongodb(url: str, password: str | None, scratch: Path) -> Outlet:
    from serving.outlets.mongodb import MongoDB

    return MongoDB(url, password, scratch)


OUTLETS: dict[str, Callable[[str, str | None, Path], Outlet]] = {
    "postgresql": _postgresql,
    "mysql": _mysql,
    "mongodb": _mongodb,
}
"""By the URL's scheme."""
