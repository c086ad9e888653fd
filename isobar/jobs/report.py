"""The report of Elementary's monitors and of all tests, one a day, after builds that failed too."""

from __future__ import annotations

from dataclasses import dataclass

from isobar.health.report import Report, check_possible, last_build_failure, make_report
from isobar.jobs.recording import recorded
from isobar.jobs.watcher import SILENT, Remark, Watcher
from isobar.settings import Settings


@dataclass(frozen=True)
class Reported:
    """The report, and why the last build failed, where it did."""

    report: Report
    last_build_failure: str | None

    def as_dict(self) -> dict[str, object]:
        return self.report.as_dict() | {"last_build_failure": self.last_build_failure}


def report(settings: Settings, watcher: Watcher = SILENT) -> Reported:
    """Write the report to `<data>/reports`.

    Raises:
        ReportError: none can be made here, or `edr` failed.
        LockedError: another command writes into the data folder.
    """
    failure = last_build_failure(settings)
    if failure:
        watcher.tell(Remark("warning", failure))
    check_possible(settings)  # where no report can be made, none has failed
    with recorded(settings, "report", watcher) as run:
        made = make_report(settings)
        run.figures = made.as_dict()
    return Reported(made, failure)
