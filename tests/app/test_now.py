"""The page of the latest conditions."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import fixture_now
import marts_fixture as fixture
import numpy as np
import pandas as pd
import pytest
from apptest import Environment, address, metrics, run, sentences, sound

from now import charts
from now import data as now_data
from shared import territories
from shared.names import display_name
from shared.translations import text


def test_now_shows_extremes_and_the_whole_selection_in_the_address(published: Path, environment: Environment) -> None:
    environment(published)
    app = sound(run(lang="en"))
    assert (address(app, "show"), address(app, "territory")) == ("temperature", "metropole")
    shown = metrics(app)
    assert app.title[0].value == "Metropolitan France, 20 Nov 2026 10:00 UTC+1"
    assert "**Temperature (°C)** · 60 min ago · 9 of 10 places have reported this moment" in sentences(app)
    assert text("en", "now_up_to_date", n=9, total=10) in sentences(app)
    ajaccio = fixture.temperature(41.92, fixture.NEWEST)
    assert shown["Warmest"] == (f"{ajaccio:.1f}\u00a0°C", "Ajaccio")
    table = app.dataframe[0].value
    assert list(table["Place"]) == sorted(display_name(name) for _, name, lat, *_ in fixture.STATIONS if lat > 41)
    assert table.set_index("Place").loc["Strasbourg-Entzheim", "Age"] == pytest.approx(73.0)
    assert text("en", "map_old") in sentences(app)


def moved(made: fixture.Weather, hours: int, *stations: str) -> fixture.Weather:
    """The readings of these stations, of no other, at an hour later."""
    rows = made.tables["fct_observations"]
    for row in [row for row in rows if row["location_id"] in stations and row["observed_at"] == fixture.NEWEST]:
        rows.append(row | {"observed_at": fixture.NEWEST + timedelta(hours=hours), "temperature_c": 40.0})
    return made


def test_one_moment_is_the_newest_that_most_have_reported(tmp_path: Path, environment: Environment) -> None:
    """Three stations have reported an hour later: the map keeps the hour of the others, with their readings of it."""
    later = ("wmo:07015", "wmo:07110", "wmo:07149")
    fixture.publish(tmp_path, made=moved(fixture.weather(), 1, *later), publication_id="pub-later")
    environment(tmp_path)
    app = sound(run(lang="en", zone="utc"))
    assert app.title[0].value == "Metropolitan France, 20 Nov 2026 09:00 UTC"
    table = app.dataframe[0].value.set_index("Place")
    assert table.loc["Lille-Lesquin", "Temperature (°C)"] == fixture.temperature(50.57, fixture.NEWEST)
    assert metrics(app)["Warmest"][0] != "40.0\u00a0°C", "not of this moment"


def test_a_few_newer_readings_do_not_make_an_archive_new(
    tmp_path: Path, environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One station reports five years later, and has no reading of the moment: it is grey, and the rest is not up to date."""
    made = fixture.weather()
    rows = made.tables["fct_observations"]
    newest = next(r for r in rows if r["location_id"] == "wmo:07149" and r["observed_at"] == fixture.NEWEST)
    rows[:] = [r for r in rows if r["location_id"] != "wmo:07149"]
    rows.append(newest | {"observed_at": fixture.NEWEST + timedelta(days=5 * 365), "temperature_c": 39.9})
    fixture.publish(tmp_path, made=made, publication_id="pub-years")
    environment(tmp_path)
    monkeypatch.setenv("ISOBAR_NOW", (fixture.NEWEST + timedelta(days=5 * 365, hours=1)).isoformat())
    app = sound(run(lang="en"))
    said = sentences(app)
    assert app.title[0].value == "Metropolitan France, 20 Nov 2026 10:00 UTC+1"
    assert "8 of 10 places have reported this moment" in said
    assert text("en", "now_up_to_date", n=1, total=10) in said
    assert metrics(app)["Warmest"][0] != "39.9\u00a0°C"


@pytest.mark.parametrize("count", [1, 52, 190, 2000])
@pytest.mark.parametrize(("width", "size"), [(charts.WIDE, "wide"), (charts.NARROW_WIDTH, "narrow")])
def test_circles_do_not_hide_each_other(count: int, width: int, size: str) -> None:
    chance = np.random.default_rng(count)
    places = pd.DataFrame(
        {
            "longitude": chance.uniform(-4.5, 8, count),
            "latitude": chance.uniform(42.5, 51, count),
            "location_id": [f"wmo:{n:05d}" for n in range(count)],
            "value": 1.0,
            "figure": "1",
        }
    )
    metropole = territories.BY_KEY["metropole"]
    shown = charts.with_sizes(places, metropole)
    x, y = charts._pixels(places, metropole, width)
    radius, dot = charts.CIRCLES[size]
    radii = shown[size].map({now_data.CIRCLE: radius, now_data.DOT: dot}).to_numpy()
    for index in np.flatnonzero(~np.isnan(radii)):
        gap = np.hypot(x - x[index], y - y[index]) - radii - radii[index]
        gap[index] = 0
        assert np.nanmin(gap) > -1e-9
    drawn = int((shown[size] != now_data.HIDDEN).sum())
    assert drawn == 1 if count == 1 else drawn > min(count, 190) / 4
    assert (shown[size] == now_data.CIRCLE).sum() > min(count, 190) / 6


@pytest.mark.parametrize("parameter", ["temperature", "rain_3h", "rain_24h", "wind", "gust", "pressure", "humidity"])
def test_every_parameter_can_be_mapped(published: Path, environment: Environment, parameter: str) -> None:
    environment(published)
    app = sound(run(lang="fr", show=parameter))
    assert address(app, "show") == parameter
    assert text("fr", parameter) in app.dataframe[0].value.columns[1]


@pytest.mark.parametrize("territory", [t.key for t in territories.TERRITORIES])
def test_every_territory_has_a_page(published: Path, environment: Environment, territory: str) -> None:
    environment(published)
    app = sound(run(lang="en", territory=territory))
    inside = [s for s in fixture.STATIONS if territory == "world" or territories.territory_of(s[3], s[2]) == territory]
    if inside:
        cities = int(territory == "world")
        assert len(app.dataframe[0].value) == len(inside) + cities
    else:
        assert text("en", "state_no_territory") in sentences(app)


def test_a_parameter_nobody_reports_is_said(tmp_path: Path, environment: Environment) -> None:
    made = fixture.weather()
    for row in made.tables["fct_observations"]:
        row["wind_gust_ms"] = None
    fixture.publish(tmp_path, made=made, publication_id="pub-no-gust")
    environment(tmp_path)
    assert text("en", "state_no_measure") in sentences(sound(run(lang="en", show="gust")))


def test_nonsense_in_the_address_falls_back(published: Path, environment: Environment) -> None:
    environment(published)
    app = sound(run(lang="xx", show="'; drop table", territory="atlantis"))
    assert (address(app, "show"), address(app, "territory")) == ("temperature", "metropole")


def test_choosing_writes_the_address(published: Path, environment: Environment) -> None:
    environment(published)
    app = sound(run(lang="en"))
    app.segmented_control(key="address_show").set_value("pressure").run()
    app.selectbox(key="address_territory").set_value("antilles").run()
    sound(app)
    assert (address(app, "show"), address(app, "territory")) == ("pressure", "antilles")
    assert list(app.dataframe[0].value["Place"]) == ["Le Raizet Aéroport"]


# --- vigilance


def test_vigilance_is_said_in_words(published: Path, environment: Environment) -> None:
    environment(published)
    app = sound(run(lang="en"))
    said = sentences(app)
    assert "Departments: 1 in red, 2 in orange, 1 in yellow, 3 in green." in said
    assert ":red-badge[**Red · violent wind**] Gironde (33), until 21 Nov 2026 00:00 UTC+1." in said
    assert ":orange-badge[**Orange · violent wind**] Landes (40), Pyrénées-Atlantiques (64), until" in said
    later = said.index(text("en", "vigilance_ahead"))
    assert said.index("Corse-du-Sud (2A), 21 Nov 2026 00:00 UTC+1 to 22 Nov 2026 00:00 UTC+1.") > later
    assert text("en", "vigilance_untold", n=89) in said


def test_vigilance_of_one_phenomenon(published: Path, environment: Environment) -> None:
    environment(published)
    app = sound(run(lang="fr", phenomenon="2"))
    said = sentences(app)
    assert "Départements : 1 en jaune." in said
    assert "Gironde" not in said
    app.selectbox(key="address_phenomenon").set_value("all").run()
    assert "Rouge · vent violent" in sentences(sound(app))
    assert address(app, "phenomenon") == "all"


def test_vigilance_that_has_expired_is_not_called_green(
    published: Path, environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment(published)
    monkeypatch.setenv("ISOBAR_NOW", fixture_now.MAP_ENDS.isoformat())
    said = sentences(sound(run(lang="en")))
    assert (
        text("en", "state_vigilance_expired", made="20 Nov 2026 06:00 UTC+1", until="22 Nov 2026 00:00 UTC+1") in said
    )
    assert "in green" not in said


def test_without_vigilance_and_without_normals_a_sentence_each(tmp_path: Path, environment: Environment) -> None:
    made = fixture.weather()
    for name in ("fct_vigilance", "dim_climate_normals"):
        made.tables[name] = []
    first = made.tables["fct_weather_records"][0]
    made.tables["fct_weather_records"] = [first | {"is_established": False, "year_count": 3, "covered_year_count": 3}]
    fixture.publish(tmp_path, made=made, publication_id="pub-plain")
    environment(tmp_path)
    said = sentences(sound(run(lang="fr")))
    assert text("fr", "state_no_vigilance") in said
    assert text("fr", "state_no_basis", years=10, longest=3) in said


# --- what is unusual


def test_what_is_unusual_opens_the_place_on_its_days(tmp_path: Path, environment: Environment) -> None:
    made = fixture.weather()
    fixture_now.newest_complete(made, fixture_now.LONG_STATION)["temperature_mean_c"] = 17.0
    fixture.publish(tmp_path, made=made, publication_id="pub-warm")
    environment(tmp_path)
    app = sound(run(lang="en"))
    links = [link for link in app.get("page_link") if "station" in link.proto.query_string]
    record, anomaly = (link.proto for link in links)
    assert record.label.startswith("**Bordeaux-Mérignac**, 19 Nov 2026: maximum ")
    assert "near the record of November" in record.label
    assert "(since 2010, 16 years)" in record.label
    assert anomaly.label.startswith("**Toulouse-Blagnac**, 19 Nov 2026: mean 17.0\u00a0°C, **+7.0\u00a0°C**")
    assert "CLIMAT 1990–2014, the years there are; 25 years" in anomaly.label
    assert "standard deviations" in anomaly.label
    assert "station=wmo%3A07630&period=custom&from=2026-10-21&to=2026-11-19" in anomaly.query_string
    assert text("en", "unusual_basis", n=2, total=9) in sentences(app)


def test_nothing_unusual_names_the_furthest(tmp_path: Path, environment: Environment) -> None:
    made = fixture.weather()
    made.tables["fct_weather_records"] = []
    fixture.publish(tmp_path, made=made, publication_id="pub-usual")
    environment(tmp_path)
    app = sound(run(lang="fr"))
    assert text("fr", "nothing_unusual") in sentences(app)
    labels = [link.proto.label for link in app.get("page_link") if "station" in link.proto.query_string]
    assert len(labels) == 2
    assert all("par rapport à la normale" in label for label in labels)
