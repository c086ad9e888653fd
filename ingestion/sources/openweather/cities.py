"""The configured cities: one CSV file, the project's or the user's (`ISOBAR_CITIES`)."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from pathlib import Path
from zoneinfo import available_timezones

from ingestion.sources.openweather.settings import OpenWeatherSettings
from isobar.settings import Settings, SettingsError

COLUMNS = ("city_key", "name", "country", "latitude", "longitude", "altitude", "openweather_id", "timezone")
REQUIRED = ("city_key", "name", "country")
KEY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)", re.ASCII)
"""A position or a height as people write it; Python's float also takes '1_0', 'nan' and digits of other alphabets."""
COUNTRY = re.compile(r"[A-Za-z]{2}")
ID = re.compile(r"[1-9]\d{0,8}", re.ASCII)
SEPARATING = re.compile(r"[;\x00-\x1f\x7f-\x9f\u2028\u2029]")
"""What no name has, and what would end a cell or a line somewhere on its way."""


@dataclass(frozen=True)
class City:
    """A configured city; position in degrees, altitude in metres. Without a position it is looked up by name, once."""

    city_key: str
    name: str
    country: str
    latitude: float | None
    longitude: float | None
    altitude: float | None
    openweather_id: int | None
    timezone: str | None
    unknown_timezone: str | None = None  # what the list has in place of a zone


def configured_cities(settings: Settings) -> Sequence[City]:
    """The cities of the list that is configured.

    Raises:
        SettingsError: the file is not there or not a list of cities; names the line.
    """
    path = settings.of(OpenWeatherSettings).cities
    try:
        modified = path.stat().st_mtime_ns
    except OSError:
        raise SettingsError(
            f"ISOBAR_CITIES={path.name}: no such file. It is a CSV file: {','.join(COLUMNS)}."
        ) from None
    return _read(path, modified)


@lru_cache(maxsize=4)
def _read(path: Path, modified: int) -> tuple[City, ...]:  # noqa: ARG001 - a changed file is another entry of the cache
    cities: list[City] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file, strict=True)
            header = next(lines, [])
            odd = sorted(name for name in {*header, *COLUMNS} if header.count(name) != 1 or name not in COLUMNS)
            if odd:
                shown = ", ".join(map(_shown, odd))
                raise SettingsError(f"{path.name}: the columns must be {','.join(COLUMNS)}; check {shown}.")
            for cells in lines:
                if cells:  # a blank line is none
                    try:
                        cities.append(_city(dict(zip(header, cells, strict=True))))
                    except _NoCity as error:
                        raise SettingsError(f"{path.name}, line {lines.line_num}: {error}.") from None
                    except ValueError:
                        count = f"{len(cells)} cells where the header has {len(COLUMNS)}"
                        raise SettingsError(f"{path.name}, line {lines.line_num}: {count}.") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path.name} is not UTF-8 text.") from None
    except csv.Error as error:
        raise SettingsError(f"{path.name}, line {lines.line_num}: {error}.") from None
    except OSError as error:
        raise SettingsError(f"{path.name} cannot be read: {error.strerror}.") from None
    for column in ("city_key", "openweather_id"):  # either says which city a row is of
        named = Counter(getattr(city, column) for city in cities)
        repeated = [name for name, count in named.items() if count > 1 and name is not None]
        if repeated:
            raise SettingsError(f"{path.name}: {column} {repeated[0]} is there twice.")
    if not cities:
        raise SettingsError(f"{path.name}: no city in it.")
    return tuple(cities)


def remarks(settings: Settings) -> list[str]:
    """What the list's user should correct, though every city of it is kept."""
    cities = configured_cities(settings)
    zones = [
        f"{city.city_key} has no time zone, {_shown(city.unknown_timezone)} is none (one is written as Europe/Paris)"
        for city in cities
        if city.unknown_timezone
    ]
    same = [
        f"{one.city_key} and {other.city_key} are one place, {_shown(one.name)}, {one.country}:"
        " remove one of the two, or give each its own latitude and longitude"
        for one, other in combinations(cities, 2)
        if _is_same_place(one, other)
    ]
    return [f"{settings.of(OpenWeatherSettings).cities.name}: {remark}" for remark in zones + same]


def _is_same_place(one: City, other: City) -> bool:
    """Whether two cities of one name are asked for at one position. Without one, both are looked up by that name."""
    position, other_position = ((each.latitude, each.longitude) for each in (one, other))
    is_one_name = (one.name.casefold(), one.country) == (other.name.casefold(), other.country)
    return is_one_name and (one.latitude is None or other.latitude is None or position == other_position)


class _NoCity(Exception):
    """A line that is no city; the message is the reason."""


def _city(row: dict[str, str]) -> City:
    values = {name: row[name].strip() or None for name in COLUMNS}
    for name, text in values.items():
        if text is None and name in REQUIRED:
            raise _NoCity(f"{name} is empty")
        if text and SEPARATING.search(text):
            raise _NoCity(f"{name} holds a semicolon, a line break or another control character")
    if not KEY.fullmatch(values["city_key"] or ""):
        key = _shown(values["city_key"] or "")
        raise _NoCity(f"city_key {key} must be lower-case letters, digits and hyphens, as in paris-fr")

    if not COUNTRY.fullmatch(values["country"] or ""):
        country = _shown(values["country"] or "")
        raise _NoCity(f"country {country} must be a two-letter code of ISO 3166, as in FR")

    def number(name: str, largest: float) -> float | None:
        text = values[name]
        if text is None:
            return None
        if not NUMBER.fullmatch(text) or abs(float(text)) > largest:
            raise _NoCity(f"{name} {_shown(text)} is not a number between {-largest:g} and {largest:g}")
        return float(text)

    latitude, longitude = number("latitude", 90), number("longitude", 180)
    if (latitude is None) != (longitude is None):
        raise _NoCity("latitude and longitude go together: give both, or none to have the city looked up")
    openweather_id = values["openweather_id"]
    if openweather_id and not ID.fullmatch(openweather_id):
        raise _NoCity(f"openweather_id {_shown(openweather_id)} is not a whole number from 1 to 999999999")
    zone = values["timezone"]
    is_known = zone is None or zone in available_timezones()
    return City(
        city_key=values["city_key"] or "",
        name=values["name"] or "",
        country=(values["country"] or "").upper(),
        latitude=latitude,
        longitude=longitude,
        altitude=number("altitude", 9000),
        openweather_id=int(openweather_id) if openweather_id else None,
        timezone=zone if is_known else None,
        unknown_timezone=None if is_known else zone,
    )


def _shown(text: str) -> str:
    """What a user typed, in one line of a message."""
    return "".join(each if each.isprintable() else "?" for each in text[:40]) or "(no name)"


def write(cities: Sequence[City], target: Path) -> None:
    """The list as it goes into the lake: one layout, whatever the user's file quotes or orders."""
    lines = [";".join(COLUMNS)]
    lines += [
        ";".join("" if getattr(city, name) is None else str(getattr(city, name)) for name in COLUMNS) for city in cities
    ]
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")
