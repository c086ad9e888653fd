"""The part of the page of latest conditions that shows Météo-France's vigilance."""

from __future__ import annotations

from typing import Any

import streamlit as st

from now.vigilance import data
from now.vigilance.charts import UNKNOWN_FILL, UNKNOWN_INK, vigilance_tiles
from now.vigilance.data import Situation
from shared import address, formats
from shared.frame import Context

TIMEZONE = "Europe/Paris"
"""In which Météo-France gives its times."""
BADGES = {data.YELLOW: "yellow", data.ORANGE: "orange", data.RED: "red"}
"""Streamlit's names of colours: the words beside them say it too."""


def draw(context: Context) -> None:
    say, language, zone = context.say, context.language, context.zone(TIMEZONE)
    st.header(say("vigilance"), anchor=False)
    found = context.ask(data.situation, context.now.replace(second=0, microsecond=0))
    if found.updated_at is None or found.known_until is None:
        st.info(say("state_no_vigilance"))
        return
    made = formats.moment(language, found.updated_at, zone)
    if found.rows.empty:
        st.info(say("state_vigilance_expired", made=made, until=formats.moment(language, found.known_until, zone)))
        return
    names = found.phenomena(language)
    phenomenon = address.select(
        say("phenomenon"),
        "phenomenon",
        [data.ALL, *names],
        data.ALL,
        lambda key: say("phenomenon_all") if key == data.ALL else names[key].capitalize(),
    )
    chosen = found.of(phenomenon)
    st.markdown(_summary(context, chosen))
    # What is in force began some time ago, in one department before another: only its end is of use.
    now = chosen.rows.assign(valid_from_at=context.now)
    for row in data.warnings(now, language).itertuples():
        st.markdown(_line(context, row, say("until", moment=formats.moment(language, row.valid_to_at, zone))))
    _tiles(context, chosen)
    ahead = data.warnings(chosen.ahead, language)
    if len(ahead):
        st.markdown(say("vigilance_ahead"))
    for row in ahead.itertuples():
        begin, end = formats.moment(language, row.valid_from_at, zone), formats.moment(language, row.valid_to_at, zone)
        st.markdown(_line(context, row, say("from_until", begin=begin, end=end)))
    source = context.sources.attribution(language, ["meteofrance_vigilance"])
    st.caption(say("vigilance_made", made=made, source=source))


def _line(context: Context, row: Any, when: str) -> str:
    colour = context.say(f"colour_{row.colour_number}").capitalize()
    return f":{BADGES[row.colour_number]}-badge[**{colour} · {row.phenomenon}**] {row.departments}, {when}"


def _summary(context: Context, chosen: Situation) -> str:
    """How many departments have which colour."""
    counts = chosen.by_department()["colour_number"].value_counts()
    parts = [
        context.say("departments_in", n=int(counts[level]), colour=context.say(f"colour_{level}"))
        for level in data.LEVELS
        if level in counts
    ]
    return context.say("departments_heading", counts=", ".join(parts))


def _tiles(context: Context, chosen: Situation) -> None:
    say = context.say
    shown = data.tiles(chosen)
    is_told = shown["colour_number"].notna()
    level = shown["colour_number"].fillna(0).astype(int)
    shown["fill"] = level.map(data.COLOURS).fillna(UNKNOWN_FILL)
    shown["ink"] = level.map(data.INK).fillna(UNKNOWN_INK)
    # Green needs no letter: what is to be seen is where it is not.
    shown["letter"] = [say(f"colour_{n}")[0].upper() if n > data.GREEN else "" for n in level]
    shown["tip_colour"] = [say(f"colour_{n}") if n else say("colour_unknown") for n in level]
    raised = chosen.rows[chosen.rows["colour_number"] > data.GREEN]
    reasons = raised.groupby("department_code")[f"phenomenon_name_{context.language}"].agg(
        lambda each: ", ".join(dict.fromkeys(each))
    )
    shown["tip_reasons"] = [reasons.get(code, "–") for code in shown["department_code"]]
    shown["tip_name"] = shown["name"] + " (" + shown["department_code"] + ")"
    shown["spoken"] = shown["tip_name"] + ", " + shown["tip_colour"]
    tooltips = [
        ("tip_name", say("department")),
        ("tip_colour", say("vigilance")),
        ("tip_reasons", say("phenomenon")),
    ]
    st.altair_chart(
        vigilance_tiles(shown.drop(columns=["colour_number", "name"]), tooltips, context.language),
        width="stretch",
        key="vigilance",
        alt=say("vigilance_alt"),
    )
    st.caption(
        say("vigilance_legend") + ("" if is_told.all() else " " + say("vigilance_untold", n=int((~is_told).sum())))
    )
