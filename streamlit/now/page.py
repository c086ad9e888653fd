"""The page of the latest conditions."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pandas as pd
import streamlit as st

from now import data, parameters
from now.charts import MAP_HEIGHT, WITH_POINTER, station_map
from now.parameters import Parameter
from now.unusual import part as unusual
from now.vigilance import part as vigilance
from shared import address, conditions, formats, territories
from shared.figures import metric
from shared.frame import PAGES, Context, page

PLACE = PAGES["place"]
TALL_TABLE = 15
"""Rows that fit beside the map; a longer table scrolls in its height."""


def draw(context: Context) -> None:
    say, everywhere = context.say, context.conditions
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    with left:
        parameter = parameters.BY_KEY[
            address.segments(say("parameter"), "show", list(parameters.BY_KEY), parameters.PARAMETERS[0].key, say)
        ].in_unit(context.wind)
    with right:
        territory = territories.BY_KEY[
            address.select(
                say("territory"),
                "territory",
                [t.key for t in territories.TERRITORIES],
                data.territories_of(everywhere)[0],
                lambda key: say(f"territory_{key}"),
            )
        ]
    elapsed = context.now - conditions.newest_observation(everywhere)
    if elapsed > conditions.OLD_AFTER:
        st.info(say("old_data", age=formats.age(context.language, elapsed)))
    stations = territories.within(everywhere, territory.key)
    if stations.empty:
        st.info(say("state_no_territory"))
        return
    _extremes(context, stations)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _map(context, stations, territory, parameter)
    with right:
        _table(context, stations, parameter)
    left, right = st.columns(2, gap="medium")
    with left:
        vigilance.draw(context)
    with right:
        unusual.draw(context, stations)


def _extremes(context: Context, stations: pd.DataFrame) -> None:
    say, language = context.say, context.language
    up_to_date = int((~stations["is_silent"]).sum())
    with st.container(horizontal=True, gap="small"):
        metric(say("places_reporting"), str(up_to_date), say("reporting_of", total=len(stations)))
        if len(stations) == 1:
            return
        for key, measure, largest in (
            ("warmest", "temperature", True),
            ("coldest", "temperature", False),
            ("windiest", "wind", True),
            ("wettest", "rain_24h", True),
        ):
            parameter = parameters.BY_KEY[measure].in_unit(context.wind)
            found = data.extreme(stations, parameter, largest=largest)
            # Where it rains nowhere, or is calm everywhere, no station stands out.
            if found is not None and (found.value or measure == "temperature"):
                value = formats.number(language, found.value, parameter.digits, parameter.unit)
                metric(say(key), value, found.location_name)


def _map(context: Context, stations: pd.DataFrame, territory: territories.Territory, parameter: Parameter) -> None:
    say, language, zone = context.say, context.language, context.zone(territories.timezone_of(stations))
    shown = data.for_map(stations, parameter)
    shown["figure"] = [formats.number(language, v, 0) if pd.notna(v) else "" for v in shown["value"]]
    shown["wind_to_deg"] = (shown["wind_direction_deg"] + 180).where(shown["wind_speed_ms"] > 0) % 360
    shown["tip_value"] = [formats.number(language, v, parameter.digits, parameter.unit) for v in parameter.of(shown)]
    shown["spoken"] = shown["location_name"] + ", " + shown["tip_value"]
    shown["tip_age"] = [
        f"{formats.age(language, context.now - at)} ({formats.moment(language, at, zone)})"
        for at in shown["observed_at"]
    ]
    shown["tip_wind"] = [
        context.blowing(speed, degrees)
        for speed, degrees in zip(shown["wind_speed_ms"], shown["wind_direction_deg"], strict=True)
    ]
    tooltips = [("location_name", say("place")), ("tip_value", say(parameter.key))]
    if parameter.key != "wind":
        tooltips.append(("tip_wind", say("wind")))
    tooltips.append(("tip_age", say("age")))
    columns = [
        "location_id",
        "longitude",
        "latitude",
        "value",
        "ink",
        "figure",
        "spoken",
        "wind_to_deg",
        *(c for c, _ in tooltips),
    ]
    description = say(
        "map_alt",
        territory=say(f"territory_{territory.key}"),
        parameter=say(parameter.key),
        n=int(shown["value"].notna().sum()),
    )
    if shown["value"].isna().all():
        st.info(say("state_no_measure"))
    event = st.altair_chart(
        station_map(
            shown[columns],
            territory,
            parameter,
            f"{say(parameter.key)}, {parameter.unit}",
            tooltips,
            language,
        ),
        width="stretch",
        key=f"map_{parameter.key}_{territory.key}",
        on_select="rerun",
        selection_mode="station",
        alt=description,
    )
    st.caption(say("map_hint") + (f" {say('wind_hint')}" if parameter.key in WITH_POINTER else ""))
    silent = int(stations["is_silent"].sum())
    if silent:
        hours = int(conditions.SILENT_AFTER.total_seconds() // 3600)
        st.caption(say("silent_stations", n=silent, total=len(stations), hours=hours))
    chosen = event["selection"].get("station", [])
    if chosen:
        _open_place(chosen[0]["location_id"])


def _table(context: Context, stations: pd.DataFrame, parameter: Parameter) -> None:
    """Every measure, the one on the map first."""
    say, language, zone = context.say, context.language, context.zone(territories.timezone_of(stations))
    others = [p.in_unit(context.wind) for p in parameters.PARAMETERS if p.key != parameter.key]
    dew_point = f"{say('dew_point')} (°C)"
    table = pd.DataFrame(
        {
            say("place"): stations["location_name"],
            _heading(context, parameter): parameter.of(stations),
            say("age"): (context.now - stations["observed_at"]).dt.total_seconds() / 3600,
            **{_heading(context, other): other.of(stations) for other in others},
            dew_point: stations["dew_point_c"],
            say("condition"): stations[f"condition_name_{language}"].fillna(""),
            say("observed"): [formats.moment(language, at, zone) for at in stations["observed_at"]],
        }
    )
    digits = {_heading(context, p): p.digits for p in (parameter, *others)} | {dew_point: 1}
    written = {heading: partial(_figure, language, count) for heading, count in digits.items()}
    event = st.dataframe(
        table.style.format({**written, say("age"): partial(_age, language)}),
        hide_index=True,
        height=MAP_HEIGHT if len(table) > TALL_TABLE else "auto",
        column_config={say("place"): st.column_config.TextColumn(pinned=True)},
        on_select="rerun",
        selection_mode="single-row",
        key="stations",
        alt=say("table_title"),
        placeholder="–",
    )
    rows = event["selection"]["rows"]
    if rows:
        _open_place(str(stations.iloc[rows[0]]["location_id"]))


def _heading(context: Context, parameter: Parameter) -> str:
    return f"{context.say(parameter.key)} ({parameter.unit})"


def _figure(language: str, digits: int, value: float) -> str:
    return formats.number(language, value, digits)


def _age(language: str, hours: float) -> str:
    return formats.age(language, timedelta(hours=hours))


def _open_place(location_id: str) -> None:
    st.switch_page(PLACE, query_params={**address.kept(), "station": location_id})


page("now", draw, needs_conditions=True)
