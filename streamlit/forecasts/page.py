"""The page of forecasts against what happened, and of air quality."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, tzinfo

import altair as alt
import pandas as pd
import streamlit as st

from forecasts import charts, data
from forecasts.air_quality import part as air_quality
from forecasts.data import ALL, Element, Figure, Selection
from repository import Repository
from shared import address, exports, formats
from shared.figures import metric
from shared.frame import Context, page
from shared.pictures import About, Told, shown
from shared.tables import Column, folded_table
from shared.units import column_in_zone, offset

SUBJECTS = ("skill", "air")


def draw(context: Context) -> None:
    say = context.say
    subject = address.segments(
        say("subject"), "subject", SUBJECTS, SUBJECTS[0], lambda key: say(f"subject_{key}"), is_label_shown=False
    )
    if subject == "air":
        address.forget("element", "lead", "month")
        air_quality.draw(context)
    else:
        address.forget("pollutant", "days")
        _skill(context)


def _skill(context: Context) -> None:
    say = context.say
    places = context.ask(Repository.forecast_places)
    if places.empty:
        st.info(say("state_no_forecast"))
        return
    wanted = address.wanted("place")
    if wanted and wanted != ALL and wanted not in set(places["location_id"]):
        st.info(say("state_unknown_place", place=wanted))
    answer = st.container()  # above what it is chosen with
    left, middle, right = st.columns(3)
    with left:
        place = _place(context, places)
    element = data.BY_KEY[address.segments(say("element"), "element", list(data.BY_KEY), data.ELEMENTS[0].key, say)]
    element = element.in_unit(context.wind)
    place_name = say("all_places") if place is None else str(place["location_name"])
    if not places["pair_count"].any():
        st.info(say("state_no_pairs"))
        _newest(context, place, element, None)
        return
    if place is not None and not place["pair_count"]:
        st.info(_not_verified(context, place))
        _newest(context, place, element, None)
        return
    with right:
        selection = _selection(context, ALL if place is None else str(place["location_id"]), element)
    if selection is None:
        st.info(say("state_element_not_verified", place=place_name))
        _newest(context, place, element, None)
        return
    found = context.ask(data.scores, selection)
    with middle:
        lead = _lead(context, found)
    score = found[found["lead_bucket_hours"] == lead].iloc[0]
    pairs = context.ask(data.pairs, selection, lead)
    about = _about(context, selection, pairs, place_name)
    with answer:
        if score["is_enough"]:
            figures = _summary(context, selection, score, place_name, lead)
        else:
            figures = []
            st.info(
                say(
                    "state_too_few_pairs",
                    place=place_name,
                    lead=data.lead_name(context.language, lead),
                    n=int(score["pair_count"]),
                    needed=data.MIN_PAIRS,
                )
            )
    if found["is_enough"].any():
        _by_lead(context, selection, found, lead, about)
    if figures:
        meanings = [say("figure_means", label=figure.label, meaning=figure.meaning) for figure in figures]
        st.caption("\n".join(f"- {meaning}" for meaning in meanings))
    left, right = st.columns(2, gap="medium")
    with left:
        _dots(context, selection, pairs, int(score["pair_count"]), lead, about)
    with right:
        _newest(context, place, element, selection)
    _tables(context, selection, found, pairs, lead)
    with st.expander(say("how_forecasts")):
        st.markdown(
            say(
                "how_forecasts_text",
                needed=data.MIN_PAIRS,
                km=data.MAX_STATION_KM,
                metres=data.MAX_STATION_ALTITUDE_M,
            )
        )


def _about(context: Context, selection: Selection, pairs: pd.DataFrame, place_name: str) -> About:
    """What the scores are of; the title of the page says it too."""
    say, language = context.say, context.language
    first, last = (formats.day(language, at) for at in (pairs["valid_at"].min(), pairs["valid_at"].max()))
    about = About(
        place=place_name,
        period=say("span", first=first, last=last),
        source=context.sources.attribution(language, [selection.source, data.MEASURED_BY]),
        file=exports.file_name(selection.location_id, selection.source, selection.element.key),
        published=context.publication.published_at,
    )
    context.heading.name(
        say("heading_forecasts", place=place_name, element=say(selection.element.key).lower(), period=about.period)
    )
    return about


def _place(context: Context, places: pd.DataFrame) -> pd.Series | None:
    """The place chosen; None for all together."""
    say = context.say
    by_id = {str(row["location_id"]): row for _, row in places.iterrows()}
    names = {ALL: say("all_places")} | {
        key: str(row["location_name"])
        if row["pair_count"]
        else say("place_without_pairs", place=str(row["location_name"]))
        for key, row in by_id.items()
    }
    verified = places.loc[places["pair_count"] > 0, "location_id"]
    default = str(verified.iloc[0]) if len(verified) else str(places["location_id"].iloc[0])
    return by_id.get(address.select(say("place"), "place", list(names), default, names.__getitem__))


def _not_verified(context: Context, place: pd.Series) -> str:
    return context.say(
        "state_place_not_verified",
        place=place["location_name"],
        station=place["nearest_station_name"] or "–",
        distance=formats.number(context.language, place["nearest_station_km"], 0),
        km=data.MAX_STATION_KM,
        metres=data.MAX_STATION_ALTITUDE_M,
    )


def _selection(context: Context, location_id: str, element: Element) -> Selection | None:
    """With the source and the month, which are asked for only where there is a choice; None without any pair."""
    say = context.say
    scored = context.ask(Repository.forecast_months, location_id)
    scored = scored[scored["element"] == element.column]
    if scored.empty:
        return None
    sources = sorted(scored["source"].unique())
    source, month = sources[0], ALL
    if len(sources) > 1:
        source = address.select(say("source_choice"), "source", sources, sources[0], str)
    else:
        address.forget("source")
    months = [ALL, *sorted(set(scored.loc[scored["source"] == source, "month"]) - {ALL}, reverse=True)]
    if len(months) > 2:
        month = address.select(
            say("verified_month"), "month", months, ALL, lambda key: data.month_name(context.language, key)
        )
    else:
        address.forget("month")
    return Selection(location_id, source, element, month)


def _zone(context: Context, selection: Selection) -> tzinfo:
    """Of the place; of all places together, UTC."""
    return UTC if selection.location_id == ALL else context.zone_of(selection.location_id)


def _lead(context: Context, found: pd.DataFrame) -> int:
    leads = [int(lead) for lead in found["lead_bucket_hours"]]
    chosen = address.select(
        context.say("lead"),
        "lead",
        [str(lead) for lead in leads],
        str(data.default_lead(leads)),
        lambda key: data.lead_name(context.language, int(key)),
    )
    return int(chosen)


def _summary(context: Context, selection: Selection, score: pd.Series, place_name: str, lead: int) -> list[Figure]:
    """How far off, in a sentence; the scores, which it returns."""
    language = context.language
    st.markdown(data.headline(language, selection.element, score, place_name, lead))
    figures = data.figures(language, selection.element, score)
    with st.container(horizontal=True, gap="small"):
        for figure in figures:
            if figure.value is not None:
                metric(figure.label, figure.value, figure.note)
    return figures


def _by_lead(context: Context, selection: Selection, found: pd.DataFrame, lead: int, about: About) -> None:
    say, language, element = context.say, context.language, selection.element
    tooltips = [
        ("tip_lead", say("lead")),
        ("score", say("score")),
        ("tip_value", say("value")),
        ("tip_count", say("behind")),
    ]
    left, right = st.columns(2, gap="medium")
    with left:
        title = say("chart_error_by_lead", unit=element.unit)
        lines = data.by_lead(language, found, ("mae", "bias"), element.unit, element.digits)
        chart = charts.error_chart(
            found, lines, [say("mae"), say("bias")], lead, say("axis_lead"), element, tooltips, language
        )
        mae = lines[lines["score"] == say("mae")]
        told = Told(mae["value"], list(mae["tip_lead"]), element.unit, element.digits, has_newest=False)
        _chart(context, about, title, chart, "error_by_lead", element, told)
        st.caption(say("chart_error_note_rain" if element.is_rain else "chart_error_note"))
    with right:
        kind = "rain" if element.is_rain else "skill"
        columns = ("pod", "far", "csi") if element.is_rain else ("skill_persistence", "skill_climatology")
        lines = data.by_lead(language, found, columns, "", 2)
        names = [say(column) for column in columns if say(column) in set(lines["score"])]
        if names:
            chart = charts.score_chart(
                lines, names, int(found["lead_bucket_hours"].max()), lead, say("axis_lead"), tooltips, language
            )
            named = lines["score"] + ", " + lines["tip_lead"]
            told = Told(lines["value"], list(named), "", 2, has_newest=False)
            _chart(context, about, say(f"chart_{kind}_by_lead"), chart, "score_by_lead", element, told)
            st.caption(say(f"chart_{kind}_note"))
        else:
            st.info(say(f"state_no_{kind}_scores", needed=data.MIN_EVENTS if element.is_rain else data.MIN_PAIRS))


def _chart(
    context: Context, about: About, title: str, chart: alt.LayerChart, key: str, element: Element, told: Told
) -> None:
    is_of = f"{about.place}, {about.period}"
    description = context.say("forecasts_alt", title=title, place=is_of, element=context.say(element.key))
    shown(context, about, title, chart, key, told, alt=description)


def _dots(context: Context, selection: Selection, pairs: pd.DataFrame, total: int, lead: int, about: About) -> None:
    say, language, element = context.say, context.language, selection.element
    zone = _zone(context, selection)

    def written(column: str) -> list[str]:
        return [formats.number(language, value, element.digits, element.unit) for value in pairs[column]]

    drawn = pairs.assign(
        tip_forecast=written("forecast_value"),
        tip_measured=written("observed_value"),
        tip_error=[formats.signed(language, value, element.digits, element.unit) for value in pairs["error"]],
        tip_valid=[formats.moment(language, at, zone) for at in pairs["valid_at"]],
        tip_issued=[formats.moment(language, at, zone) for at in pairs["issued_at"]],
    )
    tooltips = [
        ("tip_valid", say("valid")),
        ("tip_issued", say("issued")),
        ("tip_forecast", say("forecast_value")),
        ("tip_measured", say("observed_value")),
        ("tip_error", say("forecast_error")),
        ("station_id", say("station")),
    ]
    columns = ["forecast_value", "observed_value", *(column for column, _ in tooltips)]
    title = say("chart_dots", unit=element.unit, lead=data.lead_name(language, lead))
    axes = say("axis_forecast", unit=element.unit), say("axis_measured", unit=element.unit)
    chart = charts.dots_chart(drawn[columns], axes, tooltips, language)
    told = Told(drawn["error"], list(drawn["tip_valid"]), element.unit, element.digits, has_newest=False)
    _chart(context, about, title, chart, "dots", element, told)
    if len(pairs) < total:
        n, of = formats.number(language, len(pairs), 0), formats.number(language, total, 0)
        st.caption(say("dots_sampled", n=n, total=of))
    else:
        st.caption(say("dots_all", n=formats.number(language, total, 0)))


def _newest(context: Context, place: pd.Series | None, element: Element, selection: Selection | None) -> None:
    """The newest forecast of the place; with a `selection` of its pairs, how far off it may be."""
    say, language = context.say, context.language
    if place is None:
        st.info(say("newest_forecast_of_all"))
        return
    title = say("newest_forecast", place=place["location_name"], unit=element.unit)
    source = selection.source if selection else None
    forecast = context.ask(Repository.newest_forecast, str(place["location_id"]), source)
    scores = None
    if selection is not None:
        scores = context.ask(data.scores, replace(selection, month=ALL))
    drawn = data.with_likely_range(forecast, scores, element)
    has_range = bool(drawn["likely_low"].notna().any())

    def written(column: str) -> list[str]:
        return [formats.number(language, value, element.digits, element.unit) for value in drawn[column]]

    zone = context.zone_of(str(place["location_id"]))
    drawn["tip_valid"] = [formats.moment(language, at, zone) for at in drawn["valid_at"]]
    drawn["tip_value"] = written("value")
    tooltips = [("tip_valid", say("valid")), ("tip_value", say(element.key))]
    if has_range:
        drawn["tip_likely"] = [
            f"{low} … {high}" for low, high in zip(written("likely_low"), written("likely_high"), strict=True)
        ]
        tooltips.append(("tip_likely", say("likely")))
    if element.is_rain:
        drawn["tip_probability"] = [
            formats.number(language, share * 100, 0, "%") for share in drawn["precipitation_probability"]
        ]
        tooltips.append(("tip_probability", say("column_probability")))
    columns = ["valid_at", "value", "likely_low", "likely_high", *(column for column, _ in tooltips)]
    begins = drawn["valid_at"].min()
    drawn["valid_at"] = column_in_zone(drawn["valid_at"], zone)
    first, last = (formats.day(language, at) for at in (drawn["valid_at"].min(), drawn["valid_at"].max()))
    about = About(
        place=str(place["location_name"]),
        period=f"{say('span', first=first, last=last)} ({offset(begins, zone)})",
        source=context.sources.attribution(language, [str(forecast["source"].iloc[0])]),
        file=exports.file_name(str(place["location_id"]), element.key),
        published=context.publication.published_at,
    )
    told = Told(drawn["value"], list(drawn["tip_valid"]), element.unit, element.digits, has_newest=False)
    drawing = charts.newest_chart(drawn[columns], element, tooltips, language)
    _chart(context, about, title, drawing, "newest", element, told)
    issued = forecast["issued_at"].iloc[0]
    kind = "rain" if element.is_rain else "issued" if has_range else "plain"
    age = formats.age(language, context.now - issued)
    st.caption(say(f"newest_forecast_{kind}", moment=formats.moment(language, issued, zone), age=age))


def _tables(context: Context, selection: Selection, found: pd.DataFrame, pairs: pd.DataFrame, lead: int) -> None:
    say, language, element = context.say, context.language, selection.element
    stations = context.ask(Repository.forecast_stations, *selection.pairs_key)
    nearest = stations.iloc[0]
    if len(stations) == 1:
        st.markdown(
            say(
                "measured_by",
                station=nearest["station_name"],
                distance=formats.number(language, nearest["distance_km"], 1),
                altitude=data.altitude_words(language, nearest["altitude_difference_m"]),
                gap=data.gap_words(language, nearest["gap_minutes_max"]),
            )
        )
    else:
        furthest = formats.number(language, stations["distance_km"].max(), 1)
        st.markdown(say("measured_by_many", n=len(stations), distance=furthest))
    name = [selection.location_id, element.key, selection.month]
    digits = element.digits + 1
    scores: dict[str, Column] = {
        "lead_bucket_hours": (say("column_lead"), 0),
        "pair_count": (say("pairs"), 0),
        **{key: (say(key), digits) for key in ("mae", "bias", "rmse")},
        "error_p10": (say("column_p10"), digits),
        "error_p90": (say("column_p90"), digits),
        **{key: (say(key), 2) for key in ("skill_persistence", "skill_climatology", *data.EVENT_SCORES)},
        "brier": (say("brier"), 3),
    }
    file = exports.file_name("scores", selection.source, *name)
    saved = element.named(found.drop(columns="is_enough"))
    folded_table(context, found, scores, "scores", say("table_scores"), file, saved=saved)
    drawn: dict[str, Column] = {
        "valid_at": (say("valid"), None),
        "issued_at": (say("issued"), None),
        "location_id": (say("place"), None),
        "forecast_value": (say("axis_forecast", unit=element.unit), digits),
        "observed_value": (say("axis_measured", unit=element.unit), digits),
        "error": (say("forecast_error"), digits),
        "forecast_probability": (say("column_probability"), 2),
        "station_id": (say("station"), None),
        "distance_km": (say("distance"), 1),
        "gap_minutes": (say("column_gap"), 0),
    }
    title = say("table_pairs")
    file = exports.file_name("pairs", selection.source, *name, f"{lead}h")
    saved, zone = element.named(pairs), _zone(context, selection)
    folded_table(context, pairs, drawn, "pairs", title, file, saved=saved, zone=zone)
    used: dict[str, Column] = {
        "location_name": (say("place"), None),
        "station": (say("station"), None),
        "distance_km": (say("distance"), 1),
        "altitude_difference_m": (say("altitude_difference"), 0),
        "gap_minutes_max": (say("gap"), 0),
        "pair_count": (say("pairs"), 0),
    }
    measured = stations.assign(station=stations["station_name"] + " (" + stations["station_id"] + ")")
    folded_table(context, measured, used, "stations", say("table_stations"))


page("forecasts", draw)
