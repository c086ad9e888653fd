"""What the app computes for a base that the reader moves is what dbt publishes at the base of the published column."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from tests.warehouse.published import query

STREAMLIT = str(Path(__file__).resolve().parents[2] / "streamlit")
PUBLISHED = {
    "heating": (18, "heating_degree_days_18c"),
    "cooling": (18, "cooling_degree_days_18c"),
    "growing": (10, "growing_degree_days_10c"),
    "frost": (0, "cast(cast(is_frost_day as integer) as double)"),
}


@pytest.mark.parametrize("figure", PUBLISHED)
def test_daily_figures_are_the_published_ones(built: Path, monkeypatch: pytest.MonkeyPatch, figure: str) -> None:
    monkeypatch.syspath_prepend(STREAMLIT)
    from decide import data as decide
    from repository import DuckDBRepository

    base, column = PUBLISHED[figure]
    repository = DuckDBRepository(built / "marts.duckdb")
    told = 0
    for series in decide.series(repository):
        days = repository.decision_days(series.location_id, series.source)
        published = dict(
            query(
                built,
                f"select weather_date, {column} from fct_daily_weather "
                f"where location_id = '{series.location_id}' and source = '{series.source}'",
            )
        )
        for day, value in decide.daily_values(days, figure, base).items():
            expected = published.get(day.date())
            assert math.isnan(value) == (expected is None), (series, day)
            if expected is not None:
                assert value == pytest.approx(expected, abs=0.006), "the marts round to a hundredth"
                told += 1
    assert told, "no day tells it"
