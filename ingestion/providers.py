"""Which providers there are, by their folders under `sources/`, and the settings of each. Imports no reader and no dlt."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules

from ingestion import sources
from ingestion.http.budget import key_hash, provider_of
from isobar.settings import Budget, KeyedProvider, ProviderSettings, Settings


@cache
def names() -> tuple[str, ...]:
    """The sources' names, which are those of their folders."""
    return tuple(sorted(module.name for module in iter_modules(sources.__path__) if module.ispkg))


@cache
def kinds_of_settings() -> tuple[type[ProviderSettings], ...]:
    """The classes of the providers' settings, as their folders' `settings.py` have them."""
    modules = [f"{sources.__name__}.{name}.settings" for name in names()]
    return tuple(
        found
        for module in modules
        if find_spec(module)
        for found in vars(import_module(module)).values()
        if isinstance(found, type) and issubclass(found, ProviderSettings) and found.__module__ == module
    )


def keyed(settings: Settings) -> list[KeyedProvider]:
    """The settings of providers that want a key, whether one is set or not."""
    return [settings.of(kind) for kind in kinds_of_settings() if issubclass(kind, KeyedProvider)]


def configured_keys(settings: Settings) -> list[tuple[str, str, Budget]]:
    """(API as the call log names it, hash of its key, budget) of every key that is set."""
    return [(each.API, key_hash(key), each.budget) for each in keyed(settings) if (key := each.key())]


def budget_of(settings: Settings, api: str) -> Budget | None:
    """What may be called of an API; None of one that no setting knows (any more). Budgets are a provider's, for all its APIs."""
    return next((each.budget for each in keyed(settings) if provider_of(api) == each.NAME), None)


def check(settings: Settings) -> None:
    """Say that a provider's setting cannot be used before anything is tried.

    Raises:
        SettingsError: one cannot.
    """
    for kind in kinds_of_settings():
        settings.of(kind)
