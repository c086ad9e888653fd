"""What of the findings is new since the last call, and what is over: told once, remembered in `alerts.json`.

    judge    isobar/health/judgement.py: every subject that can be judged now
    compare  with `alerts.json`: what is new, what is resolved, what is said again
    send     one message (isobar/health/messages.py), then remember it

What cannot be judged is neither new nor resolved. The state is written after the message was taken: a crash between the two says
one message again, and loses none. Two calls at once may do the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from isobar.files import write_whole
from isobar.health import judgement as judging
from isobar.health.judgement import Judgement, JudgementError, Kind, Severity
from isobar.health.wording import Alert, Station, alert, resolution
from isobar.settings import Settings

MESSAGES_AN_HOUR = 6
"""One in ten minutes. A channel that fills faster is muted by those who should read it; a later call sends what is held back."""

REMINDER = timedelta(hours=24)
"""What is critical and still open is said again once a day, to whoever is on duty then; a warning is said once."""


class AlertsError(Exception):
    """What alerts are judged by cannot be read, or the message was not taken; what was sent before stays known."""


@dataclass(frozen=True)
class Opened:
    """An alert as the last call saw it. `sent_at` is None while the rate limit holds it back."""

    alert: Alert
    first_seen_at: datetime
    sent_at: datetime | None


@dataclass
class State:
    """What earlier calls have sent: `alerts.json`. `passed_at`: when the last build that ran all its tests was written."""

    opened: dict[str, Opened] = field(default_factory=dict)
    messages: list[datetime] = field(default_factory=list)
    passed_at: datetime | None = None


class Judged(NamedTuple):
    """The alerts of all that is wrong, by key, and what they were judged by."""

    wrong: dict[str, Alert]
    judgement: Judgement


def judge(settings: Settings, state: State) -> Judged:
    """Everything that is wrong now, in words.

    Raises:
        AlertsError: what alerts are judged by cannot be read.
    """
    try:
        judgement = judging.judge(settings, with_vigilance=True)
    except JudgementError as error:
        raise AlertsError(str(error)) from error
    wrong = {found.key: alert(found, judgement) for found in judgement.wrong()}
    for key, each in wrong.items():
        if each.kind is Kind.ANOMALY:  # a monitor finds it again in each build: it was good before it was first told
            before = state.opened.get(key)
            wrong[key] = replace(each, last_good_at=before.alert.last_good_at if before else state.passed_at)
    return Judged(wrong, judgement)


# --- compare ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Change:
    """One alert and what is said of it: new, resolved, or open as before (a reminder, or all that is open)."""

    state: str
    alert: Alert
    text: str
    first_seen_at: datetime


@dataclass
class Outcome:
    """What a call says, and how much of what it found is left for a later one: by the rate limit, or for want of room."""

    changes: list[Change]
    open_count: int
    held_back: int = 0
    warehouse_kind: str | None = None


Send = Callable[[Outcome], list[Change]]
"""Tells an outcome and returns the changes that found room in the message; raises where none was taken."""


def send_new(settings: Settings, send: Send) -> Outcome:
    """Judge, send what is new as one message, remember what was said. Where `send` raises, nothing is changed.

    Raises:
        AlertsError: what alerts are judged by cannot be read, or the message was not taken.
    """
    now, state = settings.now(), read_state(settings)
    judged = judge(settings, state)
    changes = [*_new(judged, state, now), *_resolved(judged, state), *_reminders(judged, state, now)]
    recent = [at for at in state.messages if now - timedelta(hours=1) < at <= now]
    outcome = Outcome([], len(judged.wrong), len(changes), judged.judgement.build.get("warehouse_kind"))
    if changes and len(recent) < MESSAGES_AN_HOUR:
        said = send(replace(outcome, changes=changes, held_back=0))
        outcome = replace(outcome, changes=said, held_back=len(changes) - len(said))
        recent.append(now)
    known = {change.alert.key for change in outcome.changes}
    after = State(_opened_after(judged, state, known, now), recent, _passed_at(judged) or state.passed_at)
    if after != state:
        _write_state(settings, after)
    return outcome


def all_open(settings: Settings) -> Outcome:
    """Everything that is wrong now, whether it was sent or not; changes nothing.

    Raises:
        AlertsError: what alerts are judged by cannot be read.
    """
    state = read_state(settings)
    judged = judge(settings, state)
    changes = [
        Change("open", each, each.text, _first_seen(state, each, settings.now())) for each in judged.wrong.values()
    ]
    return Outcome(changes, len(changes), warehouse_kind=judged.judgement.build.get("warehouse_kind"))


def _new(judged: Judged, state: State, now: datetime) -> Iterable[Change]:
    for key, each in judged.wrong.items():
        before = state.opened.get(key)
        if before is None or before.sent_at is None:
            yield Change("new", each, each.text, _first_seen(state, each, now))


def _resolved(judged: Judged, state: State) -> Iterable[Change]:
    for key, before in state.opened.items():
        why = resolution(key, before.alert, judged.judgement)
        if why is not None and before.sent_at is not None:  # what nobody was told of needs no end
            yield Change("resolved", before.alert, why, before.first_seen_at)


def _reminders(judged: Judged, state: State, now: datetime) -> Iterable[Change]:
    for key, each in judged.wrong.items():
        before = state.opened.get(key)
        if each.severity is Severity.CRITICAL and before and before.sent_at and now - before.sent_at >= REMINDER:
            yield Change("open", each, each.text, before.first_seen_at)


def _first_seen(state: State, each: Alert, now: datetime) -> datetime:
    return state.opened[each.key].first_seen_at if each.key in state.opened else now


def _opened_after(judged: Judged, state: State, said: set[str], now: datetime) -> dict[str, Opened]:
    """What is open once the keys of `said` were sent: resolutions held back stay, what nobody was told of goes quietly."""
    opened = {}
    for key, before in state.opened.items():
        is_over = resolution(key, before.alert, judged.judgement) is not None
        if key not in judged.wrong and not (is_over and (key in said or before.sent_at is None)):
            opened[key] = before
    for key, each in judged.wrong.items():
        sent_at = now if key in said else state.opened[key].sent_at if key in state.opened else None
        opened[key] = Opened(each, _first_seen(state, each, now), sent_at)
    return opened


def _passed_at(judged: Judged) -> datetime | None:
    """When the health of a build that ran all its tests was written."""
    build = judged.judgement.build
    return build["written_at"] if build.get("build_outcome") == "done" else None


# --- state -----------------------------------------------------------------------------------------------------------


def read_state(settings: Settings) -> State:
    """`alerts.json`. One that cannot be read is taken for none: everything that is open is sent again."""
    try:
        found = json.loads(settings.alerts.read_text(encoding="utf-8"))
        return State(
            {key: _opened(entry) for key, entry in found["opened"].items()},
            [datetime.fromisoformat(at) for at in found["messages"]],
            _time(found["passed_at"]),
        )
    except FileNotFoundError:
        return State()
    except (ValueError, KeyError, TypeError, AttributeError):
        return State()


def _opened(entry: dict[str, Any]) -> Opened:
    told = dict(entry["alert"])
    told |= {"kind": Kind(told["kind"]), "severity": Severity(told["severity"])}
    told |= {"station": Station(**told["station"]) if told["station"] else None}
    told |= {"last_good_at": _time(told["last_good_at"])}
    return Opened(Alert(**told), datetime.fromisoformat(entry["first_seen_at"]), _time(entry["sent_at"]))


def _time(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None


def _write_state(settings: Settings, state: State) -> None:
    write_whole(settings.alerts, json.dumps(asdict(state), default=lambda value: value.isoformat(), indent=1))
