"""Every page of the app over a publication, as Streamlit runs it, and figures that it must show.

Called where tests have a publication already, so that none is built for it: simulated polls, real archives, or a folder that
ISOBAR_TEST_PUBLISHED names (`tests/app/test_published.py`).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import duckdb
import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from isobar.settings import PROJECT_ROOT
from tests.page_figures import OF_A_MOMENT, assert_forty_figures_of_each_page

APP = PROJECT_ROOT / "streamlit"
SECONDS = 60
"""A page over a whole archive may take this long on a busy machine."""


def assert_every_page_is_sound_and_true(data_dir: Path, now: datetime | None = None) -> None:
    """Open every page in both languages, and each of its views with its table; hold Now, Place, Forecasts and air quality
    against the marts.

    Args:
        data_dir: of the publication; only read.
        now: UTC; the clock where none is given.
    """
    _put_on_path()
    from climate.data import VIEWS as CLIMATE_VIEWS
    from decide.data import USES
    from place.views import VIEWS
    from shared import style
    from shared.frame import PAGES

    with _reading(data_dir, now) as patch:
        patch.setattr(style, "IS_VALIDATED", True)
        opened = {(key, language): _open(key, language) for key in PAGES for language in ("en", "fr")}
        for page, choice, values in (
            ("place", "view", VIEWS),
            ("climate", "view", CLIMATE_VIEWS),
            ("decide", "use", USES),
        ):
            for value in values:
                _open(page, "en", **{choice: value})
        with duckdb.connect() as marts:
            marts.execute(f"attach '{data_dir / 'marts.duckdb'}' as published (read_only); use published")
            _assert_now_is_true(opened, marts)
            _assert_place_is_true(marts)
            _assert_forecasts_are_true(marts)
            _assert_air_quality_is_true(marts)
    assert_figures_are_true(data_dir, now)


def assert_figures_are_true(data_dir: Path, now: datetime | None = None) -> dict[str, int]:
    """Forty figures of each page against the marts; how many were compared."""
    _put_on_path()
    with _reading(data_dir, now):
        return assert_forty_figures_of_each_page(
            data_dir, lambda page, *folds, **query: _open(page, "en", *folds, **query)
        )


def _put_on_path() -> None:
    if str(APP) not in sys.path:
        sys.path.insert(0, str(APP))


@contextmanager
def _reading(data_dir: Path, now: datetime | None) -> Iterator[pytest.MonkeyPatch]:
    """The app reads this publication."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ISOBAR_DATA_DIR", str(data_dir))
        if now is not None:
            patch.setenv("ISOBAR_NOW", now.isoformat())
        yield patch


def _open(page: str, language: str, *folds: str, **query: str) -> AppTest:
    """The page at an address, with the folds of these keys opened beside that of what is shown."""
    app = AppTest.from_file(str(APP / "app.py"), default_timeout=SECONDS)
    for name, value in {"lang": language, **query}.items():
        app.query_params[name] = value
    for key in ("shown", *folds):
        app.session_state[f"fold_{key}"] = True
    if page != "now":
        app._page_hash = calc_hash(page)  # switch_page() knows a page by its file's name until the app has run once
    app.run()
    where = (page, language, query)
    assert not app.exception, (where, [each.value for each in app.exception])
    if page != "health":  # whose answer may be no
        assert not app.error, (where, [each.value for each in app.error])
    from shared.translations import text

    assert app.title[0].value, where
    assert f"**:primary[{text(language, f'page_{page}')}]**" in [link.proto.label for link in app.get("page_link")], (
        where
    )
    for state in ("state_unreadable", "state_incompatible", "state_not_published"):
        assert text(language, state) not in [each.value for each in app.warning], where
    return app


def _assert_now_is_true(opened: dict[tuple[str, str], AppTest], marts: duckdb.DuckDBPyConnection) -> None:
    """All places of the world are in the table, with their temperatures and winds; the extremes are of the one moment."""
    (count, temperatures, winds, warmest, coldest, strongest) = marts.execute(
        OF_A_MOMENT
        + "select count(*), sum(temperature_c), sum(wind_speed_ms), max(temperature_c) filter (is_of_moment),"
        " min(temperature_c) filter (is_of_moment), max(wind_speed_ms) filter (is_of_moment) from shown"
    ).fetchone() or (0, 0, 0, 0, 0, 0)
    app = _open("now", "en", territory="world", wind="ms")
    table = app.dataframe[0].value
    assert len(table) == count > 0
    assert table["Temperature (°C)"].sum() == pytest.approx(temperatures)
    assert table["Wind (m/s)"].sum() == pytest.approx(winds)
    assert _open("now", "en", territory="world", wind="kmh").dataframe[0].value["Wind (km/h)"].sum() == pytest.approx(
        3.6 * winds
    )
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown["Warmest"] == f"{warmest:.1f}\u00a0°C".replace("-", "\u2212")
    assert shown["Coldest"] == f"{coldest:.1f}\u00a0°C".replace("-", "\u2212")
    assert shown["Strongest wind"] == f"{strongest:.1f}\u00a0m/s"
    assert len(opened["now", "fr"].dataframe[0].value) == len(opened["now", "en"].dataframe[0].value)


def _assert_place_is_true(marts: duckdb.DuckDBPyConnection) -> None:
    """The station with most days, over its whole period: its extreme and its rain are those of the mart."""
    location_id, lowest, days = marts.execute(
        "select location_id, min(temperature_min_c), count(*) from fct_daily_weather where source = 'synop'"
        " group by location_id order by count(*) desc, location_id limit 1"
    ).fetchone() or ("", 0.0, 0)
    app = _open("place", "en", station=location_id, source="synop", period="all")
    shown = {metric.label: metric for metric in app.metric}
    assert shown["Lowest"].value == f"{lowest:.1f}\u00a0°C".replace("-", "\u2212")
    assert shown["Observations"].delta.startswith(f"{days} of ")


def _assert_forecasts_are_true(marts: duckdb.DuckDBPyConnection) -> None:
    """All places together, a day ahead: the mean miss and its pairs are those of the mart. Nothing where nothing is scored."""
    scored = marts.execute(
        "select mae, pair_count from agg_forecast_skill where element = 'temperature_c' and location_id = 'all'"
        " and month = 'all' and lead_bucket_hours = 24 and pair_count >= 30"
    ).fetchone()
    if scored is not None:
        app = _open("forecasts", "en", place="all", element="temperature", lead="24")
        shown = {metric.label: metric for metric in app.metric}["Average miss (MAE)"]
        assert (shown.value, shown.delta) == (f"{scored[0]:.1f}\u00a0°C", f"{scored[1]} pairs")


def _assert_air_quality_is_true(marts: duckdb.DuckDBPyConnection) -> None:
    """The newest hour of the first place: its fine particles are those of the mart."""
    newest = marts.execute(
        "select location_id, pm2_5_ugm3 from fct_air_quality where pm2_5_ugm3 < 100"
        " qualify observed_at = max(observed_at) over (partition by location_id) order by location_id limit 1"
    ).fetchone()
    if newest is not None:
        app = _open("forecasts", "en", subject="air", place=newest[0])
        assert {metric.label: metric.value for metric in app.metric}["PM2.5"] == f"{newest[1]:.1f}"
