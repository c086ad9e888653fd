"""Whether two data folders published the same: every public mart, row by row, every cell exact.

    python -m tools.compare data/before data/after

Exit code 0 when they are equal, 1 when they are not. What dlt names anew with each load (load ids and moments) is left out.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import duckdb

from isobar.files import literal
from isobar.publish.parity import BOOKKEEPING

COLUMNS = """
select table_name, list(column_name order by column_index) from duckdb_columns()
where database_name = ? and schema_name = 'main' and not list_contains(?, column_name) group by table_name
"""


def compare(before: Path, after: Path) -> list[str]:
    """A line for each mart. One that differs begins with `differs`."""
    with duckdb.connect() as session:
        for name, folder in (("before", before), ("after", after)):
            session.execute(f"attach {literal(folder / 'marts.duckdb')} as {name} (read_only)")
        columns = {
            name: dict(session.execute(COLUMNS, [name, list(BOOKKEEPING)]).fetchall()) for name in ("before", "after")
        }
        lines = []
        for mart in sorted(columns["before"].keys() | columns["after"].keys()):
            ours, theirs = columns["before"].get(mart), columns["after"].get(mart)
            if ours is None or theirs is None:
                lines.append(f"differs {mart}: only {'after' if ours is None else 'before'}")
                continue
            shared = ", ".join(name for name in ours if name in theirs)
            rows, gone, new = (
                session.execute(f"select count(*) from ({query})").fetchall()[0][0]
                for query in (
                    f"select 1 from after.{mart}",
                    f"select {shared} from before.{mart} except all select {shared} from after.{mart}",
                    f"select {shared} from after.{mart} except all select {shared} from before.{mart}",
                )
            )
            other = sorted(set(ours) ^ set(theirs))
            told = f"{mart}: {rows:,} rows"
            if gone or new or other:
                columns_told = f"; columns of one alone: {', '.join(other)}" if other else ""
                told = f"differs {told}, {gone:,} only before, {new:,} only after{columns_told}"
            lines.append(told)
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("before", type=Path, help="a data folder, as data/demo")
    parser.add_argument("after", type=Path)
    options = parser.parse_args()
    lines = compare(options.before, options.after)
    print("\n".join(lines))
    differ = sum(line.startswith("differs") for line in lines)
    print(f"{len(lines)} marts, {differ} differ")
    return 1 if differ or not lines else 0


if __name__ == "__main__":
    sys.exit(main())
