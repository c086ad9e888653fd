"""Charts as files, and read aloud: each says what it is of, without the page. The files themselves are in test_browser.py."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path

import pandas as pd
import pytest
from apptest import Environment, run, sound

from shared import words
from shared.frame import Reader
from shared.pictures import Told
from shared.units import WIND_UNITS


@pytest.mark.parametrize(
    ("page", "query"),
    [
        ("now", {}),
        ("place", {"station": "wmo:07510", "period": "30d", "view": "all"}),
        ("place", {"station": "wmo:07510,wmo:07222", "period": "30d", "view": "all"}),
        ("health", {}),
        ("climate", {"station": "wmo:07510", "view": "anomalies"}),
        ("climate", {"station": "wmo:07510", "view": "events"}),
        ("decide", {"use": "farming", "figure": "frost"}),
        ("forecasts", {"place": "city:bordeaux-fr"}),
        ("forecasts", {"subject": "air"}),
    ],
)
def test_every_chart_is_given_as_two_files(
    published: Path, environment: Environment, page: str, query: dict[str, str]
) -> None:
    environment(published)
    app = sound(run(page, lang="en", **query))
    html = "".join(element.proto.body for element in app.get("html"))
    buttons = re.findall(r'data-picture="(\w+)" data-file="([^"]+)" data-lines="([^"]+)"', html)
    assert [suffix for suffix, _, _ in buttons] == ["png", "svg"] * len(app.get("vega_lite_chart")) != []
    assert len({(suffix, file) for suffix, file, _ in buttons}) == len(buttons), "each file has a name of its own"
    for _, _, lines in buttons:
        title, subject, source = json.loads(unescape(lines))
        assert title and " · " in subject
        assert re.fullmatch(r"Source: .+ · published \d+ \w+ \d{4}, Isobar", source)


def test_a_text_alternative_tells_the_newest_and_the_ends() -> None:
    reader = Reader("en", pd.Timestamp("2026-01-01"), WIND_UNITS["kmh"], True, None)  # type: ignore[arg-type]
    values = pd.Series([3.0, None, -1.5, 7.25, 2.0, None])
    told = Told(values, ["1 Jan", "2 Jan", "3 Jan", "4 Jan", "5 Jan", "6 Jan"], "°C")
    said = told.sentence(reader).replace("\u00a0", " ")
    assert said == "Newest: 2.0 °C (5 Jan). Lowest: \u22121.5 °C (3 Jan). Highest: 7.2 °C (4 Jan)."
    assert Told(pd.Series([None, None]), ["a", "b"], "mm").sentence(reader) == ""


@pytest.mark.parametrize(
    ("page", "query"), [("now", {}), ("place", {"station": "wmo:07510"}), ("climate", {}), ("decide", {})]
)
def test_text_alternatives_have_values(
    published: Path, environment: Environment, page: str, query: dict[str, str]
) -> None:
    environment(published)
    for chart in sound(run(page, lang="en", **query)).get("vega_lite_chart"):
        assert re.search(r"Highest: .*\d.* \(.+\)|Departments: \d+ ", chart.proto.alt), chart.proto.alt


def test_streamlits_own_words_have_both_languages() -> None:
    """They are those of the version that is installed."""
    assert words.translations("fr")["No results"] == "Aucun résultat"
    assert words.translations("en")["Aucun résultat"] == "No results"
    code = "".join(
        path.read_text("utf-8")
        for path in (Path(words.st.__file__).parent / "static" / "static" / "js").glob("*.js")
        if path.name.startswith(
            ("Selectbox", "Multiselect", "DataFrame", "ArrowVegaLiteChart", "withFullScreen", "Toolbar")
        )
    )
    unknown = [word for word in words.translations("fr") if f"`{word}`" not in code]
    assert not unknown
