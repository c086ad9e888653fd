"""The configured cities: one CSV file, the project's or the user's (`ISOBAR_CITIES`)."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from isobar.settings import Settings, SettingsError

COLUMNS = ("city_key", "name", "country", "latitude", "longitude", "altitude", "openweather_id", "timezone")
REQUIRED = ("city_key", "name", "country")
KEY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


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


def configured_cities(settings: Settings) -> Sequence[City]:
    """The cities of `settings.cities`.

    Raises:
        SettingsError: the file is not there or not a list of cities; names the line.
    """
    try:
        modified = settings.cities.stat().st_mtime_ns
    except OSError:
        raise SettingsError(
            f"ISOBAR_CITIES={settings.cities.name}: no such file. It is a CSV file: {','.join(COLUMNS)}."
        ) from None
    return _read(settings.cities, modified)


@lru_cache(maxsize=4)
def _read(path: Path, modified: int) -> tuple[City, ...]:  # noqa: ARG001 - a changed file is another entry of the cache
    cities: list[City] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            unknown = set(reader.fieldnames or ()) ^ set(COLUMNS)
            if unknown:
                raise SettingsError(
                    f"{path.name}: the columns must be {','.join(COLUMNS)}; check {', '.join(sorted(unknown))}."
                )
            for row in reader:
                try:
                    cities.append(_city(row))
                except (ValueError, TypeError, AttributeError) as error:
                    raise SettingsError(f"{path.name}, line {reader.line_num}: {error}.") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path.name} is not UTF-8 text.") from None
    keys = [city.city_key for city in cities]
    repeated = sorted({key for key in keys if keys.count(key) > 1})
    if repeated or not cities:
        raise SettingsError(f"{path.name}: {f'{repeated[0]} is there twice' if repeated else 'no city in it'}.")
    return tuple(cities)


def _city(row: dict[str, str]) -> City:
    values = {name: row[name].strip() or None for name in COLUMNS}
    for name in REQUIRED:
        if values[name] is None:
            raise ValueError(f"{name} is empty")
    if not KEY.fullmatch(values["city_key"] or ""):
        raise ValueError(
            f"city_key {values['city_key']} must be lower-case letters, digits and hyphens, as in paris-fr"
        )
    if any(";" in value or "\n" in value for value in values.values() if value):
        raise ValueError("a cell holds a semicolon or a line break")

    def number(name: str, largest: float) -> float | None:
        text = values[name]
        if text is None:
            return None
        found = float(text)
        if not math.isfinite(found) or abs(found) > largest:
            raise ValueError(f"{name} {text} is not between {-largest:g} and {largest:g}")
        return found

    latitude, longitude = number("latitude", 90), number("longitude", 180)
    if (latitude is None) != (longitude is None):
        raise ValueError("latitude and longitude go together: give both, or none to have the city looked up")
    openweather_id = values["openweather_id"]
    return City(
        city_key=values["city_key"] or "",
        name=values["name"] or "",
        country=values["country"] or "",
        latitude=latitude,
        longitude=longitude,
        altitude=number("altitude", 9000),
        openweather_id=int(openweather_id) if openweather_id else None,
        timezone=values["timezone"],
    )


def write(cities: Sequence[City], target: Path) -> None:
    """The list as it goes into the lake: one layout, whatever the user's file quotes or orders."""
    lines = [";".join(COLUMNS)]
    lines += [
        ";".join("" if getattr(city, name) is None else str(getattr(city, name)) for name in COLUMNS) for city in cities
    ]
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")
