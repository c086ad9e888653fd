"""The catalogue of stations: identifiers, names, growth."""

from __future__ import annotations

import json

import pytest

from simulator.stations import published_stations, station_list_csv, station_list_geojson, stations


def test_catalogue_has_the_published_network():
    network = published_stations()
    assert len(network) == 62
    assert [s.id for s in network] == sorted(s.id for s in network)
    assert sum(s.is_metropolitan for s in network) == sum(s.id.startswith("07") for s in network) == 42


def test_more_stations_only_add_stations():
    few, many = stations(100), stations(190)
    assert len(many) == len({s.id for s in many}) == len({s.name for s in many}) == 190
    assert set(published_stations()) <= set(few) <= set(many)
    assert all(len(s.id) == 5 and s.id.isdigit() for s in many)
    invented = set(many) - set(published_stations())
    assert all(s.is_metropolitan and -2 < s.january_c < 11 and 10 < s.july_c < 27 for s in invented)
    assert all(s.name.isascii() and ";" not in s.name for s in invented)


def test_count_is_bounded():
    assert len(stations(5)) == 5
    with pytest.raises(ValueError, match="at least one"):
        stations(0)
    with pytest.raises(ValueError, match="have an identifier"):
        stations(10_000)


def test_station_lists():
    chosen = stations(70)
    lines = station_list_csv(chosen).decode().splitlines()
    assert lines[0] == "ID;Nom;Latitude;Longitude;Altitude"
    assert "07510;BORDEAUX-MERIGNAC;44.830000;-0.690000;47" in lines
    assert len(lines) == 71
    features = json.loads(station_list_geojson(chosen))["features"]
    assert len(features) == 70
    assert set(features[0]["properties"]) == {"Id", "Altitude", "Date_ouverture", "name"}
