"""The open rows of the series of each place, as CSV: a folder for each mart, a file for each place.

    <folder>/<mart>/<place>.csv      a header; times are UTC (…Z), to the second; null is empty, an empty text is ""
    <folder>/catalogue.json          what there is, as of an export as Parquet

A series is a mart with places that is published by time (`meta.partition_by`). A file is replaced by rename, where its content
differs: a reader never meets half a file, and a killed export is finished by the next.
"""

from __future__ import annotations

import filecmp
import os
import time
from collections.abc import Iterable
from pathlib import Path

import duckdb

from isobar.files import ascii_words, literal
from isobar.publish.export import (
    Exported,
    File,
    files_of,
    open_rows,
    published_marts,
    remove_unnamed,
    write_catalogue,
)
from isobar.runs import logs
from isobar.settings import Settings

SUFFIX = ".csv"
TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"


def export_csv(settings: Settings, folder: Path) -> Exported:
    """Write the series of each place to `folder`.

    Raises:
        ExportError: nothing is published, or `folder` holds something else.
    """
    started = time.monotonic()
    partitions, models = published_marts(settings)
    files_of(folder, SUFFIX)  # refuses a folder of something else
    files: dict[str, list[File]] = {}
    written: set[str] = set()
    with duckdb.connect() as session:
        session.execute(f"set temp_directory = {literal(settings.scratch)}")
        session.execute("attach ? as marts (read_only)", [str(settings.marts)])
        publication_id, published_at, kind = session.execute(
            "select publication_id, published_at, warehouse_kind from marts.isobar.publication"
        ).fetchall()[0]
        places = session.execute("select location_id, location_name from marts.dim_locations").fetchall()
        names = file_names((str(location_id), str(name)) for location_id, name in places)
        for name in sorted({partition.model for partition in partitions}):
            model, condition = models[name], open_rows(models[name])
            columns = {column.name for column in model.columns}
            if not (condition and model.partition_by and "location_id" in columns):
                continue
            # once by place: else every place would read all of the mart
            session.execute(
                f"create or replace temp table series as select * from marts.{name}"
                f" where {condition} and location_id is not null order by location_id, columns(*)"
            )
            found = session.execute("select location_id, count(*) from series group by all order by all").fetchall()
            for location_id, count in found:
                path = f"{name}/{names[location_id]}{SUFFIX}"
                rows = f"select * from series where location_id = {literal(location_id)}"
                if _replaced(session, rows, folder / path):
                    written.add(path)
                files.setdefault(name, []).append(File(path, count, (folder / path).stat().st_size))
    publication = (publication_id, published_at.isoformat(), kind)
    write_catalogue(folder, publication, [models[name] for name in files], files)
    named = {file.path: file for of_mart in files.values() for file in of_mart}
    done = Exported(
        str(folder),
        *publication,
        marts=len(files),
        row_count=sum(file.row_count for file in named.values()),
        written=len(written),
        kept=len(named) - len(written),
        removed=remove_unnamed(folder, named, SUFFIX),
        seconds=round(time.monotonic() - started, 2),
    )
    logs.event("exported", **done.as_dict())
    return done


def file_names(places: Iterable[tuple[str, str]]) -> dict[str, str]:
    """location_id -> the name of its file: place and identifier, as `lyon-st-exupery-wmo-07481`."""
    names: dict[str, str] = {}
    used: set[str] = set()
    for location_id, name in sorted(places):
        base = ascii_words(f"{name} {location_id}", "-")
        number = 1
        while (chosen := base if number == 1 else f"{base}-{number}") in used:
            number += 1
        names[location_id] = chosen
        used.add(chosen)
    return names


def _replaced(session: duckdb.DuckDBPyConnection, rows: str, path: Path) -> bool:
    """Write the rows; False where the file there holds the same."""
    path.parent.mkdir(parents=True, exist_ok=True)
    staged = path.with_name(f"{path.name}.part")
    session.execute(f"copy ({rows}) to {literal(staged)} (format csv, header, timestampformat {literal(TIME_FORMAT)})")
    if path.exists() and filecmp.cmp(staged, path, shallow=False):
        staged.unlink()
        return False
    os.replace(staged, path)
    return True
