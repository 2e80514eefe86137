"""Keys of addresses meet their like, one partition at a time.

Of the records with one key the one that appears first represents them; the
others come to hold its position. `code` gets a number for each output (and,
where something is told, each input): an older address's id; or the number of
earlier addresses + the place in `code` of the key's first appearance, which
the numbering in `number` turns into an id.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dalil.kernels import lean
from dalil.ledger.marks import mark_at
from dalil.ledger.segment.lists import (
    OUTPUT,
    TOLD,
    block_of,
    high_half,
    low_half,
    pair,
    same_key,
)
from dalil.ledger.segment.order import sort_marks
from dalil.ledger.segment.prefetch import prefetch, prefetch_to_write
from dalil.ledger.segment.take import INPUT_FLAG, Mix

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dalil.ledger.segment.spends import Written

__all__ = [
    "Codes",
    "KeyRoom",
    "NewAddresses",
    "fold_keys",
    "give_codes",
    "place_keys",
    "sort_keys",
]

_TYPE = 0xFF
_INPUT = INPUT_FLAG
_FOLLOWS = 1 << 10
_KNOWN = 1 << 11
_UNUSED = 1 << 12
_NONE = 0xFFFF_FFFF
_FIRST_BITS = 8


class KeyRoom(NamedTuple):
    """One thread's room: a table with 4 slots, and 1 entry, for each key at most."""

    slots: NDArray[np.uint64]
    sorted: NDArray[np.uint64]
    starts: NDArray[np.uint32]
    found: NDArray[np.int64]


class Codes(NamedTuple):
    """`code` (n_out,) or (n_out + n_in,) uint32; earlier addresses and outputs."""

    code: NDArray[np.uint32]
    n_old: int
    n_out: int


class NewAddresses(NamedTuple):
    """Columns of the new addresses: (n,) and, as words, (n, 4)."""

    kind: NDArray[np.uint8]
    key: NDArray[np.uint64]


@lean
def _grow(
    slots: NDArray[np.uint64], bits: int, skip: int, entries: NDArray[np.uint64], n: int
) -> None:
    """Clear a table of 2**bits slots and put the entries in again."""
    slots[: 1 << bits] = np.uint64(0)
    for j in range(n):
        high = entries[j, 0]
        slot = np.int64((high << np.uint64(skip)) >> np.uint64(64 - bits))
        while slots[slot]:
            slot = (slot + 1) & ((1 << bits) - 1)
        slots[slot] = (high << np.uint64(32)) | (entries[j, 1] & np.uint64(_NONE))


@lean
def _meet(words: NDArray[np.uint64], first: int, at: int) -> None:
    """Let a record meet the one that represents its key so far."""
    mine, other = words[at + 4], words[first + 4]
    if high_half(other) & _INPUT and not high_half(mine) & _INPUT:
        seen = min(high_half(words[first + 5]), low_half(mine))
        words[first + 5] = pair(seen, low_half(words[first + 5]))
    elif low_half(mine) < low_half(other):
        words[first + 4], words[at + 4] = mine, other
        mine = other
        if high_half(other) & _INPUT:
            words[first + 5], words[at + 5] = words[at + 5], words[first + 5]
    words[at] = np.uint64(first)
    words[at + 4] = pair(high_half(mine) | _FOLLOWS, low_half(mine))


@lean
def fold_keys(
    part: int,
    lists: Written,
    mix: Mix,
    spends: NDArray[np.int64],
    room: KeyRoom,
    entries: NDArray[np.uint64],
) -> int:
    """Fold a partition's records by key; what was told counts if from outside.

    `entries` gets each key's mark with its representative's position; returns
    how many. The table grows with the keys, not with the records.
    """
    words, slots, n, bits = lists.words, room.slots, 0, _FIRST_BITS
    skip, mask = np.uint64(mix.bits), (1 << bits) - 1
    _grow(slots, bits, mix.bits, entries, 0)
    for told_first in range(2):
        which, size = (TOLD, 6) if told_first == 0 else (OUTPUT, 5)
        for writer in range(lists.cursor.shape[0]):
            end = lists.cursor[writer, which, part]
            block = block_of(end)
            while block:
                for at in range(block + 1, min(end, block + 257 - size), size):
                    kind = high_half(words[at + 4])
                    if which == TOLD:
                        if spends[low_half(words[at + 4])] != -1:
                            words[at + 4] |= np.uint64(_UNUSED) << np.uint64(32)
                            continue
                        words[at + 5] = pair(_NONE, low_half(words[at + 5]))
                    high, low = mark_at(words, at, kind & _TYPE, mix.seed)
                    slot = np.int64((high << skip) >> np.uint64(64 - bits))
                    while slots[slot]:
                        first = low_half(slots[slot])
                        if (
                            (slots[slot] >> np.uint64(32)) == (high & np.uint64(_NONE))
                            and same_key(words, first, at)
                            and (high_half(words[first + 4]) ^ kind) & _TYPE == 0
                        ):
                            break
                        slot = (slot + 1) & mask
                    if slots[slot]:
                        _meet(words, low_half(slots[slot]), at)
                        continue
                    slots[slot] = (high << np.uint64(32)) | np.uint64(at)
                    entries[n, 0], entries[n, 1] = high, low | np.uint64(at)
                    n += 1
                    if 2 * n > mask:
                        bits += 1
                        mask = (1 << bits) - 1
                        _grow(slots, bits, mix.bits, entries, n)
                block = np.int64(words[block])
                end = block + 256
    return n


@lean
def sort_keys(
    entries: NDArray[np.uint64], n: int, room: KeyRoom, skip: int, bits: int
) -> None:
    """Sort a partition's keys by mark, in place; nothing is found yet."""
    sort_marks(entries, n, room.sorted, room.starts, skip, bits)
    for j in range(n):
        entries[j, 0], entries[j, 1] = room.sorted[j, 0], room.sorted[j, 1]
        room.found[j] = -1


@lean
def _settle(words: NDArray[np.uint64], at: int, found: int, codes: Codes) -> None:
    """Give a representative its code, and keep there what others are to get."""
    flags, row = high_half(words[at + 4]), low_half(words[at + 4])
    own = row
    if flags & _INPUT:
        own = codes.n_out + row
        seen = high_half(words[at + 5])
        row = own if low_half(words[at + 5]) <= seen else seen
    if found >= 0:
        codes.code[own] = found
        words[at + 4] = pair(flags | _KNOWN, found)
    else:
        codes.code[own] = codes.n_old + row
        words[at + 4] = pair(flags, row)


@lean
def give_codes(
    part: int,
    lists: Written,
    entries: NDArray[np.uint64],
    n: int,
    found: NDArray[np.int64],
    codes: Codes,
) -> int:
    """Give a partition's records their codes; new keys' entries move to the front.

    Returns how many keys are new.
    """
    words, code, n_new = lists.words, codes.code, 0
    for j in range(n):
        _settle(words, low_half(entries[j, 1]), found[j], codes)
        if found[j] < 0:
            entries[n_new, 0], entries[n_new, 1] = entries[j, 0], entries[j, 1]
            n_new += 1
    for which in (OUTPUT, TOLD):
        size = 5 if which == OUTPUT else 6
        base = 0 if which == OUTPUT else codes.n_out
        for writer in range(lists.cursor.shape[0]):
            end = lists.cursor[writer, which, part]
            block = block_of(end)
            while block:
                for at in range(block + 1, min(end, block + 257 - size), size):
                    if high_half(words[at + 4]) & _FOLLOWS:
                        first = words[np.int64(words[at]) + 4]
                        new = low_half(first)
                        if not high_half(first) & _KNOWN:
                            new += codes.n_old
                        code[base + low_half(words[at + 4])] = new
                block = np.int64(words[block])
                end = block + 256
    return n_new


@lean
def place_keys(
    words: NDArray[np.uint64],
    entries: NDArray[np.uint64],
    codes: Codes,
    new: NewAddresses,
) -> None:
    """Put new keys at their rows, and rows in place of positions in entries."""
    n, code, flat = entries.shape[0], codes.code, new.key.reshape(-1)
    for j in range(n):
        if j + 24 < n:
            prefetch(words, low_half(entries[j + 24, 1]))
        if j + 16 < n:
            prefetch(code, low_half(words[low_half(entries[j + 16, 1]) + 4]))
        if j + 8 < n:
            place = np.int64(code[low_half(words[low_half(entries[j + 8, 1]) + 4])])
            prefetch_to_write(flat, 4 * (place - codes.n_old))
        at = low_half(entries[j, 1])
        row = np.int64(code[low_half(words[at + 4])]) - codes.n_old
        new.kind[row] = high_half(words[at + 4]) & _TYPE
        for word in range(4):
            new.key[row, word] = words[at + word]
        entries[j, 1] = (entries[j, 1] & ~np.uint64(_NONE)) | np.uint64(row)
