"""The `isobar` command: what its user types, and what it gives back as an exit code. How it looks is in isobar/console.py."""

from __future__ import annotations

import errno
import json
import logging
import os
import socket
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from ingestion import providers
from isobar.console import Exit, Session, begin_demo, show_message, show_simulated
from isobar.errors import WrongArgument, explained
from isobar.runs import logs
from isobar.settings import LOG_FORMATS, PROJECT_ROOT, Settings, SettingsError, logs_are_json, parse_log_format

LOOPBACK = "127.0.0.1"
"""Where the app is served: to this machine alone."""

STOPPED = 130
"""What a shell expects of a command that Ctrl-C has ended."""

STOPPED_MESSAGE = "stopped; run the same command again to go on where it was"

ANSWERS = ("status", "prune")
"""Commands whose table is the answer to a question, not the log of a run: JSON logs leave it as it is."""

HINTS = {"source": "SOURCE", "folder": "FOLDER", "classes": "--class"}
"""Arguments of jobs that their user types under another name than `--<argument>`."""

app = typer.Typer(
    name="isobar",
    epilog="Exit codes: 0 done, 1 failed, 2 usage, 3 rejects under --strict or above the limit, 4 overdue,"
    " a run that failed or was killed, or a damaged file.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    add_completion=False,
    pretty_exceptions_enable=False,
)


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
    providers.check(settings)
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
    context.call_on_close(context.obj.close)


@contextmanager
def usage() -> Iterator[None]:
    """What a job refuses as an argument is wrong usage."""
    try:
        yield
    except WrongArgument as wrong:
        raise typer.BadParameter(str(wrong), param_hint=HINTS.get(wrong.argument, f"--{wrong.argument}")) from None


@app.command()
def setup(context: typer.Context) -> None:
    """Make everything exist that plain `dbt build` and `dlt pipeline` expect: packages, empty raw tables, state."""
    from isobar.jobs.setup import setup

    session: Session = context.obj
    done = setup(session.settings)
    session.tell(done.packages)
    session.answer(done.as_dict())


@app.command()
def load(
    context: typer.Context,
    source: Annotated[str, typer.Argument(help=f"Which source: {', '.join(providers.names())}.")],
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
    from isobar.jobs.load import load

    session: Session = context.obj
    first, last = (day.date() if day else None for day in (start, end))
    with usage():
        summary = load(
            session.settings,
            source,
            origin,
            first,
            last,
            replay=replay,
            force=force,
            units=units,
            watcher=session,
        )
    session.answer(summary.as_dict())
    if summary.is_above_reject_limit or (strict and summary.has_rejects):
        raise typer.Exit(Exit.REJECTS)


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
    from isobar.jobs.build import build

    session: Session = context.obj
    session.answer(build(session.settings, force=force, allow_shrink=allow_shrink, watcher=session).as_dict())


@app.command()
def rebuild(context: typer.Context) -> None:
    """Make a new warehouse from the lake alone, when the old file is damaged; then build and publish.

    The old file stays beside it as warehouse.duckdb.damaged-<time>. What is published stays readable meanwhile. Not in the lake,
    so begun anew: the versions of places in dim_location_history, and the history of Elementary's monitors.
    """
    from isobar.jobs.rebuild import rebuild

    session: Session = context.obj
    done = rebuild(session.settings, session)
    session.answer(done.as_dict())
    if done.is_incomplete:
        raise typer.Exit(Exit.REJECTS)


@app.command(name="app")
def open_app(
    context: typer.Context,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Loopback port.")] = 8501,
) -> None:
    """Open the Streamlit app over the published marts. Ctrl-C or a SIGTERM ends it, with exit code 0."""
    from isobar.jobs.recording import follow

    session: Session = context.obj
    follow(session.settings)
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
    from isobar.jobs.status import status

    session: Session = context.obj
    found = status(session.settings)
    session.tell(found)
    session.answer(found.as_dict())
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
    from isobar.health.messages import as_text
    from isobar.jobs.alerts import alerts

    session: Session = context.obj
    told = alerts(session.settings, lambda message: show_message(session, as_text(message)), show_open=show_open)
    session.tell(told)
    session.answer(told.as_dict())


@app.command()
def snowflake_check(context: typer.Context) -> None:
    """Try a Snowflake account: a simulated day loaded, built and published there and on DuckDB, every row compared, all dropped.

    Takes the ISOBAR_SNOWFLAKE_* settings, works in the database <ISOBAR_SNOWFLAKE_DATABASE>_CHECK and empties it. It costs a few
    minutes of the smallest warehouse.
    """
    from isobar.jobs.snowflake_check import check

    session: Session = context.obj
    found = check(session.settings, session)
    session.tell(found)
    session.answer(found.as_dict())
    if found.differences:
        raise typer.Exit(Exit.FAILED)


@app.command()
def report(context: typer.Context) -> None:
    """Write the report of Elementary's monitors and of all tests to <data>/reports, one a day, after builds that failed too.

    Its exit code is about the report alone: what a build found is in the build's own.
    """
    from isobar.jobs.report import report

    session: Session = context.obj
    done = report(session.settings, session)
    session.tell(done)
    session.answer(done.as_dict())


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
    from isobar.jobs.export import export

    session: Session = context.obj
    with usage():
        done = export(session.settings, folder.expanduser(), url, session)
    session.tell(done)
    session.answer(done.as_dict())


@app.command()
def site(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Where to put it together. What is there of an earlier one is kept.")],
    url: Annotated[str, typer.Option(help="Where the folder will be served from: https://you.example.org/weather")],
) -> None:
    """Put a folder for a web server together: the export, the reports, the models' documentation, the accuracy report."""
    from isobar.jobs.export import site

    session: Session = context.obj
    with usage():
        made = site(session.settings, folder.expanduser(), url, session)
    session.tell(made)
    session.answer(made.as_dict())


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
    from isobar.jobs.slim import rendered, slim

    session: Session = context.obj
    with usage():
        found = slim(session.settings, state, session)
    page = rendered(found)
    session.tell(page)
    if summary:
        with summary.open("a", encoding="utf-8") as out:
            out.write(page)
    session.answer(found.as_dict())


lake = typer.Typer(help="Check the lake: the bytes that came in, which everything else is made of.")
app.add_typer(lake, name="lake", no_args_is_help=True)


@lake.command(name="verify")
def verify_lake(context: typer.Context) -> None:
    """Compare every file of the lake with its checksum, and what was loaded with the lake. Exits with 3 when one is damaged or
    missing.

    [bold]isobar lake verify[/bold]      files, bytes, seconds, and each damaged or lost file with its reason
    """
    from isobar.jobs.verify import verify

    session: Session = context.obj
    found = verify(session.settings, session)
    session.tell(found)
    session.answer(found.as_dict())
    if found.damaged or found.lost:
        raise typer.Exit(Exit.REJECTS)


state = typer.Typer(help="Carry the data folder from run to run and notice when it was lost, is old or damaged.")
app.add_typer(state, name="state", no_args_is_help=True)


@state.command(name="seal")
def seal_state(context: typer.Context) -> None:
    """Number the data folder as a run left it: state.json, whose copy elsewhere is the witness of the next check."""
    from isobar.jobs.state import seal

    session: Session = context.obj
    made = seal(session.settings)
    session.tell(f"sealed generation {made.generation}: {', '.join(made.parts) or 'nothing'}")
    session.answer(made.as_dict())


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
    from isobar.jobs.state import check

    session: Session = context.obj
    line = check(session.settings, witness or None, begin=begin)
    session.tell(line)
    session.answer({"state": line})


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
    from isobar.jobs.simulate import simulate

    session: Session = context.obj
    with usage():
        done = simulate(
            folder,
            start.date(),
            end.date(),
            kind=kind,
            stations=stations,
            seed=seed,
            layout=layout,
            revisions=revisions,
            watcher=session,
        )
    show_simulated(session, done, kind, folder)
    session.answer(done.as_dict())


@app.command()
def run(
    context: typer.Context,
    live: Annotated[bool, typer.Option("--live", help="The real providers instead, each that can run here.")] = False,
) -> None:
    """The demo, end to end: simulate, serve, load, build, publish in the folder demo of the data folder (data/demo).

    With --live the real providers. Exits with 1 when a source failed, with 3 when too much of a source was rejected; what the
    others brought is built and published all the same. A source without its key or address is left out, which is no failure.
    """
    session: Session = context.obj
    if live:
        from isobar.jobs.live import run_live

        done = run_live(session.settings, session)
        session.tell(done)
        session.answer(done.as_dict())
        if done.has_failed or done.is_above_reject_limit:
            raise typer.Exit(Exit.FAILED if done.has_failed else Exit.REJECTS)
        return
    from isobar.jobs.demo import run_demo

    session.settings = session.of_demo
    begin_demo(session)
    shown = run_demo(session.settings, session)
    session.tell(shown)
    session.answer(shown.as_dict())


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
    from isobar.jobs.prune import prune

    session: Session = context.obj
    with usage():
        summary = prune(session.settings, classes or (), older_than, apply=apply, watcher=session)
    session.tell(summary)
    session.answer(summary.as_dict())


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
