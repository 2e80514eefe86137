"""From a segment's columns to the parts of its run.

Each part is a function of the rows alone: however a chain was cut into
segments, merging their runs gives the same bytes as building in one go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dalil.kernels import kernel
from dalil.ledger.index import index_of
from dalil.ledger.runs.file import Counts
from dalil.ledger.runs.radix import sort_by_high
from dalil.ledger.runs.writing import RunWriter

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from dalil.ledger.runs.file import Rows

__all__ = [
    "Postings",
    "RunParts",
    "Spent",
    "history_part",
    "outside_part",
    "spent_part",
    "write_run",
]


class Spent(NamedTuple):
    """Which inputs of a run spend what.

    own : (n_outputs,) int64, global input id, -1 unspent
    older : (n, 2) int64, (output, input) of earlier outputs, ascending
    """

    own: NDArray[np.int64]
    older: NDArray[np.int64]


class Postings(NamedTuple):
    """Rows by address: those of older addresses first, then of the run's own.

    own : (n_addresses + 1,) uint32
        Own address a (counted from the run's first) has the rows
        ``rows[own[a]:own[a + 1]]``.
    older : (k,) uint32, ascending ids of earlier addresses
    offsets : (k + 1,) uint32
        The i-th of them has the rows ``rows[offsets[i]:offsets[i + 1]]``.
    rows : (m,) uint32, counted from the run's first row, ascending per address
    """

    own: NDArray[np.uint32]
    older: NDArray[np.uint32]
    offsets: NDArray[np.uint32]
    rows: NDArray[np.uint32]


class RunParts(NamedTuple):
    """What a run holds: sorted entries (n, 2) uint64 of both indexes, and these."""

    tx_entries: NDArray[np.uint64]
    address_entries: NDArray[np.uint64]
    spent: Spent
    history: Postings
    outside: Postings


@kernel
def _spend_own(
    spends: NDArray[np.int64], starts: tuple[int, int], own: NDArray[np.int64]
) -> int:
    """Fill in who spends the run's own outputs; gives how many spend older ones."""
    first_input, first_output = starts
    own[:] = -1
    older = 0
    for i in range(spends.size):
        output = spends[i]
        if first_output <= output < first_output + own.size:
            own[output - first_output] = first_input + i
        older += 0 <= output < first_output
    return older


@kernel
def _pack_older(
    spends: NDArray[np.int64], first_output: int, page: int, pairs: NDArray[np.uint64]
) -> int:
    """Pack (output, input) into a word each, for outputs of one 2³² of them."""
    n = 0
    for i in range(spends.size):
        output = spends[i]
        if 0 <= output < first_output and output >> 32 == page:
            pairs[n] = np.uint64(output) << np.uint64(32) | np.uint64(i)
            n += 1
    return n


@kernel
def _unpack_older(
    pairs: NDArray[np.uint64], page: int, first_input: int, older: NDArray[np.int64]
) -> None:
    for i in range(pairs.size):
        older[i, 0] = page << 32 | np.int64(pairs[i] >> np.uint64(32))
        older[i, 1] = first_input + np.int64(pairs[i] & np.uint64(0xFFFF_FFFF))


def spent_part(spends: NDArray[np.int64], rows: Rows) -> Spent:
    """Turn (n_inputs,) int64 spends (negative: nothing here) around.

    No output may be spent twice, and none at or beyond the run's last. Memory
    beyond the result: 16 bytes for each input that spends an older output.
    """
    own = np.empty(rows.size("output"), np.int64)
    first_input, first_output = rows.input[0], rows.output[0]
    n = _spend_own(spends, (first_input, first_output), own)
    older, packed, at = np.empty((n, 2), np.int64), np.empty(n, np.uint64), 0
    for page in range((first_output >> 32) + 1):
        pairs = packed[: _pack_older(spends, first_output, page, packed)]
        below = min(first_output - (page << 32), 1 << 32)
        pairs = sort_by_high(pairs, below)
        _unpack_older(pairs, page, first_input, older[at:])
        at += pairs.size
    return Spent(own, older)


@kernel
def _count_own(address: NDArray[np.uint32], first: int, own: NDArray[np.uint32]) -> int:
    """Count rows of own addresses into `own`, and give how many are of older ones."""
    older, n = 0, own.size - 1
    own[:] = 0
    for i in range(address.size):
        mine = np.int64(address[i]) - first
        if mine < 0:
            older += 1
        elif mine < n:
            own[mine] += np.uint32(1)
    return older


@kernel
def _place_own(
    address: NDArray[np.uint32],
    first: int,
    own: NDArray[np.uint32],
    older: NDArray[np.uint64],
    rows: NDArray[np.uint32],
) -> None:
    """Turn counts into ends, fill from behind: ends become starts."""
    end, n = older.size, own.size - 1
    for a in range(n):
        end += np.int64(own[a])
        own[a] = end
    own[n] = end
    k = older.size
    for i in range(address.size - 1, -1, -1):
        mine = np.int64(address[i]) - first
        if mine < 0:
            k -= 1
            older[k] = np.uint64(address[i]) << np.uint64(32) | np.uint64(i)
        elif mine < n:
            own[mine] -= np.uint32(1)
            rows[own[mine]] = i


@kernel
def _place_older(
    pairs: NDArray[np.uint64],
    older: NDArray[np.uint32],
    offsets: NDArray[np.uint32],
    rows: NDArray[np.uint32],
) -> int:
    """Spread sorted (address, row) pairs; gives how many addresses there are."""
    k = 0
    for i in range(pairs.size):
        address = np.uint32(pairs[i] >> np.uint64(32))
        if k == 0 or older[k - 1] != address:
            older[k], offsets[k] = address, i
            k += 1
        rows[i] = np.uint32(pairs[i] & np.uint64(0xFFFF_FFFF))
    offsets[k] = pairs.size
    return k


def _postings(address: NDArray[np.uint32], first: int, n_own: int) -> Postings:
    own = np.empty(n_own + 1, np.uint32)
    pairs = np.empty(_count_own(address, first, own), np.uint64)
    rows = np.empty(pairs.size + int(own[:-1].sum(dtype=np.int64)), np.uint32)
    _place_own(address, first, own, pairs, rows)
    pairs = sort_by_high(pairs, first)
    older = np.empty(pairs.size, np.uint32)
    offsets = np.empty(pairs.size + 1, np.uint32)
    k = _place_older(pairs, older, offsets, rows)
    return Postings(own, older[:k], offsets[: k + 1], rows)


def history_part(output_address: NDArray[np.uint32], rows: Rows) -> Postings:
    """Sort the run's outputs, (n_outputs,) uint32 addresses, by address.

    Addresses at or beyond the run's last, such as `NO_ADDRESS`, are left out.
    """
    return _postings(output_address, rows.address[0], rows.size("address"))


def outside_part(outside_address: NDArray[np.uint32], rows: Rows) -> Postings:
    """Sort the run's `outside` rows, (n_outside,) uint32 addresses, by address.

    All addresses are treated as older: most have no such row, and a chain
    built from its beginning has none at all.
    """
    known = outside_address < rows.address[1]
    where = np.flatnonzero(known).astype(np.uint32)
    part = _postings(outside_address[known], rows.address[1], 0)
    return part._replace(rows=where[part.rows])


def write_run(path: Path, rows: Rows, parts: RunParts) -> None:
    """Write a run's file: under a temporary name, flushed, then renamed.

    Cost: one pass, hashing included. Not a byte depends on anything but the
    arguments.

    Raises
    ------
    ValueError
        If the parts have not the sizes that the rows ask for, or these are
        2³² - 1 or more of any table.
    OSError
        If the disk is full, or fails; nothing stays behind.
    """
    spent, history, outside = parts.spent, parts.history, parts.outside
    tx = index_of(parts.tx_entries, 0)
    address = index_of(parts.address_entries, 0)
    counts = Counts(
        spent.older.shape[0],
        history.older.size,
        history.rows.size,
        outside.older.size,
        outside.rows.size,
    )
    sections = {
        "tx.entries": tx.entries,
        "tx.buckets": tx.offsets,
        "address.entries": address.entries,
        "address.buckets": address.offsets,
        "spent.own": spent.own,
        "spent.older": spent.older,
    }
    for name, postings in (("history", history), ("outside", outside)):
        for field, values in postings._asdict().items():
            sections[f"{name}.{field}"] = values
    with RunWriter(path, rows, counts) as file:
        for name, values in sections.items():
            file[name].add(values)
