"""A module for each server, with its `SERVER`. They are found by their place; nothing is registered."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from tools.services.server import Server


def known() -> dict[str, Server]:
    """Every server by its name, sorted."""
    found = [import_module(f"{__name__}.{each.name}").SERVER for each in iter_modules(__path__)]
    return {server.name: server for server in sorted(found, key=lambda server: server.name)}
