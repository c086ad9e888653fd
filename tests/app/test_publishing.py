"""A reader who goes on clicking while new publications arrive: no error, and each page whole and of one publication."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import Any

import duckdb
import marts_fixture as fixture
import pytest
from apptest import run, sentences, sound
from marts_fixture import ROOT
from visits import CHROMIUM, OPTIONS, Visit, serving

from shared import formats
from shared.frame import PAGES

ROUNDS = 20
FOOTER = re.compile(r"Isobar \S+ · publication (\S+)")


class Publishing(threading.Thread):
    """Calls `publish(number)` again and again; what it raised is told at the end."""

    def __init__(self, publish: Callable[[int], None], rounds: int = ROUNDS) -> None:
        super().__init__()
        self.publish, self.rounds, self.done = publish, rounds, 0
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            for number in range(1, self.rounds + 1):
                self.publish(number)
                self.done = number
        except BaseException as error:  # noqa: BLE001 - told by the test
            self.error = error

    def __enter__(self) -> Publishing:
        self.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self.join()
        assert self.error is None, self.error
        assert self.done == self.rounds


def publish_made(folder: Path) -> Callable[[int], None]:
    """Publications whose every temperature is their number."""
    made = fixture.weather()

    def publish(number: int) -> None:
        for row in made.tables["fct_observations"]:
            row["temperature_c"] = float(number)
        fixture.publish(folder, made=made, publication_id=f"pub-{number}")

    publish(0)
    return publish


def test_pages_are_whole_while_publications_arrive(tmp_path: Path, environment: Callable[[Path], None]) -> None:
    """Script runs of all pages in turn; on Now, every temperature is that of the publication which the footer names."""
    publish = publish_made(tmp_path)
    environment(tmp_path)
    seen: set[str] = set()
    pages = cycle(PAGES)
    with Publishing(publish) as publishing:
        while publishing.is_alive() or len(seen) < 2:
            page = next(pages)
            app = run(page, lang="en") if page == "health" else sound(run(page, lang="en"))
            assert not app.exception, [each.value for each in app.exception]
            if page == "health":  # it has a file of its own
                continue
            (named,) = FOOTER.findall(sentences(app))
            seen.add(named)
            if page == "now":
                assert set(app.dataframe[0].value["Temperature (°C)"]) == {float(named.removeprefix("pub-"))}
    assert len(seen) > 1


def isobar(data_dir: Path, now: datetime, *words: str) -> None:
    """The command, as the pipeline calls it; its tests run elsewhere."""
    environment = {**os.environ, "ISOBAR_NOW": now.isoformat(), "DBT_EXCLUDE_RESOURCE_TYPES": "unit_test test"}
    command = [sys.executable, "-m", "isobar.cli", "--data-dir", str(data_dir), *words]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def chromium() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is missing (apt-get install chromium)")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=str(CHROMIUM), args=[*OPTIONS])
        yield browser
        browser.close()


@pytest.mark.browser
@pytest.mark.long
def test_a_reader_clicks_through_all_pages_while_the_pipeline_rebuilds(tmp_path: Path, chromium: Any) -> None:
    """The real pipeline: one more day of simulated weather, loaded, built and published, twenty times. Each page that the reader
    sees names a publication, and the newest observation beside it is the one of that publication."""
    from simulator.archive import write_archive

    archive, data = tmp_path / "archive", tmp_path / "data"
    first, last = date(2026, 1, 1), date(2026, 1, 20)
    newest: dict[str, str] = {}

    def publish(number: int) -> None:
        until = last + timedelta(days=number)
        write_archive(archive, first, until, layout="yearly", stations=8)
        now = datetime.combine(until, datetime.min.time()) + timedelta(days=1, hours=7)
        isobar(data, now, "load", "synop", "--from", str(archive))
        isobar(data, now, "build")
        with duckdb.connect() as session:
            session.execute(f"attach '{data / 'marts.duckdb'}' as published (read_only)")
            named, at = session.execute(
                "select any_value(publication_id), max(observed_at)"
                " from published.isobar.publication, published.agg_latest_conditions"
            ).fetchall()[0]
        newest[named] = formats.moment("en", at).removesuffix(" UTC")

    publish(0)
    shown: list[tuple[str, str]] = []
    end = datetime.combine(last, datetime.min.time()) + timedelta(days=ROUNDS + 2)
    with serving(data, end) as url, Publishing(publish) as publishing:
        visit = Visit(chromium, url, 1440, 1400)
        visit.open("/?lang=en")
        while publishing.is_alive():
            for page in PAGES:
                visit.page.locator(
                    f"[data-testid=stPageLink-NavLink][href*='{'?' if page == 'now' else page}']"
                ).first.click()
                words = [] if page == "health" else [" · publication ", "Newest observation"]
                told = visit.told(page, *words)
                visit.check()
                if page != "health":
                    named, at = FOOTER.search(told), re.search(r"Newest observation [^(]*\(([^)]*) UTC\)", told)
                    assert named and at, told
                    shown.append((named[1], at[1]))
        visit.close()
    assert len({named for named, _ in shown}) > 1, "the reader saw new publications arrive"
    assert [pair for pair in shown if newest[pair[0]] != pair[1]] == []
