"""The map product of vigilance (`CDP_CARTE_EXTERNE`) as rows: one per period, domain, phenomenon and stretch of time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from ingestion.readers.bodies import BodyLayout, Given, Record, moment_of, parse
from ingestion.readers.reading import BIGINT, TEXT, TIME, Arrival, RefusedFile, since
from isobar.settings import Settings

Json = Mapping[str, Any]
Columns = Mapping[str, Given]

NOT_A_MAP = "not a map product of vigilance (CDP_CARTE_EXTERNE): no product with periods"


def product_of(document: object) -> tuple[Json, str]:
    """The product of a map, or of an object that wraps one as `carte`, and its pointer.

    Raises:
        RefusedFile: it is neither.
    """
    pointer = ""
    if isinstance(document, dict) and isinstance(document.get("carte"), dict):
        document, pointer = document["carte"], "/carte"
    product = document.get("product") if isinstance(document, dict) else None
    periods = product.get("periods") if isinstance(product, dict) else None
    if not isinstance(product, dict) or not isinstance(periods, list) or not periods:
        raise RefusedFile(NOT_A_MAP)
    return product, f"{pointer}/product"


def _rows(text: str, settings: Settings, arrival: Arrival) -> Iterator[Record]:  # noqa: ARG001 - a split is given them
    product, pointer = product_of(parse(text))
    of_product = {
        "product": _found(product, "update_time", pointer),
        "product_domain_id": _found(product, "domain_id", pointer),
        "update_time": _found(product, "update_time", pointer, _time),
        "warning_type": _found(product, "warning_type", pointer),
        "version_vigilance": _found(product, "version_vigilance", pointer),
        "global_max_color_id": _found(product, "global_max_color_id", pointer, _whole),
    }
    for period, at, no_period in _objects(product["periods"], f"{pointer}/periods"):
        if no_period:
            yield Record(None, at, fault=no_period)
            continue
        validity = {name: _found(period, name, at, _time) for name in ("begin_validity_time", "end_validity_time")}
        if fault := _fault_of_span(validity):
            yield Record(None, at, fault=f"a period {fault}")
            continue
        of_period = {**of_product, "echeance": _found(period, "echeance", at), **validity}
        domains = period.get("timelaps")
        domains = domains.get("domain_ids") if isinstance(domains, dict) else None
        for domain, at_domain, no_domain in _objects(domains, f"{at}/timelaps/domain_ids"):
            if no_domain:
                yield Record(None, at_domain, fault=no_domain)
            else:
                yield from _domain(domain, at_domain, of_period)


def _domain(domain: Json, at: str, known: Columns) -> Iterator[Record]:
    of_domain = {
        **known,
        "domain_id": _found(domain, "domain_id", at),
        "domain_max_color_id": _found(domain, "max_color_id", at, _whole),
    }
    for phenomenon, at_phenomenon, no_phenomenon in _objects(domain.get("phenomenon_items"), f"{at}/phenomenon_items"):
        if no_phenomenon:
            yield Record(None, at_phenomenon, fault=no_phenomenon)
            continue
        of_phenomenon = {
            **of_domain,
            "phenomenon_id": _found(phenomenon, "phenomenon_id", at_phenomenon),
            "phenomenon_max_color_id": _found(phenomenon, "phenomenon_max_color_id", at_phenomenon, _whole),
        }
        items = phenomenon.get("timelaps_items")
        if items == []:  # floods have no stretches of their own
            yield Record({}, at_phenomenon, of_phenomenon)
            continue
        for item, at_item, no_item in _objects(items, f"{at_phenomenon}/timelaps_items"):
            if no_item:
                yield Record(None, at_item, fault=no_item)
                continue
            times = {name: _found(item, name, at_item, _time) for name in ("begin_time", "end_time")}
            if fault := _fault_of_span(times):
                # without one of its times it would pass for the whole period
                yield Record(None, at_item, fault=f"a stretch {fault}")
                continue
            colour = {"color_id": _found(item, "color_id", at_item, _whole)}
            yield Record(item, at_item, {**of_phenomenon, **times, **colour})


def _fault_of_span(times: Columns) -> str | None:
    """Why a begin and an end, in this order, span no time."""
    begin, end = times
    try:
        begins_at, ends_at = (
            moment_of(value if isinstance(value, datetime) else None) for value, _, _ in times.values()
        )
    except ValueError:
        return f"without a readable {begin} and {end}"
    return None if begins_at < ends_at else f"whose {end} is not after its {begin}"


def _objects(value: object, pointer: str) -> Iterator[tuple[Json, str, str | None]]:
    """The members of a list with their pointers, and why one is no object; of no list, or an empty one, that reason alone."""
    if not isinstance(value, list):
        yield {}, pointer, "not a list"
    elif not value:
        yield {}, pointer, "an empty list"
    else:
        for number, member in enumerate(value):
            is_object = isinstance(member, dict)
            yield member if is_object else {}, f"{pointer}/{number}", None if is_object else "not an object"


def _found(found_in: Json, name: str, pointer: str, read: Callable[[object], object] = lambda value: value) -> Given:
    """A member with its place; `read` makes it what the column holds."""
    return read(found_in.get(name)), (), f"{pointer}/{name}"


def _time(text: object) -> object:
    """Times are ISO text; whatever else stands there is left to be rejected."""
    try:
        return datetime.fromisoformat(text) if isinstance(text, str) else text
    except ValueError:
        return text


def _whole(value: object) -> object:
    """Colours are numbers in one place and text in another."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value


PHENOMENA = BodyLayout(
    columns={
        "product": TEXT,
        "product_domain_id": TEXT,
        "update_time": TIME,
        "warning_type": TEXT,
        "version_vigilance": TEXT,
        "global_max_color_id": BIGINT,
        "echeance": TEXT,
        "begin_validity_time": TIME,
        "end_validity_time": TIME,
        "domain_id": TEXT,
        "domain_max_color_id": BIGINT,
        "phenomenon_id": TEXT,
        "phenomenon_max_color_id": BIGINT,
        "begin_time": TIME,
        "end_time": TIME,
        "color_id": BIGINT,
    },
    paths={},
    keys=(
        ("product",),
        ("product_domain_id",),
        ("update_time",),
        ("begin_validity_time",),
        ("domain_id",),
        ("phenomenon_id",),
    ),
    split=_rows,
    past=("update_time",),
    bounds={"update_time": since(2001)},  # the first map was of October 2001
)
