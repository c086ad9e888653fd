"""The jobs of streams with a broker in memory: lock, ledger, service, dead letters, and what their user is told."""

from __future__ import annotations

import os
import signal
import threading
import time
from dataclasses import replace

import pytest

from ingestion.lake import open_lake
from ingestion.streams import StreamError
from isobar.errors import WrongArgument
from isobar.health.status import status
from isobar.jobs import load as loading
from isobar.jobs import stream
from isobar.jobs.watcher import Remark, Watcher
from isobar.runs.ledger import Ledger
from isobar.runs.lock import LockedError, writing
from isobar.settings import Settings, SettingsError
from tests.openweather.conftest import query
from tests.streams.memory import Broker, Memory
from tests.streams.test_streams import CURRENT, event, landed_ids

WAIT_SECONDS = 30


@pytest.fixture
def by_broker(keyed: Settings, broker: Broker, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for module in (stream, loading):
        monkeypatch.setattr(module, "open_transport", lambda settings: Memory(broker))
    monkeypatch.setattr("isobar.health.status.open_transport", lambda settings: Memory(broker))
    return replace(keyed, transport="kafka")


def test_a_direct_transport_has_no_streams(settings: Settings) -> None:
    with pytest.raises(SettingsError, match="set ISOBAR_TRANSPORT"):
        stream.land(settings)


def test_a_source_of_archives_is_not_polled(by_broker: Settings) -> None:
    with pytest.raises(WrongArgument, match="synop is not a source that is polled"):
        stream.poll(by_broker, "synop")


def test_poll_land_load_and_their_runs(by_broker: Settings, broker: Broker) -> None:
    assert stream.poll(by_broker, "openweather").published == 12
    assert sum(each.messages or 0 for each in status(by_broker).streams) == 12
    done = stream.land(by_broker, loads=True)
    assert done
    assert (done.messages, done.loads["openweather"].tables["current"].appended_row_count) == (12, 3)
    assert query(by_broker, "select count(*) from raw_openweather.current") == [(3,)]
    assert [each.messages for each in status(by_broker).streams] == [0] * 5
    assert {each["command"] for each in Ledger(by_broker).events() if each["event"] == "started"} == {
        "stream poll",
        "stream land",
        "load",
    }


def test_what_is_not_published_fails_and_its_calls_are_counted(by_broker: Settings, broker: Broker) -> None:
    broker.refuses = b"forecast"
    with pytest.raises(StreamError, match="not published"):
        stream.poll(by_broker, "openweather")
    assert sum(each["count"] for each in Ledger(by_broker).events() if each["event"] == "calls") == 12


def test_the_lock_is_one_for_all_commands(by_broker: Settings, broker: Broker) -> None:
    broker.put(CURRENT, event(0).encoded(), number=0)
    with writing(by_broker), pytest.raises(LockedError):
        stream.land(by_broker)
    assert landed_ids(open_lake(by_broker)) == []


class Heard(Watcher):
    def __init__(self) -> None:
        self.told: list[object] = []

    def tell(self, told: object) -> None:
        self.told.append(told)


def test_a_service_waits_for_the_broker_and_the_lock_and_ends_with_sigterm(
    by_broker: Settings, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "AGAIN_SECONDS", 0.05)
    lake, watcher = open_lake(by_broker), Heard()
    failures: list[object] = []

    def until(number: int) -> None:
        deadline = time.monotonic() + WAIT_SECONDS
        while landed_ids(lake) != list(range(number)):
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def others() -> None:
        try:
            broker.put(CURRENT, event(0).encoded(), number=0)
            until(1)
            broker.is_down = True
            time.sleep(0.3)
            broker.is_down = False
            time.sleep(0.3)
            broker.put(CURRENT, event(1).encoded(), number=0)
            until(2)
        except BaseException as error:  # noqa: BLE001 - told by the test
            failures.append(error)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    thread = threading.Thread(target=others)
    thread.start()
    assert stream.land(by_broker, follow=True, watcher=watcher) is None
    thread.join()
    assert not failures
    assert signal.getsignal(signal.SIGTERM) == before
    (waited,) = [each for each in watcher.told if isinstance(each, Remark)]
    assert "no answer" in waited.text


def test_dead_letters_of_a_source_are_shown_and_replayed(by_broker: Settings, broker: Broker) -> None:
    broker.put(CURRENT, b"poison", number=0)
    landed = stream.land(by_broker)
    assert landed
    assert landed.is_above_reject_limit
    shown = stream.dead_letters(by_broker, "openweather")
    assert [(each.place, each.value) for each in shown.letters] == [(f"{CURRENT}/0@0", "poison")]
    assert stream.dead_letters(by_broker, "meteofrance_vigilance").letters == []
    assert stream.dead_letters(by_broker, replays=True).is_replayed
    assert stream.dead_letters(by_broker).letters == []
    assert broker.values(CURRENT) == [b"poison", b"poison"]
