"""A folder per provider. Its dlt source has its name: `from ingestion.sources.synop import synop`."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any


def lazy_dlt_source(package: str) -> Callable[[str], Any]:
    """A package's `__getattr__`, which gives the dlt source of its `dlt_source.py`.

    dlt is a second to import, and settings are read without it.
    """
    source = package.rpartition(".")[2]

    def get(name: str) -> Any:
        if name != source:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(f"{package}.dlt_source"), name)

    return get
