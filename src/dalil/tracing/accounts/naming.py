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

__all__ = ["Unit", "coin_name", "node_name", "transfer_name", "unit_of"]


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
    (tx,) = view.tx_of_transfer(np.array([transfer])).tolist()
    log = int(view.transfer_log[transfer])
    place = str(log)
    if log == NO_LOG:
        place = "tx"
    elif log >= BEHIND_LOGS:
        place = f"internal-{log - BEHIND_LOGS}"
    return f"{view.txid(tx)}:{place}"


def node_name(view: AccountView, graph: AccountGraph, node: int) -> str:
    """Name a node by its payment."""
    return transfer_name(view, int(graph.flow.tx[node]))


def coin_name(view: AccountView, graph: AccountGraph, coin: int) -> str:
    """Name a coin: a transfer, or what stays at an account."""
    transfer, after = int(graph.flow.output[coin]), int(graph.flow.input[coin])
    if transfer >= 0:
        return transfer_name(view, transfer)
    holder = view.address_text(int(graph.holder[coin]))
    if after < 0:
        return f"opening balance of {holder}"
    return f"rest of {holder} after {transfer_name(view, after)}"
