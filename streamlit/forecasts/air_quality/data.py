"""Air quality of a place: the newest hour by four named indices, the course of a pollutant, what is forecast."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

import pandas as pd

from repository import Repository
from shared import formats
from shared.colours import ink_on
from shared.translations import text
from shared.units import column_in_zone

PERIOD_DAYS = {"3d": 3, "7d": 7, "14d": 14}
"""At most so many days: the hours of four indices stay below the few thousand marks that a chart draws quickly."""
DEFAULT_PERIOD = "7d"
GAP = timedelta(hours=6)
"""Two polls of three hours missed: a line does not go on across it."""

POLLUTANTS = {
    "pm2_5": "PM2.5",
    "pm10": "PM10",
    "no2": "NO₂",
    "o3": "O₃",
    "so2": "SO₂",
    "co": "CO",
    "no": "NO",
    "nh3": "NH₃",
}
"""By the beginning of the column, in the order in which the marts name the worst of several."""


@dataclass(frozen=True)
class Index:
    """A named index: the colours of its classes from the best to the worst, and the end of its scale."""

    key: str
    colours: tuple[str, ...]
    scale_end: int

    @property
    def class_count(self) -> int:
        return len(self.colours)

    def colour(self, index_class: int) -> str:
        return self.colours[index_class - 1]

    def ink(self, index_class: int) -> str:
        """Dark or light, to be read on the colour."""
        return ink_on(self.colour(index_class))


INDICES = (
    # the European Environment Agency's
    Index("eaqi_2025", ("#50f0e6", "#50ccaa", "#f0e641", "#ff5050", "#960032", "#7d2181"), 6),
    # blue, green, yellow, red, purple and magenta by the decree of 10 July 2020, in the shades of Atmo France
    Index("atmo_2021", ("#50f0e6", "#50ccaa", "#f0e641", "#ff5050", "#960032", "#872181"), 6),
    # the US Environmental Protection Agency's
    Index("us_aqi_2024", ("#00e400", "#ffff00", "#ff7e00", "#ff0000", "#8f3f97", "#7e0023"), 500),
    # OpenWeather has none: ColorBrewer's YlOrBr
    Index("openweather", ("#ffffd4", "#fee391", "#fec44f", "#d95f0e", "#993404"), 5),
)
"""In their publishers' colours, which readers know; words say each class too. docs/air_quality.md has the sources."""
BY_KEY = {index.key: index for index in INDICES}


@dataclass(frozen=True)
class Hours:
    """A place's concentrations and indices of some days, and its newest forecast; each may be empty."""

    concentrations: pd.DataFrame
    indices: pd.DataFrame
    forecast: pd.DataFrame


def hours(repository: Repository, location_id: str, source: str, since: datetime) -> Hours:
    """Everything of a place from `since` on."""
    return Hours(
        repository.air_quality(location_id, source, since),
        repository.air_quality_indices(location_id, source, since),
        repository.newest_air_quality_forecast(location_id, source),
    )


@dataclass(frozen=True)
class Card:
    """An index of the newest hour in words and colours."""

    index: Index
    index_class: int
    name: str
    label: str
    value: str
    worst: str
    basis: str
    warning: str | None


def label_column(language: str) -> str:
    """The column of fct_air_quality_indices that has the class in words."""
    return "index_label_fr" if language == "fr" else "index_label"


def cards(language: str, indices: pd.DataFrame) -> list[Card]:
    """The newest row of each index, in the order of `INDICES`; an index without a row is left out."""
    made = []
    for index in INDICES:
        rows = indices[indices["index_name"] == index.key]
        if rows.empty:
            continue
        row = rows.iloc[-1]
        index_class = int(row["index_class"])
        made.append(
            Card(
                index=index,
                index_class=index_class,
                name=text(language, f"index_{index.key}"),
                label=str(row[label_column(language)]),
                value=text(language, "of_count", n=int(row["index_value"]), total=index.scale_end),
                worst=text(language, "worst_pollutant", pollutant=POLLUTANTS[str(row["worst_pollutant"])]),
                basis=text(language, f"basis_{index.key}"),
                warning=None
                if row["is_complete"]
                else text(language, "index_incomplete", n=int(row["pollutant_count"])),
            )
        )
    return made


def by_hour(language: str, indices: pd.DataFrame, zone: tzinfo = UTC) -> pd.DataFrame:
    """The last row of each clock hour of `zone` and index, with its colour, its name and tooltip texts."""
    known = indices[indices["index_name"].isin(BY_KEY)]
    hour = column_in_zone(known["observed_at"], zone).dt.floor("h")
    last = known.assign(begins_at=hour, ends_at=hour + timedelta(hours=1)).drop_duplicates(
        ["index_name", "begins_at"], keep="last"
    )
    return last.assign(
        colour=[BY_KEY[name].colour(int(c)) for name, c in zip(last["index_name"], last["index_class"], strict=True)],
        index=[text(language, f"short_{name}") for name in last["index_name"]],
        tip_at=[formats.moment(language, at, zone) for at in last["observed_at"]],
        tip_label=last[label_column(language)],
        tip_value=last["index_value"].astype(str),
        tip_worst=[POLLUTANTS[str(pollutant)] for pollutant in last["worst_pollutant"]],
    )


def course(found: Hours, pollutant: str) -> pd.DataFrame:
    """A pollutant over time: `at`, `value` (µg/m³) and `kind`, `analysed` up to the newest hour and `forecast` after it.

    A row without a value stands in each gap longer than `GAP`, so that a line breaks there.
    """
    column = f"{pollutant}_ugm3"
    analysed = found.concentrations[["observed_at", column]].set_axis(["at", "value"], axis=1).dropna()
    follows = analysed["at"].diff() > GAP
    breaks = pd.DataFrame({"at": analysed.loc[follows, "at"] - timedelta(minutes=1), "value": float("nan")})
    analysed = pd.concat([analysed, breaks]).sort_values("at").assign(kind="analysed")
    ahead = found.forecast[["valid_at", column]].set_axis(["at", "value"], axis=1).dropna()
    newest = found.concentrations["observed_at"].max()
    ahead = ahead[ahead["at"] > newest].assign(kind="forecast")
    return pd.concat([analysed, ahead], ignore_index=True)
