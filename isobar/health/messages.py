"""How alerts are told: as text on standard output, or posted to a webhook as Slack's blocks or as plain JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from requests.utils import requote_uri

from ingestion.http.client import RETRIED_STATUSES, Client, HttpError
from ingestion.http.redaction import hide, origin
from isobar.health.alerts import AlertsError, Change, Outcome
from isobar.health.judgement import Kind, Severity
from isobar.health.wording import Station, moment, section
from isobar.settings import SLACK_HOSTS, Settings

TOLD_SINGLY = 3
"""So many stations of a source, tests, or departments of one vigilance have a paragraph each; more are one that names them."""

NAMED = 5
"""The first few of many stations or tests. Departments under vigilance are all named: one left out would pass for safe."""

SLACK_BLOCKS = 50
SLACK_SECTION_CHARACTERS = 3000
"""Limits that Slack documents, of a message and of one section's text."""

SLACK_MESSAGE_CHARACTERS = 10_000
"""Of all blocks together: undocumented, refused as msg_blocks_too_long from about 11,300 on (slackapi/bolt-js 2509, 2867)."""

STATES = {"new": "NEW", "open": "STILL OPEN", "resolved": "RESOLVED"}
"""In the order in which they are told."""


@dataclass(frozen=True)
class Paragraph:
    """One change, or many of a kind that are told as one."""

    state: str
    kind: Kind
    severity: Severity
    title: str
    text: str
    source: str | None
    table: str | None
    stations: tuple[Station, ...]
    last_good_at: datetime | None
    first_seen_at: datetime
    runbook: str
    keys: tuple[str, ...]


@dataclass(frozen=True)
class Message:
    """What one call says."""

    at: datetime
    warehouse_kind: str | None
    paragraphs: list[Paragraph]
    open_count: int
    held_back: int

    @property
    def summary(self) -> str:
        """`Isobar: 2 new, 1 resolved, 2026-03-01 06:30 UTC`."""
        counts = [
            (len([key for each in self.paragraphs if each.state == state for key in each.keys]), word.lower())
            for state, word in STATES.items()
        ]
        told = ", ".join(f"{count} {word}" for count, word in counts if count) or "nothing to tell"
        weather = " (simulated weather)" if self.warehouse_kind == "simulated" else ""
        return f"Isobar{weather}: {told}, {moment(self.at)}"

    def as_dict(self) -> dict[str, Any]:
        """The document that `--json` prints and a webhook of the format json is given."""
        document = {"summary": self.summary, **asdict(self)}
        return json.loads(
            json.dumps(document, default=lambda at: f"{at.isoformat()}Z")
        )  # who reads it knows no one clock


def message(settings: Settings, outcome: Outcome) -> Message:
    """An outcome in words: what is new first, what is critical before what is not."""
    told = sorted(
        (_paragraph(changes) for changes in _grouped(outcome.changes)),
        key=lambda each: (
            list(STATES).index(each.state),
            each.severity != Severity.CRITICAL,
            list(Kind).index(each.kind),
        ),
    )
    return Message(settings.now(), outcome.warehouse_kind, told, outcome.open_count, outcome.held_back)


def as_text(told: Message) -> str:
    """For people, on a terminal or in cron's mail."""
    return "\n\n".join([told.summary, *(_written(each, str) for each in told.paragraphs)])


def sender(settings: Settings, webhook: str) -> Callable[[Outcome], list[Change]]:
    """What posts an outcome to the webhook and returns the changes that it has taken; those that do not fit wait.

    The sender raises AlertsError when the webhook did not take the message.
    """
    _hide(webhook)
    is_slack = (settings.alert_format or ("slack" if urlsplit(webhook).hostname in SLACK_HOSTS else "json")) == "slack"

    def send(outcome: Outcome) -> list[Change]:
        whole = message(settings, outcome)
        if is_slack:
            document, taken = _slack(whole)
        else:
            document, taken = whole.as_dict(), whole.paragraphs
        try:
            with Client() as client:
                client.post(webhook, document)
        except HttpError as error:
            raise AlertsError(_refused(webhook, error)) from None
        keys = {key for each in taken for key in each.keys}
        return [change for change in outcome.changes if change.alert.key in keys]

    return send


# --- paragraphs ------------------------------------------------------------------------------------------------------


def _grouped(changes: list[Change]) -> list[list[Change]]:
    """Changes that are told together: many of a kind, a group and, where something ended, of one reason."""
    groups: dict[tuple[str, ...], list[Change]] = {}
    for change in changes:
        reason = change.text if change.state == "resolved" else ""
        alone = "" if change.alert.name else change.alert.key
        group = (change.state, change.alert.kind, change.alert.severity, change.alert.group, reason, alone)
        groups.setdefault(group, []).append(change)
    return [
        part
        for group in groups.values()
        for part in ([group] if len(group) > TOLD_SINGLY else [[change] for change in group])
    ]


def _paragraph(changes: list[Change]) -> Paragraph:
    first, alerts = changes[0], [change.alert for change in changes]
    alert = first.alert
    text = first.text if first.state == "resolved" or len(changes) > 1 else f"{first.text} {alert.action}"
    title = alert.title
    if len(changes) > 1:
        title = {
            Kind.SILENT_STATION: f"{len(changes)} stations of {alert.group} are silent",
            Kind.ANOMALY: f"{len(changes)} anomalies",
            Kind.FAILED_TEST: f"{len(changes)} failed tests",
            Kind.VIGILANCE: f"{alert.group}: {len(changes)} places",
        }[alert.kind]
        shown = len(changes) if alert.kind is Kind.VIGILANCE else NAMED
        text = f"{_listed([each.name for each in alerts], shown)}. {first.text if first.state == 'resolved' else alert.action}"
    return Paragraph(
        first.state,
        alert.kind,
        alert.severity,
        title,
        text,
        alert.source,
        _listed(sorted({each.table for each in alerts if each.table}), NAMED) or None,
        tuple(each.station for each in alerts if each.station),
        max((each.last_good_at for each in alerts if each.last_good_at), default=None),
        min(change.first_seen_at for change in changes),
        section(alert.kind),
        tuple(each.key for each in alerts),
    )


def _listed(names: list[str], shown: int) -> str:
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more


def _written(each: Paragraph, strong: Callable[[str], str]) -> str:
    facts = [
        f"table {each.table}" if each.table else "",
        f"station {each.stations[0].location_name} ({each.stations[0].location_id})" if len(each.stations) == 1 else "",
        f"last good {moment(each.last_good_at)}" if each.last_good_at else "last good time not known",
        each.runbook,
    ]
    lines = [strong(f"{STATES[each.state]}, {each.severity}: {each.title}"), each.text, "; ".join(filter(None, facts))]
    return "\n".join(lines)


# --- webhooks --------------------------------------------------------------------------------------------------------


def _slack(whole: Message) -> tuple[dict[str, Any], list[Paragraph]]:
    """Slack's payload, and the paragraphs that fit into it: `text` is what notifications show, the blocks are the message."""
    sections: list[dict[str, Any]] = []
    taken: list[Paragraph] = []
    characters = SLACK_SECTION_CHARACTERS  # kept for the summary and what is said of the rest
    for each in whole.paragraphs:
        section = _section(_escaped(_written(each, lambda title: f"*{title}*")))
        characters += len(section["text"]["text"])
        if len(sections) == SLACK_BLOCKS - 2 or characters > SLACK_MESSAGE_CHARACTERS:
            break
        sections.append(section)
        taken.append(each)
    summary = _escaped(replace(whole, paragraphs=taken).summary)
    rest = len(whole.paragraphs) - len(taken)
    more = [_section(f"{rest} more did not fit; the next call of `isobar alerts` sends them")] if rest else []
    return {"text": summary, "blocks": [_section(f"*{summary}*"), *sections, *more]}, taken


def _section(text: str) -> dict[str, Any]:
    if len(text) > SLACK_SECTION_CHARACTERS:
        text = f"{text[: SLACK_SECTION_CHARACTERS - 1]}…"
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def _escaped(text: str) -> str:
    """The three characters of Slack's markup: a station's name can neither link nor call a channel."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _hide(webhook: str) -> None:
    """Whoever knows its path may post: the whole of it is the secret, in each form in which a library may log it."""
    parts = urlsplit(webhook)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    for secret in (webhook, target, requote_uri(target), parts.password or ""):
        if len(secret) > 1:  # a path of / alone is none
            hide(secret)


def _refused(webhook: str, error: HttpError) -> str:
    later = "nothing is lost, the next call sends it"
    if error.status is None:
        return f"{error}; {later}"
    told = f"the webhook at {origin(webhook)} answers HTTP {error.status}"
    if error.status in RETRIED_STATUSES:
        return f"{told}, also when asked again; {later}"
    if 300 <= error.status < 400:
        return f"{told}, a redirect, which is not followed: give ISOBAR_ALERT_WEBHOOK the address it leads to; {later}"
    return f"{told}: is it still there, and is ISOBAR_ALERT_FORMAT the one it takes? {later[0].upper()}{later[1:]}"
