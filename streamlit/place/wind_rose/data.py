"""How often the wind comes from where, and how strong: a rose of sixteen sectors with its calms."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd

from repository import Repository, Series

CALM_BELOW_MS = 0.3
"""Beaufort 0 (WMO-No. 8): such a wind has no direction, and SYNOP codes 0 for it."""
SECTORS = 16
CLASSES = ((1, 0.3, 3.4), (3, 3.4, 8.0), (5, 8.0, 13.9), (7, 13.9, None))
"""Classes of speed: the lowest Beaufort force, and the speeds in m/s from which and below which they are: light air and
breeze, gentle to moderate, fresh to strong, near gale and more."""


@dataclass(frozen=True)
class Rose:
    """`petals`: sector (0 is north, clockwise), class_number (of `CLASSES`), and `inner` and `outer`, the shares of all
    observations in % between which the class lies on its sector. Calms and winds without a direction are in the count."""

    petals: pd.DataFrame
    observation_count: int
    calm_count: int
    undirected_count: int

    @property
    def calm_pct(self) -> float:
        return 100 * self.calm_count / self.observation_count


def rose(repository: Repository, series: Series, first: date, last: date) -> Rose | None:
    """None where no wind was observed."""
    rows = repository.winds(*series, first, last, CALM_BELOW_MS)
    total = int(rows["observation_count"].sum())
    if not total:
        return None
    directed = rows.dropna(subset=["sector"])
    bounds = [force for force, _, _ in CLASSES]
    directed = directed.assign(
        class_number=[
            max(i for i, force in enumerate(bounds) if b >= force) for b in directed["beaufort"].clip(lower=1)
        ]
    )
    petals = directed.groupby(["sector", "class_number"], as_index=False)["observation_count"].sum()
    petals["outer"] = 100 * petals.groupby("sector")["observation_count"].cumsum() / total
    petals["inner"] = petals["outer"] - 100 * petals["observation_count"] / total
    calm = int(rows.loc[rows["is_calm"], "observation_count"].sum())
    return Rose(petals, total, calm, total - calm - int(directed["observation_count"].sum()))
