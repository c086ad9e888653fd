"""Where faults strike: both providers on loopback, one data folder, and the real command in it."""

from __future__ import annotations

import contextlib
import io
import json
import multiprocessing
import os
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from isobar.cli import main
from isobar.settings import Budget, Settings
from simulator.archive import write_archive
from simulator.faults import Faulty, Rule
from simulator.openweather import KeyCheck, OpenWeather
from simulator.server import ArchiveRoute, Request, Response, Route, SimulatorServer
from tests import own
from tests.openweather.provider import KEY, cities_file

SEED = 7
STATIONS = 4
FIRST_DAY = date(2025, 12, 24)
"""A few days of one year and two months of the next: two files, of which only the second changes."""

BEFORE = datetime(2026, 2, 28, 18, 30)
"""When all was well: what was loaded then is in every folder."""

NOW = datetime(2026, 3, 1, 6, 30)
"""When the fault strikes, and when the clean run is made."""

PERIOD = ("--start", f"{FIRST_DAY}", "--end", f"{NOW:%Y-%m-%d}")
LOAD = {"synop": ("load", "synop", *PERIOD), "openweather": ("load", "openweather")}

LONGEST_RUN_SECONDS = 120
"""Nothing here takes more than a few seconds on an idle machine: a run that takes longer hangs."""


WARM = multiprocessing.get_context("forkserver")
"""Processes forked from one that has imported dlt, and nothing else: each would take seconds to begin otherwise."""
WARM.set_forkserver_preload(["dlt.destinations.impl.duckdb.duck", "ingestion.load", "ingestion.registry", __name__])


def done_nothing() -> None:
    """Before a run that is as any other."""


@dataclass(frozen=True)
class Outcome:
    """What the user of one run sees."""

    exit_code: int
    output: str
    errors: str

    @property
    def text(self) -> str:
        return self.output + self.errors


class Switch:
    """A route whose faults are put in and taken away while it is served."""

    def __init__(self, route: Route) -> None:
        self.route = route
        self.faulty = Faulty(route, [])

    def __call__(self, request: Request) -> Response:
        return self.faulty(request)

    def break_by(self, *rules: Rule) -> None:
        self.faulty = Faulty(self.route, rules)

    @property
    def struck(self) -> list[int]:
        return self.faulty.struck


class Providers:
    """Météo-France's archives before and now, and OpenWeather's API behind its key, on one loopback server."""

    def __init__(self, folder: Path) -> None:
        self.now = BEFORE
        self.archives = {moment: folder / f"{moment:%Y%m%dT%H}" for moment in (BEFORE, NOW)}
        for moment, archive in self.archives.items():
            write_archive(
                archive,
                FIRST_DAY,
                moment.date(),
                SEED,
                layout="yearly",
                stations=STATIONS,
                revisions=True,
                as_of=moment,
            )
        _correct_a_station(self.archives[NOW] / "postes_synop.geojson")
        self.archive = ArchiveRoute(self.archives[BEFORE])
        self.synop = Switch(self.archive)
        self.openweather = Switch(OpenWeather(SEED, lambda: self.now))
        self.routes = {"/synop/": self.synop, "/": KeyCheck(self.openweather, {KEY})}
        # the list has grown since: a city whose position must be looked up
        self.cities = {
            BEFORE: cities_file(folder / "cities-before.csv"),
            NOW: cities_file(folder / "cities-now.csv", extra="lyon-fr,Lyon,FR,,,,,Europe/Paris\n"),
        }
        self.url = ""

    def set_clock(self, moment: datetime) -> None:
        self.now, self.archive.folder = moment, self.archives[moment]

    @contextlib.contextmanager
    def serving(self) -> Iterator[Providers]:
        with SimulatorServer(self.routes) as server:
            self.url = server.url
            yield self

    def environment(self, data_dir: Path, clock: datetime) -> dict[str, str]:
        settings = own.openweather(
            own.synop(Settings(data_dir=data_dir, clock=clock), url=f"{self.url}/synop/"),
            url=self.url,
            budget=Budget(day=100_000),
            cities=self.cities[self.now],
        )
        return {**settings.environment(), "ISOBAR_OPENWEATHER_KEY": KEY}


def _correct_a_station(path: Path) -> None:
    stations = json.loads(path.read_bytes())
    stations["features"][0]["properties"]["Altitude"] += 3
    path.write_text(json.dumps(stations), encoding="utf-8")


@dataclass
class Stage:
    """One data folder, and what is wrong around it until :meth:`heal`."""

    providers: Providers
    data_dir: Path
    patch: pytest.MonkeyPatch
    clock: datetime = NOW
    environment: dict[str, str] = field(default_factory=dict)
    ending: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    @property
    def settings(self) -> Settings:
        return Settings(data_dir=self.data_dir, clock=NOW)

    @property
    def openweather(self) -> Switch:
        return self.providers.openweather

    @property
    def synop(self) -> Switch:
        return self.providers.synop

    def set_(self, **variables: str) -> None:
        self.environment.update(variables)

    def heal(self) -> None:
        """The fault ends: whatever held the folder lets go, the network and the clock are right again."""
        self.ending.close()
        self.patch.undo()
        self.environment.clear()
        self.clock = NOW
        self.openweather.break_by()
        self.synop.break_by()

    def variables(self) -> dict[str, str]:
        return {**os.environ, **self.providers.environment(self.data_dir, self.clock), **self.environment}

    def wait_for_requests(self, count: int, running: Running) -> None:
        """Until OpenWeather was asked so often. A run that an earlier fault has left less to ask for ends before."""
        deadline = time.monotonic() + LONGEST_RUN_SECONDS
        while sum(self.openweather.struck) < count and running.process.is_alive():
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def run(self, *arguments: str) -> Outcome:
        """`isobar` with these arguments, in this process."""
        before, argv = dict(os.environ), sys.argv
        output, errors, code = io.StringIO(), io.StringIO(), 0
        os.environ.update(self.variables())
        sys.argv = ["isobar", *arguments]
        try:
            with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
                main()
        except SystemExit as end:
            code = int(end.code or 0)
        finally:
            sys.argv = argv
            os.environ.clear()
            os.environ.update(before)
        return Outcome(code, output.getvalue(), errors.getvalue())

    def run_alone(self, *arguments: str, first: Callable[[], None] = done_nothing) -> Outcome:
        """The same in a process of its own, in which `first` is called before."""
        return self.start_alone(*arguments, first=first).outcome()

    def start_alone(self, *arguments: str, first: Callable[[], None] = done_nothing) -> Running:
        printed = self.data_dir.parent / f"printed-{uuid.uuid4().hex}"
        process = WARM.Process(target=_main, args=(arguments, self.variables(), first, str(printed)))
        process.start()
        return Running(process, printed)


@dataclass(frozen=True)
class Running:
    """A run that has not ended yet, or has been waited for by nobody."""

    process: BaseProcess
    printed: Path

    def outcome(self) -> Outcome:
        self.process.join(LONGEST_RUN_SECONDS)
        assert self.process.exitcode is not None, "it hangs"
        output, errors = (self.printed.with_suffix(suffix) for suffix in (".out", ".err"))
        return Outcome(self.process.exitcode, output.read_text(), errors.read_text())


def _main(arguments: Sequence[str], environment: Mapping[str, str], first: Callable[[], None], printed: str) -> None:
    for suffix, stream in ((".out", 1), (".err", 2)):
        with Path(printed).with_suffix(suffix).open("wb") as file:
            os.dup2(file.fileno(), stream)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["isobar", *arguments]
    first()
    main()


def made_good(stage: Stage, sources: Sequence[str] = ("synop", "openweather")) -> None:
    """A clean run now."""
    for source in sources:
        done = stage.run(*LOAD[source])
        assert done.exit_code == 0, done.text
        assert "refused" not in done.text, done.text
