"""OpenWeather's settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from isobar.settings import Budget, KeyedProvider

URL = "https://api.openweathermap.org"

CITIES = Path(__file__).with_name("cities.csv")


@dataclass(frozen=True)
class OpenWeatherSettings(KeyedProvider):
    """ISOBAR_OPENWEATHER_URL, _BUDGET and _KEY; `cities`, the list of those that are polled, ISOBAR_CITIES."""

    NAME = "openweather"
    API = "openweather"
    # the free plan: 60 a minute and a million a month (weather-domain A1); a day is the month's share
    PLAN = Budget(minute=60, day=32_000, month=1_000_000)
    DEFAULT_URL = URL

    url: str = URL
    budget: Budget = PLAN
    cities: Path = CITIES

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """See :meth:`KeyedProvider.from_environment`."""
        cities = Path(environment.get("ISOBAR_CITIES") or CITIES).expanduser().resolve()
        return replace(super().from_environment(environment), cities=cities)

    def environment(self) -> dict[str, str]:
        """See :meth:`ProviderSettings.environment`."""
        return super().environment() | {"ISOBAR_CITIES": str(self.cities)}

    def demo(self) -> Self:
        """The project's own cities too."""
        return replace(super().demo(), cities=CITIES)
