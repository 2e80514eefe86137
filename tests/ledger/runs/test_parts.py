"""Parts of a run made of columns, at sizes and places that small worlds lack."""

from __future__ import annotations

import numpy as np
import pytest

from dalil.ledger.runs import Rows, history_part, spent_part
from dalil.ledger.runs.radix import sort_by_high


@pytest.mark.parametrize("n", [0, 1, 2047, 2048, 50_000])
@pytest.mark.parametrize("below", [1, 2, 2048, 2049, 1 << 22, 1 << 32])
def test_words_are_sorted_by_their_upper_half_stably(n: int, below: int) -> None:
    dice = np.random.default_rng(n)
    high = dice.integers(0, below, n, dtype=np.uint64)
    words = high << np.uint64(32) | np.arange(n, dtype=np.uint64)
    assert sort_by_high(words.copy(), below).tolist() == sorted(words.tolist())


@pytest.mark.parametrize("first", [5_000, 1 << 32, (1 << 33) + 12_345])
def test_older_outputs_are_in_order_wherever_they_lie(first: int) -> None:
    dice = np.random.default_rng(1)
    old = np.unique(dice.integers(0, first, 4_000))
    edges = {0, first - 1, (1 << 32) - 1, 1 << 32, (1 << 33) - 1}
    old = np.union1d(old, [edge for edge in edges if edge < first])
    own = np.arange(first, first + 3_000)
    spends = dice.permutation(np.concatenate([old, own, [-1, -2, -1]]))
    outputs, inputs = (first, first + 4_000), (7 << 32, (7 << 32) + spends.size)
    rows = Rows((0, 1), (0, 1), inputs, outputs, (0, 0), (0, 0))
    part = spent_part(spends, rows)
    assert part.older[:, 0].tolist() == old.tolist()
    assert spends[part.older[:, 1] - inputs[0]].tolist() == old.tolist()
    assert np.flatnonzero(part.own == -1).tolist() == list(range(3_000, 4_000))
    assert spends[part.own[:3_000] - inputs[0]].tolist() == own.tolist()


def test_a_long_history_lists_every_row_of_every_address() -> None:
    dice = np.random.default_rng(2)
    first, stop, n = 100_000, 140_000, 200_000
    address = dice.integers(0, stop, n).astype(np.uint32)
    address[dice.random(n) < 0.3] = 17
    address[dice.random(n) < 0.1] = 0xFFFF_FFFF
    rows = Rows((0, 1), (0, 1), (0, 1), (0, n), (first, stop), (0, 0))
    part = history_part(address, rows)
    order = np.argsort(address, kind="stable")
    known = order[address[order] < stop]
    assert part.rows.tolist() == known.tolist()
    ids, starts = np.unique(address[known], return_index=True)
    assert part.older.tolist() == ids[ids < first].tolist()
    assert part.offsets[:-1].tolist() == starts[ids < first].tolist()
    sorted_address = address[known]
    expected = np.searchsorted(sorted_address, np.arange(first, stop + 1))
    assert part.own.tolist() == expected.tolist()
