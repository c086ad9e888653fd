"""The list of cities, which people edit: read to the last cell and passed on as it is, or refused in one line with its place."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import astuple
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ingestion.readers.archive import ArchiveReader
from ingestion.sources.openweather import cities as module
from ingestion.sources.openweather.bodies import CITIES
from ingestion.sources.openweather.cities import COLUMNS, City, write
from isobar.settings import Settings, SettingsError
from tests import own

ODD = [
    "",
    " ",
    "a;b",
    "a,b",
    'a"b',
    "a\nb",
    "a\rb",
    "a\0b",
    "\x1f",
    "\x85",
    "\u2028",
    "\xa0",
    "\ufeff",
    "é",
    "x" * 200_000,
    "😀",
]
ODD += [
    "48.85",
    "-0",
    "1e1",
    "1_0",
    "nan",
    "inf",
    "٣",
    "+5",
    "5.",
    ".5",
    "0x10",
    "95",
    "9" * 400,
    "0",
    "-1",
    "7.0",
    "007",
    "paris-FR",
    "France",
    "F1",
]
odd = st.one_of(st.sampled_from(ODD), st.text(max_size=6), st.floats().map(repr), st.integers().map(str))
KEYS = ["paris-fr", "lyon-fr", "nice-fr", "x1"]
GOOD = {
    "city_key": st.sampled_from(KEYS),
    "name": st.sampled_from(["Paris", "  Saint-Étienne ", "L'Haÿ, les Roses", 'The "City"']),
    "country": st.sampled_from(["FR", "fr"]),
    "latitude": st.floats(-90, 90).map(repr).filter(lambda text: "e" not in text),
    "longitude": st.floats(-180, 180).map(repr).filter(lambda text: "e" not in text),
    "altitude": st.sampled_from(["", "0", "35", "-3.5"]),
    "openweather_id": st.one_of(st.just(""), st.integers(1, 10**18 - 1).map(str)),
    "timezone": st.sampled_from(["", "Europe/Paris"]),
}
HEADER = ",".join(COLUMNS)


@st.composite
def lists(draw: st.DrawFn) -> bytes:
    """A list as spreadsheets write it: columns in any order, quotes where they must be; cells and lines right or odd."""
    oddness = draw(st.sampled_from([0, 0, 1, 2]))
    header = draw(st.permutations(COLUMNS))
    rows = []
    for _ in range(draw(st.integers(0, 4))):
        cells = [draw(odd if draw(st.integers(0, 15)) < oddness else GOOD[name]) for name in header]
        cut = draw(st.integers(0, 30)) if oddness else len(cells)
        rows.append(cells[:cut] if cut < len(cells) else cells + ["more"] * (cut == 30))
    if oddness and draw(st.integers(0, 5)) == 0:
        header = [*header, draw(st.sampled_from(["name", "", "new", "a\nb"]))]
    out = io.StringIO()
    csv.writer(out, lineterminator=draw(st.sampled_from(["\n", "\r\n"]))).writerows([header, *rows])
    data = draw(st.sampled_from([b"", b"\xef\xbb\xbf"])) + out.getvalue().encode()
    if oddness > 1:
        at = draw(st.integers(0, len(data)))
        data = (
            data[:at]
            + draw(st.sampled_from([b'"', b"\n", b"\xff", b",", b"\0", b""]))
            + data[at + draw(st.integers(0, 3)) :]
        )
    return data


def read(path: Path, content: bytes) -> tuple[City, ...] | None:
    path.write_bytes(content)
    module._read.cache_clear()
    try:
        return tuple(module.configured_cities(own.openweather(Settings(data_dir=path.parent), cities=path)))
    except SettingsError as error:
        reason = str(error)
        assert reason.startswith("cities.csv") and reason.isprintable() and len(reason) < 300
        return None


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    made = ArchiveReader(CITIES, tmp_path_factory.mktemp("cities"))
    yield made
    made.close()


@given(st.one_of(lists(), st.binary(max_size=60), st.text(max_size=60).map(str.encode)))
@example(f"{HEADER}\nparis-fr,Paris,FR,48,2,,,,more\n".encode())
@example(f"{HEADER}\nparis-fr\n".encode())
@example(f"{HEADER},name\nparis-fr,Paris,FR,48,2,,,,Lyon\n".encode())
@example(f"{HEADER}\nparis-fr,Paris,FR,1_0,٣,,,\n".encode())
@example(f"{HEADER}\nparis-fr,Paris,FR,48,2,,0,\n".encode())
@example(f'{HEADER}\nparis-fr,"Par\ris",FR,48,2,,,\n'.encode())
@example(f'{HEADER}\nparis-fr,"Paris,FR,48,2,,,\nlyon-fr,Lyon,FR,45,4,,,\n'.encode())
@example(f"{HEADER}\nparis-fr,{'x' * 200_000},FR,48,2,,,\n".encode())
@example(f"{HEADER}\na-fr,A,FR,48,2,,7,\nb-fr,B,FR,49,2,,7,\n".encode())
@example(f"{HEADER}\nparis-fr,Paris,FR,48,2,,,\xa0\n".encode())
@example(f"{HEADER}\nparis-fr,Paris,FR,48,2,,,Europe/Pari\n".encode())
def test_a_list_is_read_to_the_last_cell_and_passed_on_or_refused(reader, content):
    path = reader.scratch / "cities.csv"
    found = read(path, content)
    if found is None:
        return
    header, *lines = [line for line in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")) if line]
    told = [{name: cell.strip() for name, cell in zip(header, line, strict=True)} for line in lines]
    for city, cells in zip(found, told, strict=True):
        for name in COLUMNS:
            value = getattr(city, name)
            if name == "timezone" and city.unknown_timezone:
                assert (value, city.unknown_timezone) == (None, cells[name])
            elif value is None:
                assert cells[name] == ""
            elif name == "country":
                assert re.fullmatch("[A-Z]{2}", value) and value == cells[name].upper()
            else:
                assert str(value) == cells[name] or float(value) == float(cells[name])
        assert (city.latitude is None) == (city.longitude is None)
        assert city.latitude is None or (abs(city.latitude) <= 90 and abs(city.longitude or 0) <= 180)
    for name in ("city_key", "openweather_id"):
        assert max(Counter(cells[name] for cells in told if cells[name]).values(), default=1) == 1
    write(found, path)
    landed = reader.read(path)
    rows = [tuple(row[name] for name in COLUMNS) for row in landed.rows.read_all().to_pylist()]
    assert landed.rejects.num_rows == 0 and rows == [astuple(city)[: len(COLUMNS)] for city in found]


def test_a_country_is_a_code_of_two_letters(tmp_path):
    path = tmp_path / "cities.csv"
    path.write_text(f"{HEADER}\nparis-fr,Paris,France,48,2,,,\n", encoding="utf-8")
    with pytest.raises(
        SettingsError, match=r"cities.csv, line 2: country France must be a two-letter code of ISO 3166"
    ):
        module.configured_cities(own.openweather(Settings(data_dir=tmp_path), cities=path))


@pytest.mark.parametrize(
    ("other", "remark"),
    [
        ("b-fr,SAINT-DENIS,fr,48.94,2.36,,,", True),
        ("b-fr,Saint-Denis,FR,,,,,", True),
        ("b-fr,Saint-Denis,FR,-20.88,55.45,,,", False),
        ("b-fr,Saint-Denis,RE,,,,,", False),
        ("b-fr,Saint-Ouen,FR,48.94,2.36,,,", False),
    ],
)
def test_two_cities_that_are_one_place_are_remarked(tmp_path, other, remark):
    path = tmp_path / "cities.csv"
    path.write_text(f"{HEADER}\na-fr,Saint-Denis,FR,48.94,2.36,,,\n{other}\n", encoding="utf-8")
    remarks = module.remarks(own.openweather(Settings(data_dir=tmp_path), cities=path))
    expected = "cities.csv: a-fr and b-fr are one place, Saint-Denis, FR: remove one of the two"
    assert [each.split(", or give")[0] for each in remarks] == ([expected] if remark else [])


def test_a_folder_is_no_list(tmp_path):
    with pytest.raises(SettingsError, match="cannot be read"):
        module.configured_cities(own.openweather(Settings(data_dir=tmp_path), cities=tmp_path))
