"""Incremental equals full refresh: whatever arrives, in whatever order, the marts end the same."""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.ingestion.archives import monthly, monthly_row
from tests.warehouse.figures import assert_figures_of_both, load_figures
from tests.warehouse.figures import early as figures_first
from tests.warehouse.figures import later as figures_later
from tests.warehouse.published import assert_same, count, marts, query

STATIONS = ("07005", "07015", "07020", "07510", "61997")
LIST = """ID;Nom;Latitude;Longitude;Altitude
07005;ABBEVILLE;50.1;1.8;69
07015;LILLE;50.6;3.1;47
07020;LA HAGUE;49.7;-0.9;6
07510;BORDEAUX;{bordeaux};-0.7;47
61997;CROZET;-46.4;51.9;146
"""
"""The first three are neighbours of one another; Bordeaux becomes one when it moves to 48.8 degrees north."""
DAYS = 40
SEED = 11


def versions(chance: random.Random) -> dict[tuple[str, datetime], list[dict[str, str]]]:
    """(station, time) -> the versions it was published in: most once, some corrected, both from and to missing."""
    published: dict[tuple[str, datetime], list[dict[str, str]]] = {}
    for station in STATIONS:
        for slot in range(DAYS * 8):
            time = datetime(2019, 12, 20) + timedelta(hours=3 * slot)
            told = []
            for _ in range(chance.choices((1, 2, 3), (80, 15, 5))[0]):
                temperature = 280 + chance.gauss(0, 5)
                if chance.random() < 0.05:
                    temperature += chance.choice((-30, 30))  # a step, and far from the neighbours
                row = {"t": f"{temperature:.2f}", "td": f"{temperature - 2:.2f}", "ff": f"{chance.uniform(0, 9):.1f}"}
                row |= {
                    "dd": str(chance.randrange(0, 361, 10)),
                    "u": "85" if chance.random() < 0.95 else "84",  # runs of more than a day, and shorter ones
                    "pmer": f"{100000 + chance.gauss(0, 300):.0f}",
                    "rr3": chance.choice(("0.0", "1.2", "-0.1", "mq")),
                }
                if time.hour in (6, 18):
                    row |= {"tn12": f"{temperature - 4:.2f}", "tx12": f"{temperature + 4:.2f}"}
                if time.hour == 6:
                    row["rr24"] = chance.choice(("0.0", "3.4", "mq"))
                if chance.random() < 0.02:
                    row["t"] = chance.choice(("369.15", "mq"))
                told.append(row)
            published[station, time] = told
    return published


def archive(path: Path, rows: list[tuple[str, datetime, dict[str, str]]]) -> None:
    monthly(path, [monthly_row(station, f"{time:%Y%m%d%H%M%S}", **measures) for station, time, measures in rows])


def test_late_corrected_duplicate_and_unordered_loads_equal_a_full_refresh(warehouse, tmp_path):
    chance = random.Random(SEED)
    history = [(station, time, told) for (station, time), told in versions(chance).items()]
    # file names settle the order of versions; which rows arrive when is left to chance
    loads: list[list[tuple[str, datetime, dict[str, str]]]] = [[], [], []]
    for station, time, told in history:
        first = chance.choices((0, 1, 2), (85, 10, 5))[0]  # most in time, some late
        for number, measures in enumerate(told):
            loads[min(first + number, 2)].append((station, time, measures))
            if chance.random() < 0.03:
                loads[min(first + number, 2)].append((station, time, measures))  # published twice
    for rows in loads:
        chance.shuffle(rows)
    step_by_step, at_once = warehouse("steps"), None
    figures = (figures_first(tmp_path / "first"), figures_later(tmp_path / "later"))
    for number, rows in enumerate(loads):
        archive(tmp_path / f"in{number}" / f"synop.202001.asof-{number}.csv", rows)
        (tmp_path / f"in{number}" / "postesSynop.csv").write_text(
            LIST.format(bordeaux=44.8 if number < 2 else 48.8), encoding="ascii"
        )
        step_by_step.load(tmp_path / f"in{number}")
        if number < len(figures):
            load_figures(step_by_step.settings, figures[number])
        step_by_step.build_new()
    everything = tmp_path / "all"
    everything.mkdir()
    for number in range(3):
        (everything / f"synop.202001.asof-{number}.csv").symlink_to(
            tmp_path / f"in{number}" / f"synop.202001.asof-{number}.csv"
        )
    (everything / "postesSynop.csv").symlink_to(tmp_path / "in2" / "postesSynop.csv")
    at_once = warehouse("once")
    at_once.load(everything)
    load_figures(at_once.settings, figures[-1])
    at_once.build()
    expected = marts(at_once.data_dir)
    assert len(expected["fct_observations"]) == len(history)
    assert len(expected["fct_observation_revisions"]) > len(history)
    assert_same(marts(step_by_step.data_dir), expected, but=("dim_location_history",))
    assert_figures_of_both(step_by_step.data_dir)
    for check in ("step", "persistence", "neighbours"):
        assert count(at_once.data_dir, f"select count(*) from fct_quality_findings where check_name = '{check}'") > 0
    moved = "select count(*) from fct_quality_findings where check_name = 'neighbours' and neighbour_ids like '%07510%'"
    assert count(at_once.data_dir, moved) > 0


@pytest.mark.long
def test_captures_one_after_the_other_equal_the_last_alone(warehouse, real_data, tmp_path):
    early, later = tmp_path / "early", tmp_path / "later"
    for folder, names in (
        (early, ("201703.asof-20170316", "202011.asof-20201114-from-05")),
        (later, ("201703.asof-20170318", "202011.asof-20201124")),
    ):
        folder.mkdir()
        for name in names:
            (folder / f"synop.{name}.csv.gz").symlink_to(real_data("synop") / f"synop.{name}.csv.gz")
        (folder / "postesSynop.csv").symlink_to(real_data("synop") / "postesSynop.csv")
    both = warehouse("both")
    both.at(datetime(2020, 11, 14, 18))
    both.load(early)
    both.build()
    said_first = observations(both.data_dir, "is_current")
    both.at(datetime(2020, 11, 24, 18))
    both.load(later)
    both.build_new()
    between = "timestamp '2020-11-15'"
    assert said_first == observations(
        both.data_dir, f"known_from_at <= {between} and (known_to_at is null or {between} < known_to_at)"
    )
    alone = warehouse("alone")
    alone.load(later)
    alone.build()
    assert_same(marts(both.data_dir), marts(alone.data_dir), but=("fct_observation_revisions",))
    # data/README: 184 rows were corrected between the captures of 2020-11, none between those of 2017-03
    assert count(both.data_dir, "select count(*) from fct_observation_revisions where version > 1") == 184


def observations(data_dir: Path, condition: str) -> list[tuple]:
    """What was said of each observation: the revisions that fulfil a condition, without their bookkeeping."""
    return query(
        data_dir,
        "select * exclude (version, is_current, known_from_at, known_to_at, landed_at, load_id, file_name)"
        f" from fct_observation_revisions where {condition} order by all",
    )


@pytest.mark.long
def test_loading_and_building_again_changes_nothing(warehouse, tmp_path, monkeypatch):
    archive(
        tmp_path / "in" / "synop.202001.csv", [(s, t, told[0]) for (s, t), told in versions(random.Random(1)).items()]
    )
    same = warehouse("same")
    same.load(tmp_path / "in")
    first = same.build("first")
    published = (same.settings.marts.read_bytes(), marts(same.data_dir))
    same.load(tmp_path / "in")
    monkeypatch.setenv("DBT_LOG_LEVEL_FILE", "debug")  # with each statement
    second = same.build("second")
    assert (second.publication.written, second.loads) == (0, 0)
    assert second.publication.publication_id == first.publication.publication_id
    assert (same.settings.marts.read_bytes(), marts(same.data_dir)) == published
    # the run that made the publication, and the one that dbt ran for
    assert query(same.data_dir, "select run_id from isobar.publication") == [("first",)]
    artifact = json.loads((same.settings.dbt_target / "run_results.json").read_text())
    assert artifact["metadata"]["env"] == {"ISOBAR_RUN_ID": "second"}
    assert '"run_id": "second", "invocation_id": "' in (same.settings.logs / "dbt.log").read_text()
