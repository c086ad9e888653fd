"""The page that says whether today's numbers can be trusted. No folder here has published marts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import duckdb
import fixture_health as fixture
import pytest
from apptest import LANGUAGES, address, metrics, run, sentences, sound

from health import data as health
from repository import DuckDBHealthRepository
from shared.translations import text

PointAt = Callable[..., None]


@pytest.fixture
def point_at(monkeypatch: pytest.MonkeyPatch) -> PointAt:
    """The app at a folder, at a time."""

    def point(folder: Path, after: timedelta = timedelta()) -> None:
        monkeypatch.setenv("ISOBAR_DATA_DIR", str(folder))
        monkeypatch.setenv("ISOBAR_NOW", (fixture.NOW + after).isoformat())
        monkeypatch.delenv("ISOBAR_TARGET", raising=False)

    return point


def read(folder: Path, made: fixture.Health) -> health.Health:
    return health.read(DuckDBHealthRepository(fixture.publish_health(folder, made)))


# --- what the page says


def test_a_good_morning(tmp_path: Path, point_at: PointAt) -> None:
    fixture.publish_health(tmp_path, fixture.good())
    point_at(tmp_path)
    app = sound(run("health", lang="en"))
    assert app.success[0].value == (
        "**Yes.** The last build passed its 41 tests (60 min ago), 2 of 2 scheduled sources are on time, and 190 places report."
    )
    said = sentences(app)
    assert text("en", "badge_real") in said
    assert "published 60 min ago" in said
    assert text("en", "tests_passed", n=41) in said
    assert text("en", "report_none") in said
    assert not app.warning
    shown = metrics(app)
    assert shown["Sources overdue"] == ("0", "of 2")
    assert shown["Places silent"] == ("0", "of 190")
    assert shown["Tests failed"] == ("0", "of 41")


def test_a_bad_morning(tmp_path: Path, point_at: PointAt) -> None:
    fixture.publish_health(tmp_path, fixture.troubled())
    point_at(tmp_path)
    app = run("health", lang="en")
    assert not app.exception
    answer = app.error[0].value
    assert answer == (
        "**No:** the last build failed (60 min ago) and readers still see what was published 3 days ago (what failed: "
        "unique_fct_daily_weather); source openweather is overdue since 20 Nov 2026 05:00 UTC (raw_openweather.observations has "
        "no new rows). Smaller things are below."
    )
    said = sentences(app)
    assert "`isobar load openweather` was killed (45 h ago)" in said
    assert "Silent places of synop: 4 of 190 (Station 0, Station 1, Station 2, + 1)" in said
    assert "Tests that warn: raw_synop_observations_volume" in said
    assert "1000 of 32,000 calls of openweather left today" in said
    assert text("en", "action_overdue", source="openweather") in said
    assert "vigilance" not in said, "it lacks a key that it never had, and is not in use"
    assert "calls of openweather left this month" not in said
    assert "nothing was published\nunique_fct_daily_weather: 3 rows" in app.code[0].value
    assert "Of 41 tests: failed: 1, passed: 30, skipped: 9, warned: 1." in said
    sources, stations, runs, tests, _ = (element.value for element in app.dataframe)
    assert list(sources["source"]) == ["openweather", "synop", "climat"], "overdue first"
    assert list(stations["location_id"][:5]) == [*fixture.SILENT, "wmo:07500"]
    assert len(stations) == 205
    assert list(runs["words"])[:3] == ["build", "load meteofrance_vigilance", "load openweather"]
    assert list(tests["node_name"]) == ["unique_fct_daily_weather", "raw_synop_observations_volume"]


def test_a_bad_morning_in_french(tmp_path: Path, point_at: PointAt) -> None:
    fixture.publish_health(tmp_path, fixture.troubled())
    point_at(tmp_path)
    app = run("health", lang="fr")
    assert app.error[0].value.startswith("**Non :** la dernière construction a échoué (il y a 60 min)")
    assert "`isobar load openweather` a été tué (il y a 45 h)" in sentences(app)
    assert app.dataframe[0].value["state"][0] == "✗ en retard"


def test_ages_are_the_readers(tmp_path: Path, point_at: PointAt) -> None:
    """The same file, two days later: nobody wrote it anew, and the sources have become overdue."""
    fixture.publish_health(tmp_path, fixture.good())
    point_at(tmp_path, timedelta(days=2))
    app = run("health", lang="en")
    assert "source synop is overdue since 21 Nov 2026 06:00 UTC" in app.error[0].value
    assert "source openweather is overdue" in app.error[0].value
    assert "late with its source: **190**" in sentences(app)
    assert "silent" not in app.error[0].value


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_was_ever_built(tmp_path: Path, point_at: PointAt, language: str) -> None:
    point_at(tmp_path)
    said = sentences(sound(run("health", lang=language)))
    assert text(language, "state_no_health") in said
    assert "isobar build" in said


def test_the_very_first_build_failed(tmp_path: Path, point_at: PointAt) -> None:
    made = fixture.good()
    made.build |= {"build_outcome": "failed", "build_error": "Compilation Error", "publication_id": None}
    made.build["published_at"] = None
    fixture.publish_health(tmp_path, made, without=fixture.COLUMNS)
    point_at(tmp_path)
    app = run("health", lang="en")
    assert not app.exception
    assert app.error[0].value == "**No:** the last build failed (60 min ago) and nothing is published yet."
    said = sentences(app)
    assert text("en", "never_published") in said
    assert text("en", "state_no_detail") in said
    assert text("en", "report_none") in said


def test_archives_are_not_called_overdue(tmp_path: Path, point_at: PointAt) -> None:
    made = fixture.good()
    for row in made.tables["agg_pipeline_health"]:
        row.update({"is_scheduled": False, "overdue_at": None})
    fixture.publish_health(tmp_path, made)
    point_at(tmp_path, timedelta(days=2000))
    app = sound(run("health", lang="en"))
    assert app.info[0].value == text("en", "verdict_archives", tests=41, age="5 years ago")
    assert "archive: **190**" in sentences(app)


def test_simulated_is_said(tmp_path: Path, point_at: PointAt) -> None:
    fixture.publish_health(tmp_path, fixture.good("simulated"))
    point_at(tmp_path)
    assert text("fr", "banner_simulated") in sentences(sound(run("health", lang="fr")))


def test_a_damaged_file_and_one_of_another_version(tmp_path: Path, point_at: PointAt) -> None:
    path = fixture.publish_health(tmp_path, fixture.good())
    point_at(tmp_path)
    with duckdb.connect(str(path)) as connection:
        connection.execute("alter table fct_pipeline_runs drop column seconds")
    assert text("en", "state_incompatible") in sentences(sound(run("health", lang="en")))
    path.write_bytes(b"<html>not found</html>")
    assert text("en", "state_unreadable") in sentences(sound(run("health", lang="en")))


def test_a_new_file_is_read_anew(tmp_path: Path, point_at: PointAt) -> None:
    fixture.publish_health(tmp_path, fixture.good())
    point_at(tmp_path)
    app = sound(run("health", lang="en"))
    fixture.publish_health(tmp_path, fixture.troubled())
    app.run()
    assert app.error[0].value.startswith("**No:**")


def test_the_newest_report_is_handed_over(tmp_path: Path, point_at: PointAt) -> None:
    fixture.publish_health(tmp_path, fixture.good())
    (tmp_path / "reports").mkdir()
    for name in ("elementary-2026-11-19.html", "elementary-2026-11-20.html", "index.html"):
        (tmp_path / "reports" / name).write_text(name, encoding="utf-8")
    point_at(tmp_path)
    app = sound(run("health", lang="fr"))
    assert app.get("download_button")[0].proto.label == "Télécharger le rapport du 2026-11-20"
    assert "elementary-2026-11-20.html" in sentences(app)
    found = health.newest_report(tmp_path / "reports")
    assert found is not None
    assert found.read_text(encoding="utf-8") == "elementary-2026-11-20.html"


def test_places_of_one_source(tmp_path: Path, point_at: PointAt) -> None:
    fixture.publish_health(tmp_path, fixture.troubled())
    point_at(tmp_path)
    app = run("health", lang="en")
    app.segmented_control(key="address_source").set_value("openweather").run()
    assert address(app, "source") == "openweather"
    assert len(app.dataframe[1].value) == 15
    assert "silent: " not in sentences(app)


# --- the service alone


def test_states_of_places(tmp_path: Path) -> None:
    made = fixture.good()
    made.tables["agg_location_freshness"] = [
        fixture.station(1, "synop", fixture.BUILT),
        fixture.station(2, "synop", fixture.BUILT) | {"silent_after_at": None},
        fixture.station(3, "climat", fixture.BUILT - timedelta(days=400)),
        fixture.station(4, "synop", fixture.NOW - timedelta(hours=12, minutes=1)),
        fixture.station(5, "synop", fixture.NOW - timedelta(hours=30), is_silent=True),
        fixture.station(6, "synop", fixture.NOW - timedelta(hours=60), is_silent=True),
        fixture.station(7, "synop", fixture.NOW - timedelta(hours=12)),
    ]
    states = health.station_states(read(tmp_path, made), fixture.NOW).set_index("location_id")["state"]
    assert dict(states) == {
        "wmo:07006": "silent",
        "wmo:07005": "silent",
        "wmo:07004": "late",
        "wmo:07002": "unknown",
        "wmo:07007": "reporting",
        "wmo:07001": "reporting",
        "wmo:07003": "archive",
    }
    assert list(states.index[:3]) == ["wmo:07006", "wmo:07005", "wmo:07004"], "the longest silent first"
    assert list(states.index[4:6]) == ["wmo:07007", "wmo:07001"], "then the one that would be silent first"


def phrases(folder: Path, made: fixture.Health, after: timedelta = timedelta()) -> list[str]:
    verdict = health.verdict("en", read(folder, made), fixture.NOW + after)
    return [problem.phrase for problem in verdict.problems]


def test_places_of_an_overdue_source_are_not_said_one_by_one(tmp_path: Path) -> None:
    made = fixture.good()
    made.tables["agg_location_freshness"][0]["is_silent"] = True
    assert len(phrases(tmp_path, made)) == 1
    made.tables["agg_pipeline_health"][0]["overdue_at"] = fixture.NOW - timedelta(minutes=1)
    assert [phrase.split()[:2] for phrase in phrases(tmp_path, made)] == [["source", "synop"]]


def test_a_budget_of_yesterday_is_not_todays(tmp_path: Path) -> None:
    made = fixture.good()
    made.tables["agg_pipeline_health"] = []
    made.tables["agg_api_budgets"] = [
        fixture.budget("minute", 60, 60),
        fixture.budget("day", 1000, 900),
        fixture.budget("month", 1000, 899),
    ]
    assert phrases(tmp_path, made) == ["100 of 1000 calls of openweather left today"]
    assert phrases(tmp_path, made, timedelta(days=1)) == []
    made.tables["agg_api_budgets"][2] = fixture.budget("month", 1000, 950)
    assert phrases(tmp_path, made, timedelta(days=1)) == ["50 of 1000 calls of openweather left this month"]
    assert phrases(tmp_path, made, timedelta(days=20)) == []


def test_a_run_is_a_problem_where_the_mart_calls_it_unresolved(tmp_path: Path) -> None:
    """Whatever its outcome; the last build has its own sentence."""
    made = fixture.good()
    made.tables["fct_pipeline_runs"] = [
        fixture.run(1, "load", "synop", "failed"),
        fixture.run(2, "load", "synop"),
        fixture.run(3, "load", "climat", "unfinished", is_unresolved=True),
        fixture.run(4, "load", "openweather", "failed"),
        fixture.run(5, "build", None, "failed", is_unresolved=True),
    ]
    (phrase,) = phrases(tmp_path, made)
    assert phrase.startswith("`isobar load climat` was killed")


def test_no_threshold_stands_in_the_app(tmp_path: Path) -> None:
    """Another one in the mart's column is another answer."""
    made = fixture.good()
    used = fixture.budget("day", 1000, 600)
    for low, said in ((399, 0), (400, 1)):
        made.tables["agg_api_budgets"] = [used | {"low_calls_left": low}]
        assert len(phrases(tmp_path, made)) == said
