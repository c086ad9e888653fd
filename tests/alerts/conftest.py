"""A frozen clock, departments, a webhook on loopback, and nobody's secrets file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from isobar.health.alerts import Outcome, send_new
from isobar.health.messages import message, sender
from isobar.settings import Settings
from tests.alerts.stage import NOW, STORE, Webhook, webhook_server


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with webhook_server() as made:
        yield made


@pytest.fixture
def watched(settings: Settings, hook: Webhook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr("ingestion.http.client.BACKOFF_SECONDS", 0.0)
    monkeypatch.setattr("isobar.settings.SECRETS", tmp_path / "secrets.toml")
    return replace(
        settings, clock=NOW, alert_environment_webhook=hook.url, alert_departments=("33", "2A"), outlets=(STORE,)
    )


Call = Callable[..., list[tuple[str, str]]]


@pytest.fixture
def call(watched: Settings) -> Call:
    """`isobar alerts` so many hours after NOW, without a webhook: the state and key of each thing said."""

    def alerts(hours: float = 0) -> list[tuple[str, str]]:
        outcome = send_new(later(watched, hours), lambda told: told.changes)
        return sorted((change.state, change.alert.key) for change in outcome.changes)

    return alerts


@pytest.fixture
def post(watched: Settings, hook: Webhook) -> Callable[..., Outcome]:
    """`isobar alerts` with the webhook."""

    def alerts(hours: float = 0, **changed: Any) -> Outcome:
        return send_new(later(replace(watched, **changed), hours), sender(replace(watched, **changed), hook.url))

    return alerts


def later(settings: Settings, hours: float) -> Settings:
    return replace(settings, clock=NOW + timedelta(hours=hours))


def paragraphs(settings: Settings, outcome: Outcome) -> list[dict[str, Any]]:
    return message(settings, outcome).as_dict()["paragraphs"]
