"""What is an alert, what is none, what is said when it is over, and what cannot be judged and so changes nothing."""

from __future__ import annotations

import fcntl
import re
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Timer

import duckdb
import pytest

from ingestion.feed import LoadError
from isobar.health.alerts import AlertsError, all_open, judge, read_state, send_new
from isobar.health.damage import damaged_files
from isobar.health.judgement import Kind, Severity
from isobar.health.status import status
from isobar.health.wording import RUNBOOK, Alert, section
from isobar.runs import last as runs
from isobar.runs.last import run_state, unfinished_rebuild
from isobar.runs.ledger import Ledger, Run
from isobar.runs.lock import LOOK_SECONDS, LockedError, is_writing, writing
from isobar.settings import PROJECT_ROOT, Settings
from tests.alerts.conftest import Call, later
from tests.alerts.stage import (
    NOW,
    OVERDUE,
    STORE,
    budget,
    called,
    dbt_test,
    delivery,
    fetched,
    ran,
    source,
    station,
    write_health,
    write_vigilance,
)
from tests.command import isobar
from tests.serving.publisher import published


def wrong(settings: Settings) -> dict[str, Alert]:
    return judge(settings, read_state(settings)).wrong


def resolutions(settings: Settings, hours: float) -> dict[str, str]:
    outcome = send_new(later(settings, hours), lambda told: told.changes)
    return {change.alert.key: change.text for change in outcome.changes if change.state == "resolved"}


def everything_wrong(settings: Settings) -> None:
    """One alert of every kind."""
    fetched(settings, NOW - timedelta(days=2))
    ran(settings, "load", "done", NOW - timedelta(days=1), source="openweather")
    ran(settings, "load", "failed", source="openweather", error="LoadError")
    ran(settings, "deliver", "done", NOW - timedelta(hours=9), outlets=[delivery(NOW - timedelta(days=2))])
    ran(settings, "deliver", "failed", outlets=[delivery(None, "its disk is full: make room.")])
    write_health(
        settings,
        sources=[source(), source("openweather", **OVERDUE)],
        stations=[station()],
        tests=[
            dbt_test("volume", "warn", is_monitor=True, message="3 rows, 190 expected."),
            dbt_test("unique_day", "fail"),
        ],
        budgets=[budget(call_limit=0)],
        build_outcome="failed",
        published_at=NOW - timedelta(hours=6),
    )
    write_vigilance(settings, {"colour": "orange"})
    settings.warehouse.write_bytes(b"")


# --- every kind ------------------------------------------------------------------------------------------------------


def test_each_kind_names_table_station_last_good_time_and_what_to_do(watched):
    everything_wrong(watched)
    found = {alert.kind: alert for alert in wrong(watched).values()}
    assert set(found) == set(Kind)
    good = {kind: (alert.table, alert.last_good_at) for kind, alert in found.items()}
    assert good == {
        Kind.FAILED_RUN: ("raw_openweather", NOW - timedelta(days=1)),
        Kind.OVERDUE_SOURCE: ("raw_openweather.observations", NOW - timedelta(hours=10)),
        Kind.OVERDUE_PUBLICATION: ("marts.duckdb", None),  # no build has ever been done
        Kind.SILENT_STATION: ("fct_observations", datetime(2026, 2, 27, 12)),
        Kind.ANOMALY: ("fct_daily_weather", None),  # no earlier call has seen a build in which it passed
        Kind.FAILED_TEST: ("fct_daily_weather", NOW - timedelta(hours=6)),
        Kind.BUDGET: ("raw_openweather", datetime(2026, 3, 1)),
        Kind.VIGILANCE: ("fct_vigilance", NOW - timedelta(hours=2)),
        Kind.DAMAGED_FILE: ("warehouse.duckdb", None),
        Kind.OUTLET: (None, NOW - timedelta(days=2)),
    }
    named = found[Kind.SILENT_STATION].station
    assert (named.location_id, named.location_name) == ("wmo:07510", "Bordeaux")
    assert "3 rows, 190 expected" in found[Kind.ANOMALY].text
    assert "(LoadError)" in found[Kind.FAILED_RUN].text and "isobar load openweather" in found[Kind.FAILED_RUN].action
    assert "disk is full" in found[Kind.OUTLET].text and "isobar deliver" in found[Kind.OUTLET].action
    said = [text for alert in found.values() for text in (alert.text, alert.action)]
    assert [text for text in said if not text.endswith(".") or text.endswith("..")] == []


def test_every_kind_has_its_section_of_the_runbook_and_every_section_a_kind():
    text = (PROJECT_ROOT / RUNBOOK).read_text(encoding="utf-8")
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    anchors = [f"{RUNBOOK}#{heading.lower().replace(' ', '-')}" for heading in headings]
    others = [f"{RUNBOOK}#how-alerts-are-sent"]
    assert anchors == [*(section(kind) for kind in Kind), *others]
    for told in re.split(r"^## ", text, flags=re.MULTILINE)[1 : -len(others)]:
        asked = re.findall(r"^\*\*(.+?)\.\*\*", told, re.MULTILINE)
        assert asked == ["What it means", "First look", "What to do", "When it goes away"], told.splitlines()[0]


def test_a_store_is_told_once_and_by_itself(watched: Settings) -> None:
    """Not of the run besides, which fails for every store of it."""
    other = STORE.replace("weather_dw", "other")
    watched = replace(watched, outlets=(STORE, other))
    both = [delivery(None, "no answer."), delivery(NOW, outlet=other)]
    ran(watched, "deliver", "failed", outlets=both)
    assert list(wrong(watched)) == [f"outlet:{STORE}"]
    send_new(watched, lambda told: told.changes)
    ran(watched, "deliver", "done", NOW + timedelta(hours=1), outlets=[delivery(NOW), delivery(NOW, outlet=other)])
    assert resolutions(watched, 1) == {f"outlet:{STORE}": "It has the publication of 2026-03-01 06:30 UTC."}
    ran(watched, "deliver", None, NOW + timedelta(hours=2))  # killed: nobody knows how far it came
    assert list(wrong(later(watched, 2))) == ["failed_run:deliver"]


def test_a_store_that_nobody_delivers_to_is_told_after_an_hour(watched: Settings) -> None:
    published(watched, {"one": ("select 1 as one", None, ("one",))}, at=NOW)
    assert not wrong(later(watched, 1))
    assert [*wrong(later(watched, 1.1))] == [f"outlet:{STORE}"]


def test_a_healthy_pipeline_has_none(watched, call: Call):
    ran(watched, "load", "done", source="synop")
    ran(watched, "build", "done")
    write_health(
        watched,
        sources=[source(), source("climat", is_scheduled=False, overdue_at=None)],
        stations=[station(is_silent=False)],
        tests=[
            dbt_test("a", "pass"),
            dbt_test("b", "warn"),
            dbt_test("c", "pass", is_monitor=True),
            dbt_test("d", "success", node_type="unit_test"),
            dbt_test("e", "error", node_type="model"),  # the failed build says it
        ],
        budgets=[budget(), budget(period="minute", call_limit=1)],
    )
    write_vigilance(watched, {"colour": "yellow"})
    assert wrong(watched) == {} and call() == []


# --- runs ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", ["failed", "stopped", None])
def test_a_run_that_did_not_end_well_until_it_does(watched, call: Call, outcome):
    ran(watched, "load", outcome, NOW - timedelta(hours=2), source="synop")
    ran(watched, "load", "done", NOW - timedelta(hours=1), source="climat")
    (alert,) = wrong(watched).values()
    assert (alert.severity, alert.title) == (Severity.CRITICAL, f"load synop {outcome or 'killed'}")
    assert call() == [("new", "failed_run:load:synop")]
    ran(watched, "load", "done", source="synop")
    assert call() == [("resolved", "failed_run:load:synop")] and call() == []


def test_a_failed_build_says_that_readers_keep_what_they_had(watched):
    ran(watched, "build", "done", NOW - timedelta(hours=5))
    ran(watched, "build", "failed", error="BuildError")
    (alert,) = wrong(watched).values()
    assert (alert.table, alert.last_good_at) == ("marts.duckdb", NOW - timedelta(hours=5))
    assert "(BuildError)" in alert.text and "Nothing was published" in alert.text


def test_a_run_under_way_is_neither_wrong_nor_fine(watched, call: Call):
    ran(watched, "load", "failed", NOW - timedelta(hours=2), source="synop")
    assert call() == [("new", "failed_run:load:synop")]
    with writing(watched):
        ran(watched, "load", None, source="synop")
        assert call() == [] and [run.outcome for run in run_state(watched).last] == ["running"]
    assert [run.outcome for run in run_state(watched).last] == ["killed"]
    assert call() == []  # said once, however it fails


def test_a_run_without_an_end_was_killed_when_another_has_begun_since(watched):
    with writing(watched):
        ran(watched, "load", None, NOW - timedelta(hours=1), source="synop")
        ran(watched, "build", None)
        assert {(run.command, run.outcome) for run in run_state(watched).last} == {
            ("load", "killed"),
            ("build", "running"),
        }


def test_a_run_that_ends_while_it_is_looked_at_was_not_killed(watched, monkeypatch):
    """Its end is written before the lock is let go, and after the ledger was read."""

    def ends_meanwhile(settings: Settings) -> bool:
        with settings.ledger.open("a") as ledger:
            ledger.write(settings.ledger.read_text().replace('"started"', '"finished", "outcome": "done"'))
        return False

    ran(watched, "build", None)
    monkeypatch.setattr(runs, "is_writing", ends_meanwhile)
    assert [run.outcome for run in run_state(watched).last] == ["done"]


def test_looking_at_the_lock_does_not_stand_in_a_command_s_way(watched):
    assert is_writing(watched) is False
    with writing(watched):
        assert is_writing(watched) is True
    assert is_writing(watched) is False
    with (watched.data_dir / ".lock").open() as look:
        fcntl.flock(look, fcntl.LOCK_SH)
        with pytest.raises(LockedError), writing(watched):
            pass  # no look takes that long
        Timer(LOOK_SECONDS / 4, fcntl.flock, (look, fcntl.LOCK_UN)).start()
        with writing(watched):
            assert is_writing(watched) is True


def test_a_source_without_its_key_is_in_use_once_it_was_fetched(watched):
    """`run --live` tries every source every hour. Recorded files do not make one that is asked."""
    key = "failed_run:load:openweather"
    ran(watched, "load", "failed", source="openweather", error="SettingsError")
    ran(watched, "load", "done", NOW + timedelta(minutes=1), source="openweather", is_fetched=False)
    ran(watched, "load", "failed", NOW + timedelta(minutes=2), source="openweather", error="SettingsError")
    assert wrong(watched) == {} and not status(watched).failed_runs
    fetched(watched, NOW + timedelta(minutes=3), "openweather", rows=0)
    ran(watched, "load", "failed", NOW + timedelta(minutes=4), source="openweather", error="SettingsError")
    # what is missing is a setting, and the source is overdue in its time
    assert {found: alert.severity for found, alert in wrong(watched).items()} == {key: Severity.WARNING}
    assert [run.command for run in status(watched).failed_runs] == ["load openweather"]


def test_a_failed_run_is_told_with_the_line_that_its_user_saw(watched):
    with pytest.raises(LoadError), Ledger(watched).run("load", source="synop"):
        raise LoadError("https://example.org/?appid=abcdef0123456789 does not answer.")
    (alert,) = wrong(watched).values()
    assert alert.text.endswith("failed: https://example.org/?appid=*** does not answer.")
    (run,) = status(watched).failed_runs
    assert run.reason == "https://example.org/?appid=*** does not answer."


# --- builds that stop while loads go on ------------------------------------------------------------------------------


def test_rows_that_no_build_publishes_are_overdue(watched, call: Call):
    """Counted from the first load that waits, so that later ones do not put it off; a failed build does not either."""
    key, after = "overdue_publication:marts", 36
    ran(watched, "build", "done", NOW - timedelta(hours=1))
    for hours in range(0, after + 1, 3):
        fetched(watched, NOW + timedelta(hours=hours), "openweather")
    fetched(watched, NOW + timedelta(hours=after))
    assert call(after) == []
    assert call(after + 0.1) == [("new", key)]
    (alert,) = wrong(later(watched, after + 0.1)).values()
    assert (alert.severity, alert.last_good_at) == (Severity.CRITICAL, NOW - timedelta(hours=1))
    assert "rows of openweather, synop since 2026-03-01 06:30 UTC, the last at 2026-03-02 18:30 UTC" in alert.text
    assert "every 24 h; it is overdue since 2026-03-02 18:30 UTC" in alert.text
    ran(watched, "build", "failed", NOW + timedelta(hours=after + 1), error="BuildError")
    assert call(after + 2) == [("new", "failed_run:build")]
    ran(watched, "build", "done", NOW + timedelta(hours=after + 3))
    assert call(after + 3) == [("resolved", "failed_run:build"), ("resolved", key)]


@pytest.mark.parametrize(
    ("rows", "is_fetched"),
    [(0, True), (3, False)],
    ids=["nothing new came: the source is what is overdue", "recorded files: whoever loads them is there to build"],
)
def test_loads_that_wait_for_no_build(watched, rows, is_fetched):
    counts = {"observations": {"appended_row_count": rows}}
    ran(watched, "load", "done", NOW - timedelta(days=9), source="synop", is_fetched=is_fetched, tables=counts)
    fetched(watched, NOW - timedelta(days=8))
    ran(watched, "build", "done", NOW - timedelta(days=7))
    ran(watched, "load", "done", NOW - timedelta(days=6), source="synop", is_fetched=is_fetched, tables=counts)
    ran(watched, "load", None, NOW - timedelta(days=5), source="synop", is_fetched=True)
    assert list(wrong(watched)) == ["failed_run:load:synop"]


# --- sources and stations --------------------------------------------------------------------------------------------


def test_a_source_is_overdue_after_its_time_and_not_at_it(watched):
    for minutes, expected in ((0, []), (1, ["overdue_source:synop"])):
        write_health(watched, sources=[source(overdue_at=NOW - timedelta(minutes=minutes))])
        assert list(wrong(watched)) == expected


def test_a_load_after_the_last_build_counts(watched):
    """Loads every hour, a build every night: health alone would call the source overdue every morning."""
    write_health(watched, sources=[source(**OVERDUE)], written_at=NOW - timedelta(hours=6))
    counts = {"observations": {"appended_row_count": 0}, "stations": {"appended_row_count": 5}}
    ran(watched, "load", "done", NOW - timedelta(hours=1), source="synop", tables=counts)
    assert list(wrong(watched)) == ["overdue_source:synop"]  # it found nothing new in the table that is overdue
    ran(watched, "load", "done", NOW, source="synop", tables={"observations": {"appended_row_count": 3}})
    ran(watched, "load", "done", NOW, source="synop", tables={"observations": {"appended_row_count": 0}})
    assert list(wrong(watched)) == []
    assert list(wrong(later(watched, 9))) == [] and list(wrong(later(watched, 9.1))) == ["overdue_source:synop"]


def test_rows_of_a_killed_load_count_once_a_later_one_has_seen_them(watched):
    write_health(watched, sources=[source(**OVERDUE)], written_at=NOW - timedelta(hours=6))
    ran(watched, "build", "done", NOW - timedelta(hours=6))
    landed_at = (NOW - timedelta(hours=2)).isoformat()
    seen = {"observations": {"appended_row_count": 0, "last_new_rows_at": landed_at}}
    ran(watched, "load", None, NOW - timedelta(hours=2), source="synop", is_fetched=True)
    assert set(wrong(watched)) == {"failed_run:load:synop", "overdue_source:synop"}
    ran(watched, "load", "done", NOW, source="synop", is_fetched=True, tables=seen)
    assert wrong(watched) == {}
    assert list(wrong(later(watched, 7.1))) == ["overdue_source:synop"]  # 9 h after the rows, not after the load
    assert list(wrong(later(watched, 36.1))) == ["overdue_publication:marts", "overdue_source:synop"]


def test_stations_of_an_overdue_source_are_left_as_they_were(watched, call: Call):
    write_health(watched, sources=[source()], stations=[station(7510)])
    assert call() == [("new", "silent_station:synop:wmo:07510")]
    write_health(watched, sources=[source(**OVERDUE)], stations=[station(7510), station(7650)])
    assert call() == [("new", "overdue_source:synop")]
    write_health(watched, sources=[source()], stations=[station(7510), station(7650)])
    assert call() == [("new", "silent_station:synop:wmo:07650"), ("resolved", "overdue_source:synop")]


def test_a_station_that_is_back_is_told_from_one_that_is_taken_for_closed(watched, call: Call):
    write_health(watched, sources=[source()], stations=[station(7510), station(7650), station(7690)])
    assert len(call()) == 3
    closed = station(7650) | {"is_silent": False}
    write_health(watched, sources=[source()], stations=[station(7510, is_silent=False), closed])
    assert resolutions(watched, 1) == {
        "silent_station:synop:wmo:07510": "The newest observation is of 2026-03-01 06:30 UTC.",
        "silent_station:synop:wmo:07650": "No report since 2026-02-27 12:00 UTC: taken for closed.",
        "silent_station:synop:wmo:07690": "Watched no more.",
    }


# --- tests -----------------------------------------------------------------------------------------------------------


def test_a_monitor_is_an_anomaly_and_a_test_a_failure(watched):
    rows = [dbt_test(f"m_{status}", status, is_monitor=True) for status in ("warn", "fail", "error")]
    rows += [dbt_test(f"t_{status}", status) for status in ("warn", "fail", "error")]
    write_health(watched, tests=rows, build_outcome="failed")
    assert sorted(wrong(watched)) == [
        "anomaly:test.isobar.m_fail",
        "anomaly:test.isobar.m_warn",
        "failed_test:test.isobar.m_error",
        "failed_test:test.isobar.t_error",
        "failed_test:test.isobar.t_fail",
    ]


def test_a_test_that_did_not_run_is_as_it_was(watched, call: Call):
    key = "failed_test:test.isobar.unique_day"
    write_health(watched, tests=[dbt_test("unique_day", "fail")], build_outcome="failed")
    assert call() == [("new", key)]
    write_health(watched, tests=[dbt_test("unique_day", "skipped")], build_outcome="failed")
    assert call() == []
    write_health(watched, tests=[], build_outcome="failed")  # dbt could not even parse
    assert call() == []
    write_health(watched, tests=[dbt_test("unique_day", "pass")])
    assert call() == [("resolved", key)]


def test_a_test_that_a_whole_build_does_not_have_is_gone(watched, call: Call):
    write_health(watched, tests=[dbt_test("volume", "warn", is_monitor=True)])
    assert call() == [("new", "anomaly:test.isobar.volume")]
    write_health(watched, tests=[])
    assert resolutions(watched, 1) == {"anomaly:test.isobar.volume": "Watched no more."}


def test_an_anomaly_was_last_good_in_the_last_whole_build_before_it(watched, call: Call):
    write_health(watched, written_at=NOW - timedelta(hours=6))
    call(-6)
    write_health(watched, written_at=NOW - timedelta(hours=3), build_outcome="failed")
    call(-3)
    write_health(watched, tests=[dbt_test("volume", "warn", is_monitor=True)])
    assert call() == [("new", "anomaly:test.isobar.volume")]
    for _ in range(2):  # and stays so in later builds
        (change,) = all_open(watched).changes
        assert change.alert.last_good_at == NOW - timedelta(hours=6)
        write_health(watched, tests=[dbt_test("volume", "warn", is_monitor=True)], written_at=NOW + timedelta(hours=3))
        call(3)


# --- budgets ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        ([(1, 89)], []),
        ([(1, 90)], ["budget:openweather:0123abcd:day"]),
        ([(25, 90)], []),  # yesterday's
        ([(1, 95), (1, -10)], []),  # given back
    ],
)
def test_a_tenth_of_the_calls_left(watched, made, expected):
    """By the ledger as it is now; what health counted at the last build is older."""
    write_health(watched, budgets=[budget(call_count=0)], sources=[source("openweather")])
    for hours, count in made:
        ran(watched, "load", "done", NOW - timedelta(hours=hours), source="openweather")
        called(watched, NOW - timedelta(hours=hours), count)
    assert list(wrong(watched)) == expected


def test_the_last_good_time_of_a_budget_is_the_call_before_the_last_tenth(watched, call: Call):
    polled = source("openweather", overdue_at=NOW + timedelta(days=1))
    write_health(watched, budgets=[budget(), budget(period="month", call_limit=1000)], sources=[polled])
    for hours, count in ((5, 50), (4, 39), (3, 1), (2, 1)):
        called(watched, NOW - timedelta(hours=hours), count)
    (alert,) = wrong(watched).values()
    assert alert.last_good_at == NOW - timedelta(hours=4) and "9 of 100 calls are left this day" in alert.text
    assert "until 2026-03-02 00:00 UTC" in alert.text
    assert call() == [("new", "budget:openweather:0123abcd:day")]
    assert call(18) == [("resolved", "budget:openweather:0123abcd:day")]  # the next day


# --- vigilance -------------------------------------------------------------------------------------------------------


def test_orange_and_red_now_in_the_departments_of_the_settings(watched):
    write_vigilance(
        watched,
        {"colour": "orange"},
        {"colour": "red", "department_code": "2A", "domain_id": "2A10", "domain_kind": "coast", "phenomenon_id": "9"},
        {"colour": "yellow", "phenomenon_id": "3"},
        {"colour": "red", "phenomenon_id": "4", "valid_from_at": NOW + timedelta(minutes=1)},
        {"colour": "red", "phenomenon_id": "5", "valid_to_at": NOW},  # expired this instant
        {"colour": "red", "domain_id": "75", "department_code": "75"},
        {"colour": "red", "domain_id": "FRA", "domain_kind": "country", "department_code": None},
    )
    found = wrong(watched)
    assert {key: alert.severity for key, alert in found.items()} == {
        "vigilance:33:2:orange": Severity.WARNING,
        "vigilance:2A10:9:red": Severity.CRITICAL,
    }
    assert "coast of department 2A" in found["vigilance:2A10:9:red"].title


def test_a_colour_that_changes_is_said_with_the_one_that_follows(watched, call: Call):
    write_vigilance(watched, {"colour": "orange"})
    assert call() == [("new", "vigilance:33:2:orange")]
    write_vigilance(watched, {"colour": "red"})
    assert call() == [("new", "vigilance:33:2:red"), ("resolved", "vigilance:33:2:orange")]
    write_vigilance(watched, {"colour": "yellow"})
    assert resolutions(watched, 1) == {
        "vigilance:33:2:red": "By the map of 2026-03-01 04:30 UTC the colour is yellow now."
    }


def test_what_has_expired_is_over_but_not_green(watched, call: Call):
    write_vigilance(watched, {"colour": "red"})
    assert call() == [("new", "vigilance:33:2:red")]
    (said,) = resolutions(watched, 10).values()
    assert "unknown, which is not green" in said


def test_without_departments_vigilance_is_not_read(settings):
    settings.data_dir.mkdir()
    with duckdb.connect(str(settings.marts)) as other:
        other.execute("create table fct_vigilance (a integer)")
    assert wrong(settings) == {}


# --- what cannot be read ---------------------------------------------------------------------------------------------


def test_a_health_file_of_the_build_alone_leaves_all_else_open(watched, call: Call):
    """As after a first build that failed before there was anything to tell of."""
    everything_wrong(watched)
    assert len(call()) == len(Kind)
    write_health(watched, build_outcome="failed")
    with duckdb.connect(str(watched.health)) as health:
        for (table,) in health.execute(
            "select table_name from duckdb_tables() where table_name <> 'health'"
        ).fetchall():
            health.execute(f"drop table {table}")
    assert call(1) == []


def test_without_health_and_marts_only_runs_are_judged(watched, call: Call):
    everything_wrong(watched)
    assert len(call()) == len(Kind)
    watched.health.unlink()
    watched.marts.unlink()
    ran(watched, "load", "done", NOW + timedelta(minutes=1), source="openweather")
    assert call(1) == [("resolved", "failed_run:load:openweather")]
    everything_wrong(watched)
    assert [state for state, _ in call(2)] == ["new"]  # the run; all others are still open


@pytest.mark.parametrize("name", ["health", "marts"])
def test_what_is_there_and_cannot_be_read_is_said_in_one_line(watched, name):
    everything_wrong(watched)
    path = getattr(watched, name)
    path.unlink()
    with duckdb.connect(str(path)) as other:
        other.execute("create table health (a integer)")
        other.execute("create table fct_vigilance (a integer)")
    with pytest.raises(AlertsError, match=rf"{name}.duckdb cannot be read \(BinderException\).*isobar build"):
        judge(watched, read_state(watched))


@pytest.mark.parametrize("content", [b"", b"no database" * 5000, b"cut"])
@pytest.mark.parametrize(
    ("name", "remedy"), [("health", "isobar build"), ("marts", "isobar build"), ("warehouse", "isobar rebuild")]
)
def test_a_damaged_file_is_named_and_what_it_told_stays_open(watched, call: Call, name, remedy, content):
    everything_wrong(watched)
    watched.warehouse.unlink()
    call()
    path = getattr(watched, name)
    whole = path.read_bytes() if path.exists() else None
    path.write_bytes(content if content != b"cut" or whole is None else whole[: len(whole) // 2])
    assert call(1) == [("new", f"damaged_file:{name}.duckdb")]
    (damaged,) = status(watched).damaged_files
    assert damaged.file == f"{name}.duckdb" and remedy in damaged.remedy and status(watched).needs_attention
    path.unlink()
    if whole:
        path.write_bytes(whole)
    assert call(2) == [("resolved", f"damaged_file:{name}.duckdb")]


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda whole: b"", "the file is empty"),
        (lambda whole: b"\0" * len(whole), "1 of 1 lines cannot be read"),
        (lambda whole: whole + b"\xff\xfe\n{}\n", "2 of 6 lines cannot be read"),
        (lambda whole: whole[: whole.index(b"\n") + 1], "1 runs that health.duckdb lists are missing"),
    ],
)
def test_a_damaged_ledger_is_named_and_mended_by_the_next_run(watched, damage, reason):
    ran(watched, "load", "done", source="synop")
    ran(watched, "build", "done")
    ledger = Ledger(watched)
    runs_before = [event["run_id"] for event in ledger.events() if event["event"] == "started"]
    with duckdb.connect(str(watched.health)) as session:
        session.execute("create table fct_pipeline_runs (run_id varchar, started_at timestamp)")
        session.executemany("insert into fct_pipeline_runs values (?, ?)", [[run_id, NOW] for run_id in runs_before])
    assert damaged_files(watched) == []
    watched.ledger.write_bytes(damage(watched.ledger.read_bytes()))
    (damaged,) = damaged_files(watched)
    assert (damaged.file, damaged.reason) == ("ledger.jsonl", reason) and "isobar build" in damaged.remedy
    known, damaged_bytes = ledger.events(), watched.ledger.read_bytes()
    aside = ledger.mend()
    assert ledger.events() == known and (aside is None or aside.read_bytes() == damaged_bytes)
    with ledger.run("build"):
        pass
    assert ledger.fault() is None


def test_a_line_cut_by_a_kill_is_no_damage(watched):
    ran(watched, "build", "done")
    whole = watched.ledger.read_bytes()
    for length in range(1, whole.index(b"\n")):
        watched.ledger.write_bytes(whole + whole[:length])
        assert Ledger(watched).fault() is None, length


# --- a rebuild and its steps -----------------------------------------------------------------------------------------


def rebuilding(settings: Settings, *steps: tuple[str, str | None], outcome: str | None = None) -> None:
    """A rebuild in the ledger: steps (words, outcome), of which those without an outcome never ended."""
    ledger, whole = Ledger(settings), Run(f"whole {settings.now()}", "rebuild")
    ledger.write(whole, "started")
    for number, (words, ended) in enumerate(steps):
        command, *source = words.split()
        step = Run(f"{whole.run_id}, step {number}", command)
        ledger.write(step, "started", part_of=whole.run_id, **({"source": source[0]} if source else {}))
        if ended:
            ledger.write(step, "finished", outcome=ended, tables={})
    if outcome:
        ledger.write(whole, "finished", outcome=outcome)


def failed(settings: Settings) -> list[tuple[str, str]]:
    return [(each.command, each.outcome) for each in status(settings).failed_runs]


@pytest.mark.parametrize(
    ("steps", "remedy"),
    [
        ([], "isobar rebuild"),
        ([("load synop", None)], "isobar rebuild"),
        ([("load synop", "done"), ("load climat", "failed")], "isobar rebuild"),
        ([("load synop", "done"), ("build", None)], "isobar build"),
        ([("load synop", "done"), ("build", "failed")], "isobar build"),
    ],
)
def test_a_killed_rebuild_speaks_for_its_steps(watched, steps, remedy):
    rebuilding(watched, *steps)
    assert failed(watched) == [("rebuild", "killed")]
    (alert,) = (each for each in wrong(watched).values() if each.kind is Kind.FAILED_RUN)
    assert alert.title == "rebuild killed" and f"`{remedy}`" in alert.action
    assert (unfinished_rebuild(watched) is None) is (remedy == "isobar build")
    ran(watched, "build", "done", NOW + timedelta(minutes=1))
    assert failed(watched) == ([] if remedy == "isobar build" else [("rebuild", "killed")])
    rebuilding(replace(watched, clock=NOW + timedelta(minutes=2)), ("build", "done"), outcome="done")
    assert failed(watched) == [] and unfinished_rebuild(watched) is None


def test_a_rebuild_under_way_is_not_killed_while_its_steps_run(watched):
    rebuilding(watched, ("load synop", "done"), ("load climat", None))
    with writing(watched):
        outcomes = {run.words: run.outcome for run in run_state(watched).last}
        assert outcomes == {"rebuild": "running", "load synop": "done", "load climat": "running"}
        assert status(watched).running.command == "rebuild" and failed(watched) == []


def test_marts_of_half_a_lake_are_not_built_after_a_killed_rebuild(watched):
    rebuilding(watched, ("load synop", None))
    done = isobar(watched, "build")
    assert done.returncode == 1 and "Run `isobar rebuild` again" in done.stderr, done.stderr


def test_rows_are_those_of_raw_and_not_of_every_load_that_ever_was(watched):
    """Ledgers of an earlier version do not know the rows of raw."""
    ledger = Ledger(watched)

    def loaded(**tables: dict[str, int]) -> int | None:
        with ledger.run("load", source="synop") as run:
            run.figures = {"source": "synop", "tables": tables}
        return next(each.rows for each in status(watched).sources if each.source == "synop")

    counts = {"appended_row_count": 40}
    assert loaded(observations=counts, stations=counts) == 80
    assert loaded(observations=counts) == 120
    assert loaded(observations=counts | {"stored_row_count": 40}) == 40


def test_it_reads_beside_a_reader_and_writes_nothing_but_its_state(watched, call: Call):
    everything_wrong(watched)
    before = {path: path.read_bytes() for path in watched.data_dir.iterdir()}
    with duckdb.connect(str(watched.health), read_only=True):
        call()
    after = {path: path.read_bytes() for path in watched.data_dir.iterdir()}
    assert set(after) - set(before) == {watched.alerts} and {path: after[path] for path in before} == before
