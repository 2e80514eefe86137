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
from dalil.ledger.runs.tables import pairs8
from dalil.ledger.segment.order import sort_stretch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dalil.ledger.runs.tables import Table

__all__ = ["PAIRS", "fill_buckets", "join_pairs"]

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

_AT_ONCE = 1 << 15
"""Pairs that are sorted at a time: they fit a core's cache."""
_ALL = np.uint64(0xFFFF_FFFF_FFFF_FFFF)


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
