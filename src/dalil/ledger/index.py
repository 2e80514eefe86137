"""A sorted index from marks to rows: dense, immutable, merged like a list.

An entry is two words: the mark's 64 high bits, then its 32 low bits with the
row, counted from the index's first row. Entries are sorted, so that a join
reads an index front to back, two indexes merge in one pass, and nothing is
empty. `offsets` cuts them into buckets by their top bits, about eight entries
each, so that one look touches two cache lines.

A `sieve` tells of most marks that they are not there: some six entries share a
word of it, chosen by the mark's top bits, so that it is read in the entries'
order, at a twelfth of their bytes; the mark's last bits choose four of the
word's. Of marks that are not there one or two in a hundred pass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dalil.kernels import lean
from dalil.ledger.segment.prefetch import prefetch

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "Index",
    "bucket_bits",
    "bucket_offsets",
    "fill_sieve",
    "find_marks",
    "index_of",
    "sieve_words",
]

_LOW = np.uint64(0xFFFF_FFFF)
_AHEAD = 24
"""Marks between a look at the sieve and the one whose word is asked for meanwhile."""
_LATER = 48
"""Marks between asking for an entry and looking at it."""
_PERHAPS = -2
"""In place of a row: the mark passed the sieve."""


class Index(NamedTuple):
    """Sorted entries (n, 2) uint64, bucket offsets (2**bits + 1,) uint32, a sieve.

    Rows are `first` + the lower half of an entry's second word; the sieve is
    (`sieve_words` of n,) uint64.
    """

    entries: NDArray[np.uint64]
    offsets: NDArray[np.uint32]
    sieve: NDArray[np.uint64]
    bits: int
    first: int


def bucket_bits(n: int) -> int:
    """How many top bits choose a bucket, for about eight entries in each."""
    return max(1, (max(n, 1) // 8).bit_length())


def sieve_words(n: int) -> int:
    """How many words the sieve of `n` entries has, for about six entries in each."""
    return n // 6 + 1


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


@lean
def _word_of(high: np.uint64, n_words: int) -> int:
    """Tell which of the sieve's words a mark belongs to; under 2**32 of them."""
    return np.int64((high >> np.uint64(32)) * np.uint64(n_words) >> np.uint64(32))


@lean
def _bits_of(high: np.uint64) -> np.uint64:
    """Four bits of a word, some perhaps the same, by the last 24 of a mark's."""
    one, six, mask = np.uint64(1), np.uint64(6), np.uint64(63)
    bits = one << (high & mask)
    for _ in range(3):
        high >>= six
        bits |= one << (high & mask)
    return bits


@lean
def fill_sieve(
    entries: NDArray[np.uint64],
    at: NDArray[np.int64],
    n_words: int,
    part: NDArray[np.uint64],
) -> bool:
    """Set entries' bits in a part of the sieve, which holds zeros before the first.

    `at` is where it stands: the next entry here, and the part's first word. It
    gives whether all entries are done; else the next one belongs behind the part.

    Raises
    ------
    ValueError
        If an entry belongs before the part: then they are in no order.
    """
    while at[0] < entries.shape[0]:
        high = entries[at[0], 0]
        word = _word_of(high, n_words) - at[1]
        if word >= part.size:
            return False
        if word < 0:
            raise ValueError("entries are in no order")
        part[word] |= _bits_of(high)
        at[0] += 1
    return True


def index_of(entries: NDArray[np.uint64], first: int) -> Index:
    """Make an index of sorted entries."""
    n = entries.shape[0]
    bits = bucket_bits(n)
    offsets = np.empty((1 << bits) + 1, np.uint32)
    bucket_offsets(entries, bits, offsets)
    sieve = np.zeros(sieve_words(n), np.uint64)
    fill_sieve(entries, np.zeros(2, np.int64), sieve.size, sieve)
    return Index(entries, offsets, sieve, bits, first)


@lean
def _row_of(
    index: Index, span: tuple[int, int], high: np.uint64, low: np.uint64
) -> int:
    """Find the highest row of a mark among the entries of its bucket, or -1.

    They are compared without asking which is the first: a wrong guess of the
    processor would cost more.
    """
    words, row, hit = index.entries.reshape(-1), -1, False
    start, stop = span[0], min(span[1], index.entries.shape[0])
    for i in range(start, stop):
        hit |= words[2 * i] == high
    if hit:
        for i in range(start, stop):
            if words[2 * i] == high and words[2 * i + 1] & ~_LOW == low:
                row = index.first + np.int64(words[2 * i + 1] & _LOW)
    return row


@lean
def find_marks(
    entries: NDArray[np.uint64], n: int, index: Index, found: NDArray[np.int64]
) -> None:
    """Find what is not found yet of sorted marks: highest row, or -1.

    All are sorted, so that memory is read front to back. Most marks are not
    there, and the sieve says so. Of those that pass, the entries are asked for,
    and looked at some marks later.
    """
    words, offsets, sieve = index.entries.reshape(-1), index.offsets, index.sieve
    shift, n_words = np.uint64(64 - index.bits), index.sieve.size
    for j in range(n + 2 * _LATER):
        if j + _AHEAD < n:
            prefetch(sieve, _word_of(entries[j + _AHEAD, 0], n_words))
        if j < n and found[j] < 0:
            high = entries[j, 0]
            bits = _bits_of(high)
            if sieve[_word_of(high, n_words)] & bits == bits:
                found[j] = _PERHAPS
                prefetch(offsets, np.int64(high >> shift))
        i = j - _LATER
        if 0 <= i < n and found[i] == _PERHAPS:
            start = np.int64(offsets[np.int64(entries[i, 0] >> shift)])
            prefetch(words, 2 * start)
            prefetch(words, 2 * start + 8)
        i -= _LATER
        if i >= 0 and found[i] == _PERHAPS:
            high, low = entries[i, 0], entries[i, 1] & ~_LOW
            bucket = np.int64(high >> shift)
            span = np.int64(offsets[bucket]), np.int64(offsets[bucket + 1])
            found[i] = _row_of(index, span, high, low)
