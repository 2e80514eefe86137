"""Amounts, postings, look-ups: each against Python's own way of doing it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dalil.chains.accounts import limbs_of, whole
from dalil.ledger.accounts.amounts import exact_sum, limbs_at, lowest_point, whole_at
from dalil.ledger.accounts.keyindex import find_keys, index_keys
from dalil.ledger.accounts.marks import words
from dalil.ledger.accounts.postings import fill_lists, find_lists, post, rows_of
from dalil.ledger.accounts.runfile import Spans
from dalil.ledger.accounts.tiers import mergeable
from dalil.ledger.accounts.view import NO_ADDRESS

if TYPE_CHECKING:
    from numpy.typing import NDArray

amounts = st.one_of(
    st.integers(0, 2**256 - 1), st.integers(0, 99), st.integers(2**64 - 2, 2**64 + 2)
)


def _stored(
    all_amounts: list[int],
) -> tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.uint64]]:
    limbs = limbs_of(all_amounts)
    wide = np.flatnonzero(limbs[:, 1:].any(axis=1))
    return np.ascontiguousarray(limbs[:, 0]), wide, limbs[wide, 1:]


@settings(deadline=None)
@given(st.lists(amounts, max_size=20), st.data())
def test_amounts_are_what_they_were(held: list[int], data: st.DataObject) -> None:
    picks = st.lists(st.integers(0, len(held) - 1)) if held else st.just([])
    rows = np.array(data.draw(picks), np.int64)
    wanted = [held[row] for row in rows]
    assert whole_at(*_stored(held), rows) == wanted
    limbs = limbs_at(*_stored(held), rows)
    assert whole(limbs) == wanted
    assert exact_sum(limbs) == sum(wanted)


steps = st.lists(st.tuples(amounts, st.sampled_from([-1, 0, 1]), st.booleans()))


@settings(deadline=None)
@given(steps)
def test_a_running_sum_is_exact_below_zero_too(
    told: list[tuple[int, int, bool]],
) -> None:
    total = least = 0
    for amount, sign, end in told:
        total += sign * amount
        least = min(least, total) if end else least
    limbs = limbs_of([amount for amount, _, _ in told])
    signs = np.array([sign for _, sign, _ in told], np.int8)
    ends = np.array([end for _, _, end in told], np.bool_)
    assert lowest_point(limbs, signs, ends) == (total, least)


pairs = st.lists(
    st.tuples(st.sampled_from([0, 1, 2, 7, 300, NO_ADDRESS]), st.integers(0, 3)),
    max_size=60,
)


@settings(deadline=None)
@given(pairs, st.integers(0, 1000))
def test_postings_list_every_row_once_in_order(
    rows: list[tuple[int, int]], first: int
) -> None:
    owner = np.array([a for a, _ in rows], np.uint32)
    token = np.array([t for _, t in rows], np.uint32)
    made = post(owner, token, first)
    everyone = np.array([0, 1, 2, 3, 7, 300])
    for sought in range(4):
        start, size = np.empty_like(everyone), np.empty_like(everyone)
        find_lists(made, everyone, sought, start, size)
        ends = np.concatenate([[0], np.cumsum(size)])
        out = np.empty(int(ends[-1]), np.int64)
        fill_lists(made, start, size, ends[:-1].copy(), out)
        for i, who in enumerate(everyone.tolist()):
            told = [
                first + row for row, pair in enumerate(rows) if pair == (who, sought)
            ]
            assert rows_of(made, who, sought).tolist() == told
            assert out[ends[i] : ends[i + 1]].tolist() == told
    for who in everyone.tolist():
        told = [first + row for row, pair in enumerate(rows) if pair[0] == who]
        assert rows_of(made, who, None).tolist() == told


def test_postings_of_many_rows_are_the_same_as_sorted() -> None:
    rng = np.random.default_rng(1)
    owner = rng.integers(0, 3000, 50_000).astype(np.uint32)
    token = rng.integers(0, 5, 50_000).astype(np.uint32)
    made = post(owner, token)
    order = np.lexsort((np.arange(owner.size), token, owner))
    assert np.array_equal(made.rows, order)
    for who in range(0, 3000, 131):
        rows = np.flatnonzero((owner == who) & (token == 2))
        assert np.array_equal(rows_of(made, who, 2), rows)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.binary(min_size=20, max_size=20), unique=True, min_size=1))
def test_keys_are_found_and_others_are_not(keys: list[bytes]) -> None:
    column = words(np.frombuffer(b"".join(keys), np.uint8).reshape(-1, 20))
    half = len(keys) // 2
    seed = np.uint64(7)
    indexes = (
        index_keys(column[: half * 5], 5, 7),
        index_keys(column[half * 5 :], 5, 7, half),
    )
    found = np.full(len(keys), -1)
    find_keys(column, 5, seed, indexes[0], column, found)
    assert found.tolist() == [*range(half)] + [-1] * (len(keys) - half)
    find_keys(column, 5, seed, indexes[1], column, found)
    assert found.tolist() == [*range(len(keys))]


def _spans(first: int, stop: int, rows: int = 10) -> Spans:
    return Spans(
        *(
            (first * rows, stop * rows) if t != "block" else (first, stop)
            for t in Spans._fields
        )
    )


def test_eight_settled_runs_of_a_size_become_one_and_the_tip_stays_apart() -> None:
    small = [_spans(i, i + 1) for i in range(200)]
    assert mergeable(small[:7], 1 << 30) is None
    assert mergeable(small, 50) is None
    due = mergeable(small, 1 << 30)
    assert due is not None
    merged = small[due]
    assert len(merged) == 8
    sides = {span.block[1] <= 200 - 144 for span in merged}
    assert len(sides) == 1


def test_two_threads_sort_as_one() -> None:
    rng = np.random.default_rng(2)
    owner = rng.integers(0, 99, 10_000).astype(np.uint32)
    token = rng.integers(0, 2, 10_000).astype(np.uint32)
    with ThreadPoolExecutor(2) as threads:
        made = list(threads.map(lambda _: post(owner, token), range(4)))
    assert all(np.array_equal(made[0].rows, other.rows) for other in made)
