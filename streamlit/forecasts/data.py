"""How good forecasts have been: which pairs are looked at, what their scores say in words, how far off the newest may be."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from repository import LEAD_STEP_HOURS, Repository
from shared import formats
from shared.translations import text
from shared.units import WindUnit

ALL = "all"
MEASURED_BY = "synop"
"""Whose stations forecasts are held against."""
"""Every place, or every month, together: as agg_forecast_skill names it."""
MIN_PAIRS = 30
"""Below it the mean error is uncertain by more than a fifth of the spread of the errors (1 / √30), and no score is shown."""
MIN_EVENTS = 10
"""Of a share of fewer, such as of hits among times of rain, each one would move it by more than a tenth."""
EVENT_SCORES = ("pod", "far", "csi")
OF_ELEMENT = ("bias", "mae", "rmse", "error_p10", "error_p90", "forecast_value", "observed_value", "error")
"""Columns in the unit of their element, which their names do not have."""
MAX_DOTS = 2_000
"""Pairs drawn at once: more hide each other, and take the browser longer than they add."""
DEFAULT_LEAD_HOURS = 24
RAIN_EVENT_MM, MEASURABLE_RAIN_MM = 1.0, 0.1
"""What agg_forecast_skill counts as an event of 3 h: `rain_event_mm` and `measurable_rain_mm` of dbt_project.yml."""
MAX_STATION_KM, MAX_STATION_ALTITUDE_M = 30, 150
"""How far the measuring station may be: `verification_max_*` of dbt_project.yml."""


@dataclass(frozen=True)
class Element:
    """What is forecast and measured: its key in the address and in the texts, its column in the marts.

    Figures are shown in `unit`, of which `scale` are one of the marts'.
    """

    key: str
    column: str
    unit: str
    digits: int = 1
    scale: float = 1.0
    unit_key: str = ""
    """Ends column names in place of the marts' unit."""

    def in_unit(self, wind: WindUnit) -> Element:
        """Wind in the reader's unit; others as they are."""
        return self if self.key != "wind" else replace(self, unit=wind.symbol, scale=wind.per_ms, unit_key=wind.key)

    def shown(self, rows: pd.DataFrame) -> pd.DataFrame:
        """The marts' `rows` with their errors and values in `unit`."""
        return rows.assign(**{column: rows[column] * self.scale for column in OF_ELEMENT if column in rows})

    def named(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Rows of `shown` for a file, whose column names end in the unit: `mae_kmh`."""
        quantity, _, unit = self.column.rpartition("_")
        unit = self.unit_key or unit
        if "element" in rows:
            rows = rows.assign(element=f"{quantity}_{unit}")
        return rows.rename(columns={column: f"{column}_{unit}" for column in OF_ELEMENT})

    @property
    def is_rain(self) -> bool:
        return self.column == "precipitation_3h_mm"


ELEMENTS = (
    Element("temperature", "temperature_c", "°C"),
    Element("rain_3h", "precipitation_3h_mm", "mm", 2),
    Element("wind", "wind_speed_ms", "m/s"),
    Element("humidity", "relative_humidity_pct", "%"),
    Element("pressure", "pressure_sea_level_hpa", "hPa"),
    Element("cloud_cover", "cloud_cover_pct", "%"),
)
BY_KEY = {element.key: element for element in ELEMENTS}


@dataclass(frozen=True)
class Selection:
    """The pairs that the scores are of. `location_id` and `month` (`YYYY-MM`) may be `ALL`."""

    location_id: str
    source: str
    element: Element
    month: str

    @property
    def pairs_key(self) -> tuple[str, str, str, str]:
        """As the repository asks for them."""
        return self.location_id, self.source, self.element.column, self.month


def scores(repository: Repository, selection: Selection) -> pd.DataFrame:
    """The scores by lead, with where eight of ten errors lie; `is_enough` where there are pairs enough to say so."""
    found = repository.forecast_scores(*selection.pairs_key)
    spread = repository.forecast_spread(*selection.pairs_key).drop(columns="pair_count")
    joined = found.merge(spread, on="lead_bucket_hours", how="left", validate="1:1")
    return selection.element.shown(joined).assign(is_enough=joined["pair_count"] >= MIN_PAIRS)


def pairs(repository: Repository, selection: Selection, lead_hours: int) -> pd.DataFrame:
    """Forecasts beside their measurements at one lead, at most `MAX_DOTS`."""
    found = repository.forecast_pairs(*selection.pairs_key, lead_hours, MAX_DOTS)
    return selection.element.shown(found)


def default_lead(leads: list[int]) -> int:
    """A day ahead, or the lead nearest to it."""
    return min(leads, key=lambda lead: abs(lead - DEFAULT_LEAD_HOURS))


def lead_name(language: str, hours: int) -> str:
    """`24 h ahead (1 day)`: the upper end of the 3 h that the bucket holds."""
    days, rest = divmod(hours, 24)
    if rest or not days:
        return text(language, "lead_hours", n=hours)
    return text(language, "lead_days" if days > 1 else "lead_day", n=hours, days=days)


def month_name(language: str, month: str) -> str:
    """`February 2026` of `2026-02`."""
    if month == ALL:
        return text(language, "all_months")
    year, number = month.split("-")
    return f"{formats.month(language, int(number))} {year}"


def headline(language: str, element: Element, score: pd.Series, place: str, lead_hours: int) -> str:
    """What a reader wants to know first: how far off, and on which side."""
    values = {
        "element": text(language, f"the_{element.key}"),
        "place": place,
        "lead": lead_name(language, lead_hours),
        "n": formats.number(language, score["pair_count"], 0),
        "mae": formats.number(language, score["mae"], element.digits, element.unit),
    }
    if element.is_rain:
        measured = int(score["hit_count"] + score["miss_count"])
        if not measured:
            return text(language, "headline_no_rain", **values)
        return text(language, "headline_rain", hits=int(score["hit_count"]), events=measured, **values)
    return text(language, "headline", side=_side(language, score["bias"], element), **values)


def _side(language: str, bias: float, element: Element) -> str:
    """`0.3 °C too low`, or that it leans to neither side when the bias is nothing at the digits shown."""
    if round(abs(bias), element.digits) == 0:
        return text(language, "side_none")
    written = formats.number(language, abs(bias), element.digits, element.unit)
    return text(language, "side_high" if bias > 0 else "side_low", bias=written)


def altitude_words(language: str, metres: float) -> str:
    """How much higher or lower than the place its station stands."""
    if round(metres) == 0:
        return text(language, "altitude_same")
    return text(
        language, "altitude_higher" if metres > 0 else "altitude_lower", n=formats.number(language, abs(metres), 0)
    )


def gap_words(language: str, minutes: float) -> str:
    """How far in time measurements were from what they are held against, at most."""
    return (
        text(language, "gap_within", n=formats.number(language, minutes, 0)) if minutes else text(language, "gap_none")
    )


@dataclass(frozen=True)
class Figure:
    """A score: its label, its value as shown (None where too little is behind it), how much that is, what it says."""

    label: str
    value: str | None
    note: str
    meaning: str


def figures(language: str, element: Element, score: pd.Series) -> list[Figure]:
    """The scores of one lead with their meaning; a score that does not exist says why instead of being left out."""
    shown = _rain_figures(language, score) if element.is_rain else _error_figures(language, element, score)
    return [*shown, *(_skill_figure(language, reference, score) for reference in ("persistence", "climatology"))]


def _pairs(language: str, n: Any) -> str:
    return text(language, "n_pairs", n=formats.number(language, float(n), 0))


def _error_figures(language: str, element: Element, score: pd.Series) -> list[Figure]:
    def written(column: str) -> str:
        return formats.number(language, score[column], element.digits, element.unit)

    pairs = _pairs(language, score["pair_count"])
    bias = formats.signed(language, score["bias"], element.digits, element.unit)
    side = _side(language, score["bias"], element)
    return [
        Figure(text(language, "mae"), written("mae"), pairs, text(language, "means_mae", mae=written("mae"))),
        Figure(text(language, "bias"), bias, pairs, text(language, "means_bias", side=side)),
        Figure(text(language, "rmse"), written("rmse"), pairs, text(language, "means_rmse", rmse=written("rmse"))),
    ]


def _rain_figures(language: str, score: pd.Series) -> list[Figure]:
    hits, misses, false_alarms = (int(score[column]) for column in ("hit_count", "miss_count", "false_alarm_count"))

    def figure(key: str, part: int, whole: int) -> Figure:
        label, note = text(language, key), text(language, "of_count", n=part, total=whole)
        if whole < MIN_EVENTS:
            few = text(language, f"few_{key}", n=part, total=whole, needed=MIN_EVENTS)
            return Figure(label, None, note, few)
        value = formats.number(language, score[key], 2)
        return Figure(label, value, note, text(language, f"means_{key}", n=part, total=whole))

    return [
        figure("pod", hits, hits + misses),
        figure("far", false_alarms, hits + false_alarms),
        figure("csi", hits, hits + misses + false_alarms),
        Figure(
            text(language, "brier"),
            formats.number(language, score["brier"], 3),
            _pairs(language, score["probability_pair_count"]),
            text(language, "means_brier"),
        ),
    ]


def _skill_figure(language: str, reference: str, score: pd.Series) -> Figure:
    skill, pairs = score[f"skill_{reference}"], int(score[f"{reference}_pair_count"])
    label = text(language, f"skill_{reference}")
    if pairs < MIN_PAIRS or pd.isna(skill):
        return Figure(label, None, _pairs(language, pairs), text(language, f"skill_{reference}_none", needed=MIN_PAIRS))
    key = "means_better" if skill >= 0 else "means_worse"
    reference_name = text(language, f"reference_{reference}")
    percent = formats.number(language, abs(skill) * 100, 0)
    meaning = text(language, f"skill_{key}", percent=percent, reference=reference_name)
    return Figure(label, formats.signed(language, skill, 2), _pairs(language, pairs), meaning)


def by_lead(language: str, found: pd.DataFrame, columns: tuple[str, ...], unit: str, digits: int) -> pd.DataFrame:
    """Scores as lines: one row for each lead and score that has a value, with its name and tooltip texts."""
    behind = {
        "skill_persistence": found["persistence_pair_count"],
        "skill_climatology": found["climatology_pair_count"],
        "pod": found["hit_count"] + found["miss_count"],
        "far": found["hit_count"] + found["false_alarm_count"],
        "csi": found["hit_count"] + found["miss_count"] + found["false_alarm_count"],
    }
    lines = []
    for column in columns:
        count = behind.get(column, found["pair_count"])
        needed = MIN_EVENTS if column in EVENT_SCORES else MIN_PAIRS
        line = pd.DataFrame({"lead_bucket_hours": found["lead_bucket_hours"], "value": found[column], "count": count})
        usable = found["is_enough"] & line["value"].notna() & (line["count"] >= needed).fillna(False)
        lines.append(line[usable].assign(score=text(language, column)))
    together = pd.concat(lines, ignore_index=True)
    return together.assign(
        tip_lead=[lead_name(language, int(lead)) for lead in together["lead_bucket_hours"]],
        tip_value=[formats.number(language, value, digits, unit) for value in together["value"]],
        tip_count=[formats.number(language, n, 0) for n in together["count"]],
    )


def with_likely_range(forecast: pd.DataFrame, found: pd.DataFrame | None, element: Element) -> pd.DataFrame:
    """The newest forecast's `value` with the range that held eight of ten measurements at that lead so far.

    A measurement is the forecast less its error, so the range runs from the forecast less the 90th percentile of errors to it
    less the 10th; cut at what the element can be. Null where there are too few pairs, or none at all (`found` is None), and
    of rain: most of its pairs are dry, and say nothing of how far off an amount may be.
    """
    value = forecast[element.column] * element.scale
    if found is None or element.is_rain:
        return forecast.assign(value=value, likely_low=math.nan, likely_high=math.nan)
    buckets = (forecast["lead_hours"] / LEAD_STEP_HOURS).map(math.ceil) * LEAD_STEP_HOURS
    usable = found[found["is_enough"]].set_index("lead_bucket_hours")
    low = value - buckets.map(usable["error_p90"])
    high = value - buckets.map(usable["error_p10"])
    if element.column != "temperature_c":
        low, high = low.clip(lower=0), high.clip(lower=0)
    if element.unit == "%":
        low, high = low.clip(upper=100), high.clip(upper=100)
    return forecast.assign(value=value, likely_low=low, likely_high=high)
