"""What a reader of the app waits for: 40 years of 62 stations and 2 years of 190, in Chromium.

    python -m benchmarks.app [data folder]

Without a folder the weather is simulated, loaded and built first (an hour on two slow cores, 10 GB). Each page is opened in new
sessions of a running server, and one selection on it is changed; the medians count, and the first reader of a publication, who
fills the caches, is told beside them. The queries are those that the pages send, timed where they are sent.
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

FIRST_VIEW_S, SELECTION_S, QUERY_S = 1.5, 0.5, 0.1
"""The limits, of medians."""
ROUNDS = 5
START_SECONDS, WAIT_MS = 60, 60_000

PLACES = "wmo:07510,wmo:07222"
PAGES = {
    "now": ("/?lang=en", "Pressure"),
    "place": (f"/place?lang=en&station={PLACES}&period=1y", "90 days"),
    "climate": ("/climate?lang=en", None),
    "forecasts": ("/forecasts?lang=en", None),
    "decide": ("/decide?lang=en", None),
    "health": ("/health?lang=en", None),
}
"""Page -> its address and the button of the selection that is changed; None takes the first that is not pressed."""

# The frame has ten elements before the page's first.
DRAWN = """
document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'
&& document.querySelectorAll('[data-testid=stMain] [data-testid=stElementContainer]').length > 12
&& !document.querySelector('[data-stale=true]')
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
UNPRESSED = "[data-testid=stButtonGroup] [role=radio][aria-checked=false]:not(:text-is('FR'))"
"""Of the page's own buttons: the one of the language changes every word of the page."""


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


def seconds_of_a_view(browser: Any, address: str) -> float:
    """From the address to the drawn page, in a session of its own."""
    context = browser.new_context(viewport={"width": 1440, "height": 1400})
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    begun = time.monotonic()
    page.goto(address)
    page.wait_for_function(DRAWN, polling="raf")
    seconds = time.monotonic() - begun
    context.close()
    return seconds


def seconds_of_selections(browser: Any, address: str, button: str | None) -> list[float]:
    """From a pressed button to the page drawn anew, there and back; nothing when the page has no such button."""
    context = browser.new_context(viewport={"width": 1440, "height": 1400})
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    page.goto(address)
    page.wait_for_function(DRAWN, polling="raf")
    found = []
    for number in range(ROUNDS):
        choice = (
            page.get_by_role("radio", name=button, exact=True)
            if button and number % 2 == 0
            else page.locator(UNPRESSED)
        )
        if not choice.count():
            break
        page.evaluate(COUNT_RUNS)
        begun = time.monotonic()
        choice.first.click()
        page.wait_for_function(f"window.runs > 0 && {DRAWN}", polling="raf")
        found.append(time.monotonic() - begun)
    context.close()
    return found


def seconds_of_queries(data: Path) -> list[float]:
    """Each query that the pages send for their addresses, by the app's own code."""
    sys.path.insert(0, str(APP.parent))
    os.environ |= {"ISOBAR_DATA_DIR": str(data), "ISOBAR_NOW": NOW}
    from streamlit.testing.v1 import AppTest

    from repository import DuckDBRepository

    taken: list[float] = []
    original = DuckDBRepository._query

    def timed(self: Any, sql: str, parameters: Any = ()) -> Any:
        begun = time.monotonic()
        answer = original(self, sql, parameters)
        taken.append(time.monotonic() - begun)
        return answer

    DuckDBRepository._query = timed  # type: ignore[method-assign]
    for name, (address, _) in PAGES.items():
        app = AppTest.from_file(str(APP), default_timeout=WAIT_MS / 1000)
        for pair in address.partition("?")[2].split("&"):
            key, _, value = pair.partition("=")
            app.query_params[key] = value
        if name != "now":
            app.switch_page(f"pages/{name}.py")
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
            for name, (address, button) in PAGES.items():
                print(
                    f"{name}: the first reader of a publication waits {seconds_of_a_view(browser, url + address):.2f} s"
                )
                views = [seconds_of_a_view(browser, url + address) for _ in range(ROUNDS)]
                met.append(verdict(f"{name}: first view", statistics.median(views), FIRST_VIEW_S, "s"))
                changes = seconds_of_selections(browser, url + address, button)
                if changes:
                    met.append(verdict(f"{name}: changed selection", statistics.median(changes), SELECTION_S, "s"))
            browser.close()
        queries = seconds_of_queries(data)
        print(f"{len(queries)} queries, the slowest {max(queries):.2f} s")
        met.append(verdict("query", statistics.median(queries), QUERY_S, "s"))
    return all(met)


if __name__ == "__main__":
    sys.exit(0 if main(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else None) else 1)
