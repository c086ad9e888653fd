"""Which cells of two warehouses differ."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from isobar.publish.parity import TOLERANCE, _different


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a", "b"),
        (1, 2),
        (True, False),
        (date(2026, 1, 1), date(2026, 1, 2)),
        (datetime(2026, 1, 1, 6), datetime(2026, 1, 1, 6, 0, 0, 1)),
        (Decimal("0.1"), Decimal("0.2")),
    ],
)
def test_another_value_and_a_missing_one_differ(one: object, other: object) -> None:
    kind = pa.array([one, other]).type
    left = pa.chunked_array([[one, one], [one, None, None]], kind)
    right = pa.chunked_array([[one, other, None], [one, None]], kind)
    assert _different(left, right, is_double=False).tolist() == [False, True, True, True, False]


def test_computed_doubles_may_differ_by_the_tolerance() -> None:
    left = pa.chunked_array([[1.0, 1.0, 1e9, None, None]], pa.float64())
    right = pa.chunked_array([[1.0 + TOLERANCE / 2, 1.0 + TOLERANCE * 10, 1e9 + 0.5, 0.0, None]], pa.float64())
    assert _different(left, right, is_double=True).tolist() == [False, True, False, True, False]
