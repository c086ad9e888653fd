"""Climatology's settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from isobar.settings import CORSICA_AS_ONE, ProviderSettings, parse_departments

URL = "https://object.files.data.gouv.fr/meteofrance/data/synchro_ftp/BASE/QUOT/"
"""Where Météo-France publishes the daily files (weather-domain A4)."""

DEPARTMENTS = tuple("06 13 14 16 20 21 25 26 29 30 31 33 35 36 44 45 47 51 54 58 59 63 64 66 67 69 72 73 75 86".split())
"""Those of the thirty stations of the national thermal indicator."""


@dataclass(frozen=True)
class ClimatologySettings(ProviderSettings):
    """`url`: base of the files, ISOBAR_CLIMATOLOGY_URL. `departments` that are loaded, ISOBAR_CLIMATOLOGY_DEPARTMENTS."""

    url: str = URL
    departments: tuple[str, ...] = DEPARTMENTS

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """See :meth:`ProviderSettings.from_environment`."""
        name = "ISOBAR_CLIMATOLOGY_DEPARTMENTS"
        departments = parse_departments(environment.get(name), name, CORSICA_AS_ONE)
        return cls(environment.get("ISOBAR_CLIMATOLOGY_URL") or URL, departments or DEPARTMENTS)

    def environment(self) -> dict[str, str]:
        """See :meth:`ProviderSettings.environment`."""
        return {
            "ISOBAR_CLIMATOLOGY_URL": self.url,
            "ISOBAR_CLIMATOLOGY_DEPARTMENTS": ",".join(self.departments),
        }
