"""Addresses that hand on nearly all of a token to one other address, soon.

What a customer's deposit address at an exchange does, an address of a merchant's
processor, and each of a group's rotating addresses: the same shape, which is
why this module names nobody. The rules above it say when it means something.

All shares are compared exactly, in integers of 320 bits. A first pass in
floating point only throws out senders that are far from the share asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from dalil.clustering.accounts.histories import (
    Histories,
    Room,
    main_partners,
    rows_by_token,
)
from dalil.clustering.accounts.judging import judge
from dalil.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dalil.clustering.accounts.columns import Moves
    from dalil.ledger.accounts.view import I64

__all__ = ["Sweeping", "Sweeps", "amount_of", "at_least", "sweeps"]

_LIMB = 64
_LIMB_MASK = (1 << _LIMB) - 1


@dataclass(frozen=True, slots=True)
class Sweeping:
    """What counts as handing on.

    Attributes
    ----------
    min_share_permille : int
        Of all that was received and could be judged, so much is handed on to
        one address, so much of it in time; and of all that was paid out, so
        much goes there. From 600 to 1000.
    within_s : int
        Seconds from a receipt to the next payment to that address.
    most_receipts : int
        Busier addresses are passed over: they are wallets, not ways through.
    """

    min_share_permille: int = 950
    within_s: int = 86_400
    most_receipts: int = 10_000

    def __post_init__(self) -> None:
        if not 600 <= self.min_share_permille <= 1000:
            raise InputError("share must be 600 to 1000", self.min_share_permille)
        if self.within_s < 0 or self.most_receipts < 1:
            raise InputError("time and number must not be negative", self)


@dataclass(frozen=True)
class Sweeps:
    """Pairs of an address and a token that hand on, in order of (token, address).

    Attributes
    ----------
    address, partner, token : (n,) uint32
        Who hands on what to whom.
    n_receipts, n_forwards, n_payers : (n,) int64
        Receipts, payments to the partner, different payers.
    first_receipt, last_receipt, first_forward, last_forward : (n,) int64
        Transfer ids.
    received, forwarded : (n, 5) uint64
        Limbs, least first: all that was received, all that went to the partner.
    one_tx : (n,) bool
        Money came in and went on in one transaction: the way of contracts.
    """

    address: NDArray[np.uint32]
    partner: NDArray[np.uint32]
    token: NDArray[np.uint32]
    n_receipts: I64
    n_forwards: I64
    n_payers: I64
    first_receipt: I64
    last_receipt: I64
    first_forward: I64
    last_forward: I64
    received: NDArray[np.uint64]
    forwarded: NDArray[np.uint64]
    one_tx: NDArray[np.bool_]

    def __len__(self) -> int:
        return int(self.address.size)

    def chosen(self, rows: NDArray[np.bool_] | I64 | slice) -> Sweeps:
        """Keep some rows."""
        return Sweeps(*(getattr(self, f.name)[rows] for f in fields(self)))


def amount_of(limbs: NDArray[np.uint64]) -> int:
    """Read limbs, least first, as an integer."""
    return sum(limb << _LIMB * k for k, limb in enumerate(limbs.tolist()))


def at_least(limbs: NDArray[np.uint64], least: int) -> NDArray[np.bool_]:
    """Tell which of (n, 5) limbs are at least a number below 2**320."""
    large = np.ones(len(limbs), dtype=np.bool_)
    for k in range(limbs.shape[1]):
        limb = np.uint64(least >> _LIMB * k & _LIMB_MASK)
        large = (limbs[:, k] > limb) | ((limbs[:, k] == limb) & large)
    return large


def sweeps(
    moves: Moves,
    live: NDArray[np.bool_],
    n_addresses: int,
    n_tokens: int,
    sweeping: Sweeping,
    partners: NDArray[np.bool_] | int = 1,
) -> Sweeps:
    """Find every address that hands on, for each token apart.

    Parameters
    ----------
    live : (n_transfers,) bool
        See `columns.live_rows`.
    partners : (n_addresses,) bool, or int
        Only those that hand on to one of these; or to one that so many may hand
        on to.

    Notes
    -----
    Two walks over the live rows, a third over those of the addresses found.
    Memory is 40 bytes an address, and 8 a live row. Receipts younger than
    ``within_s`` at the ledger's end that nothing followed are not judged.
    """
    first, rows = rows_by_token(moves.token, live, n_tokens)
    room = Room.of(n_addresses)
    parts = []
    for token in np.flatnonzero(np.diff(first)).tolist():
        mine = rows[first[token] : first[token + 1]]
        address, partner = main_partners(moves, mine, room, sweeping.min_share_permille)
        if isinstance(partners, int):
            kept = np.bincount(partner, minlength=1)[partner] >= partners
        else:
            kept = partners[partner]
        address, partner = address[kept], partner[kept]
        if address.size:
            order = np.argsort(address)
            histories = Histories.of(moves, mine, room, address[order])
            parts.append(_judged(moves, histories, partner[order], token, sweeping))
    return _stacked(parts)


def _judged(
    moves: Moves,
    histories: Histories,
    partner: NDArray[np.uint32],
    token: int,
    sweeping: Sweeping,
) -> Sweeps:
    n = partner.size
    counts = np.zeros((n, 7), dtype=np.int64)
    sums = np.zeros((n, 2, 5), dtype=np.uint64)
    flags = np.zeros((n, 2), dtype=np.bool_)
    limits = (sweeping.min_share_permille, sweeping.within_s, sweeping.most_receipts)
    judge(moves, histories, partner, limits, counts, sums, flags)
    tokens = np.full(n, token, dtype=np.uint32)
    found = _laid_out(histories.address, partner, tokens, counts, sums, flags)
    return found.chosen(flags[:, 0])


def _laid_out(
    address: NDArray[np.uint32],
    partner: NDArray[np.uint32],
    tokens: NDArray[np.uint32],
    counts: I64,
    sums: NDArray[np.uint64],
    flags: NDArray[np.bool_],
) -> Sweeps:
    return Sweeps(
        address=address,
        partner=partner,
        token=tokens,
        n_receipts=counts[:, 0],
        n_forwards=counts[:, 1],
        n_payers=counts[:, 2],
        first_receipt=counts[:, 3],
        last_receipt=counts[:, 4],
        first_forward=counts[:, 5],
        last_forward=counts[:, 6],
        received=sums[:, 0],
        forwarded=sums[:, 1],
        one_tx=flags[:, 1],
    )


def _stacked(parts: list[Sweeps]) -> Sweeps:
    if parts:
        columns = {f.name: [getattr(p, f.name) for p in parts] for f in fields(Sweeps)}
        return Sweeps(**{name: np.concatenate(of) for name, of in columns.items()})
    ids = np.empty(0, np.uint32)
    counts, flags = np.empty((0, 7), np.int64), np.empty((0, 2), np.bool_)
    return _laid_out(ids, ids, ids, counts, np.empty((0, 2, 5), np.uint64), flags)
