"""What places are called, in lists and on charts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from repository import Series
from shared.translations import text


def labels(locations: pd.DataFrame, language: str) -> dict[str, str]:
    """location_id: what a list says of it, to be found by name or by number: `ORLY (07149)`, `Paris (city, FR)`."""
    city = text(language, "city")
    return {
        row.location_id: f"{row.location_name} ({city}, {row.country_code})"
        if row.location_kind == "city" and row.country_code
        else f"{row.location_name} ({row.location_id.partition(':')[2]})"
        for row in locations.itertuples()
    }


def unknown(wanted: str | None, known: Mapping[str, str]) -> list[str]:
    """Places that the address names and that are not `known`."""
    return [each for each in dict.fromkeys((wanted or "").split(",")) if each and each not in known]


def series_names(series: Sequence[Series], names: pd.Series) -> list[str]:
    """A name for each series, different from the others: with its source where those differ, with its id where two places
    bear the same name. `names` is indexed by location_id."""
    several_sources = len({source for _, source in series}) > 1
    short = [str(names[location_id]) for location_id, _ in series]
    return [
        name
        + (f" · {location_id.partition(':')[2]}" if short.count(name) > 1 else "")
        + (f" · {source}" if several_sources else "")
        for name, (location_id, source) in zip(short, series, strict=True)
    ]
