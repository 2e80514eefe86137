"""Blocks to columns: one pass to count, one to fill, both over a byte buffer.

Counting first lets the filling pass write into arrays of the right size, from
several threads at once. Txids are computed, never trusted, and the Merkle
root must come out as the header says; a block that breaks a rule gets a fault
code and nothing of it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dalil.chains.bitcoin.classify import script_key, script_type
from dalil.chains.bitcoin.merkle import merkle_root_matches
from dalil.chains.bitcoin.sha256 import sha256d_three
from dalil.chains.bitcoin.wire import read_compact, read_u32, read_u64, skim_tx
from dalil.kernels import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "FAULTS",
    "Columns",
    "count_blocks",
    "fill_blocks",
    "fill_txs",
    "tx_offsets",
]

FAULTS = {
    1: "its bytes end inside a transaction, or are none",
    2: "bytes are left over after its last transaction",
    3: "its Merkle root is not the one in its header",
    4: "its first transaction is no coinbase, or a later one is",
    5: "an output's value is negative or above 21 million coins",
}
"""Fault code of a block to what is wrong with it."""

_MAX_MONEY = 2_100_000_000_000_000
_HEADER = 80


class Columns(NamedTuple):
    """Columns of a batch of blocks; ids are rows, counted from the batch's start.

    `first_input` and `first_output` have one row more than there are
    transactions. `spent_txid` and `spent_index` name what an input spends.
    `script_at` and `script_size` place each output's script in the buffer.
    """

    txid: NDArray[np.uint8]
    version: NDArray[np.int32]
    locktime: NDArray[np.uint32]
    first_input: NDArray[np.int64]
    first_output: NDArray[np.int64]
    spent_txid: NDArray[np.uint8]
    spent_index: NDArray[np.uint32]
    sequence: NDArray[np.uint32]
    value: NDArray[np.int64]
    kind: NDArray[np.uint8]
    key: NDArray[np.uint8]
    script_at: NDArray[np.int64]
    script_size: NDArray[np.int32]

    @classmethod
    def empty(cls, n_tx: int, n_in: int, n_out: int) -> Columns:
        """Make columns for so many transactions, inputs and outputs."""
        return cls(
            np.empty((n_tx, 32), np.uint8),
            np.empty(n_tx, np.int32),
            np.empty(n_tx, np.uint32),
            np.empty(n_tx + 1, np.int64),
            np.empty(n_tx + 1, np.int64),
            np.empty((n_in, 32), np.uint8),
            np.empty(n_in, np.uint32),
            np.empty(n_in, np.uint32),
            np.empty(n_out, np.int64),
            np.empty(n_out, np.uint8),
            np.empty((n_out, 32), np.uint8),
            np.empty(n_out, np.int64),
            np.empty(n_out, np.int32),
        )


@kernel
def count_blocks(
    data: NDArray[np.uint8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    counts: NDArray[np.int64],
) -> None:
    """Count each block's transactions, inputs, outputs; last column: its fault.

    `counts` is (n_blocks, 4) int64. Cost: one walk over the bytes, no hashing.
    """
    for b in range(starts.size):
        end = ends[b]
        n_tx, pos = read_compact(data, starts[b] + _HEADER, end)
        counts[b, 3] = 1 if pos < 0 or n_tx == 0 else 0
        n_inputs, n_outputs = 0, 0
        if counts[b, 3] == 0:
            for _ in range(n_tx):
                pos, n_in, n_out, _start, _stop = skim_tx(data, pos, end)
                if pos < 0:
                    counts[b, 3] = 1
                    break
                n_inputs += n_in
                n_outputs += n_out
        if counts[b, 3] == 0 and pos != end:
            counts[b, 3] = 2
        counts[b, 0], counts[b, 1], counts[b, 2] = n_tx, n_inputs, n_outputs


@kernel
def _fill_inputs(
    data: NDArray[np.uint8], pos: int, end: int, row: int, columns: Columns
) -> tuple[int, int, int]:
    n_in, pos = read_compact(data, pos, end)
    null = 0
    for i in range(row, row + n_in):
        any_bit = np.uint8(0)
        for k in range(32):
            byte = data[pos + k]
            columns.spent_txid[i, k] = byte
            any_bit |= byte
        index = read_u32(data, pos + 32)
        columns.spent_index[i] = index
        null += any_bit == 0 and index == 0xFFFF_FFFF
        size, pos = read_compact(data, pos + 36, end)
        columns.sequence[i] = read_u32(data, pos + size)
        pos += size + 4
    return pos, n_in, null


@kernel
def _fill_outputs(
    data: NDArray[np.uint8], pos: int, end: int, row: int, columns: Columns
) -> tuple[int, int, bool]:
    n_out, pos = read_compact(data, pos, end)
    sane = True
    for o in range(row, row + n_out):
        value = read_u64(data, pos)
        sane = sane and 0 <= value <= _MAX_MONEY
        size, pos = read_compact(data, pos + 8, end)
        columns.value[o] = value
        columns.script_at[o] = pos
        columns.script_size[o] = size
        kind = script_type(data, pos, size)
        columns.kind[o] = kind
        script_key(data, pos, size, kind, columns.key[o])
        pos += size
    return pos, n_out, sane


@kernel
def _fill_tx(
    data: NDArray[np.uint8],
    at: int,
    end: int,
    rows: tuple[int, int, int],
    columns: Columns,
) -> tuple[int, int, int, int, bool]:
    """Read one skimmed transaction into the columns at rows (tx, input, output).

    Returns the next position, its inputs, outputs, null prevouts, and whether
    every value lies between 0 and 21 million coins.
    """
    after, _n_in, _n_out, body, body_end = skim_tx(data, at, end)
    tx, first_in, first_out = rows
    pos, n_in, null = _fill_inputs(data, body, end, first_in, columns)
    pos, n_out, sane = _fill_outputs(data, pos, end, first_out, columns)
    columns.version[tx] = np.int32(read_u32(data, at))
    columns.locktime[tx] = read_u32(data, after - 4)
    columns.first_input[tx] = first_in
    columns.first_output[tx] = first_out
    spans = (at, at + 4, body, body_end, after - 4, after)
    sha256d_three(data, spans, columns.txid[tx])
    return after, n_in, n_out, null, sane


@kernel
def fill_blocks(
    data: NDArray[np.uint8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    first: NDArray[np.int64],
    columns: Columns,
    faults: NDArray[np.int64],
) -> None:
    """Fill the rows of counted blocks; `first` (n_blocks, 3) says where each begins.

    Blocks must have passed `count_blocks` without a fault. `faults` (n_blocks,)
    gets 0 or a code of `FAULTS`.
    """
    for b in range(starts.size):
        end = ends[b]
        n_tx, pos = read_compact(data, starts[b] + _HEADER, end)
        tx, row_in, row_out = first[b, 0], first[b, 1], first[b, 2]
        fault = 0
        for t in range(n_tx):
            pos, n_in, n_out, null, sane = _fill_tx(
                data, pos, end, (tx + t, row_in, row_out), columns
            )
            if not sane:
                fault = 5
            if null != (1 if t == 0 else 0) or (t == 0 and n_in != 1):
                fault = 4
            row_in += n_in
            row_out += n_out
        root = data[starts[b] + 36 : starts[b] + 68]
        if not merkle_root_matches(columns.txid[tx : tx + n_tx], root):
            fault = 3
        faults[b] = fault


@kernel
def fill_txs(
    data: NDArray[np.uint8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    columns: Columns,
) -> None:
    """Fill the rows of whole transactions that lie one behind another in `data`.

    The caller made the bytes itself, so nothing about them is checked.
    """
    row_in, row_out = 0, 0
    for t in range(starts.size):
        _, n_in, n_out, _null, _sane = _fill_tx(
            data, starts[t], ends[t], (t, row_in, row_out), columns
        )
        row_in += n_in
        row_out += n_out


@kernel
def tx_offsets(data: NDArray[np.uint8], n_tx: int) -> NDArray[np.int64]:
    """Where each transaction of one block's bytes starts; (n_tx + 1,) int64.

    A negative entry means the bytes ended before that transaction.
    """
    offsets = np.full(n_tx + 1, -1, np.int64)
    _, pos = read_compact(data, _HEADER, data.size)
    for t in range(n_tx):
        if pos < 0:
            break
        offsets[t] = pos
        pos, _a, _b, _c, _d = skim_tx(data, pos, data.size)
    offsets[n_tx] = pos
    return offsets
