"""Judging histories exactly: that nearly all was handed on, and in time.

Amounts are added up in five limbs of 64 bits, so 2**64 transfers of the largest
amount cannot overflow; shares are compared as products, never as quotients.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.kernels import kernel, lean, shared

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dalil.clustering.accounts.columns import Moves
    from dalil.clustering.accounts.histories import Histories
    from dalil.ledger.accounts.view import I64

    Limits = tuple[int, int, int]

__all__ = ["judge"]

_STRIDE = 256
_HALF = np.uint64(0xFFFF_FFFF)
_SHIFT = np.uint64(32)
_NONE = -1
_RECEIVED, _FORWARDED, _PAID, _JUDGED, _PROMPT = range(5)


@lean
def _wide_of(wide: I64, rank: I64, row: int) -> int:
    """Place of a transfer among the wide ones, or -1."""
    low, high = rank[row // _STRIDE], rank[row // _STRIDE + 1]
    while low < high:
        middle = (low + high) // 2
        if wide[middle] < row:
            low = middle + 1
        else:
            high = middle
    if low < wide.size and wide[low] == row:
        return int(low)
    return _NONE


@lean
def _add(
    sums: NDArray[np.uint64],
    of: int,
    limb: np.uint64,
    wide: int,
    higher: NDArray[np.uint64],
) -> None:
    """Add an amount, given by its lowest limb and its place among the wide ones."""
    sums[of, 0] += limb
    carry = np.uint64(sums[of, 0] < limb)
    for k in range(1, 5):
        limb = np.uint64(0)
        if wide >= 0 and k < 4:
            limb = higher[wide, k - 1]
        elif carry == 0:
            continue
        partial = sums[of, k] + limb
        over = np.uint64(partial < limb)
        sums[of, k] = partial + carry
        carry = over + np.uint64(sums[of, k] < carry)


@lean
def _times(
    sums: NDArray[np.uint64], of: int, factor: int, product: NDArray[np.uint64]
) -> None:
    """Multiply a sum by a number below 2**31, into six limbs."""
    carry = np.uint64(0)
    by = np.uint64(factor)
    for k in range(5):
        low = (sums[of, k] & _HALF) * by + carry
        high = (sums[of, k] >> _SHIFT) * by + (low >> _SHIFT)
        product[k] = (low & _HALF) | (high << _SHIFT)
        carry = high >> _SHIFT
    product[5] = carry


@lean
def _holds(
    sums: NDArray[np.uint64],
    part: int,
    whole: int,
    permille: int,
    left: NDArray[np.uint64],
    right: NDArray[np.uint64],
) -> bool:
    """Tell whether one sum is at least so much of another, exactly."""
    _times(sums, part, 1000, left)
    _times(sums, whole, permille, right)
    for k in range(5, -1, -1):
        if left[k] != right[k]:
            return bool(left[k] > right[k])
    return True


@lean
def _last_at_most(first: I64, row: int, below: int) -> int:
    """Find the last group before `below` that begins at or before a row."""
    low, high = 0, below
    while high - low > 1:
        middle = (low + high) // 2
        if first[middle] <= row:
            low = middle
        else:
            high = middle
    return low


@shared
def _n_different(addresses: NDArray[np.uint32]) -> int:
    addresses.sort()
    n = 0
    for k in range(addresses.size):
        if k == 0 or addresses[k] != addresses[k - 1]:
            n += 1
    return n


@kernel
def judge(
    moves: Moves,
    histories: Histories,
    partner: NDArray[np.uint32],
    limits: Limits,
    counts: I64,
    totals: NDArray[np.uint64],
    flags: NDArray[np.bool_],
) -> None:
    """Walk each history backwards; write what `Sweeps` shows, and who passes.

    `totals` holds received and forwarded, `flags` passed and one_tx.
    """
    permille, within, most = limits
    end = moves.block_time[-1]
    sums = np.zeros((5, 5), dtype=np.uint64)
    left, right = np.zeros(6, dtype=np.uint64), np.zeros(6, dtype=np.uint64)
    block_first, tx_first, high = moves.block_first, moves.tx_first, moves.high
    longest = np.int64(1)
    for i in range(partner.size):
        longest = max(longest, histories.first[i + 1] - histories.first[i])
    payers = np.empty(longest, dtype=np.uint32)
    for i in range(partner.size):
        sums[:] = np.uint64(0)
        counts[i, 3:] = -1
        n_in = n_out = 0
        block = moves.block_time.size
        onward = onward_time = np.int64(-1)
        for k in range(histories.first[i + 1] - 1, histories.first[i] - 1, -1):
            row = histories.entry[k] // 2
            block = _last_at_most(block_first, row, block + 1)
            time = moves.block_time[block]
            low, wide = moves.low[row], _wide_of(moves.wide, moves.wide_rank, row)
            if histories.entry[k] % 2:
                _add(sums, _PAID, low, wide, high)
                if moves.to[row] == partner[i]:
                    _add(sums, _FORWARDED, low, wide, high)
                    counts[i, 6] = max(counts[i, 6], row)
                    counts[i, 5] = onward = row
                    onward_time = time
                    n_out += 1
                continue
            _add(sums, _RECEIVED, low, wide, high)
            payers[n_in] = moves.source[row]
            n_in += 1
            counts[i, 4] = max(counts[i, 4], row)
            counts[i, 3] = row
            if onward >= 0:
                _add(sums, _JUDGED, low, wide, high)
                if onward_time - time <= within:
                    _add(sums, _PROMPT, low, wide, high)
                if onward_time == time:
                    tx = _last_at_most(tx_first, row, tx_first.size - 1)
                    flags[i, 1] |= tx_first[tx + 1] > onward
            elif end - time > within:
                _add(sums, _JUDGED, low, wide, high)
        counts[i, 0], counts[i, 1] = n_in, n_out
        flags[i, 0] = (
            0 < n_in <= most
            and n_out > 0
            and sums[_JUDGED].any()
            and _holds(sums, _PROMPT, _JUDGED, permille, left, right)
            and _holds(sums, _FORWARDED, _JUDGED, permille, left, right)
            and _holds(sums, _FORWARDED, _PAID, permille, left, right)
        )
        if flags[i, 0]:
            counts[i, 2] = _n_different(payers[:n_in])
            totals[i] = sums[:2]
