"""What is frozen now, how much of it, and what was destroyed.

Frozen means: a freeze with no unfreeze after it. The balance is the exact sum of
the ledger's transfers, and not known where what came before them is not. A
frozen balance can neither be spent nor seized without the issuer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from dalil.chains.accounts import EventKind, whole
from dalil.clustering.accounts.columns import token_of_contract
from dalil.ledger.accounts.view import NO_ADDRESS
from dalil.units import format_utc

if TYPE_CHECKING:
    from dalil.ledger.accounts.view import I64, AccountView

__all__ = ["FrozenBalance", "balance_of", "frozen_balances", "time_of_event"]


class FrozenBalance(NamedTuple):
    """One account and token that was ever frozen.

    Attributes
    ----------
    freeze : int
        The event that froze it last.
    unfreeze : int or None
        The event that lifted this; None: frozen at the ledger's end.
    balance : int or None
        Base units at the ledger's end; None not known.
    destroyed : int
        Base units that the issuer destroyed, over the whole ledger.
    destructions : tuple of int
        The events that say so.
    """

    address: int
    contract: int
    token: int | None
    freeze: int
    unfreeze: int | None
    balance: int | None
    destroyed: int
    destructions: tuple[int, ...]

    @property
    def is_frozen(self) -> bool:
        """Whether no unfreeze followed."""
        return self.unfreeze is None

    def to_json(self, ledger: AccountView) -> dict[str, Any]:
        """Write the balance with the transactions behind it."""
        token = None if self.token is None else ledger.token_name(self.token)
        lifted = self.unfreeze
        return {
            "address": ledger.address_text(self.address),
            "token": token,
            "contract": ledger.address_text(self.contract),
            "frozen": self.is_frozen,
            "since_utc": format_utc(time_of_event(ledger, self.freeze)),
            "txid": _txid(ledger, self.freeze),
            "lifted_utc": (
                None if lifted is None else format_utc(time_of_event(ledger, lifted))
            ),
            "lifted_txid": None if lifted is None else _txid(ledger, lifted),
            "balance_amount": None if self.balance is None else str(self.balance),
            "destroyed_amount": str(self.destroyed),
            "destroyed_txids": [_txid(ledger, one) for one in self.destructions],
        }


def frozen_balances(ledger: AccountView) -> list[FrozenBalance]:
    """List every account that was ever frozen, by (address, contract)."""
    tokens = token_of_contract(ledger)
    kinds = np.asarray(ledger.event_kind)
    last: dict[tuple[int, int], tuple[int, int | None]] = {}
    destroyed: dict[tuple[int, int], list[int]] = {}
    wanted = (EventKind.FREEZE, EventKind.UNFREEZE, EventKind.DESTROY)
    for event in np.flatnonzero(np.isin(kinds, wanted)).tolist():
        key = (int(ledger.event_subject[event]), int(ledger.event_contract[event]))
        if NO_ADDRESS in key:
            continue
        if kinds[event] == EventKind.DESTROY:
            destroyed.setdefault(key, []).append(event)
        elif kinds[event] == EventKind.FREEZE:
            last[key] = (event, None)
        elif key in last and last[key][1] is None:
            last[key] = (last[key][0], event)
    return [
        _frozen(ledger, key, last[key], tokens.get(key[1]), destroyed.get(key, []))
        for key in sorted(last)
    ]


def _frozen(
    ledger: AccountView,
    key: tuple[int, int],
    ends: tuple[int, int | None],
    token: int | None,
    destroyed: list[int],
) -> FrozenBalance:
    balance = None if token is None else balance_of(ledger, key[0], token)
    wiped = sum(whole(np.asarray(ledger.event_amount)[destroyed]))
    return FrozenBalance(*key, token, *ends, balance, wiped, tuple(destroyed))


def balance_of(ledger: AccountView, address: int, token: int) -> int | None:
    """Add up what an account holds at the ledger's end.

    None where its opening balance is not known, or where more left than came:
    then the ledger lacks something.
    """
    opening = ledger.opening_balance(address, token)
    if opening is None:
        return None
    came = sum(ledger.amounts(ledger.transfers_to(address, token)))
    went = sum(ledger.amounts(ledger.transfers_from(address, token)))
    return opening + came - went if opening + came >= went else None


def time_of_event(ledger: AccountView, event: int) -> int:
    """Tell when an event happened, in Unix seconds."""
    rows: I64 = np.array([event])
    block = ledger.block_of_tx(ledger.tx_of_event(rows))[0]
    return int(ledger.block_time[block])


def _txid(ledger: AccountView, event: int) -> str:
    return ledger.txid(int(ledger.tx_of_event(np.array([event]))[0]))
