"""Charts as files: a picture says what it is of, without the page."""

from __future__ import annotations

import struct
from pathlib import Path

import pandas as pd
import pytest
from apptest import Environment, run, sound

from climate import charts
from shared import words
from shared.pictures import MARGIN, SCALE, WIDTH, picture

LINES = ("Frost days of each year", "Lyon-Bron · 2019–2021", "Source: Météo-France · published 1 Mar 2026, Isobar")
YEARS = pd.DataFrame(
    {
        "year": [2019, 2020, 2021],
        "value": [41.0, None, 17.0],
        "is_complete": [True, False, True],
        "tip": ["41", "–", "17"],
    }
)


@pytest.fixture(scope="module")
def drawn() -> charts.alt.LayerChart:
    return charts.by_year(YEARS, "frost_days", 29.0, [("tip", "Days")], "en")


def test_an_svg_has_title_source_date_and_the_marks(drawn: charts.alt.LayerChart) -> None:
    svg = picture(drawn, LINES, "svg").decode()
    for line in LINES:
        assert line in svg
    assert svg.count('aria-roledescription="bar"') == 2
    assert svg.count('aria-roledescription="rect mark"') == 1, "the year without a figure is drawn as absent"


def test_a_png_is_wide_enough_for_paper(drawn: charts.alt.LayerChart) -> None:
    png = picture(drawn, LINES, "png")
    assert png.startswith(b"\x89PNG")
    width, _ = struct.unpack(">II", png[16:24])
    assert width >= SCALE * (WIDTH + 2 * MARGIN)


def test_the_chart_on_the_page_stays_as_it_is(drawn: charts.alt.LayerChart) -> None:
    before = drawn.to_json()
    picture(drawn, LINES, "svg")
    assert drawn.to_json() == before


@pytest.mark.parametrize(
    ("page", "query"),
    [
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
    labels = [button.proto.label for button in app.get("download_button")]
    drawn = len(app.get("vega_lite_chart"))
    assert drawn and labels.count("PNG") == labels.count("SVG") == drawn


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
