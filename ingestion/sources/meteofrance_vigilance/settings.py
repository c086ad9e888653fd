"""The settings of Météo-France's portal, which vigilance is asked of."""

from __future__ import annotations

from dataclasses import dataclass

from isobar.settings import Budget, KeyedProvider

URL = "https://public-api.meteofrance.fr/public"


@dataclass(frozen=True)
class MeteofranceSettings(KeyedProvider):
    """ISOBAR_METEOFRANCE_URL, _BUDGET and _KEY."""

    NAME = "meteofrance"
    API = "meteofrance_vigilance"
    PLAN = Budget(minute=50)  # the portal's limit, for each of its APIs (weather-domain A5)
    DEFAULT_URL = URL

    url: str = URL
    budget: Budget = PLAN
