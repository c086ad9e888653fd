"""Answers of another place than the one asked for."""

from __future__ import annotations

from typing import Any

import pytest

from ingestion.sources.openweather.cities import City
from ingestion.sources.openweather.places import great_circle_km, misplacement

LYON = City("lyon-fr", "Lyon", "FR", 45.75, 4.85, 173.0, None, "Europe/Paris")


def answer(country: object = "FR", lat: object = 45.76, lon: object = 4.84, **body: Any) -> dict[str, Any]:
    return {"id": 1, "name": "Somewhere", "coord": {"lat": lat, "lon": lon}, "sys": {"country": country}, **body}


@pytest.mark.parametrize(
    "body",
    [
        answer(),
        answer(country="fr"),
        # what an answer does not name is not judged
        answer(country=None),
        answer(country=7),
        answer(coord=[4.84, 45.76]),
        answer(lat=None),
        {"list": []},
        # a forecast names its place elsewhere
        {"city": {"name": "Lyon", "country": "FR", "coord": {"lat": 45.76, "lon": 4.84}}},
        # territories of France are countries of their own
        answer(country="RE"),
    ],
)
def test_an_answer_of_the_place_or_of_none_is_taken(body):
    assert misplacement(LYON, body) is None


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (answer(lat=4.85, lon=45.75), "of a place"),  # latitude and longitude swapped in the list
        (answer(country="IT"), "Somewhere, IT; the list has Lyon, FR"),
        ({"city": {"name": "Aosta", "country": "IT", "coord": {"lat": 45.74, "lon": 4.9}}}, "Aosta, IT"),
    ],
)
def test_an_answer_of_another_place_is_refused_with_the_reason(body, reason):
    assert reason in str(misplacement(LYON, body))


def test_a_town_beyond_the_border_is_taken_when_the_list_has_its_id():
    basel = City("bale-fr", "Saint-Louis", "FR", 47.58, 7.56, None, 2661604, None)
    town = answer(country="CH", lat=47.56, lon=7.57, id=2661604, name="Basel")
    assert misplacement(basel, town) is None
    assert "give openweather_id 5" in str(misplacement(basel, town | {"id": 5}))


def test_distances_are_those_of_the_sphere():
    # a degree of latitude is 111.195 km on a sphere of 6371.0088 km; antipodes are half of its circumference
    assert great_circle_km(45, 5, 46, 5) == pytest.approx(111.195, abs=0.001)
    assert great_circle_km(0, 0, 0, 180) == pytest.approx(20015.115, abs=0.001)
