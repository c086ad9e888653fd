"""CLIMAT's settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from isobar.settings import ProviderSettings


@dataclass(frozen=True)
class ClimatSettings(ProviderSettings):
    """`url`: base of the files, ISOBAR_CLIMAT_URL; None, because no address is known that still publishes them."""

    url: str | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """See :meth:`ProviderSettings.from_environment`."""
        return cls(environment.get("ISOBAR_CLIMAT_URL") or None)

    def environment(self) -> dict[str, str]:
        """See :meth:`ProviderSettings.environment`."""
        return {"ISOBAR_CLIMAT_URL": self.url or ""}
