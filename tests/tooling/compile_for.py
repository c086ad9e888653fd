"""Compile the dbt project for a target that nobody is connected to.

    python tests/tooling/compile_for.py <target> <full|incremental> <folder>

dbt asks the warehouse one thing while it compiles: whether a model's table is there, which decides `is_incremental()`. That
question is answered here, so that both branches of every model are rendered with the dialect's own macros.
"""

from __future__ import annotations

import sys
from typing import Any

from dbt.adapters.contracts.relation import RelationType
from dbt.adapters.sql.impl import SQLAdapter
from dbt.cli.main import dbtRunner


def main(target: str, branch: str, folder: str) -> int:
    def get_relation(adapter: Any, database: str, schema: str, identifier: str) -> Any:
        if branch == "full":
            return None
        return adapter.Relation.create(database=database, schema=schema, identifier=identifier, type=RelationType.Table)

    SQLAdapter.get_relation = get_relation
    outcome = dbtRunner().invoke(
        [
            *("--quiet", "--no-partial-parse", "compile", "--no-introspect", "--no-populate-cache"),
            *("--project-dir", "dbt_project", "--target", target, "--target-path", folder),
        ]
    )
    if outcome.exception:
        sys.stderr.write(f"{outcome.exception}\n")
    return 0 if outcome.success else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
