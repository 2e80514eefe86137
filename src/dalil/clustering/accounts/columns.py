"""A ledger's transfers as plain arrays, and which of them count for a rule.

What moves nothing, moves to its own sender, or pays for the transaction itself
tells nothing about who acts together, and anyone can write a transfer of zero
in anyone's name: such rows are left out before any rule looks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dalil.chains.accounts import TokenKind, TransferKind
from dalil.ledger.accounts.view import NO_ADDRESS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from dalil.ledger.accounts.view import I64, AccountView

__all__ = [
    "STRIDE",
    "Moves",
    "contracts",
    "live_rows",
    "moves_of",
    "n_addresses",
    "nobody",
    "reference",
    "times_of",
    "token_of_contract",
]

STRIDE = 256
"""One entry of `Moves.wide_rank` for so many transfers."""


class Moves(NamedTuple):
    """Columns for kernels, without their memory-map class.

    Attributes
    ----------
    source, to, token : (n_transfers,) uint32
    low : (n_transfers,) uint64
        Lowest limb of the amount.
    wide : (n_wide,) int64
        Transfers with more limbs, ascending.
    high : (n_wide, 3) uint64
        Those limbs.
    wide_rank : (n_transfers // STRIDE + 2,) int64
        How many of `wide` come before every `STRIDE`-th transfer.
    block_first : (n_blocks + 1,) int64
        First transfer of each block.
    block_time : (n_blocks,) int64
        Unix seconds.
    tx_first : (n_tx + 1,) int64
        First transfer of each transaction.
    """

    source: NDArray[np.uint32]
    to: NDArray[np.uint32]
    token: NDArray[np.uint32]
    low: NDArray[np.uint64]
    wide: I64
    high: NDArray[np.uint64]
    wide_rank: I64
    block_first: I64
    block_time: I64
    tx_first: I64


def moves_of(ledger: AccountView) -> Moves:
    """Gather the columns of a ledger's transfers."""
    low = np.asarray(ledger.transfer_amount)
    wide = np.ascontiguousarray(ledger.wide_transfer, np.int64)
    steps = np.arange(low.size // STRIDE + 2) * STRIDE
    tx_first = np.ascontiguousarray(ledger.tx_first_transfer, np.int64)
    return Moves(
        np.asarray(ledger.transfer_from),
        np.asarray(ledger.transfer_to),
        np.asarray(ledger.transfer_token),
        low,
        wide,
        np.ascontiguousarray(ledger.wide_high, np.uint64).reshape(-1, 3),
        np.searchsorted(wide, steps).astype(np.int64),
        np.ascontiguousarray(tx_first[np.asarray(ledger.block_first_tx)]),
        np.ascontiguousarray(ledger.block_time, np.int64),
        tx_first,
    )


def n_addresses(ledger: AccountView) -> int:
    """Count the ledger's addresses."""
    return len(ledger.address_key)


def nobody(ledger: AccountView) -> int:
    """Find the zero address; -1 where the ledger has not seen it."""
    zero = np.flatnonzero(~np.asarray(ledger.address_key).any(axis=1))
    return int(zero[0]) if zero.size else -1


def live_rows(
    ledger: AccountView,
    tokens: Iterable[int] | None = None,
    noise: I64 | None = None,
) -> NDArray[np.bool_]:
    """Mark the transfers that move something from one address to another.

    Parameters
    ----------
    tokens : iterable of int, optional
        Only these; else every token. Leave look-alikes out here.
    noise : int64 array, optional
        Transfers to pass over, such as those of `poisoning`.

    Returns
    -------
    (n_transfers,) bool
    """
    live: NDArray[np.bool_] = np.asarray(ledger.transfer_amount) != 0
    live[np.asarray(ledger.wide_transfer)] = True
    live &= np.asarray(ledger.transfer_from) != np.asarray(ledger.transfer_to)
    live &= np.asarray(ledger.transfer_kind) != TransferKind.FEE
    if tokens is not None:
        chosen = np.zeros(max(len(ledger.token_kind), 1), dtype=np.bool_)
        chosen[list(tokens)] = True
        live &= chosen[np.asarray(ledger.transfer_token)]
    if noise is not None:
        live[noise] = False
    return live


def contracts(ledger: AccountView) -> NDArray[np.bool_]:
    """Mark addresses that the ledger itself shows to be contracts.

    Tokens, whatever spoke in an event, and senders of internal transfers. What
    is not marked may be one all the same: nodes tell code apart from keys, the
    columns of a ledger do not.

    Returns
    -------
    (n_addresses,) bool
    """
    marked = np.zeros(n_addresses(ledger), dtype=np.bool_)
    spoke = np.asarray(ledger.event_contract)
    marked[spoke[spoke != NO_ADDRESS]] = True
    internal = np.asarray(ledger.transfer_kind) == TransferKind.INTERNAL
    marked[np.asarray(ledger.transfer_from)[internal]] = True
    marked[[address for address, _ in _token_addresses(ledger)]] = True
    return marked


def token_of_contract(ledger: AccountView) -> dict[int, int]:
    """Map the address id of each token's contract to the token's id."""
    return dict(_token_addresses(ledger))


def _token_addresses(ledger: AccountView) -> list[tuple[int, int]]:
    keys = np.ascontiguousarray(ledger.token_key)
    by_contract = np.asarray(ledger.token_kind) == TokenKind.CONTRACT
    wanted = {keys[t].tobytes(): int(t) for t in np.flatnonzero(by_contract)}
    starts = np.unique(_start_of(keys[by_contract]))
    addresses = np.ascontiguousarray(ledger.address_key)
    if not starts.size or not len(addresses):
        return []
    found = _start_of(addresses)
    near = starts[np.minimum(np.searchsorted(starts, found), starts.size - 1)]
    hits = [(int(a), addresses[a].tobytes()) for a in np.flatnonzero(near == found)]
    return [(a, wanted[key]) for a, key in hits if key in wanted]


def _start_of(keys: NDArray[np.uint8]) -> NDArray[np.uint64]:
    return np.ascontiguousarray(keys[:, :8]).view(np.uint64).ravel()


def times_of(ledger: AccountView, transfers: I64) -> I64:
    """Tell when each transfer happened, in Unix seconds."""
    blocks = ledger.block_of_tx(ledger.tx_of_transfer(transfers))
    return np.asarray(ledger.block_time)[blocks]


def reference(ledger: AccountView, transfer: int) -> str:
    """Write a transfer as ``txid:log``."""
    tx = ledger.tx_of_transfer(np.array([transfer]))[0]
    return f"{ledger.txid(int(tx))}:{int(ledger.transfer_log[transfer])}"
