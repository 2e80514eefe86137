"""What addresses took in of a token, or paid out, from whomever: denominators."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.ledger.analysis.sums import exact_sum
from dalil.tracing.accounts.exact import exact_amounts

if TYPE_CHECKING:
    from collections.abc import Collection

    from dalil.ledger.accounts.view import AccountView
    from dalil.tracing.columns import I64

__all__ = ["Receipts", "moved"]

_MOST_KEPT = 4_000_000
_HALF = 31


def _added(amounts: I64) -> int:
    wide = amounts.dtype == object
    return sum(amounts.tolist()) if wide else exact_sum(amounts)


def moved(
    view: AccountView, token: int, addresses: Collection[int], met: I64, *, out: bool
) -> int:
    """Add up what came to some addresses, or went out, of a token.

    What moves among them came once; of that only `met`, in which the trace
    ends, is counted: a sweep is no second receipt.
    """
    total, own = 0, np.fromiter(addresses, np.int64)
    for address in addresses:
        rows = (view.transfers_from if out else view.transfers_to)(address, token)
        other = (view.transfer_to if out else view.transfer_from)[rows]
        among = np.isin(other, own)
        inner = np.flatnonzero(among)
        to_itself = other[inner] == address
        among[inner] = to_itself | ~np.isin(rows[inner], met)
        total += _added(exact_amounts(view, rows[~among]))
    return total


class Receipts:
    """What accounts had taken in from others up to some transfer.

    One busy account pays many names: its receipts are added up once, and kept
    while there is room.
    """

    def __init__(self, view: AccountView, token: int) -> None:
        self._view, self._token = view, token
        self._kept: dict[int, tuple[I64, I64, I64]] = {}
        self._n_kept = 0

    def until(self, address: int, transfer: int) -> int:
        """Add up what an account took in, that transfer included."""
        if address not in self._kept:
            self._add(address)
        rows, high, low = self._kept[address]
        n = int(np.searchsorted(rows, transfer, side="right"))
        return (int(high[n - 1]) << _HALF) + int(low[n - 1]) if n else 0

    def _add(self, address: int) -> None:
        rows = self._view.transfers_to(address, self._token)
        rows = rows[np.asarray(self._view.transfer_from)[rows] != address]
        amounts = exact_amounts(self._view, rows)
        # Sums of halves fit where those of the whole might not.
        high, low = amounts >> _HALF, amounts & ((1 << _HALF) - 1)
        if self._n_kept + rows.size > _MOST_KEPT:
            self._kept.clear()
            self._n_kept = 0
        self._kept[address] = rows, np.cumsum(high), np.cumsum(low)
        self._n_kept += rows.size
