"""Every page and every state, run as Streamlit runs them, on small published files."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import marts_fixture as fixture
import pandas as pd
import pytest
from marts_fixture import APP
from streamlit.testing.v1 import AppTest

from components import marts
from repository import DuckDBRepository, Repository
from services import days, territories
from services.translations import text

Environment = Callable[[Path], None]
SECONDS = 30
"""An AppTest run may take this long on a busy machine; it takes one alone."""


def run(page: str = "now", **query: str) -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=SECONDS)
    for name, value in query.items():
        app.query_params[name] = value
    if page != "now":
        app.switch_page(f"pages/{page}.py")
    return app.run()


def sentences(app: AppTest) -> str:
    """All that the page says outside tables and charts."""
    said = [
        str(e.value)
        for kind in ("title", "markdown", "caption", "info", "warning", "error")
        for e in getattr(app, kind)
    ]
    said += [f"{metric.label} {metric.value} {metric.delta}" for metric in app.metric]
    return "\n".join(said)


def address(app: AppTest, name: str) -> str:
    """A parameter of the address. AppTest gives a text for what the test wrote and a list for what the app wrote."""
    value = app.query_params[name]
    return value if isinstance(value, str) else value[0]


def metrics(app: AppTest) -> dict[str, tuple[str, str]]:
    return {metric.label: (metric.value, metric.delta) for metric in app.metric}


def sound(app: AppTest) -> AppTest:
    assert not app.exception, [e.value for e in app.exception]
    assert not app.error, [e.value for e in app.error]
    return app


# --- the frame


@pytest.mark.parametrize("page", ["now", "place"])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_frame_says_what_the_data_is(published: Path, environment: Environment, page: str, language: str) -> None:
    environment(published)
    app = sound(run(page, lang=language))
    assert app.title[0].value == text(language, f"title_{page}")
    said = sentences(app)
    for key in ("badge_simulated", "banner_simulated", "units", "time_zone"):
        assert text(language, key) in said
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
    assert "Licence Ouverte 2.0" in said


def test_old_data_is_said_to_be_old(published: Path, environment: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    environment(published)
    monkeypatch.setenv("ISOBAR_NOW", (fixture.NEWEST + timedelta(days=9)).isoformat())
    assert text("fr", "old_data", age="il y a 9 jours") in sentences(sound(run(lang="fr")))


def test_language_is_chosen_and_kept_in_the_address(published: Path, environment: Environment) -> None:
    environment(published)
    app = sound(run(lang="en"))
    app.segmented_control(key="address_lang").set_value("fr").run()
    assert address(app, "lang") == "fr"
    assert app.title[0].value == text("fr", "title_now")


# --- now


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


# --- place


def test_place_sums_up_the_period(published: Path, environment: Environment) -> None:
    environment(published)
    app = sound(run("place", lang="en", station="wmo:07510", period="30d"))
    shown = metrics(app)
    rows = [r for r in fixture.weather().tables["fct_daily_weather"] if r["location_id"] == "wmo:07510"][-30:]
    lowest = min(r["temperature_min_c"] for r in rows)  # type: ignore[type-var]
    rain = sum(r["precipitation_mm"] or 0 for r in rows)  # type: ignore[misc]
    assert shown["Lowest"][0] == f"{lowest:.1f}\u00a0°C"
    assert shown["Rain in all"][0] == f"{rain:.1f}\u00a0mm"
    assert shown["Observations"] == ("236", "30 of 30 days")
    assert text("en", "incomplete", temperature=1, rain=1) in sentences(app)
    assert len(app.dataframe[0].value) == 30


def test_place_downloads_exactly_what_is_shown(published: Path, environment: Environment) -> None:
    environment(published)
    app = sound(
        run("place", lang="en", station="wmo:07222", period="custom", **{"from": "2026-11-01", "to": "2026-11-12"})
    )
    table = app.dataframe[0].value
    period = days.Period(pd.Timestamp("2026-11-01").date(), pd.Timestamp("2026-11-12").date())
    rows = marts.daily_weather(DuckDBRepository(published / "marts.duckdb"), "pub-shared", "wmo:07222", "synop", period)
    from_csv = pd.read_csv(io.BytesIO(days.as_csv(rows)))
    from_parquet = pd.read_parquet(io.BytesIO(days.as_parquet(rows)))
    assert list(table["Day"]) == list(from_csv["weather_date"]) == [str(d) for d in from_parquet["weather_date"]]
    assert len(table) == 10, "two of the twelve days are missing, and are not made up"
    assert list(from_csv["temperature_min_c"]) == list(from_parquet["temperature_min_c"]) == list(table["Minimum (°C)"])


@pytest.mark.parametrize("period", ["7d", "30d", "90d", "1y", "all"])
def test_every_period(published: Path, environment: Environment, period: str) -> None:
    environment(published)
    app = sound(run("place", lang="fr", station="wmo:07510", period=period))
    expected = {"7d": 7, "30d": 30}.get(period, fixture.DAY_COUNT)
    assert len(app.dataframe[0].value) == expected


def test_choosing_dates_writes_the_address(published: Path, environment: Environment) -> None:
    environment(published)
    app = sound(run("place", lang="en", station="wmo:07510"))
    app.segmented_control(key="address_period").set_value("custom").run()
    app.date_input(key="address_from").set_value(fixture.LAST_DAY - timedelta(days=3)).run()
    sound(app)
    assert address(app, "from") == str(fixture.LAST_DAY - timedelta(days=3))
    assert len(app.dataframe[0].value) == 4
    app.segmented_control(key="address_period").set_value("7d").run()
    assert "from" not in app.query_params


def test_silent_station_is_said_to_be_silent(published: Path, environment: Environment) -> None:
    environment(published)
    said = sentences(sound(run("place", lang="en", station=fixture.SILENT_STATION)))
    assert (
        text("en", "state_stale", station="STRASBOURG-ENTZHEIM", age="3 days ago", newest="20 Nov 2026 09:00") in said
    )


def test_period_without_data_names_the_days_there_are(published: Path, environment: Environment) -> None:
    environment(published)
    query = {"from": "1999-01-01", "to": "1999-02-01"}
    said = sentences(sound(run("place", lang="fr", station="wmo:07510", period="custom", **query)))
    assert "Aucune journée de BORDEAUX-MERIGNAC entre le 1er janv. 1999 et le 1er févr. 1999" in said
    assert "du 7 oct. 2026 au 20 nov. 2026" in said


def test_reversed_period(published: Path, environment: Environment) -> None:
    environment(published)
    query = {"from": "2026-11-10", "to": "2026-11-01"}
    said = sentences(sound(run("place", lang="en", station="wmo:07510", period="custom", **query)))
    assert text("en", "state_reversed") in said


def test_station_without_days(published: Path, environment: Environment) -> None:
    environment(published)
    said = sentences(sound(run("place", lang="en", station=fixture.NO_DAYS_STATION)))
    assert text("en", "state_no_daily", station="DUMONT D'URVILLE") in said


def test_measure_never_reported(published: Path, environment: Environment) -> None:
    environment(published)
    said = sentences(sound(run("place", lang="en", station=fixture.NO_PRESSURE_STATION)))
    assert said.count(text("en", "no_measure_in_period")) == 1


def test_unknown_station_is_said_and_another_shown(published: Path, environment: Environment) -> None:
    environment(published)
    app = sound(run("place", lang="en", station="wmo:00000"))
    assert text("en", "state_unknown_station", station="wmo:00000") in sentences(app)
    assert address(app, "station") == "wmo:07761", "the first by name"


# --- states of the published file


@pytest.mark.parametrize("page", ["now", "place"])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_no_file_yet_says_what_to_run(tmp_path: Path, environment: Environment, page: str, language: str) -> None:
    environment(tmp_path)
    app = sound(run(page, lang=language))
    said = sentences(app)
    assert text(language, "state_not_published") in said
    assert "make run" in said
    assert "isobar build" in said


@pytest.mark.parametrize("page", ["now", "place"])
def test_empty_marts(tmp_path: Path, environment: Environment, page: str) -> None:
    fixture.publish(tmp_path, made=fixture.Weather(), publication_id="pub-empty")
    environment(tmp_path)
    assert text("en", "state_empty") in sentences(sound(run(page, lang="en")))


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
    original: Any = Repository.daily_extent

    def replaced(self: Repository, location_id: str) -> Any:
        reads.append(location_id)
        if len(reads) == 1:
            fixture.publish(tmp_path, publication_id="pub-new")
            for file in (tmp_path / "published" / "pub-old").iterdir():
                file.unlink()
        return original(self, location_id)

    monkeypatch.setattr(Repository, "daily_extent", replaced)
    app = sound(run("place", lang="en", station="wmo:07510"))
    assert len(reads) == 2
    assert "pub-new" in sentences(app)
    assert len(app.dataframe[0].value) == 30
