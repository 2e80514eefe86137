"""The lists of all writers, the room they have, and the room resolving needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dalil.ledger.segment.arena import BLOCK
from dalil.ledger.segment.lists import PER_BLOCK, Lists
from dalil.ledger.segment.take import LONG_WORDS

if TYPE_CHECKING:
    from dalil.ledger.segment.arena import Arena

__all__ = ["WRITERS", "Totals", "Writer", "blocks_for", "bytes_needed", "part_bits"]

WRITERS = 2
"""Threads that take and resolve at a time."""
_MOST_BITS = 10
_BYTES_A_PART = 3 << 20
_ROWS_A_PART = 512
_SMALL = 1 << 15


class Totals(NamedTuple):
    """Rows of a segment: in all, then the most in one partition."""

    n_tx: int = 0
    n_in: int = 0
    n_out: int = 0
    n_told: int = 0
    n_long: int = 0
    most_txs: int = 0
    most_spends: int = 0
    most_keys: int = 0


def part_bits(memory: int, rows: int) -> int:
    """How many bits choose a partition.

    A partition is to fit a core's cache when memory is full. A first batch of
    few rows is a segment of a few blocks: many partitions would cost more than
    they save.
    """
    bits = max(0, (memory // _BYTES_A_PART).bit_length() - 1)
    if rows < _SMALL:
        bits = min(bits, max(0, (rows // _ROWS_A_PART).bit_length() - 1))
    return min(bits, _MOST_BITS)


class Writer:
    """The lists that one caller at a time writes."""

    def __init__(self, bits: int) -> None:
        none = np.zeros(0, np.int64)
        parts = (4, 1 << bits)
        self.lists = Lists(
            np.zeros(parts, np.int64), np.zeros(parts, np.int64), none, none, none
        )
        self._free = (none, none)
        self._left = np.zeros(2, np.int64)

    def stock(self, records: tuple[int, int, int, int], arena: Arena) -> None:
        """Take free blocks enough for so many more records of each kind."""
        n_parts = self.lists.cursor.shape[1]
        need = [
            n // per + min(n, n_parts)
            for n, per in zip(records, PER_BLOCK, strict=True)
        ]
        low = need[0] + need[1] - int(self._left[0])
        high = need[2] + need[3] - int(self._left[1])
        below = _positions(arena.blocks_below(low), low) if low > 0 else None
        above = _positions(arena.blocks_above(high), high) if high > 0 else None
        free = tuple(
            old[: int(left)] if new is None else np.concatenate((new, old[: int(left)]))
            for old, left, new in zip(
                self._free, self._left, (below, above), strict=True
            )
        )
        self._free = (free[0], free[1])
        self._left[:] = free[0].size, free[1].size
        self.lists = self.lists._replace(
            free_low=free[0], free_high=free[1], left=self._left
        )


def _positions(start: int, n: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Positions of n adjacent blocks, so that the lowest is taken first."""
    return start + BLOCK * np.arange(n - 1, -1, -1, dtype=np.int64)


def blocks_for(more: Totals, n_parts: int) -> int:
    """Blocks that taking so many rows may use, with two writers and all told."""
    n_keys = more.n_out + more.n_told
    records = more.n_tx + more.n_in
    blocks = records // PER_BLOCK[0] + n_keys // PER_BLOCK[3]
    kinds = 4 if more.n_told else 3
    kept = 2 * more.n_told + LONG_WORDS * more.n_long
    return blocks + kinds * WRITERS * n_parts + kept // BLOCK + 8


def bytes_needed(rows: Totals, low: int, high: int) -> int:
    """Bytes that resolving may need at its widest point.

    `low` and `high` are the bytes of records that die with linking, and of
    those that do not.
    """
    told = rows.n_told > 0
    keys = rows.n_out + rows.n_told
    results = (
        8 * rows.n_in
        + 16 * rows.n_tx
        + 4 * (rows.n_out + (rows.n_in if told else 0))
        + (44 + (17 if told else 0)) * rows.n_in
    )
    linking = rows.n_out + WRITERS * (48 * rows.most_txs + 48 * rows.most_spends)
    far = 32 * rows.n_in
    naming = 16 * keys + max(
        WRITERS * (72 * rows.most_keys), 41 * keys + 72 * rows.n_long
    )
    rest = 64 * 1024
    return high + results + rest + max(low + linking, far, naming)
