"""What providers publish ready-made, small: days and months, with a correction, a second kind of file and a list that moves a
post; and maps of vigilance, of which the later takes the place of the earlier."""

from __future__ import annotations

from pathlib import Path

from ingestion.load import load
from ingestion.registry import SOURCES
from isobar.settings import Settings
from tests.ingestion.archives import write
from tests.ingestion.maps import item, phenomenon, vigilance_map, write_map
from tests.ingestion.test_climat import HEADER as CLIMAT_HEADER
from tests.ingestion.test_climat import row as climat_row
from tests.warehouse.published import count

CLIMAT, CLIMATOLOGY, VIGILANCE = SOURCES["climat"], SOURCES["climatology"], SOURCES["meteofrance_vigilance"]
FIRST_KIND, SECOND_KIND = "Q_33_latest-2019-2020_RR-T-Vent.csv", "Q_33_latest-2019-2020_autres-parametres.csv"
FIRST_HEADER = "NUM_POSTE;NOM_USUEL;LAT;LON;ALTI;AAAAMMJJ;RR;QRR;TN;QTN;TX;QTX;TNTXM;QTNTXM;FXI;QFXI"
SECOND_HEADER = "NUM_POSTE;NOM_USUEL;LAT;LON;ALTI;AAAAMMJJ;PMERM;QPMERM;UM;QUM"
BORDEAUX, OTHER = " 33281001;BORDEAUX-MERIGNAC;44.83;-0.69;47", " 33999001;SAINT_NULLEPART;44.9;-0.5;20"
STATIONS = "Id_station;Id_omm;Nom_usuel;Latitude;Longitude;Altitude;Date_ouverture;Pack"


def days(post: str, figures: dict[int, str]) -> list[str]:
    return [f"{post};202001{day:02d};{told}" for day, told in figures.items()]


def early(folder: Path) -> Path:
    """What is published first."""
    write(
        folder / "climat.202001.csv",
        CLIMAT_HEADER,
        [climat_row("07005", "2020-01", txmoy="7.0", tnmoy="2.0", nbtx="31")],
    )
    good = {1: "0.0;1;1.0;1;9.0;9;5.0;1;12.0;1", 2: "3.4;0;2.0;1;8.0;1;5.0;1;;", 31: ";;-1.0;1;4.0;1;1.5;1;;"}
    write(folder / FIRST_KIND, FIRST_HEADER, [*days(BORDEAUX, good), *days(OTHER, {1: "1.0;1;;;;;;;;"})])
    _map(folder, "2020-01-01T04:00:08Z", 1)
    return folder


def later(folder: Path) -> Path:
    """The same files published again, and more."""
    write(
        folder / "climat.202001.csv",
        CLIMAT_HEADER,
        [
            climat_row("07005", "2020-01", txmoy="7.1", tnmoy="2.0", nbtx="31"),
            climat_row("07510", "2020-01", txmoy="24.0", txab="6.8", nbtx="31"),
        ],
    )
    # corrected, put in doubt, confirmed, and one day more
    good = {1: "0.2;1;1.0;1;9.5;9;5.3;1;12.0;1", 2: "3.4;0;-13.0;2;8.0;1;-2.5;2;;", 31: ";;-1.0;0;4.0;1;1.5;1;;"}
    write(
        folder / FIRST_KIND,
        FIRST_HEADER,
        [*days(BORDEAUX, good | {30: "5.0;9;;;;;;;;"}), *days(OTHER, {1: "1.0;1;;;;;;;;"})],
    )
    second = {1: "1013.4;1;75;1", 15: "1020.0;9;60;1"}
    write(folder / SECOND_KIND, SECOND_HEADER, days(BORDEAUX, second))
    listed = ["33281001;07510;BORDEAUX-MERIGNAC;44.83;-0.69;47;1920-01-01;RADOME"]
    write(folder / "liste-stations-obs-metropole-om.csv", STATIONS, listed)
    _map(folder, "2020-01-01T04:00:08Z", 1)
    _map(folder, "2020-01-01T14:00:18Z", 2)
    return folder


def _map(folder: Path, made: str, colour: int) -> None:
    begins, ends = made[:14] + "00:00Z", "2020-01-01T22:00:00Z"
    write_map(
        folder / "maps" / made[11:13] / "CDP_CARTE_EXTERNE.json",
        vigilance_map(made, begins, ends, phenomenon("3", colour, item(begins, ends, colour)), phenomenon("4", colour)),
    )


def load_figures(settings: Settings, folder: Path) -> None:
    """Load what :func:`early` or :func:`later` has written."""
    load(CLIMAT, settings, str(folder / "climat.*"))
    load(CLIMATOLOGY, settings, str(folder / "[Ql]*"))
    load(VIGILANCE, settings, str(folder / "maps"))


def assert_figures_of_both(data_dir: Path) -> None:
    """The marts say what :func:`later` says, whatever was there before."""
    daily = "select count(*) from fct_daily_weather where source = 'climatology'"
    # the list moved the post: nothing is left at its own number
    assert count(data_dir, f"{daily} and location_id = 'wmo:07510'") == 5
    assert count(data_dir, f"{daily} and location_id like 'insee:33281%'") == 0
    assert count(data_dir, f"{daily} and location_id = 'insee:33999001' and precipitation_mm = 1.0") == 1
    doubtful = "and weather_date = date '2020-01-02' and temperature_min_c is null and temperature_tntx_mean_c is null"
    assert count(data_dir, f"{daily} {doubtful} and temperature_max_c = 8.0") == 1
    findings = "select count(*) from fct_quality_findings where source"
    assert count(data_dir, f"{findings} = 'climatology' and verdict = 'suspect'") == 2
    assert count(data_dir, f"{findings} = 'climat' and check_name = 'extreme_beyond_its_mean'") == 2
    months = "select count(*) from fct_monthly_climate where month_start_date = date '2020-01-01' and source ="
    assert count(data_dir, f"{months} 'climat' and temperature_max_mean_c = 7.1") == 1
    assert count(data_dir, f"{months} 'climatology' and location_id = 'wmo:07510' and frost_day_count = 1") == 1
    assert count(data_dir, "select count(*) from bridge_location_identifiers where scheme = 'insee'") == 2
    vigilance = "select count(*) from fct_vigilance where superseded_at"
    assert (
        count(data_dir, f"{vigilance} = timestamp '2020-01-01 14:00:18' and colour = 'green' and not is_current") == 2
    )
    assert count(data_dir, f"{vigilance} is null and colour = 'yellow' and is_current") == 2
