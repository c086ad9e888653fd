"""A new warehouse from the lake alone, when the file of the old one is damaged.

What stood in the warehouse and nowhere else is gone: the versions of places that `dim_location_history` keeps begin anew, and
so does the history of Elementary's monitors. The published marts stay as they are until the build publishes.
"""

from __future__ import annotations

from pathlib import Path

from ingestion import damage
from isobar.settings import Settings
from isobar.warehouse.base import WarehouseError


class RebuildError(Exception):
    """The warehouse does not hold all of the lake, because a rebuild did not come to its end."""


def set_aside(settings: Settings) -> list[Path]:
    """Rename the warehouse's file and dlt's working folder, which is about it. Returns their new names; nothing is deleted.

    Only for the holder of the data folder's lock.

    Raises:
        WarehouseError: the warehouse is no file.
    """
    if settings.target != "duckdb":
        raise WarehouseError("isobar rebuild is for DuckDB's file; Snowflake keeps its own past (docs/snowflake.md)")
    # its write-ahead log first: a kill in between must not leave it beside a new file, which DuckDB would apply it to
    damaged = (Path(f"{settings.warehouse}.wal"), settings.warehouse, settings.pipelines_dir)
    return [damage.set_aside(path) for path in damaged if path.exists()]
