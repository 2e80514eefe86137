"""Sorting entries of two words: by mark, where bits are even, and by any key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.kernels import kernel, lean

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["buckets_for", "sort_marks", "sort_pairs", "sort_stretch"]

_FEW = 16
_DIGIT = 11


def buckets_for(n: int) -> int:
    """How many bits of buckets suit sorting `n` marks: one or two buckets each."""
    return max(1, n.bit_length())


@lean
def _less(entries: NDArray[np.uint64], a: int, b: int) -> bool:
    if entries[a, 0] != entries[b, 0]:
        return bool(entries[a, 0] < entries[b, 0])
    return bool(entries[a, 1] < entries[b, 1])


@lean
def _swap(entries: NDArray[np.uint64], a: int, b: int) -> None:
    first, second = entries[a, 0], entries[a, 1]
    entries[a, 0], entries[a, 1] = entries[b, 0], entries[b, 1]
    entries[b, 0], entries[b, 1] = first, second


@lean
def _sift(entries: NDArray[np.uint64], start: int, root: int, size: int) -> None:
    while 2 * root + 1 < size:
        child = 2 * root + 1
        if child + 1 < size and _less(entries, start + child, start + child + 1):
            child += 1
        if not _less(entries, start + root, start + child):
            return
        _swap(entries, start + root, start + child)
        root = child


@lean
def sort_stretch(entries: NDArray[np.uint64], start: int, stop: int) -> None:
    """Sort entries start..stop in place: n log n even where all are alike."""
    if stop - start <= _FEW:
        for i in range(start + 1, stop):
            j = i
            while j > start and _less(entries, j, j - 1):
                _swap(entries, j, j - 1)
                j -= 1
        return
    size = stop - start
    for root in range(size // 2 - 1, -1, -1):
        _sift(entries, start, root, size)
    for last in range(size - 1, 0, -1):
        _swap(entries, start, start + last)
        _sift(entries, start, 0, last)


@lean
def sort_marks(
    entries: NDArray[np.uint64],
    n: int,
    out: NDArray[np.uint64],
    starts: NDArray[np.uint32],
    skip: int,
    bits: int,
) -> None:
    """Sort `n` entries whose first words share their `skip` top bits, into `out`.

    `starts` (2**bits + 2,) gets where each bucket of the next `bits` bits
    starts. Cost: three passes, if those bits are spread evenly.
    """
    left, right = np.uint64(skip), np.uint64(64 - bits)
    n_buckets = 1 << bits
    starts[: n_buckets + 2] = 0
    for i in range(n):
        starts[np.int64((entries[i, 0] << left) >> right) + 2] += np.uint32(1)
    for b in range(2, n_buckets + 2):
        starts[b] += starts[b - 1]
    for i in range(n):
        bucket = np.int64((entries[i, 0] << left) >> right) + 1
        at = starts[bucket]
        starts[bucket] = at + np.uint32(1)
        out[at, 0], out[at, 1] = entries[i, 0], entries[i, 1]
    for b in range(n_buckets):
        if starts[b + 1] - starts[b] > 1:
            sort_stretch(out, np.int64(starts[b]), np.int64(starts[b + 1]))


@lean
def _spread(
    source: NDArray[np.uint64],
    target: NDArray[np.uint64],
    n: int,
    shift: int,
    counts: NDArray[np.int64],
) -> bool:
    """Spread entries by one digit; returns False where all agree in it."""
    down, mask = np.uint64(shift), np.uint64((1 << _DIGIT) - 1)
    counts[:] = 0
    for i in range(n):
        counts[np.int64((source[i, 0] >> down) & mask)] += 1
    if n == 0 or counts[np.int64((source[0, 0] >> down) & mask)] == n:
        return False
    total = 0
    for d in range(counts.size):
        mine = counts[d]
        counts[d] = total
        total += mine
    for i in range(n):
        d = np.int64((source[i, 0] >> down) & mask)
        at = counts[d]
        counts[d] = at + 1
        target[at, 0], target[at, 1] = source[i, 0], source[i, 1]
    return True


@kernel
def sort_pairs(entries: NDArray[np.uint64], spare: NDArray[np.uint64], n: int) -> bool:
    """Sort `n` entries by their first word; equal ones keep their order.

    Returns whether the result is in `spare`. Digits in which all agree cost
    one counting pass.
    """
    counts, moved = np.zeros(1 << _DIGIT, np.int64), False
    for shift in range(0, 64, _DIGIT):
        source, target = (spare, entries) if moved else (entries, spare)
        if _spread(source, target, n, shift, counts):
            moved = not moved
    return moved
