"""Every source that can be loaded: a folder under `sources/` with a `SOURCE` in its `source.py`."""

from importlib import import_module
from typing import Any

from ingestion import providers, sources
from ingestion.source import Source


def _source(name: str) -> Source:
    found: Source = import_module(f"{sources.__name__}.{name}.source").SOURCE
    return found


SOURCES: dict[str, Source] = {name: _source(name) for name in providers.names()}


def dlt_source(name: str) -> Any:
    """The `@dlt.source` of a provider's folder. dlt is imported with the first."""
    return getattr(import_module(f"{sources.__name__}.{name}"), name)
