"""JSON schemas derived from real bodies: what every one of them has is required, what none of them has is forbidden."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

#: Shapes of text: where all real values have one, it is required.
TEXT_SHAPES = (r"^[dn]$", r"^\d\d[dn]$", r"^[A-Z]{2}$", r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$")


def derive(values: Sequence[Any], constants: frozenset[str] = frozenset(), is_closed: bool = True) -> dict[str, Any]:
    """A schema that all `values` satisfy.

    A number seen with decimals once may always have them, one never seen with decimals may not. A text keeps the shape that all
    real ones have (of TEXT_SHAPES). Keys in `constants` keep their
    value where the real bodies agree on one. A schema that is not closed lets other keys pass.
    """
    kinds: dict[str, list[Any]] = {}
    for value in values:
        kinds.setdefault(_kind(value), []).append(value)
    if "integer" in kinds and "number" in kinds:
        kinds["number"] += kinds.pop("integer")
    schemas = [_of_kind(kind, found, constants, is_closed) for kind, found in sorted(kinds.items())]
    return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}


def _kind(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
    return "object"


def _of_kind(kind: str, found: list[Any], constants: frozenset[str], is_closed: bool) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": kind}
    if kind == "array":
        elements = [element for value in found for element in value]
        schema |= {"items": derive(elements, constants, is_closed)} if elements else {"maxItems": 0}
    elif kind == "string":
        shape = next((shape for shape in TEXT_SHAPES if all(re.match(shape, value) for value in found)), None)
        schema |= {"pattern": shape} if shape else {}
    elif kind == "object":
        keys = {key: [value[key] for value in found if key in value] for value in found for key in value}
        schema["properties"] = {
            key: {"const": held[0]}
            if key in constants and all(value == held[0] for value in held)
            else derive(held, constants, is_closed)
            for key, held in keys.items()
        }
        schema["required"] = sorted(key for key, held in keys.items() if len(held) == len(found))
        schema["additionalProperties"] = not is_closed
    return schema


def recorded_current(folder: Path) -> Iterator[dict[str, Any]]:
    """The bodies of current weather inside the recorded wrappers: keyed by city, an array, or one per file."""
    for path in sorted(folder.glob("*/*.json")):
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            # One recorded file is two writes mixed into each other.
            continue
        if isinstance(content, list):
            yield from content
        elif "coord" in content:
            yield content
        else:
            yield from content.values()


def load(*paths: Path) -> list[Any]:
    """Real bodies, one per file."""
    assert paths, "no real bodies"
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(paths)]
