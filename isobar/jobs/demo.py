"""The demo: simulated archives over local HTTP, through the very pipeline that loads real ones, to a published warehouse."""

from __future__ import annotations

import shlex
import shutil
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from isobar.settings import DEMO_KEY, DEMO_NOW, PROJECT_ROOT

if TYPE_CHECKING:
    from ingestion.load import LoadSummary
    from isobar.cli import Session
    from simulator.synop import Layout

DEMO_SEED = 20260301
DEMO_FAULT_RATE = 1e-5
"""A few absurd cells in some 400,000 rows, so that quality control has something to find."""

ARCHIVES: tuple[tuple[Layout, date, date], ...] = (
    ("monthly", date(2024, 1, 1), date(2024, 12, 31)),
    ("yearly", date(2025, 1, 1), DEMO_NOW.date()),
)
"""Two years and two months: every month at least twice, in both published layouts (months before 2025, years since)."""

POLL_DAYS = 21
"""A forecast reaches five days ahead, so that those of sixteen days have met their outcome at every lead. Errors of neighbours
and of successive polls are alike: over ten days the fourth day's mean error may by chance be below the third's."""
POLLS = tuple(DEMO_NOW - timedelta(hours=3 * number) for number in reversed(range(POLL_DAYS * 8)))

AIR_QUALITY_DAYS = 59
"""Of the past, hour by hour: two months, enough for the cycles of the day and the week."""

MAPS = tuple(DEMO_NOW - timedelta(hours=12 * number) for number in reversed(range(6)))
"""Of three days: what was said for a day when it was tomorrow, and when it was today."""

NEXT = (
    ("isobar {demo} app", "look at it: latest conditions on a map, one place's period"),
    ("isobar {demo} status", "what is loaded, how old it is"),
    ("isobar run --live", "real weather instead: Météo-France's without a key, OpenWeather's with one"),
)


def run_demo(session: Session) -> None:
    """Simulate, serve, load, build and publish into the demo's data folder; a second run changes no row."""
    from ingestion.sources.openweather.cities import configured_cities
    from isobar.cli import run_build
    from isobar.runs.lock import writing
    from isobar.warehouse import dbt

    started = time.monotonic()
    settings = session.settings = session.of_demo
    folder = _shown(settings.data_dir)
    say = partial(session.console.print, soft_wrap=True)
    say(f"[bold]Isobar[/bold]: the demo's clock stands at {DEMO_NOW:%Y-%m-%d %H:%M} UTC; everything goes to {folder}")
    with writing(settings):
        say(dbt.ensure_packages(settings))
    say("\n[bold]1. simulated archives[/bold], in the two layouts Météo-France has published")
    archive = simulate_archives(session)
    say("\n[bold]2. observations[/bold], over HTTP as from Météo-France")
    figures = {"load": load_observations(session, archive).as_dict()}
    cities = len(configured_cities(settings))
    say(f"\n[bold]3. forecasts and air quality[/bold] of {cities} cities, over HTTP as from OpenWeather")
    polled, past = load_openweather(session)
    figures |= {"polls": polled.as_dict(), "past_air_quality": past.as_dict()}
    say(
        "\n[bold]4. daily climatology[/bold] of the posts of the national thermal indicator, [bold]and vigilance[/bold] maps"
    )
    figures |= {"climatology": load_climatology(session).as_dict(), "vigilance": load_vigilance(session).as_dict()}
    say("\n[bold]5. dbt build, audit, publish[/bold]")
    figures["build"] = run_build(session).as_dict()
    say(f"\n[bold]done[/bold] in {time.monotonic() - started:.0f} s. Next:")
    options = "--demo" if not session.is_folder_given else f"--demo --data-dir {shlex.quote(folder)}"
    for command, purpose in NEXT:
        say(f"  {_runnable(command.format(demo=options))}  [dim]# {purpose}[/dim]")
    session.show(figures)


def simulate_archives(session: Session) -> Path:
    """Write the archives of the stations, or find them as they are. Returns their folder."""
    from simulator.archive import write_archive

    folder = session.settings.data_dir / "archive"
    with session.progress() as progress:
        written = [
            write_archive(
                folder,
                start,
                end,
                seed=DEMO_SEED,
                layout=layout,
                revisions=True,
                fault_rate=DEMO_FAULT_RATE,
                as_of=DEMO_NOW,
                progress=lambda file, done, total, rows: progress("simulating", done, total),
            )
            for layout, start, end in ARCHIVES
        ]
    files = [file for summary in written for file in summary.files]
    rows, changed = sum(file.rows for file in files), sum(summary.changed for summary in written)
    seconds = sum(summary.seconds for summary in written)
    session.console.print(f"{len(files)} files, {rows:,} rows, {changed} new; {seconds:.1f} s")
    return folder


def load_observations(session: Session, archive: Path) -> LoadSummary:
    """SYNOP, served from the archives."""
    from isobar.cli import run_load
    from simulator.server import archive_server

    first = min(start for _, start, _ in ARCHIVES)
    with archive_server(archive) as url:
        return run_load(session, "synop", url, datetime.combine(first, datetime.min.time()), DEMO_NOW)


def load_openweather(session: Session) -> tuple[LoadSummary, LoadSummary]:
    """The polls, each under the clock of its moment, then past air quality. The weather is that of the archives.

    What the lake holds is not asked for again, and a poll that was broken off is completed.
    """
    from isobar.cli import run_load
    from simulator.openweather import KeyCheck, OpenWeather, openweather_server

    now = DEMO_NOW

    def polls() -> Iterator[datetime]:
        nonlocal now
        for moment in POLLS:
            now = moment  # the provider's clock goes with ours
            yield moment

    yesterday = DEMO_NOW - timedelta(days=1)
    provider = KeyCheck(OpenWeather(DEMO_SEED, lambda: now), {DEMO_KEY})
    with openweather_server(provider) as url:
        session.console.print(f"{len(POLLS)} polls, one every 3 hours since {POLLS[0]:%Y-%m-%d %H:%M}")
        polled = run_load(session, "openweather", url, as_of=polls())
        session.console.print(f"air quality of the {AIR_QUALITY_DAYS} days before today")
        past = run_load(session, "openweather", url, yesterday - timedelta(days=AIR_QUALITY_DAYS - 1), yesterday)
    return polled, past


def load_climatology(session: Session) -> LoadSummary:
    """The days of the indicator's posts, under the weather of the archives, up to the day before yesterday, as published."""
    from isobar.cli import run_load
    from simulator.climatology import write_climatology

    folder = session.settings.data_dir / "climatology"
    first, last = ARCHIVES[0][1], (DEMO_NOW - timedelta(days=2)).date()
    with session.progress() as progress:
        write_climatology(
            folder,
            first,
            last,
            DEMO_SEED,
            progress=lambda file, done, total, rows: progress("simulating", done, total),
        )
    return run_load(session, "climatology", str(folder))


def load_vigilance(session: Session) -> LoadSummary:
    """The maps in force in the last days, each asked for when it had been made."""
    from isobar.cli import run_load
    from simulator.server import SimulatorServer
    from simulator.vigilance import Vigilance

    now = DEMO_NOW

    def maps() -> Iterator[datetime]:
        nonlocal now
        for moment in MAPS:
            now = moment
            yield moment

    with SimulatorServer({"/": Vigilance(DEMO_SEED, lambda: now, DEMO_KEY)}) as server:
        return run_load(session, "meteofrance_vigilance", server.url, as_of=maps())


def _shown(folder: Path) -> str:
    """As its user would type it from the checkout."""
    return str(folder.relative_to(PROJECT_ROOT) if folder.is_relative_to(PROJECT_ROOT) else folder)


def _runnable(command: str) -> str:
    """The command as it can be typed here, with or without the virtual environment switched on."""
    if shutil.which("isobar"):
        return command
    local = (PROJECT_ROOT / ".venv" / "bin" / "isobar").relative_to(PROJECT_ROOT)
    return command.replace("isobar ", f"{local} ")
