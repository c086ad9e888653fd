"""The parts of the world that the map can show, and which of them a station belongs to."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

OUTLINES = Path(__file__).resolve().parents[1] / "assets" / "outlines.geojson"


@dataclass(frozen=True)
class Territory:
    """A map window in degrees. Its outlines in `assets/outlines.geojson` reach `MARGIN` spans beyond it, so that a
    window of another shape than the screen shows land there and not a cut edge."""

    key: str
    west: float
    south: float
    east: float
    north: float

    @property
    def center(self) -> tuple[float, float]:
        return (self.west + self.east) / 2, (self.south + self.north) / 2

    def contains(self, longitude: float, latitude: float) -> bool:
        return self.west <= longitude <= self.east and self.south <= latitude <= self.north


MARGIN = 0.75
WORLD = Territory("world", -180, -90, 180, 90)

# In the order in which the reader chooses; the first that contains a station has it. The windows leave about one label's
# width around the land.
TERRITORIES = (
    Territory("metropole", -5.6, 41.2, 10.0, 51.4),
    Territory("antilles", -63.4, 14.2, -60.6, 18.3),
    Territory("guyane", -55.0, 1.9, -51.2, 6.0),
    Territory("reunion", 55.1, -21.5, 56.0, -20.75),
    Territory("mayotte", 44.95, -13.1, 45.4, -12.55),
    Territory("saint_pierre", -56.6, 46.6, -55.9, 47.2),
    Territory("nouvelle_caledonie", 158.8, -23.2, 169.0, -19.0),
    Territory("polynesie", -155.5, -28.5, -133.5, -7.0),
    Territory("wallis", -178.6, -14.6, -175.8, -12.9),
    Territory("eparses", 39.0, -24.0, 56.0, -10.5),
    Territory("australes", 48.0, -52.0, 80.0, -36.0),
    Territory("adelie", 130.0, -70.0, 150.0, -63.5),
    WORLD,
)
BY_KEY = {territory.key: territory for territory in TERRITORIES}


def territory_of(longitude: float, latitude: float) -> str:
    """The key of the first territory that contains the point; `world` takes what no other does."""
    return next((t.key for t in TERRITORIES if t.contains(longitude, latitude)), WORLD.key)


def with_territory(locations: pd.DataFrame) -> pd.DataFrame:
    """`locations` (longitude, latitude) with a column `territory`."""
    keys = [territory_of(lon, lat) for lon, lat in zip(locations["longitude"], locations["latitude"], strict=True)]
    return locations.assign(territory=pd.Series(keys, index=locations.index, dtype="object"))


def within(locations: pd.DataFrame, key: str) -> pd.DataFrame:
    """The rows of a territory; the world has all of them."""
    return locations if key == WORLD.key else locations[locations["territory"] == key]


def timezone_of(territory: Territory, locations: pd.DataFrame) -> str | None:
    """The zone of most locations of a territory; None where it is not known, and for the world, which has no one zone."""
    counts = locations["timezone"].dropna().value_counts()
    return None if territory is WORLD or counts.empty else str(counts.index[0])


@cache
def outlines(key: str) -> list[dict[str, Any]]:
    """GeoJSON features of a territory: `role` is `french` or `other`."""
    features = json.loads(OUTLINES.read_text(encoding="utf-8"))["features"]
    return [feature for feature in features if feature["properties"]["territory"] == key]
