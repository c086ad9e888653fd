"""A page, run as Streamlit runs it, and what it says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from marts_fixture import APP
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

LANGUAGES = ["en", pytest.param("fr", marks=pytest.mark.long)]
"""Each view in English; every page in French too, in test_frame.py and test_services.py (texts), and every view with the long."""

Environment = Callable[[Path], None]
SECONDS = 30
"""An AppTest run may take this long on a busy machine; it takes one alone."""


def run(page: str = "now", *folds: str, **query: str) -> AppTest:
    """The page at an address, with the folds of these keys opened."""
    app = AppTest.from_file(str(APP), default_timeout=SECONDS)
    for name, value in query.items():
        app.query_params[name] = value
    for key in folds:
        app.session_state[f"fold_{key}"] = True
    if page != "now":
        app._page_hash = calc_hash(page)  # switch_page() knows a page by its file's name until the app has run once
    return app.run()


def sentences(app: AppTest) -> str:
    """All that the page says outside tables and charts."""
    said = [
        str(e.value)
        for kind in ("title", "markdown", "caption", "info", "warning", "error")
        for e in getattr(app, kind)
    ]
    said += [f"{metric.label} {metric.value} {metric.delta}" for metric in app.metric]
    return "\n".join(said)


def address(app: AppTest, name: str) -> str:
    """A parameter of the address. AppTest gives a text for what the test wrote and a list for what the app wrote."""
    value = app.query_params[name]
    return value if isinstance(value, str) else value[0]


def metrics(app: AppTest) -> dict[str, tuple[str, str]]:
    return {metric.label: (metric.value, metric.delta) for metric in app.metric}


def sound(app: AppTest) -> AppTest:
    assert not app.exception, [e.value for e in app.exception]
    assert not app.error, [e.value for e in app.error]
    return app
