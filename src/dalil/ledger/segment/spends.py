"""Inputs meet the transactions they spend, one partition at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dalil.kernels import lean
from dalil.ledger.marks import mark_at
from dalil.ledger.segment.lists import (
    SPEND,
    TX,
    block_of,
    high_half,
    low_half,
    same_key,
)
from dalil.ledger.segment.order import sort_marks, sort_stretch
from dalil.ledger.segment.prefetch import prefetch, prefetch_to_write
from dalil.ledger.segment.take import Mix  # noqa: TC001 - a kernel argument
from dalil.words import store_u64

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "FAR",
    "Links",
    "SpendRoom",
    "Written",
    "add_spends",
    "keep_found",
    "place_outpoints",
    "sort_txs",
]

FAR = -3
"""`spends` of an input found in an older run: FAR - (tx row << 24 | index)."""

_LOW = np.uint64(0xFFFF_FFFF)
_MISSED = np.uint64(1 << 63)
_INDEX_BITS = 24
_AHEAD = 48
"""Words between a record and the one whose memory is asked for meanwhile."""
_MOST_INDEX = (1 << _INDEX_BITS) - 1


class Written(NamedTuple):
    """All lists of a segment: its words, and (n_lists, 4, n_parts) cursors."""

    words: NDArray[np.uint64]
    cursor: NDArray[np.int64]


class SpendRoom(NamedTuple):
    """One thread's room, for the largest partition: its txs, its missed spends."""

    raw: NDArray[np.uint64]
    sorted: NDArray[np.uint64]
    starts: NDArray[np.uint32]
    missed: NDArray[np.uint64]
    ordered: NDArray[np.uint64]
    found: NDArray[np.int64]


class Links(NamedTuple):
    """What inputs turn out to spend.

    `seen` (n_out,) is 1 once an input of the segment spends an output of it.
    `wrong` (2,) of each thread: lowest input that names an output its tx lacks,
    whether an output was spent twice.
    """

    spends: NDArray[np.int64]
    seen: NDArray[np.uint8]
    n_output: int
    wrong: NDArray[np.int64]


@lean
def sort_txs(
    part: int,
    lists: Written,
    mix: Mix,
    bits: int,
    room: SpendRoom,
    entries: NDArray[np.uint64],
) -> None:
    """Sort a partition's transactions into `room.sorted` and index `entries`.

    Entries in the room hold positions of records in place of rows. Where marks'
    first words are alike (of repeated txids), their second words hold row and
    position, ascending.
    """
    words, raw, ordered, n = lists.words, room.raw, room.sorted, 0
    for writer in range(lists.cursor.shape[0]):
        end = lists.cursor[writer, TX, part]
        block = block_of(end)
        while block:
            for at in range(block + 1, min(end, block + 253), 6):
                high, low = mark_at(words, at, 0, mix.seed)
                raw[n, 0], raw[n, 1] = high, low | np.uint64(at)
                n += 1
            block = np.int64(words[block])
            end = block + 256
    sort_marks(raw, n, ordered, room.starts, mix.bits, bits)
    start = 0
    while start < n:
        stop = start + 1
        while stop < n and ordered[stop, 0] == ordered[start, 0]:
            stop += 1
        for j in range(start, stop):
            row = words[np.int64(ordered[j, 1] & _LOW) + 4] & _LOW
            entries[j, 0] = ordered[j, 0]
            entries[j, 1] = (ordered[j, 1] & ~_LOW) | row
            if stop - start > 1:
                ordered[j, 1] = row << np.uint64(32) | (ordered[j, 1] & _LOW)
        if stop - start > 1:
            sort_stretch(entries, start, stop)
            sort_stretch(ordered, start, stop)
        start = stop


@lean
def _find_in_run(
    words: NDArray[np.uint64],
    entries: NDArray[np.uint64],
    run: tuple[int, int],
    spend: int,
    below: int,
) -> int:
    """Of entries that share a mark's first word, the highest row that will do."""
    start, stop = run
    low, high = start, stop
    while low < high:
        middle = (low + high) // 2
        if high_half(entries[middle, 1]) < below:
            low = middle + 1
        else:
            high = middle
    for j in range(low - 1, start - 1, -1):
        at = low_half(entries[j, 1])
        if same_key(words, at, spend):
            return at
    return 0


@lean
def _find_tx(
    words: NDArray[np.uint64],
    entries: NDArray[np.uint64],
    bucket: tuple[int, int],
    high: np.uint64,
    spend: int,
) -> int:
    """Position of the transaction that a spend names, 0 if it is not here."""
    below = np.int64(words[spend + 5])
    start, stop = bucket
    for j in range(start, stop):
        if entries[j, 0] == high:
            last = j + 1
            while last < stop and entries[last, 0] == high:
                last += 1
            if last > j + 1:
                return _find_in_run(words, entries, (j, last), spend, below)
            at = low_half(entries[j, 1])
            if low_half(words[at + 4]) < below and same_key(words, at, spend):
                return at
            return 0
    return 0


@lean
def add_spends(
    part: int, lists: Written, mix: Mix, bits: int, room: SpendRoom, links: Links
) -> int:
    """Link a partition's inputs to its transactions, sorted before.

    The rest is outside for now: their marks go to `room.missed`, with
    positions in place of rows. Returns how many.
    """
    words, entries, starts, missed = lists.words, room.sorted, room.starts, room.missed
    spends, seen, wrong, n = links.spends, links.seen, links.wrong, 0
    left, right = np.uint64(mix.bits), np.uint64(64 - bits)
    for writer in range(lists.cursor.shape[0]):
        end = lists.cursor[writer, SPEND, part]
        block = block_of(end)
        while block:
            stop = min(end, block + 253)
            for at in range(block + 1, stop, 6):
                if at + _AHEAD < stop:
                    prefetch_to_write(spends, low_half(words[at + _AHEAD + 4]))
                high, low = mark_at(words, at, 0, mix.seed)
                b = np.int64((high << left) >> right)
                bucket = np.int64(starts[b]), np.int64(starts[b + 1])
                tx = _find_tx(words, entries, bucket, high, at)
                index, row = high_half(words[at + 4]), low_half(words[at + 4])
                if tx == 0:
                    spends[row] = -1
                    words[at + 5] |= _MISSED
                    missed[n, 0], missed[n, 1] = high, low | np.uint64(at)
                    n += 1
                elif index >= np.int64(words[tx + 5]):
                    wrong[0] = min(wrong[0], row)
                else:
                    output = high_half(words[tx + 4]) + index
                    wrong[1] |= seen[output]
                    seen[output] = 1
                    spends[row] = links.n_output + output
            block = np.int64(words[block])
            end = block + 256
    return n


@lean
def keep_found(
    words: NDArray[np.uint64],
    entries: NDArray[np.uint64],
    n: int,
    found: NDArray[np.int64],
    spends: NDArray[np.int64],
) -> None:
    """Note the rows found for inputs, with the output's index, to be looked up."""
    for j in range(n):
        if found[j] >= 0:
            spend = low_half(entries[j, 1])
            index = min(high_half(words[spend + 4]), _MOST_INDEX)
            spends[low_half(words[spend + 4])] = FAR - (found[j] << 24 | index)


@lean
def _place(
    words: NDArray[np.uint64], at: int, outpoint: NDArray[np.uint32], row: int
) -> None:
    """Write a spend's outpoint, nine four-byte words, at a row."""
    for word in range(4):
        store_u64(outpoint, 36 * row + 8 * word, np.int64(words[at + word]))
    outpoint[row, 8] = np.uint32(high_half(words[at + 4]))


@lean
def place_outpoints(
    part: int,
    lists: Written,
    spends: NDArray[np.int64],
    first: int,
    outpoint: NDArray[np.uint32],
) -> None:
    """Put the outpoints of a partition's outside inputs where they belong.

    `spends` of such an input is `first` + its row among outside inputs, and
    becomes -1.
    """
    words, flat = lists.words, outpoint.reshape(-1)
    for writer in range(lists.cursor.shape[0]):
        end = lists.cursor[writer, SPEND, part]
        block = block_of(end)
        while block:
            stop = min(end, block + 253)
            for at in range(block + 1, stop, 6):
                if at + 2 * _AHEAD < stop:
                    prefetch(spends, low_half(words[at + 2 * _AHEAD + 4]))
                if at + _AHEAD < stop:
                    place = spends[low_half(words[at + _AHEAD + 4])] - first
                    prefetch_to_write(flat, 9 * place)
                    prefetch_to_write(flat, 9 * place + 8)
                if words[at + 5] & _MISSED:
                    row = low_half(words[at + 4])
                    if spends[row] >= first:
                        _place(words, at, outpoint, spends[row] - first)
                        spends[row] = -1
            block = np.int64(words[block])
            end = block + 256
