"""Which transfers a trace of accounts starts from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dalil.errors import InputError, NotFoundError

if TYPE_CHECKING:
    from dalil.ledger.accounts.view import AccountView
    from dalil.tracing.accounts.request import AccountRequest
    from dalil.tracing.columns import I64

__all__ = ["AccountSeeds", "find_seeds"]


@dataclass(frozen=True, slots=True, eq=False)
class AccountSeeds:
    """Where a trace starts, and what it leaves out.

    Attributes
    ----------
    transfers : (n,) int64
        Transfer ids, ascending.
    n_inner : int
        Transfers from one seed address to another, so no seeds.
    n_outside_window : int
        Seeds left out because they arose outside the limits of time.
    n_noise : int
        Transfers left out as noise; see `AccountRequest.noise`.
    n_opening : int
        Seed addresses that held something before the ledger begins, or may
        have: that is no seed, since what paid it is not to be seen.
    """

    transfers: I64
    n_inner: int = 0
    n_outside_window: int = 0
    n_noise: int = 0
    n_opening: int = 0


def _received(view: AccountView, request: AccountRequest) -> tuple[I64, int]:
    seeds = np.unique(np.array(list(request.addresses), dtype=np.int64))
    parts = [view.transfers_to(a, request.token) for a in seeds.tolist()]
    found = np.concatenate([np.zeros(0, np.int64), *parts]).astype(np.int64)
    source = np.asarray(view.transfer_from)[found]
    to = np.asarray(view.transfer_to)[found]
    inner = np.isin(source, seeds)
    return found[~inner], int((inner & (source != to)).sum())


def _named(view: AccountView, request: AccountRequest) -> I64:
    rows = np.array(list(request.transfers), dtype=np.int64)
    n_transfers = np.asarray(view.transfer_token).size
    absent = (rows < 0) | (rows >= n_transfers)
    if absent.any():
        raise NotFoundError("no such transfer in this ledger", int(rows[absent][0]))
    other = np.asarray(view.transfer_token)[rows] != request.token
    if other.any():
        raise InputError(
            "this transfer is of another token; trace each token by itself (transfer)",
            int(rows[other][0]),
        )
    return rows


def find_seeds(view: AccountView, request: AccountRequest) -> AccountSeeds:
    """Find the transfers to start from.

    Transfers of nothing, and of an account to itself, are none.

    Raises
    ------
    NotFoundError, InputError
        If a transfer is not in the ledger, or of another token.
    """
    received, n_inner = _received(view, request)
    noisy = np.isin(received, np.array(list(request.noise), dtype=np.int64))
    received = received[~noisy]
    both = np.unique(np.concatenate([received, _named(view, request)]))
    moves = np.asarray(view.transfer_from)[both] != np.asarray(view.transfer_to)[both]
    moves &= np.array([amount > 0 for amount in view.amounts(both)], dtype=np.bool_)
    both = both[moves]
    block = view.block_of_tx(view.tx_of_transfer(both))
    time = np.asarray(view.block_time)[block]
    limits = request.limits
    inside = (time >= limits.not_before) & (time <= limits.not_after)
    held = [view.opening_balance(a, request.token) for a in set(request.addresses)]
    return AccountSeeds(
        both[inside],
        n_inner=n_inner,
        n_outside_window=int((~inside).sum()),
        n_noise=int(noisy.sum()),
        n_opening=sum(balance != 0 for balance in held),
    )
