"""What is known of each source: from the ledger and the published file, so that it answers while a build is running."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime

from ingestion.http.budget import calls_left
from ingestion.lake import StoreError, open_lake
from ingestion.providers import configured_keys
from ingestion.registry import SOURCES
from ingestion.streams import StreamError, open_transport
from ingestion.streams.land import Lander
from isobar.health.damage import DamagedFile
from isobar.health.judgement import Judgement, Kind, judge
from isobar.health.outlets import OutletStatus
from isobar.publish.publication import published
from isobar.runs.last import LastRun, appended_row_count
from isobar.runs.ledger import Ledger
from isobar.settings import Settings, SettingsError


@dataclass(frozen=True)
class SourceStatus:
    """One source. Times are ISO, UTC; None where nothing is known."""

    source: str
    last_load_at: str | None
    rows: int | None  # in raw, by all loads
    last_rows: int | None  # by the last one
    newest_observed_at: str | None
    age_hours: float | None
    overdue_at: str | None  # from then on, unless new rows come; None where nothing is expected
    is_overdue: bool
    silent_locations: list[str]  # names of places that fell silent while others reported


@dataclass(frozen=True)
class BudgetStatus:
    """What a configured key may still call; None where there is no limit."""

    api: str
    key: str  # its hash
    minute_left: int | None
    day_left: int | None
    month_left: int | None


@dataclass(frozen=True)
class StreamStatus:
    """What of a topic is not landed; None where the broker does not count it that way."""

    topic: str
    messages: int | None
    seconds: float | None


@dataclass(frozen=True)
class RunStatus:
    """The last run of a command: `load synop`, `build` …"""

    command: str
    started_at: str
    outcome: str  # running, failed, stopped, killed
    reason: str | None  # of a failed one, in one line
    remedy: str


@dataclass(frozen=True)
class Status:
    """All sources, and the publication that readers see."""

    data_dir: str
    sources: list[SourceStatus]
    budgets: list[BudgetStatus]
    streams: list[StreamStatus]  # empty where the transport is direct
    stream_fault: str | None  # why nothing is known of them
    outlets: list[OutletStatus]
    lacks_delivery: bool  # a store of them was not sent the publication: it refused, or nobody tried
    published_at: str | None
    warehouse_kind: str | None
    observations: int | None
    publication_due_at: str | None  # of what was fetched and waits for a build; None where nothing waits
    is_publication_overdue: bool
    running: RunStatus | None  # under way now
    failed_runs: list[RunStatus]  # commands whose last run failed, was stopped or was killed
    damaged_files: list[DamagedFile]  # of the data folder, but for the lake
    failing: list[str]  # what failed in the last build
    warning: list[str]  # what warned in it

    @property
    def is_overdue(self) -> bool:
        return self.is_publication_overdue or any(source.is_overdue for source in self.sources)

    @property
    def needs_attention(self) -> bool:
        """Something is overdue or damaged, the last run of a command did not end well, or a store lacks its delivery."""
        return self.is_overdue or bool(self.failed_runs) or bool(self.damaged_files) or self.lacks_delivery

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def status(settings: Settings) -> Status:
    """Read the ledger, the published marts and the health file, and ask the broker; none needs the warehouse's lock."""
    found, judgement = published(settings), judge(settings, passes_over=True)
    (publication,) = judgement.of(Kind.OVERDUE_PUBLICATION)
    streams, stream_fault = _streams(settings)
    runs, tests = judgement.runs, sorted(judgement.health.get("tests", []), key=lambda row: row["node_name"])
    return Status(
        data_dir=str(settings.data_dir),
        sources=[_source(name, settings.now(), judgement) for name in SOURCES],
        budgets=_budgets(settings),
        streams=streams,
        stream_fault=stream_fault,
        outlets=[found.figures for found in judgement.of(Kind.OUTLET)],
        lacks_delivery=bool(judgement.wrong(Kind.OUTLET)),
        published_at=found.published_at.isoformat() if found else None,
        warehouse_kind=found.warehouse_kind if found else None,
        observations=found.observation_count if found else None,
        publication_due_at=publication.since.isoformat() if publication.since else None,
        is_publication_overdue=publication.is_wrong,
        running=next((_run(run) for run in runs.last if run.outcome == "running" and not run.part_of), None),
        failed_runs=[_run(each.figures) for each in judgement.wrong(Kind.FAILED_RUN)],
        damaged_files=[each.figures for each in judgement.wrong(Kind.DAMAGED_FILE)],
        failing=[row["node_name"] for row in tests if row["is_failure"]],
        warning=[row["node_name"] for row in tests if row["is_warning"]],
    )


def _source(name: str, now: datetime, judgement: Judgement) -> SourceStatus:
    supply = judgement.findings.get(f"{Kind.OVERDUE_SOURCE}:{name}")
    due = supply.since if supply else None
    places = [found.figures for found in judgement.of(Kind.SILENT_STATION)]
    load = judgement.runs.of("load", name)
    done = load.done if load else None
    newest = done.get("newest_observed_at") if done else None
    return SourceStatus(
        name,
        last_load_at=done["at"] if done else None,
        rows=load.row_count if load and done else None,
        last_rows=appended_row_count(done) if done else None,
        newest_observed_at=newest,
        age_hours=round((now - datetime.fromisoformat(newest)).total_seconds() / 3600, 1) if newest else None,
        overdue_at=due.isoformat() if due else None,
        is_overdue=supply is not None and supply.is_wrong,
        silent_locations=[row["location_name"] for row in places if row["is_silent"] and row["source"] == name],
    )


def _run(run: LastRun) -> RunStatus:
    return RunStatus(run.words, run.started_at.isoformat(), run.outcome, run.reason, run.remedy)


def _streams(settings: Settings) -> tuple[list[StreamStatus], str | None]:
    """How far landing is behind, asked of the broker; or why it does not tell."""
    try:
        transport = open_transport(settings)
        if transport is None:
            return [], None
        with closing(transport):
            polled = [source for source in SOURCES.values() if source.is_polled]
            found = Lander(polled, settings, open_lake(settings), transport).lag()
    except (StreamError, StoreError, SettingsError) as error:
        return [], str(error)
    return [StreamStatus(each.topic, each.messages, each.seconds) for each in found], None


def _budgets(settings: Settings) -> list[BudgetStatus]:
    found = []
    for api, key, budget in configured_keys(settings):
        left = calls_left(budget, Ledger(settings).calls(api, key), settings.now())
        found.append(BudgetStatus(api, key, left.minute, left.day, left.month))
    return found
