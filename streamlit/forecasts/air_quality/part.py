"""Air quality: the second half of the page of forecasts."""

from __future__ import annotations

from datetime import timedelta, tzinfo
from html import escape

import altair as alt
import pandas as pd
import streamlit as st

from forecasts.air_quality import charts, data
from forecasts.air_quality.data import Card, Hours
from forecasts.data import ALL
from repository import Repository
from shared import address, exports, formats
from shared.frame import Context
from shared.pictures import About, Told, shown
from shared.tables import folded_table
from shared.units import column_in_zone, in_zone, offset

METRIC_WIDTH = 105
"""Pixels: three beside each other on a telephone."""

CARDS_STYLE = """<style>
.index-cards {display: grid; grid-template-columns: repeat(auto-fit, minmax(220px, 1fr)); gap: 0.75rem;}
.index-card {border: 1px solid #9aa7b1; border-radius: 0.4rem; padding: 0.75rem;}
.index-card .name {font-size: 0.9rem;}
.index-card .label {display: inline-block; font-size: 1.35rem; font-weight: 600; padding: 0.1rem 0.6rem; margin: 0.35rem 0;
  border-radius: 0.3rem; border: 1px solid #9aa7b1;}
.index-card .scale {display: flex; gap: 2px; margin: 0.15rem 0 0.4rem;}
.index-card .scale span {flex: 1; height: 8px; border: 1px solid #9aa7b1;}
.index-card .scale span.here {height: 14px; margin-top: -3px; border: 2px solid currentColor;}
.index-card .small {font-size: 0.85rem; opacity: 0.75; margin-top: 0.25rem;}
</style>"""


def draw(context: Context) -> None:
    say, language = context.say, context.language
    places = context.ask(Repository.air_quality_places)
    if places.empty:
        st.info(say("state_no_air_quality"))
        return
    wanted = address.wanted("place")
    if wanted and wanted != ALL and wanted not in set(places["location_id"]):
        st.info(say("state_unknown_place", place=wanted))
    left, right = st.columns([1, 2], vertical_alignment="bottom")
    with left:
        place = _place(context, places)
    with right:
        days = data.PERIOD_DAYS[
            address.segments(
                say("days_shown"),
                "days",
                list(data.PERIOD_DAYS),
                data.DEFAULT_PERIOD,
                lambda key: say(f"days_{key}"),
            )
        ]
    newest, name = place["newest_observed_at"], str(place["location_name"])
    found = context.ask(data.hours, str(place["location_id"]), str(place["source"]), newest - timedelta(days=days))
    age = formats.age(language, context.now - newest)
    zone = context.zone_of(str(place["location_id"]))
    first, last = (formats.day(language, in_zone(at, zone)) for at in (newest - timedelta(days=days), newest))
    about = About(
        place=name,
        period=f"{say('span', first=first, last=last)} ({offset(newest, zone)})",
        source=context.sources.attribution(language, [str(place["source"])]),
        file=exports.file_name(str(place["location_id"]), str(place["source"])),
        published=context.publication.published_at,
    )
    context.heading.name(say("heading_air", place=name, period=about.period))
    st.markdown(say("air_headline", place=name, moment=formats.moment(language, newest, zone), age=age))
    cards = data.cards(language, found.indices)
    if cards:
        st.html(CARDS_STYLE + f'<div class="index-cards">{"".join(map(_card, cards))}</div>')
    else:
        st.info(say("state_no_index", place=name))
    st.caption(say("air_modelled"))
    _concentrations(context, found)
    _course(context, found, about, zone)
    if cards:
        _indices(context, found, about, zone)
    _tables(context, found, str(place["location_id"]), str(place["source"]), zone)
    with st.expander(say("how_indices")):
        st.markdown(say("how_indices_text"))


def _place(context: Context, places: pd.DataFrame) -> pd.Series:
    """One row of `places`; where a place has several sources, its first."""
    by_id = {str(row["location_id"]): row for _, row in places[::-1].iterrows()}
    names = {key: str(by_id[key]["location_name"]) for key in reversed(by_id)}
    return by_id[address.select(context.say("place"), "place", list(names), next(iter(names)), names.__getitem__)]


def _card(card: Card) -> str:
    index = card.index
    scale = "".join(
        f'<span{" class=here" if number == card.index_class else ""} style="background:{index.colour(number)}"></span>'
        for number in range(1, index.class_count + 1)
    )
    colours = f"background:{index.colour(card.index_class)};color:{index.ink(card.index_class)}"
    warning = f'<div class="small">⚠ {escape(card.warning)}</div>' if card.warning else ""
    return (
        f'<div class="index-card"><div class="name">{escape(card.name)}</div>'
        f'<div class="label" style="{colours}">{escape(card.label)}</div>'
        f'<div class="scale" aria-hidden="true">{scale}</div>'
        f"<div><strong>{escape(card.value)}</strong>, {escape(card.worst)}</div>"
        f'<div class="small">{escape(card.basis)}</div>{warning}</div>'
    )


def _concentrations(context: Context, found: Hours) -> None:
    """The newest hour, pollutant by pollutant."""
    language = context.language
    newest = found.concentrations.iloc[-1]
    st.markdown(f"**{context.say('concentrations')}**")
    with st.container(horizontal=True, gap="small"):
        for key, name in data.POLLUTANTS.items():
            value = newest[f"{key}_ugm3"]
            digits = 0 if pd.notna(value) and value >= 100 else 1
            st.metric(name, formats.number(language, value, digits), width=METRIC_WIDTH)


def _course(context: Context, found: Hours, about: About, zone: tzinfo) -> None:
    say, language = context.say, context.language
    pollutant = address.segments(
        say("pollutant"), "pollutant", list(data.POLLUTANTS), "pm2_5", data.POLLUTANTS.__getitem__
    )
    title = say("chart_pollutant", pollutant=say(f"pollutant_{pollutant}"))
    course = data.course(found, pollutant)
    if course["value"].isna().all():
        st.info(say("state_no_pollutant", pollutant=data.POLLUTANTS[pollutant], place=about.place))
        return
    names = {kind: say(f"kind_{kind}") for kind in ("analysed", "forecast")}
    drawn = course.assign(
        kind=course["kind"].map(names),
        at=column_in_zone(course["at"], zone),
        tip_at=[formats.moment(language, at, zone) for at in course["at"]],
        tip_value=[formats.number(language, value, 1, "µg/m³") for value in course["value"]],
    )
    tooltips = [
        ("tip_at", say("at_hour")),
        ("tip_value", data.POLLUTANTS[pollutant]),
        ("kind", say("kind")),
    ]
    chart = charts.course_chart(drawn, (names["analysed"], names["forecast"]), tooltips, language)
    told = Told(course["value"], list(drawn["tip_at"]), "µg/m³", has_newest=False)
    _chart(context, about, title, chart, "course", told)
    if found.forecast.empty:
        st.caption(say("air_no_forecast"))
    else:
        issued = found.forecast["issued_at"].iloc[0]
        age = formats.age(language, context.now - issued)
        st.caption(say("air_forecast_issued", moment=formats.moment(language, issued, zone), age=age))


def _indices(context: Context, found: Hours, about: About, zone: tzinfo) -> None:
    say, language = context.say, context.language
    tooltips = [
        ("tip_at", say("at_hour")),
        ("index", say("index")),
        ("tip_label", say("index_label")),
        ("tip_value", say("value")),
        ("tip_worst", say("worst")),
    ]
    hours = data.by_hour(language, found.indices, zone)
    columns = ["begins_at", "ends_at", "colour", *(column for column, _ in tooltips)]
    names = [say(f"short_{index.key}") for index in data.INDICES]
    chart = charts.indices_chart(hours[columns], names, tooltips, language)
    _chart(context, about, say("chart_indices"), chart, "indices")
    st.caption(say("chart_indices_note"))


def _chart(
    context: Context, about: About, title: str, chart: alt.LayerChart, key: str, told: Told | None = None
) -> None:
    description = context.say("air_alt", title=title, place=f"{about.place}, {about.period}")
    shown(context, about, title, chart, key, told, alt=description)


def _tables(context: Context, found: Hours, location_id: str, source: str, zone: tzinfo) -> None:
    say = context.say
    amounts = {f"{key}_ugm3": (f"{name} (µg/m³)", 1) for key, name in data.POLLUTANTS.items()}
    for key, rows, columns in (
        ("concentrations", found.concentrations, {"observed_at": (say("at_hour"), None), **amounts}),
        (
            "indices",
            found.indices,
            {
                "observed_at": (say("at_hour"), None),
                "index_name": (say("index"), None),
                "index_value": (say("value"), 0),
                data.label_column(context.language): (say("index_label"), None),
                "worst_pollutant": (say("worst"), None),
                "pollutant_count": (say("pollutants_counted"), 0),
                "is_complete": (say("pollutants_complete"), None),
            },
        ),
        ("air_forecast", found.forecast, {"valid_at": (say("valid"), None), **amounts}),
    ):
        if rows.empty:
            continue
        title = say(f"table_{key}")
        folded_table(context, rows, columns, key, title, exports.file_name(key, source, location_id), zone=zone)
