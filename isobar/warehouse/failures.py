"""What failed in a build, for the person who has to mend it: model, rule, rows, one of them, and the file that it came from."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from dbt.contracts.graph.manifest import Manifest

from isobar.settings import Settings
from isobar.warehouse.base import Warehouse
from isobar.warehouse.models import BUILD_COLUMN
from isobar.warehouse.session import open_warehouse

SHOWN = 3
"""Failures in a message: those that follow from them are often many. The log has all."""

SHOWN_COLUMNS = 8
"""Of an example: its key, and what a rule compares."""

LONGEST_MESSAGE = 300
LONGEST_VALUE = 60

FILE_COLUMNS = ("file_name", "row_number")
"""What every model of staging carries: the provider's file, and the line or body in it."""

KEY_TESTS = ("unique_key", "unique_version")
"""Every model has one (tests/test_architecture.py): its columns tell a row from all others."""

_BOOKKEEPING = {*FILE_COLUMNS, "landed_at", "fetched_at", "inserted_at", "load_id", BUILD_COLUMN}
_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")


@dataclass(frozen=True)
class Failure:
    """One node that failed. `example` is a row that breaks the rule; `file`, `line` where it came from: data, else the SQL."""

    node_type: str  # model, test, unit_test, seed, snapshot
    name: str
    model: str | None
    rule: str | None
    row_count: int | None
    message: str
    sql_file: str  # in the dbt project
    example: dict[str, str] = field(default_factory=dict)
    file: str | None = None
    line: int | None = None

    def as_dict(self) -> dict[str, object]:
        return asdict(self)

    def __str__(self) -> str:
        if self.rule is None or self.row_count is None:
            return f"{self.node_type} {self.name} ({self.sql_file}): {self.message}"
        rows = f"{self.row_count:,} row{'s' if self.row_count != 1 else ''}"
        text = f"test {self.name}: rule {self.rule} of {self.model or self.sql_file} does not hold for {rows}"
        if self.example:
            text += f", such as {', '.join(f'{name}={value}' for name, value in self.example.items())}"
        if self.file:
            text += f" (from {self.file}, row {self.line})" if self.line is not None else f" (from {self.file})"
        return text


def one_line(message: object) -> str:
    """A tool's message on one line, without a terminal's colours and control characters."""
    text = _ANSI.sub("", str(message or "no reason given"))
    words = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return words[:LONGEST_MESSAGE]


def summarised(failures: Sequence[Failure]) -> str:
    """The first few, and how many there are."""
    shown = "; ".join(str(failure) for failure in failures[:SHOWN])
    more = len(failures) - SHOWN
    return f"{shown}; and {more} more" if more > 0 else shown


def described(settings: Settings, manifest: Manifest, results: Iterable[Any]) -> list[Failure]:
    """dbt's results that failed, the first few with an example out of the warehouse, as the build left it."""
    failures: list[Failure] = []
    with open_warehouse(settings, read_only=True) as session:
        for result in results:
            node = result.node
            tested = manifest.nodes.get(_tested(node) or "")
            is_test = str(node.resource_type) == "test"
            found: tuple[dict[str, str], str | None, int | None] = ({}, None, None)
            if is_test and result.failures and len(failures) < SHOWN:
                found = _example(session, manifest, node)
            failures.append(
                Failure(
                    str(node.resource_type),
                    node.name,
                    tested.name if tested else getattr(node, "model", None),
                    _rule(node) if is_test else None,
                    result.failures if is_test else None,
                    one_line(result.message),
                    node.original_file_path,
                    *found,
                )
            )
    return failures


def _rule(node: Any) -> str:
    """A generic test as it is written in YAML, `unique_key(location_id, observed_at)`; else the name of its file."""
    metadata = getattr(node, "test_metadata", None)
    if metadata is None:
        return str(node.name)
    given = [node.column_name] if getattr(node, "column_name", None) else []
    for name, value in metadata.kwargs.items():
        if name not in ("model", "column_name"):
            given += value if isinstance(value, list) else [value]
    return f"{metadata.name}({', '.join(map(str, given))})"


def _example(session: Warehouse, manifest: Manifest, node: Any) -> tuple[dict[str, str], str | None, int | None]:
    """A row that the test returns, and the file and line it came from; nothing where the warehouse cannot say."""
    try:
        rows = session.arrow(f"select * from ({node.compiled_code}) as failing limit 1").to_pylist()
    except Exception:  # noqa: BLE001 - the failure itself is what has to be told
        return {}, None, None
    if not rows:
        return {}, None, None
    # dbt's own generic tests have a name for the column that they are of
    column = getattr(node, "column_name", None)
    row = {
        column if column and name in ("unique_field", "value_field") else name: value for name, value in rows[0].items()
    }
    file, line = _origin(session, manifest, node, row)
    rule = _rule(node) if getattr(node, "test_metadata", None) else node.raw_code
    # what tells the row from others, then what the rule is about, then the rest
    key = _key(manifest, node)
    order = sorted(row, key=lambda name: (name not in key, not re.search(rf"\b{re.escape(name)}\b", rule)))
    shown = [name for name in order if name not in _BOOKKEEPING][:SHOWN_COLUMNS]
    return (
        {name: one_line(str(row[name]))[:LONGEST_VALUE] if row[name] is not None else "null" for name in shown},
        file,
        line,
    )


def _origin(session: Warehouse, manifest: Manifest, node: Any, row: Mapping[str, Any]) -> tuple[str | None, int | None]:
    """File and line of a row: its own, else those of a row of staging upstream that has its whole key."""
    if row.get(FILE_COLUMNS[0]):
        return str(row[FILE_COLUMNS[0]]), row.get(FILE_COLUMNS[1])
    key = {name: row[name] for name in _key(manifest, node) if row.get(name) is not None and name != "source"}
    if not any(isinstance(value, date) for value in key.values()):
        return None, None  # a station or a city alone has thousands of rows
    for parent in _staging_upstream(manifest, node, row.get("source")):
        relation = f"{parent.schema}.{parent.alias}"
        try:
            columns = session.arrow(f"select * from {relation} limit 0").column_names
            where, values = _matching(key, columns)
            if where is None or FILE_COLUMNS[0] not in columns:
                continue
            found = session.execute(
                f"select {', '.join(FILE_COLUMNS)} from {relation} where {where} order by landed_at desc limit 1",
                values,
            )
        except Exception:  # noqa: BLE001, S112 - an example without its file is better than none
            continue
        if found:
            return str(found[0][0]), int(found[0][1])
    return None, None


def _tested(node: Any) -> str | None:
    """The model that a test is of; of a test in a file of its own, the first that it selects from."""
    attached = getattr(node, "attached_node", None)
    return attached or (next(iter(node.depends_on.nodes), None) if str(node.resource_type) == "test" else None)


def _key(manifest: Manifest, node: Any) -> list[str]:
    """The key of the model that a test is of, by its key's own test."""
    tested = _tested(node)
    for each in manifest.nodes.values():
        metadata = getattr(each, "test_metadata", None)
        if metadata is not None and metadata.name in KEY_TESTS and getattr(each, "attached_node", None) == tested:
            return list(metadata.kwargs.get("columns", []))
    return []


def _matching(key: Mapping[str, Any], columns: Sequence[str]) -> tuple[str | None, list[Any]]:
    """A predicate that a row of staging has this key; None when a part of the key is none of its columns. A day that staging
    does not have is that of its observations.
    """
    parts, values = [], []
    for name, value in key.items():
        if name in columns:
            parts.append(f"{name} = ?")
            values.append(value)
        elif isinstance(value, date) and not isinstance(value, datetime) and "observed_at" in columns:
            parts.append("observed_at >= ? and observed_at < ?")
            values += [value, value + timedelta(days=1)]
        else:
            return None, []
    return " and ".join(parts), values


def _staging_upstream(manifest: Manifest, node: Any, source: object) -> list[Any]:
    """Models of staging that a node selects from, the nearest first; of one source where the row names it."""
    found, seen, todo = [], set(), deque(node.depends_on.nodes)
    while todo:
        unique_id = todo.popleft()
        each: Any = manifest.nodes.get(unique_id)
        if each is None or unique_id in seen:
            continue
        seen.add(unique_id)
        todo.extend(getattr(each.depends_on, "nodes", []))
        if "staging" in each.fqn and (source is None or str(source) in each.fqn):
            found.append(each)
    return found
