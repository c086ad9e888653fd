"""Land, then load: from a URL, a folder or a glob into the lake, and from the lake into raw tables.

Every file is judged by itself: one that is cut, not CSV or without its keys is refused by name and the others go on. What
has been loaded is told by the warehouse (`raw_<source>.files` of completed loads), so a killed run is taken up where its
last completed package left it, and a new warehouse is filled from the lake alone.
"""

from __future__ import annotations

import glob
import stat
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property, partial
from itertools import pairwise
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

import pyarrow as pa

from ingestion.feed import LoadError, Progress, Visit, refuse_other_kind
from ingestion.http.answers import Answers
from ingestion.http.budget import CallLog, CallsOfThisRun
from ingestion.lake import RECORD_NAME, FileVersion, Incoming, Lake, Landing, clear_scratch, open_lake
from ingestion.pipeline import FileState, RawPipeline
from ingestion.raw_tables import FILES, Rows, RowsByTable, read_counts, with_provenance
from ingestion.readers.reading import AHEAD_TOLERANCE, Reader, ReadFile, RefusedFile
from ingestion.source import Source, Table
from ingestion.streams import Transport
from ingestion.streams.land import Lander
from ingestion.streams.publish import Publisher
from isobar.settings import Settings

PACKAGE_BYTES = 96 << 20
"""Lake bytes (compressed) per dlt package: some 5 million rows. Enough to make dlt's second per package small, little enough
that a killed backfill repeats only minutes."""

READERS = 2
"""Files read at once, one thread each: reading one CSV gains nothing from a second thread, and dlt writes meanwhile."""

REJECTED_SHARE_LIMIT = 0.05
"""Share of rows with a reject above which a load ends with exit code 3: a few bad cells are normal, one row in twenty
means that the layout was misread."""

SHOWN_REJECTS = 5
"""Rejects that a load's summary shows; all of them are in `raw_<source>.rejects`."""

REMEDY = "restore it from a backup, or load the same file again (isobar load SOURCE --from FILE)"
"""What mends the lake."""

LOST = "it was loaded, and its landing has gone from the lake"
"""Reason of a file that the warehouse knows and the lake does not."""

SIMULATED_MARKER = "SIMULATED.json"
"""The simulator leaves this beside its archives, so that simulated and real weather never share a warehouse."""

FAILED_SHARE_LIMIT = 0.2
"""Share of requests without an answer above which a load ends with exit code 3: a city or two may fail, a fifth of them means
that something is wrong with the key, the list or the provider."""


@dataclass
class TableSummary:
    """What a load did to one raw table."""

    files: int = 0
    unchanged: int = 0
    row_count: int = 0
    appended_row_count: int = 0
    rejected_cell_count: int = 0
    stored_row_count: int = 0  # in raw, by this load and all before it
    last_new_rows_at: str | None = None  # when the newest file landed that added rows, by this load or one before
    is_configured: bool = False  # fed by the project's own list


@dataclass
class LoadSummary:
    """What a load did, in the figures its user wants."""

    source: str
    tables: dict[str, TableSummary] = field(default_factory=dict)
    refused: list[dict[str, str]] = field(default_factory=list)  # file, reason
    first_rejects: list[dict[str, str]] = field(default_factory=list)  # place, reason: one of each kind
    damaged: list[str] = field(default_factory=list)  # of them, files that the lake no longer holds as they landed
    refused_tables: list[str] = field(default_factory=list)  # tables of which every file was refused
    ignored: list[str] = field(default_factory=list)  # files that are nobody's
    unknown_columns: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    ahead_row_count: int = 0  # rejected because they are of a time after their file landed
    asked: int = 0  # requests to an API
    failed: int = 0  # those that gave nothing
    cached: int = 0  # those that the cache answered
    newest_observed_at: str | None = None
    load_ids: list[str] = field(default_factory=list)  # dlt's, on every row that this load appended
    seconds: float = 0.0

    @property
    def has_rejects(self) -> bool:
        return bool(self.refused or self.failed) or any(table.rejected_cell_count for table in self.tables.values())

    @property
    def is_above_reject_limit(self) -> bool:
        """Whether so much was rejected that the load should not pass for a good one."""
        provided = [table for table in self.tables.values() if not table.is_configured]
        nothing_read = bool(self.refused) and not any(table.files or table.unchanged for table in provided)
        too_many_failed = self.failed > FAILED_SHARE_LIMIT * self.asked
        return (
            nothing_read
            or bool(self.damaged)
            or bool(self.refused_tables)
            or too_many_failed
            or any(table.rejected_cell_count > REJECTED_SHARE_LIMIT * table.row_count for table in self.tables.values())
        )

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


@dataclass(frozen=True)
class PollSummary:
    """What a poll published. `byte_count` is of the messages."""

    source: str
    published: int
    byte_count: int
    asked: int
    failed: int
    cached: int
    refused: list[dict[str, str]]
    notes: list[str]
    seconds: float

    @property
    def is_above_reject_limit(self) -> bool:
        """Whether too many requests gave nothing."""
        return self.failed > FAILED_SHARE_LIMIT * self.asked

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


Take = Callable[[Incoming, datetime], object]
"""Takes a file that a feed offers, and when it came."""


def load(
    source: Source,
    settings: Settings,
    origin: str | None = None,
    start: date | None = None,
    end: date | None = None,
    *,
    replay: bool = False,
    force: bool = False,
    as_of: Iterable[datetime] | None = None,
    units: str | None = None,
    calls: CallLog | None = None,
    run_id: str | None = None,
    transport: Transport | None = None,
    fetch: bool = True,
    progress: Progress = lambda what, done, total: None,
) -> LoadSummary:
    """Land what `origin` offers (nothing with `replay`), then load what the warehouse does not have yet.

    Args:
        origin: a URL (base of the archives, or one file), a folder, a glob; None is the provider's own URL.
        start, end: first and last day; whole files that overlap them are taken.
        force: take empty and much smaller answers too.
        as_of: visit the provider once at each of these moments, which are then what the clock says; None is once, now. What came
            is loaded together.
        units: of the recorded files, where they do not name them (`source.units`); kept with their landing.
        calls: counts calls to APIs across runs; None counts this run's alone.
        run_id: the ledger's; tags what Snowflake is asked.
        transport: publish what a polled provider answers, and land what its topics hold; None lands it at once.
        fetch: False asks nobody, and loads what has landed since the last load.

    Raises:
        StreamError: the broker does not answer or refuses.
        LoadError: nothing to land, or simulated and real weather would be mixed.
        SettingsError: a key must be set first.
        OverBudget: the key may not make that many calls.
    """
    started = time.monotonic()
    lake = open_lake(settings)
    clear_scratch(settings.scratch)
    lake.clear_staging()
    job = _Job(source, settings, lake, RawPipeline(source, settings, run_id), progress)
    job.summary.notes += job.raw.notes
    job.raw.prepare()
    job.count_arrivals()
    if replay:
        named = []
    elif not fetch:
        named = [*job.land_configured()]
    elif origin is None or urlsplit(origin).scheme in ("http", "https"):
        visiting = Visiting(origin, start, end, force, as_of, calls or CallsOfThisRun())
        named = job.land_streamed(visiting, transport) if transport and source.is_polled else job.land_fetched(visiting)
    else:
        named = job.land_files(origin, start, end, units)
    job.load(named, is_replay=replay)
    if replay:
        job.refuse_lost()
    if ahead := job.summary.ahead_row_count:
        job.summary.notes.append(
            f"{ahead:,} rows rejected: they are of a time after their file was loaded (the clock is at"
            f" {settings.now():%Y-%m-%d %H:%M} UTC); if ISOBAR_NOW is wrong, load them into a new data folder"
        )
    job.summary.refused_tables = sorted(
        name
        for name in job.refused_tables
        if not job.summary.tables[name].files and not job.summary.tables[name].unchanged
    )
    newest = [str(found) for table in source.tables if table.time_column and (found := job.raw.newest(table))]
    job.summary.newest_observed_at = max(newest, default=None)  # ISO: the later one sorts last
    for name, delivery in job.raw.deliveries().items():
        if name in job.summary.tables:
            table, last_at = job.summary.tables[name], delivery.last_new_rows_at
            table.stored_row_count = delivery.row_count
            table.last_new_rows_at = last_at.isoformat() if last_at else None
    job.summary.load_ids = job.raw.load_ids
    job.summary.seconds = round(time.monotonic() - started, 2)
    return job.summary


def prepare(source: Source, settings: Settings) -> None:
    """Make the source's raw tables exist, so that dbt builds before any data came."""
    RawPipeline(source, settings).prepare()


def poll(
    source: Source,
    settings: Settings,
    transport: Transport,
    url: str | None = None,
    *,
    force: bool = False,
    as_of: Iterable[datetime] | None = None,
    calls: CallLog | None = None,
    progress: Progress = lambda what, done, total: None,
) -> PollSummary:
    """Ask a provider once, and publish its answers. Neither the warehouse nor the lake's landings are touched.

    Arguments and errors are those of :func:`load`.
    """
    started = time.monotonic()
    lake = open_lake(settings)
    clear_scratch(settings.scratch)
    summary = LoadSummary(source.name, {table.name: TableSummary() for table in source.tables})
    visiting = Visiting(url, None, None, force, as_of, calls or CallsOfThisRun())
    with Publisher(source, lake, transport) as publisher:
        _ask(source, settings, lake, visiting, summary, publisher.take, progress)
    return PollSummary(
        source.name,
        publisher.published,
        publisher.byte_count,
        summary.asked,
        summary.failed,
        summary.cached,
        summary.refused,
        summary.notes,
        round(time.monotonic() - started, 2),
    )


@dataclass(frozen=True)
class Visiting:
    """What of a load concerns the provider."""

    url: str | None
    start: date | None
    end: date | None
    is_forced: bool
    as_of: Iterable[datetime] | None
    calls: CallLog


def _ask(
    source: Source,
    settings: Settings,
    lake: Lake,
    visiting: Visiting,
    summary: LoadSummary,
    take: Take,
    progress: Progress,
    is_refused: Callable[[Landing], bool] = lambda landing: False,
) -> None:
    """Ask the provider, and hand over each file that it offers."""
    as_of = visiting.as_of
    cadences = {
        table.name: timedelta(hours=table.schedule.cadence_hours)
        for table in source.tables
        if source.is_polled and table.schedule
    }
    for at in [settings] if as_of is None else (replace(settings, clock=moment) for moment in as_of):
        # of several visits, nobody knows how many requests they will be
        def follow(what: str, done: int, total: int, before: int = summary.asked) -> None:
            progress(what, before + done, total if as_of is None else 0)

        answers = Answers(at, cadences, summary.notes.append, is_read=not visiting.is_forced)
        visit = Visit(
            settings=at,
            lake=lake,
            url=visiting.url,
            start=visiting.start,
            end=visiting.end,
            is_forced=visiting.is_forced,
            progress=follow,
            calls=visiting.calls,
            is_refused=is_refused,
            answers=answers,
        )
        with closing(answers), closing(source.feed.fetch(visit)) as offered:
            for incoming in offered:
                take(incoming, at.now())
                incoming.local_path.unlink()
        summary.asked += visit.asked
        summary.failed += visit.failed
        summary.cached += visit.cached
        summary.notes += visit.notes
        summary.refused += visit.refused
        for table in visit.unchanged:
            summary.tables[table].unchanged += 1


class _Job:
    """One call of `load`: what it works on and what it has to tell."""

    def __init__(self, source: Source, settings: Settings, lake: Lake, raw: RawPipeline, progress: Progress) -> None:
        self.source, self.settings, self.lake, self.raw, self.progress = source, settings, lake, raw, progress
        self.summary = LoadSummary(
            source.name, {table.name: TableSummary(is_configured=table.is_configured) for table in source.tables}
        )
        self.refused_tables: set[str] = set()  # tables of which some file was refused

    def refuse(self, file: str, reason: str, table: str | None = None, *, is_damaged: bool = False) -> None:
        """Report a file that is not loaded. Every other file is."""
        self.summary.refused.append({"file": file, "reason": reason})
        if is_damaged:
            self.summary.damaged.append(file)
        elif table is not None:
            self.refused_tables.add(table)

    # --- landing: the network and the folders of others are touched here -----------------------------------------

    def land_fetched(self, visiting: Visiting) -> list[Landing]:
        """Keep what the provider offers. Returns the newest landing of every file that came, new or not."""
        landings: list[Landing] = []
        self._ask(visiting, lambda incoming, now: landings.append(self._land(incoming, now)))
        return [*landings, *self.land_configured()]

    def land_streamed(self, visiting: Visiting, transport: Transport) -> list[Landing]:
        """Keep what the topics hold, publish what the provider offers, and keep that. Returns the landings.

        What a run left in the topics that was killed after it had published is not asked for again.
        """
        landings = self.land_topics(transport)
        with Publisher(self.source, self.lake, transport) as publisher:
            self._ask(visiting, publisher.take)
        return [*landings, *self.land_topics(transport), *self.land_configured()]

    def _ask(self, visiting: Visiting, take: Take) -> None:
        _ask(self.source, self.settings, self.lake, visiting, self.summary, take, self.progress, self._is_refused)

    def land_topics(self, transport: Transport) -> list[Landing]:
        """Keep what the source's topics hold."""
        landed = Lander([self.source], self.settings, self.lake, transport).land()
        self.summary.notes += landed.notes
        for letter in landed.letters:
            self.summary.refused.append({"file": letter.place, "reason": f"dead letter: {letter.reason}"})
        return landed.landings

    def land_files(self, origin: str, start: date | None, end: date | None, units: str | None = None) -> list[Landing]:
        """Keep the files of a folder or glob. Returns the newest landing of each, new or not."""
        landings = [
            self._land(replace(incoming, units=units), self.settings.now())
            for incoming in self._from_files(origin, start, end)
        ]
        return [*landings, *self.land_configured()]

    def _land(self, incoming: Incoming, landed_at: datetime) -> Landing:
        refuse_other_kind(self.lake, incoming)
        is_loaded = incoming.table in self.summary.tables  # else it is kept for the feed's own use
        landing, _ = self.lake.land(self.source.name, incoming, landed_at, is_loaded=is_loaded)
        return landing

    def land_configured(self) -> Iterator[Landing]:
        """The project's own lists, once there is weather for them: they are of its kind."""
        is_simulated = self.lake.is_simulated()
        if is_simulated is not None:
            self.summary.notes += self.source.remarks(self.settings)
            for incoming in self.source.configured(self.settings, self.lake):
                yield self._land(replace(incoming, is_simulated=is_simulated), self.settings.now())

    def _from_files(self, origin: str, start: date | None, end: date | None) -> Iterator[Incoming]:
        base, offered = _offered(origin, self.source.is_nested)
        # a folder is walked or passed over, unless its name says that it is a file
        paths = [path for path in offered if not path.is_dir() or self.source.table_for(path.name)]
        claimed: list[tuple[Table, Path, str]] = []
        is_refused = False
        for path in paths:
            table = self.source.table_for(path.name)
            shown = path.relative_to(base).as_posix()
            if table is None:
                self.summary.ignored.append(printable(shown))
            elif _overlaps(table, path.name, start, end):
                file = _file_name(base, path, self.source.is_nested)
                if fault := fault_of_name(shown) or fault_of_name(file) or self._takes_place(file) or _unreadable(path):
                    self.refuse(printable(shown), fault)
                    is_refused = True
                else:
                    claimed.append((table, path, file))
        twins = _twins([file for _, _, file in claimed])
        for table, path, file in claimed:
            if file in twins:
                reason = "it is there both plain and compressed: remove one, or select one with a glob"
                self.refuse(path.relative_to(base).as_posix(), reason, table.name)
                is_refused = True
        claimed = [each for each in claimed if each[2] not in twins]
        if not claimed and not is_refused:
            found = f"none of {len(paths)} files is {self.source.name}'s" if paths else "no such file or folder"
            raise LoadError(
                f"{origin}: {found}. Files must be named as the provider publishes them (isobar load --help)."
            )
        for number, (table, path, file) in enumerate(claimed):
            self.progress("landing", number, len(claimed))
            yield Incoming(
                table=table.name,
                file=file,
                local_path=path,
                origin=file if self.source.is_nested else path.name,
                is_simulated=any((folder / SIMULATED_MARKER).exists() for folder in {base, path.parent}),
            )
        self.progress("landing", len(claimed), len(claimed))

    def _takes_place(self, file: str) -> str | None:
        """Why a nested file cannot lie in the lake: its folder would be where another file's landing records are."""
        folders = PurePosixPath(file).parts
        for folder, inner in pairwise(folders):
            if self.source.table_for(folder) is not None and RECORD_NAME.fullmatch(inner):
                return "its folder is named like a file, and it like a landing record: rename the folder"
        return None

    # --- loading: from the lake alone ----------------------------------------------------------------------------

    def count_arrivals(self) -> None:
        """No number that the warehouse knows is given again, whatever became of the lake."""
        self.last_number, self.missing_numbers = self.raw.arrival_numbers()
        if self.last_number is not None:
            self.lake.count_from(self.source.name, self.last_number)

    @cached_property
    def _refused_before(self) -> set[FileVersion]:
        """What completed loads had refused when this job began."""
        return {state.key for state in self.raw.file_states(outcome="refused")}

    def _is_refused(self, landing: Landing) -> bool:
        return landing.key in self._refused_before

    def load(self, named: list[Landing], *, is_replay: bool) -> None:
        """Load every landing that no completed load has judged; `named` are those the user offered just now."""
        landings, states = self._landings(named, is_replay=is_replay)
        todo: list[Landing] = []
        for landing in landings:
            if landing.table not in self.summary.tables:  # kept for the feed's own use
                continue
            if fault := fault_of_name(landing.file):  # it landed before names were checked
                self.refuse(printable(landing.file), fault)
                continue
            if landing.key in states:
                continue
            if self.lake.holds(landing):
                todo.append(landing)
            elif landing.pruned_at is None:  # no judgement: when its bytes come again, they are loaded
                self.refuse(landing.file, f"its bytes are missing from the lake; {REMEDY}", is_damaged=True)
        self._tell_known(named, states)
        todo += self._come_of_age(todo)
        last_loaded = self._loaded_before(todo, states)
        total, done = sum(landing.byte_count for landing in todo), 0
        for landings in _packages(todo):
            if whole := [landing for landing in landings if self._is_whole(landing)]:
                self.raw.append(_Package(self, whole, last_loaded, done, total).rows())
            self.lake.release()  # what a bucket's files were fetched to: a package of them at a time
            done += sum(landing.byte_count for landing in landings)
            self.progress("loading", done, total)

    def _tell_known(self, named: list[Landing], states: dict[FileVersion, FileState]) -> None:
        """What was offered and judged before: unchanged, or refused, which its user should hear again."""
        for landing in named:
            state = states.get(landing.key)
            if state is not None and state.is_loaded:
                self.summary.tables[landing.table].unchanged += 1
            elif state is not None:
                self.refuse(landing.file, state.reason or "refused before", landing.table)

    def _landings(self, named: list[Landing], *, is_replay: bool) -> tuple[list[Landing], dict[FileVersion, FileState]]:
        """Landings among which are all that were never judged, and what the warehouse knows of their files.

        The whole lake is looked through before any landing has a number, on a replay, and where numbers are gone.
        """
        if self.last_number is not None and not is_replay:
            arrived = self.lake.arrived(self.source.name, self.last_number, self.missing_numbers, self._refuse_record)
            if arrived is not None:
                landings = [*{landing.key: landing for landing in (*arrived, *named)}.values()]
                states = self.raw.file_states({landing.file for landing in landings})
                return landings, {state.key: state for state in states}
        landings = [*self.lake.landings(self.source.name, self._refuse_record)]
        return landings, {state.key: state for state in self.raw.file_states()}

    def _loaded_before(
        self, todo: list[Landing], states: dict[FileVersion, FileState]
    ) -> dict[tuple[str, str], Landing]:
        """Of files with a version to load, the last one that is loaded: a new version is compared with it."""
        loaded = {key for key, state in states.items() if state.is_loaded}
        loaded_files = {(key.table, key.file) for key in loaded}
        found = {}
        for table, file in {(landing.table, landing.file) for landing in todo} & loaded_files:
            for each in self.lake.versions(self.source.name, table, file):
                if each.key in loaded:
                    found[table, file] = each
        return found

    def refuse_lost(self) -> None:
        """Report files that were loaded and have gone from the lake: it alone would not bring them again."""
        loaded = [state.key for state in self.raw.file_states(outcome="loaded")]
        for lost in self.lake.lost(self.source.name, self.lake.landings(self.source.name), loaded):
            self.refuse(f"{printable(lost.file)}, version {lost.version}", f"{LOST}; {REMEDY}", is_damaged=True)

    def _is_whole(self, landing: Landing) -> bool:
        """Whether the lake holds what landed. Damage is no judgement: when good bytes come again, they are loaded."""
        reason = self.lake.why_damaged(landing, is_read_next=True)
        if reason:
            self.refuse(landing.file, f"{reason}; {REMEDY}", is_damaged=True)
        return reason is None

    def _refuse_record(self, record: str) -> None:
        """Report a landing record that cannot be read."""
        folder, _, name = record.rpartition("/")
        self.refuse(folder, f"its landing record {name} cannot be read; {REMEDY}", is_damaged=True)

    def _come_of_age(self, todo: list[Landing]) -> list[Landing]:
        """Land again what was loaded with rows ahead of the clock that no longer are: a clock that was behind loses nothing."""
        waiting = {(landing.table, landing.file) for landing in todo}
        horizon = self.settings.now() + AHEAD_TOLERANCE
        again = []
        for table, file, landed_at, earliest in self.raw.rejected_ahead():
            newest = self.lake.newest(self.source.name, table, file) if earliest <= horizon else None
            if (
                newest is not None
                and (table, file) not in waiting
                and newest.landed_at_time.replace(tzinfo=None) == landed_at.replace(tzinfo=None)
                and self.lake.holds(newest)
            ):
                again.append(self.lake.land_again(newest, self.settings.now()))
        return again


class _Package:
    """The files of one dlt package, read while dlt asks for their rows; rejects and records follow the rows."""

    def __init__(
        self, job: _Job, landings: list[Landing], last_loaded: dict[tuple[str, str], Landing], done: int, total: int
    ) -> None:
        self.job, self.landings, self.last_loaded = job, landings, last_loaded
        self.done, self.total = done, total
        self.rejects: list[pa.Table] = []
        self.files: list[dict[str, object]] = []

    def rows(self) -> RowsByTable:
        """In the order in which dlt is to ask for them (fifo, see .dlt/config.toml)."""
        filled = {landing.table for landing in self.landings}
        tables = {table.name: partial(self._rows, table) for table in self.job.source.tables if table.name in filled}
        return {**tables, "rejects": lambda: iter(self.rejects), "files": self._records}

    def _rows(self, table: Table) -> Rows:
        """The rows of every file of a table, in order. While dlt writes one file, the next ones are being read."""
        todo = deque(landing for landing in self.landings if landing.table == table.name)
        settings = self.job.settings
        # a reader streams from a table of its own until dlt has taken all of it: one more than read at once
        free = [table.layout.open_reader(settings.scratch / f"reader{n}", settings) for n in range(READERS + 1)]
        reading: deque[tuple[Landing, Reader, Future[ReadFile]]] = deque()
        with ThreadPoolExecutor(READERS) as pool, ExitStack() as stack:
            for reader in free:
                stack.callback(reader.close)
            while todo or reading:
                # the next version of a file that is being read is compared with it: that one waits
                while todo and free and all(todo[0].file != landing.file for landing, _, _ in reading):
                    landing, reader = todo.popleft(), free.pop()
                    reading.append((landing, reader, pool.submit(self._read, reader, landing)))
                landing, reader, future = reading.popleft()
                self.job.progress("loading", self.done, self.total)
                try:
                    yield from self._keep(table, landing, future.result())
                except RefusedFile as refused:
                    self.job.refuse(landing.file, str(refused), table.name)
                    self._record(landing, outcome="refused", reason=str(refused))
                self.done += landing.byte_count
                free.append(reader)

    def _read(self, reader: Reader, landing: Landing) -> ReadFile:
        previous, lake = self.last_loaded.get((landing.table, landing.file)), self.job.lake
        if previous is not None and (reason := lake.why_damaged(previous, is_read_next=True)):
            # without the bytes of the version before, every row is new: twice in raw rather than not at all
            if lake.holds(previous):  # pruned ones are missed by nobody
                shown = f"version {previous.version}: {reason}; all rows of version {landing.version} were loaded"
                self.job.refuse(previous.file, shown, is_damaged=True)
            previous = None
        if previous is None:
            return reader.read(lake.open_path(landing), arrival=landing.arrival)
        return reader.read(lake.open_path(landing), lake.open_path(previous), landing.arrival, previous.arrival)

    def _keep(self, table: Table, landing: Landing, read: ReadFile) -> Rows:
        """The rows of one file, then its rejects and its record."""
        for batch in read.rows:
            yield with_provenance(pa.Table.from_batches([batch]), landing.file, landing.landed_at_time)
        if read.rejects.num_rows:
            self.rejects.append(with_provenance(read.rejects, landing.file, landing.landed_at_time))
        if read.unknown_columns:
            self.job.summary.unknown_columns[landing.file] = read.unknown_columns
        self.last_loaded[landing.table, landing.file] = landing
        counts = self.job.summary.tables[table.name]
        counts.files += 1
        counts.row_count += read.row_count
        counts.appended_row_count += read.appended_row_count
        counts.rejected_cell_count += read.rejects.num_rows
        self.job.summary.ahead_row_count += read.ahead_count
        self._show(landing.file, read.rejects)
        self._record(landing, **read_counts(read))

    def _show(self, file: str, rejects: pa.Table) -> None:
        """Tell the first reject of each column of each file, until there are SHOWN_REJECTS."""
        shown = self.job.summary.first_rejects
        columns: set[str | None] = set()
        for reject in rejects.to_pylist() if len(shown) < SHOWN_REJECTS else ():
            if reject["column_name"] not in columns and len(shown) < SHOWN_REJECTS:
                columns.add(reject["column_name"])
                place = f"{file}, row {reject['source_row']}" + (
                    f", {reject['column_name']}" if reject["column_name"] else ""
                )
                shown.append({"place": place, "reason": reject["reason"]})

    def _record(self, landing: Landing, **known: object) -> None:
        self.files.append(
            {
                **dict.fromkeys(FILES),
                "source_file": landing.file,
                "resource": landing.table,
                "version": landing.version,
                "content_hash": landing.content_hash,
                "lake_path": landing.path,
                "byte_count": landing.byte_count,
                "landed_at": landing.landed_at_time,
                "arrival_number": landing.arrival_number,
                **known,
            }
        )

    def _records(self) -> Rows:
        if self.files:
            yield pa.Table.from_pylist(self.files)


def _packages(landings: list[Landing]) -> Iterator[list[Landing]]:
    package: list[Landing] = []
    byte_count = 0
    for landing in landings:
        if package and byte_count + landing.byte_count > PACKAGE_BYTES:
            yield package
            package, byte_count = [], 0
        package.append(landing)
        byte_count += landing.byte_count
    if package:
        yield package


def _offered(origin: str, is_nested: bool) -> tuple[Path, list[Path]]:
    """The folder that file names are relative to, and the files of a folder (with its folders, where nested) or a glob."""
    folder = Path(origin).expanduser()
    if folder.is_dir():
        paths, base = folder.rglob("*") if is_nested else folder.iterdir(), folder
    else:
        paths = (Path(path) for path in glob.glob(str(folder), recursive=is_nested))
        base = folder.parent
        while glob.has_magic(str(base)):
            base = base.parent
    # what is no file (a pipe, a link whose target is gone) stays: its user should hear of it
    return base, sorted(
        path
        for path in paths
        if path.name != SIMULATED_MARKER and not (is_nested and path.is_dir() and not path.is_symlink())
    )


def fault_of_name(name: str) -> str | None:
    """Why a file of that name, with its folders, is not loaded; None where the name is one that everything can hold."""
    path = PurePosixPath(name)
    if path.name.startswith("._"):
        return "an AppleDouble companion, which holds no data: macOS writes it beside each file"
    if "__MACOSX" in path.parts:
        return "in a __MACOSX folder, which holds no data: macOS adds it to archives"
    try:
        name.encode()
    except UnicodeEncodeError:
        return "its name is not UTF-8: rename it"
    if not name.isprintable():
        return "its name has control characters: rename it"
    return None


def printable(name: str) -> str:
    """A name as text that any terminal and any file can hold: what is neither UTF-8 nor printable as escapes."""
    text = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
"""What a path may be that is no file. None of them is opened: a pipe without a writer would be waited for without an end."""


def _unreadable(path: Path) -> str | None:
    """Why a path cannot be read as a file, None where it can."""
    try:
        kind = stat.S_IFMT(path.stat().st_mode)
        if kind != stat.S_IFREG:
            return f"{KINDS.get(kind, 'of an unknown kind')}, not a file"
        with path.open("rb"):
            return None
    except FileNotFoundError:
        return "a link to a file that is not there"
    except OSError as error:
        return f"cannot be read: {error.strerror}"


def _file_name(base: Path, path: Path, is_nested: bool) -> str:
    """A file's name in the lake. Nested, its folder is part of it, whether that folder or the one above was named."""
    if not is_nested:
        return path.name.removesuffix(".gz")
    name = path.relative_to(base).as_posix().removesuffix(".gz")
    return name if "/" in name else f"{base.resolve().name}/{name}"


def _overlaps(table: Table, file: str, start: date | None, end: date | None) -> bool:
    period = table.period(file)
    return period is None or ((end is None or period[0] <= end) and (start is None or period[1] >= start))


def _twins(files: list[str]) -> set[str]:
    """Files that are there plain and compressed: one file in the lake, and which of the two is meant cannot be guessed."""
    return {name for name, count in Counter(files).items() if count > 1}
