"""The monthly figures against those that Météo-France published: CLIMAT, an independent computation from the same stations.

    python -m tests.accuracy        writes docs/accuracy.md (`make accuracy`)

CLIMAT gives means of Tn and Tx in 0.1 °C and rain in whole millimetres, for 1996-01 to 06 and the metropolitan stations of
WMO block 07 here. A station-month counts where both sides have a figure; for rain where every day is covered.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import duckdb

from isobar.settings import PROJECT_ROOT, Settings

REPORT = PROJECT_ROOT / "docs" / "accuracy.md"
CLIMAT_FILES = "climat.19960[1-6].csv.gz"
WORST_SHOWN = 10


@dataclass(frozen=True)
class Element:
    """One compared figure: the mart's column, CLIMAT's, how close is close, and for how many station-months at least."""

    name: str
    column: str
    climat: str
    unit: str
    tolerance: float
    share: float
    counted: str = "true"


ELEMENTS = (
    Element("mean of Tn", "temperature_min_mean_c", "TNMOY", "°C", 0.1, 0.98),
    Element("mean of Tx", "temperature_max_mean_c", "TXMOY", "°C", 0.1, 0.96),
    Element("rain", "precipitation_total_mm", "RR", "mm", 1.5, 0.90, "is_precipitation_complete"),
)
ROUNDING = 1e-6
"""A difference of exactly the tolerance is within it, whatever binary fractions make of it."""


@dataclass(frozen=True)
class Pair:
    """One station-month on both sides."""

    element: Element
    station: str
    month: str
    ours: float
    theirs: float
    day_count: int

    @property
    def difference(self) -> float:
        return self.ours - self.theirs

    @property
    def is_close(self) -> bool:
        return abs(self.difference) <= self.element.tolerance + ROUNDING


def pairs(marts: Path, climat: Path) -> list[Pair]:
    """Every station-month that both sides have, for every element."""
    found = []
    with duckdb.connect() as session:
        session.execute(f"attach '{marts}' as m (read_only); use m")
        for element in ELEMENTS:
            days = "precipitation_day_count" if element.climat == "RR" else "temperature_day_count"
            found += [
                Pair(element, *row)
                for row in session.execute(
                    f"select c.NUM_POSTE, strftime(month_start_date, '%Y-%m'), {element.column}, c.{element.climat}::double, {days}"
                    " from fct_monthly_climate as ours join read_csv(?, all_varchar = true, delim = ';') as c"
                    " on ours.location_id = 'wmo:' || c.NUM_POSTE and ours.month_start_date = c.DAT::timestamp::date"
                    f" where ours.source = 'synop' and c.NUM_POSTE like '07%' and {element.counted}"
                    f" and {element.column} is not null and c.{element.climat} is not null order by 1, 2",
                    [str(climat / CLIMAT_FILES)],
                ).fetchall()
            ]
    return found


def shares(compared: list[Pair]) -> dict[str, tuple[int, int]]:
    """Element -> (close, compared)."""
    return {
        element.name: (
            sum(pair.is_close for pair in compared if pair.element is element),
            sum(pair.element is element for pair in compared),
        )
        for element in ELEMENTS
    }
