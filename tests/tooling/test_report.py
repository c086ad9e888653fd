"""dbt's packages and their stubs; the report where it cannot be made (where it can: tests/warehouse/test_monitors.py)."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from isobar import cli
from isobar.health import report
from isobar.runs.ledger import Ledger, Run
from isobar.warehouse import dbt, project


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in place of dbt_packages; nobody answers at the hub's address."""
    folder = tmp_path / "dbt_packages"
    for module in (dbt, project):
        monkeypatch.setattr(module, "PACKAGES_DIR", folder)
    return folder


def install(packages: Path, version: str) -> None:
    (packages / "elementary").mkdir(parents=True)
    (packages / "elementary" / "dbt_project.yml").write_text(f'name: elementary\nversion: "{version}"\n')


def test_without_packages_the_stubs_are_put_in_place(packages, settings):
    assert "stubs stand in" in dbt.ensure_packages(settings)
    assert dbt.elementary_version() == dbt.STUB_VERSION


def test_the_pinned_package_needs_no_hub(packages, settings):
    install(packages, dbt._pinned_version())
    assert dbt.ensure_packages(settings) == f"dbt packages: installed (elementary {dbt._pinned_version()})"


def test_another_version_is_not_lost_where_the_hub_is_out_of_reach(packages, settings):
    install(packages, "0.25.1")
    assert "elementary 0.25.1 is kept" in dbt.ensure_packages(settings)
    assert dbt.elementary_version() == "0.25.1"


def test_with_stubs_the_report_says_why_not_and_fails(packages, settings):
    dbt.ensure_packages(settings)
    with pytest.raises(report.ReportError, match="stubs stand in"):
        report.make_report(settings)


def test_before_a_build_the_report_asks_for_one(packages, settings):
    install(packages, "0.25.1")
    with pytest.raises(report.ReportError, match="isobar build"):
        report.make_report(settings)


def test_a_failed_build_is_said_though_there_is_no_report(packages, settings):
    dbt.ensure_packages(settings)
    with pytest.raises(ValueError, match="bad data"), Ledger(settings).run("build"):
        raise ValueError("bad data")
    result = CliRunner().invoke(cli.app, ["report"])
    assert isinstance(result.exception, report.ReportError)
    assert "the last build ended as failed" in result.output
    assert {event["command"] for event in Ledger(settings).events()} == {
        "build"
    }  # a report that cannot be made has not failed
    Ledger(settings).write(Run("killed", "build"), "started")
    assert "the last build ended as killed" in CliRunner().invoke(cli.app, ["report"]).output
    with Ledger(settings).run("build"):
        pass
    assert "the last build" not in CliRunner().invoke(cli.app, ["report"]).output


def test_the_index_lists_the_newest_report_first(tmp_path):
    for day in ("2026-02-28", "2026-03-01", "2025-12-31"):
        (tmp_path / f"elementary-{day}.html").write_text("")
    report._write_index(tmp_path)
    listed = (tmp_path / "index.html").read_text()
    assert [listed.count(f'<a href="elementary-{day}.html">{day}</a>') for day in ("2026-03-01", "2026-02-28")] == [
        1,
        1,
    ]
    assert listed.index("2026-03-01") < listed.index("2026-02-28") < listed.index("2025-12-31")
