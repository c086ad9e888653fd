"""Normals and anomalies of 25 years of real monthly figures, against pandas."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from dbt.cli.main import dbtRunner

from isobar.settings import Settings
from isobar.warehouse import dbt

FIGURES = {
    "temperature_mean_c": "TMMOY",
    "temperature_min_mean_c": "TNMOY",
    "temperature_max_mean_c": "TXMOY",
    "precipitation_total_mm": "RR",
}
MART_COLUMNS = [
    "location_id",
    "source",
    "month_start_date",
    *FIGURES,
    "is_temperature_complete",
    "is_precipitation_complete",
]
SERIES = ["location_id", "month_number"]


@pytest.fixture(scope="module")
def months(real_data) -> pd.DataFrame:
    """CLIMAT of 1990 to 2014, a row per station and month, complete where a figure was published; and under another source the
    same with its years 2005 to 2010 repeated as 2015 to 2020, so that the whole of 1991 to 2020 is there."""
    files = sorted(Path(real_data("climat")).glob("climat.*.csv.gz"))
    columns = ["NUM_POSTE", "DAT", *FIGURES.values()]
    read = pd.concat(pd.read_csv(file, sep=";", usecols=columns, dtype={"NUM_POSTE": str}) for file in files)
    dates = pd.to_datetime(read["DAT"])
    published = pd.DataFrame(
        {
            "location_id": "wmo:" + read["NUM_POSTE"],
            "source": "climat",
            "year_number": dates.dt.year.astype("int64"),
            "month_number": dates.dt.month.astype("int64"),
            **{ours: read[theirs] for ours, theirs in FIGURES.items()},
            "is_temperature_complete": read["TMMOY"].notna(),
            "is_precipitation_complete": read["RR"].notna(),
        }
    )
    repeated = published[published["year_number"].between(2005, 2010)]
    both = pd.concat(
        [
            published,
            published.assign(source="longer"),
            repeated.assign(source="longer", year_number=repeated["year_number"] + 10),
        ],
        ignore_index=True,
    )
    first_days = {"year": both["year_number"], "month": both["month_number"], "day": 1}
    return both.assign(month_start_date=pd.to_datetime(first_days))


@pytest.fixture(scope="module")
def marts(built, months, tmp_path_factory) -> dict[str, pd.DataFrame]:
    """What the models make of these months."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("normals") / "data")
    shutil.copytree(built, settings.data_dir)
    with duckdb.connect(str(settings.warehouse)) as session:
        session.register("months", months[MART_COLUMNS])
        session.execute("delete from marts.fct_monthly_climate")
        session.execute("insert into marts.fct_monthly_climate by name select * from months")
    names = ["dim_climate_normals", "fct_climate_anomalies"]
    with dbt.project_environment(settings):
        ran = dbt.invoke(dbtRunner(), "run", "--project-dir", str(dbt.PROJECT_DIR), "--select", *names)
    assert ran.success, ran.exception
    with duckdb.connect(str(settings.warehouse), read_only=True) as session:
        return {name: session.execute(f"select * from marts.{name}").df() for name in names}


def same(ours: pd.Series, theirs: pd.Series, tolerance: float) -> None:
    """Equal within the tolerance, and missing in the same places."""
    theirs = theirs.reindex(ours.index)
    pd.testing.assert_series_equal(ours, theirs, check_names=False, check_dtype=False, rtol=0, atol=tolerance)


@pytest.mark.parametrize(
    ("element", "unit", "figure", "tolerance"),
    [
        # half of the last digit that is kept, and what binary fractions make of it
        ("temperature_mean", "c", "temperature_mean_c", 0.00501),
        ("precipitation", "mm", "precipitation_total_mm", 0.0501),
    ],
)
def test_normals_are_those_of_pandas(marts, months, element, unit, figure, tolerance):
    published = months[months["source"] == "climat"]
    ours = marts["dim_climate_normals"].query("source == 'climat'").set_index(SERIES).sort_index()
    assert len(ours) == published.dropna(subset=list(FIGURES), how="all").groupby(SERIES).ngroups >= 600
    theirs = published.groupby(SERIES)[figure]
    same(ours[f"{element}_year_count"], theirs.count(), 0)
    same(ours[f"{element}_normal_{unit}"], theirs.mean(), tolerance)
    same(ours[f"{element}_stddev_{unit}"], theirs.std(ddof=1), tolerance)
    same(ours[f"{element}_p20_{unit}"], theirs.quantile(0.2), tolerance)
    same(ours[f"{element}_p80_{unit}"], theirs.quantile(0.8), tolerance)


def test_an_archive_to_2014_is_not_1991_to_2020(marts):
    """Of 1991 to 2020 it has up to 24 years, as many as the standard asks for, but none of the last six."""
    normals = marts["dim_climate_normals"].query("source == 'climat'")
    assert normals["temperature_mean_year_count"].max() >= 24
    assert not normals["is_standard_normal"].any()
    assert not normals["reference_period"].str.contains("1991-2020").any()
    assert (normals["reference_period"] == "available 1990-2014").mean() > 0.7


def test_enough_years_of_all_of_it_are(marts, months):
    standard = marts["dim_climate_normals"].query("source == 'longer' and is_standard_normal").set_index(SERIES)
    window = months[(months["source"] == "longer") & months["year_number"].between(1991, 2020)].groupby(SERIES)
    given = standard["temperature_mean_normal_c"].dropna().sort_index()
    assert len(given) >= 400 and set(standard["reference_period"]) == {"1991-2020"}
    assert window["temperature_mean_c"].count().reindex(given.index).min() >= 24
    same(given, window["temperature_mean_c"].mean(), 0.00501)
    anomalies = marts["fct_climate_anomalies"].query("source == 'longer'")
    assert set(anomalies.query("is_standard_normal == True")["reference_period"]) == {"1991-2020"}


def test_anomalies_are_those_of_pandas(marts, months):
    key = ["location_id", "source", "month_start_date"]
    published = months[months["source"] == "climat"].set_index(key).sort_index()
    ours = marts["fct_climate_anomalies"].query("source == 'climat'").set_index(key).sort_index()
    assert len(ours) == len(published)
    grouped = published.groupby(SERIES)

    temperature = published["temperature_mean_c"]
    known = grouped["temperature_mean_c"].transform("count") >= 10
    anomaly = temperature - grouped["temperature_mean_c"].transform("mean")
    # the normal is rounded before it is taken off, so that the published figures agree with one another
    same(ours["temperature_mean_anomaly_c"], anomaly.where(known), 0.0101)
    same(ours["temperature_mean_z"], (anomaly / grouped["temperature_mean_c"].transform("std")).where(known), 0.04)

    rain = published["precipitation_total_mm"]
    normal = grouped["precipitation_total_mm"].transform("mean")
    known = (grouped["precipitation_total_mm"].transform("count") >= 10) & (normal >= 10)
    assert known.mean() > 0.7
    same(ours.loc[known, "precipitation_anomaly_pct"], ((rain / normal - 1) * 100)[known], 3)
    same(ours.loc[known, "precipitation_anomaly_mm"], (rain - normal)[known], 0.101)
