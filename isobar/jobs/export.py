"""The published marts of the open-licence sources, for any web server to serve: alone, or as part of a site."""

from __future__ import annotations

from pathlib import Path

from isobar.errors import WrongArgument
from isobar.jobs.recording import recorded
from isobar.jobs.watcher import SILENT, Watcher
from isobar.publish.export import Exported
from isobar.publish.export import export as write_export
from isobar.publish.export_csv import export_csv as write_csv
from isobar.settings import Settings
from isobar.upkeep.site import Site, write_site


def export(settings: Settings, folder: Path, url: str | None = None, watcher: Watcher = SILENT) -> Exported:
    """Write the marts as Parquet with a catalogue into `folder`; `url` is where it will be served from.

    Raises:
        WrongArgument: `url` is no address.
        ExportError: nothing is published.
        LockedError: another command writes into the data folder.
    """
    address = _web_address(url) if url else None
    with recorded(settings, "export", watcher) as run:
        done = write_export(settings, folder, address)
        run.figures = done.as_dict()
    return done


def export_csv(settings: Settings, folder: Path, watcher: Watcher = SILENT) -> Exported:
    """Write the series of each place as CSV into `folder`.

    Raises:
        ExportError: nothing is published.
        LockedError: another command writes into the data folder.
    """
    with recorded(settings, "export", watcher) as run:
        done = write_csv(settings, folder)
        run.figures = done.as_dict()
    return done


def site(settings: Settings, folder: Path, url: str, watcher: Watcher = SILENT) -> Site:
    """Put a folder for a web server together: the export, the reports, the models' documentation, the accuracy report.

    Raises:
        As :func:`export`.
    """
    address = _web_address(url)
    with recorded(settings, "site", watcher) as run:
        made = write_site(settings, folder, address)
        run.figures = made.as_dict()
    return made


def _web_address(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise WrongArgument("url", "begin it with https:// (or http://).")
    return url
