"""Sorting words by their upper halves, in as many passes as the keys need."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.kernels import lean

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["sort_by_high"]

_BITS = 11


@lean
def _pass(
    words: NDArray[np.uint64],
    shift: int,
    starts: NDArray[np.int64],
    out: NDArray[np.uint64],
) -> None:
    """Spread words by eleven of their bits, keeping the order of equal ones."""
    mask = np.uint64((1 << _BITS) - 1)
    starts[:] = 0
    for i in range(words.size):
        starts[np.int64(words[i] >> np.uint64(shift) & mask)] += 1
    total = np.int64(0)
    for digit in range(starts.size):
        total, starts[digit] = total + starts[digit], total
    for i in range(words.size):
        digit = np.int64(words[i] >> np.uint64(shift) & mask)
        out[starts[digit]] = words[i]
        starts[digit] += 1


def sort_by_high(words: NDArray[np.uint64], below: int) -> NDArray[np.uint64]:
    """Sort words by their upper 32 bits, all under `below`, stably.

    Gives the words sorted; what `words` holds afterwards is not defined. Cost:
    a pass of some ns a word for each eleven bits of `below`, and as much
    memory again as the words have.
    """
    if words.size < 1 << _BITS:
        order = np.argsort(words >> np.uint64(32), kind="stable")
        return words[order]
    other, starts = np.empty_like(words), np.empty(1 << _BITS, np.int64)
    for shift in range(0, max(1, (below - 1).bit_length()), _BITS):
        _pass(words, 32 + shift, starts, other)
        words, other = other, words
    return words
