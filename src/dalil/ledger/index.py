"""A sorted index from marks to rows: dense, immutable, merged like a list.

An entry is two words: the mark's 64 high bits, then its 32 low bits with the
row, counted from the index's first row. Entries are sorted, so that a join
reads an index front to back, two indexes merge in one pass, and nothing is
empty. `offsets` cuts them into buckets by their top bits, about eight entries
each, so that one look touches two cache lines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dalil.kernels import lean
from dalil.ledger.segment.prefetch import prefetch

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Index", "bucket_bits", "bucket_offsets", "find_marks", "index_of"]

_LOW = np.uint64(0xFFFF_FFFF)
_AHEAD = 16
"""Marks between a look-up and the one whose entries are asked for meanwhile."""


class Index(NamedTuple):
    """Sorted entries (n, 2) uint64, bucket offsets (2**bits + 1,) uint32.

    Rows are `first` + the lower half of an entry's second word.
    """

    entries: NDArray[np.uint64]
    offsets: NDArray[np.uint32]
    bits: int
    first: int


def bucket_bits(n: int) -> int:
    """How many top bits choose a bucket, for about eight entries in each."""
    return max(1, (max(n, 1) // 8).bit_length())


@lean
def bucket_offsets(
    entries: NDArray[np.uint64], bits: int, offsets: NDArray[np.uint32]
) -> None:
    """Fill `offsets` (2**bits + 1,): where each bucket of sorted entries starts."""
    shift, bucket = np.uint64(64 - bits), 0
    for i in range(entries.shape[0]):
        mine = np.int64(entries[i, 0] >> shift)
        while bucket <= mine:
            offsets[bucket] = i
            bucket += 1
    while bucket < offsets.size:
        offsets[bucket] = entries.shape[0]
        bucket += 1


def index_of(entries: NDArray[np.uint64], first: int) -> Index:
    """Make an index of sorted entries."""
    bits = bucket_bits(entries.shape[0])
    offsets = np.empty((1 << bits) + 1, np.uint32)
    bucket_offsets(entries, bits, offsets)
    return Index(entries, offsets, bits, first)


@lean
def find_marks(
    entries: NDArray[np.uint64], n: int, index: Index, found: NDArray[np.int64]
) -> None:
    """Find what is not found yet of sorted marks: highest row, or -1.

    Both are sorted, so that memory is read front to back. Most marks are not
    there, and those of a bucket are compared without asking which is the first:
    a wrong guess of the processor would cost more.
    """
    words, offsets = index.entries.reshape(-1), index.offsets
    shift, size = np.uint64(64 - index.bits), index.entries.shape[0]
    for j in range(n):
        if j + 2 * _AHEAD < n:
            prefetch(offsets, np.int64(entries[j + 2 * _AHEAD, 0] >> shift))
        if j + _AHEAD < n:
            ahead = np.int64(offsets[np.int64(entries[j + _AHEAD, 0] >> shift)])
            prefetch(words, 2 * ahead)
            prefetch(words, 2 * ahead + 8)
        if found[j] >= 0:
            continue
        high, hit = entries[j, 0], False
        bucket = np.int64(high >> shift)
        start, stop = np.int64(offsets[bucket]), np.int64(offsets[bucket + 1])
        stop = min(stop, size)
        for i in range(start, stop):
            hit |= words[2 * i] == high
        if hit:
            low = entries[j, 1] & ~_LOW
            for i in range(start, stop):
                if words[2 * i] == high and words[2 * i + 1] & ~_LOW == low:
                    found[j] = index.first + np.int64(words[2 * i + 1] & _LOW)
