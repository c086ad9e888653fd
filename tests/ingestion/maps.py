"""Small maps of vigilance, for tests that need a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def item(begins: str, ends: str, colour: object) -> dict[str, Any]:
    """A stretch of time of a phenomenon."""
    return {"begin_time": begins, "end_time": ends, "color_id": colour}


def phenomenon(number: str, colour: object, *items: object) -> dict[str, Any]:
    """A phenomenon of a domain."""
    return {"phenomenon_id": number, "phenomenon_max_color_id": colour, "timelaps_items": list(items)}


def vigilance_map(made: str, begins: str, ends: str, *phenomena: object, domain: str = "06") -> dict[str, Any]:
    """A map with one period and one domain, as the API answers."""
    timelaps = {"domain_ids": [{"domain_id": domain, "max_color_id": 1, "phenomenon_items": list(phenomena)}]}
    period = {"echeance": "J", "begin_validity_time": begins, "end_validity_time": ends, "timelaps": timelaps}
    product = {"warning_type": "vigilance", "version_vigilance": "V6", "update_time": made, "domain_id": "FRA"}
    return {"product": {**product, "global_max_color_id": "2", "periods": [period]}, "meta": {}}


def write_map(path: Path, document: object) -> Path:
    """Write a map as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document), encoding="utf-8")
    return path
