"""SYNOP: the essential observations Météo-France exchanges within WMO, every three hours since 1996 (see README.md)."""

from __future__ import annotations

import json
import re
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from ingestion.http.files import PublishedFiles, Wanted
from ingestion.readers.bodies import NotJson, WrongType, find, parse
from ingestion.readers.reading import DOUBLE, RefusedFile
from ingestion.readers.wrappings import opened
from ingestion.source import LICENCE_OUVERTE, Period, Source, Table
from ingestion.sources.synop.columns import OBSERVATIONS, STATIONS

MONTHLY = re.compile(r"synop\.(\d{4})(\d{2})(?!\d).*\.csv(\.gz)?")
"""'synop.199601.csv.gz'; whatever stands between the month and '.csv' names a capture of it."""
YEARLY = re.compile(r"synop_(\d{4})(?!\d).*\.csv(\.gz)?")
STATION_LIST = re.compile(r"postes_?synop.*\.(csv|geojson)(\.gz)?", re.IGNORECASE)

YEARLY_PUBLISHED = "synop_{year}.csv.gz"
MONTHLY_PUBLISHED = "synop.{year}{month:02d}.csv.gz"
STATION_LISTS_PUBLISHED = ("postes_synop.geojson", "postesSynop.csv")

LIVE_DAYS = 92
"""A load without --start takes the last quarter: enough for a season's page, one or two yearly files."""


def _period(file: str) -> Period | None:
    if found := MONTHLY.fullmatch(file):
        year, month = int(found[1]), int(found[2])
        if not 1 <= month <= 12:
            return None
        return date(year, month, 1), date(year, month, monthrange(year, month)[1])
    if found := YEARLY.fullmatch(file):
        return date(int(found[1]), 1, 1), date(int(found[1]), 12, 31)
    return None


def _wanted(start: date, end: date) -> Sequence[Wanted]:
    """The station list, then each year as one file of the layout of today, else as months of the old one."""
    wanted = [Wanted("stations", tuple((name,) for name in STATION_LISTS_PUBLISHED))]
    for year in range(start.year, end.year + 1):
        first = start.month if year == start.year else 1
        last = end.month if year == end.year else 12
        months = tuple(MONTHLY_PUBLISHED.format(year=year, month=month) for month in range(first, last + 1))
        wanted.append(Wanted("observations", ((YEARLY_PUBLISHED.format(year=year),), months)))
    return wanted


_IN_GEOJSON: dict[str, tuple[tuple[str | int, ...], ...]] = {
    "id": (("properties", "id"),),
    "name": (("properties", "name"), ("properties", "nom")),
    "latitude": (("geometry", "coordinates", 1),),
    "longitude": (("geometry", "coordinates", 0),),
    "altitude": (("properties", "altitude"),),
    "date_ouverture": (("properties", "date_ouverture"),),
}
"""The columns of the CSV list, and where they are in a feature of `postes_synop.geojson`, the names of properties in lower case.
The first place that has a value counts: independent public readers know the name as `name` and as `Nom`."""


def _stations_to_csv(path: Path, target: Path) -> None:
    """The station list as GeoJSON in the columns of the CSV list.

    Raises:
        RefusedFile: not such a list, or a station's id or name is no text.
    """
    try:
        with opened(path) as origin:
            features = find(parse(origin.read().decode("utf-8-sig")), ("features",), "")
        if not isinstance(features, list):
            raise RefusedFile("not the station list as GeoJSON: no list of features")
        rows = [_cells(feature, f"/features/{number}") for number, feature in enumerate(features)]
        if rows and not any(cells[0] for cells in rows):
            raise RefusedFile("not the station list as GeoJSON: no feature has properties/Id")
    except (NotJson, UnicodeDecodeError, WrongType) as error:
        raise RefusedFile(f"not the station list as GeoJSON: {error}") from None
    # half of a surrogate pair goes through here and is refused as no UTF-8 by the reader, with its line
    with target.open("w", encoding="utf-8", errors="surrogatepass", newline="\n") as out:
        out.writelines(";".join(cells) + "\n" for cells in [list(_IN_GEOJSON), *rows])


def _cells(feature: object, pointer: str) -> list[str]:
    """A station's cells. The lists know no quotes, so no separator may stand in a name."""
    properties = find(feature, ("properties",), pointer)
    if isinstance(feature, dict) and isinstance(properties, dict):
        feature = {**feature, "properties": {name.lower(): value for name, value in properties.items()}}
    cells = []
    for column, places in _IN_GEOJSON.items():
        found = (find(feature, place, pointer) for place in places)
        value = next((each for each in found if each not in (None, "")), None)
        if STATIONS.columns[STATIONS.aliases.get(column, column)] == DOUBLE:
            cell = "" if value is None else json.dumps(value)  # of what is no number, a cell that is none either
        elif isinstance(value, str | None):
            cell = value or ""
        else:
            raise WrongType(value, "text", f"{pointer}: {column}")
        cells.append(re.sub(r"[;\s]+", " ", cell))
    return cells


TABLES = (
    Table(
        name="stations",
        layout=replace(STATIONS, to_csv=_stations_to_csv),
        claims=lambda file: bool(STATION_LIST.fullmatch(file)),
    ),
    Table(
        name="observations",
        layout=OBSERVATIONS,
        claims=lambda file: bool(MONTHLY.fullmatch(file) or YEARLY.fullmatch(file)),
        period=_period,
        time_column="validity_time",
    ),
)

SYNOP = Source(
    name="synop",
    licence=LICENCE_OUVERTE,
    tables=TABLES,
    feed=PublishedFiles(
        source="synop",
        wanted=_wanted,
        table_of=lambda file: next((table.name for table in TABLES if table.claims(file)), None),
        url_setting="synop_url",
        default_days=LIVE_DAYS,
    ),
)
