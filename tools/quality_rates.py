"""How often quality control is right: findings in the real archives, and known errors put into them.

    python -m tools.quality_rates        writes the tables of docs/quality.md (`make quality`)

Four measurements, all through the real load and build:

- findings per check and 100,000 reports, by the period of the archives (1996, 2017, 2020), as they are;
- every finding of the checks on time and place, examined by hand (`EXAMINED`): an error, weather, or open;
- two witnesses that know nothing of the checks: the extremes of CLIMAT (1996), and the corrections that Météo-France made
  to November 2020;
- errors of known kind and size, written into a copy of the archives at places drawn with a fixed seed: how many are found,
  and which sound values fall with them.
"""

from __future__ import annotations

import csv
import gzip
import random
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from isobar.settings import PROJECT_ROOT, Settings

REPORT = PROJECT_ROOT / "docs" / "quality.md"
MARK = "<!-- Below: written by `make quality`; do not edit. -->\n"

PERIODS = (
    ("1996", "1996-01-01", "1997-01-01"),
    ("2017", "2017-01-01", "2018-01-01"),
    ("2019-20", "2019-12-01", "2021-01-01"),
)
COMPLETE_MONTHS = ("1996*", "202001", "202002", "202003", "202005", "202006", "202007")
"""Months of which there is one capture: errors are put into these."""
EARLY_CAPTURE = "synop.202011.asof-20201114-from-05.csv.gz"

SEED = 20201114
PLACES_APART = timedelta(days=8)
"""Between two errors at one station: none is judged by the other."""
RUN_HOURS = 36
KELVIN = 273.15
CLIMAT_ROUNDING_C = 0.2

Finding = tuple[str, str, datetime, str]
"""check, location_id, observed_at, measure"""


@dataclass(frozen=True)
class Error:
    """A kind of error: what becomes of the value, in the unit of the measure; None where the kind does not apply."""

    name: str
    column: str
    measure: str
    change: Callable[[float, random.Random], float | None]
    hours: int = 0
    """0: one report; else all reports of so many hours (the first value stays where `change` gives it back: stuck)."""
    sticks: bool = False


def off(size: float) -> Callable[[float, random.Random], float | None]:
    return lambda value, chance: value + chance.choice((-size, size))


def digits_swapped(value: float, chance: random.Random) -> float | None:
    """Tens and units exchanged: 12.3 becomes 21.3, 1013.2 becomes 1031.2."""
    whole = abs(value)
    tens, units = int(whole) // 10 % 10, int(whole) % 10
    swapped = whole + (units - tens) * 9
    return None if tens == units else (swapped if value >= 0 else -swapped)


def point_lost(smallest: float) -> Callable[[float, random.Random], float | None]:
    """The decimal point one place to the right."""
    return lambda value, chance: value * 10 if value >= smallest else None


T, TD, P = "temperature_c", "dew_point_c", "pressure_sea_level_hpa"
ERRORS = (
    Error("temperature 5 °C off", "t", T, off(5)),
    Error("temperature 10 °C off", "t", T, off(10)),
    Error("temperature 15 °C off", "t", T, off(15)),
    Error("temperature 25 °C off", "t", T, off(25)),
    Error("sign of a temperature of 5 °C or more lost", "t", T, lambda v, chance: -v if abs(v) >= 5 else None),
    Error("digits of a temperature swapped", "t", T, digits_swapped),
    Error("temperature 10 °C off for 36 h", "t", T, off(10), hours=RUN_HOURS),
    Error("temperature 15 °C off for 36 h", "t", T, off(15), hours=RUN_HOURS),
    Error("temperature stuck for 36 h", "t", T, lambda v, chance: v, hours=RUN_HOURS, sticks=True),
    Error("dew point 10 °C too low", "td", TD, lambda v, chance: v - 10),
    Error("dew point 15 °C too low", "td", TD, lambda v, chance: v - 15),
    Error("sea-level pressure 5 hPa off", "pmer", P, off(5)),
    Error("sea-level pressure 10 hPa off", "pmer", P, off(10)),
    Error("sea-level pressure 20 hPa off", "pmer", P, off(20)),
    Error("digits of a sea-level pressure swapped", "pmer", P, digits_swapped),
    Error("sea-level pressure 10 hPa off for 36 h", "pmer", P, off(10), hours=RUN_HOURS),
    Error("sea-level pressure stuck for 36 h", "pmer", P, lambda v, chance: v, hours=RUN_HOURS, sticks=True),
    Error(
        "humidity below 95 % stuck for 36 h",
        "u",
        "relative_humidity_pct",
        lambda v, chance: v if v < 95 else None,
        hours=RUN_HOURS,
        sticks=True,
    ),
    Error("point of a wind speed of 3 m/s or more lost", "ff", "wind_speed_ms", point_lost(3)),
    Error("point of a 24 h total of 5 mm or more lost", "rr24", "precipitation_24h_mm", point_lost(5)),
)


@dataclass
class Injected:
    """One error at one place: the reports it changed."""

    error: Error
    location_id: str
    times: list[datetime]


def moment(text: str) -> datetime:
    """The time of a report, UTC: AAAAMMJJHHMMSS."""
    return datetime.fromisoformat(f"{text[:8]}T{text[8:]}")


def to_unit(column: str, text: str) -> float:
    """A cell of the archive in the warehouse's unit."""
    value = float(text)
    if column in ("t", "td"):
        return value - KELVIN
    return value / 100 if column == "pmer" else value


def to_cell(column: str, value: float) -> str:
    if column in ("t", "td"):
        return f"{value + KELVIN:.6f}"
    return f"{value * 100:.6f}" if column == "pmer" else f"{value:.6f}"


def corrupt(archives: Path, folder: Path, chance: random.Random) -> list[Injected]:
    """Write copies of the complete months into `folder`, with errors, kinds in turn; the places are drawn."""
    done: list[Injected] = []
    free_from: dict[str, datetime] = {}
    turn = 0
    for pattern in COMPLETE_MONTHS:
        for path in sorted(archives.glob(f"synop.{pattern}.csv.gz")):
            with gzip.open(path, "rt", encoding="ascii", newline="") as source:
                header, *rows = list(csv.reader(source, delimiter=";"))
            at = {name: index for index, name in enumerate(header)}
            series: dict[str, list[tuple[datetime, list[str]]]] = defaultdict(list)
            for row in rows:
                series[row[at["numer_sta"]]].append((moment(row[at["date"]]), row))
            for station in sorted(series):
                reports = series[station]
                index = chance.randrange(8, 32)
                while index < len(reports):
                    time = reports[index][0]
                    injected = None
                    if time >= free_from.get(station, time):
                        injected = inject(ERRORS[turn % len(ERRORS)], station, reports[index:], at, chance)
                    if injected is None:
                        index += 1  # the kind does not apply here: the next report
                        continue
                    done.append(injected)
                    free_from[station] = injected.times[-1] + PLACES_APART
                    turn += 1
                    index += chance.randrange(64, 96)
            with gzip.open(folder / path.name, "wt", encoding="ascii", newline="", compresslevel=1) as target:
                csv.writer(target, delimiter=";", lineterminator="\n").writerows([header, *rows])
    return done


def inject(
    error: Error, station: str, reports: list[tuple[datetime, list[str]]], at: dict[str, int], chance: random.Random
) -> Injected | None:
    """Change the first report, or those of the error's hours, in place; None where it does not apply."""
    first, column = reports[0][0], at[error.column]
    within = [(time, row) for time, row in reports if time <= first + timedelta(hours=error.hours)]
    if any(row[column] == "mq" for _, row in within) or len(within) <= error.hours // 3:
        return None  # a value is missing, or the month ends
    before = [to_unit(error.column, row[column]) for _, row in within]
    if error.hours:
        start = error.change(before[0], chance)
        if start is None:
            return None
        after = [start if error.sticks else value + (start - before[0]) for value in before]
    else:
        changed = error.change(before[0], chance)
        if changed is None:
            return None
        after = [changed]
    for (_, row), value in zip(within, after, strict=True):
        row[column] = to_cell(error.column, value)
    return Injected(error, f"wmo:{station}", [time for time, _ in within])


def built(settings: Settings, origin: Path) -> Path:
    """Load the archives of a folder, build, publish; the published marts."""
    from ingestion.load import load
    from ingestion.registry import SOURCES
    from isobar.jobs.build import build_and_publish

    load(SOURCES["synop"], settings, str(origin))
    build_and_publish(settings)
    return settings.marts


def findings(marts: Path, where: str = "true") -> dict[Finding, tuple[float, str]]:
    """Finding -> (value, verdict)."""
    with duckdb.connect(str(marts), read_only=True) as session:
        rows = session.execute(
            "select check_name, location_id, observed_at, measure, value, verdict from fct_quality_findings"
            f" where source = 'synop' and {where} order by all"
        ).fetchall()
    return {tuple(row[:4]): (row[4], row[5]) for row in rows}


def rates(marts: Path) -> list[tuple[str, str, list[tuple[int, int]]]]:
    """(check, verdict, (findings, reports) of each period)."""
    with duckdb.connect(str(marts), read_only=True) as session:
        columns = ", ".join(
            f"count(*) filter (observed_at >= '{start}' and observed_at < '{end}')" for _, start, end in PERIODS
        )
        reports = session.execute(f"select {columns} from fct_observations where source = 'synop'").fetchone()
        rows = session.execute(
            f"select check_name, verdict, {columns} from fct_quality_findings where source = 'synop'"
            " group by check_name, verdict order by check_name, verdict"
        ).fetchall()
    assert reports is not None
    return [(row[0], row[1], list(zip(row[2:], reports, strict=True))) for row in rows]


def condemned_share(marts: Path) -> float:
    """Share of all values of `fct_observations` that have a finding (a value once, however many checks it failed)."""
    with duckdb.connect(str(marts), read_only=True) as session:
        measures = session.execute("select distinct measure from fct_quality_findings").fetchall()
        held = [name for (name,) in session.execute("select column_name from (describe fct_observations)").fetchall()]
        counted = [name for (name,) in measures if name in held]
        values = session.execute(
            f"select {' + '.join(f'count({name})' for name in counted)} from fct_observations"
        ).fetchone()
        flagged = session.execute(
            "select count(*) from (select distinct location_id, source, observed_at, measure from fct_quality_findings"
            " where list_contains(?, measure))",
            [counted],
        ).fetchone()
        rejected = session.execute(
            "select count(*) from (select distinct location_id, source, observed_at, measure from fct_quality_findings"
            " where verdict = 'rejected' and list_contains(?, measure))",
            [counted],
        ).fetchone()
    assert values and flagged and rejected
    return flagged[0] / (values[0] + rejected[0])


ON_TIME_AND_PLACE = ("step", "persistence", "neighbours")
DRAWN_ALONG = ("wind_direction_deg", TD)
"""A run of the wind is that of its speed, a run of the humidity condemns the dew point reckoned from it."""

EXAMINED: dict[tuple[str, str, str, str], tuple[str, str]] = {
    ("neighbours", "07020", "1996-05-19 00", P): ("weather", "a low passes: 992.0, 988.3, 993.8 hPa with 17 to 20 m/s"),
    ("neighbours", "07117", "1996-02-27 12", T): ("error", "sign: -9.6 °C where neighbours have 9.3 to 10.0"),
    ("neighbours", "07117", "1996-02-27 18", T): ("error", "sign: -8.4 °C where neighbours have 6.0 to 8.3"),
    ("neighbours", "07621", "2020-03-02 06", P): (
        "weather",
        "a small low passed: tendency 3.7, 15.9 m/s, both pressures rise",
    ),
    ("neighbours", "07690", "2020-02-26 03", P): (
        "weather",
        "lee of the Alps: both pressures flat for 18 h, tendencies agree",
    ),
    ("neighbours", "78890", "1996-05-30 18", P): (
        "error",
        "992.8 hPa, then 1014.1, at 5 m/s: mistyped",
    ),
    ("persistence", "07020", "1996-03-06 06", "wind_speed_ms"): ("error", "ten reports of 8.2 m/s from 40°: not read"),
    ("persistence", "07037", "1996-04-08 18", "wind_speed_ms"): (
        "error",
        "twelve reports of 3.0 m/s from 320°: not read",
    ),
    ("persistence", "07255", "1996-03-30 03", "wind_speed_ms"): (
        "error",
        "18 reports of 4.1 m/s from 70° in 51 h: not read",
    ),
    ("persistence", "78894", "1996-06-04 18", "wind_speed_ms"): (
        "open",
        "trade wind: 8 reports of 4.1 m/s from 100° may be",
    ),
    ("persistence", "61997", "2020-05-21 06", "relative_humidity_pct"): (
        "error",
        "2 % in the rain of Crozet: hygrometer dead",
    ),
    ("persistence", "61997", "2020-05-27 09", "relative_humidity_pct"): (
        "error",
        "14 % for three weeks: hygrometer dead",
    ),
    ("persistence", "61997", "2020-06-17 12", "relative_humidity_pct"): ("error", "2 % again: hygrometer dead"),
    ("step", "07280", "1996-04-11 06", "pressure_station_hpa"): (
        "error",
        "988.5, 998.7, 988.9 hPa, sea level unmoved",
    ),
    ("step", "07471", "1996-03-28 15", TD): ("open", "dry afternoon, 21 % at 8.5 °C, for one report"),
    ("step", "07471", "2020-06-23 18", TD): ("error", "humidity 1 % at 24 °C between 14 °C of dew point on both sides"),
    ("step", "07558", "2017-01-07 18", TD): ("open", "20 % at 4 °C for one report of a dry cold day"),
    ("step", "07621", "2017-01-08 12", TD): ("weather", "foehn at the foot of the Pyrenees"),
    ("step", "07650", "1996-06-15 15", TD): ("weather", "mistral and sea breeze at 30 °C"),
    ("step", "07661", "1996-02-16 18", TD): ("weather", "mistral: 22 %"),
    ("step", "07690", "2017-01-22 00", TD): ("weather", "sea air between two hours of foehn"),
    ("step", "07690", "2017-03-07 18", TD): ("weather", "sea air between two hours of foehn"),
    ("step", "07690", "2020-02-28 00", TD): ("weather", "foehn: 15.5 °C and 23 % at midnight"),
    ("step", "61968", "1996-02-06 03", P): ("error", "1006.1, 1027.3, 1008.5 hPa at 2 m/s in the tropics"),
    ("step", "61968", "1996-03-03 06", T): ("error", "26.9, 10.1, 31.1 °C; the dew point is 25.6 °C"),
    ("step", "61968", "1996-03-14 18", "wind_speed_ms"): ("error", "1, 41, 3 m/s, no gust, pressure steady"),
    ("step", "61970", "1996-03-12 06", T): ("error", "24.8, 9.9, 31.0 °C; the dew point is 25.0 °C"),
    ("step", "61970", "1996-03-13 18", T): ("error", "28.7, 16.6, 26.7 °C; the dew point is 23.5 °C"),
    ("step", "61997", "1996-04-01 03", TD): ("open", "dew points go to and fro for 12 h with the humidity"),
    ("step", "67005", "1996-05-02 21", T): ("error", "26.9, 14.3, 24.5 °C; the dew point is 22.4 °C"),
    ("step", "78894", "1996-01-25 00", T): ("error", "25.4, 13.9, 23.2 °C; the dew point is 18.5 °C"),
    ("step", "78894", "1996-06-23 09", TD): ("error", "24.4, -24.2, 23.3 °C: sign"),
    ("step", "81405", "1996-02-13 18", TD): ("error", "21.9, 6.5, 23.8 °C at the equator, with the temperature"),
    ("step", "81405", "1996-02-13 18", T): ("error", "28.9, 10.9, 27.6 °C at the equator"),
    ("step", "89642", "1996-04-05 15", P): ("error", "18 hPa to and fro while the report's tendency says 0.0"),
    ("step", "89642", "1996-04-05 15", "pressure_station_hpa"): (
        "error",
        "18 hPa to and fro while the tendency says 0.0",
    ),
}
"""(check, station, first report, measure) -> (error, weather or open; why), read off the reports around it. A run of the check
on persistence is examined once, under its first report. `make quality` asks for a sentence when a new finding appears."""


def runs(found: dict[Finding, tuple[float, str]]) -> dict[tuple[str, str, str, str], tuple[float, int]]:
    """The findings of the checks on time and place, runs of persistence as one -> (value, reports)."""
    grouped: dict[tuple[str, str, str, str], tuple[float, int]] = {}
    current: dict[tuple[str, str, str], tuple[tuple[str, str, str, str], datetime, float]] = {}
    for (check, location, time, measure), (value, _) in sorted(
        found.items(), key=lambda item: (item[0][0], item[0][1], item[0][3], item[0][2])
    ):
        if check not in ON_TIME_AND_PLACE or (check == "persistence" and measure in DRAWN_ALONG):
            continue
        key = (check, location.removeprefix("wmo:"), f"{time:%Y-%m-%d %H}", measure)
        series = (check, location, measure)
        last = current.get(series)
        if check == "persistence" and last and value == last[2] and time - last[1] <= timedelta(hours=6):
            key = last[0]
        grouped[key] = (value, grouped.get(key, (value, 0))[1] + 1)
        current[series] = (key, time, value)
    return grouped


def climat_witness(marts: Path, climat: Path) -> dict[str, int]:
    """Temperatures of 1996 against the extremes of the month that CLIMAT gives, the month's first and last day left out."""
    with duckdb.connect(str(marts), read_only=True) as session:
        row = session.execute(
            f"""
            with extremes as (
                select 'wmo:' || NUM_POSTE as location_id, DAT::timestamp::date as month,
                    TNAB::double as lowest, TXAB::double as highest
                from read_csv(?, all_varchar = true, delim = ';')
                where TNAB is not null and TXAB is not null
            ),
            judged as (
                select o.location_id, o.observed_at, coalesce(o.temperature_c, f.value) as t, f.value is not null as has_finding,
                    coalesce(o.temperature_c, f.value) < lowest - {CLIMAT_ROUNDING_C}
                    or coalesce(o.temperature_c, f.value) > highest + {CLIMAT_ROUNDING_C} as is_outside
                from fct_observations as o
                join extremes on o.location_id = extremes.location_id and date_trunc('month', o.observed_date) = extremes.month
                left join (
                    select location_id, source, observed_at, any_value(value) as value from fct_quality_findings
                    where measure = 'temperature_c' group by all
                ) as f
                    on o.location_id = f.location_id and o.source = f.source and o.observed_at = f.observed_at
                where o.source = 'synop' and day(o.observed_date) > 1 and o.observed_date < last_day(o.observed_date)
            )
            select count(t), count(*) filter (is_outside), count(*) filter (is_outside and has_finding),
                count(*) filter (has_finding and not is_outside)
            from judged
            """,
            [str(climat / "climat.1996*.csv.gz")],
        ).fetchone()
    assert row is not None
    return dict(zip(("values", "outside", "outside_found", "inside_found"), row, strict=True))


def revision_witness(marts: Path, before: dict[Finding, tuple[float, str]]) -> dict[str, int]:
    """The corrections of November 2020: values changed, how many of them had a finding before, and what became of findings."""
    with duckdb.connect(str(marts), read_only=True) as session:
        measures = session.execute(
            "select column_name from (describe fct_observation_revisions) where column_type = 'DOUBLE'"
        ).fetchall()
        changed = set()
        for (column,) in measures:
            changed |= {
                (location, time, column)
                for location, time in session.execute(
                    "select o.location_id, o.observed_at from fct_observation_revisions as o"
                    " join fct_observation_revisions as n using (location_id, observed_at, source)"
                    f" where o.version = 1 and n.version = 2 and o.{column} is distinct from n.{column}"
                ).fetchall()
            }
    flagged = {(location, time, measure) for _, location, time, measure in before}
    return {
        "changed": len(changed),
        "changed_found": len(changed & flagged),
        "found": len(flagged),
        "kept": len(flagged - changed),
    }


def injected_table(
    done: list[Injected], clean: dict[Finding, tuple[float, str]], dirty: dict[Finding, tuple[float, str]]
) -> tuple[list[str], dict[tuple[str, str], int], int]:
    """The lines of the table; findings on values that were not touched, by check and measure; findings that an error hid."""
    new = {finding for finding in dirty if finding not in clean}
    by_value: dict[tuple[str, datetime, str], set[str]] = defaultdict(set)
    for check, location, time, measure in new:
        by_value[location, time, measure].add(check)
    touched = {(place.location_id, time, place.error.measure) for place in done for time in place.times}
    lines = []
    for error in ERRORS:
        places = [place for place in done if place.error is error]
        found, reports_found, reports = 0, 0, 0
        by_check: dict[str, int] = defaultdict(int)
        for place in places:
            checks = [by_value.get((place.location_id, time, error.measure), set()) for time in place.times]
            found += any(checks)
            reports_found += sum(bool(each) for each in checks)
            reports += len(checks)
            for check in set().union(*checks):
                by_check[check] += 1
        share = f"{found / len(places):.0%}" if places else "-"
        of_reports = f"{reports_found / reports:.0%}" if error.hours and reports else ""
        which = ", ".join(
            f"{check} {count}" for check, count in sorted(by_check.items(), key=lambda item: (-item[1], item[0]))
        )
        lines.append(f"| {error.name} | {len(places)} | {share} | {of_reports} | {which} |")
    beside: dict[tuple[str, str], int] = defaultdict(int)
    for check, _, _, measure in (finding for finding in new if finding[1:] not in touched):
        beside[check, measure] += 1
    hidden = len([finding for finding in clean if finding not in dirty and finding[1:] not in touched])
    return lines, beside, hidden


def archive_lines(marts: Path) -> list[str]:
    """The part of `docs/quality.md` that the archives as they are give.

    Raises:
        KeyError: a finding on time or place has not been examined yet.
    """
    lines = ["## Findings in the real archives", ""]
    periods = " | ".join(f"{name}: findings | per 100,000 reports" for name, _, _ in PERIODS)
    lines += [f"| check | verdict | {periods} |", "|---|---|" + "---|---|" * len(PERIODS)]
    for check, verdict, counted in rates(marts):
        cells = " | ".join(f"{count} | {count / reports * 100_000:.1f}" for count, reports in counted)
        lines.append(f"| {check} | {verdict} | {cells} |")
    with duckdb.connect(str(marts), read_only=True) as session:
        reports = session.execute("select count(*) from fct_observations where source = 'synop'").fetchone()
    assert reports is not None
    lines += ["", f"{condemned_share(marts):.2%} of all values have a finding.", "", "## Examined by hand", ""]
    lines += [
        "All findings of the checks on time and place, a run of persistence once. An alarm is false where it was weather.",
        "",
        "| check | findings | errors | weather | open | false alarms per 100,000 reports |",
        "|---|---|---|---|---|---|",
    ]
    grouped = sorted(runs(findings(marts)).items())
    for check in ON_TIME_AND_PLACE:
        kinds = [EXAMINED[key][0] for key, _ in grouped if key[0] == check]
        counts = " | ".join(str(kinds.count(kind)) for kind in ("error", "weather", "open"))
        lines.append(f"| {check} | {len(kinds)} | {counts} | {kinds.count('weather') / reports[0] * 100_000:.1f} |")
    lines += [
        "",
        "| check | station | report (UTC) | measure | value | reports | it is | why |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for key, (value, count) in grouped:
        kind, why = EXAMINED[key]
        lines.append(f"| {' | '.join(key)} | {value:g} | {count} | {kind} | {why} |")
    return lines


def witness_lines(climat: dict[str, int], revised: dict[str, int]) -> list[str]:
    return [
        "",
        "## Two witnesses",
        "",
        f"CLIMAT gives the extremes of a month. Of {climat['values']:,} temperatures of 1996 that have some,",
        f"{climat['outside']} lie outside by more than {CLIMAT_ROUNDING_C} °C, {climat['outside_found']} of them with a finding;",
        f"{climat['inside_found']} that lie inside have one.",
        "",
        f"Météo-France corrected {revised['changed']} values between two captures of November 2020.",
        f"{revised['changed_found']} of them had a finding in the first capture; of the {revised['found']} values that had one,",
        f"{revised['kept']} were not corrected.",
    ]


def main(shared: Path) -> None:

    archives, climat = shared / "data" / "synop", shared / "data" / "climat"
    with tempfile.TemporaryDirectory(prefix="isobar-quality-") as work:
        folder = Path(work)
        marts = built(Settings(data_dir=folder / "clean"), archives)
        early, subset, spoilt = folder / "early-in", folder / "subset-in", folder / "spoilt-in"
        for made in (early, subset, spoilt):
            made.mkdir()
            (made / "postesSynop.csv").symlink_to(archives / "postesSynop.csv")
        (early / EARLY_CAPTURE).symlink_to(archives / EARLY_CAPTURE)
        for pattern in COMPLETE_MONTHS:
            for path in archives.glob(f"synop.{pattern}.csv.gz"):
                (subset / path.name).symlink_to(path)
        before = findings(built(Settings(data_dir=folder / "early"), early))
        lines = archive_lines(marts) + witness_lines(climat_witness(marts, climat), revision_witness(marts, before))
        done = corrupt(archives, spoilt, random.Random(SEED))
        clean = findings(built(Settings(data_dir=folder / "subset"), subset))
        dirty = findings(built(Settings(data_dir=folder / "spoilt"), spoilt))
        table, beside, hidden = injected_table(done, clean, dirty)
    lines += [
        "",
        "## Errors put into the archives",
        "",
        f"{len(done):,} errors in copies of the complete months, {PLACES_APART.days} days or more apart at a station (seed",
        f"{SEED}). Found: a finding on the spoilt value that is not there without the error; of 36 h, on any of the reports.",
        "",
        "| error | places | found | of the reports | by |",
        "|---|---|---|---|---|",
        *table,
        "",
        "## Sound values beside those errors",
        "",
        "Findings on values that were left as they are, because of an error beside them: a dew point above a temperature that",
        "was lowered or reckoned from a humidity that stuck, an extreme beside it, the other of two pressures.",
        f"{hidden} findings of the sound archives are gone because of one.",
        "",
        "| check | measure | findings |",
        "|---|---|---|",
        *(f"| {check} | {measure} | {count} |" for (check, measure), count in sorted(beside.items())),
        "",
    ]
    text = REPORT.read_text(encoding="utf-8")
    REPORT.write_text(text[: text.index(MARK) + len(MARK)] + "\n" + "\n".join(lines), encoding="utf-8")
    print(f"wrote {REPORT.relative_to(PROJECT_ROOT)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else PROJECT_ROOT.parent / "shared")
