"""A URL -> its store, without a server."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from isobar.settings import Settings
from serving.outlets.opening import OUTLETS, open_outlet
from serving.outlets.outlet import OutletError


@pytest.mark.parametrize("scheme", OUTLETS)
def test_a_store_whose_library_is_not_installed_names_its_extra(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    library = {"postgresql": "psycopg", "mysql": "pymysql", "mongodb": "pymongo"}.get(scheme, scheme)
    monkeypatch.delitem(sys.modules, f"serving.outlets.{scheme}", raising=False)
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(OutletError, match=f"it needs the extra {scheme}: run `make setup-{scheme}`"):
        open_outlet(f"{scheme}://isobar@127.0.0.1/1", Settings(data_dir=Path("nowhere")))


def test_another_scheme_is_one_clear_line() -> None:
    with pytest.raises(OutletError, match=f"^oracle:// is no outlet. Use one of: {', '.join(OUTLETS)}.$"):
        open_outlet("oracle://isobar@127.0.0.1/1", Settings(data_dir=Path("nowhere")))
