"""Simulated BASE files: the provider's form, and the days that the reports of the same weather add up to."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
from pathlib import Path

import pytest

from ingestion.sources.climatology.columns import RAIN_TEMPERATURE_WIND
from simulator.archive import MARKER, NotSimulatedError, write_archive
from simulator.climatology import HEADER, STATION_LIST, Post, indicator_posts, write_climatology
from simulator.stations import published_stations

START, END = dt.date(2024, 2, 20), dt.date(2024, 3, 10)
BORDEAUX = next(post for post in indicator_posts() if post.wmo_id == "07510")
FAR = Post("97411150", "GILLOT-AEROPORT", -20.89, 55.53, 8, "61980")


def rows_of(folder: Path) -> list[dict[str, str]]:
    return [
        row
        for path in sorted(folder.glob("Q_*.csv.gz"))
        for row in csv.DictReader(io.StringIO(gzip.decompress(path.read_bytes()).decode("ascii")), delimiter=";")
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    made = tmp_path_factory.mktemp("base")
    write_climatology(made, START, END, 5, posts=[BORDEAUX, FAR], doubtful_rate=0.0)
    return made


def test_names_header_and_rows_are_the_providers(folder):
    assert sorted(path.name for path in folder.iterdir()) == [
        "Q_33_latest-2023-2024_RR-T-Vent.csv.gz",
        "Q_974_latest-2023-2024_RR-T-Vent.csv.gz",
        MARKER,
        STATION_LIST,
    ]
    assert [name.lower() for name in HEADER.split(";")] == list(RAIN_TEMPERATURE_WIND.columns)
    rows = rows_of(folder)
    assert [row["AAAAMMJJ"] for row in rows if row["NUM_POSTE"] == " 33281001"] == [
        f"{START + dt.timedelta(days=n):%Y%m%d}" for n in range((END - START).days + 1)
    ]
    listed = (folder / STATION_LIST).read_text().splitlines()
    assert listed[1].startswith("33281001;07510;BORDEAUX-MERIGNAC;44.830000;-0.690000;47;")


def test_a_day_is_what_the_reports_of_its_windows_say(folder, tmp_path):
    """Against SYNOP's archive of the same seed, hour by hour as published: Tn to 18 UTC, Tx and rain to 06 of the next day."""
    station = next(each for each in published_stations() if each.id == "07510")
    write_archive(tmp_path, START - dt.timedelta(days=1), END + dt.timedelta(days=1), 5, stations=[station])
    reports = {}
    for path in tmp_path.glob("synop.*.csv.gz"):
        for row in csv.DictReader(io.StringIO(gzip.decompress(path.read_bytes()).decode("ascii")), delimiter=";"):
            reports[dt.datetime.fromisoformat(f"{row['date'][:8]}T{row['date'][8:]}")] = row
    compared = 0
    for row in rows_of(folder):
        if row["NUM_POSTE"] != " 33281001":
            continue
        day = dt.datetime.fromisoformat(row["AAAAMMJJ"])

        def told(name: str, hour: int, day: dt.datetime = day) -> float | None:
            value = reports.get(day + dt.timedelta(hours=hour), {}).get(name, "mq")
            return None if value == "mq" else float(value)

        lows, highs = (told("tn12", 6), told("tn12", 18)), (told("tx12", 18), told("tx12", 30))
        rain = [told("rr3", hour) for hour in range(9, 31, 3)]
        if None not in (*lows, *highs, *rain):
            compared += 1
            assert float(row["TN"]) == pytest.approx(min(lows) - 273.15, abs=0.001)
            assert float(row["TX"]) == pytest.approx(max(highs) - 273.15, abs=0.001)
            assert float(row["RR"]) == pytest.approx(sum(max(amount, 0) for amount in rain), abs=0.001)
        assert float(row["TN"]) <= float(row["TM"]) <= float(row["TX"])
        assert float(row["TAMPLI"]) == pytest.approx(float(row["TX"]) - float(row["TN"]), abs=0.001)
        assert float(row["TNTXM"]) == pytest.approx((float(row["TN"]) + float(row["TX"])) / 2, abs=0.0501)
        assert 0 <= int(row["HTN"]) < 2400 and int(row["HTN"]) % 100 < 60
    assert compared >= 15


def test_a_value_depends_on_seed_post_and_date_alone(folder, tmp_path):
    summary = write_climatology(tmp_path, START, END + dt.timedelta(days=30), 5, posts=[BORDEAUX], doubtful_rate=0.0)
    longer = {row["AAAAMMJJ"]: row for row in rows_of(tmp_path)}
    for row in rows_of(folder):
        if row["NUM_POSTE"] == " 33281001":
            assert longer[row["AAAAMMJJ"]] == row
    assert summary.rows > 20
    again = write_climatology(tmp_path, START, END + dt.timedelta(days=30), 5, posts=[BORDEAUX], doubtful_rate=0.0)
    assert again.changed == 0


def test_doubtful_values_are_wrong_and_say_so(folder, tmp_path):
    write_climatology(tmp_path, START, END, 5, posts=[BORDEAUX, FAR], doubtful_rate=0.3)
    doubtful = 0
    for true, told in zip(rows_of(folder), rows_of(tmp_path), strict=True):
        for name, by in (("TN", -15.0), ("TX", 15.0), ("RR", 15.0)):
            if told[f"Q{name}"] == "2":
                doubtful += 1
                assert float(told[name]) == pytest.approx(float(true[name]) + by, abs=0.001)
                assert name == "RR" or told["QTNTXM"] == "2"
            else:
                assert (told[name], told[f"Q{name}"]) == (true[name], true[f"Q{name}"])
                assert true[f"Q{name}"] in "019"
    assert 20 < doubtful < 60


def test_the_indicators_posts_move_at_reims_and_are_thirty_on_any_day(tmp_path):
    write_climatology(tmp_path, dt.date(2012, 5, 6), dt.date(2012, 5, 9), 1)
    rows = rows_of(tmp_path)
    assert {row["AAAAMMJJ"] for row in rows if row["NUM_POSTE"] == " 51183001"} == {"20120506", "20120507"}
    assert {row["AAAAMMJJ"] for row in rows if row["NUM_POSTE"] == " 51449002"} == {"20120508", "20120509"}
    assert [sum(row["AAAAMMJJ"] == f"2012050{day}" for row in rows) for day in (6, 7, 8, 9)] == [30] * 4


def test_files_of_older_years_have_their_own_names(tmp_path):
    write_climatology(tmp_path, dt.date(1949, 12, 31), dt.date(1952, 1, 1), 1, posts=[BORDEAUX])
    assert sorted(path.name for path in tmp_path.glob("Q_*")) == [
        "Q_33_1949-1949_RR-T-Vent.csv.gz",
        "Q_33_latest-1951-1952_RR-T-Vent.csv.gz",
        "Q_33_previous-1950-1950_RR-T-Vent.csv.gz",
    ]


def test_other_archives_are_left_alone(folder, tmp_path):
    with pytest.raises(NotSimulatedError):
        write_climatology(folder, START, END, 6, posts=[BORDEAUX])
    (tmp_path / "Q_33_latest-2023-2024_RR-T-Vent.csv.gz").write_bytes(b"real")
    with pytest.raises(NotSimulatedError):
        write_climatology(tmp_path, START, END, 5, posts=[BORDEAUX])
