"""Weather events: heat and cold waves, heavy rain, wind storms, frost spells, and the days around one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from repository import Repository
from shared import formats
from shared.translations import text
from shared.units import WindUnit

SCOPES = ("place", "national")
RULES = {
    "place": ("local_heat_wave", "local_cold_wave", "local_heavy_rain", "local_wind_storm", "local_frost_spell"),
    "national": ("national_heat_wave", "national_cold_wave"),
}
"""By scope, the rules that find events; the sentence of each has its thresholds, and a test that they are the seed's."""
OF_WIND = "m/s"
"""The marts' unit of speed."""
UNITS = {"degC": "°C", "mm": "mm"}
"""As the marts write them: as a reader does."""
DAYS_AROUND = 10
"""Days shown before and after an event, so that its beginning and its end can be seen."""
INDICATOR_COLUMN = "temperature_c"
INDICATOR_SOURCES = {"national_30": "climatology", "available": "synop"}
"""The source whose days an indicator of France is made of."""


@dataclass(frozen=True)
class Event:
    """A row of `in_unit`. `location_id` is None when it is national; `column` holds the element's daily values, which are
    shown in `unit`, multiplied by `scale`, with `digits`."""

    event_id: str
    event_type: str
    location_id: str | None
    start: date
    end: date
    duration_days: int
    column: str
    unit: str
    scale: float
    digits: int
    peak_value: float
    series: str
    threshold_name: str
    is_start_certain: bool
    is_end_certain: bool
    is_ongoing: bool

    @property
    def is_national(self) -> bool:
        return self.location_id is None

    @property
    def source(self) -> str:
        """Whose days it was found in: not always the source that the page shows."""
        return INDICATOR_SOURCES[self.series] if self.is_national else self.series


def in_unit(rows: pd.DataFrame, wind: WindUnit) -> pd.DataFrame:
    """The rows of `weather_events` with what is of wind in the reader's unit."""
    scale = rows["unit"].eq(OF_WIND).map({True: wind.per_ms, False: 1.0})
    return rows.assign(
        unit=rows["unit"].replace({OF_WIND: wind.symbol}),
        peak_value=rows["peak_value"] * scale,
        cumulative_excess=rows["cumulative_excess"] * scale,
    )


def events_of(rows: pd.DataFrame, wind: WindUnit) -> dict[str, Event]:
    """By `event_id`, in the order of `rows`, which are of `in_unit`."""
    found = {}
    for row in rows.itertuples(index=False):
        is_national, is_wind = row.scope == "national", row.unit == wind.symbol
        found[str(row.event_id)] = Event(
            event_id=str(row.event_id),
            event_type=str(row.event_type),
            location_id=None if is_national else str(row.location_id),
            start=row.start_date.date(),
            end=row.end_date.date(),
            duration_days=int(row.duration_days),
            column=INDICATOR_COLUMN if is_national else str(row.element),
            unit=UNITS.get(str(row.unit), str(row.unit)),
            scale=wind.per_ms if is_wind else 1.0,
            digits=wind.digits if is_wind else 1,
            peak_value=float(row.peak_value),
            series=str(row.series),
            threshold_name=str(row.threshold_name),
            is_start_certain=bool(row.is_start_certain),
            is_end_certain=bool(row.is_end_certain),
            is_ongoing=bool(row.is_ongoing),
        )
    return found


def span(language: str, event: Event) -> str:
    """`5 Aug 2020 to 12 Aug 2020`, or the one day."""
    if event.start == event.end:
        return formats.day(language, event.start)
    return text(language, "span", first=formats.day(language, event.start), last=formats.day(language, event.end))


def name(language: str, event: Event) -> str:
    """`Heat wave (39.2 °C), 5 Aug 2020 to 12 Aug 2020`."""
    peak = formats.number(language, event.peak_value, event.digits, event.unit)
    return text(
        language, "event_name", type=text(language, f"event_{event.event_type}"), span=span(language, event), peak=peak
    )


def edges(language: str, event: Event) -> str:
    """What is not certain of its first and last day, as a sentence; empty when both are."""
    if event.is_ongoing:
        key = "event_ongoing"
    elif event.is_start_certain and event.is_end_certain:
        return ""
    elif event.is_start_certain:
        key = "event_end_uncertain"
    else:
        key = "event_start_uncertain" if event.is_end_certain else "event_edges_uncertain"
    return text(language, key)


def days_around(repository: Repository, event: Event) -> pd.DataFrame:
    """The event's days and those around it, one row for each of the calendar: weather_date, value, is_event.

    Of a national event also station_count and full_station_count. `value`, in the event's unit, is null where a day has none.
    """
    margin = timedelta(days=DAYS_AROUND)
    first, last = event.start - margin, event.end + margin
    if event.location_id is None:
        days = repository.thermal_indicator(event.series, first, last)
        columns = ["station_count", "full_station_count"]
    else:
        days = repository.daily_weather([(event.location_id, event.series)], first, last)
        columns = []
    days = days.rename(columns={event.column: "value"}).set_index("weather_date")[["value", *columns]]
    days = days.reindex(pd.date_range(first, last, freq="D", name="weather_date")).reset_index()
    days["value"] *= event.scale
    days["is_event"] = days["weather_date"].dt.date.between(event.start, event.end)
    return days
