"""Air quality of a place: the newest hour by four named indices, the course of a pollutant, what is forecast."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from repository import Repository
from shared import formats
from shared.colours import DARK_INK, LIGHT_INK
from shared.translations import text

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

CLASS_COLOURS = ("#ffffd4", "#fee391", "#fec44f", "#fe9929", "#d95f0e", "#993404")
"""ColorBrewer's YlOrBr, from the best class to the worst: ever darker, so that colour-blind readers see the order. The agencies'
own colours go from green to red and purple, which they do not."""
FIVE_OF_SIX = (0, 1, 2, 4, 5)
"""The colours of an index of five classes: its worst is as dark as that of the others."""
LIGHT_INK_FROM = 5


@dataclass(frozen=True)
class Index:
    """A named index: its classes, and the end of its scale where that is a number of its own."""

    key: str
    class_count: int
    scale_end: int

    def colour(self, index_class: int) -> str:
        return CLASS_COLOURS[self._position(index_class)]

    def ink(self, index_class: int) -> str:
        """Dark or light, to be read on the colour."""
        return LIGHT_INK if self._position(index_class) >= LIGHT_INK_FROM else DARK_INK

    def _position(self, index_class: int) -> int:
        return FIVE_OF_SIX[index_class - 1] if self.class_count == len(FIVE_OF_SIX) else index_class - 1


INDICES = (
    Index("eaqi_2025", 6, 6),
    Index("atmo_2021", 6, 6),
    Index("us_aqi_2024", 6, 500),
    Index("openweather", 5, 5),
)
"""docs/air_quality.md has their sources."""
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


def by_hour(language: str, indices: pd.DataFrame) -> pd.DataFrame:
    """The last row of each clock hour and index, with its colour, its name and tooltip texts."""
    known = indices[indices["index_name"].isin(BY_KEY)]
    hour = known["observed_at"].dt.floor("h")
    last = known.assign(begins_at=hour, ends_at=hour + timedelta(hours=1)).drop_duplicates(
        ["index_name", "begins_at"], keep="last"
    )
    return last.assign(
        colour=[BY_KEY[name].colour(int(c)) for name, c in zip(last["index_name"], last["index_class"], strict=True)],
        index=[text(language, f"short_{name}") for name in last["index_name"]],
        tip_at=[formats.moment(language, at) for at in last["observed_at"]],
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
