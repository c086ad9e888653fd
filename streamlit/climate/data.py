"""One place's climate: what is usual of each month, how far months and years were from it, how often it was hot or froze."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd

from repository import Repository
from shared.translations import text
from shared.units import WindUnit

VIEWS = ("normals", "anomalies", "days", "records", "events")
ELEMENTS = ("temperature", "precipitation")
MONTHS_OF_A_YEAR = 12
MONTH_NUMBERS = tuple(range(1, MONTHS_OF_A_YEAR + 1))
WHOLE_YEAR = "all"
"""The season of a record that is of any month."""
SEASONS = (WHOLE_YEAR, *(str(number) for number in MONTH_NUMBERS))
AVAILABLE = "available "
"""How the marts begin the name of a reference that is not the standard normal."""


@dataclass(frozen=True)
class Series:
    """The months of a place as one source tells them. `complete_month_count` counts those with a whole temperature."""

    location_id: str
    location_name: str
    source: str
    first: date
    last: date
    complete_month_count: int


def series(repository: Repository) -> list[Series]:
    """By name of the place; of one place, the source with the most months of temperature first."""
    rows = repository.climate_series()
    found = [
        Series(str(location), str(name), str(source), first.date(), last.date(), int(count))
        for location, name, source, first, last, count in zip(
            rows["location_id"],
            rows["location_name"],
            rows["source"],
            rows["first_month"],
            rows["last_month"],
            rows["complete_month_count"],
            strict=True,
        )
    ]
    return sorted(found, key=lambda s: (s.location_name, s.location_id, -s.complete_month_count, s.source))


def longest(found: list[Series]) -> Series:
    """The series with the most months of temperature: the one that says most about a climate. `found` must have one."""
    return max(found, key=lambda s: s.complete_month_count)


def reference_name(language: str, reference_period: str) -> str:
    """`normal 1991-2020`, or `average of the years 1996-2024` for what is no standard normal."""
    if reference_period.startswith(AVAILABLE):
        return text(language, "reference_available", years=reference_period.removeprefix(AVAILABLE))
    return text(language, "reference_standard", years=reference_period)


def references(normals: pd.DataFrame) -> list[str]:
    """The reference periods of `climate_normals` rows, those with the most years first; of two alike, the standard one."""
    by_period = normals.groupby("reference_period").agg(
        years=("year_count", "max"), is_standard=("is_standard_normal", "max")
    )
    return [str(name) for name in by_period.sort_values(["years", "is_standard"], ascending=False).index]


def normals_of(normals: pd.DataFrame, reference_period: str) -> pd.DataFrame:
    """The twelve months of one reference, in order; a month without normal is an empty row."""
    chosen = normals.loc[normals["reference_period"] == reference_period].set_index("month_number")
    return chosen.reindex(pd.Index(MONTH_NUMBERS, name="month_number")).reset_index()


def anomaly_references(months: pd.DataFrame, element: str) -> list[str]:
    """The references that the anomalies of `months` are against; several where months of the year have different ones."""
    column = "temperature_mean_anomaly_c" if element == "temperature" else "precipitation_anomaly_mm"
    return sorted({str(name) for name in months.loc[months[column].notna(), "reference_period"]})


def on_calendar(months: pd.DataFrame) -> pd.DataFrame:
    """`months` with an empty row for each month that is missing from January of the first to December of the last year."""
    begins, ends = months["month_start_date"].iloc[0].year, months["month_start_date"].iloc[-1].year
    calendar = pd.date_range(f"{begins}-01-01", f"{ends}-12-01", freq="MS", name="month_start_date")
    return months.set_index("month_start_date").reindex(calendar).reset_index()


def years(months: pd.DataFrame) -> pd.DataFrame:
    """Each calendar year from the first to the last of `months` (rows of `climate_months`), missing ones included.

    Columns: `year`; of temperature `temperature_month_count` (complete months), `temperature_mean_c` (mean of the twelve
    monthly means, °C), `temperature_anomaly_c` (mean of the twelve monthly anomalies, °C); of rain
    `precipitation_month_count`, `precipitation_total_mm`, `precipitation_anomaly_pct` (of the sum of the twelve normals).
    A figure is null unless all twelve months have it.
    """
    frame = months.assign(year=months["month_start_date"].dt.year)
    warm, wet = frame["is_temperature_complete"].eq(True), frame["is_precipitation_complete"].eq(True)
    frame["temperature_mean_c"] = frame["temperature_mean_c"].where(warm)
    frame["precipitation_total_mm"] = frame["precipitation_total_mm"].where(wet)
    frame["precipitation_expected_mm"] = frame["precipitation_normal_mm"].where(
        frame["precipitation_anomaly_mm"].notna()
    )
    grouped = frame.groupby("year")

    def whole(column: str, how: str) -> pd.Series:
        figures: pd.Series = grouped[column].agg(how)
        return figures.where(grouped[column].count() == MONTHS_OF_A_YEAR)

    total, expected = whole("precipitation_total_mm", "sum"), whole("precipitation_expected_mm", "sum")
    table = pd.DataFrame(
        {
            "temperature_month_count": grouped["temperature_mean_c"].count(),
            "temperature_mean_c": whole("temperature_mean_c", "mean"),
            "temperature_anomaly_c": whole("temperature_mean_anomaly_c", "mean"),
            "precipitation_month_count": grouped["precipitation_total_mm"].count(),
            "precipitation_total_mm": total,
            "precipitation_anomaly_pct": 100 * (total - expected) / expected.where(expected > 0),
        }
    )
    calendar = pd.RangeIndex(int(table.index.min()), int(table.index.max()) + 1, name="year")
    table = table.reindex(calendar)
    counts = ["temperature_month_count", "precipitation_month_count"]
    table[counts] = table[counts].fillna(0).astype(int)
    return table.reset_index()


@dataclass(frozen=True)
class Standing:
    """A figure among others of its kind. `rank` 1 is the largest; `anomaly` is null without a reference."""

    on: date
    value: float
    anomaly: float | None
    rank: int
    of: int


def latest_month(months: pd.DataFrame) -> Standing | None:
    """The newest month with a whole temperature, among the same month of all years."""
    complete = months.loc[months["is_temperature_complete"].eq(True) & months["temperature_mean_c"].notna()]
    if complete.empty:
        return None
    newest = complete.iloc[-1]
    begins = newest["month_start_date"]
    alike = complete.loc[complete["month_start_date"].dt.month == begins.month, "temperature_mean_c"]
    anomaly = newest["temperature_mean_anomaly_c"]
    return Standing(
        on=begins.date(),
        value=float(newest["temperature_mean_c"]),
        anomaly=None if pd.isna(anomaly) else float(anomaly),
        rank=1 + int((alike > newest["temperature_mean_c"]).sum()),
        of=len(alike),
    )


def extreme_year(table: pd.DataFrame, *, largest: bool) -> Standing | None:
    """The warmest or coldest complete year of `years`; None without one."""
    complete = table.dropna(subset="temperature_mean_c")
    if complete.empty:
        return None
    figures = complete["temperature_mean_c"]
    row = complete.loc[figures.idxmax() if largest else figures.idxmin()]
    anomaly = row["temperature_anomaly_c"]
    return Standing(
        on=date(int(row["year"]), 1, 1),
        value=float(row["temperature_mean_c"]),
        anomaly=None if pd.isna(anomaly) else float(anomaly),
        rank=1 if largest else len(complete),
        of=len(complete),
    )


@dataclass(frozen=True)
class Measure:
    """What is added up by year: `column` of the months, judged and counted as `element` is."""

    column: str
    element: str


MEASURES = {
    "hot_days": Measure("hot_day_count", "temperature"),
    "frost_days": Measure("frost_day_count", "temperature"),
    "rainy_days": Measure("rain_day_count", "precipitation"),
    "heating": Measure("heating_degree_days_18c", "temperature"),
    "cooling": Measure("cooling_degree_days_18c", "temperature"),
}


def by_year(months: pd.DataFrame, measure: Measure) -> pd.DataFrame:
    """The sum of a measure for each calendar year, missing ones included.

    Columns: `year`, `value` (null where no month has any), `month_count` (months with a figure), `day_count` (days behind
    it; null where the source does not count them), `calendar_day_count`, `is_complete` (all twelve months complete). The value of
    a year that is not complete is of what is there: a lower bound.
    """
    frame = months.assign(year=months["month_start_date"].dt.year)
    known = frame[measure.column].notna()
    frame["is_whole"] = known & frame[f"is_{measure.element}_complete"].eq(True)
    frame["days"] = frame[f"{measure.element}_day_count"].where(known)
    grouped = frame.groupby("year")
    month_count = grouped[measure.column].count()
    # A month whose days are not counted leaves the year's number unknown.
    days = grouped["days"].sum(min_count=1).where(grouped["days"].count() == month_count)
    table = pd.DataFrame(
        {
            "value": grouped[measure.column].sum(min_count=1),
            "month_count": month_count,
            "day_count": days,
            "is_complete": grouped["is_whole"].sum() == MONTHS_OF_A_YEAR,
        }
    )
    calendar = pd.RangeIndex(int(table.index.min()), int(table.index.max()) + 1, name="year")
    table = table.reindex(calendar)
    table["month_count"] = table["month_count"].fillna(0).astype(int)
    table["is_complete"] = table["is_complete"].eq(True)
    table["calendar_day_count"] = [(date(year + 1, 1, 1) - date(year, 1, 1)).days for year in calendar]
    return table.reset_index()


# Element of a record: unit and digits.
RECORD_UNITS = {
    "highest_temperature_max_c": ("°C", 1),
    "lowest_temperature_min_c": ("°C", 1),
    "highest_temperature_min_c": ("°C", 1),
    "lowest_temperature_max_c": ("°C", 1),
    "highest_precipitation_mm": ("mm", 1),
    "highest_wind_gust_ms": ("m/s", 1),  # in the marts
    "highest_monthly_temperature_mean_c": ("°C", 1),
    "lowest_monthly_temperature_mean_c": ("°C", 1),
    "highest_monthly_precipitation_mm": ("mm", 1),
    "lowest_monthly_precipitation_mm": ("mm", 1),
}
"""In the reader's order: daily extremes before monthly ones. Test: these are the elements of the marts."""


def records_of(records: pd.DataFrame, season: str) -> pd.DataFrame:
    """The records of one season, in the order of `RECORD_UNITS`."""
    chosen = records.loc[records["season"] == season].copy()
    order = {element: position for position, element in enumerate(RECORD_UNITS)}
    return chosen.sort_values("element", key=lambda column: column.map(order), ignore_index=True)


def records_in_unit(records: pd.DataFrame, wind: WindUnit) -> pd.DataFrame:
    """`records` with those of wind in the reader's unit, which the element names: `highest_wind_gust_kmh`."""
    is_wind = records["element"].str.endswith("_ms")
    scale = is_wind.map({True: wind.per_ms, False: 1.0})
    return records.assign(
        element=records["element"].where(~is_wind, records["element"].str.removesuffix("ms") + wind.key),
        record_value=records["record_value"] * scale,
        previous_value=records["previous_value"] * scale,
    )


def record_range(records: pd.DataFrame, normals: pd.DataFrame) -> pd.DataFrame:
    """For each month of the year the lowest Tn and highest Tx ever with their dates, and the usual range between them.

    Columns: month_number, lowest_c, lowest_date, highest_c, highest_date, temperature_min_normal_c, temperature_max_normal_c.
    `normals` are the rows of one reference.
    """
    table = normals[["month_number", "temperature_min_normal_c", "temperature_max_normal_c"]]
    for name, element in (("lowest", "lowest_temperature_min_c"), ("highest", "highest_temperature_max_c")):
        rows = records.loc[(records["element"] == element) & (records["season"] != WHOLE_YEAR)]
        rows = rows.assign(month_number=rows["season"].astype(int))
        rows = rows.rename(columns={"record_value": f"{name}_c", "recorded_date": f"{name}_date"})
        table = table.merge(rows[["month_number", f"{name}_c", f"{name}_date"]], on="month_number", how="left")
    return table
