"""The worst rows that each source may send, beside good ones of 1 to 5 January 2026; what must never stop a publication."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ingestion.lake import Incoming, Lake
from ingestion.load import LoadSummary, load
from ingestion.registry import SOURCES
from ingestion.sources.climat.columns import MONTHS
from ingestion.sources.climatology.columns import OTHER_PARAMETERS, RAIN_TEMPERATURE_WIND
from isobar.settings import Settings
from tests.ingestion.archives import MEASURES, monthly, monthly_row, yearly, yearly_row
from tests.ingestion.maps import item, phenomenon, vigilance_map, write_map
from tests.openweather.provider import POLLUTANTS, measures

CLOCK = datetime(2026, 1, 6, 12)
GOOD_STATION = "07005"
HUGE = "1e300"
"""A number in every reader's eyes, and beyond every integer's."""


def unix(day: int, hour: int = 0, month: int = 1, year: int = 2026) -> int:
    return int(datetime(year, month, day, hour, tzinfo=UTC).timestamp())


def lines(header: Sequence[str], rows: Sequence[dict[str, object]]) -> str:
    return "\n".join([";".join(header), *(";".join(str(row.get(name, "")) for name in header) for row in rows)]) + "\n"


def synop(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "postesSynop.csv").write_text(
        "ID;Nom;Latitude;Longitude;Altitude\n"
        "07005;ABBEVILLE;50.136000;1.834000;69\n"
        "07005;ABBEVILLE BIS;50.136000;1.834000;69\n"  # listed twice
        "07015;;95.0;200.0;-500\n"  # nameless, nowhere on Earth
        "07020;NO POSITION;;;\n"
        "0;ZERO;0;0;0\n"
        "-7;BELOW ZERO;1e300;-1e300;1e300\n"
        "wmo:07005;A PREFIX;50;1;5\n"
        f"{'9' * 300};{'LONG ' * 200};44;2;100\n"
        "07027;O'BRIEN \u00e9\u4e2d;48;2;50\n"
    )
    good = [
        monthly_row(
            GOOD_STATION, f"202601{day:02d}{hour:02d}0000", t=280 + hour / 10, td=276, u=70, rr1=0, rr3=0, ff=3, dd=200
        )
        for day in range(1, 6)
        for hour in range(0, 24, 3)
    ]
    at = "20260102120000"
    everything_huge = dict.fromkeys(MEASURES, HUGE)
    everything_below = dict.fromkeys(MEASURES, "-1e300")
    bad = [
        monthly_row(GOOD_STATION, "20260103060000", **everything_huge),  # beside the good one of that time
        monthly_row("07015", at, **everything_huge),
        monthly_row("07020", at, **everything_below),
        monthly_row(
            "99999", at, t=280, ww=777, w1=99, cod_tend=99, n=9, dd=720, u=-5, ff=-1, rr1=-5000, rr3=1e9, vv=-1
        ),
        monthly_row("99999", at, t=281),  # the same key, another value
        monthly_row("0", at, t=0),
        monthly_row("-7", at, t=280, td=290, tn12=300, tx12=200),
        monthly_row("wmo:07005", at, t=280),
        monthly_row("a b/c'd", at, t=280),
        monthly_row("9" * 300, at, t=280),
        monthly_row("", at, t=280),
        monthly_row("07005", "20261301000000", t=280),
        monthly_row("07005", "20590601000000", t=299),  # decades ahead
        monthly_row("07005", "16500101000000", t=280),  # before there were thermometers
        monthly_row("07005", "20260102123017", t=280, cl=3.5, ww=-1, n=101.5, nbas=-3),
    ]
    monthly(folder / "synop.202601.csv", [*good, *bad])
    yearly(
        folder / "synop_2026.csv",
        [
            yearly_row("07030", "2026-01-02T12:00:00Z", "2099-01-01T00:00:00Z", t=280),  # inserted when nobody lives
            yearly_row("07030", "2026-01-02T12:00:00Z", "2026-01-02T13:00:00Z", t=281),
            yearly_row("07030", "2071-01-02T12:00:00Z", "", t=280),
            "nan;inf;07031;;;2026-01-02T12:00:00Z;;2026-01-02T12:00:00Z" + ";" * len(MEASURES),
            "91;181;07032;0-20000-0-07005;;2026-01-02T12:00:00Z;;2026-01-02T12:00:00Z" + ";" * len(MEASURES),
            "48;2;07033;0-20000-0-07005; ;2026-01-02T12:00:00Z;;2026-01-02T12:00:00Z" + ";" * len(MEASURES),
        ],
    )


def climat(folder: Path) -> None:
    folder.mkdir(parents=True)
    header = [name.upper() for name in MONTHS.columns]
    numbers = [name for name in header if name not in ("NUM_POSTE", "DAT") and not name.endswith("DAT")]
    good = {
        "NUM_POSTE": GOOD_STATION,
        "DAT": "2025-12-01 00:00:00",
        "TMMOY": 5.1,
        "TXMOY": 8,
        "TNMOY": 2,
        "RR": 60,
        "NBTX": 31,
        "NBRR": 31,
    }
    bad: list[dict[str, object]] = [
        {**dict.fromkeys(numbers, HUGE), "NUM_POSTE": "07015", "DAT": "2025-12-01 00:00:00"},
        {**dict.fromkeys(numbers, "-1e300"), "NUM_POSTE": "07020", "DAT": "2025-12-01 00:00:00"},
        {**dict.fromkeys(numbers, "45"), "NUM_POSTE": "07027", "DAT": "2025-12-01 00:00:00"},  # 45 days of a month
        {**dict.fromkeys(numbers, "-5.5"), "NUM_POSTE": "07028", "DAT": "2025-12-01 00:00:00"},
        {"NUM_POSTE": "", "DAT": "2025-12-01 00:00:00"},
        {"NUM_POSTE": GOOD_STATION, "DAT": "2025-13-01 00:00:00"},
        {"NUM_POSTE": GOOD_STATION, "DAT": "2025-12-17 05:00:00", "TMMOY": 6},  # not the first of a month
        {"NUM_POSTE": GOOD_STATION, "DAT": "2061-12-01 00:00:00", "TMMOY": 6},
        {"NUM_POSTE": "a'b", "DAT": "2025-12-01 00:00:00", "TXAB": 12, "TXDAT": "1700-01-01 00:00:00"},
        {"NUM_POSTE": "0", "DAT": "1651-12-01 00:00:00", "TMMOY": 6},
        {**good, "TMMOY": 5.2},  # the same key, another value
    ]
    (folder / "climat.202512.csv").write_text(lines(header, [good, *bad]))


def climatology(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "liste-stations.csv").write_text(
        "Id_station;Id_omm;Nom_usuel;Latitude;Longitude;Altitude;Date_ouverture;Pack\n"
        "80001001;07005;ABBEVILLE;50.13;1.83;69;1921-12-01;RADOME\n"
        "80001002;07005;ABBEVILLE 2;50.13;1.83;69;1921-12-01;RADOME\n"  # a WMO id of two posts
        "80001002;07006;ABBEVILLE 3;50.13;1.83;69;1921-12-01;RADOME\n"  # a post listed twice
        "20004002;;AJACCIO;41.9;8.8;5;;\n"
        ";07007;NO NUMBER;1;1;1;;\n"
        "99;0;;95;500;1e300;;\n"
    )
    kinds = {"RR-T-Vent": RAIN_TEMPERATURE_WIND, "autres-parametres": OTHER_PARAMETERS}
    for kind, layout in kinds.items():
        header = [name.upper() for name in layout.columns]
        values = [name for name in header if name not in ("NUM_POSTE", "NOM_USUEL", "LAT", "LON", "ALTI", "AAAAMMJJ")]
        good = [
            {
                "NUM_POSTE": "80002001",
                "NOM_USUEL": "GOOD",
                "LAT": 50,
                "LON": 2,
                "ALTI": 60,
                "AAAAMMJJ": f"2026010{day}",
                "RR": 1.5,
                "QRR": 1,
                "TN": 2,
                "QTN": 1,
                "TX": 8,
                "QTX": 1,
            }
            for day in range(1, 6)
        ]
        bad: list[dict[str, object]] = [
            {**dict.fromkeys(values, HUGE), "NUM_POSTE": "80002002", "NOM_USUEL": "HUGE", "AAAAMMJJ": "20260101"},
            {**dict.fromkeys(values, "-1e300"), "NUM_POSTE": "80002003", "NOM_USUEL": "", "AAAAMMJJ": "20260101"},
            {
                **dict.fromkeys(values, "7.7"),
                "NUM_POSTE": "80002004",
                "NOM_USUEL": "",
                "LAT": 95,
                "LON": 999,
                "AAAAMMJJ": "20260101",
            },
            {**dict.fromkeys(values, "-1"), "NUM_POSTE": "80002005", "AAAAMMJJ": "20260101"},
            {**dict.fromkeys(values, "9999"), "NUM_POSTE": "80002006", "AAAAMMJJ": "20260101"},
            {"NUM_POSTE": "", "AAAAMMJJ": "20260101", "RR": 1},
            {"NUM_POSTE": "80002001", "AAAAMMJJ": "20261301", "RR": 1},
            {
                "NUM_POSTE": "80002001",
                "NOM_USUEL": "GOOD",
                "LAT": 50,
                "LON": 2,
                "ALTI": 60,
                "AAAAMMJJ": "20710101",
                "RR": 1,
                "QRR": 1,
            },
            {"NUM_POSTE": "80002007", "AAAAMMJJ": "16510101", "RR": 1, "QRR": 1},
            {"NUM_POSTE": "20004002", "AAAAMMJJ": "20260101", "RR": 1, "QRR": 1},
            {"NUM_POSTE": "20", "AAAAMMJJ": "20260101", "RR": 1, "QRR": 1},
            {"NUM_POSTE": "0", "AAAAMMJJ": "20260101", "RR": 5000, "QRR": 77, "TN": 40, "TX": -40},
            {"NUM_POSTE": "a'b c", "AAAAMMJJ": "20260101", "RR": -3, "QRR": 2},
            {"NUM_POSTE": "80001001", "AAAAMMJJ": "20260101", "RR": 3, "QRR": 1, "TN": 2, "QTN": 1, "TX": 4, "QTX": 1},
            {"NUM_POSTE": "80001002", "AAAAMMJJ": "20260101", "RR": 4, "QRR": 1, "TN": 3, "QTN": 1, "TX": 5, "QTX": 1},
            {"NUM_POSTE": "80001002", "AAAAMMJJ": "20260101", "RR": 9, "QRR": 1},
        ]
        (folder / f"Q_80_latest-2025-2026_{kind}.csv").write_text(lines(header, [*good, *bad]))


def vigilance(folder: Path) -> None:
    day = ("2026-01-05T06:00:00Z", "2026-01-06T06:00:00Z")
    wind = phenomenon("1", 2, item(*day, 2))
    write_map(folder / "good/CDP_CARTE_EXTERNE.json", vigilance_map("2026-01-05T05:00:00Z", *day, wind))
    backwards = phenomenon("1", 2, item(day[1], day[0], 2), item(day[0], day[0], 1))
    twice = phenomenon("3", 3, item(*day, 3), item(*day, 1))
    odd = [
        phenomenon("10", 5, item(*day, 5)),
        phenomenon("12", -1, item(*day, -1)),
        phenomenon("", 0, item(*day, 0)),
        phenomenon("2", None, item(*day, None)),
        phenomenon("2", "red", item(*day, "red")),
        phenomenon("6", 10**17, item(*day, 10**17)),
        phenomenon("7", 2, item("yesterday", None, 2)),
        phenomenon("8", 2),
        {"phenomenon_id": 9, "timelaps_items": None},
    ]
    for n, domain in enumerate(
        ["99", "ZDF_SUD_OUEST", "VIGI974-01", "974", "", "FRA", "0610", "98810", "2A", "x" * 400, "1"]
    ):
        made = f"2026-01-05T05:{n + 1:02d}:00Z"
        document = vigilance_map(made, *day, wind, backwards, twice, *odd, domain=domain)
        write_map(folder / f"odd{n}/CDP_CARTE_EXTERNE.json", document)
    ahead = vigilance_map("2063-01-05T05:00:00Z", "2063-01-05T06:00:00Z", "2063-01-06T06:00:00Z", wind)
    write_map(folder / "ahead/CDP_CARTE_EXTERNE.json", ahead)
    for name, change in {
        "no_domain": {"domain_id": None},
        "other_domain": {"domain_id": 7, "warning_type": 3, "global_max_color_id": "many"},
        "no_time": {"update_time": None},
    }.items():
        document = vigilance_map("2026-01-05T05:30:00Z", *day, wind)
        document["product"] |= change
        write_map(folder / f"{name}/CDP_CARTE_EXTERNE.json", document)
    endless = vigilance_map("2026-01-05T05:40:00Z", *day, wind, phenomenon("4", 3))
    endless["product"]["periods"][0]["end_validity_time"] = None
    write_map(folder / "endless/CDP_CARTE_EXTERNE.json", endless)
    reversed_period = vigilance_map("2026-01-05T05:50:00Z", day[1], day[0], phenomenon("4", 3))
    write_map(folder / "reversed/CDP_CARTE_EXTERNE.json", reversed_period)


def kelvin(**changed: Any) -> dict[str, Any]:
    """A recorded body of Paris, in kelvin."""
    main = {"temp": 281.2, "feels_like": 280.1, "temp_min": 280.2, "temp_max": 282.2, "pressure": 1014, "humidity": 76}
    body = {"coord": {"lon": 2.35, "lat": 48.85}, **measures(), "main": main, "dt": unix(5, 6), "rain": {"1h": 0.3}}
    body |= {"sys": {"country": "FR"}, "timezone": 3600, "id": 2988507, "name": "Paris", "cod": 200}
    return {name: value for name, value in (body | changed).items() if value is not ...}


def openweather(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "good.json").write_text(json.dumps([kelvin(dt=unix(5, hour)) for hour in range(0, 24, 3)]))
    huge = 1e300
    main = kelvin()["main"]
    bad: list[Any] = [
        kelvin(dt=unix(4, 1), coord=...),
        kelvin(dt=unix(4, 2), coord=[48.85, 2.35]),
        kelvin(dt=unix(4, 3), coord={"lat": 95, "lon": 999}),
        kelvin(dt=unix(4, 4), coord={"lat": huge, "lon": -huge}, id=17),
        kelvin(dt=unix(4, 5), sys={"country": "FRA"}),
        kelvin(dt=unix(4, 6), sys={"country": ""}, id=18),
        kelvin(dt=unix(4, 7), sys={"country": None}, name=""),
        kelvin(dt=unix(4, 8), id=-5),
        kelvin(dt=unix(4, 9), id=2**62),
        kelvin(dt=unix(4, 10), id=0),
        kelvin(dt=unix(4, 11), id=..., coord=...),
        kelvin(dt=unix(4, 12), weather=[{"id": 999999999999}]),
        kelvin(dt=unix(4, 13), weather=[{"id": -1}, {"id": 0}]),
        kelvin(dt=unix(4, 14), weather=[]),
        kelvin(dt=unix(4, 15), timezone=2**62),
        kelvin(dt=unix(4, 16), timezone=-(10**9)),
        kelvin(dt=unix(4, 17), main=dict.fromkeys(main, huge), wind={"speed": huge, "deg": huge, "gust": huge}),
        kelvin(dt=unix(4, 18), main=dict.fromkeys(main, -huge), wind={"speed": -1, "deg": -10}),
        kelvin(dt=unix(4, 19), wind={"speed": 3, "deg": 720}, clouds={"all": 101}, visibility=-1),
        kelvin(dt=unix(4, 20), rain={"1h": "wet"}),
        kelvin(dt=unix(4, 21), rain={"1h": -0.5}, snow={"1h": 1e12}),
        kelvin(dt=unix(1, 0, year=2055)),
        kelvin(dt=unix(4, 22), main=...),
        kelvin(dt=unix(4, 22), main={**main, "temp": 290}, id=19, name="T" * 2000),
        kelvin(dt=unix(4, 22), main={**main, "temp": 291}, id=19, name="T"),  # the same key, another value
        kelvin(dt=-1e10),
        "no body",
        None,
        {"cod": "404", "message": "city not found"},
    ]
    (folder / "bad.json").write_text(json.dumps(bad))


def _line(endpoint: str, body: object, city_key: str = "paris-fr", fetched_at: str = "2026-01-05T06:10:00") -> str:
    parameters = {"lat": "48.8534", "lon": "2.3488", "units": "metric"}
    request = {"endpoint": endpoint, "city_key": city_key, "parameters": parameters}
    return json.dumps({"request": request, "status": 200, "fetched_at": fetched_at, "body": body}) + "\n"


def land_polls(settings: Settings) -> None:
    """Answers of polls, as a poll leaves them in the lake."""
    step = {**measures(8), "pop": 0.2, "sys": {"pod": "d"}, "rain": {"3h": 1}}
    city = {"id": 2988507, "name": "Paris", "coord": {"lat": 48.85, "lon": 2.35}, "country": "FR"}
    good_steps = [{**step, "dt": unix(5, 9) + 10_800 * n} for n in range(10)]
    bad_steps = [
        {**step, "dt": unix(5, 9), "main": {"temp": 19.9}},  # a step twice, unlike
        {**step, "dt": unix(1, 9)},  # in the past
        {**step, "dt": unix(1, 9, year=2090)},
        {**step, "dt": unix(7, 9), "pop": 7, "weather": [{"id": 2**40}], "rain": {"3h": None}},
        {**step, "dt": unix(7, 12), "pop": -1e300, "main": dict.fromkeys(step["main"], 1e300), "rain": {"3h": -2}},
        {**step, "dt": None},
        "no step",
    ]
    good = {"cod": "200", "list": good_steps, "city": city}
    bad = {"cod": "200", "list": bad_steps, "city": {**city, "coord": [1, 2], "id": -3, "country": "FRANCE"}}
    other = {"cod": "200", "list": bad_steps, "city": None}
    air = [{"main": {"aqi": 2}, "components": POLLUTANTS, "dt": unix(5, 6) + 3600 * n} for n in range(5)]
    odd = [
        {"main": {"aqi": 0}, "components": dict.fromkeys(POLLUTANTS, -9999), "dt": unix(4, 6)},
        {"main": {"aqi": 99}, "components": dict.fromkeys(POLLUTANTS, 1e300), "dt": unix(4, 7)},
        {"main": {"aqi": -(2**60)}, "components": {}, "dt": unix(4, 8)},
        {"main": {"aqi": 2**60}, "components": None, "dt": unix(4, 9)},
        {"main": None, "components": POLLUTANTS, "dt": unix(4, 6)},  # the same key, another value
        {"main": {"aqi": 2}, "components": POLLUTANTS, "dt": unix(5, 6, year=2080)},
        {"main": {"aqi": 2}, "components": POLLUTANTS, "dt": "late"},
    ]
    ahead = "2081-01-01T00:00:00"
    files = {
        "forecasts": _line("forecast", good)
        + _line("forecast", bad, "rome-it")
        + _line("forecast", other, "oslo-no")
        + _line("forecast", good, "oslo-no", ahead),
        "air_pollution": _line("air_pollution", {"coord": {"lat": 48.85, "lon": 2.35}, "list": air[:1]})
        + _line("air_pollution", {"coord": [48.85, 2.35], "list": odd}, "lyon-fr")
        + _line("air_pollution", {"list": air[:1]}, "", ahead),
        "air_pollution_forecasts": _line("air_pollution/forecast", {"coord": {"lat": 48.85, "lon": 2.35}, "list": air})
        + _line("air_pollution/forecast", {"coord": None, "list": odd}, "lyon-fr"),
    }
    lake, scratch = Lake(settings.lake), settings.scratch
    scratch.mkdir(parents=True, exist_ok=True)
    for table, text in files.items():
        path = scratch / f"{table}.jsonl"
        path.write_text(text)
        lake.land("openweather", Incoming(table, "poll.2026-01-05T061000.jsonl", path, "https://example.org"), CLOCK)


CITIES = """city_key,name,country,latitude,longitude,altitude,openweather_id,timezone
paris-fr,Paris,FR,48.8534,2.3488,35,2988507,Europe/Paris
lyon-fr,Lyon,fr,45.7485,4.8467,173,,Europe/Parris
nowhere-xx,Nowhere,XX,0,0,9000,,
"""


def land_an_earlier_version(source: str, settings: Settings, folder: Path) -> None:
    """Good rows with another value, in their places; killed when they have landed."""
    later, earlier = EARLIER[source]
    files = {file: file.read_text() for file in folder.rglob("*") if file.is_file()}
    assert any(later in content for content in files.values()), source
    for file, content in files.items():
        file.write_text(content.replace(later, earlier))

    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ingestion.load._Job.load", stopped)
        with pytest.raises(KeyboardInterrupt):
            load(SOURCES[source], settings, str(folder))
    for file, content in files.items():
        file.write_text(content)


def load_worst(settings: Settings, folder: Path) -> dict[str, LoadSummary]:
    """Write and load good and bad rows of every source, each file in two versions at once: the first load was killed."""
    settings = replace(settings, clock=CLOCK)
    for source, write in WRITERS.items():
        write(folder / source)
        land_an_earlier_version(source, settings, folder / source)
    land_polls(settings)
    return {source: load(SOURCES[source], settings, str(folder / source)) for source in WRITERS}


EARLIER = {
    "synop": (";276;", ";275;"),
    "climat": (";5.1;", ";5.2;"),
    "climatology": (";1.5;", ";1.4;"),
    "meteofrance_vigilance": ('"color_id": 2', '"color_id": 3'),
    "openweather": ('"humidity": 76', '"humidity": 75'),
}
"""Source -> a text of its good rows, and what stood there before."""

WRITERS = {
    "synop": synop,
    "climat": climat,
    "climatology": climatology,
    "meteofrance_vigilance": vigilance,
    "openweather": openweather,
}
