"""The frame of every page, and every state of the published file."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import marts_fixture as fixture
import pytest
from apptest import Environment, address, metrics, run, sentences, sound

from repository import Repository
from shared.frame import PAGES
from shared.translations import text

OF_MARTS = [page for page in PAGES if page != "health"]
"""Health reads a file of its own, and is there whatever became of the marts."""

OF_WHAT = {"climate": "Bordeaux-Mérignac", "decide": "Toulouse-Francazal", "forecasts": "Bordeaux"}
"""The place that a page of one place opens on."""

# --- the frame


@pytest.mark.parametrize("page", OF_MARTS)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_frame_says_what_the_data_is(published: Path, environment: Environment, page: str, language: str) -> None:
    environment(published)
    app = sound(run(page, lang=language))
    assert OF_WHAT.get(page, "") in app.title[0].value, "the title names the place and the period"
    assert page not in OF_WHAT or "20" in app.title[0].value
    assert f"**:primary[{text(language, f'page_{page}')}]**" in [link.proto.label for link in app.get("page_link")]
    said = sentences(app)
    for key in ("badge_simulated", "banner_simulated", "times_local"):
        assert text(language, key) in said
    assert text(language, "units", wind="km/h") in said
    assert ("60 min ago" if language == "en" else "il y a 60 min") in said
    assert "Météo-France SYNOP" in said
    assert "pub-shared" in said
    assert address(app, "lang") == language


def test_real_data_is_not_called_simulated(tmp_path: Path, environment: Environment) -> None:
    fixture.publish(tmp_path, kind="real", publication_id="pub-real")
    environment(tmp_path)
    said = sentences(sound(run(lang="en")))
    assert text("en", "badge_real") in said
    assert "imulat" not in said
    assert "Météo-France SYNOP (Licence Ouverte / Etalab 2.0)" in said


def test_old_data_is_said_to_be_old(published: Path, environment: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    environment(published)
    monkeypatch.setenv("ISOBAR_NOW", (fixture.NEWEST + timedelta(days=9)).isoformat())
    said = sentences(sound(run(lang="fr")))
    assert "il y a 9 jours" in said
    assert text("fr", "now_up_to_date", n=0, total=10) in said


def test_language_is_chosen_and_kept_in_the_address(published: Path, environment: Environment) -> None:
    environment(published)
    app = sound(run(lang="en"))
    app.segmented_control(key="address_lang").set_value("fr").run()
    assert address(app, "lang") == "fr"
    assert app.title[0].value.startswith("France métropolitaine, 20 nov. 2026 10:00 UTC+1")


def test_unit_of_wind_and_zone_of_times_are_kept_and_named(published: Path, environment: Environment) -> None:
    environment(published)
    app = sound(run("place", lang="en", station="wmo:07510", view="wind"))
    assert (address(app, "wind"), address(app, "zone")) == ("kmh", "local")
    app.segmented_control(key="address_wind").set_value("kn").run()
    app.segmented_control(key="address_zone").set_value("utc").run()
    sound(app)
    assert (address(app, "wind"), address(app, "zone")) == ("kn", "utc")
    said = sentences(app)
    assert text("en", "chart_wind", unit="kn") in said
    assert text("en", "units", wind="kn") in said
    assert text("en", "times_utc") in said
    assert metrics(app)["Strongest gust"][0].endswith("\u00a0kn")
    links = [link.proto.query_string for link in app.get("page_link")]
    assert links
    assert all("wind=kn&zone=utc" in link for link in links)


def test_parameters_that_no_page_has_are_named(published: Path, environment: Environment) -> None:
    environment(published)
    app = sound(run("place", lang="en", station="wmo:07510", statoin="wmo:07015", at_frost="2"))
    assert text("en", "state_unknown_parameters", names="`statoin`") in sentences(app)
    assert address(app, "statoin") == "wmo:07015", "the reader can mend it"


def test_the_page_has_the_readers_language(published: Path, environment: Environment) -> None:
    environment(published)
    scripts = [html.proto.body for html in sound(run(lang="fr")).get("html") if "<script>" in html.proto.body]
    assert [script for script in scripts if 'document.documentElement.lang = "fr";' in script]
    assert [script for script in scripts if '"No results": "Aucun résultat"' in script], "Streamlit's own words, too"


# --- states of the published file


@pytest.mark.parametrize("page", OF_MARTS)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_no_file_yet_says_what_to_run(tmp_path: Path, environment: Environment, page: str, language: str) -> None:
    environment(tmp_path)
    app = sound(run(page, lang=language))
    said = sentences(app)
    assert text(language, "state_not_published") in said
    assert "make run" in said
    assert "isobar build" in said


@pytest.mark.parametrize("page", OF_MARTS)
def test_empty_marts(tmp_path: Path, environment: Environment, page: str) -> None:
    fixture.publish(tmp_path, made=fixture.Weather(), publication_id="pub-empty")
    environment(tmp_path)
    own = {"forecasts": "state_no_forecast", "climate": "state_no_climate", "decide": "state_no_days"}
    assert text("en", own.get(page, "state_empty")) in sentences(sound(run(page, lang="en")))


@pytest.mark.parametrize("content", [b"", b"<html>not found</html>", None], ids=["empty", "html", "cut short"])
def test_damaged_file(tmp_path: Path, environment: Environment, content: bytes | None) -> None:
    marts = fixture.publish(tmp_path, publication_id="pub-damaged")
    marts.write_bytes(marts.read_bytes()[:6000] if content is None else content)
    environment(tmp_path)
    assert text("en", "state_unreadable") in sentences(sound(run(lang="en")))


def test_lost_parquet_file(tmp_path: Path, environment: Environment) -> None:
    fixture.publish(tmp_path, publication_id="pub-lost")
    (tmp_path / "published" / "pub-lost" / "fct_daily_weather.parquet").unlink()
    environment(tmp_path)
    sound(run("now", lang="en"))
    assert text("en", "state_unreadable") in sentences(sound(run("place", lang="en")))


def test_file_of_another_version(tmp_path: Path, environment: Environment) -> None:
    fixture.publish(tmp_path, publication_id="pub-other", without=("agg_latest_conditions",))
    environment(tmp_path)
    assert text("fr", "state_incompatible") in sentences(sound(run(lang="fr")))


def test_locked_file(tmp_path: Path, environment: Environment) -> None:
    marts = fixture.publish(tmp_path, publication_id="pub-locked")
    environment(tmp_path)
    code = "import sys, duckdb; c = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(marts)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "open\n"
        said = sentences(sound(run(lang="en")))
        assert writer.stdin is not None
        writer.stdin.close()
    assert text("en", "state_locked") in said


def test_unusable_setting(published: Path, environment: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    environment(published)
    monkeypatch.setenv("ISOBAR_NOW", "yesterday")
    app = run(lang="en")
    assert not app.exception
    assert "ISOBAR_NOW=yesterday" in app.error[0].value


def test_a_new_publication_is_shown_by_the_next_run(tmp_path: Path, environment: Environment) -> None:
    fixture.publish(tmp_path, publication_id="pub-a")
    environment(tmp_path)
    app = sound(run(lang="en"))
    assert "pub-a" in sentences(app)
    made = fixture.weather()
    for row in made.tables["fct_observations"]:
        row["temperature_c"] = 33.3
    fixture.publish(tmp_path, made=made, publication_id="pub-b")
    sound(app.run())
    assert "pub-b" in sentences(app)
    assert "pub-a" not in sentences(app)
    assert metrics(app)["Warmest"][0] == "33.3\u00a0°C"


def test_a_publication_replaced_while_it_is_read(
    tmp_path: Path, environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new one takes its place, with the old one's Parquet gone, between opening the file and reading the days."""
    fixture.publish(tmp_path, publication_id="pub-old")
    environment(tmp_path)
    reads: list[str] = []
    original: Any = Repository.daily_extents

    def replaced(self: Repository, location_ids: Sequence[str]) -> Any:
        reads.append(location_ids[0])
        if len(reads) == 1:
            fixture.publish(tmp_path, publication_id="pub-new")
            for file in (tmp_path / "published" / "pub-old").iterdir():
                file.unlink()
        return original(self, location_ids)

    monkeypatch.setattr(Repository, "daily_extents", replaced)
    app = sound(run("place", "shown", lang="en", station="wmo:07510"))
    assert len(reads) == 2
    assert "pub-new" in sentences(app)
    assert len(app.dataframe[0].value) == 30
