"""The demo: simulated archives over local HTTP, through the very pipeline that loads real ones, to a published warehouse."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from ingestion.load import LoadSummary
from ingestion.sources.openweather.cities import configured_cities
from isobar.jobs.build import Built, build
from isobar.jobs.load import load
from isobar.jobs.setup import setup_packages
from isobar.jobs.watcher import SILENT, Heading, Watcher
from isobar.publish.quiet import Quiet
from isobar.settings import DEMO_KEY, DEMO_NOW, Settings
from simulator.archive import write_archive
from simulator.climatology import write_climatology
from simulator.provider import openweather_process
from simulator.server import SimulatorServer, archive_server
from simulator.vigilance import Vigilance

if TYPE_CHECKING:
    from simulator.synop import Layout

DEMO_SEED = 20260301
DEMO_FAULT_RATE = 1e-5
"""A few absurd cells in some 400,000 rows, so that quality control has something to find."""

ARCHIVES: tuple[tuple[Layout, date, date], ...] = (
    ("monthly", date(2024, 1, 1), date(2024, 12, 31)),
    ("yearly", date(2025, 1, 1), DEMO_NOW.date()),
)
"""Two years and two months: every month at least twice, in both published layouts (months before 2025, years since)."""

CLIMATOLOGY_BEGINS = date(2016, 1, 1)
"""Ten whole years of every month: as many as normals, anomalies and records need to be established
(var climate_min_year_count)."""

POLL_DAYS = 21
"""A forecast reaches five days ahead, so that those of sixteen days have met their outcome at every lead. Errors of neighbours
and of successive polls are alike: over ten days the fourth day's mean error may by chance be below the third's."""
POLLS = tuple(DEMO_NOW - timedelta(hours=3 * number) for number in reversed(range(POLL_DAYS * 8)))

AIR_QUALITY_DAYS = 59
"""Of the past, hour by hour: two months, enough for the cycles of the day and the week."""

MAPS = tuple(DEMO_NOW - timedelta(hours=12 * number) for number in reversed(range(6)))
"""Of three days: what was said for a day when it was tomorrow, and when it was today."""


@dataclass(frozen=True)
class Demo:
    """What each step of the demo did."""

    observations: LoadSummary
    polls: LoadSummary
    past_air_quality: LoadSummary
    climatology: LoadSummary
    vigilance: LoadSummary
    built: Built | Quiet
    seconds: float

    def as_dict(self) -> dict[str, object]:
        return {
            "load": self.observations.as_dict(),
            "polls": self.polls.as_dict(),
            "past_air_quality": self.past_air_quality.as_dict(),
            "climatology": self.climatology.as_dict(),
            "vigilance": self.vigilance.as_dict(),
            "build": self.built.as_dict(),
        }


def run_demo(settings: Settings, watcher: Watcher = SILENT) -> Demo:
    """Simulate, serve, load, build and publish into the demo's data folder; a second run changes no row.

    Args:
        settings: the demo's own, as :meth:`isobar.settings.Settings.demo` makes them.

    Raises:
        LockedError: another command writes into the data folder.
        dbt.BuildError, guard.ShrunkMarts: nothing was published.
    """
    started = time.monotonic()
    watcher.tell(setup_packages(settings))
    watcher.tell(Heading("1. simulated archives", ", in the two layouts Météo-France has published"))
    archive = simulate_archives(settings, watcher)
    watcher.tell(Heading("2. observations", ", over HTTP as from Météo-France"))
    observations = load_observations(settings, archive, watcher)
    cities = len(configured_cities(settings))
    watcher.tell(Heading("3. forecasts and air quality", f" of {cities} cities, over HTTP as from OpenWeather"))
    polled, past = load_openweather(settings, watcher)
    watcher.tell(
        Heading(
            "4. daily climatology and vigilance maps",
            f", since {CLIMATOLOGY_BEGINS.year} of the national thermal indicator's stations, and of every department",
        )
    )
    climatology, vigilance = load_climatology(settings, watcher), load_vigilance(settings, watcher)
    watcher.tell(Heading("5. dbt build, audit, publish"))
    built = build(settings, watcher=watcher)
    seconds = round(time.monotonic() - started, 2)
    return Demo(observations, polled, past, climatology, vigilance, built, seconds)


def simulate_archives(settings: Settings, watcher: Watcher = SILENT) -> Path:
    """Write the archives of the stations, or find them as they are. Returns their folder."""
    folder = settings.data_dir / "archive"
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
            progress=lambda file, done, total, rows: watcher.progress("simulating", done, total),
        )
        for layout, start, end in ARCHIVES
    ]
    files = [file for summary in written for file in summary.files]
    rows, changed = sum(file.rows for file in files), sum(summary.changed for summary in written)
    seconds = sum(summary.seconds for summary in written)
    watcher.tell(f"{len(files)} files, {rows:,} rows, {changed} new; {seconds:.1f} s")
    return folder


def load_observations(settings: Settings, archive: Path, watcher: Watcher = SILENT) -> LoadSummary:
    """SYNOP, served from the archives."""
    first = min(start for _, start, _ in ARCHIVES)
    with archive_server(archive) as url:
        return load(settings, "synop", url, first, DEMO_NOW.date(), watcher=watcher)


def load_openweather(settings: Settings, watcher: Watcher = SILENT) -> tuple[LoadSummary, LoadSummary]:
    """The polls, each under the clock of its moment, then past air quality. The weather is that of the archives.

    What the lake holds is not asked for again, and a poll that was broken off is completed.
    """
    yesterday = DEMO_NOW.date() - timedelta(days=1)
    with openweather_process(DEMO_SEED, DEMO_KEY) as (url, set_clock):

        def polls() -> Iterator[datetime]:
            for moment in POLLS:
                set_clock(moment)  # the provider's clock goes with ours
                yield moment

        watcher.tell(f"{len(POLLS)} polls, one every 3 hours since {POLLS[0]:%Y-%m-%d %H:%M}")
        polled = load(settings, "openweather", url, as_of=polls(), watcher=watcher)
        watcher.tell(f"air quality of the {AIR_QUALITY_DAYS} days before today")
        first = yesterday - timedelta(days=AIR_QUALITY_DAYS - 1)
        past = load(settings, "openweather", url, first, yesterday, watcher=watcher)
    return polled, past


def load_climatology(settings: Settings, watcher: Watcher = SILENT) -> LoadSummary:
    """The days of the indicator's posts, under the weather of the archives, up to the day before yesterday, as published."""
    folder = settings.data_dir / "climatology"
    write_climatology(
        folder,
        CLIMATOLOGY_BEGINS,
        (DEMO_NOW - timedelta(days=2)).date(),
        DEMO_SEED,
        progress=lambda file, done, total, rows: watcher.progress("simulating", done, total),
    )
    return load(settings, "climatology", str(folder), watcher=watcher)


def load_vigilance(settings: Settings, watcher: Watcher = SILENT) -> LoadSummary:
    """The maps in force in the last days, each asked for when it had been made."""
    now = DEMO_NOW

    def maps() -> Iterator[datetime]:
        nonlocal now
        for moment in MAPS:
            now = moment
            yield moment

    with SimulatorServer({"/": Vigilance(DEMO_SEED, lambda: now, DEMO_KEY)}) as server:
        return load(settings, "meteofrance_vigilance", server.url, as_of=maps(), watcher=watcher)
