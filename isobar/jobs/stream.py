"""Poll by way of a broker: publish answers, land topics, look after dead letters. See ingestion/streams."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field

from ingestion import load as loading
from ingestion.lake import StoreError, clear_scratch, open_lake
from ingestion.load import LoadSummary, PollSummary
from ingestion.registry import SOURCES
from ingestion.source import Source
from ingestion.streams import StreamError, Transport, open_transport
from ingestion.streams.land import Lander, streamed, topics_of
from ingestion.streams.letters import Letter, open_letters, replay
from ingestion.streams.transport import Lag
from isobar.errors import WrongArgument
from isobar.jobs.build import Built, build
from isobar.jobs.load import load
from isobar.jobs.recording import recorded
from isobar.jobs.watcher import SILENT, Remark, Watcher
from isobar.publish.quiet import Quiet
from isobar.runs import logs
from isobar.runs.ledger import Ledger, Run, RunCalls
from isobar.runs.lock import LockedError
from isobar.settings import Settings, SettingsError

ROUND_SECONDS = 60.0
"""A lander that follows ends a run after so long, so that it shows in the ledger and other commands get their turn."""

AGAIN_SECONDS = 5.0
"""After a broker or a bucket did not answer, or another command held the data folder, a lander that follows tries again."""

WAIT_SECONDS = 1.0
"""A lander that follows looks so often whether it is to stop, and whether a partition was added."""


@dataclass
class StreamLanded:
    """What `isobar stream land` did in one run."""

    messages: int = 0
    repeated: int = 0
    landings: int = 0
    byte_count: int = 0
    dead_letters: list[dict[str, object]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    lag: list[Lag] = field(default_factory=list)
    loads: dict[str, LoadSummary] = field(default_factory=dict)
    built: Built | Quiet | None = None
    seconds: float = 0.0

    @property
    def is_above_reject_limit(self) -> bool:
        """Too much of a source was rejected, or messages could not be landed."""
        return bool(self.dead_letters) or any(each.is_above_reject_limit for each in self.loads.values())

    def as_dict(self) -> dict[str, object]:
        figures = {name: value for name, value in vars(self).items() if name not in ("loads", "built", "lag")}
        return {
            **figures,
            "lag": [asdict(each) for each in self.lag],
            "loads": {name: each.as_dict() for name, each in self.loads.items()},
            "build": self.built.as_dict() if self.built else None,
        }


@dataclass(frozen=True)
class DeadLetters:
    """Letters that are open, or were just published again."""

    letters: list[Letter]
    is_replayed: bool

    def as_dict(self) -> dict[str, object]:
        return {"replayed": self.is_replayed, "letters": [each.as_dict() for each in self.letters]}


def poll(
    settings: Settings, source: str, url: str | None = None, *, force: bool = False, watcher: Watcher = SILENT
) -> PollSummary:
    """Ask a provider once and publish its answers.

    Raises:
        WrongArgument: no such source, or not one that is polled.
        SettingsError: no broker is set, or a key is missing.
        StreamError: the broker does not have every answer. The calls were made, and the ledger has them.
    """
    (polled,) = _sources(source)
    with (
        _opened(settings) as transport,
        recorded(settings, "stream poll", watcher, source=source) as run,
    ):
        summary = loading.poll(
            polled,
            settings,
            transport,
            url,
            force=force,
            calls=RunCalls(Ledger(settings), run),
            progress=watcher.progress,
        )
        lag = Lander([polled], settings, open_lake(settings), transport).lag()
        run.figures = {**summary.as_dict(), "lag": [asdict(each) for each in lag]}
        for refused in summary.refused:
            logs.warn("file_refused", source=source, **refused)
        logs.event("published", **{name: getattr(summary, name) for name in ("source", "published", "asked", "failed")})
    watcher.tell(summary)
    return summary


def land(
    settings: Settings,
    *,
    loads: bool = False,
    builds: bool = False,
    follow: bool = False,
    watcher: Watcher = SILENT,
) -> StreamLanded | None:
    """Land what the topics of all polled sources hold; then load it, then build.

    Args:
        follow: go on until SIGTERM or SIGINT, in a run of its own whenever something came. Returns None.

    Raises:
        SettingsError: no broker is set.
        StreamError, StoreError: it or the lake does not answer. With `follow`, it is asked again until it does.
        LockedError: another command writes into the data folder. With `follow`, it is waited for.
    """
    with _opened(settings) as transport:
        lander = Lander(_sources(), settings, open_lake(settings), transport)
        if follow:
            with _until_stopped() as stopping:
                _follow(lander, settings, watcher, stopping, loads=loads, builds=builds)
            return None
        with recorded(settings, "stream land", watcher) as run:
            return _round(lander, settings, run, watcher, loads=loads, builds=builds)


def dead_letters(
    settings: Settings, source: str | None = None, *, replays: bool = False, watcher: Watcher = SILENT
) -> DeadLetters:
    """Messages that could not be landed, of one source or of all; with `replays` they are published once more.

    Raises:
        WrongArgument: no such source, or not one that is polled.
        SettingsError: no broker is set.
        StreamError: it does not answer.
    """
    with _opened(settings) as transport:
        lake = open_lake(settings)
        topics = topics_of(_tables(_sources(source)), transport)
        if not replays:
            return DeadLetters(open_letters(lake, transport, topics).letters, is_replayed=False)
        with recorded(settings, "stream dead-letters", watcher) as run:
            opened = open_letters(lake, transport, topics)
            replay(lake, transport, opened)
            run.figures = {"replayed": len(opened.letters)}
        return DeadLetters(opened.letters, is_replayed=True)


def _follow(
    lander: Lander,
    settings: Settings,
    watcher: Watcher,
    stopping: threading.Event,
    *,
    loads: bool,
    builds: bool,
) -> None:
    """Rounds, one after the other, until `stopping`."""
    fault = None
    while not stopping.is_set():
        try:
            if not lander.wait(WAIT_SECONDS):
                continue
            with recorded(settings, "stream land", watcher) as run:
                _round(lander, settings, run, watcher, stopping.is_set, loads=loads, builds=builds, follows=True)
            fault = None
        except (StreamError, StoreError, LockedError) as error:
            if str(error) != fault:  # once, not every five seconds
                logs.warn("stream_waits", reason=str(error))
                watcher.tell(Remark("waiting", str(error)))
            fault = str(error)
            stopping.wait(AGAIN_SECONDS)


def _round(
    lander: Lander,
    settings: Settings,
    run: Run,
    watcher: Watcher,
    stop: Callable[[], bool] = lambda: False,
    *,
    loads: bool,
    builds: bool,
    follows: bool = False,
) -> StreamLanded:
    """Land what there is now; load and build it."""
    started = time.monotonic()
    clear_scratch(settings.scratch)
    lander.lake.clear_staging()

    def is_over() -> bool:
        return stop() or time.monotonic() - started > ROUND_SECONDS

    landed = lander.land(is_over if follows else stop)
    while follows and not is_over() and lander.wait(WAIT_SECONDS):  # a poll takes seconds, and is one run
        lander.land(is_over, landed)
    done = StreamLanded(
        landed.messages,
        landed.repeated,
        landed.new_landings,
        landed.byte_count,
        [{"place": each.place, "reason": each.reason} for each in landed.letters],
        landed.notes,
    )
    if loads or builds:
        for name in SOURCES:
            if name in landed.sources:
                done.loads[name] = load(settings, name, fetch=False, watcher=watcher, part_of=run)
    if builds and done.loads:
        done.built = build(settings, watcher=watcher, part_of=run)
    done.lag = lander.lag()
    done.seconds = round(time.monotonic() - started, 2)
    run.figures = {name: value for name, value in done.as_dict().items() if name not in ("loads", "build")}
    logs.event("stream_landed", **{name: getattr(done, name) for name in ("messages", "landings", "seconds")})
    for letter in landed.letters:
        logs.warn("dead_letter", place=letter.place, reason=letter.reason)
    watcher.tell(done)
    return done


@contextmanager
def _opened(settings: Settings) -> Iterator[Transport]:
    transport = open_transport(settings)
    if transport is None:
        raise SettingsError("no broker is set: set ISOBAR_TRANSPORT (docs/streams.md).")
    with closing(transport):
        yield transport


@contextmanager
def _until_stopped() -> Iterator[threading.Event]:
    """Set by SIGTERM and SIGINT: what is under way is ended first."""
    stopping = threading.Event()

    before = {
        number: signal.signal(number, lambda number, frame: stopping.set())
        for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        yield stopping
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _sources(name: str | None = None) -> list[Source]:
    polled = {source.name: source for source in SOURCES.values() if source.is_polled}
    if name is not None and name not in polled:
        raise WrongArgument("source", f"{name} is not a source that is polled. Use one of: {', '.join(polled)}.")
    return [polled[name]] if name else [*polled.values()]


def _tables(sources: Iterable[Source]) -> list[tuple[str, str]]:
    return [(source.name, table.name) for source in sources for table in streamed(source)]
