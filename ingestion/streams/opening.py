"""The transport of the settings."""

from __future__ import annotations

from ingestion.streams.transport import Transport
from isobar.settings import Settings


def open_transport(settings: Settings) -> Transport | None:
    """The transport of the settings; None where it is direct.

    Raises:
        StreamError: its library is not installed.
        SettingsError: a setting of it is missing.
    """
    if settings.transport == "kafka":
        from ingestion.streams.kafka import Kafka  # the extra `kafka`: a direct transport imports none of it

        return Kafka(settings)
    return None
