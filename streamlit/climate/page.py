"""The page of a place's climate."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pandas as pd
import streamlit as st

from climate import charts, data, events
from climate.data import Series, Standing
from climate.events import Event
from repository import Repository
from shared import address, exports, formats, tables
from shared.figures import choose_series, metric
from shared.frame import PAGES, Context, page
from shared.pictures import About, Told, shown
from shared.translations import MONTHS

PLACE = PAGES["place"]
OF_A_VIEW = {
    "normals": ("reference",),
    "anomalies": ("element",),
    "days": ("measure",),
    "records": ("season",),
    "events": ("scope", "event"),
}
"""The parameters of the address that mean something in one view only."""


def draw(context: Context) -> None:
    found = context.ask(data.series)
    if not found:
        st.info(context.say("state_no_climate"))
        return
    series = choose_series(
        context,
        found,
        data.longest(found),
        partial(_described, context),
        lambda wanted: context.say("state_unknown_station", station=wanted),
    )
    months = context.ask(Repository.climate_months, series.location_id, series.source)
    years = data.years(months)
    first, last = years["year"].iloc[0], years["year"].iloc[-1]
    about = About(
        place=series.location_name,
        period=f"{first}–{last}",
        source=context.sources.attribution(context.language, [series.source]),
        file=exports.file_name(series.location_id, series.source),
        published=context.publication.published_at,
    )
    context.heading.name(context.say("heading_climate", place=about.place, period=about.period))
    _stripes(context, series, about, months, years)
    _head(context, months, years)
    view = address.segments(
        context.say("climate_view"), "view", data.VIEWS, data.VIEWS[0], lambda key: context.say(f"view_{key}")
    )
    for other, parameters in OF_A_VIEW.items():
        if other != view:
            address.forget(*parameters)
    if view == "normals":
        _normals(context, series, about)
    elif view == "anomalies":
        _anomalies(context, series, about, months, years)
    elif view == "days":
        _days(context, series, about, months)
    elif view == "records":
        _records(context, series, about)
    else:
        _events(context, series, about)


def _described(context: Context, series: Series) -> str:
    return context.say(
        "source_months",
        source=context.sources.name(context.language, series.source),
        n=series.complete_month_count,
        first=series.first.year,
        last=series.last.year,
    )


def _signed(language: str, value: float | None, digits: int, unit: str) -> str:
    written = formats.number(language, value, digits, unit)
    return f"+{written}" if value is not None and pd.notna(value) and round(value, digits) > 0 else written


def _month(language: str, first: pd.Timestamp) -> str:
    return f"{MONTHS[language][first.month - 1]} {first.year}"


def _head(context: Context, months: pd.DataFrame, years: pd.DataFrame) -> None:
    """How the newest month stands, the warmest and the coldest year, how much there is."""
    say, language = context.say, context.language

    def figure(label: str, standing: Standing, note: str, alone: str) -> None:
        anomaly = _signed(language, standing.anomaly, 1, "°C")
        metric(
            label,
            formats.number(language, standing.value, 1, "°C"),
            say(alone if standing.anomaly is None else note, anomaly=anomaly, rank=standing.rank, of=standing.of),
            explanation=say("climate_head_help"),
        )

    with st.container(horizontal=True, gap="small"):
        month = data.latest_month(months)
        if month is not None:
            figure(
                say("latest_month", month=_month(language, pd.Timestamp(month.on))), month, "rank_month", "rank_alone"
            )
        for label, largest in (("warmest_year", True), ("coldest_year", False)):
            standing = data.extreme_year(years, largest=largest)
            if standing is not None:
                figure(say(label, year=standing.on.year), standing, "of_complete_years", "of_complete_alone")
        complete = int(years["temperature_mean_c"].notna().sum())
        span = say("years_of", total=len(years), first=years["year"].iloc[0], last=years["year"].iloc[-1])
        metric(say("complete_years"), str(complete), span)


def _references(context: Context, months: pd.DataFrame, element: str) -> str:
    """The reference of the anomalies by name; all of them where months of the year differ."""
    names = [data.reference_name(context.language, reference) for reference in data.anomaly_references(months, element)]
    return " / ".join(names)


def _stripes(context: Context, series: Series, about: About, months: pd.DataFrame, years: pd.DataFrame) -> None:
    say, language, place = context.say, context.language, series.location_name
    references = _references(context, months, "temperature")
    if not references:
        known = context.ask(Repository.climate_normals, series.location_id, series.source)[
            "temperature_mean_year_count"
        ].max()
        st.info(say("state_no_reference", place=place, n=0 if pd.isna(known) else int(known)))
        return
    coloured = int(years["temperature_anomaly_c"].notna().sum())
    if not coloured:
        st.info(say("state_no_complete_year", place=place))
        return
    drawn = years.assign(
        tip_anomaly=[
            say("not_complete_year") if pd.isna(value) else _signed(language, value, 2, "°C")
            for value in years["temperature_anomaly_c"]
        ],
        tip_mean=[formats.number(language, value, 1, "°C") for value in years["temperature_mean_c"]],
        tip_months=[say("sample_months", n=count) for count in years["temperature_month_count"]],
    )
    tooltips = [
        ("year", say("year")),
        ("tip_anomaly", say("anomaly")),
        ("tip_mean", say("mean")),
        ("tip_months", say("sample")),
    ]
    shown(
        context,
        about,
        say("stripes_title", reference=references),
        charts.stripes(drawn, tooltips, language),
        "stripes",
        Told(years["temperature_anomaly_c"], [str(year) for year in years["year"]], "°C", digits=2),
        alt=say("stripes_alt", place=place, first=about.period[:4], last=about.period[-4:], reference=references),
    )
    basis = say("stripes_basis", complete=coloured, total=len(years))
    st.caption(basis + _several(context, references))


def _several(context: Context, references: str) -> str:
    return f" {context.say('several_references', references=references)}" if " / " in references else ""


def _normals(context: Context, series: Series, about: About) -> None:
    say, language, place = context.say, context.language, series.location_name
    rows = context.ask(Repository.climate_normals, series.location_id, series.source)
    if rows.empty:
        st.info(say("state_no_normals", place=place))
        return
    options = data.references(rows)
    reference = options[0]
    if len(options) > 1:
        reference = address.segments(
            say("reference"), "reference", options, reference, partial(data.reference_name, language)
        )
    else:
        address.forget("reference")
    of_reference = replace(about, period=data.reference_name(language, reference))
    normals = data.normals_of(rows, reference)
    number = partial(formats.number, language)
    drawn = normals.assign(
        month_name=[MONTHS[language][n - 1] for n in normals["month_number"]],
        written_min=[number(v, 0) for v in normals["temperature_min_normal_c"]],
        written_max=[number(v, 0) for v in normals["temperature_max_normal_c"]],
        tip_min=[number(v, 1, "°C") for v in normals["temperature_min_normal_c"]],
        tip_mean=[number(v, 1, "°C") for v in normals["temperature_mean_normal_c"]],
        tip_max=[number(v, 1, "°C") for v in normals["temperature_max_normal_c"]],
        tip_rain=[number(v, 0, "mm") for v in normals["precipitation_normal_mm"]],
        tip_spread=[
            f"{number(low, 0)} – {number(high, 0, 'mm')}"
            for low, high in zip(normals["precipitation_p20_mm"], normals["precipitation_p80_mm"], strict=True)
        ],
        tip_years=[number(v, 0) for v in normals["temperature_mean_year_count"]],
        tip_rain_years=[number(v, 0) for v in normals["precipitation_year_count"]],
    )
    month = ("month_name", say("month"))
    temperature = [
        month,
        ("tip_min", say("mean_minimum")),
        ("tip_mean", say("mean")),
        ("tip_max", say("mean_maximum")),
        ("tip_years", say("year_count")),
    ]
    rain = [
        month,
        ("tip_rain", say("mean")),
        ("tip_spread", say("six_in_ten")),
        ("tip_rain_years", say("year_count")),
    ]
    for title, column, draw_chart, tooltips in (
        ("normals_temperature", "temperature_mean_normal_c", charts.normal_temperature, temperature),
        ("normals_precipitation", "precipitation_normal_mm", charts.normal_rain, rain),
    ):
        if drawn[column].notna().any():
            unit, count = ("mm", 0) if column.endswith("_mm") else ("°C", 1)
            told = Told(drawn[column], list(drawn["month_name"]), unit, count, has_newest=False)
            shown(context, of_reference, say(title), draw_chart(drawn, tooltips, language), title, told)
        else:
            st.markdown(f"**{say(title)}**")
            st.caption(say("no_measure_in_period"))
    counts, wet = normals["temperature_mean_year_count"].fillna(0), normals["precipitation_year_count"].fillna(0)
    named = data.reference_name(language, reference)
    basis = say(
        "normals_basis",
        reference=named[0].upper() + named[1:],
        least=int(counts.min()),
        most=int(counts.max()),
        least_rain=int(wet.min()),
        most_rain=int(wet.max()),
    )
    is_young = not normals["is_temperature_established"].eq(True).any()
    st.caption(f"{basis} {say('normals_young')}" if is_young else basis)
    columns = {
        f"{say('mean_minimum')} (°C)": ("temperature_min_normal_c", 1),
        f"{say('mean')} (°C)": ("temperature_mean_normal_c", 1),
        f"{say('mean_maximum')} (°C)": ("temperature_max_normal_c", 1),
        say("temperature_years"): ("temperature_mean_year_count", 0),
        f"{say('rain')} (mm)": ("precipitation_normal_mm", 1),
        f"{say('rain')}, 20 % (mm)": ("precipitation_p20_mm", 1),
        f"{say('rain')}, 80 % (mm)": ("precipitation_p80_mm", 1),
        say("rain_years"): ("precipitation_year_count", 0),
    }
    _table(context, series, normals, {say("month"): drawn["month_name"]}, columns, f"normals_{reference}")


def _table(
    context: Context,
    series: Series,
    rows: pd.DataFrame,
    first: dict[str, pd.Series],
    columns: dict[str, tuple[str, int]],
    name: str,
) -> None:
    """The table of `rows` under the heading of each column, and the files of the same rows."""
    table = pd.DataFrame({**first, **{heading: rows[column] for heading, (column, _) in columns.items()}})
    digits = {heading: count for heading, (_, count) in columns.items()}
    file = exports.file_name(series.location_id, series.source, name.replace(" ", "-"))
    tables.shown(context, rows, partial(tables.styled, context, table, digits), file)


def _anomalies(context: Context, series: Series, about: About, months: pd.DataFrame, years: pd.DataFrame) -> None:
    say, language, place = context.say, context.language, series.location_name
    element = address.segments(
        say("element"), "element", data.ELEMENTS, data.ELEMENTS[0], lambda key: say(f"element_{key}")
    )
    references = _references(context, months, element)
    if not references:
        st.info(say("state_no_anomaly", place=place))
        return
    is_temperature = element == "temperature"
    by_month, by_year, value, expected, unit, digits, limit = (
        (
            "temperature_mean_anomaly_c",
            "temperature_anomaly_c",
            "temperature_mean_c",
            "temperature_mean_normal_c",
            "°C",
            1,
            charts.MONTH_LIMIT_C,
        )
        if is_temperature
        else (
            "precipitation_anomaly_pct",
            "precipitation_anomaly_pct",
            "precipitation_total_mm",
            "precipitation_normal_mm",
            "%",
            0,
            charts.RAIN_LIMIT_PCT,
        )
    )
    value_unit = "°C" if is_temperature else "mm"
    drawn_years = years.assign(
        tip_anomaly=[
            say("not_complete_year") if pd.isna(v) else _signed(language, v, digits, unit) for v in years[by_year]
        ],
        tip_value=[formats.number(language, v, digits, value_unit) for v in years[value]],
        tip_months=[say("sample_months", n=count) for count in years[f"{element}_month_count"]],
    )
    anomaly, figure = ("tip_anomaly", say("anomaly")), ("tip_value", say("mean" if is_temperature else "rain"))
    if years[by_year].notna().any():
        tooltips = [("year", say("year")), anomaly, figure, ("tip_months", say("months_complete"))]
        title = say(f"anomalies_years_{element}", reference=references)
        told = Told(years[by_year], [str(year) for year in years["year"]], unit, digits)
        drawing = charts.anomaly_bars(drawn_years, by_year, tooltips, language)
        shown(context, about, title, drawing, "anomaly_years", told)
    months = data.on_calendar(months)
    drawn_months = months.assign(
        year=months["month_start_date"].dt.year,
        month_name=[MONTHS[language][n - 1] for n in months["month_start_date"].dt.month],
        tip_month=[_month(language, first) for first in months["month_start_date"]],
        tip_anomaly=[say("no_figure") if pd.isna(v) else _signed(language, v, digits, unit) for v in months[by_month]],
        tip_value=[formats.number(language, v, digits, value_unit) for v in months[value]],
        tip_expected=[formats.number(language, v, digits, value_unit) for v in months[expected]],
    )
    tooltips = [("tip_month", say("month")), anomaly, figure, ("tip_expected", say("expected"))]
    title = say(f"anomalies_months_{element}")
    told = Told(drawn_months[by_month], list(drawn_months["tip_month"]), unit, digits)
    drawing = charts.anomaly_months(drawn_months, by_month, tooltips, language)
    shown(context, about, title, drawing, f"anomalies_{element}", told)
    note = say("anomalies_note", limit=f"±{formats.number(language, limit, 0, unit)}")
    st.caption(note + _several(context, references))
    rows = months[
        [
            "month_start_date",
            "location_id",
            "source",
            value,
            expected,
            by_month,
            "reference_period",
            f"{'temperature_mean' if is_temperature else 'precipitation'}_year_count",
            f"is_{element}_complete",
        ]
    ].iloc[::-1]
    columns = {
        f"{say('mean' if is_temperature else 'rain')} ({value_unit})": (value, 1),
        f"{say('expected')} ({value_unit})": (expected, 1),
        f"{say('anomaly')} ({unit})": (by_month, digits),
        say("year_count"): (f"{'temperature_mean' if is_temperature else 'precipitation'}_year_count", 0),
    }
    named = drawn_months["tip_month"].iloc[::-1]
    _table(context, series, rows, {say("month"): named}, columns, f"anomalies_{element}")


def _days(context: Context, series: Series, about: About, months: pd.DataFrame) -> None:
    say, language, place = context.say, context.language, series.location_name
    options = list(data.MEASURES)
    key = address.segments(say("measure"), "measure", options, options[0], lambda name: say(f"measure_{name}"))
    table = data.by_year(months, data.MEASURES[key])
    if table["value"].isna().all():
        st.info(say("state_no_measure_by_year", place=place))
        return
    number = partial(formats.number, language)
    sample = [
        say("sample_days", n=int(days), total=total) if pd.notna(days) else say("sample_months", n=count)
        for days, total, count in zip(
            table["day_count"], table["calendar_day_count"], table["month_count"], strict=True
        )
    ]
    drawn = table.assign(tip_value=[number(v, 0) for v in table["value"]], tip_sample=sample)
    complete = table.loc[table["is_complete"], "value"]
    mean = float(complete.mean()) if len(complete) else None
    tooltips = [("year", say("year")), ("tip_value", say(f"measure_{key}")), ("tip_sample", say("sample"))]
    drawing = charts.by_year(drawn, key, mean, tooltips, language)
    told = Told(table["value"], [str(year) for year in table["year"]], "", 0)
    shown(context, about, say(f"by_year_{key}"), drawing, f"by_year_{key}", told)
    note = (
        say("by_year_none_complete")
        if mean is None
        else say("by_year_note", n=len(complete), mean=number(mean, 1 if mean < 100 else 0))
    )
    st.caption(note)
    rows = table.assign(location_id=series.location_id, source=series.source, measure=data.MEASURES[key].column)
    first = {say("year"): table["year"].astype(str)}
    written = pd.DataFrame(
        {
            **first,
            say(f"measure_{key}"): table["value"],
            say("sample"): sample,
            say("complete"): table["is_complete"],
        }
    )
    tables.shown(
        context,
        rows,
        partial(tables.styled, context, written, {say(f"measure_{key}"): 0}),
        exports.file_name(series.location_id, series.source, key),
    )


def _records(context: Context, series: Series, about: About) -> None:
    say, language, place = context.say, context.language, series.location_name
    season = address.select(
        say("season"),
        "season",
        data.SEASONS,
        data.WHOLE_YEAR,
        lambda key: say("season_all") if key == data.WHOLE_YEAR else MONTHS[language][int(key) - 1],
    )
    records = context.ask(Repository.weather_records, series.location_id, series.source)
    rows = data.records_of(records, season)
    if rows.empty:
        st.info(say("state_no_records", place=place))
    else:
        _record_table(context, series, rows, season)
    normals = context.ask(Repository.climate_normals, series.location_id, series.source)
    names = data.references(normals) if not normals.empty else []
    if not names:
        return
    table = data.record_range(records, data.normals_of(normals, names[0]))
    if table[["lowest_c", "highest_c"]].isna().all(axis=None):
        return
    number = partial(formats.number, language)

    def dated(value: float, on: pd.Timestamp) -> str:
        return "–" if pd.isna(value) else f"{number(value, 1, '°C')} ({formats.day(language, on)})"

    drawn = table.assign(
        month_name=[MONTHS[language][n - 1] for n in table["month_number"]],
        written_highest=[number(v, 0) for v in table["highest_c"]],
        written_lowest=[number(v, 0) for v in table["lowest_c"]],
        tip_highest=[dated(v, d) for v, d in zip(table["highest_c"], table["highest_date"], strict=True)],
        tip_lowest=[dated(v, d) for v, d in zip(table["lowest_c"], table["lowest_date"], strict=True)],
        tip_usual=[
            f"{number(low, 1)} – {number(high, 1, '°C')}"
            for low, high in zip(table["temperature_min_normal_c"], table["temperature_max_normal_c"], strict=True)
        ],
    )
    tooltips = [
        ("month_name", say("month")),
        ("tip_highest", say("record_highest")),
        ("tip_lowest", say("record_lowest")),
        ("tip_usual", say("usual_range")),
    ]
    drawing = charts.record_range(drawn, tooltips, language)
    extremes = pd.concat([table["lowest_c"], table["highest_c"]])
    told = Told(extremes, [*drawn["month_name"], *drawn["month_name"]], "°C", has_newest=False)
    shown(context, about, say("record_range_title"), drawing, "record_range", told)
    st.caption(say("usual_range_is", reference=data.reference_name(language, names[0])))


def _record_table(context: Context, series: Series, rows: pd.DataFrame, season: str) -> None:
    """The records written with their units: each row has its own."""
    say, language = context.say, context.language

    def written(element: str, value: float, bound: str = "") -> str:
        unit, digits = data.RECORD_UNITS[element]
        if unit == "m/s":
            return bound + context.speed(value)
        return bound + formats.number(language, value, digits, unit)

    def when(element: str, on: pd.Timestamp) -> str:
        if pd.isna(on):
            return "–"
        return _month(language, on) if "monthly" in element else formats.day(language, on)

    bounds = [
        "" if complete is None or pd.isna(complete) or complete else ("≥ " if "highest" in element else "≤ ")
        for element, complete in zip(rows["element"], rows["is_complete"], strict=True)
    ]
    elements = list(rows["element"])
    table = pd.DataFrame(
        {
            say("record_element"): [say(f"record_{element}") for element in elements],
            say("record_value"): [
                written(e, v, b) for e, v, b in zip(elements, rows["record_value"], bounds, strict=True)
            ],
            say("record_date"): [when(e, d) for e, d in zip(elements, rows["recorded_date"], strict=True)],
            say("record_previous"): [written(e, v) for e, v in zip(elements, rows["previous_value"], strict=True)],
            say("record_previous_date"): [when(e, d) for e, d in zip(elements, rows["previous_date"], strict=True)],
            say("record_since"): [str(d.year) for d in rows["first_date"]],
            say("year_count"): rows["year_count"],
        }
    )
    st.dataframe(
        table,
        hide_index=True,
        key="records",
        alt=say("view_records"),
        column_config={say("record_element"): st.column_config.TextColumn(pinned=True)},
    )
    st.caption(say("record_note"))
    rows = data.records_in_unit(rows, context.wind)
    tables.buttons(context, rows, exports.file_name(series.location_id, series.source, "records", season))


def _events(context: Context, series: Series, about: About) -> None:
    say, language, place = context.say, context.language, series.location_name
    scope = address.segments(say("scope"), "scope", events.SCOPES, events.SCOPES[0], lambda key: say(f"scope_{key}"))
    location = series.location_id if scope == "place" else None
    rows = context.ask(Repository.weather_events, location)
    if rows.empty:
        address.forget("event")
        st.info(say(f"state_no_events_{scope}", place=place))
        _rules(context, scope)
        return
    rows = events.in_unit(rows, context.wind)
    found = events.events_of(rows, context.wind)
    named = {key: events.name(language, event) for key, event in found.items()}
    severities = [(key, say(f"severity_{key}")) for key in charts.SEVERITY]
    drawn = rows.assign(
        type=[say(f"event_{kind}") for kind in rows["event_type"]],
        severity_name=[say(f"severity_{severity}") for severity in rows["severity"]],
        tip_event=[named[key] for key in rows["event_id"]],
    )
    where = place if scope == "place" else say("scope_national")
    tooltips = [
        ("tip_event", say("event")),
        ("duration_days", say("event_days")),
        ("severity_name", say("event_severity")),
    ]
    columns = ["event_id", "start_date", "type", "duration_days", "severity_name", "tip_event"]
    about = replace(
        about,
        place=where,
        period=f"{rows['start_date'].min().year}–{rows['end_date'].max().year}",
        source=context.sources.attribution(language, [event.source for event in found.values()]),
        file=exports.file_name(location or "national"),
    )
    shown(
        context,
        about,
        say("event_timeline"),
        charts.timeline(drawn[columns], severities, tooltips, language),
        f"timeline_{location}",
        on_select=partial(_choose_event, f"timeline_{location}"),
        selection_mode="event",
    )
    chosen = address.select(say("event"), "event", list(named), next(iter(named)), named.__getitem__)
    _event(context, found[chosen], about)
    table = pd.DataFrame(
        {
            say("event_type"): drawn["type"],
            say("event_start"): rows["start_date"],
            say("event_end"): rows["end_date"],
            say("event_days"): rows["duration_days"],
            say("event_peak"): [
                formats.number(language, found[key].peak_value, found[key].digits, found[key].unit)
                for key in rows["event_id"]
            ],
            say("event_severity"): drawn["severity_name"],
            say("event_series"): [context.sources.name(language, found[key].source) for key in rows["event_id"]],
        }
    )
    name = exports.file_name(location or "national", "events")
    tables.shown(context, rows, partial(tables.styled, context, table, {}), name)
    _rules(context, scope)


def _choose_event(timeline: str) -> None:
    """A click on the timeline is a choice in the list below it.

    A callback, because the click stays selected: read on every run, it would undo what is then chosen from the list.
    """
    clicked = st.session_state[timeline]["selection"].get("event", [])
    if clicked:
        address.choose("event", clicked[0]["event_id"])


def _event(context: Context, event: Event, about: About) -> None:
    """The days of one event and around it, and the way to see them whole."""
    say, language = context.say, context.language
    days = context.ask(events.days_around, event)
    drawn = days.assign(
        tip_day=[formats.day(language, on) for on in days["weather_date"]],
        tip_value=[formats.number(language, v, event.digits, event.unit) for v in days["value"]],
    )
    tooltips = [("tip_day", say("day")), ("tip_value", say("record_value"))]
    about = replace(
        about, period=events.span(language, event), source=context.sources.attribution(language, [event.source])
    )
    notes = [events.edges(language, event)]
    if event.is_national:
        drawn["tip_stations"] = [formats.number(language, v, 0) for v in days["station_count"]]
        tooltips.append(("tip_stations", say("stations_told")))
        counts = days["station_count"].dropna()
        notes.append(
            say(
                "indicator_stations",
                indicator=say(f"indicator_{event.series}"),
                count=f"{int(counts.min())}–{int(counts.max())}" if counts.nunique() > 1 else int(counts.max()),
                full=int(days["full_station_count"].max()),
            )
        )
    title = say("event_days_title", element=say(f"event_element_{event.column}", unit=event.unit))
    drawing = charts.event_days(drawn, event.column, event.event_type, tooltips, language)
    told = Told(days["value"], list(drawn["tip_day"]), event.unit, event.digits, has_newest=False)
    shown(context, about, title, drawing, "event_days", told)
    if any(notes):
        st.caption(" ".join(note for note in notes if note))
    if event.location_id is not None and event.location_id in set(context.conditions["location_id"]):
        st.page_link(
            PLACE,
            label=say("event_open"),
            icon=":material/open_in_new:",
            query_params={
                **address.kept(),
                "station": event.location_id,
                "source": event.series,
                "period": "custom",
                "from": event.start.isoformat(),
                "to": event.end.isoformat(),
            },
        )


def _rules(context: Context, scope: str) -> None:
    rules = events.RULES[scope]
    with st.expander(context.say("event_method")):
        lines = [*(context.say(f"rule_{rule}") for rule in rules), context.say("rule_limits")]
        st.markdown("\n".join(f"- {line}" for line in lines))


page("climate", draw)
