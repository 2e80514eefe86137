"""Amounts of up to 256 bits: a word for each transfer, and three more where needed.

Nearly every transfer fits into 64 bits: all of USDT's and USDC's with their six
decimals, and any up to 18.4 coins of eighteen decimals. So a transfer costs 8
bytes rather than 32, and a column of words is what numpy adds up fast. Where an
amount is larger its upper words are in a side table under the transfer's id,
and nothing is ever rounded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.chains.accounts import whole
from dalil.kernels import lean

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dalil.ledger.accounts.view import I64

__all__ = ["exact_sum", "limbs_at", "lowest_point", "whole_at"]

_HALF = np.uint64(32)
_LOW = np.uint64(0xFFFF_FFFF)


def limbs_at(
    low: NDArray[np.uint64],
    wide_transfer: I64,
    wide_high: NDArray[np.uint64],
    transfers: I64,
) -> NDArray[np.uint64]:
    """Put together (n, 4) limbs of some transfers."""
    limbs = np.zeros((transfers.size, 4), np.uint64)
    limbs[:, 0] = low[transfers]
    at, wide = _wide_rows(wide_transfer, transfers)
    limbs[at, 1:] = wide_high[wide]
    return limbs


def _wide_rows(wide_transfer: I64, transfers: I64) -> tuple[I64, I64]:
    """Which of some transfers are wide, and the rows of their upper limbs."""
    if not wide_transfer.size:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    rows = np.searchsorted(wide_transfer, transfers)
    rows[rows == wide_transfer.size] = 0
    at = np.flatnonzero(wide_transfer[rows] == transfers)
    return at, rows[at]


def whole_at(
    low: NDArray[np.uint64],
    wide_transfer: I64,
    wide_high: NDArray[np.uint64],
    transfers: I64,
) -> list[int]:
    """Read transfers' whole amounts as Python's integers."""
    amounts: list[int] = low[transfers].tolist()
    at, rows = _wide_rows(wide_transfer, transfers)
    limbs = np.zeros((at.size, 4), np.uint64)
    limbs[:, 0] = low[transfers[at]]
    limbs[:, 1:] = wide_high[rows]
    for place, amount in zip(at.tolist(), whole(limbs), strict=True):
        amounts[place] = amount
    return amounts


def exact_sum(limbs: NDArray[np.uint64]) -> int:
    """Add up (n, k) limbs without losing a bit; n below 2**32.

    >>> exact_sum(np.full((3, 1), 2**64 - 1, np.uint64)) == 3 * (2**64 - 1)
    True
    """
    total = 0
    for i in range(limbs.shape[1]):
        limb = limbs[:, i]
        halves = int((limb & _LOW).sum()), int((limb >> _HALF).sum())
        total += (halves[0] + (halves[1] << 32)) << (64 * i)
    return total


@lean
def _walk(
    limbs: NDArray[np.uint64],
    sign: NDArray[np.int8],
    ends: NDArray[np.bool_],
    balance: NDArray[np.uint64],
    least: NDArray[np.uint64],
) -> None:
    """Keep a running sum in five words, two's complement, and its least value."""
    top = np.uint64(1) << np.uint64(63)
    for row in range(sign.size):
        carry = np.uint64(0)
        flip = ~np.uint64(0) if sign[row] < 0 else np.uint64(0)
        if sign[row] < 0:
            carry = np.uint64(1)
        if sign[row] != 0:
            for i in range(5):
                limb = (limbs[row, i] if i < 4 else np.uint64(0)) ^ flip
                part = balance[i] + limb
                over = np.uint64(part < limb)
                total = part + carry
                carry = over | np.uint64(total < part)
                balance[i] = total
        if not ends[row]:
            continue
        less = False
        for i in range(4, -1, -1):
            a, b = balance[i], least[i]
            if i == 4:
                a, b = a ^ top, b ^ top
            if a != b:
                less = a < b
                break
        if less:
            for i in range(5):
                least[i] = balance[i]


def lowest_point(
    limbs: NDArray[np.uint64], sign: NDArray[np.int8], ends: NDArray[np.bool_]
) -> tuple[int, int]:
    """Add and subtract amounts in order; the sum, and the least it ever was.

    Parameters
    ----------
    limbs : (n, 4) uint64
    sign : (n,) int8
        1 in, -1 out, 0 neither.
    ends : (n,) bool
        Where the sum is looked at: the last row of each transaction.

    Returns
    -------
    (sum, least) : int
        `least` is 0 at the most, as before all of it.

    Examples
    --------
    >>> from dalil.chains.accounts import limbs_of
    >>> lowest_point(limbs_of([5, 7]), np.array([1, -1], np.int8), np.ones(2, bool))
    (-2, -2)
    """
    balance, least = np.zeros(5, np.uint64), np.zeros(5, np.uint64)
    _walk(np.ascontiguousarray(limbs), sign, ends, balance, least)
    return _signed(balance), _signed(least)


def _signed(limbs: NDArray[np.uint64]) -> int:
    raw = limbs.astype("<u8").tobytes()
    return int.from_bytes(raw, "little", signed=True)
