"""The walks behind `sweeps`: who pays mostly whom, and what came and went when."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dalil.kernels import kernel, shared

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dalil.clustering.accounts.columns import Moves
    from dalil.ledger.accounts.view import I64

__all__ = ["Histories", "Room", "main_partners", "rows_by_token"]

_STRIDE = 256
_SLACK = 1e-9


class Room(NamedTuple):
    """Working memory for one address each; every walk leaves it all zero."""

    vote: NDArray[np.float64]
    """(n_addresses, 3) partner + 1, its weight, all paid out."""
    slot: NDArray[np.int32]
    """(n_addresses,) receipts seen, or place in a list + 1."""

    @classmethod
    def of(cls, n_addresses: int) -> Room:
        """Make room for so many addresses."""
        vote = np.zeros((n_addresses, 3), dtype=np.float64)
        return cls(vote, np.zeros(n_addresses, dtype=np.int32))


class Histories(NamedTuple):
    """What came to and left some addresses, of one token, in chain order.

    Attributes
    ----------
    address : (n,) uint32
    first : (n + 1,) int64
        Entries of ``address[i]`` are ``entry[first[i] : first[i + 1]]``.
    entry : (first[-1],) int64
        Twice the transfer's id, plus one where it left.
    """

    address: NDArray[np.uint32]
    first: I64
    entry: I64

    @classmethod
    def of(
        cls, moves: Moves, rows: I64, room: Room, address: NDArray[np.uint32]
    ) -> Histories:
        """Gather the histories of different addresses from a token's rows."""
        first = np.zeros(address.size + 1, dtype=np.int64)
        room.slot[address] = np.arange(1, address.size + 1)
        _count(moves, rows, room.slot, first)
        np.cumsum(first, out=first)
        entry = np.empty(first[-1], dtype=np.int64)
        _fill(moves, rows, room.slot, first[:-1].copy(), entry)
        room.slot[address] = 0
        return cls(address, first, entry)


def rows_by_token(
    token: NDArray[np.uint32], live: NDArray[np.bool_], n_tokens: int
) -> tuple[I64, I64]:
    """List live transfers by token, ascending within each.

    Returns
    -------
    first : (n_tokens + 1,) int64
    rows : (first[-1],) int64
    """
    first = np.zeros(n_tokens + 1, dtype=np.int64)
    _count_tokens(token, live, first)
    np.cumsum(first, out=first)
    if np.count_nonzero(np.diff(first)) <= 1:
        return first, np.flatnonzero(live)
    rows = np.empty(first[-1], dtype=np.int64)
    _place_tokens(token, live, first[:-1].copy(), rows)
    return first, rows


def main_partners(
    moves: Moves, rows: I64, room: Room, permille: int
) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Find the addresses that may pay `permille` of all they pay to one other.

    None that does is missed; some that do not may be among them.

    Returns
    -------
    address, partner : (n,) uint32
    """
    most = min(rows.size, room.slot.size)
    found = np.empty((2, most), dtype=np.uint32)
    margin = (2 * permille / 1000 - 1) * (1 - _SLACK)
    n = _main_partners(moves, rows, room, margin, found)
    return found[0, :n].copy(), found[1, :n].copy()


@kernel
def _count_tokens(
    token: NDArray[np.uint32], live: NDArray[np.bool_], first: I64
) -> None:
    for row in range(token.size):
        if live[row]:
            first[token[row] + 1] += 1


@kernel
def _place_tokens(
    token: NDArray[np.uint32], live: NDArray[np.bool_], at: I64, rows: I64
) -> None:
    for row in range(token.size):
        if live[row]:
            rows[at[token[row]]] = row
            at[token[row]] += 1


@shared
def _roughly(moves: Moves, row: int, wide: int) -> float:
    """Read an amount as a float; `wide` is the first wide transfer from `row` on."""
    value = np.float64(moves.low[row])
    if wide < moves.wide.size and moves.wide[wide] == row:
        scale = 2.0**64
        for k in range(3):
            value += np.float64(moves.high[wide, k]) * scale
            scale *= 2.0**64
    return float(value)


@kernel
def _main_partners(
    moves: Moves, rows: I64, room: Room, margin: float, found: NDArray[np.uint32]
) -> int:
    """Vote by amount (Boyer, Moore 1981): a large majority is left standing."""
    vote, receipts = room
    wide = moves.wide_rank[rows[0] // _STRIDE]
    for row in rows:
        while wide < moves.wide.size and moves.wide[wide] < row:
            wide += 1
        source, to = moves.source[row], moves.to[row]
        amount = _roughly(moves, row, wide)
        vote[source, 2] += amount
        if vote[source, 0] == to + 1.0:
            vote[source, 1] += amount
        elif amount > vote[source, 1]:
            vote[source, 0] = to + 1.0
            vote[source, 1] = amount - vote[source, 1]
        else:
            vote[source, 1] -= amount
        receipts[to] = 1
    n = 0
    for row in rows:
        source = moves.source[row]
        if vote[source, 2] > 0.0:
            if receipts[source] and vote[source, 1] >= margin * vote[source, 2]:
                found[0, n] = source
                found[1, n] = np.uint32(vote[source, 0] - 1.0)
                n += 1
            vote[source, 0] = vote[source, 1] = vote[source, 2] = 0.0
    for row in rows:
        receipts[moves.to[row]] = 0
    return n


@kernel
def _count(moves: Moves, rows: I64, slot: NDArray[np.int32], first: I64) -> None:
    for row in rows:
        first[slot[moves.source[row]]] += 1
        first[slot[moves.to[row]]] += 1
    first[0] = 0


@kernel
def _fill(
    moves: Moves, rows: I64, slot: NDArray[np.int32], at: I64, entry: I64
) -> None:
    for row in rows:
        source, to = slot[moves.source[row]], slot[moves.to[row]]
        if source:
            entry[at[source - 1]] = 2 * row + 1
            at[source - 1] += 1
        if to:
            entry[at[to - 1]] = 2 * row
            at[to - 1] += 1
