"""Figures of each page against SQL that is written apart from the app: at least forty of a page, where the publication has them.

Tables are read as Streamlit gets them, in the unit and zone that the address asks for.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

Open = Callable[..., AppTest]
"""`open(page, *folds, **query)`: the page in English, with these folds opened."""

ENOUGH = 40
KMH_PER_MS, KN_PER_MS = 3.6, 3600 / 1852
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


MEASURES = (
    "temperature_c",
    "wind_speed_ms",
    "wind_gust_ms",
    "pressure_sea_level_hpa",
    "relative_humidity_pct",
    "dew_point_c",
    "precipitation_3h_mm",
    "precipitation_24h_mm",
)
OF_A_MOMENT = f"""
    with places as (
        select latest.*, date_trunc('hour', latest.observed_at + interval 30 minute) as hour
        from agg_latest_conditions as latest join dim_locations using (location_id) where latitude is not null
    ),
    moment as (select hour from places order by hour desc limit 1 offset (select count(*) // 2 from places)),
    since as (
        select observed.*
        from fct_observations as observed, moment
        where observed.quality_flag = 'ok' and observed.observed_at >= moment.hour - interval 30 minute
            and observed.observed_at < moment.hour + interval 30 minute
            and observed.location_id in (select location_id from places, moment where places.hour > moment.hour)
        qualify row_number() over (
            partition by observed.location_id
            order by abs(epoch(observed.observed_at) - epoch(moment.hour)), observed.source
        ) = 1
    ),
    shown as (
        select location_id, {", ".join(MEASURES)}, hour = (select hour from moment) as is_of_moment
        from places where location_id not in (select location_id from since)
        union all
        select location_id, {", ".join(MEASURES)}, true from since
    )
"""
"""What the world's map shows, written apart from the app: the newest hour that more than half have reached, and who has none
of it with the newest reading."""


def assert_forty_figures_of_each_page(data_dir: Path, open_page: Open) -> dict[str, int]:
    """How many figures were compared, by page; none of a page whose marts are empty."""
    with duckdb.connect() as marts:
        marts.execute("set TimeZone = 'UTC'")
        marts.execute(f"attach '{data_dir / 'marts.duckdb'}' as published (read_only); use published")
        counts = {
            "now": _now(open_page, marts),
            "place": _place(open_page, marts),
            "climate": _climate(open_page, marts),
            "forecasts": _forecasts(open_page, marts),
            "air": _air_quality(open_page, marts),
            "decide, season": _season(open_page, marts),
            "decide, reports": _reports(open_page, marts),
        }
    counts["health"] = _health(open_page, data_dir / "health.duckdb")
    # Health has what there is: every place that still reports, every run.
    few = {page: count for page, count in counts.items() if 0 < count < ENOUGH and page != "health"}
    assert not few, f"fewer than {ENOUGH} figures: {few}"
    return counts


def _rows(session: duckdb.DuckDBPyConnection, sql: str, parameters: list[object] | None = None) -> list[tuple]:
    return session.execute(sql, parameters or []).fetchall()


def _same(where: str, shown: Any, expected: Any, tolerance: float = 1e-6) -> None:
    """One figure: the same number, or neither has one."""
    if expected is None or pd.isna(expected):
        assert shown is None or pd.isna(shown), (where, shown)
    else:
        assert shown == pytest.approx(float(expected), abs=tolerance), where


def _compare(where: str, shown: pd.DataFrame, expected: list[tuple], tolerance: float = 1e-6) -> int:
    """Row by row and column by column, both without their keys; how many figures that were."""
    assert len(shown) == len(expected), where
    for index, row in enumerate(expected):
        for column, value in zip(shown.columns, row, strict=True):
            _same(f"{where}, row {index}, {column}", shown[column].iloc[index], value, tolerance)
    return shown.size


def _letters(name: str) -> str:
    """What is left of a name however it is written: `ST GIRONS` and `Saint-Girons` are `saintgirons`."""
    plain = unicodedata.normalize("NFD", re.sub(r"(?i)^arrondissement d\w+ ", "", name)).lower()
    return re.sub(r"[^a-z0-9]", "", re.sub(r"\bst(e?)\b", r"saint\1", plain))


def _now(open_page: Open, marts: duckdb.DuckDBPyConnection) -> int:
    """Every place of the world at the moment of the map, in knots; but for places whose names are not theirs alone."""
    table = open_page("now", territory="world", wind="kn").dataframe[0].value
    expected = pd.DataFrame(
        _rows(
            marts,
            f"{OF_A_MOMENT} select location_name, {', '.join(MEASURES)} from shown join dim_locations using (location_id)",
        ),
        columns=["name", *MEASURES],
    )
    expected.index = expected["name"].map(_letters)
    shown = table.set_index(table["Place"].map(_letters))
    names = [name for name in shown.index if (shown.index == name).sum() == (expected.index == name).sum() == 1]
    assert len(names) >= 0.9 * len(table), "a few have words that lists shorten"
    in_knots = [KN_PER_MS if measure.endswith("_ms") else 1.0 for measure in MEASURES]
    units = ["Temperature (°C)", "Wind (kn)", "Gust (kn)", "Pressure (hPa)", "Humidity (%)", "Dew point (°C)"]
    headings = [*units, "Rain, 3 h (mm)", "Rain, 24 h (mm)"]
    rows = (expected.loc[names, list(MEASURES)].astype(float) * in_knots).to_numpy().tolist()
    return _compare("now", shown.loc[names, headings], [tuple(row) for row in rows])


def _place(open_page: Open, marts: duckdb.DuckDBPyConnection) -> int:
    """The newest month of most days of a station, in km/h."""
    location_id, first, last = _rows(
        marts,
        "select location_id, min(weather_date), max(weather_date) from fct_daily_weather where source = 'synop'"
        " group by location_id, date_trunc('month', weather_date) order by count(*) desc, 3 desc, location_id limit 1",
    )[0]
    days = _rows(
        marts,
        "select weather_date, temperature_min_c, temperature_max_c, temperature_mean_c, precipitation_mm,"
        " 3.6 * wind_speed_mean_ms, 3.6 * wind_gust_max_ms, pressure_sea_level_mean_hpa, relative_humidity_mean_pct,"
        " observation_count from fct_daily_weather where location_id = ? and source = 'synop'"
        " and weather_date between ? and ? order by weather_date",
        [location_id, first, last],
    )
    app = open_page(
        "place",
        "shown",
        station=location_id,
        source="synop",
        wind="kmh",
        period="custom",
        **{"from": str(first), "to": str(last)},
    )
    table = app.dataframe[0].value
    assert list(table["Day"]) == [str(day) for day, *_ in days]
    headings = """Minimum (°C)|Maximum (°C)|Mean (°C)|Rain (mm)|Mean wind (km/h)|Gust (km/h)|Pressure (hPa)|Humidity (%)|
        Observations""".split("|")
    return _compare("place", table[[heading.strip() for heading in headings]], [row for _, *row in days])


def _written(value: float | None, element: str) -> str:
    """A record as the page writes it, in km/h."""
    if value is None:
        return "–"
    unit, digits = {"c": ("°C", 1), "mm": ("mm", 1), "ms": ("km/h", 0)}[element.rpartition("_")[2]]
    value = value * KMH_PER_MS if unit == "km/h" else value
    return f"{value:.{digits}f}\u00a0{unit}".replace("-", "\u2212")


def _day(on: date | None, element: str) -> str:
    if on is None:
        return "–"
    month = f"{MONTHS[on.month - 1]} {on.year}"
    return month if "monthly" in element else f"{on.day} {month}"


def _climate(open_page: Open, marts: duckdb.DuckDBPyConnection) -> int:
    """All records of the place and source with most elements, and the normals where there are any."""
    location_id, source = _rows(
        marts,
        "select location_id, source from fct_weather_records where season = 'all'"
        " group by location_id, source order by count(distinct element) desc, max(year_count) desc, location_id limit 1",
    )[0]
    records = {
        element: row
        for element, *row in _rows(
            marts,
            "select element, record_value, recorded_date, previous_value, previous_date, first_date, year_count, is_complete"
            " from fct_weather_records where season = 'all' and location_id = ? and source = ?",
            [location_id, source],
        )
    }
    app = open_page("climate", station=location_id, source=source, view="records", wind="kmh")
    shown = next(each.value for each in app.dataframe if "Years" in each.value or "Value" in each.value)
    from shared.translations import text

    assert len(shown) == len(records)
    for element, (value, on, previous, previous_on, first, years, is_complete) in records.items():
        row = shown.loc[shown[text("en", "record_element")] == text("en", f"record_{element}")].iloc[0]
        bound = "" if is_complete is not False else "≥ " if "highest" in element else "≤ "
        assert list(row)[1:] == [
            bound + _written(value, element),
            _day(on, element),
            _written(previous, element),
            _day(previous_on, element),
            str(first.year),
            years,
        ], element
    normals = _rows(
        marts,
        "select temperature_min_normal_c, temperature_mean_normal_c, temperature_max_normal_c, temperature_mean_year_count,"
        " precipitation_normal_mm from dim_climate_normals where location_id = ? and source = ? and reference_period ="
        " (select reference_period from dim_climate_normals where location_id = ? and source = ?"
        "  order by is_standard_normal desc, reference_period desc limit 1) order by month_number",
        [location_id, source, location_id, source],
    )
    count = 6 * len(records)
    if len(normals) == len(MONTHS):
        app = open_page("climate", "shown", station=location_id, source=source, view="normals")
        columns = ["Mean minimum (°C)", "Mean (°C)", "Mean maximum (°C)", text("en", "temperature_years"), "Rain (mm)"]
        table = app.dataframe[0].value
        count += _compare("normals", table[columns], normals)
    return count


def _forecasts(open_page: Open, marts: duckdb.DuckDBPyConnection) -> int:
    """Every lead's scores of wind, all places together, in km/h; errors' percentiles from the pairs."""
    scores = _rows(
        marts,
        "with spread as ("
        " select cast(ceil(lead_hours / 3) * 3 as bigint) as lead_bucket_hours, 3.6 * quantile_cont(error, 0.1) as p10,"
        " 3.6 * quantile_cont(error, 0.9) as p90 from fct_forecast_verification where element = 'wind_speed_ms' group by all)"
        " select lead_bucket_hours, pair_count, 3.6 * mae, 3.6 * bias, 3.6 * rmse, p10, p90 from agg_forecast_skill"
        " left join spread using (lead_bucket_hours)"
        " where element = 'wind_speed_ms' and location_id = 'all' and month = 'all' order by lead_bucket_hours",
    )
    if not scores:
        return 0
    app = open_page("forecasts", "scores", place="all", element="wind", wind="kmh")
    table = next(each.value for each in app.dataframe if "mae" in each.value)
    columns = ["lead_bucket_hours", "pair_count", "mae", "bias", "rmse", "error_p10", "error_p90"]
    return _compare("forecasts", table[columns], scores)


def _air_quality(open_page: Open, marts: duckdb.DuckDBPyConnection) -> int:
    """Two days of concentrations of the place whose newest hour is newest."""
    newest = _rows(
        marts,
        "select location_id, source, max(observed_at) from fct_air_quality group by all order by 3 desc, 1 limit 1",
    )
    if not newest:
        return 0
    location_id, _, until = newest[0]
    app = open_page("forecasts", "concentrations", subject="air", place=location_id, zone="utc")
    table = next(each.value for each in app.dataframe if "pm2_5_ugm3" in each.value)
    hours = _rows(
        marts,
        "select observed_at, pm2_5_ugm3, pm10_ugm3, no2_ugm3, o3_ugm3, so2_ugm3 from fct_air_quality"
        " where location_id = ? and observed_at >= ? and observed_at <= ? order by observed_at",
        [location_id, table["observed_at"].min().to_pydatetime(), until],
    )
    assert [at.to_pydatetime() for at in table["observed_at"]] == [at for at, *_ in hours]
    columns = ["pm2_5_ugm3", "pm10_ugm3", "no2_ugm3", "o3_ugm3", "so2_ugm3"]
    return _compare("air", table[columns], [row for _, *row in hours])


def _season(open_page: Open, marts: duckdb.DuckDBPyConnection) -> int:
    """Heating degree days of the fullest winter: each day's, and their running sum."""
    location_id, source, year = _rows(
        marts,
        "select location_id, source, year(weather_date - interval 9 month) as season from fct_daily_weather"
        " where heating_degree_days_18c is not null group by all order by count(*) desc, location_id, season limit 1",
    )[0]
    days = {
        day: row
        for day, *row in _rows(
            marts,
            "select weather_date, heating_degree_days_18c, sum(heating_degree_days_18c) over (order by weather_date)"
            " from fct_daily_weather where location_id = ? and source = ?"
            " and year(weather_date - interval 9 month) = ? order by weather_date",
            [location_id, source, year],
        )
    }
    app = open_page(
        "decide",
        "shown",
        station=location_id,
        source=source,
        use="energy",
        figure="heating",
        at_heating="18",
        begins="10",
        season=str(year),
    )
    table = app.dataframe[0].value
    count = 0
    for row in table.to_dict("records"):
        value, total = days.get(row["Day"].date(), (None, None))
        if value is None:
            _same(f"decide, {row['Day']}", row["Figure (°C·d)"], None)
            continue
        # The marts round each day to a hundredth.
        count += 2
        _same(f"decide, {row['Day']}", row["Figure (°C·d)"], value, 0.006)
        _same(f"decide, sum to {row['Day']}", row["Sum"], total, 0.006 * len(days))
    return count


def _reports(open_page: Open, marts: duckdb.DuckDBPyConnection) -> int:
    """Winds of 8 m/s or more by month and hour of the place's own zone, and of UTC."""
    location_id, zone, first, last = _rows(
        marts,
        "select days.location_id, timezone, min(weather_date), max(weather_date) from fct_daily_weather as days"
        " join dim_locations using (location_id) where source = 'synop' and timezone is not null and location_id in"
        " (select location_id from fct_observations where source = 'synop' and wind_speed_ms is not null group by 1"
        "  order by count(*) desc, 1 limit 5) group by all order by 1 limit 1",
    )[0]
    count = 0
    for key, name in (("local", zone), ("utc", "UTC")):
        cells = _rows(
            marts,
            "with reports as (select timezone(?, timezone('UTC', observed_at)) as clock, wind_speed_ms >= 8 as is_above"
            " from fct_observations where location_id = ? and source = 'synop' and wind_speed_ms is not null)"
            " select month(clock), hour(clock), count(*), count(*) filter (is_above), 100 * avg(is_above::int) from reports"
            " where clock::date between ? and ? group by all order by 1, 2",
            [name, location_id, first, last],
        )
        app = open_page(
            "decide",
            "shown",
            station=location_id,
            source="synop",
            use="outdoor",
            figure="wind",
            period="all",
            at_wind="8",
            zone=key,
        )
        table = app.dataframe[0].value
        assert list(table["Month"]) == [MONTHS[number - 1] for number, *_ in cells]
        assert list(table[f"Hour ({name})"]) == [f"{hour:02d}" for _, hour, *_ in cells]
        columns = ["Reports", "Reaching it", "Share (%)"]
        count += _compare(f"reports, {name}", table[columns], [row for _, _, *row in cells])
    return count


def _moment(at: datetime | None) -> str:
    return "–" if at is None else f"{at.day} {MONTHS[at.month - 1]} {at.year} {at:%H:%M} UTC"


def _count(value: float | None) -> str:
    """As the page writes a number of rows or seconds: commas from ten thousand on."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 10_000 else f"{value:.0f}"


def _health(open_page: Open, health: Path) -> int:
    """Each place's usual gap, when it is silent from, whether it is; and how many places are silent of each source."""
    if not health.exists():
        return 0
    with duckdb.connect(str(health), read_only=True) as session:
        tables = {name for (name,) in _rows(session, "select table_name from information_schema.tables")}
        if not {"agg_location_freshness", "agg_pipeline_health"} <= tables:
            return 0
        places = {
            (location_id, source): row
            for location_id, source, *row in _rows(
                session,
                "select location_id, source, typical_gap_hours, silent_after_at, is_silent from agg_location_freshness",
            )
        }
        runs = _rows(
            session,
            "select seconds, appended_row_count, rejected_cell_count from fct_pipeline_runs order by run_number desc limit 20",
        )
        sources = dict(
            _rows(
                session,
                "select source, case when location_count > 0 then silent_location_count || ' / ' || location_count"
                " else '–' end from agg_pipeline_health",
            )
        )
    app = open_page("health", "places", source="all")
    written = next(each.value for each in app.dataframe if "rejected" in each.value)
    assert written[["seconds", "rows", "rejected"]].to_numpy().tolist() == [
        [_count(each) for each in run] for run in runs
    ]
    told = next(each.value for each in app.dataframe if "places" in each.value)
    for row in told.to_dict("records"):
        assert row["places"] == sources[row["source"]], row["source"]
    if not places:
        return len(told) + 3 * len(runs)
    table = next(each.value for each in app.dataframe if "gap" in each.value)
    assert len(table) == len(places)
    for row in table.to_dict("records"):
        gap, silent_from, is_silent = places[row["location_id"], row["source"]]
        assert row["gap"] == ("–" if gap is None else f"{gap:.1f}\u00a0h"), row
        assert row["silent_from"] == _moment(silent_from), row
        assert (row["state"] == "silent") == bool(is_silent), row
    return 3 * len(table) + len(told) + 3 * len(runs)
