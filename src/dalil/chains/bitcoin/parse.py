"""Blocks to columns: one pass over a byte buffer, every byte checked.

Columns are handed in with room for the most rows that so many bytes can hold,
so nothing is counted beforehand. Txids are computed, never trusted, and the
Merkle root must come out as the header says; at the first block that breaks a
rule the pass stops, and nothing of what it wrote is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.chains.bitcoin.classify import script_key, script_type
from dalil.chains.bitcoin.columns import Columns
from dalil.chains.bitcoin.family.kernels.outputs import kind_there, token_bytes
from dalil.chains.bitcoin.family.kernels.skim import block_may_end
from dalil.chains.bitcoin.family.kernels.zip244 import is_v5
from dalil.chains.bitcoin.forms import BITCOIN, BITCOIN_CASH, ZCASH, max_money
from dalil.chains.bitcoin.merkle import merkle_root_into
from dalil.chains.bitcoin.txids import (
    Lanes,
    finish_txids,
    make_lanes,
    take_txid,
    work_bytes,
)
from dalil.chains.bitcoin.wire import TxParts, read_compact, skim_tx
from dalil.kernels import kernel, lean
from dalil.words import copy_32, load_u32, load_u64

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "FAULTS",
    "Columns",
    "fill_blocks",
    "fill_txs",
    "tx_offsets",
]

FAULTS = {
    1: "its bytes end inside a transaction, or are none",
    2: "bytes are left over after its last transaction",
    3: "its Merkle root is not the one in its header",
    4: "its first transaction is no coinbase, or a later one is",
    5: "an output's value is negative or above what can exist",
}
"""Fault code of a block to what is wrong with it."""


@lean
def _fill_inputs(
    data: NDArray[np.uint8], at: int, end: int, row: int, columns: Columns
) -> tuple[int, int]:
    """Read skimmed inputs; returns the next position and how many spend nothing."""
    n_in, pos = read_compact(data, at, end)
    null = 0
    for i in range(row, row + n_in):
        copy_32(columns.spent_txid, 32 * i, data, pos)
        index = load_u32(data, pos + 32)
        columns.spent_index[i] = index
        if index == 0xFFFF_FFFF:
            null += (
                load_u64(data, pos)
                | load_u64(data, pos + 8)
                | load_u64(data, pos + 16)
                | load_u64(data, pos + 24)
            ) == 0
        size, pos = read_compact(data, pos + 36, end)
        columns.sequence[i] = load_u32(data, pos + size)
        pos += size + 4
    return pos, null


@lean
def _fill_outputs(
    data: NDArray[np.uint8], at: int, end: int, row: int, columns: Columns
) -> int:
    """Read skimmed outputs; returns the highest value, or a negative one."""
    n_out, pos = read_compact(data, at, end)
    highest, signs = 0, 0
    for o in range(row, row + n_out):
        value = load_u64(data, pos)
        highest, signs = max(highest, value), signs | value
        size, pos = read_compact(data, pos + 8, end)
        columns.value[o] = value
        columns.script_at[o] = pos
        columns.script_size[o] = size
        kind = script_type(data, pos, size)
        columns.kind[o] = kind
        script_key(data, pos, size, kind, columns.key, o)
        pos += size
    return highest if signs >= 0 else signs


@lean
def _classify_there(
    data: NDArray[np.uint8], row: int, stop: int, columns: Columns, form: int
) -> None:
    """Say anew of filled outputs what their scripts are on a relative's chain."""
    for o in range(row, stop):
        at, size = int(columns.script_at[o]), int(columns.script_size[o])
        if form == BITCOIN_CASH:
            skipped = token_bytes(data, at, size)
            at, size = at + skipped, size - skipped
        kind = kind_there(data, at, size, script_type(data, at, size), form)
        columns.script_at[o], columns.script_size[o] = at, size
        columns.kind[o] = kind
        script_key(data, at, size, kind, columns.key, o)


@lean
def _fill_tx(
    data: NDArray[np.uint8],
    at: int,
    parts: TxParts,
    rows: tuple[int, int, int],
    columns: Columns,
    form: int,
) -> tuple[int, int]:
    """Read one skimmed transaction into the columns at rows (tx, input, output).

    Returns how many of its inputs spend nothing, and its highest value, or a
    negative one. Its txid is for the caller to take.
    """
    tx, first_in, first_out = rows
    pos, null = _fill_inputs(data, parts.inputs, parts.after, first_in, columns)
    value = _fill_outputs(data, pos, parts.after, first_out, columns)
    if form != BITCOIN:
        _classify_there(data, first_out, first_out + parts.n_out, columns, form)
    columns.version[tx] = np.int32(load_u32(data, at))
    columns.locktime[tx] = load_u32(data, parts.lock_time)
    columns.first_input[tx] = first_in
    columns.first_output[tx] = first_out
    return null, value


@kernel
def _merkle_root_is(
    txids: NDArray[np.uint8], data: NDArray[np.uint8], at: int, lanes: Lanes
) -> bool:
    root = np.empty(32, np.uint8)
    if not merkle_root_into(txids, lanes.work, root):
        return False
    return bool(np.all(root == data[at : at + 32]))


@lean
def _fill_block(
    data: NDArray[np.uint8],
    place: NDArray[np.int64],
    form: int,
    rows: NDArray[np.int64],
    columns: Columns,
    lanes: Lanes,
) -> int:
    """Fill one block's rows from `rows` on, which move on; returns its fault."""
    start, end, most = place[0], place[2], max_money(form)
    n_tx, pos = read_compact(data, place[1], end)
    if pos < 0 or n_tx == 0:
        return 1
    tx, row_in, row_out = rows[0], rows[1], rows[2]
    fault, last = 0, pos
    for t in range(n_tx):
        parts = skim_tx(data, pos, end, form)
        if parts.after < 0:
            return 1
        at = (tx + t, row_in, row_out)
        null, value = _fill_tx(data, pos, parts, at, columns, form)
        if form != ZCASH or not is_v5(data, pos):
            take_txid(data, pos, parts, lanes, columns.txid, tx + t)
        if not 0 <= value <= most:
            fault = 5
        if null != (1 if t == 0 else 0) or (t == 0 and parts.n_in != 1):
            fault = 4
        last, pos = pos, parts.after
        row_in += parts.n_in
        row_out += parts.n_out
    if not block_may_end(data, last, pos, end, form):
        return 2
    finish_txids(lanes, columns.txid)
    if not _merkle_root_is(columns.txid[tx : tx + n_tx], data, start + 36, lanes):
        return 3
    rows[0], rows[1], rows[2] = tx + n_tx, row_in, row_out
    return fault


@kernel
def fill_blocks(
    data: NDArray[np.uint8],
    places: NDArray[np.int64],
    form: int,
    first: NDArray[np.int64],
    columns: Columns,
    work: NDArray[np.uint8],
) -> tuple[int, int]:
    """Fill the rows of blocks, one behind another, until one breaks a rule.

    Parameters
    ----------
    data : (n,) uint8
        The raw bytes.
    places : (n_blocks, 3) int64
        Where each block starts, where its transaction count lies, where it ends.
    form : int
        The transactions' format, of `forms`.
    first : (n_blocks + 1, 3) int64
        Gets each block's first transaction, input and output.
    columns : Columns
        Gets the rows. Must have room for `most_rows` of the blocks' bytes:
        nothing is checked here but the bytes. Of Zcash's transactions of
        version 5 the ids are there already, by `family.kernels.ids`.
    work : uint8
        Memory to hash in: `txids.work_bytes` of the largest block.

    Returns
    -------
    tuple of int
        The first bad block and its code in `FAULTS`; the number of blocks and
        0 if there is none.
    """
    n_blocks = places.shape[0]
    rows, lanes = np.zeros(3, np.int64), make_lanes(work)
    for b in range(n_blocks):
        first[b] = rows
        fault = _fill_block(data, places[b], form, rows, columns, lanes)
        if fault:
            return b, fault
    first[n_blocks] = rows
    columns.first_input[rows[0]] = rows[1]
    columns.first_output[rows[0]] = rows[2]
    return n_blocks, 0


@kernel
def fill_txs(
    data: NDArray[np.uint8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    columns: Columns,
) -> None:
    """Fill the rows of whole transactions of Bitcoin's own format.

    The caller made the bytes itself, so nothing about them is checked.
    """
    row_in, row_out = 0, 0
    lanes = make_lanes(np.empty(work_bytes(data.size), np.uint8))
    for t in range(starts.size):
        parts = skim_tx(data, starts[t], ends[t], BITCOIN)
        _fill_tx(data, starts[t], parts, (t, row_in, row_out), columns, BITCOIN)
        take_txid(data, starts[t], parts, lanes, columns.txid, t)
        row_in += parts.n_in
        row_out += parts.n_out
    finish_txids(lanes, columns.txid)


@kernel
def tx_offsets(
    data: NDArray[np.uint8], body: int, n_tx: int, form: int
) -> NDArray[np.int64]:
    """Where each transaction of one block's bytes starts; (n_tx + 1,) int64.

    `body` is where the block's transaction count lies. A negative entry means
    the bytes ended before that transaction.
    """
    offsets = np.full(n_tx + 1, -1, np.int64)
    _, pos = read_compact(data, body, data.size)
    for t in range(n_tx):
        if pos < 0:
            break
        offsets[t] = pos
        pos = skim_tx(data, pos, data.size, form).after
    offsets[n_tx] = pos
    return offsets
