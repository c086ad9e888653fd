"""CLIMAT: monthly files from a folder or an address, real ones counted."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest

from ingestion.load import load
from ingestion.registry import SOURCES
from ingestion.sources.climat.columns import MONTHS
from isobar.settings import SettingsError
from tests.ingestion.archives import write

CLIMAT = SOURCES["climat"]
HEADER = ";".join(MONTHS.columns).upper()


def row(station: str, month: str, **figures: object) -> str:
    known = {"num_poste": station, "dat": f"{month}-01 00:00:00", **figures}
    return ";".join(str(known.get(column, "")) for column in MONTHS.columns)


def query(settings, sql: str) -> list[tuple]:
    with duckdb.connect(str(settings.warehouse), read_only=True) as warehouse:
        return warehouse.execute(sql).fetchall()


def test_figures_keep_their_units_and_every_style_of_number(settings, tmp_path):
    rows = [
        row("07005", "1990-01", tmmoy="5.7", nbins="-1", txab="11.2", txdat="1990-01-06 00:00:00"),
        row("07015", "1990-01", tmmoy="3.20", rr="104.0", nbjtn0="0"),
        row("07020", "1990-01", tmmoy="warm"),
    ]
    write(tmp_path / "climat.199001.csv.gz", HEADER, rows)
    summary = load(CLIMAT, settings, str(tmp_path))
    assert (summary.tables["months"].row_count, summary.tables["months"].rejected_cell_count) == (3, 1)
    assert summary.newest_observed_at == "1990-01-01 00:00:00"
    found = "select num_poste, tmmoy, nbins, rr, nbjtn0, txdat::varchar from raw_climat.months order by 1"
    assert query(settings, found) == [
        ("07005", 5.7, -1.0, None, None, "1990-01-06 00:00:00"),
        ("07015", 3.2, None, 104.0, 0.0, None),
        ("07020", None, None, None, None, None),
    ]
    assert query(settings, "select column_name, value from raw_climat.rejects") == [("tmmoy", "warm")]


@pytest.mark.parametrize(
    ("file", "period"),
    [
        ("climat.199002.csv", (date(1990, 2, 1), date(1990, 2, 28))),
        ("climat.199612.csv.gz", (date(1996, 12, 1), date(1996, 12, 31))),
        ("climat.199613.csv.gz", None),
        ("synop.199612.csv.gz", None),
        ("climat.1996.csv", None),
    ],
)
def test_a_file_is_told_by_its_name(file, period):
    table = CLIMAT.table_for(file)
    assert (table is not None) == (period is not None)
    assert CLIMAT.tables[0].period(file) == period


def test_only_the_months_asked_for_are_taken(settings, tmp_path):
    for month in ("1990-01", "1990-02", "1990-03"):
        write(tmp_path / f"climat.{month.replace('-', '')}.csv", HEADER, [row("07005", month, tmmoy="5.0")])
    load(CLIMAT, settings, str(tmp_path), date(1990, 2, 10), date(1990, 2, 20))
    assert query(settings, "select dat::date::varchar from raw_climat.months") == [("1990-02-01",)]


def test_without_an_address_it_says_what_to_do(settings):
    with pytest.raises(SettingsError, match=r"--from FOLDER.*ISOBAR_CLIMAT_URL"):
        load(CLIMAT, settings)


def test_an_address_is_asked_for_every_month(settings, provider):
    url, folder, _ = provider
    write(folder / "climat.199112.csv.gz", HEADER, [row("07005", "1991-12", tmmoy="5.0")])
    summary = load(CLIMAT, settings, url, date(1991, 11, 5), date(1991, 12, 31))
    assert [refused["file"] for refused in summary.refused] == ["climat.199111.csv.gz"]
    assert query(settings, "select num_poste, dat::date::varchar from raw_climat.months") == [("07005", "1991-12-01")]


def test_real_files_load_without_a_reject(settings, real_data):
    summary = load(CLIMAT, settings, str(real_data("climat")))
    months = summary.tables["months"]
    assert (months.files, months.row_count, months.appended_row_count) == (294, 14_512, 14_512)
    assert (months.rejected_cell_count, summary.refused, summary.unknown_columns) == (0, [], {})
    counted = (
        "select count(distinct num_poste), min(dat)::date::varchar, max(dat)::date::varchar from raw_climat.months"
    )
    assert query(settings, counted) == [(58, "1990-01-01", "2014-12-01")]
    # why dbt has the var `climat_frost_counts_zero_from`: a lowest Tn of 0.0 is counted since, and was not before
    at_zero = "select {}(dat)::date::varchar, count(*) from raw_climat.months where tnab = 0 and coalesce(nbjtn0, 0)"
    assert query(settings, f"{at_zero.format('max')} = 0") == [("2007-10-01", 41)]
    assert query(settings, f"{at_zero.format('min')} > 0") == [("2008-04-01", 15)]
