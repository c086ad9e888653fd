"""The feed of OpenWeather's API: polls of the configured cities, and windows of past air quality.

A plain feed rather than dlt's `rest_api`: there, one failing city ends the whole load, and its exceptions and traces show the
query with the key. Here every city costs only itself, and dlt sees no request at all: it loads what the lake holds.
"""

from __future__ import annotations

import json
import re
from calendar import monthrange
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain, groupby, islice
from threading import Lock
from typing import Any

from ingestion.archives import SHRUNK_SHARE
from ingestion.feed import LoadError, Visit
from ingestion.http.answers import Kept, Question
from ingestion.http.budget import Allowance, OverBudget, key_hash
from ingestion.http.client import CONNECTIONS, Answer, Client, HttpError
from ingestion.http.redaction import HIDDEN, hide, without_secrets
from ingestion.lake import Incoming, Lake, Landing, moment_of
from ingestion.readers.bodies import NotJson, parse
from ingestion.sources.openweather.bodies import body_fault, steps_of
from ingestion.sources.openweather.cities import City, configured_cities, write
from ingestion.sources.openweather.places import misplacement, number_of, position_of
from ingestion.sources.openweather.settings import OpenWeatherSettings
from isobar.settings import Settings, SettingsError

API = "openweather"
UNITS = "metric"
"""Sent with every request and kept with every row: without it the API answers in kelvin."""

HOTTEST_C = 100.0
"""Metric answers stay far below, kelvin far above: a proxy that drops `units` must not make 285 K a warm day."""

HISTORY_BEGINS = date(2020, 11, 27)
GIVEN_UP_AFTER = 8
"""Requests in a row that failed after all their retries, or found nobody: the others would fare the same."""

RECENT_POLLS = 8
"""How many polls back an answer's size is looked for: a city may have failed in the last ones."""

NO_KEY = (
    "OpenWeather needs a key: set ISOBAR_OPENWEATHER_KEY, or api_key under [sources.openweather] in .dlt/secrets.toml"
    " (a free one: https://home.openweathermap.org/api_keys)."
)


@dataclass(frozen=True)
class Endpoint:
    """An endpoint asked once a city and poll. `has_steps`: the answer is a list in time, which must not be empty."""

    table: str
    name: str
    path: str
    has_steps: bool


POLLED = (
    Endpoint("current", "weather", "/data/2.5/weather", has_steps=False),
    Endpoint("forecasts", "forecast", "/data/2.5/forecast", has_steps=True),
    Endpoint("air_pollution", "air_pollution", "/data/2.5/air_pollution", has_steps=True),
    Endpoint("air_pollution_forecasts", "air_pollution/forecast", "/data/2.5/air_pollution/forecast", has_steps=True),
)
HISTORY = Endpoint("air_pollution", "air_pollution/history", "/data/2.5/air_pollution/history", has_steps=True)
GEOCODING = Endpoint("geocoding", "geo/direct", "/geo/1.0/direct", has_steps=False)


@dataclass(frozen=True)
class Call:
    """One request to be: `parameters` beside position, units and key; `file` takes its answer."""

    endpoint: Endpoint
    city: City
    file: str
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def shown(self) -> str:
        return f"{self.endpoint.name} {self.city.city_key}"

    def query(self) -> dict[str, str]:
        """What is sent, the key apart."""
        if self.endpoint is GEOCODING:
            return {"q": f"{self.city.name},{self.city.country}", "limit": "1"}
        position = {"lat": str(self.city.latitude), "lon": str(self.city.longitude)}
        return {**position, "units": UNITS, **self.parameters}


@dataclass(frozen=True)
class Line:
    """An answer as it goes into the lake."""

    call: Call
    text: str
    is_simulated: bool


class _BadAnswerError(Exception):
    """Status 200, but not what was asked for."""


class _StoppedError(Exception):
    """The load has ended meanwhile; the message says why."""


class OpenWeatherApi:
    """See :class:`ingestion.feed.Feed`. Without a period: a poll; with one: the air quality of those days.

    A poll is of a moment. Where the clock stands still, the same poll again asks only for what the lake does not have of it.
    """

    def fetch(self, visit: Visit) -> Generator[Incoming, None, None]:
        """One file a table and poll; one a city and month of history, given as soon as it is whole."""
        key = visit.settings.of(OpenWeatherSettings).key()
        if not key:
            raise SettingsError(NO_KEY)
        hide(key)
        cities = configured_cities(visit.settings)
        now = visit.settings.now()
        kept: dict[tuple[str, str], str] = {}
        known = with_positions(cities, visit.lake)
        unplaced = [city for city in known if city.latitude is None]
        cached: dict[str, Kept] = {}
        is_poll = visit.start is None and visit.end is None
        if is_poll:
            file = f"poll.{now:%Y-%m-%dT%H%M%S}.jsonl"
            calls = []
            for endpoint in POLLED:
                landed = _landed(visit, endpoint.table, file)
                streamed = _streamed(visit, endpoint.table, file)
                answered = {line["request"]["city_key"] for text in (landed, *streamed) for line in _lines(text)}
                missing = [Call(endpoint, city, file) for city in cities if city.city_key not in answered]
                if missing:
                    kept[endpoint.table, file] = landed
                else:
                    visit.unchanged.append(endpoint.table)
                calls += missing
            planned = len(cities) * len(POLLED)
            what = f"{len(cities):,} cities x {len(POLLED)} answers"
            calls, cached = _with_cache(visit, calls, {city.city_key: city for city in known})
        else:
            windows = _windows(visit.start, visit.end, now.date())
            every = [(window, _history_call(city, window, now)) for city in cities for window in windows]
            calls = [call for window, call in every if not _is_in_lake(visit, call, window)]
            planned = len(every)
            what = f"{len(cities):,} cities x {len(windows):,} months of air quality"
        if len(calls) < planned:
            what += f" - {planned - len(calls):,} in the lake"
        if unplaced:
            what += f" + {len(unplaced):,} positions to look up"
        count = len(calls) + len(unplaced)
        if not count:
            if not is_poll:
                visit.notes.append("all the air quality asked for is in the lake already")
            return
        allowance = Allowance(
            API, key_hash(key), visit.settings.of(OpenWeatherSettings).budget, visit.calls, visit.settings.now
        )
        visit.cached, to_make = len(cached), count - len(cached)
        allowance.plan(to_make, f"{what} - {len(cached):,} from the cache" if cached else what)
        pace = allowance.budget.minute
        if pace and to_make > pace:
            visit.notes.append(f"{to_make:,} calls at {pace:,} a minute take about {to_make / pace:.0f} minutes")
        try:
            with Client() as http:
                asking = _Asking(visit, http, allowance, key, count, kept, cached)
                yield from asking.files([Call(GEOCODING, city, f"{city.city_key}.jsonl") for city in unplaced])
                placed = {city.city_key: city for city in with_positions(cities, visit.lake)}
                ready = [replace(call, city=placed[call.city.city_key]) for call in calls]
                yield from asking.files([call for call in ready if call.city.latitude is not None])
                asking.finish()
        finally:
            allowance.close()


class _Asking:
    """The requests of one visit: made in parallel, judged one by one."""

    def __init__(
        self,
        visit: Visit,
        http: Client,
        allowance: Allowance,
        key: str,
        planned: int,
        kept: Mapping[tuple[str, str], str],
        cached: Mapping[str, Kept],
    ) -> None:
        self.visit, self.http, self.allowance, self.key = visit, http, allowance, key
        self.kept = kept  # table and file -> the lines that the new ones follow
        self.cached = cached  # a call as it is shown -> an answer of before
        http.permit = self._permit
        self.base = _base(visit)
        visit.asked = planned
        self.lock = Lock()
        self.begun = self.answered = self.failed_in_a_row = 0
        self.stopped: str | None = None  # why no further request is made
        self.refusing: set[str] = set()  # endpoints that do not accept the key
        self.misplaced: dict[str, str] = {}  # city -> why its answers are of another place
        self.last_steps = _last_steps(visit.lake, configured_cities(visit.settings), visit.settings.now())

    def files(self, calls: Sequence[Call]) -> Iterator[Incoming]:
        """Ask for everything; give each file when the last of its answers is in. Files follow one another in `calls`."""
        with ThreadPoolExecutor(max_workers=CONNECTIONS) as pool:
            try:
                answers = zip(calls, pool.map(self._ask, calls), strict=True)
                for (table, file), group in groupby(answers, key=lambda pair: (pair[0].endpoint.table, pair[0].file)):
                    lines = [line for _, line in group if line is not None and self._is_placed(line.call)]
                    if lines:
                        yield self._incoming(table, file, lines)
            except BaseException:
                self.stopped = self.stopped or "the load was stopped"
                raise

    def _is_placed(self, call: Call) -> bool:
        """Air quality names no country: when the city's weather was of another place, so is this. Weather is asked for first."""
        reason = self.misplaced.get(call.city.city_key)
        if reason is None or call.endpoint.name in ("weather", "forecast"):
            return True
        with self.lock:
            self.answered -= 1
            self.visit.refuse(call.shown, reason)
        return False

    def finish(self) -> None:
        """Tell what was not asked.

        Raises:
            LoadError: no request was answered.
        """
        visit = self.visit
        visit.failed = visit.asked - self.answered
        unasked = visit.asked - self.begun
        if unasked and self.stopped:
            visit.refuse(f"{unasked:,} further requests", f"not made: {self.stopped}")
        elif unasked:
            visit.refuse(
                f"{unasked:,} further requests", "not made: the key is not accepted there, or the position is not known"
            )
        if not self.answered:
            raise LoadError(f"OpenWeather gave nothing: {visit.refused[0]['reason']}")

    def _permit(self) -> None:
        """Before each attempt: no retry once the load is over, or Ctrl-C would wait minutes for a provider that stalls."""
        if self.stopped:
            raise _StoppedError(self.stopped)
        self.allowance.take()

    def _ask(self, call: Call) -> Line | None:
        with self.lock:
            if self.stopped or call.endpoint.name in self.refusing:
                return None
            self.begun += 1
            self.visit.progress("fetching", self.begun, self.visit.asked)
        try:
            line = self._from_cache(call) or self._from_provider(call)
        except OverBudget as error:
            self._failed(call, str(error), stops=True)
        except _StoppedError as error:
            self._failed(call, f"given up: {error}")
        except _BadAnswerError as error:
            self._failed(call, str(error))
        except HttpError as error:
            self._failed(call, str(error), refuses=error.status == 401, is_lasting=error.is_exhausted)
        else:
            with self.lock:
                self.answered += 1
                self.failed_in_a_row = 0
            return line
        return None

    def _from_cache(self, call: Call) -> Line | None:
        """None where there is none, or one that would not be taken from the provider either."""
        cached = self.cached.get(call.shown)
        try:
            return self._line(call, cached.answer, cached.fetched_at) if cached else None
        except _BadAnswerError:
            with self.lock:
                self.misplaced.pop(call.city.city_key, None)
                self.visit.cached -= 1
            return None

    def _from_provider(self, call: Call) -> Line:
        question = _question(self.visit, call)
        answer = self.http.answer(question.url, {**question.parameters, "appid": self.key})
        line = self._line(call, answer, self.visit.settings.now())
        if call.endpoint in POLLED:
            self.visit.answers.keep(question, answer, self.key)
        return line

    def _failed(
        self, call: Call, reason: str, *, stops: bool = False, refuses: bool = False, is_lasting: bool = False
    ) -> None:
        with self.lock:
            self.visit.refuse(call.shown, reason)
            if refuses:
                self.refusing.add(call.endpoint.name)
            self.failed_in_a_row = self.failed_in_a_row + 1 if is_lasting else 0
            if stops or self.failed_in_a_row >= GIVEN_UP_AFTER:
                self.stopped = self.stopped or (reason if stops else f"{GIVEN_UP_AFTER} requests in a row failed")

    def _line(self, call: Call, answer: Answer, fetched_at: datetime) -> Line:
        """The answer as a line of JSON: its body as it came, line breaks (which JSON ignores) and the key apart."""
        try:
            text = answer.body.decode("utf-8-sig").replace(self.key, HIDDEN)
            body = parse(text)
        except (UnicodeDecodeError, NotJson) as error:
            raise _BadAnswerError(str(error)) from None
        self._judge(call, body)
        known = {
            "request": {"endpoint": call.endpoint.name, "city_key": call.city.city_key, "parameters": call.query()},
            "status": 200,
            "fetched_at": fetched_at.isoformat(),
        }
        in_one_line = text.strip().replace("\r", " ").replace("\n", " ")
        return Line(call, f'{json.dumps(known, ensure_ascii=False)[:-1]}, "body": {in_one_line}}}', answer.is_simulated)

    def _judge(self, call: Call, body: Any) -> None:
        """Raise what is wrong with an answer of status 200."""
        city = call.city
        if call.endpoint is GEOCODING:
            if _position(body) is None:
                unknown = (
                    f"OpenWeather does not know {city.name}, {city.country}: correct it, or give latitude and longitude"
                )
                raise _BadAnswerError(unknown)
            return
        if fault := body_fault(body):
            raise _BadAnswerError(fault)
        steps = steps_of(body) if call.endpoint.has_steps else [body]
        if steps is None:
            raise _BadAnswerError("not a body with a list of times")
        if not call.endpoint.has_steps and ("dt" not in body or "main" not in body):
            raise _BadAnswerError("not a body of current weather")
        hottest = max((t for step in steps if (t := _temperature(step)) is not None), default=0.0)
        if hottest > HOTTEST_C:
            raise _BadAnswerError(f"a temperature of {hottest:g}: not in the units asked for ({UNITS})")
        if reason := misplacement(city, body):
            if call.endpoint.name in ("weather", "forecast"):
                self.misplaced[city.city_key] = reason
            raise _BadAnswerError(reason)
        if not call.endpoint.has_steps:
            return
        last = self.last_steps.get((call.endpoint.name, city.city_key), 0)
        if not self.visit.is_forced and (not steps or len(steps) < SHRUNK_SHARE * last):
            before = f", {last:,} last time" if last else ""
            raise _BadAnswerError(f"{len(steps):,} times{before}: not taken (--force takes it, if it is meant)")

    def _incoming(self, table: str, file: str, lines: Sequence[Line]) -> Incoming:
        if len({line.is_simulated for line in lines}) > 1:
            raise LoadError(f"{without_secrets(self.base)} answers with real and simulated weather by turns")
        target = self.visit.settings.scratch / f"{table}.{file}"
        text = self.kept.get((table, file), "") + "".join(f"{line.text}\n" for line in lines)
        target.write_text(text, encoding="utf-8", newline="\n")
        origin = without_secrets(self.base + lines[0].call.endpoint.path)
        return Incoming(table=table, file=file, local_path=target, origin=origin, is_simulated=lines[0].is_simulated)


def _base(visit: Visit) -> str:
    return (visit.url or visit.settings.of(OpenWeatherSettings).url).rstrip("/")


def _question(visit: Visit, call: Call) -> Question:
    return Question(call.endpoint.table, _base(visit) + call.endpoint.path, call.query())


def _with_cache(visit: Visit, calls: Sequence[Call], placed: Mapping[str, City]) -> tuple[list[Call], dict[str, Kept]]:
    """The calls without those whose answer of the cache has landed here before, and the answers of the cache for the others."""
    askable = [call for call in calls if placed[call.city.city_key].latitude is not None]
    questions = [_question(visit, replace(call, city=placed[call.city.city_key])) for call in askable]
    found = {call.shown: kept for call, kept in zip(askable, visit.answers.find(questions), strict=True) if kept}
    landed = _fetched(visit, min(kept.fetched_at for kept in found.values())) if found else set()
    here = {shown for shown, kept in found.items() if (shown, kept.fetched_at) in landed}
    if here:
        visit.notes.append(f"{len(here):,} answers of the cache are in the lake already")
    left = [call for call in calls if call.shown not in here]
    tables = {call.endpoint.table for call in left}
    visit.unchanged += sorted({call.endpoint.table for call in calls} - tables)
    return left, {shown: kept for shown, kept in found.items() if shown not in here}


def _fetched(visit: Visit, since: datetime) -> set[tuple[str, datetime]]:
    """What landed of the polls since then: each answer's call as it is shown, and when the provider gave it."""
    found: set[tuple[str, datetime]] = set()
    for endpoint in POLLED:
        for file in visit.lake.last_polls(API, endpoint.table, visit.settings.now()):
            if re.sub(r"\D", "", moment_of(file)) < f"{since:%Y%m%d%H%M%S}":
                break
            landing = _usable(visit, endpoint.table, file)
            for line in _lines(_text(visit.lake, landing) if landing else ""):
                request = line["request"]
                shown = f"{request['endpoint']} {request['city_key']}"
                found.add((shown, datetime.fromisoformat(line["fetched_at"])))
    return found


def with_positions(cities: Sequence[City], lake: Lake) -> list[City]:
    """The cities, those without a position at the one that was looked up for their name."""
    return [city if city.latitude is not None else _looked_up(city, lake) for city in cities]


def configured(settings: Settings, lake: Lake) -> Iterator[Incoming]:
    """The list of cities, for raw `cities`."""
    target = settings.scratch / "cities.csv"
    write(with_positions(configured_cities(settings), lake), target)
    yield Incoming(
        table="cities", file="cities.csv", local_path=target, origin=settings.of(OpenWeatherSettings).cities.name
    )


def _looked_up(city: City, lake: Lake) -> City:
    landing = lake.newest(API, GEOCODING.table, f"{city.city_key}.jsonl")
    if landing is None or lake.why_damaged(landing):
        return city
    (line,) = _lines(_text(lake, landing))
    position = _position(line["body"])
    if position is None or line["request"]["parameters"] != Call(GEOCODING, city, "").query():
        return city  # it has another name now
    return replace(city, latitude=position[0], longitude=position[1])


def _position(body: Any) -> tuple[float, float] | None:
    return position_of(body[0] if isinstance(body, list) and body else None)


def _temperature(step: Any) -> float | None:
    main = step.get("main") if isinstance(step, dict) else None
    return number_of(main.get("temp")) if isinstance(main, dict) else None


def _last_steps(lake: Lake, cities: Sequence[City], now: datetime) -> dict[tuple[str, str], int]:
    """Endpoint and city -> the number of times in the last answer that was taken."""
    found: dict[tuple[str, str], int] = {}
    for endpoint in POLLED:
        sought = {(endpoint.name, city.city_key) for city in cities} if endpoint.has_steps else set()
        polls = groupby(lake.last_polls(API, endpoint.table, now), moment_of)
        for file in chain.from_iterable(files for _, files in islice(polls, RECENT_POLLS)):
            if sought <= found.keys():
                break
            landing = lake.newest(API, endpoint.table, file)
            for line in _lines(_text(lake, landing) if landing and not lake.why_damaged(landing) else ""):
                request = line["request"]
                found.setdefault((request["endpoint"], request["city_key"]), len(steps_of(line["body"]) or ()))
    return found


def _landed(visit: Visit, table: str, file: str) -> str:
    """What the lake holds of a poll; nothing when all of it is to be asked for again."""
    newest = _usable(visit, table, file)
    return _text(visit.lake, newest) if newest else ""


def _streamed(visit: Visit, table: str, file: str) -> list[str]:
    """What the lake holds of a poll that came by a broker, in files of their own."""
    if visit.settings.transport == "direct" or visit.is_forced:
        return []
    files = [each for each in visit.lake.files_of_poll(API, table, file) if each != file]
    return [_text(visit.lake, landing) for each in files if (landing := _usable(visit, table, each))]


def _usable(visit: Visit, table: str, file: str) -> Landing | None:
    """What landed last under a name, unless the warehouse could not use it, it is damaged or it is to be replaced."""
    newest = visit.lake.newest(API, table, file)
    if newest is None or visit.is_forced or visit.is_refused(newest) or visit.lake.why_damaged(newest):
        return None
    return newest


def _text(lake: Lake, landing: Landing) -> str:
    return lake.content(landing).decode("utf-8")


def _lines(text: str) -> Iterator[dict[str, Any]]:
    """Requests and their answers. Parted at line feeds alone: `splitlines` knows others that JSON holds as they are."""
    return (json.loads(line) for line in text.split("\n") if line)


def _windows(start: date | None, end: date | None, today: date) -> list[tuple[date, date]]:
    """First and last days of the months, or parts of months, from `start` (or the month of `end`) to `end` (or today)."""
    last = min(end or today, today)
    first = max(start or last.replace(day=1), HISTORY_BEGINS)
    windows = []
    while first <= last:
        month_ends = first.replace(day=monthrange(first.year, first.month)[1])
        windows.append((first, min(month_ends, last)))
        first = month_ends + timedelta(days=1)
    return windows


def _history_call(city: City, window: tuple[date, date], now: datetime) -> Call:
    begins = datetime.combine(window[0], time.min)
    ends = min(datetime.combine(window[1], time(23, 59, 59)), now)
    seconds = {"start": begins, "end": ends}
    return Call(
        HISTORY,
        city,
        f"history.{city.city_key}.{window[0]}.{window[1]}.jsonl",
        {name: str(int(moment.replace(tzinfo=UTC).timestamp())) for name, moment in seconds.items()},
    )


def _is_in_lake(visit: Visit, call: Call, window: tuple[date, date]) -> bool:
    """Whether this month of this city landed when it was over, and could be used."""
    newest = _usable(visit, call.endpoint.table, call.file)
    return newest is not None and newest.landed_at_time.date() > window[1]
