"""Bulk-made transfers: drawn and written without a Python call.

Addresses are numbers. The first `N_HOT` are exchanges' hot wallets; of the
rest one in four is a customer's deposit address, emptied into its exchange's
hot wallet some time after each payment. Who pays and who is paid is drawn with
an even chance for each power of two, so that a few addresses are very busy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.chains.accounts import NO_LOG, TransferKind, TxStatus
from dalil.kernels import kernel, lean

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dalil.exercise.accounts.bulk_state import Columns, State

__all__ = ["MOST_IN_BLOCK", "N_HOT", "fill", "write_keys"]

N_HOT = 16
MOST_IN_BLOCK = 400
"""Transfers of a block, at most."""

_MADE, _KNOWN, _BLOCKS, _HEAD, _TAIL, _RECENT = range(6)
_NATIVE, _WIDE = 2, 3
_RING, _QUEUE = 1 << 16, 1 << 20
_MINTED = np.int64(10**15)
_LEAST = np.int64(1_000_000)
_TRIES = 6
_OCTAVES = 22
_NO_LOG, _KIND_TOKEN = int(NO_LOG), int(TransferKind.TOKEN)
_KIND_NATIVE, _KIND_MINT = int(TransferKind.NATIVE), int(TransferKind.MINT)
_FAILED, _DONE = int(TxStatus.FAILED), int(TxStatus.DONE)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1, _MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_S2, _S27, _S30, _S31 = np.uint64(2), np.uint64(27), np.uint64(30), np.uint64(31)
_S32, _S33, _THREE = np.uint64(32), np.uint64(33), np.uint64(3)
_S12, _S52 = np.uint64(12), np.uint64(52)
_LOW = np.uint64(0xFFFF_FFFF)
_WIDEN = np.uint64(5**12)
_NOBODY = np.int64(-1)


@lean
def _mixed(number: np.uint64) -> np.uint64:
    z = number * _GOLDEN + _MIX_2
    z = (z ^ (z >> _S30)) * _MIX_1
    z = (z ^ (z >> _S27)) * _MIX_2
    return z ^ (z >> _S31)


@kernel
def write_keys(
    out: NDArray[np.uint32], numbers: NDArray[np.int64], salt: np.uint64
) -> None:
    """Write each number's key, as many words as a row of `out` has; -1: zeros."""
    words = out.shape[1]
    for i in range(numbers.size):
        if numbers[i] < 0:
            out[i] = 0
            continue
        z = _mixed(np.uint64(numbers[i]) ^ salt)
        for word in range(words):
            if word & 1:
                out[i, word] = np.uint32(z >> _S32)
                z = _mixed(z)
            else:
                out[i, word] = np.uint32(z & _LOW)


@lean
def _draw(dice: NDArray[np.uint64], n: int | np.int64) -> np.int64:
    """Draw a number below `n`, which is below 2**31."""
    dice[0] += _GOLDEN
    return np.int64((_mixed(dice[0]) >> _S33) * np.uint64(n) >> _S31)


@lean
def _exchange_of(number: np.int64) -> np.int64:
    """Tell whose deposit address this is; -1: nobody's."""
    if number < N_HOT:
        return _NOBODY
    z = _mixed(np.uint64(number))
    if z & _THREE:
        return _NOBODY
    return np.int64((z >> _S2) % np.uint64(N_HOT))


@lean
def _known(dice: NDArray[np.uint64], below: np.int64) -> np.int64:
    """Draw an address that is no hot wallet, the lower the likelier."""
    octave = np.int64(1) << _draw(dice, _OCTAVES)
    number = octave - 1 + _draw(dice, octave)
    span = np.int64(below - N_HOT)
    return N_HOT + (number if number < span else _draw(dice, span))


@lean
def _token(dice: NDArray[np.uint64]) -> np.int64:
    at = _draw(dice, 256)
    if at < 236:
        return np.int64(0)
    return np.int64(1 if at < 247 else (_NATIVE if at < 254 else _WIDE))


@lean
def _amount(dice: NDArray[np.uint64], most: np.int64) -> np.int64:
    """Draw an amount, in millionths: each order of size as likely."""
    size = np.int64(1) << (20 + _draw(dice, 18))
    amount = size + (_draw(dice, 1 << 30) & (size - 1))
    if _draw(dice, 4) == 0:  # people like round sums
        amount = amount - amount % 10_000_000 + 10_000_000
    return min(amount, most)


@lean
def _recipient(state: State, token: np.int64) -> np.int64:
    reach = state.offset[token + 1] - state.offset[token]
    known = state.tally[_KNOWN]
    if token == 0 and known < reach and known * state.n < state.tally[_MADE] * reach:
        state.tally[_KNOWN] += 1
        return np.int64(known)
    return _known(state.dice, min(known, reach))


@lean
def _sender(state: State, token: np.int64) -> np.int64:
    """Draw one who holds some of the token; -1 if none is met soon."""
    first = state.offset[token]
    reach = state.offset[token + 1] - first
    for _ in range(_TRIES):
        if _draw(state.dice, 2):
            seen = min(state.tally[_RECENT], np.int64(_RING))
            entry = state.ring[_draw(state.dice, max(seen, np.int64(1)))]
            number = entry & 0xFF_FFFF_FFFF
            if entry >> 40 != token or number < N_HOT:
                continue
        else:
            number = _known(state.dice, min(state.tally[_KNOWN], reach))
        if state.balance[first + number] >= _LEAST:
            return np.int64(number)
    return _NOBODY


@lean
def _swept(state: State) -> np.int64:
    """Take the next deposit that still holds something; -1: there is none."""
    tally = state.tally
    while tally[_TAIL] < tally[_HEAD]:
        entry = state.queue[tally[_TAIL] & (_QUEUE - 1)]
        tally[_TAIL] += 1
        held = state.balance[state.offset[entry >> 40] + (entry & 0xFF_FFFF_FFFF)]
        if held > 0:
            return np.int64(entry)
    return _NOBODY


@lean
def _pay(
    state: State,
    columns: Columns,
    row: int,
    payer: np.int64,
    entry: np.int64,
    amount: np.int64,
) -> None:
    """Move the money and write the transfer, all but its log.

    `entry` is token << 40 | payee.
    """
    token, payee = entry >> 40, entry & 0xFF_FFFF_FFFF
    first = state.offset[token]
    if payer >= 0:
        state.balance[first + payer] -= amount
    state.balance[first + payee] += amount
    if _exchange_of(payee) >= 0:
        if state.tally[_HEAD] - state.tally[_TAIL] < _QUEUE:
            state.queue[state.tally[_HEAD] & (_QUEUE - 1)] = entry
            state.tally[_HEAD] += 1
    elif payee >= N_HOT:
        state.ring[state.tally[_RECENT] & (_RING - 1)] = entry
        state.tally[_RECENT] += 1
    columns.transfer_token[row] = token
    columns.transfer_from[row] = payer
    columns.transfer_to[row] = payee
    columns.transfer_kind[row] = _KIND_NATIVE if token == _NATIVE else _KIND_TOKEN
    if payer < 0 and token != _NATIVE:
        columns.transfer_kind[row] = _KIND_MINT
    value = np.uint64(amount)
    if token == _WIDE:
        # times 10**12, which is 5**12 << 12, in two limbs
        low = (value & _LOW) * _WIDEN
        middle = (value >> _S32) * _WIDEN + (low >> _S32)
        low = middle << _S32 | low & _LOW
        columns.transfer_amount[row, 0] = low << _S12
        columns.transfer_amount[row, 1] = (middle >> _S32) << _S12 | low >> _S52
    else:
        columns.transfer_amount[row, 0] = value
        columns.transfer_amount[row, 1] = 0
    columns.transfer_amount[row, 2] = columns.transfer_amount[row, 3] = 0


@lean
def _move(state: State, columns: Columns, row: int, n_before: int) -> None:
    """Make one transfer: a mint, a sweep, a withdrawal or a payment.

    Where its transaction has moved something before, it is none of the
    network's own coin, which a transaction moves once, ahead of all else.
    """
    made = state.tally[_MADE]
    if made < 4 * N_HOT:  # everything begins with the issuers
        hot = np.int64(made % N_HOT)
        _pay(state, columns, row, _NOBODY, (made // N_HOT) << 40 | hot, _MINTED)
        return
    way = _draw(state.dice, 100)
    if way < 30:
        entry = _swept(state)
        token, payer = entry >> 40, entry & 0xFF_FFFF_FFFF
        if entry >= 0 and (n_before == 0 or token != _NATIVE):
            held = state.balance[state.offset[token] + payer]
            _pay(state, columns, row, payer, token << 40 | _exchange_of(payer), held)
            return
    token = _token(state.dice)
    if token == _NATIVE and n_before > 0:
        token = np.int64(0)
    payer = _NOBODY if 30 <= way < 48 else _sender(state, token)
    first = state.offset[token]
    if payer < 0:
        payer = np.int64(_draw(state.dice, 1 + _draw(state.dice, N_HOT)))
        most = state.balance[first + payer]
        if most < _MINTED >> 6:
            _pay(state, columns, row, _NOBODY, token << 40 | payer, _MINTED)
            return
        payee = _recipient(state, token)
        _pay(state, columns, row, payer, token << 40 | payee, _amount(state.dice, most))
        return
    held = state.balance[first + payer]
    at = _exchange_of(payer)
    if at >= 0:
        _pay(state, columns, row, payer, token << 40 | at, held)
        return
    payee = _recipient(state, token)
    amount = held if _draw(state.dice, 3) == 0 else _amount(state.dice, held)
    _pay(state, columns, row, payer, token << 40 | payee, amount)


@kernel
def fill(state: State, columns: Columns, wanted: int) -> tuple[int, int, int]:
    """Write whole blocks until `wanted` transfers stand; returns the counts.

    Blocks, transactions and transfers written. The last of all blocks holds
    what is left, the first nothing but mints.
    """
    n_blocks, n_tx, row = 0, 0, 0
    while row < wanted and state.tally[_MADE] < state.n:
        columns.block_number[n_blocks] = state.tally[_BLOCKS]
        columns.block_first_tx[n_blocks] = n_tx
        size = int(
            60
            + _draw(state.dice, 140)
            + 16 * _draw(state.dice, _draw(state.dice, 12) + 1)
        )
        if state.tally[_BLOCKS] == 0:
            size = 4 * N_HOT
        size = int(min(size, state.n - state.tally[_MADE]))
        place, log, n_before = 0, 0, 0
        for i in range(size):
            if i == 0 or state.tally[_BLOCKS] == 0 or _draw(state.dice, 16) > 0:
                n_before = 0
                while _draw(state.dice, 64) == 0:
                    columns.tx_place[n_tx] = place
                    columns.tx_status[n_tx] = _FAILED
                    columns.tx_first_transfer[n_tx] = row
                    columns.tx_sender[n_tx] = _known(state.dice, state.tally[_KNOWN])
                    n_tx, place = n_tx + 1, place + 1
                columns.tx_place[n_tx] = place
                columns.tx_status[n_tx] = _DONE
                columns.tx_first_transfer[n_tx] = row
            _move(state, columns, row, n_before)
            if n_before == 0:
                columns.tx_sender[n_tx] = max(columns.transfer_from[row], np.int64(0))
                n_tx, place = n_tx + 1, place + 1
            if columns.transfer_token[row] == _NATIVE:
                columns.transfer_log[row] = _NO_LOG
            else:
                columns.transfer_log[row] = log
                log += 1
            n_before += 1
            row += 1
            state.tally[_MADE] += 1
        n_blocks += 1
        state.tally[_BLOCKS] += 1
    columns.block_first_tx[n_blocks] = n_tx
    columns.tx_first_transfer[n_tx] = row
    return n_blocks, n_tx, row
