"""The page of one station's period."""

from __future__ import annotations

from collections.abc import Callable

import altair as alt
import pandas as pd
import streamlit as st

from components import address, marts
from components.charts import days as charts
from components.charts.style import Tooltips
from components.page import Context
from services import days, formats
from services.conditions import newest_observation
from services.days import Extent, Period, Summary

METRIC_WIDTH = 165
"""Pixels: two beside each other on a telephone."""
STYLED_ROWS = 400
"""Up to here the table writes its numbers in the reader's language; beyond a year that costs seconds."""

Drawing = Callable[[pd.DataFrame, Period, Tooltips, str], alt.LayerChart]


def draw(context: Context) -> None:
    say, conditions = context.say, context.conditions
    names = {
        str(i): f"{name} ({str(i).partition(':')[2]})"
        for i, name in zip(conditions["location_id"], conditions["location_name"], strict=True)
    }
    wanted = st.query_params.get("station")
    if wanted and wanted not in names:
        st.info(say("state_unknown_station", station=wanted))
    left, right = st.columns(2, vertical_alignment="bottom")
    with left:
        station = address.select(say("station"), "station", list(names), next(iter(names)), names.__getitem__)
    row = conditions.loc[conditions["location_id"] == station].iloc[0]
    with right:
        period_key = address.segments(
            say("period"),
            "period",
            days.PERIODS,
            days.DEFAULT_PERIOD,
            lambda key: say(f"period_{key}"),
            hint=say("period_help"),
        )
    _latest(context, row)
    extents = marts.extents(context.repository, context.publication.publication_id, station)
    if not extents:
        st.info(say("state_no_daily", station=row["location_name"]))
        return
    extent = _source(context, extents)
    period = _period(context, period_key, extent)
    if period.first > period.last:
        st.info(say("state_reversed"))
        return
    shown = marts.daily_weather(context.repository, context.publication.publication_id, station, extent.source, period)
    if shown.empty:
        st.info(
            say(
                "state_no_period",
                station=row["location_name"],
                first=formats.day(context.language, period.first),
                last=formats.day(context.language, period.last),
                begin=formats.day(context.language, extent.first),
                end=formats.day(context.language, extent.last),
            )
        )
        return
    _summary(context, days.summarise(shown), period)
    _charts(context, shown, period, str(row["location_name"]))
    _downloads(context, shown, station, extent.source, period)


def _latest(context: Context, row: pd.Series) -> None:
    """The station's newest observation in a line, and a warning when it has fallen silent."""
    say, language = context.say, context.language
    number = formats.number
    parts = [
        f"**{number(language, row['temperature_c'], 1, '°C')}**",
        formats.wind(language, row["wind_speed_ms"], row["wind_direction_deg"]),
        number(language, row["pressure_sea_level_hpa"], 0, "hPa"),
        number(language, row["relative_humidity_pct"], 0, "%"),
    ]
    condition = row[f"condition_name_{language}"]
    if pd.notna(condition):
        parts.append(str(condition))
    if pd.notna(row["altitude_m"]):
        parts.append(say("at_altitude", altitude=number(language, row["altitude_m"], 0)))
    age = formats.age(language, context.now - row["observed_at"])
    measured = " · ".join(part for part in parts if "–" not in part)
    st.markdown(say("last_observed", age=age, conditions=measured))
    if row["is_silent"]:
        newest = formats.moment(language, newest_observation(context.conditions))
        st.warning(say("state_stale", station=row["location_name"], age=age, newest=newest))


def _source(context: Context, extents: list[Extent]) -> Extent:
    by_source = {extent.source: extent for extent in extents}
    if len(by_source) == 1:
        address.forget("source")
        return extents[0]
    key = address.select(context.say("source_choice"), "source", list(by_source), extents[0].source, str)
    return by_source[key]


def _period(context: Context, key: str, extent: Extent) -> Period:
    if key != "custom":
        address.forget("from", "to")
        return days.period_of(key, extent)
    default = days.period_of(days.DEFAULT_PERIOD, extent)
    with st.container(horizontal=True):
        first = address.day(context.say("from"), "from", default.first)
        last = address.day(context.say("to"), "to", default.last)
    return Period(first, last)


def _summary(context: Context, summary: Summary, period: Period) -> None:
    say, language = context.say, context.language

    def figure(label: str, value: str, note: str) -> None:
        st.metric(say(label), value, delta=note, delta_color="off", delta_arrow="off", width=METRIC_WIDTH)

    with st.container(horizontal=True, gap="small"):
        for label, dated, unit in (
            ("lowest", summary.lowest, "°C"),
            ("highest", summary.highest, "°C"),
            ("strongest_gust", summary.gust, "m/s"),
        ):
            if dated is not None:
                figure(label, formats.number(language, dated.value, 1, unit), formats.day(language, dated.on))
        if summary.temperature_mean_c is not None:
            note = say("mean_of_days", n=summary.temperature_day_count)
            figure("mean", formats.number(language, summary.temperature_mean_c, 1, "°C"), note)
        total = summary.precipitation_total_mm
        if total is not None:
            note = say("rain_days", n=summary.rain_day_count)
            figure("total_rain", formats.number(language, total, 1 if total < 1000 else 0, "mm"), note)
        note = say("days_of", n=summary.day_count, total=period.day_count)
        figure("observation_count", formats.number(language, summary.observation_count, 0), note)
    span = say("span", first=formats.day(language, period.first), last=formats.day(language, period.last))
    incomplete = say(
        "incomplete", temperature=summary.incomplete_temperature_days, rain=summary.incomplete_precipitation_days
    )
    st.caption(f"{span[0].upper()}{span[1:]}. {incomplete} {say('definitions')}")


def _charts(context: Context, shown: pd.DataFrame, period: Period, station: str) -> None:
    say, language = context.say, context.language
    drawn = days.on_calendar(shown, period)

    def written(column: str, digits: int, unit: str) -> pd.Series:
        return drawn[column].map(lambda value: formats.number(language, value, digits, unit))

    drawn["tip_day"] = [formats.day(language, value) for value in drawn["weather_date"]]
    drawn["tip_min"] = written("temperature_min_c", 1, "°C")
    drawn["tip_max"] = written("temperature_max_c", 1, "°C")
    drawn["tip_mean"] = written("temperature_mean_c", 1, "°C")
    drawn["tip_rain"] = written("precipitation_mm", 1, "mm")
    drawn["tip_gust"] = written("wind_gust_max_ms", 1, "m/s")
    drawn["tip_pressure"] = written("pressure_sea_level_mean_hpa", 1, "hPa")
    drawn["tip_wind"] = [
        formats.wind(language, speed, degrees)
        for speed, degrees in zip(drawn["wind_speed_mean_ms"], drawn["wind_direction_deg"], strict=True)
    ]
    day = ("tip_day", say("day"))
    pieces: list[tuple[str, list[str], Drawing, list[tuple[str, str]]]] = [
        (
            "chart_temperature",
            ["temperature_min_c", "temperature_max_c", "temperature_mean_c"],
            charts.temperature_chart,
            [("tip_min", say("minimum")), ("tip_max", say("maximum")), ("tip_mean", say("mean"))],
        ),
        ("chart_rain", ["precipitation_mm"], charts.rain_chart, [("tip_rain", say("rain"))]),
        (
            "chart_wind",
            ["wind_speed_mean_ms", "wind_gust_max_ms"],
            charts.wind_chart,
            [("tip_wind", say("wind_mean")), ("tip_gust", say("gust"))],
        ),
        ("chart_pressure", ["pressure_sea_level_mean_hpa"], charts.pressure_chart, [("tip_pressure", say("pressure"))]),
    ]
    for title, columns, draw_chart, tooltips in pieces:
        st.markdown(f"**{say(title)}**")
        if drawn[columns].isna().all(axis=None):
            st.caption(say("no_measure_in_period"))
            continue
        description = say(
            "chart_alt",
            title=say(title),
            station=station,
            first=formats.day(language, period.first),
            last=formats.day(language, period.last),
        )
        st.altair_chart(
            draw_chart(drawn, period, [day, *tooltips], language),
            width="stretch",
            key=title,
            alt=description,
        )


def _downloads(context: Context, shown: pd.DataFrame, station: str, source: str, period: Period) -> None:
    say = context.say
    with st.expander(say("table_days", n=len(shown))):
        st.dataframe(_table(context, shown), hide_index=True, key="days", placeholder="–")
    with st.container(horizontal=True):
        for label, suffix, mime, write in (
            ("download_csv", "csv", "text/csv", days.as_csv),
            ("download_parquet", "parquet", "application/vnd.apache.parquet", days.as_parquet),
        ):
            st.download_button(
                say(label),
                write(shown),
                file_name=days.file_name(station, source, period, suffix),
                mime=mime,
                on_click="ignore",
                help=say("download_help"),
                key=label,
            )


def _table(context: Context, shown: pd.DataFrame) -> object:
    say, language = context.say, context.language
    figures = {
        f"{say('minimum')} (°C)": ("temperature_min_c", 1),
        f"{say('maximum')} (°C)": ("temperature_max_c", 1),
        f"{say('mean')} (°C)": ("temperature_mean_c", 1),
        f"{say('rain')} (mm)": ("precipitation_mm", 1),
        f"{say('wind_mean')} (m/s)": ("wind_speed_mean_ms", 1),
        f"{say('gust')} (m/s)": ("wind_gust_max_ms", 1),
        f"{say('pressure')} (hPa)": ("pressure_sea_level_mean_hpa", 1),
        f"{say('humidity')} (%)": ("relative_humidity_mean_pct", 0),
        say("observation_count"): ("observation_count", 0),
    }
    table = pd.DataFrame({say("day"): shown["weather_date"].dt.strftime("%Y-%m-%d")})
    for heading, (column, _) in figures.items():
        table[heading] = shown[column]
    table[say("direction")] = [formats.compass(language, degrees) for degrees in shown["wind_direction_deg"]]
    table[say("trace")] = shown["is_trace"]
    table[say("complete_temperature")] = shown["is_temperature_complete"]
    table[say("complete_rain")] = shown["is_precipitation_complete"]
    if len(table) > STYLED_ROWS:
        return table
    return table.style.format(
        {
            heading: (lambda value, digits=digits: formats.number(language, value, digits))
            for heading, (_, digits) in figures.items()
        }
    )
