"""A hash table from 32-byte keys to row numbers, in two flat arrays.

It finds a transaction by txid and an address by key, for the builder and for
readers alike: both arrays are files, mapped. A slot holds a 64-bit mark of
the key and a row number plus one; the mark decides almost always, the key
column itself always. The mark is seeded per table, since whoever makes an
address chooses its bytes and could make them collide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dalil.kernels import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Keys", "Slots", "find", "insert", "mark_of", "rehash"]


class Slots(NamedTuple):
    """The table: mark and row + 1 per slot (0: empty), a power of two of them."""

    marks: NDArray[np.uint64]
    rows: NDArray[np.uint32]
    seed: np.uint64


class Keys(NamedTuple):
    """A key column in two parts, rows before `split` in `old`, the rest in `new`.

    A tag other than 0 tells keys of the same bytes apart, such as an address's
    type; tables without tags leave the tag columns empty and ask for tag 0.
    """

    old: NDArray[np.uint8]
    old_tag: NDArray[np.uint8]
    new: NDArray[np.uint8]
    new_tag: NDArray[np.uint8]
    split: int


@kernel
def mark_of(key: NDArray[np.uint8], tag: int, seed: np.uint64) -> np.uint64:
    """Mix 32 bytes, a tag and the seed into 64 bits."""
    mark = seed ^ np.uint64(tag)
    for word in range(4):
        value = np.uint64(0)
        for byte in range(8):
            value |= np.uint64(key[8 * word + byte]) << np.uint64(8 * byte)
        mark ^= value
        mark *= np.uint64(0x9E3779B97F4A7C15)
        mark ^= mark >> np.uint64(32)
        mark *= np.uint64(0xD6E8FEB86659FD93)
        mark ^= mark >> np.uint64(29)
    return mark


@kernel
def _same(keys: Keys, row: int, key: NDArray[np.uint8], tag: int) -> bool:
    old = row < keys.split
    local = row if old else row - keys.split
    if tag and (keys.old_tag[local] if old else keys.new_tag[local]) != tag:
        return False
    stored = keys.old[local] if old else keys.new[local]
    for i in range(32):  # noqa: SIM110 - numba knows no all() of a generator
        if stored[i] != key[i]:
            return False
    return True


@kernel
def find(slots: Slots, keys: Keys, key: NDArray[np.uint8], tag: int, below: int) -> int:
    """Return the highest row under `below` with this key, or -1."""
    mask = np.uint64(slots.marks.size - 1)
    mark = mark_of(key, tag, slots.seed)
    at = mark & mask
    best = -1
    while slots.rows[at] != 0:
        row = np.int64(slots.rows[at]) - 1
        if (
            slots.marks[at] == mark
            and best < row < below
            and _same(keys, row, key, tag)
        ):
            best = row
        at = (at + np.uint64(1)) & mask
    return best


@kernel
def insert(slots: Slots, mark: np.uint64, row: int) -> None:
    """Add a row under its mark; the caller keeps the table at most 3/5 full."""
    mask = np.uint64(slots.marks.size - 1)
    at = mark & mask
    while slots.rows[at] != 0:
        at = (at + np.uint64(1)) & mask
    slots.marks[at] = mark
    slots.rows[at] = row + 1


@kernel
def rehash(slots: Slots, old: Slots, below: int) -> int:
    """Copy all rows under `below` of another table in; returns how many."""
    copied = 0
    for i in range(old.rows.size):
        if 0 < old.rows[i] <= below:
            insert(slots, old.marks[i], np.int64(old.rows[i]) - 1)
            copied += 1
    return copied
