"""Climatology: daily BASE files by header name, the list of posts, the names to ask for."""

from __future__ import annotations

from datetime import date, datetime

import duckdb
import pytest

from ingestion import providers
from ingestion.load import load
from ingestion.registry import SOURCES
from ingestion.sources.climatology.columns import OTHER_PARAMETERS, RAIN_TEMPERATURE_WIND
from ingestion.sources.climatology.source import _wanted
from isobar.settings import Settings, SettingsError
from tests import own
from tests.ingestion.archives import write

CLIMATOLOGY = SOURCES["climatology"]
FIRST_KIND = "Q_01_latest-2023-2024_RR-T-Vent.csv.gz"


def query(settings, sql: str) -> list[tuple]:
    with duckdb.connect(str(settings.warehouse), read_only=True) as warehouse:
        return warehouse.execute(sql).fetchall()


def test_values_are_found_by_name_and_blanks_are_no_part_of_them(settings, tmp_path):
    header = "NUM_POSTE;NOM_USUEL;LAT;LON;ALTI;AAAAMMJJ; TN;QTN;NEW;HTN;QHTN;RR;QRR"
    rows = [
        " 01027003;BALAN_AERO;45.833000;5.106667;196;20230101;-0.4;9;7;318;9;;",
        " 01072001;CEYZERIAT_SAPC;46.204333;5.287667;260;20230101;1.2;2;7;9;9;0.2;1",
    ]
    write(tmp_path / FIRST_KIND, header, rows)
    summary = load(CLIMATOLOGY, settings, str(tmp_path))
    assert summary.tables["daily_rr_t_vent"].rejected_cell_count == 0
    assert list(summary.unknown_columns.values()) == [["NEW"]]
    assert summary.newest_observed_at == "2023-01-01"
    assert query(
        settings,
        "select num_poste, nom_usuel, aaaammjj, tn, qtn, htn, rr, qrr, tx from raw_climatology.daily_rr_t_vent order by 1",
    ) == [
        ("01027003", "BALAN_AERO", date(2023, 1, 1), -0.4, 9.0, 318.0, None, None, None),
        ("01072001", "CEYZERIAT_SAPC", date(2023, 1, 1), 1.2, 2.0, 9.0, 0.2, 1.0, None),
    ]


def test_a_bad_cell_costs_only_itself(settings, tmp_path):
    header = "NUM_POSTE;AAAAMMJJ;TN;QTN"
    write(tmp_path / FIRST_KIND, header, [" 1004001;20230101;1_0;1", " 1004001;20230102;2.0;1", " ;20230103;2.0;1"])
    summary = load(CLIMATOLOGY, settings, str(tmp_path))
    assert summary.tables["daily_rr_t_vent"].rejected_cell_count == 2
    assert query(settings, "select column_name, reason from raw_climatology.rejects order by source_row") == [
        ("tn", "not a number"),
        (None, "no readable num_poste and aaaammjj"),
    ]
    assert query(settings, "select num_poste, tn from raw_climatology.daily_rr_t_vent order by 2") == [
        ("01004001", 2.0),
        ("01004001", None),
    ]


@pytest.mark.parametrize(
    ("file", "table", "period"),
    [
        ("Q_33_latest-2025-2026_RR-T-Vent.csv.gz", "daily_rr_t_vent", (date(2025, 1, 1), date(2026, 12, 31))),
        ("Q_974_previous-1950-2024_autres-parametres.csv", "daily_autres_parametres", (date(1950, 1, 1), date(2024, 12, 31))),
        ("Q_75_1872-1949_RR-T-Vent.csv.gz", "daily_rr_t_vent", (date(1872, 1, 1), date(1949, 12, 31))),
        ("liste-stations-obs-metropole-om.csv", "stations", None),
        ("H_33_latest-2025-2026.csv.gz", None, None),
        ("MENSQ_33_latest-2025-2026.csv.gz", None, None),
    ],
)  # fmt: skip
def test_a_file_is_told_by_its_name(file, table, period):
    found = CLIMATOLOGY.table_for(file)
    assert (found.name if found else None) == table
    assert (found.period(file) if found else None) == period


def names(start: date, end: date, today: date) -> list[list[str]]:
    wanted = _wanted(start, end, ["33"], today)
    return [
        [group[0].removeprefix("Q_33_").removesuffix("_RR-T-Vent.csv.gz") for group in want.groups]
        for want in wanted
        if want.table == "daily_rr_t_vent"
    ]


@pytest.mark.parametrize(
    ("start", "end", "today", "expected"),
    [
        # the last quarter: the running file, under last year's name where this year's is not there yet
        (date(2025, 12, 1), date(2026, 3, 1), date(2026, 3, 1), [["latest-2025-2026", "latest-2024-2025"]]),
        (date(1990, 1, 1), date(2024, 12, 31), date(2026, 3, 1), [["previous-1950-2024", "previous-1950-2023"]]),
        (
            date(1990, 1, 1),
            date(2026, 3, 1),
            date(2026, 3, 1),
            [["previous-1950-2024", "previous-1950-2023"], ["latest-2025-2026", "latest-2024-2025"]],
        ),
        # in January 2024 may still be in `latest`
        (
            date(2024, 6, 1),
            date(2024, 12, 31),
            date(2026, 1, 3),
            [["previous-1950-2024", "previous-1950-2023"], ["latest-2025-2026", "latest-2024-2025"]],
        ),
        (date(1900, 1, 1), date(1940, 12, 31), date(2026, 3, 1), []),
    ],
)
def test_the_names_to_ask_for_roll_with_the_year(start, end, today, expected):
    assert names(start, end, today) == expected


def test_the_departments_of_the_settings_are_asked_for(tmp_path, provider):
    url, folder, handler = provider
    settings = own.climatology(Settings(tmp_path / "data", clock=datetime(2026, 3, 1)), departments=("33", "974"))
    write(folder / "Q_33_latest-2025-2026_RR-T-Vent.csv.gz", "NUM_POSTE;AAAAMMJJ;TN;QTN", ["33281001;20260101;1.0;1"])
    summary = load(CLIMATOLOGY, settings, url, date(1949, 1, 1), date(2026, 2, 28))
    assert summary.tables["daily_rr_t_vent"].appended_row_count == 1
    assert {path.split("_")[1] for path, _ in handler.requests} == {"33", "974"}
    assert any("before 1950" in note for note in summary.notes)
    assert len(summary.refused) == 2 * 2 * 2 - 1


@pytest.mark.parametrize("value", ["2A", "33,", "Gironde", "1", "9"])
def test_departments_that_are_none_are_refused_by_name(value):
    with pytest.raises(SettingsError, match="ISOBAR_CLIMATOLOGY_DEPARTMENTS"):
        providers.check(Settings.from_environment({"ISOBAR_CLIMATOLOGY_DEPARTMENTS": value}))


def test_the_columns_are_those_of_the_official_descriptions(real_data):
    folder = real_data("clim_base") / "descriptors"
    for layout, kind in ((RAIN_TEMPERATURE_WIND, "RR-T-Vent"), (OTHER_PARAMETERS, "autres-parametres")):
        lines = (folder / f"donnees-quotidiennes__Q_descriptif_champs_{kind}.csv").read_text("utf-8").splitlines()
        described = [line.split(":")[0].strip().lower() for line in lines if line[:1].isupper() and " : " in line]
        declared = [name for name in layout.columns if not (name.startswith("q") and name[1:] in layout.columns)]
        assert declared == [name for name in described if " " not in name]


def test_the_real_file_loads_without_a_reject(settings, real_data):
    summary = load(CLIMATOLOGY, settings, str(real_data("clim_base") / "Q_01_*.csv.gz"))
    table = summary.tables["daily_autres_parametres"]
    assert (table.files, table.row_count, table.rejected_cell_count) == (1, 7_243, 0)
    assert (summary.refused, summary.unknown_columns) == ([], {})
    found = (
        "select count(distinct num_poste), min(aaaammjj), max(aaaammjj), min(length(num_poste)), max(length(num_poste)),"
        " count(un), count(etpgrille) from raw_climatology.daily_autres_parametres"
    )
    assert query(settings, found) == [(17, date(2023, 1, 1), date(2024, 4, 2), 8, 8, 3_060, 7_151)]
    # every value has its code, and no code of 2 occurs in this file
    unjudged = "select count(*) from raw_climatology.daily_autres_parametres where un is not null and qun is null"
    assert query(settings, unjudged) == [(0,)]


def test_the_real_list_gives_posts_their_wmo_numbers(settings, real_data):
    load(CLIMATOLOGY, settings, str(real_data("mf_api") / "liste-stations-*.csv"))
    assert query(settings, "select count(*), count(id_omm) from raw_climatology.stations") == [(2_119, 286)]
    bordeaux = "select id_omm, nom_usuel, altitude from raw_climatology.stations where id_station = '33281001'"
    assert query(settings, bordeaux) == [("07510", "BORDEAUX-MERIGNAC", 47.0)]
