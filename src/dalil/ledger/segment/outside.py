"""Inputs whose transaction lies in an older run, or nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.kernels import lean
from dalil.ledger.segment.order import sort_pairs
from dalil.ledger.segment.spends import FAR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dalil.ledger.segment.arena import Arena
    from dalil.ledger.segment.rows import Old

__all__ = [
    "NONE_WRONG",
    "count_kinds",
    "fill_told",
    "first_twice",
    "look_up_far",
    "number_outside",
]

NONE_WRONG = 1 << 62
_SLICE = 1 << 16


@lean
def count_kinds(spends: NDArray[np.int64]) -> tuple[int, int]:
    """Count the inputs from outside, and those to be looked up in older runs."""
    n_outside, n_far = 0, 0
    for i in range(spends.size):
        n_outside += spends[i] == -1
        n_far += spends[i] <= FAR
    return n_outside, n_far


@lean
def number_outside(
    spends: NDArray[np.int64], first: int, inputs: NDArray[np.int64]
) -> None:
    """List the outside inputs; `spends` becomes `first` + an input's place there."""
    n = 0
    for i in range(spends.size):
        if spends[i] == -1:
            inputs[n] = i
            spends[i] = first + n
            n += 1


@lean
def fill_told(
    words: NDArray[np.uint64],
    pieces: NDArray[np.int64],
    inputs: NDArray[np.int64],
    value: NDArray[np.int64],
    kind: NDArray[np.uint8],
    first_output: NDArray[np.uint32],
) -> None:
    """Fill what was told of outside inputs.

    `pieces` (n, 3): first input, number of inputs, position of what was kept
    (see `keep_told`), ascending.
    """
    p = 0
    for j in range(inputs.size):
        i = inputs[j]
        while p < pieces.shape[0] and pieces[p, 0] + pieces[p, 1] <= i:
            p += 1
        value[j], kind[j], first_output[j] = -1, 255, 0
        if p < pieces.shape[0] and pieces[p, 0] <= i:
            at = pieces[p, 2] + 2 * (i - pieces[p, 0])
            value[j] = np.int64(words[at])
            kind[j] = np.uint8(words[at + 1] & np.uint64(0xFF))
            first_output[j] = np.uint32(words[at + 1] >> np.uint64(32))


@lean
def _gather_far(
    spends: NDArray[np.int64], bits: int, pairs: NDArray[np.uint64]
) -> None:
    n, mask = 0, (1 << 24) - 1
    for i in range(spends.size):
        if spends[i] <= FAR:
            key = FAR - spends[i]
            pairs[n, 0] = np.uint64((key >> 24) << bits | (key & mask))
            pairs[n, 1] = np.uint64(i)
            n += 1


@lean
def _highest_index(spends: NDArray[np.int64]) -> int:
    highest = 0
    for i in range(spends.size):
        if spends[i] <= FAR:
            highest = max(highest, (FAR - spends[i]) & ((1 << 24) - 1))
    return highest


@lean
def _gather_near(
    spends: NDArray[np.int64], first: int, pairs: NDArray[np.uint64]
) -> int:
    n = 0
    for i in range(spends.size):
        if spends[i] >= first:
            pairs[n, 0], pairs[n, 1] = np.uint64(spends[i]), np.uint64(i)
            n += 1
    return n


@lean
def _first_repeat(pairs: NDArray[np.uint64], n: int) -> int:
    """Lowest second word of an entry behind one with the same first word."""
    lowest = NONE_WRONG
    for j in range(1, n):
        if pairs[j, 0] == pairs[j - 1, 0]:
            lowest = min(lowest, np.int64(pairs[j, 1]))
    return lowest


def first_twice(spends: NDArray[np.int64], first: int, arena: Arena) -> int:
    """Find the first input that spends an output of the segment once more."""
    pairs = arena.below((spends.size, 2), np.uint64)
    spare = arena.below((spends.size, 2), np.uint64)
    n = _gather_near(spends, first, pairs)
    return int(_first_repeat(spare if sort_pairs(pairs, spare, n) else pairs, n))


def look_up_far(spends: NDArray[np.int64], n_far: int, old: Old, arena: Arena) -> int:
    """Link the inputs found in older runs, in the order of what they spend.

    Returns the first input that cannot be linked, or `NONE_WRONG`.
    """
    bits = max(1, int(_highest_index(spends)).bit_length())
    pairs = arena.below((n_far, 2), np.uint64)
    spare = arena.below((n_far, 2), np.uint64)
    _gather_far(spends, bits, pairs)
    if sort_pairs(pairs, spare, n_far):
        pairs = spare
    wrong = int(_first_repeat(pairs, n_far))
    for start in range(0, n_far, _SLICE):
        key = pairs[start : start + _SLICE, 0].astype(np.int64)
        inputs = pairs[start : start + _SLICE, 1].astype(np.int64)
        index = key & ((1 << bits) - 1)
        first, n = old.outputs_of_tx(key >> bits)
        there = index < n
        outputs = first + index
        spends[inputs] = outputs
        bad = ~there
        bad[there] = old.spent(outputs[there])
        if bad.any():
            wrong = min(wrong, int(inputs[bad].min()))
    return wrong
