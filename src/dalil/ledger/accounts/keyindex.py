"""Finding a row by its key: rows in buckets by their keys' marks.

Four bytes a row: no key is kept twice, the column that has it is looked into.
`offsets` cuts the rows into buckets by their marks' top bits, some eight each.
An index covers the rows from `first` on and is never changed; it is fully
determined by the keys and the seed, so it can be made again at any time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dalil.kernels import lean
from dalil.ledger.accounts.marks import mark_at, same_key
from dalil.ledger.runs.radix import sort_by_high

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["KeyIndex", "find_keys", "index_keys"]

_LOW = np.uint64(0xFFFF_FFFF)
_PER_BUCKET = 8


class KeyIndex(NamedTuple):
    """`rows` (n,) uint32 counted from `first`; `offsets` (2**bits + 1,) uint32."""

    rows: NDArray[np.uint32]
    offsets: NDArray[np.uint32]
    first: int


def index_keys(
    keys: NDArray[np.uint32], width: int, seed: int, first: int = 0
) -> KeyIndex:
    """Index rows of `width` words each that lie in a flat array.

    Parameters
    ----------
    keys : (n * width,) uint32
        The keys of the rows from `first` on.
    """
    n = keys.size // width
    marks = np.empty(n, np.uint64)
    bits = max(1, (n // _PER_BUCKET).bit_length())
    _fill_marks(keys, width, np.uint64(seed), bits, marks)
    marks = sort_by_high(marks, 1 << bits)
    offsets = np.empty((1 << bits) + 1, np.uint32)
    _fill_offsets(marks, offsets)
    return KeyIndex((marks & _LOW).astype(np.uint32), offsets, first)


@lean
def _fill_marks(
    keys: NDArray[np.uint32],
    width: int,
    seed: np.uint64,
    bits: int,
    marks: NDArray[np.uint64],
) -> None:
    """Pair each row's bucket, its mark's top bits, with the row."""
    shift = np.uint64(64 - bits)
    for row in range(marks.size):
        mark = mark_at(keys, row * width, width, seed)
        marks[row] = mark >> shift << np.uint64(32) | np.uint64(row)


@lean
def _fill_offsets(marks: NDArray[np.uint64], offsets: NDArray[np.uint32]) -> None:
    bucket = 0
    for i in range(marks.size):
        mine = np.int64(marks[i] >> np.uint64(32))
        while bucket <= mine:
            offsets[bucket] = i
            bucket += 1
    while bucket < offsets.size:
        offsets[bucket] = marks.size
        bucket += 1


@lean
def find_keys(
    wanted: NDArray[np.uint32],
    width: int,
    seed: np.uint64,
    index: KeyIndex,
    keys: NDArray[np.uint32],
    found: NDArray[np.int64],
) -> None:
    """Fill in the row of each wanted key that is not found yet.

    Parameters
    ----------
    wanted : (n * width,) uint32
    keys : (n_rows * width,) uint32
        The whole column.
    found : (n,) int64
        Looked for where negative; changed where the key is here.
    """
    bits = np.int64(0)
    while (np.int64(1) << bits) + 1 < index.offsets.size:
        bits += 1
    shift = np.uint64(64 - bits)
    for i in range(found.size):
        if found[i] >= 0:
            continue
        bucket = np.int64(mark_at(wanted, i * width, width, seed) >> shift)
        for at in range(index.offsets[bucket], index.offsets[bucket + 1]):
            row = index.first + int(index.rows[at])
            if same_key(wanted, i * width, keys, row * width, width):
                found[i] = row
                break
