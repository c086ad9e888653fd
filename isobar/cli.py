"""The `isobar` command: options, wrong usage and exit codes. isobar/console.py renders what jobs return."""

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

APP_PORTS = range(8501, 8521)
"""Of these the app takes the first that is free: several checkouts may show theirs at once."""

STOPPED = 130
"""What a shell expects of a command that Ctrl-C has ended."""

STOPPED_MESSAGE = "stopped; run the same command again to continue"

ANSWERS = ("status", "prune")
"""Commands whose table is the answer to a question, not the log of a run: JSON logs leave it as it is."""

HINTS = {"source": "SOURCE", "folder": "FOLDER", "classes": "--class"}
"""Arguments of jobs that their user types under another name than `--<argument>`."""

app = typer.Typer(
    name="isobar",
    epilog="Exit codes: 0 done, 1 failed, 2 usage, 3 rejects, 4 status found something that needs attention."
    " docs/commands.md has the details.",
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
        typer.Option(help="Folder of lake, warehouse and published marts. Default: ISOBAR_DATA_DIR or data/."),
    ] = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="Use the demo's data (folder demo in the data folder) and its fixed clock.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")] = False,
    log_format: Annotated[
        str | None,
        typer.Option(
            metavar="|".join(LOG_FORMATS),
            help="text prints tables; json logs JSON lines to standard error. Default: ISOBAR_LOG_FORMAT.",
        ),
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Load weather archives, build tested marts with dbt, publish them, and read them in an app."""
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
            f"{settings.data_dir} contains {' and '.join(odd)}: DuckDB and dbt cannot open such a path."
            " Choose another data folder (--data-dir or ISOBAR_DATA_DIR)."
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
    """Install dbt packages and make empty raw tables, so that plain dbt and dlt work."""
    from isobar.jobs.setup import setup

    session: Session = context.obj
    done = setup(session.settings)
    session.tell(done.packages)
    session.answer(done.as_dict())


@app.command()
def load(
    context: typer.Context,
    source: Annotated[str, typer.Argument(help=f"One of: {', '.join(providers.names())}.")],
    origin: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="Folder, quoted glob, or URL of the archives, one file or the API. Default: the provider's URL.",
        ),
    ] = None,
    start: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day. Files that overlap it are loaded whole.")
    ] = None,
    end: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last day. Files that overlap it are loaded whole.")
    ] = None,
    replay: Annotated[
        bool,
        typer.Option("--replay", help="Load what the lake holds and the warehouse lacks; no network, no other files."),
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Accept an answer that is empty or much smaller than the last one.")
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 3 if anything was rejected.")] = False,
    units: Annotated[
        str | None,
        typer.Option(
            metavar="standard|metric|imperial",
            help="Units of recorded OpenWeather responses, where their temperatures do not show them.",
        ),
    ] = None,
) -> None:
    """Land a provider's files in the lake, then load what is new into raw tables.

    [bold]isobar load synop --from ~/archives/[/bold]              synop.YYYYMM.csv.gz, synop_YYYY.csv.gz
    [bold]isobar load synop --from 'old/synop.1996*.csv.gz'[/bold] a quoted glob
    [bold]isobar load synop --start 2025-01-01[/bold]              from Météo-France, no key
    [bold]isobar load climat --from climat/[/bold]                 climat.YYYYMM.csv.gz
    [bold]isobar load climatology --from base/[/bold]              Q_33_latest-2025-2026_RR-T-Vent.csv.gz …
    [bold]isobar load climatology --start 1990-01-01[/bold]        the departments of the settings
    [bold]isobar load meteofrance_vigilance[/bold]                 the map in force; needs a key
    [bold]isobar load openweather[/bold]                           one poll of all cities; needs a key
    [bold]isobar load openweather --start 2025-01-01[/bold]        past air quality instead, by month
    [bold]isobar load openweather --from responses/[/bold]         recorded responses (JSON)
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
        bool, typer.Option("--force", help="Build even if nothing is new since the last publication.")
    ] = False,
    allow_shrink: Annotated[
        bool, typer.Option("--allow-shrink", help="Publish marts that lost more than 5 % of a source's published rows.")
    ] = False,
) -> None:
    """Run dbt over new rows, then publish the marts if every error-level test passes.

    If nothing is new since the last publication, only the health file is written.
    Elementary's monitors run with the first build of a UTC day.
    """
    from isobar.jobs.build import build

    session: Session = context.obj
    session.answer(build(session.settings, force=force, allow_shrink=allow_shrink, watcher=session).as_dict())


@app.command()
def rebuild(context: typer.Context) -> None:
    """Make a new warehouse from the lake when its file is damaged, then build and publish.

    The damaged file is kept as warehouse.duckdb.damaged-<time>.
    Readers keep the last publication meanwhile.
    Two things are not in the lake and begin anew: the versions in
    dim_location_history, and the history of Elementary's monitors.
    """
    from isobar.jobs.rebuild import rebuild

    session: Session = context.obj
    done = rebuild(session.settings, session)
    session.answer(done.as_dict())
    if done.is_incomplete:
        raise typer.Exit(Exit.REJECTS)


def _free_port(wanted: int | None) -> int:
    """`wanted`, else the first of `APP_PORTS` on which nobody listens."""
    reason = ""
    for port in APP_PORTS if wanted is None else (wanted,):
        with socket.socket() as probe:
            # as servers do: a port that was just let go is free
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError as error:
                is_taken = error.errno == errno.EADDRINUSE
                reason = f"{port} " + ("is in use by another program" if is_taken else f"failed: {error.strerror}")
            else:
                return port
    named = reason if wanted is not None else f"all from {APP_PORTS[0]} to {APP_PORTS[-1]} are in use; name another"
    raise typer.BadParameter(f"{named}.", param_hint="--port")


@app.command(name="app")
def open_app(
    context: typer.Context,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port on 127.0.0.1; by default the first free one from 8501.")
    ] = None,
) -> None:
    """Open the Streamlit app over the published marts.

    Ctrl-C or SIGTERM ends it, with exit code 0.
    """
    from isobar.jobs.recording import follow

    session: Session = context.obj
    follow(session.settings)
    free = _free_port(port)
    if port is None and free != APP_PORTS[0]:
        session.say(f"Port {APP_PORTS[0]} is in use by another program: the app is at http://{LOOPBACK}:{free}")
    command = [sys.executable, "-m", "streamlit", "run", str(PROJECT_ROOT / "streamlit" / "app.py")]
    command += ["--server.address", LOOPBACK, "--server.port", str(free)]
    os.chdir(PROJECT_ROOT)
    # in the place of this process: whatever ends this one ends Streamlit
    os.execve(command[0], command, {**os.environ, **session.settings.environment()})  # noqa: S606


@app.command()
def status(context: typer.Context) -> None:
    """Show what is loaded and published, source by source; also during a build.

    Exits with 4 if
    - a source or the publication is overdue,
    - the last run of a command failed, was stopped or was killed, or
    - a file of the data folder is damaged.
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
        bool, typer.Option("--open", help="Print every open alert; send nothing and change nothing.")
    ] = False,
) -> None:
    """Send new and resolved alerts to the webhook, or print them if there is none.

    Nothing is sent when nothing has changed. An open critical alert is repeated once a day.
    Alerts cover failed runs, damaged files, overdue sources and publications,
    silent stations, anomalies, failed tests, budgets, outlets, orange and red vigilance.
    Each names its section of docs/runbook.md.
    """
    from isobar.health.messages import as_text
    from isobar.jobs.alerts import alerts

    session: Session = context.obj
    told = alerts(session.settings, lambda message: show_message(session, as_text(message)), show_open=show_open)
    session.tell(told)
    session.answer(told.as_dict())


@app.command()
def snowflake_check(context: typer.Context) -> None:
    """Try a Snowflake account with one simulated day, and compare every row with DuckDB.

    Reads the ISOBAR_SNOWFLAKE_* settings. Works in the database
    <ISOBAR_SNOWFLAKE_DATABASE>_CHECK and empties it afterwards.
    Costs a few minutes of the smallest virtual warehouse.
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
    """Write Elementary's report of tests and monitors to <data>/reports.

    One report a day; also after a failed build.
    The exit code is about the report: a failed test is in the exit code of the build.
    """
    from isobar.jobs.report import report

    session: Session = context.obj
    done = report(session.settings, session)
    session.tell(done)
    session.answer(done.as_dict())


@app.command()
def export(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="A new folder, or the folder of an earlier export.")],
    url: Annotated[
        str | None,
        typer.Option(help="URL that will serve the folder (https://…); the views of isobar.duckdb use it."),
    ] = None,
    csv: Annotated[bool, typer.Option("--csv", help="CSV in place of Parquet; with --by location.")] = False,
    by: Annotated[str | None, typer.Option(help="location: a file for each place.")] = None,
) -> None:
    """Write the marts of open-licence sources as Parquet with a catalogue, for a web server.

    [bold]isobar export public/[/bold]
    then: cd public; duckdb isobar.duckdb

    [bold]isobar export public/ --url https://you.example.org/weather[/bold]
    then: attach 'https://you.example.org/weather/isobar.duckdb' as isobar

    [bold]isobar export cities/ --csv --by location[/bold]
    observations, days and months of each place, in a file of their own
    """
    from isobar.jobs.export import export, export_csv

    session: Session = context.obj
    with usage():
        if csv != (by == "location"):
            raise WrongArgument("by", "--csv and --by location go together.")
        if csv and url:
            raise WrongArgument("url", "CSV files have no views: leave it out.")
        if csv:
            done = export_csv(session.settings, folder.expanduser(), session)
        else:
            done = export(session.settings, folder.expanduser(), url, session)
    session.tell(done)
    session.answer(done.as_dict())


@app.command()
def deliver(
    context: typer.Context,
    url: Annotated[
        list[str] | None, typer.Argument(help="Stores of ISOBAR_OUTLETS. Default: all of them.", show_default=False)
    ] = None,
    ddl: Annotated[bool, typer.Option(help="Print the statements that make the tables, and send nothing.")] = False,
) -> None:
    """Send the published marts to the stores of ISOBAR_OUTLETS: what changed since the last delivery.

    [bold]ISOBAR_OUTLETS=postgresql://isobar@localhost/weather_dw isobar deliver[/bold]
    tables of schema gold; `isobar build` does it after publishing

    [bold]isobar deliver --ddl > weather_dw.sql[/bold]
    the tables, and a role for their readers
    """
    from isobar.jobs.deliver import NotDelivered, statements
    from isobar.jobs.deliver import deliver as send

    session: Session = context.obj
    with usage():
        if ddl:
            for text in statements(session.settings, url or []):
                typer.echo(text, nl=False)
            return
        try:
            done = send(session.settings, url or [], session)
        except NotDelivered as error:
            session.tell(error.done)
            session.answer(error.done.as_dict())
            raise typer.Exit(Exit.FAILED) from None  # each store has told its own
    session.tell(done)
    session.answer(done.as_dict())


@app.command()
def site(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="A new folder, or the folder of an earlier site.")],
    url: Annotated[str, typer.Option(help="URL that will serve the folder: https://you.example.org/weather")],
) -> None:
    """Write a folder for a web server: export, reports, models' documentation, accuracy."""
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
        Path, typer.Option(help="A data folder built without the change, such as data/demo after `make run`.")
    ],
    summary: Annotated[
        Path | None, typer.Option(help="Append the summary to this Markdown file, such as $GITHUB_STEP_SUMMARY.")
    ] = None,
) -> None:
    """Build a change against a copy of another build (dbt's slim CI); publish nothing.

    Builds the modified models and what depends on them.

    [bold]git stash; make run; git stash pop[/bold]
    [bold]isobar --demo --data-dir data/slim slim --state data/demo[/bold]
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


lake = typer.Typer(help="Check and pack the lake, the files as received.")
app.add_typer(lake, name="lake", no_args_is_help=True)


@lake.command(name="verify")
def verify_lake(context: typer.Context) -> None:
    """Compare every file of the lake with its checksum; find loaded files that are missing.

    Lists each damaged or lost file with its reason, and exits with 3 if there is one.
    """
    from isobar.jobs.verify import verify

    session: Session = context.obj
    found = verify(session.settings, session)
    session.tell(found)
    session.answer(found.as_dict())
    if found.damaged or found.lost:
        raise typer.Exit(Exit.REJECTS)


@lake.command(name="compact")
def compact_lake(
    context: typer.Context,
    apply: Annotated[
        bool, typer.Option("--apply", help="Pack them. Without it nothing is changed, only shown.")
    ] = False,
) -> None:
    """Put the polls of each past day into one file; a year of hourly polls is 70,000 small ones.

    Nothing is lost: each poll is found in its day's file, byte for byte. The last two days stay as they are.
    """
    from isobar.jobs.compact import compact

    session: Session = context.obj
    done = compact(session.settings, apply=apply, watcher=session)
    session.tell(done)
    session.answer(done.as_dict())


@lake.command(name="lifecycle")
def lake_lifecycle(
    context: typer.Context,
    apply: Annotated[bool, typer.Option("--apply", help="Change the bucket. Without it, only show.")] = False,
) -> None:
    """Compare the lake's bucket with deploy/cloud/lifecycle.json: storage classes by age.

    With --apply a missing bucket is created and what differs is changed. Rules of others stay.
    Raw files are never deleted: a rule that would is reported, and nothing is changed.

    [bold]isobar lake lifecycle[/bold]           what the bucket has, and what differs
    [bold]isobar lake lifecycle --apply[/bold]   change it
    """
    from isobar.jobs.lifecycle import lifecycle

    session: Session = context.obj
    found = lifecycle(session.settings, apply=apply)
    session.tell(found)
    session.answer(found.as_dict())


stream = typer.Typer(help="Poll by a broker: publish answers, land topics, look after dead letters (ISOBAR_TRANSPORT).")
app.add_typer(stream, name="stream", no_args_is_help=True)


@stream.command(name="poll")
def stream_poll(
    context: typer.Context,
    source: Annotated[str, typer.Argument(help="A source that is polled: openweather, meteofrance_vigilance.")],
    url: Annotated[str | None, typer.Option("--from", help="URL of the API. Default: the provider's.")] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Accept an answer that is empty or much smaller than the last one.")
    ] = False,
) -> None:
    """Ask a provider once and publish its answers to the broker.

    Exits with 1 if the broker does not have every answer.
    """
    from isobar.jobs.stream import poll

    session: Session = context.obj
    with usage():
        summary = poll(session.settings, source, url, force=force, watcher=session)
    session.answer(summary.as_dict())
    if summary.is_above_reject_limit:
        raise typer.Exit(Exit.REJECTS)


@stream.command(name="land")
def stream_land(
    context: typer.Context,
    load: Annotated[bool, typer.Option("--load", help="Load what landed into raw tables.")] = False,
    build: Annotated[bool, typer.Option("--build", help="Load it, then build and publish.")] = False,
    follow: Annotated[bool, typer.Option("--follow", help="Go on until SIGTERM or Ctrl-C.")] = False,
) -> None:
    """Land what the topics hold in the lake, each message exactly once.

    Without --follow up to where the topics end now. Messages that cannot be landed
    become dead letters, and the exit code is 3.

    [bold]isobar stream land --build[/bold]           what came since the last call
    [bold]isobar stream land --load --follow[/bold]   as a service; SIGTERM ends it with 0
    """
    from isobar.jobs.stream import land

    session: Session = context.obj
    done = land(session.settings, loads=load, builds=build, follow=follow, watcher=session)
    session.answer(done.as_dict() if done else {})
    if done and done.is_above_reject_limit:
        raise typer.Exit(Exit.REJECTS)


@stream.command(name="serverless")
def stream_serverless(
    context: typer.Context,
    apply: Annotated[bool, typer.Option("--apply", help="Create and change. Without it, only show.")] = False,
) -> None:
    """Compare Kinesis' stream, the function and the table with deploy/cloud.

    With --apply what is missing is created and what differs is changed: the stream weather_stream,
    the table dataflow_mongo, the function kinesis_to_dynamo with its role and its event source mapping.

    [bold]isobar stream serverless[/bold]           what there is, and what differs
    [bold]isobar stream serverless --apply[/bold]   create and change it
    """
    from isobar.jobs.serverless import serverless

    session: Session = context.obj
    found = serverless(session.settings, apply=apply)
    session.tell(found)
    session.answer(found.as_dict())


@stream.command(name="dead-letters")
def stream_dead_letters(
    context: typer.Context,
    source: Annotated[str | None, typer.Argument(help="Only of this source.")] = None,
    replay: Annotated[
        bool, typer.Option("--replay", help="Publish them again, for example after an update that can read them.")
    ] = False,
) -> None:
    """Show messages that could not be landed: place, reason, content.

    With --replay they are published once more to their topics and are no longer shown.
    """
    from isobar.jobs.stream import dead_letters

    session: Session = context.obj
    with usage():
        found = dead_letters(session.settings, source, replays=replay, watcher=session)
    session.tell(found)
    session.answer(found.as_dict())


state = typer.Typer(help="Seal a data folder that is carried from run to run, and check it.")
app.add_typer(state, name="state", no_args_is_help=True)


@state.command(name="seal")
def seal_state(context: typer.Context) -> None:
    """Write state.json: a number and a checksum of the data folder as this run leaves it.

    Keep a copy elsewhere: it is the witness of the next check.
    A lake in a bucket needs no seal: the data folder can be made again from it.
    """
    from isobar.jobs.state import seal

    session: Session = context.obj
    made = seal(session.settings)
    if made is None:
        session.tell(f"not sealed: the lake is in {session.settings.lake_url}")
    else:
        session.tell(f"sealed generation {made.generation}: {', '.join(made.parts) or 'nothing'}")
    session.answer(made.as_dict() if made else {})


@state.command(name="check")
def check_state(
    context: typer.Context,
    witness: Annotated[
        str | None, typer.Option(help="URL or file of the copy of state.json that the last run left elsewhere.")
    ] = None,
    begin: Annotated[
        bool,
        typer.Option(
            "--begin", help="Accept the folder as it is: for the first run, or after a loss you have looked into."
        ),
    ] = False,
) -> None:
    """Exit with 1 if the data folder is lost, old or damaged. Call it before a run.

    [bold]isobar state check --witness https://you.example.org/weather/state.json[/bold]
    [bold]isobar state check --begin[/bold]     the first run
    """
    from isobar.jobs.state import check

    session: Session = context.obj
    line = check(session.settings, witness or None, begin=begin)
    session.tell(line)
    session.answer({"state": line})


@app.command()
def simulate(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Folder to write to; it is marked as simulated.")],
    start: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="First day.")],
    end: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Last day.")],
    stations: Annotated[
        int,
        typer.Option(min=1, help="SYNOP: number of stations. The first 62 are Météo-France's, the others invented."),
    ] = 62,
    seed: Annotated[int, typer.Option(help="The same seed gives the same weather. A later --end only appends.")] = 1,
    kind: Annotated[
        str, typer.Option(help="synop; or climatology: daily files of the national thermal indicator's stations.")
    ] = "synop",
    layout: Annotated[
        str, typer.Option(help="SYNOP: layout of the files, monthly (to 2024) or yearly (since 2025).")
    ] = "yearly",
    revisions: Annotated[
        bool, typer.Option("--revisions", help="SYNOP: include late rows, corrections and duplicates.")
    ] = False,
) -> None:
    """Write simulated archives in Météo-France's formats: SYNOP or daily climatology.

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
    live: Annotated[bool, typer.Option("--live", help="Load from the real providers instead.")] = False,
) -> None:
    """Run the demo end to end in data/demo; with --live, load real data, build and publish.

    With --live, a source without its key or URL is left out; that is no failure.
    If a source fails, the others are still built and published. Exits with 1 if a source
    failed, and with 3 if too much of a source was rejected.
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
        typer.Option("--class", help="Only this class; repeat it for more. Default: all."),
    ] = None,
    older_than: Annotated[
        int | None, typer.Option(min=0, metavar="DAYS", help="Age in days that replaces the age of each class.")
    ] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Delete. Without it, prune only shows.")] = False,
) -> None:
    """Show old files and rows that can be deleted, by class; delete them with --apply.

    The only copy of an observation is never deleted.

    [bold]isobar prune[/bold]                                     what would be deleted, and why
    [bold]isobar prune --apply[/bold]                             delete it
    [bold]isobar prune --class logs --older-than 7 --apply[/bold] logs older than a week
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
