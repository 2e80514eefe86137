"""Amounts as int64 where they fit, else as Python's own integers; never rounded.

Every column of amounts in a trace is int64 while no sum can exceed 2**61, and
otherwise an object column of Python integers, which the same code reads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.errors import LimitError
from dalil.tracing.graph import LARGEST_SUM

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from dalil.ledger.accounts.view import AccountView
    from dalil.tracing.columns import I64

    Listed = tuple[I64, I64, I64]
    """Where each account's transfers begin, their ids, their amounts."""

__all__ = ["MOST_WIDE", "column", "exact_amounts", "joined", "rests", "widened"]

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


def exact_amounts(view: AccountView, transfers: I64) -> I64:
    """Read transfers' amounts in base units."""
    low = np.asarray(view.transfer_amount)[transfers]
    if (low > LARGEST_SUM).any() or np.isin(transfers, view.wide_transfer).any():
        return column(view.amounts(transfers))
    return low.astype(np.int64)


def _summed(signed: I64, order: I64, first: I64, opening: I64) -> I64:
    """Balance after each row, account after account, in `order`."""
    rows = signed[order]
    known = np.maximum(opening, 0)
    if rows.dtype != object and known.dtype != object:
        # Whole in 64 bits as long as nothing on the way is larger: a float sum,
        # a few units in 2**53 off, tells that.
        rough = np.abs(np.cumsum(rows.astype(np.float64))).max(initial=0.0)
        if rough > LARGEST_SUM or (known > LARGEST_SUM // 2).any():
            rows, known = widened(rows), widened(known)
    sums = np.cumsum(rows)
    before = joined([column([0]), sums])[first[:-1]]
    return sums + np.repeat(known - before, np.diff(first))


def rests(
    opening: I64, pays: Listed, ins: Listed
) -> tuple[I64, I64, NDArray[np.bool_]]:
    """Work out what every payment leaves behind.

    Parameters
    ----------
    opening : (n_accounts,) int64 or int
        -1 where it is not known.
    pays, ins : Listed

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
    pay_first, pay_id, paid = pays
    in_first, in_id, came = ins
    n_accounts, n_pay = opening.size, pay_id.size
    owner = np.concatenate(
        [
            np.repeat(np.arange(n_accounts), np.diff(pay_first)),
            np.repeat(np.arange(n_accounts), np.diff(in_first)),
        ]
    )
    order = np.lexsort((np.concatenate([pay_id, in_id]), owner))
    first = pay_first + in_first
    balance = _summed(joined([-paid, came]), order, first, opening)
    is_in = order >= n_pay
    rest = np.empty(n_pay, dtype=balance.dtype)
    rest[order[~is_in]] = balance[~is_in]
    in_stop = np.empty(n_pay, dtype=np.int64)
    in_stop[order[~is_in]] = np.cumsum(is_in)[~is_in]
    payer = owner[:n_pay]
    short = np.zeros(n_accounts, dtype=np.bool_)
    short[payer[np.asarray(rest < 0, dtype=np.bool_)]] = True
    unknown = short | np.asarray(opening < 0, dtype=np.bool_)
    rest[unknown[payer]] = -1
    return rest, in_stop, short & np.asarray(opening >= 0, dtype=np.bool_)
