"""Kernels that look into many runs at once; none trusts what a file holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.kernels import kernel
from dalil.ledger.marks import mark_of
from dalil.ledger.runs.tables import bytes4, pairs8, words8

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dalil.ledger.runs.tables import Table

__all__ = [
    "copy_postings",
    "count_postings",
    "find_key",
    "find_keys",
    "spender_of",
    "spent_by",
]

_LOW = np.uint64(0xFFFF_FFFF)


@kernel
def find_key(
    table: Table,
    key: NDArray[np.uint64],
    kind: int,
    column: tuple[NDArray[np.uint64], NDArray[np.uint8]],
    seed: np.uint64,
) -> int:
    """Return the highest row whose key is `key`, and kind `kind`, or -1.

    The column gives each row's four words and kind; without kinds, (0,), all
    rows have kind 0.
    """
    keys, kinds = column
    high, low = mark_of(key, kind, seed)
    for r in range(table.shape[0] - 1, -1, -1):
        run = table[r]
        bucket = np.int64(high >> np.uint64(64 - run.bits))
        offsets = bytes4(run.buckets, (1 << run.bits) + 1)
        entries = pairs8(run.entries, run.n)
        best = np.int64(-1)
        for i in range(offsets[bucket], min(np.int64(offsets[bucket + 1]), run.n)):
            if entries[i, 0] != high or entries[i, 1] & ~_LOW != low:
                continue
            row = run.first + np.int64(entries[i, 1] & _LOW)
            if row <= best or row >= keys.shape[0]:
                continue
            if kinds.size and kinds[row] != kind:
                continue
            mine = keys[row]
            if (
                mine[0] == key[0]
                and mine[1] == key[1]
                and mine[2] == key[2]
                and mine[3] == key[3]
            ):
                best = row
        if best >= 0:
            return int(best)
    return -1


@kernel
def find_keys(
    table: Table,
    wanted: tuple[NDArray[np.uint64], NDArray[np.uint8]],
    column: tuple[NDArray[np.uint64], NDArray[np.uint8]],
    seed: np.uint64,
    found: NDArray[np.int64],
) -> None:
    """Do as `find_key` for each of `wanted` keys and kinds."""
    keys, kinds = wanted
    for i in range(keys.shape[0]):
        kind = np.int64(kinds[i]) if kinds.size else np.int64(0)
        found[i] = find_key(table, keys[i], kind, column, seed)


@kernel
def _pair_of(pairs: NDArray[np.uint64], key: np.uint64) -> int:
    """Find where a key stands, or would, among sorted pairs."""
    low, high = 0, pairs.shape[0]
    while low < high:
        middle = (low + high) >> 1
        if pairs[middle, 0] < key:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def spender_of(table: Table, output: int) -> int:
    """Return the input that spends an output, or -1; for kernels to call."""
    n = table.shape[0]
    r = n - 1
    while r >= 0 and output < table[r].start:
        r -= 1
    if r < 0 or output >= table[r].stop:
        return -1
    own = words8(table[r].own, table[r].stop - table[r].start)
    input_ = own[output - table[r].start]
    while input_ < 0 and r + 1 < n:
        r += 1
        pairs = pairs8(table[r].older, table[r].n)
        k = _pair_of(pairs, np.uint64(output))
        if k < pairs.shape[0] and pairs[k, 0] == np.uint64(output):
            input_ = np.int64(pairs[k, 1])
    return int(input_)


@kernel
def spent_by(
    table: Table, outputs: NDArray[np.int64], found: NDArray[np.int64]
) -> None:
    """Fill `found` with the input that spends each output, or -1."""
    for i in range(outputs.size):
        found[i] = spender_of(table, outputs[i])


@kernel
def _range_of(table: Table, r: int, address: int) -> tuple[int, int]:
    """Tell where an address's rows lie in the r-th run's, within bounds."""
    run = table[r]
    if address >= run.stop:
        return 0, 0
    if address >= run.start:
        offsets = bytes4(run.own, run.stop - run.start + 1)
        k = address - run.start
    else:
        known = bytes4(run.older, run.n)
        k, high = np.int64(0), run.n
        while k < high:
            middle = (k + high) >> 1
            if known[middle] < address:
                k = middle + 1
            else:
                high = middle
        if k == run.n or known[k] != address:
            return 0, 0
        offsets = bytes4(run.offsets, run.n + 1)
    stop = min(np.int64(offsets[k + 1]), run.n_rows)
    return min(np.int64(offsets[k]), stop), stop


@kernel
def count_postings(table: Table, address: int) -> int:
    """Count an address's rows over all runs."""
    n = np.int64(0)
    for r in range(table.shape[0]):
        start, stop = _range_of(table, r, address)
        n += stop - start
    return int(n)


@kernel
def copy_postings(
    table: Table, address: int, skip: int, rows: NDArray[np.int64]
) -> None:
    """Fill `rows` with an address's rows over all runs, from the `skip`-th on."""
    n = 0
    for r in range(table.shape[0]):
        start, stop = _range_of(table, r, address)
        passed = min(skip, stop - start)
        skip, start = skip - passed, start + passed
        mine = bytes4(table[r].rows, table[r].n_rows)
        for i in range(start, min(stop, start + rows.size - n)):
            rows[n] = table[r].first + np.int64(mine[i])
            n += 1
        if n == rows.size:
            return
