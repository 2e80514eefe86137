"""What accounts held before the ledger begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dalil.ledger.accounts.view import AccountView
    from dalil.tracing.columns import I64

__all__ = ["opening_balances"]


@runtime_checkable
class _Anchored(Protocol):
    """A ledger that lists the accounts of which it was told what they held."""

    @property
    def anchor_address(self) -> NDArray[np.uint32]:
        """(n_anchors,)."""

    @property
    def anchor_token(self) -> NDArray[np.uint32]:
        """(n_anchors,)."""


def opening_balances(view: AccountView, addresses: I64, token: int) -> list[int]:
    """Tell what accounts held before the ledger; -1 where that is not known.

    Nothing is known where blocks are missing, since transfers are. Accounts
    without an anchor all have one answer, which is asked for once.
    """
    if not view.contiguous:
        return [-1] * addresses.size
    asked = np.ones(addresses.size, dtype=np.bool_)
    if isinstance(view, _Anchored):
        anchored = view.anchor_address[view.anchor_token == token]
        asked = np.isin(addresses, anchored)
    other = np.flatnonzero(~asked)
    told = [_known(view, int(addresses[i]), token) for i in other[:1]] or [-1]
    balances = told * addresses.size
    for i in np.flatnonzero(asked).tolist():
        balances[i] = _known(view, int(addresses[i]), token)
    return balances


def _known(view: AccountView, address: int, token: int) -> int:
    told = view.opening_balance(address, token)
    return -1 if told is None else told
