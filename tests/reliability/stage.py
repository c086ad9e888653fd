"""Where faults strike: both providers on loopback, one data folder, and the real command in it."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import pytest

from isobar.cli import main
from isobar.settings import PROJECT_ROOT, Budget, Settings
from simulator.archive import write_archive
from simulator.faults import Faulty, Rule
from simulator.openweather import KeyCheck, OpenWeather
from simulator.server import ArchiveRoute, Request, Response, Route, SimulatorServer
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

LONGEST_RUN_SECONDS = 60
"""Nothing here takes more than a few seconds: a run that takes longer hangs."""


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
        settings = Settings(
            data_dir=data_dir,
            clock=clock,
            synop_url=f"{self.url}/synop/",
            openweather_url=self.url,
            openweather_budget=Budget(day=100_000),  # no minute's limit: retries would wait for the next one
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
        return {**self.providers.environment(self.data_dir, self.clock), **self.environment}

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

    def run_alone(
        self, *arguments: str, first: str = "", prefix: Sequence[str] = (), before: Callable[[], None] | None = None
    ) -> Outcome:
        """The same in a process of its own: `first` is Python to run in it before, `before` is called between fork and exec."""
        with self.start_alone(*arguments, first=first, prefix=prefix, before=before) as process:
            output, errors = process.communicate(timeout=LONGEST_RUN_SECONDS)
        return Outcome(process.returncode, output, errors)

    def start_alone(
        self, *arguments: str, first: str = "", prefix: Sequence[str] = (), before: Callable[[], None] | None = None
    ) -> subprocess.Popen[str]:
        program = f"import sys; sys.argv[0] = 'isobar'\n{first}\nfrom isobar.cli import main; main()"
        return subprocess.Popen(
            [*prefix, sys.executable, "-c", program, *arguments],
            env={**os.environ, **self.variables()},
            cwd=PROJECT_ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=before,  # noqa: PLW1509 - limits and capabilities are set between fork and exec
        )


def made_good(stage: Stage, sources: Sequence[str] = ("synop", "openweather")) -> None:
    """A clean run now."""
    for source in sources:
        done = stage.run(*LOAD[source])
        assert done.exit_code == 0, done.text
        assert "refused" not in done.text, done.text
