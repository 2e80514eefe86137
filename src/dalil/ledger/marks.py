"""Marks: 96 bits that stand for a 32-byte key while rows are being joined.

Joining a chain means comparing billions of txids and address keys. Their marks
are compared instead: 96 bits of a keyed mix, seeded per ledger from the
system's random source, since whoever makes an address chooses its bytes and
could make an unkeyed mark collide. Two of 4 billion keys share a mark with
probability 10⁻¹⁰; a reader looking a key up compares the key itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.kernels import lean

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["mark_at", "mark_of", "words"]


def words(keys: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """See (n, 32) bytes as (n, 4) words, without a copy."""
    return np.asarray(keys).view(np.uint64)


@lean
def mark_at(
    keys: NDArray[np.uint64], at: int, tag: int, seed: np.uint64
) -> tuple[np.uint64, np.uint64]:
    """Mix the four words at a place of a flat array; see `mark_of`.

    The same in a loop without making a view of each key.
    """
    a = seed ^ np.uint64(tag)
    b = seed * np.uint64(0x9FB21C651E98DF25) + np.uint64(tag)
    for word in (keys[at], keys[at + 1], keys[at + 2], keys[at + 3]):
        a = (a ^ word) * np.uint64(0x9E3779B97F4A7C15)
        b = (b ^ (word >> np.uint64(32)) ^ (word << np.uint64(32))) * (
            np.uint64(0xD6E8FEB86659FD93)
        )
        a ^= a >> np.uint64(32)
        b ^= b >> np.uint64(29)
    a = (a ^ b >> np.uint64(31)) * np.uint64(0xD6E8FEB86659FD93)
    b = (b ^ a >> np.uint64(28)) * np.uint64(0x9E3779B97F4A7C15)
    a ^= b >> np.uint64(32)
    return a, b & np.uint64(0xFFFF_FFFF_0000_0000)


@lean
def mark_of(
    key: NDArray[np.uint64], tag: int, seed: np.uint64
) -> tuple[np.uint64, np.uint64]:
    """Mix four words, a tag and the seed.

    A tag tells keys of the same bytes apart, such as an address's type; keys
    without tags use 0.

    Returns
    -------
    (high, low) : uint64
        64 bits, and 32 more in the upper half of the second; its lower half is
        0, where an index keeps the row.
    """
    return mark_at(key, 0, tag, seed)
