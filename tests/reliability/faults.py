"""The faults, one entry each: how it strikes, what its user sees, and what may be missing until the next run.

`docs/reliability.md` has a row for each, held against this table by `test_document.py`.
"""

from __future__ import annotations

import ctypes
import os
import pkgutil
import resource
import shutil
import signal
import ssl
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from ingestion.lake import Lake
from isobar.settings import PROJECT_ROOT
from simulator import faults as simulated
from simulator.faults import Rule
from simulator.server import ArchiveRoute, Request, Response, Route, SimulatorServer
from tests.certificates import self_signed
from tests.conftest import NOWHERE
from tests.reliability.stage import BEFORE, LOAD, NOW, Outcome, Stage

TOWN = (41.0, 2.5)
"""The second of the configured towns, town-1-fr, of latitude and longitude as the simulator is asked for them."""

CLOCK_BEHIND = BEFORE - timedelta(hours=6)
"""A machine's clock that was set back behind the run before."""

ALL = {
    f"raw_openweather.{name}": None
    for name in ("cities", "current", "forecasts", "air_pollution", "air_pollution_forecasts")
}
ANSWERS = {name: None for name in ALL if name != "raw_openweather.cities"}
ARCHIVE = {"raw_synop.observations": None}
ALL_SYNOP = {**ARCHIVE, "raw_synop.stations": None}


def one(table: str) -> dict[str, str | None]:
    """Of one table, the rows of the struck town alone."""
    return {f"raw_openweather.{table}": "town-1-fr"}


def in_process(stage: Stage, source: str) -> Outcome:
    return stage.run(*LOAD[source])


@dataclass(frozen=True)
class Fault:
    """One fault.

    Attributes:
        name: its row in docs/reliability.md.
        source: whose load it strikes.
        strike: breaks the stage.
        exit_code: of the run under the fault.
        says: what that run tells; empty where the fault passes unnoticed.
        lacks: raw table -> the place whose rows the run has not brought (None: any place); nothing else is missing.
        run: the run under the fault.
        strikes: how often the first rule must have struck; None: at least once, where there are rules.
        by_chance: which of the requests it meets is chance: some of `lacks` is missing.
        is_variant: what it shows, another one or a unit test shows too: struck among the long tests only.
        leaves: raw tables in which what the fault brought stays beside what counts.
        clock: the machine's clock during the fault.
    """

    name: str
    source: str
    strike: Callable[[Stage], None]
    exit_code: int = 0
    says: str = ""
    lacks: Mapping[str, str | None] = field(default_factory=dict)
    run: Callable[[Stage, str], Outcome] = in_process
    strikes: int | None = None
    by_chance: bool = False
    is_variant: bool = False
    leaves: tuple[str, ...] = ()
    clock: datetime = NOW


# --- on the network --------------------------------------------------------------------------------------------------


def api(
    fault: simulated.Fault, path: str = "*/weather", place: tuple[float, float] | None = TOWN, **when: object
) -> Callable[[Stage], None]:
    return lambda stage: stage.openweather.break_by(Rule(fault, path, place, **when))  # type: ignore[arg-type]


def everywhere(fault: simulated.Fault, path: str = "*", **when: object) -> Callable[[Stage], None]:
    return api(fault, path, None, **when)


def archive(fault: simulated.Fault, path: str = "synop_2026*", **when: object) -> Callable[[Stage], None]:
    return lambda stage: stage.synop.break_by(Rule(fault, path, **when))  # type: ignore[arg-type]


def impatient(strike: Callable[[Stage], None]) -> Callable[[Stage], None]:
    """With a second instead of a minute until a connection counts as stalled, and one retry: the suite waits for it."""

    def struck(stage: Stage) -> None:
        stage.patch.setattr("ingestion.http.client.READ_SECONDS", 0.4)
        stage.patch.setattr("ingestion.http.client.RETRIES", 1)
        strike(stage)

    return struck


def at_a_date(request: Request, route: Route) -> Response:
    return simulated.too_many_requests(datetime.now(UTC).replace(tzinfo=None) + timedelta(seconds=1))(request, route)


def at_a_date_of_another_clock(request: Request, route: Route) -> Response:
    """In a second, said by a server whose clock is five hours ahead."""
    moment = datetime.now(UTC).replace(tzinfo=None) + timedelta(hours=5)
    told = simulated.too_many_requests(moment + timedelta(seconds=1))
    return simulated.clock_skew(moment)(request, lambda request: told(request, route))


def settings(**variables: str) -> Callable[[Stage], None]:
    return lambda stage: stage.set_(**variables)


def unknown_host(stage: Stage) -> None:
    """The name is looked up here, not by a proxy; `.invalid` exists nowhere (RFC 2606)."""
    stage.set_(ISOBAR_OPENWEATHER_URL="http://openweather.invalid", no_proxy="*", NO_PROXY="*")


def dead_proxy(stage: Stage) -> None:
    stage.set_(http_proxy=NOWHERE, HTTP_PROXY=NOWHERE, no_proxy="", NO_PROXY="")


def over_tls(stage: Stage, **variables: str) -> None:
    """The same provider over TLS, with a certificate that nobody has signed."""
    folder = stage.data_dir.parent
    certificate, key = self_signed(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = stage.ending.enter_context(SimulatorServer(stage.providers.routes, tls=context))
    stage.set_(ISOBAR_OPENWEATHER_URL=server.url, **variables)


def absent_bundle(stage: Stage) -> None:
    over_tls(stage, REQUESTS_CA_BUNDLE=str(stage.data_dir.parent / "absent.pem"))


def plain_http(stage: Stage) -> None:
    stage.set_(ISOBAR_OPENWEATHER_URL=stage.providers.url.replace("http:", "https:"))


def other_host(stage: Stage) -> None:
    """302 to a mirror that serves the same files."""
    mirror = SimulatorServer({"/mirror/": ArchiveRoute(stage.providers.archives[NOW])})
    url = stage.ending.enter_context(mirror).url
    stage.synop.break_by(Rule(simulated.redirected(f"{url}/mirror/"), "synop_2026*"))


def header_changed(content: bytes) -> bytes:
    return content.replace(b"geo_id_wmo", b"station", 1)


def shrunken(content: bytes) -> bytes:
    return b"".join(content.splitlines(keepends=True)[:5])


def untidy(content: bytes) -> bytes:
    """Every third line twice, every other one ending as on Windows, `mq` where the old layout said nothing."""
    header, *lines = content.splitlines()
    header_count = len(header.split(b";"))
    written = [header + b"\n"]
    for number, line in enumerate(lines):
        cells = line.split(b";")
        if number % 5 == 0:
            cells = [*cells[:8], *(cell or b"mq" for cell in cells[8:])]
        assert len(cells) == header_count
        end = b"\r\n" if number % 2 else b"\n"
        written += [b";".join(cells) + end] * (2 if number % 3 == 0 else 1)
    return b"".join(written)


# --- on the machine --------------------------------------------------------------------------------------------------


def nothing(stage: Stage) -> None:
    """What goes wrong is in the run itself."""


def kill(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def set_kill(place: str) -> None:
    """SIGKILL instead of a function: at a moment that no clock can hit."""
    owner, name = place.rsplit(".", 1)
    setattr(pkgutil.resolve_name(owner), name, kill)


def killed(place: str) -> Callable[[Stage, str], Outcome]:
    return lambda stage, source: stage.run_alone(*LOAD[source], first=partial(set_kill, place))


def killed_while_fetching(stage: Stage, source: str) -> Outcome:
    """SIGKILL from outside, when the provider has been asked for a while and answers slowly."""
    stage.openweather.break_by(Rule(simulated.latency(0.2)))
    running = stage.start_alone(*LOAD[source])
    stage.wait_for_requests(10, running)
    running.process.kill()
    return running.outcome()


def limited(byte_count: int) -> Callable[[Stage, str], Outcome]:
    """No file may grow beyond this: the system refuses to write as a full disk does, with another word (EFBIG)."""
    limit = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (byte_count, byte_count))
    return lambda stage, source: stage.run_alone(*LOAD[source], first=limit)


def on_a_full_disk(free_kilobytes: int) -> Callable[[Stage, str], Outcome]:
    """The data folder on a file system of its own, in memory, of which so much is free; its state is kept afterwards."""

    def run(stage: Stage, source: str) -> Outcome:
        disk = stage.data_dir.parent / "disk"
        disk.mkdir(exist_ok=True)
        used = sum(path.stat().st_blocks // 2 for path in stage.data_dir.rglob("*"))
        wounded = stage.data_dir.with_name("wounded")
        script = (
            'set -e; mount -t tmpfs -o "size=$1k" none "$2"; cp -a "$3/." "$2"; disk=$2; wounded=$4; shift 4;'
            ' code=0; ISOBAR_DATA_DIR=$disk "$@" || code=$?; cp -a "$disk" "$wounded"; exit $code'
        )
        unshare = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"]
        if subprocess.run(
            [*unshare[:4], "mount", "-t", "tmpfs", "none", str(disk)], capture_output=True, check=False
        ).returncode:
            pytest.skip("no file system of its own: unshare and mount are not allowed here")
        places = (str(disk), str(stage.data_dir), str(wounded))
        done = subprocess.run(
            [*unshare, str(used + free_kilobytes), *places, sys.executable, "-m", "isobar.cli", *LOAD[source]],
            env=stage.variables(),
            cwd=PROJECT_ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        shutil.rmtree(stage.data_dir)
        wounded.rename(stage.data_dir)
        return Outcome(done.returncode, done.stdout, done.stderr)

    return run


def full_ledger(stage: Stage) -> None:
    """Every write to /dev/full fails as on a full disk."""
    ledger, kept = stage.settings.ledger, stage.settings.ledger.with_suffix(".kept")
    ledger.rename(kept)
    ledger.symlink_to("/dev/full")
    stage.ending.callback(lambda: kept.replace(ledger))


CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAPABILITY_VERSION_3 = 1, 2, 0x20080522
"""capabilities(7): what lets root write where the permissions do not; capset(2): a header, then three words twice."""


def bound_by_permissions() -> None:
    """Root, too, is refused by a folder that is not writable; for other users nothing changes."""
    system, header, words = ctypes.CDLL(None, use_errno=True), (ctypes.c_uint32 * 2)(), (ctypes.c_uint32 * 6)()
    header[0] = CAPABILITY_VERSION_3
    assert system.capget(header, words) == 0
    words[0] &= ~(1 << CAP_DAC_OVERRIDE | 1 << CAP_DAC_READ_SEARCH)  # the effective ones
    assert system.capset(header, words) == 0


def read_only(folder: str) -> Callable[[Stage], None]:
    def strike(stage: Stage) -> None:
        changed = stage.data_dir / folder
        paths = [changed, *(path for path in changed.rglob("*") if path.is_dir())]
        for path in paths:
            path.chmod(0o555)
        stage.ending.callback(lambda: [path.chmod(0o755) for path in paths])

    return strike


def with_permissions(stage: Stage, source: str) -> Outcome:
    return stage.run_alone(*LOAD[source], first=bound_by_permissions)


def file_in_place_of_the_lake(stage: Stage) -> None:
    lake, kept = stage.settings.lake, stage.data_dir / "lake.kept"
    lake.rename(kept)
    lake.write_text("")
    stage.ending.callback(lambda: (lake.unlink(), kept.rename(lake)))


def file_in_place_of_the_data_folder(stage: Stage) -> None:
    folder, kept = stage.data_dir, stage.data_dir.with_name("data.kept")
    folder.rename(kept)
    folder.write_text("")
    stage.ending.callback(lambda: (folder.unlink(), kept.rename(folder)))


def lost_bytes(stage: Stage) -> None:
    """The lake knows of its archives and holds them no more."""
    lake = Lake(stage.settings.lake)
    for landing in lake.landings("synop"):
        lake.open_path(landing).unlink()


def damaged_state(stage: Stage) -> None:
    """dlt's state of the source is cut short."""
    state = stage.settings.pipelines_dir / "synop" / "state.json"
    state.write_bytes(state.read_bytes()[:40])


def another_run(stage: Stage) -> None:
    """Another load of the same folder is waiting for its provider."""
    stage.openweather.break_by(Rule(simulated.latency(1)))
    other = stage.start_alone(*LOAD["openweather"])
    stage.ending.callback(other.outcome)
    stage.wait_for_requests(1, other)


def open_elsewhere(stage: Stage) -> None:
    """The warehouse is open in another program."""
    program = f"import duckdb, sys; held = duckdb.connect({str(stage.settings.warehouse)!r}); print('open', flush=True); sys.stdin.read()"
    other = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    stage.ending.callback(lambda: (other.communicate(), None))
    assert other.stdout is not None and other.stdout.readline() == "open\n"


KEY_REFUSED = "the key is not accepted"
FETCH_ENDED = "check the address"

FAULTS = (
    # OpenWeather: what it says
    Fault("key refused (expired, rotated)", "openweather", everywhere(simulated.bad_key()), 1, KEY_REFUSED, ALL),
    Fault("key refused at one endpoint", "openweather", everywhere(simulated.bad_key(), "*/forecast"), 3, KEY_REFUSED, {"raw_openweather.forecasts": None, "raw_openweather.air_pollution_forecasts": None}),
    Fault("key refused half-way", "openweather", everywhere(simulated.bad_key(), calls=range(10, 99)), 3, KEY_REFUSED, ANSWERS, by_chance=True, is_variant=True),
    Fault("400 for one city", "openweather", api(simulated.bad_request()), 0, "HTTP 400", one("current"), strikes=1),
    Fault("403 for one city", "openweather", api(simulated.forbidden()), 0, "HTTP 403, access refused", one("current"), strikes=1, is_variant=True),
    Fault("404 for one city", "openweather", api(simulated.city_not_found()), 0, "HTTP 404", one("current"), strikes=1, is_variant=True),
    Fault("failures above the share", "openweather", api(simulated.city_not_found(), "data/*"), 3, "13 of 17 requests answered", dict.fromkeys(ANSWERS, "town-1-fr")),
    Fault("429, Retry-After in seconds", "openweather", api(simulated.too_many_requests(1), calls=[1])),
    Fault("429, Retry-After as a date", "openweather", api(at_a_date, calls=[1])),
    Fault("429, Retry-After 0", "openweather", api(simulated.too_many_requests(0), calls=[1])),
    Fault("429 without Retry-After", "openweather", api(simulated.too_many_requests(), calls=[1]), is_variant=True),
    Fault("429, Retry-After beyond two minutes", "openweather", api(simulated.too_many_requests(86_400)), 0, "it asks to wait 86400 s", one("current"), strikes=1, is_variant=True),
    Fault("429 without end", "openweather", api(simulated.too_many_requests()), 0, "more calls than the provider allows", one("current"), strikes=5, is_variant=True),
    Fault("clock skew: the server's Date hours off", "openweather", api(at_a_date_of_another_clock, calls=[1])),
    Fault("500 once", "openweather", api(simulated.server_error(500), calls=[1]), is_variant=True),
    Fault("502 with a gateway's HTML, twice", "openweather", api(simulated.server_error(502), calls=[1, 2]), is_variant=True),
    Fault("503 without end for one city", "openweather", api(simulated.server_error(503)), 0, "HTTP 503", one("current"), strikes=5, is_variant=True),
    Fault("503 from everywhere", "openweather", everywhere(simulated.server_error(503)), 1, "HTTP 503", ALL),
    # OpenWeather: answers that are none
    Fault("HTML instead of JSON", "openweather", api(simulated.html_page()), 0, "HTML instead of JSON", one("current"), strikes=1),
    Fault("a log-in page in front of everything", "openweather", everywhere(simulated.html_page()), 1, "HTML instead of JSON", ALL, is_variant=True),
    Fault("empty body", "openweather", api(simulated.empty_body()), 0, "the file is empty", one("current"), is_variant=True),
    Fault("empty list", "openweather", api(simulated.empty_list(), "*/2.5/forecast"), 0, "0 times, 40 last time: not taken (--force", one("forecasts"), is_variant=True),
    Fault("much smaller answer", "openweather", api(simulated.shrunken(5), "*/2.5/forecast"), 0, "5 times, 40 last time: not taken (--force", one("forecasts")),
    Fault("malformed JSON", "openweather", api(simulated.malformed_json()), 0, "not readable as JSON", one("current"), is_variant=True),
    Fault("NaN in JSON", "openweather", api(simulated.nan_in_json("temp")), 0, "NaN is not a number", one("current")),
    Fault("wrong content type", "openweather", everywhere(simulated.wrong_content_type()), is_variant=True),
    Fault("an error in a 200, with markup", "openweather", api(simulated.message("[/bold] \x1b[2J gone")), 0, "an error, 400: [/bold] \ufffd[2J gone", one("current")),
    Fault("unit missing: `units` dropped on the way", "openweather", everywhere(simulated.units_dropped(), "*/weather"), 3, "not in the units asked for (metric)", {"raw_openweather.current": None}),
    Fault("geocoding finds nobody", "openweather", everywhere(simulated.empty_list(), "geo/*"), 3, "OpenWeather does not know Lyon, FR", dict.fromkeys(ALL, "lyon-fr"), leaves=("raw_openweather.cities",)),
    # OpenWeather: the connection
    Fault("slow drip", "openweather", impatient(api(simulated.slow_drip(1, 0.02))), 0, "too slow", one("current"), strikes=2),
    Fault("stalled connection", "openweather", impatient(api(simulated.stalled())), 0, "broke off after 10 bytes", one("current"), strikes=2),
    Fault("no answer", "openweather", impatient(api(simulated.latency(1))), 0, "ReadTimeout", one("current"), strikes=2, is_variant=True),
    Fault("cut body", "openweather", api(simulated.cut()), 0, "broke off after", one("current"), strikes=5),
    Fault("Content-Length too small", "openweather", api(simulated.short_length()), 0, "not readable as JSON", one("current"), is_variant=True),
    Fault("Content-Length too large", "openweather", impatient(api(simulated.short_length(-9))), 0, "broke off after", one("current"), strikes=2, is_variant=True),
    Fault("truncated gzip around an answer", "openweather", api(simulated.truncated_gzip()), 0, "its gzip has no end", one("current"), strikes=5),
    Fault("connection reset once", "openweather", api(simulated.reset(), calls=[1]), is_variant=True),
    Fault("connection reset in the body", "openweather", api(simulated.reset(after=20)), 0, "broke off after", one("current"), strikes=5, is_variant=True),
    Fault("redirect loop", "openweather", api(simulated.redirect_loop()), 0, "TooManyRedirects", one("current"), strikes=6),
    Fault("DNS: the name is not found", "openweather", unknown_host, 1, "NameResolutionError; check the address", ALL),
    Fault("TLS: the server speaks none", "openweather", plain_http, 1, "SSLError; check its certificate", ALL, is_variant=True),
    Fault("TLS: a certificate that the CA bundle refuses", "openweather", over_tls, 1, "SSLError; check its certificate (REQUESTS_CA_BUNDLE)", ALL),
    Fault("a CA bundle that is not there", "openweather", absent_bundle, 1, "check REQUESTS_CA_BUNDLE", ALL, is_variant=True),
    Fault("a proxy that is dead", "openweather", dead_proxy, 1, "ProxyError; check the proxy", ALL),
    # OpenWeather: the budgets of a key
    Fault("plan above the budget", "openweather", settings(ISOBAR_OPENWEATHER_BUDGET="16/day"), 1, "so none was made", ALL),
    Fault("budget used up by retries", "openweather", lambda stage: api(simulated.server_error())(stage) or stage.set_(ISOBAR_OPENWEATHER_BUDGET="19/day"), 0, "is used up", ANSWERS, by_chance=True),
    # archives
    Fault("archive: truncated .gz", "synop", archive(simulated.truncated_file(0.7)), 0, "truncated or damaged gzip", ARCHIVE),
    Fault("archive: HTML instead of .gz", "synop", archive(simulated.html_page()), 0, "last time: not taken (--force", ARCHIVE, is_variant=True),
    Fault("archive: wrong columns", "synop", archive(simulated.rewritten(header_changed)), 0, "the header has no column geo_id_wmo", ARCHIVE),
    Fault("archive: shrunken file", "synop", archive(simulated.rewritten(shrunken)), 0, "last time: not taken (--force", ARCHIVE, is_variant=True),
    Fault("archive: duplicate lines, mixed line ends, `mq`", "synop", archive(simulated.rewritten(untidy))),
    Fault("archive: 404 for one year", "synop", archive(simulated.not_found()), 0, "does not publish it", ARCHIVE),
    Fault("archive: 403 for one year", "synop", archive(simulated.forbidden()), 0, "HTTP 403, access refused", ARCHIVE, strikes=1, is_variant=True),
    Fault("archive: 503 for one year", "synop", archive(simulated.server_error(503)), 0, "HTTP 503", ARCHIVE, strikes=5, is_variant=True),
    Fault("archive: cut download", "synop", archive(simulated.cut()), 0, "broke off after", ARCHIVE, strikes=5, is_variant=True),
    Fault("archive: truncated gzip around a file", "synop", archive(simulated.truncated_gzip(0.8)), 0, "its gzip has no end", ARCHIVE, strikes=5, is_variant=True),
    Fault("archive: redirect to another host", "synop", other_host),
    Fault("archive: redirect to a dead host", "synop", archive(simulated.redirected(f"{NOWHERE}/")), 1, FETCH_ENDED, ALL_SYNOP, is_variant=True),
    Fault("archive: 304 for a file that has changed", "synop", archive(simulated.not_modified()), lacks=ARCHIVE),
    Fault("archive: another ETag each time", "synop", archive(simulated.other_etag(), "*"), is_variant=True),
    Fault("archive: nobody there", "synop", settings(ISOBAR_SYNOP_URL=f"{NOWHERE}/synop/"), 1, FETCH_ENDED, ALL_SYNOP, is_variant=True),
    # the machine
    Fault("killed while fetching", "openweather", nothing, -9, lacks=ALL, run=killed_while_fetching),
    Fault("killed while landing", "openweather", nothing, -9, lacks=ALL, run=killed("ingestion.lake.lake.Lake._announce"), is_variant=True),
    Fault("killed between landing and loading", "synop", nothing, -9, lacks=ALL_SYNOP, run=killed("ingestion.pipeline.RawPipeline.append")),
    Fault("killed before dlt loads its package", "synop", nothing, -9, lacks=ALL_SYNOP, run=killed("dlt.Pipeline.load"), is_variant=True),
    Fault("killed while dlt loads its package", "synop", nothing, -9, lacks=ALL_SYNOP, run=killed("dlt.destinations.impl.duckdb.duck.DuckDbClient.complete_load")),
    Fault("killed before the ledger knows of its rows", "synop", nothing, -9, run=killed("ingestion.pipeline.RawPipeline.deliveries"), is_variant=True),
    Fault("killed after loading", "synop", nothing, -9, run=killed("isobar.console.Session.tell"), is_variant=True),
    Fault("disk full while landing", "openweather", nothing, 1, "the disk is full", ALL, run=on_a_full_disk(64), is_variant=True),
    Fault("disk full while loading", "openweather", nothing, 1, "the disk is full", ALL, run=on_a_full_disk(700)),
    Fault("disk full for the ledger", "openweather", full_ledger, 1, "the disk is full", ALL, is_variant=True),
    Fault("a file may not grow", "openweather", nothing, 1, "a file reached the system's size limit", ALL, run=limited(16 << 10)),
    Fault("read-only lake", "synop", read_only("lake"), 1, "cannot be written: check its permissions", ALL_SYNOP, run=with_permissions),
    Fault("read-only data folder", "synop", read_only("."), 1, "cannot be written: check its permissions", ALL_SYNOP, run=with_permissions, is_variant=True),
    Fault("a file where the lake should be", "synop", file_in_place_of_the_lake, 1, "a file is where a folder must be", ALL_SYNOP, is_variant=True),
    Fault("a file where the data folder should be", "synop", file_in_place_of_the_data_folder, 2, "is a file. Name a folder", ALL_SYNOP, is_variant=True),
    Fault("bytes gone from the lake", "synop", lost_bytes),
    Fault("dlt's state is damaged", "synop", damaged_state, 0, "state.json was damaged"),
    Fault("two runs at once", "synop", another_run, 1, "another isobar command", ALL_SYNOP),
    Fault("warehouse open in another program", "synop", open_elsewhere, 1, "the warehouse is open in another program", ALL_SYNOP),
    Fault("clock skew: this machine's clock set back", "openweather", nothing, 3, "rejected: they are of a time after", ANSWERS, clock=CLOCK_BEHIND),
    Fault("archive: this machine's clock set back", "synop", nothing, 0, "rejected: they are of a time after", ARCHIVE, leaves=("raw_synop.observations",), clock=CLOCK_BEHIND),
)  # fmt: skip
