"""Send what is new since the last call: failed runs, overdue sources, silent stations, failed tests, budgets, vigilance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from isobar.health.alerts import Change, Outcome, all_open, send_new
from isobar.health.messages import Message, message, sender
from isobar.jobs.recording import follow
from isobar.settings import Settings

Say = Callable[[Message], None]


@dataclass(frozen=True)
class Alerted:
    """What was told, and whether it went to the webhook."""

    message: Message
    is_sent: bool

    def as_dict(self) -> dict[str, object]:
        return self.message.as_dict()


def alerts(settings: Settings, say: Say, *, show_open: bool = False) -> Alerted:
    """Send what is new to the webhook of the settings, else hand it to `say`. Nothing new, nothing said.

    Args:
        say: prints a message; what it has taken counts as told.
        show_open: hand over everything that is open now; send nothing, and forget nothing.

    Raises:
        AlertsError: the webhook refuses; what it did not take is kept for the next call.
        SettingsError: the webhook is no address.
    """
    follow(settings)
    webhook = settings.alert_webhook()

    def told(outcome: Outcome) -> list[Change]:
        say(message(settings, outcome))
        return outcome.changes

    if show_open:
        outcome = all_open(settings)
        told(outcome)
    else:
        outcome = send_new(settings, sender(settings, webhook) if webhook else told)
    is_sent = bool(webhook and outcome.changes and not show_open)
    return Alerted(message(settings, outcome), is_sent)
