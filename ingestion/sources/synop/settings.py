"""SYNOP's settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from isobar.settings import ProviderSettings

URL = "https://meteofrance.s3.sbg.io.cloud.ovh.net/data/OBS/SYNOP/"
"""Where Météo-France publishes the yearly archives since 2025. A setting, because it has moved before."""


@dataclass(frozen=True)
class SynopSettings(ProviderSettings):
    """`url`: base of the archives, ISOBAR_SYNOP_URL."""

    url: str = URL

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """See :meth:`ProviderSettings.from_environment`."""
        return cls(environment.get("ISOBAR_SYNOP_URL") or URL)

    def environment(self) -> dict[str, str]:
        """See :meth:`ProviderSettings.environment`."""
        return {"ISOBAR_SYNOP_URL": self.url}
