"""How transfers, balances and amounts of a token are written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dalil.chains.accounts import BEHIND_LOGS, NO_LOG, TokenKind
from dalil.chains.tokens import known_token

if TYPE_CHECKING:
    from dalil.ledger.accounts.view import AccountView
    from dalil.tracing.accounts.graph import AccountGraph
    from dalil.tracing.columns import I64

__all__ = [
    "Unit",
    "coin_name",
    "coin_names",
    "transfer_name",
    "transfer_names",
    "unit_of",
]


@dataclass(frozen=True, slots=True)
class Unit:
    """What amounts are counted in.

    Parameters
    ----------
    token : str
        CAIP-19.
    decimals : int, optional
        None where nobody told: amounts are then written in base units.
    symbol : str, optional
        Only of a token that Dalil knows: anybody can call a token USDT.
    plain : bool, optional
        Whether balances are the sums of transfers; None: not known.
    """

    token: str
    decimals: int | None
    symbol: str | None = None
    plain: bool | None = None

    def write(self, amount: int) -> str:
        """Write an amount, exactly.

        >>> Unit("eip155:1/erc20:0x00", 6, "USDT").write(1_500_000)
        '1.500000 USDT'
        >>> Unit("eip155:1/erc20:0x00", None).write(15)
        '15 base units of eip155:1/erc20:0x00'
        """
        if self.decimals is None:
            return f"{amount} base units of {self.token}"
        whole, part = divmod(amount, 10**self.decimals)
        digits = f".{part:0{self.decimals}d}" if self.decimals else ""
        name = self.symbol or f"of {self.token}"
        return f"{whole}{digits} {name}"


def unit_of(view: AccountView, token: int) -> Unit:
    """Tell how a token's amounts are written."""
    kind, key = int(view.token_kind[token]), view.token_key[token].tobytes()
    known = known_token(view.chain, kind, key)
    if known is None:
        return Unit(view.token_name(token), view.token_decimals(token))
    # What moves the chain's own coin unseen is told elsewhere.
    plain = known.plain if kind != TokenKind.NATIVE else None
    return Unit(known.caip19, known.decimals, known.symbol, plain)


def transfer_name(view: AccountView, transfer: int) -> str:
    """Name a transfer by its transaction and its log.

    What the transaction itself moves is ``TXID:tx``, an internal transfer
    ``TXID:internal-N``.
    """
    return transfer_names(view, np.array([transfer]))[transfer]


def transfer_names(view: AccountView, transfers: I64) -> dict[int, str]:
    """Name transfers; see `transfer_name`."""
    rows = np.unique(transfers)
    txs = view.tx_of_transfer(rows).tolist()
    logs = np.asarray(view.transfer_log)[rows].tolist()
    told = zip(rows.tolist(), txs, logs, strict=True)
    return {row: f"{view.txid(tx)}:{_place(log)}" for row, tx, log in told}


def _place(log: int) -> str:
    if log == NO_LOG:
        return "tx"
    return str(log) if log < BEHIND_LOGS else f"internal-{log - BEHIND_LOGS}"


def coin_name(view: AccountView, graph: AccountGraph, coin: int) -> str:
    """Name a coin: a transfer, or what stays at an account."""
    return coin_names(view, graph, np.array([coin]))[coin]


def coin_names(view: AccountView, graph: AccountGraph, coins: I64) -> dict[int, str]:
    """Name coins; see `coin_name`."""
    transfer, after = graph.flow.output[coins], graph.flow.input[coins]
    both = np.concatenate([transfer, after])
    named = transfer_names(view, both[both >= 0])
    rests = np.unique(graph.holder[coins[transfer < 0]]).tolist()
    holder = {address: view.address_text(address) for address in rests}
    names = {}
    owners = graph.holder[coins].tolist()
    rows = zip(coins.tolist(), transfer.tolist(), after.tolist(), owners, strict=True)
    for coin, moved, left, owner in rows:
        if moved >= 0:
            names[coin] = named[moved]
        elif left >= 0:
            names[coin] = f"rest of {holder[owner]} after {named[left]}"
        else:
            names[coin] = f"opening balance of {holder[owner]}"
    return names
