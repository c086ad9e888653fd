"""The latest conditions, with their ages and the stations that have fallen silent."""

from __future__ import annotations

from datetime import datetime, timedelta

import pandas as pd

from repository import Repository
from shared.territories import with_territory

SILENT_AFTER = timedelta(hours=6)
"""Behind the newest observation of the same source: two SYNOP terms of three hours missed."""
OLD_AFTER = timedelta(hours=36)
"""The age at which data stops being current. Météo-France rewrites its archive once a day about 07 UTC, so 31 h is normal."""


def latest_conditions(repository: Repository) -> pd.DataFrame:
    """One row for each location with a latest observation: its place, its measures, `territory`, `is_silent`.

    `is_silent` compares with the newest observation of the same source and not with the clock: an archive of 2020 has
    silent stations too.
    """
    merged = with_places(repository, repository.latest_conditions())
    newest = merged.groupby("source")["observed_at"].transform("max")
    merged["is_silent"] = (newest - merged["observed_at"]) > SILENT_AFTER
    return merged


def with_places(repository: Repository, observed: pd.DataFrame) -> pd.DataFrame:
    """One row for each location, with its place and its `territory`; by name."""
    merged = observed.merge(repository.locations(), on="location_id", how="inner", validate="1:1")
    return with_territory(merged).sort_values(["location_name", "location_id"], ignore_index=True)


def newest_observation(conditions: pd.DataFrame) -> datetime:
    """UTC. `conditions` must have a row."""
    newest: datetime = conditions["observed_at"].max().to_pydatetime()
    return newest
