"""Sums that tell whether two lists hold the same pairs, in whatever order.

A run holds the pairs of its columns sorted another way: inputs by the output
they spend, outputs by address, rows by mark. To compare them one by one means a
random look for each, which at the scale of a chain takes days where memory is
smaller than the column. So each pair is mixed with a secret number into 64
bits, and these are added up on either side: equal sums mean equal lists, but
for one chance in 2⁶⁴, and nobody who does not know the number can choose pairs
that add up. Both sides are read front to back, and no memory is needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.kernels import kernel, shared
from dalil.ledger.layout import NO_ADDRESS
from dalil.ledger.marks import mark_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "entries_sum",
    "keys_sum",
    "listed_sum",
    "pairs_sum",
    "rows_sum",
    "spenders_sum",
    "spends_sum",
]

_LOW = np.uint64(0xFFFF_FFFF)


@shared
def _mixed(a: np.uint64, b: np.uint64, secret: np.uint64) -> np.uint64:
    x = (a + secret) * np.uint64(0x9FB21C651E98DF25)
    x ^= x >> np.uint64(32)
    x = (x + b) * np.uint64(0xD6E8FEB86659FD93)
    x ^= x >> np.uint64(29)
    x = (x ^ secret) * np.uint64(0x9E3779B97F4A7C15)
    return x ^ x >> np.uint64(32)


@kernel
def spends_sum(spends: NDArray[np.int64], first: int, secret: np.uint64) -> np.uint64:
    """Add up (output, input) of inputs (n,) from row `first` on that spend inside."""
    total = np.uint64(0)
    for i in range(spends.size):
        if spends[i] >= 0:
            total += _mixed(np.uint64(spends[i]), np.uint64(first + i), secret)
    return total


@kernel
def spenders_sum(own: NDArray[np.int64], first: int, secret: np.uint64) -> np.uint64:
    """Add up (output, input) of outputs from row `first` on that are spent."""
    total = np.uint64(0)
    for i in range(own.size):
        if own[i] >= 0:
            total += _mixed(np.uint64(first + i), np.uint64(own[i]), secret)
    return total


@kernel
def pairs_sum(pairs: NDArray[np.int64], secret: np.uint64) -> np.uint64:
    """Add up (output, input) pairs (n, 2)."""
    total = np.uint64(0)
    for i in range(pairs.shape[0]):
        total += _mixed(np.uint64(pairs[i, 0]), np.uint64(pairs[i, 1]), secret)
    return total


@kernel
def rows_sum(address: NDArray[np.uint32], first: int, secret: np.uint64) -> np.uint64:
    """Add up (address, row) of rows from `first` on that have an address."""
    total = np.uint64(0)
    for i in range(address.size):
        if address[i] != NO_ADDRESS:
            total += _mixed(np.uint64(address[i]), np.uint64(first + i), secret)
    return total


@kernel
def listed_sum(
    owners: NDArray[np.uint32],
    first_owner: int,
    ends: NDArray[np.uint32],
    rows: NDArray[np.uint32],
    first: int,
    secret: np.uint64,
) -> np.uint64:
    """Add up (address, row) of lists: the k-th is ``rows[ends[k]:ends[k + 1]]``.

    Its owner is ``owners[k]``, or `first_owner` + k where there are none. The
    caller knows that `ends` ascend and end within `rows`.
    """
    total = np.uint64(0)
    for k in range(ends.size - 1):
        owner = np.uint64(owners[k]) if owners.size else np.uint64(first_owner + k)
        for i in range(ends[k], ends[k + 1]):
            total += _mixed(owner, np.uint64(first) + np.uint64(rows[i]), secret)
    return total


@kernel
def keys_sum(
    keys: NDArray[np.uint64],
    kinds: NDArray[np.uint8],
    first: int,
    seed: np.uint64,
    secret: np.uint64,
) -> np.uint64:
    """Add up (mark, row) of keys (n, 4), rows counted from `first`; see `marks`."""
    total = np.uint64(0)
    for i in range(keys.shape[0]):
        kind = np.int64(kinds[i]) if kinds.size else np.int64(0)
        high, low = mark_of(keys[i], kind, seed)  # type: ignore[arg-type]
        total += _mixed(high, low | np.uint64(first + i), secret)
    return total


@kernel
def entries_sum(entries: NDArray[np.uint64], secret: np.uint64) -> np.uint64:
    """Add up the entries (n, 2) of an index."""
    total = np.uint64(0)
    for i in range(entries.shape[0]):
        total += _mixed(entries[i, 0], entries[i, 1], secret)
    return total
