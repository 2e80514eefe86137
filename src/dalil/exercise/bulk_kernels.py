"""Bulk-made transactions: drawn, written and hashed without a Python call."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.chains.bitcoin.scripts import ScriptType
from dalil.chains.bitcoin.sha256 import sha256d_into
from dalil.exercise.bulk_pool import (
    ADDRESSES,
    COIN_WORDS,
    HOT,
    INPUTS,
    OUTPUTS,
    draw,
    put,
    take,
)
from dalil.exercise.bulk_scripts import (
    mixed,
    write_count,
    write_input,
    write_key,
    write_script,
    write_u32,
    write_u64,
    write_witness,
)
from dalil.kernels import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dalil.exercise.bulk_pool import Pool
    from dalil.exercise.bulk_shape import Tables

__all__ = ["fill_block", "put_coins", "wtxids_of"]

_P2PKH = int(ScriptType.P2PKH)
_P2WSH = int(ScriptType.P2WSH)
_MOST_VALUE = np.int64((1 << 40) - 1)
_STEPS = np.int64(4096)
_S32, _U8, _U24 = np.uint64(32), np.uint64(8), np.uint64(24)


@kernel
def _address(pool: Pool, tables: Tables) -> int:
    """Draw who is paid: the hot address, one paid before, or a new one."""
    known = int(pool.tally[ADDRESSES])
    if pool.tally[HOT] > 0 and draw(pool.dice, 10) > 0:
        pool.tally[HOT] -= 1
        pool.tally[ADDRESSES] = max(known, 1)
        return 0
    if known > 1 and draw(pool.dice, 65_536) < tables.limits[1]:
        octaves = 1
        while known >> octaves:
            octaves += 1
        octave = np.int64(1) << draw(pool.dice, octaves)
        number: int = (octave + draw(pool.dice, octave)) % known
        return number
    pool.tally[ADDRESSES] = known + 1
    return known


@kernel
def _write_outputs(
    out: NDArray[np.uint8],
    at: int,
    total: int,
    made: NDArray[np.uint64],
    pool: Pool,
    tables: Tables,
) -> int:
    """Share `total` out; `made` gets each output's value and address words."""
    n_out = made.shape[0]
    left = total - (total >> 10)
    for i in range(n_out):
        if draw(pool.dice, 65_536) < tables.limits[0]:
            at = write_u64(out, at, 0)
            out[at], out[at + 1], out[at + 2] = 22, 0x6A, 20
            at = write_key(out, at + 3, np.int64(pool.tally[OUTPUTS] + i), 20)
            made[i, 5] = 0
            continue
        value = left
        if i < n_out - 1:
            even = left // (n_out - i)
            value = even // 2 + (even * draw(pool.dice, 65_536) >> 16)
        value = min(value, _MOST_VALUE)
        left -= value
        number = _address(pool, tables)
        kind = np.int64(tables.types[np.int64(mixed(number, 7) >> _S32) & (_STEPS - 1)])
        at = write_script(out, write_u64(out, at, value), number, kind)
        made[i, 4] = np.uint64(value) << _U24 | np.uint64(i)
        made[i, 5] = np.uint64(number) << _U8 | np.uint64(kind)
    return at


@kernel
def _write_tx(
    out: NDArray[np.uint8],
    at: int,
    txid: NDArray[np.uint8],
    coins: NDArray[np.uint64],
    pool: Pool,
    tables: Tables,
) -> tuple[int, int]:
    """Write one transaction; its fee is a 1,024th of what it spends.

    Returns its end (its start: no coin is left) and its bytes of witness.
    """
    start, wanted = at, tables.n_inputs[draw(pool.dice, _STEPS)]
    n_out = tables.n_outputs[draw(pool.dice, _STEPS)]
    n_in, total, segwit = 0, np.int64(0), False
    while n_in < wanted and take(pool, coins, n_in):
        total += np.int64(coins[n_in, 4] >> _U24)
        segwit = segwit or np.int64(coins[n_in, 5] & np.uint64(0xFF)) != _P2PKH
        n_in += 1
    if n_in == 0:
        return start, 0
    at = write_u32(out, at, 2)
    if segwit:
        out[at], out[at + 1] = 0, 1
        at += 2
    body = at
    at = write_count(out, at, n_in)
    for i in range(n_in):
        at = write_input(out, at, coins, i)
    at = write_count(out, at, n_out)
    # the inputs' coins, in the first rows, are needed again for the witness
    made = coins[coins.shape[0] - n_out :]
    at = _write_outputs(out, at, total, made, pool, tables)
    body_end = at
    # what a txid hashes, in one piece: the version over marker and flag, for now
    write_u32(out, body - 4, 2)
    sha256d_into(out, body - 4, write_u32(out, body_end, 0), txid)
    if segwit:
        out[body - 4], out[body - 2], out[body - 1] = 0, 0, 1
        for i in range(n_in):
            at = write_witness(out, at, coins, i, tables.limits[2])
    at = write_u32(out, at, 0)
    name = txid.view(np.uint64)
    for i in range(n_out):
        if made[i, 5]:
            for word in range(4):
                made[i, word] = name[word]
            put(pool, made, i)
    pool.tally[INPUTS] += n_in
    pool.tally[OUTPUTS] += n_out
    return at, (at - 4 - body_end + 2) if segwit else 0


@kernel
def fill_block(
    out: NDArray[np.uint8],
    txids: NDArray[np.uint8],
    ends: NDArray[np.int64],
    pool: Pool,
    tables: Tables,
) -> int:
    """Write transactions until the block is full, `ends` is, or no coin is left.

    Row 0 of `txids` is the coinbase's, left alone; ``ends[i]`` is where the
    i-th transaction ends in `out`. Returns how many were written.
    """
    coins = np.zeros((4_000, COIN_WORDS), np.uint64)
    at, weight = np.int64(0), np.int64(4_000)
    largest = tables.largest[0]
    for row in range(ends.size):
        end, witness = _write_tx(out, at, txids[row + 1], coins, pool, tables)
        if end == at:
            return row
        weight += 4 * (end - at - witness) + witness
        ends[row] = at = end
        if weight + 4 * largest > tables.limits[3] or at + largest > out.size:
            return row + 1
    return ends.size


@kernel
def put_coins(
    pool: Pool,
    txid: NDArray[np.uint8],
    values: NDArray[np.int64],
    numbers: NDArray[np.int64],
) -> None:
    """Add a coinbase's outputs, all P2WSH, now that they may be spent."""
    coin = np.zeros((1, COIN_WORDS), np.uint64)
    coin[0, :4] = txid.view(np.uint64)
    for i in range(values.size):
        coin[0, 4] = np.uint64(values[i]) << _U24 | np.uint64(i)
        coin[0, 5] = np.uint64(numbers[i]) << _U8 | np.uint64(_P2WSH)
        put(pool, coin, 0)


@kernel
def wtxids_of(
    out: NDArray[np.uint8], ends: NDArray[np.int64], wtxids: NDArray[np.uint8]
) -> None:
    """Hash each whole transaction of a block's body into `wtxids` (n, 32)."""
    at = np.int64(0)
    for i in range(wtxids.shape[0]):
        sha256d_into(out, at, ends[i], wtxids[i])
        at = ends[i]
