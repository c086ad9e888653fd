"""Vigilance: maps as rows, whoever wrapped them, and the one call with a key that shows nowhere."""

from __future__ import annotations

import gzip
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import duckdb
import pytest

from ingestion.feed import LoadError
from ingestion.load import load
from ingestion.registry import SOURCES
from ingestion.sources.meteofrance_vigilance.bodies import PHENOMENA
from isobar.settings import Settings, SettingsError
from tests import own
from tests.ingestion.maps import item, phenomenon, vigilance_map, write_map

VIGILANCE = SOURCES["meteofrance_vigilance"]
MADE, BEGINS, ENDS = "2026-08-22T04:00:08Z", "2026-08-22T04:00:00Z", "2026-08-22T22:00:00Z"
KEY = "eyJ-portal-key"
SMALL = vigilance_map(
    MADE,
    BEGINS,
    ENDS,
    phenomenon("3", 2, item(BEGINS, "2026-08-22T10:00:00Z", 2), item("2026-08-22T10:00:00Z", ENDS, "1")),
    phenomenon("4", 1),
    domain="2A10",
)


def query(settings, sql: str) -> list[tuple]:
    with duckdb.connect(str(settings.warehouse), read_only=True) as warehouse:
        return warehouse.execute(sql).fetchall()


ROWS = (
    "select product, echeance, domain_id, phenomenon_id, phenomenon_max_color_id, begin_time, color_id, global_max_color_id"
    " from raw_meteofrance_vigilance.phenomena order by source_file, source_row"
)
EXPECTED = [
    (MADE, "J", "2A10", "3", 2, datetime(2026, 8, 22, 4), 2, 2),
    (MADE, "J", "2A10", "3", 2, datetime(2026, 8, 22, 10), 1, 2),
    (MADE, "J", "2A10", "4", 1, None, None, 2),
]


def test_stretches_and_phenomena_without_any_are_rows(settings, tmp_path):
    write_map(tmp_path / "2026/08/22/040008/CDP_CARTE_EXTERNE.json", SMALL)
    summary = load(VIGILANCE, settings, str(tmp_path))
    assert (summary.tables["phenomena"].row_count, summary.newest_observed_at) == (3, "2026-08-22 04:00:08")
    assert query(settings, ROWS) == EXPECTED


def test_a_wrapped_and_compressed_map_is_the_same_map(settings, tmp_path):
    wrapped = json.dumps({"schema_version": 2, "carte": SMALL, "textes": None})
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "vigilance.20260822T065746.json.gz").write_bytes(gzip.compress(wrapped.encode()))
    load(VIGILANCE, settings, str(tmp_path / "in"))
    assert query(settings, ROWS) == EXPECTED
    assert query(settings, "select source_file from raw_meteofrance_vigilance.files") == [
        ("in/vigilance.20260822T065746.json",)
    ]


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({"textes": {}}, "no product with periods"),
        ([], "no product with periods"),
        ({"product": {"periods": "none"}}, "no product with periods"),
        ({"product": {**SMALL["product"], "periods": []}}, "no product with periods"),
        ("<html>", None),
    ],
)
def test_what_is_no_map_is_refused(settings, tmp_path, document, reason):
    write_map(tmp_path / "CDP_CARTE_EXTERNE.json", document)
    summary = load(VIGILANCE, settings, str(tmp_path))
    (refused,) = summary.refused
    assert (reason or "no product") in refused["reason"]


def test_a_cut_file_is_refused(settings, tmp_path):
    content = gzip.compress(json.dumps(SMALL).encode())
    (tmp_path / "CDP_CARTE_EXTERNE.json.gz").write_bytes(content[: len(content) // 2])
    (refused,) = load(VIGILANCE, settings, str(tmp_path)).refused
    assert "truncated" in refused["reason"]


def test_values_of_another_type_are_rejected_with_their_place(settings, tmp_path):
    odd = vigilance_map(
        MADE,
        BEGINS,
        ENDS,
        phenomenon("3", 2, item(BEGINS, ENDS, "red"), item("soon", ENDS, 2), 7),
        phenomenon("5", 1, item(BEGINS, ENDS, 1)),
    )
    odd["product"]["periods"].append(
        {"begin_validity_time": BEGINS, "end_validity_time": ENDS, "timelaps": {"domain_ids": None}}
    )
    write_map(tmp_path / "CDP_CARTE_EXTERNE.json", odd)
    summary = load(VIGILANCE, settings, str(tmp_path))
    found = query(settings, "select column_name, value, reason from raw_meteofrance_vigilance.rejects order by all")
    place = "/product/periods/0/timelaps/domain_ids/0/phenomenon_items/0/timelaps_items"
    assert found == [
        ("color_id", "red", f"not a whole number: {place}/0/color_id"),
        # with the begin of the period in its place, it would pass for the whole of it
        (None, None, f"a stretch without a readable begin_time and end_time at {place}/1"),
        (None, None, "not a list at /product/periods/1/timelaps/domain_ids"),
        (None, None, f"not an object at {place}/2"),
    ]
    assert summary.tables["phenomena"].appended_row_count == 2


@pytest.mark.parametrize(
    ("begins", "ends", "fault"),
    [
        (BEGINS, None, "without a readable {} and {}"),
        (BEGINS, "tomorrow", "without a readable {} and {}"),
        (1_787_371_200, ENDS, "without a readable {} and {}"),
        ("0001-01-01T00:00:00Z", ENDS, "without a readable {} and {}"),
        (BEGINS, "9999-12-31T23:59:59Z", "without a readable {} and {}"),
        (BEGINS, BEGINS, "whose {1} is not after its {0}"),
        (ENDS, BEGINS, "whose {1} is not after its {0}"),
        # the same moment, written in another zone
        (BEGINS, "2026-08-22T06:00:00+02:00", "whose {1} is not after its {0}"),
    ],
)
def test_a_span_that_spans_no_time_is_rejected(settings, tmp_path, begins, ends, fault):
    good = phenomenon("4", 1)
    stretch = phenomenon("3", 2, item(begins, ends, 2), item(BEGINS, ENDS, 1))
    odd = vigilance_map(MADE, BEGINS, ENDS, stretch, good)
    odd["product"]["periods"] += vigilance_map(MADE, begins, ends, good)["product"]["periods"]
    read = PHENOMENA.open_reader(tmp_path, settings).read(write_map(tmp_path / "odd.json", odd))
    place = "/product/periods/0/timelaps/domain_ids/0/phenomenon_items/0/timelaps_items/0"
    assert [reject["reason"] for reject in read.rejects.to_pylist()] == [
        f"a stretch {fault.format('begin_time', 'end_time')} at {place}",
        f"a period {fault.format('begin_validity_time', 'end_validity_time')} at /product/periods/1",
    ]
    assert [row["begin_time"] for row in read.rows.read_all().to_pylist()] == [datetime(2026, 8, 22, 4), None]


@pytest.mark.parametrize("blank", ["", " ", "\u00a0\t"])
@pytest.mark.parametrize("key", ["domain_id", "phenomenon_id", "product_domain_id"])
def test_blank_text_is_no_key(settings, tmp_path, key, blank):
    odd = vigilance_map(MADE, BEGINS, ENDS, phenomenon("3", 1))
    domain = odd["product"]["periods"][0]["timelaps"]["domain_ids"][0]
    where = {"domain_id": domain, "phenomenon_id": domain["phenomenon_items"][0], "product_domain_id": odd["product"]}
    where[key][key.removeprefix("product_")] = blank
    read = PHENOMENA.open_reader(tmp_path, settings).read(write_map(tmp_path / "odd.json", odd))
    (reject,) = read.rejects.to_pylist()
    assert reject["reason"].startswith(f"no readable {key} at /product/periods/0/") and read.appended_row_count == 0


@pytest.mark.parametrize(("of", "where"), [("domain_ids", ""), ("phenomenon_items", "/domain_ids/0")])
def test_an_empty_list_is_told(settings, tmp_path, of, where):
    odd = vigilance_map(MADE, BEGINS, ENDS, phenomenon("3", 1))
    timelaps = odd["product"]["periods"][0]["timelaps"]
    (timelaps if of == "domain_ids" else timelaps["domain_ids"][0])[of] = []
    read = PHENOMENA.open_reader(tmp_path, settings).read(write_map(tmp_path / "odd.json", odd))
    (reject,) = read.rejects.to_pylist()
    assert reject["reason"] == f"an empty list at /product/periods/0/timelaps{where}/{of}"


class Portal(BaseHTTPRequestHandler):
    """Answers with `answer` what carries the key, and remembers what it was asked."""

    answer: tuple[int, dict[str, str], bytes] = (200, {}, b"")
    asked: list[tuple[str, str | None]] = []

    def do_GET(self) -> None:
        key = self.headers.get("apikey")
        self.asked.append((self.path, key))
        status, headers, body = self.answer if key == KEY else (401, {}, b'{"code":"900901"}')
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def portal() -> Iterator[tuple[str, type[Portal]]]:
    handler = type("P", (Portal,), {"asked": [], "answer": (200, {}, json.dumps(SMALL).encode())})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", handler
    server.shutdown()
    server.server_close()


@pytest.fixture
def keyed(settings: Settings, portal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr("ingestion.http.client.BACKOFF_SECONDS", 0.0)
    monkeypatch.setattr("isobar.settings.SECRETS", tmp_path / "secrets.toml")
    return own.meteofrance(settings, url=portal[0], environment_key=KEY)


def test_the_map_in_force_is_one_call_and_one_file(keyed, portal, caplog):
    caplog.set_level(logging.DEBUG)
    first = load(VIGILANCE, keyed)
    assert (first.asked, first.failed, first.tables["phenomena"].appended_row_count) == (1, 0, 3)
    again = load(VIGILANCE, keyed)
    assert (again.tables["phenomena"].files, again.tables["phenomena"].unchanged) == (0, 1)
    assert portal[1].asked == [("/DPVigilance/v1/cartevigilance/encours", KEY)] * 2
    assert query(keyed, ROWS) == EXPECTED
    for path in keyed.data_dir.rglob("*"):
        assert not path.is_file() or KEY.encode() not in path.read_bytes(), path
    assert KEY not in caplog.text


@pytest.mark.services
def test_a_map_of_the_cache_is_no_call_and_the_same_rows(keyed, portal, redis, tmp_path):
    """Another data folder has asked for it less than 12 hours before."""
    variables = {"ISOBAR_CACHE_PASSWORD": redis["ISOBAR_OUTLET_PASSWORD_REDIS"]}
    first = replace(keyed, cache=redis["ISOBAR_OUTLETS"], variables=variables, clock=datetime(2026, 8, 22, 6))
    load(VIGILANCE, first)
    second = replace(first, data_dir=tmp_path / "second", clock=datetime(2026, 8, 22, 17, 59))
    summary = load(VIGILANCE, second)
    assert (summary.asked, summary.cached, summary.failed, len(portal[1].asked)) == (1, 1, 0, 1)
    assert query(second, ROWS) == EXPECTED
    assert load(VIGILANCE, replace(second, clock=datetime(2026, 8, 22, 18))).cached == 0
    assert len(portal[1].asked) == 2


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((503, {}, b""), "503"),
        ((200, {}, b"<html>"), "HTML instead of JSON"),
        ((200, {}, b'{"product": {}}'), "no product with periods"),
        ((302, {"Location": "/elsewhere"}, b""), "302"),
    ],
)
def test_an_answer_that_is_no_map_leaves_nothing(keyed, portal, answer, told):
    portal[1].answer = answer
    with pytest.raises(LoadError, match=told):
        load(VIGILANCE, keyed)
    assert not list(keyed.lake.rglob("*.json"))
    # a redirect would take the key along
    assert {path for path, _ in portal[1].asked} == {"/DPVigilance/v1/cartevigilance/encours"}


def test_a_wrong_key_is_said_and_not_shown(keyed):
    with pytest.raises(LoadError, match="key is not accepted") as raised:
        load(VIGILANCE, own.meteofrance(keyed, environment_key="wrong-key"))
    assert "wrong-key" not in str(raised.value)


def test_without_a_key_it_says_what_to_do(keyed, tmp_path):
    with pytest.raises(SettingsError, match="ISOBAR_METEOFRANCE_KEY"):
        load(VIGILANCE, own.meteofrance(keyed, environment_key=None))
    (tmp_path / "secrets.toml").write_text(f'[sources.meteofrance]\napi_key = "{KEY}"\n')
    assert load(VIGILANCE, own.meteofrance(keyed, environment_key=None)).asked == 1


def test_real_maps_and_their_wrappers_say_the_same(settings, real_data):
    summary = load(VIGILANCE, settings, str(real_data("vigilance")))
    table = summary.tables["phenomena"]
    assert (table.files, table.row_count, table.rejected_cell_count, summary.refused) == (4, 2 * (1_228 + 1_233), 0, [])
    counted = (
        "select product, count(*), count(distinct domain_id), count(distinct phenomenon_id),"
        " count(*) filter (begin_time is null), count(*) filter (coalesce(color_id, phenomenon_max_color_id) = 2)"
        " from raw_meteofrance_vigilance.phenomena where source_file like '%/CDP_CARTE%' group by 1 order by 1"
    )
    assert query(settings, counted) == [
        ("2026-08-22T04:00:08Z", 1_228, 122, 7, 194, 11),
        ("2026-08-22T14:00:18Z", 1_233, 122, 7, 194, 14),
    ]
