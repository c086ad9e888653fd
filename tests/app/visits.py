"""The app behind its own server, and a tab of a real browser in it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from marts_fixture import APP, ROOT

CHROMIUM = Path("/usr/bin/chromium")
OPTIONS = ("--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu")
START_SECONDS = 30
WAIT_MS = 20_000
ROUNDS = 5
# A page below the root first asks for these beside itself, then at the root: Streamlit's way to find where it is mounted.
PROBES = ("/_stcore/health", "/_stcore/host-config")
# A skeleton stands where the code of an element is still under way.
DRAWN = """
document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'
&& !document.querySelector('[data-stale=true], [data-testid=stSkeleton]')
&& [...document.querySelectorAll('[data-testid=stVegaLiteChart]')].every(chart => chart.querySelector('canvas, svg'))
"""


@contextmanager
def serving(data_dir: Path, now: datetime) -> Iterator[str]:
    """The app over a data folder on a free port of this machine; gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "ISOBAR_DATA_DIR": str(data_dir), "ISOBAR_NOW": now.isoformat()}
    command = [sys.executable, "-m", "streamlit", "run", str(APP), "--server.port", str(port)]
    process = subprocess.Popen(
        [*command, "--server.fileWatcherType", "none"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    base = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                urllib.request.urlopen(f"{base}/_stcore/health", timeout=1).close()  # noqa: S310 - our own server
                break
            except OSError:
                if time.monotonic() > deadline or process.poll() is not None:
                    raise
                time.sleep(0.2)
        yield base
    finally:
        process.terminate()
        process.wait(timeout=10)


class Visit:
    """One tab, with everything that went wrong in it."""

    def __init__(self, browser: Any, base: str, width: int, height: int, zone: str = "UTC") -> None:
        self.base = base
        self.context = browser.new_context(viewport={"width": width, "height": height}, timezone_id=zone)
        self.page = self.context.new_page()
        self.page.set_default_timeout(WAIT_MS)
        self.faults: list[str] = []
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.faults.append(f"page error: {error}"))
        self.page.on("request", self._request)

    def _console(self, message: Any) -> None:
        url = message.location.get("url", "")
        if message.type == "error" and not url.endswith(PROBES):
            self.faults.append(f"console: {message.text} {url}")

    def _request(self, request: Any) -> None:
        if request.url.startswith(("http", "ws")) and not request.url.startswith(
            (self.base, self.base.replace("http", "ws"))
        ):
            self.faults.append(f"left the machine: {request.url}")

    def open(self, path: str) -> Visit:
        self.page.goto(self.base + path)
        return self.settle()

    def settle(self) -> Visit:
        """Until the script has run, and every chart is drawn."""
        self.page.wait_for_selector("h1")
        self.page.wait_for_function(DRAWN)
        self.page.wait_for_timeout(700)  # the last frame of the charts
        return self

    def told(self, page: str, *words: str) -> str:
        """All that this page says, once it is drawn and these words are on it.

        Between the two runs of a page that is read again, neither is running.
        """
        answer = self.page.wait_for_function(
            f"""([page, words]) => {{
              const said = document.querySelector('[data-testid=stMain]')?.innerText ?? '';
              return document.documentElement.dataset.page === page && document.querySelector('h1')
                && words.every(word => said.includes(word))
                && {DRAWN} && said;
            }}""",
            arg=[page, words],
        )
        return str(answer.json_value())

    def photograph(self, path: Path) -> None:
        """The whole page: Streamlit scrolls inside, so a full-page picture would not unroll it."""
        for _ in range(ROUNDS):  # charts that come into view may make the page longer
            height = self.page.evaluate("document.querySelector('[data-testid=stMainBlockContainer]').scrollHeight")
            size = {"width": self.page.viewport_size["width"], "height": height}
            if size == self.page.viewport_size:
                break
            self.page.set_viewport_size(size)
            self.settle()
        self.page.screenshot(path=str(path))

    def check(self) -> None:
        assert not self.faults
        assert self.page.locator("[data-testid=stException]").count() == 0
        assert not self.page.evaluate("document.documentElement.scrollWidth > window.innerWidth"), "scrolls sideways"

    def close(self) -> None:
        self.context.close()
