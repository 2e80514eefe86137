"""Kernels that give the postings of many runs as one run would hold them.

As in `joining`: sources say how far they have been read, and a full output ends
a call that the next one goes on from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.kernels import kernel, lean
from dalil.ledger.runs.tables import bytes4

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dalil.ledger.runs.tables import Table

__all__ = ["POSTINGS", "count_keys", "join_postings"]

POSTINGS = np.dtype(
    [
        ("keys", "u8"),
        ("first", "i8"),  # of a source without keys: its first address; else -1
        ("at", "i8"),
        ("end", "i8"),
        ("offsets", "u8"),
        ("rows", "u8"),
        ("n_rows", "i8"),
        ("limit", "i8"),
        ("shift", "i8"),
    ]
)
"""A source of postings: some addresses, ascending, and the rows of each."""

OPEN, KEY, SOURCE, DONE, START, TOTAL = range(6)
"""Where `join_postings` stands, in its state."""


@kernel
def _key(source: Table) -> int:
    """Give the address a source stands at, or -1 at its end."""
    if source.at >= source.end:
        return -1
    if source.first >= 0:
        return int(source.first + source.at)
    return int(bytes4(source.keys, source.end)[source.at])


@kernel
def _least_key(sources: Table) -> int:
    least = np.int64(-1)
    for r in range(sources.shape[0]):
        key = _key(sources[r])
        if key >= 0 and (least < 0 or key < least):
            least = key
    return int(least)


@kernel
def _rows_at(source: Table) -> tuple[int, int]:
    """Tell where the rows of the address lie that stay."""
    offsets = bytes4(source.offsets, source.end + 1)
    stop = min(np.int64(offsets[source.at + 1]), source.n_rows)
    start = min(np.int64(offsets[source.at]), stop)
    if source.limit < 0:
        return start, stop
    rows, low, high = bytes4(source.rows, source.n_rows), start, stop
    while low < high:
        middle = (low + high) >> 1
        if rows[middle] < source.limit:
            low = middle + 1
        else:
            high = middle
    return start, low


@kernel
def count_keys(sources: Table, most: int, counts: NDArray[np.int64]) -> bool:
    """Add addresses with rows, and rows, to `counts`; at most so many addresses.

    Gives whether there are more.
    """
    for _ in range(most):
        key = _least_key(sources)
        if key < 0:
            return False
        n = np.int64(0)
        for r in range(sources.shape[0]):
            if _key(sources[r]) == key:
                start, stop = _rows_at(sources[r])
                n += stop - start
                sources[r].at += 1
        counts[0] += n > 0
        counts[1] += n
    return True


@lean
def _copy_stretch(
    cuts: NDArray[np.uint32],
    mine: NDArray[np.uint32],
    stretch: tuple[int, int, int, int],
    total: int,
    out: tuple[NDArray[np.uint32], NDArray[np.uint32], NDArray[np.uint32]],
    n: tuple[int, int],
) -> tuple[int, int]:
    """Copy a stretch of addresses and their rows, as far as both fit."""
    keys, offsets, rows = out
    at, stop, first, shift = stretch
    n_keys, n_rows = n
    begun = n_rows
    while at < stop and n_keys < keys.size:
        low = np.int64(cuts[at])
        high = min(np.int64(cuts[at + 1]), np.int64(mine.size))
        if n_rows + high - low > rows.size:
            break
        keys[n_keys], offsets[n_keys] = first + at, total + n_rows - begun
        for i in range(low, high):
            rows[n_rows] = np.int64(mine[i]) + shift
            n_rows += 1
        n_keys, at = n_keys + 1, at + 1
    return n_keys, n_rows


@kernel
def _copy_dense(
    sources: Table,
    state: NDArray[np.int64],
    out: tuple[NDArray[np.uint32], NDArray[np.uint32], NDArray[np.uint32]],
    n_keys: int,
    n_rows: int,
) -> tuple[int, int]:
    """Copy what only a first source without keys has, up to the others' next key."""
    if sources.shape[0] == 0 or sources[0].first < 0 or sources[0].limit >= 0:
        return n_keys, n_rows
    source, other = sources[0], _least_key(sources[1:])
    stop = source.end if other < 0 else min(source.end, other - source.first)
    if source.at >= stop:
        return n_keys, n_rows
    cuts = bytes4(source.offsets, source.end + 1)
    mine = bytes4(source.rows, source.n_rows)
    stretch = source.at, stop, source.first, source.shift
    keys, done = _copy_stretch(cuts, mine, stretch, state[TOTAL], out, (n_keys, n_rows))
    sources[0].at += keys - n_keys
    state[TOTAL] += done - n_rows
    return keys, done


@kernel
def join_postings(
    sources: Table,
    state: NDArray[np.int64],
    keys: NDArray[np.uint32],
    offsets: NDArray[np.uint32],
    rows: NDArray[np.uint32],
) -> tuple[int, int]:
    """Fill addresses, where their rows start, and rows; gives how many of each.

    An address without rows is left out, unless a source without keys has it.
    All is done when both are fewer than there is room for.
    """
    n_keys = n_rows = 0
    while True:
        if not state[OPEN]:
            n_keys, n_rows = _copy_dense(
                sources, state, (keys, offsets, rows), n_keys, n_rows
            )
            key = _least_key(sources)
            if key < 0 or n_keys == keys.size:
                return n_keys, n_rows
            state[OPEN], state[KEY], state[SOURCE], state[DONE] = 1, key, 0, 0
            state[START] = state[TOTAL]
            keys[n_keys], offsets[n_keys] = key, state[TOTAL]
            n_keys += 1
        dense = False
        while state[SOURCE] < sources.shape[0]:
            source = sources[state[SOURCE]]
            if _key(source) == state[KEY]:
                dense |= source.first >= 0
                start, stop = _rows_at(source)
                start += state[DONE]
                n = min(stop - start, rows.size - n_rows)
                mine = bytes4(source.rows, source.n_rows)
                for i in range(n):
                    rows[n_rows + i] = np.int64(mine[start + i]) + source.shift
                n_rows += n
                state[TOTAL] += n
                state[DONE] += n
                if start + n < stop:
                    return n_keys, n_rows
                state[DONE] = 0
                sources[state[SOURCE]].at += 1
            state[SOURCE] += 1
        state[OPEN] = 0
        if state[START] == state[TOTAL] and not dense:
            n_keys -= 1
