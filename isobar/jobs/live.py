"""The real providers, end to end: every source that can run here, one line about each that could not, then build and publish."""

from __future__ import annotations

import logging
import time
from functools import partial
from typing import TYPE_CHECKING

from rich.markup import escape

from ingestion.feed import LoadError
from ingestion.http.budget import OverBudget
from ingestion.registry import SOURCES
from isobar.runs import logs
from isobar.settings import SettingsError

if TYPE_CHECKING:
    from isobar.cli import Session


def run_live(session: Session) -> int:
    """Load what each source has published since it was last asked, then build and publish.

    A source that cannot run says why and costs only itself; nothing is built when none ran. Returns the exit code: FAILED when a
    source failed or none ran, REJECTS when too much of one was rejected. One left out for want of a setting is no failure.
    """
    from isobar.cli import Exit, run_build, run_load

    started = time.monotonic()
    say = partial(session.console.print, soft_wrap=True)
    figures: dict[str, object] = {}
    outcomes: dict[str, str] = {}
    code = Exit.DONE
    for name in SOURCES:
        say(f"\n[bold]{name}[/bold]")
        try:
            loaded = run_load(session, name, None)
        except SettingsError as error:
            outcomes[name] = f"left out: {error}"
            logs.event("source_left_out", source=name, reason=str(error))
        except (LoadError, OverBudget) as error:
            outcomes[name], code = f"failed: {error}", Exit.FAILED
            logs.event("source_failed", logging.ERROR, source=name, reason=str(error))
        else:
            figures[name] = loaded.as_dict()
            added = sum(table.appended_row_count for table in loaded.tables.values())
            outcomes[name] = f"ran: {added:,} new rows"
            if loaded.is_above_reject_limit:
                outcomes[name] += ", too much was rejected"
                code = code or Exit.REJECTS  # a failed source counts for more
    if figures:
        say("\n[bold]dbt build, audit, publish[/bold]")
        figures["build"] = run_build(session).as_dict()
    say("")
    for name, outcome in outcomes.items():
        say(f"{name} {escape(outcome)}")
    if figures:
        say(f"[bold]done[/bold] in {time.monotonic() - started:.0f} s. Next: isobar app, or isobar status")
    session.show({**figures, "outcomes": outcomes})
    return code if figures else Exit.FAILED
