"""The demo: simulated archives over local HTTP, through the very pipeline that loads real ones, to a published warehouse."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING

from isobar.settings import DEMO_DATA_DIR, DEMO_NOW, PROJECT_ROOT

if TYPE_CHECKING:
    from isobar.cli import Session

DEMO_SEED = 20260301
DEMO_START = date(2024, 1, 1)
"""Two years and two months: every month at least twice, both published layouts (months before 2025, years since)."""
FIRST_YEARLY = date(2025, 1, 1)
DEMO_FAULT_RATE = 1e-5
"""A few absurd cells in some 400,000 rows, so that quality control has something to find."""

NEXT = (
    ("isobar --demo app", "look at it: latest conditions on a map, one station's period"),
    ("isobar --demo status", "what is loaded, how old it is"),
    ("isobar run --live", "the same with real observations from Météo-France, no key needed"),
)


def run_demo(session: Session) -> None:
    """Simulate, serve, load, build, publish under `data/demo`; a second run changes no row."""
    from isobar import dbt
    from isobar.cli import run_build, run_load
    from isobar.lock import writing
    from simulator.archive import write_archive
    from simulator.server import archive_server
    from simulator.synop import Layout

    started = time.monotonic()
    session.settings = replace(session.settings, data_dir=DEMO_DATA_DIR, clock=DEMO_NOW)
    say = partial(session.console.print, soft_wrap=True)
    say(f"[bold]Isobar[/bold]: the demo's clock stands at {DEMO_NOW:%Y-%m-%d %H:%M} UTC; everything goes to data/demo")
    with writing(session.settings):
        say(dbt.ensure_packages(session.settings))
    say("\n[bold]1. simulated archives[/bold], in the two layouts Météo-France has published")
    archive = session.settings.data_dir / "archive"
    layouts: tuple[tuple[Layout, date, date], ...] = (
        ("monthly", DEMO_START, date(2024, 12, 31)),
        ("yearly", FIRST_YEARLY, DEMO_NOW.date()),
    )
    with session.progress() as progress:
        written = [
            write_archive(
                archive,
                start,
                end,
                seed=DEMO_SEED,
                layout=layout,
                revisions=True,
                fault_rate=DEMO_FAULT_RATE,
                as_of=DEMO_NOW,
                progress=lambda file, done, total, rows: progress("simulating", done, total),
            )
            for layout, start, end in layouts
        ]
    files = [file for summary in written for file in summary.files]
    seconds = sum(summary.seconds for summary in written)
    say(
        f"{len(files)} files, {sum(file.rows for file in files):,} rows, {sum(s.changed for s in written)} new; {seconds:.1f} s"
    )
    say("\n[bold]2. land and load[/bold], over HTTP")
    with archive_server(archive) as url:
        loaded = run_load(session, "synop", url, datetime.combine(DEMO_START, datetime.min.time()), DEMO_NOW)
    say("\n[bold]3. dbt build, audit, publish[/bold]")
    built = run_build(session)
    say(f"\n[bold]done[/bold] in {time.monotonic() - started:.0f} s. Next:")
    for command, purpose in NEXT:
        say(f"  {_runnable(command)}  [dim]# {purpose}[/dim]")
    session.show({"load": loaded.as_dict(), "build": built.as_dict()})


def _runnable(command: str) -> str:
    """The command as it can be typed here, with or without the virtual environment switched on."""
    if shutil.which("isobar"):
        return command
    local = (PROJECT_ROOT / ".venv" / "bin" / "isobar").relative_to(PROJECT_ROOT)
    return command.replace("isobar ", f"{local} ")
