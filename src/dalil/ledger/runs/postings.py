"""Histories: the rows of each address, from the address of each row."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dalil.kernels import lean
from dalil.ledger.runs.radix import sort_by_high

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dalil.ledger.runs.file import Rows

__all__ = ["Postings", "history_part", "outside_part"]


class Postings(NamedTuple):
    """Rows by address: those of older addresses first, then of the run's own.

    own : (n_addresses + 1,) uint32
        Own address a (counted from the run's first) has the rows
        ``rows[own[a]:own[a + 1]]``.
    older : (k,) uint32, ascending ids of earlier addresses
    offsets : (k + 1,) uint32
        The i-th of them has the rows ``rows[offsets[i]:offsets[i + 1]]``.
    rows : (m,) uint32, counted from the run's first row, ascending per address
    """

    own: NDArray[np.uint32]
    older: NDArray[np.uint32]
    offsets: NDArray[np.uint32]
    rows: NDArray[np.uint32]


@lean
def _count_own(address: NDArray[np.uint32], first: int, own: NDArray[np.uint32]) -> int:
    """Count rows of own addresses into `own`, and give how many are of older ones."""
    older, n = 0, own.size - 1
    own[:] = 0
    for i in range(address.size):
        mine = np.int64(address[i]) - first
        if mine < 0:
            older += 1
        elif mine < n:
            own[mine] += np.uint32(1)
    return older


@lean
def _place_own(
    address: NDArray[np.uint32],
    first: int,
    own: NDArray[np.uint32],
    older: NDArray[np.uint64],
    rows: NDArray[np.uint32],
) -> None:
    """Turn counts into ends, fill from behind: ends become starts."""
    end, n = older.size, own.size - 1
    for a in range(n):
        end += np.int64(own[a])
        own[a] = end
    own[n] = end
    k = older.size
    for i in range(address.size - 1, -1, -1):
        mine = np.int64(address[i]) - first
        if mine < 0:
            k -= 1
            older[k] = np.uint64(address[i]) << np.uint64(32) | np.uint64(i)
        elif mine < n:
            own[mine] -= np.uint32(1)
            rows[own[mine]] = i


@lean
def _place_older(
    pairs: NDArray[np.uint64],
    older: NDArray[np.uint32],
    offsets: NDArray[np.uint32],
    rows: NDArray[np.uint32],
) -> int:
    """Spread sorted (address, row) pairs; gives how many addresses there are."""
    k = 0
    for i in range(pairs.size):
        address = np.uint32(pairs[i] >> np.uint64(32))
        if k == 0 or older[k - 1] != address:
            older[k], offsets[k] = address, i
            k += 1
        rows[i] = np.uint32(pairs[i] & np.uint64(0xFFFF_FFFF))
    offsets[k] = pairs.size
    return k


def _postings(address: NDArray[np.uint32], first: int, n_own: int) -> Postings:
    own = np.empty(n_own + 1, np.uint32)
    pairs = np.empty(_count_own(address, first, own), np.uint64)
    rows = np.empty(pairs.size + int(own[:-1].sum(dtype=np.int64)), np.uint32)
    _place_own(address, first, own, pairs, rows)
    pairs = sort_by_high(pairs, first)
    older = np.empty(pairs.size, np.uint32)
    offsets = np.empty(pairs.size + 1, np.uint32)
    k = _place_older(pairs, older, offsets, rows)
    return Postings(own, older[:k], offsets[: k + 1], rows)


def history_part(output_address: NDArray[np.uint32], rows: Rows) -> Postings:
    """Sort the run's outputs, (n_outputs,) uint32 addresses, by address.

    Addresses at or beyond the run's last, such as `NO_ADDRESS`, are left out.
    """
    return _postings(output_address, rows.address[0], rows.size("address"))


def outside_part(outside_address: NDArray[np.uint32], rows: Rows) -> Postings:
    """Sort the run's `outside` rows, (n_outside,) uint32 addresses, by address.

    All addresses are treated as older: most have no such row, and a chain
    built from its beginning has none at all.
    """
    known = outside_address < rows.address[1]
    where = np.flatnonzero(known).astype(np.uint32)
    part = _postings(outside_address[known], rows.address[1], 0)
    return part._replace(rows=where[part.rows])
