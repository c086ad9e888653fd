"""Land what a provider published in the lake, then load what is new of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import asdict
from datetime import date, datetime

from ingestion import load as loading
from ingestion.load import LoadSummary
from ingestion.registry import SOURCES
from ingestion.source import Source
from ingestion.streams import Transport, open_transport
from isobar.errors import WrongArgument
from isobar.jobs.recording import recorded
from isobar.jobs.watcher import SILENT, Watcher
from isobar.runs import logs
from isobar.runs.ledger import Ledger, Run, RunCalls
from isobar.settings import Settings


def load(
    settings: Settings,
    source: str,
    origin: str | None = None,
    start: date | None = None,
    end: date | None = None,
    *,
    replay: bool = False,
    force: bool = False,
    as_of: Iterable[datetime] | None = None,
    units: str | None = None,
    fetch: bool = True,
    watcher: Watcher = SILENT,
    part_of: Run | None = None,
) -> LoadSummary:
    """Land and load one source; see :func:`ingestion.load.load` for the arguments and what it raises beside.

    Raises:
        WrongArgument: no such source or units, or a period that ends before it begins.
        LockedError: another command writes into the data folder.
    """
    if source not in SOURCES:
        raise WrongArgument("source", f"{source} is not a source. Use one of: {', '.join(SOURCES)}.")
    if start and end and start > end:
        raise WrongArgument("start", "--start is after --end.")
    if units and units not in SOURCES[source].units:
        known = ", ".join(SOURCES[source].units)
        raise WrongArgument("units", f"use one of: {known}." if known else f"{source} has none.")
    # a provider that is asked over the network is expected to go on; recorded files are old by nature
    is_fetched = not replay and (origin is None or origin.startswith(("http://", "https://")))
    if units and (replay or is_fetched):
        raise WrongArgument("units", "works only with --from FOLDER; files in the lake keep their units.")
    with (
        _transport(settings, SOURCES[source], is_used=is_fetched and fetch) as transport,
        recorded(settings, "load", watcher, part_of=part_of, source=source, is_fetched=is_fetched) as run,
    ):
        summary = loading.load(
            SOURCES[source],
            settings,
            origin,
            start,
            end,
            replay=replay,
            force=force,
            as_of=as_of,
            units=units,
            calls=RunCalls(Ledger(settings), run),
            run_id=run.run_id,
            transport=transport,
            fetch=fetch,
            progress=watcher.progress,
        )
        run.figures = summary.as_dict()
        _log(summary)
    watcher.tell(summary)
    return summary


@contextmanager
def _transport(settings: Settings, source: Source, *, is_used: bool) -> Iterator[Transport | None]:
    """The broker by which a source is polled; None where it is asked directly, or not at all."""
    transport = open_transport(settings) if source.is_polled and is_used else None
    with closing(transport) if transport else nullcontext():
        yield transport


def _log(summary: LoadSummary) -> None:
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
        name: getattr(summary, name)
        for name in ("asked", "failed", "cached", "newest_observed_at", "load_ids", "seconds")
    }
    logs.event("loaded", source=summary.source, **figures)
