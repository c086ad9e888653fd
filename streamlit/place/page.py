"""The page of a place's period, or of several places on the same axes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pandas as pd
import streamlit as st

from place import data, views
from place.data import Summary
from place.views import Shown
from repository import Repository
from shared import address, days, formats, places, tables
from shared.conditions import newest_observation
from shared.days import Extent, Period
from shared.figures import metric
from shared.frame import Context, page

DATE_FORMATS = {"day": "%Y-%m-%d", "month": "%Y-%m", "year": "%Y"}


def draw(context: Context) -> None:
    say = context.say
    locations = context.ask(Repository.locations)
    if locations.empty:
        st.info(say("state_empty"))
        return
    names = places.labels(locations, context.language)
    for unknown in places.unknown(address.wanted("station"), names):
        st.info(say("state_unknown_station", station=unknown))
    left, right = st.columns(2, vertical_alignment="bottom")
    with left:
        chosen = address.several(
            say("places"),
            "station",
            list(names),
            next(iter(names)),
            names.__getitem__,
            data.MOST_PLACES,
            say("places_help", n=data.MOST_PLACES),
            aliases=places.aliases(names, context.ask(places.other_names_of)),
        )
    with right:
        period_key = address.segments(
            say("period"),
            "period",
            days.PERIODS,
            days.DEFAULT_PERIOD,
            lambda key: say(f"period_{key}"),
            hint=say("period_help"),
        )
    _latest(context, locations, chosen)
    found = context.ask(data.extents, tuple(chosen))
    short = locations.set_index("location_id")["location_name"]
    for location_id in chosen:
        if all(extent.location_id != location_id for extent in found):
            st.info(say("state_no_daily", station=short[location_id]))
    if not found:
        return
    extents = _source(context, found, chosen)
    period = _period(context, period_key, extents)
    if period.first > period.last:
        st.info(say("state_reversed"))
        return
    context.heading.name(
        context.say(
            "place_heading",
            places=places.listed(context.language, [str(short[extent.location_id]) for extent in extents]),
            span=days.span(context.language, period),
        )
    )
    _shown(context, extents, period, short)


def _shown(context: Context, extents: list[Extent], period: Period, short: pd.Series) -> None:
    """The figures, charts and files of a period that does not end before it begins."""
    every = tuple(extent.series for extent in extents)
    summaries = context.ask(data.summaries, every, period)
    series = tuple((summary.location_id, summary.source) for summary in summaries)
    for extent in extents:
        if extent.series not in series:
            _nothing(context, extent, period, short[extent.location_id])
    if not series:
        return
    grain = data.grain_of(period, len(series))
    rows = context.ask(data.weather, series, period, grain)
    shown = Shown(series, places.series_names(series, short), period, grain, rows, summaries)
    _summary(context, shown)
    views.draw(context, shown)
    _downloads(context, shown)


def _nothing(context: Context, extent: Extent, period: Period, name: str) -> None:
    first, last, begin, end = (
        formats.day(context.language, day) for day in (period.first, period.last, extent.first, extent.last)
    )
    st.info(context.say("state_no_period", station=name, first=first, last=last, begin=begin, end=end))


def _latest(context: Context, locations: pd.DataFrame, chosen: Sequence[str]) -> None:
    """Each place's newest observation in a line, and a warning when it has fallen silent."""
    say, language, number = context.say, context.language, formats.number
    lines: list[str] = []
    silent: list[str] = []
    altitudes = locations.set_index("location_id")["altitude_m"]
    for _, row in (
        context.conditions.set_index("location_id", drop=False).reindex(chosen).dropna(subset=["source"]).iterrows()
    ):
        parts = [
            f"**{number(language, row['temperature_c'], 1, '°C')}**",
            context.blowing(row["wind_speed_ms"], row["wind_direction_deg"]),
            number(language, row["pressure_sea_level_hpa"], 0, "hPa"),
            number(language, row["relative_humidity_pct"], 0, "%"),
        ]
        condition = row[f"condition_name_{language}"]
        if pd.notna(condition):
            parts.append(str(condition))
        altitude = altitudes[row["location_id"]]
        if pd.notna(altitude):
            parts.append(say("at_altitude", altitude=number(language, altitude, 0)))
        age = formats.age(language, context.now - row["observed_at"])
        measured = " · ".join(part for part in parts if "–" not in part)
        # Among several, whose it is.
        whose = f"**{row['location_name']}** – " if len(chosen) > 1 else ""
        source = context.sources.name(language, row["source"])
        moment = formats.moment(language, row["observed_at"], context.zone_of(row["location_id"]))
        lines.append(whose + say("last_observed", age=age, moment=moment, conditions=measured, source=source))
        if row["is_silent"]:
            of_source = context.conditions[context.conditions["source"] == row["source"]]
            newest = formats.moment(language, newest_observation(of_source), context.zone_of(row["location_id"]))
            silent.append(say("state_stale", station=row["location_name"], age=age, newest=newest))
    st.markdown("  \n".join(lines))
    for sentence in silent:
        st.warning(sentence)


def _source(context: Context, found: list[Extent], chosen: Sequence[str]) -> list[Extent]:
    """Whose figures: asked only where a place has them from more than one source."""
    sources = data.sources_of(found)
    if len(found) == len({extent.location_id for extent in found}):
        address.forget("source")
        return data.of_source(found, chosen, sources[0])
    label, hint = context.say("source_choice"), context.say("source_help")
    return data.of_source(
        found,
        chosen,
        address.select(
            label, "source", sources, sources[0], partial(context.sources.name, context.language), hint=hint
        ),
    )


def _period(context: Context, key: str, extents: list[Extent]) -> Period:
    if key != "custom":
        address.forget("from", "to")
        return days.period_of(key, extents)
    default = days.period_of(days.DEFAULT_PERIOD, extents)
    with st.container(horizontal=True):
        first = address.day(context.say("from"), "from", default.first)
        last = address.day(context.say("to"), "to", default.last)
    return Period(first, last)


def _summary(context: Context, shown: Shown) -> None:
    say, language, period, summaries = context.say, context.language, shown.period, shown.summaries
    if len(summaries) == 1:
        _figures(context, summaries[0], period)
    else:
        _comparison(context, shown)
    span = days.span(language, period)
    sources = context.sources.attribution(language, [source for _, source in shown.series])
    sentences = [f"{span[0].upper()}{span[1:]}."]
    if shown.grain != "day":
        sentences.append(say(f"grain_{shown.grain}"))
    sentences += [
        say(
            "incomplete",
            temperature=sum(each.incomplete_temperature_days for each in summaries),
            rain=sum(each.incomplete_precipitation_days for each in summaries),
        ),
        say("source", source=f"{sources}."),
    ]
    st.caption(" ".join(sentences))


def _figures(context: Context, summary: Summary, period: Period) -> None:
    """One place's period, large."""
    say, language = context.say, context.language

    def figure(label: str, value: str, note: str) -> None:
        metric(say(label), value, note)

    with st.container(horizontal=True, gap="small"):
        for label, dated in (("lowest", summary.lowest), ("highest", summary.highest)):
            if dated is not None:
                figure(label, formats.number(language, dated.value, 1, "°C"), formats.day(language, dated.on))
        if summary.gust is not None:
            figure("strongest_gust", context.speed(summary.gust.value), formats.day(language, summary.gust.on))
        if summary.temperature_mean_c is not None:
            note = say("mean_of_days", n=summary.temperature_day_count)
            figure("mean", formats.number(language, summary.temperature_mean_c, 1, "°C"), note)
        total = summary.precipitation_total_mm
        if total is not None:
            note = say("rain_days", n=summary.rain_day_count)
            figure("total_rain", formats.number(language, total, 1 if total < 1000 else 0, "mm"), note)
        note = say("days_of", n=summary.day_count, total=period.day_count)
        figure("observation_count", formats.number(language, summary.observation_count, 0), note)


def _comparison(context: Context, shown: Shown) -> None:
    """A line for each place."""
    say, language, number, summaries = context.say, context.language, formats.number, shown.summaries

    def value(dated: data.Dated | None) -> str:
        return number(language, None if dated is None else dated.value, 1)

    table = pd.DataFrame(
        {
            say("place"): shown.names,
            f"{say('lowest')} (°C)": [value(each.lowest) for each in summaries],
            f"{say('highest')} (°C)": [value(each.highest) for each in summaries],
            f"{say('mean')} (°C)": [number(language, each.temperature_mean_c, 1) for each in summaries],
            f"{say('total_rain')} (mm)": [number(language, each.precipitation_total_mm, 1) for each in summaries],
            say("rain_days_heading"): [
                number(language, each.rain_day_count if each.precipitation_day_count else None, 0) for each in summaries
            ],
            say("strongest_gust"): [context.speed(each.gust.value if each.gust else None) for each in summaries],
            say("days_heading", total=shown.period.day_count): [str(each.day_count) for each in summaries],
        }
    )
    st.table(table.set_index(say("place")))


def _downloads(context: Context, shown: Shown) -> None:
    say = context.say
    tables.shown(
        context,
        shown.rows,
        partial(_table, context, shown),
        data.file_name(shown.series, shown.period, shown.grain),
        title=say(f"table_{shown.grain}"),
    )
    with st.expander(say("method")):
        st.markdown(say("definitions"))


def _table(context: Context, shown: Shown) -> object:
    say, language, rows = context.say, context.language, shown.rows
    figures = {
        f"{say('minimum')} (°C)": ("temperature_min_c", 1),
        f"{say('maximum')} (°C)": ("temperature_max_c", 1),
        f"{say('mean')} (°C)": ("temperature_mean_c", 1),
        f"{say('rain')} (mm)": ("precipitation_mm", 1),
        f"{say('wind_mean')} ({context.wind.symbol})": ("wind_speed_mean_ms", context.wind.digits),
        f"{say('gust')} ({context.wind.symbol})": ("wind_gust_max_ms", context.wind.digits),
        f"{say('pressure')} (hPa)": ("pressure_sea_level_mean_hpa", 1),
        f"{say('humidity')} (%)": ("relative_humidity_mean_pct", 0),
        say("observation_count"): ("observation_count", 0),
    }
    table = pd.DataFrame({say(shown.grain): rows["weather_date"].dt.strftime(DATE_FORMATS[shown.grain])})
    if len(shown.series) > 1:
        table.insert(0, say("place"), shown.place_of(rows))
    for heading, (column, _) in figures.items():
        table[heading] = rows[column] * (context.wind.per_ms if column.startswith("wind") else 1)
    if shown.grain == "day":
        table[say("direction")] = [formats.compass(language, degrees) for degrees in rows["wind_direction_deg"]]
        table[say("trace")] = rows["is_trace"]
    else:
        table[say("days")] = rows["day_count"]
    table[say("complete_temperature")] = rows["is_temperature_complete"]
    table[say("complete_rain")] = rows["is_precipitation_complete"]
    return tables.styled(context, table, {heading: digits for heading, (_, digits) in figures.items()})


page("place", draw)
