"""Rows that readers have are not lost without a word: a build that would take too many away is not published.

A lake that was damaged, a folder that was restored from an old copy or a rule with a mistake leave marts that pass every test and
hold little or nothing. So the rows of the marts with `meta.guard_rows` are counted by source, as published and as built.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from isobar.publish import snowflake as swap
from isobar.settings import Settings
from isobar.warehouse.base import MissingTableError
from isobar.warehouse.models import PublicModel
from isobar.warehouse.session import open_warehouse

SHRINK_SHARE_LIMIT = 0.05
"""Share of a source's rows in a mart above which their loss has to be asked for. Corrections move a row in a hundred; one in
twenty is a year of twenty, or a source that was lost."""

Counts = dict[tuple[str, str], int]
"""(mart, source) -> rows."""


class ShrunkMarts(Exception):
    """Marts lost rows that readers have: nothing was published."""


@dataclass(frozen=True)
class Loss:
    """What one source lost in one mart."""

    model: str
    source: str
    before: int
    after: int

    def __str__(self) -> str:
        lost = self.before - self.after
        return f"{self.model} would lose {lost:,} of {self.before:,} rows of {self.source} ({lost / self.before:.0%})"


def check(settings: Settings, models: list[PublicModel]) -> None:
    """Hold what was built against what readers have.

    Raises:
        ShrunkMarts: a source lost more than `SHRINK_SHARE_LIMIT` of its rows in a guarded mart, or all of them.
    """
    guarded = [model for model in models if model.guard_rows]
    before = _published(settings, guarded)
    if not before:
        return
    after = _built(settings, guarded)
    losses = [Loss(*key, count, after.get(key, 0)) for key, count in sorted(before.items())]
    too_large = [loss for loss in losses if loss.before - loss.after > SHRINK_SHARE_LIMIT * loss.before]
    if too_large:
        raise ShrunkMarts(
            f"not published: {'; '.join(map(str, too_large))}. Readers keep the last publication. Check the lake"
            " (`isobar lake verify`) and replay it (`isobar load SOURCE --replay`); if the loss is intended,"
            " run `isobar build --allow-shrink`"
        )


def _built(settings: Settings, models: list[PublicModel]) -> Counts:
    with open_warehouse(settings, read_only=True) as session:
        return {
            (model.name, str(source)): int(count)
            for model in models
            for source, count in session.execute(f"select source, count(*) from {model.relation} group by source")
        }


def _published(settings: Settings, models: list[PublicModel]) -> Counts:
    """What readers have; nothing before the first publication. Of a mart whose files are lost they have nothing to lose."""
    counts: Counts = {}
    if settings.target == "snowflake":
        with open_warehouse(settings, read_only=True) as session:
            for model in models:
                try:
                    rows = session.execute(
                        f"select source, count(*) from {swap.PUBLISHED}.{model.name} group by source"
                    )
                except MissingTableError:
                    continue
                counts |= {(model.name, str(source)): int(count) for source, count in rows}
        return counts
    with duckdb.connect() as session:
        try:
            session.execute("attach ? as marts (read_only)", [str(settings.marts)])
        except duckdb.Error:
            return {}
        for model in models:
            try:
                found = session.execute(f"select source, count(*) from marts.{model.name} group by source").fetchall()
            except duckdb.Error:
                continue
            counts |= {(model.name, str(source)): int(count) for source, count in found}
    return counts
