"""Sums that may not overflow, against Python's own integers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dalil.ledger.analysis import sums
from dalil.ledger.analysis.sums import exact_sum, sum_by_code

INT64 = st.integers(-(1 << 63), (1 << 63) - 1)
SMALL = st.integers(0, 21 * 10**14)


@settings(deadline=None)  # the first call compiles
@given(st.lists(st.tuples(st.integers(0, 255), INT64 | SMALL), max_size=80))
def test_sums_are_those_of_plain_integers(pairs: list[tuple[int, int]]) -> None:
    codes = np.array([code for code, _ in pairs], np.uint8)
    values = np.array([value for _, value in pairs], np.int64)
    assert exact_sum(values) == sum(value for _, value in pairs)
    by_hand: dict[int, int] = {}
    for code, value in pairs:
        by_hand[code] = by_hand.get(code, 0) + value
    assert sum_by_code(codes, values) == dict(sorted(by_hand.items()))


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ((1 << 63) - 1, "the largest, far beyond 64 bits together"),
        (-(1 << 63), "the smallest"),
        ((1 << 50) - 1, "the largest taken for small"),
        (-(1 << 50), "the smallest taken for small"),
        (0, "nothing, and still a group"),
    ],
    ids=lambda value: str(value),
)
def test_many_rows_on_two_threads(
    value: int, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sums, "_MIN_ROWS_A_THREAD", 10_000)
    n = 30_001
    values = np.full(n, value, np.int64)
    codes = (np.arange(n) % 3).astype(np.uint8) * 4
    assert exact_sum(values) == n * value, why
    wanted = {c: value * int(np.count_nonzero(codes == c)) for c in (0, 4, 8)}
    assert sum_by_code(codes, values) == wanted, why
