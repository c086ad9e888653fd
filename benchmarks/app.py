"""What a reader of the app waits for: 40 years of 62 stations and 2 years of 190, in Chromium.

    python -m benchmarks.app [data folder]

Without a folder the weather is simulated, loaded and built first (an hour on two slow cores, 10 GB). Each page is opened in new
sessions of a running server, by a browser that has Streamlit's own scripts (5 MB in 150 files, the same for every Streamlit app)
in its cache, by browsers that have nothing in it, and one selection on it is changed; the medians count. Told beside them: the
first reader of a publication, who fills the server's cache. The queries are those that the pages send, timed where they are
sent.
"""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.harness import isobar, verdict

ROOT = Path(__file__).resolve().parents[1]
APP = ROOT / "streamlit" / "app.py"
CHROMIUM = Path("/usr/bin/chromium")

LONG, WIDE = (date(1985, 1, 1), date(2022, 12, 31)), (date(2023, 1, 1), date(2024, 12, 31))
WIDE_STATIONS = 190
NOW = "2025-01-01T07:00:00"

FIRST_VIEW_S, EMPTY_BROWSER_S, SELECTION_S, QUERY_S = 1.2, 1.8, 0.3, 0.1
"""The limits, of medians."""
EMPTY_ROUNDS = 3
"""Browsers that have nothing in their cache, for each page."""
ROUNDS = 5
START_SECONDS, WAIT_MS = 60, 60_000
VIEWPORT = {"width": 1440, "height": 1400}

PLACES = "wmo:07510,wmo:07222"
PAGES = {
    "now": ("/?lang=en", ("Pressure", "Temperature")),
    "place": ("/place?lang=en", ("90 days", "30 days")),
    "place, two over a year": (f"/place?lang=en&station={PLACES}&period=1y", ("90 days", "1 year")),
    "climate": ("/climate?lang=en", ("Anomalies", "Usual year")),
    "forecasts": ("/forecasts?lang=en", ("Air quality", "Forecast skill")),
    "decide": ("/decide?lang=en", ("Outdoor work", "Energy")),
    "health": ("/health?lang=en", None),
}
"""Page -> its address and two buttons that are pressed in turn; Health has none."""

# The frame has ten elements before the page's first. A skeleton stands where the code of an element is still under way.
DRAWN = """
document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'
&& document.querySelectorAll('[data-testid=stMain] [data-testid=stElementContainer]').length > 12
&& !document.querySelector('[data-stale=true], [data-testid=stSkeleton]')
&& [...document.querySelectorAll('[data-testid=stVegaLiteChart]')].every(chart => chart.querySelector('canvas, svg'))
"""
COUNT_RUNS = """
() => {
  window.runs = 0;
  const app = document.querySelector('[data-testid=stApp]');
  new MutationObserver(() => { if (app.dataset.testScriptState === 'notRunning') window.runs += 1; })
    .observe(app, {attributes: true, attributeFilter: ['data-test-script-state']});
}
"""


def simulated(folder: Path) -> Path:
    """Load and build the weather that the limits are stated for."""
    from simulator.archive import write_archive

    data = folder / "data"
    for name, (start, end), stations in (("long", LONG, 62), ("wide", WIDE, WIDE_STATIONS)):
        write_archive(folder / name, start, end, layout="yearly", stations=stations)
        isobar(data, "load", "synop", "--from", str(folder / name))
    isobar(data, "build", environment={"ISOBAR_NOW": NOW})
    return data


@contextmanager
def serving(data: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(APP), "--server.port", str(port)]
    environment = {**os.environ, "ISOBAR_DATA_DIR": str(data), "ISOBAR_NOW": NOW}
    with subprocess.Popen(
        [*command, "--server.fileWatcherType", "none"], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL
    ) as server:
        try:
            deadline = time.monotonic() + START_SECONDS
            while True:
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1).close()
                    break
                except OSError:
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.2)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def seconds_of_views(browser: Any, address: str, count: int) -> list[float]:
    """From the address to the drawn page, each time in a session of its own; the first with an empty cache."""
    context = browser.new_context(viewport=VIEWPORT)
    context.set_default_timeout(WAIT_MS)
    found = []
    for _ in range(count):
        page = context.new_page()
        begun = time.monotonic()
        page.goto(address)
        page.wait_for_function(DRAWN, polling="raf")
        found.append(time.monotonic() - begun)
        page.close()
    context.close()
    return found


def seconds_of_selections(browser: Any, address: str, buttons: tuple[str, str]) -> list[float]:
    """From a pressed button to the page drawn anew, there and back."""
    context = browser.new_context(viewport=VIEWPORT)
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    page.goto(address)
    page.wait_for_function(DRAWN, polling="raf")
    found = []
    for number in range(ROUNDS):
        page.evaluate(COUNT_RUNS)
        begun = time.monotonic()
        page.get_by_role("radio", name=buttons[number % 2], exact=True).click()
        page.wait_for_function(f"window.runs > 0 && {DRAWN}", polling="raf")
        found.append(time.monotonic() - begun)
    context.close()
    return found


def seconds_of_queries(data: Path) -> list[float]:
    """Each query that the pages send for their addresses, by the app's own code."""
    sys.path.insert(0, str(APP.parent))
    os.environ |= {"ISOBAR_DATA_DIR": str(data), "ISOBAR_NOW": NOW}
    from streamlit.testing.v1 import AppTest
    from streamlit.util import calc_hash

    from repository import DuckDBRepository

    taken: list[float] = []
    original = DuckDBRepository._query

    def timed(self: Any, sql: str, parameters: Any = ()) -> Any:
        begun = time.monotonic()
        answer = original(self, sql, parameters)
        taken.append(time.monotonic() - begun)
        return answer

    DuckDBRepository._query = timed  # type: ignore[method-assign]
    for address, _ in PAGES.values():
        app = AppTest.from_file(str(APP), default_timeout=WAIT_MS / 1000)
        for pair in address.partition("?")[2].split("&"):
            key, _, value = pair.partition("=")
            app.query_params[key] = value
        page = address.partition("?")[0].strip("/")
        if page:
            app._page_hash = calc_hash(page)  # switch_page() knows a page by its file's name until the app has run once
        app.run()
    return taken


def main(data: Path | None = None) -> bool:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        print("left out: the app in Chromium, because Playwright is not installed (make test-browser installs it)")
        return True
    if not CHROMIUM.exists():
        print(f"left out: the app in Chromium, because {CHROMIUM} is missing (apt-get install chromium)")
        return True
    with tempfile.TemporaryDirectory(prefix="isobar-bench-") as folder:
        data = data or simulated(Path(folder))
        met = []
        with serving(data) as url, sync_playwright() as started:
            browser = started.chromium.launch(
                executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
            )
            for name, (address, buttons) in PAGES.items():
                first = seconds_of_views(browser, url + address, 1)[0]
                empty, *views = seconds_of_views(browser, url + address, 1 + ROUNDS)
                others = [seconds_of_views(browser, url + address, 1)[0] for _ in range(EMPTY_ROUNDS - 1)]
                print(f"{name}: the first reader of a publication waits {first:.2f} s")
                met.append(verdict(f"{name}: first view", statistics.median(views), FIRST_VIEW_S, "s"))
                met.append(verdict(f"{name}: empty browser", statistics.median([empty, *others]), EMPTY_BROWSER_S, "s"))
                if buttons is not None:
                    changes = seconds_of_selections(browser, url + address, buttons)
                    met.append(verdict(f"{name}: changed selection", statistics.median(changes), SELECTION_S, "s"))
            browser.close()
        queries = seconds_of_queries(data)
        print(f"{len(queries)} queries, the slowest {max(queries):.2f} s")
        met.append(verdict("query", statistics.median(queries), QUERY_S, "s"))
    return all(met)


if __name__ == "__main__":
    sys.exit(0 if main(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else None) else 1)
