"""The page of figures to decide by: degree days, frost and rain of a season, reports beyond a threshold."""

from __future__ import annotations

from dataclasses import replace
from datetime import tzinfo
from functools import partial

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from decide import charts, data
from decide.data import Accumulation, Comparison, DailySeries
from repository import Repository
from shared import address, days, exports, formats, tables
from shared.days import Extent, Period
from shared.figures import choose_series, metric
from shared.frame import Context, page
from shared.pictures import About, Told, shown
from shared.translations import MONTHS

PERIODS = ("30d", "90d", "1y", "all")
DEFAULT_PERIOD = "1y"
HEADLINE_SHARE = 0.5
"""Of the season's days that another season must know, too, for the comparison to be the headline."""
SAME_BELOW_PCT = 0.5
"""A difference that rounds to 0 % is none."""


def draw(context: Context) -> None:
    say = context.say
    found = context.ask(data.series)
    if not found:
        st.info(say("state_no_days"))
        return
    answer = st.container()  # above what it is chosen with
    left, right = st.columns(2, vertical_alignment="bottom")
    with left:
        use = address.segments(say("use"), "use", data.USES, data.USES[0], lambda key: say(f"use_{key}"))
    is_outdoor = use == "outdoor"
    if is_outdoor and not any(s.has_reports for s in found):
        st.info(say("state_no_reports"))
        return
    series = _series(context, found, with_reports=is_outdoor)
    figures = data.FIGURES[use]
    with right:
        figure = address.segments(say("figure"), "figure", figures, figures[0], lambda key: say(f"figure_{key}"))
    if is_outdoor:
        address.forget("begins", "season")
        _outdoor(context, series, figure, answer)
    else:
        address.forget("period")
        _season(context, series, figure, answer)
    source = context.sources.attribution(context.language, [series.source])
    published = say("decide_published", moment=formats.moment(context.language, context.publication.published_at))
    st.caption(f"{say('source', source=source)}. {published}")
    with st.container(key="screen_only"):
        st.caption(say("print_hint"))


def _series(context: Context, found: list[DailySeries], *, with_reports: bool) -> DailySeries:
    """The place and its source; only those with reports where these are counted."""
    say = context.say
    eligible = [s for s in found if s.has_reports] if with_reports else found

    def described(series: DailySeries) -> str:
        return f"{context.sources.name(context.language, series.source)} · {series.first.year}–{series.last.year}"

    def why_absent(wanted: str) -> str:
        daily = next((s.location_name for s in found if s.location_id == wanted), None)
        return say("state_unknown_station", station=wanted) if daily is None else say("state_daily_only", place=daily)

    longest = max(eligible, key=lambda s: s.complete_day_count)
    return choose_series(context, eligible, longest, described, why_absent)


def _threshold(context: Context, figure: str, label: str) -> float:
    """Where the reader puts the threshold. Each figure has its own, so that one does not carry over to the next."""
    offered = data.THRESHOLDS[figure].in_unit(context.wind)
    for other in data.THRESHOLDS:
        if other != figure:
            address.forget(f"at_{other}")
    return address.number(
        context.say(label),
        f"at_{figure}",
        offered.default,
        offered.bounds,
        offered.step,
        offered.unit,
        per_unit=offered.per_unit,
    )


def _written_threshold(context: Context, figure: str, threshold: float) -> str:
    offered = data.THRESHOLDS[figure].in_unit(context.wind)
    shown = round(threshold * offered.per_unit, 1)
    return formats.number(context.language, shown, 0 if shown == round(shown) else 1, offered.unit)


def _about(context: Context, series: DailySeries, basis: str, span: str) -> About:
    """What the figures are of; the title of the page says it too."""
    context.heading.name(context.say("heading_decide", basis=basis, place=series.location_name, span=span))
    source = context.sources.attribution(context.language, [series.source])
    return About(
        place=series.location_name,
        period=span,
        source=source,
        file=exports.file_name(series.location_id, series.source),
        published=context.publication.published_at,
    )


# --- seasons


def _season(context: Context, series: DailySeries, figure: str, answer: DeltaGenerator) -> None:
    say, language, place = context.say, context.language, series.location_name
    table = context.ask(Repository.decision_days, series.location_id, series.source)
    has_threshold = figure in data.THRESHOLDS
    cells = iter(st.columns(3 if has_threshold else 2, vertical_alignment="bottom"))
    threshold = 0.0
    if has_threshold:
        with next(cells):
            threshold = _threshold(context, figure, f"threshold_{figure}")
    else:
        address.forget(*(f"at_{other}" for other in data.THRESHOLDS))
    with next(cells):
        numbers = [str(number) for number in range(1, 13)]
        default = str(data.BEGINS[figure])
        begins = int(
            address.select(say("begins"), "begins", numbers, default, lambda key: MONTHS[language][int(key) - 1])
        )
    values = data.daily_values(table, figure, threshold)
    with next(cells):
        options = [str(season) for season in data.seasons(series.first, series.last, begins)]
        default = str(data.fullest_season(values, begins))
        season = int(
            address.select(
                say("season_choice"), "season", options, default, lambda key: data.season_name(int(key), begins)
            )
        )
    summed = data.accumulate(values, begins, season)
    basis = (
        say(f"basis_{figure}", threshold=_written_threshold(context, figure, threshold))
        if figure != "rain"
        else say("basis_rain")
    )
    span = say("span", first=formats.day(language, summed.first), last=formats.day(language, summed.last))
    about = _about(context, series, basis, span)
    if summed.total is None:
        st.info(say("state_season_untold", place=place, n=summed.asked_count))
    else:
        with answer:
            _season_figures(context, summed, figure)
        _season_chart(context, series, about, summed, figure, season, begins)
    if figure == "frost":
        with st.container(key="on_one_sheet"):
            _frost_dates(context, series, about, values)
    with st.expander(say("decide_method")):
        st.markdown(say("method_seasons"))


def _season_figures(context: Context, summed: Accumulation, figure: str) -> None:
    say, language = context.say, context.language
    unit = say(f"unit_{figure}")
    number = partial(formats.number, language, digits=0, unit=unit)
    reference = (
        say("the_standard", years=summed.reference_period)
        if summed.reference_period
        else say("the_other_season")
        if len(summed.reference_seasons) == 1
        else say("the_other_seasons", n=len(summed.reference_seasons))
    )
    compared_days = summed.reference.day_count if summed.reference else 0
    if summed.reference and summed.reference.other > 0 and compared_days >= HEADLINE_SHARE * summed.asked_count:
        percent = 100 * summed.reference.difference / summed.reference.other
        share = formats.number(language, abs(percent), 0, "%")
        key = "same" if abs(percent) < SAME_BELOW_PCT else "more" if percent > 0 else "less"
        verdict = say(f"verdict_{key}", share=share, reference=reference)
        st.header(f"{say(f'figure_{figure}')}{say('colon')} {verdict}", anchor=False)

    def compared(label: str, comparison: Comparison | None, note: str, missing: str) -> None:
        if comparison is None:
            metric(label, "–", missing)
            return
        sign = "+" if round(comparison.difference) > 0 else ""
        metric(label, f"{sign}{number(comparison.difference)}", note)

    with st.container(horizontal=True, gap="small"):
        # Days only add: with some missing, the sum is a lower bound.
        bound = "" if summed.known_count == summed.asked_count else "≥ "
        sample = say("sample_days", n=summed.known_count, total=summed.asked_count)
        metric(say("since", first=formats.day(language, summed.first)), f"{bound}{number(summed.total)}", sample)
        label = (
            say("against_standard", years=summed.reference_period) if summed.reference_period else say("against_others")
        )
        note = say("sample_same_days", n=summed.reference.day_count) if summed.reference else ""
        compared(label, summed.reference, note, say("no_other_season"))
        note = say("sample_same_days", n=summed.previous.day_count) if summed.previous else ""
        compared(say("against_previous"), summed.previous, note, say("no_previous_season"))


def _season_chart(
    context: Context, series: DailySeries, about: About, summed: Accumulation, figure: str, season: int, begins: int
) -> None:
    say, language = context.say, context.language
    reference = (
        say("line_standard", years=summed.reference_period) if summed.reference_period else say("line_reference")
    )
    names = {
        "total": say("line_season", season=data.season_name(season, begins)),
        "reference_total": reference,
        "previous_total": say("line_season", season=data.season_name(season - 1, begins)),
    }
    curve = summed.curve
    left_out = [names.pop(line) for line in ("reference_total", "previous_total") if curve[line].isna().all()]
    lines = curve.melt("weather_date", list(names), var_name="line", value_name="running")
    unit = say(f"unit_{figure}")
    lines = lines.assign(
        name=lines["line"].map(names),
        is_shown=lines["line"] == "total",
        tip_day=[formats.day(language, on) for on in lines["weather_date"]],
        tip_total=[formats.number(language, total, 0, unit) for total in lines["running"]],
    )
    tooltips = [("name", say("season_choice")), ("tip_day", say("day")), ("tip_total", say("accumulated"))]
    title = say(f"chart_accumulated_{figure}", first=formats.day(language, summed.first))
    drawing = charts.accumulation(lines.drop(columns="line"), names, figure, tooltips, language)
    told = Told(curve["total"], [formats.day(language, on) for on in curve["weather_date"]], unit)
    shown(context, about, title, drawing, f"accumulated_{figure}", told)
    notes = []
    missing = summed.asked_count - summed.known_count
    if missing:
        notes.append(say("missing_days", n=missing, total=summed.asked_count))
    if left_out:
        notes.append(say("line_left_out", lines=", ".join(left_out)))
    if summed.reference_seasons:
        ends = (summed.reference_seasons[0], summed.reference_seasons[-1])
        first, last = (data.season_name(number, begins) for number in ends)
        least, most = summed.year_counts
        count = str(most) if least == most else f"{least}–{most}"
        notes.append(say("seasons_used", first=first, last=last, count=count))
    if notes:
        st.caption(" ".join(notes))
    rows_shown = curve.loc[curve["weather_date"].dt.date <= summed.last]
    table = pd.DataFrame(
        {
            say("day"): rows_shown["weather_date"],
            f"{say('figure')} ({unit})": rows_shown["value"],
            say("accumulated"): rows_shown["total"],
            say("accumulated_reference"): rows_shown["reference_total"],
            say("accumulated_previous"): rows_shown["previous_total"],
        }
    )
    digits = {str(column): 1 for column in table.columns[1:]}
    rows = rows_shown.assign(location_id=series.location_id, source=series.source, figure=figure)
    tables.shown(
        context,
        rows,
        partial(tables.styled, context, table, digits),
        exports.file_name(series.location_id, series.source, figure, data.season_name(season, begins)),
    )


def _frost_dates(context: Context, series: DailySeries, about: About, nights: pd.Series) -> None:
    """When the last frost of spring and the first of autumn fell, and how often by when."""
    say, language = context.say, context.language
    table = data.frost_years(nights)
    for season in ("spring", "autumn"):
        st.markdown(_frost_sentence(context, table, season))
    parts = []
    for season, column in (("spring", "last_spring_date"), ("autumn", "first_autumn_date")):
        dated = table.dropna(subset=column)
        parts.append(
            pd.DataFrame(
                {
                    "year": dated["year"],
                    "name": say(season),
                    "on": pd.to_datetime([data.day_of_common_year(data.common_day(on)) for on in dated[column]]),
                    "is_complete": dated[f"is_{season}_complete"],
                    "tip_day": [formats.day(language, on) for on in dated[column]],
                    "tip_known": [
                        say("n_of_total", n=known, total=asked)
                        for known, asked in zip(
                            dated[f"{season}_known_count"], dated[f"{season}_asked_count"], strict=True
                        )
                    ],
                }
            )
        )
    dates = pd.concat(parts, ignore_index=True)
    if dates.empty:
        return
    tooltips = [("name", say("figure")), ("tip_day", say("day")), ("tip_known", say("nights_known"))]
    about = replace(about, period=f"{table['year'].iloc[0]}–{table['year'].iloc[-1]}")
    drawing = charts.frost_dates(dates, [say("spring"), say("autumn")], tooltips, language)
    shown(context, about, say("frost_dates_title"), drawing, "frost_dates")
    st.caption(say("frost_dates_note"))
    written = pd.DataFrame(
        {
            say("year"): table["year"].astype(str),
            say("spring"): table["last_spring_date"],
            f"{say('nights_known')} (1–7)": table["spring_known_count"],
            say("autumn"): table["first_autumn_date"],
            f"{say('nights_known')} (8–12)": table["autumn_known_count"],
        }
    )
    tables.shown(
        context,
        table,
        partial(tables.styled, context, written, {}),
        exports.file_name(series.location_id, series.source, "frost-dates"),
        key="frost_dates",
    )


def _frost_sentence(context: Context, table: pd.DataFrame, season: str) -> str:
    say, language = context.say, context.language
    told = data.frost_date(table, season)
    name = say(season)
    if not told.year_count:
        return say("frost_no_year", name=name)
    if told.median is None or told.extreme is None:
        return say("frost_never", name=name, n=told.year_count)

    def written(number: int) -> str:
        return formats.month_day(language, data.day_of_common_year(number))

    one_in_ten = "" if told.one_in_ten is None else say(f"one_in_ten_{season}", day=written(told.one_in_ten))
    return say(
        f"frost_{season}_dates",
        name=name,
        frosts=told.frost_count,
        n=told.year_count,
        median=written(told.median),
        extreme=written(told.extreme),
        one_in_ten=one_in_ten,
    )


# --- outdoor work


def _outdoor(context: Context, series: DailySeries, figure: str, answer: DeltaGenerator) -> None:
    say, language, place = context.say, context.language, series.location_name
    left, right = st.columns(2, vertical_alignment="bottom")
    with left:
        threshold = _threshold(context, figure, "threshold_outdoor")
    with right:
        key = address.segments(
            say("period"),
            "period",
            PERIODS,
            DEFAULT_PERIOD,
            lambda name: say(f"period_{name}"),
            hint=say("period_help"),
        )
    period = days.period_of(key, [Extent(series.location_id, series.source, series.first, series.last)])
    zone = context.zone_of(series.location_id)
    first, last = period.first - data.A_DAY, period.last + data.A_DAY
    rows = context.ask(Repository.reports, series.location_id, series.source, figure, first, last)
    told = data.reports(rows, threshold, period, zone)
    basis = say(f"basis_{figure}", threshold=_written_threshold(context, figure, threshold))
    span = say("span", first=formats.day(language, period.first), last=formats.day(language, period.last))
    about = _about(context, series, basis, span)
    if told is None:
        st.info(say("state_measure_untold", place=place))
    else:
        with answer:
            _outdoor_figures(context, told, figure, basis, zone)
        _outdoor_chart(context, series, about, told, figure, period, zone)
    with st.expander(say("decide_method")):
        st.markdown(say("method_reports"))


def _share(language: str, part: int, whole: int) -> str:
    return formats.number(language, 100 * part / whole, 1, "%")


def _hour(hour: int) -> str:
    return f"{hour:02d}"


def _outdoor_figures(context: Context, told: data.Reports, figure: str, basis: str, zone: tzinfo) -> None:
    say, language = context.say, context.language
    unit = data.THRESHOLDS[figure].in_unit(context.wind)
    number = partial(formats.number, language)
    share = _share(language, told.above_count, told.report_count)
    if told.above_count:
        worst = told.cells.loc[told.cells["share_pct"].idxmax()]
        month = MONTHS[language][int(worst["month_number"]) - 1]
        cell = number(worst["share_pct"], 0, "%")
        verdict = say(
            "verdict_reports",
            share=share,
            month=month,
            hour=_hour(int(worst["hour"])),
            zone=zone,
            cell=cell,
            n=int(worst["report_count"]),
        )
    else:
        verdict = say("verdict_no_report")
    st.header(f"{basis}{say('colon')} {verdict}", anchor=False)
    with st.container(horizontal=True, gap="small"):
        counted = say("n_of_total", n=number(told.above_count, 0), total=number(told.report_count, 0))
        metric(say("reports_above"), share, counted)
        metric(
            say("days_above"),
            number(told.above_day_count, 0),
            say("of_days_with_reports", n=number(told.day_count, 0)),
        )
        if told.highest_value is not None and told.highest_at is not None:
            metric(
                say("highest_report"),
                number(told.highest_value * unit.per_unit, 1, unit.unit),
                formats.moment(language, told.highest_at, zone),
            )


def _outdoor_chart(
    context: Context,
    series: DailySeries,
    about: About,
    told: data.Reports,
    figure: str,
    period: Period,
    zone: tzinfo,
) -> None:
    say, language = context.say, context.language
    hour = say("hour", zone=zone)
    cells = told.cells.assign(
        month_name=[MONTHS[language][number - 1] for number in told.cells["month_number"]],
        hour_name=[_hour(hour) for hour in told.cells["hour"]],
        written=[formats.number(language, share, 0) if share else "" for share in told.cells["share_pct"]],
        tip_share=[formats.number(language, share, 1, "%") for share in told.cells["share_pct"]],
        tip_count=[
            say("n_of_total", n=above, total=count)
            for above, count in zip(told.cells["above_count"], told.cells["report_count"], strict=True)
        ],
    )
    tooltips = [
        ("month_name", say("month")),
        ("hour_name", hour),
        ("tip_share", say("share")),
        ("tip_count", say("reports_count")),
    ]
    named = [f"{month} {at} h" for month, at in zip(cells["month_name"], cells["hour_name"], strict=True)]
    spoken = Told(cells["share_pct"], named, "%", has_newest=False)
    shown(context, about, say("chart_reports", zone=zone), charts.reports(cells, tooltips, language), "reports", spoken)
    known = say("days_with_reports", n=told.day_count, total=period.day_count)
    st.caption(f"{known} {say('reports_note', zone=zone)}")
    table = pd.DataFrame(
        {
            say("month"): cells["month_name"],
            hour: cells["hour_name"],
            say("reports_count"): cells["report_count"],
            say("reaching"): cells["above_count"],
            f"{say('share')} (%)": cells["share_pct"],
        }
    )
    rows = told.cells.rename(columns={"hour": f"hour ({zone})"}).assign(
        location_id=series.location_id, source=series.source, figure=figure
    )
    tables.shown(
        context,
        rows,
        partial(tables.styled, context, table, {f"{say('share')} (%)": 1}),
        exports.file_name(series.location_id, series.source, figure, str(period.first), str(period.last)),
    )


page("decide", draw)
