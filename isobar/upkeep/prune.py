"""Housekeeping: what may be deleted, by class and age, and never the only copy of an observation.

Reports, logs and what killed commands left can be made again or say nothing of the weather; they go by age alone. Runs leave the
ledger once nothing is told by them. Bytes of the lake go by proof, read anew each time: an older version of an archive whose
every row the next version has too, or an error page that was taken for an archive. Polls and maps are the only copy of what was
said when they were taken: no class holds them.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import duckdb

from ingestion.http.budget import periods
from ingestion.lake import Lake, Landing, open_lake
from ingestion.lake.store import Folder
from ingestion.readers.archive import CHUNK_BYTES, ArchiveReader, Layout
from ingestion.readers.reading import RefusedFile
from ingestion.readers.wrappings import opened
from ingestion.registry import SOURCES
from ingestion.source import Source, Table
from isobar.runs.last import run_state
from isobar.runs.ledger import Event, Ledger
from isobar.settings import Settings

DATED_WITHIN_DAYS = 31
"""How much later a row may seem to have been known, in a warehouse that is filled again from the lake: a pruned version is never
further than this from the one that has its rows."""

SCRATCH = "prune"
"""The folder of scratch in which versions are compared."""

ELEMENTARY_TABLES = (
    "dbt_invocations",
    "dbt_run_results",
    "dbt_source_freshness_results",
    "elementary_test_results",
    "test_result_rows",
    "data_monitoring_metrics",
    "schema_columns_snapshot",
)
"""The tables that Elementary 0.26 adds rows to at every run. The others (dbt_models, dbt_tests …) it rewrites."""

ELEMENTARY_TIME = "created_at"
"""When Elementary wrote the row, by the clock of the machine (UTC)."""


@dataclass(frozen=True)
class Found:
    """One thing that may go. `delete` is what deletes it; nothing else does."""

    oldest_at: datetime
    newest_at: datetime
    byte_count: int | None  # None: rows of a table, whose file does not shrink
    count: int
    delete: Callable[[], object]


@dataclass(frozen=True)
class Kept:
    """Something old enough that stays, and why."""

    name: str
    reason: str


@dataclass
class ClassSummary:
    """What was found, or deleted, of one class."""

    older_than_days: int
    reason: str
    unit: str
    count: int = 0
    byte_count: int | None = None
    oldest_at: datetime | None = None
    newest_at: datetime | None = None
    kept: list[Kept] = field(default_factory=list)


@dataclass
class PruneSummary:
    """All classes asked for. `is_applied`: deleted, not only found."""

    is_applied: bool
    classes: dict[str, ClassSummary]

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


Find = Callable[[Settings, datetime, list[Kept]], Iterator[Found]]
"""What of a class was last written before a moment; and, into the list, what stays though it is that old."""


@dataclass(frozen=True)
class Class:
    """What is pruned together: found by `find`, when older than `days`, for `reason`."""

    days: int
    reason: str
    find: Find
    is_dated_by_machine: bool = True  # else by the one clock, as landings are
    unit: str = "files"


def prune(
    settings: Settings, classes: Mapping[str, Class], older_than_days: int | None = None, *, apply: bool = False
) -> PruneSummary:
    """Find what of `classes` is older than their days, or than `older_than_days`; delete it when told to.

    Only for the holder of the data folder's lock. A kill leaves the rest for the next time.
    """
    summary = PruneSummary(apply, {})
    for name, each in classes.items():
        days = each.days if older_than_days is None else older_than_days
        counts = summary.classes[name] = ClassSummary(days, each.reason, each.unit)
        now = (
            datetime.fromtimestamp(time.time(), UTC).replace(tzinfo=None)
            if each.is_dated_by_machine
            else settings.now()
        )
        # a list: what is found does not depend on what was deleted just before
        for found in list(each.find(settings, now - timedelta(days=days), counts.kept)):
            if apply:
                found.delete()
            counts.count += found.count
            if found.byte_count is not None:
                counts.byte_count = (counts.byte_count or 0) + found.byte_count
            counts.oldest_at = min(counts.oldest_at or found.oldest_at, found.oldest_at)
            counts.newest_at = max(counts.newest_at or found.newest_at, found.newest_at)
    return summary


# --- files that go by age --------------------------------------------------------------------------------------------


def _files(*folders: Callable[[Settings], Path], pattern: str = "*") -> Find:
    def find(settings: Settings, before: datetime, kept: list[Kept]) -> Iterator[Found]:  # noqa: ARG001 - age decides
        for folder in (named(settings) for named in folders):
            for path in sorted(folder.rglob(pattern)):
                if path.is_symlink() or not path.is_file():  # a link's target is not ours
                    continue
                told = path.stat()
                written_at = datetime.fromtimestamp(told.st_mtime, UTC).replace(tzinfo=None)
                if written_at < before:
                    yield Found(written_at, written_at, told.st_size, 1, partial(path.unlink, missing_ok=True))

    return find


def _holds_warehouse(settings: Settings) -> bool:
    """Whether the file says what was loaded. What a Snowflake database has judged is not asked: nothing goes in its favour."""
    return settings.target == "duckdb" and settings.warehouse.exists()


# --- Elementary's history --------------------------------------------------------------------------------------------


def _elementary(settings: Settings, before: datetime, kept: list[Kept]) -> Iterator[Found]:  # noqa: ARG001 - age decides
    if not _holds_warehouse(settings):
        return
    with duckdb.connect(str(settings.warehouse), read_only=True) as warehouse:
        there = warehouse.execute(
            "select table_name from duckdb_tables() where schema_name = 'elementary'"
            " intersect select table_name from duckdb_columns() where schema_name = 'elementary' and column_name = ?",
            [ELEMENTARY_TIME],
        ).fetchall()
        found = []
        for table in sorted({name for (name,) in there} & {*ELEMENTARY_TABLES}):
            where = f"{ELEMENTARY_TIME} < timestamp '{before}'"
            if table == "schema_columns_snapshot":
                # what the next run compares the columns with, however old
                where += (
                    " and detected_at < (select max(detected_at) from elementary.schema_columns_snapshot as same"
                    f" where lower(same.full_table_name) = lower({table}.full_table_name))"
                )
            counted = (
                f"select count(*), min({ELEMENTARY_TIME}), max({ELEMENTARY_TIME}) from elementary.{table} where {where}"
            )
            count, oldest, newest = warehouse.execute(counted).fetchall()[0]
            if count:
                found.append((table, where, count, oldest, newest))
    for table, where, count, oldest, newest in found:
        delete = partial(_delete_rows, settings, f"delete from elementary.{table} where {where}")
        yield Found(oldest, newest, None, count, delete)


def _delete_rows(settings: Settings, statement: str) -> None:
    with duckdb.connect(str(settings.warehouse)) as warehouse:
        warehouse.execute(statement)


# --- the ledger ------------------------------------------------------------------------------------------------------


def _ledger(settings: Settings, before: datetime, kept: list[Kept]) -> Iterator[Found]:
    """Runs that nobody needs any more. Calls stay while they count, and of each API the last ones, which name its key."""
    ledger, told_by = Ledger(settings), run_state(settings).told_by
    events = ledger.events()
    ended = {event["run_id"]: _at(event) for event in events}
    month, _ = periods(settings.now())["month"]
    named = {event.get("api"): event for event in events if event["event"] == "calls"}

    def is_pruned(event: Event) -> bool:
        if ended[event["run_id"]] >= before:
            return False
        if event["event"] == "calls":
            return _at(event) < month and named[event.get("api")] != event
        return event["run_id"] not in told_by

    if still := sum(at < before and run_id in told_by for run_id, at in ended.items()):
        kept.append(Kept(f"{still:,} runs", "a status, an alert, a metric or a health mart still needs them"))
    if pruned := [event for event in events if is_pruned(event)]:
        times, size = sorted(map(_at, pruned)), sum(len(json.dumps(event)) + 1 for event in pruned)
        yield Found(times[0], times[-1], size, len(pruned), partial(ledger.prune, is_pruned, before))


def _at(event: Event) -> datetime:
    return datetime.fromisoformat(event["at"])


# --- bytes of the lake that hold nothing of their own ----------------------------------------------------------------


@dataclass(frozen=True)
class _File:
    """Every version of one file of a table of archives, as the lake has them and the warehouse has judged them."""

    source: Source
    table: Table
    versions: tuple[Landing, ...]
    outcomes: Mapping[int, str]  # version -> loaded, refused
    is_table_judged: bool  # every file of the table is loaded or refused

    def with_bytes(self, lake: Lake, outcome: str) -> list[Landing]:
        return [each for each in self.versions if self.outcomes.get(each.version) == outcome and lake.holds(each)]


def _archive_files(settings: Settings, lake: Lake) -> Iterator[_File]:
    """The files of the tables that published archives feed. What JSON bodies feed, polls and maps, is never looked at."""
    if not _holds_warehouse(settings):
        return
    for source in SOURCES.values():
        tables = {table.name: table for table in source.tables if isinstance(table.layout, Layout)}
        if not tables:
            continue
        outcomes: dict[tuple[str, str], dict[int, str]] = {}
        with duckdb.connect(str(settings.warehouse), read_only=True) as warehouse:
            try:
                judged = warehouse.execute(
                    f"select distinct resource, source_file, version, outcome from {source.dataset}.files where _dlt_load_id in"
                    f" (select load_id from {source.dataset}._dlt_loads where status = 0)"
                ).fetchall()
            except duckdb.CatalogException:  # nothing of this source was ever loaded
                continue
        for table, file, version, outcome in judged:
            outcomes.setdefault((table, file), {})[version] = outcome
        versions: dict[tuple[str, str], list[Landing]] = {}
        for landing in lake.landings(source.name):
            if landing.table in tables:
                versions.setdefault((landing.table, landing.file), []).append(landing)
        unjudged = {
            landing.table
            for key, landings in versions.items()
            for landing in landings
            if landing.version not in outcomes.get(key, {}) and lake.holds(landing)
        }
        for key, landings in versions.items():
            yield _File(source, tables[key[0]], tuple(landings), outcomes.get(key, {}), key[0] not in unjudged)


def _superseded(settings: Settings, before: datetime, kept: list[Kept]) -> Iterator[Found]:
    """Versions whose every row the next kept version has: the diff of a load, taken the other way round, is empty."""
    lake = open_lake(settings)
    for file in _archive_files(settings, lake):
        loaded = file.with_bytes(lake, "loaded")
        if len(loaded) < 2 or loaded[0].landed_at_time >= before:
            continue
        if not file.is_table_judged:
            kept.append(Kept(_shown(loaded[0]), f"not everything that landed for {file.table.name} is loaded yet"))
            continue
        later = loaded.pop()
        proof = _Proof(settings, lake, file)
        try:
            for landing in reversed(loaded):
                if landing.landed_at_time >= before:
                    later = landing
                    continue
                reason = proof.why_kept(landing, later)
                if reason:
                    kept.append(Kept(_shown(landing), reason))
                    later = landing
                else:
                    yield _bytes(lake, landing, settings)
        finally:
            proof.close()
            lake.release()


class _Proof:
    """That a version of a file may go, and a warehouse filled again from the lake still ends at the same latest values."""

    def __init__(self, settings: Settings, lake: Lake, file: _File) -> None:
        self.settings, self.lake, self.file = settings, lake, file
        layout = file.table.layout
        assert isinstance(layout, Layout)  # noqa: S101 - _archive_files gives no others
        self.layout = layout
        self.reader: ArchiveReader = layout.open_reader(settings.scratch / SCRATCH, settings)
        self.judged: dict[int, str | None] = {}  # version -> why nothing may go in its favour

    def close(self) -> None:
        self.reader.close()
        shutil.rmtree(self.settings.scratch / SCRATCH, ignore_errors=True)

    def why_kept(self, landing: Landing, later: Landing) -> str | None:
        """Why `landing` stays; None when `later` holds all that it does."""
        if landing.path in {each.path for each in self.file.versions if each != landing}:
            return "another version has the same bytes"
        if self._dependent_since(landing) < later.landed_at_time - timedelta(days=DATED_WITHIN_DAYS):
            return f"the next version came more than {DATED_WITHIN_DAYS} days later"
        if self.lake.why_damaged(landing, is_read_next=True):
            return "its bytes are damaged (isobar lake verify)"
        try:
            if later.version not in self.judged:
                damaged = self.lake.why_damaged(later, is_read_next=True)
                self.judged[later.version] = (
                    "the next version is damaged (isobar lake verify)" if damaged else self._why_not_in_favour_of(later)
                )
            if self.judged[later.version]:
                return self.judged[later.version]
            read = self.reader.read(self.lake.open_path(landing), self.lake.open_path(later))
        except RefusedFile as refused:
            return f"cannot be read any more: {refused}"
        read.rows.close()  # they were counted; a later read makes their table anew
        if read.appended_row_count or read.rejects.num_rows:
            rows = read.appended_row_count + read.rejects.num_rows
            return f"{rows:,} rows or rejected cells of it are not in the next version"
        if read.unknown_columns:
            return f"its columns {', '.join(read.unknown_columns)} are in no table: they cannot be compared"
        return None

    def _dependent_since(self, landing: Landing) -> datetime:
        """When the first version landed whose rows only `landing` still has: itself, or one that went in its favour."""
        since = landing.landed_at_time
        for each in reversed(self.file.versions[: self.file.versions.index(landing)]):
            if self.file.outcomes.get(each.version) == "loaded":
                if self.lake.holds(each):
                    break
                since = each.landed_at_time
        return since

    def _why_not_in_favour_of(self, later: Landing) -> str | None:
        """Which version of a row counts is told by when it was appended: that must not matter for any row here."""
        keys, are_of_one_row = self.reader.keys(self.lake.open_path(later))
        if not are_of_one_row:
            return f"the next version has two rows of one {' and '.join(self.layout.keys)}"
        with duckdb.connect(str(self.settings.warehouse), read_only=True) as warehouse:
            warehouse.register("later_keys", keys)
            (shared,) = warehouse.execute(
                f'select count(*) from {self.file.source.dataset}."{self.file.table.name}"'
                f" semi join later_keys using ({', '.join(self.layout.keys)}) where source_file <> ?",
                [later.file],
            ).fetchall()[0]
            if shared:
                return "another file has rows of the same places and times"
        return None


def _refused(settings: Settings, before: datetime, kept: list[Kept]) -> Iterator[Found]:
    """Refused files in which nothing can be an observation. One that is merely damaged, or has another header, may hold some."""
    lake = open_lake(settings)
    for file in _archive_files(settings, lake):
        shared = [each.path for each in file.versions]
        for landing in file.with_bytes(lake, "refused"):
            if landing.landed_at_time >= before:
                continue
            if lake.why_damaged(landing, is_read_next=True):
                kept.append(Kept(_shown(landing), "its bytes are damaged (isobar lake verify)"))
            elif not _holds_nothing(lake.open_path(landing)):
                kept.append(Kept(_shown(landing), "refused, but it may hold observations"))
            elif shared.count(landing.path) > 1:
                kept.append(Kept(_shown(landing), "another version has the same bytes"))
            else:
                yield _bytes(lake, landing, settings)
            lake.release()


def _holds_nothing(path: Path) -> bool:
    """Empty, or a page (HTML, or the XML in which object stores tell errors)."""
    try:
        with opened(path) as content:
            begins = content.read(CHUNK_BYTES).removeprefix(b"\xef\xbb\xbf").lstrip()
            return begins.startswith(b"<") or (not begins and not content.read(1))
    except RefusedFile:
        return False


def _bytes(lake: Lake, landing: Landing, settings: Settings) -> Found:
    delete = partial(lake.prune, landing, settings.now())
    return Found(landing.landed_at_time, landing.landed_at_time, landing.byte_count, 1, delete)


def _shown(landing: Landing) -> str:
    return f"{landing.source}/{landing.table}/{landing.file}, version {landing.version}"


CLASSES: dict[str, Class] = {
    "reports": Class(
        30,
        "reports of Elementary; `edr report` writes a new one from its history",
        _files(lambda at: at.data_dir / "reports"),
    ),
    "logs": Class(30, "dbt's account of each build, which it rotates by size", _files(lambda at: at.logs)),
    "target": Class(
        30,
        "SQL that dbt compiled for models which no build has written since",
        _files(lambda at: at.dbt_target / "compiled", lambda at: at.dbt_target / "run"),
    ),
    "leftovers": Class(
        1,
        "half-made files of killed commands",
        _files(lambda at: at.scratch, lambda at: Folder(at.lake).staging),
    ),
    "elementary": Class(
        180,
        "runs, test results and metrics of long ago: monitors look back 14 days, 180 leave room for seasons",
        _elementary,
        unit="rows",
    ),
    "ledger": Class(
        400,
        "runs that no status, alert, metric or health mart needs any more; a year and a month stay to compare",
        _ledger,
        is_dated_by_machine=False,
        unit="events",
    ),
    "superseded": Class(
        90,
        "older versions of archives whose every row the next version has",
        _superseded,
        is_dated_by_machine=False,
    ),
    "refused": Class(
        30,
        "error pages that came instead of archives and were refused",
        _refused,
        is_dated_by_machine=False,
    ),
}
"""Everything that is ever pruned."""
