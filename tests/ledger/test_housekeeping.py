"""Which runs are merged: few are left, and no row is rewritten often."""

from __future__ import annotations

import random

import pytest

from dalil.ledger.runs import Rows
from dalil.ledger.store.commit import RunRows
from dalil.ledger.store.housekeeping import SETTLED_BLOCKS, mergeable


def run(start: int, stop: int, rows: int, scale: int = 1000) -> RunRows:
    """A run of the blocks from start to stop, `scale` outputs in each."""
    span = (start * scale, start * scale + rows)
    return RunRows("1.run", Rows((start, stop), span, span, span, span, span))


def played(blocks: list[int], scale: int) -> tuple[list[RunRows], float, int]:
    """Runs after segments of so many blocks; rewrites a row; most runs at once."""
    runs: list[RunRows] = []
    height, written, most = 0, 0, 0
    for n in blocks:
        runs.append(run(height, height + n, n * scale, scale))
        height += n
        while due := mergeable(runs):
            first, last = runs[due][0].rows, runs[due][-1].rows
            rows = last.output[1] - first.output[0]
            assert due.stop - due.start >= 8
            runs[due] = [run(first.block[0], last.block[1], rows, scale)]
            written += rows
        most = max(most, len(runs))
    return runs, written / (height * scale), most


@pytest.mark.parametrize(
    ("blocks", "scale", "rewrites", "runs"),
    [
        pytest.param([1] * 3000, 2500, 4, 60, id="block by block at the tip"),
        pytest.param([1000] * 200, 2500, 3, 40, id="many segments of one size"),
        pytest.param(
            [int(100 * 1.19**i) for i in range(40)], 2500, 3, 40, id="growing segments"
        ),
        pytest.param([5000, *[1] * 500], 2500, 2, 40, id="a chain, then its tip"),
    ],
)
def test_few_runs_are_left_and_rows_are_seldom_rewritten(
    blocks: list[int], scale: int, rewrites: float, runs: int
) -> None:
    left, rewritten, most = played(blocks, scale)
    assert rewritten <= rewrites
    assert most <= runs
    assert [a.rows.block[1] for a in left[:-1]] == [b.rows.block[0] for b in left[1:]]


def test_the_last_blocks_are_not_merged_with_older_ones() -> None:
    rng = random.Random(3)
    left, _, _ = played([rng.choice([1, 1, 2, 7, 60]) for _ in range(900)], 900)
    tip = left[-1].rows.block[1]
    assert not any(
        a.rows.block[0] <= tip - 2 * SETTLED_BLOCKS and a.rows.block[1] > tip
        for a in left
    )
    recent = [a for a in left if a.rows.block[1] > tip - SETTLED_BLOCKS]
    assert all(a.rows.block[1] - a.rows.block[0] <= 2 * SETTLED_BLOCKS for a in recent)


def test_a_run_never_outgrows_32_bits() -> None:
    big = 1 << 30
    runs = [run(i * 1000, (i + 1) * 1000, big, big // 1000) for i in range(9)]
    assert mergeable(runs) is None
