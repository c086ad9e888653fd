"""Thirty days on which nothing is wrong: nobody is told anything."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta

import pytest

from isobar.cli import Exit
from simulator.archive import write_archive
from simulator.server import archive_server
from tests.warehouse.test_health import isobar

HISTORY_BEGINS = date(2026, 1, 1)
FIRST_MORNING = datetime(2026, 2, 1, 7, 30)
"""Every day a little after the file of the year was rewritten."""
STATIONS = 62


@pytest.mark.long
def test_thirty_quiet_days_page_nobody(tmp_path):
    """With late rows, corrections, duplicates and reports that never come, as archives have them."""
    archive, told = tmp_path / "archive", {}
    for morning in (FIRST_MORNING + timedelta(days=day) for day in range(30)):
        write_archive(
            archive,
            HISTORY_BEGINS,
            morning.date(),
            5,
            layout="yearly",
            stations=STATIONS,
            revisions=True,
            as_of=morning,
        )
        run = isobar(tmp_path / "data", morning)
        with archive_server(archive) as url:
            period = ("--start", f"{HISTORY_BEGINS}", "--end", f"{morning:%Y-%m-%d}")
            assert run("load", "synop", "--from", url, *period).exit_code == Exit.DONE
        assert run("build").exit_code == Exit.DONE
        assert run("status").exit_code == Exit.DONE
        # in the evening, too, before the next delivery
        for at in (run, isobar(tmp_path / "data", morning + timedelta(hours=12))):
            told[morning] = [each["title"] for each in json.loads(at("--json", "alerts").stdout)["paragraphs"]]
    assert {morning: titles for morning, titles in told.items() if titles} == {}
