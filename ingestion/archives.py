"""The feed of archives: files under a base URL, asked for by name, fetched again only when they changed."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from ingestion.feed import LoadError, Visit
from ingestion.http.client import Client, HttpError
from ingestion.http.redaction import without_secrets
from ingestion.lake import Incoming
from isobar.settings import Settings, SettingsError

SHRUNK_SHARE = 0.5
"""A file or list below this share of what came last time is taken for the provider's fault: archives grow, lists stay."""


@dataclass(frozen=True)
class Wanted:
    """Files to fetch from a base URL: the first group of names of which one exists (a later layout, else an older one)."""

    table: str
    groups: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class PublishedFiles:
    """A provider that publishes files.

    Attributes:
        source: the lake folder.
        wanted: first and last day -> the files that hold them.
        table_of: file name -> its table, None for a name that is nobody's.
        base_url: the published base URL, by the settings.
        default_days: how far back a load without --start looks.
    """

    source: str
    wanted: Callable[[date, date], Sequence[Wanted]]
    table_of: Callable[[str], str | None]
    base_url: Callable[[Settings], str | None]
    default_days: int

    def fetch(self, visit: Visit) -> Generator[Incoming, None, None]:
        """Every file wanted; one that does not come costs only itself."""
        origin = visit.url or self.base_url(visit.settings)
        if origin is None:
            raise SettingsError(f"no address of {self.source} is set")
        file = Path(urlsplit(origin).path).name
        single = self.table_of(file)
        if single:
            base, wanted = urljoin(origin, "."), [Wanted(single, ((file,),))]
        else:
            today = visit.settings.now().date()
            base = origin if origin.endswith("/") else origin + "/"
            wanted = [*self.wanted(visit.start or today - timedelta(days=self.default_days), visit.end or today)]
        with Client() as http:
            for number, want in enumerate(wanted):
                visit.progress("fetching", number, len(wanted))
                yield from self._first_published(visit, http, base, want)
        visit.progress("fetching", len(wanted), len(wanted))

    def _first_published(self, visit: Visit, http: Client, base: str, want: Wanted) -> Iterator[Incoming]:
        """The files of the first group of names that the provider knows; a name that is not there is no error by itself."""
        for group in want.groups:
            is_published = False
            for file in group:
                try:
                    incoming = self._fetch(visit, http, want.table, base, file)
                except HttpError as error:
                    if error.is_unreachable:
                        raise LoadError(str(error)) from None
                    if not error.is_absent:  # published, it only did not come this time: no older layout instead
                        is_published = True
                        visit.refuse(file, str(error))
                    continue
                is_published = True
                if incoming is not None:
                    yield incoming
            if is_published:
                return
        file, other_names = want.groups[0][0], sum(map(len, want.groups)) - 1
        also = f", under none of {other_names} other names either" if other_names else ""
        visit.refuse(file, f"{without_secrets(base)} does not publish it{also}")

    def _fetch(self, visit: Visit, http: Client, table: str, base: str, file: str) -> Incoming | None:
        """One file, None when what landed last stays: the provider says so, or what came is suspiciously small."""
        url, name = urljoin(base, file), file.removesuffix(".gz")
        newest = visit.lake.newest(self.source, table, name)
        # a file that could not be used is fetched whole: what was wrong may have been the way here, not the file
        is_same = newest is not None and newest.origin == without_secrets(url) and not visit.is_refused(newest)
        is_kept = newest is not None and visit.lake.why_damaged(newest) is None
        target = visit.settings.scratch / file
        fetched = http.download(url, target, newest.etag if newest and is_same and is_kept else None)
        if fetched.path is None:
            visit.unchanged.append(table)
            return None
        byte_count = target.stat().st_size
        if newest and is_same and not visit.is_forced and byte_count < SHRUNK_SHARE * newest.byte_count:
            target.unlink()
            visit.refuse(
                file,
                f"{byte_count:,} bytes, {newest.byte_count:,} last time: not taken (--force takes it, if it is meant)",
            )
            return None
        return Incoming(
            table=table,
            file=name,
            local_path=fetched.path,
            origin=without_secrets(url),
            is_simulated=fetched.is_simulated,
            etag=fetched.etag,
            content_length=fetched.content_length,
        )
