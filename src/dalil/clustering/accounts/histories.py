"""The walks behind `sweeps`: who pays mostly whom, and what came in before.

Kernels read plain columns. Amounts are added up in five limbs of 64 bits, so
2**64 transfers of the largest amount cannot overflow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dalil.kernels import kernel, shared

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dalil.clustering.accounts.columns import Moves
    from dalil.ledger.accounts.view import I64

    Limits = tuple[int, int, int]

__all__ = ["Histories", "Room", "judge", "main_partners", "rows_by_token"]

_STRIDE = 256
_HALF = np.uint64(0xFFFF_FFFF)
_SHIFT = np.uint64(32)
_SLACK = 1e-9
_NONE = -1


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
def _wide_of(moves: Moves, row: int) -> int:
    """Place of a transfer among the wide ones, or -1."""
    low = moves.wide_rank[row // _STRIDE]
    high = moves.wide_rank[row // _STRIDE + 1]
    while low < high:
        middle = (low + high) // 2
        if moves.wide[middle] < row:
            low = middle + 1
        else:
            high = middle
    if low < moves.wide.size and moves.wide[low] == row:
        return int(low)
    return _NONE


@shared
def _roughly(moves: Moves, row: int) -> float:
    value = np.float64(moves.low[row])
    wide = _wide_of(moves, row)
    if wide >= 0:
        scale = 2.0**64
        for k in range(3):
            value += np.float64(moves.high[wide, k]) * scale
            scale *= 2.0**64
    return value


@kernel
def _main_partners(
    moves: Moves, rows: I64, room: Room, margin: float, found: NDArray[np.uint32]
) -> int:
    """Vote by amount (Boyer, Moore 1981): a large majority is left standing."""
    vote, receipts = room
    for row in rows:
        source, to = moves.source[row], moves.to[row]
        amount = _roughly(moves, row)
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


@shared
def _add(total: NDArray[np.uint64], moves: Moves, row: int) -> None:
    """Add a transfer's amount to five limbs."""
    wide = _wide_of(moves, row)
    carry = np.uint64(0)
    for k in range(5):
        limb = np.uint64(0)
        if k == 0:
            limb = moves.low[row]
        elif wide >= 0 and k < 4:
            limb = moves.high[wide, k - 1]
        partial = total[k] + limb
        over = np.uint64(partial < limb)
        total[k] = partial + carry
        carry = over + np.uint64(total[k] < carry)


@shared
def _times(limbs: NDArray[np.uint64], factor: int) -> NDArray[np.uint64]:
    """Multiply by a number below 2**31, into six limbs."""
    product = np.zeros(6, dtype=np.uint64)
    carry = np.uint64(0)
    by = np.uint64(factor)
    for k in range(5):
        low = (limbs[k] & _HALF) * by + carry
        high = (limbs[k] >> _SHIFT) * by + (low >> _SHIFT)
        product[k] = (low & _HALF) | (high << _SHIFT)
        carry = high >> _SHIFT
    product[5] = carry
    return product


@shared
def _holds(part: NDArray[np.uint64], whole: NDArray[np.uint64], permille: int) -> bool:
    """Tell whether part is at least so much of whole, exactly."""
    left, right = _times(part, 1000), _times(whole, permille)
    for k in range(5, -1, -1):
        if left[k] != right[k]:
            return bool(left[k] > right[k])
    return True


@shared
def _last_at_most(first: I64, row: int) -> int:
    """Find the last group that begins at or before a row."""
    low, high = 0, first.size - 1
    while high - low > 1:
        middle = (low + high) // 2
        if first[middle] <= row:
            low = middle
        else:
            high = middle
    return low


@shared
def _widen(ends: I64, row: int) -> None:
    """Take an earlier row into (first, last)."""
    ends[0] = row
    if ends[1] < 0:
        ends[1] = row


@shared
def _n_different(addresses: NDArray[np.uint32]) -> int:
    addresses.sort()
    n = 0
    for k in range(addresses.size):
        if k == 0 or addresses[k] != addresses[k - 1]:
            n += 1
    return n


@kernel
def judge(
    moves: Moves,
    histories: Histories,
    partner: NDArray[np.uint32],
    limits: Limits,
    counts: I64,
    sums: NDArray[np.uint64],
    flags: NDArray[np.bool_],
) -> None:
    """Walk each history backwards; write what `Sweeps` shows, and who passes.

    `sums` holds received and forwarded, `flags` passed and one_tx.
    """
    permille, within, most = limits
    end = moves.block_time[-1]
    for i in range(partner.size):
        low, high = histories.first[i], histories.first[i + 1]
        payers = np.empty(high - low, dtype=np.uint32)
        paid = np.zeros(5, dtype=np.uint64)
        judged = np.zeros(5, dtype=np.uint64)
        prompt = np.zeros(5, dtype=np.uint64)
        n_in = n_out = 0
        counts[i, 3:] = -1
        onward = np.int64(-1)
        onward_time = np.int64(0)
        for k in range(high - 1, low - 1, -1):
            row = histories.entry[k] // 2
            time = moves.block_time[_last_at_most(moves.block_first, row)]
            if histories.entry[k] % 2:
                _add(paid, moves, row)
                if moves.to[row] == partner[i]:
                    _add(sums[i, 1], moves, row)
                    n_out += 1
                    onward, onward_time = row, time
                    _widen(counts[i, 5:7], row)
                continue
            _add(sums[i, 0], moves, row)
            payers[n_in] = moves.source[row]
            n_in += 1
            _widen(counts[i, 3:5], row)
            if onward >= 0:
                _add(judged, moves, row)
                if onward_time - time <= within:
                    _add(prompt, moves, row)
                if onward_time == time:
                    tx = _last_at_most(moves.tx_first, row)
                    flags[i, 1] |= moves.tx_first[tx + 1] > onward
            elif end - time > within:
                _add(judged, moves, row)
        counts[i, 0], counts[i, 1] = n_in, n_out
        counts[i, 2] = _n_different(payers[:n_in])
        flags[i, 0] = (
            0 < n_in <= most
            and n_out > 0
            and judged.any()
            and _holds(prompt, judged, permille)
            and _holds(sums[i, 1], judged, permille)
            and _holds(sums[i, 1], paid, permille)
        )
