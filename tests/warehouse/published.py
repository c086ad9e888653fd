"""Comparing what readers see: every published mart, row by row, bookkeeping aside."""

from __future__ import annotations

from pathlib import Path

import duckdb

BOOKKEEPING = ("loaded_at", "landed_at", "load_id", "known_from_at", "known_to_at", "valid_from_at", "valid_to_at")
"""Columns that say when something was learned: they differ between two histories that end in the same knowledge."""

Rows = dict[str, list[tuple]]


def marts(data_dir: Path) -> Rows:
    """Every published mart as sorted rows."""
    with duckdb.connect() as session:
        session.execute(f"attach '{data_dir / 'marts.duckdb'}' as published (read_only)")
        names = [
            name
            for (name,) in session.execute(
                "select view_name from duckdb_views() where database_name = 'published' and not internal order by 1"
            ).fetchall()
        ]
        assert names, "nothing is published"
        rows: Rows = {}
        for name in names:
            columns = [column for column, *_ in session.execute(f"describe published.{name}").fetchall()]
            kept = ", ".join(column for column in columns if column not in BOOKKEEPING)
            rows[name] = session.execute(f"select {kept} from published.{name} order by all").fetchall()
        return rows


def assert_same(left: Rows, right: Rows, but: tuple[str, ...] = ()) -> None:
    """Every mart holds the same rows; on a difference the first few are shown."""
    assert left.keys() == right.keys()
    for name in left.keys() - set(but):
        if left[name] != right[name]:
            ours, theirs = set(map(repr, left[name])), set(map(repr, right[name]))
            raise AssertionError(
                f"{name}: {len(left[name])} rows against {len(right[name])}; "
                f"only left {sorted(ours - theirs)[:2]}, only right {sorted(theirs - ours)[:2]}"
            )


def query(data_dir: Path, sql: str) -> list[tuple]:
    """Rows from the published marts."""
    with duckdb.connect() as session:
        session.execute(f"attach '{data_dir / 'marts.duckdb'}' as published (read_only); use published")
        return session.execute(sql).fetchall()


def count(data_dir: Path, sql: str) -> int:
    """One number from the published marts."""
    return int(query(data_dir, sql)[0][0])
