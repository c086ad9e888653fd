"""A provider's own settings in a test, some of them changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ingestion.sources.climatology.settings import ClimatologySettings
from ingestion.sources.meteofrance_vigilance.settings import MeteofranceSettings
from ingestion.sources.openweather.settings import OpenWeatherSettings
from ingestion.sources.synop.settings import SynopSettings
from isobar.settings import ProviderSettings, Settings


def changed(settings: Settings, kind: type[ProviderSettings], **changes: Any) -> Settings:
    return settings.with_own(replace(settings.of(kind), **changes))


def openweather(settings: Settings, **changes: Any) -> Settings:
    return changed(settings, OpenWeatherSettings, **changes)


def meteofrance(settings: Settings, **changes: Any) -> Settings:
    return changed(settings, MeteofranceSettings, **changes)


def synop(settings: Settings, **changes: Any) -> Settings:
    return changed(settings, SynopSettings, **changes)


def climatology(settings: Settings, **changes: Any) -> Settings:
    return changed(settings, ClimatologySettings, **changes)
