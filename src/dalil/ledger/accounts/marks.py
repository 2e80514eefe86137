"""Keyed marks of addresses and transaction hashes, and how to compare keys.

Whoever makes an address chooses its bytes, so tables are entered by a mix that
is seeded per ledger from the system's random source. A mark only says where to
look: the key itself is always compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.kernels import lean

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["mark_at", "same_key", "words"]


def words(keys: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """See (n, 4 * k) bytes as a flat array of (n * k,) 32-bit words, uncopied."""
    return np.ascontiguousarray(keys).reshape(-1).view(np.uint32)


@lean
def mark_at(keys: NDArray[np.uint32], at: int, n: int, seed: np.uint64) -> np.uint64:
    """Mix `n` words of a flat array, from one on, into 64 bits."""
    a = seed ^ np.uint64(n)
    for i in range(at, at + n):
        a = (a ^ np.uint64(keys[i])) * np.uint64(0x9E3779B97F4A7C15)
        a ^= a >> np.uint64(29)
    a *= np.uint64(0xD6E8FEB86659FD93)
    return a ^ a >> np.uint64(32)


@lean
def same_key(
    a: NDArray[np.uint32], at: int, b: NDArray[np.uint32], other: int, n: int
) -> bool:
    """Tell whether `n` words at a place of one array are those at one of another."""
    for i in range(n):  # noqa: SIM110 - numba knows no generators here
        if a[at + i] != b[other + i]:
            return False
    return True
