"""Structured logs: what people read as tables and bars, as one JSON object a line on standard error (`--log-format json`).

Each line has `at` (the one clock, UTC), `level`, `run_id` and `command` of the run that wrote it (null outside of one), `event`
and `fields`. Without the option nothing listens, and an event costs nothing.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from ingestion.http.redaction import redact

_logger = logging.getLogger("isobar")
_logger.addHandler(logging.NullHandler())  # without a handler Python itself would print warnings
_logger.propagate = False  # a library behind dbt gives the root logger a handler, which would print them too

FOREIGN = "library"
"""The event of what a library logs (urllib3, Python's own warnings): its words are among the fields."""

_run: tuple[str, str] | tuple[None, None] = (None, None)


def event(name: str, level: int = logging.INFO, /, **fields: Any) -> None:
    """Tell machines that something happened."""
    _logger.log(level, name, extra={"fields": fields})


def warn(name: str, /, **fields: Any) -> None:
    """Tell machines of something that its user should know."""
    event(name, logging.WARNING, **fields)


@contextmanager
def of_run(run_id: str, command: str, part_of: tuple[str, str] | tuple[None, None] = (None, None)) -> Iterator[None]:
    """What is logged meanwhile is of this run, then of the one that it is a part of; after a failure, what is still said of it
    too.
    """
    global _run  # noqa: PLW0603 - a process runs one command at a time, in whatever threads
    _run = (run_id, command)
    yield
    _run = part_of


def to_standard_error(now: Callable[[], datetime] | None = None) -> None:
    """From now on, every event and whatever libraries warn of is a line of JSON. `now` is the one clock."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Line(now or _machine_clock))
    for logger in (_logger, logging.getLogger()):
        logger.handlers = [handler]  # the only one: any other's lines would not be JSON
    _logger.setLevel(logging.INFO)
    logging.captureWarnings(capture=True)


class _Line(JsonFormatter):
    """A record as a line of JSON without keys."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__(json_default=str, json_ensure_ascii=False)
        self.now = now

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        fields = getattr(record, "fields", None)
        is_ours = record.name == _logger.name and fields is not None
        run_id, command = _run
        log_data.update(
            at=f"{self.now().isoformat(timespec='milliseconds')}Z",
            level=record.levelname.lower(),
            run_id=run_id,
            command=command,
            event=record.message if is_ours else FOREIGN,
            fields=_redacted(fields if is_ours else {"logger": record.name, "message": record.message, **message_dict}),
        )


def _redacted(value: Any) -> Any:
    """`value` with every text in it redacted: before it is written as JSON, which may write a key in another form."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {name: _redacted(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted(inner) for inner in value]
    return value


def _machine_clock() -> datetime:
    """For what is said before the settings are read."""
    return datetime.now(UTC).replace(tzinfo=None)
