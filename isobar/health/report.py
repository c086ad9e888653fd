"""The report of Elementary's monitors: `edr report` on this machine alone, kept by the day with an index."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path

from isobar.files import write_whole
from isobar.runs.last import run_state
from isobar.settings import PROJECT_ROOT, Settings
from isobar.warehouse.base import Row
from isobar.warehouse.bookkeeping import is_prepared
from isobar.warehouse.project import PACKAGES_DIR, STUB_VERSION, elementary_version
from isobar.warehouse.session import open_warehouse

EDR_CONFIG = {
    # each of them calls a host by default: tracking, the hub, the repository of edr
    "anonymous_usage_tracking": False,
    "run_dbt_deps_if_needed": False,
    "disable_elementary_version_check": True,
    "disable_elementary_logo_print": True,
}

INDEX = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Isobar: reports of the monitors</title>
<style>body {{ font-family: sans-serif; max-width: 40em; margin: 3em auto; line-height: 1.6 }}</style>
<h1>Reports of the monitors</h1>
<p>What they watch and how to read a finding: docs/observability.md.</p>
<ul>
{items}
</ul>
</html>
"""


class ReportError(Exception):
    """No report was made; the message says why, and what to do."""


@dataclass(frozen=True)
class Report:
    """A report, and what the newest result of each test in it says."""

    path: str
    tests: int
    failed: int
    warned: int

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def check_possible(settings: Settings) -> None:
    """Whether there is anything to make a report of.

    Raises:
        ReportError: Elementary is not installed or has not seen a build.
    """
    if elementary_version() in (None, STUB_VERSION):
        raise ReportError(
            "no report: stubs stand in for Elementary's dbt package; run `make setup` with a network, then `isobar build`"
        )
    if not _has_results(settings):
        raise ReportError("no report: no build has run with Elementary on; run `isobar build` first")


def make_report(settings: Settings) -> Report:
    """Let `edr` write the report of the day (of the one clock; made again, it takes the place of the earlier one) and the index.

    Raises:
        ReportError: see :func:`check_possible`; or edr failed.
    """
    check_possible(settings)
    scratch = settings.scratch / "edr"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    # JSON is YAML: no second writer of it
    (scratch / "config.yml").write_text(json.dumps(EDR_CONFIG), encoding="utf-8")
    made = scratch / "report.html"
    command = [str(Path(sys.executable).with_name("edr")), "report", "--config-dir", str(scratch)]
    command += ["--profiles-dir", str(PROJECT_ROOT), "--target-path", str(scratch), "--file-path", str(made)]
    command += ["--open-browser", "false", "--exclude-elementary-models", "true"]
    # the page's heading is "isobar (real)"; what edr calls an environment is the kind of weather in a data folder
    command += ["--project-name", "isobar", "--env", _kind(settings)]
    # rows that failed a test may be of a source whose licence is not open, and the report is published
    command += ["--disable-samples", "true"]
    outcome = subprocess.run(
        command,
        # edr's own dbt project finds Elementary where ours has it, and leaves nothing in site-packages
        env={
            **os.environ,
            **settings.environment(),
            "DBT_PACKAGES_FOLDER": str(PACKAGES_DIR),
            "EDR_INTERNAL_TARGET_PATH": str(scratch / "target"),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        },
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    log = settings.data_dir / "logs" / "edr.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(outcome.stdout + outcome.stderr, encoding="utf-8")
    if outcome.returncode or not made.exists():
        raise ReportError(
            f"no report: edr failed with exit code {outcome.returncode}; details in {settings.data_dir.name}/logs/edr.log"
        )
    statuses = _newest_statuses(settings)
    folder = settings.data_dir / "reports"
    folder.mkdir(exist_ok=True)
    path = folder / f"elementary-{settings.now():%Y-%m-%d}.html"
    os.replace(made, path)
    _write_index(folder)
    shutil.rmtree(scratch)
    return Report(
        str(path), len(statuses), sum(status in ("fail", "error") for status in statuses), statuses.count("warn")
    )


def last_build_failure(settings: Settings) -> str | None:
    """When the last build failed, or was killed: a report that is missing, or fine, must not hide it. None when it did not."""
    build = run_state(settings).of("build")
    if build is None or not build.has_failed:
        return None
    return f"the last build ended as {build.outcome}; it began at {build.started_at:%Y-%m-%d %H:%M} UTC"


def _has_results(settings: Settings) -> bool:
    return bool(
        _query(settings, "select 1 from information_schema.tables where lower(table_name) = 'elementary_test_results'")
    )


def _kind(settings: Settings) -> str:
    """Real or simulated; a data folder holds one of them."""
    ((kind,),) = _query(settings, "select coalesce(max(kind), 'empty') from isobar.warehouse")
    return kind


def _newest_statuses(settings: Settings) -> list[str]:
    """One a test that the project still has. Of a column monitor with several metrics the worst counts."""
    rows = _query(
        settings,
        """
        with newest as (
            select test_unique_id, status,
                rank() over (partition by test_unique_id order by detected_at desc) as age
            from elementary.elementary_test_results
            where test_unique_id in (select unique_id from elementary.dbt_tests)
        )
        select max_by(status, case status when 'error' then 3 when 'fail' then 2 when 'warn' then 1 else 0 end)
        from newest where age = 1 group by test_unique_id
        """,
    )
    return [status for (status,) in rows]


def _query(settings: Settings, sql: str) -> list[Row]:
    if not is_prepared(settings):
        return []
    with open_warehouse(settings, read_only=True) as warehouse:
        return warehouse.execute(sql)


def _write_index(folder: Path) -> None:
    """All reports of the folder, newest first."""
    names = sorted((path.name for path in folder.glob("elementary-*.html")), reverse=True)
    items = "\n".join(
        f'<li><a href="{escape(name)}">{escape(name.removeprefix("elementary-").removesuffix(".html"))}</a></li>'
        for name in names
    )
    write_whole(folder / "index.html", INDEX.format(items=items))
