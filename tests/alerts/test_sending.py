"""What is said when, and to whom: once, resolved, at most so often; through a webhook that fails and shows nowhere."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import traceback
from dataclasses import replace
from datetime import timedelta

import pytest

from isobar.health.alerts import MESSAGES_AN_HOUR, AlertsError, all_open, read_state, send_new
from isobar.health.messages import (
    NAMED,
    SLACK_BLOCKS,
    SLACK_MESSAGE_CHARACTERS,
    SLACK_SECTION_CHARACTERS,
    TOLD_SINGLY,
    as_text,
    message,
    sender,
)
from isobar.settings import PROJECT_ROOT, Settings, SettingsError
from tests.alerts.conftest import Call, later, paragraphs
from tests.alerts.stage import (
    NOW,
    OVERDUE,
    Webhook,
    budget,
    dbt_test,
    ran,
    source,
    station,
    write_health,
    write_vigilance,
)


def fail(settings: Settings, name: str = "synop") -> None:
    ran(settings, "load", "failed", source=name, error="LoadError")


def isobar(settings: Settings, *arguments: str, **changed: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        **settings.environment(),
        "ISOBAR_ALERT_WEBHOOK": settings.alert_environment_webhook or "",
        **changed,
    }
    command = [sys.executable, "-m", "isobar.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=PROJECT_ROOT, check=False)


# --- once, and again -------------------------------------------------------------------------------------------------


def test_said_once_resolved_once_and_new_again(watched, call: Call):
    fail(watched)
    assert call() == [("new", "failed_run:load:synop")]
    assert call(1) == []
    fail(watched, "climat")
    assert call(2) == [("new", "failed_run:load:climat")]
    ran(watched, "load", "done", NOW + timedelta(hours=3), source="synop")
    assert call(3) == [("resolved", "failed_run:load:synop")]
    assert call(4) == []
    ran(watched, "load", "failed", NOW + timedelta(hours=5), source="synop")
    assert call(5) == [("new", "failed_run:load:synop")]


def test_what_is_critical_is_said_again_every_day_and_a_warning_is_not(watched, call: Call):
    fail(watched)
    write_health(watched, sources=[source(overdue_at=NOW + timedelta(days=9))], stations=[station()])
    assert len(call()) == 2
    assert call(23.9) == []
    assert call(24) == [("open", "failed_run:load:synop")]
    assert call(47) == [] and call(48) == [("open", "failed_run:load:synop")]


def test_all_that_is_open_is_shown_and_nothing_is_changed(watched, call: Call):
    fail(watched)
    assert [change.state for change in all_open(watched).changes] == ["open"]
    assert not watched.alerts.exists() and call() == [("new", "failed_run:load:synop")]
    state = watched.alerts.read_bytes()
    (change,) = all_open(later(watched, 5)).changes
    assert change.first_seen_at == NOW and watched.alerts.read_bytes() == state


def test_a_state_that_cannot_be_read_says_everything_anew(watched, call: Call):
    fail(watched)
    assert len(call()) == 1
    for content in ("{", "[]", '{"opened": {"a": {}}}', ""):
        watched.alerts.write_text(content)
        assert call(2) == [("new", "failed_run:load:synop")], content


def test_the_state_survives_as_it_was_written(watched, call: Call):
    fail(watched)
    write_health(watched, sources=[source()], stations=[station()])
    call()
    state = read_state(watched)
    assert state.messages == [NOW] and state.passed_at == NOW
    opened = state.opened["silent_station:synop:wmo:07510"]
    (judged,) = [each.alert for each in all_open(watched).changes if each.alert.key == opened.alert.key]
    assert opened.alert == judged and (opened.first_seen_at, opened.sent_at) == (NOW, NOW)
    assert [path.name for path in watched.data_dir.iterdir() if "alerts" in path.name] == ["alerts.json"]


# --- the rate limit --------------------------------------------------------------------------------------------------


def test_messages_are_few_in_an_hour_and_what_is_held_back_is_sent_later(watched):
    said = []

    def send(outcome):
        said.append([change.alert.key for change in outcome.changes])
        return outcome.changes

    for number in range(MESSAGES_AN_HOUR):
        fail(watched, f"s{number}")
        send_new(later(watched, number / 60), send)
    assert [len(keys) for keys in said] == [1] * MESSAGES_AN_HOUR
    fail(watched, "late")
    fail(watched, "brief")
    ran(watched, "load", "done", NOW + timedelta(minutes=9), source="s0")
    held = send_new(later(watched, 0.2), send)
    assert (held.changes, held.held_back, len(said)) == ([], 3, MESSAGES_AN_HOUR)
    ran(watched, "load", "done", NOW + timedelta(minutes=20), source="brief")  # over before anybody was told
    sent = send_new(later(watched, 1), send)
    assert sorted(said[-1]) == ["failed_run:load:late", "failed_run:load:s0"] and sent.held_back == 0
    (late,) = [change for change in sent.changes if change.state == "new"]
    assert late.first_seen_at == NOW + timedelta(hours=0.2)


def test_a_call_with_nothing_to_say_is_no_message(watched, post, hook: Webhook):
    for hours in (0, 0.1, 0.2):
        assert post(hours).changes == []
    assert hook.asked == [] and read_state(watched).messages == []


# --- one message -----------------------------------------------------------------------------------------------------


def test_many_stations_are_one_paragraph_that_names_how_many_and_the_first_few(watched, call: Call):
    stations = [station(7000 + number, f"Town {number}") for number in range(12)]
    write_health(watched, sources=[source()], stations=stations)
    (told,) = paragraphs(watched, all_open(watched))
    assert told["title"] == "12 stations of synop are silent"
    assert told["text"].startswith("Town 0 (wmo:07000), Town 1 (wmo:07001)")
    assert "Town 4 (wmo:07004) and 7 more. " in told["text"] and "Town 5" not in told["text"]
    assert len(told["keys"]) == len(told["stations"]) == 12  # a machine is given all of them
    assert len(call()) == 12
    write_health(watched, sources=[source()], stations=[*stations, station(7500, "Another")])
    assert call() == [("new", "silent_station:synop:wmo:07500")]


def test_a_few_stations_have_a_paragraph_each(watched):
    stations = [station(7000 + number, f"Town {number}") for number in range(TOLD_SINGLY)]
    write_health(watched, sources=[source()], stations=stations)
    assert len(paragraphs(watched, all_open(watched))) == TOLD_SINGLY < NAMED


def test_every_department_under_vigilance_is_named(watched):
    departments = tuple(f"{number:02}" for number in range(1, 20))
    rows = [{"colour": "red", "domain_id": each, "department_code": each} for each in departments]
    write_vigilance(watched, *rows)
    settings = replace(watched, alert_departments=departments)
    (told,) = paragraphs(settings, all_open(settings))
    assert told["title"] == "red vigilance, rain and flood: 19 places"
    assert all(f"{each}, " in told["text"] or f"{each}. " in told["text"] for each in departments)


def test_what_ended_for_different_reasons_is_told_apart(watched, call: Call):
    departments = tuple(f"{number:02}" for number in range(1, 9))
    rows = [{"colour": "red", "domain_id": each, "department_code": each} for each in departments]
    settings = replace(watched, alert_departments=departments)
    write_vigilance(settings, *rows)
    send_new(settings, lambda told: told.changes)
    write_vigilance(settings, *[row | {"colour": "green"} for row in rows[:4]])
    told = paragraphs(settings, send_new(later(settings, 1), lambda told: told.changes))
    assert [(each["state"], each["text"][:14], each["text"][-26:]) for each in told] == [
        ("resolved", "01, 02, 03, 04", "04:30 UTC the colour is green now."[-26:]),
        ("resolved", "05, 06, 07, 08", "unknown, which is not green."[-26:]),
    ]


def test_the_order_is_new_before_resolved_and_critical_before_warnings(watched, call: Call):
    ran(watched, "load", "failed", source="synop")
    call()
    ran(watched, "load", "done", NOW + timedelta(minutes=1), source="synop")
    write_health(watched, sources=[source(**OVERDUE)], tests=[dbt_test("volume", "warn", is_monitor=True)])
    told = paragraphs(watched, send_new(later(watched, 1), lambda outcome: outcome.changes))
    assert [(each["state"], each["kind"]) for each in told] == [
        ("new", "overdue_source"),
        ("new", "anomaly"),
        ("resolved", "failed_run"),
    ]


def test_the_text_for_people(watched):
    write_health(watched, sources=[source()], stations=[station()], warehouse_kind="simulated")
    assert as_text(message(watched, all_open(watched))).splitlines() == [
        "Isobar (simulated weather): 1 still open, 2026-03-01 06:30 UTC",
        "",
        "STILL OPEN, warning: Bordeaux (wmo:07510) is silent",
        "Its newest observation from synop is of 2026-02-27 12:00 UTC; by its own rhythm the next was expected until 2026-02-28"
        " 00:00 UTC, and other stations have reported since. Nothing to repair here: see whether the provider announces it, and"
        " what relies on this station.",
        "table fct_observations; station Bordeaux (wmo:07510); last good 2026-02-27 12:00 UTC; docs/runbook.md#silent-station",
    ]


# --- webhooks --------------------------------------------------------------------------------------------------------


def test_json_is_the_whole_document(watched, post, hook: Webhook):
    fail(watched)
    ran(watched, "build", "done", NOW - timedelta(hours=1))
    post()
    (document,) = hook.taken
    assert document["summary"] == "Isobar: 1 new, 2026-03-01 06:30 UTC"
    assert (document["at"], document["open_count"], document["held_back"]) == ("2026-03-01T06:30:00Z", 1, 0)
    (told,) = document["paragraphs"]
    assert told | {"text": ""} == {
        "state": "new",
        "kind": "failed_run",
        "severity": "critical",
        "title": "load synop failed",
        "text": "",
        "source": "synop",
        "table": "raw_synop",
        "stations": [],
        "last_good_at": None,
        "first_seen_at": "2026-03-01T06:30:00Z",
        "runbook": "docs/runbook.md#failed-run",
        "keys": ["failed_run:load:synop"],
    }
    post(1)
    assert len(hook.taken) == 1


def test_slack_is_given_blocks_and_a_text_without_markup_of_others(watched, post, hook: Webhook):
    write_health(watched, sources=[source()], stations=[station(name="<!channel> & <https://x|y>")])
    post(alert_format="slack")
    (payload,) = hook.taken
    assert payload["text"] == "Isobar: 1 new, 2026-03-01 06:30 UTC"
    assert [block["type"] for block in payload["blocks"]] == ["section", "section"]
    text = payload["blocks"][1]["text"]
    assert text["type"] == "mrkdwn"
    assert text["text"].startswith("*NEW, warning: &lt;!channel&gt; &amp; &lt;https://x|y&gt; (wmo:07510) is silent*\n")
    assert "<" not in text["text"] and "docs/runbook.md#silent-station" in text["text"]


def test_what_does_not_fit_into_slack_s_message_goes_with_the_next(watched, post, hook: Webhook):
    keys = [f"{number:08}" for number in range(60)]
    write_health(watched, sources=[source("openweather")], budgets=[budget(key_hash=key, call_limit=0) for key in keys])
    said: list[str] = []
    held = []
    for call in range(5):
        outcome = post(call, alert_format="slack")
        said += [change.alert.key for change in outcome.changes]
        held.append(outcome.held_back)
    assert sorted(said) == sorted(f"budget:openweather:{key}:day" for key in keys)
    assert held[0] > 0 and held[-1] == 0 and 2 <= len(hook.taken) < 5
    for payload in hook.taken:
        texts = [block["text"]["text"] for block in payload["blocks"]]
        assert len(texts) <= SLACK_BLOCKS and sum(map(len, texts)) <= SLACK_MESSAGE_CHARACTERS
        assert max(map(len, texts)) <= SLACK_SECTION_CHARACTERS
    assert hook.taken[0]["blocks"][-1]["text"]["text"].startswith(f"{held[0]} more did not fit")


def test_a_paragraph_is_never_longer_than_slack_takes(watched, post, hook: Webhook):
    write_health(watched, sources=[source()], stations=[station(name="&" * 2000)])
    post(alert_format="slack")
    assert len(hook.taken[0]["blocks"][1]["text"]["text"]) == SLACK_SECTION_CHARACTERS


@pytest.mark.parametrize(
    ("webhook", "chosen", "is_slack"),
    [
        ("https://hooks.slack.com/services/T/B/x", None, True),
        ("https://hooks.slack-gov.com/services/T/B/x", None, True),
        ("https://hooks.slack.com.example.org/x", None, False),
        ("https://example.org/x", "slack", True),
        ("https://hooks.slack.com/services/T/B/x", "json", False),
    ],
)
def test_slack_s_hosts_are_given_slack_s_format(watched, monkeypatch, webhook, chosen, is_slack):
    posted = []
    monkeypatch.setattr("isobar.health.messages.Client.post", lambda self, url, document: posted.append(document))
    fail(watched)
    send_new(watched, sender(replace(watched, alert_format=chosen), webhook))
    assert ("blocks" in posted[0]) is is_slack


# --- failures --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statuses", "attempts", "told"),
    [
        ([404], 1, "answers HTTP 404: is it still there"),
        ([400], 1, "ISOBAR_ALERT_FORMAT"),
        ([503], 5, "answers HTTP 503, also when asked again; nothing is lost"),
        ([302], 1, "a redirect, which is not followed"),
    ],
)
def test_a_webhook_that_fails_is_one_line_and_changes_nothing(watched, post, hook: Webhook, statuses, attempts, told):
    fail(watched)
    post()
    state = watched.alerts.read_bytes()
    fail(watched, "climat")
    hook.statuses, hook.asked = statuses, []
    hook.headers = {"Location": "/elsewhere"} if 302 in statuses else {}
    with pytest.raises(AlertsError, match=told) as raised:
        post(1)
    assert len(hook.asked) == attempts and not any(path.startswith("GET") for path in hook.asked)
    assert hook.secret not in str(raised.value) and "127.0.0.1" in str(raised.value)
    assert watched.alerts.read_bytes() == state
    hook.statuses = [200]
    assert [change.alert.key for change in post(1).changes] == ["failed_run:load:climat"]


def test_what_passes_is_asked_again(watched, post, hook: Webhook):
    fail(watched)
    hook.statuses = [503, 429, 200]
    assert len(post().changes) == 1 and len(hook.asked) == 3 and len(hook.taken) == 1


@pytest.mark.parametrize("status", [202, 204])
def test_webhooks_say_yes_in_several_ways(watched, post, hook: Webhook, status):
    fail(watched)
    hook.statuses = [status]
    assert len(post().changes) == 1 and post(1).changes == []


def test_a_crash_between_the_message_and_the_state_repeats_it(watched, post, hook: Webhook, monkeypatch):
    fail(watched)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("isobar.files.os.replace", full)
        with pytest.raises(OSError, match="space"):
            post()
    post()
    assert [each["paragraphs"][0]["keys"] for each in hook.taken] == [["failed_run:load:synop"]] * 2
    post(1)
    assert len(hook.taken) == 2


def test_the_address_shows_nowhere_when_it_fails(watched, post, hook: Webhook, caplog):
    """Neither in messages, tracebacks, nor what libraries log; nor in a file."""
    caplog.set_level(logging.DEBUG)
    fail(watched)
    shown = []
    for statuses in ([500], [404], [200]):
        hook.statuses = statuses
        try:
            post()
        except AlertsError as error:
            shown += traceback.format_exception(error)
    closed = replace(
        watched, alert_environment_webhook="http://127.0.0.1:9/services/T0/B0/marked-secret-0123456789?a=b"
    )
    ran(watched, "build", "failed")
    with pytest.raises(
        AlertsError, match=r"127.0.0.1:9: .*check the address and the network.*nothing is lost"
    ) as error:
        send_new(closed, sender(closed, str(closed.alert_webhook())))
    shown += traceback.format_exception(error.value)
    assert len(shown) > 10 and "marked-secret" not in "".join(shown)
    assert sum(record.name.startswith("urllib3") for record in caplog.records) > 5
    assert "marked-secret" not in caplog.text and "marked-secret" not in repr(watched)
    written = [path for path in watched.data_dir.rglob("*") if path.is_file()]
    assert {path.name for path in written} == {"alerts.json", "ledger.jsonl"}
    assert [path for path in written if b"marked-secret" in path.read_bytes()] == []


# --- the command -----------------------------------------------------------------------------------------------------


def test_the_command_sends_once_and_then_is_quiet(watched, hook: Webhook):
    fail(watched)
    first, second = isobar(watched, "alerts"), isobar(watched, "alerts")
    assert (first.returncode, first.stdout) == (0, "sent: Isobar: 1 new, 2026-03-01 06:30 UTC\n"), first.stderr
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")
    assert len(hook.taken) == 1 and hook.asked[0].endswith(hook.secret)


def test_without_a_webhook_the_command_prints(watched):
    write_health(watched, sources=[source()], stations=[station(name="[bold]Bordeaux\x1b[31m")])
    printed = isobar(watched, "alerts", ISOBAR_ALERT_WEBHOOK="")
    assert printed.returncode == 0 and "NEW, warning: [bold]Bordeaux\ufffd[31m (wmo:07510) is silent" in printed.stdout
    as_json = isobar(watched, "--json", "alerts", "--open", ISOBAR_ALERT_WEBHOOK="")
    document = json.loads(as_json.stdout)
    assert [each["keys"] for each in document["paragraphs"]] == [["silent_station:synop:wmo:07510"]]
    quiet = isobar(watched, "--json", "alerts", ISOBAR_ALERT_WEBHOOK="")
    assert json.loads(quiet.stdout)["paragraphs"] == [] and quiet.stderr == ""


def test_a_webhook_that_fails_ends_the_command_with_1_and_no_address(watched, hook: Webhook):
    fail(watched)
    hook.statuses = [404]
    failed = isobar(watched, "--debug", "alerts")
    assert failed.returncode == 1 and "Traceback" in failed.stderr
    last = failed.stderr.splitlines()[-1]
    assert last.startswith("isobar: the webhook at http://127.0.0.1:") and "HTTP 404" in last
    assert hook.secret not in failed.stdout + failed.stderr and not watched.alerts.exists()


def test_a_webhook_that_is_no_address_is_a_setting_s_fault(watched):
    done = isobar(watched, "alerts", ISOBAR_ALERT_WEBHOOK="marked-secret-0123456789")
    assert done.returncode == 2 and done.stderr.startswith("isobar: ISOBAR_ALERT_WEBHOOK is not an address")
    assert "marked-secret" not in done.stdout + done.stderr


# --- settings --------------------------------------------------------------------------------------------------------


def test_the_webhook_of_the_secrets_file_comes_after_the_environment_s(watched, tmp_path):
    (tmp_path / "secrets.toml").write_text('[alerts]\nwebhook = "https://example.org/from-file"\n')
    assert replace(watched, alert_environment_webhook=None).alert_webhook() == "https://example.org/from-file"
    assert watched.alert_webhook() == watched.alert_environment_webhook
    (tmp_path / "secrets.toml").write_text('[alerts]\nwebhook = ""\n')
    assert replace(watched, alert_environment_webhook=None).alert_webhook() is None


@pytest.mark.parametrize("webhook", ["ftp://example.org/x", "https:///x", "https://[::1/x", "example.org"])
def test_an_address_that_is_none_is_refused_without_showing_it(watched, webhook):
    with pytest.raises(SettingsError, match="ISOBAR_ALERT_WEBHOOK") as raised:
        replace(watched, alert_environment_webhook=webhook).alert_webhook()
    assert webhook not in str(raised.value)


def test_what_isobar_starts_is_not_given_the_webhook(watched):
    assert "marked-secret" not in str(watched.environment())
    assert Settings.from_environment(watched.environment()).alert_departments == ("33", "2A")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEPARTMENTS", "20"),
        ("DEPARTMENTS", "99"),
        ("DEPARTMENTS", "97"),
        ("DEPARTMENTS", "970"),
        ("DEPARTMENTS", "33;75"),
        ("DEPARTMENTS", "2a"),
        ("FORMAT", "xml"),
    ],
)
def test_other_settings_of_alerts_are_refused_by_name(name, value):
    with pytest.raises(SettingsError, match=f"ISOBAR_ALERT_{name}"):
        Settings.from_environment({f"ISOBAR_ALERT_{name}": value})


def test_departments_are_those_of_vigilance():
    departments = Settings.from_environment({"ISOBAR_ALERT_DEPARTMENTS": "01, 2A,2B,974"}).alert_departments
    assert departments == ("01", "2A", "2B", "974")
