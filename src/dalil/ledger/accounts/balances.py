"""Balances: what came to an address less what left it, exactly and in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.errors import InputError
from dalil.ledger.accounts.amounts import limbs_at, lowest_point

if TYPE_CHECKING:
    from dalil.ledger.accounts.reader import AccountLedger

__all__ = ["balance", "net_received"]


def _first_transfer_after(ledger: AccountLedger, number: int) -> int:
    block = int(np.searchsorted(ledger.block_number, number, side="right"))
    return int(ledger.tx_first_transfer[int(ledger.block_first_tx[block])])


def net_received(
    ledger: AccountLedger, address: int, token: int, at_block: int | None = None
) -> tuple[int, int]:
    """Add up what an address got and gave, in order.

    Parameters
    ----------
    ledger : AccountLedger
    address, token : int
    at_block : int, optional
        The number of the last block that counts; by default all do.

    Returns
    -------
    (net, least) : int
        In base units; `least` is the smallest sum after any transaction, 0 at the
        most: what it must have held before has at least that size.
    """
    got = ledger.transfers_to(address, token)
    gave = ledger.transfers_from(address, token)
    if at_block is not None:
        stop = _first_transfer_after(ledger, at_block)
        got, gave = (rows[: np.searchsorted(rows, stop)] for rows in (got, gave))
    rows, at = np.unique(np.concatenate([got, gave]), return_inverse=True)
    sign = np.zeros(rows.size, np.int8)
    sign[at[: got.size]] += 1
    sign[at[got.size :]] -= 1
    txs = ledger.tx_of_transfer(rows)
    ends = np.append(txs[1:] != txs[:-1], True)[: rows.size]
    limbs = limbs_at(
        ledger.transfer_amount, ledger.wide_transfer, ledger.wide_high, rows
    )
    return lowest_point(limbs, sign, ends)


def balance(
    ledger: AccountLedger, address: int, token: int, at_block: int | None = None
) -> int | None:
    """Tell what an address held after a block; see `AccountLedger.balance`.

    Raises
    ------
    InputError
        If there is no such address or token.
    """
    if not (0 <= address < ledger.n_addresses and 0 <= token < ledger.n_tokens):
        raise InputError("no such address or token in this ledger", address)
    opening = ledger.opening_balance(address, token)
    if opening is None or not ledger.contiguous or not ledger.tokens.plain(token):
        return None
    if at_block is not None and not (
        ledger.n_blocks
        and int(ledger.block_number[0]) <= at_block <= int(ledger.block_number[-1])
    ):
        return None
    net, least = net_received(ledger, address, token, at_block)
    return None if opening + least < 0 else opening + net
