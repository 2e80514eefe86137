"""Amounts as int64 where they fit, else as Python's own integers; never rounded.

Every column of amounts in a trace is int64 while no sum can exceed 2**61, and
otherwise an object column of Python integers, which the same code reads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.errors import LimitError
from dalil.kernels import kernel, lean
from dalil.tracing.exactly import suiting
from dalil.tracing.graph import LARGEST_SUM

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from dalil.ledger.accounts.view import AccountView
    from dalil.tracing.columns import I64

    Listed = tuple[I64, I64, I64]
    """Where each account's transfers begin, their ids, their amounts."""

__all__ = [
    "MOST_WIDE",
    "among",
    "column",
    "exact_amounts",
    "joined",
    "rests",
    "widened",
]

MOST_WIDE = 1_000_000
"""So many of Python's integers at once are bearable: some 60 bytes each."""


def column(amounts: Sequence[int]) -> I64:
    """Lay out amounts: as int64, or where one is too large as they are.

    >>> column([1, 2]).dtype, column([1 << 70]).dtype
    (dtype('int64'), dtype('O'))
    """
    wide = any(amount > LARGEST_SUM for amount in amounts)
    laid = np.empty(len(amounts), dtype=object if wide else np.int64)
    laid[:] = amounts
    return laid


def widened(amounts: I64) -> I64:
    """Turn a column into Python's integers.

    Raises
    ------
    LimitError
        If there are more than `MOST_WIDE`.

    Examples
    --------
    >>> widened(np.array([1, 2]))[0] << 80 == 1 << 80
    True
    """
    if amounts.size > MOST_WIDE:
        raise LimitError(
            "so many amounts of more than 61 bits are not followed; take fewer seeds, "
            "fewer hops or a shorter time (amounts)",
            amounts.size,
        )
    wide = np.empty(amounts.size, dtype=object)
    wide[:] = amounts.tolist()
    return wide


def joined(parts: Sequence[I64]) -> I64:
    """Put columns one after another; one of Python's integers makes all so."""
    if any(part.dtype == object for part in parts):
        parts = [widened(part) for part in parts]
    return np.concatenate(parts)


@lean
def _mark_among(ascending: I64, wanted: I64, told: NDArray[np.bool_]) -> None:
    for i in range(wanted.size):
        at = np.searchsorted(ascending, wanted[i])
        told[i] = at < ascending.size and ascending[at] == wanted[i]


def among(ascending: I64, wanted: I64) -> NDArray[np.bool_]:
    """Tell which of `wanted` stand in a sorted column."""
    told = np.empty(wanted.size, dtype=np.bool_)
    _mark_among(ascending, wanted, told)
    return told


def exact_amounts(view: AccountView, transfers: I64, wide: I64 | None = None) -> I64:
    """Read transfers' amounts in base units; `wide` are those that may be so."""
    low = np.asarray(view.transfer_amount)[transfers]
    wide = np.asarray(view.wide_transfer) if wide is None else wide
    if (low > LARGEST_SUM).any() or among(wide, transfers).any():
        return column(view.amounts(transfers))
    return low.astype(np.int64)


@kernel
def _rests(
    opening: I64, pays: Listed, ins: Listed, largest: int
) -> tuple[I64, I64, NDArray[np.bool_], bool]:
    """Go through every account's transfers once; also tell if all sums fitted."""
    pay_first, pay_id, paid = pays
    in_first, in_id, came = ins
    rest, in_stop = paid.copy(), np.zeros(pay_id.size, dtype=np.int64)
    short, fitted = np.zeros(opening.size, dtype=np.bool_), True
    for a in range(opening.size):
        balance, i = opening[a], in_first[a]
        for q in range(pay_first[a], pay_first[a + 1]):
            while i < in_first[a + 1] and in_id[i] < pay_id[q]:
                if opening[a] >= 0:
                    balance += came[i]
                    fitted &= balance <= largest
                i += 1
            in_stop[q] = i
            if opening[a] >= 0:
                balance -= paid[q]
                short[a] |= balance < 0
                fitted &= balance >= -largest
            rest[q] = balance
        if opening[a] < 0 or short[a]:
            rest[pay_first[a] : pay_first[a + 1]] = -1
    return rest, in_stop, short, fitted


def rests(
    opening: I64, pays: Listed, ins: Listed
) -> tuple[I64, I64, NDArray[np.bool_]]:
    """Work out what every payment leaves behind.

    Parameters
    ----------
    opening : (n_accounts,) int64 or int
        -1 where it is not known.
    pays, ins : Listed
        Ascending for each account.

    Returns
    -------
    rest : (n_payments,) int64 or int
        -1 where it is not known.
    in_stop : (n_payments,) int64
        How many transfers came in, to all accounts up to this one, before.
    short : (n_accounts,) bool
        Accounts that paid out more than they can have held. Their balances are
        not the sums of their transfers, so nothing is known of them.
    """
    amounts = [opening, pays[2], ins[2]]
    if not any(column.dtype == object for column in amounts):
        rest, in_stop, short, fitted = _rests(opening, pays, ins, LARGEST_SUM)
        if fitted:
            return rest, in_stop, short
    opening, paid, came = (widened(column) for column in amounts)
    wide = suiting(_rests, opening)
    rest, in_stop, short, _ = wide(
        opening, (pays[0], pays[1], paid), (ins[0], ins[1], came), LARGEST_SUM
    )
    return rest, in_stop, short
