"""A job under the data folder's lock and the ledger's eyes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import Any

from isobar.errors import explained
from isobar.health import metrics
from isobar.jobs.watcher import Remark, Watcher
from isobar.publish.duckdb import follow_folder, has_moved
from isobar.runs import logs
from isobar.runs.ledger import Ledger, Run
from isobar.runs.lock import LockedError, writing
from isobar.settings import Settings
from isobar.warehouse import session

Then = Callable[[Settings, Exception | None], None]


@contextmanager
def recorded(
    settings: Settings,
    command: str,
    watcher: Watcher,
    then: Then | None = None,
    *,
    part_of: Run | None = None,
    mends_warehouse: bool = False,
    **details: Any,
) -> Iterator[Run]:
    """A run of `command`. Prometheus' figures follow it, however it ends.

    Args:
        then: called when the run's end is in the ledger, with the error that ended it; its own error never hides that one.
        part_of: the run that it is a step of, under whose lock it is.
        mends_warehouse: the warehouse may be damaged.
        details: of the run, for the ledger.

    Raises:
        LockedError: another command writes into the data folder.
        DamagedWarehouseError: the warehouse's file is damaged.
    """
    with nullcontext() if part_of else writing(settings):
        try:
            _mend_ledger(settings, watcher)
            with Ledger(settings).run(command, part_of, **details) as run:
                if not mends_warehouse:
                    session.check(settings)
                follow_folder(settings)
                yield run
        except Exception as error:
            try:
                if then:
                    then(settings, error)
            except Exception as another:  # noqa: BLE001 - whatever it is, the first error is the one to tell
                logs.warn("not_followed", command=command, error=explained(another))
                watcher.tell(Remark("not done after it", explained(another)))
            raise
        else:
            if then:
                then(settings, None)
        finally:
            try:
                metrics.write(settings)
            except OSError as error:  # a full disk: what the run did is in the ledger, and its own error says more
                logs.warn("metrics_not_written", error=str(error))
                watcher.tell(f"figures for Prometheus were not written: {error}")


def _mend_ledger(settings: Settings, watcher: Watcher) -> None:
    ledger = Ledger(settings)
    fault = ledger.fault()
    if fault and (aside := ledger.mend()):
        logs.warn("ledger_mended", fault=fault, kept_as=aside.name)
        told = f"{fault}; kept as {aside.name}, its readable events go on"
        watcher.tell(Remark(f"{ledger.path.name} was damaged", told))


def follow(settings: Settings) -> None:
    """Before the published marts are only read: what :func:`recorded` does first. Another writer does it for itself."""
    if has_moved(settings):  # the lock is taken for nothing less
        with suppress(LockedError, OSError), writing(settings):
            follow_folder(settings)
