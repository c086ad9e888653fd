"""What a publication is, wherever it is published, and what it says of the sources behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ingestion.registry import SOURCES


@dataclass(frozen=True)
class Publication:
    """What a publish did."""

    publication_id: str
    row_count: int
    written: int
    kept: int
    seconds: float


@dataclass(frozen=True)
class Published:
    """What readers see."""

    publication_id: str
    published_at: datetime  # UTC
    warehouse_kind: str  # real, simulated, empty
    observation_count: int
    row_count: int  # of all marts


SOURCES_COLUMNS = (
    "source varchar, name_en varchar, name_fr varchar, licence varchar, licence_url varchar, attribution varchar,"
    " is_open boolean"
)
"""Of the table `sources` of a publication: what readers are to call each source, and under what licence its data are."""


def described_sources() -> list[tuple[str, str, str, str, str, str, bool]]:
    """Rows of that table, by the providers' folders."""
    return [
        (
            source.name,
            source.display_name,
            source.display_name_fr or source.display_name,
            source.licence.name,
            source.licence.url,
            source.licence.attribution,
            source.licence.is_open,
        )
        for source in sorted(SOURCES.values(), key=lambda source: source.name)
    ]
