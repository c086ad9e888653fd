"""SYNOP: the essential observations Météo-France exchanges within WMO, every three hours since 1996 (see README.md)."""

from __future__ import annotations

import json
import re
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from ingestion.archives import PublishedFiles, Wanted
from ingestion.readers.bodies import NotJson, WrongType, find, parse
from ingestion.readers.reading import TEXT, RefusedFile
from ingestion.readers.wrappings import opened
from ingestion.source import LICENCE_OUVERTE, Period, Schedule, Source, Table
from ingestion.sources.synop.columns import OBSERVATIONS, STATIONS
from ingestion.sources.synop.settings import SynopSettings

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

_PROPERTIES = {place[-1] for places in _IN_GEOJSON.values() for place in places if place[0] == "properties"}


def _stations_to_csv(path: Path, target: Path) -> None:
    """The station list as GeoJSON in the columns of the CSV list. A feature that cannot be read costs only itself.

    Raises:
        RefusedFile: not such a list.
    """
    try:
        with opened(path) as origin:
            features = find(parse(origin.read().decode("utf-8-sig")), ("features",), "")
    except (NotJson, UnicodeDecodeError, WrongType) as error:
        raise RefusedFile(f"not the station list as GeoJSON: {error}") from None
    if not isinstance(features, list) or not features:
        raise RefusedFile("not the station list as GeoJSON: no list of features")
    rows = [_cells(feature) for feature in features]
    if not any(cells[0] for cells in rows):
        raise RefusedFile("not the station list as GeoJSON: no feature has a readable properties/Id")
    with target.open("w", encoding="utf-8", newline="\n") as out:
        out.writelines(";".join(cells) + "\n" for cells in [list(_IN_GEOJSON), *rows])


def _cells(feature: object) -> list[str]:
    """A station's cells. Of a feature without a readable id or name, the feature itself in a row that the reader rejects."""
    try:
        named = _with_lower_names(feature)
        cells = [_cell(named, column) for column in _IN_GEOJSON]
        if not cells[0]:
            raise ValueError
    except ValueError:
        cells = ["", json.dumps(feature).replace('"', "'"), *[""] * (len(_IN_GEOJSON) - 2)]
    # a separator would end the cell; one that begins with a quote would end with the next
    whole = (re.sub(r"[;\s]+", " ", cell) for cell in cells)
    return ['"' + cell.replace('"', '""') + '"' if '"' in cell else cell for cell in whole]


def _with_lower_names(feature: object) -> object:
    """A feature whose properties have names in lower case.

    Raises:
        ValueError: two names become one that is read, and their values differ.
    """
    properties = feature.get("properties") if isinstance(feature, dict) else None
    if not isinstance(feature, dict) or not isinstance(properties, dict):
        return feature
    lower: dict[str, object] = {}
    for name, value in properties.items():
        if lower.setdefault(name.lower(), value) != value and name.lower() in _PROPERTIES:
            raise ValueError
    return {**feature, "properties": lower}


def _cell(feature: object, column: str) -> str:
    """A column of a feature. What cannot be one of its kind is left to the reader to reject; but it takes any text.

    Raises:
        ValueError: neither text nor a whole number, where text should be.
    """
    is_text = STATIONS.columns[STATIONS.aliases.get(column, column)] == TEXT
    try:
        found = (find(feature, place, "") for place in _IN_GEOJSON[column])
        value = next((each for each in found if each not in (None, "")), None)
    except WrongType as wrong:
        # a number in the place of an object is none of this column
        value = {wrong.pointer: wrong.value}
    if value is None:
        return ""
    if isinstance(value, str):
        value.encode()  # half of a surrogate pair cannot be
        return value
    if not is_text:
        return json.dumps(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
        raise ValueError
    return str(int(value))


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
        # the file of the running year is rewritten once a day, about 07 UTC
        schedule=Schedule(cadence_hours=24, overdue_after_hours=36),
    ),
)

SOURCE = Source(
    name="synop",
    display_name="Météo-France SYNOP",
    observations_per_day=8,
    licence=LICENCE_OUVERTE,
    tables=TABLES,
    feed=PublishedFiles(
        source="synop",
        wanted=_wanted,
        table_of=lambda file: next((table.name for table in TABLES if table.claims(file)), None),
        base_url=lambda settings: settings.of(SynopSettings).url,
        default_days=LIVE_DAYS,
    ),
)
