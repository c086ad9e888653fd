"""A build delivers what it has published; a store that fails costs the build nothing, and is not forgotten."""

from __future__ import annotations

from dataclasses import replace

from isobar.health.status import status
from isobar.jobs.build import build
from isobar.jobs.deliver import Deliveries
from isobar.jobs.watcher import Watcher
from isobar.publish.publication import published
from tests.warehouse.conftest import Warehouse

DOWN = "postgresql://isobar@127.0.0.1:9/weather_dw"


class Told(Watcher):
    def __init__(self) -> None:
        self.deliveries: list[Deliveries] = []

    def tell(self, told: object) -> None:
        if isinstance(told, Deliveries):
            self.deliveries.append(told)


def test_a_build_delivers_and_a_store_that_is_down_does_not_fail_it(house: Warehouse) -> None:
    house.build()
    watcher, settings = Told(), replace(house.settings, outlets=(DOWN,))
    build(settings, watcher=watcher)  # with nothing new, too: a store may lack what was published before
    ((done,),) = [each.outlets for each in watcher.deliveries]
    assert done.outlet == DOWN
    assert done.error and "no answer" in done.error
    found, publication = status(settings), published(settings)
    (outlet,) = found.outlets
    assert publication
    assert (outlet.outlet, outlet.is_behind, outlet.published_at) == (DOWN, True, None)
    assert outlet.error == done.error and outlet.behind_since == found.published_at
    assert found.needs_attention and found.lacks_delivery and not found.failed_runs  # said once, of the store
    assert not status(replace(settings, outlets=())).outlets
