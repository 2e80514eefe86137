"""Kernels that read many runs front to back and give what one run would hold.

Sources are records that say where each run's part lies in memory, how far it
has been read, what is to be added to its rows, and the row it ends before.
Every kernel stops when its output is full and goes on at the next call, so
that memory is bounded by buffers, whatever the length of an address's history.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.kernels import kernel
from dalil.ledger.runs.tables import bytes4, pairs8

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dalil.ledger.runs.tables import Table

__all__ = [
    "PAIRS",
    "POSTINGS",
    "count_keys",
    "fill_buckets",
    "join_pairs",
    "join_postings",
]

PAIRS = np.dtype(
    [
        ("pairs", "u8"),
        ("at", "i8"),
        ("end", "i8"),
        ("mask", "u8"),  # which bits of a pair's second word are its row
        ("limit", "u8"),
        ("shift", "u8"),
    ]
)
"""A source of sorted pairs: entries of an index, or outputs and their spenders."""

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
def _next_pair(sources: Table, r: int, heads: NDArray[np.uint64]) -> None:
    """Read a source's next pair that stays, its row shifted."""
    source = sources[r]
    pairs = pairs8(source.pairs, source.end)
    at = source.at
    while at < source.end and (pairs[at, 1] & source.mask) >= source.limit:
        at += 1
    sources[r].at = at
    if at < source.end:
        heads[r, 0] = pairs[at, 0]
        heads[r, 1] = pairs[at, 1] + source.shift


@kernel
def join_pairs(sources: Table, out: NDArray[np.uint64]) -> int:
    """Fill `out` (n, 2) with the next pairs of all sources; gives how many."""
    n, k = 0, sources.shape[0]
    heads = np.empty((k, 2), np.uint64)
    for r in range(k):
        _next_pair(sources, r, heads)
    while n < out.shape[0]:
        best = -1
        for r in range(k):
            if sources[r].at < sources[r].end and (
                best < 0
                or heads[r, 0] < heads[best, 0]
                or (heads[r, 0] == heads[best, 0] and heads[r, 1] < heads[best, 1])
            ):
                best = r
        if best < 0:
            break
        out[n, 0], out[n, 1] = heads[best, 0], heads[best, 1]
        n += 1
        sources[best].at += 1
        _next_pair(sources, best, heads)
    return n


@kernel
def fill_buckets(
    entries: NDArray[np.uint64],
    at: NDArray[np.int64],
    bits: int,
    out: NDArray[np.uint32],
) -> int:
    """Fill `out` with the starts of buckets that begin among these entries.

    `at` is where it stands: the next entry here, the next bucket, and the
    number of entries before these. It gives how many starts it filled; all
    entries are done when fewer than `out` holds.
    """
    shift, n = np.uint64(64 - bits), 0
    while at[0] < entries.shape[0]:
        mine = np.int64(entries[at[0], 0] >> shift)
        while at[1] <= mine:
            if n == out.size:
                return n
            out[n] = at[2] + at[0]
            n += 1
            at[1] += 1
        at[0] += 1
    return n


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
