"""A new warehouse from the lake alone, when the file of the old one is damaged.

What stood in the warehouse and nowhere else is gone: the versions of places that `dim_location_history` keeps begin anew, and
so does the history of Elementary's monitors. The published marts stay as they are until the build publishes.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from isobar.settings import Settings
from isobar.warehouse import WarehouseError


def set_aside(settings: Settings) -> list[Path]:
    """Rename the warehouse's file and dlt's working folder, which is about it. Returns their new names; nothing is deleted.

    Only for the holder of the data folder's lock.

    Raises:
        WarehouseError: the warehouse is no file.
    """
    if settings.target != "duckdb":
        raise WarehouseError("isobar rebuild is for DuckDB's file; Snowflake keeps its own past (docs/snowflake.md)")
    suffix = f"damaged-{datetime.now(UTC):%Y%m%d-%H%M%S}"  # a name on this machine's disk: its own clock
    damaged = (settings.warehouse, Path(f"{settings.warehouse}.wal"), settings.pipelines_dir)
    return [path.rename(path.with_name(f"{path.name}.{suffix}")) for path in damaged if path.exists()]
