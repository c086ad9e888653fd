"""What a DuckDB file and a Snowflake database published, cell by cell."""

from __future__ import annotations

from dataclasses import dataclass, field

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from isobar.publish import snowflake as swap
from isobar.settings import Settings
from isobar.warehouse.models import BUILD_COLUMN, PublicModel
from isobar.warehouse.session import open_warehouse

TOLERANCE = 1e-9
"""Of a computed double, beside its size: two engines may add in another order."""

BOOKKEEPING = ("load_id", "loaded_at", BUILD_COLUMN)
"""dlt names each load by the moment it was made: two loads of the same files differ in it by nature."""


@dataclass
class Parity:
    """What was compared, and what of it differs."""

    models: int = 0
    rows: int = 0
    cells: int = 0
    differences: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        found = (
            f"{self.models} models, {self.rows:,} rows, {self.cells:,} cells compared, {len(self.differences)} differ"
        )
        return "\n".join([found, *self.differences])


def compare(left: Settings, right: Settings, models: list[PublicModel]) -> Parity:
    """Every row of what `left` (DuckDB) and `right` (Snowflake) published, bookkeeping of loads aside."""
    parity = Parity()
    for model in models:
        columns = {each.name: each.data_type for each in model.columns if each.name not in BOOKKEEPING}
        ours, theirs = (_sorted(rows, columns) for rows in (_duckdb(left, model), _snowflake(right, model)))
        parity.models += 1
        parity.rows += ours.num_rows
        parity.cells += ours.num_rows * len(columns)
        if ours.num_rows != theirs.num_rows:
            parity.differences.append(f"{model.name}: {ours.num_rows} rows against {theirs.num_rows}")
            continue
        for name, kind in columns.items():
            different = _different(ours[name], theirs[name], is_double=kind == "double")
            if different.any():
                at = int(np.argmax(different))
                parity.differences.append(
                    f"{model.name}.{name}: {int(different.sum())} of {ours.num_rows} rows, the first"
                    f" {ours[name][at].as_py()!r} against {theirs[name][at].as_py()!r} in {ours.slice(at, 1).to_pylist()[0]}"
                )
    return parity


def _duckdb(settings: Settings, model: PublicModel) -> pa.Table:
    file = settings.health if model.published_in == "health" else settings.marts
    with duckdb.connect() as session:
        session.execute("attach ? as published (read_only)", [str(file)])
        return session.sql(f"select * from published.{model.name}").to_arrow_table()


def _snowflake(settings: Settings, model: PublicModel) -> pa.Table:
    schema = swap.HEALTH if model.published_in == "health" else swap.PUBLISHED
    with open_warehouse(settings) as session:
        return session.arrow(f"select * from {schema}.{model.name}")


def _sorted(rows: pa.Table, columns: dict[str, str]) -> pa.Table:
    """The columns in the types of the contract, rows by all that is not a double, then by the doubles."""
    order = sorted(columns, key=lambda name: columns[name] == "double")
    kept = ", ".join(f"cast({name} as {kind}) as {name}" for name, kind in columns.items())
    with duckdb.connect() as session:
        session.register("incoming", rows)
        return session.sql(f"select {kept} from incoming order by {', '.join(order)}").to_arrow_table()


def _different(left: pa.ChunkedArray, right: pa.ChunkedArray, *, is_double: bool) -> npt.NDArray[np.bool_]:
    if is_double:
        a, b = (each.to_numpy(zero_copy_only=False).astype(float) for each in (left, right))
        return ~np.isclose(a, b, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True)
    unequal = pc.fill_null(pc.not_equal(left, right), False)  # null where either is
    missing_in_one = pc.xor(left.is_null(), right.is_null())
    return np.asarray(pc.or_(unequal, missing_in_one).to_numpy(), dtype=bool)
