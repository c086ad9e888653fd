"""The page of the latest conditions."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from functools import partial

import pandas as pd
import streamlit as st

from now import data, parameters
from now.charts import MAP_HEIGHT, WITH_POINTER, station_map, with_sizes
from now.parameters import Parameter
from now.unusual import part as unusual
from now.vigilance import part as vigilance
from shared import address, exports, formats, territories
from shared.figures import metric
from shared.frame import PAGES, Context, page
from shared.pictures import About, Told, buttons

PLACE = PAGES["place"]
OLD_INK = "#5b6770"
"""Of what is not of the moment: 4.5 to 1 on its grey circle."""
TALL_TABLE = 13
"""Rows that fit beside the map; a longer table scrolls in its height."""


def draw(context: Context) -> None:
    say, language, everywhere = context.say, context.language, context.conditions
    moment_slot = st.container()
    left, right = st.columns([3, 2])
    with left:
        parameter = parameters.BY_KEY[
            address.segments(
                say("parameter"),
                "show",
                list(parameters.BY_KEY),
                parameters.PARAMETERS[0].key,
                say,
                is_label_shown=False,
            )
        ].in_unit(context.wind)
    with right:
        territory = territories.BY_KEY[
            address.select(
                say("territory"),
                "territory",
                [t.key for t in territories.TERRITORIES],
                data.territories_of(everywhere)[0],
                lambda key: say(f"territory_{key}"),
                is_label_shown=False,
            )
        ]
    latest = territories.within(everywhere, territory.key)
    name = say(f"territory_{territory.key}")
    if latest.empty:
        context.heading.name(name)
        st.info(say("state_no_territory"))
        return
    moment = data.moment_of(latest)
    stations = context.ask(data.at_moment_within, territory.key, moment)
    zone = context.zone(territories.timezone_of(territory, stations))
    context.heading.name(say("now_heading", territory=name, moment=formats.moment(language, moment, zone)))
    with moment_slot:
        _moment(context, latest, stations, moment, parameter)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _map(context, stations, moment, territory, parameter, zone)
        _extremes(context, stations)
    with right:
        _table(context, stations, parameter, zone)
    left, right = st.columns(2, gap="medium")
    with left:
        vigilance.draw(context)
    with right:
        unusual.draw(context, latest)


def _moment(
    context: Context, latest: pd.DataFrame, stations: pd.DataFrame, moment: datetime, parameter: Parameter
) -> None:
    """What is on the map, how old it is, and how many places are up to date by the clock."""
    say = context.say
    current = data.up_to_date(latest, context.now)
    sentence = say(
        "now_moment",
        parameter=f"**{_heading(context, parameter)}**",
        age=formats.age(context.language, context.now - moment),
        n=int(stations["is_of_moment"].sum()),
        total=len(stations),
    )
    colour = "green" if 2 * current > len(latest) else "orange"
    badge = say("now_up_to_date", n=current, total=len(latest))
    st.markdown(f"{sentence} :{colour}-badge[{badge}]")


def _extremes(context: Context, stations: pd.DataFrame) -> None:
    say, language = context.say, context.language
    if len(stations) == 1:
        return
    with st.container(horizontal=True, gap="small"):
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


def _map(
    context: Context,
    stations: pd.DataFrame,
    moment: datetime,
    territory: territories.Territory,
    parameter: Parameter,
    zone: tzinfo,
) -> None:
    say, language = context.say, context.language
    shown = data.for_map(stations, parameter)
    shown["figure"] = [
        ("" if is_of_moment else formats.short_age(language, context.now - at))
        if pd.isna(value)
        else formats.number(language, value, parameter.figure_digits(value))
        for value, at, is_of_moment in zip(shown["value"], shown["observed_at"], shown["is_of_moment"], strict=True)
    ]
    shown["ink"] = shown["ink"].where(shown["is_of_moment"], OLD_INK)
    shown["wind_to_deg"] = (shown["wind_direction_deg"] + 180).where(shown["wind_speed_ms"] > 0) % 360
    shown["tip_value"] = [formats.number(language, v, parameter.digits, parameter.unit) for v in parameter.of(shown)]
    shown["tip_age"] = [
        f"{formats.age(language, context.now - at)} ({formats.moment(language, at, zone)})"
        for at in shown["observed_at"]
    ]
    shown["spoken"] = shown["location_name"] + ", " + shown["tip_value"]
    shown["spoken"] = shown["spoken"].where(shown["is_of_moment"], shown["spoken"] + ", " + shown["tip_age"])
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
        "is_of_moment",
        "wind_to_deg",
        "wide",
        "narrow",
        *(c for c, _ in tooltips),
    ]
    known = int(shown["value"].notna().sum())
    description = say("map_alt", territory=say(f"territory_{territory.key}"), parameter=say(parameter.key), n=known)
    if not known:
        st.info(say("state_no_measure"))
    shown = with_sizes(shown, territory)
    told = Told(shown["value"], list(shown["location_name"]), parameter.unit, parameter.digits, has_newest=False)
    heading, key = _heading(context, parameter), f"map_{parameter.key}_{territory.key}"
    about = About(
        place=say(f"territory_{territory.key}"),
        period=formats.moment(language, moment, zone),
        source=context.sources.attribution(language, stations["source"]),
        file=exports.file_name(f"{moment:%Y-%m-%dT%H}"),
        published=context.publication.published_at,
    )
    with st.container(key=f"picture_{key}"):
        event = st.altair_chart(
            station_map(shown[columns], territory, parameter, heading, tooltips, language),
            width="stretch",
            key=key,
            on_select="rerun",
            selection_mode="station",
            alt=f"{description} {told.sentence(context)}".strip(),
        )
        buttons(context, about, heading, key)
    notes = [say("map_hint")]
    if parameter.key in WITH_POINTER:
        notes.append(say("wind_hint"))
    if (shown[["wide", "narrow"]] == data.HIDDEN).any(axis=None):
        notes.append(say("map_crowded"))
    if not stations["is_of_moment"].all():
        notes.append(say("map_old"))
    notes.append(say("source", source=f"{about.source}."))
    st.caption(" ".join(notes))
    chosen = event["selection"].get("station", [])
    if chosen:
        _open_place(chosen[0]["location_id"])


def _table(context: Context, stations: pd.DataFrame, parameter: Parameter, zone: tzinfo) -> None:
    """Every measure, the one on the map first; what is not of the moment in grey."""
    say, language = context.say, context.language
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
    grey = [f"color: {OLD_INK}" if not is_of_moment else "" for is_of_moment in stations["is_of_moment"]]
    event = st.dataframe(
        table.style.format({**written, say("age"): partial(_age, language)}).apply(lambda _: grey, axis=0),
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
