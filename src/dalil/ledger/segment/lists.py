"""Records in partitions: per partition a list of blocks, one writer each.

A record goes to the partition that the top bits of its key's mark choose, so
that whatever has the same key meets there. Records are 64-bit words:

========  ===============================================================
kind      words
========  ===============================================================
TX        txid (4); first output, row; number of outputs
SPEND     txid (4); output's index, input row; the tx row not to reach
OUTPUT    key (4); type, output row
TOLD      key (4); type, input row; the first output of the input's tx
========  ===============================================================

Where two things share a word, the first has its upper half.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dalil.kernels import lean
from dalil.ledger.segment.prefetch import prefetch_to_write

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "OUTPUT",
    "PER_BLOCK",
    "SPEND",
    "TOLD",
    "TX",
    "WORDS",
    "Lists",
    "append",
    "block_of",
    "high_half",
    "low_half",
    "pair",
    "put",
    "same_key",
]

TX, SPEND, OUTPUT, TOLD = 0, 1, 2, 3
WORDS = (6, 6, 5, 6)
"""Words of a record of each kind."""
PER_BLOCK = tuple(255 // words for words in WORDS)
"""Records of each kind in a block."""

_INSIDE = -256


class Lists(NamedTuple):
    """The lists of one writer at a time.

    `cursor` (4, n_parts) int64 is where each list's next record goes, 0 if it
    has none yet; `count` (4, n_parts) int64 its records. `free_low` and
    `free_high` are positions of blocks to take, the last first; `left` (2,) says
    how many of each are left.
    """

    cursor: NDArray[np.int64]
    count: NDArray[np.int64]
    free_low: NDArray[np.int64]
    free_high: NDArray[np.int64]
    left: NDArray[np.int64]


@lean
def append(
    words: NDArray[np.uint64],
    cursor: NDArray[np.int64],
    free: NDArray[np.int64],
    left: NDArray[np.int64],
    part: int,
    size: int,
) -> int:
    """Return where the next record of a partition goes; takes a block if need be.

    `cursor` (n_parts,) is of one kind, `free` and `left` (1,) of its end of the
    memory.
    """
    at = cursor[part]
    block = (at - 1) & _INSIDE
    if at == 0 or at + size > block + 256:
        left[0] -= 1
        new = free[left[0]]
        words[new] = np.uint64(0) if at == 0 else np.uint64(block)
        at = new + 1
    cursor[part] = at + size
    prefetch_to_write(words, at + size + 8)
    return int(at)


@lean
def put(words: NDArray[np.uint64], at: int, keys: NDArray[np.uint64], row: int) -> None:
    """Write a record's key."""
    words[at], words[at + 1] = keys[4 * row], keys[4 * row + 1]
    words[at + 2], words[at + 3] = keys[4 * row + 2], keys[4 * row + 3]


@lean
def block_of(cursor: int) -> int:
    """Position of the block in which a list's cursor stands."""
    return (cursor - 1) & _INSIDE if cursor else 0


@lean
def pair(high: int, low: int) -> np.uint64:
    """Put two halves into a word."""
    return np.uint64(high) << np.uint64(32) | np.uint64(low)


@lean
def high_half(word: np.uint64) -> int:
    """Upper half of a word."""
    return np.int64(word >> np.uint64(32))


@lean
def low_half(word: np.uint64) -> int:
    """Lower half of a word."""
    return np.int64(word & np.uint64(0xFFFF_FFFF))


@lean
def same_key(words: NDArray[np.uint64], a: int, b: int) -> bool:
    """Compare the keys of two records."""
    return bool(
        words[a] == words[b]
        and words[a + 1] == words[b + 1]
        and words[a + 2] == words[b + 2]
        and words[a + 3] == words[b + 3]
    )
