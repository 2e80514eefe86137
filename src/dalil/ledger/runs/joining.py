"""Kernels that read many runs front to back and give what one run would hold.

Sources are records that say where each run's part lies in memory, how far it
has been read, what is to be added to its rows, and the row it ends before.
Every kernel stops when its output is full and goes on at the next call, so
that memory is bounded by buffers, whatever the length of an address's history.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.kernels import kernel, lean
from dalil.ledger.runs.tables import bytes4, pairs8
from dalil.ledger.segment.order import sort_stretch

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

_AT_ONCE = 1 << 15
"""Pairs that are sorted at a time: they fit a core's cache."""
_ALL = np.uint64(0xFFFF_FFFF_FFFF_FFFF)

OPEN, KEY, SOURCE, DONE, START, TOTAL = range(6)
"""Where `join_postings` stands, in its state."""


@lean
def _least(
    pairs: NDArray[np.uint64], at: int, shift: np.uint64, least: NDArray[np.uint64]
) -> bool:
    """Lower `least` (2,) to a pair if that is less; tells whether it was."""
    high, low = pairs[at, 0], pairs[at, 1] + shift
    if high < least[0] or (high == least[0] and low < least[1]):
        least[0], least[1] = high, low
        return True
    return False


@lean
def _take_up_to(
    pairs: NDArray[np.uint64],
    span: tuple[int, int],
    bound: tuple[np.uint64, np.uint64],
    of: tuple[np.uint64, np.uint64, np.uint64],
    room: NDArray[np.uint64],
    n: int,
) -> tuple[int, int]:
    """Copy a source's pairs that stay, up to a bound; gives where it ends, and n."""
    at, stop = span
    mask, limit, shift = of
    while at < stop:
        high, low = pairs[at, 0], pairs[at, 1]
        if high > bound[0] or (high == bound[0] and low + shift > bound[1]):
            break
        if low & mask < limit:
            room[n, 0], room[n, 1] = high, low + shift
            n += 1
        at += 1
    return at, n


@lean
def _sort_block(
    room: NDArray[np.uint64],
    n: int,
    last: np.uint64,
    starts: NDArray[np.int64],
    out: NDArray[np.uint64],
) -> None:
    """Sort `n` pairs, none above `last`, into `out`: spread evenly, then each part."""
    first = last
    for i in range(n):
        first = min(first, room[i, 0])
    width, shift = last - first, np.uint64(0)
    while width >> shift >= np.uint64(starts.size - 2):
        shift += np.uint64(1)
    starts[:] = 0
    for i in range(n):
        starts[np.int64((room[i, 0] - first) >> shift) + 2] += 1
    for part in range(2, starts.size):
        starts[part] += starts[part - 1]
    for i in range(n):
        part = np.int64((room[i, 0] - first) >> shift) + 1
        at = starts[part]
        starts[part] = at + 1
        out[at, 0], out[at, 1] = room[i, 0], room[i, 1]
    for part in range(starts.size - 1):
        if starts[part + 1] - starts[part] > 1:
            sort_stretch(out, starts[part], starts[part + 1])


@kernel
def join_pairs(sources: Table, out: NDArray[np.uint64]) -> int:
    """Fill `out` (n, 2) with the next pairs of all sources; gives how many.

    0 when there are no more. `out` has a row for each source at least. Of each
    source comes as much as fits its share of a block, up to the least pair that
    ends such a share: so blocks follow one another, and each is sorted by itself.
    """
    k, n = sources.shape[0], 0
    share = max(min(_AT_ONCE, out.shape[0]) // max(k, 1), 1)
    room = np.empty((k * share, 2), np.uint64)
    starts, bound = np.empty(k * share + 2, np.int64), np.empty(2, np.uint64)
    while n + k * share <= out.shape[0]:
        taken, best = 0, -1
        bound[:] = _ALL
        for r in range(k):
            source = sources[r]
            if source.at < source.end:
                at = min(source.at + share, source.end) - 1
                pairs = pairs8(source.pairs, source.end)
                if _least(pairs, at, source.shift, bound) or best < 0:
                    best = r
        if best < 0:
            break
        for r in range(k):
            source = sources[r]
            stop = min(source.at + share, source.end)
            pairs = pairs8(source.pairs, source.end)
            of = source.mask, source.limit, source.shift
            at, taken = _take_up_to(
                pairs, (source.at, stop), (bound[0], bound[1]), of, room, taken
            )
            if r == best and at < stop:
                raise ValueError("pairs of a run are in no order")
            sources[r].at = at
        _sort_block(room, taken, bound[0], starts, out[n:])
        n += taken
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
