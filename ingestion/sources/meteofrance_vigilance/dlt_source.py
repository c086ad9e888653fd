"""Météo-France's vigilance maps for dlt: `from ingestion.sources.meteofrance_vigilance import meteofrance_vigilance`."""

from __future__ import annotations

import dlt
from dlt.extract import DltResource

from ingestion.raw_tables import RowsByTable, raw_tables
from ingestion.sources.meteofrance_vigilance.source import SOURCE


@dlt.source(name=SOURCE.name, max_table_nesting=0)
def meteofrance_vigilance(rows: str | RowsByTable) -> list[DltResource]:
    """Its raw tables: of a folder of recorded files, or of the rows that `isobar load` gives it."""
    return raw_tables(SOURCE, rows)
