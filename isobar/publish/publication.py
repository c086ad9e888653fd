"""Publishing and what is published, on the target of the settings."""

from __future__ import annotations

from isobar.publish import duckdb, snowflake
from isobar.publish.base import Publication, Published
from isobar.settings import Settings
from isobar.warehouse.models import PublicModel


def publish(settings: Settings, models: list[PublicModel], build_id: str, run_id: str | None = None) -> Publication:
    """Show the audited marts to their readers, all at once.

    Raises:
        OSError, duckdb.Error, WarehouseError: readers still see the publication before.
    """
    if settings.target == "snowflake":
        return snowflake.publish(settings, models, build_id, run_id)
    return duckdb.publish(settings, models, build_id, run_id)


def published(settings: Settings) -> Published | None:
    """What readers see now; None before the first publication, or where it cannot be read."""
    return snowflake.published(settings) if settings.target == "snowflake" else duckdb.published(settings)


def complete_publication(settings: Settings) -> Published | None:
    """What readers see now when every file of it is whole and where its views look; None else."""
    found = published(settings)
    if found is None or settings.target == "snowflake":
        return found
    is_current = duckdb.current(settings) == (found.publication_id, str(settings.published))
    return found if is_current and duckdb.fault_of_publication(settings) is None else None
