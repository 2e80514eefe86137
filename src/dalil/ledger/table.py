"""A hash table from 32-byte keys to row numbers, in one flat array.

It finds a transaction by txid and an address by key, for the builder and for
readers alike: the array is a file, mapped. A slot holds a 64-bit mark of the
key beside a row number plus one, so that a look costs one cache line; the
mark decides almost always, the key column itself always. The mark is seeded
per table, since whoever makes an address chooses its bytes and could make
them collide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dalil.kernels import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Keys", "Slots", "find", "insert", "mark_of", "rehash", "words"]


class Slots(NamedTuple):
    """The table: (size, 2) mark and row + 1 (0: empty); size a power of two."""

    cells: NDArray[np.uint64]
    seed: np.uint64


class Keys(NamedTuple):
    """A key column in two parts, rows before `split` in `old`, the rest in `new`.

    Keys are four 64-bit words each (see `words`). A tag other than 0 tells
    keys of the same bytes apart, such as an address's type; tables without
    tags leave the tag columns empty and ask for tag 0.
    """

    old: NDArray[np.uint64]
    old_tag: NDArray[np.uint8]
    new: NDArray[np.uint64]
    new_tag: NDArray[np.uint8]
    split: int


def words(keys: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """See (n, 32) bytes as (n, 4) words, without a copy."""
    return np.asarray(keys).view(np.uint64)


@kernel
def mark_of(key: NDArray[np.uint64], tag: int, seed: np.uint64) -> np.uint64:
    """Mix four words, a tag and the seed into 64 bits."""
    mark = seed ^ np.uint64(tag)
    for word in range(4):
        mark ^= key[word]
        mark *= np.uint64(0x9E3779B97F4A7C15)
        mark ^= mark >> np.uint64(32)
        mark *= np.uint64(0xD6E8FEB86659FD93)
        mark ^= mark >> np.uint64(29)
    return mark


@kernel
def _same(keys: Keys, row: int, key: NDArray[np.uint64], tag: int) -> bool:
    old = row < keys.split
    local = row if old else row - keys.split
    if tag and (keys.old_tag[local] if old else keys.new_tag[local]) != tag:
        return False
    stored = keys.old if old else keys.new
    return bool(
        stored[local, 0] == key[0]
        and stored[local, 1] == key[1]
        and stored[local, 2] == key[2]
        and stored[local, 3] == key[3]
    )


@kernel
def find(
    slots: Slots, keys: Keys, key: NDArray[np.uint64], tag: int, below: int
) -> int:
    """Return the highest row under `below` with this key, or -1."""
    mask = np.uint64(slots.cells.shape[0] - 1)
    mark = mark_of(key, tag, slots.seed)
    at = mark & mask
    best = -1
    while slots.cells[at, 1] != 0:
        row = np.int64(slots.cells[at, 1]) - 1
        if (
            slots.cells[at, 0] == mark
            and best < row < below
            and _same(keys, row, key, tag)
        ):
            best = row
        at = (at + np.uint64(1)) & mask
    return best


@kernel
def insert(slots: Slots, mark: np.uint64, row: int) -> None:
    """Add a row under its mark; the caller keeps the table at most 3/5 full."""
    mask = np.uint64(slots.cells.shape[0] - 1)
    at = mark & mask
    while slots.cells[at, 1] != 0:
        at = (at + np.uint64(1)) & mask
    slots.cells[at, 0] = mark
    slots.cells[at, 1] = np.uint64(row + 1)


@kernel
def rehash(slots: Slots, old: Slots, below: int) -> int:
    """Copy all rows under `below` of another table in; returns how many."""
    copied = 0
    for i in range(old.cells.shape[0]):
        if 0 < old.cells[i, 1] <= below:
            insert(slots, old.cells[i, 0], np.int64(old.cells[i, 1]) - 1)
            copied += 1
    return copied
