"""Spends turned around: from what each input spends to who spends each output."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dalil.kernels import lean
from dalil.ledger.runs.radix import sort_by_high

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dalil.ledger.runs.file import Rows

__all__ = ["Spent", "spent_part"]


class Spent(NamedTuple):
    """Which inputs of a run spend what.

    own : (n_outputs,) int64, global input id, -1 unspent
    older : (n, 2) int64, (output, input) of earlier outputs, ascending
    """

    own: NDArray[np.int64]
    older: NDArray[np.int64]


@lean
def _spend_own(
    spends: NDArray[np.int64], starts: tuple[int, int], own: NDArray[np.int64]
) -> int:
    """Fill in who spends the run's own outputs; gives how many spend older ones."""
    first_input, first_output = starts
    own[:] = -1
    older = 0
    for i in range(spends.size):
        output = spends[i]
        if first_output <= output < first_output + own.size:
            own[output - first_output] = first_input + i
        older += 0 <= output < first_output
    return older


@lean
def _pack_older(
    spends: NDArray[np.int64], first_output: int, page: int, pairs: NDArray[np.uint64]
) -> int:
    """Pack (output, input) into a word each, for outputs of one 2³² of them."""
    n = 0
    for i in range(spends.size):
        output = spends[i]
        if 0 <= output < first_output and output >> 32 == page:
            pairs[n] = np.uint64(output) << np.uint64(32) | np.uint64(i)
            n += 1
    return n


@lean
def _unpack_older(
    pairs: NDArray[np.uint64], page: int, first_input: int, older: NDArray[np.int64]
) -> None:
    for i in range(pairs.size):
        older[i, 0] = page << 32 | np.int64(pairs[i] >> np.uint64(32))
        older[i, 1] = first_input + np.int64(pairs[i] & np.uint64(0xFFFF_FFFF))


def spent_part(spends: NDArray[np.int64], rows: Rows) -> Spent:
    """Turn (n_inputs,) int64 spends (negative: nothing here) around.

    No output may be spent twice, and none at or beyond the run's last. Memory
    beyond the result: 16 bytes for each input that spends an older output.
    """
    own = np.empty(rows.size("output"), np.int64)
    first_input, first_output = rows.input[0], rows.output[0]
    n = _spend_own(spends, (first_input, first_output), own)
    older, packed, at = np.empty((n, 2), np.int64), np.empty(n, np.uint64), 0
    for page in range((first_output >> 32) + 1):
        pairs = packed[: _pack_older(spends, first_output, page, packed)]
        below = min(first_output - (page << 32), 1 << 32)
        pairs = sort_by_high(pairs, below)
        _unpack_older(pairs, page, first_input, older[at:])
        at += pairs.size
    return Spent(own, older)
