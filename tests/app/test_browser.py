"""Every page in a real browser, at a desk's and a telephone's width, in both languages.

`make test-browser` installs Playwright and runs them; they are skipped by name without it or without Debian's Chromium. The
pictures go to the test's temporary folder, or to the folder that ISOBAR_SCREENSHOTS names. A new page is a line in PATHS.
"""

from __future__ import annotations

import os
import shutil
import struct
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import marts_fixture as fixture
import pytest
from visits import CHROMIUM, OPTIONS, Visit, serving

from shared.frame import PAGES

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"{CHROMIUM} is missing (apt-get install chromium)"),
]

# Read before the suite clears the environment.
SCREENSHOTS = os.environ.get("ISOBAR_SCREENSHOTS")

WIDTHS = {"desk": 1440, "telephone": 390}
FIRST_HEIGHT = 900
"""Of the window until the page is there and its own height is known."""
PATHS = {
    "now": "/?show=temperature",
    "place": "/place?station=wmo:07510&period=30d",
    "place, six": "/place?station=wmo:07510,wmo:07222,wmo:07630,wmo:07015,wmo:07110,city:montreal-ca&period=30d&view=all",
    "climate": "/climate?station=wmo:07510&view=anomalies",
    "decide": "/decide?use=farming&figure=frost",
    "forecasts": "/forecasts?place=city:bordeaux-fr",
    "forecasts, air": "/forecasts?subject=air",
    "health": "/health?source=all",
}
"""What each page is opened at; more than one view of a page have a comma in their names."""


@pytest.fixture(scope="module")
def server(published: Path) -> Iterator[str]:
    with serving(published, fixture.NOW) as base:
        yield base


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=str(CHROMIUM), args=[*OPTIONS])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(SCREENSHOTS) if SCREENSHOTS else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def test_every_page_is_opened() -> None:
    assert {view.partition(",")[0] for view in PATHS} == set(PAGES)


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("view", PATHS)
def test_page_draws_without_errors(
    server: str, browser: Any, pictures: Path, view: str, width: str, language: str
) -> None:
    visit = Visit(browser, server, WIDTHS[width], FIRST_HEIGHT)
    try:
        visit.open(f"{PATHS[view]}&lang={language}")
        visit.photograph(pictures / f"{view.replace(', ', '_')}_{width}_{language}.png")
        visit.check()
    finally:
        visit.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", pytest.param("fr", marks=pytest.mark.long)])
@pytest.mark.parametrize("view", [view for view in PATHS if "," not in view])
def test_axe_finds_nothing_serious(server: str, browser: Any, view: str, language: str, scheme: str) -> None:
    visit = Visit(browser, server, WIDTHS["desk"], FIRST_HEIGHT, scheme=scheme)
    try:
        visit.open(f"{PATHS[view]}&lang={language}")
        found = axe.Axe().run(visit.page).response["violations"]
        serious = [
            (fault["id"], fault["nodes"][0]["html"]) for fault in found if fault["impact"] in ("serious", "critical")
        ]
        assert not serious
    finally:
        visit.close()


@pytest.mark.parametrize(
    ("path", "key", "lines"),
    [
        (
            "/climate?lang=fr&station=wmo:07510&view=anomalies",
            "stripes",
            ["Bordeaux-Mérignac · 2001–2015", "publié le"],
        ),
        ("/?lang=fr&territory=metropole", "map_temperature_metropole", ["France métropolitaine · ", "publié le"]),
        ("/place?lang=fr&station=wmo:07510&period=30d", "temperature", ["Bordeaux-Mérignac · ", "publié le"]),
        ("/health?lang=fr", "tiles", ["Stations et villes · ", "publié le"]),
    ],
)
@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.long)])
def test_a_chart_is_given_with_its_source_and_date(
    server: str, browser: Any, pictures: Path, scheme: str, path: str, key: str, lines: list[str]
) -> None:
    visit = Visit(browser, server, 1440, 1800, scheme=scheme)
    try:
        visit.open(path)
        files = {}
        for suffix in ("svg", "png"):
            with visit.page.expect_download() as started:
                visit.page.locator(f".st-key-picture_{key} [data-picture={suffix}]").click()
            assert started.value.suggested_filename.endswith(f"_{key}.{suffix}")
            files[suffix] = pictures / f"{scheme}_{started.value.suggested_filename}"
            shutil.copy(started.value.path(), files[suffix])
        drawn = ElementTree.parse(files["svg"]).getroot()  # noqa: S314 - our own
        said = " ".join(text.text or "" for text in drawn.iter("{http://www.w3.org/2000/svg}text"))
        assert all(line in said for line in ("Source : ", *lines))
        assert len(list(drawn.iter("{http://www.w3.org/2000/svg}path"))) > 3, "the chart itself"
        assert "http://127" not in files["svg"].read_text("utf-8"), "it needs no page"
        png = files["png"].read_bytes()
        assert png.startswith(b"\x89PNG")
        assert struct.unpack(">II", png[16:24]) == tuple(
            2 * round(float(drawn.get(side))) for side in ("width", "height")
        )
        visit.check()
    finally:
        visit.close()


def test_streamlits_own_words_are_in_the_language_of_the_page(server: str, browser: Any) -> None:
    visit = Visit(browser, server, 1440, 1400)
    try:
        visit.open("/climate?lang=fr&station=wmo:07510")
        visit.page.get_by_role("combobox").first.press_sequentially("zzz")
        visit.page.get_by_text("Aucun résultat").wait_for()
    finally:
        visit.close()


def test_a_station_on_the_map_opens_its_page(server: str, browser: Any) -> None:
    visit = Visit(browser, server, 1440, 1400)
    try:
        visit.open("/?territory=reunion&lang=fr")
        # The only station of the territory, clicked where its figure is written.
        box = visit.page.locator("[data-testid=stVegaLiteChart] [aria-label^=Gillot]").bounding_box()
        visit.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        visit.page.wait_for_url("**/place?**")
        visit.settle()
        assert "station=wmo%3A61980" in visit.page.url
        assert "lang=fr" in visit.page.url
        visit.check()
    finally:
        visit.close()


def test_language_and_selection_survive_the_way_through_the_app(server: str, browser: Any) -> None:
    visit = Visit(browser, server, 1440, 1400)
    try:
        visit.open("/?lang=fr")
        visit.page.get_by_role("link", name="Lieu").click()
        visit.page.wait_for_url("**/place?**")
        visit.settle()
        assert visit.page.evaluate("document.documentElement.lang") == "fr"
        assert visit.page.evaluate("document.documentElement.dataset.page") == "place"
        visit.page.get_by_role("radio", name="7 jours").click()
        visit.page.wait_for_url("**period=7d**")
        visit.settle()
        copied = visit.page.url
        visit.check()
    finally:
        visit.close()
    other = Visit(browser, server, 1440, 1400)
    try:
        other.open(copied.removeprefix(server))
        assert other.page.get_by_role("radio", name="7 jours").get_attribute("aria-checked") == "true"
        other.check()
    finally:
        other.close()


def test_back_goes_back_one_choice_at_each_press(server: str, browser: Any) -> None:
    visit = Visit(browser, server, 1440, 1400)
    try:
        visit.open("/?lang=en")
        visit.page.get_by_role("link", name="Place").click()
        visit.page.wait_for_url("**/place?**period=30d**")
        visit.settle()
        opened = visit.page.url
        visit.page.get_by_role("radio", name="7 days").click()
        visit.page.wait_for_url("**period=7d**")
        visit.settle()
        visit.page.get_by_role("radio", name="Wind", exact=True).click()
        visit.page.wait_for_url("**view=wind**")
        visit.settle()
        for url in ("**period=7d**view=weather**", opened, "**/?**territory=metropole**"):
            visit.page.go_back()
            visit.page.wait_for_url(url)
            visit.settle()
        visit.check()
    finally:
        visit.close()


def test_the_map_is_above_the_fold_of_a_telephone(server: str, browser: Any) -> None:
    visit = Visit(browser, server, 390, 844)
    try:
        visit.open("/?lang=fr")
        box = visit.page.locator("[data-testid=stVegaLiteChart]").first.bounding_box()
        assert box["y"] + box["height"] / 2 < 844
        levels = visit.page.evaluate("[...document.querySelectorAll('h1, h2, h3, h4')].map(each => +each.tagName[1])")
        assert levels[0] == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))
        visit.check()
    finally:
        visit.close()


@pytest.mark.parametrize(
    "path",
    ["/forecasts?place=city:bordeaux-fr", "/decide?use=energy&figure=heating", "/decide?use=outdoor&figure=gust"],
)
def test_a_telephone_shows_a_figure_before_the_menus(server: str, browser: Any, path: str) -> None:
    visit = Visit(browser, server, 390, 844)
    try:
        visit.open(f"{path}&lang=en")
        figure = visit.page.locator("[data-testid=stMetric]").first.bounding_box()
        menu = visit.page.locator("[data-testid=stSelectbox]").first.bounding_box()
        assert figure["y"] + figure["height"] < min(menu["y"], 844)
        visit.check()
    finally:
        visit.close()


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("reunion", "Gillot-Aéroport (61980)"),
        ("bordeaux merignac", "Bordeaux-Mérignac (07510)"),
        ("paris", "Orly (07149)"),
    ],
)
def test_a_place_is_found_without_accents_and_by_another_name(server: str, browser: Any, typed: str, name: str) -> None:
    visit = Visit(browser, server, 1440, 1400)
    try:
        visit.open("/place?lang=en&station=wmo:07015")
        visit.page.get_by_role("combobox", name="Places").press_sequentially(typed)
        visit.page.get_by_role("option", name=f"→ {name}").click()
        visit.page.wait_for_url(f"**station=wmo%3A07015%2Cwmo%3A{name[-6:-1]}**")
        visit.settle()
        assert visit.page.locator("h1").inner_text().startswith(f"Lille-Lesquin, {name.partition(' (')[0]}, ")
        visit.check()
    finally:
        visit.close()


def test_a_place_is_found_by_typing_and_joins_the_others(server: str, browser: Any) -> None:
    visit = Visit(browser, server, 1440, 1400)
    try:
        visit.open("/place?lang=en&station=wmo:07510")
        visit.page.get_by_role("combobox", name="Places").press_sequentially("lille")
        visit.page.get_by_role("option", name="Lille-Lesquin (07015)").click()
        visit.page.wait_for_url("**station=wmo%3A07510%2Cwmo%3A07015**")
        visit.settle()
        assert visit.page.get_by_text("Mean temperature, °C", exact=True).is_visible()
        visit.check()
    finally:
        visit.close()


def test_what_is_unusual_opens_the_place_on_its_days(server: str, browser: Any) -> None:
    visit = Visit(browser, server, 390, 1400)
    try:
        visit.open("/?lang=en")
        visit.page.get_by_role("link", name="near the record of November").click()
        visit.page.wait_for_url("**/place?**")
        visit.settle()
        assert "from=2026-10-21&to=2026-11-19" in visit.page.url
        assert visit.page.get_by_text("30 of 30 days").is_visible()
        visit.check()
    finally:
        visit.close()


def test_a_file_is_downloaded(server: str, browser: Any, tmp_path: Path) -> None:
    visit = Visit(browser, server, 1440, 2200)
    try:
        visit.open("/place?lang=en&station=wmo:07510&period=7d")
        with visit.page.expect_download() as started:
            visit.page.get_by_role("button", name="Download CSV").click()
        target = tmp_path / "days.csv"
        shutil.copy(started.value.path(), target)
        lines = target.read_text(encoding="utf-8").splitlines()
        assert started.value.suggested_filename == "isobar_wmo-07510_synop_2026-11-14_2026-11-20_day.csv"
        assert lines[0].startswith("location_id,source,weather_date,temperature_min_c")
        assert len(lines) == 8
        visit.check()
    finally:
        visit.close()


def test_an_event_on_the_timeline_opens_its_days(server: str, browser: Any) -> None:
    visit = Visit(browser, server, 1440, 1800)
    try:
        visit.open("/climate?lang=en&station=wmo:07510&view=events")
        mark = visit.page.locator("[data-testid=stVegaLiteChart] [aria-label^='Heavy rain']").bounding_box()
        visit.page.mouse.click(mark["x"] + mark["width"] / 2, mark["y"] + mark["height"] / 2)
        visit.page.wait_for_url("**event=heavy_rain**")
        visit.settle()
        assert visit.page.get_by_text("Daily rain, mm, of the event (darker) and of the days around it").is_visible()
        visit.page.get_by_role("link", name="Open these days on the page of the place").click()
        visit.page.wait_for_url("**/place?**from=2026-10-20&to=2026-10-20**")
        visit.check()
    finally:
        visit.close()


def test_the_rows_of_a_chart_are_downloaded(server: str, browser: Any) -> None:
    visit = Visit(browser, server, 1440, 2400)
    try:
        visit.open("/climate?lang=en&station=wmo:07510&view=anomalies")
        with visit.page.expect_download() as started:
            visit.page.get_by_role("button", name="Download CSV").click()
        lines = Path(started.value.path()).read_text(encoding="utf-8").splitlines()
        assert started.value.suggested_filename == "isobar_wmo-07510_climat_anomalies_temperature.csv"
        assert lines[0].startswith("month_start_date,location_id,source,temperature_mean_c")
        assert len(lines) == 1 + 15 * 12
        visit.check()
    finally:
        visit.close()


def test_paper_has_the_figures_and_not_the_menus(server: str, browser: Any) -> None:
    visit = Visit(browser, server, 1440, 900)
    try:
        visit.open("/decide?lang=en&use=energy&figure=heating")
        visit.page.emulate_media(media="print")
        for said in ("[data-testid=stMetric]", "[data-testid=stVegaLiteChart]", "h1", "text=base 18"):
            assert visit.page.locator(said).first.is_visible(), said
        for widget in ("stSelectbox", "stNumberInput", "stButtonGroup", "stDownloadButton", "stExpander", "stPageLink"):
            found = visit.page.locator(f"[data-testid={widget}]")
            assert found.count() > 0, widget
            assert not any(found.nth(i).is_visible() for i in range(found.count())), widget
        footer = visit.page.get_by_text("publication pub-shared")
        assert footer.is_visible()
        # Nothing scrolls in a box: what is below the window is on paper too.
        assert (
            visit.page.evaluate("getComputedStyle(document.querySelector('[data-testid=stMain]')).overflowY")
            == "visible"
        )
        visit.check()
    finally:
        visit.close()
