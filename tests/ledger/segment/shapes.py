"""Hostile and ordinary shapes of batches, made of numbers, not of blocks.

Run as a program it fills a segment with one and says what memory that took:

    python -m tests.ledger.segment.shapes one-address 64
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dalil.chains.bitcoin.columns import Columns
from dalil.ledger.segment import (
    NO_PREVOUTS,
    Before,
    LongScripts,
    Prevouts,
    Resolved,
    Segment,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Shape(NamedTuple):
    """A batch: transactions, inputs and outputs of each, how keys repeat."""

    n_tx: int
    n_in: int
    n_out: int
    n_keys: int = 0
    """Distinct address keys; 0: every one is new."""
    n_spent: int = 0
    """Distinct transactions spent, none of them here; 0: every one is another."""
    kind: int = 2
    told: bool = False


SHAPES = {
    "ordinary": Shape(4000, 2, 3),
    "one-address": Shape(4000, 2, 3, n_keys=1),
    "one-source": Shape(4000, 2, 3, n_spent=1),
    "tiny-outputs": Shape(1, 1, 40_000),
    "many-inputs": Shape(2, 12_500, 1),
    "no-inputs": Shape(20_000, 0, 0),
    "bare-keys": Shape(2000, 1, 5, kind=1),
    "told": Shape(3000, 3, 1, told=True),
    "told-bare-keys": Shape(2000, 3, 1, kind=1, told=True),
}


def _keys(first: int, n: int, distinct: int) -> NDArray[np.uint8]:
    words = np.zeros((n, 4), np.uint64)
    rows = np.arange(first, first + n, dtype=np.uint64)
    words[:, 0] = rows % np.uint64(distinct) if distinct else rows
    words[:, 3] = 1
    return words.view(np.uint8)


def batch(shape: Shape, at: tuple[int, int, int]) -> tuple[Columns, Prevouts]:
    """Make the batch whose first rows are `at`; no input finds its output."""
    n_in, n_out = shape.n_tx * shape.n_in, shape.n_tx * shape.n_out
    columns = Columns.empty(shape.n_tx, n_in, n_out)
    columns.txid[:] = _keys(at[0] + (1 << 50), shape.n_tx, 0)
    columns.first_input[:] = shape.n_in * np.arange(shape.n_tx + 1)
    columns.first_output[:] = shape.n_out * np.arange(shape.n_tx + 1)
    columns.spent_txid[:] = _keys(at[1], n_in, shape.n_spent)
    columns.spent_index[:] = np.arange(n_in)
    columns.key[:] = _keys(at[2], n_out, shape.n_keys)
    columns.kind[:] = shape.kind
    columns.script_at[:], columns.script_size[:] = 0, 67
    if not shape.told:
        return columns, NO_PREVOUTS
    told = _keys((1 << 40) + at[1], n_in, shape.n_keys)
    kind = np.full(n_in, shape.kind, np.uint8)
    return columns, Prevouts(np.arange(n_in), kind, told)


class Nothing:
    """No runs before."""

    def find_txs(self, marks: NDArray[np.uint64], found: NDArray[np.int64], /) -> None:
        raise AssertionError

    def find_addresses(
        self, marks: NDArray[np.uint64], found: NDArray[np.int64], /
    ) -> None:
        raise AssertionError

    def outputs_of_tx(
        self, tx: NDArray[np.int64], /
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        raise AssertionError

    def spent(self, outputs: NDArray[np.int64], /) -> NDArray[np.bool_]:
        raise AssertionError


NOTHING = Before(0, 0, 0, 0, 0)


def fill(
    segment: Segment, shape: Shape, threads: ThreadPoolExecutor
) -> tuple[tuple[int, int, int], Resolved]:
    """Take batches while there is room, then resolve; returns rows and result."""
    at, data = (0, 0, 0), np.ones(80, np.uint8)
    more = (shape.n_tx, shape.n_tx * shape.n_in, shape.n_tx * shape.n_out)
    told_at, told_size = np.zeros(more[1], np.int64), np.full(more[1], 67, np.int32)
    scripts = LongScripts(data, data, told_at, told_size)
    while segment.has_room(*more, told=shape.told):
        columns, prevouts = batch(shape, at)
        segment.take(columns, at, prevouts, None, scripts)
        at = (at[0] + more[0], at[1] + more[1], at[2] + more[2])
    return at, segment.resolve(NOTHING, Nothing(), threads)


def _memory() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon"):
            return int(line.split()[1]) << 10
    raise AssertionError


if __name__ == "__main__":
    size = int(sys.argv[2]) << 20
    with ThreadPoolExecutor(2) as pool:
        fill(Segment(1, 4 << 20), SHAPES[sys.argv[1]], pool)
        before = _memory()
        segment = Segment(1, size)
        fill(segment, SHAPES[sys.argv[1]], pool)
        print(_memory() - before)
