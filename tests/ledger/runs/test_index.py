"""Looking sorted marks up in an index, against a dictionary."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dalil.ledger.index import (
    Index,
    fill_sieve,
    find_marks,
    index_of,
    sieve_words,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

LOW = 0xFFFF_FFFF
FIRST = 7
TAILS = st.sampled_from([0, 1, 0x80_0000, 0xFF_FFFF])
TOPS = st.one_of(st.integers(0, 3), st.integers(0, (1 << 40) - 1))
RESTS = st.sampled_from([0, 1, LOW])
MARKS = st.tuples(TOPS, TAILS, RESTS).map(
    lambda told: (told[0] << 24 | told[1], told[2] << 32)
)
"""Few tops crowd a bucket and a word of the sieve, few tails pass it by mistake."""


def sorted_entries(marks: list[tuple[int, int]]) -> NDArray[np.uint64]:
    """Give each mark its place in the list as its row, and sort."""
    entries = sorted((high, low | row) for row, (high, low) in enumerate(marks))
    return np.array(entries, np.uint64).reshape(-1, 2)


def asked(marks: list[tuple[int, int]]) -> NDArray[np.uint64]:
    """Sort marks to look up; their rows are others' and mean nothing."""
    entries = sorted((high, low | 99) for high, low in marks)
    return np.array(entries, np.uint64).reshape(-1, 2)


def rows_told(index: Index, wanted: NDArray[np.uint64], found: list[int]) -> list[int]:
    """Look marks up behind what is found of them already."""
    rows = np.array(found, np.int64)
    find_marks(wanted, wanted.shape[0], index, rows)
    return [int(row) for row in rows]


@settings(deadline=None, max_examples=200)
@given(st.lists(MARKS, max_size=90), st.lists(MARKS, max_size=60), st.data())
def test_a_mark_is_found_at_its_highest_row_and_no_other_is(
    held: list[tuple[int, int]], strange: list[tuple[int, int]], data: st.DataObject
) -> None:
    last = {mark: FIRST + row for row, mark in enumerate(held)}
    some = data.draw(st.lists(st.sampled_from(held), max_size=60)) if held else []
    wanted = asked(some + strange)
    before = data.draw(
        st.lists(
            st.sampled_from([-1, 3]),
            min_size=wanted.shape[0],
            max_size=wanted.shape[0],
        )
    )
    marks = [(int(high), int(low) & ~LOW) for high, low in wanted]
    expected = [
        last.get(mark, -1) if row < 0 else row
        for mark, row in zip(marks, before, strict=True)
    ]
    index = index_of(sorted_entries(held), FIRST)
    assert rows_told(index, wanted, before) == expected


@pytest.mark.parametrize("n", [1, 15, 16, 17, 40, 3_000])
def test_buckets_of_any_size_are_searched_to_their_end(n: int) -> None:
    dice = np.random.default_rng(n)
    high = dice.integers(0, 1 << 63, n, np.uint64)
    if n == 40:
        high &= np.uint64((1 << 50) - 1)  # all in one bucket
    marks = [(int(each), 0) for each in high]
    index = index_of(sorted_entries(marks), FIRST)
    wanted = asked(marks)
    told = rows_told(index, wanted, [-1] * n)
    assert sorted(told) == list(range(FIRST, FIRST + n))
    near = wanted.copy()
    near[:, 1] ^= np.uint64(1 << 40)  # another mark that passes the sieve
    assert rows_told(index, near, [-1] * n) == [-1] * n


def test_what_the_sieve_denies_is_not_looked_for() -> None:
    marks = [(row << 40, 0) for row in range(50)]
    index = index_of(sorted_entries(marks), FIRST)
    empty = index._replace(sieve=np.zeros_like(index.sieve))
    assert rows_told(empty, asked(marks), [-1] * 50) == [-1] * 50


def test_few_marks_that_are_not_there_pass_the_sieve() -> None:
    dice = np.random.default_rng(5)
    high = dice.integers(0, 1 << 64, 40_000, np.uint64)
    sieve = index_of(sorted_entries([(int(each), 0) for each in high]), FIRST).sieve
    passed = 0
    for each in dice.integers(0, 1 << 64, 4_000, np.uint64):
        mine = np.zeros_like(sieve)
        entry = np.array([[each, 0]], np.uint64)
        assert fill_sieve(entry, np.zeros(2, np.int64), sieve.size, mine)
        passed += bool(np.all(mine & sieve == mine))
    assert 0 < passed < 100


@pytest.mark.parametrize("size", [1, 2, 5, 1_000])
def test_a_sieve_is_the_same_in_parts_of_any_size(size: int) -> None:
    dice = np.random.default_rng(size)
    marks = [(int(each), 0) for each in dice.integers(0, 1 << 64, 300, np.uint64)]
    entries = sorted_entries(marks)
    whole, at = index_of(entries, FIRST).sieve, np.zeros(2, np.int64)
    parts = []
    while at[1] < sieve_words(300):
        part = np.zeros(min(size, sieve_words(300) - int(at[1])), np.uint64)
        done = fill_sieve(entries, at, whole.size, part)
        parts.append(part)
        at[1] += part.size
    assert done
    assert np.concatenate(parts).tolist() == whole.tolist()
    with pytest.raises(ValueError, match="no order"):
        fill_sieve(entries[:1], np.array([0, whole.size]), whole.size, whole)
