"""What a publication is, wherever it is published."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


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
