"""The charts of a place's period; of several places, a line for each."""

from __future__ import annotations

from dataclasses import dataclass, replace

import altair as alt
import pandas as pd
import streamlit as st

from place import charts, data
from place.data import Summary
from place.wind_rose import charts as rose_chart
from place.wind_rose import data as wind_rose
from repository import Repository, Series
from shared import address, days, formats, normals, pictures, places
from shared.days import Period
from shared.frame import Context
from shared.normals import Normal
from shared.pictures import About, Told
from shared.style import Tooltips
from shared.translations import POINTS

VIEWS = ("weather", "heavy_rain", "wind", "air", "all")
"""Temperature and rain, days of heavy rain, wind, pressure and humidity."""
UNITS = {
    "temperature_mean_c": ("°C", 1),
    "pressure_sea_level_mean_hpa": ("hPa", 1),
    "relative_humidity_mean_pct": ("%", 0),
}
"""Unit and digits of what is drawn as lines, but for wind, which is in the reader's."""
ROSES_BESIDE = 3
"""On a wide screen."""


@dataclass(frozen=True)
class Shown:
    """What the page shows: `rows` of `data.weather` for each of `series`, which are called `names`."""

    series: tuple[Series, ...]
    names: list[str]
    period: Period
    grain: str
    rows: pd.DataFrame
    summaries: list[Summary]

    def known_rain_days(self) -> list[int]:
        """Of each series: how many days of the period have a figure of rain."""
        return [each.precipitation_day_count for each in self.summaries]

    def place_of(self, rows: pd.DataFrame) -> list[str]:
        """The name of each row's series."""
        name = dict(zip(self.series, self.names, strict=True))
        return [name[each] for each in zip(rows["location_id"], rows["source"], strict=True)]


def draw(context: Context, shown: Shown) -> None:
    """The charts of the view that the address names: a reader waits for no others."""
    view = address.segments(
        context.say("charts"), "view", VIEWS, VIEWS[0], lambda key: context.say(f"charts_{key}"), is_label_shown=False
    )
    drawn = _drawn(context, shown)
    if view in ("weather", "all"):
        _weather(context, shown, drawn)
    if view in ("heavy_rain", "all"):
        _heavy_rain(context, shown)
    else:
        address.forget("heavy")
    if view in ("wind", "all"):
        _winds(context, shown, drawn)
    if view in ("air", "all"):
        left, right = st.columns(2, gap="medium")
        with left:
            _lines(context, shown, drawn, "chart_pressure", "pressure_sea_level_mean_hpa", ("tip_pressure", "pressure"))
        with right:
            _lines(context, shown, drawn, "chart_humidity", "relative_humidity_mean_pct", ("tip_humidity", "humidity"))


def _weather(context: Context, shown: Shown, drawn: pd.DataFrame) -> None:
    """Temperature over the whole width, then rain."""
    is_single = len(shown.series) == 1
    normal = context.ask(normals.normal_of, shown.series[0]) if is_single else None
    usual = None if normal is None else data.usual(normal, shown.period, shown.grain)
    _temperature(context, shown, _with_normal(context, drawn, normal, shown.grain), usual, normal)
    if not is_single:
        _accumulated(context, shown, drawn, usual)
        return
    left, right = st.columns(2, gap="medium")
    with left:
        _rain(context, shown, drawn)
    with right:
        _accumulated(context, shown, drawn, usual)


def _winds(context: Context, shown: Shown, drawn: pd.DataFrame) -> None:
    """Speeds over the period, and from where; a rose for each place."""
    if len(shown.series) > 1:
        _lines(context, shown, drawn, "chart_wind_mean", "wind", ("tip_wind", "wind_mean"), zero=True)
        _roses(context, shown)
        return
    left, right = st.columns(2, gap="medium")
    with left:
        _wind(context, shown, drawn)
    with right:
        _roses(context, shown)


def _drawn(context: Context, shown: Shown) -> pd.DataFrame:
    """The rows on their calendar, with what the pointer says of each."""
    say, language = context.say, context.language
    drawn = data.on_calendar(shown.rows, shown.series, shown.period, shown.grain)
    drawn["place"] = shown.place_of(drawn)

    def written(column: str, digits: int, unit: str) -> pd.Series:
        return drawn[column].map(lambda value: formats.number(language, value, digits, unit))

    drawn["tip_day"] = [formats.span(language, value, shown.grain) for value in drawn["weather_date"]]
    drawn["tip_min"] = written("temperature_min_c", 1, "°C")
    drawn["tip_max"] = written("temperature_max_c", 1, "°C")
    drawn["tip_mean"] = written("temperature_mean_c", 1, "°C")
    drawn["tip_rain"] = written("precipitation_mm", 1, "mm")
    drawn["tip_sum"] = written("precipitation_sum_mm", 1, "mm")
    drawn["tip_gust"] = drawn["wind_gust_max_ms"].map(context.speed)
    drawn["wind"], drawn["gust"] = (drawn[c] * context.wind.per_ms for c in ("wind_speed_mean_ms", "wind_gust_max_ms"))
    drawn["tip_pressure"] = written("pressure_sea_level_mean_hpa", 1, "hPa")
    drawn["tip_humidity"] = written("relative_humidity_mean_pct", 0, "%")
    directions = drawn["wind_direction_deg"] if shown.grain == "day" else [None] * len(drawn)
    drawn["tip_wind"] = [
        context.blowing(speed, degrees) for speed, degrees in zip(drawn["wind_speed_mean_ms"], directions, strict=True)
    ]
    if shown.grain != "day":
        drawn["tip_days"] = [
            "–" if pd.isna(count) else say("days_of", n=int(count), total=int(total))
            for count, total in zip(drawn["day_count"], drawn["calendar_day_count"], strict=True)
        ]
    return drawn


def _tooltips(context: Context, shown: Shown, measures: Tooltips) -> list[tuple[str, str]]:
    """The date, the measures, and of how many days they are."""
    say = context.say
    found = [("tip_day", say(shown.grain)), *((column, say(key)) for column, key in measures)]
    return found if shown.grain == "day" else [*found, ("tip_days", say("days"))]


def _dates(
    context: Context, shown: Shown, drawn: pd.DataFrame, measure: tuple[str, str]
) -> tuple[pd.DataFrame, list[tuple[str, str]]]:
    """A row for each date with what the pointer says of it: the measure, of several places each one's, and their headings."""
    column, key = measure
    if len(shown.series) == 1:
        tooltips = _tooltips(context, shown, [(column, key)])
        return drawn[["weather_date", *(name for name, _ in tooltips)]], tooltips
    said = drawn[column] if shown.grain == "day" else drawn[column] + " (" + drawn["tip_days"] + ")"
    by_place = drawn.assign(said=said).pivot(index=["weather_date", "tip_day"], columns="place", values="said")
    dates = by_place[shown.names].set_axis([f"place_{number}" for number in range(len(shown.names))], axis=1)
    headings = [("tip_day", context.say(shown.grain)), *zip(dates.columns, shown.names, strict=True)]
    return dates.reset_index(), headings


def _show(
    context: Context,
    shown: Shown,
    title: str,
    chart: alt.LayerChart,
    key: str,
    told: Told | None = None,
    note: str = "",
    alt: str | None = None,
) -> None:
    """A chart of the page, by `key`; `alt` is what is read instead of it, where that is not its title and dates."""
    language, period = context.language, shown.period
    about = About(
        place=places.listed(language, shown.names),
        period=days.span(language, period),
        source=context.sources.attribution(language, [source for _, source in shown.series]),
        file=data.file_name(shown.series, period, shown.grain),
        published=context.publication.published_at,
    )
    description = context.say(
        "chart_alt",
        title=title,
        station=", ".join(shown.names),
        first=formats.day(language, period.first),
        last=formats.day(language, period.last),
    )
    pictures.shown(context, about, title, chart, key, told, alt=alt or description)
    if note:
        st.caption(note)


def _told(shown: Shown, drawn: pd.DataFrame, column: str, unit: str, digits: int = 1) -> Told:
    """Of several places, which each value is of; the newest of one."""
    is_single = len(shown.series) == 1
    names = drawn["tip_day"] if is_single else drawn["place"] + ", " + drawn["tip_day"]
    return Told(drawn[column], list(names), unit, digits, has_newest=is_single)


def _is_known(context: Context, drawn: pd.DataFrame, title: str, columns: list[str]) -> bool:
    """Whether there is anything to draw; else the title and the sentence that says so."""
    if drawn[columns].isna().all(axis=None):
        st.markdown(f"**{title}**")
        st.caption(context.say("no_measure_in_period"))
        return False
    return True


def _absences(shown: Shown, drawn: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """What is drawn as absent: of several places nothing, whose lines break each where it does."""
    return data.absences(drawn if len(shown.series) == 1 else drawn.iloc[:0], columns, shown.grain)


def _absent_note(context: Context, absent: pd.DataFrame) -> str:
    return "" if absent.empty else context.say("absent")


def _lines(
    context: Context,
    shown: Shown,
    drawn: pd.DataFrame,
    key: str,
    column: str,
    measure: tuple[str, str],
    *,
    zero: bool = False,
) -> None:
    title = context.say(key, unit=context.wind.symbol)
    if _is_known(context, drawn, title, [column]):
        dates, tooltips = _dates(context, shown, drawn, measure)
        absent = _absences(shown, drawn, [column])
        chart = charts.lines_chart(
            drawn,
            column,
            shown.names,
            dates,
            shown.period,
            shown.grain,
            tooltips,
            context.language,
            zero=zero,
            absent=absent,
        )
        unit, digits = UNITS.get(column, (context.wind.symbol, context.wind.digits))
        told = _told(shown, drawn, column, unit, digits)
        _show(context, shown, title, chart, key.removeprefix("chart_"), told, _absent_note(context, absent))


def _temperature(
    context: Context, shown: Shown, drawn: pd.DataFrame, usual: pd.DataFrame | None, normal: Normal | None
) -> None:
    """One place: the range of each day before the normal band. Several: their means."""
    say = context.say
    if len(shown.series) > 1:
        _lines(context, shown, drawn, "chart_temperature_mean", "temperature_mean_c", ("tip_mean", "mean"))
        return
    title = say(f"chart_temperature_{shown.grain}")
    columns = ["temperature_min_c", "temperature_max_c", "temperature_mean_c"]
    if not _is_known(context, drawn, title, columns):
        return
    measures = [("tip_min", "minimum"), ("tip_max", "maximum"), ("tip_mean", "mean")]
    if "tip_normal" in drawn:
        measures.append(("tip_normal", "normal"))
    tooltips = _tooltips(context, shown, measures)
    absent = _absences(shown, drawn, columns)
    plotted = drawn[["weather_date", *columns, "is_temperature_complete", *(c for c, _ in tooltips)]]
    band = None if usual is None or shown.grain == "year" else usual.drop(columns="precipitation_sum_normal_mm")
    chart = charts.range_chart(plotted, band, absent, shown.period, shown.grain, tooltips, context.language)
    notes = []
    if normal is None:
        notes.append(say("no_normal"))
    elif band is not None:
        notes.append(say("normal_band", reference=_reference(context, normal)))
    if _has_paler(shown, "temperature_max_c", "is_temperature_complete"):
        notes.append(say("paler"))
    note = " ".join([*notes, _absent_note(context, absent)]).strip()
    _show(context, shown, title, chart, "temperature", _told(shown, drawn, "temperature_mean_c", "°C"), note)


def _with_normal(context: Context, drawn: pd.DataFrame, normal: Normal | None, grain: str) -> pd.DataFrame:
    """With tip_normal, what is usual in the month and of how many years; a year has no such temperatures here."""
    if normal is None or grain == "year":
        return drawn
    language = context.language
    said = {
        month: context.say(
            "normal_of_month",
            low=formats.number(language, row["temperature_min_normal_c"], 1),
            high=formats.number(language, row["temperature_max_normal_c"], 1, "°C"),
            n=normal.years_of(month),
        )
        for month, row in normal.months.iterrows()
    }
    return drawn.assign(tip_normal=drawn["weather_date"].dt.month.map(said))


def _rain(context: Context, shown: Shown, drawn: pd.DataFrame) -> None:
    title = context.say(f"chart_rain_{shown.grain}")
    if _is_known(context, drawn, title, ["precipitation_mm"]):
        tooltips = _tooltips(context, shown, [("tip_rain", "rain")])
        columns = ["weather_date", "precipitation_mm", "is_precipitation_complete", *(c for c, _ in tooltips)]
        absent = _absences(shown, drawn, ["precipitation_mm"])
        chart = charts.rain_chart(drawn[columns], absent, shown.period, shown.grain, tooltips, context.language)
        note = context.say("paler") if _has_paler(shown, "precipitation_mm", "is_precipitation_complete") else ""
        told = _told(shown, drawn, "precipitation_mm", "mm")
        _show(context, shown, title, chart, "rain", told, f"{note} {_absent_note(context, absent)}".strip())


def _wind(context: Context, shown: Shown, drawn: pd.DataFrame) -> None:
    title, columns = context.say("chart_wind", unit=context.wind.symbol), ["wind", "gust"]
    if _is_known(context, drawn, title, columns):
        tooltips = _tooltips(context, shown, [("tip_wind", "wind_mean"), ("tip_gust", "gust")])
        plotted = drawn[["weather_date", *columns, *(c for c, _ in tooltips)]]
        absent = _absences(shown, drawn, columns)
        chart = charts.wind_chart(plotted, absent, shown.period, shown.grain, tooltips, context.language)
        told = _told(shown, drawn, "gust", context.wind.symbol, context.wind.digits)
        _show(context, shown, title, chart, "wind", told, _absent_note(context, absent))


def _has_paler(shown: Shown, column: str, flag: str) -> bool:
    """Whether a bar is drawn paler, because its figure is incomplete."""
    return not shown.rows.loc[shown.rows[column].notna(), flag].eq(True).all()


def _reference(context: Context, normal: Normal) -> str:
    reference = formats.reference(context.language, normal.reference_period)
    least, most = normal.year_count, normal.most_years
    years = str(least) if least == most else f"{least}–{most}"
    return context.say("normal_named", reference=reference, source=normal.source.upper(), n=years)


def _accumulated(context: Context, shown: Shown, drawn: pd.DataFrame, usual: pd.DataFrame | None) -> None:
    say = context.say
    title = say("chart_rain_sum")
    if not _is_known(context, drawn, title, ["precipitation_sum_mm"]):
        return
    known = shown.known_rain_days()
    # Beside days that add nothing the normal would tell of a drought.
    dashed = None
    is_known = min(known) >= data.KNOWN_SHARE * shown.period.day_count
    if usual is not None and is_known and usual["precipitation_sum_normal_mm"].notna().any():
        dashed = usual[["weather_date", "precipitation_sum_normal_mm"]].rename(
            columns={"precipitation_sum_normal_mm": "precipitation_sum_mm"}
        )
    dates, tooltips = _dates(context, shown, drawn, ("tip_sum", "rain_since"))
    chart = charts.lines_chart(
        drawn,
        "precipitation_sum_mm",
        shown.names,
        dates,
        shown.period,
        shown.grain,
        tooltips,
        context.language,
        zero=True,
        usual=dashed,
        absent=_absences(shown, drawn, ["precipitation_sum_mm"]),
    )
    counts = ", ".join(str(each) for each in known)
    note = say("rain_sum_note", n=counts, total=shown.period.day_count)
    note = note if dashed is None else f"{note} {say('rain_sum_normal')}"
    _show(context, shown, title, chart, "rain_sum", _told(shown, drawn, "precipitation_sum_mm", "mm"), note)


def _heavy_rain(context: Context, shown: Shown) -> None:
    say, language = context.say, context.language
    keys = [f"{each:.0f}" for each in data.HEAVY_RAIN_MM]
    threshold = float(
        address.segments(
            say("heavy_rain"), "heavy", keys, keys[0], lambda key: say(f"heavy_{key}"), hint=say("heavy_help")
        )
    )
    found = context.ask(Repository.heavy_rain, shown.series, shown.period.first, shown.period.last, threshold)
    title = say("chart_heavy_rain", threshold=formats.number(language, threshold, 0, "mm"))
    known = shown.known_rain_days()
    if not any(known):
        st.markdown(f"**{title}**")
        st.caption(say("no_measure_in_period"))
        return
    counts = found.groupby(["location_id", "source"]).size()
    # Beside the name, so that a row without a circle says that it is none and not unknown.
    names = {
        series: f"{counts.get(series, 0) if of_days else '–'} · {name}"
        for series, name, of_days in zip(shown.series, shown.names, known, strict=True)
    }
    counted = say("heavy_days", n=int(counts.sum()), total=known[0]) if len(shown.series) == 1 else ""
    if found.empty:
        st.markdown(f"**{title}**")
        st.caption(f"{counted} {say('heavy_none')}".strip())
        return
    found = found.assign(
        place=[names[each] for each in zip(found["location_id"], found["source"], strict=True)],
        tip_day=[formats.day(language, value) for value in found["weather_date"]],
        tip_rain=[formats.number(language, value, 1, "mm") for value in found["precipitation_mm"]],
    )
    tooltips = [("place", say("place")), ("tip_day", say("day")), ("tip_rain", say("rain"))]
    plotted = found[["weather_date", "precipitation_mm", "place", "tip_day", "tip_rain"]]
    chart = charts.heavy_rain_chart(plotted, list(names.values()), shown.period, tooltips, language)
    told = _told(shown, found, "precipitation_mm", "mm")
    _show(context, shown, title, chart, "heavy_rain", told, counted)


def _roses(context: Context, shown: Shown) -> None:
    """A rose for each place."""
    for begin in range(0, len(shown.series), ROSES_BESIDE):
        row = range(begin, min(begin + ROSES_BESIDE, len(shown.series)))
        for column, index in zip(st.columns(ROSES_BESIDE if len(shown.series) > 1 else 1), row, strict=False):
            with column:
                _rose(context, shown, index)


def _rose(context: Context, shown: Shown, index: int) -> None:
    say, language = context.say, context.language
    shown = replace(shown, series=(shown.series[index],), names=[shown.names[index]])
    title = say("chart_rose", unit=context.wind.symbol)
    found = context.ask(wind_rose.rose, shown.series[0], shown.period.first, shown.period.last)
    if found is None:
        st.markdown(f"**{title}**")
        st.caption(say("no_winds"))
        return
    number = formats.number

    def written(speed_ms: float) -> str:
        return number(language, speed_ms * context.wind.per_ms, context.wind.digits)

    classes = [
        say("class_from", low=written(low))
        if high is None
        else say("class_between", low=written(low), high=written(high))
        for _, low, high in wind_rose.CLASSES
    ]
    points = POINTS[language]
    petals = found.petals.assign(
        class_name=[classes[each] for each in found.petals["class_number"]],
        tip_sector=[say("from_direction", direction=points[int(each)]) for each in found.petals["sector"]],
        tip_share=[number(language, each, 1, "%") for each in found.petals["outer"] - found.petals["inner"]],
        tip_count=[number(language, each, 0) for each in found.petals["observation_count"]],
    )
    tooltips = [
        ("tip_sector", say("direction")),
        ("class_name", say("wind")),
        ("tip_share", say("share")),
        ("tip_count", say("observation_count")),
    ]
    calm = f"{say('calm')}\n{number(language, found.calm_pct, 0, '%')}"
    principal = {points[sector]: sector for sector in range(0, wind_rose.SECTORS, 4)}
    chart = rose_chart.wind_rose(found, petals, classes, principal, calm, tooltips, language)
    by_sector = found.petals.groupby("sector")["observation_count"].sum()
    told = Told(
        100 * by_sector / found.observation_count,
        [say("from_direction", direction=points[int(sector)]) for sector in by_sector.index],
        "%",
        has_newest=False,
    )
    description = say("rose_alt", station=shown.names[0], calm=number(language, found.calm_pct, 0, "%"))
    _show(context, shown, title, chart, f"rose_{index}", told, alt=description)
    st.caption(
        say(
            "rose_note",
            n=number(language, found.observation_count, 0),
            calm=number(language, found.calm_count, 0),
            below=context.speed(wind_rose.CALM_BELOW_MS),
            undirected=number(language, found.undirected_count, 0),
        )
    )
