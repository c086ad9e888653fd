"""`isobar load` over folders in which hardly a file is right: exit codes, a line a file, no traceback."""

from __future__ import annotations

import gzip
import json
import random

from tests.command import isobar
from tests.ingestion.archives import MONTHLY_HEADER, monthly, monthly_row
from tests.openweather.conftest import query
from tests.openweather.provider import weather

GOOD = monthly_row("07005", "20200101000000", t="280.5")
WHOLE = f"{MONTHLY_HEADER}\n{GOOD}\n".encode()
REFUSED = {
    "synop.202002.csv": b"",
    "synop.202003.csv": b"\xef\xbb\xbf",
    "synop.202004.csv.gz": gzip.compress(WHOLE)[:-9],
    "synop.202005.csv.gz": b"\x1f\x8b" + bytes(range(256)),
    "synop.202006.csv": WHOLE[:-5],
    "synop.202007.csv": WHOLE.decode().encode("utf-16")[2:],
    "synop.202008.csv": WHOLE.replace(b"07005", b"\xed\xa0\x80"),
    "synop.202009.csv": b"<html>\n",
    "synop.202010.csv": random.Random(1).randbytes(5000) + b"\n",
    "synop.202011.csv": WHOLE.replace(b"\n", b"\r"),
    "synop.202012.csv": b"numer_sta;date;numer_sta\n1;2;3\n",
    "synop.201912.csv": b"x" * (9 << 20) + b"\n",
    "postes_synop.geojson": b"[" * 100_000,
}
"""Files that are of no use as a whole."""

ODD = [
    monthly_row("07005", "infinity", t="280"),
    monthly_row("07005", "20200101030000", t="1" + "0" * 400),
    monthly_row("07005", "20200101060000", t="+-5"),
    monthly_row("07005", "20200101090000", t="a\0b"),
    monthly_row("07005", "20200101120000", t="5\r"),
    monthly_row("07005", "20200101150000", t='"5'),
    "x" * 3_000_000,
    ";" * 500,
]
"""Lines of which one cell, or the line (the first, and from the open quote on), is rejected."""


def test_archives_of_which_few_are_right(settings, tmp_path):
    folder = tmp_path / "in"
    monthly(folder / "synop.202001.csv", [GOOD, *ODD])
    for name, content in REFUSED.items():
        (folder / name).write_bytes(content)
    done = isobar(settings, "--json", "load", "synop", "--from", str(folder))
    assert done.returncode == 3 and "Traceback" not in done.stderr, done.stderr
    summary = json.loads(done.stdout)
    refused = {each["file"]: each["reason"] for each in summary["refused"]}
    assert set(refused) == {name.removesuffix(".gz") for name in REFUSED}
    assert all(reason.isprintable() and len(reason) < 200 for reason in refused.values())
    assert query(settings, "select t, source_row from raw_synop.observations order by source_row") == [
        (280.5, 2),
        *((None, row) for row in range(4, 8)),
    ]
    assert query(
        settings, "select source_row, column_name, count(*) from raw_synop.rejects group by all order by 1"
    ) == [(3, None, 1), *((row, "t", 1) for row in range(4, 8)), *((row, None, 1) for row in range(8, 11))]
    assert summary["tables"]["observations"]["row_count"] == 9


def test_responses_of_which_none_is_right(settings, tmp_path):
    (tmp_path / "in").mkdir()
    body = json.dumps(weather())
    for name, content in {
        "cut.json": body[:-9].encode(),
        "two.json": (body + body).encode(),
        "deep.json": body.replace('"Paris"', "[" * 990 + "]" * 990).encode(),
        "latin.json": body.replace("Paris", "Orléans").encode("latin-1"),
        "nan.json": body.replace("1014", "NaN").encode(),
        "random.json": random.Random(1).randbytes(999),
    }.items():
        (tmp_path / "in" / name).write_bytes(content)
    done = isobar(settings, "--json", "load", "openweather", "--from", str(tmp_path / "in"))
    assert done.returncode == 3 and "Traceback" not in done.stderr, done.stderr
    refused = {each["file"]: each["reason"] for each in json.loads(done.stdout)["refused"]}
    assert sorted(refused) == [f"in/{name}.json" for name in ("cut", "deep", "latin", "nan", "random", "two")]
    assert all(reason.isprintable() and len(reason) < 200 for reason in refused.values())


def test_a_list_of_cities_that_is_none_is_a_matter_of_settings(settings, tmp_path):
    cities = tmp_path / "mine.csv"
    cities.write_bytes(b'city_key,name\n"unclosed\n' + b"x" * 200_000)
    (tmp_path / "1.json").write_text(json.dumps(weather()))
    done = isobar(settings, "load", "openweather", "--from", str(tmp_path), ISOBAR_CITIES=str(cities))
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and done.stderr.startswith("isobar: mine.csv")
