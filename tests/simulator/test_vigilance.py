"""The simulated vigilance map: in the shape of real ones, and of the weather that comes."""

from __future__ import annotations

import datetime as dt
import gzip
import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest

from simulator.climatology import indicator_posts
from simulator.events import events_of_year
from simulator.server import Request
from simulator.vigilance import PATH, Vigilance, issued_before, vigilance_map
from simulator.weather import Weather

SEED = 20260301
STORM = next(event for event in events_of_year(2025) if event.kind == "storm")


def colours(document: dict[str, Any], phenomenon: str) -> Iterator[tuple[str, str, str, int]]:
    """(department, begin, end, colour) of every stretch of time."""
    for period in document["product"]["periods"]:
        for domain in period["timelaps"]["domain_ids"]:
            for found in domain["phenomenon_items"]:
                if found["phenomenon_id"] == phenomenon:
                    for item in found["timelaps_items"]:
                        yield domain["domain_id"], item["begin_time"], item["end_time"], item["color_id"]


def shape(value: object) -> object:
    """Names and types, of lists their first member's."""
    if isinstance(value, dict):
        return {name: shape(member) for name, member in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


def test_the_map_has_the_shape_of_a_real_one(real_data):
    (real, *_) = sorted(real_data("vigilance").glob("CDP_CARTE_EXTERNE*.json.gz"))
    product = json.loads(gzip.decompress(real.read_bytes()))["product"]
    ours = vigilance_map(SEED, dt.datetime(2026, 3, 1, 5))["product"]
    assert ours.keys() == product.keys()
    for mine, theirs in zip(ours["periods"], product["periods"], strict=True):
        assert mine.keys() <= theirs.keys()
        assert shape(mine["timelaps"]) == shape(theirs["timelaps"])


def test_a_storm_is_orange_where_and_when_it_blows():
    made = issued_before(STORM.start)
    told = list(colours(vigilance_map(SEED, made), "1"))
    assert {colour for *_, colour in told} >= {1, 3}
    post = next(post for post in indicator_posts() if post.department == "29")
    weather = Weather(SEED, [post.station])
    for department, begin, end, colour in told:
        if department != "29":
            continue
        first, last = (dt.datetime.fromisoformat(text.rstrip("Z")) for text in (begin, end))
        month = weather.month(first.year, first.month)
        moments = [dt.datetime(1970, 1, 1) + dt.timedelta(hours=3 * int(slot)) for slot in month.slots]
        gusts = [
            gust
            for moment, gust in zip(moments, month.values["rafper"][:, 0], strict=True)
            if first < moment and moment - dt.timedelta(hours=3) < last
        ]
        if gusts:
            assert 1 + sum(max(gusts) >= bound for bound in (220, 280, 400)) == colour


def test_every_department_of_metropolitan_france_has_a_colour():
    document = vigilance_map(SEED, dt.datetime(2026, 3, 1, 5))
    codes = [f"{number:02d}" for number in range(1, 96) if number != 20] + ["2A", "2B"]
    for period in document["product"]["periods"]:
        domains = [domain["domain_id"] for domain in period["timelaps"]["domain_ids"]]
        assert domains == [*sorted(codes), "FRA"]
        *departments, france = period["timelaps"]["domain_ids"]
        assert france["max_color_id"] == max(each["max_color_id"] for each in departments)


def test_stretches_cover_both_periods_without_a_gap():
    """Across the end of a month, too."""
    document = vigilance_map(SEED, dt.datetime(2026, 2, 27, 15))
    told = [stretch for stretch in colours(document, "7") if stretch[0] == "33"]
    assert told[0][1] == "2026-02-27T15:00:00Z" and told[-1][2] == "2026-02-28T23:00:00Z"
    assert all(before[2] == after[1] for before, after in itertools.pairwise(told))


@pytest.mark.parametrize(
    ("moment", "made"),
    [
        (dt.datetime(2026, 3, 1, 4, 59), dt.datetime(2026, 2, 28, 15)),
        (dt.datetime(2026, 3, 1, 5), dt.datetime(2026, 3, 1, 5)),
        (dt.datetime(2026, 3, 1, 23, 59), dt.datetime(2026, 3, 1, 15)),
    ],
)
def test_the_map_in_force_is_the_last_one_made(moment, made):
    assert issued_before(moment) == made


@pytest.mark.parametrize(("given", "status"), [("as asked for", 200), ("another", 401)])
def test_only_the_key_opens(given, status):
    route = Vigilance(SEED, lambda: dt.datetime(2026, 3, 1, 6, 30), "as asked for")
    answer = route(Request("GET", PATH, {}, {"apikey": given}))
    assert answer.status == status
    if status == 200:
        assert json.loads(answer.body)["product"]["update_time"] == "2026-03-01T05:00:00Z"
