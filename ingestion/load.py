"""Land, then load: from a URL, a folder or a glob into the lake, and from the lake into raw tables.

Every file is judged by itself: one that is cut, not CSV or without its keys is refused by name and the others go on. What
has been loaded is told by the warehouse (`raw_<source>.files` of completed loads), so a killed run is taken up where its
last completed package left it, and a new warehouse is filled from the lake alone.
"""

from __future__ import annotations

import glob
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pyarrow as pa
import pyarrow.compute as pc

from ingestion import fetch
from ingestion.archive import ArchiveReader, RefusedFile
from ingestion.lake import Incoming, Lake, Landing, clear_scratch
from ingestion.pipeline import FILES, REJECTS, RawPipeline, Rows
from ingestion.source import Source, Table, Wanted
from isobar.settings import Settings

PACKAGE_BYTES = 96 << 20
"""Lake bytes (compressed) per dlt package: some 5 million rows. Enough to make dlt's second per package small, little enough
that a killed backfill repeats only minutes."""

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
    lake = Lake(settings.lake)
    summary = LoadSummary(source.name, {table.name: TableSummary() for table in source.tables})
    named: set[tuple[str, str]] = set()
    if not replay:
        for incoming in _offered(source, settings, lake, origin, start, end, summary, progress):
            _refuse_mixing(lake, source, incoming)
            landing, _ = lake.land(source.name, incoming, settings.now())
            named.add((landing.table, landing.file))
            if settings.scratch in incoming.local_path.parents:
                incoming.local_path.unlink()
    raw = RawPipeline(source, settings)
    raw.prepare()
    _load_from_lake(source, settings, lake, raw, named, summary, progress)
    for table in source.tables:
        if table.time_column:
            newest = raw.newest(table)
            summary.newest_observed_at = str(newest) if newest else None
    summary.seconds = round(time.monotonic() - started, 2)
    return summary


def prepare(source: Source, settings: Settings) -> None:
    """Make the source's raw tables exist, so that dbt builds before any data came."""
    RawPipeline(source, settings).prepare()


def lake_is_simulated(settings: Settings) -> bool | None:
    """Whether the lake holds simulated weather; None while it is empty."""
    record = next((settings.lake / "raw").glob("*/*/*/[0-9]*.json"), None)
    return bool(json.loads(record.read_bytes())["is_simulated"]) if record else None


# --- landing ---------------------------------------------------------------------------------------------------------


def _offered(
    source: Source,
    settings: Settings,
    lake: Lake,
    origin: str | None,
    start: date | None,
    end: date | None,
    summary: LoadSummary,
    progress: Progress,
) -> Iterator[Incoming]:
    origin = origin or getattr(settings, source.url_setting)
    if urlsplit(origin).scheme in ("http", "https"):
        today = settings.now().date()
        yield from _from_url(
            source, settings, lake, origin, start or today - timedelta(days=source.default_days), end or today, summary, progress
        )
    else:
        yield from _from_files(source, origin, start, end, summary, progress)


def _from_files(
    source: Source, origin: str, start: date | None, end: date | None, summary: LoadSummary, progress: Progress
) -> Iterator[Incoming]:
    folder = Path(origin).expanduser()
    paths = sorted(folder.iterdir()) if folder.is_dir() else sorted(Path(path) for path in glob.glob(str(folder)))
    claimed: list[tuple[Table, Path]] = []
    for path in paths:
        if not path.is_file() or path.name == SIMULATED_MARKER:
            continue
        table = source.table_for(path.name)
        if table is None:
            summary.ignored.append(path.name)
        elif _overlaps(table, path.name, start, end):
            claimed.append((table, path))
    if not claimed:
        expected = "no such file or folder" if not paths else f"none of {len(paths)} files is {source.name}'s"
        raise LoadError(f"{origin}: {expected}. File names must be as the provider publishes them (isobar load --help).")
    _refuse_twins(claimed)
    for number, (table, path) in enumerate(claimed):
        progress("landing", number, len(claimed))
        yield Incoming(
            table=table.name,
            file=path.name.removesuffix(".gz"),
            local_path=path,
            origin=path.name,
            is_simulated=(path.parent / SIMULATED_MARKER).exists(),
        )
    progress("landing", len(claimed), len(claimed))


def _overlaps(table: Table, file: str, start: date | None, end: date | None) -> bool:
    period = table.period(file)
    return period is None or ((end is None or period[0] <= end) and (start is None or period[1] >= start))


def _refuse_twins(claimed: list[tuple[Table, Path]]) -> None:
    """A file and its compressed twin are one file in the lake; which of the two is meant cannot be guessed."""
    counts = Counter(path.name.removesuffix(".gz") for _, path in claimed)
    twins = sorted(name for name, count in counts.items() if count > 1)
    if twins:
        raise LoadError(f"{twins[0]} is there both plain and compressed: remove one of the two, or name files by a glob.")


def _from_url(
    source: Source,
    settings: Settings,
    lake: Lake,
    origin: str,
    start: date,
    end: date,
    summary: LoadSummary,
    progress: Progress,
) -> Iterator[Incoming]:
    single = source.table_for(Path(urlsplit(origin).path).name)
    if single:
        base = urljoin(origin, ".")
        wanted = [Wanted(single.name, ((Path(urlsplit(origin).path).name,),))]
    else:
        base = origin if origin.endswith("/") else origin + "/"
        wanted = list(source.wanted(start, end))
    with fetch.session() as http:
        for number, want in enumerate(wanted):
            progress("fetching", number, len(wanted))
            absent: list[str] = []
            for group in want.groups:
                found = False
                for file in group:
                    try:
                        incoming = _fetch_one(http, settings, lake, source, want.table, base, file)
                    except fetch.FetchError as error:
                        if error.is_unreachable:
                            raise LoadError(str(error)) from None
                        if error.is_absent:
                            absent.append(file)
                        else:
                            found = True  # it is published, it only did not come this time: no older layout instead
                            summary.refused.append({"file": file, "reason": str(error)})
                        continue
                    found = True
                    if incoming is None:
                        summary.tables[want.table].unchanged += 1
                    else:
                        yield incoming
                if found:
                    break
            else:
                names = absent[0] if len(absent) == 1 else f"{absent[0]} and {len(absent) - 1} other names"
                summary.refused.append({"file": absent[0], "reason": f"{fetch.without_secrets(base)} publishes no {names}"})
    progress("fetching", len(wanted), len(wanted))


def _fetch_one(
    http: fetch.requests.Session, settings: Settings, lake: Lake, source: Source, table: str, base: str, file: str
) -> Incoming | None:
    newest = lake.newest(source.name, table, file.removesuffix(".gz"))
    url = urljoin(base, file)
    known = newest.etag if newest and newest.origin == fetch.without_secrets(url) else None
    fetched = fetch.download(http, url, settings.scratch / file, etag=known)
    if fetched.path is None:
        return None
    return Incoming(
        table=table,
        file=file.removesuffix(".gz"),
        local_path=fetched.path,
        origin=fetch.without_secrets(url),
        is_simulated=fetched.is_simulated,
        etag=fetched.etag,
        content_length=fetched.content_length,
    )


def _refuse_mixing(lake: Lake, source: Source, incoming: Incoming) -> None:
    record = next(lake.root.glob("raw/*/*/*/[0-9]*.json"), None)
    if record and bool(json.loads(record.read_bytes())["is_simulated"]) != incoming.is_simulated:
        kinds = ("simulated", "real") if incoming.is_simulated else ("real", "simulated")
        raise LoadError(
            f"{incoming.origin} is {kinds[0]} weather and this data folder holds {kinds[1]} weather: "
            "load it into another one (ISOBAR_DATA_DIR or --data-dir)."
        )


# --- loading ---------------------------------------------------------------------------------------------------------


def _load_from_lake(
    source: Source,
    settings: Settings,
    lake: Lake,
    raw: RawPipeline,
    named: set[tuple[str, str]],
    summary: LoadSummary,
    progress: Progress,
) -> None:
    states = {(state.table, state.file, state.version): state for state in raw.file_states()}
    last_loaded: dict[tuple[str, str], Landing] = {}
    todo: list[tuple[Landing, Landing | None]] = []
    for landing in lake.landings(source.name):
        key = (landing.table, landing.file)
        state = states.get((*key, landing.version))
        if state is None:
            todo.append((landing, None))
        elif state.is_loaded:
            last_loaded[key] = landing
        elif key in named:  # refused before, and offered again: its user should hear of it again
            summary.refused.append({"file": landing.file, "reason": state.reason or "refused before"})
    fresh = {(landing.table, landing.file) for landing, _ in todo}
    for table, _ in named - fresh - {(s.table, s.file) for s in states.values() if not s.is_loaded}:
        summary.tables[table].unchanged += 1
    total, done = sum(landing.byte_count for landing, _ in todo), 0
    for package in _packages([landing for landing, _ in todo]):
        loader = _Package(source, settings, lake, package, last_loaded, summary, progress, done, total)
        raw.append(loader.resources())
        done += sum(landing.byte_count for landing in package)
        progress("loading", done, total)


def _packages(landings: list[Landing]) -> Iterator[list[Landing]]:
    package: list[Landing] = []
    for landing in landings:
        if package and sum(other.byte_count for other in package) + landing.byte_count > PACKAGE_BYTES:
            yield package
            package = []
        package.append(landing)
    if package:
        yield package


class _Package:
    """The files of one dlt package, read while dlt asks for their rows; rejects and records follow the rows."""

    def __init__(
        self,
        source: Source,
        settings: Settings,
        lake: Lake,
        landings: list[Landing],
        last_loaded: dict[tuple[str, str], Landing],
        summary: LoadSummary,
        progress: Progress,
        done: int,
        total: int,
    ) -> None:
        self.source, self.settings, self.lake, self.landings = source, settings, lake, landings
        self.last_loaded, self.summary, self.progress = last_loaded, summary, progress
        self.done, self.total = done, total
        self.rejects: list[pa.Table] = []
        self.files: list[dict[str, object]] = []

    def resources(self) -> dict[str, Callable[[], Rows]]:
        tables: dict[str, Callable[[], Rows]] = {}
        for table in self.source.tables:
            if any(landing.table == table.name for landing in self.landings):
                tables[table.name] = lambda table=table: self._rows(table)  # type: ignore[misc]
        # fifo (.dlt/config.toml): dlt asks for these only after the rows above
        return {**tables, "rejects": lambda: iter(self.rejects), "files": self._records}

    def _rows(self, table: Table) -> Rows:
        reader = ArchiveReader(table.layout, self.settings.scratch)
        try:
            for landing in (landing for landing in self.landings if landing.table == table.name):
                self.progress("loading", self.done, self.total)
                try:
                    yield from self._file(reader, table, landing)
                except RefusedFile as refused:
                    self.summary.refused.append({"file": landing.file, "reason": str(refused)})
                    self._record(landing, outcome="refused", reason=str(refused))
                self.done += landing.byte_count
        finally:
            reader.close()

    def _file(self, reader: ArchiveReader, table: Table, landing: Landing) -> Rows:
        key = (landing.table, landing.file)
        previous = self.last_loaded.get(key)
        read = reader.read(self._as_csv(table, landing), self._as_csv(table, previous) if previous else None)
        for batch in read.rows:
            yield _with_constants(pa.Table.from_batches([batch]), landing)
        if read.rejects.num_rows:
            self.rejects.append(_with_constants(read.rejects, landing))
        if read.unknown_columns:
            self.summary.unknown_columns[landing.file] = read.unknown_columns
        self.last_loaded[key] = landing
        counts = self.summary.tables[table.name]
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
        path = self.lake.open_path(landing)
        if table.to_csv is None or landing.file.endswith(".csv"):
            return path
        converted = self.settings.scratch / f"{landing.content_hash}.csv"
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


def _with_constants(table: pa.Table, landing: Landing) -> pa.Table:
    for name, value in (("source_file", landing.file), ("landed_at", landing.landed_at_time)):
        table = table.append_column(name, pa.repeat(pa.scalar(value), table.num_rows))
    return table
