"""Weather events against an independent reading of their rules: a state machine that goes through the days one by one."""

from __future__ import annotations

import csv
import operator
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from dbt.cli.main import dbtRunner

from isobar.settings import PROJECT_ROOT
from isobar.warehouse.dbt import PROJECT_DIR

SEED = 20030805
FIRST = date(2000, 1, 1)
NATIONAL_DAYS = 12_000
PLACES = 20
LOCAL_DAYS = 800
MISSING_SHARE = 0.02
LEAP_SHARE = 0.1

COMPARE = {">=": operator.ge, ">": operator.gt, "<=": operator.le, "<": operator.lt}
GROWS = {"temperature_max_c": ">", "temperature_min_c": "<", "precipitation_mm": ">", "wind_gust_max_ms": ">"}
"""Towards which side the value of a day can still move as long as the day is not complete."""

Series = dict[date, tuple[float, bool]]
"""Day -> value and whether it is final. A day without a value is not there."""


@dataclass
class Rule:
    """One rule of the seeds, with its thresholds by role."""

    threshold_name: str
    event_type: str
    element: str
    scope: str
    thresholds: dict[str, tuple[str, float, int]] = field(default_factory=dict)  # role -> operator, value, days

    def holds(self, role: str, value: float) -> bool:
        if role not in self.thresholds:
            return False
        sign, level, _ = self.thresholds[role]
        return COMPARE[sign](value, level)

    def days(self, role: str, default: int) -> int:
        return self.thresholds[role][2] if role in self.thresholds else default

    @property
    def is_high(self) -> bool:
        return self.thresholds["core"][0].startswith(">")

    def levels(self) -> list[float]:
        return [level for _, level, _ in self.thresholds.values()]


def seed_rows(name: str) -> list[dict[str, str]]:
    with (PROJECT_DIR / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def rules() -> list[Rule]:
    found = {
        row["threshold_name"]: Rule(row["threshold_name"], row["event_type"], row["element"], row["scope"])
        for row in seed_rows("event_rules")
    }
    for row in seed_rows("event_thresholds"):
        found[row["threshold_name"]].thresholds[row["role"]] = (
            row["operator"],
            float(row["value"]),
            int(row["day_count"]),
        )
    return list(found.values())


# --- the days, one by one --------------------------------------------------------------------------------------------


def known(rule: Rule, series: Series, day: date) -> float | None:
    """The value of a day as far as it says anything of the rule: final, or at the core level for good."""
    if day not in series:
        return None
    value, is_final = series[day]
    for_good = GROWS.get(rule.element) == rule.thresholds["core"][0][0] and rule.holds("core", value)
    return value if is_final or for_good else None


def spells(rule: Rule, series: Series) -> Iterator[list[date]]:
    """Core days of each spell."""
    spell: list[date] = []
    off_days = 0
    first, last = min(series), max(series)
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        value = known(rule, series, day)
        if value is not None and rule.holds("core", value):
            spell.append(day)
            off_days = 0
            continue
        off_days += 1
        if value is None or rule.holds("exit", value) or off_days >= rule.days("end", 1):
            if spell:
                yield spell
            spell, off_days = [], 0
    if spell:
        yield spell


def days_known(rule: Rule, series: Series, edge: date, step: int) -> tuple[bool, int]:
    """Whether the days beyond an edge say that it is one, and how many of them are known without a gap."""
    for away in range(1, rule.days("end", 1) + 1):
        value = known(rule, series, edge + timedelta(days=step * away))
        if value is None:
            return False, away - 1
        if rule.holds("exit", value):
            return True, away
    return True, rule.days("end", 1)


def events(rule: Rule, place: str, series: Series, newest: date) -> Iterator[tuple[object, ...]]:
    for core_days in spells(rule, series):
        values = [series[day][0] for day in core_days]
        if len(core_days) < rule.days("core", 1):
            continue
        if sum(rule.holds("peak", value) for value in values) < rule.days("peak", 0):
            continue
        peak = max(values) if rule.is_high else min(values)
        start, end = core_days[0], core_days[-1]
        certain_start, _ = days_known(rule, series, start, -1)
        certain_end, known_after = days_known(rule, series, end, 1)
        severity = next((role for role in ("extreme", "severe") if rule.holds(role, peak)), "moderate")
        excess = round(sum(abs(value - rule.thresholds["core"][1]) for value in values), 2)
        yield (
            f"{rule.event_type}:{place}:{start}",
            *(end, (end - start).days + 1, len(core_days), peak, core_days[values.index(peak)], excess, severity),
            *(certain_start, certain_end, not certain_end and end + timedelta(days=known_after) >= newest),
        )


# --- the same in SQL -------------------------------------------------------------------------------------------------


def walk(chance: random.Random, of_rules: list[Rule], days: int, *, partial: bool) -> Series:
    """Days that stay long enough near each other for spells, leap now and then for one, hit each threshold and its neighbours,
    and lack some."""
    levels = sorted({level + step for rule in of_rules for level in rule.levels() for step in (-0.1, 0.0, 0.1)})
    position = float(chance.randrange(len(levels)))
    series: Series = {}
    for number in range(days):
        position = min(max(position + chance.gauss(0, 1.5), 0), len(levels) - 1)
        level = chance.choice(levels) if chance.random() < LEAP_SHARE else levels[round(position)]
        if chance.random() >= MISSING_SHARE:
            series[FIRST + timedelta(days=number)] = (
                round(level, 2),
                not partial or chance.random() >= MISSING_SHARE,
            )
    return series


def readings(places: dict[str, dict[str, Series]]) -> pa.Table:
    """Location, element, day, value, whether it is final: one row each."""
    rows = [
        (place, element, day, value, is_final)
        for place, measured in places.items()
        for element, series in measured.items()
        for day, (value, is_final) in series.items()
    ]
    return pa.table(
        list(map(list, zip(*rows, strict=True))),
        names=["location_id", "element", "weather_date", "value", "is_final"],
    )


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The model's SQL for DuckDB, over tables of a database in memory."""
    folder = tmp_path_factory.mktemp("compiled")
    outcome = dbtRunner().invoke(
        [
            *("--quiet", "compile", "--no-introspect", "--no-populate-cache", "--select", "fct_weather_events"),
            *("--project-dir", str(PROJECT_DIR), "--profiles-dir", str(PROJECT_ROOT), "--target", "ci"),
            *("--target-path", str(folder), "--log-path", str(folder)),
        ]
    )
    assert outcome.success, outcome.exception
    (path,) = Path(folder).glob("compiled/**/fct_weather_events.sql")
    return path.read_text(encoding="utf-8")


def test_the_model_finds_what_a_state_machine_finds(compiled: str) -> None:
    chance = random.Random(SEED)
    every = rules()
    national = [rule for rule in every if rule.scope == "national"]
    local = [rule for rule in every if rule.scope == "location"]
    elements = sorted({rule.element for rule in local})
    # one rule after the other along the time axis, a winter and a summer apart
    country = walk(chance, [national[0]], NATIONAL_DAYS, partial=False)
    shift = timedelta(days=NATIONAL_DAYS + 200)
    country |= {day + shift: value for day, value in walk(chance, [national[1]], NATIONAL_DAYS, partial=False).items()}
    places = {
        f"place {number}": {
            element: walk(chance, [rule for rule in local if rule.element == element], LOCAL_DAYS, partial=True)
            for element in elements
        }
        for number in range(PLACES)
    }

    expected = [row for rule in national for row in events(rule, "national", country, max(country))]
    for rule in local:
        newest = max(
            day for measured in places.values() for day, (_, is_final) in measured[rule.element].items() if is_final
        )
        expected += [
            row for place, measured in places.items() for row in events(rule, place, measured[rule.element], newest)
        ]

    with duckdb.connect() as session:
        for schema in ("marts", "seeds"):
            session.execute(f"create schema {schema}")
        for seed in ("event_rules", "event_thresholds"):
            session.execute(
                f"create table seeds.{seed} as from read_csv('{PROJECT_DIR / 'seeds' / seed}.csv', header = true)"
            )
        indicators = pa.table(
            {"weather_date": list(country), "temperature_c": [value for value, _ in country.values()]}
        )
        session.register("indicators", indicators)
        session.execute(
            "create table marts.fct_thermal_indicators as select *, 'available' as indicator, true as is_valid from indicators"
        )
        session.register("readings", readings(places))
        session.execute(
            "create table marts.fct_daily_weather as select location_id, 'synop' as source, weather_date,"
            " any_value(value) filter (element = 'temperature_max_c') as temperature_max_c,"
            " bool_or(is_final) filter (element = 'temperature_max_c') as is_temperature_max_complete,"
            " any_value(value) filter (element = 'temperature_min_c') as temperature_min_c,"
            " bool_or(is_final) filter (element = 'temperature_min_c') as is_temperature_min_complete,"
            " any_value(value) filter (element = 'precipitation_mm') as precipitation_mm,"
            " bool_or(is_final) filter (element = 'precipitation_mm') as is_precipitation_complete,"
            " any_value(value) filter (element = 'wind_gust_max_ms') as wind_gust_max_ms,"
            " case when bool_or(is_final) filter (element = 'wind_gust_max_ms') then 8 else 7 end as observation_count"
            " from readings group by location_id, weather_date"
        )
        session.execute(
            "create table marts.dim_locations as select distinct location_id, 'FR' as country_code from readings"
        )
        found = session.execute(
            "select event_id, end_date, duration_days, core_day_count, peak_value, peak_date, cumulative_excess, severity,"
            f" is_start_certain, is_end_certain, is_ongoing from ({compiled})"
        ).fetchall()

    enough = Counter((row[0].split(":")[0], ":national:" in row[0]) for row in expected)
    assert all(enough[rule.event_type, rule.scope == "national"] >= 20 for rule in every), enough
    assert sorted(found) == sorted(expected)
