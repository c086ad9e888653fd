"""The marts that anyone may have: what the open-licence sources gave, as Parquet beside a catalogue, for any web server.

    <folder>/<mart>/<partition>-<content>.parquet    immutable, the partitions of the publication
    <folder>/catalogue.json                          what there is: marts, columns, files, licences
    <folder>/isobar.duckdb                           views over the files: `attach 'https://…/isobar.duckdb'` with an address,
                                                     `cd <folder>; duckdb isobar.duckdb` without one: relative, so that it travels

A row is open when its `source` is; a mart without that column says so in `meta.open_rows`, or stays at home. A file that is
already there is not written again, so an export costs what changed since the one before.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb
from fsspec.implementations.local import LocalFileSystem

from ingestion.registry import SOURCES
from isobar import __version__
from isobar.files import literal, write_whole
from isobar.publish.duckdb import ROW_GROUP_ROWS, Partition, fault_of_publication, published_partitions
from isobar.runs import logs
from isobar.settings import Settings
from isobar.warehouse.dbt import Project, PublicModel, project_environment
from isobar.warehouse.models import BUILD_COLUMN

CATALOGUE = "catalogue.json"
VIEWS = "isobar.duckdb"


class ExportError(Exception):
    """Nothing was exported; the message says what to do."""


@dataclass(frozen=True)
class Exported:
    """What an export did. Files are those of the folder: written now, kept from before, removed because nothing names them."""

    folder: str
    publication_id: str
    published_at: str  # ISO, UTC
    warehouse_kind: str
    marts: int
    row_count: int
    written: int
    kept: int
    removed: int
    seconds: float

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


@dataclass(frozen=True)
class File:
    """One exported file; `path` is relative to the folder."""

    path: str
    row_count: int
    byte_count: int


def export(settings: Settings, folder: Path, url: str | None = None) -> Exported:
    """Write the open rows of the newest publication to `folder`. The views name the files below `url`, else relative to
    `folder`, for readers that work in it.

    Who reads the folder meanwhile sees the old export or the new one: the files come first, then the catalogue and the views, and
    what neither names any more goes last.

    Raises:
        ExportError: nothing is published, or `folder` holds something else.
    """
    started = time.monotonic()
    partitions, models = published_marts(settings)
    before = files_of(folder, ".parquet")
    files: dict[str, list[File]] = {}
    with duckdb.connect() as session:
        session.execute("attach ? as marts (read_only)", [str(settings.marts)])
        publication_id, published_at, kind = session.execute(
            "select publication_id, published_at, warehouse_kind from marts.isobar.publication"
        ).fetchall()[0]
        for partition in partitions:
            condition = open_rows(models[partition.model])
            file = _exported(session, settings, folder, partition, condition, before) if condition else None
            if file:
                files.setdefault(partition.model, []).append(file)
    described = [models[name] for name in sorted(files)]
    publication = (publication_id, published_at.isoformat(), kind)
    write_catalogue(folder, publication, described, files)
    _replace_views(folder, described, files, url)
    named = {file.path: file for of_mart in files.values() for file in of_mart}
    done = Exported(
        str(folder),
        *publication,
        marts=len(files),
        row_count=sum(file.row_count for file in named.values()),
        written=len(named.keys() - before.keys()),
        kept=len(named.keys() & before.keys()),
        removed=remove_unnamed(folder, named, ".parquet"),
        seconds=round(time.monotonic() - started, 2),
    )
    logs.event("exported", **done.as_dict())
    return done


def published_marts(settings: Settings) -> tuple[list[Partition], dict[str, PublicModel]]:
    """What an export has to choose from: the published files, and the marts by name.

    Raises:
        ExportError: nothing is published, or a file of it is damaged.
    """
    if settings.target != "duckdb":
        raise ExportError("an export reads DuckDB's publication: run it with ISOBAR_TARGET=duckdb")
    if fault := fault_of_publication(settings):
        raise ExportError(f"{fault[0]} is damaged ({fault[1]}): run `isobar build` to publish again, then export again")
    partitions = published_partitions(settings)
    if not partitions:
        raise ExportError("nothing is published yet: run `isobar build`, then export again")
    with project_environment(settings):
        return partitions, {model.name: model for model in Project(settings).public_models()}


def open_rows(model: PublicModel) -> str | None:
    """The condition by which a row of a mart is open; None when none is."""
    if any(column.name == "source" for column in model.columns):
        listed = ", ".join(f"'{name}'" for name, source in SOURCES.items() if source.licence.is_open)
        return f"source in ({listed})"
    return model.open_rows


def _exported(
    session: duckdb.DuckDBPyConnection,
    settings: Settings,
    folder: Path,
    partition: Partition,
    condition: str,
    before: dict[str, File],
) -> File | None:
    """The file of a partition's open rows, written unless it is there; None when it has no such row."""
    # the condition is part of the name: a source that is no longer open leaves under another one
    content = hashlib.sha256(f"{partition.file} {condition}".encode()).hexdigest()[:16]
    path = f"{partition.model}/{partition.partition}-{content}.parquet"
    if path in before and (folder / path).exists():
        return before[path]
    rows = f"from read_parquet({literal(settings.published / partition.file)}) where {condition}"
    count = session.execute(f"select count(*) {rows}").fetchall()[0][0]
    if not count:
        return None
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    staged = folder / f"{path}.part"
    session.execute(
        f"copy (select * {rows}) to {literal(staged)} (format parquet, compression zstd, row_group_size {ROW_GROUP_ROWS})"
    )
    os.replace(staged, folder / path)
    return File(path, count, (folder / path).stat().st_size)


def _described(model: PublicModel, files: list[File]) -> dict[str, Any]:
    return {
        "name": model.name,
        "subject": model.subject,
        "description": " ".join(model.description.split()),
        "columns": [asdict(column) for column in model.columns if column.name != BUILD_COLUMN],
        "files": [asdict(file) for file in files],
    }


def write_catalogue(
    folder: Path, publication: tuple[str, str, str], models: list[PublicModel], files: dict[str, list[File]]
) -> None:
    """Say what the folder holds. `publication`: its id, when it was published (ISO, UTC), the kind of its warehouse."""
    publication_id, published_at, kind = publication
    catalogue = {
        "isobar_version": __version__,
        "publication_id": publication_id,
        "published_at": published_at,
        "warehouse_kind": kind,
        "licences": [
            {"source": source.name, **asdict(source.licence)} for source in SOURCES.values() if source.licence.is_open
        ],
        "marts": [_described(model, files[model.name]) for model in models],
    }
    write_whole(folder / CATALOGUE, json.dumps(catalogue, indent=1, ensure_ascii=False) + "\n")


def files_of(folder: Path, suffix: str) -> dict[str, File]:
    """Path -> file of the export that is in `folder`; nothing when the folder is new, which is made.

    Raises:
        ExportError: it holds something that no export wrote, or an export of files that end otherwise.
    """
    catalogue = folder / CATALOGUE
    if not catalogue.exists():
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise ExportError(f"{folder} exists and is not an export of Isobar: choose a new or empty folder")
        folder.mkdir(parents=True, exist_ok=True)
        # an export that is killed half-way is known for one by the next
        write_whole(catalogue, '{"marts": []}\n')
    try:
        marts = json.loads(catalogue.read_text(encoding="utf-8"))["marts"]
        files = {file["path"]: File(**file) for mart in marts for file in mart["files"]}
    except (ValueError, KeyError, TypeError) as error:
        raise ExportError(f"{catalogue} cannot be read ({error}): delete {folder} and export again") from None
    if any(not path.endswith(suffix) for path in files):
        raise ExportError(f"{folder} is an export in another format: choose a new or empty folder")
    return files


def _replace_views(folder: Path, models: list[PublicModel], files: dict[str, list[File]], url: str | None) -> None:
    staged = folder / f"{VIEWS}.part"
    staged.unlink(missing_ok=True)
    root = url.rstrip("/") if url else None
    with duckdb.connect(str(staged)) as views:
        if root:
            views.register_filesystem(_uploaded(folder, root))
        else:  # DuckDB looks into a view's files when it makes the view
            views.execute(f"set file_search_path = {literal(folder.resolve())}")
        for model in models:
            paths = ", ".join(literal(f"{root}/{file.path}" if root else file.path) for file in files[model.name])
            views.execute(f"create view {model.name} as select * from read_parquet([{paths}])")
    os.replace(staged, folder / VIEWS)


def _uploaded(folder: Path, root: str) -> LocalFileSystem:
    """The web as it will be: DuckDB looks into a view's files when it makes the view, before anybody has uploaded them."""
    scheme = root.partition("://")[0]

    class Uploaded(LocalFileSystem):  # type: ignore[misc] # fsspec has no types
        protocol = (scheme,)

        @classmethod
        def _strip_protocol(cls, path: str) -> str:
            # asked twice: the second time DuckDB has put the scheme before what the first answer was
            return path.replace(root, str(folder.resolve())).removeprefix(f"{scheme}://")

    return Uploaded(skip_instance_cache=True)


def remove_unnamed(folder: Path, named: Collection[str], suffix: str) -> int:
    """Delete the files of earlier exports, and what a killed one left: a .part. Returns how many."""
    unnamed = [path for path in folder.glob(f"*/*{suffix}*") if path.relative_to(folder).as_posix() not in named]
    for path in unnamed:
        path.unlink()
    return len(unnamed)
