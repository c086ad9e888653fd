"""Prometheus' figures: what the ledger says, read back by Prometheus' own parser."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from isobar.health import metrics
from isobar.runs.ledger import Ledger, Run, RunCalls
from isobar.settings import PROJECT_ROOT, Budget, Settings
from tests import own

NOW = datetime(2026, 3, 1, 6, 30)
LOADED = {
    "tables": {"current": {"appended_row_count": 15, "rejected_cell_count": 2}},
    "refused": [{"file": "a", "reason": "b"}],
    "asked": 60,
    "failed": 3,
    "newest_observed_at": "2026-03-01 06:22:00",
    "seconds": 12.5,
}
Values = dict[tuple[str, ...], float]


def unix(moment: datetime) -> float:
    return moment.replace(tzinfo=UTC).timestamp()


def figures(settings: Settings) -> dict[str, Values]:
    """Metric -> label values, in the order of the labels' names -> value."""
    metrics.write(settings)
    return {
        family.name.removeprefix("isobar_"): {
            tuple(sample.labels[name] for name in sorted(sample.labels)): sample.value for sample in family.samples
        }
        for family in text_string_to_metric_families(settings.metrics.read_text())
    }


@pytest.fixture
def frozen(settings: Settings) -> Settings:
    return own.openweather(replace(settings, clock=NOW), budget=Budget(minute=60, day=1000))


def ran(settings: Settings, command: str, told: dict[str, object], **details: str) -> None:
    with Ledger(settings).run(command, **details) as run:
        run.figures = told


def fails(settings: Settings, told: dict[str, object]) -> None:
    with Ledger(settings).run("build") as run:
        run.figures = told
        raise ValueError("broken")


def test_the_lag_of_topics_is_that_of_the_last_run(frozen: Settings) -> None:
    ran(frozen, "stream land", {"lag": [{"topic": "a", "messages": 5, "seconds": None}]})
    ran(frozen, "stream poll", {"lag": [{"topic": "b", "messages": None, "seconds": 2.5}]}, source="openweather")
    found = figures(frozen)
    assert found["stream_lag_messages"] == {("a",): 5.0}
    assert found["stream_lag_seconds"] == {("b",): 2.5}


def test_an_empty_data_folder_has_names_and_no_values(frozen: Settings) -> None:
    found = figures(frozen)
    assert len(found) == 17 and not any(found.values())


def test_a_load_in_figures(frozen: Settings) -> None:
    ran(frozen, "load", LOADED, source="openweather")
    found = figures(frozen)
    assert found["run_last_timestamp_seconds"] == {("load", "openweather"): unix(NOW)}
    assert found["run_last_success_timestamp_seconds"] == {("load", "openweather"): unix(NOW)}
    assert found["run_duration_seconds"] == {("load", "openweather"): 12.5}
    assert found["run_failed"] == {("load", "openweather"): 0}
    assert found["rows_appended"] == {("openweather", "current"): 15}
    assert found["rejected_cells"] == {("openweather", "current"): 2}
    assert found["refused_files"] == {("openweather",): 1}
    assert found["requests"] == {("openweather",): 60} and found["requests_failed"] == {("openweather",): 3}
    assert found["newest_observation_timestamp_seconds"] == {("openweather",): unix(datetime(2026, 3, 1, 6, 22))}


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_failed_run_shows_and_what_was_good_before_stays(frozen: Settings, error: type[BaseException]) -> None:
    ran(frozen, "load", LOADED, source="openweather")
    later = replace(frozen, clock=NOW + timedelta(hours=3))
    with pytest.raises(error), Ledger(later).run("load", source="openweather"):
        raise error
    found, key = figures(later), ("load", "openweather")
    assert found["run_failed"] == {key: 1} and found["run_last_timestamp_seconds"] == {key: unix(NOW) + 3 * 3600}
    assert found["run_last_success_timestamp_seconds"] == {key: unix(NOW)}
    assert found["run_duration_seconds"][key] < 12.5  # of the failed one, which took no time
    assert found["rows_appended"] == {("openweather", "current"): 15}


def test_a_killed_run_shows_once_another_command_ends(frozen: Settings) -> None:
    ledger = Ledger(frozen)
    ledger.write(Run("killed", "load"), "started", source="synop")
    ran(frozen, "load", LOADED, source="openweather")
    assert figures(frozen)["run_failed"] == {("load", "openweather"): 0, ("load", "synop"): 1}
    ran(frozen, "load", LOADED, source="synop")
    assert figures(frozen)["run_failed"] == {("load", "openweather"): 0, ("load", "synop"): 0}


def test_a_build_in_figures(frozen: Settings) -> None:
    ran(frozen, "build", {"publication": {"row_count": 1234}, "dbt": {"tests": {"pass": 400, "warn": 1}}})
    with pytest.raises(ValueError, match="broken"):
        fails(frozen, {"dbt": {"tests": {"pass": 399, "fail": 2}}})
    found = figures(frozen)
    assert found["build_tests"] == {("pass",): 399, ("fail",): 2}
    assert found["published_rows"] == {(): 1234}  # readers still see the one before
    assert found["run_failed"] == {("build", ""): 1}


def test_calls_left_of_the_key_used_last(frozen: Settings) -> None:
    with Ledger(frozen).run("load", source="openweather") as run:
        calls = RunCalls(Ledger(frozen), run)
        calls.record("openweather", "11111111", 500, NOW - timedelta(hours=2))
        calls.record("openweather", "22222222", 20, NOW - timedelta(hours=1))
        calls.record("openweather", "22222222", 5, NOW)
        calls.record("meteofrance_vigilance", "33333333", 1, NOW)
        calls.record("nobodys", "44444444", 1, NOW)
        run.figures = LOADED
    assert figures(frozen)["api_calls_left"] == {
        ("openweather", "minute"): 55,
        ("openweather", "day"): 975,
        ("meteofrance_vigilance", "minute"): 49,
    }


def test_names_and_help_are_as_prometheus_wants_them(frozen: Settings) -> None:
    metrics.write(frozen)
    for family in text_string_to_metric_families(frozen.metrics.read_text()):
        assert family.type == "gauge" and re.fullmatch(r"isobar_[a-z_]+", family.name)
        assert not family.name.endswith(("_total", "_count", "_sum", "_bucket")), family.name
        assert family.documentation.endswith(".")
        assert ("seconds" in family.documentation.lower()) == family.name.endswith("_seconds")


def test_the_document_explains_every_figure_and_no_other(frozen: Settings) -> None:
    text = (PROJECT_ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    metrics.write(frozen)
    written = {family.name for family in text_string_to_metric_families(frozen.metrics.read_text())}
    assert set(re.findall(r"^\| `(isobar_\w+)`", text, re.MULTILINE)) == written
    assert set(re.findall(r"isobar_[a-z_]+", text)) - {"isobar_run_id"} <= written


def test_the_file_is_renamed_into_its_place(frozen: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    ran(frozen, "load", LOADED, source="synop")
    metrics.write(frozen)
    before = frozen.metrics.read_bytes()

    def killed(*_: object) -> None:
        raise OSError("before the rename")

    monkeypatch.setattr("os.rename", killed)
    ran(frozen, "load", LOADED, source="openweather")
    with pytest.raises(OSError, match="before the rename"):
        metrics.write(frozen)
    assert [path.name for path in frozen.metrics.parent.iterdir()] == [
        "isobar.prom"
    ] and frozen.metrics.read_bytes() == before
