"""The newest publication to the stores of `ISOBAR_OUTLETS`: what each lacks of it. One that fails costs the others nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from isobar.errors import WrongArgument
from isobar.jobs.recording import recorded
from isobar.jobs.watcher import SILENT, Remark, Watcher
from isobar.runs import logs
from isobar.runs.ledger import Run
from isobar.runs.lock import LockedError
from isobar.settings import Settings
from serving.outlets.opening import open_outlet
from serving.outlets.outlet import Delivered, OutletError
from serving.outlets.outlet import deliver as deliver_to
from serving.outlets.published import NothingToDeliver, contents


class NotDelivered(Exception):
    """Some store was not sent the publication; the message names each and why. The next delivery sends the rest."""

    def __init__(self, done: Deliveries) -> None:
        super().__init__("; ".join(f"{each.outlet}: {each.error}" for each in done.outlets if each.error))
        self.done = done


@dataclass(frozen=True)
class Deliveries:
    """What was delivered to each store."""

    outlets: list[Delivered]

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def deliver(
    settings: Settings, urls: Sequence[str] = (), watcher: Watcher = SILENT, *, part_of: Run | None = None
) -> Deliveries:
    """Send the newest publication.

    Args:
        urls: stores of `ISOBAR_OUTLETS`; none is all of them.
        part_of: the run that it is a step of.

    Raises:
        WrongArgument: a store is not in `ISOBAR_OUTLETS`, or none is there.
        NothingToDeliver: nothing is published, or what is cannot be read.
        NotDelivered: some store does not answer or refuses; the others have been sent it.
        LockedError: another command writes into the data folder.
    """
    asked, done = _asked(settings, urls), Deliveries([])
    with recorded(settings, "deliver", watcher, part_of=part_of) as run:
        publication = contents(settings)
        for url in asked:
            try:
                delivered = deliver_to(open_outlet(url, settings), publication, watcher.progress)
            except OutletError as error:
                delivered = Delivered(url, error=str(error))
            logs.event("delivered", **delivered.as_dict())
            done.outlets.append(delivered)
            run.figures = done.as_dict()
        if any(each.error for each in done.outlets):
            raise NotDelivered(done)
    return done


def follow_build(settings: Settings, watcher: Watcher, part_of: Run | None = None) -> None:
    """The same after a build. What fails is told, recorded and alerted, and does not fail the build: the publication is there,
    and the next build or `isobar deliver` sends the rest.
    """
    if not settings.outlets:
        return
    try:
        watcher.tell(deliver(settings, watcher=watcher, part_of=part_of))
    except NotDelivered as error:
        watcher.tell(error.done)
    except (NothingToDeliver, LockedError) as error:
        watcher.tell(Remark("not delivered", str(error), is_bad=True))


def statements(settings: Settings, urls: Sequence[str] = ()) -> list[str]:
    """The statements that make the tables of stores, a role of their readers among them.

    Raises:
        OutletError, WrongArgument, NothingToDeliver: as :func:`deliver`.
    """
    publication = contents(settings)
    return [open_outlet(url, settings).ddl(publication) for url in _asked(settings, urls)]


def _asked(settings: Settings, urls: Sequence[str]) -> Sequence[str]:
    if not settings.outlets:
        raise WrongArgument(
            "url", "ISOBAR_OUTLETS is not set: name the stores in it, as postgresql://user@host/weather_dw."
        )
    for url in urls:
        if url not in settings.outlets:
            raise WrongArgument("url", f"{url} is not in ISOBAR_OUTLETS. Use: {', '.join(settings.outlets)}.")
    return [url for url in settings.outlets if not urls or url in urls]
