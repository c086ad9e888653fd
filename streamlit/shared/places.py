"""What places are called, in lists and on charts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from repository import Repository, Series
from shared.names import other_names
from shared.territories import TERRITORIES, WORLD, with_territory
from shared.translations import LANGUAGES, text


def labels(locations: pd.DataFrame, language: str) -> dict[str, str]:
    """location_id: what a list says of it, to be found by name or by number: `Orly (07149)`, `Paris (city, FR)`."""
    city = text(language, "city")
    return {
        row.location_id: f"{row.location_name} ({city}, {row.country_code})"
        if row.location_kind == "city" and row.country_code
        else f"{row.location_name} ({row.location_id.partition(':')[2]})"
        for row in locations.itertuples()
    }


def other_names_of(repository: Repository) -> dict[str, list[str]]:
    """location_id: what else the place is looked for by, in all languages."""
    return {
        str(row.location_id): other_names(
            str(row.location_id),
            str(row.location_name),
            *(
                text(language, f"territory_{row.territory}")
                for language in LANGUAGES
                if row.territory not in (WORLD.key, TERRITORIES[0].key)
            ),
        )
        for row in with_territory(repository.locations()).itertuples()
    }


def aliases(labels: Mapping[str, str], others: Mapping[str, list[str]]) -> dict[str, str]:
    """More lines for a list of places, found by typing another name of one: `Paris → Orly (07149)`, by the place's id."""
    return {key: f"{', '.join(others[key])} → {label}" for key, label in labels.items() if others.get(key)}


def timezones(repository: Repository) -> dict[str, str | None]:
    """location_id: the IANA name of its zone; None where it is not known."""
    rows = repository.locations()
    return {str(row.location_id): None if pd.isna(row.timezone) else str(row.timezone) for row in rows.itertuples()}


MOST_LISTED = 2


def listed(language: str, names: Sequence[str]) -> str:
    """`Orly, Nice and 3 more`, for a title."""
    distinct = list(dict.fromkeys(names))
    more = len(distinct) - MOST_LISTED
    if more < 2:
        return ", ".join(distinct)
    return text(language, "names_and_more", names=", ".join(distinct[:MOST_LISTED]), n=more)


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
