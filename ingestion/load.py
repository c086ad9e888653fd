"""Land, then load: from a URL, a folder or a glob into the lake, and from the lake into raw tables.

Every file is judged by itself: one that is cut, not CSV or without its keys is refused by name and the others go on. What
has been loaded is told by the warehouse (`raw_<source>.files` of completed loads), so a killed run is taken up where its
last completed package left it, and a new warehouse is filled from the lake alone.
"""

from __future__ import annotations

import glob
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from functools import cached_property, partial
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pyarrow as pa
import requests

from ingestion import fetch
from ingestion.archive import ArchiveReader, ReadFile, RefusedFile
from ingestion.lake import Incoming, Lake, Landing, clear_scratch
from ingestion.pipeline import FILES, FileState, RawPipeline, Rows
from ingestion.source import Source, Table, Wanted
from isobar.settings import Settings

PACKAGE_BYTES = 96 << 20
"""Lake bytes (compressed) per dlt package: some 5 million rows. Enough to make dlt's second per package small, little enough
that a killed backfill repeats only minutes."""

READERS = 2
"""Files read at once, one thread each: reading one CSV gains nothing from a second thread, and dlt writes meanwhile."""

REJECTED_SHARE_LIMIT = 0.05
"""Share of rows with a reject above which a load ends with exit code 3: a few bad cells are normal, one row in twenty
means that the layout was misread."""

SIMULATED_MARKER = "SIMULATED.json"
"""The simulator leaves this beside its archives, so that simulated and real weather never share a warehouse."""

Progress = Callable[[str, int, int], None]
"""Called with (what is being done, done, total)."""


class LoadError(Exception):
    """The whole load cannot go on; the message says what to do."""


@dataclass
class TableSummary:
    """What a load did to one raw table."""

    files: int = 0
    unchanged: int = 0
    row_count: int = 0
    appended_row_count: int = 0
    rejected_cell_count: int = 0


@dataclass
class LoadSummary:
    """What a load did, in the figures its user wants."""

    source: str
    tables: dict[str, TableSummary] = field(default_factory=dict)
    refused: list[dict[str, str]] = field(default_factory=list)  # file, reason
    ignored: list[str] = field(default_factory=list)  # files that are nobody's
    unknown_columns: dict[str, list[str]] = field(default_factory=dict)
    newest_observed_at: str | None = None
    seconds: float = 0.0

    @property
    def has_rejects(self) -> bool:
        return bool(self.refused) or any(table.rejected_cell_count for table in self.tables.values())

    @property
    def is_above_reject_limit(self) -> bool:
        """Whether so much was rejected that the load should not pass for a good one."""
        nothing_read = bool(self.refused) and not any(t.files or t.unchanged for t in self.tables.values())
        return nothing_read or any(
            table.rejected_cell_count > REJECTED_SHARE_LIMIT * table.row_count for table in self.tables.values()
        )

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def load(
    source: Source,
    settings: Settings,
    origin: str | None = None,
    start: date | None = None,
    end: date | None = None,
    *,
    replay: bool = False,
    progress: Progress = lambda what, done, total: None,
) -> LoadSummary:
    """Land what `origin` offers (nothing with `replay`), then load what the warehouse does not have yet.

    Args:
        origin: a URL (base of the archives, or one file), a folder, a glob; None is the provider's own URL.
        start, end: first and last day; whole files that overlap them are taken.

    Raises:
        LoadError: nothing to land, or simulated and real weather would be mixed.
    """
    started = time.monotonic()
    clear_scratch(settings.scratch)
    job = _Job(source, settings, Lake(settings.lake), RawPipeline(source, settings), progress)
    job.raw.prepare()
    named = [] if replay else job.land(origin or getattr(settings, source.url_setting), start, end)
    job.load(named)
    for table in source.tables:
        if table.time_column:
            newest = job.raw.newest(table)
            job.summary.newest_observed_at = str(newest) if newest else None
    job.summary.seconds = round(time.monotonic() - started, 2)
    return job.summary


def prepare(source: Source, settings: Settings) -> None:
    """Make the source's raw tables exist, so that dbt builds before any data came."""
    RawPipeline(source, settings).prepare()


class _Job:
    """One call of `load`: what it works on and what it has to tell."""

    def __init__(self, source: Source, settings: Settings, lake: Lake, raw: RawPipeline, progress: Progress) -> None:
        self.source, self.settings, self.lake, self.raw, self.progress = source, settings, lake, raw, progress
        self.summary = LoadSummary(source.name, {table.name: TableSummary() for table in source.tables})

    # --- landing: the network and the folders of others are touched here -----------------------------------------

    def land(self, origin: str, start: date | None, end: date | None) -> list[Landing]:
        """Keep what `origin` offers. Returns the newest landing of every file that came, new or not."""
        is_url = urlsplit(origin).scheme in ("http", "https")
        landings = []
        for incoming in self._from_url(origin, start, end) if is_url else self._from_files(origin, start, end):
            self._refuse_mixing(incoming)
            landing, _ = self.lake.land(self.source.name, incoming, self.settings.now())
            landings.append(landing)
            if is_url:
                incoming.local_path.unlink()
        return landings

    def _from_files(self, origin: str, start: date | None, end: date | None) -> Iterator[Incoming]:
        folder = Path(origin).expanduser()
        paths = sorted(folder.iterdir()) if folder.is_dir() else sorted(Path(path) for path in glob.glob(str(folder)))
        claimed: list[tuple[Table, Path]] = []
        for path in paths:
            if not path.is_file() or path.name == SIMULATED_MARKER:
                continue
            table = self.source.table_for(path.name)
            if table is None:
                self.summary.ignored.append(path.name)
            elif _overlaps(table, path.name, start, end):
                claimed.append((table, path))
        if not claimed:
            found = f"none of {len(paths)} files is {self.source.name}'s" if paths else "no such file or folder"
            raise LoadError(
                f"{origin}: {found}. Files must be named as the provider publishes them (isobar load --help)."
            )
        _refuse_twins(claimed)
        for number, (table, path) in enumerate(claimed):
            self.progress("landing", number, len(claimed))
            yield Incoming(
                table=table.name,
                file=path.name.removesuffix(".gz"),
                local_path=path,
                origin=path.name,
                is_simulated=(path.parent / SIMULATED_MARKER).exists(),
            )
        self.progress("landing", len(claimed), len(claimed))

    def _from_url(self, origin: str, start: date | None, end: date | None) -> Iterator[Incoming]:
        file = Path(urlsplit(origin).path).name
        single = self.source.table_for(file)
        if single:
            base, wanted = urljoin(origin, "."), [Wanted(single.name, ((file,),))]
        else:
            today = self.settings.now().date()
            base = origin if origin.endswith("/") else origin + "/"
            wanted = [*self.source.wanted(start or today - timedelta(days=self.source.default_days), end or today)]
        with fetch.session() as http:
            for number, want in enumerate(wanted):
                self.progress("fetching", number, len(wanted))
                yield from self._first_published(http, base, want)
        self.progress("fetching", len(wanted), len(wanted))

    def _first_published(self, http: requests.Session, base: str, want: Wanted) -> Iterator[Incoming]:
        """The files of the first group of names that the provider knows; a name that is not there is no error by itself."""
        for group in want.groups:
            is_published = False
            for file in group:
                try:
                    incoming = self._fetch(http, want.table, base, file)
                except fetch.FetchError as error:
                    if error.is_unreachable:
                        raise LoadError(str(error)) from None
                    if not error.is_absent:  # published, it only did not come this time: no older layout instead
                        is_published = True
                        self.summary.refused.append({"file": file, "reason": str(error)})
                    continue
                is_published = True
                if incoming is None:
                    self.summary.tables[want.table].unchanged += 1
                else:
                    yield incoming
            if is_published:
                return
        file, other_names = want.groups[0][0], sum(map(len, want.groups)) - 1
        also = f", under none of {other_names} other names either" if other_names else ""
        self.summary.refused.append(
            {"file": file, "reason": f"{fetch.without_secrets(base)} does not publish it{also}"}
        )

    def _fetch(self, http: requests.Session, table: str, base: str, file: str) -> Incoming | None:
        """One file, None when the provider says that what landed last is still what it publishes."""
        url, name = urljoin(base, file), file.removesuffix(".gz")
        newest = self.lake.newest(self.source.name, table, name)
        # a file that could not be used is fetched whole: what was wrong may have been the way here, not the file
        is_same = newest is not None and newest.origin == fetch.without_secrets(url) and not self._is_refused(newest)
        etag = newest.etag if newest and is_same else None
        fetched = fetch.download(http, url, self.settings.scratch / file, etag)
        if fetched.path is None:
            return None
        return Incoming(
            table=table,
            file=name,
            local_path=fetched.path,
            origin=fetch.without_secrets(url),
            is_simulated=fetched.is_simulated,
            etag=fetched.etag,
            content_length=fetched.content_length,
        )

    def _refuse_mixing(self, incoming: Incoming) -> None:
        held = self.lake.is_simulated()
        if held is not None and held != incoming.is_simulated:
            kinds = ("simulated", "real") if incoming.is_simulated else ("real", "simulated")
            raise LoadError(
                f"{incoming.origin} is {kinds[0]} weather and this data folder holds {kinds[1]} weather: "
                "load it into another one (ISOBAR_DATA_DIR or --data-dir)."
            )

    # --- loading: from the lake alone ----------------------------------------------------------------------------

    @cached_property
    def _states(self) -> dict[tuple[str, str, int], FileState]:
        """What the warehouse knew of each version of each file when this job began."""
        return {(state.table, state.file, state.version): state for state in self.raw.file_states()}

    def _is_refused(self, landing: Landing) -> bool:
        state = self._states.get((landing.table, landing.file, landing.version))
        return state is not None and not state.is_loaded

    def load(self, named: list[Landing]) -> None:
        """Load every landing that no completed load has judged; `named` are those the user offered just now."""
        last_loaded: dict[tuple[str, str], Landing] = {}
        todo: list[Landing] = []
        for landing in self.lake.landings(self.source.name):
            state = self._states.get((landing.table, landing.file, landing.version))
            if state is None:
                todo.append(landing)
            elif state.is_loaded:
                last_loaded[landing.table, landing.file] = landing
        for landing in named:
            state = self._states.get((landing.table, landing.file, landing.version))
            if state is not None and state.is_loaded:
                self.summary.tables[landing.table].unchanged += 1
            elif state is not None:  # refused before, and offered again: its user should hear of it again
                self.summary.refused.append({"file": landing.file, "reason": state.reason or "refused before"})
        total, done = sum(landing.byte_count for landing in todo), 0
        for landings in _packages(todo):
            package = _Package(self, landings, last_loaded, done, total)
            self.raw.append(package.resources())
            done += sum(landing.byte_count for landing in landings)
            self.progress("loading", done, total)


class _Package:
    """The files of one dlt package, read while dlt asks for their rows; rejects and records follow the rows."""

    def __init__(
        self, job: _Job, landings: list[Landing], last_loaded: dict[tuple[str, str], Landing], done: int, total: int
    ) -> None:
        self.job, self.landings, self.last_loaded = job, landings, last_loaded
        self.done, self.total = done, total
        self.rejects: list[pa.Table] = []
        self.files: list[dict[str, object]] = []

    def resources(self) -> dict[str, Callable[[], Rows]]:
        """Raw table -> its rows, in the order in which dlt is to ask for them (fifo, see .dlt/config.toml)."""
        filled = {landing.table for landing in self.landings}
        tables = {table.name: partial(self._rows, table) for table in self.job.source.tables if table.name in filled}
        return {**tables, "rejects": lambda: iter(self.rejects), "files": self._records}

    def _rows(self, table: Table) -> Rows:
        """The rows of every file of a table, in order. While dlt writes one file, the next ones are being read."""
        todo = deque(landing for landing in self.landings if landing.table == table.name)
        # a reader streams from a table of its own until dlt has taken all of it: one more than read at once
        free = [ArchiveReader(table.layout, self.job.settings.scratch / f"reader{n}") for n in range(READERS + 1)]
        reading: deque[tuple[Landing, ArchiveReader, Future[ReadFile]]] = deque()
        with ThreadPoolExecutor(READERS) as pool, ExitStack() as closing:
            for reader in free:
                closing.callback(reader.close)
            while todo or reading:
                # the next version of a file that is being read is compared with it: that one waits
                while todo and free and all(todo[0].file != landing.file for landing, _, _ in reading):
                    landing, reader = todo.popleft(), free.pop()
                    reading.append((landing, reader, pool.submit(self._read, reader, table, landing)))
                landing, reader, future = reading.popleft()
                self.job.progress("loading", self.done, self.total)
                try:
                    yield from self._keep(table, landing, future.result())
                except RefusedFile as refused:
                    self.job.summary.refused.append({"file": landing.file, "reason": str(refused)})
                    self._record(landing, outcome="refused", reason=str(refused))
                self.done += landing.byte_count
                free.append(reader)

    def _read(self, reader: ArchiveReader, table: Table, landing: Landing) -> ReadFile:
        previous = self.last_loaded.get((landing.table, landing.file))
        return reader.read(self._as_csv(table, landing), self._as_csv(table, previous) if previous else None)

    def _keep(self, table: Table, landing: Landing, read: ReadFile) -> Rows:
        """The rows of one file, then its rejects and its record."""
        for batch in read.rows:
            yield _with_constants(pa.Table.from_batches([batch]), landing)
        if read.rejects.num_rows:
            self.rejects.append(_with_constants(read.rejects, landing))
        if read.unknown_columns:
            self.job.summary.unknown_columns[landing.file] = read.unknown_columns
        self.last_loaded[landing.table, landing.file] = landing
        counts = self.job.summary.tables[table.name]
        counts.files += 1
        counts.row_count += read.row_count
        counts.appended_row_count += read.appended_row_count
        counts.rejected_cell_count += read.rejects.num_rows
        self._record(
            landing,
            outcome="loaded",
            row_count=read.row_count,
            appended_row_count=read.appended_row_count,
            rejected_cell_count=read.rejects.num_rows,
        )

    def _as_csv(self, table: Table, landing: Landing) -> Path:
        path = self.job.lake.open_path(landing)
        if table.to_csv is None or landing.file.endswith(".csv"):
            return path
        converted = self.job.settings.scratch / f"{landing.content_hash}.csv"
        table.to_csv(path, converted)
        return converted

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
                **known,
            }
        )

    def _records(self) -> Rows:
        if self.files:
            yield pa.Table.from_pylist(self.files)


def _packages(landings: list[Landing]) -> Iterator[list[Landing]]:
    package: list[Landing] = []
    for landing in landings:
        if package and sum(other.byte_count for other in package) + landing.byte_count > PACKAGE_BYTES:
            yield package
            package = []
        package.append(landing)
    if package:
        yield package


def _overlaps(table: Table, file: str, start: date | None, end: date | None) -> bool:
    period = table.period(file)
    return period is None or ((end is None or period[0] <= end) and (start is None or period[1] >= start))


def _refuse_twins(claimed: list[tuple[Table, Path]]) -> None:
    """A file and its compressed twin are one file in the lake; which of the two is meant cannot be guessed."""
    counts = Counter(path.name.removesuffix(".gz") for _, path in claimed)
    twins = sorted(name for name, count in counts.items() if count > 1)
    if twins:
        raise LoadError(
            f"{twins[0]} is there both plain and compressed: remove one of the two, or name files by a glob."
        )


def _with_constants(table: pa.Table, landing: Landing) -> pa.Table:
    for name, value in (("source_file", landing.file), ("landed_at", landing.landed_at_time)):
        table = table.append_column(name, pa.repeat(pa.scalar(value), table.num_rows))
    return table
