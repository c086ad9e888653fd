"""A folder of archives, as the provider would publish it: files, station list and a marker that says it is simulated."""

from __future__ import annotations

import datetime as dt
import filecmp
import json
import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from simulator import SIMULATOR_VERSION
from simulator.events import EventCalendar, events_of_year
from simulator.stations import Station, station_list_csv, station_list_geojson
from simulator.stations import stations as station_catalogue
from simulator.synop import LAYOUTS, ArchiveFile, Layout, Publication, archive_files, file_parts, open_gzip
from simulator.weather import Weather

MARKER = "SIMULATED.json"
MONTHLY_STATION_LIST = "postesSynop.csv"
YEARLY_STATION_LIST = "postes_synop.geojson"

#: The fastest level: files are a tenth larger than at the default level and written 1.4 times as fast.
_GZIP_LEVEL = 1
#: Numpy and zlib let go of the interpreter's lock for most of the time; a third thread gained nothing.
_THREADS = 2

#: Called after each file with (file name, files done, files in all, rows so far).
Progress = Callable[[str, int, int, int], None]


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """``is_changed`` is False when the folder already held the same bytes, which were left untouched."""

    name: str
    rows: int
    bytes: int
    is_changed: bool


@dataclass(frozen=True, slots=True)
class ArchiveSummary:
    """What :func:`write_archive` did: the station list and the archive files in order of time, and the wall time."""

    folder: Path
    files: tuple[WrittenFile, ...]
    seconds: float

    @property
    def rows(self) -> int:
        return sum(file.rows for file in self.files)

    @property
    def changed(self) -> int:
        return sum(file.is_changed for file in self.files)


class NotSimulatedError(Exception):
    """The folder holds archives that this simulator, or this recipe, has not written."""


def write_archive(
    folder: str | os.PathLike[str],
    start: dt.date,
    end: dt.date,
    seed: int = 1,
    *,
    layout: Layout = "monthly",
    stations: int | Sequence[Station] = 62,
    compress: bool = True,
    revisions: bool = False,
    fault_rate: float = 0.0,
    as_of: dt.datetime | None = None,
    calendar: EventCalendar = events_of_year,
    progress: Progress | None = None,
) -> ArchiveSummary:
    """Write the archive of the days from ``start`` to ``end`` (both included) into ``folder``.

    Files are written to a temporary name and renamed; one that already has the same bytes is left untouched, so that writing
    again, or with a later ``end``, changes only what is new. ``revisions``, ``fault_rate`` and ``as_of`` are explained in
    :class:`simulator.synop.Publication`, ``calendar`` in :mod:`simulator.events`.

    Raises ``ValueError`` for an impossible request and :class:`NotSimulatedError` when the folder holds other archives: real
    ones, or simulated ones of another seed, network or version.
    """
    began = time.perf_counter()
    if layout not in LAYOUTS:
        raise ValueError(f"layout {layout!r}: one of {', '.join(LAYOUTS)}")
    chosen = station_catalogue(stations) if isinstance(stations, int) else tuple(sorted(stations, key=lambda s: s.id))
    publication = Publication(start, end, as_of=as_of, revisions=revisions, fault_rate=fault_rate)
    weather = Weather(seed, chosen, calendar)
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    recipe = {"simulator_version": SIMULATOR_VERSION, "seed": seed, "stations": len(chosen)}
    check_marker(target, recipe, "synop*.csv*")
    events = [asdict(event) for year in range(start.year, end.year + 1) for event in calendar(year)]
    marker = recipe | {
        "start": start, "end": end, "layout": layout, "revisions": revisions, "fault_rate": fault_rate, "as_of": as_of,
        "events": events,
    }  # fmt: skip
    # The marker comes first: a killed run must not leave files that look real.
    write_bytes(target / MARKER, (json.dumps(marker, indent=1, default=str) + "\n").encode())
    if layout == "monthly":
        listed = write_bytes(target / MONTHLY_STATION_LIST, station_list_csv(chosen), len(chosen))
    else:
        listed = write_bytes(target / YEARLY_STATION_LIST, station_list_geojson(chosen), len(chosen))

    wanted = archive_files(start, end, layout)
    counter = threading.Lock()
    done = rows_done = 0

    def write(file: ArchiveFile) -> WrittenFile:
        nonlocal done, rows_done
        written = _write_file(target, file, weather, publication, compress)
        with counter:
            done, rows_done = done + 1, rows_done + written.rows
            if progress:
                progress(written.name, done, len(wanted), rows_done)
        return written

    with ThreadPoolExecutor(_THREADS) as pool:
        files = list(pool.map(write, wanted))
    return ArchiveSummary(target, (listed, *files), time.perf_counter() - began)


def check_marker(folder: Path, recipe: dict[str, object], archives: str) -> None:
    """Raise :class:`NotSimulatedError` when the folder holds ``archives`` (a glob) that this recipe has not written."""
    marker = folder / MARKER
    if not marker.exists():
        if foreign := sorted(folder.glob(archives)):
            raise NotSimulatedError(f"{folder} holds {foreign[0].name} and no {MARKER}: choose an empty folder")
        return
    found = json.loads(marker.read_text())
    other = {key: found.get(key) for key in recipe if found.get(key) != recipe[key]}
    if other:
        told = ", ".join(f"{key} {value} (asked: {recipe[key]})" for key, value in other.items())
        raise NotSimulatedError(f"{folder} holds an archive of {told}: choose another folder")


def _write_file(
    folder: Path, file: ArchiveFile, weather: Weather, publication: Publication, compress: bool
) -> WrittenFile:
    path = folder / (file.name + (".gz" if compress else ""))
    temporary = path.with_name(f".{path.name}.tmp")
    rows = 0
    with temporary.open("wb") as stream:
        sink = open_gzip(stream, _GZIP_LEVEL) if compress else stream
        for part, count in file_parts(file, weather, publication):
            sink.write(part)
            rows += count
        if compress:
            sink.close()
    return WrittenFile(path.name, rows, temporary.stat().st_size, _replace_if_new(temporary, path))


def write_bytes(path: Path, content: bytes, rows: int = 0) -> WrittenFile:
    """Write under a temporary name and rename; the same bytes are left untouched."""
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_bytes(content)
    return WrittenFile(path.name, rows, len(content), _replace_if_new(temporary, path))


def _replace_if_new(temporary: Path, path: Path) -> bool:
    if path.exists() and filecmp.cmp(temporary, path, shallow=False):
        temporary.unlink()
        return False
    temporary.replace(path)
    return True
