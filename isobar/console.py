"""What a person sees of a job: tables, lines and bars; and what a machine is answered with `--json`.

Jobs return summaries and tell of their steps on the way (isobar/jobs/watcher.py); how each of them looks is said here.
"""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

from isobar.jobs.watcher import Heading, Remark, Watcher
from isobar.runs.last import REBUILD
from isobar.settings import DEMO_NOW, PROJECT_ROOT, Settings

if TYPE_CHECKING:  # dlt, dbt and pyarrow are imported by the commands that need them: `--help` answers at once
    from ingestion.load import LoadSummary, PollSummary
    from isobar.health.status import SourceStatus, Status
    from isobar.jobs.alerts import Alerted
    from isobar.jobs.build import Built
    from isobar.jobs.deliver import Deliveries
    from isobar.jobs.demo import Demo
    from isobar.jobs.live import Live
    from isobar.jobs.report import Reported
    from isobar.jobs.simulate import Simulated
    from isobar.jobs.snowflake_check import Checked
    from isobar.jobs.stream import DeadLetters, StreamLanded
    from isobar.publish.export import Exported
    from isobar.publish.quiet import Quiet
    from isobar.upkeep.bucket import BucketState
    from isobar.upkeep.cloud import CloudState
    from isobar.upkeep.compact import Compacted
    from isobar.upkeep.prune import PruneSummary
    from isobar.upkeep.serverless import ServerlessState
    from isobar.upkeep.site import Site
    from isobar.upkeep.verify import LakeVerified

SHOWN_PLACES = 5
"""Places named in one line; `--json` has them all."""

SHOWN_CHARACTERS = 200
"""Of a dead letter; `--json` has all of it."""

NEXT = (
    ("isobar {demo} app", "look at it: latest conditions on a map, one place's period"),
    ("isobar {demo} status", "what is loaded, how old it is"),
    ("isobar run --live", "real weather instead: Météo-France's without a key, OpenWeather's with one"),
)


class Exit(IntEnum):
    """Exit codes, one table for every command."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    REJECTS = 3
    ATTENTION = 4


class Session(Watcher):
    """The global options of one call, and its user's terminal. `of_demo` are the settings that the demo takes, whether --demo was
    given or not; `is_folder_given`, whether --data-dir names its folder; `is_answer`, whether its table is the answer to a
    question, which JSON logs leave as it is.
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
        self.logs_json = settings.log_format == "json"
        self.console = Console(stderr=as_json, highlight=False, quiet=self.logs_json and not is_answer)
        self._bar: Progress | None = None
        self._tasks: dict[str, Any] = {}

    def answer(self, figures: Mapping[str, Any]) -> None:
        """The machine's answer: one JSON document on standard output."""
        if self.as_json:
            print(json.dumps(figures, default=str, indent=1))

    def progress(self, what: str, done: int, total: int) -> None:
        """A bar on a terminal, silence elsewhere."""
        if self.logs_json or not sys.stderr.isatty():
            return
        if self._bar is None:
            self._bar = Progress(
                SpinnerColumn(),
                TextColumn("{task.description:<10}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                console=Console(stderr=True),
                transient=True,
            )
            self._bar.start()
        if what not in self._tasks:
            self._tasks[what] = self._bar.add_task(what, total=total or None)
        self._bar.update(self._tasks[what], completed=done, total=total or None)

    def tell(self, told: object) -> None:
        """Print a line, a heading, a remark or a summary."""
        if isinstance(told, str):
            self.say(escape(told))
        elif isinstance(told, Heading):
            self.say(f"\n[bold]{escape(told.title)}[/bold]{escape(told.rest)}")
        elif isinstance(told, Remark):
            colour = "red" if told.is_bad else "yellow"
            self.say(f"[{colour}]{foreign(told.label)}[/{colour}]: {foreign(told.text)}")
        else:
            RENDERED[type(told).__name__](self, told)

    def say(self, text: str | Table) -> None:
        """Print text with our markup, whatever its length, on one line; it would stand in the middle of a bar."""
        self.close()
        self.console.print(text, soft_wrap=isinstance(text, str))

    def close(self) -> None:
        """End the bar of a step, if one is shown."""
        if self._bar:
            self._bar.stop()
        self._bar, self._tasks = None, {}


def _load(session: Session, summary: LoadSummary) -> None:
    say = session.say
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
        say(escape(note))
    for reject in summary.first_rejects:
        say(f"[yellow]rejected[/yellow] {foreign(reject['place'])}: {foreign(reject['reason'])}")
    for refused in summary.refused:
        say(f"[yellow]refused[/yellow] {foreign(refused['file'])}: {foreign(refused['reason'])}")
    if summary.ignored:
        say(f"ignored, not {summary.source} files by name: {foreign(', '.join(summary.ignored))}")
    for file, columns in summary.unknown_columns.items():
        say(f"[yellow]unknown columns[/yellow] in {foreign(file)}, not loaded: {foreign(', '.join(columns))}")
    if summary.asked:
        say(_answered(summary))
    say(f"newest observation {_moment(summary.newest_observed_at) or 'none'} UTC; {summary.seconds:.1f} s")


def _answered(done: LoadSummary | PollSummary) -> str:
    cached = f", {done.cached:,} from the cache" if done.cached else ""
    return f"{done.asked - done.failed:,} of {done.asked:,} requests answered{cached}"


def _polled(session: Session, done: PollSummary) -> None:
    for note in done.notes:
        session.say(escape(note))
    for refused in done.refused:
        session.say(f"[yellow]refused[/yellow] {foreign(refused['file'])}: {foreign(refused['reason'])}")
    if done.asked:
        session.say(_answered(done))
    session.say(f"{done.published:,} events published, {done.byte_count:,} bytes; {done.seconds:.1f} s")


def _stream_landed(session: Session, done: StreamLanded) -> None:
    for note in done.notes:
        session.say(f"[yellow]note[/yellow] {escape(note)}")
    for letter in done.dead_letters[:SHOWN_PLACES]:
        session.say(f"[yellow]dead letter[/yellow] {foreign(str(letter['place']))}: {foreign(str(letter['reason']))}")
    if len(done.dead_letters) > SHOWN_PLACES:
        session.say(f"{len(done.dead_letters):,} dead letters in all: isobar stream dead-letters")
    repeated = f", {done.repeated:,} of them landed before" if done.repeated else ""
    session.say(
        f"{done.messages:,} messages{repeated}, {done.landings:,} landings, {len(done.dead_letters):,} dead letters;"
        f" {done.seconds:.1f} s"
    )


def _dead_letters(session: Session, found: DeadLetters) -> None:
    for letter in found.letters:
        value = "no value" if letter.value is None else letter.value
        session.say(f"[yellow]{foreign(letter.place)}[/yellow] {foreign(letter.reason)}")
        session.say(f"  {foreign(value[:SHOWN_CHARACTERS])}{'…' if len(value) > SHOWN_CHARACTERS else ''}")
    told = "published again" if found.is_replayed else "open"
    session.say(f"{len(found.letters):,} dead letters {told}")


def _built(session: Session, built: Built) -> None:
    say = session.say
    table = Table("layer", "models", "tests", "seconds", box=None)
    for layer, counts in built.dbt.layers.items():
        table.add_row(layer, _number(counts.models), _number(counts.tests), f"{counts.seconds:.1f}")
    say(table)
    for warning in built.dbt.warnings:
        say(f"[yellow]warning[/yellow] {warning}")
    if built.dbt.left_out:
        say(f"left out: {built.dbt.left_out} models and seeds that the new loads do not reach (--force builds all)")
    if not built.dbt.has_unit_tests:
        say("unit tests left out: no model has changed since a publication (`make test` runs them)")
    if built.dbt.rebuilt:
        say(f"made anew, because their SQL, vars or seeds changed: {', '.join(built.dbt.rebuilt)}")
    publication = built.publication
    say(
        f"published {publication.publication_id}: {_number(publication.row_count)} rows, {publication.written} files written, "
        f"{publication.kept} unchanged; {built.loads} new loads; {built.seconds:.1f} s"
    )


def _quiet(session: Session, found: Quiet) -> None:
    session.say(
        f"nothing new since {found.publication.published_at:%Y-%m-%d %H:%M} UTC: published"
        f" {found.publication.publication_id} stays, {_number(found.publication.row_count)} rows; health is up to date"
        " (--force builds all the same)"
    )


def begin_demo(session: Session) -> None:
    """What its user should know before the demo begins."""
    folder = _shown(session.settings.data_dir)
    session.say(
        f"[bold]Isobar[/bold]: the demo's clock stands at {DEMO_NOW:%Y-%m-%d %H:%M} UTC; everything goes to {folder}"
    )


def _demo(session: Session, done: Demo) -> None:
    session.say(f"\n[bold]done[/bold] in {done.seconds:.0f} s. Next:")
    options = "--demo"
    if session.is_folder_given:
        options += f" --data-dir {shlex.quote(_shown(session.settings.data_dir))}"
    for command, purpose in NEXT:
        session.say(f"  {_runnable(command.format(demo=options))}  [dim]# {purpose}[/dim]")


def _live(session: Session, done: Live) -> None:
    session.say("")
    for name, outcome in done.outcomes.items():
        session.say(f"{name} {escape(outcome)}")
    if done.loads:
        session.say(f"[bold]done[/bold] in {done.seconds:.0f} s. Next: isobar app, or isobar status")


def _status(session: Session, found: Status) -> None:
    say = session.say
    _sources(session, found.sources)
    for name in found.failing:
        say(f"[red]failed[/red] in the last build: {name}")
    for name in found.warning:
        say(f"[yellow]warned[/yellow] in the last build: {name}")
    for budget in found.budgets:
        left = ((budget.minute_left, "this minute"), (budget.day_left, "today"), (budget.month_left, "this month"))
        limits = ", ".join(f"{calls:,} {period}" for calls, period in left if calls is not None)
        say(f"{budget.api}, key {budget.key}: calls left {limits or 'without limit'}")
    _streams(session, found)
    if found.published_at:
        rows = _number(found.observations)
        say(f"published {_moment(found.published_at)} UTC: {rows} observations, {found.warehouse_kind} weather")
    else:
        say("nothing published yet: run `isobar build`")
    for outlet in found.outlets:
        there = f"the publication of {_moment(outlet.published_at)} UTC" if outlet.published_at else "nothing yet"
        behind = "[yellow]behind[/yellow] " if outlet.is_behind else ""
        say(f"{behind}{foreign(outlet.outlet)} has {there}{f': {foreign(outlet.error)}' if outlet.error else ''}")
    if found.is_publication_overdue:
        say(
            f"[red]overdue[/red] publication: new rows were to be published by {_moment(found.publication_due_at)} UTC: run"
            " `isobar build`"
        )
    for each in found.failed_runs:
        say(
            f"[red]{each.outcome}[/red] {each.command}, begun {_moment(each.started_at)} UTC:"
            f" {foreign(each.reason or each.remedy)}"
        )
        if each.reason and each.command == REBUILD:
            say(each.remedy)
    for damaged in found.damaged_files:
        say(f"[red]damaged[/red] {foreign(str(damaged))}")
    if found.running:
        say(f"running: {found.running.command}, since {_moment(found.running.started_at)} UTC")


def _streams(session: Session, found: Status) -> None:
    waiting = [each for each in found.streams if each.messages or each.seconds]
    for each in waiting:
        behind = [f"{each.messages:,} messages"] if each.messages else []
        behind += [f"{each.seconds:,.0f} s"] if each.seconds else []
        session.say(f"waiting in {each.topic}: {', '.join(behind)}")
    if found.streams and not waiting:
        session.say(f"{len(found.streams)} topics, all landed")
    if found.stream_fault:
        session.say(f"[red]streams[/red] {foreign(found.stream_fault)}")


def _sources(session: Session, sources: Iterable[SourceStatus]) -> None:
    table = Table(
        Column("source", no_wrap=True),
        "last load (UTC)",
        "rows",
        "last added",
        "newest observation (UTC)",
        "age",
        box=None,
    )
    for each in sources:
        table.add_row(
            each.source,
            _moment(each.last_load_at) or "never",
            _number(each.rows),
            _number(each.last_rows),
            _moment(each.newest_observed_at) or "-",
            _age(each.age_hours),
        )
    session.say(table)
    for each in sources:
        if each.is_overdue:
            session.say(f"[red]overdue[/red] {each.source}: new rows were due by {_moment(each.overdue_at)} UTC")
        if each.silent_locations:
            shown = ", ".join(each.silent_locations[:SHOWN_PLACES])
            left = len(each.silent_locations) - SHOWN_PLACES
            more = f" and {left} more" if left > 0 else ""
            session.say(f"[yellow]silent[/yellow] {each.source}: {shown}{more}, while others report")


def show_message(session: Session, text: str) -> None:
    """The text of an alert, which quotes others' words."""
    for line in text.splitlines():
        session.console.print(foreign(line), soft_wrap=True, emoji=False)


def _alerted(session: Session, told: Alerted) -> None:
    if told.is_sent:
        session.say(f"sent: {told.message.summary}")
    if told.message.held_back:
        session.say(f"{told.message.held_back} held back for a later call")


def _checked(session: Session, found: Checked) -> None:
    summary = f"{found.models} models, {found.rows:,} rows, {found.cells:,} cells compared in {found.seconds:.0f} s"
    for line in found.differences:
        session.say(escape(line))
    if found.differences:
        session.say(f"[red]{len(found.differences)} columns differ[/red]: {summary}")
    else:
        session.say(f"Snowflake and DuckDB agree: {summary}")


def _reported(session: Session, done: Reported) -> None:
    made = done.report
    session.say(f"{made.path}: {made.tests:,} tests, {made.failed} failed, {made.warned} warned")


def _exported(session: Session, done: Exported) -> None:
    from ingestion.registry import SOURCES

    session.say(
        f"{done.folder}: {done.marts} marts, {_number(done.row_count)} rows; {done.written} files written,"
        f" {done.kept} unchanged, {done.removed} removed; {done.seconds:.1f} s"
    )
    left_out = [source.name for source in SOURCES.values() if not source.licence.is_open]
    session.say(f"left out, their licence is not open: {', '.join(left_out)}")


def _delivered(session: Session, done: Deliveries) -> None:
    for each in done.outlets:
        if each.error:
            session.say(f"[red]not delivered[/red] {foreign(each.outlet)}: {foreign(each.error)}")
        elif each.note:
            session.say(f"{foreign(each.outlet)}: {foreign(each.note)}")
        else:
            session.say(
                f"{foreign(each.outlet)}: publication {each.publication_id}; {each.sent} parts sent, {each.unchanged} unchanged,"
                f" {each.deleted} deleted, {each.row_count:,} rows; {each.seconds:.1f} s"
            )


def _site(session: Session, made: Site) -> None:
    session.say(f"{made.folder}: {', '.join(made.parts)}; {made.export.row_count:,} rows")


def _verified(session: Session, found: LakeVerified) -> None:
    from ingestion.load import REMEDY

    for each in found.damaged:
        session.say(f"[red]damaged[/red] {foreign(each['file'])}: {foreign(each['reason'])}")
    for each in found.lost:
        session.say(f"[red]lost[/red] {foreign(each['file'])}: {foreign(each['reason'])}")
    if found.damaged or found.lost:
        session.say(f"{REMEDY[0].upper()}{REMEDY[1:]}")
    if found.not_compared:
        session.say(f"[yellow]not compared[/yellow] with what was loaded: {foreign(found.not_compared)}")
    session.say(
        f"{found.files:,} files, {found.byte_count:,} bytes checked, {len(found.damaged):,} damaged,"
        f" {len(found.lost):,} lost, {found.pruned:,} pruned; {found.seconds:.1f} s"
    )


def _compacted(session: Session, done: Compacted) -> None:
    for each in done.waiting:
        session.say(f"[yellow]waiting[/yellow] {foreign(each['day'])}: {foreign(each['reason'])}")
    told = "packed into" if done.is_applied else "could be packed into"
    session.say(f"{done.landings:,} polls {told} {done.days:,} files; {done.seconds:.1f} s")
    if done.landings and not done.is_applied:
        session.say("Nothing was changed. Add --apply.")


def _pruned(session: Session, summary: PruneSummary) -> None:
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
    session.say(table)
    for name, counts in summary.classes.items():
        for kept in counts.kept:
            session.say(f"kept, {name}: {foreign(kept.name)}: {foreign(kept.reason)}")
    if not summary.is_applied:
        session.say("nothing was deleted: --apply does it")


def _bucket(session: Session, found: BucketState) -> None:
    _parts(session, found, (f"kept, a rule of others: {foreign(name)}" for name in found.others))


def _serverless(session: Session, found: ServerlessState) -> None:
    _parts(session, found)


def _parts(session: Session, found: CloudState, notes: Iterable[str] = ()) -> None:
    table = Table("part", "what", "state", box=None)
    for part in found.parts:
        table.add_row(foreign(part.name), foreign(part.what), part.state)
    session.say(table)
    for note in notes:
        session.say(note)
    if not found.changed:
        session.say("nothing differs")
    elif not found.is_applied:
        session.say("nothing was changed: --apply does it")


def show_simulated(session: Session, done: Simulated, kind: str, folder: Path) -> None:
    """What was written, and the command that loads it."""
    written = f"{len(done.files)} files, {done.rows:,} rows in {done.seconds:.1f} s"
    session.say(f"{written}; load them with: isobar load {kind} --from {folder}")


RENDERED: Mapping[str, Callable[[Session, Any], None]] = {
    "LoadSummary": _load,
    "Built": _built,
    "Quiet": _quiet,
    "Demo": _demo,
    "Live": _live,
    "Status": _status,
    "Alerted": _alerted,
    "Checked": _checked,
    "Reported": _reported,
    "Exported": _exported,
    "Deliveries": _delivered,
    "Site": _site,
    "Compacted": _compacted,
    "LakeVerified": _verified,
    "PruneSummary": _pruned,
    "BucketState": _bucket,
    "ServerlessState": _serverless,
    "PollSummary": _polled,
    "StreamLanded": _stream_landed,
    "DeadLetters": _dead_letters,
}
"""How each summary looks. By the names of their classes: nothing is imported to be printed."""


def foreign(text: str) -> str:
    """Words of a provider or of a file: neither our markup nor a terminal's control characters."""
    return escape("".join(character if character.isprintable() else "\ufffd" for character in text))


def _shown(folder: Path) -> str:
    """As its user would type it from the checkout."""
    return str(folder.relative_to(PROJECT_ROOT) if folder.is_relative_to(PROJECT_ROOT) else folder)


def _runnable(command: str) -> str:
    """The command as it can be typed here, with or without the virtual environment switched on."""
    if shutil.which("isobar"):
        return command
    local = (PROJECT_ROOT / ".venv" / "bin" / "isobar").relative_to(PROJECT_ROOT)
    return command.replace("isobar ", f"{local} ")


def _number(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"


def _moment(value: str | None) -> str:
    return value.replace("T", " ")[:16] if value else ""


def _age(hours: float | None) -> str:
    if hours is None:
        return "-"
    return f"{hours:.1f} h" if hours < 48 else f"{hours / 24:.0f} days"
