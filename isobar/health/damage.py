"""Files of the data folder that a disk has damaged: which, what it means, and what mends each.

The lake is checked by `isobar lake verify`, which reads all of it. Nothing here takes a lock, and nothing is changed.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import duckdb

from ingestion.damage import damaged_notes
from ingestion.registry import SOURCES
from isobar.files import fault_of_database, fault_of_header
from isobar.publish.duckdb import fault_of_publication
from isobar.runs.ledger import PRUNED, Ledger
from isobar.settings import Settings


@dataclass(frozen=True)
class DamagedFile:
    """One damaged file. `file` is relative to the data folder; `is_critical`: its readers lack good data until it is mended."""

    file: str
    reason: str
    meaning: str
    remedy: str
    is_critical: bool

    def as_dict(self) -> dict[str, object]:
        return asdict(self)

    def __str__(self) -> str:
        return f"{self.file}: {self.reason}. {self.meaning} {self.remedy}"


def damaged_files(settings: Settings) -> list[DamagedFile]:
    """Every damaged file that can be told without reading rows. The warehouse is judged by its first bytes alone, because DuckDB
    would lock it against a load that begins meanwhile: the next load or build finds what else is wrong with it.
    """
    found = []
    if settings.target == "duckdb" and (reason := fault_of_header(settings.warehouse)):
        found.append(
            DamagedFile(
                settings.warehouse.name,
                reason,
                "Nothing can be loaded or built; what is published stays readable.",
                "Run `isobar rebuild`: it makes a new warehouse from the lake.",
                is_critical=True,
            )
        )
    if fault := fault_of_publication(settings):
        found.append(
            DamagedFile(
                *fault,
                "Readers and exports cannot read all published marts; the warehouse and the lake are not concerned.",
                "Run `isobar build`: it publishes them again.",
                is_critical=True,
            )
        )
    if reason := fault_of_database(settings.health):
        found.append(
            DamagedFile(
                settings.health.name,
                reason,
                "Overdue sources, silent stations and failed tests are unknown; the marts are not concerned.",
                "Run `isobar build`: it writes the file again.",
                is_critical=False,
            )
        )
    if reason := _fault_of_ledger(settings):
        found.append(
            DamagedFile(
                settings.ledger.name,
                reason,
                "Runs before now, and calls that count towards the budgets of APIs, are unknown; no weather is lost.",
                "Restore the file from a backup, or run `isobar build`: it keeps the damaged file and goes on with what is"
                " readable.",
                is_critical=False,
            )
        )
    return [*found, *_damaged_notes_of_dlt(settings)]


def _damaged_notes_of_dlt(settings: Settings) -> list[DamagedFile]:
    return [
        DamagedFile(
            note.relative_to(settings.data_dir).as_posix(),
            "it is no whole JSON document",
            f"dlt cannot go on with loads of {source}; no weather is lost.",
            f"Run `isobar load {source} --replay`: it keeps the damaged folder and begins a new one from the lake.",
            is_critical=False,
        )
        for source in SOURCES
        if (note := damaged_notes(settings.pipelines_dir / source))
    ]


def _fault_of_ledger(settings: Settings) -> str | None:
    """What is wrong with the ledger, by itself or beside the runs that health lists."""
    ledger = Ledger(settings)
    if fault := ledger.fault():
        return fault
    events = ledger.events()
    known = {event["run_id"] for event in events}
    pruned_before = next((event["before"] for event in events if event["event"] == PRUNED), "1970-01-01")
    missing = sum(run_id not in known for run_id in _runs_of_health(settings, pruned_before))
    return f"{missing:,} runs that {settings.health.name} lists are missing" if missing else None


def _runs_of_health(settings: Settings, since: str) -> list[str]:
    """Ids of the runs from a moment on that the ledger had when health was written; none where health cannot be read."""
    try:
        with duckdb.connect() as session:
            session.execute("attach ? as health (read_only)", [str(settings.health)])
            runs = session.execute(
                "select run_id from health.fct_pipeline_runs where started_at >= cast(? as timestamp)",
                [since],
            )
            return [str(run_id) for (run_id,) in runs.fetchall()]
    except duckdb.Error:
        return []
