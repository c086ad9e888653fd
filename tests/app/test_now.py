"""The page of the latest conditions."""

from __future__ import annotations

from pathlib import Path

import marts_fixture as fixture
import pytest
from apptest import Environment, address, metrics, run, sentences, sound

from services import territories
from services.translations import text


def test_now_shows_extremes_and_the_whole_selection_in_the_address(published: Path, environment: Environment) -> None:
    environment(published)
    app = sound(run(lang="en"))
    assert (address(app, "show"), address(app, "territory")) == ("temperature", "metropole")
    shown = metrics(app)
    assert shown["Stations"] == ("9", "of 10 up to date")
    ajaccio = fixture.temperature(41.92, fixture.NEWEST)
    assert shown["Warmest"] == (f"{ajaccio:.1f}\u00a0°C", "AJACCIO")
    table = app.dataframe[0].value
    assert list(table["Station"]) == sorted(name for _, name, lat, *_ in fixture.STATIONS if lat > 41)
    assert table.set_index("Station").loc["STRASBOURG-ENTZHEIM", "Age"] == pytest.approx(73.0)
    assert text("en", "silent_stations", n=1, total=10, hours=6) in sentences(app)


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
        assert len(app.dataframe[0].value) == len(inside)
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
    assert list(app.dataframe[0].value["Station"]) == ["LE RAIZET AERO"]
