"""The `isobar` command: what its user types, sees and gets back as an exit code."""

from __future__ import annotations

import errno
import json
import logging
import os
import socket
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import asdict, replace
from datetime import datetime
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

from isobar.errors import explained
from isobar.runs import logs
from isobar.runs.ledger import Ledger, Run, RunCalls
from isobar.runs.lock import LockedError, writing
from isobar.settings import LOG_FORMATS, PROJECT_ROOT, Settings, SettingsError, logs_are_json, parse_log_format

if TYPE_CHECKING:  # dlt, dbt and pyarrow are imported by the commands that need them: `--help` answers at once
    from ingestion.load import LoadSummary
    from isobar.health.status import Status
    from isobar.jobs.build import Built
    from isobar.publish.quiet import Quiet
    from isobar.upkeep.prune import PruneSummary


SHOWN_PLACES = 5
"""Places named in one line; `--json` has them all."""


class Exit(IntEnum):
    """Exit codes, one table for every command."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    REJECTS = 3
    ATTENTION = 4


LOOPBACK = "127.0.0.1"
"""Where the app is served: to this machine alone."""


STOPPED = 130
"""What a shell expects of a command that Ctrl-C has ended."""

STOPPED_MESSAGE = "stopped; run the same command again to go on where it was"


app = typer.Typer(
    name="isobar",
    epilog="Exit codes: 0 done, 1 failed, 2 usage, 3 rejects under --strict or above the limit, 4 overdue,"
    " a run that failed or was killed, or a damaged file.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    add_completion=False,
    pretty_exceptions_enable=False,
)


ANSWERS = ("status", "prune")
"""Commands whose table is the answer to a question, not the log of a run: JSON logs leave it as it is."""


class Session:
    """The global options of one call. `of_demo` are the settings that the demo takes, whether --demo was given or not;
    `is_folder_given`, whether --data-dir names its folder.
    """

    def __init__(
        self,
        settings: Settings,
        of_demo: Settings,
        as_json: bool,
        debug: bool,
        is_answer: bool = False,
        is_folder_given: bool = False,
    ) -> None:
        self.settings = settings
        self.of_demo = of_demo
        self.is_folder_given = is_folder_given
        self.as_json = as_json
        self.debug = debug
        self.run: Run | None = None  # the one under way, of which others are steps
        self.logs_json = settings.log_format == "json"
        self.console = Console(stderr=as_json, highlight=False, quiet=self.logs_json and not is_answer)

    def show(self, figures: dict[str, Any]) -> None:
        """The machine's answer: one JSON document on standard output."""
        if self.as_json:
            print(json.dumps(figures, default=str, indent=1))

    @contextmanager
    def progress(self) -> Iterator[Any]:
        """A bar on a terminal, silence elsewhere. Yields a function of (what, done, total); total 0 is unknown."""
        bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description:<10}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
            disable=self.logs_json or not sys.stderr.isatty(),
        )
        with bar:
            tasks: dict[str, Any] = {}

            def follow(what: str, done: int, total: int) -> None:
                if what not in tasks:
                    tasks[what] = bar.add_task(what, total=total or None)
                bar.update(tasks[what], completed=done, total=total or None)

            yield follow


@app.callback()
def options(
    context: typer.Context,
    data_dir: Annotated[
        Path | None,
        typer.Option(help="Where lake, warehouse and published marts are. Default: ISOBAR_DATA_DIR or data/."),
    ] = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="Work on the folder demo in the data folder, under the demo's fixed clock.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Answer with one JSON document.")] = False,
    log_format: Annotated[
        str | None,
        typer.Option(
            metavar="|".join(LOG_FORMATS),
            help="Tables for people, or JSON lines on standard error. Default: ISOBAR_LOG_FORMAT.",
        ),
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """A weather warehouse that anyone can run: load archives, build tested marts with dbt, read the published result."""
    settings = Settings.from_environment()
    if log_format is not None:
        try:
            settings = replace(settings, log_format=parse_log_format(log_format))
        except SettingsError:
            raise typer.BadParameter(f"use one of: {', '.join(LOG_FORMATS)}.", param_hint="--log-format") from None
    of_demo = settings.demo()
    if data_dir is not None:
        folder = data_dir.expanduser().resolve()
        settings, of_demo = replace(settings, data_dir=folder), replace(of_demo, data_dir=folder)
    if demo:
        settings = of_demo
    settings.require_folder()
    if odd := sorted({*"?#"} & {*str(settings.data_dir)}):
        raise SettingsError(
            f"{settings.data_dir}: DuckDB and dbt read {' and '.join(odd)} in a database's path as parts of an address."
            " Name another data folder (ISOBAR_DATA_DIR or --data-dir)."
        )
    # dlt, dbt and Streamlit read these as their own users' settings
    os.environ.update(settings.environment())
    if not debug:  # dlt logs what it raises, traceback and all; main() says it in one line
        os.environ.setdefault("RUNTIME__LOG_LEVEL", "CRITICAL")
    if settings.log_format == "json":
        logs.to_standard_error(settings.now)
    context.obj = Session(
        settings,
        of_demo,
        as_json,
        debug,
        is_answer=context.invoked_subcommand in ANSWERS,
        is_folder_given=data_dir is not None,
    )


@contextmanager
def recorded(
    session: Session,
    command: str,
    then: Callable[[Settings, Exception | None], None] | None = None,
    *,
    mends_warehouse: bool = False,
    **details: Any,
) -> Iterator[Run]:
    """A run under the data folder's lock and the ledger's eyes. Prometheus' figures follow it, however it ends. Within another
    run of the session it is a step of that one, under its lock.

    `then` is called when its end is in the ledger, with the error that ended it; its own error never hides that one. With
    `mends_warehouse` the warehouse may be damaged.
    """
    from isobar.health import metrics
    from isobar.publish.duckdb import follow_folder
    from isobar.warehouse import session as warehouse

    settings, whole = session.settings, session.run
    with nullcontext() if whole else writing(settings):
        try:
            _mend_ledger(session)
            with Ledger(settings).run(command, whole, **details) as run:
                session.run = whole or run
                if not mends_warehouse:
                    warehouse.check(settings)
                follow_folder(settings)
                yield run
        except Exception as error:
            try:
                if then:
                    then(settings, error)
            except Exception as another:
                logs.warn("not_followed", command=command, error=explained(another))
                session.console.print(
                    f"[yellow]not done after it[/yellow]: {escape(explained(another))}", soft_wrap=True
                )
            raise
        else:
            if then:
                then(settings, None)
        finally:
            session.run = whole
            try:
                metrics.write(settings)
            except OSError as error:  # a full disk: what the run did is in the ledger, and its own error says more
                logs.warn("metrics_not_written", error=str(error))
                session.console.print(f"figures for Prometheus were not written: {escape(str(error))}", soft_wrap=True)


def _mend_ledger(session: Session) -> None:
    ledger = Ledger(session.settings)
    fault = ledger.fault()
    if fault and (aside := ledger.mend()):
        logs.warn("ledger_mended", fault=fault, kept_as=aside.name)
        session.console.print(
            f"[yellow]{ledger.path.name} was damaged[/yellow]: {fault}; kept as {aside.name}, its readable events go on",
            soft_wrap=True,
        )


def _follow_folder(settings: Settings) -> None:
    """Before the published marts are only read: what :func:`recorded` does first. Another writer does it for itself."""
    from isobar.publish.duckdb import follow_folder, has_moved

    if has_moved(settings):  # the lock is taken for nothing less
        with suppress(LockedError, OSError), writing(settings):
            follow_folder(settings)


@app.command()
def setup(context: typer.Context) -> None:
    """Make everything exist that plain `dbt build` and `dlt pipeline` expect: packages, empty raw tables, state."""
    from isobar.warehouse import dbt
    from isobar.warehouse import session as warehouse

    session: Session = context.obj
    with writing(session.settings):
        line = dbt.ensure_packages(session.settings)
        warehouse.prepare(session.settings)
    logs.event("set_up", packages=line)
    session.console.print(line)
    session.show({"packages": line})


@app.command()
def load(
    context: typer.Context,
    source: Annotated[
        str, typer.Argument(help="Which source: synop, climat, climatology, meteofrance_vigilance, openweather.")
    ],
    origin: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="A URL (of the archives, one file, the API), a folder, or a quoted glob. Default: the provider's own URL.",
        ),
    ] = None,
    start: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day; whole files that overlap.")
    ] = None,
    end: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last day; whole files that overlap.")
    ] = None,
    replay: Annotated[
        bool,
        typer.Option("--replay", help="No network, no files: load what the lake holds and the warehouse does not."),
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Take an empty or much smaller answer than last time too.")
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 3 when anything was rejected.")] = False,
    units: Annotated[
        str | None,
        typer.Option(
            metavar="standard|metric|imperial",
            help="Units of recorded OpenWeather responses whose temperatures leave them open.",
        ),
    ] = None,
) -> None:
    """Land what a provider published in the lake, then load what is new of it.

    [bold]isobar load synop --from ~/archives/[/bold]                    a folder of synop.YYYYMM.csv.gz or synop_YYYY.csv.gz
    [bold]isobar load synop --from 'old/synop.1996*.csv.gz'[/bold]      a glob
    [bold]isobar load synop --start 2025-01-01[/bold]                   from Météo-France, without a key
    [bold]isobar load climat --from climat/[/bold]                      a folder of climat.YYYYMM.csv.gz
    [bold]isobar load climatology --from base/[/bold]                   a folder of Q_33_latest-2025-2026_RR-T-Vent.csv.gz …
    [bold]isobar load climatology --start 1990-01-01[/bold]             from Météo-France, the departments of the settings
    [bold]isobar load meteofrance_vigilance[/bold]                      the vigilance map in force, with a key
    [bold]isobar load openweather[/bold]                                current, forecasts, air quality of the configured cities
    [bold]isobar load openweather --start 2025-01-01[/bold]             past air quality instead, by city and month
    [bold]isobar load openweather --from responses/[/bold]              recorded responses (JSON), with the folders in it
    """
    session: Session = context.obj
    summary = run_load(session, source, origin, start, end, replay=replay, force=force, units=units)
    session.show(summary.as_dict())
    if summary.is_above_reject_limit or (strict and summary.has_rejects):
        raise typer.Exit(Exit.REJECTS)


def run_load(
    session: Session,
    source: str,
    origin: str | None,
    start: datetime | None = None,
    end: datetime | None = None,
    *,
    replay: bool = False,
    force: bool = False,
    as_of: Iterable[datetime] | None = None,
    units: str | None = None,
) -> LoadSummary:
    """Load under the data folder's lock and the ledger's eyes, and tell a person what came of it."""
    from ingestion import load as loading
    from ingestion.registry import SOURCES

    if source not in SOURCES:
        raise typer.BadParameter(f"{source} is not a source. Use one of: {', '.join(SOURCES)}.", param_hint="SOURCE")
    if start and end and start > end:
        raise typer.BadParameter("--start is after --end.", param_hint="--start")
    settings = session.settings
    if units and units not in SOURCES[source].units:
        known = ", ".join(SOURCES[source].units)
        raise typer.BadParameter(f"use one of: {known}." if known else f"{source} has none.", param_hint="--units")
    # a provider that is asked over the network is expected to go on; recorded files are old by nature
    is_fetched = not replay and (origin is None or origin.startswith(("http://", "https://")))
    if units and (replay or is_fetched):
        raise typer.BadParameter("goes with --from FOLDER: files of the lake keep theirs.", param_hint="--units")
    with (
        recorded(session, "load", source=source, is_fetched=is_fetched) as run,
        session.progress() as progress,
    ):
        summary = loading.load(
            SOURCES[source],
            settings,
            origin,
            start.date() if start else None,
            end.date() if end else None,
            replay=replay,
            force=force,
            as_of=as_of,
            units=units,
            calls=RunCalls(Ledger(settings), run),
            run_id=run.run_id,
            progress=progress,
        )
        run.figures = summary.as_dict()
        _log_load(summary)
    _print_load(session, summary)
    return summary


@app.command()
def build(
    context: typer.Context,
    force: Annotated[
        bool, typer.Option("--force", help="Build although nothing is new since the last publication.")
    ] = False,
    allow_shrink: Annotated[
        bool, typer.Option("--allow-shrink", help="Publish marts that lost many of the rows that readers have.")
    ] = False,
) -> None:
    """Run dbt over what is new (models, tests, snapshot), and publish the marts when every error-level test passed.

    When nothing was loaded and nothing has changed since the last publication, dbt does not run: the health file alone is
    written anew. Monitors run with the first build of a UTC day.
    """
    session: Session = context.obj
    session.show(run_build(session, force=force, allow_shrink=allow_shrink).as_dict())


def run_build(session: Session, *, force: bool = False, allow_shrink: bool = False) -> Built | Quiet:
    """Build and publish under the data folder's lock and the ledger's eyes, and tell a person what came of it."""
    from isobar.publish import quiet

    _require_whole_warehouse(session, allow_shrink)
    found: Quiet | str = "asked for by --force"
    with recorded(session, "build", then=lambda settings, error: _follow_build(settings, error, found)) as run:
        if not force:
            found = quiet.look(session.settings, run.run_id)
        if isinstance(found, quiet.Quiet):
            run.figures = found.as_dict()
            logs.event("build_left_out", publication_id=found.publication.publication_id)
        else:
            logs.event("build_needed", reason=found)
            built = _build(session, run, allow_shrink)
    if isinstance(found, quiet.Quiet):
        session.console.print(
            f"nothing new since {found.publication.published_at:%Y-%m-%d %H:%M} UTC: published"
            f" {found.publication.publication_id} stays, {_number(found.publication.row_count)} rows; health is up to date"
            " (--force builds all the same)",
            soft_wrap=True,
        )
        return found
    _print_build(session, built)
    return built


def _require_whole_warehouse(session: Session, allow_shrink: bool) -> None:
    """Marts of half a lake are not to be published: those of some sources would be empty.

    Raises:
        RebuildError: the last rebuild ended before all of the lake was loaded.
    """
    from isobar.runs.last import unfinished_rebuild
    from isobar.upkeep.rebuild import RebuildError

    is_step = session.run is not None  # of the rebuild that has just loaded it
    unfinished = None if is_step or allow_shrink else unfinished_rebuild(session.settings)
    if unfinished:
        ended = "was killed" if unfinished.outcome == "killed" else unfinished.outcome
        raise RebuildError(
            f"the last `isobar rebuild` {ended} before all of the lake was loaded, so nothing was built; readers keep the last"
            f" publication. {unfinished.remedy}"
        )


def _build(session: Session, run: Run, allow_shrink: bool) -> Built:
    from isobar.jobs.build import build_and_publish
    from isobar.warehouse.dbt import BuildError

    with session.progress() as progress:
        try:
            built = build_and_publish(session.settings, progress, run.run_id, allow_shrink=allow_shrink)
        except BuildError as error:
            if error.summary:
                run.figures = {"dbt": asdict(error.summary)}
            raise
    run.figures = built.as_dict()
    return built


def _follow_build(settings: Settings, error: Exception | None, found: Quiet | str) -> None:
    """Health after a build; after one that had nothing to do, without dbt where its last compiled models are known."""
    from isobar.health.snapshot import publish_health, refresh_health
    from isobar.warehouse.session import MissingTableError

    if not isinstance(found, str) and error is None:
        with suppress(MissingTableError):
            refresh_health(settings)
            return
    publish_health(settings, error)


def _refresh_health(settings: Settings, error: Exception | None) -> None:
    """After a rebuild, whose build has written health before the rebuild itself came to its end."""
    from isobar.health.snapshot import refresh_health

    if error is None:
        refresh_health(settings)


@app.command()
def rebuild(context: typer.Context) -> None:
    """Make a new warehouse from the lake alone, when the old file is damaged; then build and publish.

    The old file stays beside it as warehouse.duckdb.damaged-<time>. What is published stays readable meanwhile. Not in the lake,
    so begun anew: the versions of places in dim_location_history, and the history of Elementary's monitors.
    """
    from ingestion.lake import Lake
    from ingestion.registry import SOURCES
    from isobar.runs.last import REBUILD
    from isobar.upkeep.rebuild import set_aside
    from isobar.upkeep.verify import lost_files

    session: Session = context.obj
    settings = session.settings
    figures: dict[str, Any] = {}
    with recorded(session, REBUILD, _refresh_health, mends_warehouse=True) as run:
        figures["lost"] = lost_files(settings)
        _print_lost(session, figures["lost"])
        moved = set_aside(settings)
        figures["kept_as"] = run.figures["kept_as"] = [str(path) for path in moved]
        for path in moved:
            session.console.print(f"kept as {escape(str(path))}", soft_wrap=True)
        is_incomplete = bool(figures["lost"])
        for source in [name for name in SOURCES if name in Lake(settings.lake).sources()]:
            session.console.print(f"\n[bold]{source}[/bold]")
            summary = run_load(session, source, None, replay=True)
            figures[source] = summary.as_dict()
            is_incomplete = is_incomplete or summary.is_above_reject_limit
        figures["build"] = run_build(session).as_dict()
    session.show(figures)
    if is_incomplete:
        raise typer.Exit(Exit.REJECTS)


@app.command(name="app")
def open_app(
    context: typer.Context,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Loopback port.")] = 8501,
) -> None:
    """Open the Streamlit app over the published marts. Ctrl-C or a SIGTERM ends it, with exit code 0."""
    session: Session = context.obj
    _follow_folder(session.settings)
    with socket.socket() as probe:
        probe.setsockopt(
            socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
        )  # as servers do: a port that was just let go is free
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            reason = "another program has it" if error.errno == errno.EADDRINUSE else error.strerror
            raise typer.BadParameter(f"{port} cannot be opened: {reason}.", param_hint="--port") from None
    command = [sys.executable, "-m", "streamlit", "run", str(PROJECT_ROOT / "streamlit" / "app.py")]
    command += ["--server.address", LOOPBACK, "--server.port", str(port)]
    os.chdir(PROJECT_ROOT)
    # in the place of this process: whatever ends this one ends Streamlit
    os.execve(command[0], command, {**os.environ, **session.settings.environment()})  # noqa: S606


@app.command()
def status(context: typer.Context) -> None:
    """What is loaded and published, source by source. Answers while a build is running.

    Exits with 4 when a source or the publication is overdue, when the last run of a command failed, was stopped or was killed, or
    when a file of the data folder is damaged.
    """
    from isobar.health.status import status as read_status
    from isobar.runs.last import REBUILD

    session: Session = context.obj
    _follow_folder(session.settings)
    found = read_status(session.settings)
    _print_sources(session, found)
    for name in found.failing:
        session.console.print(f"[red]failed[/red] in the last build: {name}", soft_wrap=True)
    for name in found.warning:
        session.console.print(f"[yellow]warned[/yellow] in the last build: {name}", soft_wrap=True)
    for budget in found.budgets:
        left = ((budget.minute_left, "this minute"), (budget.day_left, "today"), (budget.month_left, "this month"))
        limits = ", ".join(f"{calls:,} {period}" for calls, period in left if calls is not None)
        session.console.print(f"{budget.api}, key {budget.key}: calls left {limits or 'without limit'}")
    if found.published_at:
        rows = _number(found.observations)
        session.console.print(
            f"published {_moment(found.published_at)} UTC: {rows} observations, {found.warehouse_kind} weather"
        )
    else:
        session.console.print("nothing published yet: run `isobar build`")
    if found.is_publication_overdue:
        session.console.print(
            f"[red]overdue[/red] publication: new rows were to be published by {_moment(found.publication_due_at)} UTC: run"
            " `isobar build`",
            soft_wrap=True,
        )
    for each in found.failed_runs:
        session.console.print(
            f"[red]{each.outcome}[/red] {each.command}, begun {_moment(each.started_at)} UTC:"
            f" {_foreign(each.reason or each.remedy)}",
            soft_wrap=True,
        )
        if each.reason and each.command == REBUILD:
            session.console.print(each.remedy, soft_wrap=True)
    for damaged in found.damaged_files:
        session.console.print(f"[red]damaged[/red] {_foreign(str(damaged))}", soft_wrap=True)
    if found.running:
        session.console.print(f"running: {found.running.command}, since {_moment(found.running.started_at)} UTC")
    session.show(found.as_dict())
    if found.needs_attention:
        raise typer.Exit(Exit.ATTENTION)


@app.command()
def alerts(
    context: typer.Context,
    show_open: Annotated[
        bool, typer.Option("--open", help="Show everything that is open now; send nothing, and forget nothing.")
    ] = False,
) -> None:
    """Send what is new since the last call to the webhook of the settings, else print it. Silent when nothing is new.

    New, resolved, and once a day what is critical and still open: failed runs, overdue sources and publications, silent stations,
    anomalies, failed tests, budgets near their end, orange and red vigilance. Each names its section of docs/runbook.md.
    """
    from isobar.health.alerts import Change, Outcome, all_open, send_new
    from isobar.health.messages import as_text, message, sender

    session: Session = context.obj
    settings = session.settings
    _follow_folder(settings)
    webhook = settings.alert_webhook()

    def say(outcome: Outcome) -> list[Change]:
        for line in as_text(message(settings, outcome)).splitlines():
            session.console.print(_foreign(line), soft_wrap=True, emoji=False)
        return outcome.changes

    if show_open:
        outcome = all_open(settings)
        say(outcome)
    else:
        outcome = send_new(settings, sender(settings, webhook) if webhook else say)
    told = message(settings, outcome)
    if webhook and outcome.changes and not show_open:
        session.console.print(f"sent: {told.summary}", soft_wrap=True)
    if outcome.held_back:
        session.console.print(f"{outcome.held_back} held back for a later call", soft_wrap=True)
    session.show(told.as_dict())


@app.command()
def snowflake_check(context: typer.Context) -> None:
    """Try a Snowflake account: a simulated day loaded, built and published there and on DuckDB, every row compared, all dropped.

    Takes the ISOBAR_SNOWFLAKE_* settings, works in the database <ISOBAR_SNOWFLAKE_DATABASE>_CHECK and empties it. It costs a few
    minutes of the smallest warehouse.
    """
    from isobar.jobs.snowflake_check import check

    session: Session = context.obj
    found = check(session.settings, lambda line: session.console.print(line, soft_wrap=True))
    session.show(found.as_dict())
    summary = f"{found.models} models, {found.rows:,} rows, {found.cells:,} cells compared in {found.seconds:.0f} s"
    if found.differences:
        for line in found.differences:
            session.console.print(escape(line), soft_wrap=True)
        session.console.print(f"[red]{len(found.differences)} columns differ[/red]: {summary}")
        raise typer.Exit(Exit.FAILED)
    session.console.print(f"Snowflake and DuckDB agree: {summary}", soft_wrap=True)


@app.command()
def report(context: typer.Context) -> None:
    """Write the report of Elementary's monitors and of all tests to <data>/reports, one a day, after builds that failed too.

    Its exit code is about the report alone: what a build found is in the build's own.
    """
    from isobar.health.report import check_possible, last_build_failure, make_report

    session: Session = context.obj
    settings = session.settings
    failure = last_build_failure(settings)
    if failure:
        session.console.print(f"[yellow]warning[/yellow] {failure}", soft_wrap=True)
    check_possible(settings)  # where no report can be made, none has failed
    with recorded(session, "report") as run:
        made = make_report(settings)
        run.figures = made.as_dict()
    session.console.print(
        f"{made.path}: {made.tests:,} tests, {made.failed} failed, {made.warned} warned", soft_wrap=True
    )
    session.show(made.as_dict() | {"last_build_failure": failure})


@app.command()
def export(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Where to write it: a new folder, or the one of the last export.")],
    url: Annotated[
        str | None,
        typer.Option(help="Where the folder will be served from (https://…): the views of isobar.duckdb name it."),
    ] = None,
) -> None:
    """Write the published marts of the open-licence sources as Parquet with a catalogue, for any web server to serve.

    [bold]isobar export public/[/bold]                                           then: cd public; duckdb isobar.duckdb
    [bold]isobar export public/ --url https://you.example.org/weather[/bold]     then: attach 'https://…/isobar.duckdb' as isobar
    """
    from ingestion.registry import SOURCES
    from isobar.publish.export import export as write_export

    session: Session = context.obj
    with recorded(session, "export") as run:
        done = write_export(session.settings, folder.expanduser(), _web_address(url) if url else None)
        run.figures = done.as_dict()
    session.console.print(
        f"{done.folder}: {done.marts} marts, {_number(done.row_count)} rows; {done.written} files written,"
        f" {done.kept} unchanged, {done.removed} removed; {done.seconds:.1f} s",
        soft_wrap=True,
    )
    left_out = [source.name for source in SOURCES.values() if not source.licence.is_open]
    session.console.print(f"left out, their licence is not open: {', '.join(left_out)}", soft_wrap=True)
    session.show(done.as_dict())


@app.command()
def site(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Where to put it together. What is there of an earlier one is kept.")],
    url: Annotated[str, typer.Option(help="Where the folder will be served from: https://you.example.org/weather")],
) -> None:
    """Put a folder for a web server together: the export, the reports, the models' documentation, the accuracy report."""
    from isobar.upkeep.site import write_site

    session: Session = context.obj
    with recorded(session, "site") as run:
        made = write_site(session.settings, folder.expanduser(), _web_address(url))
        run.figures = made.as_dict()
    session.console.print(f"{folder}: {', '.join(made.parts)}; {made.export.row_count:,} rows", soft_wrap=True)
    session.show(made.as_dict())


def _web_address(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise typer.BadParameter("begin it with https:// (or http://).", param_hint="--url")
    return url


@app.command()
def slim(
    context: typer.Context,
    state: Annotated[
        Path, typer.Option(help="A data folder that was built without the change, as `make run` leaves data/demo.")
    ],
    summary: Annotated[
        Path | None, typer.Option(help="Also append the summary to this file, as Markdown ($GITHUB_STEP_SUMMARY).")
    ] = None,
) -> None:
    """Build what a change modifies, and what depends on it, in a copy of another build (dbt's slim CI); publish nothing.

    [bold]git stash; make run; git stash pop; isobar --demo --data-dir data/slim slim --state data/demo[/bold]
    """
    from isobar.jobs.slim import rendered
    from isobar.jobs.slim import slim as build_slim

    session: Session = context.obj
    if state.resolve() == session.settings.data_dir:
        raise typer.BadParameter("the state is copied: give the copy another --data-dir.", param_hint="--state")
    with recorded(session, "slim") as run, session.progress() as progress:
        found = build_slim(session.settings, state, progress)
        run.figures = found.as_dict()
    page = rendered(found)
    session.console.print(page, markup=False, soft_wrap=True)
    if summary:
        with summary.open("a", encoding="utf-8") as out:
            out.write(page)
    session.show(found.as_dict())


lake = typer.Typer(help="Check the lake: the bytes that came in, which everything else is made of.")
app.add_typer(lake, name="lake", no_args_is_help=True)


@lake.command(name="verify")
def verify_lake(context: typer.Context) -> None:
    """Compare every file of the lake with its checksum, and what was loaded with the lake. Exits with 3 when one is damaged or
    missing.

    [bold]isobar lake verify[/bold]      files, bytes, seconds, and each damaged or lost file with its reason
    """
    from ingestion.load import REMEDY
    from isobar.upkeep.verify import verify_lake as verify

    session: Session = context.obj
    with session.progress() as progress:
        found = verify(session.settings, progress)
    logs.event("lake_verified", **found.as_dict() | {"damaged": len(found.damaged), "lost": len(found.lost)})
    for each in found.damaged:
        logs.warn("file_damaged", **each)
        session.console.print(
            f"[red]damaged[/red] {_foreign(each['file'])}: {_foreign(each['reason'])}", soft_wrap=True
        )
    _print_lost(session, found.lost)
    if found.damaged or found.lost:
        session.console.print(f"{REMEDY[0].upper()}{REMEDY[1:]}", soft_wrap=True)
    if found.not_compared:
        logs.warn("lake_not_compared", reason=found.not_compared)
        session.console.print(
            f"[yellow]not compared[/yellow] with what was loaded: {_foreign(found.not_compared)}", soft_wrap=True
        )
    session.console.print(
        f"{found.files:,} files, {found.byte_count:,} bytes checked, {len(found.damaged):,} damaged,"
        f" {len(found.lost):,} lost, {found.pruned:,} pruned; {found.seconds:.1f} s",
        soft_wrap=True,
    )
    session.show(found.as_dict())
    if found.damaged or found.lost:
        raise typer.Exit(Exit.REJECTS)


def _print_lost(session: Session, lost: list[dict[str, str]]) -> None:
    for each in lost:
        logs.warn("file_lost", **each)
        session.console.print(f"[red]lost[/red] {_foreign(each['file'])}: {_foreign(each['reason'])}", soft_wrap=True)


state = typer.Typer(help="Carry the data folder from run to run and notice when it was lost, is old or damaged.")
app.add_typer(state, name="state", no_args_is_help=True)


@state.command(name="seal")
def seal_state(context: typer.Context) -> None:
    """Number the data folder as a run left it: state.json, whose copy elsewhere is the witness of the next check."""
    from isobar.upkeep.state import seal

    session: Session = context.obj
    with writing(session.settings):
        made = seal(session.settings)
    logs.event("state_sealed", generation=made.generation)
    session.console.print(f"sealed generation {made.generation}: {', '.join(made.parts) or 'nothing'}", soft_wrap=True)
    session.show(made.as_dict())


@state.command(name="check")
def check_state(
    context: typer.Context,
    witness: Annotated[
        str | None, typer.Option(help="The seal that the last run left elsewhere: a URL or a file.")
    ] = None,
    begin: Annotated[
        bool, typer.Option("--begin", help="Take whatever is here: the first run, or after a loss that was looked at.")
    ] = False,
) -> None:
    """Exit with 1 when the data folder is not the one that the last run left. Called before a run that goes on from it.

    [bold]isobar state check --witness https://you.example.org/weather/state.json[/bold]
    [bold]isobar state check --begin[/bold]                                    the very first run
    """
    from isobar.upkeep.state import check

    session: Session = context.obj
    with writing(session.settings):
        line = check(session.settings, witness or None, begin=begin)
    logs.event("state_checked", outcome=line)
    session.console.print(line, soft_wrap=True)
    session.show({"state": line})


@app.command()
def simulate(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Where to write the archives; marked as simulated.")],
    start: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="First day.")],
    end: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Last day.")],
    stations: Annotated[
        int, typer.Option(min=1, help="SYNOP, how many: the first 62 are Météo-France's, the others invented.")
    ] = 62,
    seed: Annotated[int, typer.Option(help="The same seed gives the same weather; a later end only appends.")] = 1,
    kind: Annotated[
        str, typer.Option(help="synop, or climatology: daily files of the posts of the national thermal indicator.")
    ] = "synop",
    layout: Annotated[str, typer.Option(help="SYNOP: monthly (to 2024) or yearly (since 2025).")] = "yearly",
    revisions: Annotated[
        bool, typer.Option("--revisions", help="SYNOP: publish late rows, corrections and duplicates too.")
    ] = False,
) -> None:
    """Write simulated archives of any volume, as Météo-France publishes real ones: SYNOP, or daily climatology.

    [bold]isobar simulate archives/ --start 2020-01-01 --end 2025-12-31[/bold]
    [bold]isobar simulate base/ --kind climatology --start 1990-01-01 --end 2025-12-31[/bold]
    """
    from simulator.archive import NotSimulatedError, write_archive
    from simulator.climatology import write_climatology

    if kind not in ("synop", "climatology"):
        raise typer.BadParameter(f"{kind} is not a kind. Use one of: synop, climatology.", param_hint="--kind")
    session: Session = context.obj
    try:
        with session.progress() as progress:

            def follow(file: str, done: int, total: int, rows: int) -> None:  # noqa: ARG001 - what writers tell
                progress("simulating", done, total)

            if kind == "climatology":
                written = write_climatology(folder, start.date(), end.date(), seed, progress=follow)
            else:
                written = write_archive(
                    folder,
                    start.date(),
                    end.date(),
                    seed,
                    layout=layout,  # type: ignore[arg-type]
                    stations=stations,
                    revisions=revisions,
                    progress=follow,
                )
    except (ValueError, NotSimulatedError) as error:
        raise typer.BadParameter(str(error)) from None
    rows = sum(file.rows for file in written.files)
    done = f"{len(written.files)} files, {rows:,} rows in {written.seconds:.1f} s"
    logs.event("simulated", kind=kind, files=len(written.files), rows=rows, seconds=round(written.seconds, 2))
    session.console.print(f"{done}; load them with: isobar load {kind} --from {folder}")
    session.show({"files": [file.name for file in written.files], "rows": rows, "seconds": written.seconds})


@app.command()
def run(
    context: typer.Context,
    live: Annotated[bool, typer.Option("--live", help="The real providers instead, each that can run here.")] = False,
) -> None:
    """The demo, end to end: simulate, serve, load, build, publish in the folder demo of the data folder (data/demo).

    With --live the real providers. Exits with 1 when a source failed, with 3 when too much of a source was rejected; what the
    others brought is built and published all the same. A source without its key or address is left out, which is no failure.
    """
    if live:
        from isobar.jobs.live import run_live

        code = run_live(context.obj)
        if code != Exit.DONE:
            raise typer.Exit(code)
    else:
        from isobar.jobs.demo import run_demo

        run_demo(context.obj)


@app.command()
def prune(
    context: typer.Context,
    classes: Annotated[
        list[str] | None,
        typer.Option("--class", help="Only this class; may be repeated. Default: all, as the table lists them."),
    ] = None,
    older_than: Annotated[
        int | None, typer.Option(min=0, metavar="DAYS", help="Days, instead of each class's own.")
    ] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Delete. Without it nothing is deleted, only shown.")] = False,
) -> None:
    """Show what has outlived its use, class by class, and delete it with --apply: never the only copy of an observation.

    [bold]isobar prune[/bold]                                     what would go, why, and what stays though it is old
    [bold]isobar prune --apply[/bold]                             delete it
    [bold]isobar prune --class logs --older-than 7 --apply[/bold] dbt's logs of more than a week ago
    """
    from isobar.upkeep.prune import CLASSES, prune

    session: Session = context.obj
    chosen = classes or [*CLASSES]
    for name in chosen:
        if name not in CLASSES:
            raise typer.BadParameter(f"{name} is not a class. Use: {', '.join(CLASSES)}.", param_hint="--class")
    asked = {name: CLASSES[name] for name in CLASSES if name in chosen}
    if apply:
        with recorded(session, "prune") as run:
            summary = prune(session.settings, asked, older_than, apply=True)
            run.figures = summary.as_dict()
            for name, counts in summary.classes.items():
                logs.event("pruned", name=name, **{**asdict(counts), "kept": len(counts.kept)})
    else:
        with writing(session.settings):
            summary = prune(session.settings, asked, older_than)
    _print_prune(session, summary)
    session.show(summary.as_dict())


def _print_prune(session: Session, summary: PruneSummary) -> None:
    say = session.console.print
    table = Table("class", "deleted" if summary.is_applied else "would go", "size", "oldest", "newest", "why", box=None)
    for name, counts in summary.classes.items():
        table.add_row(
            name,
            f"{counts.count:,} {counts.unit}",
            "-" if counts.byte_count is None else f"{counts.byte_count / 1e6:,.1f} MB",
            f"{counts.oldest_at:%Y-%m-%d}" if counts.oldest_at else "-",
            f"{counts.newest_at:%Y-%m-%d}" if counts.newest_at else "-",
            f"older than {counts.older_than_days} days: {counts.reason}",
        )
    say(table)
    for name, counts in summary.classes.items():
        for kept in counts.kept:
            say(f"kept, {name}: {_foreign(kept.name)}: {_foreign(kept.reason)}", soft_wrap=True)
    if not summary.is_applied:
        say("nothing was deleted: --apply does it")


def _print_sources(session: Session, found: Status) -> None:
    table = Table(
        Column("source", no_wrap=True),
        "last load (UTC)",
        "rows",
        "last added",
        "newest observation (UTC)",
        "age",
        box=None,
    )
    for each in found.sources:
        table.add_row(
            each.source,
            _moment(each.last_load_at) or "never",
            _number(each.rows),
            _number(each.last_rows),
            _moment(each.newest_observed_at) or "-",
            _age(each.age_hours),
        )
    session.console.print(table)
    for each in found.sources:
        if each.is_overdue:
            session.console.print(
                f"[red]overdue[/red] {each.source}: new rows were due by {_moment(each.overdue_at)} UTC"
            )
        if each.silent_locations:
            shown = ", ".join(each.silent_locations[:SHOWN_PLACES])
            more = (
                f" and {len(each.silent_locations) - SHOWN_PLACES} more"
                if len(each.silent_locations) > SHOWN_PLACES
                else ""
            )
            session.console.print(
                f"[yellow]silent[/yellow] {each.source}: {shown}{more}, while others report", soft_wrap=True
            )


def _log_load(summary: LoadSummary) -> None:
    """What :func:`_print_load` tells a person."""
    for name, counts in summary.tables.items():
        logs.event("table_loaded", source=summary.source, table=name, **asdict(counts))
    for note in summary.notes:
        logs.event("note", source=summary.source, note=note)
    for refused in summary.refused:
        logs.warn("file_refused", source=summary.source, **refused)
    for file in summary.ignored:
        logs.warn("file_ignored", source=summary.source, file=file)
    for file, columns in summary.unknown_columns.items():
        logs.warn("columns_unknown", source=summary.source, file=file, columns=columns)
    figures = {
        name: getattr(summary, name) for name in ("asked", "failed", "newest_observed_at", "load_ids", "seconds")
    }
    logs.event("loaded", source=summary.source, **figures)


def _print_load(session: Session, summary: LoadSummary) -> None:
    say = session.console.print
    table = Table("table", "files", "unchanged", "rows", "appended", "rejected cells", box=None)
    for name, counts in summary.tables.items():
        table.add_row(
            name,
            _number(counts.files),
            _number(counts.unchanged),
            _number(counts.row_count),
            _number(counts.appended_row_count),
            _number(counts.rejected_cell_count),
        )
    say(table)
    for note in summary.notes:
        say(escape(note), soft_wrap=True)
    for reject in summary.first_rejects:
        say(f"[yellow]rejected[/yellow] {_foreign(reject['place'])}: {_foreign(reject['reason'])}", soft_wrap=True)
    for refused in summary.refused:
        say(f"[yellow]refused[/yellow] {_foreign(refused['file'])}: {_foreign(refused['reason'])}", soft_wrap=True)
    if summary.ignored:
        ignored = _foreign(", ".join(summary.ignored))
        say(f"ignored, not {summary.source} files by name: {ignored}", soft_wrap=True)
    for file, columns in summary.unknown_columns.items():
        unknown = _foreign(", ".join(columns))
        say(f"[yellow]unknown columns[/yellow] in {_foreign(file)}, not loaded: {unknown}", soft_wrap=True)
    if summary.asked:
        say(f"{summary.asked - summary.failed:,} of {summary.asked:,} requests answered")
    say(f"newest observation {_moment(summary.newest_observed_at) or 'none'} UTC; {summary.seconds:.1f} s")


def _print_build(session: Session, built: Built) -> None:
    say = session.console.print
    table = Table("layer", "models", "tests", "seconds", box=None)
    for layer, counts in built.dbt.layers.items():
        table.add_row(layer, _number(counts.models), _number(counts.tests), f"{counts.seconds:.1f}")
    say(table)
    for warning in built.dbt.warnings:
        say(f"[yellow]warning[/yellow] {warning}", soft_wrap=True)
    if not built.dbt.has_unit_tests:
        say("unit tests left out: no model has changed since the last publication")
    if built.dbt.rebuilt:
        say(f"made anew, because their SQL, vars or seeds changed: {', '.join(built.dbt.rebuilt)}", soft_wrap=True)
    publication = built.publication
    say(
        f"published {publication.publication_id}: {_number(publication.row_count)} rows, {publication.written} files written, "
        f"{publication.kept} unchanged; {built.loads} new loads; {built.seconds:.1f} s",
        soft_wrap=True,
    )


def _foreign(text: str) -> str:
    """Words of a provider or of a file: neither our markup nor a terminal's control characters."""
    return escape("".join(character if character.isprintable() else "\ufffd" for character in text))


def _number(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"


def _moment(value: str | None) -> str:
    return value.replace("T", " ")[:16] if value else ""


def _age(hours: float | None) -> str:
    if hours is None:
        return "-"
    return f"{hours:.1f} h" if hours < 48 else f"{hours / 24:.0f} days"


def main() -> None:
    """Entry point: errors become one line that says what to do, or one JSON document, and an exit code."""
    debug, in_json, as_json = "--debug" in sys.argv, logs_are_json(sys.argv), "--json" in sys.argv[1:]
    if in_json:
        logs.to_standard_error()
    try:
        code = app(standalone_mode=not (in_json or as_json))  # for a machine, wrong usage is a document or a line too
        if code == STOPPED:
            raise KeyboardInterrupt
        sys.exit(code if isinstance(code, int) else Exit.DONE)
    except KeyboardInterrupt:
        if in_json:
            logs.warn("stopped")
        else:
            print(f"isobar: {STOPPED_MESSAGE}", file=sys.stderr)
        if as_json:
            _show_error("KeyboardInterrupt", STOPPED_MESSAGE, STOPPED)
        sys.exit(STOPPED)
    except Exception as error:
        from ingestion.http.redaction import redact

        name, message, code, hint = _described(error)
        message = redact(message)
        if in_json:
            fields = {"error": name, "exit_code": code}
            if debug:
                fields["traceback"] = "".join(traceback.format_exception(error))
            logs.event("failed", logging.ERROR, message=message, **fields)
        elif debug:
            print(redact(traceback.format_exc()), file=sys.stderr, end="")
        if as_json:
            _show_error(name, message, code, hint, getattr(error, "details", {}))
        elif not in_json:
            print(f"isobar: {message}", file=sys.stderr)
        sys.exit(code)


def _described(error: Exception) -> tuple[str, str, int, str]:
    """An error's name, its line for a person, its exit code, and where to read on."""
    if isinstance(error, typer.TyperException):  # wrong usage: typer's own errors bear their words and their code
        context = getattr(error, "ctx", None)
        return (
            type(error).__name__,
            error.format_message(),
            error.exit_code,
            f"{context.command_path if context else 'isobar'} --help",
        )
    code = Exit.USAGE if isinstance(error, SettingsError) else Exit.FAILED
    return type(error).__name__, explained(error), int(code), "isobar --debug shows the traceback"


def _show_error(
    error: str, message: str, code: int, hint: str | None = None, details: dict[str, Any] | None = None
) -> None:
    """The machine's answer where there is none: one JSON document on standard output, as :meth:`Session.show`."""
    told = {"error": error, "message": message, "exit_code": code, "hint": hint, **(details or {})}
    print(json.dumps(told, default=str, indent=1))


if __name__ == "__main__":
    main()
