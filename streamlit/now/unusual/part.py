"""The part of the page of latest conditions that says what stands out, each line a way to the place and its days."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import streamlit as st

from now.unusual import data
from now.unusual.data import Anomaly, Near, Unusual
from shared import address, formats
from shared.frame import PAGES, Context

DAYS_BEFORE = 29
"""With the day itself a month of its past: what the page of the place opens on."""


def draw(context: Context, stations: pd.DataFrame) -> None:
    say = context.say
    st.header(say("unusual"), anchor=False)
    everywhere = context.ask(data.unusual)
    found = everywhere.within(set(stations["location_id"]))
    if not found.anomalies and not found.records:
        st.info(say("state_no_basis", years=data.MIN_YEARS, longest=found.longest_year_count))
    else:
        _lines(context, found)
    with st.expander(say("method")):
        st.markdown(
            say(
                "unusual_method",
                z=formats.number(context.language, data.UNUSUAL_Z, 0),
                unusual=formats.number(context.language, data.UNUSUAL_C, 0),
                near=formats.number(context.language, data.NEAR_C, 0),
                share=round(100 * data.NEAR_SHARE),
                years=data.MIN_YEARS,
            )
        )


def _lines(context: Context, found: Unusual) -> None:
    say = context.say
    if not found.records and not found.far:
        st.markdown(say("nothing_unusual"))
    records, anomalies = found.listed()
    for near in records:
        _line(near.location_id, near.on, _record(context, near), near.is_broken)
    for anomaly in anomalies:
        _line(anomaly.location_id, anomaly.on, _anomaly(context, anomaly), False)
    more = len(found.records) + len(found.far) - data.LONGEST_LIST
    if more > 0:
        st.caption(say("unusual_more", n=more))
    st.caption(say("unusual_basis", n=len(found.anomalies), total=found.place_count))


def _line(location_id: str, on: date, sentence: str, is_broken: bool) -> None:
    st.page_link(
        PAGES["place"],
        label=sentence,
        icon=":material/emoji_events:" if is_broken else ":material/trending_flat:",
        query_params={
            **address.kept(),
            "station": location_id,
            "period": "custom",
            "from": str(on - timedelta(days=DAYS_BEFORE)),
            "to": str(on),
        },
    )


def _anomaly(context: Context, found: Anomaly) -> str:
    say, language = context.say, context.language
    sentence = say(
        "anomaly_line",
        station=found.location_name,
        day=formats.day(language, found.on),
        value=formats.number(language, found.value_c, 1, "°C"),
        anomaly=formats.signed(language, found.anomaly_c, 1, "°C"),
        reference=formats.reference(language, found.reference_period),
        source=found.reference_source.upper(),
        n=found.year_count,
    )
    return sentence if found.z is None else sentence + say("anomaly_z", z=formats.signed(language, found.z, 1))


def _record(context: Context, found: Near) -> str:
    say, language = context.say, context.language
    unit = "mm" if found.element.endswith("_mm") else "°C"
    series = say("record_all" if found.season == "all" else "record_month", month=_month(context, found.season))
    return say(
        "record_broken" if found.is_broken else "record_near",
        station=found.location_name,
        day=formats.day(language, found.on),
        element=say(f"element_{found.element}"),
        value=formats.number(language, found.value, 1, unit),
        record=formats.number(language, found.record_value, 1, unit),
        record_day="–" if found.record_date is None else formats.day(language, found.record_date),
        series=series,
        first=found.first_year,
        n=found.year_count,
    )


def _month(context: Context, season: str) -> str:
    return "" if season == "all" else formats.month(context.language, int(season))
