"""The part of the page of latest conditions that shows Météo-France's vigilance."""

from __future__ import annotations

from typing import Any

import streamlit as st

from now.vigilance import data
from now.vigilance.charts import UNKNOWN_FILL, UNKNOWN_INK, vigilance_tiles
from now.vigilance.data import Situation
from shared import address, exports, formats
from shared.frame import Context
from shared.pictures import About, shown

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
    summary = _summary(context, chosen)
    st.markdown(summary)
    # What is in force began some time ago, in one department before another: only its end is of use.
    now = chosen.rows.assign(valid_from_at=context.now)
    for row in data.warnings(now, language).itertuples():
        st.markdown(_line(context, row, say("until", moment=formats.moment(language, row.valid_to_at, zone))))
    source = context.sources.attribution(language, ["meteofrance_vigilance"])
    about = About(
        place=say("territory_metropole"),
        period=formats.moment(language, context.now, zone),
        source=source,
        file=exports.file_name(f"{context.now:%Y-%m-%dT%H}"),
        published=context.publication.published_at,
    )
    title = say("phenomenon_all") if phenomenon == data.ALL else names[phenomenon].capitalize()
    _tiles(context, chosen, about, title, summary.replace("**", ""))
    ahead = data.warnings(chosen.ahead, language)
    if len(ahead):
        st.markdown(say("vigilance_ahead"))
    for row in ahead.itertuples():
        begin, end = formats.moment(language, row.valid_from_at, zone), formats.moment(language, row.valid_to_at, zone)
        st.markdown(_line(context, row, say("from_until", begin=begin, end=end)))
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


def _tiles(context: Context, chosen: Situation, about: About, title: str, summary: str) -> None:
    say = context.say
    tiles = data.tiles(chosen)
    is_told = tiles["colour_number"].notna()
    level = tiles["colour_number"].fillna(0).astype(int)
    tiles["fill"] = level.map(data.COLOURS).fillna(UNKNOWN_FILL)
    tiles["ink"] = level.map(data.INK).fillna(UNKNOWN_INK)
    # Green needs no letter: what is to be seen is where it is not.
    tiles["letter"] = [say(f"colour_{n}")[0].upper() if n > data.GREEN else "" for n in level]
    tiles["tip_colour"] = [say(f"colour_{n}") if n else say("colour_unknown") for n in level]
    raised = chosen.rows[chosen.rows["colour_number"] > data.GREEN]
    reasons = raised.groupby("department_code")[f"phenomenon_name_{context.language}"].agg(
        lambda each: ", ".join(dict.fromkeys(each))
    )
    tiles["tip_reasons"] = [reasons.get(code, "–") for code in tiles["department_code"]]
    tiles["tip_name"] = tiles["name"] + " (" + tiles["department_code"] + ")"
    tiles["spoken"] = tiles["tip_name"] + ", " + tiles["tip_colour"]
    tooltips = [
        ("tip_name", say("department")),
        ("tip_colour", say("vigilance")),
        ("tip_reasons", say("phenomenon")),
    ]
    drawing = vigilance_tiles(tiles.drop(columns=["colour_number", "name"]), tooltips, context.language)
    shown(
        context, about, f"{say('vigilance')} · {title}", drawing, "vigilance", alt=f"{say('vigilance_alt')} {summary}"
    )
    st.caption(
        say("vigilance_legend") + ("" if is_told.all() else " " + say("vigilance_untold", n=int((~is_told).sum())))
    )
