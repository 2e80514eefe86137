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
FEW = st.sampled_from([0, 2, 31])


def rows(codes: st.SearchStrategy[int]) -> st.SearchStrategy[list[tuple[int, int]]]:
    """Rows with amounts that are all small, or any at all."""
    return st.lists(st.tuples(codes, SMALL), max_size=80) | st.lists(
        st.tuples(codes, INT64 | SMALL), max_size=80
    )


@settings(deadline=None)  # the first call compiles
@given(rows(FEW) | rows(st.integers(0, 31)) | rows(st.integers(0, 255)))
def test_sums_are_those_of_plain_integers(pairs: list[tuple[int, int]]) -> None:
    codes = np.array([code for code, _ in pairs], np.uint8)
    values = np.array([value for _, value in pairs], np.int64)
    assert exact_sum(values) == sum(value for _, value in pairs)
    many = np.repeat(values, 20)
    assert exact_sum(many) == 20 * exact_sum(values)
    by_hand: dict[int, int] = {}
    for code, value in pairs:
        by_hand[code] = by_hand.get(code, 0) + value
    assert sum_by_code(codes, values) == dict(sorted(by_hand.items()))


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ((1 << 63) - 1, "the largest, far beyond 64 bits together"),
        (-(1 << 63), "the smallest"),
        ((1 << 52) - 1, "the largest taken for small"),
        (1 << 52, "the smallest that is not"),
        (-1, "below nothing"),
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


@pytest.mark.parametrize(
    ("codes", "why"),
    [
        ([7], "one alone"),
        (list(range(8)), "as many as are added up in one go"),
        (list(range(9)), "one more"),
        (list(range(32)), "all that count as small"),
        ([31, 32], "one beyond"),
        ([0, 255], "the largest beside the smallest"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.parametrize("largest", [1 << 50, 1 << 62], ids=["small", "large"])
def test_many_codes_in_a_run(codes: list[int], why: str, largest: int) -> None:
    dice = np.random.default_rng(len(codes))
    n = 5_000
    drawn = np.array(codes, np.uint8)[dice.integers(0, len(codes), n)]
    values = dice.integers(0, largest, n)
    wanted = {
        code: sum(values[drawn == code].tolist())
        for code in codes
        if np.any(drawn == code)
    }
    assert sum_by_code(drawn, values) == wanted, why


def test_a_large_value_costs_its_own_run_only_and_nothing_twice() -> None:
    values = np.ones(10_000, np.int64)
    codes = (np.arange(10_000) % 10).astype(np.uint8)
    values[5_000] = (1 << 63) - 1
    wanted = dict.fromkeys(range(10), 1_000)
    wanted[0] += (1 << 63) - 2
    assert sum_by_code(codes, values) == wanted
