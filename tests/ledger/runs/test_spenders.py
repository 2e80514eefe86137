"""Who spends what over runs of many pages: one column, or blocks of it."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest

from dalil.ledger.runs import (
    Rows,
    Run,
    RunParts,
    Runs,
    history_part,
    outside_part,
    spent_part,
    write_run,
)
from dalil.ledger.runs.find import spender_of

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

CUTS = {
    "one run": [],
    "whole pages": [512, 1024, 4096],
    "within pages": [511, 513, 3000, 4099],
    "several within one page": [600, 601, 601, 640, 5000],
    "nothing at either end": [0, 0, 2500, 6000, 6000],
}


def spenders(n: int) -> NDArray[np.int64]:
    """Invent the input that spends each output: as many inputs as outputs."""
    dice, found = np.random.default_rng(9), np.full(n, -1)
    for input_ in range(1, n):
        back = int(dice.integers(1, n))
        output = int(dice.integers(max(0, input_ - back), input_))
        if found[output] == -1:
            found[output] = input_
    return found


def runs_cut(expected: NDArray[np.int64], cuts: list[int], folder: Path) -> Runs:
    """Write runs that hold nothing but what spends what."""
    n, none = expected.size, np.zeros(0, np.uint32)
    spends = np.full(n, -1)
    spends[expected[expected >= 0]] = np.flatnonzero(expected >= 0)
    runs = []
    for i, (start, stop) in enumerate(pairwise([0, *cuts, n])):
        span = start, stop
        rows = Rows((0, 0), (0, 0), span, span, (0, 0), (0, 0))
        unpaid = np.full(stop - start, 0xFFFF_FFFF, np.uint32)
        no_entries = np.zeros((0, 2), np.uint64)
        parts = RunParts(
            *(no_entries, no_entries),
            spent_part(spends[start:stop], rows),
            history_part(unpaid, rows),
            outside_part(none, rows),
        )
        write_run(folder / str(i), rows, parts)
        runs.append(Run.open(folder / str(i), rows))
    return Runs(runs, 1)


@pytest.mark.parametrize("cuts", CUTS.values(), ids=CUTS)
def test_a_column_of_many_runs(cuts: list[int], tmp_path: Path) -> None:
    expected = spenders(6_000)
    runs = runs_cut(expected, cuts, tmp_path)
    before = [run.path.read_bytes() for run in runs.runs]
    for run in runs.runs:
        run.path.unlink()
    column = runs.spent_by_column()
    np.testing.assert_array_equal(column, expected)
    assert column is runs.spent_by_column()
    assert not column.flags.writeable
    for block_rows in (1, 100, 1 << 19):
        if block_rows > 1 or len(cuts) == 0:
            blocks = list(runs.spent_by_blocks(block_rows))
            assert max(block.size for block in blocks) <= block_rows
            np.testing.assert_array_equal(np.concatenate(blocks), expected)
    found = [spender_of(runs.spent_table, output) for output in range(0, 6_000, 7)]
    assert found == expected[::7].tolist()
    for run, raw in zip(runs.runs, before, strict=True):
        assert run.bytes.tobytes() == raw, "the files' own pages stay as they are"


def test_a_column_outlives_its_runs(tmp_path: Path) -> None:
    expected = spenders(3_000)
    column = runs_cut(expected, [1_000, 2_000], tmp_path).spent_by_column()
    np.testing.assert_array_equal(column, expected)
