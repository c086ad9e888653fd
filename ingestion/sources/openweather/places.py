"""Whether an answer is of the place that it should be of."""

from __future__ import annotations

import re
from math import asin, cos, radians, sin, sqrt
from typing import Any

from ingestion.readers.reading import LATITUDE, LONGITUDE
from ingestion.sources.openweather.cities import City

FARTHEST_KM = 50.0
"""An answer's position is the one asked for, to two decimals; further away it is of another place."""

FRENCH_TERRITORIES = frozenset("BL GF GP MF MQ NC PF PM RE TF WF YT".split())
"""Countries of their own in ISO 3166 and in OpenWeather's answers; a list may call them FR."""


def misplacement(city: City, body: Any) -> str | None:
    """Why an answer is of another place than the city: its position is far from the one asked for, or its country is not that of
    the list. Near a border OpenWeather may name a town of the neighbour: the list's `openweather_id` then says that it is meant.
    What the answer does not name is not judged."""
    place = body.get("city") if isinstance(body.get("city"), dict) else body
    distance = kilometres_away(place, city.latitude, city.longitude)
    if distance is not None:
        return f"the answer is of a place {distance:,.0f} km from {city.name}"
    within = place.get("sys") if isinstance(place.get("sys"), dict) else place
    country, listed = within.get("country"), city.country
    if not isinstance(country, str) or not re.fullmatch(r"[A-Z]{2}", country.upper()):
        return None
    country = country.upper()
    if country == listed or (listed == "FR" and country in FRENCH_TERRITORIES):
        return None
    if city.openweather_id is not None and place.get("id") == city.openweather_id:
        return None
    remedy = f", or give openweather_id {place['id']} if that place is meant" if place.get("id") else ""
    name = str(place.get("name"))[:40]
    return f"the answer is of {name}, {country}; the list has {city.name}, {listed}: correct its country or position{remedy}"


def kilometres_away(place: Any, latitude: object, longitude: object) -> float | None:
    """How far the `coord` of a place is from a position, where that is more than FARTHEST_KM and both are positions."""
    found = position_of(place.get("coord") if isinstance(place, dict) else None)
    expected = position_of({"lat": latitude, "lon": longitude})
    if found is None or expected is None:
        return None
    distance = great_circle_km(*found, *expected)
    return distance if distance > FARTHEST_KM else None


def position_of(coord: Any) -> tuple[float, float] | None:
    """Latitude and longitude of a `coord`, degrees; None where it has not both."""
    latitude, longitude = (number_of(coord.get(name)) if isinstance(coord, dict) else None for name in ("lat", "lon"))
    if latitude is None or longitude is None:
        return None
    is_on_earth = LATITUDE[0] <= latitude <= LATITUDE[1] and LONGITUDE[0] <= longitude <= LONGITUDE[1]
    return (latitude, longitude) if is_on_earth else None


def number_of(value: object) -> float | None:
    """A number of JSON, None where it is none that a float can hold."""
    try:
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
    except OverflowError:  # a whole number of some hundred digits
        return None


def great_circle_km(latitude_1: float, longitude_1: float, latitude_2: float, longitude_2: float) -> float:
    """Distance on a sphere of the Earth's mean radius (IUGG), km; positions in degrees."""
    phi_1, phi_2 = radians(latitude_1), radians(latitude_2)
    half_phi, half_lambda = (phi_2 - phi_1) / 2, radians(longitude_2 - longitude_1) / 2
    squared = sin(half_phi) ** 2 + cos(phi_1) * cos(phi_2) * sin(half_lambda) ** 2
    return 2 * 6371.0088 * asin(min(1.0, sqrt(max(0.0, squared))))
